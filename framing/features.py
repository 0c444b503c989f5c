"""Turn tokens into sparse rows: one definition for training and for scoring.

A row is the concatenation of blocks. Three are TF-IDF blocks (word n-grams, character n-grams, and
n-grams over the sentence's skeleton of cue classes), two hold lexicon entries and cue classes, and
one holds binned sums of polarity, sentence shape and context. Everything is kept as *occurrences*: a
(row, column, value, span) quadruple for each place in the text where a feature occurs. The values of
one row and column add up to the feature's value, so a score can be split exactly over the text.

The weight of an occurrence of term t in a TF-IDF block is idf(t) / sqrt(sum of idf² over the row's
occurrences in that block), with idf(t) = ln((1 + n) / (1 + df(t))) + 1: scikit-learn's smoothed
TF-IDF with cosine normalization, except that a repeated term counts as separate terms in the norm,
which makes the norm a sum over occurrences.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from framing.lexicon import Matcher, Matches
from framing.segment import Tokens

__all__ = ["FeatureConfig", "FeatureSpace", "Occurrences", "extract", "fit_features"]

IntArray = NDArray[np.int64]
FloatArray = NDArray[np.float64]

CONTEXT = "context: "
"""Prefix of dense columns that topics and voice use and the frame does not.

A sentence's frame is judged by its own words: polarity of its surroundings and topic features made it
worse on texts of another kind than the training articles.
"""

_WIDTH = 1 << 31
"""More than a batch has characters: start * _WIDTH + end sorts by start, then by end."""

NO_SPAN = -1
"""Start and end of an occurrence that belongs to the sentence as a whole."""


@dataclass(frozen=True, slots=True)
class FeatureConfig:
    """Shape the feature space; written into the artifact by training and read only from there.

    ``min_df`` is the least number of training rows in which a term of a block must occur. ``scale``
    weighs the blocks against each other under the shared regularization, and ``frame_scale`` once more
    for the frame head.
    """

    words: bool = True
    word_bigrams: bool = True
    characters: bool = True
    skeleton: bool = True
    entries: bool = True
    min_df: Mapping[str, int] = field(default_factory=lambda: {"word": 2, "bigram": 3, "char": 4, "skeleton": 3, "entry": 2})
    scale: Mapping[str, float] = field(
        default_factory=lambda: {"word": 1.0, "bigram": 0.5, "char": 0.7, "skeleton": 1.0, "entry": 0.7, "dense": 1.0}
    )

    frame_scale: Mapping[str, float] = field(default_factory=lambda: {"dense": 0.4, "skeleton": 0.7})

    def to_data(self) -> dict[str, Any]:
        """Give the configuration as JSON-ready data."""
        return asdict(self)


@dataclass(frozen=True, eq=False)
class Occurrences:
    """Hold the occurrences of a batch as parallel arrays.

    ``start`` and ``end`` are offsets into the canonical text, or ``NO_SPAN``.
    """

    rows: int
    row: IntArray
    column: IntArray
    value: FloatArray
    start: IntArray
    end: IntArray


# --- raw terms -----------------------------------------------------------------------------------

_YEAR = frozenset(str(y) for y in range(1980, 2060))


def _shape(token: str) -> str:
    """Replace a number by its shape, so that figures are seen as figures."""
    if token.endswith("%"):
        return "<percent>"
    if token in _YEAR:
        return "<year>"
    if "." in token:
        return "<decimal>"
    return "<number>" if len(token) < 4 else "<long-number>"


class _Interner(dict[str, int]):
    """Map tokens to numbers, numerals by their shape, unknown ones to −1, without growing."""

    def __missing__(self, token: str) -> int:
        if token[0].isdigit():
            return self.get(_shape(token), -1)
        return -1


_CLAUSE_END = ",;:?!.…\n"
_SENTENCE_END = "?!.…”"

_POLARITY_BINS = (-2.2, -1.2, 0.0, 1.2, 2.2)
_POLARITY_NAMES = ("N3", "N2", "N1", "P1", "P2", "P3")

_SUM_BINS = (0.4, 0.9, 1.6, 2.6, 3.6, 5.0)
_NET_BINS = (-4.5, -2.6, -1.6, -0.9, -0.2, 0.2, 0.9, 1.6, 2.6, 4.5)
_TOPIC_BINS = (0.5, 1.5, 2.5, 4.5, 7.5)
_CONTEXT_BINS = (0.5, 2.0, 4.0, 8.0)


@dataclass(frozen=True, eq=False)
class _Raw:
    """Hold what one pass over a batch finds, before any vocabulary is applied."""

    tokens: Tokens
    matches: Matches
    polar: Matches
    grade: FloatArray
    negated: NDArray[np.bool_]
    cues: Matches
    cue_kind: IntArray
    kinds: Sequence[str]
    constructions: Matches
    token_rows: IntArray
    clause: IntArray
    last_contrast: IntArray


def _points(characters: str) -> IntArray:
    return np.array([ord(c) for c in characters], np.int64)


class _Reader:
    """Find the raw material of all blocks in a batch of tokens, vectorized over the batch."""

    def __init__(self, matcher: Matcher) -> None:
        self.matcher = matcher
        kinds = matcher.kinds

        def which(*names: str) -> NDArray[np.bool_]:
            chosen = np.array([k in names for k in kinds] + [False], np.bool_)
            return np.asarray(chosen[matcher.kind], np.bool_)

        self.is_negation = which("negation")
        self.is_contrast = which("contrast")

    def read(self, tokens: Tokens) -> _Raw:
        matcher = self.matcher
        matches = matcher.find(tokens)
        polar = matches.take(matcher.grade[matches.entry] != 0).longest()
        cues = matches.take(matcher.kind[matches.entry] >= 0).longest()
        constructions = matcher.find_constructions(matches)
        token_rows = tokens.rows
        is_end = np.isin(tokens.marks, _points(_CLAUSE_END))
        position_clause = np.zeros(len(tokens.text) + 2, np.int64)
        position_clause[tokens.starts[1:][is_end]] = 1
        clause = np.cumsum(position_clause)
        grade = matcher.grade[polar.entry].copy()
        negated = self._negated(polar, cues, clause)
        grade[negated] *= np.where(grade[negated] > 0, -0.8, -0.4)
        last_contrast = np.full(len(tokens), -1, np.int64)
        contrast = cues.take(self.is_contrast[cues.entry])
        np.maximum.at(last_contrast, contrast.row, contrast.start)
        return _Raw(
            tokens,
            matches,
            polar,
            grade,
            negated,
            cues,
            matcher.kind[cues.entry],
            matcher.kinds,
            constructions,
            token_rows,
            clause,
            last_contrast,
        )

    def _negated(self, polar: Matches, cues: Matches, clause: IntArray) -> NDArray[np.bool_]:
        """Tell which polar words stand at most four characters after a negation in their clause."""
        negation = cues.take(self.is_negation[cues.entry])
        if not len(negation.entry) or not len(polar.entry):
            return np.zeros(len(polar.entry), np.bool_)
        ends = np.sort(negation.end)
        at = np.searchsorted(ends, polar.start, side="right") - 1
        end = ends[np.maximum(at, 0)]
        near = (at >= 0) & (polar.start - end <= 4)
        return np.asarray(near & (clause[np.maximum(end - 1, 0)] == clause[polar.start]), np.bool_)


def _classes(raw: _Raw, matcher: Matcher) -> tuple[IntArray, IntArray, IntArray, IntArray]:
    """Give the skeleton: (class, row, start, end) of polar words, cues and clause marks, in text order."""
    tokens = raw.tokens
    polar_class = np.searchsorted(np.array(_POLARITY_BINS), raw.grade, side="right")
    cue_class = len(_POLARITY_NAMES) + matcher.kind[raw.cues.entry]
    known = _lookup(tokens.marks, _points(_MARKS))
    mark_at = np.flatnonzero(known >= 0)
    mark_ids = known[mark_at]
    base = len(_POLARITY_NAMES) + len(matcher.kinds)
    cls = np.concatenate([polar_class, cue_class, base + mark_ids])
    row = np.concatenate([raw.polar.row, raw.cues.row, raw.token_rows[mark_at] if len(mark_at) else mark_at])
    start = np.concatenate([raw.polar.start, raw.cues.start, tokens.starts[mark_at] if len(mark_at) else mark_at])
    end = np.concatenate([raw.polar.end, raw.cues.end, tokens.starts[mark_at + 1] if len(mark_at) else mark_at])
    order = np.argsort(start * _WIDTH + end, kind="stable")
    return cls[order], row[order], start[order], end[order]


_MARKS = "".join(sorted(",;:?!.…“”()、-《"))


def _bins(values: FloatArray, edges: Sequence[float]) -> IntArray:
    """Return how many of the ascending ``edges`` each value reaches."""
    result: IntArray = np.searchsorted(np.array(edges), values, side="right")
    return result


def _segment_sum(values: FloatArray, rows: IntArray, count: int) -> FloatArray:
    if not len(rows):
        return np.zeros(count)
    return np.asarray(np.bincount(rows, weights=values, minlength=count)[:count], np.float64)


# --- the space -----------------------------------------------------------------------------------


@dataclass(frozen=True)
class FeatureSpace:
    """Hold the fitted vocabulary: everything that turns tokens into columns.

    ``words`` are the interned tokens; ``word_column``, ``bigrams`` and so on say which of them became
    columns. Integer keys stand for n-grams: (a + 1) · base + (b + 1). Columns are numbered block by
    block in the order word, bigram, char, skeleton, entry, dense.
    """

    config: FeatureConfig
    words: tuple[str, ...]
    word_ids: IntArray
    bigram_keys: IntArray
    char_keys: IntArray
    skeleton_keys: IntArray
    entries: tuple[str, ...]
    idf: FloatArray
    dense: tuple[str, ...]

    @cached_property
    def sizes(self) -> dict[str, int]:
        """Give the number of columns of each block."""
        return {
            "word": len(self.word_ids),
            "bigram": len(self.bigram_keys),
            "char": len(self.char_keys),
            "skeleton": len(self.skeleton_keys),
            "entry": len(self.entries),
            "dense": len(self.dense),
        }

    @cached_property
    def offsets(self) -> dict[str, int]:
        """Give the first column of each block."""
        result, at = {}, 0
        for name, size in self.sizes.items():
            result[name] = at
            at += size
        return result

    @property
    def columns(self) -> int:
        """Give the number of columns."""
        return sum(self.sizes.values())

    @cached_property
    def frame_scale(self) -> FloatArray:
        """Give what the frame head multiplies each column by; 0 for columns of context."""
        scale = np.concatenate([np.full(size, self.config.frame_scale.get(name, 1.0)) for name, size in self.sizes.items()])
        context = np.array([n.startswith(CONTEXT) for n in self.dense], np.bool_)
        scale[self.offsets["dense"] :][context] = 0.0
        return scale

    @cached_property
    def interner(self) -> _Interner:
        """Give the token numbering."""
        return _Interner((w, i) for i, w in enumerate(self.words))

    @cached_property
    def word_lookup(self) -> IntArray:
        """Give the column of each interned token, −1 for none."""
        table = np.full(len(self.words) + 1, -1, np.int64)
        table[self.word_ids] = np.arange(len(self.word_ids))
        return table


def _lookup(keys: IntArray, sorted_keys: IntArray) -> IntArray:
    """Return the index of each key in the ascending ``sorted_keys``, −1 where it is missing."""
    if not len(sorted_keys):
        return np.full(len(keys), -1, np.int64)
    at = np.minimum(np.searchsorted(sorted_keys, keys), len(sorted_keys) - 1)
    return np.where(sorted_keys[at] == keys, at, -1)


_BASE = 1 << 21
_SKELETON_BASE = 128


def _word_ids(tokens: Tokens, interner: Mapping[str, int]) -> IntArray:
    return np.fromiter(map(interner.__getitem__, tokens.tokens), np.int64, len(tokens.tokens))


def _bigram_keys(ids: IntArray, rows: IntArray) -> tuple[IntArray, IntArray]:
    """Return (key, index of the first token) for each pair of known neighbours in one sentence."""
    both = (ids[:-1] >= 0) & (ids[1:] >= 0) & (rows[:-1] == rows[1:])
    at = np.flatnonzero(both)
    return (ids[at] + 1) * _BASE + ids[at + 1] + 1, at


def _char_keys(points: IntArray) -> tuple[IntArray, IntArray, IntArray]:
    """Return (key, start, end) of the Han bigrams and trigrams."""
    han = (points >= 0x3400) & (points <= 0x9FFF)
    two = np.flatnonzero(han[:-1] & han[1:])
    three = np.flatnonzero(han[:-2] & han[1:-1] & han[2:]) if len(points) > 2 else two[:0]
    keys2 = points[two] * _BASE + points[two + 1]
    keys3 = (points[three] * _BASE + points[three + 1]) * _BASE + points[three + 2]
    # 63 bits do not hold three code points of 21 bits with certainty; Han ones below U+10000 do.
    return np.concatenate([keys2, keys3]), np.concatenate([two, three]), np.concatenate([two + 2, three + 3])


def _skeleton_keys(cls: IntArray, row: IntArray, start: IntArray, end: IntArray) -> tuple[IntArray, IntArray, IntArray, IntArray]:
    """Return (key, row, start, end) of the class uni-, bi- and trigrams of each sentence."""
    one = cls + 1
    same2 = np.flatnonzero(row[:-1] == row[1:])
    same3 = np.flatnonzero(row[:-2] == row[2:]) if len(row) > 2 else np.zeros(0, np.int64)
    b = _SKELETON_BASE
    keys = [one, one[same2] * b + one[same2 + 1], (one[same3] * b + one[same3 + 1]) * b + one[same3 + 2]]
    rows = [row, row[same2], row[same3]]
    starts = [start, start[same2], start[same3]]
    ends = [end, np.maximum(end[same2], end[same2 + 1]), np.maximum(end[same3], end[same3 + 2])]
    return np.concatenate(keys), np.concatenate(rows), np.concatenate(starts), np.concatenate(ends)


class _Collector:
    """Gather occurrences block by block."""

    def __init__(self, rows: int) -> None:
        self.rows = rows
        self.parts: list[tuple[IntArray, IntArray, FloatArray, IntArray, IntArray]] = []

    def add(self, row: IntArray, column: IntArray, value: FloatArray, start: IntArray, end: IntArray) -> None:
        self.parts.append((row, column, value, start, end))

    def add_tfidf(
        self, row: IntArray, column: IntArray, idf: FloatArray, scale: float, start: IntArray, end: IntArray, offset: int
    ) -> None:
        """Add a TF-IDF block: ``column`` counts from 0 within the block, −1 means unknown."""
        known = column >= 0
        row, column, start, end = row[known], column[known], start[known], end[known]
        weight = idf[column]
        norm = np.sqrt(_segment_sum(weight * weight, row, self.rows))
        self.add(row, column + offset, scale * weight / norm[row] if len(row) else weight, start, end)

    def finish(self) -> Occurrences:
        row, column, value, start, end = (np.concatenate(c) for c in zip(*self.parts, strict=True))
        return Occurrences(self.rows, row, column, value, start, end)


@dataclass(frozen=True, eq=False)
class Context:
    """Say which rows of a batch follow each other in one article, and which begin inside a quotation.

    ``article`` numbers the article of each row; rows of one article are in order and adjacent.
    """

    article: IntArray

    @classmethod
    def single(cls, rows: int) -> Context:
        """Make a context in which every row stands alone."""
        return cls(np.arange(rows))

    @classmethod
    def of(cls, names: Iterable[str]) -> Context:
        """Make a context from the article name of each row."""
        previous: str | None = None
        number = -1
        result = []
        for name in names:
            number += name != previous
            previous = name
            result.append(number)
        return cls(np.array(result, np.int64))


def _dense(raw: _Raw, matcher: Matcher, context: Context, dense: _Dense) -> None:
    """Add the binned sums, the sentence's shape and its context."""
    tokens, rows = raw.tokens, len(raw.tokens)
    polar, grade = raw.polar, raw.grade
    positive, negative = grade > 0, grade < 0
    pos = _segment_sum(grade * positive, polar.row, rows)
    neg = -_segment_sum(grade * negative, polar.row, rows)
    for name, sums, mask in (("positive", pos, positive), ("negative", neg, negative)):
        dense.cumulative(name, _bins(sums, _SUM_BINS), len(_SUM_BINS), polar, np.abs(grade) * mask)
    dense.onehot("net", _bins(pos - neg, _NET_BINS), None, polar, np.abs(grade))
    lengths = np.diff(tokens.row_starts) - 1
    density = (pos - neg) / np.sqrt(np.maximum(lengths, 8) / 40.0)
    dense.onehot("density", _bins(density, (-3.0, -1.5, -0.6, 0.6, 1.5, 3.0)), None, polar, np.abs(grade))
    has_contrast = raw.last_contrast >= 0
    after = polar.start > raw.last_contrast[polar.row]
    for name, mask in (("after contrast", after), ("before contrast", ~after)):
        net = _segment_sum(grade * mask, polar.row, rows)
        dense.onehot(name, _bins(net, (-1.5, -0.4, 0.4, 1.5)), has_contrast, polar, np.abs(grade) * mask)
    clause_end = raw.clause[np.maximum(tokens.row_starts[1:] - 3, tokens.row_starts[:-1])]
    last = raw.clause[polar.start] >= clause_end[polar.row]
    dense.onehot(
        "last clause", _bins(_segment_sum(grade * last, polar.row, rows), (-1.5, -0.4, 0.4, 1.5)), None, polar, np.abs(grade) * last
    )
    first = raw.clause[polar.start] == raw.clause[tokens.row_starts[:-1]][polar.row]
    dense.onehot(
        "first clause", _bins(_segment_sum(grade * first, polar.row, rows), (-1.5, -0.4, 0.4, 1.5)), None, polar, np.abs(grade) * first
    )
    strongest = np.zeros(rows)
    weakest = np.zeros(rows)
    np.maximum.at(strongest, polar.row, grade)
    np.minimum.at(weakest, polar.row, grade)
    dense.onehot("strongest", _bins(strongest, (0.4, 1.2, 2.2)), None, polar, np.abs(grade) * positive)
    dense.onehot("weakest", _bins(-weakest, (0.4, 1.2, 2.2)), None, polar, np.abs(grade) * negative)
    dense.flag("negated praise", polar, raw.negated & (grade < 0))
    dense.flag("negated skepticism", polar, raw.negated & (grade > 0))
    _scope_features(raw, matcher, dense)
    c_grade = matcher.construction_grade[raw.constructions.entry]
    dense.flag("praise construction", raw.constructions, c_grade > 0.5)
    dense.flag("skepticism construction", raw.constructions, c_grade < -0.5)
    _shape_features(raw, dense, lengths)
    dense.prefix = CONTEXT
    _voice_features(raw, dense, context)
    _topic_features(raw, matcher, dense, context)


_SCOPES = ("negation", "insufficiency", "need", "condition", "question", "rhetoric", "hedge", "expectation", "distance", "concession")
_UNREAL = frozenset(("negation", "insufficiency", "need", "condition", "question", "rhetoric"))


def _scope_features(raw: _Raw, matcher: Matcher, dense: _Dense) -> None:
    """Add polar words that stand behind a cue in their clause: what is needed, lacking or asked for is not yet so."""
    polar, rows = raw.polar, len(raw.tokens)
    clause = raw.clause[polar.start]
    positive = matcher.grade[polar.entry] > 0
    real = np.ones(len(polar.entry), np.bool_)
    for name in _SCOPES:
        first = np.full(int(raw.clause[-1]) + 1, len(raw.tokens.text) + 1)
        if name in raw.kinds:
            cues = raw.cues.take(raw.cue_kind == raw.kinds.index(name))
            np.minimum.at(first, raw.clause[cues.start], cues.end)
        behind = first[clause] <= polar.start
        dense.flag(f"praise behind {name}", polar, behind & positive)
        dense.flag(f"skepticism behind {name}", polar, behind & ~positive)
        if name in _UNREAL:
            real &= ~behind
    grade = np.abs(raw.grade) * real
    for name, mask in (("real positive", raw.grade > 0), ("real negative", raw.grade < 0)):
        dense.cumulative(name, _bins(_segment_sum(grade * mask, polar.row, rows), _SUM_BINS), len(_SUM_BINS), polar, grade * mask)


def _last_points(tokens: Tokens) -> IntArray:
    """Return the code point of each sentence's last character; the line feed before an empty one."""
    at = np.maximum(tokens.row_starts[1:] - 2, 0)
    return tokens.points[np.minimum(at, len(tokens.points) - 1)] if len(tokens.points) else np.zeros(len(tokens), np.int64)


def _shape_features(raw: _Raw, dense: _Dense, lengths: IntArray) -> None:
    tokens = raw.tokens
    dense.onehot("length", _bins(lengths.astype(float), (8, 16, 26, 40, 60, 90)), None)
    dense.where("no full stop", ~np.isin(_last_points(tokens), _points(_SENTENCE_END)))
    first = tokens.points[tokens.starts[:-1]]
    numeric = (first >= ord("0")) & (first <= ord("9"))
    count = _segment_sum(numeric.astype(float), raw.token_rows, len(tokens))
    dense.onehot("figures", _bins(count, (0.5, 1.5, 3.5)), None)


def _voice_features(raw: _Raw, dense: _Dense, context: Context) -> None:
    """Add quotation marks, also those opened in an earlier sentence of the article."""
    tokens = raw.tokens
    rows = len(tokens)
    opened = _count(tokens, "“", raw.token_rows)
    closed = _count(tokens, "”", raw.token_rows)
    inside = np.zeros(rows, np.bool_)
    depth = 0.0
    previous = -1
    for i, (article, o, c) in enumerate(zip(context.article.tolist(), opened.tolist(), closed.tolist(), strict=True)):
        if article != previous:
            depth, previous = 0.0, article
        inside[i] = depth > 0
        depth = min(max(depth + o - c, 0.0), 1.0) if o or c else depth
    dense.where("inside a quotation", inside & (opened == 0))
    dense.where("quotation opens and stays open", opened > closed)
    dense.where("quotation closes that was open", inside & (closed > opened))
    text, starts = tokens.text, tokens.row_starts[:-1].tolist()
    begins = np.append(tokens.points, 0)[tokens.row_starts[:-1]] == ord("“")
    dense.where("begins with a quotation", begins)
    colon = _last_points(tokens) == ord(":")
    dense.where("after a colon", np.concatenate(([False], colon[:-1]))[:rows] & _same_as_before(context))
    dense.where("ends with a colon", colon)
    quoted_length = np.zeros(rows)
    for row, (o, c) in enumerate(zip(opened.tolist(), closed.tolist(), strict=True)):
        if o or c or inside[row]:
            quoted_length[row] = _quoted_share(text[starts[row] : int(tokens.row_starts[row + 1]) - 1], bool(inside[row]))
    _cues_before(raw, dense, context)
    dense.onehot("quoted share", _bins(quoted_length, (0.02, 0.15, 0.35, 0.6, 0.85)), None)


_CARRIED = ("attribution", "opening", "closing", "speaker", "distance", "question")
_DISTANCE_BINS = (1.5, 4.5, 15.5, 40.5)
_FAR = 1000


def _cues_before(raw: _Raw, dense: _Dense, context: Context) -> None:
    """Add the cue classes of the sentence before, and how far off retelling is announced or ended.

    Retold speech often runs on for paragraphs without a mark; what opens it (an attribution, 下面是,
    a talk or text that is mentioned) stands before it, and what ends it (上面就是, 我认为) behind.
    """
    rows = len(raw.tokens)
    same = _same_as_before(context)

    def rows_with(name: str) -> NDArray[np.bool_]:
        here = np.zeros(rows, np.bool_)
        if name in raw.kinds:
            here[raw.cues.row[raw.cue_kind == raw.kinds.index(name)]] = True
        return here

    for name in _CARRIED:
        here = rows_with(name)
        dense.where(f"{name} in this sentence", here)
        dense.where(f"{name} in the sentence before", np.concatenate(([False], here[:-1]))[:rows] & same)
    opening, retelling, closing = rows_with("opening"), rows_with("retelling"), rows_with("closing")
    behind = _since(opening, context.article)
    dense.onehot("sentences since an opening", _bins(behind, _DISTANCE_BINS), None)
    ahead = _since(closing[::-1], context.article[::-1])[::-1]
    dense.onehot("sentences until a closing", _bins(ahead, _DISTANCE_BINS), None)
    dense.onehot("sentences since a text was mentioned", _bins(_since(retelling, context.article), _DISTANCE_BINS), None)
    dense.where("between an opening and a closing", (behind < _FAR) & (ahead < _FAR) & (_since(closing, context.article) >= behind))


def _since(marked: NDArray[np.bool_], article: IntArray) -> FloatArray:
    """Return how many sentences ago one was marked in the same article; ``_FAR`` where none was."""
    rows = len(marked)
    at = np.arange(rows)
    last = np.maximum.accumulate(np.where(marked, at, -1)) if rows else at
    previous = np.concatenate(([-1], last[:-1]))[:rows]
    valid = (previous >= 0) & (article[np.maximum(previous, 0)] == article)
    return np.where(valid, at - previous, _FAR).astype(np.float64)


def _quoted_share(text: str, inside: bool) -> float:
    count = 0
    for char in text:
        if char == "“":
            inside = True
        elif char == "”":
            inside = False
        else:
            count += inside
    return count / max(len(text), 1)


def _count(tokens: Tokens, mark: str, token_rows: IntArray) -> FloatArray:
    at = np.flatnonzero(tokens.marks == ord(mark))
    return _segment_sum(np.ones(len(at)), token_rows[at], len(tokens))


def _same_as_before(context: Context) -> NDArray[np.bool_]:
    article = context.article
    return np.concatenate(([False], article[1:] == article[:-1]))[: len(article)]


def _topic_features(raw: _Raw, matcher: Matcher, dense: _Dense, context: Context) -> None:
    rows = len(raw.tokens)
    same = _same_as_before(context)
    for index, topic in enumerate(matcher.topics):
        strength = matcher.topic[raw.matches.entry, index]
        found = raw.matches.take(strength > 0).longest()
        value = matcher.topic[found.entry, index]
        own = _segment_sum(value, found.row, rows)
        dense.cumulative(f"topic {topic}", _bins(own, _TOPIC_BINS), len(_TOPIC_BINS), found, value)
        capped = np.minimum(own, 6.0)
        before = np.where(same, np.concatenate(([0.0], capped[:-1]))[:rows], 0.0)
        after = np.where(np.append(same[1:], False)[:rows], np.append(capped[1:], 0.0)[:rows], 0.0)
        dense.cumulative(f"topic {topic} near", _bins(before + after, _CONTEXT_BINS), len(_CONTEXT_BINS))
        total = _segment_sum(capped, context.article, int(context.article.max(initial=-1)) + 1)
        count = np.bincount(context.article, minlength=len(total)) if rows else np.zeros(0)
        around = (total[context.article] - capped) / np.maximum(count[context.article] - 1, 1) if rows else capped
        dense.cumulative(f"topic {topic} around", _bins(around, (0.3, 0.8, 1.5, 2.5)), 4)


class _Dense:
    """Turn named, binned quantities into occurrences; learns the names when fitting."""

    def __init__(self, names: Mapping[str, int] | None, rows: int) -> None:
        self.names: dict[str, int] = dict(names or {})
        self.learning = names is None
        self.rows = rows
        self.prefix = ""
        self.row: list[IntArray] = []
        self.column: list[IntArray] = []
        self.value: list[FloatArray] = []
        self.start: list[IntArray] = []
        self.end: list[IntArray] = []

    def _columns(self, name: str, levels: int) -> IntArray:
        result = []
        for level in range(levels):
            full = f"{self.prefix}{name} {level}"
            if self.learning and full not in self.names:
                self.names[full] = len(self.names)
            result.append(self.names.get(full, -1))
        return np.array(result, np.int64)

    def _emit(self, row: IntArray, column: IntArray, owners: Matches | None, share: FloatArray | None) -> None:
        """Add value 1 to each (row, column), split over the row's owners by their share where it has any."""
        known = column >= 0
        row, column = row[known], column[known]
        if owners is None or share is None or not len(owners.entry):
            self._append(row, column, np.ones(len(row)), None, None)
            return
        total = _segment_sum(share, owners.row, self.rows)
        owned = total[row] > 0
        self._append(row[~owned], column[~owned], np.ones(int((~owned).sum())), None, None)
        live = share > 0
        o_row, o_start, o_end, o_share = owners.row[live], owners.start[live], owners.end[live], share[live]
        first = np.searchsorted(o_row, row[owned], side="left")
        last = np.searchsorted(o_row, row[owned], side="right")
        counts = last - first
        which = np.repeat(np.arange(len(counts)), counts)
        at = np.repeat(first, counts) + np.arange(len(which)) - np.repeat(np.cumsum(counts) - counts, counts)
        self._append(row[owned][which], column[owned][which], o_share[at] / total[o_row[at]], o_start[at], o_end[at])

    def _append(self, row: IntArray, column: IntArray, value: FloatArray, start: IntArray | None, end: IntArray | None) -> None:
        self.row.append(row)
        self.column.append(column)
        self.value.append(value)
        self.start.append(np.full(len(row), NO_SPAN) if start is None else start)
        self.end.append(np.full(len(row), NO_SPAN) if end is None else end)

    def onehot(
        self, name: str, level: IntArray, where: NDArray[np.bool_] | None, owners: Matches | None = None, share: FloatArray | None = None
    ) -> None:
        """Add the column of each row's level."""
        columns = self._columns(name, int(level.max(initial=0)) + 1)
        rows = np.arange(self.rows) if where is None else np.flatnonzero(where)
        self._emit(rows, columns[level[rows]], owners, share)

    def cumulative(self, name: str, level: IntArray, levels: int, owners: Matches | None = None, share: FloatArray | None = None) -> None:
        """Add the columns of all levels up to each row's level."""
        columns = self._columns(name, levels)
        for step in range(levels):
            rows = np.flatnonzero(level > step)
            self._emit(rows, np.full(len(rows), columns[step]), owners, share)

    def flag(self, name: str, owners: Matches, mask: NDArray[np.bool_]) -> None:
        """Add the column to each row that has a marked owner."""
        rows = np.unique(owners.row[mask])
        self._emit(rows, np.full(len(rows), self._columns(name, 1)[0]), owners, mask.astype(np.float64))

    def where(self, name: str, mask: NDArray[np.bool_]) -> None:
        """Add the column to each marked row, for the sentence as a whole."""
        rows = np.flatnonzero(mask)
        self._emit(rows, np.full(len(rows), self._columns(name, 1)[0]), None, None)


def _entry_matches(raw: _Raw, matcher: Matcher) -> tuple[Matches, IntArray]:
    """Return the matches that may become columns, with a key: entry, or beyond them construction."""
    both = Matches(
        *(
            np.concatenate([getattr(raw.polar, f), getattr(raw.cues, f), getattr(raw.constructions, f)])
            for f in ("entry", "row", "start", "end")
        )
    )
    key = np.concatenate([raw.polar.entry, raw.cues.entry, raw.constructions.entry + len(matcher.names)])
    negated = np.concatenate([raw.negated, np.zeros(len(raw.cues.entry) + len(raw.constructions.entry), np.bool_)])
    limit = len(matcher.names) + len(matcher.construction_grade)
    return both, np.where(negated, key + limit, key)


def fit_features(tokens: Tokens, context: Context, matcher: Matcher, config: FeatureConfig) -> FeatureSpace:
    """Choose the columns from training tokens.

    Args:
        tokens: the segmented training sentences.
        context: which of them follow each other.
        matcher: the lexicon.
        config: which blocks to build and the least document frequency of each.

    Returns:
        The fitted space, in which the order of columns depends on the data alone.
    """
    raw = _Reader(matcher).read(tokens)
    rows = len(tokens)
    vocabulary = {t if not t[0].isdigit() else _shape(t) for t in tokens.tokens if t != "\n" and not t.isspace()}
    words = tuple(sorted(vocabulary))
    interner = _Interner((w, i) for i, w in enumerate(words))
    ids = _word_ids(tokens, interner)
    empty = np.zeros(0, np.int64)
    idfs: list[FloatArray] = []

    def choose(name: str, keys: IntArray, row: IntArray, enabled: bool) -> IntArray:
        if not enabled or not len(keys):
            idfs.append(np.zeros(0))
            return empty
        unique, inverse = np.unique(keys, return_inverse=True)
        pairs = np.unique(inverse.astype(np.int64) * rows + row)
        df = np.bincount(pairs // rows, minlength=len(unique))
        kept = df >= config.min_df[name]
        idfs.append(np.log((1 + rows) / (1 + df[kept])) + 1)
        return unique[kept]

    known = ids >= 0
    word_ids = choose("word", ids[known], raw.token_rows[known], config.words)
    pair_keys, pair_at = _bigram_keys(ids, raw.token_rows)
    bigram_keys = choose("bigram", pair_keys, raw.token_rows[pair_at], config.word_bigrams)
    c_keys, c_start, _ = _char_keys(tokens.points)
    c_row = tokens.row_of[c_start]
    char_keys = choose("char", c_keys, c_row, config.characters)
    s_keys, s_row, _, _ = _skeleton_keys(*_classes(raw, matcher))
    skeleton_keys = choose("skeleton", s_keys, s_row, config.skeleton)
    matches, e_keys = _entry_matches(raw, matcher)
    chosen = choose("entry", e_keys, matches.row, config.entries)
    entries = tuple(_entry_name(int(k), matcher) for k in chosen)
    dense = _Dense(None, rows)
    _dense(raw, matcher, context, dense)
    return FeatureSpace(config, words, word_ids, bigram_keys, char_keys, skeleton_keys, entries, np.concatenate(idfs), tuple(dense.names))


def _entry_name(key: int, matcher: Matcher) -> str:
    limit = len(matcher.names) + len(matcher.construction_grade)
    negated, key = divmod(key, limit)
    name = matcher.names[key] if key < len(matcher.names) else matcher.lexicon.constructions[key - len(matcher.names)].name
    return f"不/{name}" if negated else name


class Extractor:
    """Turn tokens into occurrences of a fitted space."""

    def __init__(self, space: FeatureSpace, matcher: Matcher) -> None:
        self.space = space
        self.matcher = matcher
        self._reader = _Reader(matcher)
        self._dense_names = {n: i for i, n in enumerate(space.dense)}
        index = {name: i for i, name in enumerate(space.entries)}
        limit = len(matcher.names) + len(matcher.construction_grade)
        table = np.full(2 * limit, -1, np.int64)
        for key in range(2 * limit):
            found = index.get(_entry_name(key, matcher))
            if found is not None:
                table[key] = found
        self._entry_table = table

    def __call__(self, tokens: Tokens, context: Context) -> Occurrences:
        """Extract the features of a batch; rows of one article must be adjacent and in order."""
        space, scale = self.space, self.space.config.scale
        raw = self._reader.read(tokens)
        rows = len(tokens)
        out = _Collector(rows)
        ids = _word_ids(tokens, space.interner)
        offsets, sizes = space.offsets, space.sizes

        def block(name: str, row: IntArray, column: IntArray, start: IntArray, end: IntArray) -> None:
            at, size = offsets[name], sizes[name]
            if size:
                out.add_tfidf(row, column, space.idf[at : at + size], scale[name], start, end, at)

        block("word", raw.token_rows, space.word_lookup[ids], tokens.starts[:-1], tokens.starts[1:])
        pair_keys, at = _bigram_keys(ids, raw.token_rows)
        block(
            "bigram",
            raw.token_rows[at],
            _lookup(pair_keys, space.bigram_keys),
            tokens.starts[at],
            tokens.starts[np.minimum(at + 2, len(tokens.starts) - 1)],
        )
        if sizes["char"]:
            c_keys, c_start, c_end = _char_keys(tokens.points)
            c_row = tokens.row_of[c_start]
            block("char", c_row, _lookup(c_keys, space.char_keys), c_start, c_end)
        s_keys, s_row, s_start, s_end = _skeleton_keys(*_classes(raw, self.matcher))
        block("skeleton", s_row, _lookup(s_keys, space.skeleton_keys), s_start, s_end)
        matches, e_keys = _entry_matches(raw, self.matcher)
        block("entry", matches.row, self._entry_table[e_keys], matches.start, matches.end)
        dense = _Dense(self._dense_names, rows)
        _dense(raw, self.matcher, context, dense)
        for row, column, value, start, end in zip(dense.row, dense.column, dense.value, dense.start, dense.end, strict=True):
            out.add(row, column + offsets["dense"], value * scale["dense"], start, end)
        return out.finish()


def extract(tokens: Tokens, context: Context, space: FeatureSpace, matcher: Matcher) -> Occurrences:
    """Extract once; build an ``Extractor`` for repeated use."""
    return Extractor(space, matcher)(tokens, context)
