"""Exchange label files with other labelling tools.

Each format has a module with ``dump`` and ``load``. Whatever a tool has no place for travels in one
field of its own, ``framing``, which the tools keep; so a file that was exported, read by the tool and
exported by it again comes back with every field.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from framing.labelling.exchange import doccano, jsonl, label_studio, prodigy, table
from framing.labelling.exchange.common import Answer, Outgoing, settle

__all__ = ["FORMATS", "Format", "load"]


@dataclass(frozen=True, slots=True)
class Format:
    """Hold how a tool's files are written and read, and how their names end."""

    dump: Callable[[Sequence[Outgoing], Sequence[str]], str]
    load: Callable[[Path], list[Answer]]
    suffix: str


FORMATS: Mapping[str, Format] = {
    "label-studio": Format(label_studio.dump, label_studio.load, ".json"),
    "doccano": Format(doccano.dump, doccano.load, ".jsonl"),
    "prodigy": Format(prodigy.dump, prodigy.load, ".jsonl"),
    "csv": Format(table.dump, table.load, ".csv"),
    "jsonl": Format(jsonl.dump, jsonl.load, ".jsonl"),
}
"""The formats by their names."""


def load(paths: Sequence[Path], form: str) -> list[dict[str, Any]]:
    """Read files of a tool as label rows; sentences without settled labels come as task rows.

    Readings of the same sentence by several people are kept in ``passes``; the row is labelled where
    they agree.

    Raises:
        LabelError: a file cannot be read, breaks the format or holds unknown labels, or one reader
            labelled a sentence twice; the message names file and line.
    """
    return settle([answer for path in paths for answer in FORMATS[form].load(path)])
