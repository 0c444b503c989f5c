"""Tokens are the same whatever the script and the segmenter, and lead back to the sentence."""

from __future__ import annotations

import json
import random
from itertools import islice
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from opencc import OpenCC

from framing.lexicon import load_lexicon
from framing.segment import Segmenter, Tokens, fold, simplify

ROOT = Path(__file__).parent.parent
TEXTS = st.text(
    st.sampled_from("小米汽車车軟體软件資訊台臺著着乾干隆發发布頭髮了。，！？“”「」()（）《》3.5%abCＡｂ１２-_'& \t\n\u3000\ud800𠮶㎡①🚗é"),
    max_size=40,
)


def articles() -> list[str]:
    """Give lines of label files and examples, the same ones in each run."""
    lines: list[str] = []
    for path in sorted(ROOT.glob("labels/*/*.jsonl")):
        with path.open(encoding="utf-8") as file:
            lines += [json.loads(line)["text"] for line in islice(file, 0, None, 11)]
    for path in sorted(ROOT.glob("examples/**/*.txt")):
        lines += path.read_text("utf-8").split("\n")
    return random.Random(0).sample(lines, min(len(lines), 1200))


@pytest.fixture(scope="module")
def regional() -> Segmenter:
    return Segmenter(load_lexicon().regional)


@pytest.fixture(scope="module")
def plain() -> Segmenter:
    return Segmenter()


@pytest.fixture(scope="module")
def engines() -> tuple[Segmenter, Segmenter]:
    terms = load_lexicon().regional
    return Segmenter(terms, "jieba"), Segmenter(terms, "rjieba")


def assert_sound(tokens: Tokens, sentences: list[str]) -> None:
    """Check that tokens concatenate to the text and rows and spans lie where they should."""
    assert "".join(tokens.tokens) == tokens.text
    assert all(tokens.tokens)
    assert len(tokens) == len(sentences)
    assert [len(t) for t in tokens.tokens] == (tokens.starts[1:] - tokens.starts[:-1]).tolist()
    assert tokens.text.count("\n") == max(len(sentences) - 1, 0)
    for i, row in enumerate(tokens.rows.tolist()):
        if tokens.tokens[i] != "\n":
            start, end = tokens.sentence_span(row, int(tokens.starts[i]), int(tokens.starts[i + 1]))
            assert 0 <= start < end <= len(sentences[row])


def test_both_engines_give_the_same_tokens_on_articles(engines: tuple[Segmenter, Segmenter]) -> None:
    sentences = articles()
    jieba, rjieba = (e.segment(sentences) for e in engines)
    assert len(sentences) > 200
    assert jieba.tokens == rjieba.tokens
    assert_sound(jieba, sentences)


@given(sentences=st.lists(TEXTS, max_size=4))
def test_both_engines_give_the_same_tokens_on_anything(engines: tuple[Segmenter, Segmenter], sentences: list[str]) -> None:
    jieba, rjieba = (e.segment(sentences) for e in engines)
    assert jieba.tokens == rjieba.tokens


@given(sentences=st.lists(TEXTS | st.text(max_size=30), max_size=4))
def test_tokens_add_up_and_lead_back(regional: Segmenter, sentences: list[str]) -> None:
    assert_sound(regional.segment(sentences), sentences)


@given(sentences=st.lists(TEXTS | st.text(max_size=30), max_size=5), data=st.data())
def test_taken_sentences_keep_their_tokens(regional: Segmenter, sentences: list[str], data: st.DataObject) -> None:
    whole = regional.segment(sentences)
    rows = data.draw(st.permutations(range(len(sentences))).flatmap(lambda p: st.integers(0, len(p)).map(lambda n: p[:n])))
    taken = whole.take(np.array(rows, np.int64))
    assert_sound(taken, taken.text.split("\n") if rows else [])
    for row, old in enumerate(rows):
        assert [t for t, r in zip(taken.tokens, taken.rows, strict=True) if r == row and t != "\n"] == [
            t for t, r in zip(whole.tokens, whole.rows, strict=True) if r == old and t != "\n"
        ]


@given(sentence=TEXTS.filter(lambda s: '"' not in s))
def test_without_regional_terms_a_span_holds_its_token(plain: Segmenter, sentence: str) -> None:
    tokens = plain.segment([sentence])
    for i, token in enumerate(tokens.tokens):
        start, end = tokens.sentence_span(0, int(tokens.starts[i]), int(tokens.starts[i + 1]))
        held = fold(sentence.replace("\n", " "))[start:end]
        assert "".join(held.split()) == "".join(token.split())


@given(before=TEXTS, sentence=TEXTS, after=TEXTS)
def test_a_sentence_is_cut_the_same_in_any_company(regional: Segmenter, before: str, sentence: str, after: str) -> None:
    alone = regional.segment([sentence]).tokens
    together = regional.segment([before, sentence, after])
    begin, end = (int(together.starts.searchsorted(p)) for p in together.row_starts[1:3])
    assert together.tokens[begin : end - 1] == alone


def test_simplify_is_opencc_on_articles() -> None:
    convert, widen = OpenCC("t2s").convert, OpenCC("s2t").convert
    for sentence in articles()[:400]:
        traditional = widen(sentence)
        assert simplify(traditional) == convert(traditional)
        assert simplify(sentence) == convert(sentence)


@given(st.text(st.sampled_from("乾隆坤著名土頭髮發軟體資訊臺灣于於裏里後后面麵幹干瞭了藉借"), max_size=20))
def test_simplify_is_opencc_on_ambiguous_characters(text: str) -> None:
    assert simplify(text) == OpenCC("t2s").convert(text)


@given(st.text(max_size=60) | TEXTS)
def test_folding_keeps_the_length_and_is_stable(text: str) -> None:
    once = fold(text)
    assert len(once) == len(text)
    assert fold(once) == once


@pytest.mark.parametrize(
    ("hans", "hant"),
    [
        ("这款软件的信息质量很好。", "這款軟體的資訊品質很好。"),
        ("他着重介绍了网络打印机。", "他著重介紹了網路印表機。"),
        ("“头发”和“发布”", "「頭髮」和「發佈」"),
        ("只有一个，别的都没了", "只有一個，別的都沒了"),
    ],
)
def test_scripts_give_the_same_tokens(regional: Segmenter, hans: str, hant: str) -> None:
    assert regional.segment([hans]).text == regional.segment([hant]).text
    assert regional.segment([hans]).tokens == regional.segment([hant]).tokens


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("售价3.5万元", ["3.5"]),
        ("增长12.5%以上", ["12.5%"]),
        ("ＧＰＴ－４的用户", ["gpt-4"]),
        ("DeepSeek-V3.2发布", ["deepseek-v3.2"]),
        ("R&D投入", ["r&d"]),
        ("1,000台", ["1,000"]),
        ("小米SU7上市", ["su7"]),
    ],
)
def test_latin_and_digits_stay_whole(plain: Segmenter, text: str, expected: list[str]) -> None:
    tokens = plain.segment([text]).tokens
    assert [t for t in tokens if t in expected] == expected


def test_no_sentences(plain: Segmenter) -> None:
    tokens = plain.segment([])
    assert (tokens.tokens, len(tokens), tokens.rows.tolist()) == ([], 0, [])


def test_empty_sentences_are_rows_too(plain: Segmenter) -> None:
    assert_sound(plain.segment(["", "", "好", ""]), ["", "", "好", ""])


def test_blanks_between_characters_do_not_matter(plain: Segmenter) -> None:
    assert plain.segment(["新 车 上 市"]).tokens == plain.segment(["新车上市"]).tokens


@pytest.mark.parametrize(
    ("spaced", "close"),
    [
        ("AI 大模型 的 GPT-4o 很好", "AI大模型的GPT-4o很好"),
        ("卖出 3.5 万辆，同比增长 8% 左右", "卖出3.5万辆，同比增长8%左右"),
        ("iPhone　上市", "iPhone上市"),
    ],
)
def test_blanks_beside_latin_words_do_not_matter(plain: Segmenter, spaced: str, close: str) -> None:
    assert plain.segment([spaced]).tokens == plain.segment([close]).tokens


def test_blanks_between_latin_words_stay(plain: Segmenter) -> None:
    assert plain.segment(["小米 SU7 Ultra 上市"]).tokens == ["小米", "su7", " ", "ultra", "上市"]
