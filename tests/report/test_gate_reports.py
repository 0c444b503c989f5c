"""A gate's reports are valid, and real consumers read them."""

from __future__ import annotations

import json
from pathlib import Path

import jsonschema
import pytest
import xmlschema
from junitparser import Error, Failure, JUnitXml, Skipped
from sarif import loader

from framing.batch import Entry
from framing.batch.scoring import article_data, entry_of
from framing.gate import GateReport, Outcome, Place, Rule, Status, check, load_policy
from framing.records import ArticleScore
from framing.report import gate, github, junit, sarif

SCHEMAS = Path(__file__).parent / "schemas"
POLICY = """
[[rule]]
name = "<technology> & \\u0001 \\"quotes\\", stays: fair"
require = "technology.net >= -0.1"

[[rule]]
require = "all.praise <= 0.1"
severity = "warn"

[[rule]]
require = "traffic.net >= -1 with 99% confidence"
"""


def placed(score: ArticleScore) -> Entry:
    """Give an entry with lines: every sentence on a line of its own."""
    data = article_data(score, "".join(s.sentence.text for s in score.sentences))
    return Entry(data.pop("source"), None, None, None, "", sentences=data.pop("sentences"), article=data)


@pytest.fixture
def report(tmp_path: Path, praising: ArticleScore, doubting: ArticleScore, hostile: ArticleScore) -> GateReport:
    (tmp_path / "framing.toml").write_text(POLICY, encoding="utf-8")
    failed = Entry("坏,文\n件%.txt", None, None, None, "", error={"error": "DecodeError", "reason": "binary data, not text"})
    row = Entry("t.csv", 3, None, None, "", article=entry_of(doubting).article, sentences=entry_of(doubting).sentences)
    return check(load_policy(tmp_path / "framing.toml"), [placed(praising), placed(doubting), placed(hostile), row, failed])


@pytest.fixture
def empty(tmp_path: Path) -> GateReport:
    (tmp_path / "framing.toml").write_text(POLICY, encoding="utf-8")
    return check(load_policy(tmp_path / "framing.toml"), [])


def test_junit_is_valid_and_read_by_junitparser(report: GateReport, empty: GateReport, tmp_path: Path) -> None:
    schema = xmlschema.XMLSchema(SCHEMAS / "junit-10.xsd")
    for found in (report, empty):
        (tmp_path / "junit.xml").write_bytes(junit.render(found))
        schema.validate(tmp_path / "junit.xml")
    (tmp_path / "junit.xml").write_bytes(junit.render(report))
    suites = list(JUnitXml.fromfile(str(tmp_path / "junit.xml")))
    assert len(suites) == 4
    cases = [(s, c) for s in suites for c in s]
    results = [type(r) for _, c in cases for r in c.result]
    assert results.count(Failure) == sum(o.status.value == "fail" for o in report.outcomes) == 2
    assert results.count(Error) == 1
    assert results.count(Skipped) >= 1
    assert sum(s.failures for s in suites) == 2
    assert sum(s.errors for s in suites) == 1
    assert any(c.system_out and c.system_out.startswith("warning:") for _, c in cases)


def test_sarif_is_valid_and_read_by_sarif_tools(report: GateReport, empty: GateReport, tmp_path: Path) -> None:
    schema = json.loads((SCHEMAS / "sarif-2.1.0.json").read_text(encoding="utf-8"))
    validator = jsonschema.Draft4Validator(schema, format_checker=jsonschema.FormatChecker())
    for found in (report, empty):
        validator.validate(json.loads(sarif.render(found)))
    (tmp_path / "out.sarif").write_text(sarif.render(report), encoding="utf-8")
    read = loader.load_sarif_file(str(tmp_path / "out.sarif"))
    assert read.get_distinct_tool_names() == ["framing"]
    assert len(read.get_report().get_issues_for_severity("error")) == 2


def test_sarif_points_at_the_sentence(report: GateReport, doubting: ArticleScore) -> None:
    results = json.loads(sarif.render(report))["runs"][0]["results"]
    (result,) = [r for r in results if r["level"] == "error" and "region" in r["locations"][0]["physicalLocation"]]
    physical = result["locations"][0]["physicalLocation"]
    text = "".join(s.sentence.text for s in doubting.sentences)
    region = physical["region"]
    assert physical["artifactLocation"]["uri"] == "doubting.txt"
    assert text[region["startColumn"] - 1 : region["endColumn"] - 1] == region["snippet"]["text"]
    (row,) = [r for r in results if "logicalLocations" in r["locations"][0] and r["level"] == "error"]
    assert row["locations"][0]["logicalLocations"][0]["fullyQualifiedName"] == "t.csv:3"


def test_annotations_stay_on_their_lines(report: GateReport) -> None:
    lines = github.annotation_lines(report).splitlines()
    assert all(line.startswith(("::error ", "::warning ")) for line in lines)
    assert len(lines) == 1 + sum(o.status.value in ("fail", "warn") for o in report.outcomes)
    fair = next(line for line in lines if "file=doubting.txt" in line)
    assert ",line=1,endLine=1,col=" in fair
    assert "坏,文%0A件%25.txt" in lines[-1]


def test_summary_is_inert_markdown(report: GateReport) -> None:
    text = github.summary(report)
    rows = [line for line in text.splitlines() if line.startswith("| ") and not line.startswith(("| |", "| ---"))]
    assert len(rows) == sum(o.status.value in ("fail", "warn") for o in report.outcomes)
    assert "<script" not in text
    assert "gate failed" in text


def test_text_lists_findings_and_counts(report: GateReport, empty: GateReport) -> None:
    text = gate.render(report)
    assert text.count("FAIL ") == 2
    assert "INPUT" in text
    assert "\x1b" not in text
    assert text.splitlines()[-1] == report.summary
    assert gate.render(empty).startswith("gate passed: 0 articles, 3 rules")


FAIR = Rule("fair", "all.net >= 0", "all.net", ">=", 0.0)


def outcome(source: str = "a.txt", *places: Place) -> Outcome:
    return Outcome(FAIR, source, None, Status.FAIL, "net is -0.5", places)


def failing(*outcomes: Outcome) -> GateReport:
    return GateReport((FAIR,), len(outcomes), outcomes, ())


def test_annotations_without_a_place_and_over_several_lines() -> None:
    bare, wide = github.annotation_lines(failing(outcome(), outcome("a.txt", Place("好。", 2, 5, 3, 1)))).splitlines()
    assert bare == "::error title=fair,file=a.txt::net is -0.5"
    assert wide == "::error title=fair,file=a.txt,line=2,endLine=3::net is -0.5%0A好。"


def test_a_long_summary_says_how_many_more_there_are() -> None:
    text = github.summary(failing(*[outcome()] * 1250))
    assert text.count("| a.txt |") == 200
    assert "1,050 more are in the other reports." in text


def test_sarif_keeps_urls_and_has_related_places_only_if_there_are_several() -> None:
    places = (Place("甲。", 1, 1, 1, 3), Place("乙。", 2, 1, 2, 3))
    found = failing(outcome("https://example.org/a.txt", places[0]), outcome("a.txt", *places))
    single, several = json.loads(sarif.render(found))["runs"][0]["results"]
    assert single["locations"][0]["physicalLocation"]["artifactLocation"]["uri"] == "https://example.org/a.txt"
    assert "relatedLocations" not in single
    (related,) = several["relatedLocations"]
    assert related["physicalLocation"]["region"]["startLine"] == 2
