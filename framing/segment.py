"""Turn sentences into tokens, blind to script, width and stray blanks.

This is the only room that knows jieba, rjieba and OpenCC. Text is first made canonical: Traditional
characters become Simplified by OpenCC's tables, full-width letters and punctuation become half-width,
capitals small, blanks beside Han characters vanish, and regional terms (軟體, 資訊) become the
mainland ones (软件, 信息). Then runs of Han characters go to the segmenter and everything else is cut by
one rule of our own, so that jieba and rjieba give the same tokens. Every canonical character can be
traced to its place in the sentence that it came from.
"""

from __future__ import annotations

import importlib.util
import re
import warnings
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache
from itertools import accumulate, pairwise
from pathlib import Path
from typing import Literal, Protocol

import numpy as np
from numpy.typing import NDArray

from framing.trie import Trie, code_points, point_table, text_of

__all__ = ["Segmenter", "Tokens", "fold", "simplify", "token_starts"]

Engine = Literal["auto", "jieba", "rjieba"]
IntArray = NDArray[np.int64]


class _Cutter(Protocol):
    def __call__(self, text: str) -> list[str]: ...


@dataclass(frozen=True, eq=False)
class Tokens:
    """Hold the tokens of a batch of sentences in flat arrays.

    ``text`` is the canonical text of all sentences joined by line feeds, ``points`` its code points.
    ``starts`` has one more entry than there are tokens: token ``i`` spans ``starts[i]:starts[i + 1]``,
    and all tokens concatenate to ``text``. ``row_starts`` gives the offset in ``text`` at which each sentence
    begins (one more entry than sentences, the last one past the end). ``anchors`` and ``origins``
    lead from ``text`` back to the sentences joined by line feeds.
    """

    text: str
    points: IntArray
    starts: IntArray
    row_starts: IntArray
    anchors: IntArray
    origins: IntArray
    source_starts: IntArray

    def __len__(self) -> int:
        return len(self.row_starts) - 1

    @cached_property
    def row_of(self) -> IntArray:
        """Give the index of the sentence that each character of ``text`` belongs to."""
        return np.arange(len(self)).repeat(self.row_lengths)

    @cached_property
    def row_lengths(self) -> IntArray:
        """Give the number of characters of each sentence, the line feed behind it counted."""
        return self.row_starts[1:] - self.row_starts[:-1]

    @cached_property
    def lengths(self) -> IntArray:
        """Give the number of characters of each token."""
        return self.starts[1:] - self.starts[:-1]

    @cached_property
    def rows(self) -> IntArray:
        """Give the index of the sentence that each token belongs to."""
        return self.row_of[self.starts[:-1]]

    @cached_property
    def tokens(self) -> list[str]:
        """Give the tokens themselves."""
        edges = self.starts.tolist()
        return [self.text[a:b] for a, b in pairwise(edges)]

    @cached_property
    def marks(self) -> IntArray:
        """Give the code point of each token that is a single character, 0 for longer tokens."""
        return np.where(self.lengths == 1, self.points.take(self.starts[:-1]), 0)

    def take(self, rows: IntArray) -> Tokens:
        """Return the tokens of some sentences, in the order of ``rows`` (m,), as if their canonical texts had been cut.

        Offsets lead back to these texts, not to the sentences that they were made of.
        """
        if not len(rows):
            nothing = np.zeros(1, np.int64)
            return Tokens("", nothing[:0], nothing, nothing, nothing, nothing, nothing)
        lengths = self.row_lengths[rows]
        row_starts = np.concatenate(([0], np.cumsum(lengths)))
        at = np.repeat(self.row_starts[rows] - row_starts[:-1], lengths) + np.arange(row_starts[-1])
        # Behind the last sentence stands a line feed that is not there.
        points = np.append(self.points, _LINE_FEED)[at[:-1]]
        begins = np.zeros(len(self.points) + 1, np.bool_)
        begins[self.starts] = True
        return Tokens(
            text_of(points), points, begins[at].nonzero()[0], row_starts, np.zeros(1, np.int64), np.zeros(1, np.int64), row_starts
        )

    def sentence_span(self, row: int, start: int, end: int) -> tuple[int, int]:
        """Return the offsets within sentence ``row`` of the canonical span ``start:end``."""
        low, high = self.sentence_spans(*(np.array([value]) for value in (row, start, end)))
        return int(low[0]), int(high[0])

    def sentence_spans(self, rows: IntArray, starts: IntArray, ends: IntArray) -> tuple[IntArray, IntArray]:
        """Return the offsets within their sentences of canonical spans."""
        begins = self.source_starts[rows]
        low = self._sources(starts) - begins
        high = self._sources(ends - 1) + 1 - begins
        return np.maximum(low, 0), np.minimum(high, self.source_starts[rows + 1] - begins - 1)

    def _sources(self, positions: IntArray) -> IntArray:
        index = np.searchsorted(self.anchors, positions, side="right") - 1
        limits = np.append(self.origins[1:] - 1, np.iinfo(np.int64).max)
        result: IntArray = np.minimum(self.origins[index] + positions - self.anchors[index], limits[index])
        return result


# jieba's own range of Han characters; rarer ones are tokens of their own under both engines.
_FIRST_HAN, _LAST_HAN = 0x4E00, 0x9FD5
_LINE_FEED = ord("\n")
_OTHER = re.compile(r"[a-z]+(?:[-.'&+][a-z0-9]+)*[0-9]*|[0-9]+(?:[.,][0-9]+)*%?|[^\S\n]+|[\s\S]")
_FULLWIDTH = {0xFF01 + i: 0x21 + i for i in range(94)}
_PUNCTUATION = {
    ord(a): ord(b)
    for a, b in zip(
        "，。、；：？！（）【】「」『』〝〞﹁﹂＂‘’｡､—–―－﹣•・‧．　\t《》〈〉", ",.､;:?!()[]“”“”“”“”\"''.､-----···.  《》《》", strict=True
    )
}
_ASCII_LOWER = {c: c + 32 for c in range(0x41, 0x5B)}
_FULL_LOWER = {0xFF21 + i: 0x61 + i for i in range(26)}


def _opencc_tables() -> tuple[dict[int, int], dict[str, str]]:
    """Read OpenCC's Traditional-to-Simplified tables: characters, and phrases that are exceptions."""
    # find_spec finds the data files without running the package, which compiles what is not needed here.
    spec = importlib.util.find_spec("opencc")
    if spec is None or not spec.submodule_search_locations:
        raise ModuleNotFoundError("opencc-python-reimplemented is not installed; install it with pip")
    folder = Path(spec.submodule_search_locations[0]) / "dictionary"
    rows = [
        [line.strip().split("\t") for line in (folder / name).read_text("utf-8").splitlines()]
        for name in ("TSCharacters.txt", "TSPhrases.txt")
    ]
    characters = {ord(key): ord(value.split(" ")[0]) for key, value in rows[0]}
    return characters, {key: value.split(" ")[0] for key, value in rows[1]}


_FOLD = {**_FULLWIDTH, **_FULL_LOWER, **_PUNCTUATION, **_ASCII_LOWER}
# Characters that mainland text itself writes in two ways, or that OpenCC leaves to context: the model
# must not see a difference that only the script makes.
_SAME = {
    ord(a): ord(b)
    for a, b in zip(
        "著瞭乾徵藉於裏裡妳佈週鍾麽麼衹祇喫閒甚註諮佔係託嚐讚髮復複覆痠遊彷彿",
        "着了干征借于里里你布周钟么么只只吃闲什注咨占系托尝赞发复复覆酸游仿佛",
        strict=True,
    )
}
_FOLD_ALL = {**_SAME, **_FOLD}


def _steps(mapping: Mapping[int, int]) -> NDArray[np.int64]:
    """Tabulate by how much a mapping moves each code point."""
    return point_table({key: value - key for key, value in mapping.items()}, np.int64)


class _Script:
    """Hold OpenCC's tables in the form in which they are applied to code points."""

    def __init__(self) -> None:
        characters, phrases = _opencc_tables()
        self._simple = _steps(characters)
        self._phrases = Trie(list(phrases))
        self._replacements = [code_points(p) for p in phrases.values()]
        # Without one of these characters there is nothing to convert.
        changed = {key for key, value in characters.items() if key != value}
        changed |= {ord(a) for phrase, new in phrases.items() for a, b in zip(phrase, new, strict=True) if a != b}
        self._convertible = point_table(dict.fromkeys(changed, 1), np.bool_)

    def simplified(self, points: IntArray) -> IntArray:
        """Turn Traditional code points into Simplified ones; the same array where there is none."""
        if not self._convertible.take(points, mode="clip").any():
            return points
        result: IntArray = points + self._simple.take(points, mode="clip")
        for phrase, start, end in self._phrases.leftmost_longest(points):
            result[start:end] = self._replacements[phrase]
        return result


@lru_cache(maxsize=1)
def _script() -> _Script:
    return _Script()


def simplify(text: str) -> str:
    """Turn Traditional characters into Simplified ones; the length never changes.

    The result is OpenCC's ``t2s``, from its own tables; text without any Traditional character is
    returned as it is.

    >>> simplify("態勢逆轉"), simplify("乾隆")
    ('态势逆转', '乾隆')
    """
    points = code_points(text)
    simplified = _script().simplified(points)
    return text if simplified is points else text_of(simplified)


@lru_cache(maxsize=1)
def _fold_steps() -> NDArray[np.int64]:
    return _steps(_FOLD_ALL)


def _folded(points: IntArray) -> IntArray:
    simplified = _script().simplified(points)
    result: IntArray = simplified + _fold_steps().take(simplified, mode="clip")
    return result


def fold(text: str) -> str:
    """Make script, width, case and punctuation canonical; the length never changes.

    >>> fold("５Ｇ軟體，「iPhone」")
    '5g软体,“iphone”'
    """
    return text_of(_folded(code_points(text)))


def _alternate_quotes(points: IntArray) -> None:
    """Turn the straight quotation marks of each line into opening and closing ones by turns, in place."""
    at = (points == ord('"')).nonzero()[0]
    if len(at):
        line = np.searchsorted(np.flatnonzero(points == _LINE_FEED), at)
        first = np.append(True, line[1:] != line[:-1])
        rank = np.arange(len(at)) - np.maximum.accumulate(np.where(first, np.arange(len(at)), 0))
        points[at] = np.where(rank % 2 == 0, ord("“"), ord("”"))


# What a folded text may hold around blanks that mean nothing: Han and marks before, Han and openings after.
_BLANK, _BEFORE, _AFTER, _STOP, _HAN, _WORD = 1, 2, 4, 8, 16, 32


@lru_cache(maxsize=1)
def _classes() -> NDArray[np.uint8]:
    """Tabulate which classes each code point belongs to."""
    table = np.zeros(0x10001, np.uint8)
    table[0x3400:0xA000] = _HAN | _BEFORE | _AFTER
    for characters, bit in (
        ("，。、,.!?;:”“()", _BEFORE),
        ("”“()", _AFTER),
        (",.!?;:", _STOP),
        (_BLANKS, _BLANK),
        (_WORD_CHARACTERS, _WORD),
    ):
        table[[ord(c) for c in characters]] |= bit
    return table


_BLANKS = "\t\x0b\x0c\r\x1c\x1d\x1e\x1f \x85\xa0\u1680\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009\u200a\u2028\u2029\u202f\u205f\u3000"
"""White space in Python's sense, but for the line feed."""

_WORD_CHARACTERS = "abcdefghijklmnopqrstuvwxyz0123456789%"
"""What Latin words and figures begin and end with: some set a blank between them and Han characters, some do not."""


def _blanks_in_han(points: IntArray) -> list[tuple[int, int, str]]:
    """Find the runs of blanks between Han characters and other ones, their punctuation, or words in Latin letters."""
    classes = _classes()
    blank = (classes.take(points, mode="clip") & _BLANK).nonzero()[0]
    if not len(blank):
        return []
    apart = np.flatnonzero(np.diff(blank) != 1)
    starts, ends = blank[np.append(0, apart + 1)], blank[np.append(apart, len(blank) - 1)] + 1
    inner = (starts > 0) & (ends < len(points))
    starts, ends = starts[inner], ends[inner]
    before, after = (classes.take(points[at], mode="clip") for at in (starts - 1, ends))
    pairs = ((_BEFORE, _AFTER), (_HAN, _STOP | _WORD), (_WORD, _HAN))
    idle = np.any([((before & left) != 0) & ((after & right) != 0) for left, right in pairs], axis=0)
    return [(start, end, "") for start, end in zip(starts[idle].tolist(), ends[idle].tolist(), strict=True)]


@lru_cache(maxsize=65536)
def _inner_starts(run: str) -> tuple[int, ...]:
    """Return where the tokens of a run without Han characters start, but for the first one."""
    return tuple(m.start() for m in _OTHER.finditer(run))[1:]


class Segmenter:
    """Cut sentences into tokens with jieba or rjieba.

    Args:
        regional: regional terms, in Simplified characters, and what stands for them; longest match.
        engine: ``jieba``, ``rjieba``, or ``auto`` for rjieba where it is installed.
    """

    def __init__(self, regional: Mapping[str, str] | None = None, engine: Engine = "auto") -> None:
        if engine == "auto":
            engine = "rjieba" if importlib.util.find_spec("rjieba") else "jieba"
        self.engine = engine
        self._regional = dict(regional or {})

    @cached_property
    def _regional_terms(self) -> Trie:
        return Trie(list(self._regional))

    @cached_property
    def _cut(self) -> _Cutter:
        return _rjieba_cutter() if self.engine == "rjieba" else _jieba_cutter()

    def segment(self, sentences: Sequence[str]) -> Tokens:
        """Cut a batch of sentences; line feeds inside a sentence count as blanks."""
        source = "\n".join(s.replace("\n", " ") if "\n" in s else s for s in sentences) if sentences else ""
        source_starts = np.fromiter(accumulate((len(s) + 1 for s in sentences), initial=0), np.int64, len(sentences) + 1)
        points = _folded(code_points(source))
        _alternate_quotes(points)
        text, points, anchors, origins = self._edit(points)
        starts = token_starts(text, points, self._cut)
        breaks = (points == _LINE_FEED).nonzero()[0] + 1
        row_starts = np.concatenate(([0], breaks, [len(text) + 1])) if sentences else np.zeros(1, np.int64)
        return Tokens(text, points, starts, row_starts, anchors, origins, source_starts)

    def _edit(self, points: IntArray) -> tuple[str, IntArray, IntArray, IntArray]:
        """Remove blanks beside Han characters, replace regional terms, keep the way back."""
        text, anchors, origins = text_of(points), np.zeros(1, np.int64), np.zeros(1, np.int64)
        edits = _blanks_in_han(points)
        if edits:
            text, anchors, origins = _rebuild(text, edits)
            points = code_points(text)
        replacements = list(self._regional.values())
        edits = [(start, end, replacements[term]) for term, start, end in self._regional_terms.leftmost_longest(points)]
        if not edits:
            return text, points, anchors, origins
        final, second, middle = _rebuild(text, edits)
        # Compose: an anchor is needed wherever either map has one.
        places = np.sort(np.concatenate((second, _forward(second, middle, anchors))))
        places = places[np.append(True, places[1:] != places[:-1])]
        through = _lookup(second, middle, places)
        return final, code_points(final), places, _lookup(anchors, origins, through)


def _lookup(anchors: IntArray, origins: IntArray, positions: IntArray) -> IntArray:
    index = np.searchsorted(anchors, positions, side="right") - 1
    result: IntArray = origins[index] + positions - anchors[index]
    return result


def _forward(anchors: IntArray, origins: IntArray, targets: IntArray) -> IntArray:
    """Map positions before an edit to positions after it, rounding down to the edited span's start."""
    index = np.searchsorted(origins, targets, side="right") - 1
    ends = np.append(anchors[1:], np.iinfo(np.int64).max)
    result: IntArray = np.minimum(anchors[index] + targets - origins[index], ends[index] - 1)
    return result


def _rebuild(text: str, edits: Iterable[tuple[int, int, str]]) -> tuple[str, IntArray, IntArray]:
    pieces: list[str] = []
    anchors = [0]
    origins = [0]
    cursor = 0
    length = 0
    for start, end, new in edits:
        pieces.append(text[cursor:start])
        length += start - cursor
        if new:
            anchors.append(length)
            origins.append(start)
            pieces.append(new)
            length += len(new)
        anchors.append(length)
        origins.append(end)
        cursor = end
    pieces.append(text[cursor:])
    points, places = np.array(anchors, np.int64), np.array(origins, np.int64)
    # Of several anchors at one position the last one leads to what really follows.
    keep = np.append(points[1:] != points[:-1], True)
    return "".join(pieces), points[keep], places[keep]


def token_starts(text: str, points: IntArray, cut: _Cutter) -> IntArray:
    """Cut canonical text into tokens; return where they start, and the length of the text.

    Only runs of Han characters reach ``cut``, separated by line feeds and in one call; all other
    text is cut by one rule, so that segmenters which treat Latin letters differently still agree.
    """
    han = (points >= _FIRST_HAN) & (points <= _LAST_HAN)
    # Every other run of characters is a single line feed to the segmenter.
    other = ~han
    begins, ends = other.copy(), other.copy()
    begins[1:] &= han[:-1]
    ends[:-1] &= han[1:]
    kept = (han | begins).nonzero()[0]
    seen = points[kept]
    seen[begins[kept]] = _LINE_FEED
    words = cut(text_of(seen))
    lengths = np.fromiter(map(len, words), np.int64, len(words))
    starts = np.zeros(len(text) + 1, np.bool_)
    starts[kept[np.cumsum(lengths) - lengths]] = starts[-1] = True
    # A run of one character is one token.
    first, last = begins.nonzero()[0], ends.nonzero()[0]
    longer = (first != last).nonzero()[0]
    inner = [
        begin + place
        for begin, end in zip(first.take(longer).tolist(), (last.take(longer) + 1).tolist(), strict=True)
        for place in _inner_starts(text[begin:end])
    ]
    starts[inner] = True
    return starts.nonzero()[0]


@lru_cache(maxsize=1)
def _jieba_cutter() -> _Cutter:
    with warnings.catch_warnings():
        # jieba 0.42 has invalid escape sequences and asks for pkg_resources; neither concerns a user.
        warnings.filterwarnings("ignore", category=SyntaxWarning, module="jieba")
        warnings.filterwarnings("ignore", category=DeprecationWarning)
        warnings.filterwarnings("ignore", message="pkg_resources is deprecated", category=UserWarning)
        import jieba
    tokenizer = jieba.Tokenizer()
    # jieba trusts a marshalled cache in the shared temporary folder; reading its dictionary itself
    # takes about as long and trusts nobody.
    tokenizer.FREQ, tokenizer.total = tokenizer.gen_pfdict(tokenizer.get_dict_file())
    tokenizer.initialized = True
    cut: _Cutter = tokenizer.lcut
    return cut


@lru_cache(maxsize=1)
def _rjieba_cutter() -> _Cutter:
    import rjieba

    cut: _Cutter = rjieba.cut
    return cut
