"""On a terminal there are colours and bars; columns line up."""

from __future__ import annotations

import os
import re
import sys
from pathlib import Path

import pexpect
import pytest
from wcwidth import wcswidth

ESCAPE = re.compile(r"\x1b\[[0-9;]*m")


def seen(article: Path, *arguments: str, **variables: str) -> str:
    """Return what ``framing score`` prints on a terminal."""
    environment = {k: v for k, v in os.environ.items() if k != "NO_COLOR"}
    child = pexpect.spawn(
        sys.executable,
        ["-m", "framing", "score", article.name, *arguments],
        cwd=str(article.parent),
        env={**environment, "TERM": "xterm-256color", "LC_ALL": "C.UTF-8", **variables},
        encoding="utf-8",
        dimensions=(60, 140),
        timeout=60,
    )
    text: str = child.read()
    child.close()
    assert child.exitstatus == 0
    return text.replace("\r\n", "\n")


@pytest.mark.parametrize("language", ["zh", "en"])
def test_colour_and_width(article: Path, language: str) -> None:
    text = seen(article, "--lang", language)
    assert "\x1b[32m" in text
    assert "\x1b[31m" in text
    plain = ESCAPE.sub("", text)
    assert "\x1b" not in plain
    assert plain.count("█") + plain.count("░") + plain.count("▓") >= 20
    rows = plain.split("\n")
    at = next(i for i, row in enumerate(rows) if "░" in row)
    header = next(row for row in rows if "praise · neutral" in row or "赞扬·中性" in row)
    body = [r for r in rows[at - 4 : at + 4] if "░" in r]
    assert {wcswidth(r) for r in [header, *body]} == {wcswidth(header)}


def test_no_color(article: Path) -> None:
    text = seen(article, NO_COLOR="1")
    assert "\x1b" not in text
    assert "░" in text
