"""``framing model list``, ``compare`` and ``rollback``: which models there are and which is better."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import Any

import click

__all__ = ["compare", "list_models", "rollback"]

_PATH = click.Path(path_type=Path)


@click.command("list")
@click.argument("folder", type=_PATH, default=Path("models"))
def list_models(folder: Path) -> None:
    """List the models in FOLDER and their kept versions, latest first; FOLDER is models by default."""
    from framing.labelling.versions import models_in, versions

    models = models_in(folder)
    if not models:
        click.echo(f"no models in {folder}")
    for model in models:
        click.echo(f"{model.path.name:24}{model.hash[:8]}  {_day(model.written)}  {_figure(model.card)}")
        for version in versions(model.path):
            same = "  as now" if version.hash == model.hash else ""
            click.echo(f"{'  kept':24}{version.hash[:8]}  {_day(version.written)}  {_figure(version.card)}{same}")


def _day(moment: datetime) -> str:
    return moment.strftime("%Y-%m-%d %H:%M")


def _figure(card: dict[str, Any]) -> str:
    test = card.get("test")
    try:
        return f"frame macro-F1 {test['frame']['macro_f1']:.3f} on {test['n']:d} held-out sentences" if test else "not measured"
    except (KeyError, TypeError, ValueError, IndexError):
        return "its card cannot be read"


@click.command()
@click.argument("new", type=_PATH)
@click.option("--base", type=_PATH, help="Model to compare with.  [default: the shipped model]")
@click.option(
    "--gold", type=_PATH, multiple=True, required=True, help="Label file or folder that neither model was trained on; may be repeated."
)
@click.option("--split", type=click.Choice(("all", "test")), default="all", show_default=True, help="Rows to use.")
@click.option("--flips", type=click.IntRange(min=0), default=10, show_default=True, help="Changed sentences to show.")
def compare(new: Path, base: Path | None, gold: tuple[Path, ...], split: str, flips: int) -> None:
    """Compare the model NEW with another: figures with a paired bootstrap test, flipped sentences, moved words.

    Exit code 3 if NEW is significantly worse in some figure.
    """
    from framing.analysis import load_model
    from framing.labelling.comparison import compare_models
    from framing.labelling.files import read_folder
    from framing.labelling.text_tables import comparison_text, shifts_text

    first, second = load_model(base), load_model(new)
    worse = False
    for path in gold:
        examples = [e for e in read_folder([path]) if split == "all" or e.split == "test"]
        result = compare_models(examples, first, second)
        click.echo(f"{path}:\n{comparison_text(result, flips)}", nl=False)
        worse = worse or bool(result.worse)
    click.echo(shifts_text(first, second))
    if worse:
        raise click.exceptions.Exit(3)


@click.command()
@click.argument("folder", type=_PATH)
@click.option("--to", help="Beginning of the version's hash.  [default: the latest other version]")
def rollback(folder: Path, to: str | None) -> None:
    """Put an earlier version of the model FOLDER back in its place."""
    from framing.labelling.versions import rollback as bring_back

    version = bring_back(folder, to)
    click.echo(f"{folder} is now {version.hash[:8]}, {_figure(version.card)}")
