"""``framing labels``: check, measure, exchange and choose labelled sentences."""

from __future__ import annotations

import sys
from pathlib import Path

import click

__all__ = ["labels"]

_PATH = click.Path(path_type=Path)
_SEVERITIES = ("note", "warning", "error", "never")
_LABELS = ("frame", "topics", "voice")
_FORMATS = ("label-studio", "doccano", "prodigy", "csv", "jsonl")


@click.group()
def labels() -> None:
    """Check, measure, exchange and choose labelled sentences."""


def _write(text: str, output: Path | None, inputs: tuple[Path, ...] = ()) -> None:
    from framing.output import refuse_overwriting_inputs, write_atomically

    if output is None:
        sys.stdout.buffer.write(text.encode("utf-8", "replace"))
        sys.stdout.buffer.flush()
    else:
        refuse_overwriting_inputs(output, map(str, inputs))
        write_atomically(output, text.encode())


@labels.command()
@click.argument("paths", type=_PATH, nargs=-1, required=True)
@click.option("--config", "config_path", type=_PATH, help="Settings.  [default: lint.toml in the first folder that has one]")
@click.option(
    "--format",
    "form",
    type=click.Choice(("text", "json", "github", "sarif")),
    default="text",
    show_default=True,
    help="How to give the findings.",
)
@click.option("-o", "--output", type=_PATH, help="Write to a file instead of printing.")
@click.option("--suspects", type=click.Choice(_LABELS), multiple=True, help="Also look for probable errors of this label; may be repeated.")
@click.option(
    "--fail-on", type=click.Choice(_SEVERITIES), default="error", show_default=True, help="Least severity that makes the exit code 3."
)
@click.option("--verbose", "-v", is_flag=True, help="Name each stage on standard error.")
def lint(
    paths: tuple[Path, ...],
    config_path: Path | None,
    form: str,
    output: Path | None,
    suspects: tuple[str, ...],
    fail_on: str,
    verbose: bool,
) -> None:
    """Check label files: schema, duplicates, leaks, templates, balance, cue profile.

    PATHS are label files (JSON Lines) or folders of them. Exit code 0 if nothing is as bad as
    --fail-on, 3 if something is, 1 if a file cannot be read.
    """
    from framing.labelling.lint import LintConfig, Severity, find_config, load_config
    from framing.labelling.lint import lint as run
    from framing.labelling.lint_report import render_lint

    found = config_path or find_config(paths)
    config = load_config(found) if found else LintConfig()
    report = run(paths, config, suspects=suspects, progress=(lambda stage: click.echo(stage, err=True)) if verbose else None)
    _write(render_lint(report, form), output, paths)
    if fail_on != "never" and report.fails(Severity[fail_on.upper()]):
        raise click.exceptions.Exit(3)


@labels.command()
@click.argument("paths", type=_PATH, nargs=-1, required=True)
@click.option("--format", "form", type=click.Choice(("text", "json")), default="text", show_default=True, help="How to give the result.")
@click.option("--disagreements", type=_PATH, help="Write the sentences on which readings differ to this file, for `framing label`.")
@click.option("--reader", "names", multiple=True, help="With one file: whose readings to compare; may be repeated.  [default: all]")
@click.option("--show", type=click.IntRange(min=0), default=20, show_default=True, help="Disagreements to list in the text.")
@click.option("--samples", type=click.IntRange(min=10), default=2000, show_default=True, help="Bootstrap samples.")
@click.option("--seed", type=int, default=0, show_default=True, help="Seed of the bootstrap.")
def agreement(
    paths: tuple[Path, ...], form: str, disagreements: Path | None, names: tuple[str, ...], show: int, samples: int, seed: int
) -> None:
    """Measure how far independent readings agree: Krippendorff's alpha per label.

    With one file or folder the readings are taken from the field `passes` of its rows. With several,
    each is one reader's, and rows are matched by their ids.
    """
    import json
    from dataclasses import asdict

    from framing.errors import LabelError
    from framing.labelling.agreement import agreement as measure
    from framing.labelling.agreement import disagreement_row, units_of_files, units_of_passes
    from framing.labelling.files import Row, label_files, read_rows, write_rows
    from framing.labelling.text_tables import agreement_text

    if names and len(paths) > 1:
        raise click.UsageError("--reader goes with one file; several files are one reader's each")
    readers: dict[str, list[Row]] = {}
    for path in paths:
        name = path.stem if path.stem not in readers else str(path)
        readers[name] = [row for file in label_files([path]) for row in read_rows(file)]
        if not readers[name]:
            raise LabelError(f"{path}: no label files (*.jsonl) with rows were found")
    units = units_of_passes(next(iter(readers.values())), names) if len(paths) == 1 else units_of_files(readers)
    result = measure(units, samples=samples, seed=seed)
    if disagreements is not None:
        write_rows(disagreements, [disagreement_row(u) for u in result.disagreements])
    if form == "text":
        _write(agreement_text(result, show), None)
        return
    data = {
        "readers": result.readers,
        "sentences": result.units,
        "articles": result.articles,
        "labels": [asdict(label) for label in result.labels],
        "disagreements": [disagreement_row(u) for u in result.disagreements],
    }
    _write(json.dumps(data, ensure_ascii=False, indent=2) + "\n", None)


@labels.command()
@click.argument("paths", type=_PATH, nargs=-1, required=True)
@click.option("--format", "form", type=click.Choice(("text", "json")), default="text", show_default=True, help="How to give the counts.")
def stats(paths: tuple[Path, ...], form: str) -> None:
    """Count labelled sentences by frame, topic, voice, register and length."""
    import json
    from dataclasses import asdict

    from framing.labelling.files import read_folder
    from framing.labelling.statistics import statistics
    from framing.labelling.text_tables import statistics_text

    result = statistics(read_folder(paths))
    _write(statistics_text(result) if form == "text" else json.dumps(asdict(result), ensure_ascii=False, indent=2) + "\n", None)


@labels.command("export")
@click.argument("paths", type=_PATH, nargs=-1, required=True)
@click.option("--format", "form", type=click.Choice(_FORMATS), required=True, help="The tool to write for.")
@click.option("-o", "--output", type=_PATH, help="Write to a file instead of printing.")
@click.option("--predictions", is_flag=True, help="Add a model's labels, for pre-annotation.")
@click.option("--model", "model_path", type=_PATH, help="Model folder for --predictions.  [default: the shipped model]")
@click.option("--labelling-config", type=_PATH, help="Also write the labelling interface (label-studio only).")
def export_labels(
    paths: tuple[Path, ...], form: str, output: Path | None, predictions: bool, model_path: Path | None, labelling_config: Path | None
) -> None:
    """Write sentences for another labelling tool, with their labels if they have any.

    PATHS are label files, task files, articles as text, and folders of them.
    """
    from framing.analysis import load_model
    from framing.labelling.exchange import FORMATS
    from framing.labelling.exchange.common import Outgoing
    from framing.labelling.exchange.label_studio import labelling_config as interface
    from framing.labelling.tasks import neighbours, read_tasks, suggestions
    from framing.output import write_atomically
    from framing.records import TOPICS

    if labelling_config is not None and form != "label-studio":
        raise click.UsageError("--labelling-config goes with --format label-studio")
    rows = read_tasks(paths)
    model = load_model(model_path) if predictions else None
    found = suggestions(rows, model) if model else [None] * len(rows)
    version = f"{model.name} {model.hash[:8]}" if model else ""
    outgoing = [
        Outgoing(row, *neighbours(rows, i), prediction, version) for i, (row, prediction) in enumerate(zip(rows, found, strict=True))
    ]
    topics = list(dict.fromkeys([*(model.topics if model else TOPICS), *(t for row in rows for t in row.get("topics", ()))]))
    _write(FORMATS[form].dump(outgoing, topics), output, paths)
    if labelling_config is not None:
        write_atomically(labelling_config, interface(topics).encode())


@labels.command("import")
@click.argument("paths", type=_PATH, nargs=-1, required=True)
@click.option("--format", "form", type=click.Choice(_FORMATS), required=True, help="The tool that wrote the files.")
@click.option("-o", "--output", type=_PATH, help="Label file to write instead of printing.")
@click.option("--open", "open_path", type=_PATH, help="Write sentences without settled labels to this file, for `framing label`.")
def import_labels(paths: tuple[Path, ...], form: str, output: Path | None, open_path: Path | None) -> None:
    """Read files of another labelling tool as label rows.

    Where several people labelled a sentence their readings are kept, and the sentence is labelled
    if they agree.
    """
    from framing.labelling.exchange import load
    from framing.labelling.files import LABEL_FIELDS, dump_rows
    from framing.output import write_atomically

    rows = load(paths, form)
    settled = [row for row in rows if all(name in row for name in LABEL_FIELDS)]
    unsettled = [row for row in rows if not all(name in row for name in LABEL_FIELDS)]
    _write(dump_rows(settled), output, paths)
    if open_path is not None:
        write_atomically(open_path, dump_rows(unsettled).encode())
    kept = f"; they are in {open_path}" if open_path else "; --open FILE keeps them"
    click.echo(f"{len(settled)} labelled sentences" + (f", {len(unsettled)} without settled labels{kept}" if unsettled else ""), err=True)


@labels.command()
@click.argument("corpus", type=_PATH, nargs=-1, required=True)
@click.option("-n", "count", type=click.IntRange(min=1), default=200, show_default=True, help="How many sentences to choose.")
@click.option("-o", "--output", type=_PATH, help="Task file to write instead of printing.")
@click.option("--labels", "labelled", type=_PATH, multiple=True, help="Label file or folder of what is labelled already; may be repeated.")
@click.option("--model", "model_path", type=_PATH, help="Model folder.  [default: the shipped model]")
def suggest(corpus: tuple[Path, ...], count: int, output: Path | None, labelled: tuple[Path, ...], model_path: Path | None) -> None:
    """Choose what to label next: unsure sentences that are unlike each other.

    CORPUS are articles as text, task files, and folders of them. The result is a task file for
    `framing label` and `framing labels export`, the sentences with those around them.
    """
    from framing.analysis import load_model
    from framing.labelling.files import dump_rows, read_folder
    from framing.labelling.selection import choose, uncertainty, word_vectors
    from framing.labelling.tasks import read_tasks, suggestions, with_neighbours

    model = load_model(model_path)
    rows = read_tasks(corpus, skipped=lambda line: click.echo(f"framing: {line}", err=True))
    known = [e.text for e in read_folder(labelled)] if labelled else []
    seen = set(known)
    free = [i for i, row in enumerate(rows) if row["text"] not in seen and "frame" not in row]
    found = suggestions(rows, model)
    vectors = word_vectors([rows[i]["text"] for i in free], model)
    worth = uncertainty([found[i] for i in free])
    chosen = [free[i] for i in choose(worth, vectors, count, word_vectors(known, model) if known else None)]
    _write(dump_rows(with_neighbours(rows, i) for i in chosen), output, corpus)
    click.echo(f"{len(chosen)} of {len(free)} unlabelled sentences", err=True)
