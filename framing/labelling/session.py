"""Keep the labels of a labelling session, each keystroke saved before the next one is read.

Every change is appended to a journal beside the label file and forced to disk; then the label file is
written anew, whole or not at all. A process that is killed at any moment loses nothing: on the next start
the journal is replayed, a torn last line left out. Undo is a change like any other, so it too survives.
Each line of the journal holds the digest of the label file that belongs to it: a label file with another
digest was edited by somebody else since, and then its labels stand.
"""

from __future__ import annotations

import errno
import hashlib
import json
import os
from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from dataclasses import asdict, dataclass, replace
from io import FileIO
from pathlib import Path
from types import TracebackType
from typing import Any

from filelock import FileLock, Timeout

from framing.errors import LabelError, OutputError
from framing.labelling.files import LABEL_FIELDS, MAX_BYTES, dump_rows, read_bounded, read_rows
from framing.output import write_atomically
from framing.records import FRAMES, VOICES

__all__ = ["Session", "State", "journal_path"]


@dataclass(frozen=True, slots=True)
class State:
    """Hold what a reader has said of one sentence so far; ``None`` is not yet."""

    frame: str | None = None
    topics: tuple[str, ...] | None = None
    voice: str | None = None
    note: str = ""
    skipped: bool = False

    @property
    def complete(self) -> bool:
        """Tell whether all three labels are given."""
        return self.frame is not None and self.topics is not None and self.voice is not None

    def filled(self, labels: Mapping[str, Any]) -> State:
        """Return the state with labels taken from ``labels`` where none were given."""
        return replace(
            self,
            frame=self.frame or labels["frame"],
            topics=self.topics if self.topics is not None else tuple(labels["topics"]),
            voice=self.voice or labels["voice"],
            skipped=False,
        )

    @classmethod
    def of_row(cls, row: Mapping[str, Any]) -> State:
        """Return the state that a row's own labels give."""
        note = str(row.get("note", ""))
        if not all(name in row for name in LABEL_FIELDS):
            return cls(note=note)
        return cls(row["frame"], tuple(row["topics"]), row["voice"], note)


def journal_path(output: Path) -> Path:
    """Return where the journal of a label file is."""
    return output.with_name(output.name + ".journal")


class Session:
    """Hold the sentences of a session and what was said of them.

    Use it as a context manager: one process at a time may work on a label file.

    Args:
        tasks: the rows to label, labelled or not; ids are unique.
        output: the label file. Rows already in it are kept; those of sentences among ``tasks`` are
            taken up.

    Attributes:
        states: the state of each task, in order.

    Raises:
        LabelError: the label file or its journal is damaged, or another process works on it.
        OutputError: the journal cannot be written.
    """

    def __init__(self, tasks: Sequence[Mapping[str, Any]], output: Path) -> None:
        self.tasks = tasks
        self.output = output
        self._index = {str(task["id"]): i for i, task in enumerate(tasks)}
        with ExitStack() as stack:
            stack.callback(self._locked().release)
            kept = [dict(r.data) for r in read_rows(output)] if output.exists() else []
            self._kept = {str(row["id"]): row for row in kept}
            self.states = [State.of_row(task) for task in tasks]
            self._history: list[tuple[int, State]] = []
            self._digests: list[str] = []
            self._replay()
            if _digest(output) not in self._digests[-2:]:
                self._take_up()
            self._journal = stack.enter_context(self._opened())
            self._publish()
            self._append({"file": _digest(output)})
            self._closing = stack.pop_all()

    def _locked(self) -> FileLock:
        if not self.output.parent.is_dir():
            raise OutputError(f"{self.output} cannot be written; the folder {self.output.parent} is missing")
        lock = FileLock(str(self.output.with_name(f".{self.output.name}.lock")))
        try:
            lock.acquire(timeout=0)
        except Timeout:
            raise LabelError(f"{self.output}: another `framing label` is working on it; close that one first") from None
        except OSError as error:
            raise OutputError(f"{self.output} cannot be written ({error.strerror}); check the folder") from None
        return lock

    def _opened(self) -> FileIO:
        try:
            return journal_path(self.output).open("ab", buffering=0)
        except OSError as error:
            raise OutputError(f"{journal_path(self.output)} cannot be written ({error.strerror}); check the folder") from None

    def _replay(self) -> None:
        """Apply the journal, and cut off a last line that a crash has torn."""
        path = journal_path(self.output)
        if not path.exists():
            return
        data = read_bounded(path, 16 * MAX_BYTES)
        whole = data.rfind(b"\n") + 1
        for number, line in enumerate(data[:whole].splitlines(), 1):
            self._apply(line, f"{path}:{number}")
        if whole < len(data):
            with path.open("r+b") as file:
                file.truncate(whole)

    def _apply(self, line: bytes, origin: str) -> None:
        try:
            change = json.loads(line)
            self._digests.append(str(change["file"]))
            if "id" not in change:
                return
            name, undo = change["id"], change.get("undo", False)
            state = State(change["frame"], _topics(change["topics"]), change["voice"], change["note"], change["skipped"])
            if state.frame not in (None, *FRAMES) or state.voice not in (None, *VOICES):
                raise ValueError
        except (KeyError, TypeError, ValueError):
            raise LabelError(f"{origin}: the journal is damaged; move it away to go on without it") from None
        at = self._index.get(name)
        if at is None:
            return
        if undo:
            if self._history:
                self._history.pop()
        else:
            self._history.append((at, self.states[at]))
        self.states[at] = state

    def _take_up(self) -> None:
        """Let the labels of the label file stand where the journal says otherwise."""
        for at, task in enumerate(self.tasks):
            row = self._kept.get(str(task["id"]))
            if row is not None:
                self.states[at] = State.of_row(row)
            elif self.states[at].complete and self._history:
                self.states[at] = State(note=self.states[at].note)

    def change(self, at: int, state: State) -> None:
        """Set the state of a task and save it; the same state again is no change.

        Raises:
            OutputError: the journal or the label file cannot be written.
        """
        if state == self.states[at]:
            return
        self._history.append((at, self.states[at]))
        self.states[at] = state
        self._save(at)

    def undo(self) -> int | None:
        """Take back the last change and save that; return the task it was made to, ``None`` if there is none."""
        if not self._history:
            return None
        at, self.states[at] = self._history.pop()
        self._save(at, undo=True)
        return at

    def _save(self, at: int, *, undo: bool = False) -> None:
        data = dump_rows(self.rows()).encode()
        record = {"id": str(self.tasks[at]["id"]), **asdict(self.states[at]), "file": hashlib.sha256(data).hexdigest()}
        self._append({**record, "undo": True} if undo else record)
        self._publish(data)

    def _append(self, record: Mapping[str, Any]) -> None:
        try:
            line = (json.dumps(record, ensure_ascii=False) + "\n").encode()
            if self._journal.write(line) != len(line):
                raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
            os.fsync(self._journal.fileno())
        except OSError as error:
            raise OutputError(f"{journal_path(self.output)} cannot be written ({error.strerror})") from None

    def rows(self) -> list[dict[str, Any]]:
        """Return the rows of the label file: those of other sentences first, then the labelled tasks in order."""
        others = [row for name, row in self._kept.items() if name not in self._index]
        mine = [_labelled(task, state) for task, state in zip(self.tasks, self.states, strict=True) if state.complete]
        return others + mine

    def _publish(self, data: bytes | None = None) -> None:
        data = dump_rows(self.rows()).encode() if data is None else data
        if data or self.output.exists():
            write_atomically(self.output, data)

    def close(self) -> None:
        """Close the journal and let others work on the label file; nothing is left to save."""
        self._closing.close()

    def __enter__(self) -> Session:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self.close()


def _digest(path: Path) -> str:
    """Return the digest of a file's bytes; that of no bytes where there is no file."""
    return hashlib.sha256(path.read_bytes() if path.exists() else b"").hexdigest()


def _topics(value: list[str] | None) -> tuple[str, ...] | None:
    return None if value is None else tuple(map(str, value))


def _labelled(task: Mapping[str, Any], state: State) -> dict[str, Any]:
    own = {k: v for k, v in task.items() if k not in (*LABEL_FIELDS, "note", "suggestion")}
    labels = {"frame": state.frame, "topics": list(state.topics or ()), "voice": state.voice}
    return {**own, **labels, **({"note": state.note} if state.note else {})}
