"""``framing score`` gives a sensible result or one line, in every format."""

from __future__ import annotations

import csv
import io
import json
import os
import subprocess
from collections.abc import Callable
from importlib import resources
from pathlib import Path

import jsonschema
import pytest

Run = Callable[..., subprocess.CompletedProcess[bytes]]

SCHEMA = json.loads((resources.files("framing") / "data" / "score.schema.json").read_text("utf-8"))


def lines(done: subprocess.CompletedProcess[bytes]) -> list[str]:
    return done.stderr.decode().splitlines()


def test_text(run: Run, article: Path) -> None:
    text = run("score", article.name, "--lang", "en").stdout.decode()
    assert text.startswith("a.txt\n6 sentences counted, 1 not")
    for word in ("Verdict", "Marketing", "Technology", "Traffic", "90% interval"):
        assert word in text
    assert "\x1b" not in text
    every = run("score", article.name, "--evidence").stdout.decode()
    assert "業界高度評價" in every
    assert "yè" not in every
    more = run("score", article.name, "--lang", "en", "--evidence", "-v").stdout.decode()
    assert "log(P/S)" in more
    assert "公司總部位於杭州" in more


def test_languages(run: Run, article: Path) -> None:
    assert "结论" in run("score", article.name, LC_ALL="zh_CN.UTF-8").stdout.decode()
    assert "結論" in run("score", article.name, LC_ALL="zh_TW.UTF-8").stdout.decode()
    assert "Verdict" in run("score", article.name, LC_ALL="de_DE.UTF-8").stdout.decode()
    assert "結論" in run("score", article.name, "--lang", "zh-hant", LC_ALL="de_DE.UTF-8").stdout.decode()


def test_json_follows_the_schema(run: Run, article: Path) -> None:
    results = json.loads(run("score", article.name, article.name, "--format", "json").stdout)
    assert len(results) == 2
    jsonschema.Draft202012Validator(SCHEMA).validate(results[0])
    original = article.read_text("utf-8")
    for sentence in results[0]["sentences"]:
        assert original[sentence["start"] : sentence["end"]].replace("(yè)", "") == sentence["text"]


def test_jsonl_csv_and_markdown(run: Run, article: Path) -> None:
    rows = [json.loads(line) for line in run("score", article.name, article.name, "--format", "jsonl").stdout.splitlines()]
    assert [row["source"] for row in rows] == ["a.txt"] * 2
    table = list(csv.DictReader(io.StringIO(run("score", article.name, "--format", "csv").stdout.decode())))
    assert [row["topic"] for row in table] == ["marketing", "technology", "traffic", "all"]
    assert run("score", article.name, "--format", "markdown").stdout.decode().startswith("## a.txt\n")


def test_standard_input(run: Run, article: Path) -> None:
    done = run("score", "-", "--format", "jsonl", stdin=article.read_bytes())
    assert json.loads(done.stdout)["source"] == "<stdin>"
    assert run("score", "-", "--max-bytes", "10", stdin=article.read_bytes(), code=1).stdout == b""


@pytest.mark.parametrize("content", ["", " \n\u3000\n"])
def test_nothing_to_score(run: Run, tmp_path: Path, content: str) -> None:
    (tmp_path / "empty.txt").write_text(content, "utf-8")
    done = run("score", "empty.txt", "--lang", "en")
    assert "no sentence to score" in done.stdout.decode()
    assert done.stderr == b""


def test_inputs_that_fail_do_not_stop_the_others(run: Run, article: Path, tmp_path: Path) -> None:
    (tmp_path / "folder").mkdir()
    (tmp_path / "binary").write_bytes(bytes(range(256)) * 40)
    (tmp_path / "latin").write_bytes("Où est le café ? Très bien, à bientôt.".encode("latin-1"))
    done = run("score", "missing.txt", "folder", "binary", "latin", article.name, "--format", "jsonl", code=1)
    assert [json.loads(line)["source"] for line in done.stdout.splitlines()] == ["a.txt"]
    assert lines(done) == [
        "framing: missing.txt: no such file",
        "framing: folder: is a folder; name the files in it, or use a pattern such as FOLDER/*.txt",
        "framing: binary: binary data, not text (a zero byte at 0); if it is text, name its encoding with --encoding",
        "framing: latin: byte 1 is not UTF-8, nor is this GB18030, Big5 or UTF-16 text; name the encoding with --encoding",
    ]


def test_names_that_are_no_text(run: Run, tmp_path: Path) -> None:
    for name in (b"\xff\xfe.txt", b"-=1+1.txt", b"new\nline\x1b[31m.txt"):
        (tmp_path / os.fsdecode(name)).write_text("新芯片性能领先同行。", "utf-8")
    names = (b"./\xff\xfe.txt", b"./-=1+1.txt", b"new\nline\x1b[31m.txt")
    done = run("score", *names, b"gone\n\xff.txt", "--format", "jsonl", "-o", "out.jsonl", code=1)
    assert lines(done) == ["framing: gone\ufffd\ufffd.txt: no such file"]
    rows = [json.loads(line) for line in (tmp_path / "out.jsonl").read_text("utf-8").splitlines()]
    assert [os.fsencode(row["source"]) for row in rows] == list(names)
    text = run("score", *names).stdout
    assert b"\x1b" not in text


def test_one_long_line(run: Run, tmp_path: Path) -> None:
    (tmp_path / "long.txt").write_text("新车上市销量很好口碑不错，" * 130_000, "utf-8")
    done = run("score", "long.txt", "--lang", "en")
    assert "1,690,000 characters" in done.stdout.decode()


def test_another_language(run: Run, tmp_path: Path) -> None:
    (tmp_path / "en.txt").write_text("Everybody praised the new phone. Sales are up by 12 percent.", "utf-8")
    assert "little Chinese in this text" in run("score", "en.txt", "--lang", "en").stdout.decode()


def test_encodings(run: Run, article: Path) -> None:
    text = article.read_text("utf-8")
    for encoding in ("gb18030", "utf-16", "utf-8-sig"):
        article.write_bytes(text.encode(encoding))
        assert b"a.txt" in run("score", article.name).stdout
    article.write_bytes(text.encode("gb18030"))
    done = run("score", article.name, "--encoding", "utf-8", code=1)
    assert lines(done) == ["framing: a.txt: byte 0 does not fit utf-8; leave out --encoding to find another"]


def test_output_files(run: Run, article: Path, tmp_path: Path) -> None:
    before = article.read_bytes()
    done = run("score", article.name, "-o", article.name, code=1)
    assert lines(done) == ["framing: a.txt is also an input; choose another output file"]
    assert article.read_bytes() == before
    (tmp_path / "link").symlink_to(article)
    run("score", "link", "-o", article.name, code=1)
    run("score", article.name, "-o", "nowhere/out.txt", code=1)
    run("score", article.name, "-o", ".", code=1)
    (tmp_path / "out.json").write_text("old")
    assert run("score", article.name, "--format", "json", "-o", "out.json").stdout == b""
    assert json.loads((tmp_path / "out.json").read_bytes())
    assert sorted(p.name for p in tmp_path.iterdir()) == ["a.txt", "link", "out.json"]


def test_models_that_are_none(run: Run, article: Path) -> None:
    done = run("score", article.name, "--model", "nowhere", code=1)
    assert lines(done) == ["framing: nowhere is no model folder; give the folder that holds manifest.json"]
