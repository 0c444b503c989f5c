"""Carry out one partition in a worker: read, score what is new, write, commit."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from functools import lru_cache
from pathlib import Path

from framing.analysis import load_model
from framing.batch.export import dumps, encode
from framing.batch.plan import Partition, records
from framing.batch.scoring import content_key, scored_entry
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
        settings = [FORMAT, SCHEMA_VERSION, self.table.encoding, self.table.limit, self.model_hash]
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
    scored = 0
    entries: list[Entry] | None = None
    if head is None:
        entries, scored = _entries(found, job, store)
        head = _head(entries)
    name = f"{partition.number:05d}-{key[:12]}"
    places = {level: store.public(level, name, job.form) for level in _levels(job)}
    new = {level: path for level, path in places.items() if not path.exists()}
    if new:
        entries = list(store.read_part(key)) if entries is None else entries
        files = encode(entries, job.form, _model(job.model_path, job.model_hash).topics)
        store.check_token(job.token)
        for level, path in new.items():
            write_atomically(path, files[level])
    if scored or not store.part(key).exists():
        store.check_token(job.token)
        store.write_part(key, head, map(_line, entries or []))
    shown: tuple[tuple[str, str], ...] = ()
    if head.failures:
        failed = (e for e in (entries or store.read_part(key)) if e.error is not None)
        shown = tuple((_title(e), e.error["reason"]) for e, _ in zip(failed, range(_SHOWN_FAILURES), strict=False) if e.error)
    return Result(partition.number, key, partition.weight, head.articles, head.sentences, head.failures, scored, shown)


def _levels(job: Job) -> Sequence[str]:
    return LEVELS if job.form in ("jsonl", "csv", "parquet") else ()


def _title(entry: Entry) -> str:
    return entry.source if entry.row is None else f"{entry.source}:{entry.row}"


def _partition_key(found: Sequence[Record], job: Job) -> str:
    digest = hashlib.sha256(job.fingerprint.encode())
    for record in found:
        what = str(record.error) if record.error is not None else content_key(record)
        line = json.dumps([record.source, record.row, record.id, record.group, what])
        digest.update(line.encode() + b"\n")
    return digest.hexdigest()[:32]


def _article_key(record: Record, job: Job) -> str:
    return hashlib.sha256(f"{job.fingerprint}{content_key(record)}".encode()).hexdigest()[:32]


def _entries(found: Sequence[Record], job: Job, store: Store) -> tuple[list[Entry], int]:
    keys = [_article_key(r, job) if r.error is None else "" for r in found]
    earlier = store.earlier(k for k in keys if k) if job.incremental else {}
    entries = []
    scored = 0
    for record, key in zip(found, keys, strict=True):
        if key in earlier:
            entries.append(replace(earlier[key], source=record.source, row=record.row, id=record.id, group=record.group))
            continue
        model = _model(job.model_path, job.model_hash)
        entries.append(scored_entry(record, model, key=key, encoding=job.table.encoding, limit=job.table.limit))
        scored += entries[-1].article is not None
    return entries, scored


def _head(entries: Sequence[Entry]) -> Head:
    scored = [e for e in entries if e.article is not None]
    return Head(len(scored), sum(len(e.sentences) for e in scored), len(entries) - len(scored), tuple(e.key for e in scored))


def _line(entry: Entry) -> str:
    return dumps(asdict(entry))
