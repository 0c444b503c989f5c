"""``framing compare``: set articles or groups of articles side by side."""

from __future__ import annotations

import os
import shutil
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from framing.model import FramingModel
    from framing.records import ArticleScore

__all__ = ["compare"]

_FORMATS = ("text", "json", "html")
_SUFFIX = ".txt"


@click.command()
@click.argument("files", nargs=-1)
@click.option("--group", "groups", multiple=True, metavar="NAME=PATH", help="A group: a folder of .txt files, or a file; may be repeated.")
@click.option("--format", "form", type=click.Choice(_FORMATS), default="text", show_default=True, help="How to give the result.")
@click.option("-o", "--output", type=click.Path(path_type=Path), help="Write to a file, whole or not at all, instead of printing.")
@click.option("--plots", type=click.Path(path_type=Path), help="Also write charts as SVG and PNG files into this folder.")
@click.option("--model", "model_path", type=click.Path(path_type=Path), help="Model folder.  [default: the shipped model]")
@click.option("--lang", type=click.Choice(("zh", "zh-hant", "en")), help="Language of the report.  [default: from the locale]")
@click.option("--encoding", help="Encoding of the files, instead of finding it.")
@click.option("--max-bytes", type=click.IntRange(min=1), default=64 * 1024 * 1024, show_default=True, help="Refuse larger inputs.")
def compare(
    files: tuple[str, ...],
    groups: tuple[str, ...],
    form: str,
    output: Path | None,
    plots: Path | None,
    model_path: Path | None,
    lang: str | None,
    encoding: str | None,
    max_bytes: int,
) -> None:
    """Compare articles or groups: stance per topic, words, sentences, and shared events.

    FILES are articles, each a group of its own; --group adds groups of many. Every difference comes
    with an interval and a test that says whether it is within noise.
    """
    from framing.aggregate import IntervalModel
    from framing.analysis import load_model
    from framing.compare import compare as compare_groups
    from framing.output import refuse_overwriting_inputs, write_atomically
    from framing.report import comparison, html
    from framing.report.text import Style
    from framing.report.wording import language_of_locale, wording

    members = _members(files, groups)
    if len(members) < 2:
        raise click.UsageError("name at least two articles, or two groups with --group NAME=PATH")
    if output is not None:
        refuse_overwriting_inputs(output, [str(p) for paths in members.values() for p in paths])
    model = load_model(model_path)
    scored = {name: [_scored(path, model, encoding, max_bytes) for path in paths] for name, paths in members.items()}
    result = compare_groups(scored, model.segmenter, IntervalModel.from_data(model.interval))
    words = wording(lang or language_of_locale())  # type: ignore[arg-type]
    if form == "html":
        rendered = html.render_comparison(result, words)
    elif form == "json":
        rendered = comparison.render_json(result)
    else:
        colour = output is None and sys.stdout.isatty() and "NO_COLOR" not in os.environ
        rendered = comparison.render_text(result, words, Style(colour, shutil.get_terminal_size((100, 24)).columns))
    if plots is not None:
        from framing.report.plots import write_comparison_plots

        write_comparison_plots(result, plots, words)
    if output is not None:
        write_atomically(output, rendered.encode("utf-8", "backslashreplace"))
    else:
        sys.stdout.buffer.write(rendered.encode("utf-8", "backslashreplace"))
        sys.stdout.buffer.flush()


def _members(files: tuple[str, ...], groups: tuple[str, ...]) -> dict[str, list[Path]]:
    """Name the groups: a file by itself goes by its path, a group by its name; equal names are joined."""
    result: dict[str, list[Path]] = {name: [Path(name)] for name in files}
    for group in groups:
        name, _, place = group.partition("=")
        if not name or not place:
            raise click.UsageError(f"--group {group}: write NAME=PATH")
        path = Path(place)
        found = sorted(path.rglob(f"*{_SUFFIX}")) if path.is_dir() else [path]
        if not found:
            raise click.UsageError(f"--group {group}: the folder holds no {_SUFFIX} file")
        result.setdefault(name, []).extend(found)
    return result


def _scored(path: Path, model: FramingModel, encoding: str | None, limit: int) -> ArticleScore:
    from framing.analysis import score_file
    from framing.errors import InputError

    try:
        return score_file(path, model, encoding=encoding, limit=limit)
    except InputError as error:
        raise type(error)(f"{path}: {error}") from None
