"""``framing evaluate``: measure a model on a gold file."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import click

__all__ = ["evaluate"]


@click.command()
@click.argument("gold", type=click.Path(path_type=Path, readable=False))
@click.option("--model", "model_path", type=click.Path(path_type=Path), help="Model folder.  [default: the shipped model]")
@click.option("--format", "form", type=click.Choice(("text", "json")), default="text", show_default=True, help="How to give the result.")
@click.option("-o", "--output", type=click.Path(path_type=Path), help="Write to a file instead of printing.")
@click.option(
    "--split",
    type=click.Choice(("all", "test")),
    default="all",
    show_default=True,
    help="Rows to use: all, or only those whose split is test.",
)
@click.option("--errors", is_flag=True, help="List the sentences whose frame is wrong.")
def evaluate(gold: Path, model_path: Path | None, form: str, output: Path | None, split: str, errors: bool) -> None:
    """Measure a model on a labelled gold file.

    GOLD is a label file (JSON Lines with id, article, text, frame, topics, voice) or a folder of them.
    """
    from framing.analysis import load_model
    from framing.evaluation import evaluate as run
    from framing.labelling.files import read_folder
    from framing.output import refuse_overwriting_inputs, write_atomically

    if output is not None:
        refuse_overwriting_inputs(output, [str(p) for p in (sorted(gold.rglob("*.jsonl")) if gold.is_dir() else [gold])])
    examples = read_folder([gold])
    if split == "test":
        examples = [e for e in examples if e.split == "test"]
    result = run(examples, load_model(model_path))
    text = json.dumps(result.figures, ensure_ascii=False, indent=2) + "\n" if form == "json" else _text(result.figures)
    if errors and form == "text":
        lines = [f"{e.frame} → {p.frame}  {e.text}" for e, p in zip(result.examples, result.predictions, strict=True) if e.frame != p.frame]
        text += "\n" + "\n".join(lines) + "\n"
    # Labels are JSON, which may hold half of a surrogate pair.
    data = text.encode("utf-8", "backslashreplace")
    if output is not None:
        write_atomically(output, data)
    else:
        sys.stdout.buffer.write(data)
        sys.stdout.buffer.flush()


def _text(f: dict[str, Any]) -> str:
    frame, topics, voice, articles = f["frame"], f["topics"], f["voice"], f["articles"]

    def ci(bounds: list[float]) -> str:
        return f"[{bounds[0]:.3f}, {bounds[1]:.3f}]"

    lines = [
        f"{f['n']} sentences in {articles['n']} articles, model {f['model']['name']} {f['model']['hash'][:8]}; 95% bootstrap intervals",
        "",
        f"frame   macro-F1 {frame['macro_f1']:.3f} {ci(frame['macro_f1_ci'])}  accuracy {frame['accuracy']:.3f}",
        f"        {'':12}{'precision':>10}{'recall':>10}{'F1':>10}{'support':>10}   predicted as",
    ]
    for name, row in frame["per_class"].items():
        confusion = "  ".join(f"{k} {v}" for k, v in frame["confusion"][name].items())
        lines.append(f"        {name:12}{row['precision']:10.3f}{row['recall']:10.3f}{row['f1']:10.3f}{row['support']:10d}   {confusion}")
    lines += [
        "",
        f"topics  macro-F1 {topics['macro_f1']:.3f} {ci(topics['macro_f1_ci'])}  "
        + "  ".join(f"{t} {v:.3f}" for t, v in topics["per_topic"].items()),
    ]
    lines += [f"voice   F1 of quoted {voice['f1']:.3f} {ci(voice['f1_ci'])}"]
    lines += [f"calibration  ECE {f['calibration']['ece']:.3f}  Brier {f['calibration']['brier']:.3f}", ""]
    lines.append(f"net stance per article{'':8}mean abs. error   coverage of 90% intervals   articles")
    for name, row in {"all sentences": articles, **articles["per_topic"]}.items():
        if row["n"]:
            lines.append(f"        {name:20}{row['net_stance_mae']:16.3f}{row['coverage_90']:24.2f}{row['n']:16d}")
    return "\n".join(lines) + "\n"
