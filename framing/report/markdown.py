"""Give scores as Markdown, for pull requests, wikis and job summaries."""

from __future__ import annotations

import re
from collections.abc import Iterable

from framing.records import ArticleScore, TopicShare
from framing.report.text import printable
from framing.report.wording import Wording, interval, percent, signed

__all__ = ["escape", "render"]

_SPECIAL = re.compile(r"[\\`*_{}\[\]()#+!|~<>&]")
_ENTITIES = {"<": "&lt;", ">": "&gt;", "&": "&amp;"}


def escape(text: str) -> str:
    """Escape what Markdown or HTML would read as mark-up."""
    return _SPECIAL.sub(lambda m: _ENTITIES.get(m[0], f"\\{m[0]}"), printable(text))


def render(scores: Iterable[ArticleScore], wording: Wording) -> str:
    """Render each article as a section with a table and its carrying sentences."""
    return "\n".join(_article(score, wording) for score in scores)


def _article(score: ArticleScore, w: Wording) -> str:
    lines = [
        f"## {escape(score.source)}",
        "",
        f"**{w['verdict']}** {escape(w.verdict(score))}",
        "",
        f"**{w['lean']}** {escape(w.lean(score))}",
        "",
    ]
    for name in score.warnings:
        lines += [f"> {escape(w[f'warning.{name}'].format(encoding=score.encoding))}", ""]
    head = ["", w["sentences"], w["praise"], w["skepticism"], w["neutral"], w["net"], w["author"], w["quoted"]]
    lines += ["| " + " | ".join(head) + " |", "| --- " + "| ---: " * (len(head) - 1) + "|"]
    lines += ["| " + " | ".join(_cells(row, w)) + " |" for row in score.topics]
    for row in score.topics:
        if not row.carriers:
            continue
        lines += ["", f"**{escape(w.topic(row.topic))}**", ""]
        for index in row.carriers:
            item = score.sentences[index]
            if item.prediction is None:
                continue
            words = w["list"].join(f"{c.text} {signed(c.weight)}" for c in item.prediction.evidence)
            lines.append(f"- {w[item.prediction.frame]}: {escape(item.sentence.text)}" + (f" ({escape(words)})" if words else ""))
    return "\n".join(lines) + "\n"


def _cells(row: TopicShare, w: Wording) -> list[str]:
    start = [escape(w.topic(row.topic)), str(row.sentences)]
    if row.praise is None or row.skepticism is None or row.neutral is None or row.net is None or row.author is None or row.quoted is None:
        return [*start, w["too_few"], "", "", "", "", ""]
    shares = [f"{percent(e.value)} [{interval(e, shares=True)}]" for e in (row.praise, row.skepticism, row.neutral)]
    voices = [f"{percent(v.share)} {signed(v.net)}" for v in (row.author, row.quoted)]
    return [*start, *shares, f"{signed(row.net.value)} [{interval(row.net)}]", *voices]
