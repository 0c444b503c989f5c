"""Help, usage errors, and ends that are not the program's fault."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import click
import pytest

import framing
from framing.cli.main import COMMANDS, cli, one_line

Run = Callable[..., subprocess.CompletedProcess[bytes]]


def commands(group: click.Group, path: tuple[str, ...] = ()) -> list[tuple[str, click.Command]]:
    """List all commands and subcommands with their names."""
    context = click.Context(group)
    found = []
    for name in group.list_commands(context):
        command = group.get_command(context, name)
        assert command is not None
        found.append((" ".join((*path, name)), command))
        if isinstance(command, click.Group):
            found += commands(command, (*path, name))
    return found


def test_version_and_help(run: Run) -> None:
    assert run("--version").stdout.decode().strip() == f"framing, version {framing.__version__}"
    text = run("--help").stdout.decode()
    assert all(name in text for name in COMMANDS)
    assert run("score", "-h").stdout.startswith(b"Usage:")


def test_every_command_and_option_has_help() -> None:
    for name, command in commands(cli):
        assert command.help, name
        for parameter in command.params:
            assert isinstance(parameter, click.Argument) or getattr(parameter, "help", None), f"{name} {parameter.name}"
    context = click.Context(cli)
    for name, (_, line) in COMMANDS.items():
        command = cli.get_command(context, name)
        assert command is not None
        assert line.endswith(".")


@pytest.mark.parametrize(
    "arguments",
    [
        ["nonsense"],
        ["--nonsense"],
        ["score"],
        ["score", "a", "--format", "xml"],
        ["score", "a", "--max-bytes", "0"],
        ["evaluate"],
        ["model", "nonsense"],
    ],
)
def test_wrong_usage(arguments: list[str], capfd: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as end:
        cli_main(arguments)
    assert end.value.code == 2
    assert "Usage:" in capfd.readouterr().err


def cli_main(arguments: list[str]) -> None:
    from framing.cli.main import main

    main(arguments)


def test_a_reader_that_goes_away_is_no_error(article: Path) -> None:
    command = [sys.executable, "-m", "framing", "score", *[article.name] * 40, "--format", "json"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, cwd=article.parent) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        process.stdout.read(1)
        process.stdout.close()
        errors = process.stderr.read()
        assert (process.wait(60), errors) == (0, b"")


@pytest.mark.parametrize(
    ("redirection", "code", "says"), [(">/dev/full", 1, b"framing: standard output: No space left on device\n"), (">&-", 0, b"")]
)
def test_output_that_cannot_be_written(article: Path, redirection: str, code: int, says: bytes) -> None:
    shell = f'"{sys.executable}" -m framing score {article.name} {redirection}'
    done = subprocess.run(["sh", "-c", shell], capture_output=True, cwd=article.parent, timeout=60, check=False)
    assert (done.returncode, done.stderr) == (code, says)


def test_messages_cannot_steer_a_terminal() -> None:
    assert one_line("a\nb\x1b[31m\u202e\udcff汉") == "a\ufffdb\ufffd[31m\ufffd\ufffd汉"
