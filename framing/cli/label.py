"""``framing label``: label sentences on a full-screen terminal page."""

from __future__ import annotations

import sys
from pathlib import Path

import click

__all__ = ["label"]

_PATH = click.Path(path_type=Path)


@click.command()
@click.argument("files", type=_PATH, nargs=-1, required=True)
@click.option("-o", "--output", type=_PATH, help="Label file to work on.  [default: the first file's name with .labels.jsonl, here]")
@click.option(
    "--order",
    type=click.Choice(("sequence", "uncertain", "diverse")),
    default="sequence",
    show_default=True,
    help="Order of the sentences.",
)
@click.option("--blind", is_flag=True, help="Show no suggestions; for independent readings.")
@click.option("--topic", "topics", multiple=True, help="A topic of your own besides the model's; may be repeated.")
@click.option("--model", "model_path", type=_PATH, help="Model folder.  [default: the shipped model]")
@click.option("--lang", type=click.Choice(("zh", "zh-hant", "en")), help="Language of the page.  [default: from the locale]")
def label(
    files: tuple[Path, ...],
    output: Path | None,
    order: str,
    blind: bool,
    topics: tuple[str, ...],
    model_path: Path | None,
    lang: str | None,
) -> None:
    """Label sentences on a full-screen terminal page; every keystroke is saved at once.

    FILES are articles as text, task files (of `framing labels suggest`, `agreement` or `import`), label
    files, and folders of them. Running the same command again goes on where you left off.
    """
    from framing.analysis import load_model
    from framing.labelling.extras import require
    from framing.labelling.screen_wording import SCREEN_WORDS
    from framing.labelling.selection import order_of, uncertainty
    from framing.labelling.session import Session
    from framing.labelling.tasks import read_tasks, suggestions
    from framing.report.wording import language_of_locale

    require("textual", "labels")
    from framing.labelling.screen import LabelApp, LabelPage

    tasks = read_tasks(files)
    target = output or Path(f"{files[0].stem}.labels.jsonl")
    if any(target.exists() and f.exists() and target.samefile(f) for f in files):
        raise click.UsageError(f"{target} is also an input; choose another with --output")
    if blind and order != "sequence":
        raise click.UsageError(f"--order {order} needs the model; leave --blind out")
    if not (sys.stdin.isatty() and sys.stderr.isatty()):
        raise click.UsageError("this is a page for a terminal; standard input and standard error must be one")
    model = load_model(model_path)
    predictions = [] if blind else suggestions(tasks, model, evidence=3)
    turns = order_of([t["text"] for t in tasks], predictions, model, order)  # type: ignore[arg-type]
    unsure = [float(u) for u in uncertainty(predictions)] if predictions else []
    names = list(dict.fromkeys([*model.topics, *topics]))
    words = SCREEN_WORDS[lang or language_of_locale()]
    with Session(tasks, target) as session:
        app = LabelApp(LabelPage(session, turns, names, words, predictions, unsure))
        app.run()
        done = sum(s.complete for s in session.states)
    if app.return_code:
        raise click.exceptions.Exit(app.return_code)
    click.echo(f"{done} of {len(tasks)} sentences labelled in {target}")
