"""Exchange with anything that reads JSON Lines: the rows as they are."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from framing.labelling.exchange.common import Answer, Outgoing
from framing.labelling.files import LABEL_FIELDS, dump_rows, read_rows

__all__ = ["dump", "load"]


def dump(rows: Sequence[Outgoing], topics: Sequence[str]) -> str:  # noqa: ARG001 - all formats are called alike
    """Write rows as they are; a sentence without labels carries the suggested ones in ``suggestion``."""
    return dump_rows(
        {**out.row, "suggestion": {**out.suggested, "model": out.model, "score": round(out.confidence, 6)}}
        if out.suggested is not None
        else out.row
        for out in rows
    )


def load(path: Path) -> list[Answer]:
    """Read label rows and task rows; suggestions are dropped."""
    answers = []
    for row in read_rows(path, tasks=True):
        data = {k: v for k, v in row.data.items() if k not in (*LABEL_FIELDS, "suggestion")}
        labels = {name: row.data[name] for name in LABEL_FIELDS} if row.labelled else None
        answers.append(Answer(data, labels, "", row.origin))
    return answers
