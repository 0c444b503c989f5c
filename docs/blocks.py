"""Run command lines and put what they print into the marked blocks of a page.

A marked block is a fenced block after a comment `<!-- output NAME -->`.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

__all__ = ["replace_blocks", "run"]


def run(folder: Path, line: str) -> tuple[str, int]:
    """Run a command line in a folder, `framing` being this one; return what it prints and its exit code."""
    environment = {k: v for k, v in os.environ.items() if not k.startswith("GITHUB_")}
    command = re.sub(r"(^|; do )framing ", rf"\1{sys.executable} -m framing ", line)
    done = subprocess.run(command, shell=True, cwd=folder, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)  # noqa: S602 - our own lines
    return done.stdout, done.returncode


def replace_blocks(page: Path, blocks: Mapping[str, str]) -> None:
    """Write a page anew with other contents of its marked blocks.

    Raises:
        SystemExit: the page has no block of a name, or several; it is left as it was.
    """
    text = page.read_text(encoding="utf-8")
    for name, content in blocks.items():
        pattern = re.compile(rf"(<!-- output {name} -->\n```\w+\n).*?(```\n)", re.DOTALL)
        text, count = pattern.subn(lambda m, c=content: m[1] + c + m[2], text)
        if count != 1:
            raise SystemExit(f"{page} has {count} blocks called {name}")
    page.write_text(text, encoding="utf-8")
