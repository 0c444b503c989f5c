"""``framing score``: read articles and print or write their scores."""

from __future__ import annotations

import os
import shutil
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from framing.records import ArticleScore

if TYPE_CHECKING:
    from framing.model import FramingModel

__all__ = ["score"]

_FORMATS = ("text", "json", "jsonl", "csv", "markdown", "html")


@click.command()
@click.argument("files", nargs=-1, required=True)
@click.option("--format", "form", type=click.Choice(_FORMATS), default="text", show_default=True, help="How to give the result.")
@click.option("-o", "--output", type=click.Path(path_type=Path), help="Write to a file, whole or not at all, instead of printing.")
@click.option("--plots", type=click.Path(path_type=Path), help="Also write charts as SVG and PNG files into this folder.")
@click.option("--evidence", is_flag=True, help="Show every sentence with the words that decided it.")
@click.option("-v", "--verbose", is_flag=True, help="Show exact sums beside the words.")
@click.option("--model", "model_path", type=click.Path(path_type=Path), help="Model folder.  [default: the shipped model]")
@click.option("--lang", type=click.Choice(("zh", "zh-hant", "en")), help="Language of the report.  [default: from the locale]")
@click.option("--encoding", help="Encoding of the files, instead of finding it.")
@click.option("--max-bytes", type=click.IntRange(min=1), default=64 * 1024 * 1024, show_default=True, help="Refuse larger inputs.")
@click.option(
    "--gate", "policy", type=click.Path(path_type=Path), help="Hold the scores against a policy file; exit code 3 if a rule fails."
)
def score(
    files: tuple[str, ...],
    form: str,
    output: Path | None,
    plots: Path | None,
    evidence: bool,
    verbose: bool,
    model_path: Path | None,
    lang: str | None,
    encoding: str | None,
    max_bytes: int,
    policy: Path | None,
) -> None:
    """Score articles: praise, skepticism or neutral, per sentence and topic.

    FILES are text files in UTF-8, GB18030, Big5 or UTF-16; - reads standard input. A file that cannot
    be scored is reported in one line and the others are scored all the same.
    """
    from framing.analysis import load_model
    from framing.cli.main import one_line
    from framing.errors import FramingError
    from framing.output import refuse_overwriting_inputs, write_atomically
    from framing.report import render
    from framing.report.text import Style
    from framing.report.wording import language_of_locale, wording

    if output is not None:
        refuse_overwriting_inputs(output, files)
    model = load_model(model_path)
    scores: list[ArticleScore] = []
    failed = 0
    for name in files:
        try:
            scores.append(_one(name, model, encoding, max_bytes))
        except FramingError as error:
            click.echo(one_line(f"framing: {name}: {error}"), err=True)
            failed += 1
    words = wording(lang or language_of_locale())  # type: ignore[arg-type]
    colour = output is None and sys.stdout.isatty() and "NO_COLOR" not in os.environ
    style = Style(colour, shutil.get_terminal_size((100, 24)).columns, evidence, verbose)
    rendered = render(scores, form, words, style)
    if plots is not None:
        from framing.report.plots import write_plots

        write_plots(scores, plots, words)
    if output is not None:
        # A run in which everything failed must not take the place of an older result.
        if scores:
            write_atomically(output, rendered.encode("utf-8", "backslashreplace"))
    elif scores or form in ("json", "csv", "html"):
        sys.stdout.buffer.write(rendered.encode("utf-8", "backslashreplace"))
        sys.stdout.buffer.flush()
    gated = 0 if policy is None else _gated(scores, policy)
    if gated or failed:
        raise click.exceptions.Exit(gated or 1)


def _gated(scores: list[ArticleScore], policy: Path) -> int:
    from framing.batch.scoring import entry_of
    from framing.gate import check, load_policy
    from framing.report import gate as text

    report = check(load_policy(policy), map(entry_of, scores))
    click.echo(text.render(report), nl=False, err=True)
    return report.exit_code


def _one(name: str, model: FramingModel, encoding: str | None, limit: int) -> ArticleScore:
    from framing.analysis import score_decoded, score_file
    from framing.decode import decode

    if name != "-":
        return score_file(name, model, encoding=encoding, limit=limit)
    data = sys.stdin.buffer.read(limit + 1)
    return score_decoded(decode(data, encoding, limit=limit), model, source="<stdin>")
