"""Write the model card: what a model is, was made of, measures, and is not good for."""

from __future__ import annotations

import re
from importlib.metadata import PackageNotFoundError, metadata, requires
from typing import Any

from framing.model import FramingModel

__all__ = ["licences", "model_card"]

_DISTRIBUTION = "framing-zh"
_LONGEST_LICENCE = 60


def licences() -> list[tuple[str, str, str]]:
    """List the packages that framing always needs: name, installed version, licence as the package states it."""
    try:
        needed = [r for r in requires(_DISTRIBUTION) or () if "extra ==" not in r]
    except PackageNotFoundError:
        return []
    rows = []
    for requirement in needed:
        name = re.split(r"[^\w.-]", requirement, maxsplit=1)[0]
        try:
            rows.append((name, metadata(name)["Version"], _licence(name)))
        except PackageNotFoundError:
            continue  # needed by another version of Python only
    return sorted(rows)


def _licence(name: str) -> str:
    """Return a package's licence: the SPDX expression, else the one-line field, else the classifier."""
    data = metadata(name)
    stated = [data[field] for field in ("License-Expression", "License") if field in data]
    stated = [s for s in stated if s and "\n" not in s and len(s) <= _LONGEST_LICENCE]
    if stated:
        return stated[0]
    classified = [c.rpartition(" :: ")[2] for c in data.get_all("Classifier", []) if c.startswith("License :: ")]
    return ", ".join(classified) or "see the package"


def _interval(pair: list[float] | None) -> str:
    return f"{pair[0]:.3f} – {pair[1]:.3f}" if pair else ""


def _figures(f: dict[str, Any]) -> list[str]:
    frame, topics, voice, articles = f["frame"], f["topics"], f["voice"], f["articles"]
    lines = [
        "## On the frozen test split",
        "",
        f"{f['n']} sentences that were never trained on; 95% bootstrap intervals over articles.",
        "",
        "| figure | value | interval |",
        "| --- | ---: | --- |",
        f"| frame macro-F1 | {frame['macro_f1']:.3f} | {_interval(frame['macro_f1_ci'])} |",
        *(f"| F1 {name} | {row['f1']:.3f} | |" for name, row in frame["per_class"].items()),
        f"| topics macro-F1 | {topics['macro_f1']:.3f} | {_interval(topics['macro_f1_ci'])} |",
        *(f"| F1 {name} | {value:.3f} | |" for name, value in topics["per_topic"].items()),
        f"| voice F1 (quoted) | {voice['f1']:.3f} | {_interval(voice['f1_ci'])} |",
        f"| expected calibration error | {f['calibration']['ece']:.3f} | |",
        f"| Brier score | {f['calibration']['brier']:.3f} | |",
    ]
    if articles["n"]:
        lines += [
            f"| net stance per article, mean absolute error | {articles['net_stance_mae']:.3f} | {articles['n']} articles |",
            f"| coverage of its 90% intervals | {articles['coverage_90']:.2f} | |",
        ]
    return [*lines, ""]


def _counts(counts: dict[str, int], whole: int) -> str:
    return ", ".join(f"{name} {count:,} ({count / whole:.0%})" for name, count in counts.items())


def _made_of(model: FramingModel) -> list[str]:
    card, labels = model.card, model.card["labels"]
    lines = [
        f"- {labels['sentences']:,} labelled sentences in {labels['articles']:,} articles and contrast sets, SHA-256 `{labels['sha256']}`"
    ]
    lines += [f"  - `{s['name']}`: {s['sentences']:,} sentences, weight {s['weight']:g}" for s in labels.get("sets", ())]
    lines += [f"  - {kind}: {_counts(labels[kind], labels['sentences'])}" for kind in ("frames", "topics", "voices") if kind in labels]
    for name, topic in card.get("topics", {}).items():
        source = "labels" if topic["labelled"] else "its vocabulary alone: figures say how well the model agrees with the terms"
        lines.append(f"- own topic {name}: {topic['description'] or 'no description'}; {topic['terms']} terms, learned from {source}")
    return [
        *lines,
        f"- cue lexicons, SHA-256 `{card['lexicon']['sha256']}`",
        f"- {model.space.columns:,} features; topics: {', '.join(model.topics)}",
        "- versions: " + ", ".join(f"{k} {v}" for k, v in card["versions"].items()),
        "- options: " + ", ".join(f"{k} {v:g}" for k, v in card["options"].items() if isinstance(v, int | float)),
    ]


def _folded_labels(card: dict[str, Any]) -> str:
    """Say whose labels were cross-validated: an updated model keeps the figures of the model that it began with."""
    base = card.get("base")
    return f"the labels of {base['name']} {base['hash'][:8]}, which this model updates" if base else "its own labels"


def _cross_validated(cv: dict[str, Any]) -> str:
    classes = ", ".join(f"{k} {v:.3f}" for k, v in cv["frame_f1_per_class"].items())
    topics = ", ".join(f"{k} {v:.3f}" for k, v in cv["topic_f1"].items())
    return (
        f"Frame macro-F1 {cv['frame_f1']:.3f} ({classes}), voice F1 {cv['voice_f1']:.3f}, topics {topics}; "
        f"net stance per article: mean absolute error {cv['net_mae']:.3f}, coverage of 90% intervals {cv['coverage_90']:.2f}."
    )


def _cite(model: FramingModel) -> list[str]:
    version = model.card["versions"].get(_DISTRIBUTION, "")
    which = f"model {model.name}, hash {model.hash}" if model.hash else f"model {model.name}, with the hash in its manifest.json"
    return [
        "## How to cite",
        "",
        "```bibtex",
        "@software{framing,",
        "  title = {framing: how Chinese articles write about companies, sentence by sentence},",
        *([f"  version = {{{version}}},"] if version else []),
        f"  note = {{Apache-2.0; {which}}},",
        "}",
        "```",
    ]


def model_card(model: FramingModel) -> str:
    """Write the card of a model as Markdown."""
    card = model.card
    lines = [
        f"# Model card: {model.name}",
        "",
        "A linear model that labels Chinese sentences about companies, products, people and technology with a frame "
        "(praise, skepticism, neutral), topics and a voice. Features are TF-IDF n-grams and cue lexicons; see `docs/method.md`.",
        "",
        "## Made of",
        "",
        *_made_of(model),
        "",
        f"## Cross-validated on {_folded_labels(card)} (articles never straddle a fold)",
        "",
        _cross_validated(card["cross_validation"]),
        "",
        *(_figures(card["test"]) if "test" in card else ["No articles were kept out of training, so these figures have no intervals.", ""]),
        "## Intended use",
        "",
        "Reading how a text is worded, in aggregate over articles, with the evidence at hand. Not for judging people, nor whether what a text says is true, "
        "nor for decisions about anyone without a person reading the text.",
        "",
        "## Limits",
        "",
        "- The corpus that comes with framing is machine-written for this project; agreement between labelling passes over it overstates agreement between people.",
        "- Irony, doubt by implication and praise without any praising word are often read as neutral.",
        "- Made for business and technology writing; other subjects were not tried.",
        "- A single sentence's label is uncertain: use its probabilities, and article totals with their intervals.",
        "",
        "## Licences",
        "",
        "Model and code Apache-2.0, labels that come with framing CC-BY-4.0; labels of your own are yours. "
        "Regional terms derive from OpenCC's tables (Apache-2.0), segmentation from jieba's dictionary (MIT).",
        "",
        "| needs | version | licence |",
        "| --- | --- | --- |",
        *(f"| {name} | {version} | {licence} |" for name, version, licence in licences()),
        "",
        *_cite(model),
    ]
    return "\n".join(lines) + "\n"
