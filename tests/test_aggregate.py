"""Totals follow the formulas, and the intervals cover what they promise."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from framing.aggregate import (
    ALL,
    CARRIERS,
    MIN_WEIGHT,
    QUANTITIES,
    IntervalModel,
    Tilt,
    aggregate,
    fit_intervals,
    fit_tilt,
    lean,
    share_moments,
    verdict,
)
from framing.probability import softmax
from framing.records import FRAMES, TOPICS, Estimate, Prediction, TopicShare, VoiceShare

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


# praise, skepticism, neutral per sentence, and which sentences are shown
CARRIED = [
    ("the three strongest", [(0.6, 0.1), (0.9, 0.0), (0.7, 0.1), (0.8, 0.1)], (1, 3, 2)),
    ("the strongest the other way where the row is negative", [(0.1, 0.6), (0.0, 0.9), (0.1, 0.7), (0.6, 0.2)], (1, 2, 0)),
    ("both sides where the row is even, the strongest of each", [(0.9, 0.0), (0.8, 0.0), (0.1, 0.6), (0.0, 0.9), (0.6, 0.3)], (0, 1, 3)),
    ("one side where the other has none", [(0.4, 0.35), (0.45, 0.3), (0.3, 0.2)], (1, 0)),
    ("one side where the stronger side has a single sentence", [(0.9, 0.05), (0.3, 0.5), (0.3, 0.5), (0.3, 0.5)], (0,)),
    ("one side where the row is just not even", [(0.75, 0.0), (0.5, 0.25), (0.1, 0.65)], (0, 1)),
    ("what is labelled neutral is not shown", [(0.45, 0.05), (0.6, 0.2), (0.3, 0.1)], (1,)),
    ("what pushes neither way is not shown", [(0.45, 0.45), (0.6, 0.2), (0.48, 0.48)], (1,)),
    ("what pushes neither way is no other side", [(0.5, 0.4), (0.5, 0.4), (0.45, 0.45)], (0, 1)),
]


@pytest.mark.parametrize(("why", "frames", "shown"), CARRIED, ids=[c[0] for c in CARRIED])
def test_carriers(why: str, frames: list[tuple[float, float]], shown: tuple[int, ...]) -> None:
    rows = [prediction((praise, skepticism, 1 - praise - skepticism)) for praise, skepticism in frames]
    assert aggregate(rows, TOPICS, EXACT)[-1].carriers == shown, why


def test_carriers_of_a_topic_are_labelled_with_it() -> None:
    rows = [prediction((0.9, 0.05, 0.05), 0.4)] * 5 + [prediction((0.6, 0.2, 0.2), 0.9)] * 3
    first, *_, everything = aggregate(rows, TOPICS, EXACT)
    assert (first.sentences, first.carriers, everything.carriers) == (3, (5, 6, 7), (0, 1, 2))


@given(ROWS)
def test_moments_are_those_of_the_formula(rows: list[tuple[tuple[float, ...], float, float]]) -> None:
    frame = np.array([f for f, _, _ in rows])
    weights = [0.01 + 0.99 * w for _, w, _ in rows]
    found = share_moments(frame, np.array(weights))
    for k, name in enumerate(("praise", "skepticism", "neutral")):
        chances = frame[:, k].tolist()
        assert found[name] == pytest.approx(moments(chances, [p * (1 - p) for p in chances], weights))
    net = (frame[:, 0] - frame[:, 1]).tolist()
    variances = [p + s - (p - s) ** 2 for p, s, _ in frame.tolist()]
    assert found["net"] == pytest.approx(moments(net, variances, weights))


def test_topics_have_intervals_of_their_own() -> None:
    intervals = IntervalModel({q: 0.01 * (i + 1) for i, q in enumerate(QUANTITIES)}, {q: 1.7 + 0.1 * i for i, q in enumerate(QUANTITIES)})
    rows = [prediction((0.4, 0.3, 0.3), 0.8)] * 10
    for row in aggregate(rows, TOPICS, intervals):
        weights = [1.0 if row.topic == ALL else 0.8] * 10
        for name, chance in (("praise", 0.4), ("skepticism", 0.3), ("neutral", 0.3)):
            quantity = name if row.topic == ALL else f"topic {name}"
            _, variance = moments([chance] * 10, [chance * (1 - chance)] * 10, weights)
            half = intervals.z[quantity] * (variance + intervals.tau[quantity] ** 2) ** 0.5
            found = getattr(row, name)
            assert (found.low, found.high) == pytest.approx((max(0, chance - half), min(1, chance + half)))


def test_rows_at_their_least() -> None:
    """One sentence makes the row of all; a topic needs four expected ones, no more."""
    one = aggregate([prediction((0.5, 0.3, 0.2), 0.9)], TOPICS, EXACT)
    assert one[-1].sufficient
    assert one[0] == TopicShare(TOPICS[0], 1, 0.9, 0.9, False, None, None, None, None, None, None)
    assert aggregate([prediction((0.5, 0.3, 0.2), 0.5)] * 8, TOPICS, EXACT)[0].sufficient
    assert aggregate([], TOPICS, EXACT)[-1] == TopicShare(ALL, 0, 0.0, 0.0, False, None, None, None, None, None, None)


def test_a_voice_that_is_not_heard_has_no_stance() -> None:
    row = aggregate([prediction((0.5, 0.3, 0.2), quoted=0.0)] * 5, TOPICS, EXACT)[-1]
    assert (row.author, row.quoted) == (VoiceShare(1.0, pytest.approx(0.2)), VoiceShare(0.0, 0.0))


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


def shared(spread: float, seed: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Make 150 articles of 30 sentences with a stance that their probabilities show half of: (frame, truth, article)."""
    rng = np.random.default_rng(seed)
    article = np.repeat(np.arange(150), 30)
    lean = np.repeat(rng.normal(size=150) * spread, 30)[:, None] * [1.0, -1.0, 0.0]
    own = rng.normal(size=(len(article), 3))
    truth = (softmax(own + lean).cumsum(axis=1) < rng.random((len(article), 1))).sum(axis=1)
    return softmax(own + 0.5 * lean), truth, article


def test_tilt_is_learned_where_articles_share_more_than_shows() -> None:
    tilt = fit_tilt(*shared(0.8, 1))
    assert tilt.strength >= fit_tilt(*shared(0.0, 1)).strength + 1
    frame, truth, article = shared(0.8, 2)

    def error(strength: float) -> float:
        tilted = Tilt(strength, tilt.mean)
        nets = [tilted.apply(frame[rows]).mean(axis=0) - np.eye(3)[truth[rows]].mean(axis=0) for rows in article == np.arange(150)[:, None]]
        return float(np.mean([(net[0] - net[1]) ** 2 for net in nets]))

    assert error(tilt.strength) < 0.8 * error(0.0)


def test_no_tilt_is_learned_where_sentences_show_all() -> None:
    assert np.mean([fit_tilt(*shared(0.0, seed)).strength for seed in range(3)]) <= 0.6


SENTENCES = st.lists(st.tuples(*[st.floats(0.01, 1.0)] * 3), min_size=1, max_size=30)


@given(SENTENCES, st.floats(0.0, 8.0))
def test_tilt_moves_an_article_away_from_the_mean(rows: list[tuple[float, float, float]], strength: float) -> None:
    frame = np.array(rows) / np.sum(rows, axis=1, keepdims=True)
    mean = np.array([0.25, 0.25, 0.5])
    tilted = Tilt(strength, (0.25, 0.25, 0.5)).apply(frame)
    np.testing.assert_allclose(tilted.sum(axis=1), 1.0)
    away = frame.mean(axis=0) - mean
    assert (tilted.mean(axis=0) - frame.mean(axis=0)) @ away >= -1e-12


def test_tilt_by_hand() -> None:
    frame = np.array([[0.5, 0.2, 0.3], [0.7, 0.1, 0.2]])
    push = [(1.2 - 0.5) / 12, (0.3 - 0.5) / 12, (0.5 - 1.0) / 12]
    weights = frame * np.exp(2.0 * np.array(push))
    np.testing.assert_allclose(Tilt(2.0, (0.25, 0.25, 0.5)).apply(frame), weights / weights.sum(axis=1, keepdims=True))
    assert Tilt(0.0).apply(frame) is frame
    assert Tilt(2.0).apply(frame[:0]).shape == (0, 3)


def test_all_totals_are_tilted() -> None:
    """Praise in the sentences without the topic makes the topic's own sentences more likely praise."""
    topic = ("technology",)
    rows = [prediction((0.3, 0.3, 0.4), 1.0, topics=topic)] * 6 + [prediction((0.9, 0.05, 0.05), 0.0, topics=topic)] * 14
    plain = {row.topic: row for row in aggregate(rows, topic, EXACT)}
    tilted = {row.topic: row for row in aggregate(rows, topic, replace(EXACT, tilt=Tilt(2.0, (0.25, 0.25, 0.5))))}
    for name in ("technology", ALL):
        now, before = tilted[name], plain[name]
        assert now.net is not None
        assert before.net is not None
        assert now.author is not None
        assert now.net.value > before.net.value
        assert now.attention == before.attention
        assert now.author.net == pytest.approx(now.net.value)


def test_learned_intervals_are_of_tilted_totals() -> None:
    frame, truth, article = shared(0.8, 4)
    none = np.zeros((len(frame), 0))
    plain, _, far = fit_intervals(frame, none, truth, none > 0, article)
    tilt = fit_tilt(frame, truth, article)
    tilted, covered, near = fit_intervals(frame, none, truth, none > 0, article, tilt)
    assert tilted.tilt == tilt
    assert near < far
    assert tilted.tau["net"] < plain.tau["net"]
    assert 0.85 <= covered <= 0.95


def test_interval_model_survives_writing() -> None:
    model = replace(EXACT, tilt=Tilt(1.5, (0.2, 0.3, 0.5)))
    assert IntervalModel.from_data(json.loads(json.dumps(model.to_data()))) == model


def test_without_whole_articles_intervals_stay_wide() -> None:
    frame = np.full((3, 3), 1 / 3)
    intervals, covered, error = fit_intervals(frame, np.zeros((3, 1)), np.zeros(3, np.int64), np.zeros((3, 1), np.bool_), np.arange(3))
    assert intervals == IntervalModel(dict.fromkeys(QUANTITIES, 0.1), dict.fromkeys(QUANTITIES, 1.645))
    assert (covered, error) == (1.0, 0.0)


def moments(values: list[float], variances: list[float], weights: list[float]) -> tuple[float, float]:
    """Return value and variance of a weighted mean, sentence by sentence, as the docstring of ``share_moments`` gives them."""
    total = sum(weights)
    share = sum(w * m for w, m in zip(weights, values, strict=True)) / total
    spread = sum(w * v + w * (1 - w) * (m - share) ** 2 for w, m, v in zip(weights, values, variances, strict=True)) / total**2
    return share, spread


def learned_by_hand(
    frame: np.ndarray, topics: np.ndarray, truth: np.ndarray, truth_topics: np.ndarray, article: np.ndarray
) -> tuple[dict[str, tuple[float, float]], float, float]:
    """Do what ``fit_intervals`` says in plain loops: (τ, z) per quantity, coverage and error of net."""
    pairs: dict[str, list[tuple[float, float]]] = {q: [] for q in QUANTITIES}
    for number in sorted(set(article.tolist())):
        rows = [i for i, a in enumerate(article) if a == number]
        if len(rows) < MIN_WEIGHT:
            continue
        own = {"": ([1.0] * len(rows), rows)}
        for k in range(topics.shape[1]):
            weights = [float(topics[i, k]) for i in rows]
            members = [i for i in rows if truth_topics[i, k]]
            pairs["attention"].append(((sum(weights) - len(members)) / len(rows), sum(w - w * w for w in weights) / len(rows) ** 2))
            own[f"topic {k}"] = (weights, members)
        for name, (weights, members) in own.items():
            if sum(weights) < MIN_WEIGHT or not members:
                continue
            shares = [sum(truth[i] == f for i in members) / len(members) for f in range(3)]
            for quantity, target in zip(("praise", "skepticism", "neutral", "net"), (*shares, shares[0] - shares[1]), strict=True):
                p = frame[rows]
                means = p[:, 0] - p[:, 1] if quantity == "net" else p[:, ("praise", "skepticism", "neutral").index(quantity)]
                variances = p[:, 0] + p[:, 1] - means**2 if quantity == "net" else means * (1 - means)
                value, variance = moments(means.tolist(), variances.tolist(), weights)
                pairs[f"topic {quantity}" if name else quantity].append((value - target, variance))
    learned, covered = {}, 0.0
    for quantity, found in pairs.items():
        tau = max(0.0, sum(e * e - v for e, v in found) / len(found)) ** 0.5
        ratios = sorted(abs(e) / (v + tau**2) ** 0.5 for e, v in found)
        z = max(1.645, float(np.quantile(ratios, 0.9)))
        learned[quantity] = (tau, z)
        if quantity == "net":
            covered = sum(r <= z + 1e-9 for r in ratios) / len(ratios)
    return learned, covered, sum(abs(e) for e, _ in pairs["net"]) / len(pairs["net"])


# Of eleven articles the 90% quantile is one of them, of twelve it lies between two.
@pytest.mark.parametrize("counted", [11, 12])
def test_learned_intervals_are_those_of_the_formula(counted: int) -> None:
    """Articles of many lengths, one too short to count, topics that are rare, missing, or just frequent enough."""
    rng = np.random.default_rng(5)
    lengths = [9, 3, 4, 12, 5, 30, 8, 7, 20, 6, 11, 15, 10][: counted + 1]
    article = np.repeat(np.arange(len(lengths)), lengths)
    count = len(article)
    frame = rng.dirichlet((1.0, 0.6, 1.4), count)
    topics = rng.beta(1.0, 0.6, (count, 3))
    truth = np.minimum((frame.cumsum(axis=1) < rng.random((count, 1))).sum(axis=1), 2)
    truth[article == 5], truth[article == 3] = 0, 1  # two articles that the probabilities misread
    truth_topics = rng.random(topics.shape) < topics
    truth_topics[article == 8, 0] = False
    truth_topics[article == 6, 0] = np.arange(8) == 2  # one sentence alone
    topics[article == 9, 0] = 0.1
    topics[article == 4, 1] = 0.8  # exactly MIN_WEIGHT expected sentences
    intervals, covered, error = fit_intervals(frame, topics, truth, truth_topics, article)
    learned, covered_by_hand, error_by_hand = learned_by_hand(frame, topics, truth, truth_topics, article)
    for quantity, (tau, z) in learned.items():
        assert intervals.tau[quantity] == pytest.approx(tau, abs=1e-9), quantity
        assert intervals.z[quantity] == pytest.approx(z, abs=1e-6), quantity
    assert intervals.z["net"] > 1.645
    assert covered == pytest.approx(covered_by_hand)
    assert error == pytest.approx(error_by_hand)


def test_certain_and_true_probabilities_err_by_nothing() -> None:
    truth = np.array([0, 1, 2, 0, 2, 1, 0, 2])
    topics = np.ones((8, 1))
    intervals, covered, error = fit_intervals(np.eye(3)[truth], topics, truth, topics > 0, np.repeat([0, 1], 4))
    assert intervals == EXACT
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


WIDE = IntervalModel({**EXACT.tau, "attention": 0.2}, {**EXACT.z, "attention": 2.0})


@pytest.mark.parametrize("intervals", [EXACT, WIDE])
def test_attention_has_the_interval_of_a_mean_of_chances(intervals: IntervalModel) -> None:
    rows = [topical(0.5, 0.9, 0.2), topical(0.1, 0.6, 0.0), topical(0.3, 0.7, 0.4)] * 5
    for found, chances in zip(lean(rows, intervals)[1:], ([0.6, 0.1, 0.58], [0.9, 0.6, 0.7]), strict=True):
        value = sum(chances) / 3
        half = intervals.z["attention"] * (sum(w * (1 - w) for w in chances) * 5 / 15**2 + intervals.tau["attention"] ** 2) ** 0.5
        assert found is not None
        assert (found.value, found.low, found.high) == pytest.approx((value, max(0, value - half), min(1, value + half)))


@pytest.mark.parametrize("tau", [0.0, 0.05, 0.2])
def test_a_lean_begins_where_the_interval_of_the_difference_ends(tau: float) -> None:
    """The difference of two means of chances, each with the variance of its sentences and τ² of its own."""
    for count in (8, 20):
        intervals = IntervalModel({**EXACT.tau, "attention": tau}, {**EXACT.z, "attention": 2.0})
        sides = {}
        for step in range(100):
            promotion, technology = 0.5 + step / 200, 0.5
            half = 2.0 * ((promotion * (1 - promotion) + technology * (1 - technology)) / count + 2 * tau**2) ** 0.5
            for rows, side in (
                ([topical(promotion, technology, 0.0)] * count, "marketing"),
                ([topical(technology, promotion, 0.0)] * count, "technology"),
            ):
                found = lean(rows, intervals)
                sides[side] = found[0]
                assert found[0] == ("balanced" if promotion - technology <= half else side)
                assert [e.value for e in found[1:] if e] == pytest.approx(
                    [promotion, technology] if side == "marketing" else [technology, promotion]
                )
        assert tau == 0.2 or sides == {"marketing": "marketing", "technology": "technology"}


def test_a_lean_needs_as_many_sentences_as_a_topic() -> None:
    assert lean([topical(1.0, 0.0, 0.0)] * int(MIN_WEIGHT), EXACT)[0] == "marketing"
    assert lean([topical(1.0, 0.0, 0.0)] * (int(MIN_WEIGHT) - 1), EXACT)[0] == "unknown"
    assert lean([topical(1.0, 1.0, 0.0)], EXACT)[0] == "unknown"
    certain = [topical(1.0, 0.0, 0.0)] * 3 + [topical(0.0, 1.0, 0.0)] * 3
    assert lean(certain, EXACT)[0] == "balanced"


@pytest.mark.parametrize("topics", [("technology",), ("marketing",), ("price",)])
def test_a_lean_needs_both_topics(topics: tuple[str, ...]) -> None:
    assert lean([prediction((1, 0, 0), topics=topics)] * 9, EXACT) == ("unknown", None, None)


def test_promotion_is_marketing_alone_where_there_is_no_traffic() -> None:
    rows = [prediction((1, 0, 0), 0.6, topics=("marketing", "technology"))] * 9
    promotion = lean(rows, EXACT)[1]
    assert promotion is not None
    assert promotion.value == pytest.approx(0.6)
    assert lean(rows[:1], EXACT)[0] == "unknown"


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
        (Estimate(0.1, 0.0, 0.3), 0.9, "neutral"),
        (Estimate(-0.1, -0.3, 0.0), 0.9, "neutral"),
        (Estimate(0.0, -0.1, 0.1), 0.6, "neutral"),
        (Estimate(0.0, -0.1, 0.1), 0.59, "mixed"),
        (None, 0.5, "unknown"),
    ],
)
def test_verdict(net: Estimate | None, neutral: float, word: str) -> None:
    share = Estimate(neutral, neutral, neutral)
    row = TopicShare(ALL, 9, 9.0, 1.0, net is not None, share, share, share, net, None, None)
    assert verdict(row) == word
    for incomplete in (replace(row, sufficient=False), replace(row, net=None), replace(row, neutral=None)):
        assert verdict(incomplete) == "unknown"
