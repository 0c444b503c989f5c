"""Scores are sums that evidence splits exactly, and depend on nothing but the article."""

from __future__ import annotations

from dataclasses import replace
from itertools import accumulate

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.linear_model import LogisticRegression

from framing import model as room
from framing.features import Context, Extractor, fit_features
from framing.lexicon import Matcher, load_lexicon
from framing.matrix import feature_matrix
from framing.model import FramingModel
from framing.neighbours import NeighbourEffect
from framing.records import FRAMES, Example
from framing.segment import Segmenter, Tokens
from framing.voice import VOICE_HEADS

PIECES = [
    "晨岸科技",
    "领先",
    "領先",
    "不",
    "没有",
    "并非",
    "优秀",
    "失望",
    "质疑",
    "，",
    "。",
    "“",
    "”",
    "但是",
    "不是",
    "而是",
    "他说",
    "直播",
    "芯片",
    "3.5%",
    "A",
    " ",
    "！",
    "：",
    "与其",
    "不如",
    "軟體",
]
SENTENCES = st.lists(st.sampled_from(PIECES), max_size=14).map("".join)


@pytest.fixture(scope="module")
def texts(labelled: list[Example]) -> list[str]:
    return [e.text for e in labelled]


@pytest.fixture(scope="module")
def names(labelled: list[Example]) -> list[str]:
    return [e.article for e in labelled]


def test_probabilities_are_distributions(small_model: FramingModel, texts: list[str], names: list[str]) -> None:
    scores = small_model.scores(texts, names)
    np.testing.assert_allclose(scores.frame.sum(axis=1), 1)
    for values in (scores.frame, scores.topics, scores.quoted):
        assert np.isfinite(values).all()
        assert ((values >= 0) & (values <= 1)).all()


def test_the_model_knows_what_it_was_taught(small_model: FramingModel, labelled: list[Example], texts: list[str], names: list[str]) -> None:
    found = [p.frame for p in small_model.predict(texts, names)]
    assert np.mean([a == e.frame for a, e in zip(found, labelled, strict=True)]) > 0.9


@settings(max_examples=40)
@given(sentences=st.lists(SENTENCES | st.text(max_size=20), min_size=1, max_size=5))
def test_evidence_and_structure_add_up_to_the_stance(small_model: FramingModel, sentences: list[str]) -> None:
    """The weights of all tokens, shown or not, and the sentence-wide terms are the log-odds exactly."""
    taken: list[float] = []
    with pytest.MonkeyPatch.context() as patch:

        def nothing(weights: np.ndarray, tokens: Tokens, _limit: int) -> np.ndarray:
            taken.extend(np.bincount(tokens.rows, weights, minlength=len(tokens)).tolist())
            return np.zeros(0, np.int64)

        patch.setattr(room, "_strongest", nothing)
        predictions = small_model.predict(sentences, ["a"] * len(sentences), evidence=3)
    for prediction, total in zip(predictions, taken, strict=True):
        assert prediction.structure + total == pytest.approx(prediction.stance_log_odds, abs=1e-9)
        assert prediction.stance_log_odds == pytest.approx(np.log(prediction.praise / prediction.skepticism), abs=1e-6)


def test_evidence_names_words_where_they_stand(small_model: FramingModel, texts: list[str], names: list[str]) -> None:
    predictions = small_model.predict(texts, names, evidence=2)
    for text, prediction in zip(texts, predictions, strict=True):
        weights = [c.weight for c in prediction.evidence]
        positive, negative = [w for w in weights if w > 0], [w for w in weights if w < 0]
        assert weights == sorted(positive, reverse=True) + sorted(negative)
        assert max(len(positive), len(negative)) <= 2
        assert all(text[c.start : c.end] == c.text for c in prediction.evidence)
    assert any(p.evidence for p in predictions)


def test_evidence_is_only_made_on_request(small_model: FramingModel, texts: list[str], names: list[str]) -> None:
    with_words, without = small_model.predict(texts, names, 3), small_model.predict(texts, names, 0)
    assert without == [replace(p, evidence=(), structure=0.0) for p in with_words]


@settings(max_examples=40)
@given(articles=st.lists(st.lists(SENTENCES, min_size=1, max_size=4), min_size=1, max_size=4))
def test_an_article_scores_the_same_in_any_company(small_model: FramingModel, articles: list[list[str]]) -> None:
    rows = [s for a in articles for s in a]
    names = [str(i) for i, a in enumerate(articles) for _ in a]
    together = small_model.predict(rows, names, 2)
    alone = [p for a in articles for p in small_model.predict(a, ["x"] * len(a), 2)]
    assert together == alone


def test_batches_do_not_show(small_model: FramingModel, texts: list[str], names: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    whole = small_model.predict(texts, names, 2)
    monkeypatch.setattr(room, "BATCH", 25)
    assert small_model.predict(texts, names, 2) == whole


QUOTING = ["他说：“", "”", "下面是演讲全文。", "上面就是他的演讲。", "直播很热。", "芯片领先。", "令人失望！", "他认为："]


@settings(max_examples=30)
@given(rows=st.lists(st.lists(st.sampled_from(QUOTING), max_size=3).map("".join), min_size=1, max_size=20), batch=st.integers(1, 6))
def test_an_article_longer_than_a_batch_keeps_its_context(small_model: FramingModel, rows: list[str], batch: int) -> None:
    """Quotations, announcements, topics around and the voice run on over the cuts between batches."""
    whole = small_model.scores(rows, ["a"] * len(rows))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(room, "BATCH", batch)
        cut = small_model.scores(rows, ["a"] * len(rows))
    for name in ("frame", "topics", "quoted", "logits"):
        np.testing.assert_array_equal(getattr(cut, name), getattr(whole, name))


def test_offsets_of_evidence_count_from_where_sentences_begin(small_model: FramingModel, texts: list[str]) -> None:
    offsets = list(accumulate(map(len, texts), initial=0))[:-1]
    for text, base, plain, moved in zip(
        texts, offsets, small_model.predict(texts, evidence=2), small_model.predict(texts, evidence=2, offsets=offsets), strict=True
    ):
        shifted = tuple(replace(c, start=c.start + base, end=c.end + base) for c in plain.evidence)
        assert moved == replace(plain, evidence=shifted)
        assert "".join(texts)[base : base + len(text)] == text


def test_of_equally_strong_words_the_outer_ones_come_first(small_model: FramingModel) -> None:
    """Rounding must not decide the order, so it is the same on every machine."""
    tokens = small_model.segmenter.segment(["好好好好", "，好", ""])
    place = {"starts": tokens.starts[:-1], "rows": tokens.rows}
    weights = np.full(len(tokens.tokens), 0.5) + np.linspace(0, 1e-15, len(tokens.tokens))
    praised = room._strongest(weights, tokens, 2)
    doubted = room._strongest(-weights, tokens, 2)
    for row in (0, 1):
        mine = [i for i in range(len(tokens.tokens)) if place["rows"][i] == row and tokens.tokens[i].isalnum()]
        assert [i for i in praised.tolist() if place["rows"][i] == row] == mine[:2]
        assert [i for i in doubted.tolist() if place["rows"][i] == row] == mine[::-1][:2]


def test_scoring_equals_scikit_learn(labelled: list[Example], texts: list[str], names: list[str], small_model: FramingModel) -> None:
    """The sparse sum of the scoring path is the decision function of the estimator that was trained."""
    matcher, tokens, context = Matcher(load_lexicon()), Segmenter(load_lexicon().regional).segment(texts), Context.of(names)
    space = fit_features(tokens, context, matcher, small_model.space.config)
    extractor = Extractor(space, matcher)
    rows = feature_matrix(extractor, tokens, context)
    head = LogisticRegression(C=1.0, max_iter=200).fit(rows, [FRAMES.index(e.frame) for e in labelled])
    weights = np.zeros((space.columns, 3 + len(small_model.topics) + VOICE_HEADS))
    weights[:, :3] = head.coef_.T
    bias = np.concatenate([head.intercept_, np.zeros(weights.shape[1] - 3)])
    # Double precision here: what a saved model loses to 32 bits is not what this test is about.
    model = replace(
        small_model,
        lexicon=load_lexicon(),
        space=space,
        weights=weights,  # type: ignore[arg-type]
        bias=bias,
        neighbours=NeighbourEffect(),
    )
    scores = model.scores(texts, names)
    np.testing.assert_allclose(scores.logits, head.decision_function(rows), atol=1e-9)
    np.testing.assert_allclose(scores.frame, head.predict_proba(rows), atol=1e-9)


def test_scripts_do_not_matter(small_model: FramingModel) -> None:
    hans = ["这款软件的质量很好，口碑领先。", "用户抱怨服务很差，令人失望。"]
    hant = ["這款軟體的品質很好，口碑領先。", "用戶抱怨服務很差，令人失望。"]
    for a, b in zip(small_model.predict(hans, evidence=0), small_model.predict(hant, evidence=0), strict=True):
        assert a == b


def test_nothing_scores_nothing(small_model: FramingModel) -> None:
    assert small_model.predict([]) == []
    assert small_model.scores([]).frame.shape == (0, 3)


def test_damaged_weights_do_not_pass(small_model: FramingModel) -> None:
    broken = replace(small_model, weights=np.full_like(small_model.weights, np.nan))
    with pytest.raises(ArithmeticError, match="weights are damaged"):
        broken.predict(["新芯片性能领先。"])


@given(st.lists(st.integers(1, 9), max_size=8), st.integers(1, 12))
def test_batches_cover_all_rows_and_respect_articles(sizes: list[int], limit: int) -> None:
    article = np.repeat(np.arange(len(sizes)), sizes)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(room, "BATCH", limit)
        batches = room._batches(article)
    assert [b for b, _ in batches] == [0, *(e for _, e in batches)][: len(batches)]
    assert not len(article) or batches[-1][1] == len(article)
    edges = {0, *accumulate(sizes)}
    for begin, end in batches:
        assert 0 < end - begin <= limit
        assert end in edges or end - begin == limit
