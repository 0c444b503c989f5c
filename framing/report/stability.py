"""Give what a check found about an article's stability as text for a terminal, JSON and Markdown."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from typing import Any

from wcwidth import wcswidth

from framing.report.markdown import escape
from framing.report.text import Style, pad, printable, shorten
from framing.report.wording import Wording, signed
from framing.stability import REWRITING, Change, Flip, Limits, Omission, Stability

__all__ = ["SCHEMA_VERSION", "render_json", "render_markdown", "render_text"]

SCHEMA_VERSION = 1
"""Raised by one whenever a field changes its meaning or goes away; new fields do not raise it."""

_DIGITS = 4
_TEXT_COLUMNS = 44


def render_json(findings: Iterable[Stability], limits: Limits) -> str:
    """Render all articles as one JSON array, indented for reading."""
    return json.dumps([_article(f, limits) for f in findings], ensure_ascii=False, indent=2) + "\n"


def _article(f: Stability, limits: Limits) -> dict[str, Any]:
    return {
        "schema_version": SCHEMA_VERSION,
        "source": f.score.source,
        "model": {"name": f.score.model, "hash": f.score.model_hash},
        "verdict": f.score.verdict,
        "net": {row.topic: None if row.net is None else _number(row.net.value) for row in f.score.topics},
        "stable": not f.beyond(limits),
        "beyond": list(f.beyond(limits)),
        "limits": {"flips": limits.flips, "net": limits.net, "influence": limits.influence},
        "flip_share": _number(f.flip_share),
        "net_change": _number(f.net_change),
        "influence": _number(f.influence),
        "variants": [_change(f, c) for c in f.changes],
        "omissions": [_omission(f, o) for o in f.omissions],
    }


def _change(f: Stability, c: Change) -> dict[str, Any]:
    counts = {"edits": c.edits, "compared": c.compared, "recut": c.recut}
    return {"group": c.group, "name": c.name, **counts, "flips": _flips(f, c.flips), "net_change": _moves(c.net), "verdict": c.verdict}


def _omission(f: Stability, o: Omission) -> dict[str, Any]:
    return {**_place(f, o.sentence), "flips": _flips(f, o.flips), "net_change": _moves(o.net), "verdict": o.verdict}


def _flips(f: Stability, flips: Sequence[Flip]) -> list[dict[str, Any]]:
    return [{**_place(f, flip.sentence), "before": flip.before, "after": flip.after} for flip in flips]


def _place(f: Stability, index: int) -> dict[str, Any]:
    s = f.score.sentences[index].sentence
    return {"sentence": index, "start": s.start, "end": s.end, "text": s.text}


def _moves(net: dict[str, float | None]) -> dict[str, float | None]:
    return {topic: None if value is None else _number(value) for topic, value in net.items()}


def _number(value: float) -> float:
    return round(value, _DIGITS) + 0.0


class _Page:
    """Hold the wording of one article's findings, the same for text and Markdown."""

    def __init__(self, found: Stability, limits: Limits, wording: Wording) -> None:
        self.found, self.limits, self.wording = found, limits, wording

    @property
    def counts(self) -> str:
        score = self.found.score
        counted = self.found.changes[0].compared if self.found.changes else 0
        variants = sum(c.edits > 0 for c in self.found.changes)
        return self.wording["check.counts"].format(counted=counted, variants=variants, model=f"{score.model} {score.model_hash[:8]}")

    @property
    def beyond(self) -> tuple[str, ...]:
        return self.found.beyond(self.limits)

    @property
    def summary(self) -> list[str]:
        """Give the finding in a sentence, then each measure with its limit."""
        w, f = self.wording, self.found
        names = w["list"].join(w[f"check.beyond.{name}"] for name in self.beyond)
        flips = w["check.line_flips"].format(
            flips=f.flips(*REWRITING),
            compared=f.compared(*REWRITING),
            share=_per_mille(f.flip_share),
            limit=w["check.no_limit"] if self.limits.flips is None else _per_mille(self.limits.flips),
        )
        return [
            w["check.unstable"].format(limits=names) if names else w["check.stable"],
            flips,
            w["check.line_net"].format(value=f"{f.net_change:.3f}", limit=self.limit(self.limits.net)),
            w["check.line_influence"].format(value=f"{f.influence:.3f}", limit=self.limit(self.limits.influence)),
        ]

    def limit(self, value: float | None) -> str:
        return self.wording["check.no_limit"] if value is None else f"{value:g}"

    @property
    def topics(self) -> list[str]:
        names = [row.topic for row in self.found.score.topics]
        return [names[-1], *names[:-1]]

    def header(self) -> list[str]:
        w = self.wording
        return [w["check.edits"], w["check.flips"], w["check.recut"], *(w.topic(t) for t in self.topics), w["verdict"]]

    def cells(self, change: Change) -> list[str]:
        if not change.edits:
            return [self.wording["check.same"]]
        return [f"{change.edits:,}", str(len(change.flips)), str(change.recut), *self.moves(change.net), self.verdict(change.verdict)]

    def moves(self, net: dict[str, float | None]) -> list[str]:
        return ["–" if (value := net[t]) is None else signed(value) for t in self.topics]

    def verdict(self, name: str) -> str:
        """Name a verdict only where it differs from the article's."""
        return "" if name == self.found.score.verdict else self.wording[f"page.verdict.{name}"]

    def text(self, index: int) -> str:
        return self.found.score.sentences[index].sentence.text

    def frame(self, name: str | None) -> str:
        return self.wording["check.uncounted"] if name is None else self.wording[name]

    def flipped(self) -> list[tuple[Flip, str]]:
        return [(flip, self.wording[f"check.{c.name}"]) for c in self.found.changes for flip in c.flips]


def _per_mille(share: float) -> str:
    return f"{1000 * share:.1f}‰"


def render_text(findings: Iterable[Stability], limits: Limits, wording: Wording, style: Style) -> str:
    """Render the articles one after the other, for a terminal or plainly for a pipe."""
    return "\n".join("\n".join(line.rstrip() for line in _Printer(f, limits, wording, style).lines()) + "\n" for f in findings)


class _Printer(_Page):
    def __init__(self, found: Stability, limits: Limits, wording: Wording, style: Style) -> None:
        super().__init__(found, limits, wording)
        self.style = style

    def paint(self, text: str, *names: str) -> str:
        return self.style.paint(text, *names)

    def lines(self) -> list[str]:
        w = self.wording
        first, *rest = self.summary
        lines = [self.paint(printable(self.found.score.source), "bold"), self.paint(printable(self.counts), "dim"), ""]
        lines += [self.paint(first, "bold", "skepticism" if self.beyond else "praise"), *(f"  {line}" for line in rest), ""]
        lines += [*self.table(), "", self.paint(w["check.flipped"], "bold"), *self.flips(), ""]
        return [*lines, self.paint(w["check.omitted"], "bold"), *self.omissions()]

    def table(self) -> list[str]:
        w = self.wording
        names = [f"  {w[f'check.{c.name}']}" for c in self.found.changes]
        rows = [self.cells(c) for c in self.found.changes]
        header = self.header()
        first = max((wcswidth(n) for n in names), default=0)
        widths = [max(wcswidth(r[i]) for r in [header, *rows] if len(r) > 1) for i in range(len(header))]
        lines = [self.paint(pad("", first) + self.joined(header, widths), "dim")]
        group = ""
        for change, name, cells in zip(self.found.changes, names, rows, strict=True):
            if change.group != group:
                group = change.group
                lines.append(w[f"check.group.{group}"])
            if len(cells) == 1:
                lines.append(self.paint(f"{pad(name, first)}  {cells[0]}", "dim"))
                continue
            row = pad(name, first) + self.joined(cells, widths)
            lines.append(self.paint(row, "warn") if change.flips else row)
        return lines

    def joined(self, cells: Sequence[str], widths: Sequence[int]) -> str:
        return "".join(f"  {pad(c, width, right=i < len(cells) - 1)}" for i, (c, width) in enumerate(zip(cells, widths, strict=True)))

    def flips(self) -> list[str]:
        lines = []
        for flip, name in self.flipped():
            move = f"{self.paint(self.frame(flip.before), flip.before)} → {self.frame(flip.after)}"
            lines.append(f"  {flip.sentence + 1:>3}  {move}  {printable(self.text(flip.sentence))}  {self.paint(name, 'dim')}")
        return lines or [f"  {self.wording['check.none_flipped']}"]

    def omissions(self) -> list[str]:
        w = self.wording
        if not self.found.omissions:
            return [f"  {w['check.nothing_to_omit']}"]
        rows = [self.moves(o.net) for o in self.found.omissions]
        header = [w.topic(t) for t in self.topics]
        widths = [max(wcswidth(r[i]) for r in [header, *rows]) for i in range(len(header))]
        lines = [self.paint("     " + self.joined([*header, ""], [*widths, 0]), "dim")]
        for o, row in zip(self.found.omissions, rows, strict=True):
            text = shorten(printable(self.text(o.sentence)), _TEXT_COLUMNS)
            verdict = self.verdict(o.verdict)
            note = self.paint("  " + w["check.now_verdict"].format(verdict=verdict), "warn") if verdict else ""
            lines.append(f"  {o.sentence + 1:>3}" + self.joined([*row, text], [*widths, 0]) + note)
        return lines


def render_markdown(findings: Iterable[Stability], limits: Limits, wording: Wording) -> str:
    """Render each article as a section with its tables."""
    return "\n".join("\n".join(_markdown(_Page(f, limits, wording))) + "\n" for f in findings)


def _markdown(page: _Page) -> list[str]:
    w = page.wording
    first, *rest = page.summary
    lines = [f"## {escape(page.found.score.source)}", "", f"**{escape(first)}**", "", *(f"- {escape(line)}" for line in rest), ""]
    lines += _table(["", w["check.variant"], *page.header()], [_markdown_row(page, c) for c in page.found.changes])
    lines += ["", f"### {w['check.flipped']}", ""]
    flips = [
        f"- {flip.sentence + 1}: {page.frame(flip.before)} → {page.frame(flip.after)} ({escape(name)}): {escape(page.text(flip.sentence))}"
        for flip, name in page.flipped()
    ]
    lines += [*(flips or [w["check.none_flipped"]]), "", f"### {w['check.omitted']}", ""]
    if not page.found.omissions:
        return [*lines, w["check.nothing_to_omit"]]
    header = ["", *(w.topic(t) for t in page.topics), w["verdict"]]
    rows = [
        [f"{o.sentence + 1}: {escape(page.text(o.sentence))}", *page.moves(o.net), page.verdict(o.verdict)] for o in page.found.omissions
    ]
    return [*lines, *_table(header, rows)]


def _markdown_row(page: _Page, change: Change) -> list[str]:
    cells = page.cells(change)
    return [
        page.wording[f"check.group.{change.group}"],
        page.wording[f"check.{change.name}"],
        *cells,
        *[""] * (len(page.header()) - len(cells)),
    ]


def _table(header: Sequence[str], rows: Iterable[Sequence[str]]) -> list[str]:
    return [f"| {' | '.join(cells)} |" for cells in [header, ["---"] * len(header), *rows]]
