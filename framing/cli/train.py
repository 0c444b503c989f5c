"""``framing train``: train a model from label files."""

from __future__ import annotations

import sys
import time
from pathlib import Path

import click

__all__ = ["train"]


@click.command()
@click.option(
    "--labels", "labels", type=click.Path(path_type=Path), multiple=True, help="Label file or folder; may be repeated.  [default: labels/]"
)
@click.option("--out", type=click.Path(path_type=Path), default=Path("models/default"), show_default=True, help="Folder of the new model.")
@click.option("--name", help="Name of the model.  [default: the folder's name]")
@click.option(
    "--lexicon",
    "lexicons",
    type=click.Path(path_type=Path),
    multiple=True,
    help="File of expression TAB grade lines to add; may be repeated.",
)
@click.option("--jobs", type=click.IntRange(min=1), default=2, show_default=True, help="Processes; the result does not depend on it.")
def train(labels: tuple[Path, ...], out: Path, name: str | None, lexicons: tuple[Path, ...], jobs: int) -> None:
    """Train a model from label files.

    Articles are never split between folds; rows whose split is test are never trained on, and the
    new model is measured on them at the end. A model that is already in its place is kept: see
    `framing model list` and `framing model rollback`.
    """
    from framing.artifact import load, save
    from framing.card import model_card
    from framing.evaluation import evaluate
    from framing.labelling.files import read_folder
    from framing.labelling.versions import keep
    from framing.lexicon import load_lexicon
    from framing.training import TrainConfig, with_test_figures
    from framing.training import train as fit

    begun = time.monotonic()

    def progress(stage: str, share: float) -> None:
        if sys.stderr.isatty():
            click.echo(f"\r{stage:<20} {share:4.0%}  {time.monotonic() - begun:4.0f} s", err=True, nl=share >= 1)

    examples = read_folder(list(labels) or [Path("labels")])
    model, report = fit(examples, load_lexicon(extra=lexicons), TrainConfig(jobs=jobs), name=name or out.name, progress=progress)
    held = [e for e in examples if e.split == "test"]
    if held:
        model = with_test_figures(model, evaluate(held, model).figures)
    keep(out)
    digest = save(model, out, model_card(model))
    load(out)
    click.echo(
        f"trained {out} ({digest[:8]}) in {time.monotonic() - begun:.0f} s on {report.examples:,} sentences of {report.articles:,} articles and sets"
    )
    click.echo(
        f"cross-validated: frame macro-F1 {report.frame_f1:.3f}, voice F1 {report.voice_f1:.3f}, topics "
        + ", ".join(f"{t} {v:.3f}" for t, v in report.topic_f1.items())
    )
    if held:
        figures = model.card["test"]
        low, high = figures["frame"]["macro_f1_ci"]
        click.echo(
            f"frozen test split: frame macro-F1 {figures['frame']['macro_f1']:.3f} [{low:.3f}, {high:.3f}] on {figures['n']} sentences"
        )
