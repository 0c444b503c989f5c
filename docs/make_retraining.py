"""Go through `examples/retraining` as a user would and put what is printed into `docs/retraining.md`.

The labels of the example are typed into the real terminal page, key by key. Run it after
every change of the model or of the reports:

    pip install -e '.[dev]' pyte
    python docs/make_retraining.py
    python docs/make_retraining.py --gold dev.jsonl    # also brings the comparison on that file up to date
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import sys
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pexpect
import pyte
from blocks import replace_blocks, run

from framing.analysis import load_model
from framing.labelling.tasks import read_tasks, suggestions

ROOT = Path(__file__).parents[1]
EXAMPLE = ROOT / "examples" / "retraining"
PAGE = ROOT / "docs" / "retraining.md"
PARTS = {
    "mine": ("car", "coffee", "delivery", "payment", "phone", "supermarket", "telecom", "tvbox"),
    "held": ("aircon", "bank", "headphones", "park", "tea", "tour", "vacuum", "webshop"),
}
OWN_TOPIC = "服务"
LINES, COLUMNS = 30, 110
SHOWN_AT = 12


def shown(folder: Path, *lines: str, width: int = 160) -> str:
    """Run command lines and return them with what they print, as in a terminal; long lines are cut."""
    text = ""
    for line in lines:
        printed, code = run(folder, line)
        text += f"$ {line}\n{printed}"
        if code:
            text += f"$ echo $?\n{code}\n"
    return "".join(f"{line if len(line) <= width else line[: width - 1] + '…'}\n" for line in text.splitlines())


def keys(suggested: Any, wanted: Mapping[str, Any], topics: Sequence[str]) -> list[str]:
    """Return the keys that turn a suggestion into the labels wanted: one for each that differs, and Enter."""
    pressed = [] if suggested.frame == wanted["frame"] else [wanted["frame"][0]]
    pressed += [str(i + 1) for i, t in enumerate(topics) if (t in suggested.topics) != (t in wanted["topics"])]
    pressed += [] if suggested.voice == wanted["voice"] else [wanted["voice"][0]]
    return [*pressed, "\r"]


def label(folder: Path, files: Sequence[str], output: str, wanted: Mapping[str, Mapping[str, Any]]) -> tuple[int, str]:
    """Label articles on the terminal page; return how many keys that took, and the page at one moment."""
    tasks = read_tasks([folder / f for f in files])
    model = load_model()
    page = pexpect.spawn(
        sys.executable,
        ["-m", "framing", "label", *files, "-o", output, "--topic", OWN_TOPIC, "--lang", "en"],
        cwd=folder,
        encoding="utf-8",
        dimensions=(LINES, COLUMNS),
        timeout=60,
        env={**os.environ, "TERM": "xterm-256color", "NO_COLOR": "1"},
    )
    screen = pyte.Screen(COLUMNS, LINES)
    page.logfile_read = pyte.Stream(screen)  # a stream is fed by write, as a file is
    page.logfile_read.write, page.logfile_read.flush = page.logfile_read.feed, lambda: None
    page.expect(f"0 of {len(tasks)} labelled")
    count, picture = 0, ""
    for done, (task, suggested) in enumerate(zip(tasks, suggestions(tasks, model), strict=True), 1):
        for key in keys(suggested, wanted[task["text"]], [*model.topics, OWN_TOPIC]):
            page.send(key)
            count += 1
        page.expect(f"{done} of {len(tasks)} labelled")
        if done == SHOWN_AT:
            page.expect(pexpect.TIMEOUT, timeout=1)
            # A wide character takes two cells, of which the second is empty.
            picture = "\n".join(line.rstrip() for line in screen.display).rstrip() + "\n"
    page.send("\x11")
    page.expect(f"{len(tasks)} of {len(tasks)} sentences labelled")
    page.expect(pexpect.EOF)
    page.close()
    return count, picture


def read(path: Path) -> list[dict[str, Any]]:
    """Read a label file."""
    return [json.loads(line) for line in path.read_text("utf-8").splitlines()]


def outputs(folder: Path, gold: Path | None) -> dict[str, str]:
    """Go all the way in a copy of the example; return the text of each block by its name."""
    wanted = {r["text"]: r for name in PARTS for r in read(EXAMPLE / "labels" / name / "forum.jsonl")}
    blocks = {"labelling": ""}
    for name, articles in PARTS.items():
        files = [f"{a}.txt" for a in articles]
        (folder / name).mkdir()
        output = f"{name}/forum.jsonl"
        count, picture = label(folder, files, output, wanted)
        rows = read(folder / output)
        blocks.setdefault("page", picture)
        blocks["labelling"] += f"$ framing label {' '.join(files)} -o {output} --topic {OWN_TOPIC}\n"
        blocks["labelling"] += f"{len(rows)} of {len(rows)} sentences labelled in {output}\n"
        blocks["labelling"] += f"# {count} keys, {count / len(rows):.1f} per sentence\n"
        if rows != read(EXAMPLE / "labels" / name / "forum.jsonl"):
            raise SystemExit(f"the page wrote other labels than examples/retraining/labels/{name} has")
    blocks["lint"] = shown(folder, "framing labels lint mine held --config lint.toml")
    blocks["stats"] = shown(folder, "framing labels stats mine held | head -6")
    train = "framing train --labels labels --labels mine --weight mine=3 --out models/forum"
    blocks["train"] = shown(folder, f"{train} --gold held --flips 4")
    if gold is not None:
        (folder / "dev.jsonl").symlink_to(gold.resolve())
        # The sentences of such a set are not ours to show.
        blocks["gold"] = shown(folder, "framing model compare models/forum --gold dev.jsonl --flips 0 | head -9")
    halves = "framing train --labels labels --labels held --weight held=3 --out models/halves --gold mine --flips 0"
    blocks["halves"] = shown(folder, f"{halves} | grep -A 7 'on mine'")
    update = "framing train --labels labels --labels mine --weight mine=3 --out models/updated --update --gold held --flips 0"
    blocks["update"] = shown(folder, f"{update} > update.txt", "head -2 update.txt", "grep -A 3 'on held' update.txt")
    frozen = """grep -h '"split": "test"' labels/articles/*.jsonl > frozen.jsonl"""
    refused = "framing train --labels labels/contrast --labels mine --out models/forum --gold frozen.jsonl > report.txt"
    blocks["refused"] = shown(folder, frozen, refused, "framing model list", width=600)
    table = "| head -11 | tail -5"
    blocks["score"] = shown(folder, f"framing score vacuum.txt {table}", f"framing score vacuum.txt --model models/forum {table}")
    vocabulary = "framing train --labels labels --topics topics.toml --out models/vocabulary > vocabulary.txt"
    own = f"{train.replace('models/forum', 'models/topics')} --topics topics.toml --flips 0"
    measured = "framing evaluate held/forum.jsonl --model models/{} | grep ^topics"
    table = "framing score aircon.txt --model models/topics | head -12 | tail -6"
    blocks["vocabulary"] = shown(folder, vocabulary, measured.format("vocabulary"))
    blocks["topics"] = shown(folder, own, measured.format("topics"), table)
    blocks["topics-file"] = (EXAMPLE / "topics.toml").read_text("utf-8")
    blocks["card"] = "".join(shown(folder, "framing model card models/topics").splitlines(keepends=True)[:18])
    return blocks


def main() -> None:
    """Write the page."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--gold", type=Path, help="label file that nothing was trained on, shown as dev.jsonl")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name) / "retraining"
        shutil.copytree(EXAMPLE, folder, ignore=shutil.ignore_patterns("labels"))
        (folder / "labels").symlink_to(ROOT / "labels")
        replace_blocks(PAGE, outputs(folder, options.gold))


if __name__ == "__main__":
    main()
