"""Turn tokens into sparse rows: one definition for training and for scoring.

A row is the concatenation of blocks. Three are TF-IDF blocks (word n-grams, character n-grams, and
n-grams over the sentence's skeleton of cue classes), two hold lexicon entries and cue classes, and
one holds binned sums of polarity, sentence shape and context.

What is found in a batch (``Findings``) can be given in two ways. Training takes *occurrences*: a (row,
column, value, span) quadruple for each place in the text where a feature occurs. The values of one row
and column add up to the feature's value, so a score can be split exactly over the text. Scoring takes
only the sums that linear heads need (``Projection``), and evidence those of the places in the text, from
tables in which weight, idf and scale are multiplied out beforehand.

The weight of an occurrence of term t in a TF-IDF block is idf(t) / sqrt(sum of idf² over the row's
occurrences in that block), with idf(t) = ln((1 + n) / (1 + df(t))) + 1: scikit-learn's smoothed
TF-IDF with cosine normalization, except that a repeated term counts as separate terms in the norm,
which makes the norm a sum over occurrences.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from functools import cached_property
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from framing.cues import Reader, Reading, row_sums, skeleton
from framing.levels import CONTEXT, Context, Level, Levels, Signals
from framing.lexicon import Matcher, Matches
from framing.segment import Tokens
from framing.trie import KeyIndex, code_points

__all__ = [
    "Context",
    "Extractor",
    "FeatureConfig",
    "FeatureSpace",
    "Findings",
    "Occurrences",
    "Projection",
    "Signals",
    "fit_features",
]

IntArray = NDArray[np.int64]
FloatArray = NDArray[np.float64]

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
    min_df: Mapping[str, int] = field(default_factory=lambda: {"word": 2, "bigram": 7, "char": 10, "skeleton": 4, "entry": 2})
    scale: Mapping[str, float] = field(
        default_factory=lambda: {"word": 1.0, "bigram": 0.5, "char": 0.7, "skeleton": 1.0, "entry": 0.7, "dense": 1.0}
    )

    frame_scale: Mapping[str, float] = field(default_factory=lambda: {"dense": 0.7, "skeleton": 0.7})

    def to_data(self) -> dict[str, Any]:
        """Give the configuration as JSON-ready data."""
        return asdict(self)


class Occurrences(NamedTuple):
    """Hold occurrences as parallel arrays.

    ``start`` and ``end`` are offsets into the canonical text, or ``NO_SPAN``.
    """

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


class _Vocabulary:
    """Number tokens by their place in a list of words, numerals by their shape."""

    def __init__(self, words: Sequence[str]) -> None:
        # Short words that are not found are unknown, or numerals; words for shapes are long.
        self._long = {word: number for number, word in enumerate(words) if len(word) > _SHORT}
        # Nearly all tokens are short enough for a key of their code points, which is found much faster.
        short = [number for number, word in enumerate(words) if len(word) <= _SHORT]
        points = code_points("".join(words[i] for i in short))
        lengths = np.fromiter((len(words[i]) for i in short), np.int64, len(short))
        self._index = KeyIndex(_short_keys(points, np.cumsum(lengths) - lengths, lengths))
        self._short = np.append(np.array(short, np.int64), -1)

    def find(self, tokens: Tokens) -> IntArray:
        """Return the number of each token, −1 for unknown ones."""
        starts, lengths, points = tokens.starts[:-1], tokens.lengths, tokens.points
        short = lengths <= _SHORT
        numbers = self._short[self._index.find(_short_keys(points, starts, np.where(short, lengths, 0)))]
        first = points[starts]
        # What is left are long words, and numerals in all their values.
        left = (~short | (numbers < 0) & (first != _LINE_FEED) & ((first < _FIRST_HAN) | (first > _LAST_HAN))).nonzero()[0]
        edges = zip(starts[left].tolist(), tokens.starts[left + 1].tolist(), strict=True)
        numbers[left] = [self._number(tokens.text[begin:end]) for begin, end in edges]
        return numbers

    def _number(self, token: str) -> int:
        number = self._long.get(token, -1)
        return self._long.get(_shape(token), -1) if number < 0 and token[0].isdigit() else number


_SHORT = 3
_TWO_ZEROS = np.zeros(2, np.int64)
_LINE_FEED, _FIRST_HAN, _LAST_HAN = ord("\n"), 0x3400, 0x9FFF


def _short_keys(points: IntArray, starts: IntArray, lengths: IntArray) -> IntArray:
    """Pack words of up to three code points of 21 bits, the first one highest, into integers; longer ones get any key."""
    padded = np.concatenate((points, _TWO_ZEROS))
    keys = padded[starts]
    for place in range(1, _SHORT):
        keys = keys * _BASE + np.where(lengths > place, padded[starts + place], 0)
    return keys


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
    def term_weight(self) -> FloatArray:
        """Give scale · idf of each column of the TF-IDF blocks."""
        scale: FloatArray = np.concatenate([np.full(self.sizes[name], self.config.scale[name]) for name in TERM_BLOCKS])
        return scale * self.idf

    @cached_property
    def vocabulary(self) -> _Vocabulary:
        """Give the token numbering."""
        return _Vocabulary(self.words)

    @cached_property
    def indexes(self) -> dict[str, KeyIndex]:
        """Give the columns of n-gram keys, by block."""
        return {"bigram": KeyIndex(self.bigram_keys), "char": KeyIndex(self.char_keys), "skeleton": KeyIndex(self.skeleton_keys)}

    @cached_property
    def word_lookup(self) -> IntArray:
        """Give the column of each interned token, −1 for none."""
        table = np.full(len(self.words) + 1, -1, np.int64)
        table[self.word_ids] = np.arange(len(self.word_ids))
        return table


TERM_BLOCKS = ("word", "bigram", "char", "skeleton", "entry")
"""The blocks of terms weighed by TF-IDF."""

_NEGATED = "不/"
_BASE = 1 << 21
_SKELETON_BASE = 128
_CHAR_LENGTHS = np.array([2, 3])

_NO_KEY = -1
"""Key where there is no n-gram; no column has it."""


def _bigram_keys(ids: IntArray, rows: IntArray) -> tuple[IntArray, IntArray]:
    """Return (key, index of the first token) for each pair of known neighbours in one sentence."""
    both = (ids[:-1] >= 0) & (ids[1:] >= 0) & (rows[:-1] == rows[1:])
    at = both.nonzero()[0]
    return (ids[at] + 1) * _BASE + ids[at + 1] + 1, at


def _char_keys(points: IntArray) -> tuple[IntArray, IntArray, IntArray]:
    """Return keys (n, 2), starts (n,) and ends (n, 2) of the Han bigrams and of the trigrams that begin with them."""
    han = (points >= _FIRST_HAN) & (points <= _LAST_HAN)
    at = (han[:-1] & han[1:]).nonzero()[0]
    keys = np.empty((len(at), 2), np.int64)
    keys[:, 0] = two = points.take(at) * _BASE + points.take(at + 1)
    # 63 bits do not hold three code points of 21 bits with certainty; Han ones below U+10000 do.
    keys[:, 1] = np.where(np.append(han, False).take(at + 2), two * _BASE + points.take(at + 2, mode="clip"), _NO_KEY)
    return keys, at, at[:, None] + _CHAR_LENGTHS


def _skeleton_keys(cls: IntArray, row: IntArray, start: IntArray, end: IntArray) -> tuple[IntArray, IntArray, IntArray]:
    """Return keys (n, 3), starts (n,) and ends (n, 3) of the classes of each sentence, and of the bi- and trigrams that begin with them."""
    one = cls + 1
    keys = np.full((len(cls), 3), _NO_KEY)
    ends = np.repeat(end[:, None], 3, axis=1)
    keys[:, 0] = one
    two = one[:-1] * _SKELETON_BASE + one[1:]
    keys[:-1, 1] = np.where(row[:-1] == row[1:], two, _NO_KEY)
    np.maximum(end[:-1], end[1:], out=ends[:-1, 1])
    if len(cls) > 2:
        keys[:-2, 2] = np.where(row[:-2] == row[2:], two[:-1] * _SKELETON_BASE + one[2:], _NO_KEY)
        np.maximum(end[:-2], end[2:], out=ends[:-2, 2])
    return keys, start, ends


def _entry_matches(reading: Reading, matcher: Matcher) -> tuple[Matches, IntArray]:
    """Return the matches that may become columns, with a key: entry, or beyond them construction."""
    polar, cues, constructions = reading.polar, reading.cues, reading.constructions
    parts = (polar, cues, constructions)
    both = Matches(*(np.concatenate([getattr(m, f) for m in parts]) for f in ("entry", "row", "start", "end")))
    limit = len(matcher.names) + len(matcher.construction_grade)
    polar_key = polar.entry + limit * reading.negated
    return both, np.concatenate([polar_key, cues.entry, constructions.entry + len(matcher.names)])


class _Source(NamedTuple):
    """Hold which places of a block are known terms. All places start at ``start`` (n,) and end at ``end`` (n,) or, k from each start, (n, k)."""

    known: IntArray
    start: IntArray
    end: IntArray

    @property
    def starts(self) -> IntArray:
        """Give where each known term starts."""
        return self.start.take(self.known if self.end.ndim == 1 else self.known // self.end.shape[1])


@dataclass(frozen=True, eq=False)
class _Terms:
    """Hold the known terms of a batch, block after block, by ascending rows in each.

    ``segment`` tells block and row, as block · rows + row.
    """

    segment: IntArray
    column: IntArray
    sources: list[_Source]

    @property
    def start(self) -> IntArray:
        """Give where each term starts."""
        return np.concatenate([source.starts for source in self.sources])

    @property
    def end(self) -> IntArray:
        """Give where each term ends."""
        return np.concatenate([source.end.take(source.known) for source in self.sources])


@dataclass(frozen=True, eq=False)
class Findings:
    """Hold what a batch of sentences shows by itself: terms, levels, and signals to neighbouring sentences."""

    rows: int
    terms: _Terms
    levels: list[Level]
    signals: Signals


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
    reading = Reader(matcher).read(tokens)
    rows = len(tokens)
    vocabulary = {t if not t[0].isdigit() else _shape(t) for t in tokens.tokens if t != "\n" and not t.isspace()}
    words = tuple(sorted(vocabulary))
    ids = _Vocabulary(words).find(tokens)
    empty = np.zeros(0, np.int64)
    idfs: list[FloatArray] = []

    def choose(name: str, keys: IntArray, row: IntArray, enabled: bool) -> IntArray:
        row, keys = row[keys >= 0], keys[keys >= 0]
        if not enabled or not len(keys):
            idfs.append(np.zeros(0))
            return empty
        unique, inverse = np.unique(keys, return_inverse=True)
        # Sorting is many times faster here than the hash table that np.unique would build.
        pairs = np.sort(inverse.astype(np.int64) * rows + row)
        first = np.append(True, pairs[1:] != pairs[:-1])
        df = np.bincount(pairs[first] // rows, minlength=len(unique))
        kept = df >= config.min_df[name]
        idfs.append(np.log((1 + rows) / (1 + df[kept])) + 1)
        return unique[kept]

    known = ids >= 0
    word_ids = choose("word", ids[known], tokens.rows[known], config.words)
    pair_keys, pair_at = _bigram_keys(ids, tokens.rows)
    bigram_keys = choose("bigram", pair_keys, tokens.rows[pair_at], config.word_bigrams)
    c_keys, c_start, _ = _char_keys(tokens.points)
    char_keys = choose("char", c_keys.ravel(), np.repeat(tokens.row_of[c_start], c_keys.shape[1]), config.characters)
    s_keys, s_start, _ = _skeleton_keys(*skeleton(reading))
    skeleton_keys = choose("skeleton", s_keys.ravel(), np.repeat(tokens.row_of[s_start], s_keys.shape[1]), config.skeleton)
    matches, e_keys = _entry_matches(reading, matcher)
    chosen = choose("entry", e_keys, matches.row, config.entries)
    entries = tuple(_entry_name(int(k), matcher) for k in chosen)
    maker = Levels(matcher)
    levels, signals = maker.own(reading)
    dense = tuple(name for level in [*levels, *maker.surroundings(signals, context)] for name in _seen_names(level))
    return FeatureSpace(config, words, word_ids, bigram_keys, char_keys, skeleton_keys, entries, np.concatenate(idfs), dense)


def _level_name(level: Level, number: int) -> str:
    return f"{level.name} {number}"


def _seen_names(level: Level) -> list[str]:
    """Name the columns of a quantity; of levels that exclude each other only those up to the highest one seen."""
    count = level.columns if level.cumulative else int(level.level.max(initial=0)) + 1
    return [_level_name(level, number) for number in range(count)]


def _entry_name(key: int, matcher: Matcher) -> str:
    limit = len(matcher.names) + len(matcher.construction_grade)
    negated, key = divmod(key, limit)
    name = matcher.names[key] if key < len(matcher.names) else matcher.lexicon.constructions[key - len(matcher.names)].name
    return f"{_NEGATED}{name}" if negated else name


def _entry_columns(entries: Sequence[str], matcher: Matcher) -> NDArray[np.int32]:
    """Tabulate the column of each key of ``_entry_matches``, −1 for none."""
    limit = len(matcher.names) + len(matcher.construction_grade)
    keys = {name: key for key, name in enumerate(matcher.names)}
    constructions = {c.name: key for key, c in enumerate(matcher.lexicon.constructions, len(matcher.names))}
    table = np.full(2 * limit, -1, np.int32)
    for column, name in enumerate(entries):
        for known in (keys, constructions):
            if name in known:
                table[known[name]] = column
        if name.startswith(_NEGATED) and (key := keys.get(name.removeprefix(_NEGATED))) is not None:
            table[key + limit] = column
    return table


class Extractor:
    """Turn tokens into what a fitted space knows of them."""

    def __init__(self, space: FeatureSpace, matcher: Matcher) -> None:
        self.space = space
        self.matcher = matcher
        self._reader = Reader(matcher)
        self._levels = Levels(matcher)
        self._entry_columns = _entry_columns(space.entries, matcher)
        self._level_columns = {n: i for i, n in enumerate(space.dense)}

    def find(self, tokens: Tokens) -> Findings:
        """Find what each sentence of a batch shows by itself."""
        reading = self._reader.read(tokens)
        levels, signals = self._levels.own(reading)
        return Findings(len(tokens), self._terms(reading), levels, signals)

    def surroundings(self, signals: Signals, context: Context) -> list[Level]:
        """Make the levels that depend on neighbouring sentences; the rows must hold whole articles, adjacent and in order."""
        return self._levels.surroundings(signals, context)

    def _terms(self, reading: Reading) -> _Terms:
        space, tokens, indexes = self.space, reading.tokens, self.space.indexes
        starts = tokens.starts
        segments, columns, sources = [], [], []

        def block(number: int, column: IntArray, start: IntArray, end: IntArray, *, ascending: bool = True) -> None:
            known = (column >= 0).nonzero()[0]
            source = _Source(known, start, end)
            row = tokens.row_of.take(source.starts)
            if not ascending:
                order = np.argsort(row, kind="stable")
                row, source = row[order], _Source(known[order], start, end)
            segments.append(row + number * len(tokens))
            columns.append(column.take(source.known) + space.offsets[TERM_BLOCKS[number]])
            sources.append(source)

        ids = space.vocabulary.find(tokens)
        block(0, space.word_lookup.take(ids), starts[:-1], starts[1:])
        keys, at = _bigram_keys(ids, tokens.rows)
        block(1, indexes["bigram"].find(keys), starts.take(at), starts.take(at + 2))
        keys, start, end = _char_keys(tokens.points)
        block(2, indexes["char"].find(keys.ravel()), start, end)
        keys, start, end = _skeleton_keys(*skeleton(reading))
        block(3, indexes["skeleton"].find(keys.ravel()), start, end)
        matches, keys = _entry_matches(reading, self.matcher)
        block(4, self._entry_columns.take(keys).astype(np.int64), matches.start, matches.end, ascending=False)
        return _Terms(np.concatenate(segments), np.concatenate(columns), sources)

    def level_columns(self, level: Level) -> IntArray:
        """Return the column of each level, counted from the first dense one, −1 for those that the space does not have."""
        return np.array([self._level_columns.get(_level_name(level, number), -1) for number in range(level.columns)], np.int64)

    def occurrences(self, findings: Findings, surroundings: Sequence[Level]) -> Iterator[Occurrences]:
        """Give findings, and the levels of their surroundings, as occurrences: part by part, so that nobody needs to hold them all."""
        yield self._term_occurrences(findings)
        offset, scale = self.space.offsets["dense"], self.space.config.scale["dense"]
        for level in (*findings.levels, *surroundings):
            columns = self.level_columns(level)
            for found in _level_occurrences(level, columns, findings.rows):
                yield found._replace(column=found.column + offset, value=found.value * scale)

    def _term_occurrences(self, findings: Findings) -> Occurrences:
        terms, rows = findings.terms, findings.rows
        idf = self.space.idf[terms.column]
        norm = np.sqrt(row_sums(idf * idf, terms.segment, rows * len(TERM_BLOCKS)))
        value = self.space.term_weight[terms.column] / norm[terms.segment]
        return Occurrences(terms.segment % max(rows, 1), terms.column, value, terms.start, terms.end)


def _level_occurrences(level: Level, columns: IntArray, rows: int) -> Iterator[Occurrences]:
    """Give value 1 to each row and column, split over the row's places by their share where it has any."""
    if level.cumulative:
        pairs = [(at, np.full(len(at), columns[step])) for step in range(level.columns) for at in (level.level > step).nonzero()]
        row, column = (np.concatenate(c) for c in zip(*pairs, strict=True))
    else:
        row = (level.level >= 0).nonzero()[0]
        column = columns[level.level[row]]
    known = (column >= 0).nonzero()[0]
    row, column = row[known], column[known]
    share = level.share
    if share is None or not len(share.mask):
        yield _unplaced(row, column)
        return
    value, matches = share.value, share.matches
    total = row_sums(value, matches.row, rows)
    owned = total[row] > 0
    yield _unplaced(row[~owned], column[~owned])
    row, column = row[owned], column[owned]
    live = (value > 0).nonzero()[0]
    live_row = matches.row[live]
    first = np.searchsorted(live_row, row, side="left")
    counts = np.searchsorted(live_row, row, side="right") - first
    which = np.repeat(np.arange(len(counts)), counts)
    at = live[np.repeat(first, counts) + np.arange(len(which)) - np.repeat(np.cumsum(counts) - counts, counts)]
    yield Occurrences(row[which], column[which], value[at] / total[matches.row[at]], matches.start[at], matches.end[at])


def _unplaced(row: IntArray, column: IntArray) -> Occurrences:
    nowhere = np.full(len(row), NO_SPAN)
    return Occurrences(row, column, np.ones(len(row)), nowhere, nowhere)


class Projection:
    """Give the sums of features under linear heads, without making the features.

    The sum over a TF-IDF block is Σ scale · idf(t) · w(t) / sqrt(Σ idf(t)²). A table of
    scale · idf(t) · w(t) is made once as many terms were looked up as it has rows: whoever scores a
    single article has no use for it.

    Args:
        extractor: what finds the features.
        weights: the heads, shape ``(columns, heads)``.
    """

    def __init__(self, extractor: Extractor, weights: NDArray[Any]) -> None:
        space = extractor.space
        self._extractor, self._space = extractor, space
        terms = space.offsets["dense"]
        self._dense = np.asarray(weights[terms:], np.float64) * space.config.scale["dense"]
        self._weights = weights[:terms]
        self._table: FloatArray | None = None
        self._taken = 0
        self._tables_of_levels: dict[str, _LevelTable] = {}

    def own(self, findings: Findings) -> FloatArray:
        """Return the sums of what each sentence shows by itself, shape ``(rows, heads)``."""
        result = self._level_table("own", findings.levels).sums(findings.levels, findings.rows)
        terms, blocks = findings.terms, len(TERM_BLOCKS)
        if len(terms.column):
            # Terms of a block and a row stand together; only blocks and rows that have terms have a segment.
            first = np.concatenate(([True], terms.segment[1:] != terms.segment[:-1])).nonzero()[0]
            found = self._sums(terms.column, first)
            idf = self._space.idf.take(terms.column)
            found /= np.sqrt(np.add.reduceat(idf * idf, first))[:, None]
            sums = np.zeros((blocks * findings.rows, found.shape[1]))
            sums[terms.segment.take(first)] = found
            result += sums.reshape(blocks, *result.shape).sum(axis=0)
        return result

    def _sums(self, column: IntArray, first: IntArray) -> FloatArray:
        """Add up the table's rows from each of ``first`` up to the next one, some thousands of terms at a time."""
        result = np.empty((len(first), self._weights.shape[1]))
        begin = 0
        while begin < len(first):
            low = int(first[begin])
            end = max(begin + 1, int(np.searchsorted(first, low + _MANY_TERMS)))
            high = int(first[end]) if end < len(first) else len(column)
            np.add.reduceat(self._rows(column[low:high]), first[begin:end] - low, axis=0, out=result[begin:end])
            begin = end
        return result

    def _rows(self, column: IntArray) -> FloatArray:
        """Return scale · idf · w of each term, shape ``(n, heads)``."""
        if self._table is None:
            self._taken += len(column)
            if self._taken < len(self._weights):
                return np.asarray(self._weights.take(column, axis=0) * self._space.term_weight.take(column)[:, None], np.float64)
            self._table = np.asarray(self._weights * self._space.term_weight[:, None], np.float64)
        return self._table.take(column, axis=0)

    def surroundings(self, levels: Sequence[Level], rows: int) -> FloatArray:
        """Return the sums of what the surroundings of sentences give them, shape ``(rows, heads)``."""
        return self._level_table("surroundings", levels).sums(levels, rows)

    def places(self, findings: Findings) -> _Places:
        """Split the sums under the first head over the places that they come from.

        Returns:
            Row, start, end and value of each place, in no particular order. What belongs to a sentence as
            a whole is left out.
        """
        terms = findings.terms
        idf = self._space.idf.take(terms.column)
        norm = np.sqrt(row_sums(idf * idf, terms.segment, len(TERM_BLOCKS) * findings.rows))
        value = self._weights[:, 0].take(terms.column) * self._space.term_weight.take(terms.column) / norm.take(terms.segment)
        parts = [_Places(terms.segment % max(findings.rows, 1), terms.start, terms.end, value)]
        table = self._level_table("own", findings.levels)
        by_matches: dict[int, list[int]] = {}
        for number, level in enumerate(findings.levels):
            if level.share is not None and len(level.share.mask):
                by_matches.setdefault(id(level.share.matches), []).append(number)
        for numbers in by_matches.values():
            shares = [share for number in numbers if (share := findings.levels[number].share) is not None]
            matches, value = shares[0].matches, np.stack([share.value for share in shares])
            cell = matches.row + np.arange(len(numbers))[:, None] * findings.rows
            total = row_sums(value.ravel(), cell.ravel(), len(numbers) * findings.rows)
            sums = np.stack([table.column(number, findings.levels[number]) for number in numbers]).ravel()
            # Without any share a level belongs to the sentence as a whole.
            each = np.divide(sums, total, out=np.zeros_like(total), where=total > 0)
            parts.append(_Places(matches.row, matches.start, matches.end, (value * each[cell]).sum(axis=0)))
        return _Places(*(np.concatenate(c) for c in zip(*parts, strict=True)))

    def _level_table(self, kind: str, levels: Sequence[Level]) -> _LevelTable:
        # One kind has the same quantities in the same order in every batch.
        if kind not in self._tables_of_levels:
            self._tables_of_levels[kind] = _LevelTable([(level, self._extractor.level_columns(level)) for level in levels], self._dense)
        return self._tables_of_levels[kind]


class _Places(NamedTuple):
    """Hold values and the spans of text that they stand for, as parallel arrays."""

    row: IntArray
    start: IntArray
    end: IntArray
    value: FloatArray


_MANY_TERMS = 4096
"""Terms whose weights are added up at a time, so that what is added stays in the processor's cache."""

_PART = 8192
"""Rows whose levels are gathered at a time, so that a long article does not need them all twice."""

_CHUNK = 256
"""Rows whose levels are added up at a time, so that what is added stays in the processor's cache."""


class _LevelTable:
    """Hold, for each quantity in turn, a row of zeros and a row of summed weights per level."""

    def __init__(self, quantities: Sequence[tuple[Level, IntArray]], weights: FloatArray) -> None:
        rows: list[FloatArray] = []
        base = []
        nothing = np.zeros((1, weights.shape[1]))
        count = 0
        for level, columns in quantities:
            own = np.where(columns[:, None] >= 0, weights[columns], 0.0) if len(weights) else np.zeros((len(columns), weights.shape[1]))
            rows += [nothing, np.cumsum(own, axis=0) if level.cumulative else own]
            # The level of nothing is 0 where levels add up and −1 where they exclude each other.
            base.append(count if level.cumulative else count + 1)
            count += 1 + len(own)
        self._weights = np.concatenate(rows)
        self._base = np.array(base, np.int64)[:, None]

    def column(self, number: int, level: Level) -> FloatArray:
        """Return what one quantity gives each sentence under the first head."""
        return np.asarray(self._weights[level.level + self._base[number], 0], np.float64)

    def sums(self, levels: Sequence[Level], rows: int) -> FloatArray:
        """Return what all quantities give each sentence, shape ``(rows, heads)``."""
        result = np.empty((rows, self._weights.shape[1]))
        for begin in range(0, rows, _PART):
            part = slice(begin, begin + _PART)
            index = np.empty((len(levels), min(_PART, rows - begin)), np.int64)
            for number, level in enumerate(levels):
                index[number] = level.level[part]
            index += self._base
            for row in range(0, index.shape[1], _CHUNK):
                chunk = index[:, row : row + _CHUNK]
                result[begin + row : begin + row + _CHUNK] = self._weights.take(chunk, axis=0).sum(axis=0)
        return result
