"""Sentences end where readers end them, and no character is lost on the way."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from framing.clean import clean
from framing.sentences import SentenceConfig, split

CASES = json.loads((Path(__file__).parent / "cases" / "sentences.json").read_text("utf-8"))

TEXTS = st.lists(
    st.sampled_from(
        [
            *"新车他说。！？!?.…，；：:“”「」『』‘’（）()《》【】\"'3a A\n\r\t\u3000",
            "……",
            "...",
            "Mr.",
            "3.5",
            "(tài)",
            "<p>",
            "&amp;",
            "\u200b",
        ]
    ),
    max_size=60,
).map("".join)


@pytest.mark.parametrize("case", CASES["cut"], ids=lambda c: c["why"])
def test_cuts(case: dict[str, object]) -> None:
    assert [s.text for s in split(clean(str(case["text"])))] == case["sentences"]


@pytest.mark.parametrize("case", CASES["whole"], ids=lambda c: c["why"])
def test_keeps_whole(case: dict[str, str]) -> None:
    assert [s.text for s in split(clean(case["text"]))] == [case["text"]]


@pytest.mark.parametrize("case", CASES["kinds"], ids=lambda c: c["why"])
def test_kinds(case: dict[str, str]) -> None:
    assert [s.kind for s in split(clean(case["text"]))] == [case["kind"]]


@given(TEXTS | st.text(max_size=80), st.sampled_from([SentenceConfig(), SentenceConfig(quote=4, longest=6)]))
def test_no_character_is_lost(original: str, config: SentenceConfig) -> None:
    repaired = clean(original)
    sentences = split(repaired, config)
    cursor = 0
    for sentence in sentences:
        at = repaired.text.index(sentence.text, cursor)
        assert not repaired.text[cursor:at].strip()
        assert (sentence.start, sentence.end) == repaired.span(at, at + len(sentence.text))
        assert sentence.text == sentence.text.strip() != ""
        assert "\n" not in sentence.text
        assert len(sentence.text) <= config.longest
        cursor = at + len(sentence.text)
    assert not repaired.text[cursor:].strip()


@given(TEXTS | st.text(max_size=80))
def test_offsets_lie_inside_and_ascend(original: str) -> None:
    edges = [edge for s in split(clean(original)) for edge in (s.start, s.end)]
    assert edges == sorted(edges)
    assert not edges or (edges[0] >= 0 and edges[-1] <= len(original))
    assert all(a < b for a, b in zip(edges[::2], edges[1::2], strict=True))
    paragraphs = [s.paragraph for s in split(clean(original))]
    assert paragraphs == sorted(paragraphs)
    assert set(paragraphs) == set(range(len(set(paragraphs))))


@given(TEXTS)
def test_a_sentence_cut_again_stays_whole_at_its_line(original: str) -> None:
    """Each line is cut by itself: what stands before or after it does not matter."""
    alone = [s.text for line in clean(original).text.split("\n") for s in split(clean(line))]
    assert [s.text for s in split(clean(original))] == alone


def test_a_long_quotation_is_cut_inside() -> None:
    quoted = "".join(f"我们第{i}次试验的结果比上一次更好一些。" for i in range(6))
    assert len(split(clean(f"他回忆说：“{quoted}”"))) == 6


def test_lengths_decide_where_text_is_cut() -> None:
    quoted = "“好。我们走。”他说完就离开了。"
    assert [s.text for s in split(clean(quoted), SentenceConfig(quote=7))] == [quoted]
    assert [s.text for s in split(clean(quoted), SentenceConfig(quote=6))] == ["“好。", "我们走。”他说完就离开了。"]
    # The length is that of the quotation, wherever it stands.
    assert len(split(clean("公司昨天发布新车。" + quoted), SentenceConfig(quote=7))) == 2
    nested = "“甲（乙。丙）丁。戊。”他说完就离开了。"
    assert [s.text for s in split(clean(nested), SentenceConfig(quote=11))] == [nested]
    assert [s.text for s in split(clean(nested), SentenceConfig(quote=10))] == ["“甲（乙。丙）丁。", "戊。”他说完就离开了。"]
    short = split(clean("销量增长，口碑不错，明年会更好"), SentenceConfig(longest=10))
    assert [(s.text, s.kind) for s in short] == [("销量增长，口碑不错，", "body"), ("明年会更好", "heading")]


def test_lines_with_sentences_are_paragraphs() -> None:
    text = "甲公司。\n\n \t\n乙公司。丙公司。\n丁公司。\n"
    assert [s.paragraph for s in split(clean(text))] == [0, 1, 1, 2]


def test_text_without_stops_is_cut_at_commas() -> None:
    sentences = split(clean("销量增长，" * 200))
    assert len(sentences) > 2
    assert all(s.text.endswith("，") for s in sentences)
    assert {s.kind for s in sentences} == {"body"}


@pytest.mark.parametrize(
    "hostile", ["“。" * 60_000, "（" * 120_000, "a." * 60_000, "…" * 120_000, "“”" * 60_000 + "。", "\n" * 120_000, "说" * 120_000]
)
def test_hostile_repetition_ends(hostile: str) -> None:
    assert sum(len(s.text) for s in split(clean(hostile))) == len(hostile.replace("\n", ""))
