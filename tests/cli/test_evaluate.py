"""``framing evaluate`` and ``framing model``."""

from __future__ import annotations

import json
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from framing.artifact import default_model_path

Run = Callable[..., subprocess.CompletedProcess[bytes]]
LABELS = Path(__file__).parent.parent / "cases" / "labels.jsonl"


@pytest.fixture
def gold(tmp_path: Path) -> Path:
    return shutil.copy(LABELS, tmp_path / "gold.jsonl")


def test_figures(run: Run, gold: Path, tmp_path: Path) -> None:
    figures = json.loads(run("evaluate", gold.name, "--format", "json").stdout)
    assert figures["n"] == 72
    assert figures["frame"]["macro_f1"] > 0.5
    text = run("evaluate", gold.name, "-o", "report.txt", "--errors").stdout
    assert text == b""
    report = (tmp_path / "report.txt").read_text("utf-8")
    assert report.startswith("72 sentences in 6 articles")
    assert f"macro-F1 {figures['frame']['macro_f1']:.3f}" in report
    assert "→" in report


@pytest.mark.parametrize(
    ("content", "says"),
    [
        ("", "no label files"),
        ("{", "gold.jsonl:1:"),
        ('{"id": "a"}', "gold.jsonl:1:"),
        ('{"id":"a","article":"a","text":"好","frame":"great","topics":[],"voice":"author"}', "gold.jsonl:1:"),
    ],
)
def test_gold_that_is_none(run: Run, tmp_path: Path, content: str, says: str) -> None:
    (tmp_path / "gold.jsonl").write_text(content, "utf-8")
    done = run("evaluate", "gold.jsonl", code=1)
    assert says in done.stderr.decode()
    assert done.stderr.count(b"\n") == 1


def test_the_output_is_no_input(run: Run, gold: Path) -> None:
    before = gold.read_bytes()
    run("evaluate", gold.name, "-o", gold.name, code=1)
    assert gold.read_bytes() == before


def test_models(run: Run, tmp_path: Path) -> None:
    shown = json.loads(run("model", "show").stdout)
    assert shown["hash"][:8] in run("model", "verify").stdout.decode()
    folder = shutil.copytree(default_model_path(), tmp_path / "mine")
    assert b"sound" in run("model", "verify", "mine").stdout
    data = bytearray((folder / "weights.npy").read_bytes())
    data[-1] ^= 1
    (folder / "weights.npy").write_bytes(data)
    done = run("model", "verify", "mine", code=1)
    assert (
        done.stderr.decode()
        == "framing: mine/weights.npy is not the file that the manifest describes (SHA-256 differs); get the model again\n"
    )
