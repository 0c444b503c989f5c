"""Choose scales, offsets and thresholds from predictions of articles that a model has not seen."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize
from scipy.special import chdtrc
from sklearn.metrics import f1_score

from framing.probability import softmax
from framing.records import FRAMES

__all__ = [
    "CHANCE",
    "Calibration",
    "best_frame_offset",
    "best_threshold",
    "fit_binary_scale",
    "fit_frame_scale",
    "likeliest_threshold",
    "stance_varies",
]

IntArray = NDArray[np.int64]
FloatArray = NDArray[np.float64]


@dataclass(frozen=True)
class Calibration:
    """Hold a scale and an offset per head of frame and topics: calibrated logits are ``raw * scale + offset``."""

    scale: FloatArray
    offset: FloatArray

    def to_data(self) -> dict[str, list[float]]:
        """Give the calibration as JSON-ready data."""
        return {"scale": self.scale.tolist(), "offset": self.offset.tolist()}

    @classmethod
    def from_data(cls, data: Mapping[str, Any]) -> Calibration:
        """Rebuild from ``to_data``."""
        return cls(np.array(data["scale"], np.float64), np.array(data["offset"], np.float64))


def fit_frame_scale(logits: FloatArray, y: IntArray, weight: FloatArray) -> tuple[float, FloatArray]:
    """Fit one temperature and an offset per class by log loss (vector scaling with a tied scale)."""

    def loss(parameters: FloatArray) -> float:
        offset = np.append(parameters[1:], 0.0)
        p = softmax(logits * np.exp(parameters[0]) + offset)
        return float(-(weight * np.log(np.maximum(p[np.arange(len(y)), y], 1e-12))).mean())

    best = minimize(loss, np.zeros(3), method="Nelder-Mead", options={"xatol": 1e-4, "fatol": 1e-7, "maxiter": 2000})
    return float(np.exp(best.x[0])), np.append(best.x[1:], 0.0)


def fit_binary_scale(logits: FloatArray, y: NDArray[np.bool_]) -> tuple[float, float]:
    """Fit Platt's scale and offset by log loss; without examples nothing changes."""
    if not len(y):
        return 1.0, 0.0

    def loss(parameters: FloatArray) -> float:
        z = logits * np.exp(parameters[0]) + parameters[1]
        return float(np.mean(np.logaddexp(0, z) - y * z))

    best = minimize(loss, np.zeros(2), method="Nelder-Mead", options={"xatol": 1e-4, "fatol": 1e-7, "maxiter": 2000})
    return float(np.exp(best.x[0])), float(best.x[1])


def best_threshold(p: FloatArray, y: NDArray[np.bool_]) -> float:
    """Choose the threshold, 0.2 to 0.65, at which the labels' F1 is best; of equally good ones the one next to 0.45.

    Args:
        p: probabilities of rows that the model had not seen, shape ``(n,)``.
        y: whether the label holds, shape ``(n,)``.
    """
    grid = np.round(np.arange(0.2, 0.66, 0.01), 2)
    return float(max(grid, key=lambda t: (round(float(f1_score(y, p >= t, zero_division=0.0)), 9), -abs(t - 0.45))))


def likeliest_threshold(p: FloatArray) -> float:
    """Choose the threshold whose labels have the best expected F1 if the probabilities are right.

    The expected F1 of the k likeliest rows is about 2 Σ_k p / (k + Σ p) (Ye, Chai, Lee and Chieu, 2012).
    It needs no labels, so the labels of a few articles need not tell how common a topic is elsewhere.

    Args:
        p: calibrated probabilities of the rows that are labelled by it, shape ``(n,)``, n at least 1.
    """
    p = np.sort(p)[::-1]
    best = int(np.argmax(np.cumsum(p) / (np.arange(1, len(p) + 1) + p.sum())))
    return round(float(p[best]), 4)


def best_frame_offset(p: FloatArray, y: IntArray) -> FloatArray:
    """Choose what is added to log-probabilities so that the labels' macro-F1 is best.

    Args:
        p: frame probabilities of rows that the model had not seen, shape ``(n, 3)``.
        y: their frames, shape ``(n,)``.

    Returns:
        An offset per frame in steps of 0.1, that of neutral 0.
    """
    best, chosen = -1.0, np.zeros(3)
    logs = np.log(np.maximum(p, 1e-12))
    for a in np.arange(-0.4, 0.81, 0.1):
        for b in np.arange(-0.4, 0.81, 0.1):
            offset = np.round(np.array([a, b, 0.0]), 2)
            value = float(f1_score(y, np.argmax(logs + offset, axis=1), average="macro"))
            if value > best + 1e-12:
                best, chosen = value, offset
    return chosen


CHANCE = 0.01
"""Probability with which the articles of a register would differ in stance as they do if each sentence came by chance."""


def stance_varies(truth: IntArray, article: IntArray, register: IntArray) -> NDArray[np.bool_]:
    """Mark the rows of registers whose articles differ in stance, or all where there are none.

    Real articles have a stance that is more than the sum of sentences drawn at random. Articles that were
    written to a mix of frames have none, and say nothing of how far one sentence tells of the others. A
    register counts if the variance of its articles' net stance exceeds that of chance (χ² test).

    Args:
        truth: the frames of all rows, shape ``(n,)``.
        article: the article number of each.
        register: the register number of each.

    Returns:
        A mark per row, shape ``(n,)``.
    """
    net = (truth == FRAMES.index("praise")).astype(float) - (truth == FRAMES.index("skepticism"))
    result = np.zeros(len(truth), np.bool_)
    for number in np.unique(register):
        own = np.flatnonzero(register == number)
        _, place, counts = np.unique(article[own], return_inverse=True, return_counts=True)
        means = np.bincount(place, net[own]) / counts
        variance = np.bincount(place, (net[own] - means[place]) ** 2) / counts
        chance = float((variance / counts).mean())
        freedom = len(counts) - 1
        result[own] = chance > 0 and freedom > 0 and chdtrc(freedom, freedom * float(means.var(ddof=1)) / chance) < CHANCE
    return result if result.any() else ~result
