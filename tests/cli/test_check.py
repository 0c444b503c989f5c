"""``framing check`` says how stable a score is and ends with a code that a script can use."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

Run = Callable[..., subprocess.CompletedProcess[bytes]]
WIDE = ("--max-flips", "none", "--max-net", "none", "--max-influence", "none")


def test_text(run: Run, article: Path) -> None:
    text = run("check", article.name, "--lang", "en", *WIDE).stdout.decode()
    assert text.startswith("a.txt\n6 sentences counted,")
    for part in ("Stable: within all limits.", "to Simplified", "hard-wrapped", "Leaving one sentence out"):
        assert part in text
    assert "\x1b" not in text
    assert "去掉一句" in run("check", article.name, *WIDE, LC_ALL="zh_CN.UTF-8").stdout.decode()


def test_json_leads_to_the_original(run: Run, article: Path) -> None:
    (found,) = json.loads(run("check", article.name, "--format", "json", "--omit", "2", *WIDE).stdout)
    original = article.read_text("utf-8")
    assert len(found["omissions"]) == 2
    for row in [*found["omissions"], *(flip for v in found["variants"] for flip in v["flips"])]:
        assert original[row["start"] : row["end"]].replace("(yè)", "") == row["text"]


def test_standard_input_markdown_and_output(run: Run, article: Path, tmp_path: Path) -> None:
    done = run("check", "-", "--format", "markdown", "-o", "out.md", *WIDE, stdin=article.read_bytes())
    assert done.stdout == b""
    assert (tmp_path / "out.md").read_text("utf-8").startswith("## &lt;stdin&gt;\n")


def test_past_a_limit(run: Run, article: Path) -> None:
    done = run("check", article.name, "--max-influence", "0", "--max-net", "none", "--max-flips", "none", "--lang", "en", code=3)
    assert "Unstable: net stance hangs on one sentence." in done.stdout.decode()
    done = run("check", "missing.txt", article.name, "--max-influence", "0", code=3)
    assert done.stderr == b"framing: missing.txt: no such file\n"
    assert run("check", "missing.txt", article.name, *WIDE, code=1).stdout


@pytest.mark.parametrize("limit", ["10/1000", "1%", "0.01", "none", "0", "2"])
def test_ways_to_write_a_limit(run: Run, tmp_path: Path, limit: str) -> None:
    (tmp_path / "empty.txt").touch()
    run("check", "empty.txt", "--max-flips", limit)


@pytest.mark.parametrize("limit", ["", "-1", "1/0", "x", "3", "nan", "inf", "1/2/3", "%"])
def test_limits_that_are_none(run: Run, limit: str) -> None:
    done = run("check", "a.txt", "--max-flips", limit, code=2)
    assert b"write a limit as 0.01, 1% or 10/1000, or none" in done.stderr
