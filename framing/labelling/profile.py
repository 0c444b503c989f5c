"""Measure how plainly sentences are worded: the cue profile of label files, beside that of real articles.

A sentence's positive points are the sum of the grades (1 to 3) of its praising words and phrases in the
cue lists, its negative points that of the doubting ones; of overlapping entries the longest counts, and
negation is not read. A grade is the mean of two readings, and words below 1, which as a rule only one
reader found polar, are left out: counted so, real articles come nearest to the figures expected here,
which were made with another list. Composed sentences tend to carry too few of these words, and too clean a neutral.
Beside it stands the share of sentences with a connective (但是, 因为, 如果, 可能, 需要 …): composed prose
tends to set statements side by side, and words that it lacks get weights by chance.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from framing.lexicon import Lexicon, Matcher
from framing.records import FRAMES
from framing.segment import Tokens

__all__ = [
    "CONNECTIVES",
    "LEAST_GRADE",
    "REAL_ARTICLES",
    "CueProfile",
    "FrameProfile",
    "Range",
    "connective_matcher",
    "cue_profile",
    "deviations",
    "polar_matcher",
    "polarity_points",
]

FloatArray = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Range:
    """Hold an expected figure: anything from ``low`` to ``high``."""

    low: float
    high: float

    def ratio(self, value: float) -> float:
        """Return how far a value is outside, as a share of the nearer bound: −0.3 is 30% too low, 0 inside."""
        if value < self.low:
            return value / self.low - 1 if self.low else 0.0
        if value > self.high:
            return value / self.high - 1 if self.high else float("inf")
        return 0.0

    def __str__(self) -> str:
        return f"{self.low:g}" if self.low == self.high else f"{self.low:g}–{self.high:g}"


@dataclass(frozen=True, slots=True)
class FrameProfile:
    """Hold the mean positive and negative points and the share without any polar word of one frame."""

    sentences: int
    positive: float
    negative: float
    none: float


@dataclass(frozen=True, slots=True)
class CueProfile:
    """Hold the cue profile of sentences: a row per frame present, the share with a connective, and the mean length in characters."""

    frames: Mapping[str, FrameProfile]
    connectives: float
    length: float

    def figures(self) -> dict[str, float]:
        """Give the figures by name, such as ``praise.positive``; ``connectives`` and ``length`` last."""
        result = {f"{frame}.{part}": getattr(row, part) for frame, row in self.frames.items() for part in ("positive", "negative", "none")}
        return {**result, "connectives": self.connectives, "length": self.length}


REAL_ARTICLES: Mapping[str, Range] = {
    "praise.positive": Range(2.6, 2.6),
    "praise.negative": Range(0.4, 0.4),
    "praise.none": Range(0.16, 0.16),
    "skepticism.positive": Range(1.2, 1.2),
    "skepticism.negative": Range(2.5, 2.5),
    "skepticism.none": Range(0.09, 0.09),
    "neutral.positive": Range(0.9, 0.9),
    "neutral.negative": Range(0.65, 0.65),
    "neutral.none": Range(0.36, 0.47),
    "connectives": Range(0.43, 0.48),
    "length": Range(38, 45),
}
"""The profile of real articles about companies and technology."""


LEAST_GRADE = 1.0
"""Grade from which a word counts."""

CONNECTIVES = frozenset({"contrast", "concession", "cause", "condition", "need", "hedge"})
"""Classes of functional cues that tie the clauses of reasoning prose together."""


def connective_matcher(lexicon: Lexicon) -> Matcher:
    """Return a finder of the connectives of a lexicon."""
    return Matcher(Lexicon(functional={word: kind for word, kind in lexicon.functional.items() if kind in CONNECTIVES}))


def polar_matcher(lexicon: Lexicon) -> Matcher:
    """Return a finder of the words and phrases of a lexicon that are graded at least ``LEAST_GRADE``."""
    words, phrases = ({e: g for e, g in graded.items() if abs(g) >= LEAST_GRADE} for graded in (lexicon.words, lexicon.phrases))
    return Matcher(Lexicon(words=words, phrases=phrases, ambiguous=lexicon.ambiguous))


def polarity_points(tokens: Tokens, matcher: Matcher) -> tuple[FloatArray, FloatArray]:
    """Return the positive and the negative points of each sentence, both 0 or more, shape ``(n,)``."""
    matches = matcher.find(tokens)
    polar = matches.take(matcher.grade[matches.entry] != 0).longest()
    grade = matcher.grade[polar.entry]
    sums = [np.bincount(polar.row, weights=np.maximum(sign * grade, 0.0), minlength=len(tokens)) for sign in (1, -1)]
    return sums[0].astype(np.float64), sums[1].astype(np.float64)


def cue_profile(
    frames: Sequence[str], lengths: FloatArray, positive: FloatArray, negative: FloatArray, connected: NDArray[np.bool_]
) -> CueProfile:
    """Summarize sentences given their frames, lengths in characters, points, and whether each has a connective; all of one length, not empty."""
    labels = np.array(frames)
    rows: dict[str, FrameProfile] = {}
    for frame in FRAMES:
        chosen = labels == frame
        if chosen.any():
            plus, minus = positive[chosen], negative[chosen]
            rows[frame] = FrameProfile(
                int(chosen.sum()), float(plus.mean()), float(minus.mean()), float(((plus == 0) & (minus == 0)).mean())
            )
    return CueProfile(rows, float(connected.mean()), float(lengths.mean()))


def deviations(profile: CueProfile, expected: Mapping[str, Range], tolerance: float) -> dict[str, float]:
    """Return the figures that are further than ``tolerance`` from what is expected, and how far, as a share."""
    ratios = {name: expected[name].ratio(value) for name, value in profile.figures().items() if name in expected}
    return {name: ratio for name, ratio in ratios.items() if abs(ratio) > tolerance}
