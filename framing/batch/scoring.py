"""Score records and say where in its file each sentence stands."""

from __future__ import annotations

import hashlib
from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from framing.analysis import score_decoded_many
from framing.batch.inputs import Location, Missing, expand, kind_of
from framing.batch.places import LineIndex
from framing.batch.plan import read_file
from framing.batch.store import Entry
from framing.batch.tables import Record
from framing.decode import DEFAULT_LIMIT, Decoded, decode
from framing.errors import FramingError, InputError
from framing.model import FramingModel
from framing.records import ArticleScore
from framing.report.data import article

__all__ = ["Document", "article_data", "content_key", "entries_of", "entry_of", "scored"]


def content_key(record: Record) -> str:
    """Return a hash of what an article holds, whatever it is called and wherever it is."""
    if record.text is not None:
        return hashlib.sha256(b"text\0" + record.text.encode("utf-8", "surrogatepass")).hexdigest()[:32]
    return hashlib.sha256(b"data\0" + (record.data or b"")).hexdigest()[:32]


def scored(
    records: Iterable[Record], model: FramingModel, *, encoding: str | None = None, limit: int | None = None
) -> Iterator[tuple[Document, ArticleScore | None]]:
    """Score articles that were read, several in each pass of the model; the order stays.

    An article that cannot be read has no score, and its document says why.
    """
    found: deque[Document] = deque()

    def readable() -> Iterator[tuple[Decoded, str]]:
        for record in records:
            found.append(_document(record, encoding, limit))
            if found[-1].decoded is not None:
                yield found[-1].decoded, record.source

    for result in score_decoded_many(readable(), model):
        while found[0].decoded is None:
            yield found.popleft(), None
        yield found.popleft(), result
    yield from ((document, None) for document in found)


@dataclass(frozen=True, slots=True)
class Document:
    """Hold a record with its text, or with the reason why it has none."""

    record: Record
    decoded: Decoded | None
    error: FramingError | None = None

    @property
    def text(self) -> str:
        """Give the decoded text, empty if there is none."""
        return self.decoded.text if self.decoded is not None else ""

    def entry(self, key: str = "", score: ArticleScore | None = None) -> Entry:
        """Return the entry of this document, with the data of its score or with its error."""
        record = self.record
        origin = (record.source, record.row, record.id, record.group, key)
        if self.error is not None:
            return Entry(*origin, error={"error": type(self.error).__name__, "reason": str(self.error)})
        if score is None:
            return Entry(*origin)
        data = article_data(score, self.text)
        del data["source"]
        return Entry(*origin, sentences=data.pop("sentences"), article=data)


def _document(record: Record, encoding: str | None, limit: int | None) -> Document:
    if record.error is not None:
        return Document(record, None, record.error)
    if record.text is not None:
        return Document(record, Decoded(record.text, "str", True))
    try:
        return Document(record, decode(record.data or b"", encoding, limit=limit))
    except FramingError as error:
        return Document(record, None, error)


def article_data(result: ArticleScore, text: str) -> dict[str, Any]:
    """Return an article's data with ``line``, ``column``, ``end_line`` and ``end_column`` for each sentence.

    Lines and columns count from 1, columns in characters; the end column is the one after the last
    character.
    """
    data = article(result)
    lines = LineIndex(text)
    for sentence in data["sentences"]:
        sentence["line"], sentence["column"], sentence["end_line"], sentence["end_column"] = lines.span(sentence["start"], sentence["end"])
    return data


def entry_of(result: ArticleScore) -> Entry:
    """Turn a score into an entry whose sentences have no lines, as their text is not at hand."""
    data = article(result)
    return Entry(data.pop("source"), None, None, None, "", sentences=data.pop("sentences"), article=data)


def entries_of(sources: Sequence[str], model: FramingModel) -> Iterator[Entry]:
    """Score text files, folders and patterns, keeping nothing."""
    return (document.entry(score=score) for document, score in scored(map(_read, expand(sources)), model))


def _read(item: Location | Missing) -> Record:
    if isinstance(item, Missing):
        return Record(item.name, error=InputError(item.reason))
    if kind_of(item.path) != "text":
        return Record(item.name, error=InputError("is a table; score it with `framing batch` first"))
    return read_file(item, DEFAULT_LIMIT)
