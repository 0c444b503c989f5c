"""Carry out one partition in a worker: read, score what is new, write, commit."""

from __future__ import annotations

import gc
import hashlib
import json
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import lru_cache
from itertools import islice
from pathlib import Path

import framing
from framing.analysis import load_model
from framing.batch.encode import Encoded, encode_data, encode_scores
from framing.batch.export import Encoder, entry_line
from framing.batch.plan import Partition, records
from framing.batch.scoring import Document, content_key, scored
from framing.batch.store import FORMAT, LEVELS, Entry, Head, Store
from framing.batch.tables import Record, TableConfig
from framing.errors import ArtifactError
from framing.model import FramingModel
from framing.output import write_atomically
from framing.records import ArticleScore
from framing.report.data import SCHEMA_VERSION

__all__ = ["Job", "Result", "work"]

_SHOWN_FAILURES = 20

_ENCODED_TOGETHER = 64
"""Articles whose numbers are rounded at once."""


@dataclass(frozen=True, slots=True)
class Job:
    """Hold what all partitions of a run have in common; sent to every worker."""

    out: str
    token: str
    form: str
    incremental: bool
    table: TableConfig
    model_path: str | None
    model_hash: str

    @property
    def fingerprint(self) -> str:
        """Return what shapes the results besides the inputs."""
        settings = [FORMAT, SCHEMA_VERSION, framing.__version__, self.table.encoding, self.table.limit, self.model_hash]
        return json.dumps(settings)


@dataclass(frozen=True, slots=True)
class Result:
    """Report a finished partition: its counts, how many articles were scored anew, its first failures."""

    number: int
    key: str
    weight: int
    articles: int
    sentences: int
    failures: int
    scored: int
    shown: tuple[tuple[str, str], ...] = ()


@lru_cache(maxsize=1)
def _model(path: str | None, digest: str) -> FramingModel:
    """Load the model once per worker and make sure that it is the run's."""
    model = load_model(path)
    if model.hash != digest:
        raise ArtifactError(f"{path or 'the shipped model'} is not the model that the run began with; start the run again")
    return model


def work(partition: Partition, job: Job) -> Result:
    """Score one partition and commit it, unless it is there already.

    Raises:
        OutputError: the folder cannot be written; nothing of this partition is left under its final name.
        ArtifactError: the model is missing or another one.
    """
    store = Store(Path(job.out))
    found = list(records(partition, job.table))
    contents = [content_key(r) if r.error is None else "" for r in found]
    key = _partition_key(found, contents, job)
    head = store.read_head(key)
    name = f"{partition.number:05d}-{key[:12]}"
    missing = [level for level in _levels(job) if not store.public(level, name, job.form).exists()]
    encoder = Encoder(job.form, _model(job.model_path, job.model_hash).topics) if missing else None
    if head is None:
        written = _Written(encoder)
        with _no_collection():
            _score(found, contents, job, store, written)
        _publish(store, job, name, missing, encoder)
        store.check_token(job.token)
        store.write_part(key, written.head, written.lines)
        return written.result(partition, key)
    if encoder is not None:
        for entry in store.read_part(key):
            if entry.article is not None:
                encoder.add(entry, encode_data(entry.article, entry.sentences))
        _publish(store, job, name, missing, encoder)
    failed = (e for e in store.read_part(key) if e.error is not None) if head.failures else iter(())
    shown = tuple(_failure(e) for e in islice(failed, _SHOWN_FAILURES))
    return Result(partition.number, key, partition.weight, head.articles, head.sentences, head.failures, 0, shown)


@contextmanager
def _no_collection() -> Iterator[None]:
    """Put off the search for cycles: scoring makes none, and each search would walk through the model's dictionaries."""
    enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if enabled:
            gc.enable()


class _Written:
    """Gather a new partition: its lines for the store and for people, its counts and its first failures."""

    def __init__(self, encoder: Encoder | None) -> None:
        self.encoder = encoder
        self.lines: list[bytes] = []
        self.keys: list[str] = []
        self.shown: list[tuple[str, str]] = []
        self.sentences = self.failures = self.scored = 0

    @property
    def needs_data(self) -> bool:
        return self.encoder is not None and self.encoder.needs_data

    def add(self, entry: Entry, encoded: Encoded | None) -> None:
        self.lines.append(entry_line(entry, encoded))
        if encoded is None:
            self.failures += 1
            self.shown += [_failure(entry)] if len(self.shown) < _SHOWN_FAILURES else []
            return
        self.keys.append(entry.key)
        self.sentences += len(encoded.sentences)
        if self.encoder is not None:
            self.encoder.add(entry, encoded)

    @property
    def head(self) -> Head:
        return Head(len(self.keys), self.sentences, self.failures, tuple(self.keys))

    def result(self, partition: Partition, key: str) -> Result:
        counts = (len(self.keys), self.sentences, self.failures, self.scored)
        return Result(partition.number, key, partition.weight, *counts, tuple(self.shown))


def _publish(store: Store, job: Job, name: str, levels: Sequence[str], encoder: Encoder | None) -> None:
    if encoder is None:
        return
    files = encoder.files()
    store.check_token(job.token)
    for level in levels:
        write_atomically(store.public(level, name, job.form), files[level])


def _levels(job: Job) -> Sequence[str]:
    return LEVELS if job.form in ("jsonl", "csv", "parquet") else ()


def _failure(entry: Entry) -> tuple[str, str]:
    title = entry.source if entry.row is None else f"{entry.source}:{entry.row}"
    return title, (entry.error or {}).get("reason", "")


def _partition_key(found: Sequence[Record], contents: Sequence[str], job: Job) -> str:
    digest = hashlib.sha256(job.fingerprint.encode())
    for record, content in zip(found, contents, strict=True):
        line = json.dumps([record.source, record.row, record.id, record.group, content if record.error is None else str(record.error)])
        digest.update(line.encode() + b"\n")
    return digest.hexdigest()[:32]


def _score(found: Sequence[Record], contents: Sequence[str], job: Job, store: Store, written: _Written) -> None:
    """Score the articles of a partition, or take them over from an earlier run, in their order."""
    fingerprint = job.fingerprint
    keys = [hashlib.sha256(f"{fingerprint}{content}".encode()).hexdigest()[:32] if content else "" for content in contents]
    earlier = store.earlier(k for k in keys if k) if job.incremental else {}
    new = [record for record, key in zip(found, keys, strict=True) if key not in earlier]
    fresh = _fresh(new, job) if new else iter(())
    for record, key in zip(found, keys, strict=True):
        if key in earlier:
            entry = replace(earlier[key], source=record.source, row=record.row, id=record.id, group=record.group)
            written.add(entry, encode_data(entry.article or {}, entry.sentences))
            continue
        document, score, encoded = next(fresh)
        written.scored += score is not None
        written.add(document.entry(key, score if written.needs_data else None), encoded)


def _fresh(new: Sequence[Record], job: Job) -> Iterator[tuple[Document, ArticleScore | None, Encoded | None]]:
    """Score articles and encode some of them at a time."""
    results = scored(new, _model(job.model_path, job.model_hash), encoding=job.table.encoding, limit=job.table.limit)
    while some := list(islice(results, _ENCODED_TOGETHER)):
        pairs = [(document.text, score) for document, score in some if score is not None]
        encoded = encode_scores([score for _, score in pairs], [text for text, _ in pairs])
        for document, score in some:
            yield document, score, None if score is None else next(encoded)
