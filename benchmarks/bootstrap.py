"""Resample the sentences of a gold file, as ``framing evaluate`` does, for intervals and comparisons."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import NDArray

from framing.evaluation import BOOTSTRAP, macro_f1

__all__ = ["IntArray", "interval", "macro_f1_difference", "macro_f1_interval", "resamples"]

IntArray = NDArray[np.int64]

FEWEST_ARTICLES = 5
"""With fewer articles than this, sentences are drawn instead of articles."""


def resamples(articles: Sequence[str], count: int = BOOTSTRAP, seed: int = 0) -> list[IntArray]:
    """Draw row numbers with replacement, whole articles at a time: sentences of one article are alike."""
    rng = np.random.default_rng(seed)
    names = np.unique(np.array(articles), return_inverse=True)[1]
    groups = [np.flatnonzero(names == name) for name in range(int(names.max()) + 1)]
    if len(groups) < FEWEST_ARTICLES:
        return [rng.integers(0, len(articles), len(articles)) for _ in range(count)]
    return [np.concatenate([groups[i] for i in rng.integers(0, len(groups), len(groups))]) for _ in range(count)]


def interval(statistic: Callable[[IntArray], float], draws: Sequence[IntArray]) -> tuple[float, float]:
    """Return the 95% percentile interval of a statistic of row numbers."""
    low, high = np.quantile([statistic(draw) for draw in draws], (0.025, 0.975))
    return float(low), float(high)


def macro_f1_interval(truth: IntArray, predicted: IntArray, draws: Sequence[IntArray]) -> tuple[float, float]:
    """Return the 95% interval of the macro-F1."""
    return interval(lambda rows: macro_f1(truth[rows], predicted[rows]), draws)


def macro_f1_difference(truth: IntArray, first: IntArray, second: IntArray, draws: Sequence[IntArray]) -> tuple[float, float]:
    """Return the 95% interval of the macro-F1 of ``first`` less that of ``second``, on the same draws."""
    return interval(lambda rows: macro_f1(truth[rows], first[rows]) - macro_f1(truth[rows], second[rows]), draws)
