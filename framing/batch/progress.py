"""Tell how far a batch is: a progress bar for people, JSON lines for machines, or nothing."""

from __future__ import annotations

import json
import sys
import time
from typing import IO, Any, Literal, Protocol

__all__ = ["Bar", "Log", "Progress", "Silent", "make_progress"]

Mode = Literal["auto", "json", "none"]

_SHOWN_FAILURES = 20


class Progress(Protocol):
    """Receive the events of a run."""

    def begin(self, weight: int, partitions: int) -> None:
        """Begin: the inputs hold ``weight`` bytes in so many partitions."""

    def advance(self, weight: int, counts: dict[str, int]) -> None:
        """Note a finished partition of ``weight`` bytes; ``counts`` are the totals so far."""

    def failure(self, name: str, reason: str) -> None:
        """Note an input that failed."""

    def end(self, summary: dict[str, Any]) -> None:
        """Note the end."""


class Silent:
    """Say nothing."""

    def begin(self, weight: int, partitions: int) -> None:
        """Say nothing."""

    def advance(self, weight: int, counts: dict[str, int]) -> None:
        """Say nothing."""

    def failure(self, name: str, reason: str) -> None:
        """Say nothing."""

    def end(self, summary: dict[str, Any]) -> None:
        """Say nothing."""


class Log:
    """Write one JSON object per event: ``time`` in seconds since the epoch, ``event``, and its fields."""

    def __init__(self, stream: IO[str]) -> None:
        self.stream = stream

    def _write(self, event: str, **fields: Any) -> None:
        line = {"time": round(time.time(), 3), "event": event, **fields}
        self.stream.write(json.dumps(line, ensure_ascii=False).encode("utf-8", "replace").decode() + "\n")
        self.stream.flush()

    def begin(self, weight: int, partitions: int) -> None:
        """Write ``begin``."""
        self._write("begin", bytes=weight, partitions=partitions)

    def advance(self, weight: int, counts: dict[str, int]) -> None:
        """Write ``progress``."""
        self._write("progress", bytes=weight, **counts)

    def failure(self, name: str, reason: str) -> None:
        """Write ``failure``."""
        self._write("failure", source=name, reason=reason)

    def end(self, summary: dict[str, Any]) -> None:
        """Write ``end``."""
        self._write("end", **summary)


class Bar:
    """Draw a bar with rate and time left on a terminal; elsewhere only failures are written."""

    def __init__(self, stream: IO[str]) -> None:
        self.stream = stream
        self.bar: Any = None
        self.failures = 0

    def begin(self, weight: int, partitions: int) -> None:  # noqa: ARG002 - the protocol's signature
        """Draw the empty bar."""
        from tqdm import tqdm

        self.bar = tqdm(total=weight, unit="B", unit_scale=True, file=self.stream, disable=not self.stream.isatty(), dynamic_ncols=True)

    def advance(self, weight: int, counts: dict[str, int]) -> None:
        """Move the bar on."""
        self.bar.set_postfix_str(f"{counts['sentences']:,} sentences, {counts['failures']:,} failed", refresh=False)
        self.bar.update(weight)

    def failure(self, name: str, reason: str) -> None:
        """Write the first failures above the bar."""
        self.failures += 1
        if self.failures <= _SHOWN_FAILURES:
            self._write(f"framing: {name}: {reason}")
        elif self.failures == _SHOWN_FAILURES + 1:
            self._write("framing: more failures are in errors.jsonl")

    def _write(self, line: str) -> None:
        shown = line.encode("utf-8", "replace").decode()
        if self.bar is None:
            self.stream.write(shown + "\n")
        else:
            self.bar.write(shown, file=self.stream)

    def end(self, summary: dict[str, Any]) -> None:  # noqa: ARG002
        """Leave the finished bar where it is."""
        if self.bar is not None:
            self.bar.close()


def make_progress(mode: Mode) -> Progress:
    """Return the progress for a mode; all of them write to standard error."""
    if mode == "none":
        return Silent()
    return Log(sys.stderr) if mode == "json" else Bar(sys.stderr)
