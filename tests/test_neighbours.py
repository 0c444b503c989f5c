"""What surrounds a sentence weighs as the formula says, within its article only, and only as far as it helps."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from framing.neighbours import NeighbourEffect, around, fit_neighbours
from framing.probability import softmax

SIZES = st.lists(st.integers(1, 9), min_size=1, max_size=6)


def numbers(sizes: list[int]) -> np.ndarray:
    return np.repeat(np.arange(len(sizes)), sizes)


@given(sizes=SIZES, reach=st.floats(0.5, 20), seed=st.integers(0, 99))
def test_around_is_the_shrunk_mean_of_the_others(sizes: list[int], reach: float, seed: int) -> None:
    article = numbers(sizes)
    values = np.random.default_rng(seed).normal(size=(len(article), 2))
    found = around(values, article, reach)
    for i, number in enumerate(article):
        others = [j for j in np.flatnonzero(article == number) if j != i]
        weights = np.exp(-np.abs(np.array(others) - i) / reach)
        expected = (weights[:, None] * values[others]).sum(axis=0) / (weights.sum() + reach) if others else np.zeros(2)
        np.testing.assert_allclose(found[i], expected, atol=1e-9)


@given(sizes=SIZES, seed=st.integers(0, 99))
def test_articles_do_not_touch_each_other(sizes: list[int], seed: int) -> None:
    logits = np.random.default_rng(seed).normal(size=(sum(sizes), 3))
    effect = NeighbourEffect(2.0, 4.0, (0.2, 0.3, 0.5))
    together = effect.apply(logits, numbers(sizes))
    cuts = np.cumsum(sizes)[:-1]
    alone = [effect.apply(part, np.zeros(len(part), np.int64)) for part in np.split(logits, cuts)]
    np.testing.assert_array_equal(together, np.concatenate(alone))


def test_a_lone_sentence_keeps_its_own_judgement() -> None:
    logits = np.array([[1.0, 0.0, 0.0], [0.0, 1.0, 0.0]])
    np.testing.assert_array_equal(NeighbourEffect(3.0).apply(logits, np.array([0, 1])), logits)


@pytest.mark.parametrize(("neighbour", "rises"), [([0.0, 4.0, 0.0], 1), ([4.0, 0.0, 0.0], 0)])
def test_a_plain_sentence_leans_with_its_neighbours(neighbour: list[float], rises: int) -> None:
    logits = np.array([neighbour, [0.0, 0.0, 0.0], neighbour])
    before, after = softmax(logits)[1], softmax(NeighbourEffect(2.0).apply(logits, np.zeros(3, np.int64)))[1]
    assert after[rises] > before[rises]
    assert after[1 - rises] < before[1 - rises]


def drawn(spread: float) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Make 80 articles of 25 sentences whose stance varies by ``spread``, and logits that see only half of it."""
    random = np.random.default_rng(5)
    article = np.repeat(np.arange(80), 25)
    lean = np.repeat(random.normal(size=80) * spread, 25)
    own = random.normal(size=(len(article), 3))
    real = own + np.stack([lean, -lean, np.zeros(len(lean))], axis=1)
    truth = np.array([random.choice(3, p=p) for p in softmax(real)])
    return own + 0.5 * (real - own), truth, article


def test_gain_is_learned_where_articles_have_a_stance() -> None:
    logits, truth, article = drawn(1.0)
    effect = fit_neighbours(logits, truth, article)
    assert effect.gain >= 1

    def error(frame: np.ndarray) -> float:
        nets = [
            (frame[rows, 0] - frame[rows, 1]).mean() - (np.eye(3)[truth[rows]] @ [1, -1, 0]).mean()
            for rows in article == np.arange(80)[:, None]
        ]
        return float(np.mean(np.square(nets)))

    assert error(softmax(effect.apply(logits, article))) < 0.8 * error(softmax(logits))


def test_no_gain_is_learned_where_articles_have_none() -> None:
    logits, truth, article = drawn(0.0)
    assert fit_neighbours(logits, truth, article).gain <= 0.5


def test_a_single_neighbour_says_little() -> None:
    """Two sentences that judge clearly and differently keep their frames."""
    logits = np.array([[4.0, 0.0, 0.0], [0.0, 1.0, 0.0]])
    found = NeighbourEffect(4.0, 8.0, (0.2, 0.3, 0.5)).apply(logits, np.zeros(2, np.int64))
    assert found.argmax(axis=1).tolist() == [0, 1]


def test_the_effect_survives_writing() -> None:
    effect = NeighbourEffect(1.5, 4.0, (0.2, 0.3, 0.5))
    assert NeighbourEffect.from_data(effect.to_data()) == effect
