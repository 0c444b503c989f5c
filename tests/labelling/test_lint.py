"""The linter: each rule fires on what it is for and on nothing else."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from framing.errors import LabelError
from framing.labelling.lint import RULES, LintConfig, Range, Severity, find_config, lint, load_config
from framing.labelling.lint_report import FORMATS, render_lint

from .conftest import WriteLabels

Row = dict[str, Any]
Change = Callable[[list[Row]], Any]


def copy(rows: list[Row], at: int, **change: Any) -> None:
    """Append a copy of a row as a sentence of another article."""
    rows.append({**rows[at], "id": f"copy{len(rows)}", "article": "copies", "paragraph": len(rows), **change})


def set_all(rows: list[Row], **change: Any) -> None:
    for row in rows:
        row.update(change)


TRADITIONAL = "新頭盔的定位精度大幅領先同類產品,騎手好評如潮!"

# Rule, change to the articles that breaks it, least number of findings.
BREAKING: list[tuple[str, Change, LintConfig]] = [
    ("schema", lambda rows: rows[3].update(voice="reader"), LintConfig()),
    ("schema", lambda rows: rows[3].pop("text"), LintConfig()),
    ("schema", lambda rows: rows[3].update(topics=["technology", "technology"]), LintConfig()),
    ("schema", lambda rows: rows[3].update(passes={"a": {"frame": "praise"}}), LintConfig()),
    ("unknown-field", lambda rows: rows[3].update(topic="technology"), LintConfig()),
    ("unknown-topic", lambda rows: rows[3].update(topics=["价格"]), LintConfig()),
    ("unknown-tag", lambda rows: rows[3].update(tags=["ironny"]), LintConfig(tags=("irony",))),
    ("duplicate-id", lambda rows: rows[3].update(id=rows[0]["id"]), LintConfig()),
    ("scattered-article", lambda rows: rows.append(rows.pop(1)), LintConfig()),
    ("scattered-article", lambda rows: rows[0].update(paragraph=9), LintConfig()),
    ("too-long", lambda rows: rows[3].update(text="长" * 201), LintConfig()),
    ("duplicate", lambda rows: copy(rows, 1), LintConfig()),
    ("duplicate", lambda rows: copy(rows, 1, text=TRADITIONAL), LintConfig()),
    ("near-duplicate", lambda rows: copy(rows, 1, text=rows[1]["text"].replace("骑手", "顾客")), LintConfig()),
    ("conflict", lambda rows: copy(rows, 1, frame="neutral"), LintConfig()),
    ("against-readings", lambda rows: rows[1].update(passes={r: readings("skepticism") for r in "ab"}), LintConfig()),
    ("contrast-set", lambda rows: set_all(rows[:4], source="contrast", frame="praise"), LintConfig()),
    ("split-leak", lambda rows: copy(rows, 1, split="test"), LintConfig()),
    ("split-leak", lambda rows: rows[1].update(split="test"), LintConfig()),
    ("test-share", lambda rows: set_all(rows, split="train"), LintConfig(test_share=Range(0.05, 0.15))),
    ("test-changed", lambda rows: rows[20].update(frame="praise"), LintConfig(test_sha256="0" * 64)),
    ("opening", lambda rows: [row.update(text="据了解说" + row["text"]) for row in rows[::4]], LintConfig()),
    ("skeleton", lambda rows: templates(rows), LintConfig()),
    ("length", lambda _rows: None, LintConfig(least_sentences=10, length=Range(60, 80))),
    (
        "punctuation",
        lambda rows: [r.update(text=r["text"] + "——！！！") for r in rows if r["register"] == "wire"],
        LintConfig(least_sentences=10),
    ),
    ("balance", lambda rows: set_all(rows, frame="neutral"), LintConfig(least_sentences=10)),
    ("balance", lambda _rows: None, LintConfig(least_sentences=10, balance={"voice.quoted": Range(0.9, 0.9)})),
    ("plain-share", lambda rows: set_all(rows, style="ornate"), LintConfig(least_sentences=10, plain_share=0.6)),
    ("cue-profile", lambda _rows: None, LintConfig(least_sentences=10, profile={"length": Range(100, 100)})),
    (
        "cue-profile",
        lambda rows: set_all(rows, text="这一步是否有用"),
        LintConfig(least_sentences=10, profile={"connectives": Range(0.4, 0.5)}),
    ),
]


def readings(frame: str) -> Row:
    return {"frame": frame, "topics": ["technology"], "voice": "author"}


def templates(rows: list[Row]) -> None:
    names = [("青舟", "骑手", "头盔"), ("禾叶", "店员", "杯套"), ("澜石", "工人", "产线"), ("望山", "导游", "大巴")]
    for i, (firm, people, thing) in enumerate(names):
        rows[4 * i]["text"] = f"虽然{firm}换了{thing}，但是{people}并没有因此满意。"


@pytest.mark.parametrize(("rule", "change", "config"), BREAKING)
def test_rule_fires(rule: str, change: Change, config: LintConfig, rows: list[Row], write_labels: WriteLabels) -> None:
    change(rows)
    report = lint([write_labels(rows)], config)
    found = [f for f in report.findings if f.rule == rule]
    assert found, [f.message for f in report.findings]
    assert all(f.severity is RULES[rule].severity for f in found)
    assert all(1 <= f.place.line <= len(rows) for f in found)


def test_every_rule_has_a_case() -> None:
    assert {case[0] for case in BREAKING} | {"overlap", "suspect"} == set(RULES)


def test_sound_labels_have_no_finding(rows: list[Row], write_labels: WriteLabels) -> None:
    assert lint([write_labels(rows)]).findings == ()


CLEAN: list[Change] = [
    lambda rows: (
        copy(rows, 0, text="（本文仅代表作者个人观点，不构成任何投资建议。）")
        or copy(rows, 0, text="本文仅代表作者个人观点，不构成任何购买建议。", paragraph=99)
    ),
    lambda rows: rows[1].update(passes={"a": readings("praise"), "b": readings("skepticism")}),
    lambda rows: copy(rows, 1, text="新头盔很好"),
    lambda rows: copy(rows, 0, text="导语") or copy(rows, 0, text="导语", paragraph=99),
]


@pytest.mark.parametrize("change", CLEAN)
def test_what_articles_share_by_right_is_no_finding(change: Change, rows: list[Row], write_labels: WriteLabels) -> None:
    change(rows)
    assert lint([write_labels(rows)]).findings == ()


def test_contrast_set_may_repeat_itself_but_not_word_for_word(rows: list[Row], write_labels: WriteLabels) -> None:
    words = {"praise": "多达", "skepticism": "仅仅", "neutral": "共计"}
    made = [
        {
            **rows[0],
            "id": f"c{i}",
            "article": "c",
            "source": "contrast",
            "paragraph": 0,
            "frame": f,
            "text": f"新茶饮首日售出{w}八百杯，数字由门店公布。",
        }
        for i, (f, w) in enumerate(words.items())
    ]
    assert lint([write_labels([*rows, *made])]).findings == ()
    made[1]["text"] = made[0]["text"]
    assert [f.rule for f in lint([write_labels([*rows, *made])]).findings] == ["conflict"]


def test_overlap_with_other_texts_is_found_in_either_script(rows: list[Row], write_labels: WriteLabels, tmp_path: Path) -> None:
    examples = tmp_path / "examples"
    examples.mkdir()
    (examples / "article.txt").write_text(f"别的话。{TRADITIONAL}又是别的话。", "utf-8")
    report = lint([write_labels(rows)], LintConfig(against=(examples,)))
    assert [(f.rule, f.place.line) for f in report.findings] == [("overlap", 2)]


def test_leak_across_files_names_both_files(rows: list[Row], write_labels: WriteLabels) -> None:
    first = write_labels(rows, "labels/a.jsonl")
    second = write_labels([{**rows[1], "id": "z", "article": "z", "split": "test"}], "labels/b.jsonl")
    (finding,) = lint([first.parent]).findings
    assert (finding.rule, finding.place.path, finding.related[0].path) == ("split-leak", second, first)


def test_every_broken_line_is_reported_not_just_the_first(rows: list[Row], write_labels: WriteLabels) -> None:
    path = write_labels(rows)
    lines = path.read_text("utf-8").splitlines()
    lines[2], lines[7] = "{", "[]"
    path.write_text("\n".join(lines), "utf-8")
    report = lint([path])
    assert [(f.rule, f.place.line) for f in report.findings if f.rule == "schema"] == [("schema", 3), ("schema", 8)]


def test_suspects_are_found_by_cross_validation(rows: list[Row], write_labels: WriteLabels) -> None:
    wrong = next(i for i, row in enumerate(rows) if "令人惊艳" in row["text"])
    rows[wrong]["frame"] = "skepticism"
    report = lint([write_labels(rows)], LintConfig(suspect=0.5), suspects=["frame"])
    suspects = [f for f in report.findings if f.rule == "suspect"]
    assert wrong + 1 in [f.place.line for f in suspects]
    assert all("is likelier" in f.message for f in suspects)


def test_hash_of_the_test_split_is_that_of_the_settings(rows: list[Row], write_labels: WriteLabels) -> None:
    digest = lint([write_labels(rows)]).test_sha256
    assert lint([write_labels(rows[::-1])]).test_sha256 == digest
    assert not lint([write_labels(rows)], LintConfig(test_sha256=digest)).findings
    rows[0]["frame"] = "praise"
    assert lint([write_labels(rows)]).test_sha256 == digest
    rows[20]["frame"] = "skepticism"
    assert lint([write_labels(rows)]).test_sha256 != digest


def test_profile_and_registers_are_measured_per_file(rows: list[Row], write_labels: WriteLabels) -> None:
    write_labels(rows[:24], "labels/a.jsonl")
    folder = write_labels(rows[24:], "labels/b.jsonl").parent
    report = lint([folder])
    assert list(report.profiles) == ["", str(folder / "a.jsonl"), str(folder / "b.jsonl")]
    assert set(report.registers) == {"", "wire", "review"}
    assert sum(report.registers[r].sentences for r in ("wire", "review")) == report.registers[""].sentences == len(rows)
    praise, skepticism = (report.profiles[""].frames[f] for f in ("praise", "skepticism"))
    assert praise.positive > praise.negative
    assert skepticism.negative > skepticism.positive


SETTINGS = """
max_length = 30
against = ["../examples"]
near_duplicate = 0.8
length = [20, 60]
test_share = 0.1
ignore = ["opening"]
[severity]
too-long = "note"
[balance]
frame.praise = [0.1, 0.3]
voice.quoted = 0.25
[profile]
length = 40
"""


def test_settings_are_read(tmp_path: Path) -> None:
    path = tmp_path / "labels" / "lint.toml"
    path.parent.mkdir()
    path.write_text(SETTINGS, "utf-8")
    config = load_config(path)
    assert config.max_length == 30
    assert config.against == (tmp_path / "examples",)
    assert config.severity_of("too-long") is Severity.NOTE
    assert config.balance == {"frame.praise": Range(0.1, 0.3), "voice.quoted": Range(0.25, 0.25)}
    assert config.test_share == Range(0.1, 0.1)
    assert find_config([path.parent]) == path
    assert find_config([tmp_path]) is None


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("max_lenght = 3", "the setting 'max_lenght' is unknown"),
        ("max_length = 'many'", "must be of type int"),
        ("ignore = ['everything']", "the rule 'everything' is unknown"),
        ("length = [50, 20]", "ascending"),
        ("[severity]\nschema = 'fatal'", "FATAL"),
        ("max_length = ", "not TOML"),
    ],
)
def test_wrong_settings_are_refused(tmp_path: Path, text: str, message: str) -> None:
    path = tmp_path / "lint.toml"
    path.write_text(text, "utf-8")
    with pytest.raises(LabelError, match=message) as caught:
        load_config(path)
    assert str(caught.value).startswith(f"{path}: ")


def broken(rows: list[Row], write_labels: WriteLabels) -> Path:
    rows[3]["text"] = "长" * 201
    copy(rows, 1)
    rows[5]["topic"] = "50%, 100%:\n"
    return write_labels(rows)


def run(*args: str | Path, cwd: Path) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "framing", "labels", "lint", *map(str, args)]
    return subprocess.run(command, capture_output=True, text=True, encoding="utf-8", cwd=cwd, check=False)


@pytest.mark.parametrize(("fail_on", "code"), [("error", 3), ("never", 0)])
def test_exit_code_follows_severity(fail_on: str, code: int, rows: list[Row], write_labels: WriteLabels, tmp_path: Path) -> None:
    done = run(broken(rows, write_labels), "--fail-on", fail_on, cwd=tmp_path)
    assert (done.returncode, done.stderr) == (code, "")
    assert "labels/mine.jsonl:4: error: the sentence has 201 characters; at most 200 are allowed [too-long]" in done.stdout
    assert "1 errors, 1 warnings, 1 notes" in done.stdout


def test_warnings_fail_only_if_asked(rows: list[Row], write_labels: WriteLabels) -> None:
    copy(rows, 1)
    report = lint([write_labels(rows)])
    assert not report.fails(Severity.ERROR)
    assert report.fails(Severity.WARNING)


def test_missing_file_is_one_line_and_exit_code_1(tmp_path: Path) -> None:
    done = run("none.jsonl", cwd=tmp_path)
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr == "framing: none.jsonl: no such file\n"


def test_github_annotations_are_escaped(
    rows: list[Row], write_labels: WriteLabels, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = broken(rows, write_labels)
    monkeypatch.chdir(tmp_path)
    lines = render_lint(lint([path]), "github").splitlines()
    assert len(lines) == 3
    assert lines[0].startswith("::error file=labels/mine.jsonl,line=4,title=too-long::")
    assert lines[1].startswith("::notice file=labels/mine.jsonl,line=6,title=unknown-field::")


def test_json_holds_what_the_text_holds(rows: list[Row], write_labels: WriteLabels) -> None:
    report = lint([broken(rows, write_labels)])
    data = json.loads(render_lint(report, "json"))
    assert data["counts"] == {"note": 1, "warning": 1, "error": 1}
    assert [(f["rule"], f["line"]) for f in data["findings"]] == [(f.rule, f.place.line) for f in report.findings]
    assert set(data["registers"]) == {"all", "wire", "review"}


def test_sarif_names_rules_levels_and_places(
    rows: list[Row], write_labels: WriteLabels, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = broken(rows, write_labels)
    monkeypatch.chdir(tmp_path)
    (log,) = json.loads(render_lint(lint([path]), "sarif"))["runs"]
    rules = [r["id"] for r in log["tool"]["driver"]["rules"]]
    for result in log["results"]:
        assert rules[result["ruleIndex"]] == result["ruleId"]
        assert result["level"] in ("note", "warning", "error")
        (location,) = result["locations"]
        assert location["physicalLocation"]["artifactLocation"]["uri"] == "labels/mine.jsonl"
        assert location["physicalLocation"]["region"]["startLine"] >= 1


@pytest.mark.parametrize("form", FORMATS)
def test_every_format_renders_labels_without_articles(form: str, rows: list[Row], write_labels: WriteLabels) -> None:
    set_all(rows, source="contrast")
    assert render_lint(lint([write_labels(rows)]), form) is not None
