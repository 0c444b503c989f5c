"""Write a finished batch into one SQLite or DuckDB file that is ready to query.

Tables ``articles`` and ``sentences`` have the columns of ``export``; ``topics`` is a view with one
row per article and topic, and ``columns`` says what each column means.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import closing
from itertools import islice
from pathlib import Path
from typing import Any

from framing.batch.export import Column, _utf8, arrow_table, article_columns, article_row, sentence_columns, sentence_rows
from framing.batch.inputs import extra
from framing.batch.store import Entry
from framing.errors import OutputError

__all__ = ["write_database"]

_CHUNK = 2000
_SQL = {
    "sqlite": {"text": "TEXT", "integer": "INTEGER", "real": "REAL", "boolean": "INTEGER"},
    "duckdb": {"text": "VARCHAR", "integer": "BIGINT", "real": "DOUBLE", "boolean": "BOOLEAN"},
}
Rows = Iterator[dict[str, Any]]


def write_database(path: Path, form: str, entries: Callable[[], Iterable[Entry]], topics: Sequence[str]) -> None:
    """Write a database whole: beside its place, then moved there.

    Args:
        path: the file.
        form: ``sqlite`` or ``duckdb``.
        entries: gives all entries, anew at each call; they are never all in memory.
        topics: the model's topics.

    Raises:
        OutputError: it cannot be written; an older file stays.
    """
    temporary = path.with_name(f".{path.name}")
    wal = temporary.with_name(temporary.name + ".wal")
    for leftover in (temporary, wal):
        leftover.unlink(missing_ok=True)
    tables = {"articles": article_columns(topics), "sentences": sentence_columns(topics)}
    rows: dict[str, Callable[[], Rows]] = {
        "articles": lambda: (article_row(e) for e in entries() if e.article is not None),
        "sentences": lambda: (row for e in entries() for row in sentence_rows(e)),
    }
    write = _sqlite if form == "sqlite" else _duckdb
    try:
        write(temporary, tables, rows, topics)
        temporary.replace(path)
    except _errors(form) as error:
        reason = str(error).splitlines()[0]
        raise OutputError(f"{path} cannot be written ({reason}); free space and run the batch again") from None
    finally:
        for leftover in (temporary, wal):
            leftover.unlink(missing_ok=True)


def _errors(form: str) -> tuple[type[Exception], ...]:
    return (OSError, extra("duckdb", "DuckDB outputs").Error) if form == "duckdb" else (OSError, sqlite3.Error)


def _create(name: str, columns: Sequence[Column], form: str) -> str:
    return f"CREATE TABLE {name} ({', '.join(f'{_name(c.name)} {_SQL[form][c.type]}' for c in columns)})"


def _name(column: str) -> str:
    return '"' + column.replace('"', '""') + '"'


def _topics_view(topics: Sequence[str]) -> str:
    """Return the view that turns the columns of each topic into rows."""
    selects = []
    for topic in (*topics, "all"):
        prefix = f"{topic}_"
        own = [c.name for c in article_columns(topics) if c.name.startswith(prefix)]
        fields = ", ".join(f"{_name(c)} AS {_name(c.removeprefix(prefix))}" for c in own)
        literal = topic.replace("'", "''")
        selects.append(f'SELECT source, "row", id, "group", \'{literal}\' AS topic, {fields} FROM articles')  # noqa: S608 - names are quoted
    return "CREATE VIEW topics AS " + " UNION ALL ".join(selects)


def _meanings(tables: dict[str, list[Column]]) -> list[tuple[str, str, str]]:
    return [(table, c.name, c.meaning) for table, columns in tables.items() for c in columns]


def _sqlite(path: Path, tables: dict[str, list[Column]], rows: dict[str, Callable[[], Rows]], topics: Sequence[str]) -> None:
    with closing(sqlite3.connect(path)) as database:
        database.execute("PRAGMA journal_mode = OFF")
        for table, columns in tables.items():
            database.execute(_create(table, columns, "sqlite"))
            marks = ", ".join("?" * len(columns))
            values = ([_utf8(row.get(c.name)) for c in columns] for row in rows[table]())
            database.executemany(f"INSERT INTO {table} VALUES ({marks})", values)  # noqa: S608 - our own names
        database.execute(_topics_view(topics))
        database.execute("CREATE TABLE columns (tbl TEXT, name TEXT, meaning TEXT)")
        database.executemany("INSERT INTO columns VALUES (?, ?, ?)", _meanings(tables))
        database.execute('CREATE INDEX sentences_of ON sentences (source, "row")')
        database.commit()


def _duckdb(path: Path, tables: dict[str, list[Column]], rows: dict[str, Callable[[], Rows]], topics: Sequence[str]) -> None:
    duckdb = extra("duckdb", "DuckDB outputs")
    with closing(duckdb.connect(str(path))) as database:
        for table, columns in tables.items():
            database.execute(_create(table, columns, "duckdb"))
            remaining = rows[table]()
            while chunk := list(islice(remaining, _CHUNK)):
                database.register("chunk", arrow_table(chunk, columns))
                database.execute(f"INSERT INTO {table} SELECT * FROM chunk")  # noqa: S608 - our own names
                database.unregister("chunk")
        database.execute(_topics_view(topics))
        database.execute("CREATE TABLE columns (tbl VARCHAR, name VARCHAR, meaning VARCHAR)")
        database.executemany("INSERT INTO columns VALUES (?, ?, ?)", _meanings(tables))
