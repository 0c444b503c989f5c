"""``framing model``: show, verify, compare and restore model folders."""

from __future__ import annotations

import json
from pathlib import Path

import click

from framing.cli.versions import compare, list_models, rollback

__all__ = ["model"]


@click.group()
def model() -> None:
    """Show, verify, compare and restore model folders."""


@model.command()
@click.argument("path", type=click.Path(path_type=Path), required=False)
def verify(path: Path | None) -> None:
    """Check that a model folder is sound: format, hashes, shapes, finite numbers."""
    from framing.artifact import default_model_path
    from framing.artifact import verify as check

    place = path or default_model_path()
    manifest = check(place)
    click.echo(f"{place}: sound, format {manifest['format']}, hash {manifest['hash']}")


@model.command()
@click.argument("path", type=click.Path(path_type=Path), required=False)
def show(path: Path | None) -> None:
    """Print what a model folder says of itself, as JSON."""
    from framing.artifact import default_model_path
    from framing.artifact import verify as check

    manifest = check(path or default_model_path())
    click.echo(json.dumps(manifest, ensure_ascii=False, indent=2))


model.add_command(list_models)
model.add_command(compare)
model.add_command(rollback)
