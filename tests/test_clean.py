"""Repairs take away what no author wrote, are listed, and lead back to the original."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from framing.clean import CleanConfig, CleanText, clean, is_unreadable, suspicious_places

CASES = json.loads((Path(__file__).parent / "cases" / "clean.json").read_text("utf-8"))

FRAGMENTS = st.sampled_from(
    [
        *"小米車态業好的。，！“”「」()（）<>&;#/\n\r\t \u200b\x00\x85\u2028\ufeff\u202e",
        "(tài)",
        "（yè）",
        "(le)",
        "&amp;",
        "&nbsp;",
        "&#8203;",
        "&#x2028;",
        "&#1564;",
        "&#0;",
        "&hellip;",
        "<b>",
        "</p>",
        "<br/>",
        "<!-- x -->",
        "<img src='a'>",
        "AI",
        "3.5",
        "\r\n",
        "\ud800",
        "十八个字的一行文字没有标点也没有结尾呢",
    ]
)
TEXTS = st.lists(FRAGMENTS, max_size=40).map("".join)
WRAPPED = st.lists(st.text("新车销量稳定，。 ", min_size=0, max_size=26), min_size=8, max_size=24).map("\n".join)


def replayed(original: str, result: CleanText) -> str:
    """Make the listed repairs in the original."""
    pieces, cursor = [], 0
    for repair in result.repairs:
        assert repair.start >= cursor, "repairs overlap"
        assert original[repair.start : repair.end] == repair.before
        pieces += [original[cursor : repair.start].replace("\r\n", "\n"), repair.after]
        cursor = repair.end
    return "".join([*pieces, original[cursor:].replace("\r\n", "\n")])


@pytest.mark.parametrize("case", CASES["repaired"], ids=lambda c: c["why"])
def test_repairs(case: dict[str, str]) -> None:
    result = clean(case["text"])
    assert result.text == case["clean"]
    assert [r.reason for r in result.repairs] == case["reasons"]
    assert replayed(case["text"], result) == result.text


@pytest.mark.parametrize("case", CASES["kept"], ids=lambda c: c["why"])
def test_what_an_author_writes_stays(case: dict[str, str]) -> None:
    result = clean(case["text"])
    assert result.text == case["text"]
    assert result.repairs == ()


@pytest.mark.parametrize("case", CASES["unreadable"], ids=lambda c: c["why"])
def test_mojibake_is_unreadable(case: dict[str, str]) -> None:
    assert is_unreadable(case["text"])


@pytest.mark.parametrize("case", CASES["readable"], ids=lambda c: c["why"])
def test_rare_words_are_readable(case: dict[str, str]) -> None:
    assert not is_unreadable(case["text"])


@pytest.mark.parametrize("case", CASES["unreadable"], ids=lambda c: c["why"])
def test_mojibake_is_suspicious_where_it_stands(case: dict[str, str]) -> None:
    places = suspicious_places(f"一句话。{case['text']}又一句。𠮶")
    assert places
    assert min(places) >= len("一句话。")
    assert max(places) < len("一句话。") + len(case["text"])


@pytest.mark.parametrize("text", ["", "新芯片的性能领先同行。", "軟體也很好，iPhone 17！", "佢哋𠮶\U0010ffff\ud800"])
def test_ordinary_text_is_not_suspicious(text: str) -> None:
    assert suspicious_places(text) == []


@given(TEXTS | st.text(max_size=60))
def test_every_character_leads_back(original: str) -> None:
    result = clean(original)
    assert replayed(original, result) == result.text
    at = [result.original(i) for i in range(len(result.text) + 1)]
    assert at == sorted(set(at))
    assert at[-1] <= len(original)
    replaced = {r.start: r for r in result.repairs if r.after}
    for i, origin in enumerate(at[:-1]):
        start, end = result.span(i, i + 1)
        assert start == origin
        if origin in replaced:
            assert result.text[i] == replaced[origin].after
            assert end == replaced[origin].end
        else:
            assert result.text[i] == original[origin] or original[origin : origin + 2] == "\r\n"
            assert end == origin + 1


def test_a_span_of_nothing_lies_where_its_character_was() -> None:
    result = clean("销量&amp;口碑")
    assert [result.span(i, i) for i in (0, 2, 3, 5)] == [(0, 0), (2, 2), (7, 7), (9, 9)]


@given(TEXTS | WRAPPED | st.text(max_size=60))
def test_cleaning_twice_equals_once(original: str) -> None:
    once = clean(original)
    again = clean(once.text)
    assert again.text == once.text
    assert again.repairs == ()


@given(TEXTS)
def test_without_repairs_the_text_stays(original: str) -> None:
    nothing = CleanConfig(controls=False, entities=False, tags=False, pinyin=False, unwrap=False)
    assert clean(original, nothing).text == original


def test_lines_broken_at_a_fixed_width_are_joined() -> None:
    text = "晨岸科技昨日發佈了新一代的車用晶片，公司表示，這款產品的算力是上一代的三倍，而功耗只有一半。供應鏈人士認為，量產時間仍有變數。"
    paragraphs = "\n".join([text * 2] * 4)
    wrapped = "\n".join("\n".join(p[i : i + 20] for i in range(0, len(p), 20)) for p in paragraphs.split("\n"))
    result = clean(wrapped)
    assert result.text == paragraphs
    assert {r.reason for r in result.repairs} == {"hard line break"}


@pytest.mark.parametrize(
    ("before", "after", "joined"),
    [
        ("1.", "8倍", "1.8倍"),
        ("1", ".8倍", "1.8倍"),
        ("12,", "000台", "12,000台"),
        ("20", "24年", "2024年"),
        ("Deep", "Seek", "Deep Seek"),
        ("v2.", "released", "v2. released"),
    ],
)
def test_what_was_broken_at_a_fixed_width(before: str, after: str, joined: str) -> None:
    line = "公司表示这款产品的算力是上一代的三倍功耗只有一半"
    wrapped = "\n".join([line, line[: 24 - len(before)] + before, after + line[: 24 - len(after)], *[line] * 8])
    assert line[: 24 - len(before)] + joined + line[: 24 - len(after)] in clean(wrapped).text


def test_verse_and_lists_keep_their_lines() -> None:
    verse = "\n".join("春风吹过工厂门前的柳树" * 2 + "\n" + "机器停了" for _ in range(10))
    assert clean(verse).text == verse


@pytest.mark.parametrize("hostile", ["<" * 50_000 + "b>" * 50_000, "&amp" * 50_000, "态(" * 50_000, "<b " * 50_000, "\r" * 50_000])
def test_hostile_repetition_ends(hostile: str) -> None:
    assert len(clean(hostile).text) <= len(hostile)
