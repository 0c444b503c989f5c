"""Score records and say where in its file each sentence stands."""

from __future__ import annotations

import hashlib
import re
from bisect import bisect_right
from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from framing.analysis import score_decoded_many
from framing.batch.inputs import Location, Missing, expand, kind_of
from framing.batch.plan import read_file
from framing.batch.store import Entry
from framing.batch.tables import Record
from framing.decode import DEFAULT_LIMIT, Decoded, decode
from framing.errors import FramingError, InputError
from framing.model import FramingModel
from framing.records import ArticleScore
from framing.report.data import article

__all__ = ["article_data", "content_key", "entries_of", "entry_of", "scored_entries"]

_LINE_END = re.compile(r"\r\n|\n|\r")


def content_key(record: Record) -> str:
    """Return a hash of what an article holds, whatever it is called and wherever it is."""
    if record.text is not None:
        return hashlib.sha256(b"text\0" + record.text.encode("utf-8", "surrogatepass")).hexdigest()[:32]
    return hashlib.sha256(b"data\0" + (record.data or b"")).hexdigest()[:32]


def scored_entries(
    records: Iterable[tuple[Record, str]], model: FramingModel, *, encoding: str | None = None, limit: int | None = None
) -> Iterator[Entry]:
    """Score articles that were read, each with its key, several in each pass of the model; the order stays.

    An article that cannot be read becomes an entry with an error.
    """
    found: deque[_Document] = deque()

    def readable() -> Iterator[tuple[Decoded, str]]:
        for record, key in records:
            found.append(_document(record, key, encoding, limit))
            if found[-1].decoded is not None:
                yield found[-1].decoded, record.source

    for result in score_decoded_many(readable(), model):
        yield from _failures(found)
        document = found.popleft()
        data = article_data(result, document.decoded.text if document.decoded else "")
        sentences = data.pop("sentences")
        del data["source"]
        yield _entry(document, article=data, sentences=sentences)
    yield from _failures(found)


@dataclass(frozen=True, slots=True)
class _Document:
    """Hold a record with its text, or with the reason why it has none."""

    record: Record
    key: str
    decoded: Decoded | None
    error: FramingError | None = None


def _document(record: Record, key: str, encoding: str | None, limit: int | None) -> _Document:
    if record.error is not None:
        return _Document(record, key, None, record.error)
    if record.text is not None:
        return _Document(record, key, Decoded(record.text, "str", True))
    try:
        return _Document(record, key, decode(record.data or b"", encoding, limit=limit))
    except FramingError as error:
        return _Document(record, key, None, error)


def _failures(found: deque[_Document]) -> Iterator[Entry]:
    """Take the documents off the front that could not be read."""
    while found and found[0].decoded is None:
        document = found.popleft()
        yield _entry(document, error={"error": type(document.error).__name__, "reason": str(document.error)})


def _entry(document: _Document, **content: Any) -> Entry:
    record = document.record
    return Entry(record.source, record.row, record.id, record.group, document.key, **content)


def article_data(result: ArticleScore, text: str) -> dict[str, Any]:
    """Return an article's data with ``line``, ``column``, ``end_line`` and ``end_column`` for each sentence.

    Lines and columns count from 1, columns in characters; the end column is the one after the last
    character.
    """
    data = article(result)
    begins = [0, *(m.end() for m in _LINE_END.finditer(text))]
    for sentence in data["sentences"]:
        first, last = bisect_right(begins, sentence["start"]), bisect_right(begins, sentence["end"])
        sentence["line"], sentence["column"] = first, sentence["start"] - begins[first - 1] + 1
        sentence["end_line"], sentence["end_column"] = last, sentence["end"] - begins[last - 1] + 1
    return data


def entry_of(result: ArticleScore) -> Entry:
    """Turn a score into an entry whose sentences have no lines, as their text is not at hand."""
    data = article(result)
    return Entry(data.pop("source"), None, None, None, "", sentences=data.pop("sentences"), article=data)


def entries_of(sources: Sequence[str], model: FramingModel) -> Iterator[Entry]:
    """Score text files, folders and patterns, keeping nothing."""
    return scored_entries(((_read(item), "") for item in expand(sources)), model)


def _read(item: Location | Missing) -> Record:
    if isinstance(item, Missing):
        return Record(item.name, error=InputError(item.reason))
    if kind_of(item.path) != "text":
        return Record(item.name, error=InputError("is a table; score it with `framing batch` first"))
    return read_file(item, DEFAULT_LIMIT)
