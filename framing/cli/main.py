"""The command ``framing`` itself: a list of commands, each loaded only when it runs."""

from __future__ import annotations

import importlib
import os
import sys
from collections.abc import Sequence
from pathlib import Path

import click

__all__ = ["COMMANDS", "cli", "main", "one_line"]

COMMANDS: dict[str, tuple[str, str]] = {
    "score": ("framing.cli.score:score", "Score articles: praise, skepticism or neutral, per sentence and topic."),
    "batch": ("framing.cli.batch:batch", "Score many inputs into a folder: resumable, parallel, on a cluster."),
    "gate": ("framing.cli.gate:gate", "Check scores against a policy, for CI."),
    "check": ("framing.cli.check:check", "Check how stable an article's score is."),
    "evaluate": ("framing.cli.evaluate:evaluate", "Measure a model on a labelled gold file."),
    "train": ("framing.cli.train:train", "Train a model from label files."),
    "label": ("framing.cli.label:label", "Label sentences on a full-screen terminal page."),
    "labels": ("framing.cli.labels:labels", "Check, measure, exchange and choose labelled sentences."),
    "compare": ("framing.cli.compare:compare", "Compare articles or groups of articles."),
    "report": ("framing.cli.report:report", "Make one page of many scored articles."),
    "model": ("framing.cli.model:model", "Show, verify, compare and restore model folders."),
}
"""Each command: where it is, and its line in ``framing --help`` (so that help imports nothing)."""


class _ReaderGoneError(Exception):
    """The other end of the pipe was closed; click would make an error of a BrokenPipeError."""


class _LazyGroup(click.Group):
    def invoke(self, ctx: click.Context) -> object:
        try:
            return super().invoke(ctx)
        except BrokenPipeError:
            raise _ReaderGoneError from None

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002 - click's signature
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002
        if cmd_name not in COMMANDS:
            return None
        module, name = COMMANDS[cmd_name][0].split(":")
        command: click.Command = getattr(importlib.import_module(module), name)
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:  # noqa: ARG002
        with formatter.section("Commands"):
            formatter.write_dl([(name, text) for name, (_, text) in COMMANDS.items()])


@click.group(cls=_LazyGroup, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="framing-zh", prog_name="framing")
def cli() -> None:
    """Say how Chinese articles write about a company, sentence by sentence and topic by topic.

    Exit codes: 0 done, 1 an input failed, 2 wrong usage, 3 a gate failed or a new model is worse, 130 interrupted.
    """


def main(args: Sequence[str] | None = None) -> None:
    """Run the command line; errors become one line on standard error and an exit code."""
    from framing.errors import FramingError

    if sys.stdout is None:  # closed by the caller (`>&-`)
        sys.stdout = Path(os.devnull).open("w", encoding="utf-8")  # noqa: SIM115
    try:
        code = cli.main(args=list(args) if args is not None else None, standalone_mode=False)
        sys.stdout.flush()
    except (click.exceptions.Abort, KeyboardInterrupt):
        click.echo("framing: interrupted", err=True)
        code = 130
    except click.ClickException as error:
        error.show()
        code = error.exit_code
    except FramingError as error:
        click.echo(one_line(f"framing: {error}"), err=True)
        code = error.exit_code
    except (_ReaderGoneError, BrokenPipeError):
        # The reader went away (`| head`): no error, but Python must not complain at exit either.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        code = 0
    except OSError as error:
        click.echo(one_line(f"framing: {error.filename or 'standard output'}: {error.strerror or error}"), err=True)
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        code = 1
    sys.exit(code if isinstance(code, int) else 0)


def one_line(message: str) -> str:
    """Keep a message to one line that cannot steer the terminal, whatever a file's name holds."""
    return "".join(c if c.isprintable() else "\ufffd" for c in message)
