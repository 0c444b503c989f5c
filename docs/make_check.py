"""Run `framing check` on the examples and put what it prints into `docs/check.md`.

Each fenced block after a comment `<!-- output NAME -->` is replaced. Run it after every change of the model
or of the reports:

    python docs/make_check.py
"""

from __future__ import annotations

import re
from pathlib import Path

from make_ci import shown

ROOT = Path(__file__).parents[1]
COMMANDS = {
    "hype": ("framing check examples/hype.txt --lang en",),
    "limits": (
        "framing check examples/hype.txt --max-influence 0.005 --lang en | sed -n 4,7p",
        "framing check examples/hype.txt --max-influence 0.005 -o /dev/null; echo $?",
    ),
}


def main() -> None:
    """Write the page."""
    page = ROOT / "docs" / "check.md"
    text = page.read_text(encoding="utf-8")
    for block, commands in COMMANDS.items():
        pattern = re.compile(rf"(<!-- output {block} -->\n```\w+\n).*?(```\n)", re.DOTALL)
        text, count = pattern.subn(lambda m, c=commands: m[1] + shown(ROOT, *c) + m[2], text)
        if count != 1:
            raise SystemExit(f"docs/check.md has {count} blocks called {block}")
    page.write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
