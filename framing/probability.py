"""Turn logits into probabilities."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

__all__ = ["sigmoid", "softmax"]

FloatArray = NDArray[np.float64]


def softmax(logits: FloatArray) -> FloatArray:
    """Return exp(x) / sum exp(x) over the last axis, without overflow."""
    shifted = np.exp(logits - logits.max(axis=-1, keepdims=True))
    result: FloatArray = shifted / shifted.sum(axis=-1, keepdims=True)
    return result


def sigmoid(logits: FloatArray) -> FloatArray:
    """Return 1 / (1 + exp(−x)) without overflow."""
    result: FloatArray = 0.5 * (1.0 + np.tanh(0.5 * np.asarray(logits)))
    return result
