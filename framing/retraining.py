"""Make a model of one's own: join label sets, train, compare with a base, and put the model in its place.

A model never takes the place of another that is significantly better: ``put_in_place`` refuses it and
keeps it beside, and whatever it replaces is kept by ``framing.labelling.versions``.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path
from typing import Any

from framing import artifact
from framing.artifact import MANIFEST, default_model_path, load, save
from framing.card import model_card
from framing.errors import ArtifactError, LabelError, TrainingError
from framing.evaluation import evaluate
from framing.labelling.comparison import ModelComparison, compare_models
from framing.labelling.files import check_ids, read_folder
from framing.labelling.topics import TopicSpec, label_by_vocabulary, labelled_files, read_topics, with_topics
from framing.labelling.versions import keep
from framing.lexicon import load_lexicon
from framing.model import FramingModel
from framing.records import FRAMES, TOPICS, VOICES, Example
from framing.training import TrainConfig, TrainReport, train, update, with_test_figures

__all__ = [
    "FROZEN",
    "Comparison",
    "LabelSet",
    "Recipe",
    "Retrained",
    "WorseModelError",
    "check_place",
    "find_base",
    "label_sets",
    "put_in_place",
    "read_sets",
    "rejected_place",
    "retrain",
]

FROZEN = "the frozen test split"
"""What a comparison on the rows whose split is ``test`` is called."""

_TRAINED = 0.85
"""Share of the time that training takes; the rest is measuring."""

Progress = Callable[[str, float], None]


class WorseModelError(TrainingError):
    """A new model is significantly worse than the one whose place it should take."""

    exit_code = 3


@dataclass(frozen=True, slots=True)
class LabelSet:
    """Hold one label file or folder and what the weight of its sentences is multiplied by."""

    path: Path
    weight: float = 1.0

    @property
    def name(self) -> str:
        """Give the name of the folder, or of the file without its ending."""
        return self.path.resolve().name if self.path.is_dir() else self.path.stem


def label_sets(paths: Sequence[Path], weights: Mapping[str, float]) -> list[LabelSet]:
    """Give each path the weight that stands under its name.

    Raises:
        LabelError: a weight names no path, or several.
    """
    names = [LabelSet(p).name for p in paths]
    for name in weights:
        if names.count(name) != 1:
            known = ", ".join(names)
            raise LabelError(f"the weight of {name!r} needs exactly one label set of this name; given are {known}")
    return [LabelSet(p, weights.get(n, 1.0)) for p, n in zip(paths, names, strict=True)]


def read_sets(sets: Sequence[LabelSet]) -> list[Example]:
    """Read label sets, their weights multiplied in.

    Raises:
        LabelError: a file cannot be read, a row breaks the schema, or an id occurs twice.
    """
    examples = [replace(e, weight=e.weight * s.weight) for s in sets for e in read_folder([s.path])]
    check_ids((e.id, e.origin) for e in examples)
    return examples


@dataclass(frozen=True, slots=True)
class Recipe:
    """Hold what makes a model: labels, files of topics and cue words, its name, and the hyperparameters."""

    sets: Sequence[LabelSet]
    lexicons: Sequence[Path] = ()
    topics: Path | None = None
    name: str = "mine"
    config: TrainConfig = field(default_factory=TrainConfig)


@dataclass(frozen=True, slots=True)
class Comparison:
    """Hold how the new model compares with another on one set of sentences.

    ``against`` is what the other model is called and ``on`` what the sentences are; ``left_out`` counts
    sentences of the set that the new model was trained on.
    """

    against: str
    on: str
    result: ModelComparison
    left_out: int = 0


@dataclass(frozen=True, slots=True)
class Retrained:
    """Hold a new model, its cross-validated figures, how it compares, and what the user should know."""

    model: FramingModel
    report: TrainReport
    comparisons: tuple[Comparison, ...]
    notes: tuple[str, ...]

    def worse_than(self, against: str) -> tuple[str, ...]:
        """Give the figures in which the model is significantly worse than another, each with where it is."""
        return tuple(
            f"{d.figure} {d.base:.3f} → {d.new:.3f} on {c.on}" for c in self.comparisons if c.against == against for d in c.result.worse
        )


def check_place(out: Path) -> None:
    """Refuse a folder that no model can be written to, before minutes are spent on one.

    Raises:
        ArtifactError: something that is no model is there, or the path ends in no name.
    """
    if out.name in ("", ".."):
        raise ArtifactError(f"{out}: name the model's folder itself, such as models/mine")
    artifact.check_place(out)


def find_base(out: Path, base: Path | None = None) -> Path | None:
    """Return the folder of the model to compare with: ``base``, the one to be replaced, or the shipped one; ``None`` if there is none."""
    if base is not None:
        return base
    if (out / MANIFEST).is_file():
        return out
    try:
        return default_model_path()
    except ArtifactError:
        return None


def retrain(
    recipe: Recipe,
    bases: Mapping[str, FramingModel] | None = None,
    gold: Mapping[str, Sequence[Example]] | None = None,
    progress: Progress | None = None,
    *,
    updated: FramingModel | None = None,
) -> Retrained:
    """Train a model and compare it with others.

    Args:
        recipe: what makes the model; rows whose split is ``test`` are measured on, never trained on.
        bases: models to compare with, by what they are called.
        gold: labelled sentences to compare on besides the test split, by what they are called. Those
            whose text is also trained on are left out.
        progress: called with the stage and the share done (0 to 1).
        updated: a model to update with the labels, among which are its own, instead of training in full.

    Raises:
        LabelError: labels or topics cannot be read.
        LexiconError: a lexicon file breaks its format.
        TrainingError: the labels cannot train a model, or ``updated`` was made in another way or of other labels.
    """
    tell = progress or (lambda _stage, _share: None)
    tell("reading labels", 0.0)
    examples = read_sets(recipe.sets)
    specs = read_topics(recipe.topics) if recipe.topics is not None else []
    lexicon = with_topics(load_lexicon(extra=recipe.lexicons), specs)
    topics = (*TOPICS, *(s.name for s in specs))
    by_hand = labelled_files(examples, specs)
    examples = label_by_vocabulary(examples, specs, lexicon.regional)
    make = train if updated is None else partial(update, base=updated)
    model, report = make(
        examples,
        lexicon,
        config=recipe.config,
        topics=topics,
        name=recipe.name,
        progress=lambda stage, share: tell(stage, share * _TRAINED),
    )
    trained = [e for e in examples if e.split != "test"]
    model = replace(model, card=_with_data(model.card, recipe.sets, trained, specs, by_hand))
    tell("measuring", _TRAINED)
    held = [e for e in examples if e.split == "test"]
    if held:
        model = with_test_figures(model, evaluate(held, model).figures)
    comparisons = _comparisons(model, bases or {}, {FROZEN: held, **(gold or {})}, trained, tell)
    tell("done", 1.0)
    return Retrained(model, report, comparisons, tuple(_notes(examples, topics, specs, by_hand)))


def _comparisons(
    model: FramingModel,
    bases: Mapping[str, FramingModel],
    sets: Mapping[str, Sequence[Example]],
    trained: Sequence[Example],
    tell: Progress,
) -> tuple[Comparison, ...]:
    seen = {e.text for e in trained}
    result = []
    todo = [(against, base, on, rows) for against, base in bases.items() for on, rows in sets.items()]
    for done, (against, base, on, rows) in enumerate(todo):
        tell("comparing", _TRAINED + (1 - _TRAINED) * (done + 1) / (len(todo) + 1))
        new = [e for e in rows if e.text not in seen]
        if new:
            result.append(Comparison(against, on, compare_models(new, base, model), len(rows) - len(new)))
    return tuple(result)


def _with_data(
    card: Mapping[str, Any],
    sets: Sequence[LabelSet],
    examples: Sequence[Example],
    specs: Sequence[TopicSpec],
    by_hand: Mapping[str, set[str]],
) -> dict[str, Any]:
    """Return the card with what the labels hold: counts per set, frame, topic and voice, and topics of the user's."""
    counted = Counter(_set_of(e, sets) for e in examples)
    names = (*TOPICS, *(s.name for s in specs))
    data = {
        **card["labels"],
        "sets": [{"name": s.name, "weight": s.weight, "sentences": counted[str(s.path)]} for s in sets],
        "frames": {f: sum(e.frame == f for e in examples) for f in FRAMES},
        "topics": {t: sum(t in e.topics for e in examples) for t in names},
        "voices": {v: sum(e.voice == v for e in examples) for v in VOICES},
    }
    own = {s.name: {"description": s.description, "terms": len(s.vocabulary), "labelled": bool(by_hand[s.name])} for s in specs}
    return {**card, "labels": data, **({"topics": own} if own else {})}


def _set_of(example: Example, sets: Sequence[LabelSet]) -> str:
    file = Path(example.origin.rpartition(":")[0])
    return next(str(s.path) for s in sets if s.path == file or s.path in file.parents)


def _notes(examples: Sequence[Example], topics: Sequence[str], specs: Sequence[TopicSpec], by_hand: Mapping[str, set[str]]) -> list[str]:
    notes = [
        f"the topic {s.name} is by vocabulary only: its figures say how well the model agrees with its terms"
        for s in specs
        if not by_hand[s.name]
    ]
    other = Counter(t for e in examples for t in e.topics if t not in topics)
    notes += [
        f"{count} sentences carry the topic {name}, which is not learned; describe it in a file for --topics"
        for name, count in other.items()
    ]
    return notes


def rejected_place(out: Path) -> Path:
    """Return the folder in which a refused model is kept."""
    return out.with_name(f"{out.name}.rejected")


def put_in_place(result: Retrained, out: Path, *, against: str | None = None, accept_worse: bool = False) -> str:
    """Write a new model to a folder and return its hash; a model that is there is kept as an earlier version.

    Args:
        result: the new model.
        out: its folder.
        against: what the model that it replaces is called in the comparisons; ``None`` where it replaces none.
        accept_worse: replace a model also where the new one is significantly worse.

    Raises:
        WorseModelError: the new model is significantly worse; it is in ``rejected_place(out)`` and the old one untouched.
        ArtifactError: a folder cannot be written.
    """
    worse = result.worse_than(against) if against is not None else ()
    if worse and not accept_worse:
        place = rejected_place(out)
        save(result.model, place, model_card(result.model))
        raise WorseModelError(
            f"{out} was not replaced: the new model is significantly worse ({'; '.join(worse)}); it is kept in {place}, and --accept-worse replaces"
        )
    keep(out)
    digest = save(result.model, out, model_card(result.model))
    load(out)
    return digest
