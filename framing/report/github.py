"""Give a gate's findings to GitHub: annotations on the lines, and a job summary in Markdown."""

from __future__ import annotations

from framing.gate import GateReport, Outcome, Status
from framing.report.markdown import escape
from framing.report.text import printable

__all__ = ["annotation_lines", "summary"]

_COMMANDS = {Status.FAIL: "error", Status.WARN: "warning"}
_ROWS = 200


def annotation_lines(report: GateReport) -> str:
    """Render workflow commands, one line per finding; GitHub shows the first ten of each kind per step."""
    lines = [_annotation(o) for o in report.outcomes if o.status in _COMMANDS]
    lines += [f"::error title=framing::{_data(f'{f.title}: {f.reason}')}" for f in report.failures]
    return "".join(f"{line}\n" for line in lines)


def _annotation(outcome: Outcome) -> str:
    fields = {"title": outcome.rule.name, "file": outcome.source}
    text = outcome.message
    if outcome.places:
        place = outcome.places[0]
        text = f"{text}\n{place.text}"
        if place.line is not None:
            fields["line"], fields["endLine"] = str(place.line), str(place.end_line)
            # GitHub refuses columns where the end is on another line.
            if place.line == place.end_line:
                fields["col"], fields["endColumn"] = str(place.column), str(place.end_column)
    return f"::{_COMMANDS[outcome.status]} {','.join(f'{k}={_property(v)}' for k, v in fields.items())}::{_data(text)}"


def _data(text: str) -> str:
    lines = (printable(line).encode("utf-8", "replace").decode() for line in text.split("\n"))
    return "%0A".join(line.replace("%", "%25").replace("\r", "%0D") for line in lines)


def _property(text: str) -> str:
    return _data(text).replace(":", "%3A").replace(",", "%2C")


def summary(report: GateReport) -> str:
    """Render a job summary: the counts, then a table of what failed or warned."""
    lines = ["## framing gate", "", escape(report.summary), ""]
    shown = [o for o in report.outcomes if o.status in _COMMANDS]
    shown.sort(key=lambda o: o.status is not Status.FAIL)
    if shown:
        lines += ["| | article | rule | finding | sentence |", "| --- | --- | --- | --- | --- |"]
        lines += [_row(o) for o in shown[:_ROWS]]
    if len(shown) > _ROWS:
        lines += ["", f"{len(shown) - _ROWS:,} more are in the other reports."]
    if report.failures:
        lines += ["", "### Inputs that failed", ""]
        lines += [f"- {escape(f.title)}: {escape(f.reason)}" for f in report.failures[:_ROWS]]
    return "\n".join(lines) + "\n"


def _row(outcome: Outcome) -> str:
    first = outcome.places[0] if outcome.places else None
    where = f":{first.line}" if first is not None and first.line is not None else ""
    cells = [outcome.status.value, outcome.title + where, outcome.rule.name, outcome.message, first.text if first else ""]
    return "| " + " | ".join(escape(c.replace("\n", " ")) for c in cells) + " |"
