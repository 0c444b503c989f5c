"""Let the stance of the sentences around it weigh in the frame of a sentence.

Articles have a stance of their own, and stretches of them even more so: a sentence without a telling
word amid criticism is more often criticism than the same sentence in a report. Each sentence is first
judged by its own words; then the frame logits of sentence i are raised by

    g Σ_j r^|i−j| (p_j − π) / (Σ_j r^|i−j| + reach)   over the other sentences j of its article,

p_j being the frame probabilities of sentence j by its own words, π their mean over the training
articles, r = exp(−1 / reach), and g the gain: one step of stacked sequential learning (Cohen and
Carvalho, 2005) with two parameters. The mean of the neighbours is shrunk as if as many average ones as
the reach were there too, so that two or three sentences say little about a stance. Both are learned from articles that the model had not seen.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from framing.probability import softmax

__all__ = ["NeighbourEffect", "fit_neighbours"]

IntArray = NDArray[np.int64]
FloatArray = NDArray[np.float64]

REACHES = (1.0, 2.0, 4.0)
GAINS = tuple(np.round(np.arange(0.0, 8.01, 0.25), 2).tolist())

_DOUBLINGS = 6
"""Neighbours up to 64 sentences away count; beyond that their weight is nil for every reach."""


@dataclass(frozen=True, slots=True)
class NeighbourEffect:
    """Hold the gain g, the reach in sentences, and the mean frame probabilities π, shape ``(3,)``."""

    gain: float = 0.0
    reach: float = 2.0
    mean: tuple[float, float, float] = (1 / 3, 1 / 3, 1 / 3)

    def to_data(self) -> dict[str, Any]:
        """Give the effect as JSON-ready data."""
        return {"gain": self.gain, "reach": self.reach, "mean": list(self.mean)}

    @classmethod
    def from_data(cls, data: Mapping[str, Any]) -> NeighbourEffect:
        """Rebuild from ``to_data``."""
        praise, skepticism, neutral = (float(v) for v in data["mean"])
        return cls(float(data["gain"]), float(data["reach"]), (praise, skepticism, neutral))

    def apply(self, logits: FloatArray, article: IntArray) -> FloatArray:
        """Return the frame logits given the sentences around each.

        Args:
            logits: calibrated frame logits by each sentence's own words, shape ``(n, 3)``.
            article: the article number of each sentence; sentences of one article are adjacent.

        Returns:
            Logits of the same shape. A sentence that is alone in its article keeps its own.
        """
        if not self.gain or len(article) < 2:
            return logits
        return logits + self.gain * around(softmax(logits) - np.array(self.mean), article, self.reach)


def around(values: FloatArray, article: IntArray, reach: float) -> FloatArray:
    """Return the weighted mean of the other rows of the same article, shrunk towards 0, shape ``(n, k)``.

    Rows d apart weigh exp(−d / reach), and rows of 0 that weigh as much as the reach are added.
    """
    ratio = float(np.exp(-1.0 / reach))
    n, width = len(values), values.shape[1] + 1
    # Both directions at once: the second half of the columns holds the rows in reverse.
    both = np.ones((2 * width, n))
    both[: width - 1] = values.T
    both[width:] = both[:width, ::-1]
    here = np.empty((2, n), article.dtype)
    here[0], here[1] = article, article[::-1]
    sums = _before(both.reshape(2, width, n), here, ratio)
    total = sums[0] + sums[1, :, ::-1]
    result: FloatArray = (total[:-1] / (total[-1] + reach)).T
    return result


def _before(values: FloatArray, article: IntArray, ratio: float) -> FloatArray:
    """Return Σ_d ratio^d values[…, i − d] over the rows before each one in its article, by doubling.

    Args:
        values: shape ``(2, k, n)``.
        article: the article number of each row, shape ``(2, n)``.
        ratio: what a row weighs against the one behind it.
    """
    result = np.zeros_like(values)
    np.multiply(values[..., :-1], ratio * (article[:, None, 1:] == article[:, None, :-1]), out=result[..., 1:])
    step = 1
    for _ in range(_DOUBLINGS):
        if step >= article.shape[1]:
            break
        same = article[:, None, step:] == article[:, None, :-step]
        result[..., step:] += result[..., :-step] * (same * ratio**step)
        step *= 2
    return result


def fit_neighbours(logits: FloatArray, truth: IntArray, article: IntArray) -> NeighbourEffect:
    """Learn the gain and reach under which the log loss of held-out sentences is least.

    Args:
        logits: calibrated frame logits of sentences whose articles the model had not seen, ``(n, 3)``.
        truth: their frames.
        article: the article number of each; sentences of one article are adjacent.

    Returns:
        The effect; with gain 0 where no gain helps.
    """
    mean = softmax(logits).mean(axis=0)
    rows = np.arange(len(truth))
    best = NeighbourEffect(0.0, REACHES[0], (float(mean[0]), float(mean[1]), float(mean[2])))
    smallest = np.inf
    for reach in REACHES:
        push = around(softmax(logits) - mean, article, reach)
        for gain in GAINS:
            p = softmax(logits + gain * push)
            loss = float(-np.log(np.maximum(p[rows, truth], 1e-12)).mean())
            if loss < smallest - 1e-12:
                smallest, best = loss, NeighbourEffect(gain, reach, best.mean)
    return best
