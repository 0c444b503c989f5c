"""Turn articles into sentences to be labelled, with a model's suggestions."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from framing.analysis import read_bytes
from framing.clean import clean
from framing.decode import decode
from framing.errors import FramingError, LabelError
from framing.labelling.files import check_ids, label_files, read_rows
from framing.model import FramingModel
from framing.records import Prediction
from framing.sentences import split

__all__ = ["CONTEXT", "article_tasks", "neighbours", "read_tasks", "suggestions", "with_neighbours"]

CONTEXT = 2
"""Sentences on either side that go with a sentence that leaves its article."""

_SUFFIXES = frozenset({".txt", ".md"})


def article_tasks(text: str, name: str) -> list[dict[str, Any]]:
    """Cut an article into task rows.

    The article's name gets a digest of its text, so that two files of one name stay apart and a changed
    article is another one. Boilerplate and unreadable sentences are left out.
    """
    digest = hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:6]
    article = f"{name}-{digest}"
    sentences = [s for s in split(clean(text)) if s.kind in ("body", "heading")]
    title = sentences[0].text if sentences and sentences[0].kind == "heading" else ""
    return [
        {"id": f"{article}#{i}", "article": article, "text": s.text, "paragraph": s.paragraph, "title": title}
        for i, s in enumerate(sentences)
    ]


def read_tasks(paths: Sequence[Path], skipped: Callable[[str], None] | None = None) -> list[dict[str, Any]]:
    """Read label files, task files and articles as rows, labelled or not.

    Args:
        paths: JSON Lines files, text files (any encoding that ``framing score`` reads), and folders,
            which are searched for both.
        skipped: called with a line for each text file that cannot be read; without it that is an error.

    Raises:
        LabelError: nothing was found, a row breaks the schema, or an id occurs twice.
        InputError: a text cannot be read.
    """
    rows: list[dict[str, Any]] = []
    origins: list[tuple[str, str]] = []
    for path in _expanded(paths):
        if path.suffix == ".jsonl":
            read = read_rows(path, tasks=True)
            rows += [dict(r.data) for r in read]
            origins += [(str(r.data["id"]), r.origin) for r in read]
            continue
        try:
            found = article_tasks(decode(read_bytes(path)).text, path.stem)
        except FramingError as error:
            if skipped is None:
                raise type(error)(f"{path}: {error}") from None
            skipped(f"{path}: {error}")
            continue
        rows += found
        origins += [(row["id"], str(path)) for row in found]
    check_ids(origins)
    if not rows:
        raise LabelError(f"{', '.join(map(str, paths))}: no sentences were found")
    return rows


def _expanded(paths: Sequence[Path]) -> Iterator[Path]:
    for path in paths:
        if path.is_dir():
            yield from label_files([path])
            yield from (f for f in sorted(path.rglob("*")) if f.suffix in _SUFFIXES and f.is_file())
        else:
            yield path


def suggestions(rows: Sequence[Mapping[str, Any]], model: FramingModel, evidence: int = 0) -> list[Prediction]:
    """Label rows with a model, each article as a whole, in the order of its rows."""
    from framing.analysis import predict_rows

    order = sorted(range(len(rows)), key=_adjacent(rows).__getitem__)
    texts, articles = [rows[i]["text"] for i in order], [str(rows[i]["article"]) for i in order]
    found = predict_rows(texts, articles, model, evidence=evidence)
    by_row = dict(zip(order, found, strict=True))
    return [by_row[i] for i in range(len(rows))]


def _adjacent(rows: Sequence[Mapping[str, Any]]) -> list[int]:
    """Number articles in order of first mention, so that a stable sort brings their rows together."""
    index: dict[str, int] = {}
    return [index.setdefault(str(row["article"]), len(index)) for row in rows]


def neighbours(rows: Sequence[Mapping[str, Any]], at: int, count: int = CONTEXT) -> tuple[str, str]:
    """Return the sentences before and after a row in its article, each side joined; its own fields where it stands alone."""
    row = rows[at]
    if "before" in row or "after" in row:
        return str(row.get("before", "")), str(row.get("after", ""))

    def texts(positions: Iterable[int]) -> str:
        return "".join(str(rows[i]["text"]) for i in positions if 0 <= i < len(rows) and rows[i]["article"] == row["article"])

    return texts(range(at - count, at)), texts(range(at + 1, at + count + 1))


def with_neighbours(rows: Sequence[Mapping[str, Any]], at: int) -> dict[str, Any]:
    """Return a row with the sentences around it in ``before`` and ``after``."""
    before, after = neighbours(rows, at)
    return {**rows[at], "before": before, "after": after}
