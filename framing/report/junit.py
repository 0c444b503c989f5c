"""Give a gate's findings as JUnit XML, which every CI server reads.

A rule is a test suite and an article a test case; an article without data or within noise is
skipped, a warning goes to ``system-out``, and inputs that failed are errors of a suite of their own.
The form is the one that the Jenkins xUnit plug-in's schema and pytest share.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from xml.etree import ElementTree

from framing.gate import Failure, GateReport, Outcome, Status

__all__ = ["render"]

# XML 1.0 has no way to write these, not even as an entity.
_FORBIDDEN = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_SKIPPED = (Status.UNSURE, Status.NO_DATA)


def render(report: GateReport) -> bytes:
    """Render a report as UTF-8 bytes with an XML declaration."""
    root = ElementTree.Element("testsuites", name="framing gate")
    suites = [_suite(root, rule.name, [o for o in report.outcomes if o.rule is rule]) for rule in report.rules]
    if report.failures:
        suites.append(_inputs(root, report.failures))
    for name in ("tests", "failures", "errors"):
        root.set(name, str(sum(int(s.get(name, "0")) for s in suites)))
    ElementTree.indent(root)
    data: bytes = ElementTree.tostring(root, encoding="utf-8", xml_declaration=True)
    return data + b"\n"


def _suite(root: ElementTree.Element, name: str, outcomes: Sequence[Outcome]) -> ElementTree.Element:
    failed = sum(o.status is Status.FAIL for o in outcomes)
    skipped = sum(o.status in _SKIPPED for o in outcomes)
    counts = {"tests": str(len(outcomes)), "failures": str(failed), "errors": "0", "skipped": str(skipped)}
    suite = ElementTree.SubElement(root, "testsuite", {"name": _xml(name), **counts})
    for outcome in outcomes:
        case = ElementTree.SubElement(suite, "testcase", name=_xml(outcome.title), classname=_xml(name))
        if outcome.status is Status.FAIL:
            failure = ElementTree.SubElement(case, "failure", type="rule", message=_xml(outcome.message))
            failure.text = _xml(_lines(outcome))
        elif outcome.status in _SKIPPED:
            ElementTree.SubElement(case, "skipped", type=outcome.status.value, message=_xml(outcome.message))
        elif outcome.status is Status.WARN:
            ElementTree.SubElement(case, "system-out").text = _xml(f"warning: {outcome.message}\n{_lines(outcome)}")
    return suite


def _inputs(root: ElementTree.Element, failures: Sequence[Failure]) -> ElementTree.Element:
    counts = {"tests": str(len(failures)), "failures": "0", "errors": str(len(failures)), "skipped": "0"}
    suite = ElementTree.SubElement(root, "testsuite", {"name": "inputs", **counts})
    for failure in failures:
        case = ElementTree.SubElement(suite, "testcase", name=_xml(failure.title), classname="inputs")
        ElementTree.SubElement(case, "error", type="input", message=_xml(failure.reason))
    return suite


def _lines(outcome: Outcome) -> str:
    return "\n".join(f"{outcome.source}:{p.line}:{p.column}: {p.text}" if p.line else p.text for p in outcome.places)


def _xml(text: str) -> str:
    return _FORBIDDEN.sub("\N{REPLACEMENT CHARACTER}", text)
