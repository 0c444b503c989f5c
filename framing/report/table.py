"""Give scores as CSV: one row per article and topic."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable

from framing.records import ArticleScore, Estimate

__all__ = ["COLUMNS", "render", "safe_cell"]

_SHARES = ("praise", "skepticism", "neutral", "net")
COLUMNS = (
    "source",
    "topic",
    "sentences",
    "expected_sentences",
    "attention",
    *(f"{name}{suffix}" for name in _SHARES for suffix in ("", "_low", "_high")),
    "author_share",
    "author_net",
    "quoted_share",
    "quoted_net",
    "verdict",
    "lean",
    "model",
)
"""The columns, in order; cells of a topic with too few sentences are empty."""


def safe_cell(text: str) -> str:
    """Keep a cell on its line, and a spreadsheet from running it as a formula: an apostrophe stands before = + - @."""
    line = "".join(c if c.isprintable() else " " for c in text)
    return "'" + line if line.lstrip()[:1] in ("=", "+", "-", "@") else line


def render(scores: Iterable[ArticleScore]) -> str:
    """Render the rows with a header line; numbers have four decimals."""
    buffer = io.StringIO()
    writer = csv.writer(buffer, lineterminator="\n")
    writer.writerow(COLUMNS)
    for score in scores:
        for row in score.topics:
            estimates: list[Estimate | None] = [row.praise, row.skepticism, row.neutral, row.net]
            cells: list[str] = []
            for e in estimates:
                cells += ["", "", ""] if e is None else [f"{e.value:.4f}", f"{e.low:.4f}", f"{e.high:.4f}"]
            voices: list[str] = []
            for v in (row.author, row.quoted):
                voices += ["", ""] if v is None else [f"{v.share:.4f}", f"{v.net:.4f}"]
            writer.writerow(
                [
                    safe_cell(score.source),
                    safe_cell(row.topic),
                    row.sentences,
                    f"{row.weight:.2f}",
                    f"{row.attention:.4f}",
                    *cells,
                    *voices,
                    score.verdict,
                    score.lean,
                    safe_cell(score.model),
                ]
            )
    return buffer.getvalue()
