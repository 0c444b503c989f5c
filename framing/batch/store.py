"""Keep a batch's folder: its layout, its lock, its finished partitions and its manifest.

::

    OUT/
    ├── manifest.json        written last: there is one exactly when the run is finished
    ├── errors.jsonl         every input that failed, with its reason
    ├── articles/ sentences/ part-NNNNN-KEY.jsonl, .csv or .parquet; or framing.sqlite, framing.duckdb
    └── store/
        ├── KEY.jsonl.zst    one finished partition with all that is known about it
        ├── index.sqlite     content of an article → partition, for ``--incremental``
        └── lock, run        who is at work here

Each file is written beside its place and moved there, so that a file under its final name is whole.
"""

from __future__ import annotations

import io
import json
import shutil
import sqlite3
import uuid
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from dataclasses import asdict, dataclass
from functools import cached_property
from pathlib import Path
from typing import Any
from urllib.parse import quote

import filelock
import zstandard

from framing.errors import InputError, OutputError
from framing.output import write_atomically

__all__ = ["FORMAT", "Entry", "Head", "Manifest", "Store", "read_entries", "read_manifest"]

FORMAT = 1
"""Format number of the store; raised by one whenever an older reader would misread it."""

MANIFEST, ERRORS = "manifest.json", "errors.jsonl"
LEVELS = ("articles", "sentences")
DATABASES = ("framing.sqlite", "framing.duckdb")

_COMPRESSION = 1


@dataclass(frozen=True, slots=True)
class Entry:
    """Hold one input of a partition: ``article`` with its ``sentences``, or an ``error``.

    ``article`` is ``framing.report.data.article`` without sentences; ``error`` has ``error`` (its
    class) and ``reason``.
    """

    source: str
    row: int | None
    id: str | None
    group: str | None
    key: str
    article: Mapping[str, Any] | None = None
    sentences: Sequence[Mapping[str, Any]] = ()
    error: Mapping[str, str] | None = None


@dataclass(frozen=True, slots=True)
class Head:
    """Hold the first line of a partition in the store: its counts and its articles' content keys."""

    articles: int
    sentences: int
    failures: int
    keys: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Manifest:
    """Hold what a finished batch says of itself; nothing in it depends on when or how it ran."""

    format: int
    framing: str
    model: dict[str, str]
    settings: dict[str, Any]
    topics: tuple[str, ...]
    inputs: int
    articles: int
    sentences: int
    failures: int
    parts: tuple[str, ...]


class Store:
    """Read and write the folder of one batch."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.folder = root / "store"

    def create(self) -> None:
        """Make the folder ready for a run.

        Raises:
            OutputError: it cannot be made, or holds something else.
        """
        try:
            if self.root.exists() and not self.folder.is_dir() and any(self.root.iterdir()):
                raise OutputError(f"{self.root} is not empty and holds no batch; choose another folder")
            self.folder.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise OutputError(f"{self.root} cannot be made ({error.strerror}); choose another folder") from None

    @contextmanager
    def locked(self) -> Iterator[str]:
        """Hold the folder for one run and yield the run's token; the lock ends with the process.

        Raises:
            OutputError: another run holds it.
        """
        lock = filelock.FileLock(self.folder / "lock", timeout=0)
        try:
            lock.acquire()
        except filelock.Timeout:
            raise OutputError(f"{self.root}: another run is at work there; wait for it or choose another folder") from None
        except OSError as error:
            raise OutputError(f"{self.root} cannot be locked ({error.strerror})") from None
        try:
            token = uuid.uuid4().hex
            write_atomically(self.folder / "run", token.encode())
            yield token
            (self.folder / "run").unlink(missing_ok=True)
        finally:
            lock.release()

    def check_token(self, token: str) -> None:
        """Refuse to go on for a run that is over: its workers may outlive it by a moment.

        Raises:
            OutputError: another run has begun, or the folder is gone.
        """
        try:
            current = (self.folder / "run").read_text()
        except OSError:
            current = ""
        if current != token:
            raise OutputError(f"{self.root} was removed or taken over by another run; start again")

    def part(self, key: str) -> Path:
        """Return the place of a finished partition."""
        return self.folder / f"{key}.jsonl.zst"

    def public(self, level: str, name: str, form: str) -> Path:
        """Return the place of a partition's file for people."""
        return self.root / level / f"part-{name}.{form}"

    def write_part(self, key: str, head: Head, lines: Iterable[bytes]) -> None:
        """Commit a partition: after this it is finished."""
        body = b"\n".join([json.dumps(asdict(head), separators=(",", ":")).encode(), *lines, b""])
        write_atomically(self.part(key), zstandard.ZstdCompressor(_COMPRESSION, write_checksum=True).compress(body))

    @contextmanager
    def _lines(self, key: str) -> Iterator[Iterator[str]]:
        with self.part(key).open("rb") as file, zstandard.ZstdDecompressor().stream_reader(file) as stream:
            yield io.TextIOWrapper(stream, encoding="utf-8", errors="surrogatepass", newline="\n")

    def read_head(self, key: str) -> Head | None:
        """Read the counts of a partition; ``None`` if it is not finished."""
        try:
            with self._lines(key) as lines:
                data = json.loads(next(lines))
            return Head(**{**data, "keys": tuple(data["keys"])})
        except FileNotFoundError:
            return None
        except (OSError, ValueError, TypeError, KeyError, StopIteration, zstandard.ZstdError):
            # Damaged from outside: scoring it again mends it.
            return None

    def read_part(self, key: str) -> Iterator[Entry]:
        """Read all entries of a partition.

        Raises:
            InputError: it is missing or damaged.
        """
        try:
            with self._lines(key) as lines:
                head = json.loads(next(lines))
                left = head["articles"] + head["failures"]
                for line in lines:
                    yield Entry(**json.loads(line))
                    left -= 1
            if left:
                # The end of a file that was cut off is no error of its own.
                raise ValueError("it is cut off")
        except (OSError, ValueError, TypeError, KeyError, StopIteration, zstandard.ZstdError) as error:
            raise InputError(f"{self.part(key)} is missing or damaged ({error}); run the batch again") from None

    def write_index(self, parts: Sequence[str]) -> None:
        """Write which partition holds each article's content."""
        place = self.folder / "index.sqlite"
        temporary = self.folder / ".index.sqlite"
        temporary.unlink(missing_ok=True)
        try:
            with closing(sqlite3.connect(temporary)) as database:
                database.execute("PRAGMA journal_mode = OFF")
                database.execute("CREATE TABLE part (number INTEGER PRIMARY KEY, key TEXT)")
                database.execute("CREATE TABLE article (key BLOB PRIMARY KEY, part INTEGER) WITHOUT ROWID")
                for number, part in enumerate(parts):
                    head = self.read_head(part)
                    database.execute("INSERT INTO part VALUES (?, ?)", (number, part))
                    rows = [(bytes.fromhex(k), number) for k in (head.keys if head else ())]
                    database.executemany("INSERT OR IGNORE INTO article VALUES (?, ?)", rows)
                database.commit()
            temporary.replace(place)
        except (OSError, sqlite3.Error) as error:
            temporary.unlink(missing_ok=True)
            raise OutputError(f"{place} cannot be written ({error}); free space and run the batch again") from None

    def earlier(self, keys: Iterable[str]) -> dict[str, Entry]:
        """Find the entries of an earlier run with the same content, by content key."""
        place = self.folder / "index.sqlite"
        if not place.exists():
            return {}
        wanted = set(keys)
        parts: dict[str, None] = {}
        with closing(sqlite3.connect(f"file:{quote(str(place.resolve()))}?mode=ro&immutable=1", uri=True)) as database:
            for key in sorted(wanted):
                query = "SELECT part.key FROM article JOIN part ON part.number = article.part WHERE article.key = ?"
                row = database.execute(query, (bytes.fromhex(key),)).fetchone()
                if row is not None:
                    parts[row[0]] = None
        found: dict[str, Entry] = {}
        for part in parts:
            if self.read_head(part) is not None:
                found.update((e.key, e) for e in self.read_part(part) if e.key in wanted and e.article is not None)
        return found

    def sweep(self, parts: Sequence[str], public: frozenset[Path], databases: Iterable[str] = ()) -> None:
        """Remove everything that is not part of the finished run: older parts, leftovers of a crash."""
        kept = {self.part(p) for p in parts} | {self.folder / n for n in ("lock", "run", "index.sqlite")}
        for path in self.folder.iterdir():
            if path not in kept:
                path.unlink(missing_ok=True)
        for level in LEVELS:
            folder = self.root / level
            if not folder.is_dir():
                continue
            for path in folder.iterdir():
                if path not in public:
                    path.unlink(missing_ok=True)
            if not any(folder.iterdir()):
                shutil.rmtree(folder)
        for path in self.root.iterdir():
            stray = path.name.startswith((f".{MANIFEST}", f".{ERRORS}", *(f".{d}" for d in DATABASES)))
            if stray or (path.name in DATABASES and path.name not in databases):
                path.unlink(missing_ok=True)

    def write_manifest(self, manifest: Manifest) -> None:
        """Declare the run finished."""
        write_atomically(self.root / MANIFEST, (json.dumps(asdict(manifest), ensure_ascii=False, indent=1) + "\n").encode())

    def remove_manifest(self) -> None:
        """Declare the run unfinished, before anything is changed."""
        (self.root / MANIFEST).unlink(missing_ok=True)

    @cached_property
    def manifest(self) -> Manifest | None:
        """Give the manifest of a finished run, ``None`` without one."""
        try:
            data = json.loads((self.root / MANIFEST).read_text(encoding="utf-8"))
        except FileNotFoundError:
            return None
        except (OSError, ValueError) as error:
            raise InputError(f"{self.root / MANIFEST} cannot be read ({error}); run the batch again") from None
        if not isinstance(data, dict) or data.get("format") != FORMAT:
            raise InputError(f"{self.root / MANIFEST} is not of format {FORMAT}; run the batch again with this version")
        return Manifest(**{**data, "parts": tuple(data["parts"]), "topics": tuple(data["topics"])})


def read_manifest(out: str | Path) -> Manifest:
    """Read the manifest of a finished batch.

    Raises:
        InputError: there is no finished batch in that folder.
    """
    found = Store(Path(out)).manifest
    if found is None:
        raise InputError(f"{out} holds no finished batch; run `framing batch` until it ends")
    return found


def read_entries(out: str | Path) -> Iterator[Entry]:
    """Read every input of a finished batch, in order, one partition in memory at a time.

    Raises:
        InputError: there is no finished batch in that folder, or its store is damaged.
    """
    manifest = read_manifest(out)
    store = Store(Path(out))
    for part in manifest.parts:
        yield from store.read_part(part)
