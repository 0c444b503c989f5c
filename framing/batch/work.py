"""Carry out one partition in a worker: read, score what is new, write, commit."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from itertools import islice
from pathlib import Path

import framing
from framing.analysis import load_model
from framing.batch.export import Encoder, dumps, entry_line
from framing.batch.plan import Partition, records
from framing.batch.scoring import content_key, scored_entries
from framing.batch.store import FORMAT, LEVELS, Entry, Head, Store
from framing.batch.tables import Record, TableConfig
from framing.errors import ArtifactError
from framing.model import FramingModel
from framing.output import write_atomically
from framing.report.data import SCHEMA_VERSION

__all__ = ["Job", "Result", "work"]

_SHOWN_FAILURES = 20


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
    key = _partition_key(found, job)
    head = store.read_head(key)
    name = f"{partition.number:05d}-{key[:12]}"
    missing = [level for level in _levels(job) if not store.public(level, name, job.form).exists()]
    encoder = Encoder(job.form, _model(job.model_path, job.model_hash).topics) if missing else None
    if head is None:
        tally = _Written()
        for entry in _scored(found, job, store, tally):
            tally.add(entry, encoder)
        _publish(store, job, name, missing, encoder)
        store.check_token(job.token)
        store.write_part(key, tally.head, tally.lines)
        return tally.result(partition, key)
    if encoder is not None:
        for entry in store.read_part(key):
            if entry.article is not None:
                encoder.add(entry, [dumps(s) for s in entry.sentences])
        _publish(store, job, name, missing, encoder)
    failed = (e for e in store.read_part(key) if e.error is not None) if head.failures else iter(())
    shown = tuple(_failure(e) for e in islice(failed, _SHOWN_FAILURES))
    return Result(partition.number, key, partition.weight, head.articles, head.sentences, head.failures, 0, shown)


class _Written:
    """Gather a new partition: its lines for the store, its counts and its first failures."""

    def __init__(self) -> None:
        self.lines: list[str] = []
        self.keys: list[str] = []
        self.shown: list[tuple[str, str]] = []
        self.sentences = self.failures = self.scored = 0

    def add(self, entry: Entry, encoder: Encoder | None) -> None:
        sentences = [dumps(s) for s in entry.sentences]
        self.lines.append(entry_line(entry, sentences))
        if entry.article is None:
            self.failures += 1
            self.shown += [_failure(entry)] if len(self.shown) < _SHOWN_FAILURES else []
            return
        self.keys.append(entry.key)
        self.sentences += len(sentences)
        if encoder is not None:
            encoder.add(entry, sentences)

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


def _partition_key(found: Sequence[Record], job: Job) -> str:
    digest = hashlib.sha256(job.fingerprint.encode())
    for record in found:
        what = str(record.error) if record.error is not None else content_key(record)
        line = json.dumps([record.source, record.row, record.id, record.group, what])
        digest.update(line.encode() + b"\n")
    return digest.hexdigest()[:32]


def _article_key(record: Record, job: Job) -> str:
    return hashlib.sha256(f"{job.fingerprint}{content_key(record)}".encode()).hexdigest()[:32]


def _scored(found: Sequence[Record], job: Job, store: Store, tally: _Written) -> Iterator[Entry]:
    keys = [_article_key(r, job) if r.error is None else "" for r in found]
    earlier = store.earlier(k for k in keys if k) if job.incremental else {}
    new = [(record, key) for record, key in zip(found, keys, strict=True) if key not in earlier]
    fresh: Iterator[Entry] = iter(())
    if new:
        model = _model(job.model_path, job.model_hash)
        fresh = scored_entries(new, model, encoding=job.table.encoding, limit=job.table.limit)
    for record, key in zip(found, keys, strict=True):
        if key in earlier:
            yield replace(earlier[key], source=record.source, row=record.row, id=record.id, group=record.group)
            continue
        entry = next(fresh)
        tally.scored += entry.article is not None
        yield entry
