"""Exchange with spreadsheets: CSV in UTF-8 with a byte order mark, one row per sentence.

Topics and tags share a cell, separated by semicolons. A value that its cell would not give back exactly,
and every field without a column, stands as JSON in the column ``extra``.
"""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from framing.errors import LabelError
from framing.labelling.exchange.common import Answer, Outgoing
from framing.labelling.files import LABEL_FIELDS, decode_utf8, read_bounded

__all__ = ["COLUMNS", "dump", "load"]

COLUMNS = (
    *("id", "article", "text", "frame", "topics", "voice", "register", "industry", "script", "style", "title", "paragraph"),
    *("tags", "source", "split", "weight", "note", "extra"),
)
_SUGGESTED = ("suggested_frame", "suggested_topics", "suggested_voice", "suggested_score")
_LISTS = frozenset({"topics", "tags"})
_MARK = "\ufeff"


def dump(rows: Sequence[Outgoing], topics: Sequence[str]) -> str:  # noqa: ARG001 - all formats are called alike
    """Write rows as CSV, with columns for suggestions where a model was asked."""
    columns = [*COLUMNS, *(_SUGGESTED if any(r.prediction for r in rows) else ())]
    buffer = io.StringIO()
    writer = csv.DictWriter(buffer, columns, lineterminator="\r\n")
    writer.writeheader()
    for out in rows:
        writer.writerow({**_cells(out.row), **_suggestion(out)})
    return _MARK + buffer.getvalue()


def _cells(row: Mapping[str, Any]) -> dict[str, str]:
    cells = {name: _cell(row[name]) for name in COLUMNS if name in row and name != "extra"}
    extra = {k: v for k, v in row.items() if k not in cells or not _exact(k, cells[k], v)}
    for name in extra:
        cells.pop(name, None)
    return {**cells, "extra": json.dumps(extra, ensure_ascii=False) if extra else ""}


def _cell(value: Any) -> str:
    if isinstance(value, list):
        return ";".join(map(str, value))
    return str(value)


def _exact(name: str, cell: str, value: Any) -> bool:
    """Tell whether reading the cell gives the value back, with its type; no topics are an empty cell."""
    if name == "topics" and value == []:
        return True
    try:
        back = _value(name, cell)
    except ValueError:
        return False
    return cell != "" and type(back) is type(value) and back == value and not {"\r", "\0"} & set(cell)


def _value(name: str, cell: str) -> Any:
    if name in _LISTS:
        return [part.strip() for part in cell.split(";") if part.strip()]
    if name == "paragraph":
        return int(cell)
    return float(cell) if name == "weight" else cell


def _suggestion(out: Outgoing) -> dict[str, str]:
    labels = out.suggested
    if labels is None:
        return {}
    values = (labels["frame"], ";".join(labels["topics"]), labels["voice"], f"{out.confidence:.6f}")
    return dict(zip(_SUGGESTED, values, strict=True))


def load(path: Path) -> list[Answer]:
    """Read CSV with a header; only ``id``, ``article`` and ``text`` are needed, suggestions are dropped."""
    text = decode_utf8(read_bounded(path), path)
    reader = csv.DictReader(io.StringIO(text, newline=""), restkey="", strict=True)
    answers: list[Answer] = []
    begin = 1
    try:
        missing = [name for name in ("id", "article", "text") if name not in (reader.fieldnames or ())]
        if missing:
            raise LabelError(f"{path}:1: the column {missing[0]!r} is missing")
        begin = reader.line_num + 1
        for cells in reader:
            answers.append(_answer(cells, f"{path}:{begin}"))
            begin = reader.line_num + 1
    except csv.Error as error:
        raise LabelError(f"{path}:{begin}: not CSV ({error})") from None
    return answers


def _answer(cells: Mapping[str, Any], origin: str) -> Answer:
    if "" in cells or None in cells.values():
        raise LabelError(f"{origin}: another number of cells than the header has columns")
    row: dict[str, Any] = {}
    for name in COLUMNS[:-1]:
        cell = cells.get(name, "")
        if cell != "":
            try:
                row[name] = _value(name, cell)
            except ValueError:
                raise LabelError(f"{origin}: the {name} {cell!r} is no number") from None
    row |= _extra(cells.get("extra", ""), origin)
    if "frame" not in row:
        return Answer({k: v for k, v in row.items() if k not in LABEL_FIELDS}, None, "", origin)
    labels = {"frame": row.pop("frame"), "topics": row.pop("topics", []), "voice": row.pop("voice", "author")}
    return Answer(row, labels, "", origin)


def _extra(cell: str, origin: str) -> dict[str, Any]:
    try:
        extra = json.loads(cell) if cell else {}
    except (ValueError, RecursionError):
        extra = None
    if not isinstance(extra, dict):
        raise LabelError(f"{origin}: the cell 'extra' is damaged; leave it as it was exported")
    return extra
