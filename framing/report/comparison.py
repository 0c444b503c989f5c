"""Give a comparison as text for a terminal and as JSON."""

from __future__ import annotations

import json
from typing import Any

from wcwidth import wcswidth

from framing.compare import Comparison, Difference, EventPair, Group, PairComparison, SentenceRef
from framing.records import Estimate
from framing.report.text import Style, pad, printable
from framing.report.wording import Wording, interval, p_value, precise, signed

__all__ = ["SCHEMA_VERSION", "comparison_data", "render_json", "render_text"]

SCHEMA_VERSION = 1
"""Raised by one whenever a field changes its meaning or goes away; new fields do not raise it."""

_AXIS = 41


def render_json(comparison: Comparison) -> str:
    """Render a comparison as JSON, indented for reading; numbers have four decimals."""
    return json.dumps(comparison_data(comparison), ensure_ascii=False, indent=2) + "\n"


def comparison_data(comparison: Comparison) -> dict[str, Any]:
    """Return a comparison as JSON-ready data."""
    return {
        "schema_version": SCHEMA_VERSION,
        "groups": [_group(g) for g in comparison.groups],
        "pairs": [_pair(p) for p in comparison.pairs],
        "model": {"name": comparison.groups[0].articles[0].model, "hash": comparison.groups[0].articles[0].model_hash},
    }


def _number(value: float) -> float:
    return round(value, 4) + 0.0


def _estimate(value: Estimate | None) -> dict[str, float] | None:
    return None if value is None else {"value": _number(value.value), "low": _number(value.low), "high": _number(value.high)}


def _group(group: Group) -> dict[str, Any]:
    topics = [
        {
            "topic": t.topic,
            "expected_sentences": _number(t.weight),
            "sufficient": t.sufficient,
            **{q: _estimate(t.estimate(q)) for q in ("attention", "praise", "skepticism", "neutral", "net")},
        }
        for t in group.totals
    ]
    return {"name": group.name, "articles": [a.source for a in group.articles], "topics": topics}


def _pair(pair: PairComparison) -> dict[str, Any]:
    return {
        "left": pair.left,
        "right": pair.right,
        "differences": [_difference(d) for d in pair.differences],
        "evidence": [
            {"text": e.text, "left": _number(e.left), "right": _number(e.right), "difference": _number(e.difference)} for e in pair.evidence
        ],
        "stance_log_odds": {"left": _number(pair.stance[0]), "right": _number(pair.stance[1]), "rest": _number(pair.rest)},
        "vocabulary": [{"text": s.text, "left": s.left, "right": s.right, "z": _number(s.z)} for s in pair.words],
        "sentences": [{**_ref(p.sentence), "push": _number(p.push)} for p in pair.pushes],
        "events": [{"left": _ref(e.left), "right": _ref(e.right), "similarity": _number(e.similarity)} for e in pair.events],
    }


def _difference(d: Difference) -> dict[str, Any]:
    value = _estimate(d.value)
    return {"topic": d.topic, "quantity": d.quantity, "difference": value, "p": d.p, "p_adjusted": d.adjusted, "clear": d.clear}


def _ref(ref: SentenceRef) -> dict[str, Any]:
    return {"group": ref.group, "source": ref.source, "sentence": ref.index, "text": ref.text, "frame": ref.frame}


def render_text(comparison: Comparison, wording: Wording, style: Style) -> str:
    """Render a comparison for a terminal, or plainly for a pipe."""
    return _Printer(comparison, wording, style).page()


class _Printer:
    def __init__(self, comparison: Comparison, wording: Wording, style: Style) -> None:
        self.comparison, self.wording, self.style = comparison, wording, style

    def paint(self, text: str, *names: str) -> str:
        return self.style.paint(text, *names)

    def page(self) -> str:
        lines = [self.paint(self.wording["compare.chart"], "bold"), *self.chart()]
        for pair in self.comparison.pairs:
            lines += ["", *self.pair(pair)]
        return "\n".join(line.rstrip() for line in lines) + "\n"

    def chart(self) -> list[str]:
        w = self.wording
        groups = self.comparison.groups
        letters = [chr(ord("A") + i % 26) for i in range(len(groups))]
        names = [f"{letter} {printable(g.name)}" for letter, g in zip(letters, groups, strict=True)]
        names = [
            f"{n} ({w['compare.articles'].format(n=len(g.articles))})" if len(g.articles) > 1 else n
            for n, g in zip(names, groups, strict=True)
        ]
        width = max(wcswidth(w.topic(t.topic)) for t in groups[0].totals)
        lines = [*names, "", " " * width + "  −1" + "0".center(_AXIS - 4) + "+1"]
        for row in groups[0].totals:
            for letter, group in zip(letters, groups, strict=True):
                net = group.total(row.topic).net
                label = pad(w.topic(row.topic) if letter == "A" else "", width)
                value = f"{signed(net.value)} [{interval(net)}]" if net else w["too_few"]
                lines.append(f"{label}  {self.axis(letter, net)}  {value}")
        return lines

    def axis(self, letter: str, net: Estimate | None) -> str:
        cells = [" "] * _AXIS
        cells[_AXIS // 2] = "┊"
        if net is None:
            return "".join(cells)
        low, at, high = (round((v + 1) / 2 * (_AXIS - 1)) for v in (net.low, net.value, net.high))
        cells[low : high + 1] = "─" * (high + 1 - low)
        name = "praise" if net.value >= 0 else "skepticism"
        return "".join(cells[:at]) + self.paint(letter, "bold", name) + "".join(cells[at + 1 :])

    def pair(self, pair: PairComparison) -> list[str]:
        w = self.wording
        left, right = printable(pair.left), printable(pair.right)
        lines = [self.paint(w["compare.pair"].format(left=left, right=right), "bold")]
        lines += [f"  {printable(line)}" for line in w.compare_lines(pair)]
        lines += ["", self.paint(w["compare.differences"], "bold"), *(self.difference(d) for d in pair.differences)]
        lines += ["", self.paint(w["compare.evidence"], "bold")]
        rows: list[tuple[str, float | None, float | None, float]] = [
            (printable(e.text), e.left, e.right, e.difference) for e in pair.evidence
        ]
        rows += [(w["compare.rest"], None, None, pair.rest), (w["compare.stance"], *pair.stance, pair.stance[1] - pair.stance[0])]
        width = max(wcswidth(r[0]) for r in rows)
        for text, a, b, c in rows:
            lines.append(
                "  " + pad(text, width) + "".join(" " * 9 if v is None else f"  {pad(precise(v), 7, right=True)}" for v in (a, b, c))
            )
        for title, chosen in ((left, [s for s in pair.words if s.z < 0]), (right, [s for s in pair.words if s.z > 0])):
            words = "  ".join(f"{printable(s.text)} {s.left}:{s.right}" for s in chosen)
            lines += ["", self.paint(f"{w['compare.words']} · {title}", "bold"), f"  {words}"]
        lines += ["", self.paint(w["compare.sentences"], "bold")]
        lines += [f"  {printable(p.sentence.group)}  {precise(p.push)}  " + self.sentence(p.sentence) for p in pair.pushes]
        lines += ["", self.paint(w["compare.events"], "bold")]
        lines += [line for event in pair.events for line in self.event(event)] or [f"  {w['compare.no_events']}"]
        return lines

    def difference(self, d: Difference) -> str:
        w = self.wording
        shown = f"{signed(d.value.value)} [{interval(d.value)}]"
        verdict = self.paint(w["compare.clear"], "bold") if d.clear else self.paint(w["compare.noise"], "dim")
        return f"  {pad(w.topic(d.topic), 14)}  {pad(w[d.quantity], 12)}  {pad(shown, 24)}  p {p_value(d.adjusted)}  {verdict}"

    def sentence(self, ref: SentenceRef) -> str:
        return self.paint(f"{self.wording[ref.frame]}", ref.frame) + f"  {printable(ref.text)}"

    def event(self, event: EventPair) -> list[str]:
        head = self.paint(f"  {self.wording['compare.similarity']} {event.similarity:.2f}", "dim")
        return [head, *(f"    {printable(ref.group)}  {self.sentence(ref)}" for ref in (event.left, event.right))]
