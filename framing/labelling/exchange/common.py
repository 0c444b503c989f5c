"""Hold what the exchange formats share: rows on their way out, answers on their way in."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from framing.errors import LabelError
from framing.labelling.files import LABEL_FIELDS, decode_utf8, read_bounded, to_example
from framing.records import FRAMES, VOICES, Prediction

__all__ = [
    "CARRIER",
    "Answer",
    "Outgoing",
    "array_items",
    "carried",
    "labels_of_names",
    "names_of",
    "own_row",
    "read_items",
    "readings_equal",
    "settle",
]

CARRIER = "framing"
"""The field that carries a row through another tool."""


@dataclass(frozen=True, slots=True)
class Outgoing:
    """Hold a row to be exported, the sentences around it, and what a model suggests, if asked."""

    row: Mapping[str, Any]
    before: str = ""
    after: str = ""
    prediction: Prediction | None = None
    model: str = ""

    @property
    def labels(self) -> dict[str, Any] | None:
        """Give the row's labels, ``None`` where it has none."""
        return {name: self.row[name] for name in LABEL_FIELDS} if all(n in self.row for n in LABEL_FIELDS) else None

    @property
    def suggested(self) -> dict[str, Any] | None:
        """Give the model's labels, ``None`` where it was not asked."""
        p = self.prediction
        return {"frame": p.frame, "topics": list(p.topics), "voice": p.voice} if p is not None else None

    @property
    def confidence(self) -> float:
        """Give the probability of the suggested frame, 0 where the model was not asked."""
        return float(getattr(self.prediction, self.prediction.frame)) if self.prediction else 0.0


@dataclass(frozen=True, slots=True)
class Answer:
    """Hold one person's answer to one sentence: the row without labels, and the labels or ``None``."""

    row: Mapping[str, Any]
    labels: Mapping[str, Any] | None
    reader: str
    origin: str


def carried(row: Mapping[str, Any]) -> dict[str, Any]:
    """Return what travels in the carrier: every field but the labels and the text."""
    return {k: v for k, v in row.items() if k not in (*LABEL_FIELDS, "text")}


def own_row(carrier: Mapping[str, Any] | None, text: Any, item: Mapping[str, Any], number: int, path: Path) -> dict[str, Any]:
    """Rebuild a row from its carrier, or make one for a sentence that was not exported by framing.

    A new row is named after its file and number; its article is the item's own, or the file.
    """
    if carrier is not None:
        row = dict(carrier)
        # Where the text stood does not matter, but rows are compared by people: id, article, text first.
        head: dict[str, Any] = {k: row.pop(k) for k in ("id", "article") if k in row}
        return head | {"text": text} | row
    name = f"{path.stem}-{item.get('id', number)}"
    return {"id": name, "article": str(item.get("article", path.stem)), "text": text}


def names_of(labels: Mapping[str, Any]) -> list[str]:
    """Give labels as one list of names, such as ``frame:praise``, for tools that know only one list."""
    return [f"frame:{labels['frame']}", *(f"topic:{t}" for t in labels["topics"]), f"voice:{labels['voice']}"]


def labels_of_names(names: Sequence[Any], origin: str) -> dict[str, Any] | None:
    """Read labels from one list of names; ``None`` where there is no frame among them.

    A bare frame or voice is understood, any other bare name is a topic. Without a voice the sentence
    is the author's.

    Raises:
        LabelError: a name is unknown, or there are two frames or voices.
    """
    found: dict[str, list[str]] = {"frame": [], "topic": [], "voice": []}
    for name in names:
        if not isinstance(name, str):
            raise LabelError(f"{origin}: the label {name!r} is no name")
        kind, colon, value = name.partition(":")
        if not colon:
            kind, value = ("frame" if name in FRAMES else "voice" if name in VOICES else "topic"), name
        if kind not in found:
            raise LabelError(f"{origin}: the label {name!r} is unknown; use frame:…, topic:… or voice:…")
        found[kind].append(value)
    for kind in ("frame", "voice"):
        if len(found[kind]) > 1:
            raise LabelError(f"{origin}: {len(found[kind])} labels of the kind {kind}; a sentence has one")
    if not found["frame"]:
        return None
    return {"frame": found["frame"][0], "topics": found["topic"], "voice": (found["voice"] or ["author"])[0]}


def settle(answers: Iterable[Answer]) -> list[dict[str, Any]]:
    """Join the answers to each sentence into one row, in order of first mention.

    Raises:
        LabelError: labels or fields break the schema, or one reader answers a sentence twice.
    """
    by_id: dict[str, list[Answer]] = {}
    for answer in answers:
        _check(answer)
        others = by_id.setdefault(str(answer.row["id"]), [])
        same = next((o for o in others if o.reader == answer.reader), None)
        if same is not None:
            raise LabelError(f"{answer.origin}: the id {answer.row['id']!r} is also at {same.origin}")
        others.append(answer)
    return [_settled(given) for given in by_id.values()]


def _check(answer: Answer) -> None:
    for name in ("id", "article", "text"):
        if name not in answer.row:
            raise LabelError(f"{answer.origin}: the field {name!r} is missing")
    placeholder: dict[str, Any] = {"frame": FRAMES[0], "topics": [], "voice": VOICES[0]}
    to_example({**answer.row, **(answer.labels or placeholder)}, answer.origin)


def _settled(given: Sequence[Answer]) -> dict[str, Any]:
    row = dict(given[0].row)
    labelled = [a for a in given if a.labels is not None]
    if len(labelled) > 1:
        row.pop("note", None)
        row["passes"] = {a.reader: {**(a.labels or {}), **_note(a)} for a in labelled}
    if labelled and all(readings_equal(labelled[0].labels, a.labels) for a in labelled):
        row.update(labelled[0].labels or {})
    return row


def _note(answer: Answer) -> dict[str, Any]:
    return {"note": answer.row["note"]} if answer.row.get("note") else {}


def readings_equal(first: Mapping[str, Any] | None, second: Mapping[str, Any] | None) -> bool:
    """Tell whether two readings give the same labels, whatever the order of the topics."""
    if first is None or second is None:
        return first is second
    return all(sorted(first[n]) == sorted(second[n]) if n == "topics" else first[n] == second[n] for n in LABEL_FIELDS)


def read_items(path: Path) -> Iterator[tuple[int, dict[str, Any], str]]:
    """Yield (number from 1, object, ``file:line``) of a file that is a JSON array or JSON Lines.

    Raises:
        LabelError: the file cannot be read, is too large, not UTF-8 or not JSON; the message names the line.
    """
    text = decode_utf8(read_bounded(path), path)
    items = array_items(text, path) if text.lstrip()[:1] == "[" else _lines(text, path)
    for number, (item, origin) in enumerate(items, 1):
        if not isinstance(item, dict):
            raise LabelError(f"{origin}: not a JSON object")
        yield number, item, origin


def _lines(text: str, path: Path) -> Iterator[tuple[Any, str]]:
    for number, line in enumerate(text.split("\n"), 1):
        if line.strip():
            try:
                yield json.loads(line), f"{path}:{number}"
            except (ValueError, RecursionError):
                raise LabelError(f"{path}:{number}: not JSON; each line must be one JSON object") from None


def array_items(text: str, path: Path) -> Iterator[tuple[Any, str]]:
    """Yield each item of a JSON array with the line on which it begins.

    Raises:
        LabelError: the text is no JSON array; the message names the line.
    """
    decoder = json.JSONDecoder()
    at, line, counted = text.index("[") + 1, 1, 0
    while True:
        at = _skip(text, at, " \t\r\n,")
        line, counted = line + text.count("\n", counted, at), at
        if text[at : at + 1] == "]" and not text[at + 1 :].strip():
            return
        try:
            item, at = decoder.raw_decode(text, at)
        except (ValueError, RecursionError) as error:
            wrong = getattr(error, "lineno", line)
            raise LabelError(f"{path}:{wrong}: not JSON ({getattr(error, 'msg', 'nested too deeply')})") from None
        yield item, f"{path}:{line}"


def _skip(text: str, at: int, blanks: str) -> int:
    while at < len(text) and text[at] in blanks:
        at += 1
    return at
