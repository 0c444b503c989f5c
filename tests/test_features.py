"""Occurrences add up to TF-IDF rows, in training and in scoring alike."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from framing import features
from framing.features import NO_SPAN, Context, Extractor, FeatureConfig, FeatureSpace, Occurrences, Projection, fit_features
from framing.lexicon import Lexicon, Matcher, load_lexicon
from framing.matrix import feature_matrix
from framing.records import Example
from framing.segment import Segmenter, Tokens

ALL_BLOCKS = FeatureConfig(min_df={"word": 2, "bigram": 2, "char": 3, "skeleton": 3, "entry": 2})
"""Least document frequencies under which six articles have columns in every block."""

WORDS_ONLY = FeatureConfig(word_bigrams=False, characters=False, skeleton=False, entries=False, min_df={"word": 1})


def occurrences(extractor: Extractor, tokens: Tokens, context: Context) -> Occurrences:
    findings = extractor.find(tokens)
    parts = extractor.occurrences(findings, extractor.surroundings(findings.signals, context))
    return Occurrences(*(np.concatenate(arrays) for arrays in zip(*parts, strict=True)))


@pytest.fixture(scope="module")
def segmenter() -> Segmenter:
    return Segmenter(load_lexicon().regional)


@pytest.fixture(scope="module")
def matcher() -> Matcher:
    return Matcher(load_lexicon())


@pytest.fixture(scope="module")
def space(labelled: list[Example], segmenter: Segmenter, matcher: Matcher) -> FeatureSpace:
    return fit_features(segmenter.segment([e.text for e in labelled]), Context.of(e.article for e in labelled), matcher, ALL_BLOCKS)


def test_the_space_depends_on_the_data_alone(labelled: list[Example], segmenter: Segmenter, space: FeatureSpace) -> None:
    again = fit_features(
        segmenter.segment([e.text for e in labelled]), Context.of(e.article for e in labelled), Matcher(load_lexicon()), ALL_BLOCKS
    )
    assert (again.words, again.entries, again.dense) == (space.words, space.entries, space.dense)
    for name in ("word_ids", "bigram_keys", "char_keys", "skeleton_keys", "idf"):
        np.testing.assert_array_equal(getattr(again, name), getattr(space, name))
    assert all(space.sizes.values())
    assert sum(space.sizes.values()) == space.columns == len(space.idf) + len(space.dense)


def test_words_are_tf_idf_as_in_the_formula() -> None:
    """idf(t) = ln((1 + n) / (1 + df)) + 1, each row's occurrences divided by the root of their squares' sum."""
    segmenter, matcher = Segmenter(), Matcher(Lexicon())
    sentences = ["芯片芯片", "芯片 广告", "广告"]
    tokens, context = segmenter.segment(sentences), Context.single(3)
    space = fit_features(tokens, context, matcher, WORDS_ONLY)
    rows = feature_matrix(Extractor(space, matcher), tokens, context).toarray()[:, : space.sizes["word"]]
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
    found = occurrences(Extractor(space, matcher), tokens, Context(np.zeros(len(sentences), np.int64)))
    assert ((found.row >= 0) & (found.row < len(sentences))).all()
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
    found = occurrences(Extractor(space, matcher), segmenter.segment(["qwertz"]), Context.single(1))
    assert (found.column >= space.offsets["dense"]).all()


def test_blocks_can_be_left_out(labelled: list[Example], segmenter: Segmenter, matcher: Matcher) -> None:
    tokens = segmenter.segment([e.text for e in labelled])
    space = fit_features(tokens, Context.single(len(labelled)), matcher, WORDS_ONLY)
    assert {name for name, size in space.sizes.items() if size} == {"word", "dense"}


def test_negated_words_have_columns_of_their_own() -> None:
    segmenter, matcher = Segmenter(), Matcher(Lexicon(words={"失望": -2.0}, functional={"从不": "negation"}))
    tokens, context = segmenter.segment(["他很失望。", "他从不失望。", "他从不迟到。"]), Context.single(3)
    space = fit_features(tokens, context, matcher, replace(WORDS_ONLY, words=False, entries=True, min_df={"entry": 1}))
    rows = feature_matrix(Extractor(space, matcher), tokens, context).toarray()
    shown = rows[:, : space.sizes["entry"]] > 0
    assert [{name for name, there in zip(space.entries, row, strict=True) if there} for row in shown] == [
        {"失望"},
        {"从不", "不/失望"},
        {"从不"},
    ]


def test_contexts_number_articles() -> None:
    assert Context.of(["a", "a", "b", "a"]).article.tolist() == [0, 0, 1, 2]
    assert Context.of([]).article.tolist() == []
    assert Context.single(3).article.tolist() == [0, 1, 2]


PIECES = [
    "芯片",
    "不",
    "领先",
    "令人失望",
    "，",
    "。",
    "“",
    "”",
    "但是",
    "2024",
    "3.5%",
    "x",
    "与其",
    "不如",
    "他说",
    "直播",
    "如果",
    "需要",
]
ROWS = st.lists(st.lists(st.sampled_from(PIECES), max_size=12).map("".join), min_size=1, max_size=6)


@settings(max_examples=40)
@given(sentences=ROWS, articles=st.integers(1, 3))
def test_projections_are_the_sums_of_occurrences(
    segmenter: Segmenter, matcher: Matcher, space: FeatureSpace, sentences: list[str], articles: int
) -> None:
    extractor = Extractor(space, matcher)
    tokens, context = segmenter.segment(sentences), Context(np.arange(len(sentences)) * articles // len(sentences))
    weights = np.random.default_rng(0).normal(size=(space.columns, 7))
    projection, findings = Projection(extractor, weights), extractor.find(tokens)
    found = projection.own(findings) + projection.surroundings(extractor.surroundings(findings.signals, context), len(sentences))
    np.testing.assert_allclose(found, feature_matrix(extractor, tokens, context) @ weights, atol=1e-9)


@given(sentences=ROWS)
def test_sums_are_the_same_with_and_without_a_table_and_in_parts(
    segmenter: Segmenter, matcher: Matcher, space: FeatureSpace, sentences: list[str]
) -> None:
    extractor = Extractor(space, matcher)
    findings = extractor.find(segmenter.segment(sentences))
    weights = np.random.default_rng(2).normal(size=(space.columns, 7)).astype(np.float32)
    projection = Projection(extractor, weights)
    first = projection.own(findings)
    for _ in range(space.columns):
        if projection._table is not None or not len(findings.terms.column):
            break
        projection.own(findings)
    np.testing.assert_array_equal(projection.own(findings), first)
    with pytest.MonkeyPatch.context() as patch:
        for name, size in (("_MANY_TERMS", 3), ("_PART", 4), ("_CHUNK", 2)):
            patch.setattr(features, name, size)
        np.testing.assert_array_equal(projection.own(findings), first)


@settings(max_examples=40)
@given(sentences=ROWS)
def test_places_are_the_placed_occurrences(segmenter: Segmenter, matcher: Matcher, space: FeatureSpace, sentences: list[str]) -> None:
    extractor = Extractor(space, matcher)
    tokens = segmenter.segment(sentences)
    weights = np.random.default_rng(1).normal(size=(space.columns, 1))
    findings = extractor.find(tokens)
    expected: dict[tuple[int, int, int], float] = {}
    for part in extractor.occurrences(findings, ()):
        for row, column, value, start, end in zip(*(array.tolist() for array in part), strict=True):
            if start != NO_SPAN:
                expected[row, start, end] = expected.get((row, start, end), 0.0) + value * weights[column, 0]
    places = Projection(extractor, weights).places(findings)
    found = dict.fromkeys(expected, 0.0)
    for row, start, end, value in zip(*(a.tolist() for a in places), strict=True):
        found[row, start, end] = found.get((row, start, end), 0.0) + value
    assert found == pytest.approx(found | expected, abs=1e-9)


def test_the_vocabulary_knows_words_of_any_length(segmenter: Segmenter) -> None:
    texts = ["人工智能的芯片，ai和gpt，自主研发有限责任公司", "人工智能😀𠮶2024年"]
    tokens = segmenter.segment(texts)
    space = fit_features(tokens, Context.single(2), Matcher(Lexicon()), WORDS_ONLY)
    other = segmenter.segment([*texts, "没见过的unknown词"])
    for token, number in zip(other.tokens, space.vocabulary.find(other).tolist(), strict=True):
        known = token if token in space.words else "<year>" if token == "2024" else None
        assert number == (space.words.index(known) if known else -1), token
