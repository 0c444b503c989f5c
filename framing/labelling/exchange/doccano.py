"""Exchange with doccano: text classification projects, JSONL or JSON.

doccano knows one list of labels per text, so frame, topics and voice share it: ``frame:praise``,
``topic:technology``, ``voice:quoted``. It keeps further fields as metadata and writes them out again;
through its data frames whole numbers may come back as decimals, so the row travels as one string.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from framing.errors import LabelError
from framing.labelling.exchange.common import CARRIER, Answer, Outgoing, carried, labels_of_names, names_of, own_row, read_items
from framing.labelling.files import dump_rows

__all__ = ["dump", "load"]


def dump(rows: Sequence[Outgoing], topics: Sequence[str]) -> str:  # noqa: ARG001 - all formats are called alike
    """Write rows as JSONL; a sentence without labels gets the suggested ones, if there are any."""
    return dump_rows(
        {
            "text": out.row["text"],
            "label": names_of(labels) if (labels := out.labels or out.suggested) else [],
            CARRIER: json.dumps(carried(out.row), ensure_ascii=False),
        }
        for out in rows
    )


def load(path: Path) -> list[Answer]:
    """Read a JSONL or JSON export; comments become the row's note."""
    return [_answer(item, number, origin, path) for number, item, origin in read_items(path)]


def _answer(item: Mapping[str, Any], number: int, origin: str, path: Path) -> Answer:
    for name in ("text", "label"):
        if name not in item:
            raise LabelError(f"{origin}: the field {name!r} is missing; export a text classification project as JSONL")
    if not isinstance(item["label"], list):
        raise LabelError(f"{origin}: label must be a list of names")
    row = own_row(_carrier(item, origin), item["text"], item, number, path)
    comments = item.get("Comments") or []
    if comments:
        row["note"] = "\n".join(map(str, comments))
    return Answer(row, labels_of_names(item["label"], origin), "", origin)


def _carrier(item: Mapping[str, Any], origin: str) -> dict[str, Any] | None:
    if not isinstance(item.get(CARRIER), str):
        return None
    try:
        carrier = json.loads(item[CARRIER])
    except (ValueError, RecursionError):
        carrier = None
    if not isinstance(carrier, dict):
        raise LabelError(f"{origin}: the field {CARRIER!r} is damaged; leave it as it was exported")
    return carrier
