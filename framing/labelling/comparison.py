"""Set two models side by side on the same labelled sentences.

The test is a paired bootstrap over articles (Efron and Tibshirani, 1993): both models' labels of the same
resampled articles give one difference per sample. The share of samples in which a figure does not fall is
the one-sided p-value of its being worse. Several figures are judged at once, so the p-values are raised by
Holm's procedure (1979), and a figure is significantly worse where the raised one is at most 0.025; likewise
for better.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from framing.analysis import predict_rows
from framing.errors import LabelError
from framing.evaluation import macro_f1
from framing.model import PRAISE, SKEPTICISM, FramingModel
from framing.records import FRAMES, Example, Prediction

__all__ = ["Difference", "Flip", "ModelComparison", "WordShift", "compare_models", "holm", "word_shifts"]

IntArray = NDArray[np.int64]
FloatArray = NDArray[np.float64]


_LEVEL = 0.025
"""Largest one-sided p-value, raised by Holm's procedure, of a difference that is called significant."""


@dataclass(frozen=True, slots=True)
class Difference:
    """Hold one figure of two models, 0 to 1, and how far the new one's is above the base's, with its 95% interval.

    ``p_worse`` and ``p_better`` are one-sided p-values, raised for the number of figures.
    """

    figure: str
    base: float
    new: float
    low: float
    high: float
    p_worse: float
    p_better: float

    @property
    def worse(self) -> bool:
        """Tell whether the new model is significantly worse."""
        return self.p_worse <= _LEVEL

    @property
    def better(self) -> bool:
        """Tell whether the new model is significantly better."""
        return self.p_better <= _LEVEL


@dataclass(frozen=True, slots=True)
class Flip:
    """Hold a sentence to which the models give different frames, and its true one."""

    example: Example
    base: str
    new: str


@dataclass(frozen=True, slots=True)
class WordShift:
    """Hold a word and its weight in both models, in log-odds of praise against skepticism per unit of TF-IDF."""

    word: str
    base: float
    new: float


@dataclass(frozen=True, slots=True)
class ModelComparison:
    """Hold what changes between two models on ``sentences`` labelled sentences of ``articles`` articles.

    ``differences`` begin with the frame's macro-F1; topics are those that both models know and that some
    sentence has.
    """

    sentences: int
    articles: int
    differences: tuple[Difference, ...]
    flips: tuple[Flip, ...]

    @property
    def worse(self) -> tuple[Difference, ...]:
        """Give the figures that are significantly worse."""
        return tuple(d for d in self.differences if d.worse)


def compare_models(
    examples: Sequence[Example], base: FramingModel, new: FramingModel, *, samples: int = 2000, seed: int = 0
) -> ModelComparison:
    """Compare two models on labelled sentences that neither was trained on.

    Args:
        examples: labelled sentences; those of one article adjacent and in order.
        base: the model to compare with.
        new: the model that may take its place.
        samples: bootstrap samples; articles are drawn, or sentences where there are fewer than five articles.
        seed: of the bootstrap.

    Raises:
        LabelError: there are no sentences.
    """
    if not examples:
        raise LabelError("there are no labelled sentences to compare models on")
    texts, names = [e.text for e in examples], [e.article for e in examples]
    old, now = predict_rows(texts, names, base), predict_rows(texts, names, new)
    index: dict[str, int] = {}
    articles = np.array([index.setdefault(n, len(index)) for n in names], np.int64)
    draws = _draws(articles, samples, seed)
    topics = [t for t in base.topics if t in new.topics and any(t in e.topics for e in examples)]
    pairs = {figure: (measure(examples, old), measure(examples, now)) for figure, measure in _figures(topics).items()}
    differences = _differences(pairs, draws)
    flips = tuple(Flip(e, a.frame, b.frame) for e, a, b in zip(examples, old, now, strict=True) if a.frame != b.frame)
    return ModelComparison(len(examples), len(index), differences, flips)


def _draws(articles: IntArray, samples: int, seed: int) -> list[IntArray]:
    rng = np.random.default_rng(seed)
    groups = [np.flatnonzero(articles == a) for a in np.unique(articles)]
    if len(groups) < 5:
        groups = list(np.arange(len(articles))[:, None])
    return [np.concatenate([groups[i] for i in rng.integers(0, len(groups), len(groups))]) for _ in range(samples)]


_Pair = tuple[IntArray, IntArray, int]
_Measure = Callable[[Sequence[Example], Sequence[Prediction]], _Pair]


def _figures(topics: Sequence[str]) -> dict[str, _Measure]:
    """Give, per figure, how to get the true and predicted classes and the number of classes it is a macro-F1 of."""

    def frame(examples: Sequence[Example], predictions: Sequence[Prediction]) -> _Pair:
        return np.array([FRAMES.index(e.frame) for e in examples]), np.array([FRAMES.index(p.frame) for p in predictions]), 3

    def topic(name: str) -> _Measure:
        return lambda examples, predictions: (
            np.array([int(name in e.topics) for e in examples]),
            np.array([int(name in p.topics) for p in predictions]),
            1,
        )

    def voice(examples: Sequence[Example], predictions: Sequence[Prediction]) -> _Pair:
        return np.array([int(e.voice == "quoted") for e in examples]), np.array([int(p.voice == "quoted") for p in predictions]), 1

    return {"frame macro-F1": frame, **{f"{t} F1": topic(t) for t in topics}, "voice F1": voice}


def _score(pair: _Pair, rows: IntArray | slice) -> float:
    truth, predicted, classes = pair[0][rows], pair[1][rows], pair[2]
    if classes > 1:
        return macro_f1(truth, predicted, classes)
    return float(2 * (truth & predicted).sum() / max(int(truth.sum() + predicted.sum()), 1))


def _differences(pairs: Mapping[str, tuple[_Pair, _Pair]], draws: Sequence[IntArray]) -> tuple[Difference, ...]:
    drawn = np.array([[_score(now, d) - _score(old, d) for d in draws] for old, now in pairs.values()])
    low, high = np.quantile(drawn, (0.025, 0.975), axis=1).tolist()
    # One is added to both counts: no number of samples shows that something never happens.
    worse, better = (holm((1 + np.sum(side >= 0, axis=1)) / (1 + len(draws))) for side in (drawn, -drawn))
    return tuple(
        Difference(figure, _score(old, slice(None)), _score(now, slice(None)), *numbers)
        for (figure, (old, now)), *numbers in zip(pairs.items(), low, high, worse, better, strict=True)
    )


def holm(p: FloatArray) -> list[float]:
    """Raise p-values, shape ``(n,)``, so that the chance of any false finding stays what it is for one (Holm, 1979)."""
    order = np.argsort(p, kind="stable")
    raised = np.empty(len(p))
    raised[order] = np.minimum(np.maximum.accumulate(p[order] * np.arange(len(p), 0, -1)), 1.0)
    return [float(v) for v in raised]


def word_shifts(base: FramingModel, new: FramingModel, count: int = 20) -> list[WordShift]:
    """List the words whose weight moved most, among those that both models know."""
    before, after = _word_weights(base), _word_weights(new)
    shifts = [WordShift(w, before[w], after[w]) for w in before.keys() & after.keys()]
    return sorted(shifts, key=lambda s: (-abs(s.new - s.base), s.word))[:count]


def _word_weights(model: FramingModel) -> dict[str, float]:
    size, offset = model.space.sizes["word"], model.space.offsets["word"]
    columns = model.weights[offset : offset + size]
    stance = columns[:, PRAISE].astype(np.float64) - columns[:, SKEPTICISM]
    return {model.space.words[i]: float(v) for i, v in zip(model.space.word_ids.tolist(), stance.tolist(), strict=True)}
