"""Choose what to label next: sentences that the model is unsure of and that are unlike each other.

Uncertainty is the mean of two entropies, each as a share of the greatest possible: that of the frame, and
the largest among those of the topics and the voice. Likeness is the cosine of the TF-IDF word vectors. A
sentence's worth is its uncertainty times one minus its likeness to the nearest sentence chosen or labelled
before, so near-copies of a chosen sentence are worth nothing (greedy facility choice, as in Settles, Active
Learning, 2012, ch. 4).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_matrix

from framing.features import Context
from framing.matrix import feature_matrix
from framing.model import FramingModel
from framing.records import Prediction

__all__ = ["ORDERS", "Order", "choose", "order_of", "uncertainty", "word_vectors"]

FloatArray = NDArray[np.float64]
Order = Literal["sequence", "uncertain", "diverse"]

ORDERS: tuple[Order, ...] = ("sequence", "uncertain", "diverse")
"""Orders in which sentences can be gone through."""

_CHUNK = 2048


def uncertainty(predictions: Sequence[Prediction]) -> FloatArray:
    """Return how unsure the model is of each sentence, 0 to 1, shape ``(n,)``."""
    frame = np.array([[p.praise, p.skepticism, p.neutral] for p in predictions]).reshape(-1, 3)
    others = np.array([[*p.topic_probabilities.values(), p.quoted] for p in predictions]).reshape(len(predictions), -1)
    binary = _entropy(np.stack([others, 1 - others], axis=-1)) / np.log(2)
    result: FloatArray = (_entropy(frame) / np.log(3) + binary.max(axis=1, initial=0.0)) / 2
    return result


def _entropy(p: FloatArray) -> FloatArray:
    result: FloatArray = -(p * np.log(np.maximum(p, 1e-12))).sum(axis=-1)
    return result


def word_vectors(texts: Sequence[str], model: FramingModel) -> csr_matrix:
    """Return the TF-IDF word vectors of sentences, rows of length 1 (0 where no word is known)."""
    tokens = model.segmenter.segment(texts)
    matrix = feature_matrix(model.extractor, tokens, Context.single(len(texts)))[:, : model.space.sizes["word"]]
    norms = np.sqrt(np.asarray(matrix.multiply(matrix).sum(axis=1)).ravel())
    scale = np.divide(1.0, norms, out=np.zeros_like(norms), where=norms > 0)
    return csr_matrix(matrix.multiply(scale[:, None]))


def choose(worth: FloatArray, vectors: csr_matrix, count: int, labelled: csr_matrix | None = None) -> list[int]:
    """Choose sentences one by one, each the best given those before.

    Args:
        worth: what each sentence is worth by itself, 0 or more, shape ``(n,)``.
        vectors: their vectors, as from ``word_vectors``.
        count: how many to choose; all of them where there are fewer.
        labelled: vectors of sentences that are labelled already.

    Returns:
        Indices, best first; equal ones in their order.
    """
    likeness = _nearest(vectors, labelled)
    free = np.ones(len(worth), np.bool_)
    chosen: list[int] = []
    while len(chosen) < min(count, len(worth)):
        value = np.where(free, worth * (1 - likeness), -1.0)
        best = int(np.argmax(value))
        chosen.append(best)
        free[best] = False
        likeness = np.maximum(likeness, (vectors @ vectors[best].T).toarray().ravel())
    return chosen


def _nearest(vectors: csr_matrix, others: csr_matrix | None) -> FloatArray:
    result = np.zeros(vectors.shape[0])
    if others is None or not others.shape[0]:
        return result
    for begin in range(0, vectors.shape[0], _CHUNK):
        similar = vectors[begin : begin + _CHUNK] @ others.T
        result[begin : begin + _CHUNK] = similar.max(axis=1).toarray().ravel()
    return np.clip(result, 0.0, 1.0)


def order_of(texts: Sequence[str], predictions: Sequence[Prediction], model: FramingModel, order: Order) -> list[int]:
    """Return the indices of sentences in one of ``ORDERS``.

    ``uncertain`` puts the least sure first; ``diverse`` weighs that against likeness to those before.
    """
    if order == "sequence":
        return list(range(len(texts)))
    worth = uncertainty(predictions)
    if order == "uncertain":
        return [int(i) for i in np.argsort(-worth, kind="stable")]
    return choose(worth, word_vectors(texts, model), len(texts))
