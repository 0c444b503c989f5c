"""Find sentences that are the same or nearly the same, whatever their script and punctuation.

Two sentences are compared by the character trigrams of their letters, digits and Han characters in
canonical form. The overlap of two sets A and B is the Jaccard index |A ∩ B| / |A ∪ B|; it is computed
exactly for all pairs, as a sparse matrix product, which for label files is faster than estimating it.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_matrix

from framing.segment import Segmenter, Tokens

__all__ = ["Pair", "WindowIndex", "canonical_rows", "keys_of", "near_pairs", "windows"]

_SIZE = 3
_CHUNK = 1024
_WORD = re.compile(r"[^\W_]+")


@dataclass(frozen=True, slots=True)
class Pair:
    """Hold two similar sentences, ``first < second``, and their overlap (0 to 1)."""

    first: int
    second: int
    overlap: float


def canonical_rows(tokens: Tokens) -> list[str]:
    """Give each sentence of a batch in canonical form: Simplified, half-width, small letters."""
    return tokens.text.split("\n") if len(tokens) else []


def keys_of(canonical: Iterable[str]) -> list[str]:
    """Reduce canonical sentences to their letters, digits and Han characters."""
    return ["".join(_WORD.findall(text)) for text in canonical]


def windows(key: str, size: int) -> set[str]:
    """Return the runs of ``size`` characters of a key; a shorter key is its own only run."""
    return {key[i : i + size] for i in range(len(key) - size + 1)} or ({key} if key else set())


def near_pairs(keys: Sequence[str], threshold: float, shortest: int = 10) -> list[Pair]:
    """List the pairs of keys whose trigram overlap reaches a threshold.

    Args:
        keys: reduced sentences, as from ``keys_of``.
        threshold: least Jaccard index, above 0 and at most 1.
        shortest: keys with fewer characters are left out: headings may well agree.

    Returns:
        The pairs in order.
    """
    rows = [i for i, key in enumerate(keys) if len(key) >= shortest]
    matrix = _incidence([keys[i] for i in rows])
    sizes = np.asarray(matrix.sum(axis=1)).ravel()
    result = []
    for begin in range(0, len(rows), _CHUNK):
        shared = (matrix[begin : begin + _CHUNK] @ matrix.T).tocoo()
        first, second, common = shared.row + begin, shared.col, shared.data
        overlap = common / (sizes[first] + sizes[second] - common)
        keep = (first < second) & (overlap >= threshold)
        result += [Pair(rows[a], rows[b], float(o)) for a, b, o in zip(first[keep], second[keep], overlap[keep], strict=True)]
    return sorted(result, key=lambda p: (p.first, p.second))


def _incidence(keys: Sequence[str]) -> csr_matrix:
    """Return the matrix of keys by trigrams, 1 where a trigram occurs."""
    index: dict[str, int] = {}
    column: list[int] = []
    pointer = [0]
    for key in keys:
        column.extend(index.setdefault(w, len(index)) for w in sorted(windows(key, _SIZE)))
        pointer.append(len(column))
    indices: NDArray[np.int64] = np.array(column, np.int64)
    return csr_matrix((np.ones(len(column)), indices, np.array(pointer, np.int64)), shape=(len(keys), len(index)))


class WindowIndex:
    """Index texts by their runs of ten characters, to find sentences that were taken from them.

    Args:
        paths: text files, or folders that are searched for files with a suffix of ``SUFFIXES``.
    """

    SUFFIXES = frozenset({".txt", ".md", ".py", ".json", ".jsonl", ".csv", ".html", ".ipynb"})
    SIZE = 10

    def __init__(self, paths: Iterable[Path]) -> None:
        self._files: list[Path] = []
        self._seen: dict[str, int] = {}
        segmenter = Segmenter()
        for path in self._texts(paths):
            text = path.read_text("utf-8", errors="replace")
            key = keys_of([segmenter.segment([text]).text])[0]
            number = len(self._files)
            self._files.append(path)
            for window in windows(key, self.SIZE):
                self._seen.setdefault(window, number)

    @classmethod
    def _texts(cls, paths: Iterable[Path]) -> Iterator[Path]:
        for path in paths:
            if path.is_dir():
                yield from (f for f in sorted(path.rglob("*")) if f.is_file() and f.suffix in cls.SUFFIXES)
            elif path.is_file():
                yield path

    def __len__(self) -> int:
        return len(self._files)

    def source(self, key: str, share: float) -> Path | None:
        """Return the file that holds at least ``share`` of a key's runs of ten characters, if any does."""
        if len(key) < self.SIZE:
            return None
        parts = windows(key, self.SIZE)
        hits = [self._seen[p] for p in parts if p in self._seen]
        if len(hits) < share * len(parts) or not hits:
            return None
        return self._files[max(set(hits), key=hits.count)]
