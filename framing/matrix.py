"""Make the sparse matrix of features that scikit-learn's estimators take."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_matrix, vstack

from framing.features import Context, Extractor
from framing.segment import Tokens

__all__ = ["feature_matrix"]

IntArray = NDArray[np.int64]

_BATCH = 4096
"""Sentences whose features are made at a time: until they are added up they take many times the memory of the matrix."""


def feature_matrix(extractor: Extractor, tokens: Tokens, context: Context) -> csr_matrix:
    """Return the features of sentences, shape ``(n, columns)``; rows of one article must be adjacent and in order."""
    parts = [csr_matrix((0, extractor.space.columns))]
    for rows in _batches(context.article):
        found = extractor.find(tokens.take(rows))
        surroundings = extractor.surroundings(found.signals, Context(context.article[rows]))
        # Where in the text they occur is dropped at once, since it takes most of the memory.
        cells = ((o.row.astype(np.int32), o.column.astype(np.int32), o.value) for o in extractor.occurrences(found, surroundings))
        row, column, value = (np.concatenate(c) for c in zip(*cells, strict=True))
        parts.append(csr_matrix((value, (row, column)), shape=(len(rows), extractor.space.columns)))
    return vstack(parts, format="csr")


def _batches(article: IntArray) -> Iterator[IntArray]:
    """Cut the rows into batches of whole articles."""
    edges = [0]
    for end in (np.flatnonzero(np.diff(article, append=-1)) + 1).tolist():
        if end - edges[-1] >= _BATCH or end == len(article):
            edges.append(end)
    for begin, end in pairwise(edges):
        yield np.arange(begin, end)
