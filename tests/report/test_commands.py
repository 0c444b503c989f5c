"""The commands that make pages, run as a user runs them."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

PRAISE = "晨岸科技的新芯片性能领先同行，表现出色。这一突破获得业界高度评价。产品口碑很好，深受用户欢迎。销量再创历史新高。"
DOUBT = "晨岸科技的新芯片性能落後同行，令人失望。所謂突破不過是營銷噱頭。產品口碑很差，遭到用戶質疑。銷量慘淡，前景堪憂。"


def run(*arguments: str, cwd: Path, code: int = 0) -> subprocess.CompletedProcess[str]:
    done = subprocess.run([sys.executable, "-m", "framing", *arguments], cwd=cwd, capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == code, done.stderr
    return done


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Give a folder with two articles each of two outlets."""
    root = tmp_path_factory.mktemp("outlets")
    for outlet, text in (("finance", PRAISE), ("tech", DOUBT)):
        (root / outlet).mkdir()
        for number in (1, 2):
            (root / outlet / f"{number}.txt").write_text(text * number, "utf-8")
    return root


def test_score_writes_a_page_and_charts(folder: Path) -> None:
    run("score", "finance/1.txt", "--format", "html", "-o", "page.html", "--plots", "plots", "--lang", "en", cwd=folder)
    page = (folder / "page.html").read_text("utf-8")
    assert page.startswith("<!doctype html>")
    assert "finance/1.txt" in page
    assert len(list((folder / "plots").glob("*.svg"))) == 3


def test_compare_files_as_text(folder: Path) -> None:
    text = run("compare", "finance/1.txt", "tech/1.txt", "--lang", "en", cwd=folder).stdout
    assert text.startswith("Net stance by topic\nA finance/1.txt\nB tech/1.txt\n")
    assert "\x1b" not in text


def test_compare_groups_as_json_and_page(folder: Path) -> None:
    groups = ("--group", "财经=finance", "--group", "科技=tech")
    run("compare", *groups, "--format", "json", "-o", "result.json", cwd=folder)
    result = json.loads((folder / "result.json").read_text("utf-8"))
    assert [(g["name"], len(g["articles"])) for g in result["groups"]] == [("财经", 2), ("科技", 2)]
    net = {d["topic"]: d["difference"]["value"] for d in result["pairs"][0]["differences"] if d["quantity"] == "net"}
    assert net["all"] < 0
    page = run("compare", *groups, "--format", "html", cwd=folder).stdout
    assert "财经" in page
    assert 'class="dumbbell"' in page


def test_report_groups_results_by_a_column(folder: Path) -> None:
    run("score", "finance/1.txt", "finance/2.txt", "tech/1.txt", "tech/2.txt", "--format", "jsonl", "-o", "articles.jsonl", cwd=folder)
    run("report", "articles.jsonl", "-o", "by.html", "--by", "folder", "--lang", "en", cwd=folder)
    page = (folder / "by.html").read_text("utf-8")
    assert "<h1>By folder</h1>" in page
    assert '<th scope="row">finance</th><td>2</td>' in page
    rows = [
        json.loads(line) | {"outlet": "甲" if "finance" in line else "乙"}
        for line in (folder / "articles.jsonl").read_text("utf-8").splitlines()
    ]
    (folder / "articles.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows), "utf-8")
    run("report", "articles.jsonl", "-o", "outlet.html", "--by", "outlet", cwd=folder)
    assert '<th scope="row">乙</th><td>2</td>' in (folder / "outlet.html").read_text("utf-8")
    failed = run("report", "articles.jsonl", "-o", "none.html", "--by", "month", cwd=folder, code=1)
    assert "has no column month" in failed.stderr
    assert not (folder / "none.html").exists()


def test_report_groups_a_batch_by_its_group_column(folder: Path) -> None:
    rows = [{"text": PRAISE * 2, "outlet": "财经"}, {"text": DOUBT * 2, "outlet": "科技"}]
    (folder / "table.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows), "utf-8")
    run("batch", "table.jsonl", "--text-column", "text", "--group-column", "outlet", "-o", "out", "--jobs", "1", cwd=folder)
    run("report", "out", "-o", "batch.html", "--by", "group", "--lang", "zh", cwd=folder)
    page = (folder / "batch.html").read_text("utf-8")
    assert '<th scope="row">财经</th><td>1</td>' in page
    assert '<th scope="row">科技</th><td>1</td>' in page


@pytest.mark.parametrize(
    ("arguments", "code", "message"),
    [
        (("compare", "finance/1.txt"), 2, "name at least two"),
        (("compare", "--group", "x", "--group", "y=tech"), 2, "write NAME=PATH"),
        (("compare", "finance/1.txt", "missing.txt"), 1, "missing.txt: no such file"),
        (("compare", "finance/1.txt", "tech/1.txt", "-o", "tech/1.txt"), 1, "also an input"),
        (("report", "missing", "-o", "x.html"), 1, "missing: no such file or folder"),
    ],
)
def test_mistakes_are_named_in_a_line(folder: Path, arguments: tuple[str, ...], code: int, message: str) -> None:
    failed = run(*arguments, cwd=folder, code=code)
    assert message in failed.stderr
    assert "Traceback" not in failed.stderr
