"""Cut tables into spans without holding them, and read the rows of one span.

A span of a text table (JSON Lines, CSV, TSV) is a range of bytes of the decompressed file that
begins and ends between rows; of a Parquet file, a range of rows of one row group. A compressed
table has no way in but from its beginning, so it is first decompressed into a spool file.
"""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

from framing.batch.inputs import COMPRESSED, Kind, Location, extra, reading
from framing.decode import decode
from framing.errors import DecodeError, FramingError, InputError, OutputError

__all__ = ["Record", "Span", "TableConfig", "cut", "rows"]

_SAMPLE = 256 * 1024
_CHUNK = 1024 * 1024
_BATCH_ROWS = 256


@dataclass(frozen=True, slots=True)
class TableConfig:
    """Name the columns to read, and the encoding of CSV and TSV files (``None`` to find it)."""

    text_column: str = "text"
    id_column: str | None = None
    group_column: str | None = None
    encoding: str | None = None
    limit: int = 64 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class Span:
    """Hold a part of a table: ``start`` to ``stop`` in bytes, or in rows of ``row_group``.

    ``first_row`` is the number of its first row in the whole table, from 1; ``weight`` its size in
    bytes, for the progress bar.
    """

    location: Location
    kind: Kind
    start: int
    stop: int
    first_row: int
    weight: int
    columns: tuple[str, ...] = ()
    encoding: str = "utf-8"
    row_group: int = 0


@dataclass(frozen=True, slots=True)
class Record:
    """Hold one article as it was read, or why it could not be: exactly one of ``data``, ``text``, ``error``."""

    source: str
    row: int | None = None
    id: str | None = None
    group: str | None = None
    data: bytes | None = None
    text: str | None = None
    error: FramingError | None = None


def cut(location: Location, kind: Kind, config: TableConfig, size: int, spool: Path) -> tuple[list[Span], str | None]:
    """Cut a table into spans of about ``size`` bytes.

    Args:
        location: the table.
        kind: its format.
        config: the columns that it must have.
        size: bytes of decompressed text per span.
        spool: where to decompress a compressed table to.

    Returns:
        The spans, and the reason why the table could not be read to its end, if so: what comes
        before the damage is still scored.

    Raises:
        OutputError: the spool file cannot be written.
    """
    spans: list[Span] = []
    damage = None
    try:
        if location.path.lower().endswith(COMPRESSED):
            location, damage = _decompressed(location, spool)
        with reading():
            if kind == "parquet":
                _cut_parquet(spans, location, config, size)
            else:
                _cut_text(spans, location, kind, config, size)
    except InputError as error:
        damage = str(error)
    return spans, f"{damage}; the rows before that are scored" if damage and spans else damage


def _decompressed(location: Location, spool: Path) -> tuple[Location, str | None]:
    """Decompress a table into a file; after a damage, up to its last whole line."""
    temporary = spool.with_name(f".{spool.name}")
    damage = None
    with reading(), location.open() as stream:
        read = getattr(stream, "read1", stream.read)
        try:
            with temporary.open("wb") as file:
                while damage is None:
                    try:
                        with reading():
                            chunk = read(_CHUNK)
                    except InputError as error:
                        damage = str(error)
                        break
                    if not chunk:
                        break
                    file.write(chunk)
            if damage is not None:
                _drop_partial_line(temporary)
            temporary.replace(spool)
        except OSError as error:
            raise OutputError(f"{location.name} cannot be decompressed to {spool} ({error.strerror})") from None
    return Location(location.name, str(spool), spool.stat().st_size), damage


def _drop_partial_line(path: Path) -> None:
    with path.open("r+b") as file:
        end = file.seek(0, io.SEEK_END)
        while end > 0:
            begin = max(0, end - _CHUNK)
            file.seek(begin)
            found = file.read(end - begin).rfind(b"\n")
            if found >= 0:
                file.truncate(begin + found + 1)
                return
            end = begin
        file.truncate(0)


def _cut_text(spans: list[Span], location: Location, kind: Kind, config: TableConfig, size: int) -> None:
    """Append spans to ``spans``, so that those before a damage are there when it raises."""
    with location.open() as stream:
        encoding, columns, begin = _head(stream, kind, config)
    with location.open() as stream:
        stream.seek(begin)
        start = end = begin
        row = first = 1

        def close() -> None:
            if end > start:
                spans.append(Span(location, kind, start, end, first, end - start, columns, encoding))

        try:
            for length in _lengths(stream, kind, config.limit):
                end += length
                row += 1
                if end - start >= size:
                    close()
                    start, first = end, row
        finally:
            close()


def _head(stream: IO[bytes], kind: Kind, config: TableConfig) -> tuple[str, tuple[str, ...], int]:
    """Return the encoding, the columns and the offset of the first row."""
    sample = stream.read(_SAMPLE)
    mark = 3 if sample.startswith(b"\xef\xbb\xbf") else 0
    if kind == "jsonl":
        return "utf-8", (), mark
    encoding = config.encoding or _encoding(sample)
    if encoding.replace("_", "-").lower().startswith(("utf-16", "utf-32")):
        raise InputError(f"tables in {encoding} cannot be cut; convert it to UTF-8")
    header = next(_lengths(io.BytesIO(sample[mark:]), kind, config.limit), 0)
    try:
        columns = _cells(sample[mark : mark + header].decode(encoding), kind)
    except (UnicodeDecodeError, LookupError):
        raise InputError(f"the header is not in {encoding}; name the encoding with --encoding") from None
    for name in (config.text_column, config.id_column, config.group_column):
        if name is not None and name not in columns:
            raise InputError(f"has no column {name!r} (it has {', '.join(columns[:12]) or 'none'}); see --text-column")
    return encoding, tuple(columns), mark + header


def _encoding(sample: bytes) -> str:
    whole = sample[: sample.rfind(b"\n") + 1] or sample
    try:
        found = decode(whole).encoding
    except DecodeError as error:
        raise InputError(str(error)) from None
    return "utf-8" if found == "utf-8-sig" else found


def _lengths(stream: IO[bytes], kind: Kind, limit: int) -> Iterator[int]:
    """Yield the length in bytes of each row; a quoted cell of CSV may hold line ends.

    Neither a line end nor a quotation mark is ever part of a character of UTF-8, GB18030 or Big5,
    so bytes can be counted without decoding them.
    """
    length = quotes = 0
    while line := stream.readline(limit + 1):
        length += len(line)
        if length > limit:
            hint = "" if kind == "jsonl" else "; perhaps a quotation mark is not closed"
            raise InputError(f"a row is longer than the limit of {limit:,} bytes{hint}")
        if kind != "jsonl":
            quotes += line.count(b'"')
            if quotes % 2:
                continue
        yield length
        length = quotes = 0
    if length:
        yield length


def _cells(line: str, kind: Kind) -> list[str]:
    return next(csv.reader(io.StringIO(line, newline=""), delimiter="\t" if kind == "tsv" else ","), [])


def _cut_parquet(spans: list[Span], location: Location, config: TableConfig, size: int) -> None:
    parquet = extra("pyarrow.parquet", "Parquet files")
    with location.open() as stream:
        file = parquet.ParquetFile(stream)
        names = set(file.schema_arrow.names)
        for name in (config.text_column, config.id_column, config.group_column):
            if name is not None and name not in names:
                raise InputError(f"has no column {name!r} (it has {', '.join(sorted(names)[:12])}); see --text-column")
        first = 1
        for number in range(file.metadata.num_row_groups):
            group = file.metadata.row_group(number)
            width = max(1, group.total_byte_size // max(1, group.num_rows))
            step = max(1, size // width)
            for start in range(0, group.num_rows, step):
                stop = min(start + step, group.num_rows)
                spans.append(Span(location, "parquet", start, stop, first + start, (stop - start) * width, row_group=number))
            first += group.num_rows


def rows(span: Span, config: TableConfig) -> Iterator[Record]:
    """Read the rows of a span; a bad row becomes a record with an error.

    Raises:
        InputError: the table can no longer be read.
    """
    with reading():
        yield from _parquet_rows(span, config) if span.kind == "parquet" else _text_rows(span, config)


def _text_rows(span: Span, config: TableConfig) -> Iterator[Record]:
    # The limit per cell is the limit per row; Python's own (128 KiB) is less than a long article.
    csv.field_size_limit(config.limit + 1)
    with span.location.open() as stream:
        stream.seek(span.start)
        row, left = span.first_row, span.stop - span.start
        while left > 0:
            line = _row_bytes(stream, span.kind)
            if not line:
                raise InputError("has become shorter since it was looked through")
            left -= len(line)
            if line.strip():
                yield _parsed(line, row, span, config)
            row += 1


def _row_bytes(stream: IO[bytes], kind: Kind) -> bytes:
    line = stream.readline()
    if kind == "jsonl":
        return line
    quotes = line.count(b'"')
    while quotes % 2 and (more := stream.readline()):
        line += more
        quotes += more.count(b'"')
    return line


def _parsed(line: bytes, row: int, span: Span, config: TableConfig) -> Record:
    source = span.location.name
    try:
        if span.kind == "jsonl":
            values = json.loads(line)
            if not isinstance(values, dict):
                raise InputError("the row is not a JSON object")
        else:
            values = dict(zip(span.columns, _cells(line.decode(span.encoding), span.kind), strict=False))
    except UnicodeDecodeError:
        return Record(source, row, error=InputError(f"the row is not in {span.encoding}"))
    except ValueError:
        return Record(source, row, error=InputError("the row is not JSON"))
    except (InputError, csv.Error, RecursionError) as error:
        return Record(source, row, error=InputError(str(error)))
    return _record(source, row, values, config)


def _record(source: str, row: int, values: dict[str, Any], config: TableConfig) -> Record:
    identity, group = (None if n is None or values.get(n) is None else str(values[n]) for n in (config.id_column, config.group_column))
    text = values.get(config.text_column)
    if not isinstance(text, str):
        missing = config.text_column not in values
        reason = f"the row has no {config.text_column!r}" if missing else f"{config.text_column!r} is not text"
        return Record(source, row, identity, group, error=InputError(reason))
    return Record(source, row, identity, group, text=text)


def _parquet_rows(span: Span, config: TableConfig) -> Iterator[Record]:
    parquet = extra("pyarrow.parquet", "Parquet files")
    columns = [c for c in dict.fromkeys((config.text_column, config.id_column, config.group_column)) if c is not None]
    with span.location.open() as stream:
        at = 0
        for batch in parquet.ParquetFile(stream).iter_batches(_BATCH_ROWS, row_groups=[span.row_group], columns=columns):
            begin, end = max(span.start, at), min(span.stop, at + batch.num_rows)
            for offset, values in enumerate(batch.slice(begin - at, end - begin).to_pylist() if end > begin else ()):
                yield _record(span.location.name, span.first_row + begin - span.start + offset, values, config)
            at += batch.num_rows
            if at >= span.stop:
                break
