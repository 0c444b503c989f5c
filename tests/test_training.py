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
from framing.features import FeatureConfig
from framing.labelling.files import read_folder
from framing.labelling.topics import TopicSpec, label_by_vocabulary, with_topics
from framing.lexicon import load_lexicon
from framing.model import FramingModel
from framing.records import TOPICS, Example
from framing.training import TrainConfig, train, update, with_test_figures

# That of the small model.
CONFIG = TrainConfig(folds=3, jobs=1, features=FeatureConfig(min_df={"word": 2, "bigram": 2, "char": 3, "skeleton": 3, "entry": 2}))


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


# --- updating ------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def more(labelled: list[Example]) -> list[Example]:
    """Give the labels with an article more."""
    texts = ("榛岭面馆的新汤底清香醇厚，回头客赞不绝口。", "排队的号码却时常乱跳，令人恼火。", "面馆的第二家店开在河东。")
    frames = ("praise", "skepticism", "neutral")
    new = [
        Example(id=f"n{i}", article="n", text=text, frame=frame, topics=(), voice="author", register="review")  # type: ignore[arg-type]
        for i, (text, frame) in enumerate(zip(texts, frames, strict=True))
    ]
    return [*labelled, *new]


@pytest.fixture(scope="module")
def updated(small_model: FramingModel, more: list[Example]) -> FramingModel:
    return update(more, load_lexicon(), small_model, CONFIG, name="updated")[0]


def test_update_has_the_heads_of_full_training(small_model: FramingModel, updated: FramingModel, more: list[Example]) -> None:
    """Frame and topics are equal up to the scale and offset of calibration, which are the base's; the voice is equal."""
    full, _ = train(more, load_lexicon(), CONFIG, name="full")
    assert updated.space.columns == full.space.columns > small_model.space.columns
    heads = 3 + len(TOPICS)
    raw = []
    for model in (updated, full):
        scale, offset = (np.array(model.card["calibration"][key]) for key in ("scale", "offset"))
        assert scale.shape == offset.shape == (heads,)
        raw.append((model.weights[:, :heads] / scale, (model.bias[:heads] - offset) / scale))
    np.testing.assert_allclose(raw[0][0], raw[1][0], rtol=1e-6, atol=1e-9)
    np.testing.assert_allclose(raw[0][1], raw[1][1], rtol=1e-9)
    np.testing.assert_array_equal(updated.weights[:, heads:], full.weights[:, heads:])
    assert updated.chain == full.chain


def test_update_takes_what_unseen_articles_tell_from_the_base(small_model: FramingModel, updated: FramingModel) -> None:
    assert updated.card["calibration"] == small_model.card["calibration"]
    assert updated.card["cross_validation"] == small_model.card["cross_validation"]
    assert updated.card["base"] == {"name": "small", "hash": small_model.hash}
    assert updated.card["labels"]["sentences"] == small_model.card["labels"]["sentences"] + 3
    assert (updated.neighbours, updated.interval, updated.voice_threshold) == (
        small_model.neighbours,
        small_model.interval,
        small_model.voice_threshold,
    )
    np.testing.assert_array_equal(updated.topic_threshold, small_model.topic_threshold)
    np.testing.assert_array_equal(updated.frame_offset, small_model.frame_offset)


def test_update_with_the_same_labels_is_the_base(small_model: FramingModel, labelled: list[Example]) -> None:
    again, report = update(labelled, load_lexicon(), small_model, CONFIG, name="small")
    np.testing.assert_array_equal(again.weights, small_model.weights)
    np.testing.assert_array_equal(again.bias, small_model.bias)
    assert report.examples == len(labelled)


def test_updating_twice_gives_the_same_bytes(small_model: FramingModel, updated: FramingModel, more: list[Example], tmp_path: Path) -> None:
    """Whatever the number of processes; rows of the test split are left out, and a base may have been written and read."""
    save(small_model, tmp_path / "base")
    base = load(tmp_path / "base")
    held = [replace(e, id=f"held {e.id}", article=f"held {e.article}", split="test") for e in more]
    told: list[float] = []
    one, _ = update([*more, *held], load_lexicon(), base, CONFIG, name="new", progress=lambda _stage, share: told.append(share))
    two, _ = update(more, load_lexicon(), base, replace(CONFIG, jobs=2), name="new")
    assert (told[0], told[-1]) == (0.0, 1.0)
    assert one.card["base"]["hash"] == base.hash
    assert folder_bytes(one, tmp_path / "a") == folder_bytes(two, tmp_path / "b")
    np.testing.assert_array_equal(one.weights, updated.weights)


def test_an_update_can_be_updated(updated: FramingModel, more: list[Example]) -> None:
    again, _ = update(more, load_lexicon(), updated, CONFIG)
    np.testing.assert_array_equal(again.weights, updated.weights)
    assert again.card["base"]["name"] == "updated"


@pytest.mark.parametrize(
    ("card", "config", "topics", "says"),
    [
        ({"calibration": None}, CONFIG, TOPICS, "does not tell how it was calibrated"),
        ({"calibration": {"scale": [1.0], "offset": [0.0]}}, CONFIG, TOPICS, "does not tell how it was calibrated"),
        ({"calibration": "none"}, CONFIG, TOPICS, "does not tell how it was calibrated"),
        ({"cross_validation": {"frame_f1": 0.5}}, CONFIG, TOPICS, "does not tell how it was calibrated"),
        ({}, CONFIG, TOPICS[:2], "has the topics marketing, technology, traffic, not marketing, technology;"),
        ({}, replace(CONFIG, frame_c=0.25, topic_c=2.0), TOPICS, r"other options \(frame_c, topic_c\)"),
        ({"lexicon": {"sha256": "0" * 64}}, CONFIG, TOPICS, "other cue words"),
    ],
)
def test_base_of_another_kind_is_refused(
    small_model: FramingModel, more: list[Example], card: dict[str, object], config: TrainConfig, topics: tuple[str, ...], says: str
) -> None:
    changed = {k: v for k, v in {**small_model.card, **card}.items() if v is not None}
    with pytest.raises(TrainingError, match=says) as error:
        update(more, load_lexicon(), replace(small_model, card=changed), config, topics=topics)
    assert "\n" not in str(error.value)
    assert "train in full" in str(error.value)


@pytest.mark.parametrize("count", [0, 1, 72])
def test_labels_without_those_of_the_base_are_refused(small_model: FramingModel, labelled: list[Example], count: int) -> None:
    strangers = [replace(e, text=f"第{i}段：晴川下游水位回落。{'好' * (i % 5)}") for i, e in enumerate(labelled[:count])]
    with pytest.raises(TrainingError, match="an update needs the base's labels too"):
        update(strangers, load_lexicon(), small_model, CONFIG)


def test_update_needs_what_training_needs(small_model: FramingModel, labelled: list[Example]) -> None:
    with pytest.raises(TrainingError, match="the topic marketing"):
        update([replace(e, topics=()) for e in labelled], load_lexicon(), small_model, CONFIG)


def test_a_few_labels_of_the_base_may_be_missing(small_model: FramingModel, more: list[Example]) -> None:
    update(more[2:], load_lexicon(), small_model, CONFIG)


# --- topics of one's own ---------------------------------------------------------------------------

OWN = TopicSpec("工艺", "how something works", {"芯片": 2.0, "算法": 2.0, "模型": 2.0, "研发": 2.0})


def test_labels_of_some_articles_outweigh_a_vocabulary() -> None:
    """A third of the articles is read for a topic, in the others it is guessed; the rest of the guesses are wrong more often than not.

    What the built-in topic says is the truth for a topic of another name.
    """
    corpus = Path(__file__).parents[1] / "labels" / "articles"
    examples = [e for name in ("wire", "essay", "review") for e in read_folder([corpus / f"{name}.jsonl"])]
    names = sorted({e.article for e in examples})
    read, held = set(names[::3]), set(names[1::3])
    truth = {e.id: "technology" in e.topics for e in examples}
    examples = [replace(e, topics=("工艺",) if truth[e.id] and e.article in read else (), split="train") for e in examples]
    examples = [replace(e, origin=f"{'mine' if e.article in read else 'other'}.jsonl:1") for e in examples]
    taught = label_by_vocabulary(examples, [OWN])
    guessed = label_by_vocabulary([replace(e, topics=(), origin="other.jsonl:1") for e in examples], [OWN])
    lexicon = with_topics(load_lexicon(), [OWN])

    def f1(labels: list[Example]) -> tuple[float, float]:
        rows = [e for e in labels if e.article not in held]
        model, report = train(rows, lexicon, TrainConfig(folds=2, jobs=1), topics=("工艺",))
        gold = [replace(e, topics=("工艺",) if truth[e.id] else (), guessed=()) for e in labels if e.article in held]
        return float(evaluate(gold, model).figures["topics"]["per_topic"]["工艺"]), report.topic_f1["工艺"]

    (with_labels, seen), (by_vocabulary, agreement) = f1(taught), f1(guessed)
    assert with_labels > by_vocabulary + 0.1
    # The figure of the report is of read articles only: by vocabulary alone it is how well the terms are found again.
    assert abs(seen - with_labels) < 0.15
    assert agreement > by_vocabulary + 0.1
