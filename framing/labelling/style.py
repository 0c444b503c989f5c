"""Measure how sentences are built: openings, skeletons, lengths and punctuation.

Sentences written from a template betray it: many begin alike, or have the same function words and marks
in the same places with only the content words exchanged.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from framing.lexicon import Lexicon, Matcher
from framing.segment import Tokens

__all__ = ["MARKS", "Lengths", "RegisterStyle", "divergence", "function_matcher", "openings", "register_style", "repeated", "skeletons"]

IntArray = NDArray[np.int64]

MARKS = "，。、；：？！…“”（）《》—"
"""The marks that are counted; half-width and regional ones (「」) count as these."""

_CANON = str.maketrans(dict(zip(",.;:?!()「」『』", "，。；：？！（）“”“”", strict=True)))
_OPENING = 4
_SLOT = "＿"
_CONTENT = frozenset({"speaker", "figure"})  # classes of content words: the people quoted, units and amounts
_PUNCTUATION = frozenset(",;:?!.…“”()、-《》")


@dataclass(frozen=True, slots=True)
class Lengths:
    """Hold the distribution of sentence lengths in characters."""

    mean: float
    deviation: float
    p10: float
    median: float
    p90: float
    longest: int


@dataclass(frozen=True, slots=True)
class RegisterStyle:
    """Hold how one register is written; ``marks`` counts each mark per 100 characters."""

    sentences: int
    lengths: Lengths
    marks: Mapping[str, float]


def register_style(texts: Sequence[str]) -> RegisterStyle:
    """Measure the sentences of one register; ``texts`` is not empty."""
    sizes = np.array([len(t) for t in texts])
    p10, median, p90 = (float(v) for v in np.percentile(sizes, [10, 50, 90]))
    lengths = Lengths(float(sizes.mean()), float(sizes.std()), p10, median, p90, int(sizes.max()))
    counts = Counter("".join(texts).translate(_CANON))
    total = int(sizes.sum())
    return RegisterStyle(len(texts), lengths, {m: 100 * counts[m] / total for m in MARKS})


def divergence(first: Mapping[str, float], second: Mapping[str, float]) -> float:
    """Return the Jensen-Shannon divergence (base 2, 0 to 1) of two distributions of marks; 0 where one is empty.

    Lin, J. (1991), Divergence measures based on the Shannon entropy.
    """
    p, q = (np.array([d[m] for m in MARKS]) for d in (first, second))
    if not p.sum() or not q.sum():
        return 0.0
    p, q = p / p.sum(), q / q.sum()
    middle = (p + q) / 2
    terms = [np.where(x > 0, x * np.log2(np.where(x > 0, x, 1) / np.where(middle > 0, middle, 1)), 0).sum() for x in (p, q)]
    return float(sum(terms)) / 2


def openings(keys: Sequence[str]) -> list[str]:
    """Return the first four characters of each key; nothing for a key that is not longer or begins with a figure."""
    return [k[:_OPENING] if len(k) > _OPENING and not k[0].isdigit() else "" for k in keys]


def function_matcher(lexicon: Lexicon) -> Matcher:
    """Return a finder of the function words of a lexicon."""
    return Matcher(Lexicon(functional={cue: kind for cue, kind in lexicon.functional.items() if kind not in _CONTENT}))


def skeletons(tokens: Tokens, matcher: Matcher) -> list[str]:
    """Reduce each sentence to its function words and marks, with a slot for each run of anything else.

    Sentences with fewer than two function words, or fewer than four kept parts in all, have no
    skeleton worth comparing and give an empty string.
    """
    matches = matcher.find(tokens).longest()
    cue_at = dict(zip(matches.start.tolist(), matches.end.tolist(), strict=True))
    rows: list[list[str]] = [[] for _ in range(len(tokens))]
    cues = [0] * len(tokens)
    done = 0
    for word, start, row in zip(tokens.tokens, tokens.starts[:-1].tolist(), tokens.rows.tolist(), strict=True):
        if start < done or word.isspace():
            continue
        parts = rows[row]
        if start in cue_at:
            done = cue_at[start]
            parts.append(tokens.text[start:done])
            cues[row] += 1
        elif word in _PUNCTUATION:
            parts.append(word)
        elif not parts or parts[-1] != _SLOT:
            parts.append(_SLOT)
    return ["".join(p) if n >= 2 and len(p) - p.count(_SLOT) >= 4 else "" for p, n in zip(rows, cues, strict=True)]


def repeated(values: Sequence[str], least: int) -> dict[str, list[int]]:
    """Return the values that occur at least ``least`` times, most frequent first, with their positions."""
    places: dict[str, list[int]] = {}
    for i, value in enumerate(values):
        if value:
            places.setdefault(value, []).append(i)
    found = [(value, where) for value, where in places.items() if len(where) >= least]
    return dict(sorted(found, key=lambda item: (-len(item[1]), item[0])))
