"""Turn scores into text, JSON, CSV, Markdown and HTML; one file per format, all from the same records."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from framing.records import ArticleScore
from framing.report import data, markdown, table, text
from framing.report.wording import Wording

__all__ = ["FORMATS", "render"]

Renderer = Callable[[Iterable[ArticleScore], Wording], str]


def _html(scores: Iterable[ArticleScore], wording: Wording) -> str:
    # Templates cost more to import than all other formats together.
    from framing.report import html

    return html.render(scores, wording)


FORMATS: dict[str, Renderer] = {
    "json": lambda scores, _: data.render_json(scores),
    "jsonl": lambda scores, _: data.render_jsonl(scores),
    "csv": lambda scores, _: table.render(scores),
    "markdown": markdown.render,
    "html": _html,
}
"""The formats that are the same wherever they go; ``text`` also depends on the terminal."""


def render(scores: Iterable[ArticleScore], form: str, wording: Wording, style: text.Style | None = None) -> str:
    """Render scores as ``text`` (with ``style``), ``json``, ``jsonl``, ``csv``, ``markdown`` or ``html``.

    Raises:
        KeyError: there is no such format.
    """
    if form == "text":
        return text.render(scores, wording, style or text.Style())
    return FORMATS[form](scores, wording)
