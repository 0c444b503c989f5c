"""Follow the stance of an article from its first sentence to its last."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from framing.records import ArticleScore

__all__ = ["Course", "Step", "course"]

_POINTS = 240
_STEPS = 60


@dataclass(frozen=True, slots=True)
class Step:
    """Hold a stretch of sentences: the indices of its first and last one, and its mean stance."""

    first: int
    last: int
    net: float


@dataclass(frozen=True, slots=True)
class Course:
    """Hold the course of an article over its counted sentences.

    ``index`` lists them, as indices into ``ArticleScore.sentences``; ``stance`` their P(praise) −
    P(skepticism). ``curve`` holds (position, smoothed stance), the position counted in counted
    sentences from 0. ``steps`` cut the sentences into at most 60 stretches of about equal length.
    ``headings`` are the positions of headings.
    """

    index: tuple[int, ...]
    stance: tuple[float, ...]
    curve: tuple[tuple[float, float], ...]
    steps: tuple[Step, ...]
    headings: tuple[int, ...]


def course(score: ArticleScore) -> Course:
    """Smooth the stance of an article's sentences.

    The curve is a kernel-weighted mean (Nadaraya–Watson) with a Gaussian kernel whose bandwidth is a
    thirtieth of the article, at least one and a half sentences.

    Returns:
        The course; an empty one for an article without counted sentences.
    """
    counted = [
        (i, item.prediction.praise - item.prediction.skepticism, item.sentence.kind)
        for i, item in enumerate(score.sentences)
        if item.prediction is not None and item.sentence.kind in ("body", "heading")
    ]
    stance = [net for _, net, _ in counted]
    index = tuple(i for i, _, _ in counted)
    headings = tuple(position for position, (_, _, kind) in enumerate(counted) if kind == "heading")
    return Course(index, tuple(stance), _smooth(stance), _steps(index, stance), headings)


def _smooth(stance: Sequence[float]) -> tuple[tuple[float, float], ...]:
    count = len(stance)
    if not count:
        return ()
    bandwidth = max(1.5, count / 30)
    places = np.linspace(0, count - 1, min(_POINTS, max(count, 2)))
    distance = (places[:, None] - np.arange(count)[None, :]) / bandwidth
    weight = np.exp(-0.5 * distance**2)
    values = (weight @ np.array(stance)) / weight.sum(axis=1)
    return tuple((float(x), float(y)) for x, y in zip(places, values, strict=True))


def _steps(index: Sequence[int], stance: Sequence[float]) -> tuple[Step, ...]:
    count = len(index)
    edges = np.linspace(0, count, min(_STEPS, count) + 1).round().astype(int).tolist() if count else []
    return tuple(Step(index[begin], index[end - 1], sum(stance[begin:end]) / (end - begin)) for begin, end in pairwise(edges))
