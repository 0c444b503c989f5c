"""``framing train``: train a model from label files, compare it, and put it in its place."""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from framing.model import FramingModel
    from framing.retraining import Progress, Retrained

__all__ = ["progress_bar", "train"]

_PATH = click.Path(path_type=Path)


def _weights(_context: click.Context, _option: click.Parameter, values: tuple[str, ...]) -> dict[str, float]:
    weights = {}
    for value in values:
        name, sign, number = value.rpartition("=")
        try:
            weights[name] = float(number)
        except ValueError:
            sign = ""
        if not (sign and name and 0 < weights[name] <= 1000):
            raise click.BadParameter(f"{value!r} is not NAME=NUMBER, with a number above 0 and at most 1000")
    return weights


@contextmanager
def progress_bar() -> Iterator[Progress]:
    """Give a listener that draws stages and the time left on a terminal."""
    from tqdm import tqdm

    shape = "{desc:17}{percentage:3.0f}% |{bar}| {elapsed} gone, {remaining} left"
    with tqdm(total=1.0, bar_format=shape, disable=not sys.stderr.isatty(), leave=False, dynamic_ncols=True) as bar:

        def tell(stage: str, share: float) -> None:
            bar.set_description_str(stage, refresh=False)
            bar.update(share - bar.n)
            bar.refresh()

        yield tell


@click.command()
@click.option("--labels", "labels", type=_PATH, multiple=True, help="Label file or folder; may be repeated.  [default: labels/]")
@click.option(
    "--weight",
    "weights",
    metavar="NAME=NUMBER",
    multiple=True,
    callback=_weights,
    help="Count the sentences of one --labels more: NAME is its folder, or its file without ending.",
)
@click.option("--out", type=_PATH, default=Path("models/default"), show_default=True, help="Folder of the new model.")
@click.option("--name", help="Name of the model.  [default: the folder's name]")
@click.option("--topics", type=_PATH, help="TOML file of topics of your own.")
@click.option("--lexicon", "lexicons", type=_PATH, multiple=True, help="File of expression TAB grade lines to add; may be repeated.")
@click.option("--base", type=_PATH, help="Model to compare with or to update.  [default: the model in --out, or else the shipped one]")
@click.option(
    "--update",
    is_flag=True,
    help="Skip cross-validation: keep the base's calibration, thresholds and intervals. For a few labels more; the base's must be among --labels.",
)
@click.option("--gold", type=_PATH, multiple=True, help="Label file or folder to compare on besides the test split; may be repeated.")
@click.option("--flips", type=click.IntRange(min=0), default=10, show_default=True, help="Changed sentences to show per comparison.")
@click.option("--accept-worse", is_flag=True, help="Replace a model even by one that is significantly worse.")
@click.option("--jobs", type=click.IntRange(min=1), default=2, show_default=True, help="Processes; the result does not depend on it.")
def train(
    labels: tuple[Path, ...],
    weights: dict[str, float],
    out: Path,
    name: str | None,
    topics: Path | None,
    lexicons: tuple[Path, ...],
    base: Path | None,
    update: bool,
    gold: tuple[Path, ...],
    flips: int,
    accept_worse: bool,
    jobs: int,
) -> None:
    """Train a model from label files.

    Articles are never split between folds; rows whose split is test are never trained on. On them and
    on each --gold the new model is compared with the base. A model that is already in --out is kept
    (`framing model list`, `framing model rollback`), and one that is significantly better than the new
    one is not replaced: the new one is then kept beside it, and the exit code is 3.

    With --update the heads are fitted to all labels as ever, but what only cross-validation can tell is
    taken from the base. That takes a fraction of the time.
    """
    from framing.errors import TrainingError
    from framing.labelling.files import read_folder
    from framing.retraining import Recipe, label_sets, put_in_place, retrain
    from framing.training import TrainConfig

    begun = time.monotonic()
    bases = _bases(out, base)
    golds = {str(path): read_folder([path]) for path in gold}
    recipe = Recipe(label_sets(list(labels) or [Path("labels")], weights), lexicons, topics, name or out.name, TrainConfig(jobs=jobs))
    updated = next(iter(bases.values()), None) if update else None
    if update and updated is None:
        raise TrainingError("there is no base to update; give --base, or train in full")
    with progress_bar() as tell:
        result = retrain(recipe, bases, golds, tell, updated=updated)
    _report(result, time.monotonic() - begun)
    _report_changes(result, bases, flips)
    replaced = str(out) if str(out) in bases else None
    digest = put_in_place(result, out, against=replaced, accept_worse=accept_worse)
    click.echo(f"{out} is now {digest[:8]}" + ("; what it replaced is kept, see `framing model list`" if replaced else ""))


def _bases(out: Path, base: Path | None) -> dict[str, FramingModel]:
    """Load the model to compare with and the one to be replaced, by what they are called; refuse a place that no model can take."""
    from framing.artifact import MANIFEST, load
    from framing.errors import ArtifactError
    from framing.retraining import check_place, find_base

    check_place(out)
    found = find_base(out, base)
    bases = {}
    if found is not None and found != out:
        bases[str(found) if base is not None else "the shipped model"] = load(found)
    if (out / MANIFEST).is_file():
        try:
            bases[str(out)] = load(out)
        except ArtifactError as error:
            click.echo(f"framing: no comparison with {out}: {error}", err=True)
    return bases


def _report(result: Retrained, seconds: float) -> None:
    report, test, base = result.report, result.model.card.get("test"), result.model.card.get("base")
    click.echo(f"trained on {report.examples:,} sentences of {report.articles:,} articles and sets in {seconds:.0f} s")
    click.echo(
        ("the base's figures, " if base else "")
        + f"cross-validated: frame macro-F1 {report.frame_f1:.3f}, voice F1 {report.voice_f1:.3f}, topics "
        + ", ".join(f"{t} {v:.3f}" for t, v in report.topic_f1.items())
    )
    if test:
        low, high = test["frame"]["macro_f1_ci"]
        click.echo(f"frozen test split: frame macro-F1 {test['frame']['macro_f1']:.3f} [{low:.3f}, {high:.3f}] on {test['n']} sentences")
    for note in result.notes:
        click.echo(f"note: {note}")


def _report_changes(result: Retrained, bases: dict[str, FramingModel], flips: int) -> None:
    from framing.labelling.text_tables import comparison_text, shifts_text

    for c in result.comparisons:
        left_out = f" ({c.left_out} that were trained on left out)" if c.left_out else ""
        click.echo(f"\nagainst {c.against} on {c.on}{left_out}:\n{comparison_text(c.result, flips)}", nl=False)
    if bases and not result.comparisons:
        click.echo("nothing to compare on: give --gold, or set the split of whole articles to test")
    for against, base in bases.items():
        click.echo(f"\nagainst {against}, {shifts_text(base, result.model)}")
