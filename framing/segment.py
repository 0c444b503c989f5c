"""Turn sentences into tokens, blind to script, width and stray blanks.

This is the only room that knows jieba, rjieba and OpenCC. Text is first made canonical: Traditional
characters become Simplified by OpenCC's tables, full-width letters and punctuation become half-width,
capitals small, blanks between Han characters vanish, and regional terms (軟體, 資訊) become the
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
from itertools import accumulate
from pathlib import Path
from typing import Any, Literal, Protocol

import numpy as np
from numpy.typing import NDArray

__all__ = ["Segmenter", "Tokens", "fold", "simplify", "to_tokens"]

Engine = Literal["auto", "jieba", "rjieba"]
IntArray = NDArray[np.int64]


class _Cutter(Protocol):
    def __call__(self, text: str) -> list[str]: ...


@dataclass(frozen=True, eq=False)
class Tokens:
    """Hold the tokens of a batch of sentences in flat arrays.

    ``text`` is the canonical text of all sentences joined by line feeds. ``tokens`` concatenate to
    ``text``; ``starts`` has one more entry than there are tokens, so that token ``i`` spans
    ``starts[i]:starts[i + 1]``. ``row_starts`` gives the offset in ``text`` at which each sentence
    begins (one more entry than sentences, the last one past the end). ``anchors`` and ``origins``
    lead from ``text`` back to the sentences joined by line feeds.
    """

    text: str
    tokens: list[str]
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
        return np.repeat(np.arange(len(self)), np.diff(self.row_starts))

    @cached_property
    def rows(self) -> IntArray:
        """Give the index of the sentence that each token belongs to."""
        return self.row_of[self.starts[:-1]]

    @cached_property
    def points(self) -> IntArray:
        """Give the code points of ``text``."""
        return np.frombuffer(self.text.encode("utf-32-le", "surrogatepass"), np.uint32).astype(np.int64)

    @cached_property
    def marks(self) -> IntArray:
        """Give the code point of each token that is a single character, 0 for longer tokens."""
        return np.where(np.diff(self.starts) == 1, self.points[self.starts[:-1]], 0)

    def sentence_span(self, row: int, start: int, end: int) -> tuple[int, int]:
        """Return the offsets within sentence ``row`` of the canonical span ``start:end``."""
        low = self._source(start) - int(self.source_starts[row])
        high = self._source(end - 1) + 1 - int(self.source_starts[row])
        return max(low, 0), min(high, int(self.source_starts[row + 1] - self.source_starts[row]) - 1)

    def _source(self, position: int) -> int:
        index = int(np.searchsorted(self.anchors, position, side="right")) - 1
        limit = int(self.origins[index + 1]) - 1 if index + 1 < len(self.origins) else 1 << 60
        return min(int(self.origins[index]) + position - int(self.anchors[index]), limit)


# jieba's own range of Han characters; rarer ones are tokens of their own under both engines.
_NOT_HAN = re.compile("([^\u4e00-\u9fd5]+)")
_OTHER = re.compile(r"[a-z]+(?:[-.'&+][a-z0-9]+)*[0-9]*|[0-9]+(?:[.,][0-9]+)*%?|[^\S\n]+|[\s\S]")
_BLANK_IN_HAN = re.compile(r"(?<=[\u3400-\u9fff，。、,.!?;:”“()])[^\S\n]+(?=[\u3400-\u9fff”“()])|(?<=[\u3400-\u9fff])[^\S\n]+(?=[,.!?;:])")
_FULLWIDTH = {0xFF01 + i: 0x21 + i for i in range(94)}
_PUNCTUATION = {
    ord(a): ord(b)
    for a, b in zip(
        "，。、；：？！（）【】「」『』〝〞﹁﹂＂‘’｡､—–―－﹣•・‧．　\t《》〈〉", ",.､;:?!()[]“”“”“”“”\"''.､-----···.  《》《》", strict=True
    )
}
_ASCII_LOWER = {c: c + 32 for c in range(0x41, 0x5B)}
_FULL_LOWER = {0xFF21 + i: 0x61 + i for i in range(26)}


@lru_cache(maxsize=1)
def _opencc_tables() -> tuple[dict[int, int], dict[str, str]]:
    """Read OpenCC's Traditional-to-Simplified tables: characters, and phrases that are exceptions."""
    # find_spec finds the data files without running the package, which compiles what is not needed here.
    spec = importlib.util.find_spec("opencc")
    if spec is None or not spec.submodule_search_locations:
        raise ModuleNotFoundError("opencc-python-reimplemented is not installed; install it with pip")
    folder = Path(spec.submodule_search_locations[0]) / "dictionary"
    characters: dict[int, int] = {}
    for line in (folder / "TSCharacters.txt").read_text("utf-8").splitlines():
        key, value = line.strip().split("\t")
        characters[ord(key)] = ord(value.split(" ")[0])
    phrases = {}
    for line in (folder / "TSPhrases.txt").read_text("utf-8").splitlines():
        key, value = line.strip().split("\t")
        phrases[key] = value.split(" ")[0]
    return characters, phrases


@lru_cache(maxsize=1)
def _traditional() -> tuple[re.Pattern[str], re.Pattern[str], dict[int, int]]:
    characters, phrases = _opencc_tables()
    changed = "".join(chr(k) for k, v in characters.items() if k != v)
    needs = re.compile(f"[{changed}]")
    ordered = sorted(phrases, key=len, reverse=True)
    return needs, re.compile("|".join(map(re.escape, ordered))), characters


def simplify(text: str) -> str:
    """Turn Traditional characters into Simplified ones; the length never changes.

    The result is OpenCC's ``t2s``, from its own tables; text without any Traditional character is
    returned as it is.

    >>> simplify("態勢逆轉"), simplify("乾隆")
    ('态势逆转', '乾隆')
    """
    needs, phrase, characters = _traditional()
    if not needs.search(text):
        return text
    phrases = _opencc_tables()[1]
    pieces = []
    done = 0
    for match in phrase.finditer(text):
        pieces.append(text[done : match.start()].translate(characters))
        pieces.append(phrases[match[0]])
        done = match.end()
    pieces.append(text[done:].translate(characters))
    return "".join(pieces)


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


def fold(text: str) -> str:
    """Make script, width, case and punctuation canonical; the length never changes.

    >>> fold("５Ｇ軟體，「iPhone」")
    '5g软体,“iphone”'
    """
    return simplify(text).translate(_FOLD_ALL)


def _alternate_quotes(line: str) -> str:
    parts = line.split('"')
    return "".join(p + ("“" if i % 2 == 0 else "”") for i, p in enumerate(parts[:-1])) + parts[-1]


@lru_cache(maxsize=65536)
def _cut_other(run: str) -> tuple[str, ...]:
    return tuple(_OTHER.findall(run))


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
    def _regional_terms(self) -> Any:
        """Give the automaton (Aho-Corasick) of the regional terms, each with its length and what stands for it."""
        import ahocorasick

        automaton = ahocorasick.Automaton()
        for term, mainland in self._regional.items():
            automaton.add_word(term, (len(term), mainland))
        automaton.make_automaton()
        return automaton

    @cached_property
    def _cut(self) -> _Cutter:
        return _rjieba_cutter() if self.engine == "rjieba" else _jieba_cutter()

    def segment(self, sentences: Sequence[str]) -> Tokens:
        """Cut a batch of sentences; line feeds inside a sentence count as blanks."""
        source = "\n".join(s.replace("\n", " ") if "\n" in s else s for s in sentences) if sentences else ""
        source_starts = np.fromiter(accumulate((len(s) + 1 for s in sentences), initial=0), np.int64, len(sentences) + 1)
        folded = fold(source)
        if '"' in folded:
            folded = "\n".join(_alternate_quotes(line) if '"' in line else line for line in folded.split("\n"))
        text, anchors, origins = self._edit(folded)
        tokens = to_tokens(text, self._cut)
        starts = np.zeros(len(tokens) + 1, np.int64)
        np.cumsum(np.fromiter(map(len, tokens), np.int64, len(tokens)), out=starts[1:])
        breaks = np.fromiter((m.end() for m in re.finditer("\n", text)), np.int64)
        row_starts = np.concatenate(([0], breaks, [len(text) + 1])) if sentences else np.zeros(1, np.int64)
        return Tokens(text, tokens, starts, row_starts, anchors, origins, source_starts)

    def _edit(self, folded: str) -> tuple[str, IntArray, IntArray]:
        """Remove blanks between Han characters, replace regional terms, keep the way back."""
        edits = [(m.start(), m.end(), "") for m in _BLANK_IN_HAN.finditer(folded)]
        if edits:
            text, anchors, origins = _rebuild(folded, edits)
        else:
            text, anchors, origins = folded, np.zeros(1, np.int64), np.zeros(1, np.int64)
        if not self._regional:
            return text, anchors, origins
        # Leftmost first, the longest term at each place, none overlapping another.
        edits = [(end + 1 - length, end + 1, new) for end, (length, new) in self._regional_terms.iter_long(text)]
        if not edits:
            return text, anchors, origins
        final, second, middle = _rebuild(text, edits)
        # Compose: an anchor is needed wherever either map has one.
        points = np.union1d(second, _forward(second, middle, anchors))
        through = _lookup(second, middle, points)
        return final, points, _lookup(anchors, origins, through)


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


def to_tokens(text: str, cut: _Cutter) -> list[str]:
    """Cut canonical text into tokens that concatenate to it.

    Only runs of Han characters reach ``cut``, separated by line feeds and in one call; all other
    text is cut by one rule, so that segmenters which treat Latin letters differently still agree.
    """
    parts = _NOT_HAN.split(text)
    others = iter(parts[1::2])
    tokens: list[str] = []
    for word in cut("\n".join(parts[0::2])):
        if word == "\n":
            tokens.extend(_cut_other(next(others)))
        else:
            tokens.append(word)
    return tokens


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
