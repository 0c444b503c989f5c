"""Training is deterministic, measures on what it has not seen, and refuses what cannot teach."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from threadpoolctl import threadpool_limits

from framing.artifact import load, save
from framing.card import model_card
from framing.errors import TrainingError
from framing.evaluation import evaluate
from framing.lexicon import load_lexicon
from framing.model import FramingModel
from framing.records import Example
from framing.training import TrainConfig, train, with_test_figures

CONFIG = TrainConfig(folds=3, jobs=1)


def folder_bytes(model: FramingModel, place: Path) -> dict[str, bytes]:
    save(model, place, model_card(model))
    return {p.name: p.read_bytes() for p in place.iterdir()}


def test_training_twice_gives_the_same_bytes(small_model: FramingModel, labelled: list[Example], tmp_path: Path) -> None:
    """Rows of the test split are left out altogether, and progress runs from 0 to 1."""
    told: list[float] = []
    held = [replace(e, id=f"held {e.id}", article=f"held {e.article}", split="test", frame="praise") for e in labelled]
    with threadpool_limits(1):
        again, report = train([*labelled, *held], load_lexicon(), CONFIG, name="small", progress=lambda _stage, share: told.append(share))  # type: ignore[list-item]
    assert folder_bytes(again, tmp_path / "a") == folder_bytes(small_model, tmp_path / "b")
    assert told == sorted(told)
    assert (told[0], told[-1]) == (0.0, 1.0)
    assert (report.examples, report.articles) == (72, 6)
    assert 0.3 < report.frame_f1 <= 1
    assert report.columns == again.space.columns


def test_the_card_says_what_the_model_is(small_model: FramingModel, labelled: list[Example], tmp_path: Path) -> None:
    model = with_test_figures(small_model, evaluate(labelled, small_model).figures)
    text = model_card(model)
    assert "# Model card: small" in text
    assert model.card["labels"]["sha256"] in text
    assert f"{model.card['test']['frame']['macro_f1']:.3f}" in text
    save(model, tmp_path / "m", text)
    assert load(tmp_path / "m").card == model.card


def test_probabilities_and_thresholds_are_in_range(small_model: FramingModel) -> None:
    assert np.isfinite(small_model.weights).all()
    assert ((small_model.topic_threshold > 0) & (small_model.topic_threshold < 1)).all()
    assert 0 < small_model.voice_threshold < 1
    assert all(v >= 0 for v in small_model.interval["tau"].values())


@pytest.mark.parametrize(
    ("change", "says"),
    [
        (lambda e: e[:12], "articles are too few"),
        (lambda _: [], "articles are too few"),
        (lambda e: [replace(x, split="test") for x in e], "articles are too few"),
        (lambda e: [x for x in e if x.frame != "praise"], "labelled praise"),
        (lambda e: [replace(x, topics=()) for x in e], "the topic marketing"),
    ],
)
def test_what_cannot_teach_is_refused(labelled: list[Example], change: object, says: str) -> None:
    with pytest.raises(TrainingError, match=says):
        train(change(labelled), load_lexicon(), CONFIG)  # type: ignore[operator]
