"""Lay articles and sentences out in flat columns, and write a partition's files for people."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from framing.batch.encode import Encoded, dumps, encode_origin, utf8
from framing.batch.inputs import extra
from framing.batch.store import Entry
from framing.report.table import safe_cell

__all__ = [
    "FORMATS",
    "Column",
    "Encoder",
    "Files",
    "arrow_table",
    "article_columns",
    "article_row",
    "entry_line",
    "sentence_columns",
    "sentence_rows",
]

Type = Literal["text", "integer", "real", "boolean"]
FORMATS = ("jsonl", "csv", "parquet", "sqlite", "duckdb")

_SHARES = ("praise", "skepticism", "neutral", "net")
_TOPICS_ALL = "all"


@dataclass(frozen=True, slots=True)
class Column:
    """Describe one column of the flat outputs (CSV, Parquet, SQLite, DuckDB)."""

    name: str
    type: Type
    meaning: str


_ORIGIN = (
    Column("source", "text", "the file or table as it was named"),
    Column("row", "integer", "row of the table, from 1; empty for a file"),
    Column("id", "text", "value of --id-column"),
    Column("group", "text", "value of --group-column"),
)


def _estimate_columns(name: str, meaning: str) -> list[Column]:
    return [
        Column(name, "real", meaning),
        Column(f"{name}_low", "real", "lower end of its 90% interval"),
        Column(f"{name}_high", "real", "upper end of its 90% interval"),
    ]


def article_columns(topics: Sequence[str]) -> list[Column]:
    """List the columns of articles for a model's topics; the topic ``all`` comes last."""
    columns = [
        *_ORIGIN,
        Column("encoding", "text", "encoding of the file"),
        Column("characters", "integer", "length of the decoded text"),
        Column("verdict", "text", "praise, skepticism, mixed, neutral or unknown"),
        Column("lean", "text", "marketing, technology, balanced or unknown"),
        *_estimate_columns("lean_promotion", "share of sentences on marketing and traffic, 0 to 1"),
        *_estimate_columns("lean_technology", "share of sentences on technology, 0 to 1"),
        Column("warnings", "text", "names of warnings, separated by spaces"),
        Column("model", "text", "name of the model"),
        Column("model_hash", "text", "hash of the model"),
    ]
    for topic in (*topics, _TOPICS_ALL):
        columns += [
            Column(f"{topic}_sentences", "integer", "sentences labelled with the topic"),
            Column(f"{topic}_expected_sentences", "real", "sum of the topic's probabilities"),
            Column(f"{topic}_attention", "real", "share of the article, 0 to 1"),
            Column(f"{topic}_sufficient", "boolean", "whether there are enough sentences for shares"),
        ]
        for name in _SHARES:
            columns += _estimate_columns(
                f"{topic}_{name}", "net stance, −1 to +1" if name == "net" else f"share of {name}, 0 to 1; empty if not sufficient"
            )
        for voice in ("author", "quoted"):
            columns += [
                Column(f"{topic}_{voice}_share", "real", f"share of the {voice} voice, 0 to 1"),
                Column(f"{topic}_{voice}_net", "real", f"net stance of the {voice} voice"),
            ]
    return columns


def sentence_columns(topics: Sequence[str]) -> list[Column]:
    """List the columns of sentences for a model's topics."""
    return [
        *_ORIGIN,
        Column("index", "integer", "number of the sentence in its article, from 0"),
        Column("text", "text", "the repaired sentence"),
        Column("start", "integer", "offset of its first character in the decoded text, from 0"),
        Column("end", "integer", "offset after its last character"),
        Column("line", "integer", "line of its first character, from 1"),
        Column("column", "integer", "column of its first character, from 1"),
        Column("end_line", "integer", "line of its end"),
        Column("end_column", "integer", "column after its last character"),
        Column("paragraph", "integer", "number of its paragraph, from 0"),
        Column("kind", "text", "body, heading, boilerplate or unreadable; the last two are not counted"),
        Column("frame", "text", "praise, skepticism or neutral; empty if not predicted"),
        Column("praise", "real", "calibrated probability, 0 to 1"),
        Column("skepticism", "real", "calibrated probability, 0 to 1"),
        Column("neutral", "real", "calibrated probability, 0 to 1"),
        Column("topics", "text", "topics of the sentence, separated by spaces"),
        *(Column(f"topic_{t}", "real", "probability of the topic, 0 to 1") for t in topics),
        Column("voice", "text", "author or quoted"),
        Column("quoted", "real", "probability that somebody else speaks, 0 to 1"),
        Column("stance", "real", "log-odds of praise against skepticism"),
        Column("words", "text", "the words that moved the stance most, each with its weight"),
    ]


def _origin(entry: Entry) -> dict[str, Any]:
    return {"source": entry.source, "row": entry.row, "id": entry.id, "group": entry.group}


def _spread(name: str, value: Mapping[str, float] | None) -> dict[str, float | None]:
    if value is None:
        return {name: None, f"{name}_low": None, f"{name}_high": None}
    return {name: value["value"], f"{name}_low": value["low"], f"{name}_high": value["high"]}


def article_row(entry: Entry) -> dict[str, Any]:
    """Return one article as a flat row."""
    data = entry.article
    if data is None:
        raise ValueError("an entry that failed has no row")
    row = {
        **_origin(entry),
        "encoding": data["encoding"],
        "characters": data["characters"],
        "verdict": data["verdict"],
        "lean": data["lean"]["side"],
        **_spread("lean_promotion", data["lean"]["promotion_attention"]),
        **_spread("lean_technology", data["lean"]["technology_attention"]),
        "warnings": " ".join(data["warnings"]),
        "model": data["model"]["name"],
        "model_hash": data["model"]["hash"],
    }
    for topic in data["topics"]:
        name = topic["topic"]
        for field in ("sentences", "expected_sentences", "attention", "sufficient"):
            row[f"{name}_{field}"] = topic[field]
        for share in _SHARES:
            row.update(_spread(f"{name}_{share}", topic[share]))
        for voice in ("author", "quoted"):
            found = topic[voice] or {"share": None, "net": None}
            row[f"{name}_{voice}_share"], row[f"{name}_{voice}_net"] = found["share"], found["net"]
    return row


def sentence_rows(entry: Entry) -> Iterator[dict[str, Any]]:
    """Yield the sentences of one article as flat rows."""
    origin = _origin(entry)
    for index, sentence in enumerate(entry.sentences):
        row = {**origin, "index": index, **{k: v for k, v in sentence.items() if k != "prediction"}}
        found = sentence["prediction"]
        if found is not None:
            row.update(
                frame=found["frame"],
                **found["probabilities"],
                topics=" ".join(found["topics"]),
                **{f"topic_{t}": p for t, p in found["topic_probabilities"].items()},
                voice=found["voice"],
                quoted=found["quoted_probability"],
                stance=found["stance_log_odds"],
                words="; ".join(f"{c['text']} {c['weight']:+.2f}" for c in found["contributions"]),
            )
        yield row


Files = dict[str, bytes]
"""The bytes of a partition's files: ``articles`` and ``sentences``."""


class Encoder:
    """Encode a partition's articles one after the other, so that only one at a time is held as objects.

    ``form`` is ``jsonl``, ``csv`` or ``parquet``.
    """

    def __init__(self, form: str, topics: Sequence[str]) -> None:
        self.articles, self.sentences = (_TABLES[form](c) for c in (article_columns(topics), sentence_columns(topics)))

    @property
    def needs_data(self) -> bool:
        """Say whether entries must hold their article and sentences, besides what is encoded."""
        return not isinstance(self.articles, _Lines)

    def add(self, entry: Entry, encoded: Encoded) -> None:
        """Add an article that was scored, with its JSON."""
        self.articles.add_article(entry, encoded)
        self.sentences.add_sentences(entry, encoded)

    def files(self) -> Files:
        """Return what was added as files."""
        return {"articles": self.articles.data(), "sentences": self.sentences.data()}


class _Lines:
    def __init__(self, columns: Sequence[Column]) -> None:  # noqa: ARG002 - JSON Lines keep their own names
        self.pieces: list[bytes] = []

    def add_article(self, entry: Entry, encoded: Encoded) -> None:
        self.pieces += (encode_origin(entry), encoded.article, b"\n")

    def add_sentences(self, entry: Entry, encoded: Encoded) -> None:
        head = encode_origin(entry)
        for index, sentence in enumerate(encoded.sentences):
            self.pieces += (b'%b"index":%d,' % (head, index), sentence, b"\n")

    def data(self) -> bytes:
        return b"".join(self.pieces)


class _Csv:
    def __init__(self, columns: Sequence[Column]) -> None:
        self.names = [c.name for c in columns]
        self.buffer = io.StringIO()
        self.writer = csv.writer(self.buffer, lineterminator="\n")
        self.writer.writerow(self.names)

    def add_article(self, entry: Entry, encoded: Encoded) -> None:  # noqa: ARG002
        self._add(article_row(entry))

    def add_sentences(self, entry: Entry, encoded: Encoded) -> None:  # noqa: ARG002
        for row in sentence_rows(entry):
            self._add(row)

    def _add(self, row: dict[str, Any]) -> None:
        self.writer.writerow([_cell(row.get(name)) for name in self.names])

    def data(self) -> bytes:
        return self.buffer.getvalue().encode("utf-8", "replace")


class _Parquet:
    def __init__(self, columns: Sequence[Column]) -> None:
        self.columns = columns
        self.rows: list[dict[str, Any]] = []

    def add_article(self, entry: Entry, encoded: Encoded) -> None:  # noqa: ARG002
        self.rows.append(article_row(entry))

    def add_sentences(self, entry: Entry, encoded: Encoded) -> None:  # noqa: ARG002
        self.rows.extend(sentence_rows(entry))

    def data(self) -> bytes:
        parquet = extra("pyarrow.parquet", "Parquet outputs")
        buffer = io.BytesIO()
        parquet.write_table(arrow_table(self.rows, self.columns), buffer, compression="zstd")
        return buffer.getvalue()


_TABLES: dict[str, type[_Lines] | type[_Csv] | type[_Parquet]] = {"jsonl": _Lines, "csv": _Csv, "parquet": _Parquet}


def entry_line(entry: Entry, encoded: Encoded | None) -> bytes:
    """Return an entry's line in the store; ``encoded`` is its article, without which it has an error."""
    head = b'%b"key":"%b","article":' % (encode_origin(entry), entry.key.encode())
    if encoded is None:
        return b'%bnull,"error":%b,"sentences":[]}' % (head, utf8(dumps(entry.error)))
    sentences = b",{".join(encoded.sentences)
    return b'%b{%b,"error":null,"sentences":[%b]}' % (head, encoded.article, b"{" + sentences if sentences else b"")


def _cell(value: Any) -> Any:
    if isinstance(value, bool):
        return str(value).lower()
    return safe_cell(value) if isinstance(value, str) else value


def arrow_table(rows: Iterable[dict[str, Any]], columns: Sequence[Column]) -> Any:
    """Return rows as a ``pyarrow.Table`` with exactly these columns."""
    pa = extra("pyarrow", "Parquet and DuckDB outputs")
    types = {"text": pa.string(), "integer": pa.int64(), "real": pa.float64(), "boolean": pa.bool_()}
    schema = pa.schema([pa.field(c.name, types[c.type]) for c in columns])
    clean = [{k: _utf8(v) for k, v in row.items()} for row in rows]
    return pa.Table.from_pylist(clean, schema=schema)


def _utf8(value: Any) -> Any:
    """Replace what UTF-8 cannot hold, such as the undecodable bytes of a file name."""
    return value.encode("utf-8", "replace").decode("utf-8") if isinstance(value, str) else value
