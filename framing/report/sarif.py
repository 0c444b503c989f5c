"""Give a gate's findings as SARIF 2.1.0, pointing at the sentences.

Each broken rule of an article is one result; its location is the sentence that carries it most, the
others are related locations. Columns count characters (``columnKind``), ends are exclusive.
"""

from __future__ import annotations

import hashlib
import json
import re
from pathlib import PurePath
from typing import Any
from urllib.parse import quote

import framing
from framing.gate import GateReport, Outcome, Place, Rule, Status

__all__ = ["SCHEMA", "render"]

SCHEMA = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"

_LEVELS = {Status.FAIL: "error", Status.WARN: "warning"}


def render(report: GateReport) -> str:
    """Render a report as indented JSON."""
    rules = {rule.name: index for index, rule in enumerate(report.rules)}
    results = [_result(o, rules[o.rule.name]) for o in report.outcomes if o.status in _LEVELS]
    notes = [
        {"level": "error", "message": {"text": f"{_utf8(f.title)}: {_utf8(f.reason)}"}, "descriptor": {"id": "input"}}
        for f in report.failures
    ]
    run: dict[str, Any] = {
        "tool": {
            "driver": {
                "name": "framing",
                "semanticVersion": framing.__version__,
                "rules": [_rule(r) for r in report.rules],
                "notifications": [{"id": "input", "shortDescription": {"text": "An input could not be scored."}}],
            }
        },
        "columnKind": "unicodeCodePoints",
        "invocations": [{"executionSuccessful": not report.failures, "exitCode": report.exit_code, "toolExecutionNotifications": notes}],
        "results": results,
    }
    return json.dumps({"$schema": SCHEMA, "version": "2.1.0", "runs": [run]}, ensure_ascii=False, indent=2) + "\n"


def _rule(rule: Rule) -> dict[str, Any]:
    return {
        "id": _id(rule),
        "name": rule.name,
        "shortDescription": {"text": rule.name},
        "fullDescription": {"text": rule.require},
        "defaultConfiguration": {"level": "error" if rule.severity == "fail" else "warning"},
    }


def _id(rule: Rule) -> str:
    return "framing/" + re.sub(r"[^0-9A-Za-z._-]+", "-", rule.name.replace(">=", "at-least").replace("<=", "at-most")).strip("-")


def _result(outcome: Outcome, index: int) -> dict[str, Any]:
    first = outcome.places[0] if outcome.places else Place("")
    print_of = f"{outcome.rule.require}\0{outcome.title}\0{first.text}".encode("utf-8", "replace")
    result: dict[str, Any] = {
        "ruleId": _id(outcome.rule),
        "ruleIndex": index,
        "level": _LEVELS[outcome.status],
        "message": {"text": f"{outcome.rule.name}: {outcome.message}"},
        "locations": [_location(outcome, first)],
        "partialFingerprints": {"framing/v1": hashlib.sha256(print_of).hexdigest()},
    }
    if len(outcome.places) > 1:
        result["relatedLocations"] = [
            {"id": number, **_location(outcome, place), "message": {"text": _utf8(place.text)}}
            for number, place in enumerate(outcome.places[1:], 1)
        ]
    return result


def _location(outcome: Outcome, place: Place) -> dict[str, Any]:
    physical: dict[str, Any] = {"artifactLocation": {"uri": _uri(outcome.source)}}
    if place.line is not None:
        physical["region"] = {
            "startLine": place.line,
            "startColumn": place.column,
            "endLine": place.end_line,
            "endColumn": place.end_column,
            "snippet": {"text": _utf8(place.text)},
        }
    location: dict[str, Any] = {"physicalLocation": physical}
    if outcome.row is not None:
        location["logicalLocations"] = [{"name": str(outcome.row), "fullyQualifiedName": _utf8(outcome.title), "kind": "member"}]
    return location


def _uri(source: str) -> str:
    if "://" in source:
        return source
    path = PurePath(source)
    if path.is_absolute():
        return path.as_uri()
    return quote(path.as_posix().encode("utf-8", "surrogateescape"))


def _utf8(text: str) -> str:
    return text.encode("utf-8", "replace").decode()
