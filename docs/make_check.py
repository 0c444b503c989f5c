"""Run `framing check` on the examples and put what it prints into `docs/check.md`.

Run it after every change of the model or of the reports:

    python docs/make_check.py
"""

from __future__ import annotations

from pathlib import Path

from blocks import replace_blocks
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
    replace_blocks(ROOT / "docs" / "check.md", {block: shown(ROOT, *commands) for block, commands in COMMANDS.items()})


if __name__ == "__main__":
    main()
