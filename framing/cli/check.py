"""``framing check``: how stable is an article's score?"""

from __future__ import annotations

import os
import shutil
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from framing.model import FramingModel
    from framing.stability import Limits, Stability

__all__ = ["check"]

_FORMATS = ("text", "json", "markdown")


def _limit(ctx: click.Context, param: click.Parameter, value: str) -> float | None:
    """Read a limit written as 0.01, 1% or 10/1000; ``none`` is no limit."""
    if value == "none":
        return None
    try:
        upper, _, lower = value.partition("/")
        found = float(value[:-1]) / 100 if value.endswith("%") else float(upper) / float(lower or 1)
    except (ValueError, ZeroDivisionError):
        found = -1.0
    if not 0 <= found <= 2:
        raise click.BadParameter("write a limit as 0.01, 1% or 10/1000, or none", ctx, param)
    return found


@click.command()
@click.argument("files", nargs=-1, required=True)
@click.option("--format", "form", type=click.Choice(_FORMATS), default="text", show_default=True, help="How to give the result.")
@click.option("-o", "--output", type=click.Path(path_type=Path), help="Write to a file, whole or not at all, instead of printing.")
@click.option(
    "--max-flips",
    callback=_limit,
    metavar="LIMIT",
    default="10/1000",
    show_default=True,
    help="Share of frames that rewriting may flip, or none.",
)
@click.option(
    "--max-net", callback=_limit, metavar="LIMIT", default="0.1", show_default=True, help="How far rewriting may move net stance, or none."
)
@click.option(
    "--max-influence",
    callback=_limit,
    metavar="LIMIT",
    default="0.1",
    show_default=True,
    help="How far one sentence may move net stance, or none.",
)
@click.option("--omit", type=click.IntRange(min=0), default=5, show_default=True, help="How many sentences to leave out, one at a time.")
@click.option("--model", "model_path", type=click.Path(path_type=Path), help="Model folder.  [default: the shipped model]")
@click.option("--lang", type=click.Choice(("zh", "zh-hant", "en")), help="Language of the report.  [default: from the locale]")
@click.option("--encoding", help="Encoding of the files, instead of finding it.")
@click.option("--max-bytes", type=click.IntRange(min=1), default=64 * 1024 * 1024, show_default=True, help="Refuse larger inputs.")
def check(
    files: tuple[str, ...],
    form: str,
    output: Path | None,
    max_flips: float | None,
    max_net: float | None,
    max_influence: float | None,
    omit: int,
    model_path: Path | None,
    lang: str | None,
    encoding: str | None,
    max_bytes: int,
) -> None:
    """Check how stable an article's score is.

    Each article is written in other ways that mean the same (script, width, punctuation, spacing, pinyin
    notes, line breaks) and scored again; then the sentences with the most influence are left out, one at
    a time. - reads standard input.

    Exit codes: 0 stable, 1 an input failed, 2 wrong usage, 3 an article is past a limit.
    """
    from framing.analysis import load_model
    from framing.cli.main import one_line
    from framing.errors import FramingError
    from framing.gate import GATE_FAILED
    from framing.output import refuse_overwriting_inputs, write_atomically
    from framing.stability import Limits

    if output is not None:
        refuse_overwriting_inputs(output, files)
    model = load_model(model_path)
    limits = Limits(max_flips, max_net, max_influence)
    findings: list[Stability] = []
    failed = 0
    for name in files:
        try:
            findings.append(_examined(name, model, encoding, max_bytes, omit))
        except FramingError as error:
            click.echo(one_line(f"framing: {name}: {error}"), err=True)
            failed += 1
    rendered = _rendered(findings, form, limits, lang, plain=output is not None)
    if output is not None:
        # A run in which everything failed must not take the place of an older result.
        if findings:
            write_atomically(output, rendered.encode("utf-8", "backslashreplace"))
    elif findings or form == "json":
        sys.stdout.buffer.write(rendered.encode("utf-8", "backslashreplace"))
        sys.stdout.buffer.flush()
    if any(f.beyond(limits) for f in findings):
        raise click.exceptions.Exit(GATE_FAILED)
    if failed:
        raise click.exceptions.Exit(1)


def _examined(name: str, model: FramingModel, encoding: str | None, limit: int, omit: int) -> Stability:
    from functools import partial

    from framing.analysis import read_bytes, score
    from framing.decode import decode
    from framing.stability import examine

    data = sys.stdin.buffer.read(limit + 1) if name == "-" else read_bytes(name, limit=limit)
    decoded = decode(data, encoding, limit=limit)
    scored = partial(score, model=model, source="<stdin>" if name == "-" else name, encoding=decoded.encoding)
    return examine(decoded.text, scored, omit)


def _rendered(findings: list[Stability], form: str, limits: Limits, lang: str | None, *, plain: bool) -> str:
    from framing.report import stability
    from framing.report.text import Style
    from framing.report.wording import language_of_locale, wording

    words = wording(lang or language_of_locale())  # type: ignore[arg-type]
    if form == "json":
        return stability.render_json(findings, limits)
    if form == "markdown":
        return stability.render_markdown(findings, limits, words)
    colour = not plain and sys.stdout.isatty() and "NO_COLOR" not in os.environ
    return stability.render_text(findings, limits, words, Style(colour, shutil.get_terminal_size((100, 24)).columns))
