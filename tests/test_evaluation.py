"""The figures are those that their definitions give, under the keys that are promised."""

from __future__ import annotations

import json
from dataclasses import replace

import numpy as np
import pytest
from sklearn.metrics import brier_score_loss, classification_report, confusion_matrix, f1_score

from framing.errors import LabelError
from framing.evaluation import Evaluation, evaluate, macro_f1
from framing.model import FramingModel
from framing.records import FRAMES, TOPICS, Example


@pytest.fixture(scope="module")
def gold(labelled: list[Example]) -> list[Example]:
    """Give the labelled articles with some labels changed, so that there is something wrong."""
    other = {"praise": "neutral", "neutral": "skepticism", "skepticism": "praise"}
    return [replace(e, frame=other[e.frame]) if i % 4 == 0 else e for i, e in enumerate(labelled)]  # type: ignore[arg-type]


@pytest.fixture(scope="module")
def result(small_model: FramingModel, gold: list[Example]) -> Evaluation:
    return evaluate(gold, small_model)


def test_the_keys(result: Evaluation) -> None:
    figures = json.loads(json.dumps(result.figures))
    assert {"n", "frame", "topics", "voice", "calibration", "articles"} <= set(figures)
    assert {"macro_f1", "macro_f1_ci", "per_class", "confusion"} <= set(figures["frame"])
    assert set(figures["frame"]["per_class"]) == set(figures["frame"]["confusion"]) == set(FRAMES)
    assert all({"precision", "recall", "f1", "support"} <= set(row) for row in figures["frame"]["per_class"].values())
    assert {"macro_f1", "macro_f1_ci"} <= set(figures["topics"])
    assert set(figures["topics"]["per_topic"]) == set(TOPICS)
    assert "f1" in figures["voice"]
    assert {"ece", "brier"} <= set(figures["calibration"])
    assert {"net_stance_mae", "coverage_90", "n"} <= set(figures["articles"])
    assert figures["n"] == 72
    assert figures["articles"]["n"] == 6


def test_the_figures_are_those_of_scikit_learn(result: Evaluation, gold: list[Example]) -> None:
    truth, predicted = [e.frame for e in gold], [p.frame for p in result.predictions]
    report = classification_report(truth, predicted, output_dict=True, zero_division=0.0)
    frame = result.figures["frame"]
    for name in FRAMES:
        for figure, theirs in (("precision", "precision"), ("recall", "recall"), ("f1", "f1-score"), ("support", "support")):
            assert frame["per_class"][name][figure] == pytest.approx(report[name][theirs], abs=1e-4)
    assert frame["macro_f1"] == pytest.approx(f1_score(truth, predicted, average="macro"), abs=1e-4)
    matrix = confusion_matrix(truth, predicted, labels=list(FRAMES))
    assert [[frame["confusion"][a][b] for b in FRAMES] for a in FRAMES] == matrix.tolist()
    for topic in TOPICS:
        expected = f1_score([topic in e.topics for e in gold], [topic in p.topics for p in result.predictions])
        assert result.figures["topics"]["per_topic"][topic] == pytest.approx(expected, abs=1e-4)
    expected = f1_score([e.voice for e in gold], [p.voice for p in result.predictions], pos_label="quoted")
    assert result.figures["voice"]["f1"] == pytest.approx(expected, abs=1e-4)
    p = np.array([[p.praise, p.skepticism, p.neutral] for p in result.predictions])
    expected = brier_score_loss(truth, p[:, [2, 0, 1]], labels=sorted(FRAMES), scale_by_half=False)
    assert result.figures["calibration"]["brier"] == pytest.approx(expected, abs=1e-4)


def test_intervals_hold_their_figure(result: Evaluation) -> None:
    for part in ("frame", "topics"):
        low, high = result.figures[part]["macro_f1_ci"]
        assert low <= result.figures[part]["macro_f1"] <= high


def test_measuring_twice_gives_the_same(result: Evaluation, gold: list[Example], small_model: FramingModel) -> None:
    assert evaluate(gold, small_model).figures == result.figures


def test_calibration_by_hand(small_model: FramingModel, labelled: list[Example]) -> None:
    """Ten equal sentences are one bin: its error is the gap between confidence and the share that is right."""
    rows = [replace(labelled[2], id=str(i), article=str(i), frame="praise" if i < 6 else "neutral") for i in range(10)]
    result = evaluate(rows, small_model)
    p = result.predictions[0]
    right = {"praise": 0.6, "neutral": 0.4, "skepticism": 0.0}[max(FRAMES, key=lambda f: getattr(p, f))]
    assert result.figures["calibration"]["ece"] == pytest.approx(abs(max(p.praise, p.skepticism, p.neutral) - right), abs=1e-4)


def test_one_row_and_no_row(small_model: FramingModel, labelled: list[Example]) -> None:
    figures = evaluate(labelled[:1], small_model).figures
    assert figures["n"] == 1
    json.dumps(figures, allow_nan=False)
    with pytest.raises(LabelError):
        evaluate([], small_model)


def test_macro_f1_counts_absent_classes_as_zero() -> None:
    assert macro_f1(np.array([0, 0]), np.array([0, 0])) == pytest.approx(1 / 3)
    assert macro_f1(np.array([0, 1, 2]), np.array([0, 1, 2])) == 1.0
