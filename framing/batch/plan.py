"""Divide inputs into partitions: descriptions of work that any worker can carry out by itself."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from framing.batch.inputs import Location, reading
from framing.batch.tables import Record, Span, TableConfig, rows
from framing.errors import FramingError, InputError

__all__ = ["FILES_PER_PARTITION", "Partition", "partitions", "read_file", "records"]

FILES_PER_PARTITION = 256
"""Largest number of text files in one partition, however small they are."""


@dataclass(frozen=True, slots=True)
class Partition:
    """Describe one unit of work: either text files or one span of a table, never both.

    ``number`` gives its place in the output, from 0; ``weight`` its size in bytes.
    """

    number: int
    weight: int
    files: tuple[Location, ...] = ()
    span: Span | None = None


def partitions(items: Iterable[Location | Span], size: int) -> Iterator[Partition]:
    """Group text files, and spans as they are, into partitions of about ``size`` bytes, in order."""
    number = 0
    files: list[Location] = []
    weight = 0
    for item in items:
        full = files and (isinstance(item, Span) or weight >= size or len(files) == FILES_PER_PARTITION)
        if full:
            yield Partition(number, weight, tuple(files))
            number, files, weight = number + 1, [], 0
        if isinstance(item, Span):
            yield Partition(number, item.weight, span=item)
            number += 1
        else:
            files.append(item)
            weight += item.size
    if files:
        yield Partition(number, weight, tuple(files))


def records(partition: Partition, config: TableConfig) -> Iterator[Record]:
    """Read the articles of a partition; what cannot be read becomes a record with an error."""
    if partition.span is not None:
        try:
            yield from rows(partition.span, config)
        except InputError as error:
            yield Record(partition.span.location.name, error=error)
        return
    for file in partition.files:
        yield read_file(file, config.limit)


def read_file(file: Location, limit: int) -> Record:
    """Read a text file, one byte beyond the limit at most, so that an excess shows."""
    try:
        with reading(), file.open() as stream:
            return Record(file.name, data=stream.read(limit + 1))
    except FramingError as error:
        return Record(file.name, error=error)
