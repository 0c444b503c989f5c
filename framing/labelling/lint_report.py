"""Render a lint report as text, JSON, GitHub annotations or SARIF."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any

from framing.labelling.lint import RULES, Finding, LintReport, Place, Severity
from framing.labelling.profile import CueProfile
from framing.records import FRAMES

__all__ = ["FORMATS", "render_lint"]

_RELATED = 3  # places named with a finding; a template may have hundreds


def render_lint(report: LintReport, form: str) -> str:
    """Render a report in one of ``FORMATS``; the text ends with a line feed unless it is empty."""
    return FORMATS[form](report)


def _path(path: Path) -> str:
    return (path.relative_to(Path.cwd()) if path.is_relative_to(Path.cwd()) else path).as_posix()


def _at(place: Place) -> str:
    return f"{_path(place.path)}:{place.line}"


# --- text ----------------------------------------------------------------------------------------


def _text(report: LintReport) -> str:
    lines = [_line(f) for f in report.findings]
    if lines:
        lines.append("")
    lines += _registers(report) + _profiles(report)
    counts = ", ".join(f"{report.count(s)} {s.label}s" for s in sorted(Severity, reverse=True))
    lines.append(f"{report.rows} rows in {report.files} files: {counts}")
    if report.test_sha256:
        lines.append(f"test split sha256 {report.test_sha256}")
    return "\n".join(lines) + "\n"


def _line(finding: Finding) -> str:
    related = [_at(p) for p in finding.related if _at(p) not in finding.message]
    more = f" (+{len(related) - _RELATED})" if len(related) > _RELATED else ""
    also = f"; also {', '.join(related[:_RELATED])}{more}" if related else ""
    return f"{_at(finding.place)}: {finding.severity.label}: {finding.message}{also} [{finding.rule}]"


def _registers(report: LintReport) -> list[str]:
    if not report.registers:
        return []
    shown = "，。、：？！“（—"
    head = f"{'register':16}{'sentences':>10}{'length':>8}{'sd':>6}{'p10':>5}{'p50':>5}{'p90':>5}{'max':>5}   marks per 100 characters: {' '.join(shown)}"
    lines = [head]
    for name, style in report.registers.items():
        size = style.lengths
        figures = f"{size.mean:8.1f}{size.deviation:6.1f}{size.p10:5.0f}{size.median:5.0f}{size.p90:5.0f}{size.longest:5d}"
        lines.append(f"{name or 'all':16}{style.sentences:10d}{figures}   {'  '.join(f'{style.marks[m]:.2f}' for m in shown)}")
    return [*lines, ""]


def _profiles(report: LintReport) -> list[str]:
    """Give the cue profile per file; figures beyond the tolerance carry an asterisk."""
    if not report.profiles:
        return []
    heads = "".join(f"{frame + ' + − none':>26}" for frame in FRAMES)
    lines = [f"{'cue profile':40}{heads}{'connect.':>10}{'length':>10}"]
    for name, profile in report.profiles.items():
        lines.append(f"{_path(Path(name)) if name else 'all':40}{_profile_cells(profile, report)}")
    expected = report.config.profile
    cells = "".join(f"{' '.join(str(expected.get(f'{f}.{p}', '')) for p in ('positive', 'negative', 'none')):>26}" for f in FRAMES)
    return [*lines, f"{'real articles':40}{cells}{expected.get('connectives', '')!s:>10}{expected.get('length', '')!s:>10}", ""]


def _profile_cells(profile: CueProfile, report: LintReport) -> str:
    figures = profile.figures()
    tolerance, expected = report.config.profile_tolerance, report.config.profile

    def cell(name: str, digits: int) -> str:
        if name not in figures:
            return "–"
        off = name in expected and abs(expected[name].ratio(figures[name])) > tolerance
        return f"{figures[name]:.{digits}f}{'*' if off else ''}"

    frames = "".join(f"{' '.join(cell(f'{f}.{p}', 2) for p in ('positive', 'negative', 'none')):>26}" for f in FRAMES)
    return f"{frames}{cell('connectives', 2):>10}{cell('length', 1):>10}"


# --- for programs --------------------------------------------------------------------------------


def _json(report: LintReport) -> str:
    data = {
        "rows": report.rows,
        "files": report.files,
        "counts": {s.label: report.count(s) for s in Severity},
        "findings": [
            {
                "rule": f.rule,
                "severity": f.severity.label,
                "file": _path(f.place.path),
                "line": f.place.line,
                "message": f.message,
                "related": [{"file": _path(p.path), "line": p.line} for p in f.related],
            }
            for f in report.findings
        ],
        "registers": {name or "all": asdict(style) for name, style in report.registers.items()},
        "profiles": {_path(Path(name)) if name else "all": profile.figures() for name, profile in report.profiles.items()},
        "expected_profile": {name: [r.low, r.high] for name, r in report.config.profile.items()},
        "test_sha256": report.test_sha256,
    }
    return json.dumps(data, ensure_ascii=False, indent=2) + "\n"


_GITHUB = {Severity.NOTE: "notice", Severity.WARNING: "warning", Severity.ERROR: "error"}


def _github(report: LintReport) -> str:
    """Give workflow commands, which GitHub shows beside the lines of a pull request."""
    lines = []
    for f in report.findings:
        properties = f"file={_property(_path(f.place.path))},line={f.place.line},title={_property(f.rule)}"
        lines.append(f"::{_GITHUB[f.severity]} {properties}::{_escaped(f.message)}\n")
    return "".join(lines)


def _escaped(text: str) -> str:
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    return _escaped(text).replace(":", "%3A").replace(",", "%2C")


def _sarif(report: LintReport) -> str:
    """Give a SARIF 2.1.0 log with one run."""
    names = list(RULES)
    rules = [
        {"id": name, "shortDescription": {"text": rule.asks}, "defaultConfiguration": {"level": rule.severity.label}}
        for name, rule in RULES.items()
    ]
    results = [
        {
            "ruleId": f.rule,
            "ruleIndex": names.index(f.rule),
            "level": f.severity.label,
            "message": {"text": f.message},
            "locations": [_location(f.place)],
            **({"relatedLocations": [_location(p) for p in f.related]} if f.related else {}),
        }
        for f in report.findings
    ]
    driver = {"name": "framing labels lint", "rules": rules}
    log = {
        "$schema": "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json",
        "version": "2.1.0",
        "runs": [{"tool": {"driver": driver}, "columnKind": "unicodeCodePoints", "results": results}],
    }
    return json.dumps(log, ensure_ascii=False, indent=2) + "\n"


def _location(place: Place) -> dict[str, Any]:
    uri = _path(place.path)
    uri = place.path.as_uri() if uri.startswith("/") else uri
    return {"physicalLocation": {"artifactLocation": {"uri": uri}, "region": {"startLine": place.line}}}


FORMATS: Mapping[str, Callable[[LintReport], str]] = {"text": _text, "json": _json, "github": _github, "sarif": _sarif}
"""The output formats by name."""
