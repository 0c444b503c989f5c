"""Run the demonstration of `examples/ci` and put what it prints into `docs/ci.md`.

Each fenced block after a comment `<!-- output NAME -->` is replaced; the baseline of the demonstration
is written anew with the shipped model. Run it after every change of the model or of the reports:

    python docs/make_ci.py
"""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).parents[1]
EXAMPLE = ROOT / "examples" / "ci"


def shown(folder: Path, *lines: str) -> str:
    """Run command lines and return them with what they print, as in a terminal."""
    environment = {k: v for k, v in os.environ.items() if not k.startswith("GITHUB_")}
    text = ""
    for line in lines:
        command = re.sub(r"^framing ", f"{sys.executable} -m framing ", line)
        done = subprocess.run(command, shell=True, cwd=folder, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)  # noqa: S602 - our own lines
        text += f"$ {line}\n{done.stdout}"
        if line.startswith("framing gate"):
            text += f"$ echo $?\n{done.returncode}\n"
    return text


def outputs(folder: Path) -> dict[str, str]:
    """Run everything in a copy of the demonstration; return the text of each block by its name."""
    blocks = {"failing": shown(folder, "framing batch articles -o results", "framing gate results")}
    shown(folder, "framing gate results --junit j.xml --sarif s.sarif --summary s.md")
    annotated = shown(folder, "framing gate results --annotations")
    blocks["annotations"] = "".join(f"{line}\n" for line in annotated.splitlines() if line.startswith("::"))
    blocks["summary"] = (folder / "s.md").read_text(encoding="utf-8")
    suites = re.findall(r"  <testsuite .*?</testsuite>\n", (folder / "j.xml").read_text(encoding="utf-8"), re.DOTALL)
    blocks["junit"] = suites[0]
    result = json.loads((folder / "s.sarif").read_text(encoding="utf-8"))["runs"][0]["results"][0]
    blocks["sarif"] = json.dumps(result["locations"][0], ensure_ascii=False, indent=2) + "\n"
    revise = "cp revised/delivery-platform.txt articles/columns/"
    blocks["passing"] = shown(folder, revise, "framing batch articles -o results --incremental", "framing gate results --verbose")
    blocks["policy"] = (EXAMPLE / "framing.toml").read_text(encoding="utf-8")
    blocks["workflow"] = (EXAMPLE / ".github" / "workflows" / "framing.yml").read_text(encoding="utf-8")
    return blocks


def main() -> None:
    """Write the baseline and the page."""
    news = " ".join(str(p.relative_to(EXAMPLE)) for p in sorted((EXAMPLE / "articles" / "news").iterdir()))
    shown(EXAMPLE, f"framing score {news} --format json -o baseline.json")
    page = ROOT / "docs" / "ci.md"
    text = page.read_text(encoding="utf-8")
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name) / "ci"
        shutil.copytree(EXAMPLE, folder)
        for block, content in outputs(folder).items():
            pattern = re.compile(rf"(<!-- output {block} -->\n```\w+\n).*?(```\n)", re.DOTALL)
            text, count = pattern.subn(lambda m, c=content: m[1] + c + m[2], text)
            if count != 1:
                raise SystemExit(f"docs/ci.md has {count} blocks called {block}")
    page.write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
