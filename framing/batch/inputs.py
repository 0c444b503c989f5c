"""Find the inputs that were asked for and open them, wherever they are and however compressed."""

from __future__ import annotations

import glob
import gzip
import importlib
import os
import stat
import zlib
from collections.abc import Iterable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import IO, Any, Literal, cast

import zstandard

from framing.errors import InputError

__all__ = ["COMPRESSED", "TABLES", "TEXTS", "Kind", "Location", "Missing", "expand", "extra", "kind_of", "reading"]

Kind = Literal["text", "jsonl", "csv", "tsv", "parquet"]

TABLES: dict[str, Kind] = {
    ".jsonl": "jsonl",
    ".ndjson": "jsonl",
    ".csv": "csv",
    ".tsv": "tsv",
    ".parquet": "parquet",
    ".pq": "parquet",
}
TEXTS = (".txt", ".text", ".md", ".html", ".htm")
"""What is taken from a folder besides tables; a file that is named is always taken."""

COMPRESSED = (".gz", ".zst")
"""Endings that say how a file is compressed."""


@dataclass(frozen=True, slots=True)
class Location:
    """Name one input and where it is: ``fs`` is an fsspec file system, or ``None`` for an absolute local path."""

    name: str
    path: str
    size: int
    fs: Any = None

    @contextmanager
    def open(self) -> Iterator[IO[bytes]]:
        """Open for reading, decompressed; use inside ``reading``."""
        with ExitStack() as stack:
            stream = stack.enter_context(self._open_as_is())
            suffix = PurePosixPath(self.path).suffix.lower()
            if suffix == ".gz":
                stream = stack.enter_context(cast("IO[bytes]", gzip.GzipFile(fileobj=stream)))
            elif suffix == ".zst":
                stream = stack.enter_context(zstandard.ZstdDecompressor().stream_reader(stream, read_across_frames=True))
            yield stream

    def _open_as_is(self) -> IO[bytes]:
        if self.fs is not None:
            return cast("IO[bytes]", self.fs.open(self.path, "rb"))
        if not stat.S_ISREG(os.stat(self.path).st_mode):  # noqa: PTH116 - a pipe would block `Path.open`
            raise InputError("is no regular file")
        return Path(self.path).open("rb")


@dataclass(frozen=True, slots=True)
class Missing:
    """Hold a SRC that names nothing, and why."""

    name: str
    reason: str


def kind_of(path: str) -> Kind:
    """Tell from a name what it holds; anything but a known table is the text of one article."""
    place = PurePosixPath(path.lower())
    if place.suffix in COMPRESSED:
        place = place.with_suffix("")
    return TABLES.get(place.suffix, "text")


def expand(sources: Sequence[str | Location]) -> Iterator[Location | Missing]:
    """Turn files, folders, patterns and URLs into single inputs, each name once.

    Folders are searched through, in the order of names; what is hidden or is neither text nor a
    table by its name is left out. A ``Location`` stays as it is.
    """
    seen: set[str] = set()
    for source in sources:
        found: Iterable[Location | Missing]
        if isinstance(source, Location):
            found = [source]
        elif "://" in source:
            found = _remote(source)
        else:
            found = _local(source)
        for item in found:
            if item.name not in seen:
                seen.add(item.name)
                yield item


@contextmanager
def reading() -> Iterator[None]:
    """Translate what file systems and decompressors raise into ``InputError``.

    Raises:
        InputError: the input cannot be read to its end.
    """
    try:
        yield
    except InputError:
        raise
    except FileNotFoundError:
        raise InputError("no such file") from None
    except PermissionError:
        raise InputError("may not be read (permission denied)") from None
    except EOFError:
        raise InputError("the compressed file is cut off") from None
    except (OSError, zlib.error, ValueError) as error:
        raise InputError(f"cannot be read ({getattr(error, 'strerror', None) or _first_line(error)})") from None
    except zstandard.ZstdError as error:
        raise InputError(f"cannot be decompressed ({_first_line(error)})") from None


def _first_line(error: Exception) -> str:
    return (str(error).splitlines() or [type(error).__name__])[0].rstrip(".")


def extra(module: str, use: str) -> Any:
    """Import a package of the extra ``batch``; ``use`` says what for.

    Raises:
        InputError: it is not installed.
    """
    try:
        return importlib.import_module(module)
    except ImportError:
        raise InputError(f"{use} need the package {module.split('.')[0]}; install framing-zh[batch]") from None


def _wanted(path: str) -> bool:
    place = PurePosixPath(path.lower())
    if place.suffix in COMPRESSED:
        place = place.with_suffix("")
    return not place.name.startswith((".", "_")) and (place.suffix in TABLES or place.suffix in TEXTS)


def _local(source: str) -> Iterator[Location | Missing]:
    place = Path(source)
    try:
        if place.is_dir():
            yield from _walk(source)
            return
        if os.path.lexists(place):
            yield Location(source, _absolute(source), _size(source))
            return
    except (OSError, ValueError) as error:
        yield Missing(source, f"cannot be read ({getattr(error, 'strerror', None) or error})")
        return
    matches = sorted(glob.glob(source, recursive=True)) if glob.has_magic(source) else []  # noqa: PTH207 - sorted strings as typed
    if not matches:
        yield Missing(source, "nothing matches this pattern" if glob.has_magic(source) else "no such file")
    for match in matches:
        if not Path(match).is_dir():
            yield Location(match, _absolute(match), _size(match))


def _walk(folder: str) -> Iterator[Location]:
    for here, folders, files in os.walk(folder):
        folders[:] = sorted(f for f in folders if not f.startswith("."))
        for name in sorted(files):
            if _wanted(name):
                path = os.path.join(here, name)  # noqa: PTH118 - keeps the name as it was typed
                yield Location(path, _absolute(path), _size(path))


def _absolute(path: str) -> str:
    return os.path.abspath(path)  # noqa: PTH100 - links stay as they are, so that a broken one is told apart


def _size(path: str) -> int:
    try:
        return os.stat(path).st_size  # noqa: PTH116 - hot over many files
    except OSError:
        return 0


def _remote(url: str) -> Iterator[Location | Missing]:
    fsspec = extra("fsspec", "URLs")
    rest = "::" + url.split("::", 1)[1] if "::" in url else ""
    try:
        fs, path = fsspec.core.url_to_fs(url)
        if glob.has_magic(path):
            found = sorted(fs.glob(path))
        elif fs.isdir(path):
            found = [p for p in sorted(fs.find(path)) if _wanted(p)]
        else:
            found = [path] if fs.exists(path) else []
        sizes = [int(fs.size(p) or 0) for p in found]
    except Exception as error:  # each file system has exceptions of its own
        yield Missing(url, f"cannot be reached ({_first_line(error)})")
        return
    if not found:
        yield Missing(url, "nothing is there")
    for path, size in zip(found, sizes, strict=True):
        yield Location((f"{url.split('://', 1)[0]}://{path}{rest}" if rest else fs.unstrip_protocol(path)), path, size, fs)
