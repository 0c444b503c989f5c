"""Exchange with Label Studio: tasks as its JSON import and export have them.

An export carries the labels as one annotation, a model's suggestion as one prediction. An import takes
every annotation that was not cancelled; a ground truth among them stands alone.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any
from xml.sax.saxutils import quoteattr

from framing.errors import LabelError
from framing.labelling.exchange.common import CARRIER, Answer, Outgoing, carried, own_row, read_items
from framing.records import FRAMES, VOICES

__all__ = ["dump", "labelling_config", "load"]


def labelling_config(topics: Sequence[str]) -> str:
    """Give the labelling interface for a Label Studio project, as its settings take it (XML)."""

    def choices(name: str, values: Sequence[str], keys: str, attributes: str) -> str:
        rows = "\n".join(
            f"    <Choice value={quoteattr(v)}" + (f' hotkey="{k}"' if k.strip() else "") + "/>"
            for v, k in zip(values, keys.ljust(len(values)), strict=False)
        )
        return f'  <Choices name="{name}" toName="text" showInline="true" {attributes}>\n{rows}\n  </Choices>\n'

    return (
        "<View>\n"
        '  <Header value="$title"/>\n'
        '  <Text name="before" value="$before"/>\n'
        '  <Text name="text" value="$text"/>\n'
        '  <Text name="after" value="$after"/>\n'
        + choices("frame", FRAMES, "psn", 'choice="single-radio" required="true"')
        + choices("topics", topics, "123456789", 'choice="multiple"')
        + choices("voice", VOICES, "aq", 'choice="single-radio" required="true"')
        + '  <TextArea name="note" toName="text" rows="2" maxSubmissions="1" editable="true"/>\n'
        "</View>\n"
    )


def dump(rows: Sequence[Outgoing], topics: Sequence[str]) -> str:  # noqa: ARG001 - all formats are called alike
    """Write rows as a JSON array of tasks."""
    return json.dumps([_task(out) for out in rows], ensure_ascii=False, indent=1) + "\n"


def _task(out: Outgoing) -> dict[str, Any]:
    row = out.row
    data = {"text": row["text"], "title": str(row.get("title", "")), "before": out.before, "after": out.after, CARRIER: carried(row)}
    task: dict[str, Any] = {"data": data}
    if out.labels is not None:
        result = _result(out.labels)
        if row.get("note"):
            result.append(_region("note", "textarea", {"text": [row["note"]]}))
        task["annotations"] = [{"result": result, "was_cancelled": False, "ground_truth": False}]
    if out.suggested is not None:
        task["predictions"] = [{"model_version": out.model, "score": round(out.confidence, 6), "result": _result(out.suggested)}]
    return task


def _result(labels: Mapping[str, Any]) -> list[dict[str, Any]]:
    values = {"frame": [labels["frame"]], "topics": list(labels["topics"]), "voice": [labels["voice"]]}
    return [_region(name, "choices", {"choices": chosen}) for name, chosen in values.items() if chosen]


def _region(name: str, kind: str, value: dict[str, Any]) -> dict[str, Any]:
    return {"id": name, "from_name": name, "to_name": "text", "type": kind, "value": value}


def load(path: Path) -> list[Answer]:
    """Read a JSON export."""
    return [answer for number, task, origin in read_items(path) for answer in _answers(task, number, origin, path)]


def _answers(task: Mapping[str, Any], number: int, origin: str, path: Path) -> Iterator[Answer]:
    data = task.get("data")
    if not isinstance(data, dict) or "text" not in data:
        raise LabelError(f"{origin}: the field 'data.text' is missing; export from Label Studio as JSON")
    carrier = data.get(CARRIER)
    row = own_row(carrier if isinstance(carrier, dict) else None, data["text"], {**data, "id": task.get("id", number)}, number, path)
    annotations = task.get("annotations") or []
    if not isinstance(annotations, list) or not all(isinstance(a, dict) for a in annotations):
        raise LabelError(f"{origin}: annotations must be a list of objects")
    valid = [a for a in annotations if not a.get("was_cancelled")]
    truth = [a for a in valid if a.get("ground_truth")]
    for annotation in truth[:1] or valid:
        labels, note = _labels(annotation, origin)
        own = {**row, "note": note} if note else {k: v for k, v in row.items() if k != "note"}
        yield Answer(own, labels, _reader(annotation), origin)
    if not valid:
        yield Answer(row, None, "", origin)


def _reader(annotation: Mapping[str, Any]) -> str:
    by = annotation.get("completed_by", "")
    return str(by.get("email") or by.get("id", "")) if isinstance(by, dict) else str(by)


def _labels(annotation: Mapping[str, Any], origin: str) -> tuple[dict[str, Any] | None, str]:
    labels: dict[str, Any] = {"topics": [], "voice": "author"}
    note = ""
    try:
        for region in annotation["result"]:
            name, value = region["from_name"], region["value"]
            if name == "topics":
                labels["topics"] = list(value["choices"])
            elif name in ("frame", "voice"):
                (labels[name],) = value["choices"]
            elif name == "note":
                note = "\n".join(value["text"])
    except (KeyError, TypeError, ValueError):
        raise LabelError(f"{origin}: an annotation has not the form of the labelling configuration of framing") from None
    return ({name: labels[name] for name in ("frame", "topics", "voice")} if "frame" in labels else None), note
