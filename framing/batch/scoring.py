"""Score one record and say where in its file each sentence stands."""

from __future__ import annotations

import hashlib
import re
from bisect import bisect_right
from collections.abc import Iterator, Sequence
from typing import Any

from framing.analysis import score, score_decoded
from framing.batch.inputs import Missing, expand, kind_of
from framing.batch.plan import read_file
from framing.batch.store import Entry
from framing.batch.tables import Record
from framing.decode import DEFAULT_LIMIT, decode
from framing.errors import FramingError, InputError
from framing.model import FramingModel
from framing.records import ArticleScore
from framing.report.data import article

__all__ = ["article_data", "content_key", "entries_of", "entry_of", "scored_entry"]

_LINE_END = re.compile(r"\r\n|\n|\r")


def content_key(record: Record) -> str:
    """Return a hash of what an article holds, whatever it is called and wherever it is."""
    if record.text is not None:
        return hashlib.sha256(b"text\0" + record.text.encode("utf-8", "surrogatepass")).hexdigest()[:32]
    return hashlib.sha256(b"data\0" + (record.data or b"")).hexdigest()[:32]


def scored_entry(record: Record, model: FramingModel, *, key: str = "", encoding: str | None = None, limit: int | None = None) -> Entry:
    """Score an article that was read; one that cannot be becomes an entry with an error."""
    try:
        data = _score(record, model, encoding, limit)
    except FramingError as error:
        failure = {"error": type(error).__name__, "reason": str(error)}
        return Entry(record.source, record.row, record.id, record.group, key, error=failure)
    sentences = data.pop("sentences")
    del data["source"]
    return Entry(record.source, record.row, record.id, record.group, key, article=data, sentences=sentences)


def _score(record: Record, model: FramingModel, encoding: str | None, limit: int | None) -> dict[str, Any]:
    if record.error is not None:
        raise record.error
    if record.text is not None:
        return article_data(score(record.text, model, source=record.source), record.text)
    decoded = decode(record.data or b"", encoding, limit=limit)
    return article_data(score_decoded(decoded, model, source=record.source), decoded.text)


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
    """Score text files, folders and patterns one after the other, keeping nothing."""
    for item in expand(sources):
        if isinstance(item, Missing):
            record = Record(item.name, error=InputError(item.reason))
        elif kind_of(item.path) != "text":
            record = Record(item.name, error=InputError("is a table; score it with `framing batch` first"))
        else:
            record = read_file(item, DEFAULT_LIMIT)
        yield scored_entry(record, model)
