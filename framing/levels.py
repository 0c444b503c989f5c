"""Bin what is known of a sentence as a whole: sums of polarity, shape, topics, and its place in the article.

Each quantity becomes a *level* per sentence, a small integer, and each level a column. What a sentence
shows by itself is made batch by batch. What its surroundings show needs only a few numbers of each
sentence (``Signals``), so that it can be made for a whole article, however many batches that had.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from framing.cues import Reading, row_sums
from framing.lexicon import Matcher, Matches
from framing.segment import Tokens
from framing.trie import point_table

__all__ = ["CONTEXT", "Context", "Level", "Levels", "Share", "Signals"]

IntArray = NDArray[np.int64]
FloatArray = NDArray[np.float64]
BoolArray = NDArray[np.bool_]

CONTEXT = "context: "
"""Prefix of columns that topics and voice use and the frame does not.

A sentence's frame is judged by its own words: polarity of its surroundings and topic features made it
worse on texts of another kind than the training articles.
"""

_ENDS_SENTENCE = point_table({ord(c): 1 for c in "?!.…”"}, np.bool_)
_OPENS, _CLOSES, _COLON = ord("“"), ord("”"), ord(":")
_ITEM = re.compile(
    r"(?:\d{1,2}|[一二三四五六七八九十]{1,3})[.､](?!\d)|\(?(?:\d{1,2}|[一二三四五六七八九十]{1,3}|[a-hA-H])\)|[·•●○■▪◆★*–-](?!\d)|第[一二三四五六七八九十\d]{1,3}[步条点项][,:､ ]"
)
"""What a list item begins with, in canonical text."""

_STOPS = point_table({ord(c): 1 for c in "?!.…"}, np.bool_)
_INTRODUCES = point_table({ord(c): 1 for c in ":,"}, np.bool_)

_SUM_BINS = np.array((0.4, 0.9, 1.6, 2.6, 3.6, 5.0))
_NET_BINS = np.array((-4.5, -2.6, -1.6, -0.9, -0.2, 0.2, 0.9, 1.6, 2.6, 4.5))
_DENSITY_BINS = np.array((-3.0, -1.5, -0.6, 0.6, 1.5, 3.0))
_PART_BINS = np.array((-1.5, -0.4, 0.4, 1.5))
_EXTREME_BINS = np.array((0.4, 1.2, 2.2))
_LENGTH_BINS = np.array((8, 16, 26, 40, 60, 90))
_FIGURE_BINS = np.array((0.5, 1.5, 3.5))
_QUOTED_BINS = np.array((0.02, 0.15, 0.35, 0.6, 0.85))
_SPAN_BINS = np.array((0.5, 4.5, 8.5, 15.5, 25.5))
_DISTANCE_BINS = np.array((1.5, 4.5, 15.5, 40.5))
_TOPIC_BINS = np.array((0.5, 1.5, 2.5, 4.5, 7.5))
_NEAR_BINS = np.array((0.5, 2.0, 4.0, 8.0))
_AROUND_BINS = np.array((0.3, 0.8, 1.5, 2.5))

_MOST_TOPIC = 6.0
"""Strength beyond which a sentence says no more of its neighbours' topics."""

_FAR = 1000
"""Distance in sentences that stands for none in the article."""

_SCOPES = ("negation", "insufficiency", "need", "condition", "question", "rhetoric", "hedge", "expectation", "distance", "concession")
_UNREAL = [_SCOPES.index(name) for name in ("negation", "insufficiency", "need", "condition", "question", "rhetoric")]
_SCOPE_NAMES = [f"{side} behind {name}" for side in ("praise", "skepticism") for name in _SCOPES]
_SCOPE_ORDER = [i for pair in zip(range(len(_SCOPES)), range(len(_SCOPES), 2 * len(_SCOPES)), strict=True) for i in pair]
_CARRIED = ("attribution", "opening", "closing", "speaker", "distance", "question")
_SIGNALLED = (*_CARRIED, "retelling")
_AT_A_DISTANCE = [_SIGNALLED.index(name) for name in ("opening", "closing", "retelling")]
_CLOSING = _SIGNALLED.index("closing")


class Share(NamedTuple):
    """Say how a sentence's level is split over places in it: by the weights of the matches that the mask selects."""

    matches: Matches
    weight: FloatArray
    mask: BoolArray

    @property
    def value(self) -> FloatArray:
        """Give the weight of each match, 0 where it has no part."""
        return self.weight * self.mask


class Level(NamedTuple):
    """Hold one quantity of all sentences.

    Of ``columns`` columns, a sentence with level k has column k alone, none where k is −1; if the
    quantity is ``cumulative``, it has the first k columns. ``share`` is ``None`` for what belongs to a
    sentence as a whole.
    """

    name: str
    level: IntArray | BoolArray
    columns: int
    cumulative: bool
    share: Share | None = None


def _onehot(name: str, values: NDArray[np.float64] | IntArray, bins: FloatArray | IntArray, share: Share | None = None) -> Level:
    return Level(name, bins.searchsorted(values, "right"), len(bins) + 1, False, share)


def _cumulative(name: str, values: FloatArray, bins: FloatArray, share: Share | None = None) -> Level:
    return Level(name, bins.searchsorted(values, "right"), len(bins), True, share)


def _where(name: str, mask: BoolArray, share: Share | None = None) -> Level:
    return Level(name, mask, 1, True, share)


def _flag(name: str, matches: Matches, mask: BoolArray, rows: int) -> Level:
    """Mark the sentences that have a match which the mask selects."""
    marked = np.zeros(rows, np.bool_)
    marked[matches.row[mask]] = True
    return _where(name, marked, Share(matches, np.ones(len(mask)), mask))


@dataclass(frozen=True, eq=False)
class Context:
    """Say which rows follow each other in one article.

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


@dataclass(frozen=True, eq=False)
class Signals:
    """Hold what sentences show their neighbours; the last axis of each array counts sentences.

    ``opened`` and ``closed`` count quotation marks; ``outside`` and ``inside`` give the share of the
    sentence that is quoted (0 … 1) if it begins outside or inside a quotation. ``item`` marks list items,
    ``unended`` lines without a full stop. ``cues`` says which of ``_SIGNALLED`` occur, ``topics`` gives the strength of each topic's vocabulary.
    """

    opened: IntArray
    closed: IntArray
    outside: FloatArray
    inside: FloatArray
    begins: BoolArray
    colon: BoolArray
    item: BoolArray
    unended: BoolArray
    cues: BoolArray
    topics: FloatArray

    @classmethod
    def joined(cls, parts: Sequence[Signals]) -> Signals:
        """Put the sentences of several batches one after the other."""
        if len(parts) == 1:
            return parts[0]
        names = cls.__dataclass_fields__
        return cls(**{name: np.concatenate([getattr(p, name) for p in parts], axis=-1) for name in names})


class _Marks(NamedTuple):
    """Hold the quotation marks of a batch: place, sentence, whether it opens, and the place of the next one or of the sentence's end."""

    at: IntArray
    row: IntArray
    opens: BoolArray
    following: IntArray


class Levels:
    """Make the levels of sentences; built once per lexicon."""

    def __init__(self, matcher: Matcher) -> None:
        self._matcher = matcher
        self._scope = self._numbers(_SCOPES)
        self._signal = self._numbers(_SIGNALLED)
        self._is_positive = matcher.grade > 0
        self._strengths = [np.ascontiguousarray(matcher.topic[:, i]) for i in range(len(matcher.topics))]

    def _numbers(self, names: Sequence[str]) -> IntArray:
        """Tabulate the place in ``names`` of each kind of cue, −1 for none."""
        return np.array([names.index(k) if k in names else -1 for k in self._matcher.kinds], np.int64)

    def own(self, reading: Reading) -> tuple[list[Level], Signals]:
        """Make what each sentence shows by itself, and what it shows its neighbours."""
        result = [*_polarity_levels(reading), *self._scope_levels(reading)]
        rows, constructions = len(reading.tokens), reading.constructions
        grade = self._matcher.construction_grade[constructions.entry]
        result.append(_flag("praise construction", constructions, grade > 0.5, rows))
        result.append(_flag("skepticism construction", constructions, grade < -0.5, rows))
        last = _last_points(reading.tokens)
        ended = _ENDS_SENTENCE.take(last, mode="clip")
        result += _shape_levels(reading.tokens, ended)
        marks = _quotation_marks(reading.tokens)
        result += _quotation_levels(reading.tokens, marks)
        topics, strengths = self._topic_levels(reading)
        return result + topics, self._signals(reading, strengths, marks, last == _COLON, ended)

    def _scope_levels(self, reading: Reading) -> list[Level]:
        """Make levels of polar words behind a cue in their clause: what is needed, lacking or asked for is not yet so."""
        polar, cues, rows = reading.polar, reading.cues, len(reading.tokens)
        clause = reading.clause[polar.start]
        scope = self._scope[reading.cue_kind]
        at = (scope >= 0).nonzero()[0]
        first = np.full((len(_SCOPES), int(reading.clause[-1]) + 1), len(reading.tokens.text) + 1)
        np.minimum.at(first, (scope[at], reading.clause[cues.start[at]]), cues.end[at])
        behind = first[:, clause] <= polar.start
        positive = self._is_positive[polar.entry]
        masks = np.concatenate([behind & positive, behind & ~positive])
        marked = np.zeros((len(masks), rows), np.bool_)
        quantity, match = masks.nonzero()
        marked[quantity, polar.row[match]] = True
        even = np.ones(len(positive))
        result = [_where(_SCOPE_NAMES[i], marked[i], Share(polar, even, masks[i])) for i in _SCOPE_ORDER]
        weight = np.abs(reading.grade) * ~behind[_UNREAL].any(axis=0)
        for name, mask in (("real positive", reading.grade > 0), ("real negative", reading.grade < 0)):
            share = Share(polar, weight, mask)
            result.append(_cumulative(name, row_sums(share.value, polar.row, rows), _SUM_BINS, share))
        return result

    def _topic_levels(self, reading: Reading) -> tuple[list[Level], FloatArray]:
        rows = len(reading.tokens)
        result = []
        strengths = np.zeros((len(self._strengths), rows))
        for index, (topic, strength) in enumerate(zip(self._matcher.topics, self._strengths, strict=True)):
            found = reading.matches.take(strength[reading.matches.entry] > 0).longest()
            value = strength[found.entry]
            own = row_sums(value, found.row, rows)
            share = Share(found, value, np.ones(len(value), np.bool_))
            result.append(_cumulative(f"{CONTEXT}topic {topic}", own, _TOPIC_BINS, share))
            strengths[index] = np.minimum(own, _MOST_TOPIC)
        return result, strengths

    def _signals(self, reading: Reading, topics: FloatArray, marks: _Marks, colon: BoolArray, ended: BoolArray) -> Signals:
        tokens = reading.tokens
        cues = np.zeros((len(_SIGNALLED), len(tokens)), np.bool_)
        signal = self._signal[reading.cue_kind]
        at = (signal >= 0).nonzero()[0]
        cues[signal[at], reading.cues.row[at]] = True
        opened, closed, outside, inside = _quoted_shares(tokens, marks)
        begins = np.concatenate((tokens.points, [0]))[tokens.row_starts[:-1]] == _OPENS
        item = np.fromiter((_ITEM.match(tokens.text, at) is not None for at in tokens.row_starts[:-1].tolist()), np.bool_, len(tokens))
        return Signals(opened, closed, outside, inside, begins, colon, item, ~(ended | colon), cues, topics)

    def surroundings(self, signals: Signals, context: Context) -> list[Level]:
        """Make what sentences show by their place in the article; the rows must hold whole articles."""
        article = context.article
        same = np.zeros(len(article), np.bool_)
        np.equal(article[1:], article[:-1], out=same[1:])
        return [*_voice_levels(signals, article, same), *self._neighbour_levels(signals.topics, same)]

    def _neighbour_levels(self, strengths: FloatArray, same: BoolArray) -> list[Level]:
        """Make levels of the topics' vocabulary in the neighbouring sentences and in the rest of the article."""
        before = _before(strengths) * same
        after = _before(strengths[:, ::-1])[:, ::-1] * _before(same[::-1])[::-1]
        begins = (~same).nonzero()[0]
        number = np.cumsum(~same) - 1
        total = np.add.reduceat(strengths, begins, axis=1)[:, number] if len(begins) else strengths
        count = np.bincount(number)[number]
        near = _NEAR_BINS.searchsorted(before + after, "right")
        around = _AROUND_BINS.searchsorted((total - strengths) / np.maximum(count - 1, 1), "right")
        result = []
        for topic, of_near, of_around in zip(self._matcher.topics, near, around, strict=True):
            result.append(Level(f"{CONTEXT}topic {topic} near", of_near, len(_NEAR_BINS), True))
            result.append(Level(f"{CONTEXT}topic {topic} around", of_around, len(_AROUND_BINS), True))
        return result


def _polarity_levels(reading: Reading) -> list[Level]:
    tokens, polar, grade, clause = reading.tokens, reading.polar, reading.grade, reading.clause
    rows = len(tokens)
    size = np.abs(grade)
    positive, negative, every = grade > 0, grade < 0, np.ones(len(grade), np.bool_)

    def net(mask: BoolArray) -> FloatArray:
        return row_sums(grade * mask, polar.row, rows)

    praise, doubt = net(positive), -net(negative)
    balance = praise - doubt
    lengths = tokens.row_lengths - 1
    density = balance / np.sqrt(np.maximum(lengths, 8) / 40.0)
    result = [
        _cumulative("positive", praise, _SUM_BINS, Share(polar, size, positive)),
        _cumulative("negative", doubt, _SUM_BINS, Share(polar, size, negative)),
        _onehot("net", balance, _NET_BINS, Share(polar, size, every)),
        _onehot("density", density, _DENSITY_BINS, Share(polar, size, every)),
    ]
    after = polar.start > reading.last_contrast[polar.row]
    without = reading.last_contrast < 0
    for name, mask in (("after contrast", after), ("before contrast", ~after)):
        level = _onehot(name, net(mask), _PART_BINS, Share(polar, size, mask))
        result.append(level._replace(level=np.where(without, -1, level.level)))
    end = clause[np.maximum(tokens.row_starts[1:] - 3, tokens.row_starts[:-1])]
    last = clause[polar.start] >= end[polar.row]
    first = clause[polar.start] == clause[tokens.row_starts[:-1]][polar.row]
    result += [
        _onehot(name, net(mask), _PART_BINS, Share(polar, size, mask)) for name, mask in (("last clause", last), ("first clause", first))
    ]
    strongest, weakest = np.zeros(rows), np.zeros(rows)
    np.maximum.at(strongest, polar.row, grade)
    np.minimum.at(weakest, polar.row, grade)
    return [
        *result,
        _onehot("strongest", strongest, _EXTREME_BINS, Share(polar, size, positive)),
        _onehot("weakest", -weakest, _EXTREME_BINS, Share(polar, size, negative)),
        _flag("negated praise", polar, reading.negated & negative, rows),
        _flag("negated skepticism", polar, reading.negated & positive, rows),
    ]


def _shape_levels(tokens: Tokens, ended: BoolArray) -> list[Level]:
    first = tokens.points[tokens.starts[:-1]]
    numeric = ((first >= ord("0")) & (first <= ord("9"))).nonzero()[0]
    figures = np.bincount(tokens.rows[numeric], minlength=len(tokens))
    length = _onehot("length", tokens.row_lengths - 1, _LENGTH_BINS)
    return [
        # A short line without a full stop is a heading, which seldom judges; a short sentence is often nothing but a judgement.
        length._replace(level=np.where(ended, length.level, -1)),
        length._replace(name="line length", level=np.where(ended, -1, length.level)),
        _onehot("figures", figures, _FIGURE_BINS),
    ]


def _quotation_marks(tokens: Tokens) -> _Marks:
    at = ((tokens.points == _OPENS) | (tokens.points == _CLOSES)).nonzero()[0]
    row = tokens.row_of[at]
    following = np.minimum(np.concatenate((at[1:], [len(tokens.text)])), tokens.row_starts[1:][row] - 1)
    return _Marks(at, row, tokens.points[at] == _OPENS, following)


def _quotation_levels(tokens: Tokens, marks: _Marks) -> list[Level]:
    """Make levels of the quotations that begin in a sentence: speech is long, introduced, and has a full stop; a term or a title has not."""
    rows = len(tokens)
    at, row, opens, following = marks
    longest = np.zeros(rows)
    np.maximum.at(longest, row[opens], (following - at)[opens])
    introduced, stopped = np.zeros((2, rows), np.bool_)
    inner = at > tokens.row_starts[:-1][row]
    before = tokens.points[at - inner]
    introduced[row[opens & inner & _INTRODUCES.take(before, mode="clip")]] = True
    stopped[row[~opens & inner & _STOPS.take(before, mode="clip")]] = True
    return [
        _onehot(CONTEXT + "longest quotation", longest, _SPAN_BINS),
        _where(CONTEXT + "quotation introduced", introduced),
        _where(CONTEXT + "quotation with a full stop", stopped),
    ]


def _last_points(tokens: Tokens) -> IntArray:
    """Return the code point of each sentence's last character; the line feed before an empty one."""
    at = np.maximum(tokens.row_starts[1:] - 2, 0)
    return tokens.points[np.minimum(at, len(tokens.points) - 1)] if len(tokens.points) else np.zeros(len(tokens), np.int64)


def _quoted_shares(tokens: Tokens, marks: _Marks) -> tuple[IntArray, IntArray, FloatArray, FloatArray]:
    """Count opening and closing marks, and measure what is quoted if a sentence begins outside or inside a quotation."""
    rows = len(tokens)
    at, row, opens, following = marks
    opened, closed = np.bincount(row[opens], minlength=rows), np.bincount(row[~opens], minlength=rows)
    begins, ends = tokens.row_starts[:-1], tokens.row_starts[1:] - 1
    # From each opening mark to the next mark, and, where the sentence begins inside, from its beginning to the first one.
    quoted = row_sums(np.where(opens, following - at - 1.0, 0.0), row, rows)
    first = ends.copy()
    # Of several marks in a sentence the first one is written last.
    first[row[::-1]] = at[::-1]
    length = np.maximum(ends - begins, 1)
    return opened, closed, quoted / length, (quoted + first - begins) / length


def _before(values: NDArray[Any]) -> NDArray[Any]:
    """Shift the last axis by one sentence: what the sentence before has, zero for the first one."""
    result = np.zeros_like(values)
    result[..., 1:] = values[..., :-1]
    return result


def _voice_levels(signals: Signals, article: IntArray, same: BoolArray) -> list[Level]:
    """Make levels of quotations, also those opened earlier in the article, and of what announces or ends retelling.

    Retold speech often runs on for paragraphs without a mark; what opens it (an attribution, 下面是,
    a talk or text that is mentioned) stands before it, and what ends it (上面就是, 我认为) behind.
    """
    opened, closed, cues = signals.opened, signals.closed, signals.cues
    surplus = opened - closed
    marked = np.concatenate((cues[_AT_A_DISTANCE], [surplus != 0]))
    last = _last_before(marked, article)
    behind, closing, mentioned, _ = _distance(last)
    ahead = _distance(_last_before(cues[_CLOSING, ::-1], article[::-1]))[::-1]
    # A sentence begins inside a quotation if the last one before it with more marks of one kind had opening ones.
    inside = (last[-1] >= 0) & (surplus[last[-1]] > 0)
    result = [
        _where(CONTEXT + "inside a quotation", inside & (opened == 0)),
        _where(CONTEXT + "quotation opens and stays open", surplus > 0),
        _where(CONTEXT + "quotation closes that was open", inside & (surplus < 0)),
        _where(CONTEXT + "begins with a quotation", signals.begins),
        _where(CONTEXT + "after a colon", _before(signals.colon) & same),
        _where(CONTEXT + "ends with a colon", signals.colon),
    ]
    for name, here in (("list item", signals.item), ("line without a full stop", signals.unended)):
        before = _before(here) & same
        result.append(_where(f"{CONTEXT}{name}", here))
        result.append(_where(f"{CONTEXT}{name} before", before))
        result.append(_where(f"{CONTEXT}{name} again", here & before))
    for name, here, before in zip(_CARRIED, cues, _before(cues) & same, strict=False):
        result.append(_where(f"{CONTEXT}{name} in this sentence", here))
        result.append(_where(f"{CONTEXT}{name} in the sentence before", before))
    return [
        *result,
        _onehot(CONTEXT + "sentences since an opening", behind, _DISTANCE_BINS),
        _onehot(CONTEXT + "sentences until a closing", ahead, _DISTANCE_BINS),
        _onehot(CONTEXT + "sentences since a text was mentioned", mentioned, _DISTANCE_BINS),
        _where(CONTEXT + "between an opening and a closing", (behind < _FAR) & (ahead < _FAR) & (closing >= behind)),
        _onehot(CONTEXT + "quoted share", np.where(inside, signals.inside, signals.outside), _QUOTED_BINS),
    ]


def _last_before(marked: BoolArray, article: IntArray) -> IntArray:
    """Return the last marked sentence before each one in the same article, −1 where there is none."""
    place = np.where(marked, np.arange(1, 1 + len(article)), 0)
    previous = _before(np.maximum.accumulate(place, axis=-1)) - 1
    # Where there is none, −1 leads to the last sentence; that it may be of the same article changes nothing.
    return np.where(article[previous] == article, previous, -1)


def _distance(last: IntArray) -> IntArray:
    """Return how many sentences ago the last marked one was, ``_FAR`` where none was."""
    return np.where(last >= 0, np.arange(last.shape[-1]) - last, _FAR)
