"""Give a gate's findings as text for a terminal."""

from __future__ import annotations

from framing.gate import GateReport, Outcome, Status
from framing.report.text import printable

__all__ = ["render"]

_SHOWN = (Status.FAIL, Status.WARN)
_PLACES = 3


def render(report: GateReport, *, verbose: bool = False) -> str:
    """Render what failed or warned, then a line of counts; with ``verbose`` also all the rest."""
    lines: list[str] = []
    for status in Status if verbose else _SHOWN:
        for outcome in report.outcomes:
            if outcome.status is status:
                lines += _outcome(outcome)
    lines += [f"INPUT   {printable(f.title)}: {printable(f.reason)}" for f in report.failures]
    return "\n".join([*lines, report.summary]) + "\n"


def _outcome(outcome: Outcome) -> list[str]:
    lines = [f"{outcome.status.value.upper():<7} {printable(outcome.title)}: {outcome.rule.name}", f"        {outcome.message}"]
    for place in outcome.places[:_PLACES]:
        where = "" if place.line is None else f"{place.line}:{place.column}  "
        lines.append(f"        {where}{printable(place.text)}")
    return lines
