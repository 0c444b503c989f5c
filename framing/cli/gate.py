"""``framing gate``: hold scores against a policy."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from framing.batch import Entry

__all__ = ["gate"]


@click.command()
@click.argument("sources", metavar="OUT|FILE...", nargs=-1, required=True)
@click.option("--policy", type=click.Path(path_type=Path), default=Path("framing.toml"), show_default=True, help="TOML file of rules.")
@click.option("--junit", type=click.Path(path_type=Path), help="Write JUnit XML to a file.")
@click.option("--sarif", type=click.Path(path_type=Path), help="Write SARIF 2.1.0 to a file.")
@click.option("--summary", type=click.Path(path_type=Path), help="Append a Markdown summary to a file.  [default: $GITHUB_STEP_SUMMARY]")
@click.option(
    "--annotations/--no-annotations", default=None, help="Print GitHub workflow annotations.  [default: in a GitHub workflow only]"
)
@click.option("--model", "model_path", type=click.Path(path_type=Path), help="Model folder for FILEs.  [default: the shipped model]")
@click.option("-v", "--verbose", is_flag=True, help="Also list what passed, was unsure or had too little data.")
def gate(
    sources: tuple[str, ...],
    policy: Path,
    junit: Path | None,
    sarif: Path | None,
    summary: Path | None,
    annotations: bool | None,
    model_path: Path | None,
    verbose: bool,
) -> None:
    """Check scores against a policy, for CI.

    OUT is the folder of a finished `framing batch`. FILEs are articles, folders or patterns that are
    scored on the spot.

    Exit codes: 0 passed, 1 an input failed, 2 wrong usage or policy, 3 a rule failed.
    """
    from framing.gate import check, load_policy
    from framing.output import write_atomically
    from framing.report import gate as text
    from framing.report import github
    from framing.report import junit as junit_report
    from framing.report import sarif as sarif_report

    report = check(load_policy(policy), _entries(sources, model_path))
    if junit is not None:
        write_atomically(junit, junit_report.render(report))
    if sarif is not None:
        write_atomically(sarif, sarif_report.render(report).encode())
    place = summary or (Path(os.environ["GITHUB_STEP_SUMMARY"]) if os.environ.get("GITHUB_STEP_SUMMARY") else None)
    if place is not None:
        _append(place, github.summary(report))
    if annotations or (annotations is None and os.environ.get("GITHUB_ACTIONS") == "true"):
        click.echo(github.annotation_lines(report), nl=False)
    click.echo(text.render(report, verbose=verbose), nl=False)
    if report.exit_code:
        raise click.exceptions.Exit(report.exit_code)


def _entries(sources: tuple[str, ...], model_path: Path | None) -> Iterator[Entry]:
    from framing.analysis import load_model
    from framing.batch import read_entries
    from framing.batch.scoring import entries_of

    if len(sources) == 1 and (Path(sources[0]) / "store").is_dir():
        return read_entries(sources[0])
    return entries_of(sources, load_model(model_path))


def _append(place: Path, text: str) -> None:
    from framing.errors import OutputError

    try:
        with place.open("a", encoding="utf-8") as file:
            file.write(text)
    except OSError as error:
        raise OutputError(f"{place} cannot be written ({error.strerror})") from None
