"""Evidence words are marked where the reader sees them."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from framing.clean import clean
from framing.records import Contribution, Prediction, ScoredSentence, Sentence
from framing.report.marks import pieces
from framing.sentences import split

NEUTRAL = Prediction("neutral", 0.1, 0.1, 0.8, {}, (), "author", 0.1)


def item(text: str, evidence: list[Contribution], start: int = 0) -> ScoredSentence:
    return ScoredSentence(Sentence(text, start, start + len(text)), replace(NEUTRAL, evidence=tuple(evidence)))


@given(st.text("突破质疑，。<>&", max_size=40), st.data())
def test_pieces_add_up_to_the_sentence(text: str, data: st.DataObject) -> None:
    spans = data.draw(st.lists(st.tuples(st.integers(0, 45), st.integers(1, 5)), max_size=6))
    evidence = [Contribution(text[a : a + n], a, a + n, 0.3) for a, n in spans]
    found = pieces(item(text, [c for c in evidence if c.text]))
    assert "".join(piece for piece, _ in found) == text


@pytest.mark.parametrize(
    ("original", "word"),
    [
        ("技術突破獲得業界好評。", "好評"),
        ("態(tài)勢大好，業界都說好(hǎo)。", "業界"),
        ("前文。態(tài)勢大好，態(tài)度也好。", "態度"),
        ("甲&amp;乙的技术领先。", "领先"),
    ],
)
def test_words_are_found_after_repairs(original: str, word: str) -> None:
    repaired = clean(original)
    sentence = next(s for s in split(repaired) if word in s.text)
    at = repaired.text.index(word)
    start, end = repaired.span(at, at + len(word))
    scored = ScoredSentence(sentence, replace(NEUTRAL, evidence=(Contribution(word, start, end, 0.7),)))
    assert [(text, weight) for text, weight in pieces(scored, repaired.repairs) if weight is not None] == [(word, 0.7)]
    assert "".join(text for text, _ in pieces(scored, repaired.repairs)) == sentence.text


def test_the_second_of_two_equal_words_is_marked_when_it_is_the_one() -> None:
    found = pieces(item("好不好", [Contribution("好", 2, 3, 0.5)]))
    assert found == [("好不", None), ("好", 0.5)]


def test_a_word_that_is_not_there_is_not_marked() -> None:
    assert pieces(item("技术领先", [Contribution("落后", 2, 4, -0.5)])) == [("技术领先", None)]


def test_a_sentence_without_prediction_is_one_piece() -> None:
    assert pieces(ScoredSentence(Sentence("乱码", 0, 2, kind="unreadable"), None)) == [("乱码", None)]
