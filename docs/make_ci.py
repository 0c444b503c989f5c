"""Run the demonstration of `examples/ci` and put what it prints into `docs/ci.md`.

The baseline of the demonstration is written anew with the shipped model. Run it after every change of the model or of the reports:

    python docs/make_ci.py
"""

from __future__ import annotations

import json
import re
import shutil
import tempfile
from pathlib import Path

from blocks import replace_blocks, run

ROOT = Path(__file__).parents[1]
EXAMPLE = ROOT / "examples" / "ci"


def shown(folder: Path, *lines: str) -> str:
    """Run command lines and return them with what they print, as in a terminal; of a gate also the exit code."""
    text = ""
    for line in lines:
        printed, code = run(folder, line)
        text += f"$ {line}\n{printed}"
        if line.startswith("framing gate"):
            text += f"$ echo $?\n{code}\n"
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
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name) / "ci"
        shutil.copytree(EXAMPLE, folder)
        replace_blocks(ROOT / "docs" / "ci.md", outputs(folder))


if __name__ == "__main__":
    main()
