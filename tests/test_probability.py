"""Probabilities come out of any logits."""

from __future__ import annotations

import numpy as np

from framing.probability import sigmoid, softmax


def test_softmax_and_sigmoid_do_not_overflow() -> None:
    np.testing.assert_allclose(softmax(np.array([[1000.0, 0.0, -1000.0]])), [[1, 0, 0]])
    np.testing.assert_allclose(softmax(np.log(np.array([[0.2, 0.3, 0.5]]))), [[0.2, 0.3, 0.5]])
    np.testing.assert_allclose(sigmoid(np.array([-1000.0, 0.0, 1000.0])), [0, 0.5, 1])
