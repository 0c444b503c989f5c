"""Occurrences add up to TF-IDF rows, in training and in scoring alike."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from framing.features import NO_SPAN, Context, Extractor, FeatureConfig, FeatureSpace, extract, fit_features
from framing.lexicon import Lexicon, Matcher, load_lexicon
from framing.records import Example
from framing.segment import Segmenter
from framing.training import to_csr

WORDS_ONLY = FeatureConfig(word_bigrams=False, characters=False, skeleton=False, entries=False, min_df={"word": 1})


@pytest.fixture(scope="module")
def segmenter() -> Segmenter:
    return Segmenter(load_lexicon().regional)


@pytest.fixture(scope="module")
def matcher() -> Matcher:
    return Matcher(load_lexicon())


@pytest.fixture(scope="module")
def space(labelled: list[Example], segmenter: Segmenter, matcher: Matcher) -> FeatureSpace:
    return fit_features(segmenter.segment([e.text for e in labelled]), Context.of(e.article for e in labelled), matcher, FeatureConfig())


def test_the_space_depends_on_the_data_alone(labelled: list[Example], segmenter: Segmenter, space: FeatureSpace) -> None:
    again = fit_features(
        segmenter.segment([e.text for e in labelled]), Context.of(e.article for e in labelled), Matcher(load_lexicon()), FeatureConfig()
    )
    assert (again.words, again.entries, again.dense) == (space.words, space.entries, space.dense)
    for name in ("word_ids", "bigram_keys", "char_keys", "skeleton_keys", "idf"):
        np.testing.assert_array_equal(getattr(again, name), getattr(space, name))
    assert sum(space.sizes.values()) == space.columns == len(space.idf) + len(space.dense)


def test_words_are_tf_idf_as_in_the_formula() -> None:
    """idf(t) = ln((1 + n) / (1 + df)) + 1, each row's occurrences divided by the root of their squares' sum."""
    segmenter, matcher = Segmenter(), Matcher(Lexicon())
    sentences = ["芯片芯片", "芯片 广告", "广告"]
    tokens, context = segmenter.segment(sentences), Context.single(3)
    space = fit_features(tokens, context, matcher, WORDS_ONLY)
    found = extract(tokens, context, space, matcher)
    rows = to_csr(found, space.columns).toarray()[:, : space.sizes["word"]]
    chip, advert = (list(space.word_ids).index(space.words.index(w)) for w in ("芯片", "广告"))
    idf = np.log(4 / 3) + 1
    assert space.idf[[chip, advert]] == pytest.approx([idf, idf])
    assert rows[0, chip] == pytest.approx(2 / np.sqrt(2))
    assert rows[1, [chip, advert]] == pytest.approx([1 / np.sqrt(2)] * 2)
    assert rows[2, advert] == pytest.approx(1)


@settings(max_examples=40)
@given(
    sentences=st.lists(
        st.lists(st.sampled_from(["芯片", "不", "领先", "令人失望", "，", "。", "“", "”", "但是", "2024", "3.5%", "x"]), max_size=10).map(
            "".join
        ),
        min_size=1,
        max_size=5,
    )
)
def test_occurrences_lie_in_their_rows(segmenter: Segmenter, matcher: Matcher, space: FeatureSpace, sentences: list[str]) -> None:
    tokens = segmenter.segment(sentences)
    found = Extractor(space, matcher)(tokens, Context(np.zeros(len(sentences), np.int64)))
    assert found.rows == len(sentences)
    assert np.isfinite(found.value).all()
    assert ((found.column >= 0) & (found.column < space.columns)).all()
    placed = found.start != NO_SPAN
    assert (found.end[~placed] == NO_SPAN).all()
    assert (found.start[placed] >= tokens.row_starts[found.row[placed]]).all()
    assert (found.end[placed] < tokens.row_starts[found.row[placed] + 1]).all()
    assert (found.end[placed] > found.start[placed]).all()


def test_numbers_are_seen_by_their_shape(segmenter: Segmenter) -> None:
    tokens = segmenter.segment(["2024年增长3.5%，12台，120000台，1.25倍"])
    space = fit_features(tokens, Context.single(1), Matcher(Lexicon()), WORDS_ONLY)
    assert {"<year>", "<percent>", "<number>", "<long-number>", "<decimal>"} <= set(space.words)
    assert not any(w[0].isdigit() for w in space.words)


def test_unknown_words_leave_no_trace(segmenter: Segmenter, matcher: Matcher, space: FeatureSpace) -> None:
    found = extract(segmenter.segment(["qwertz"]), Context.single(1), space, matcher)
    assert (found.column >= space.offsets["dense"]).all()


def test_blocks_can_be_left_out(labelled: list[Example], segmenter: Segmenter, matcher: Matcher) -> None:
    tokens = segmenter.segment([e.text for e in labelled])
    space = fit_features(tokens, Context.single(len(labelled)), matcher, WORDS_ONLY)
    assert {name for name, size in space.sizes.items() if size} == {"word", "dense"}


def test_contexts_number_articles() -> None:
    assert Context.of(["a", "a", "b", "a"]).article.tolist() == [0, 0, 1, 2]
    assert Context.of([]).article.tolist() == []
    assert Context.single(3).article.tolist() == [0, 1, 2]
