"""Read and write label files: JSON Lines, one labelled sentence per line.

The fields are described in ``labels/README.md`` and, for programs, in
``framing/data/label-row.schema.json``. A gold file for ``framing evaluate`` needs only
``id, article, text, frame, topics, voice``. A task file has the same rows without labels: sentences
that somebody is still to read.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

from framing.errors import InputError, LabelError
from framing.input import read_input
from framing.output import write_atomically
from framing.records import FRAMES, VOICES, Example, Frame, Voice

__all__ = [
    "LABEL_FIELDS",
    "MAX_BYTES",
    "MAX_LENGTH",
    "Row",
    "check_ids",
    "decode_utf8",
    "dump_rows",
    "label_files",
    "numbered_lines",
    "parse_object",
    "parse_row",
    "read_bounded",
    "read_folder",
    "read_labels",
    "read_rows",
    "to_example",
    "write_rows",
]

MAX_LENGTH = 2000
"""Longest sentence, in characters, that a label file may hold."""

MAX_BYTES = 64 * 1024 * 1024
"""Largest label file, in bytes; about 150,000 sentences."""

LABEL_FIELDS = ("frame", "topics", "voice")
"""The fields that a reading gives to a sentence."""

_TASK_FIELDS = ("id", "article", "text")
_REQUIRED = (*_TASK_FIELDS, *LABEL_FIELDS)


@dataclass(frozen=True, slots=True)
class Row:
    """Hold one line of a label or task file as it was read, with its place."""

    data: Mapping[str, Any]
    path: Path
    line: int

    @property
    def origin(self) -> str:
        """Give the place as ``file:line``."""
        return f"{self.path}:{self.line}"

    @property
    def labelled(self) -> bool:
        """Tell whether the row has its labels."""
        return all(name in self.data for name in LABEL_FIELDS)


def read_bounded(path: Path, limit: int = MAX_BYTES) -> bytes:
    """Read a file whole.

    Raises:
        LabelError: it cannot be read or is larger than ``limit`` bytes.
    """
    try:
        data = read_input(path, limit)
    except InputError as error:
        raise LabelError(f"{path}: {error}") from None
    if len(data) > limit:
        raise LabelError(f"{path}: larger than {limit // 1024 // 1024} MiB; split it into several files")
    return data


def decode_utf8(data: bytes, path: Path) -> str:
    """Decode UTF-8 with or without a byte order mark.

    Raises:
        LabelError: a byte is not UTF-8; the message names the line.
    """
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        raise LabelError(f"{path}:{line}: byte {error.start} is not UTF-8; save the file as UTF-8") from None


def numbered_lines(path: Path) -> Iterator[tuple[int, str]]:
    """Yield the lines of a file that are not blank, with their numbers from 1.

    Raises:
        LabelError: the file cannot be read, is too large, or is not UTF-8.
    """
    for number, line in enumerate(decode_utf8(read_bounded(path), path).split("\n"), 1):
        if line.strip():
            yield number, line


def parse_object(line: str, origin: str) -> dict[str, Any]:
    """Parse one line as a JSON object.

    Raises:
        LabelError: it is none; the message begins with ``origin``.
    """
    try:
        row = json.loads(line)
    except (ValueError, RecursionError):
        raise LabelError(f"{origin}: not JSON; each line must be one JSON object") from None
    if not isinstance(row, dict):
        raise LabelError(f"{origin}: not a JSON object")
    return row


def parse_row(line: str, origin: str) -> Example:
    """Parse one line of a label file.

    Raises:
        LabelError: the line is not a JSON object with the fields of the schema; the message begins
            with ``origin``.
    """
    return to_example(parse_object(line, origin), origin)


def to_example(row: Mapping[str, Any], origin: str) -> Example:
    """Turn the fields of a label row into an example.

    Raises:
        LabelError: a field is missing or has an unknown value; the message begins with ``origin``.
    """
    for name in _REQUIRED:
        if name not in row:
            raise LabelError(f"{origin}: the field {name!r} is missing")
    _check_text(row, origin)
    _check_labels(row, origin)
    return Example(
        id=str(row["id"]),
        article=str(row["article"]),
        text=row["text"],
        frame=cast("Frame", row["frame"]),
        topics=tuple(row["topics"]),
        voice=cast("Voice", row["voice"]),
        register=str(row.get("register", "")),
        source="contrast" if row.get("source") == "contrast" else "article",
        split="test" if row.get("split") == "test" else "train",
        tags=tuple(str(t) for t in row.get("tags", ())),
        weight=float(row.get("weight", 1.0)),
        origin=origin,
        context={k: str(row[k]) for k in ("industry", "script", "style", "title") if k in row},
        frame_votes=_frame_votes(row),
    )


def _frame_votes(row: Mapping[str, Any]) -> tuple[Frame, ...]:
    """Return the frames that the readers gave, by the readers' names; none where no readings are kept."""
    passes = row.get("passes")
    if not isinstance(passes, dict):
        return ()
    votes = (passes[name].get("frame") for name in sorted(passes) if isinstance(passes[name], dict))
    return tuple(cast("Frame", v) for v in votes if v in FRAMES)


def _check_text(row: Mapping[str, Any], origin: str) -> None:
    text = row["text"]
    if not isinstance(text, str) or not text.strip():
        raise LabelError(f"{origin}: the text is empty or no string")
    if len(text) > MAX_LENGTH:
        raise LabelError(f"{origin}: the text has {len(text)} characters; at most {MAX_LENGTH} are one sentence")


def _check_labels(row: Mapping[str, Any], origin: str) -> None:
    if row["frame"] not in FRAMES:
        raise LabelError(f"{origin}: the frame {row['frame']!r} is unknown; use {', '.join(FRAMES)}")
    if row["voice"] not in VOICES:
        raise LabelError(f"{origin}: the voice {row['voice']!r} is unknown; use {', '.join(VOICES)}")
    topics = row["topics"]
    if not isinstance(topics, list) or not all(isinstance(t, str) and t for t in topics):
        raise LabelError(f"{origin}: topics must be a list of names")
    if not isinstance(row.get("tags", []), list):
        raise LabelError(f"{origin}: tags must be a list")
    try:
        weight = float(row.get("weight", 1.0))
    except (TypeError, ValueError):
        raise LabelError(f"{origin}: the weight {row['weight']!r} is no number") from None
    if not 0 < weight <= 1000:
        raise LabelError(f"{origin}: the weight {weight} is not between 0 and 1000")


def read_labels(path: Path) -> list[Example]:
    """Read one label file.

    Raises:
        LabelError: it cannot be read, or a line breaks the schema; the message names file and line.
    """
    return [parse_row(line, f"{path}:{number}") for number, line in numbered_lines(path)]


def read_rows(path: Path, *, tasks: bool = False) -> list[Row]:
    """Read one label file, or with ``tasks`` one whose rows may lack labels, and keep every field.

    Raises:
        LabelError: it cannot be read, a line breaks the schema, or an id occurs twice; the message
            names file and line.
    """
    rows = []
    for number, line in numbered_lines(path):
        row = Row(parse_object(line, f"{path}:{number}"), path, number)
        _check_row(row, tasks)
        rows.append(row)
    check_ids((str(r.data["id"]), r.origin) for r in rows)
    return rows


def _check_row(row: Row, tasks: bool) -> None:
    if row.labelled or not tasks:
        to_example(row.data, row.origin)
        return
    for name in _TASK_FIELDS:
        if name not in row.data:
            raise LabelError(f"{row.origin}: the field {name!r} is missing")
    _check_text(row.data, row.origin)


def label_files(paths: Sequence[Path]) -> list[Path]:
    """List label files: each path itself, or the ``*.jsonl`` files below it in order of their names.

    Files whose name begins with ``unresolved`` are left out of folders: they hold sentences that two
    readings and a third could not settle. So are hidden files.
    """
    files: list[Path] = []
    for path in paths:
        if path.is_dir():
            files += [f for f in sorted(path.rglob("*.jsonl")) if not f.name.startswith(("unresolved", "."))]
        else:
            files.append(path)
    return files


def read_folder(paths: Sequence[Path]) -> list[Example]:
    """Read label files and folders of them, in the order of ``label_files``.

    Raises:
        LabelError: nothing was found, a row breaks the schema, or an id occurs twice.
    """
    examples = [e for f in label_files(paths) for e in read_labels(f)]
    if not examples:
        raise LabelError(f"{', '.join(map(str, paths))}: no label files (*.jsonl) with rows were found")
    check_ids((e.id, e.origin) for e in examples)
    return examples


def check_ids(ids: Iterable[tuple[str, str]]) -> None:
    """Refuse an id that occurs twice among (id, origin) pairs.

    Raises:
        LabelError: an id occurs twice; the message names both places.
    """
    seen: dict[str, str] = {}
    for name, origin in ids:
        if name in seen:
            raise LabelError(f"{origin}: the id {name!r} is also at {seen[name]}")
        seen[name] = origin


def dump_rows(rows: Iterable[Mapping[str, Any]]) -> str:
    """Give rows as JSON Lines, characters as they are, each line ended."""
    return "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows)


def write_rows(path: Path, rows: Iterable[Mapping[str, Any]]) -> None:
    """Write a label file, whole or not at all.

    Raises:
        OutputError: the place cannot be written.
    """
    write_atomically(path, dump_rows(rows).encode())
