"""``framing model``: show, verify, compare and restore model folders."""

from __future__ import annotations

import json
from pathlib import Path

import click

from framing.cli.main import one_line
from framing.cli.versions import compare, list_models, rollback

__all__ = ["model"]


@click.group()
def model() -> None:
    """Show, verify, compare and restore model folders."""


@model.command()
@click.argument("path", type=click.Path(path_type=Path), required=False)
@click.option("--hash", "expected", help="Hash that the model must have, as its maker published it.")
def verify(path: Path | None, expected: str | None) -> None:
    """Check that a model folder is sound, and say what was checked; PATH is the shipped model by default.

    Exit code 0 if it is sound, 1 if it is not (one line says why), 2 for wrong usage. A sound model runs
    no code and is not damaged; only its hash tells whose it is.
    """
    from framing.artifact import default_model_path, is_shipped
    from framing.artifact import verify as check
    from framing.errors import ArtifactError

    place = path or default_model_path()
    manifest = check(place)
    if expected is not None and expected.lower() != manifest["hash"]:
        raise ArtifactError(f"{place} has the hash {manifest['hash']}, not {expected}; this is another model")
    files = manifest["files"]
    origin = "as recorded in the package" if is_shipped(place) else "as given" if expected else "not compared: give --hash"
    click.echo(f"{place}: sound")
    click.echo(f"  format    {manifest['format']}, readable by this version; the manifest's seal holds")
    click.echo(f"  files     {len(files)}, {sum(f['bytes'] for f in files.values()):,} bytes: sizes and SHA-256 are the manifest's")
    click.echo("  contents  plain text and numbers: shapes fit each other, numbers are finite and in range")
    click.echo(f"  hash      {manifest['hash']} ({origin})")


@model.command()
def record() -> None:
    """Record the hash of a checkout's models/default after replacing it by hand.

    `framing train` and `framing model rollback` do this by themselves.
    """
    from framing.artifact import RECORD, record_shipped, shipped_in_checkout

    place = shipped_in_checkout()
    record_shipped(place)
    click.echo(f"recorded {place} in {RECORD}")


@model.command()
@click.argument("path", type=click.Path(path_type=Path), required=False)
def show(path: Path | None) -> None:
    """Print what a model folder says of itself, as JSON."""
    from framing.artifact import default_model_path
    from framing.artifact import verify as check

    manifest = check(path or default_model_path())
    click.echo(_printable(json.dumps(manifest, ensure_ascii=False, indent=2)))


def _printable(text: str) -> str:
    """Keep what a stranger's model says of itself from steering the terminal."""
    return "\n".join(map(one_line, text.split("\n")))


@model.command()
@click.argument("path", type=click.Path(path_type=Path), required=False)
@click.option("-o", "--output", type=click.Path(path_type=Path), help="File to write to.  [default: standard output]")
def card(path: Path | None, output: Path | None) -> None:
    """Write the card of a model as Markdown: data, figures, intended use, limits, licences, how to cite."""
    from framing.analysis import load_model
    from framing.card import model_card
    from framing.errors import ArtifactError
    from framing.output import write_atomically

    loaded = load_model(path)
    try:
        text = _printable(model_card(loaded))
    except (KeyError, TypeError, ValueError, AttributeError, IndexError) as error:
        raise ArtifactError(f"the model {loaded.name} does not say of itself what a card needs ({error!r})") from None
    if output is None:
        click.echo(text, nl=False)
    else:
        write_atomically(output, text.encode())


model.add_command(list_models)
model.add_command(compare)
model.add_command(rollback)
