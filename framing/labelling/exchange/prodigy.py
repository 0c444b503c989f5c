"""Exchange with Prodigy: tasks of its ``choice`` interface, with several choices, as ``db-in`` and ``db-out`` have them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from framing.errors import LabelError
from framing.labelling.exchange.common import CARRIER, Answer, Outgoing, carried, labels_of_names, names_of, own_row, read_items
from framing.labelling.files import dump_rows
from framing.records import FRAMES, VOICES

__all__ = ["dump", "load"]


def dump(rows: Sequence[Outgoing], topics: Sequence[str]) -> str:
    """Write rows as JSONL tasks; labels, or suggested ones, are chosen beforehand.

    A row with labels is an answered task; one without is a task to answer.
    """
    names = [*(f"frame:{f}" for f in FRAMES), *(f"topic:{t}" for t in topics), *(f"voice:{v}" for v in VOICES)]
    return dump_rows(_task(out, [{"id": name, "text": name} for name in names]) for out in rows)


def _task(out: Outgoing, options: list[dict[str, str]]) -> dict[str, Any]:
    labels = out.labels or out.suggested
    meta: dict[str, Any] = {"article": out.row["article"]}
    if out.prediction is not None:
        meta["score"] = round(out.confidence, 6)
    return {
        "text": out.row["text"],
        "options": options,
        "accept": names_of(labels) if labels else [],
        **({"answer": "accept"} if out.labels else {}),
        "config": {"choice_style": "multiple"},
        "meta": meta,
        CARRIER: carried(out.row),
    }


def load(path: Path) -> list[Answer]:
    """Read a ``db-out`` export; tasks that were rejected, ignored or not answered have no labels."""
    return [_answer(item, number, origin, path) for number, item, origin in read_items(path)]


def _answer(item: Mapping[str, Any], number: int, origin: str, path: Path) -> Answer:
    if "text" not in item:
        raise LabelError(f"{origin}: the field 'text' is missing")
    accepted = item.get("accept", [])
    if not isinstance(accepted, list):
        raise LabelError(f"{origin}: accept must be a list; label with the choice interface")
    carrier = item.get(CARRIER)
    row = own_row(carrier if isinstance(carrier, dict) else None, item["text"], {}, number, path)
    labels = labels_of_names(accepted, origin) if item.get("answer") == "accept" else None
    reader = item.get("_annotator_id") or item.get("_session_id") or ""
    return Answer(row, labels, str(reader), origin)
