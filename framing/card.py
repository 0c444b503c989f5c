"""Write the model card: what a model is, was made of, measures, and is not good for."""

from __future__ import annotations

from typing import Any

from framing.model import FramingModel

__all__ = ["model_card"]


def _figures(title: str, f: dict[str, Any]) -> list[str]:
    frame, topics, voice, articles = f["frame"], f["topics"], f["voice"], f["articles"]
    low, high = frame["macro_f1_ci"]
    lines = [
        f"## {title}",
        "",
        f"{f['n']} sentences in {articles['n']} articles; 95% bootstrap intervals over articles.",
        "",
        "| figure | value | interval |",
        "| --- | ---: | --- |",
        f"| frame macro-F1 | {frame['macro_f1']:.3f} | {low:.3f} – {high:.3f} |",
        *(f"| F1 {name} | {row['f1']:.3f} | |" for name, row in frame["per_class"].items()),
        f"| topics macro-F1 | {topics['macro_f1']:.3f} | {topics['macro_f1_ci'][0]:.3f} – {topics['macro_f1_ci'][1]:.3f} |",
        *(f"| F1 {name} | {value:.3f} | |" for name, value in topics["per_topic"].items()),
        f"| voice F1 (quoted) | {voice['f1']:.3f} | {voice['f1_ci'][0]:.3f} – {voice['f1_ci'][1]:.3f} |",
        f"| expected calibration error | {f['calibration']['ece']:.3f} | |",
        f"| Brier score | {f['calibration']['brier']:.3f} | |",
    ]
    if articles["n"]:
        lines += [
            f"| net stance per article, mean absolute error | {articles['net_stance_mae']:.3f} | |",
            f"| coverage of its 90% intervals | {articles['coverage_90']:.2f} | |",
        ]
    return [*lines, ""]


def model_card(model: FramingModel) -> str:
    """Write the card of a model as Markdown."""
    card = model.card
    cv = card["cross_validation"]
    lines = [
        f"# Model card: {model.name}",
        "",
        "A linear model that labels Chinese sentences about companies, products, people and technology with a frame "
        "(praise, skepticism, neutral), topics and a voice. Features are TF-IDF n-grams and cue lexicons; see `docs/method.md`.",
        "",
        "## Made of",
        "",
        f"- {card['labels']['sentences']:,} labelled sentences in {card['labels']['articles']:,} articles and contrast sets, SHA-256 `{card['labels']['sha256']}`",
        f"- cue lexicons, SHA-256 `{card['lexicon']['sha256']}`",
        f"- {model.space.columns:,} features; topics: {', '.join(model.topics)}",
        "- versions: " + ", ".join(f"{k} {v}" for k, v in card["versions"].items()),
        "",
        "## Cross-validated on its own labels (articles never straddle a fold)",
        "",
        f"Frame macro-F1 {cv['frame_f1']:.3f} ("
        + ", ".join(f"{k} {v:.3f}" for k, v in cv["frame_f1_per_class"].items())
        + f"), voice F1 {cv['voice_f1']:.3f}, "
        + "topics "
        + ", ".join(f"{k} {v:.3f}" for k, v in cv["topic_f1"].items())
        + f"; net stance per article: mean absolute error {cv['net_mae']:.3f}, coverage of 90% intervals {cv['coverage_90']:.2f}.",
        "",
    ]
    if "test" in card:
        lines += _figures("On the frozen test split", card["test"])
    lines += [
        "## Intended use",
        "",
        "Reading how a text is worded, in aggregate over articles, with the evidence at hand. Not for judging people, nor whether what a text says is true, "
        "nor for decisions about anyone without a person reading the text.",
        "",
        "## Limits",
        "",
        "- The training text is machine-written for this project; agreement between labelling passes over it overstates agreement between people.",
        "- Irony, doubt by implication and praise without any praising word are often read as neutral.",
        "- Made for business and technology writing; other subjects were not tried.",
        "- A single sentence's label is uncertain: use its probabilities, and article totals with their intervals.",
        "",
        "## Licence",
        "",
        "Model and code Apache-2.0, labels CC-BY-4.0. Regional terms derive from OpenCC's tables (Apache-2.0), segmentation from jieba's dictionary (MIT).",
        "",
        "## How to cite",
        "",
        "framing: framing of companies in Chinese articles, sentence by sentence (software, Apache-2.0), with the model's name and hash.",
    ]
    return "\n".join(lines) + "\n"
