"""Cut repaired text into sentences with offsets.

A sentence ends at 。！？ or their half-width forms, at the end of a line, or at an ellipsis that ends
one of these; closing quotation marks and brackets stay with the sentence that they close. A short
quotation is never cut inside; a quotation that runs over several long sentences is. Decimals,
version numbers, abbreviations and list numbers are kept whole.
"""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from framing.clean import CleanText, is_unreadable, suspicious_places
from framing.records import Kind, Sentence

__all__ = ["SentenceConfig", "split"]


@dataclass(frozen=True, slots=True)
class SentenceConfig:
    """Set the lengths, in characters, that decide where text is cut.

    ``quote`` is the length up to which a quotation or bracket is kept whole; ``longest`` the length
    at which a text without any full stop is cut at a comma, or, failing that, anywhere.
    """

    quote: int = 60
    longest: int = 400


_OPEN = {"“": "”", "「": "」", "『": "』", "‘": "’", "（": "）", "(": ")", "《": "》", "【": "】"}
# The same for vertical text and in half width, and the marks of Japanese printing.
_OPEN |= {"﹁": "﹂", "﹃": "﹄", "︵": "︶", "︽": "︾", "︻": "︼", "｢": "｣", "〝": "〞"}
_CLOSE = frozenset(_OPEN.values())
# Beside the usual stops those of half-width, vertical and small forms, and two marks in one character.
_STOPS = "。！？!?｡︒︕︖﹗﹖‼⁇⁈⁉"
_FULL_STOPS = f"{_STOPS}…."
_EXCLAIMED = "！？!?︕︖﹗﹖‼⁇⁈⁉"
_CLOSING = "".join(_OPEN.values())
_PAIRED = "".join(_OPEN) + _CLOSING + '"'
# All begins are in one class of characters, which the engine looks for much faster than for alternatives.
_EVENT = re.compile(
    rf"[{_PAIRED}{_FULL_STOPS}](?:(?<=[{_PAIRED}])|(?<=[{_STOPS}])[{_STOPS}]*|(?<=…)…*|(?<=\.)(?:\.{{2,}}|(?=\s|$|[”」』\"）)])))"
)
# What closes a sentence's quotation or bracket stays with the sentence.
_CLOSERS = frozenset(f"{_CLOSING}\"']")
_TITLE_CLOSERS = "》︾"
_BRACKET_CLOSERS = "）)︶"
_INTRODUCERS = "：:，,"
_PAUSES = "，,、；;：:"
# These stand in names too.
_HALF_WIDTH = "!?"
_FOLLOWS_ON = re.compile(
    r"[，,、；;：:的之地]|[^。！？!?，,\n]{0,9}(?:[说說説道]|表示|[称稱]|指出|[认認][为為爲]|[问問]|[写寫]|回[应應]|回答|坦言|[强強][调調]|[补補]充|解[释釋]|告[诉訴])"
)
_ABBREVIATION = re.compile(r"(?:^|[\s(（])(?:[A-Za-z]|Mr|Mrs|Ms|Dr|Inc|Ltd|Co|Corp|St|No|vs|etc|Jr|Sr|Prof|\d{1,3})$")
_ABBREVIATION_LENGTH = 6
_SOFT = re.compile(r"[；;，,、\s]")
_LINE = re.compile(r"[^\n]+")
_CONTENT = re.compile(r"\w")
_BOILERPLATE = re.compile(
    r"^\s*(?:[（(【\[]?(?:免[责責]声?聲?明|[风風][险險]提示|特[别別]声?聲?明|版[权權]声?聲?明|本文(?:来源|來源|转自|轉自|首发|首發|原载|原載|系|係|由.{2,12}(?:授权|授權|原创|原創)|仅代表|僅代表|不构成|不構成)"
    r"|[责責]任?[编編][辑輯]?\s*[:：/／|｜]|(?:作者|记者|記者|编辑|編輯|撰文|[采採][写寫]|来源|來源|出品|校对|校對|排版|美编|美編|图源|圖源|图片来源|圖片來源|封面图|封面圖|首图|首圖|文)\s*[:：/／|｜丨]"
    r"|阅读原文|閱讀原文|点击(?:阅读|上方|下方|蓝字|关注)|點擊(?:閱讀|上方|下方|藍字|關注)|扫码|掃碼|[长長]按.{0,6}二[维維][码碼]|欢迎(?:关注|转发|添加)|歡迎(?:關注|轉發|加入)|转载(?:请|須|须|自)|轉載(?:請|須|自)"
    r"|未经(?:授权|许可)|未經(?:授權|許可)|相关阅读|相關閱讀|延伸阅读|延伸閱讀|推荐阅读|推薦閱讀|更多精彩|END\b|—\s*完\s*—|（完）|\(完\))"
    r"|(?:另|注)\s*[:：].{0,12}(?:[风風][险險]|[谨謹]慎))"
)
_WARNING = re.compile(
    r"不[构構]成.{0,12}[投][资資]建[议議]|[投入]市[须需須]?[谨謹]慎|[股投][市资資]有[风風][险險][，,、；;。！!]?\s*(?:[入投][市资資]|[请請需须須]|$)"
)
_WARNING_BEGINS = 30
"""Place in a sentence up to which a warning of risks makes it a notice."""


def split(source: CleanText, config: SentenceConfig = SentenceConfig()) -> list[Sentence]:
    """Cut a repaired text into sentences.

    Returns:
        The sentences in order. Offsets refer to the original text, never overlap and ascend; what
        lies between two sentences is white space or was repaired away.

    >>> from framing.clean import clean
    >>> [s.text for s in split(clean("售价3.5元。“好。我们走。”他说。众人离开。"))]
    ['售价3.5元。', '“好。我们走。”他说。', '众人离开。']
    """
    result: list[Sentence] = []
    unmoved = source.unmoved
    suspicious = suspicious_places(source.text)
    paragraph = 0
    for found in _LINE.finditer(source.text):
        before = len(result)
        line, offset = found[0], found.start()
        for begin, end, ended in _split_line(line, config):
            part = line[begin:end]
            start, stop = offset + begin, offset + end
            suspect = bool(suspicious) and bisect_left(suspicious, start) < bisect_left(suspicious, stop)
            if not unmoved:
                start, stop = source.span(start, stop)
            result.append(Sentence(part, start, stop, paragraph, _kind(part, ended, suspect)))
        if len(result) > before:
            paragraph += 1
    return result


def _kind(text: str, ended: bool, suspect: bool) -> Kind:
    if _is_boilerplate(text) or not _CONTENT.search(text) or len(text.strip("、，,.。（）()：: ")) < 2:
        return "boilerplate"
    if suspect and is_unreadable(text):
        return "unreadable"
    return "body" if ended or len(text) > 40 else "heading"


def _is_boilerplate(text: str) -> bool:
    if _BOILERPLATE.match(text):
        return True
    warning = _WARNING.search(text)
    return warning is not None and warning.start() <= _WARNING_BEGINS


def _split_line(line: str, config: SentenceConfig) -> list[tuple[int, int, bool]]:
    """Return (start, end, ended by a full stop) for each sentence of one line, outer blanks left out."""
    result: list[tuple[int, int, bool]] = []
    start = 0
    for end in _boundaries(line, config):
        _add_trimmed(result, line, start, end, True, config)
        start = end
    if start < len(line):
        _add_trimmed(result, line, start, len(line), False, config)
    return result


def _add_trimmed(result: list[tuple[int, int, bool]], line: str, start: int, end: int, ended: bool, config: SentenceConfig) -> None:
    while end - start > config.longest:
        window = line[start + config.longest // 2 : start + config.longest]
        cut = max((m.end() for m in _SOFT.finditer(window)), default=len(window)) + start + config.longest // 2
        _add_trimmed(result, line, start, cut, True, config)
        start = cut
    part = line[start:end]
    begin, stop = end - len(part.lstrip()), start + len(part.rstrip())
    if begin < stop:
        result.append((begin, stop, ended))


def _boundaries(line: str, config: SentenceConfig) -> Iterable[int]:
    """Return the positions after which a sentence ends."""
    first = _EVENT.search(line)
    if first is None:
        return ()
    if first.end() == len(line):
        # Most lines of a text without paragraphs are one plain sentence.
        return (len(line),) if first[0][0] in _FULL_STOPS else ()
    return _boundaries_between([(*m.span(), m[0]) for m in _EVENT.finditer(line, first.start())], line, config)


def _boundaries_between(events: list[tuple[int, int, str]], line: str, config: SentenceConfig) -> Iterator[int]:
    closing = _matching(events, len(line))
    opened = {place: events[index][0] for index, place in sorted(closing.items())}
    # A straight quotation mark looks the same at either end; one that opens is no closer of what stands before it.
    straight = {events[index][0] for index in closing if events[index][2] == '"'}
    # Up to where short quotations and brackets keep the text whole.
    whole = 0
    done = 0
    for index, (start, end, mark) in enumerate(events):
        if index in closing:
            if closing[index] - start <= config.quote:
                whole = max(whole, closing[index])
            continue
        if mark[0] not in _FULL_STOPS:
            continue
        after = end
        while after < len(line) and line[after] in _CLOSERS and after not in straight:
            after += 1
        if whole > after:
            continue
        if after < len(line) and any(_is_embedded(line, done, opened[i], i, mark) for i in range(end, after) if i in opened):
            continue
        if not _ends_sentence(line, start, end, after, mark):
            continue
        done = after
        yield after


def _matching(events: list[tuple[int, int, str]], length: int) -> dict[int, int]:
    """Map the index of each opening mark to the position of its partner (the line's end if it has none)."""
    closing: dict[int, int] = {}
    open_marks: list[tuple[int, str]] = []
    straight: int | None = None
    for index, (start, _, mark) in enumerate(events):
        if mark == '"':
            if straight is None:
                straight = index
            else:
                closing[straight] = start
                straight = None
        elif mark in _OPEN:
            open_marks.append((index, _OPEN[mark]))
        elif mark in _CLOSE and any(partner == mark for _, partner in open_marks[-4:]):
            while open_marks[-1][1] != mark:
                opened, _ = open_marks.pop()
                closing[opened] = start
            opened, _ = open_marks.pop()
            closing[opened] = start
    for opened, _ in open_marks:
        closing[opened] = length
    return closing


def _is_embedded(line: str, begin: int, opening: int, closing: int, mark: str) -> bool:
    """Tell whether what ends at ``closing`` is a part of the sentence from ``begin`` on: a title, an aside, a quoted word."""
    if line[closing] in _TITLE_CLOSERS:
        return True
    before = line[begin:opening].rstrip()
    if not before or before[-1] in _INTRODUCERS:
        return False
    return line[closing] in _BRACKET_CLOSERS or mark[0] in _EXCLAIMED


def _ends_sentence(line: str, start: int, end: int, after: int, mark: str) -> bool:
    following = line[after : after + 1]
    if not following:
        return True
    if after > end and _FOLLOWS_ON.match(line, after):
        return False
    if mark[0] == "…" or mark.startswith("..."):
        return after > end or following.isspace()
    if mark == ".":
        return not _ABBREVIATION.search(line[max(0, start - _ABBREVIATION_LENGTH) : start])
    if mark in _HALF_WIDTH and following.isascii() and following.isalnum():
        return False
    return not (following in _PAUSES and mark[0] in _EXCLAIMED)
