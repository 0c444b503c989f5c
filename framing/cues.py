"""Read a batch of tokens for polar words, cues, constructions and clauses: what all features are made of."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from framing.lexicon import Matcher, Matches
from framing.segment import Tokens
from framing.trie import point_table

__all__ = ["POLARITY_NAMES", "Reader", "Reading", "in_text_order", "row_sums", "skeleton"]

IntArray = NDArray[np.int64]
FloatArray = NDArray[np.float64]

POLARITY_NAMES = ("N3", "N2", "N1", "P1", "P2", "P3")
"""Classes of polar words in the skeleton, from the most negative one on."""

_POLARITY_BINS = np.array((-2.2, -1.2, 0.0, 1.2, 2.2))
_CLAUSE_END = ",;:?!.…\n"
_MARKS = "".join(sorted(",;:?!.…“”()、-《"))

# More than a batch has characters: start * _WIDTH + end sorts by start, then by end.
_WIDTH = 1 << 31


_ENDS_CLAUSE = point_table({ord(c): 1 for c in _CLAUSE_END}, np.bool_)
_MARK_NUMBER = point_table({ord(c): number for number, c in enumerate(_MARKS, 1)}, np.int64)


def row_sums(values: FloatArray, rows: IntArray, count: int) -> FloatArray:
    """Add up values by their rows, 0 … ``count`` − 1."""
    if not len(rows):
        return np.zeros(count)
    return np.asarray(np.bincount(rows, weights=values, minlength=count), np.float64)


def in_text_order(start: IntArray, end: IntArray) -> IntArray:
    """Return the order of spans by their start, then by their end."""
    return np.argsort(start * _WIDTH + end, kind="stable")


@dataclass(frozen=True, eq=False)
class Reading:
    """Hold what one pass over a batch finds, before any vocabulary is applied.

    ``polar`` are the words with a polarity, ``grade`` (−3 … 3) theirs after negation, ``negated`` says
    which were turned round. ``cues`` are the words of a functional or own class ``cue_kind``, an index
    into ``kinds``. ``clause`` numbers the clause of each character of the text, ``last_contrast`` gives
    the start of the last contrast word of each sentence, −1 for none.
    """

    tokens: Tokens
    matches: Matches
    polar: Matches
    grade: FloatArray
    negated: NDArray[np.bool_]
    cues: Matches
    cue_kind: IntArray
    kinds: Sequence[str]
    constructions: Matches
    clause: IntArray
    last_contrast: IntArray


class Reader:
    """Find the raw material of all features in a batch of tokens, for all sentences at once."""

    def __init__(self, matcher: Matcher) -> None:
        self.matcher = matcher
        kinds = matcher.kinds

        def which(name: str) -> NDArray[np.bool_]:
            # Entries without a kind have −1, which leads to the last place.
            return np.array([k == name for k in kinds] + [False], np.bool_)[matcher.kind]

        self._is_negation = which("negation")
        self._is_contrast = which("contrast")
        self._is_polar = matcher.grade != 0
        self._is_cue = matcher.kind >= 0

    def read(self, tokens: Tokens) -> Reading:
        """Read a batch."""
        matcher = self.matcher
        matches = matcher.find(tokens)
        polar = matches.take(self._is_polar[matches.entry]).longest()
        cues = matches.take(self._is_cue[matches.entry]).longest()
        clause = np.zeros(len(tokens.text) + 2, np.int64)
        clause[tokens.starts[1:][_ENDS_CLAUSE.take(tokens.marks, mode="clip")]] = 1
        np.cumsum(clause, out=clause)
        grade = matcher.grade[polar.entry]
        negated = self._negated(polar, cues, clause)
        grade[negated] *= np.where(grade[negated] > 0, -0.8, -0.4)
        last_contrast = np.full(len(tokens), -1, np.int64)
        contrast = cues.take(self._is_contrast[cues.entry])
        np.maximum.at(last_contrast, contrast.row, contrast.start)
        return Reading(
            tokens=tokens,
            matches=matches,
            polar=polar,
            grade=grade,
            negated=negated,
            cues=cues,
            cue_kind=matcher.kind[cues.entry],
            kinds=matcher.kinds,
            constructions=matcher.find_constructions(matches),
            clause=clause,
            last_contrast=last_contrast,
        )

    def _negated(self, polar: Matches, cues: Matches, clause: IntArray) -> NDArray[np.bool_]:
        """Tell which polar words stand at most four characters after a negation in their clause."""
        ends = np.sort(cues.end[self._is_negation[cues.entry]])
        if not len(ends) or not len(polar.entry):
            return np.zeros(len(polar.entry), np.bool_)
        at = np.searchsorted(ends, polar.start, side="right") - 1
        end = ends[np.maximum(at, 0)]
        near = (at >= 0) & (polar.start - end <= 4)
        return np.asarray(near & (clause[np.maximum(end - 1, 0)] == clause[polar.start]), np.bool_)


def skeleton(reading: Reading) -> tuple[IntArray, IntArray, IntArray, IntArray]:
    """Give (class, row, start, end) of polar words, cues and clause marks, in text order."""
    tokens, polar, cues = reading.tokens, reading.polar, reading.cues
    marks = _MARK_NUMBER.take(tokens.marks, mode="clip")
    at = marks.nonzero()[0]
    cls = np.concatenate(
        [
            np.searchsorted(_POLARITY_BINS, reading.grade, side="right"),
            reading.cue_kind + len(POLARITY_NAMES),
            marks[at] + (len(POLARITY_NAMES) + len(reading.kinds) - 1),
        ]
    )
    row = np.concatenate([polar.row, cues.row, tokens.rows[at]])
    start = np.concatenate([polar.start, cues.start, tokens.starts[at]])
    end = np.concatenate([polar.end, cues.end, tokens.starts[at + 1]])
    order = in_text_order(start, end)
    return cls[order], row[order], start[order], end[order]
