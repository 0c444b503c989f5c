"""The commands on labels as users type them: what they count, what they leave out and what they refuse."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from framing.cli.main import cli
from framing.errors import LabelError
from framing.labelling.extras import require
from framing.labelling.files import read_rows
from framing.labelling.lint import LintConfig, Range, lint
from framing.labelling.lint_report import render_lint
from framing.labelling.style import MARKS, divergence
from framing.labelling.toml import read_toml

from .conftest import WriteLabels

Row = dict[str, Any]


def invoke(*arguments: object, code: int = 0) -> str:
    """Run a command in this process; return what it prints on both streams."""
    done = CliRunner().invoke(cli, [str(a) for a in arguments])
    assert done.exit_code == code, done.output
    return done.output + ("" if done.exception is None else str(done.exception))


@pytest.fixture
def labels(rows: list[Row], write_labels: WriteLabels) -> Path:
    return write_labels(rows)


def read(row: Row, **change: Any) -> Row:
    return {"frame": row["frame"], "topics": row["topics"], "voice": row["voice"], **change}


def test_statistics_as_text_and_json(rows: list[Row], labels: Path) -> None:
    data = json.loads(invoke("labels", "stats", labels, "--format", "json"))
    assert (data["sentences"], data["articles"]) == (len(rows), len({r["article"] for r in rows}))
    text = invoke("labels", "stats", labels)
    assert f"{len(rows)} sentences" in text
    assert all(name in text for name in ("praise", "technology", "quoted", "review"))


def test_agreement_lists_as_much_as_is_asked_for(rows: list[Row], write_labels: WriteLabels) -> None:
    other = {"praise": "neutral", "skepticism": "praise", "neutral": "skepticism"}
    few = [{**r, "passes": {"ann": read(r, voice="author"), "bea": read(r, voice="author", frame=other[r["frame"]])}} for r in rows[:6]]
    path = write_labels(few)
    text = invoke("labels", "agreement", path, "--samples", 10, "--show", 2)
    assert "… and 4 more" in text
    assert text.count("ann: ") == 2
    assert "more" not in invoke("labels", "agreement", path, "--samples", 10, "--show", 0)
    assert any(line.startswith("voice ") and "one value only" in line for line in text.splitlines())
    (line,) = [
        found
        for found in json.loads(invoke("labels", "agreement", path, "--samples", 10, "--format", "json"))["labels"]
        if found["label"] == "voice"
    ]
    assert line["alpha"] is None


def test_export_without_a_labelling_configuration_and_import_without_an_open_file(labels: Path, tmp_path: Path) -> None:
    invoke("labels", "export", labels, "--format", "label-studio", "-o", tmp_path / "tasks.json")
    said = invoke("labels", "import", tmp_path / "tasks.json", "--format", "label-studio", "-o", tmp_path / "back.jsonl")
    assert [dict(r.data) for r in read_rows(tmp_path / "back.jsonl")] == [dict(r.data) for r in read_rows(labels)]
    assert said.strip() == f"{len(read_rows(labels))} labelled sentences"


def test_suggestions_go_to_tables_as_columns(labels: Path, small_model_path: Path, tmp_path: Path) -> None:
    out = tmp_path / "tasks.csv"
    invoke("labels", "export", labels, "--format", "csv", "--predictions", "--model", small_model_path, "-o", out)
    head, first = out.read_text("utf-8-sig").splitlines()[:2]
    assert {"suggested_frame", "suggested_topics", "suggested_voice"} <= set(head.split(","))
    assert any(name in first for name in ("praise", "skepticism", "neutral"))


@pytest.mark.parametrize(
    ("arguments", "code", "says"),
    [
        (["labels", "agreement", "{labels}", "{labels}", "--reader", "ann"], 2, "--reader goes with one file"),
        (["labels", "agreement", "{labels}", "{empty}"], 1, "no label files (*.jsonl) with rows were found"),
        (["labels", "stats", "{empty}"], 1, "no label"),
        (["labels", "export", "{labels}", "--format", "csv", "--labelling-config", "x.xml"], 2, "goes with --format label-studio"),
        (["labels", "lint", "{empty}"], 1, "no label files (*.jsonl) were found"),
        (["label", "{labels}", "-o", "{labels}"], 2, "is also an input"),
        (["label", "{labels}", "--blind", "--order", "uncertain"], 2, "needs the model; leave --blind out"),
        (["evaluate", "{labels}", "--model", "{empty}"], 1, "is this a model folder?"),
        (["model", "rollback", "{empty}"], 1, "no such earlier version; kept are none"),
    ],
    ids=lambda value: " ".join(value[:2]) if isinstance(value, list) else None,
)
def test_wrong_use(arguments: list[str], code: int, says: str, labels: Path, tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    places = {"labels": labels, "empty": tmp_path / "empty"}
    assert says in invoke(*[a.format(**places) for a in arguments], code=code)


def test_a_folder_without_models(tmp_path: Path) -> None:
    assert invoke("model", "list", tmp_path) == f"no models in {tmp_path}\n"


def test_figures_of_the_test_split_alone(labels: Path, rows: list[Row], small_model_path: Path) -> None:
    found = json.loads(invoke("evaluate", labels, "--model", small_model_path, "--split", "test", "--format", "json"))
    assert found["n"] == sum(r["split"] == "test" for r in rows)


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"tags": "irony"}, "tags must be a list"),
        ({"weight": "heavy"}, "the weight 'heavy' is no number"),
        ({"weight": None}, "the weight None"),
    ],
)
def test_fields_of_another_type(change: Row, says: str, rows: list[Row], write_labels: WriteLabels) -> None:
    path = write_labels([rows[0], {**rows[1], **change}])
    assert f"{path}:2: {says}" in invoke("labels", "stats", path, code=1)


def test_settings_that_cannot_be_read(tmp_path: Path) -> None:
    with pytest.raises(LabelError, match=r"none\.toml: cannot be read"):
        read_toml(tmp_path / "none.toml")
    (tmp_path / "lint.toml").write_bytes(b'a = "\xff"\n')
    with pytest.raises(LabelError, match=r"lint\.toml: byte 5 is not UTF-8"):
        read_toml(tmp_path / "lint.toml")


def test_a_package_that_is_not_installed_is_named() -> None:
    with pytest.raises(LabelError, match=r"the package none_such is needed .* 'framing-zh\[labels\]'"):
        require("none_such.part", "labels")


def test_suspects_need_enough_labels_of_each_kind(rows: list[Row], write_labels: WriteLabels) -> None:
    """Nothing can be cross-validated on so few: no label is doubted, and none is an error."""
    path = write_labels(rows[:4])
    report = lint([path], LintConfig(), suspects=("topics", "voice", "frame"))
    assert [f for f in report.findings if f.rule == "suspect"] == []


def test_a_profile_has_no_figure_for_a_frame_that_no_sentence_has(rows: list[Row], write_labels: WriteLabels) -> None:
    path = write_labels([r for r in rows if r["frame"] != "praise"])
    assert "–" in render_lint(lint([path], LintConfig(test_share=Range(0, 1))), "text")


def test_connectives_are_counted_by_sentence(rows: list[Row], write_labels: WriteLabels) -> None:
    """Two in one sentence count once, in either script."""
    texts = ["虽然卖得贵，但是很耐用。", "因為天氣不好，發布會推遲了。", "发布会在周二举行。", "门店有三层。"]
    path = write_labels([{**row, "text": texts[i % 4]} for i, row in enumerate(rows[:8])])
    report = lint([path], LintConfig(test_share=Range(0, 1)))
    assert report.profiles[""].connectives == 0.5
    assert "connect." in render_lint(report, "text")


def test_marks_that_are_nowhere_do_not_diverge() -> None:
    none, some = dict.fromkeys(MARKS, 0.0), dict.fromkeys(MARKS, 1.0)
    assert divergence(none, some) == divergence(some, none) == divergence(some, some) == 0
    other = {**none, MARKS[0]: 1.0}
    assert divergence(other, {**none, MARKS[1]: 1.0}) == pytest.approx(1)
    assert 0 < divergence(other, some) < 1
