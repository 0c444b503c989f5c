"""Scales, offsets and thresholds are those that held-out predictions call for."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.metrics import f1_score

from framing.calibration import (
    Calibration,
    best_frame_offset,
    best_threshold,
    fit_binary_scale,
    fit_frame_scale,
    likeliest_threshold,
    stance_varies,
)
from framing.probability import sigmoid, softmax

RANDOM = np.random.default_rng(3)
FEW = st.lists(st.floats(0.01, 0.99), min_size=1, max_size=12)


@pytest.mark.parametrize(("scale", "offset"), [(1.0, 0.0), (0.5, 0.3), (2.0, -1.0)])
def test_binary_scale_finds_what_bent_the_logits(scale: float, offset: float) -> None:
    real = RANDOM.normal(size=20_000) * 2
    y = RANDOM.random(len(real)) < sigmoid(real)
    found = fit_binary_scale((real - offset) / scale, y)
    assert found == pytest.approx((scale, offset), abs=0.08)


def test_frame_scale_finds_what_bent_the_logits() -> None:
    real = RANDOM.normal(size=(20_000, 3)) * 2
    y = (softmax(real).cumsum(axis=1) < RANDOM.random((len(real), 1))).sum(axis=1)
    scale, offset = fit_frame_scale((real - [0.4, -0.2, 0.0]) / 1.5, y, np.ones(len(y)))
    assert scale == pytest.approx(1.5, abs=0.08)
    assert (offset - offset[2]).tolist() == pytest.approx([0.4, -0.2, 0.0], abs=0.08)


def test_nothing_to_learn_from_changes_nothing() -> None:
    assert fit_binary_scale(np.zeros(0), np.zeros(0, np.bool_)) == (1.0, 0.0)


@given(FEW, st.integers(0, 2**12 - 1))
def test_best_threshold_is_no_worse_than_any_other(p: list[float], bits: int) -> None:
    rows, y = np.array(p), np.array([bool(bits >> k & 1) for k in range(len(p))])
    chosen = best_threshold(rows, y)
    assert 0.2 <= chosen <= 0.65
    grid = np.arange(0.2, 0.655, 0.01)
    best = max(f1_score(y, rows >= t, zero_division=0.0) for t in grid)
    assert f1_score(y, rows >= chosen, zero_division=0.0) == pytest.approx(best)


@given(FEW)
def test_likeliest_threshold_has_the_best_expected_f1(p: list[float]) -> None:
    rows = np.array(p)

    def expected(threshold: float) -> float:
        inside = rows >= threshold
        return float(2 * rows[inside].sum() / (inside.sum() + rows.sum()))

    # The threshold is rounded for the model file, by less than what tells likely rows apart.
    assert expected(likeliest_threshold(rows) - 1e-4) >= max(expected(t) for t in rows) - 1e-3


def test_likeliest_threshold_needs_no_labels_to_know_how_common_a_topic_is() -> None:
    """Of rows that are sure the sure ones are taken; where nothing is sure, the threshold falls below a half."""
    assert 0.05 < likeliest_threshold(np.array([0.98] * 10 + [0.02] * 90)) <= 0.98
    assert likeliest_threshold(np.array([0.3] * 50)) == 0.3


def test_frame_offset_lifts_a_frame_that_is_never_the_likeliest() -> None:
    p = np.array([[0.4, 0.1, 0.5]] * 10 + [[0.1, 0.1, 0.8]] * 10 + [[0.1, 0.7, 0.2]] * 10)
    y = np.repeat([0, 2, 1], 10)
    offset = best_frame_offset(p, y)
    assert offset[2] == 0
    assert (np.argmax(np.log(p) + offset, axis=1) == y).all()


def test_calibration_survives_writing() -> None:
    found = Calibration.from_data(Calibration(np.array([1.0, 2.0]), np.array([0.0, -0.5])).to_data())
    assert (found.scale.tolist(), found.offset.tolist()) == ([1.0, 2.0], [0.0, -0.5])


def articles(leans: list[float], sentences: int = 40) -> tuple[np.ndarray, np.ndarray]:
    """Draw the frames of articles with given shares of praise beyond a third, and number the articles."""
    shares = np.clip(np.array([[1 / 3 + lean, 1 / 3 - lean, 1 / 3] for lean in leans]), 0, 1)
    truth = np.concatenate([RANDOM.choice(3, sentences, p=row / row.sum()) for row in shares])
    return truth, np.repeat(np.arange(len(leans)), sentences)


def test_registers_count_whose_articles_differ_by_more_than_chance() -> None:
    leaning, a = articles([-0.3, 0.3] * 10)
    drawn, b = articles([0.0] * 20)
    balanced = np.tile([0, 1, 2, 2], 200)  # each article has the very same mix
    truth = np.concatenate((leaning, drawn, balanced))
    article = np.concatenate((a, b + 100, np.repeat(np.arange(20), 40) + 200))
    register = np.repeat([7, 3, 5], [len(leaning), len(drawn), len(balanced)])
    assert set(register[stance_varies(truth, article, register)]) == {7}


@pytest.mark.parametrize("leans", [[0.0] * 20, [0.3]], ids=["no register varies", "a single article"])
def test_all_registers_count_where_none_tells(leans: list[float]) -> None:
    truth, article = articles(leans)
    assert stance_varies(truth, article, np.zeros(len(truth), np.int64)).all()
