"""Totals follow the formulas, and the intervals cover what they promise."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from framing.aggregate import ALL, CARRIERS, MIN_WEIGHT, QUANTITIES, IntervalModel, aggregate, fit_intervals, lean, share_moments, verdict
from framing.records import FRAMES, TOPICS, Estimate, Prediction, TopicShare

EXACT = IntervalModel(dict.fromkeys(QUANTITIES, 0.0), dict.fromkeys(QUANTITIES, 1.645))

FRAME = st.tuples(*[st.floats(0.001, 1)] * 3).map(lambda t: tuple(x / sum(t) for x in t))
ROWS = st.lists(st.tuples(FRAME, st.floats(0, 1), st.floats(0, 1)), min_size=1, max_size=30)


def prediction(frame: Sequence[float], topic: float = 1.0, quoted: float = 0.0, topics: Sequence[str] = TOPICS) -> Prediction:
    """Make a prediction whose topics are all as likely as ``topic``."""
    return Prediction(
        frame=FRAMES[int(np.argmax(frame))],
        praise=frame[0],
        skepticism=frame[1],
        neutral=frame[2],
        topic_probabilities=dict.fromkeys(topics, topic),
        topics=tuple(topics) if topic >= 0.5 else (),
        voice="quoted" if quoted >= 0.5 else "author",
        quoted=quoted,
    )


def test_shares_by_hand() -> None:
    rows = [prediction((0.7, 0.1, 0.2), 1.0), prediction((0.1, 0.6, 0.3), 1.0)] * 2
    total = aggregate(rows, TOPICS, EXACT)[-1]
    assert total.praise is not None
    assert total.net is not None
    assert (total.topic, total.sentences, total.weight, total.attention) == (ALL, 4, 4.0, 1.0)
    assert total.praise.value == pytest.approx(0.4)
    assert total.net.value == pytest.approx((0.6 - 0.5) / 2)
    # Variance of the praise share: the mean of p (1 − p), over n.
    half = 1.645 * np.sqrt((0.7 * 0.3 + 0.1 * 0.9) / 2 / 4)
    assert total.praise.high - total.praise.value == pytest.approx(half)
    assert total.praise.value - total.praise.low == pytest.approx(half)
    # Variance of net: praise + skepticism − net².
    half = 1.645 * np.sqrt((0.8 - 0.36 + 0.7 - 0.25) / 2 / 4)
    assert total.net.high - total.net.value == pytest.approx(half)


def test_topic_shares_weigh_sentences_by_their_topic_probability() -> None:
    rows = [prediction((1, 0, 0), 0.8)] * 5 + [prediction((0, 1, 0), 0.2)] * 5
    row = aggregate(rows, TOPICS, EXACT)[0]
    assert row.net is not None
    assert (row.sentences, row.sufficient) == (5, True)
    assert row.weight == pytest.approx(5.0)
    assert row.attention == pytest.approx(0.5)
    assert row.net.value == pytest.approx((5 * 0.8 - 5 * 0.2) / 5)


def test_voices_split_the_row() -> None:
    rows = [prediction((1, 0, 0), quoted=0.25)] * 2 + [prediction((0, 1, 0), quoted=0.75)] * 2
    total = aggregate(rows, TOPICS, EXACT)[-1]
    assert total.author is not None
    assert total.quoted is not None
    assert total.author.share == pytest.approx(0.5)
    assert total.author.net == pytest.approx((1.5 - 0.5) / 2)
    assert total.quoted.net == pytest.approx((0.5 - 1.5) / 2)


def test_a_topic_with_too_few_sentences_says_so() -> None:
    row = aggregate([prediction((1, 0, 0), 0.3)] * 13, TOPICS, EXACT)[0]
    assert row.weight < MIN_WEIGHT
    assert (row.sufficient, row.praise, row.net, row.author, row.carriers) == (False, None, None, None, ())


def test_no_sentences() -> None:
    rows = aggregate([], TOPICS, EXACT)
    assert [r.topic for r in rows] == [*TOPICS, ALL]
    assert not any(r.sufficient for r in rows)
    assert verdict(rows[-1]) == "unknown"
    assert lean([], EXACT) == ("unknown", None, None)


@given(ROWS)
def test_rows_are_shares_whatever_comes(rows: list[tuple[tuple[float, ...], float, float]]) -> None:
    for row in aggregate([prediction(*r) for r in rows], TOPICS, EXACT):
        if not row.sufficient:
            continue
        assert row.praise is not None
        assert row.skepticism is not None
        assert row.neutral is not None
        assert row.net is not None
        assert row.author is not None
        assert row.quoted is not None
        assert row.praise.value + row.skepticism.value + row.neutral.value == pytest.approx(1)
        assert row.net.value == pytest.approx(row.praise.value - row.skepticism.value)
        for estimate, low in ((row.praise, 0), (row.skepticism, 0), (row.neutral, 0), (row.net, -1)):
            assert low <= estimate.low <= estimate.value <= estimate.high <= 1
        assert row.author.share + row.quoted.share == pytest.approx(1)
        mixed = row.author.share * row.author.net + row.quoted.share * row.quoted.net
        assert mixed == pytest.approx(row.net.value)
        assert len(row.carriers) <= CARRIERS


@given(ROWS, st.randoms(use_true_random=False))
def test_the_order_of_sentences_does_not_change_totals(rows: list[tuple[tuple[float, ...], float, float]], random: object) -> None:
    shuffled = list(rows)
    random.shuffle(shuffled)  # type: ignore[attr-defined]
    for a, b in zip(*(aggregate([prediction(*r) for r in x], TOPICS, EXACT) for x in (rows, shuffled)), strict=True):
        assert a.weight == pytest.approx(b.weight)
        if a.net is not None and b.net is not None:
            assert [a.net.low, a.net.value, a.net.high] == pytest.approx([b.net.low, b.net.value, b.net.high])


def test_carriers_move_the_net_furthest() -> None:
    rows = [prediction((0.9, 0.05, 0.05)), prediction((0.6, 0.1, 0.3)), prediction((0.1, 0.1, 0.8)), prediction((0.8, 0.1, 0.1))]
    assert aggregate(rows * 2, TOPICS, EXACT, range(10, 18))[-1].carriers == (10, 14, 13)


def test_a_balanced_row_shows_both_sides() -> None:
    rows = [prediction((0.9, 0.05, 0.05)), prediction((0.8, 0.1, 0.1)), prediction((0.05, 0.9, 0.05)), prediction((0.1, 0.8, 0.1))]
    assert aggregate(rows, TOPICS, EXACT)[-1].carriers == (0, 1, 2)


def test_intervals_cover_simulated_articles() -> None:
    """Labels and topics drawn from the probabilities themselves fall inside nine times in ten."""
    rng = np.random.default_rng(0)
    hits: dict[str, list[bool]] = {"all": [], "topic": []}
    for _ in range(400):
        count = 40
        frame = rng.dirichlet((1.0, 0.7, 1.3), count)
        topic = rng.beta(1, 1, count)
        draws = (frame.cumsum(axis=1) < rng.random((count, 1))).sum(axis=1)
        member = rng.random(count) < topic
        rows = aggregate([prediction(f, t) for f, t in zip(frame, topic, strict=True)], TOPICS, EXACT)
        for name, row, own in (("all", rows[-1], np.ones(count, np.bool_)), ("topic", rows[0], member)):
            if row.net is not None and own.any():
                actual = float((draws[own] == 0).mean() - (draws[own] == 1).mean())
                hits[name].append(row.net.low <= actual <= row.net.high)
    for name, found in hits.items():
        assert 0.86 <= np.mean(found) <= 0.95, name


def simulated(manner: float, seed: int, articles: int = 250) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """Draw articles whose writers each have a manner that the probabilities do not know of."""
    rng = np.random.default_rng(seed)
    count = 30
    frame = rng.dirichlet((1.0, 1.0, 1.5), articles * count)
    topics = rng.beta(0.7, 0.7, (articles * count, 2))
    article = np.repeat(np.arange(articles), count)
    shift = np.repeat(rng.normal(0, manner, articles), count)
    true = np.clip(frame + shift[:, None] * [1, -1, 0], 0.001, None)
    true /= true.sum(axis=1, keepdims=True)
    truth = np.minimum((true.cumsum(axis=1) < rng.random((len(true), 1))).sum(axis=1), 2)
    return frame, topics, truth, rng.random(topics.shape) < topics, article


@pytest.mark.parametrize("manner", [0.0, 0.2])
def test_learned_intervals_cover_articles_not_seen(manner: float) -> None:
    intervals, covered, error = fit_intervals(*simulated(manner, 1))
    assert set(intervals.tau) == set(intervals.z) == set(QUANTITIES)
    assert (intervals.tau["net"] > 0.1) == (manner > 0)
    assert 0.88 <= covered <= 0.95
    assert 0 < error < 0.3
    frame, _, truth, _, article = simulated(manner, 2)
    hits = []
    for number in range(250):
        rows = article == number
        value, variance = share_moments(frame[rows], np.ones(rows.sum()))["net"]
        estimate = intervals.estimate("net", value, variance, -1, 1)
        actual = float((truth[rows] == 0).mean() - (truth[rows] == 1).mean())
        hits.append(estimate.low <= actual <= estimate.high)
    assert 0.85 <= np.mean(hits) <= 0.96


def test_without_whole_articles_intervals_stay_wide() -> None:
    frame = np.full((3, 3), 1 / 3)
    intervals, covered, error = fit_intervals(frame, np.zeros((3, 1)), np.zeros(3, np.int64), np.zeros((3, 1), np.bool_), np.arange(3))
    assert intervals.tau["net"] == 0.1
    assert (covered, error) == (1.0, 0.0)


def test_an_interval_model_survives_json(intervals: IntervalModel) -> None:
    assert IntervalModel.from_data(intervals.to_data()) == intervals


def topical(marketing: float, technology: float, traffic: float) -> Prediction:
    return replace(prediction((0.3, 0.3, 0.4)), topic_probabilities={"marketing": marketing, "technology": technology, "traffic": traffic})


@pytest.mark.parametrize(
    ("rows", "side"),
    [
        ([topical(0.9, 0.05, 0.1)] * 20, "marketing"),
        ([topical(0.05, 0.05, 0.9)] * 20, "marketing"),
        ([topical(0.05, 0.9, 0.05)] * 20, "technology"),
        ([topical(0.5, 0.5, 0.0)] * 20, "balanced"),
        ([topical(0.01, 0.01, 0.01)] * 20, "unknown"),
    ],
)
def test_lean(rows: list[Prediction], side: str) -> None:
    found, promotion, technology = lean(rows, EXACT)
    assert found == side
    assert promotion is not None
    assert technology is not None
    expected = 1 - (1 - rows[0].topic_probabilities["marketing"]) * (1 - rows[0].topic_probabilities["traffic"])
    assert promotion.value == pytest.approx(expected)


def test_a_model_without_the_topics_has_no_lean() -> None:
    rows = [prediction((1, 0, 0), topics=("price",))] * 9
    assert lean(rows, EXACT) == ("unknown", None, None)
    assert [r.topic for r in aggregate(rows, ("price",), EXACT)] == ["price", ALL]


@pytest.mark.parametrize(
    ("net", "neutral", "word"),
    [
        (Estimate(0.3, 0.1, 0.5), 0.4, "praise"),
        (Estimate(-0.3, -0.5, -0.1), 0.4, "skepticism"),
        (Estimate(0.1, -0.1, 0.3), 0.4, "mixed"),
        (Estimate(0.0, -0.1, 0.1), 0.9, "neutral"),
        (None, 0.5, "unknown"),
    ],
)
def test_verdict(net: Estimate | None, neutral: float, word: str) -> None:
    share = Estimate(neutral, neutral, neutral)
    row = TopicShare(ALL, 9, 9.0, 1.0, net is not None, share, share, share, net, None, None)
    assert verdict(row) == word
