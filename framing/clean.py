"""Repair scraped text for the reader, list each repair, and keep every character traceable.

Repairs only remove what no author wrote: control and zero-width characters, mark-up and entities left
by a scraper, pinyin notes after a character (態(tài)), hard line breaks in the middle of sentences.
What the reader would recognise (half-width commas, Traditional characters, quotation marks) stays as
it was written; making such variants equal for the model is the business of ``segment``.
"""

from __future__ import annotations

import html
import re
from bisect import bisect_right
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from framing.records import Repair

__all__ = ["CleanConfig", "CleanText", "clean", "is_unreadable", "suspicious_places"]


@dataclass(frozen=True, slots=True)
class CleanConfig:
    """Choose the repairs; all are on by default."""

    controls: bool = True
    entities: bool = True
    tags: bool = True
    pinyin: bool = True
    unwrap: bool = True


@dataclass(frozen=True, slots=True)
class CleanText:
    """Hold repaired text with the way back to the original.

    ``repairs`` ascend and do not overlap; made in the original they give ``text``, but for line ends
    of two characters, which become line feeds without mention. ``anchors`` and ``origins`` are
    parallel and ascend: the repaired text from ``anchors[i]`` on is the original text from
    ``origins[i]`` on, up to the next anchor.
    """

    text: str
    repairs: tuple[Repair, ...]
    anchors: tuple[int, ...]
    origins: tuple[int, ...]

    @property
    def unmoved(self) -> bool:
        """Tell whether every character is where it was in the original."""
        return not self.repairs and len(self.anchors) == 1

    def original(self, position: int) -> int:
        """Return the offset in the original text of the character at ``position``."""
        index = bisect_right(self.anchors, position) - 1
        return self.origins[index] + position - self.anchors[index]

    def span(self, start: int, end: int) -> tuple[int, int]:
        """Return the original span that the repaired span from ``start`` to ``end`` stands for."""
        begin = self.original(start)
        if end <= start:
            return begin, begin
        last = self.original(end - 1)
        index = bisect_right(self.repairs, last, key=lambda r: r.start) - 1
        # A character that stands for several (an entity) ends where they end.
        covering = index >= 0 and self.repairs[index].after and self.repairs[index].end > last
        return begin, self.repairs[index].end if covering else last + 1


# Line feed and tab stay; carriage returns are handled with line ends. Bidirectional controls go too:
# they can make a report read differently from what was scored. So do fillers and language tags, which show nothing.
_CONTROL = re.compile(
    "\r\n?|[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x84\x86-\x9f\u00ad\u061c\u180e\u200b-\u200f\u202a-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb"
    "\u034f\u115f\u1160\u17b4\u17b5\u3164\uffa0\U000e0001\U000e0020-\U000e007f]"
    "|[\x85\u2028\u2029]"
)
_ENTITY = re.compile(
    r"&(?:amp(?!;#?\w{1,31};)|nbsp|quot|apos|ldquo|rdquo|lsquo|rsquo|hellip|mdash|ndash|middot|bull|ensp|emsp|#\d{2,6}|#[xX][0-9a-fA-F]{2,5});"
)
_TAG = re.compile(
    r"<!--[\s\S]{0,300}?-->|<(?:!doctype|\?xml)\b[^<>]{0,300}>|</?(?:a|article|b|blockquote|body|br|center|div|em|figcaption|figure|font|h[1-6]|head|hr|html|i|img|li|link|meta|ol|p|"
    r"script|section|small|span|strong|style|sub|sup|table|tbody|td|th|title|tr|u|ul)(?:\s[^<>]{0,300})?/?>",
    re.IGNORECASE,
)
_BLOCK_TAG = re.compile(
    r"</?(?:article|blockquote|body|br|div|figcaption|h[1-6]|head|hr|html|li|ol|p|section|table|title|tr|ul)\b", re.IGNORECASE
)
_BASIC_HAN = "\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff"
_HAN = _BASIC_HAN + "\U00020000-\U0003ffff"
# Variation selectors choose among shapes of the character before them; after a Han character they only split a word.
_SELECTOR = re.compile(f"[\ufe00-\ufe0f\U000e0100-\U000e01ef](?<=[{_HAN}].)")
_TONED = "āáǎàēéěèīíǐìōóǒòūúǔùǖǘǚǜńňǹḿ"
_PINYIN = re.compile(rf"(?<=[{_HAN}])[(（]([a-zü]{{0,5}}[{_TONED}][a-zü]{{0,4}})[)）]")
# Neutral-tone syllables carry no mark, so their notes look like an ordinary bracket; they are only
# taken for notes in a text that has marked ones as well.
_NEUTRAL_PINYIN = re.compile(rf"(?<=[{_HAN}])[(（](?:de|le|zi|men|ba|ma|ne|ya|me|zhe|ge|tou|a|la)[)）]")
_TERMINAL = "。！？!?…：:；;”」』）)》】\"'"
# A line broken inside a number (3.\n5): words of Latin letters are broken between words, numbers anywhere.
_NUMBER_END = re.compile(r"\d[.,]?$")
_NUMBER_GOES_ON = re.compile(r"[.,]?\d")


def clean(text: str, config: CleanConfig = CleanConfig()) -> CleanText:
    """Repair ``text`` and list what was done.

    Cleaning the result changes nothing more, unless mark-up was hidden in mark-up more than
    ``_LAYERS`` times over.

    >>> clean("小米“人車家全生態(tài)”大會").text
    '小米“人車家全生態”大會'
    """
    draft = _Draft(text)
    # A repair may uncover another (a tag inside a tag); the bound keeps hostile text linear.
    for _ in range(_LAYERS):
        before = draft.clean.text
        if config.controls:
            draft.replace(_CONTROL, _control_replacement, "control character")
            draft.replace(_SELECTOR, lambda _: "", "control character")
        if config.entities and "&" in draft.clean.text:
            draft.replace(_ENTITY, lambda m: html.unescape(m[0]).translate(_UNSAFE), "entity")
        if config.tags and "<" in draft.clean.text:
            draft.replace(_TAG, lambda m: "\n" if _BLOCK_TAG.match(m[0]) else "", "mark-up")
        if config.pinyin and ("(" in draft.clean.text or "（" in draft.clean.text):
            draft.replace(_PINYIN, lambda _: "", "pinyin note")
            if any(r.reason == "pinyin note" for r in draft.clean.repairs):
                draft.replace(_NEUTRAL_PINYIN, lambda _: "", "pinyin note")
        if config.unwrap:
            draft.edit(_hard_breaks(draft.clean.text), "hard line break")
        if draft.clean.text == before:
            break
    return draft.finished()


_LAYERS = 8
_LINE_END = "line end"

# A numeric entity may stand for a character that has no place in a text.
_UNSAFE = {c: None for c in range(0x20) if c not in (9, 10)} | dict.fromkeys((127, 173, 65279, *range(8203, 8208), *range(8234, 8239)))


def _control_replacement(match: re.Match[str]) -> str:
    return "\n" if match[0][0] in "\r\x85\u2028\u2029" else ""


class _Draft:
    """Hold the original and all repairs so far, in the original's offsets."""

    def __init__(self, original: str) -> None:
        self.original = original
        self.clean = CleanText(original, (), (0,), (0,))

    def replace(self, pattern: re.Pattern[str], new: Callable[[re.Match[str]], str], reason: str) -> None:
        """Replace all matches in the text as it stands; what stands for a match has at most one character."""
        self.edit([(m.start(), m.end(), new(m)) for m in pattern.finditer(self.clean.text)], reason)

    def edit(self, edits: Iterable[tuple[int, int, str]], reason: str) -> None:
        """Replace spans of the text as it stands; a repair absorbs earlier ones inside its span."""
        current = self.clean
        added = []
        for begin, end, new in edits:
            if current.text[begin:end] == new:
                continue
            start, stop = current.span(begin, end)
            before = self.original[start:stop]
            added.append(Repair(start, stop, before, new, _LINE_END if before == "\r\n" and new == "\n" else reason))
        if added:
            self.clean = _rebuilt(self.original, _merged(current.repairs, added))

    def finished(self) -> CleanText:
        """Return the result, with line ends left out of the list of repairs."""
        if not any(r.reason == _LINE_END for r in self.clean.repairs):
            return self.clean
        return replace(self.clean, repairs=tuple(r for r in self.clean.repairs if r.reason != _LINE_END))


def _merged(earlier: Sequence[Repair], added: Sequence[Repair]) -> tuple[Repair, ...]:
    """Merge two ascending lists; a new repair takes the place of the earlier ones that it covers."""
    result: list[Repair] = []
    rest = iter(earlier)
    old = next(rest, None)
    for repair in added:
        while old is not None and old.end <= repair.start:
            result.append(old)
            old = next(rest, None)
        while old is not None and old.end <= repair.end:
            old = next(rest, None)
        result.append(repair)
    if old is not None:
        result += [old, *rest]
    return tuple(result)


def _rebuilt(original: str, repairs: tuple[Repair, ...]) -> CleanText:
    """Make the repairs in the original and note where each stretch of the result comes from."""
    pieces: list[str] = []
    anchors, origins = [0], [0]
    cursor = length = 0

    def anchor(position: int, origin: int) -> None:
        if anchors[-1] == position:
            anchors.pop()
            origins.pop()
        anchors.append(position)
        origins.append(origin)

    for repair in repairs:
        pieces.append(original[cursor : repair.start])
        length += repair.start - cursor
        if repair.after:
            anchor(length, repair.start)
            pieces.append(repair.after)
            length += len(repair.after)
        anchor(length, repair.end)
        cursor = repair.end
    pieces.append(original[cursor:])
    return CleanText("".join(pieces), repairs, tuple(anchors), tuple(origins))


def _hard_breaks(text: str) -> list[tuple[int, int, str]]:
    """Find the line feeds that break sentences at a fixed width, as in text copied from a terminal or a PDF.

    Text that would still look broken when they are gone is verse or a list and keeps its lines.
    """
    lines = text.split("\n")
    width = _broken_at(lines)
    if width is None:
        return []
    edits: list[tuple[int, int, str]] = []
    pieces: list[str] = []
    position = 0
    for line, following in pairwise(lines):
        position += len(line)
        new = "\n"
        if _is_full(line, width) and following.strip() and line.rstrip()[-1:] not in _TERMINAL:
            apart = line[-1:].isascii() and following[:1].isascii() and not (_NUMBER_END.search(line) and _NUMBER_GOES_ON.match(following))
            new = " " if apart else ""
            edits.append((position, position + 1, new))
        pieces += [line, new]
        position += 1
    joined = "".join([*pieces, lines[-1]])
    return edits if _broken_at(joined.split("\n")) is None else []


def _is_full(line: str, width: int) -> bool:
    return width - 3 <= len(line) <= width + 3


def _broken_at(lines: Sequence[str]) -> int | None:
    """Return the width in characters at which lines were broken, ``None`` where they were not."""
    filled = [len(line) for line in lines if line.strip()]
    if len(filled) < 8:
        return None
    width = sorted(filled)[int(0.9 * len(filled))]
    if not 18 <= width <= 120:
        return None
    full = [line for line in lines if line.strip() and _is_full(line, width)]
    unfinished = [line for line in full if line.rstrip()[-1:] not in _TERMINAL]
    return width if len(full) >= 0.5 * len(filled) and len(unfinished) >= 0.5 * len(full) else None


# Characters of written Cantonese, which Hong Kong's press quotes; few are in the first level of either set.
_CANTONESE = "佢哋咗嘅唔冇嚟嗰畀睇瞓啲喺噉咁嘢攞揾搵嗌嬲啱攰咪咩嘥乜吖呃咋嘞囉喇啩嗱諗谂㗎嘈傾嘴靚冚抵咭埋晒孭嘜揸焗劏鍾仔瞭黐𠮶"

# Standard forms of OpenCC and of older Hong Kong print, for which Big5's first level has another.
_VARIANTS = "爲衆羣峯裏説衞鋭閲僞啓牀敍叄鈎鉢麪喫纔糉"


def _common_han() -> set[str]:
    """Give the Han characters that ordinary text is made of: the first levels of GB2312 and Big5, Cantonese ones and variants."""
    big5 = _decoded("big5", range(0xA4, 0xC7), (*range(0x40, 0x7F), *range(0xA1, 0xFF)))
    return {*_CANTONESE, *_VARIANTS} | _decoded("gb2312", range(0xB0, 0xD8), range(0xA1, 0xFF)) | big5


def _second_level() -> set[str]:
    """Give the second level of GB2312: characters of names, places and learned words."""
    return _decoded("gb2312", range(0xD8, 0xF8), range(0xA1, 0xFF))


def _decoded(encoding: str, high: Sequence[int], low: Sequence[int]) -> set[str]:
    """Return the characters that two bytes out of these ranges stand for."""
    first, second = np.meshgrid(np.array(high, np.uint8), np.array(low, np.uint8), indexing="ij")
    # A line feed keeps pairs that stand for nothing from taking a byte of the next one.
    pairs = np.stack([first, second, np.full_like(first, ord("\n"))], axis=-1).tobytes()
    return set(pairs.decode(encoding, "ignore")) - {"\n"}


_ANY_HAN = re.compile(f"[{_HAN}]")
# The second and third bytes of UTF-8, read as Latin-1 or Windows-1252.
_CONTINUED = "[\u0080-\u00bf\u0152-\u0178\u02c6\u02dc\u2013-\u203a\u20ac\u2122]"
_BROKEN = re.compile(
    f"\ufffd|[\ue000-\uf8ff]{{2}}|锟斤拷|烫烫烫|屯屯屯|(?:[\u00c2-\u00df]{_CONTINUED}){{2}}|(?:[\u00e0-\u00ef]{_CONTINUED}{{2}}){{2}}"
)

_HAN_RANGES = ((0x3400, 0x4DC0), (0x4E00, 0xA000), (0xF900, 0xFB00))
_DAMAGE, _RARE, _UNKNOWN = 1, 2, 4


@lru_cache(maxsize=1)
def _suspicious() -> NDArray[np.uint8]:
    """Tabulate the characters without which no text is mojibake.

    They are those that stand for damage, Han characters that ordinary text does not hold, and among these
    the ones that no text of today holds. Characters beyond the basic plane are rare, but no mistaken
    encoding makes them: somebody meant them.
    """
    table = np.zeros(0x10000, np.uint8)
    common, known = ([ord(c) for c in characters if ord(c) < len(table)] for characters in (_common_han(), _second_level()))
    for begin, end in _HAN_RANGES:
        table[begin:end] = _RARE | _UNKNOWN
    table[known] &= _RARE
    table[common] = 0
    for begin, end in ((0xE000, 0xF900), (0xC2, 0xF0)):
        table[begin:end] = _DAMAGE
    table[[ord(c) for c in "\ufffd锟烫屯"]] |= _DAMAGE
    return table


def _suspicions(text: str) -> NDArray[np.uint8]:
    points = np.frombuffer(text.encode("utf-32-le", "surrogatepass"), np.uint32)
    table = _suspicious()
    found: NDArray[np.uint8] = table.take(np.minimum(points, len(table) - 1))
    return found


def suspicious_places(text: str) -> list[int]:
    """Return where a text holds characters without which none of its sentences is mojibake, in order; mostly there are none."""
    found: list[int] = _suspicions(text).nonzero()[0].tolist()
    return found


def is_unreadable(text: str) -> bool:
    """Tell whether a sentence is mojibake: text decoded with a wrong encoding somewhere on its way.

    Judged by rare characters close together, by characters that only stand for damage, and by
    sequences that UTF-8 bytes leave behind when they are read as Latin-1 or GBK.

    >>> is_unreadable("祹煾抵皇前呀浀渫把b方便面"), is_unreadable("鋰電池與磷酸鐵鋰")
    (True, False)
    """
    found = _suspicions(text)
    if not found.any():
        return False
    if _BROKEN.search(text):
        return True
    rare = int(np.count_nonzero(found & _RARE))
    if rare < 2:
        return False
    han = len(_ANY_HAN.findall(text))
    unknown = int(np.count_nonzero(found & _UNKNOWN))
    return (unknown >= 2 and unknown >= 0.08 * han and rare >= 3) or (rare >= 4 and rare >= 0.3 * han)
