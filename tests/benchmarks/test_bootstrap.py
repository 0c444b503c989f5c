"""Intervals over articles."""

import numpy as np
from bootstrap import FEWEST_ARTICLES, macro_f1_difference, macro_f1_interval, resamples

TRUTH = np.tile([0, 1, 2], 40)
ARTICLES = [f"a{i // 10}" for i in range(len(TRUTH))]


def test_draws_whole_articles():
    for draw in resamples(ARTICLES, count=20):
        assert len(draw) == len(ARTICLES)
        counts = np.bincount(draw, minlength=len(ARTICLES)).reshape(-1, 10)
        assert (counts == counts[:, :1]).all()


def test_draws_sentences_where_articles_are_few():
    few = ["one"] * 60 + ["two"] * 60
    counts = np.bincount(resamples(few, count=1)[0], minlength=len(few))
    assert len(set(few)) < FEWEST_ARTICLES
    assert len(set(counts[:60].tolist())) > 1


def test_same_seed_same_draws():
    for a, b in zip(resamples(ARTICLES, 5, seed=3), resamples(ARTICLES, 5, seed=3), strict=True):
        np.testing.assert_array_equal(a, b)


def test_perfect_labels_have_no_spread():
    assert macro_f1_interval(TRUTH, TRUTH, resamples(ARTICLES, 50)) == (1.0, 1.0)


def test_difference_is_paired():
    draws = resamples(ARTICLES, 50)
    guessed = np.random.default_rng(1).integers(0, 3, len(TRUTH))
    assert macro_f1_difference(TRUTH, guessed, guessed, draws) == (0.0, 0.0)
    low, high = macro_f1_difference(TRUTH, TRUTH, guessed, draws)
    assert 0 < low < high
