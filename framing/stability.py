"""Say how stable a score is: what changes when only the writing of an article changes, or one sentence goes.

The same article is written in other ways that mean the same: in another script, width, punctuation or
spacing, with pinyin notes, or cut into lines and sentences differently. Each variant is scored, and its
sentences are set beside those of the article by their place in the text, never by their number, since a
variant may be cut differently. Then sentences are left out one at a time.

Variants are made from the repaired text (``clean``), so that a variant cannot break mark-up or an entity
which the repair would have taken away.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Literal

from framing.aggregate import ALL
from framing.clean import clean
from framing.records import ArticleScore, Frame, Sentence

__all__ = ["GROUPS", "REWRITING", "Change", "Flip", "Limits", "Omission", "Stability", "Variant", "examine", "variants"]

Group = Literal["script", "width", "punctuation", "spacing", "pinyin", "cutting"]
REWRITING: tuple[Group, ...] = ("script", "width", "punctuation", "spacing", "pinyin")
"""Kinds of variants that leave the sentences what they are."""

GROUPS: tuple[Group, ...] = (*REWRITING, "cutting")
"""All kinds of variants, in the order of reports."""

Edit = tuple[int, int, str]

SCRIPTS = ("s2t", "s2tw", "s2twp", "s2hk", "t2s")
"""OpenCC's conversions; ``s2twp`` also changes words (软件 to 軟體)."""

WRAP = 40
"""Characters per line of hard-wrapped text."""

OMITTED = 5
"""Sentences that are really left out and scored again: those that move the total of all sentences most."""


@dataclass(frozen=True, slots=True)
class Variant:
    """Hold an article written another way, with the way back.

    ``anchors`` and ``origins`` are parallel and ascend: ``text`` from ``anchors[i]`` on is the article
    from ``origins[i]`` on, up to the next anchor. ``edits`` counts the places that were rewritten.
    """

    group: Group
    name: str
    text: str
    edits: int
    anchors: tuple[int, ...]
    origins: tuple[int, ...]

    def original(self, position: int) -> int:
        """Return the offset in the article of an offset in the variant; inside a rewritten place, at most its end."""
        index = bisect_right(self.anchors, position) - 1
        found = self.origins[index] + position - self.anchors[index]
        return min(found, self.origins[index + 1]) if index + 1 < len(self.origins) else found


@dataclass(frozen=True, slots=True)
class Flip:
    """Hold a sentence (its index in the score) whose frame changed; ``None`` where it was no longer counted."""

    sentence: int
    before: Frame
    after: Frame | None


@dataclass(frozen=True, slots=True)
class Change:
    """Hold what a variant changed.

    ``compared`` counts the article's counted sentences, ``recut`` those that no sentence of the variant
    covers exactly. ``net`` maps each topic and ``all`` to the change of net stance (variant less article,
    −2 to +2), ``None`` where either has too few sentences. A variant with ``edits`` 0 is the article itself.
    """

    group: Group
    name: str
    edits: int
    compared: int
    flips: tuple[Flip, ...]
    recut: int
    net: dict[str, float | None]
    verdict: str


@dataclass(frozen=True, slots=True)
class Omission:
    """Hold what leaving out one sentence (its index in the score) changed: net stance per topic, frames of others, verdict."""

    sentence: int
    flips: tuple[Flip, ...]
    net: dict[str, float | None]
    verdict: str


@dataclass(frozen=True, slots=True)
class Limits:
    """Set how much may change.

    ``flips`` is the share of frames that rewriting may flip (0 to 1), over all variants but those that
    cut sentences differently, where a frame belongs to other words; ``net`` how far any variant may move
    the net stance over all sentences; ``influence`` how far one sentence may move it.
    """

    flips: float | None = None
    net: float | None = None
    influence: float | None = None


@dataclass(frozen=True, slots=True)
class Stability:
    """Hold an article's score, what each variant changed, and what its most influential sentences change.

    ``omissions`` are in the order of their influence on the row ``all``, strongest first.
    """

    score: ArticleScore
    changes: tuple[Change, ...]
    omissions: tuple[Omission, ...]

    def compared(self, *groups: Group) -> int:
        """Count the comparisons of a sentence with its variant, over the variants that differ."""
        return sum(c.compared for c in self.changes if c.edits and c.group in groups)

    def flips(self, *groups: Group) -> int:
        """Count the frames that flipped in those comparisons."""
        return sum(len(c.flips) for c in self.changes if c.edits and c.group in groups)

    @property
    def flip_share(self) -> float:
        """Give the share of frames that rewriting flips, 0 to 1, over all groups but ``cutting``."""
        return self.flips(*REWRITING) / max(1, self.compared(*REWRITING))

    @property
    def net_change(self) -> float:
        """Give the largest change of net stance over all sentences that a variant makes, as a distance."""
        return max((abs(c.net[ALL] or 0.0) for c in self.changes), default=0.0)

    @property
    def influence(self) -> float:
        """Give the largest change of net stance over all sentences from leaving one out, as a distance."""
        return max((abs(o.net[ALL] or 0.0) for o in self.omissions), default=0.0)

    def beyond(self, limits: Limits) -> tuple[str, ...]:
        """Name the limits (fields of ``Limits``) that are passed."""
        found = {"flips": self.flip_share, "net": self.net_change, "influence": self.influence}
        held = {"flips": limits.flips, "net": limits.net, "influence": limits.influence}
        return tuple(name for name, value in found.items() if (limit := held[name]) is not None and value > limit)


def examine(text: str, scored: Callable[[str], ArticleScore], omitted: int = OMITTED) -> Stability:
    """Score an article and its variants, and the article without its most influential sentences.

    Args:
        text: the article as it was read.
        scored: what scores a text, such as ``functools.partial(framing.score, model=model)``.
        omitted: how many sentences are left out, one at a time.

    Returns:
        The findings. Offsets in its score refer to ``text``.
    """
    base = scored(text)
    plain = clean(text).text
    # Repaired text needs no further repair, so this has the same sentences, placed in the repaired text.
    repaired = scored(plain)
    changes = tuple(_change(repaired, plain, variant, scored) for variant in variants(plain, [s.sentence for s in repaired.sentences]))
    return Stability(base, changes, _omissions(repaired, plain, scored, omitted))


def _change(base: ArticleScore, text: str, variant: Variant, scored: Callable[[str], ArticleScore]) -> Change:
    found = scored(variant.text) if variant.edits else base
    spans = [(variant.original(s.sentence.start), variant.original(s.sentence.end)) for s in found.sentences]
    flips, recut, compared = _compared(base, text, found, spans)
    return Change(variant.group, variant.name, variant.edits, compared, flips, recut, _moves(base, found), found.verdict)


def _compared(
    base: ArticleScore, text: str, found: ArticleScore, spans: Sequence[tuple[int, int]], skip: int | None = None
) -> tuple[tuple[Flip, ...], int, int]:
    """Set each counted sentence beside the one that covers most of it; return flips, recut and compared."""
    flips, recut, compared = [], 0, 0
    trimmed = [_trimmed(text, *span) for span in spans]
    partners = _partners([(s.sentence.start, s.sentence.end) for s in base.sentences], trimmed)
    for index, (item, partner) in enumerate(zip(base.sentences, partners, strict=True)):
        before = _frame(base, index)
        if before is None or index == skip:
            continue
        compared += 1
        after = None if partner is None else _frame(found, partner)
        if after != before:
            flips.append(Flip(index, before, after))
        recut += partner is None or trimmed[partner] != (item.sentence.start, item.sentence.end)
    return tuple(flips), recut, compared


def _frame(score: ArticleScore, index: int) -> Frame | None:
    item = score.sentences[index]
    return item.prediction.frame if item.prediction is not None and item.sentence.kind in ("body", "heading") else None


def _trimmed(text: str, start: int, end: int) -> tuple[int, int]:
    while start < end and text[start].isspace():
        start += 1
    while end > start and text[end - 1].isspace():
        end -= 1
    return start, end


def _partners(wanted: Sequence[tuple[int, int]], offered: Sequence[tuple[int, int]]) -> list[int | None]:
    """Find for each span the one that overlaps it most, the first of equals; both lists ascend."""
    result: list[int | None] = []
    first = 0
    for start, end in wanted:
        while first < len(offered) and offered[first][1] <= start:
            first += 1
        best, most, index = None, 0, first
        while index < len(offered) and offered[index][0] < end:
            overlap = min(end, offered[index][1]) - max(start, offered[index][0])
            if overlap > most:
                best, most = index, overlap
            index += 1
        result.append(best)
    return result


def _moves(base: ArticleScore, found: ArticleScore) -> dict[str, float | None]:
    return {
        a.topic: b.net.value - a.net.value if a.net is not None and b.net is not None else None
        for a, b in zip(base.topics, found.topics, strict=True)
    }


def _omissions(base: ArticleScore, text: str, scored: Callable[[str], ArticleScore], count: int) -> tuple[Omission, ...]:
    """Leave out the sentences that promise to move the total most, and see what each really moves.

    What a sentence adds to the mean follows from the predictions at hand; scoring again also shows what
    its neighbours make of its absence, and would take a square of the time if done for every sentence.
    """
    nets = {
        i: s.prediction.praise - s.prediction.skepticism
        for i, s in enumerate(base.sentences)
        if s.prediction is not None and _frame(base, i) is not None
    }
    if len(nets) < 2:
        return ()
    mean = sum(nets.values()) / len(nets)
    chosen = sorted(nets, key=lambda i: (-abs(nets[i] - mean), i))[:count]
    found = [_omission(base, text, i, scored) for i in chosen]
    return tuple(sorted(found, key=lambda o: (-abs(o.net[ALL] or 0.0), o.sentence)))


def _omission(base: ArticleScore, text: str, index: int, scored: Callable[[str], ArticleScore]) -> Omission:
    sentence = base.sentences[index].sentence
    rest = _rewritten("cutting", "omission", text, [(sentence.start, sentence.end, "")])
    found = scored(rest.text)
    spans = [(rest.original(s.sentence.start), rest.original(s.sentence.end)) for s in found.sentences]
    flips, _, _ = _compared(base, text, found, spans, skip=index)
    return Omission(index, flips, _moves(base, found), found.verdict)


def variants(text: str, sentences: Sequence[Sentence]) -> Iterator[Variant]:
    """Write repaired text in other ways.

    Args:
        text: the repaired text.
        sentences: its sentences, with offsets into it.
    """
    for name in SCRIPTS:
        yield _rewritten("script", name, text, _converted(text, name))
    for name, table in _WIDTHS.items():
        yield _rewritten("width", name, text, _mapped(text, table))
    for name, table in _MARKS.items():
        yield _rewritten("punctuation", name, text, _mapped(text, table))
    yield _rewritten("punctuation", "straight quotes", text, _mapped(text, dict.fromkeys("“”「」", '"')))
    western = [(m.start(), m.end(), _WESTERN[m[1]] + ("" if m[2] is None else " ")) for m in _MARK.finditer(text)]
    yield _rewritten("punctuation", "western marks", text, western)
    yield _rewritten("spacing", "spaced", text, [(m.start(), m.start(), " ") for m in _SEAM.finditer(text)])
    yield _rewritten("spacing", "unspaced", text, [(m.start(), m.end(), "") for m in _SPACED_SEAM.finditer(text)])
    yield _rewritten("spacing", "letterspaced", text, [(m.start(), m.start(), " ") for m in _BETWEEN_HAN.finditer(text)])
    yield _rewritten("spacing", "indented", text, [(m.start(), m.start(), "\u3000\u3000") for m in _LINE_START.finditer(text)])
    yield _rewritten("spacing", "blank lines", text, [(m.end(), m.end(), "\n") for m in _LINE_END.finditer(text)])
    for name, brackets in (("half-width notes", "()"), ("full-width notes", "（）")):
        yield _rewritten("pinyin", name, text, _notes(text, brackets))
    yield _rewritten("cutting", "at semicolons", text, _mapped(text, {"；": "。", ";": "。"}))
    yield _rewritten("cutting", "line per sentence", text, [(s.end, s.end, "\n") for s in sentences if _FULL_STOP.match(text[s.end - 1])])
    yield _rewritten("cutting", "joined lines", text, [(m.start() + 1, m.end(), "") for m in _ENDED_LINE.finditer(text)])
    yield _rewritten("cutting", "hard-wrapped", text, _wraps(text))


_FULL_WIDTH = {chr(c): chr(c + 0xFEE0) for c in range(0x21, 0x7F)}
_WIDTHS: dict[str, dict[str, str]] = {"full": _FULL_WIDTH, "half": {wide: narrow for narrow, wide in _FULL_WIDTH.items()} | {"\u3000": " "}}
_MARKS: dict[str, dict[str, str]] = {
    "corner brackets": dict(zip("“”‘’", "「」『』", strict=True)),
    "curly quotes": dict(zip("「」『』", "“”‘’", strict=True)),
    "dots and dashes": {"……": "...", "——": "--", "·": "•"},
}
_WESTERN = dict(zip("，。！？；：、", ",.!?;:,", strict=True))
# A blank follows where the text goes on, but not before a mark that closes.
_MARK = re.compile(r"""([，。！？；：、])((?=[^\s，。！？；：、”」』’）》】"]))?""")
_HAN = "\u3400-\u9fff"
_SEAM = re.compile(rf"(?<=[{_HAN}])(?=[A-Za-z0-9])|(?<=[A-Za-z0-9%])(?=[{_HAN}])")
_SPACED_SEAM = re.compile(rf"(?<=[{_HAN}]) +(?=[A-Za-z0-9])|(?<=[A-Za-z0-9%]) +(?=[{_HAN}])")
_BETWEEN_HAN = re.compile(rf"(?<=[{_HAN}])(?=[{_HAN}])")
_LINE_START = re.compile(r"^(?=[^\s])", re.MULTILINE)
_LINE_END = re.compile(r"(?<=[^\n])\n(?=[^\n])")
_FULL_STOP = re.compile("[。！？!?”」』）]")
_ENDED_LINE = re.compile(r"[。！？][^\S\n]*\n\s*(?=\S)")
_NOTES = """
    技jì 术shù 術shù 产chǎn 產chǎn 品pǐn 公gōng 司sī 市shì 场chǎng 場chǎng 量liàng 用yòng 车chē 車chē 发fā 發fā 新xīn 能néng 电diàn 電diàn
    池chí 机jī 機jī 人rén 业yè 業yè 心xīn 行xíng 成chéng 长zhǎng 長zhǎng 面miàn
"""
_NOTED = {note[0]: note[1:] for note in _NOTES.split()}
_NOTED_HAN = re.compile(f"[{''.join(_NOTED)}]")
_EVERY = 7


def _notes(text: str, brackets: str) -> list[Edit]:
    """Put a pinyin note after every seventh of the characters listed, as some scraped pages do for learners."""
    places = list(_NOTED_HAN.finditer(text))[::_EVERY]
    return [(m.end(), m.end(), f"{brackets[0]}{_NOTED[m[0]]}{brackets[1]}") for m in places]


def _mapped(text: str, table: dict[str, str]) -> list[Edit]:
    pattern = re.compile("|".join(map(re.escape, table)))
    return [(m.start(), m.end(), table[m[0]]) for m in pattern.finditer(text)]


# Typesetters let no line begin with a mark that closes (JIS X 4051; CLREQ 3.1.3).
_NO_LINE_START = re.compile("[，。！？；：、”」』’）》】,.!?;:)…—]*")


def _wraps(text: str) -> list[Edit]:
    edits = []
    start = 0
    for line in text.split("\n"):
        at = WRAP
        while at < len(line):
            marks = _NO_LINE_START.match(line, at)
            at = marks.end() if marks else at
            if at < len(line):
                edits.append((start + at, start + at, "\n"))
            at += WRAP
        start += len(line) + 1
    return edits


@lru_cache(maxsize=len(SCRIPTS))
def _converter(name: str) -> Any:
    # Imported here: the module is large, and only this uses more of it than its tables.
    from opencc import OpenCC

    return OpenCC(name)


# OpenCC looks for phrases between such marks only. Longer stretches are not text; its search is recursive.
_LONGEST_STRETCH = 200


def _converted(text: str, name: str) -> list[Edit]:
    """Convert what stands between two marks by itself, so that marks, where sentences end, keep their places."""
    converter = _converter(name)
    edits: list[Edit] = []
    position = 0
    for piece in converter.split_chars_re.split(text):
        for begin in range(0, len(piece), _LONGEST_STRETCH):
            before = piece[begin : begin + _LONGEST_STRETCH]
            after = converter.convert(before)
            if after != before:
                edits.append((position + begin, position + begin + len(before), after))
        position += len(piece)
    return edits


def _rewritten(group: Group, name: str, text: str, edits: Sequence[Edit]) -> Variant:
    """Make the edits, which ascend and do not overlap, and note where each stretch comes from."""
    pieces: list[str] = []
    anchors, origins = [0], [0]
    cursor = length = 0
    for start, end, new in edits:
        pieces += [text[cursor:start], new]
        length += start - cursor
        anchors += [length, length + len(new)]
        origins += [start, end]
        length += len(new)
        cursor = end
    pieces.append(text[cursor:])
    return Variant(group, name, "".join(pieces), len(edits), tuple(anchors), tuple(origins))
