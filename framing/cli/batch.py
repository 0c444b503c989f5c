"""``framing batch``: score many inputs into a folder."""

from __future__ import annotations

from pathlib import Path
from typing import Any, cast

import click

__all__ = ["batch"]

_FORMATS = ("jsonl", "csv", "parquet", "sqlite", "duckdb")


@click.command()
@click.argument("sources", metavar="SRC...", nargs=-1, required=True)
@click.option("-o", "--output", type=click.Path(path_type=Path), required=True, help="Folder for the results; made if it is missing.")
@click.option(
    "--format", "form", type=click.Choice(_FORMATS), default="jsonl", show_default=True, help="How to write articles and sentences."
)
@click.option("--text-column", default="text", show_default=True, help="Column of a table that holds the articles.")
@click.option("--id-column", help="Column to carry along as id.")
@click.option("--group-column", help="Column to carry along as group, such as the publication.")
@click.option("--encoding", help="Encoding of text, CSV and TSV files, instead of finding it.")
@click.option("--max-bytes", type=click.IntRange(min=1), default=64 * 1024 * 1024, show_default=True, help="Refuse longer articles.")
@click.option("--model", "model_path", type=click.Path(), help="Model folder.  [default: the shipped model]")
@click.option("--jobs", type=click.IntRange(min=1), help="Worker processes.  [default: all cores]")
@click.option("--backend", type=click.Choice(("local", "dask")), default="local", show_default=True, help="Where the workers are.")
@click.option("--scheduler", metavar="ADDRESS", help="Address of a running Dask scheduler, for --backend dask.")
@click.option("--partition-size", type=click.IntRange(min=1), default=1024 * 1024, show_default=True, help="Bytes of input per partition.")
@click.option("--incremental", is_flag=True, help="Bring a finished folder up to date: score only what is new or changed.")
@click.option("--fail-fast", is_flag=True, help="Stop at the first input that fails.")
@click.option("--max-errors", type=click.IntRange(min=0), help="Stop when more inputs than this have failed.")
@click.option(
    "--log", type=click.Choice(("auto", "json", "none")), default="auto", show_default=True, help="What to write to standard error."
)
def batch(sources: tuple[str, ...], output: Path, form: str, log: str, fail_fast: bool, max_errors: int | None, **options: Any) -> None:
    """Score many articles into a folder, with several processes or on a cluster.

    SRC are text files, folders, patterns, URLs, or tables with a text column (.jsonl, .csv, .tsv,
    .parquet); files may be compressed (.gz, .zst). - is standard input: one article, or JSON Lines.

    An input that fails is written to errors.jsonl and does not stop the run. A run that was stopped
    goes on when the same command is given again.

    Exit codes: 0 all inputs were scored, 1 some failed or the run could not go on, 2 wrong usage.
    """
    from framing.batch import BatchConfig, run
    from framing.batch.progress import make_progress
    from framing.batch.tables import TableConfig

    table = TableConfig(
        options["text_column"], options["id_column"], options["group_column"], options["encoding"], limit=options["max_bytes"]
    )
    config = BatchConfig(
        form=cast("Any", form),
        table=table,
        model_path=options["model_path"],
        jobs=options["jobs"],
        backend=options["backend"],
        scheduler=options["scheduler"],
        partition_size=options["partition_size"],
        incremental=options["incremental"],
        max_errors=0 if fail_fast else max_errors,
    )
    summary = run(sources, output, config, make_progress(cast("Any", log)))
    if log == "auto":
        state = "" if summary.finished else "stopped at too many failures: "
        click.echo(
            f"{state}{summary.inputs:,} inputs, {summary.articles:,} articles ({summary.scored:,} scored now), "
            f"{summary.sentences:,} sentences, {summary.failures:,} failures, {summary.seconds:.1f} seconds → {output}",
            err=True,
        )
    if summary.failures:
        raise click.exceptions.Exit(1)
