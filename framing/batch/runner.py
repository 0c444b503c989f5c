"""Run a batch: plan, hand partitions to workers, finish the folder."""

from __future__ import annotations

import importlib
import json
import os
import shutil
import sys
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, Literal

import framing
from framing.analysis import load_model
from framing.batch.database import write_database
from framing.batch.inputs import Location, Missing, expand, kind_of
from framing.batch.plan import Partition, partitions
from framing.batch.progress import Progress, Silent
from framing.batch.store import DATABASES, ERRORS, FORMAT, LEVELS, Entry, Manifest, Store
from framing.batch.tables import Span, TableConfig, cut
from framing.batch.work import Job, Result, work
from framing.errors import FramingError, OutputError
from framing.model import FramingModel
from framing.output import write_atomically

__all__ = ["BatchConfig", "Summary", "run"]

STDIN = "<stdin>"
_WATCH_SECONDS = 0.5


@dataclass(frozen=True, slots=True)
class BatchConfig:
    """Set how a batch reads, scores and writes.

    ``jobs`` counts local processes (``None`` for all cores); ``scheduler`` is the address of a Dask
    scheduler for the backend ``dask``. ``partition_size`` is in bytes of input. ``max_errors`` is the
    number of failures that are borne; one more stops the run.
    """

    form: Literal["jsonl", "csv", "parquet", "sqlite", "duckdb"] = "jsonl"
    table: TableConfig = field(default_factory=TableConfig)
    model_path: str | None = None
    jobs: int | None = None
    backend: Literal["local", "dask"] = "local"
    scheduler: str | None = None
    partition_size: int = 1024 * 1024
    incremental: bool = False
    max_errors: int | None = None


@dataclass(frozen=True, slots=True)
class Summary:
    """Hold the totals of a run; ``finished`` is false if it stopped at too many failures."""

    inputs: int
    articles: int
    sentences: int
    failures: int
    scored: int
    seconds: float
    finished: bool


def run(sources: Sequence[str], out: str | Path, config: BatchConfig = BatchConfig(), progress: Progress | None = None) -> Summary:
    """Score inputs into a folder, going on where an earlier run was stopped.

    Args:
        sources: files, folders, patterns, URLs and tables; ``-`` is standard input.
        out: the folder; made if it is missing.
        config: how to read, score and write.
        progress: receives events; silent by default.

    Returns:
        The totals. Inputs that failed are in ``errors.jsonl``, and never stop the run by themselves.

    Raises:
        OutputError: the folder is in use, holds something else or a finished run, or cannot be written.
        ArtifactError: there is no sound model.
    """
    begun = time.monotonic()
    progress = progress or Silent()
    model = load_model(config.model_path)
    store = Store(Path(out))
    store.create()
    with store.locked() as token:
        before = store.manifest
        if before is not None and not config.incremental:
            raise OutputError(f"{out} holds a finished batch; add --incremental to bring it up to date, or choose another folder")
        # Workers may have another current folder.
        model_path = None if config.model_path is None else str(Path(config.model_path).resolve())
        job = Job(str(store.root.resolve()), token, config.form, config.incremental, config.table, model_path, model.hash)
        with _pool(config) as pool:
            tally = _Tally(progress, config.max_errors)
            plan = _plan(_spooled(sources, store), config, store, tally, pool)
            store.remove_manifest()
            _make_levels(store, config)
            progress.begin(sum(p.weight for p in plan), len(plan))
            for result in pool.map(work, [(p, job) for p in plan], tally):
                tally.add(result)
        summary = tally.summary(time.monotonic() - begun)
        _finish(store, tally, config, model, before)
    progress.end(asdict(summary))
    return summary


class _Tally:
    """Count what came back and decide when there are too many failures."""

    def __init__(self, progress: Progress, max_errors: int | None) -> None:
        self.progress = progress
        self.max_errors = max_errors
        self.inputs = 0
        self.results: list[Result] = []
        self.lost: list[Entry] = []
        self.counts = {"articles": 0, "sentences": 0, "failures": 0, "scored": 0}

    def add(self, result: Result) -> None:
        self.results.append(result)
        for name in self.counts:
            self.counts[name] += getattr(result, name)
        for name, reason in result.shown:
            self.progress.failure(name, reason)
        self.progress.advance(result.weight, dict(self.counts))

    def lose(self, name: str, reason: str) -> None:
        self.lost.append(Entry(name, None, None, None, "", error={"error": "InputError", "reason": reason}))
        self.counts["failures"] += 1
        self.progress.failure(name, reason)

    @property
    def too_many(self) -> bool:
        return self.max_errors is not None and self.counts["failures"] > self.max_errors

    def summary(self, seconds: float) -> Summary:
        return Summary(self.inputs, **self.counts, seconds=round(seconds, 3), finished=not self.too_many)


class _Pool:
    """Run functions through joblib, whatever its backend; results come as they are ready."""

    def __init__(self, jobs: int) -> None:
        self.jobs = jobs

    def map(self, function: Any, arguments: Sequence[tuple[Any, ...]], tally: _Tally) -> Iterator[Any]:
        from joblib import Parallel, delayed

        # A single partition is not worth starting processes for.
        jobs = min(self.jobs, max(1, len(arguments))) if self.jobs > 0 else self.jobs
        results = Parallel(n_jobs=jobs, return_as="generator_unordered", batch_size=1, pre_dispatch="2*n_jobs")(
            delayed(function)(*a) for a in arguments
        )
        try:
            for result in results:
                yield result
                if tally.too_many:
                    return
        finally:
            results.close()


def _end_with(parent: int) -> None:
    """Make this worker end soon after its parent: loky's would wait for minutes for a killed one."""

    def watch() -> None:
        while os.getppid() == parent:
            time.sleep(_WATCH_SECONDS)
        os._exit(1)

    threading.Thread(target=watch, daemon=True).start()


@contextmanager
def _pool(config: BatchConfig) -> Iterator[_Pool]:
    from joblib import cpu_count, parallel_config

    with ExitStack() as stack:
        if config.backend == "dask":
            stack.enter_context(_dask_client(config.scheduler))
            stack.enter_context(parallel_config(backend="dask"))
            yield _Pool(-1)
        else:
            stack.enter_context(parallel_config(backend="loky", initializer=_end_with, initargs=(os.getpid(),)))
            yield _Pool(config.jobs or cpu_count())


@contextmanager
def _dask_client(address: str | None) -> Iterator[Any]:
    try:
        connect: Any = importlib.import_module("distributed").Client
    except ImportError:
        raise FramingError("the backend dask needs packages of its own; install framing-zh[dask]") from None
    if address is None:
        raise FramingError("the backend dask needs the address of a running scheduler; add --scheduler ADDRESS")
    try:
        client = connect(address, timeout=10)
    except (OSError, ValueError) as error:
        raise FramingError(f"no Dask scheduler answers at {address} ({type(error).__name__}); check the address") from None
    with client:
        yield client


def _spooled(sources: Sequence[str], store: Store) -> list[str | Location]:
    """Replace ``-`` by a file of what standard input holds, so that workers can read it."""
    result: list[str | Location] = []
    for source in sources:
        if source != "-":
            result.append(source)
            continue
        temporary = store.folder / ".stdin"
        try:
            with temporary.open("wb") as file:
                shutil.copyfileobj(sys.stdin.buffer, file)
            with temporary.open("rb") as file:
                table = file.read(4096).lstrip(b"\xef\xbb\xbf \t\r\n").startswith(b"{")
            place = temporary.replace(store.folder / ("stdin.jsonl" if table else "stdin"))
        except OSError as error:
            raise OutputError(f"standard input cannot be kept in {store.folder} ({error.strerror})") from None
        result.append(Location(STDIN, str(place.resolve()), place.stat().st_size))
    return result


def _plan(sources: Sequence[str | Location], config: BatchConfig, store: Store, tally: _Tally, pool: _Pool) -> list[Partition]:
    items: list[Location] = []
    tables: list[tuple[int, Location]] = []
    for item in expand(sources):
        tally.inputs += 1
        if isinstance(item, Missing):
            tally.lose(item.name, item.reason)
            continue
        if kind_of(item.path) != "text":
            tables.append((len(items), item))
        items.append(item)
    arguments = [(at, table, config.table, config.partition_size, store.folder.resolve() / f"spool-{at}") for at, table in tables]
    spans: dict[int, list[Span]] = {}
    for at, found, reason in pool.map(_cut, arguments, tally):
        spans[at] = found
        if reason is not None:
            tally.lose(items[at].name, reason)
    if tally.too_many:
        return []
    flat: Iterator[Location | Span] = (part for at, item in enumerate(items) for part in spans.get(at, [item]))
    return list(partitions(flat, config.partition_size))


def _cut(at: int, table: Location, config: TableConfig, size: int, spool: Path) -> tuple[int, list[Span], str | None]:
    return (at, *cut(table, kind_of(table.path), config, size, spool))


def _make_levels(store: Store, config: BatchConfig) -> None:
    if config.form in ("sqlite", "duckdb"):
        return
    for level in LEVELS:
        try:
            (store.root / level).mkdir(exist_ok=True)
        except OSError as error:
            raise OutputError(f"{store.root / level} cannot be made ({error.strerror})") from None


def _finish(store: Store, tally: _Tally, config: BatchConfig, model: FramingModel, before: Manifest | None) -> None:
    results = sorted(tally.results, key=lambda r: r.number)
    parts = tuple(r.key for r in results)
    _write_errors(store, tally, [r.key for r in results if r.failures])
    if tally.too_many:
        return
    unchanged = before is not None and before.parts == parts
    if not (unchanged and (store.folder / "index.sqlite").exists()):
        store.write_index(parts)
    databases = [d for d in DATABASES if d == f"framing.{config.form}"]
    for name in databases:
        place = store.root / name
        if not (unchanged and place.exists()):
            write_database(place, config.form, lambda: (e for p in parts for e in store.read_part(p)), model.topics)
    public = {store.public(level, f"{r.number:05d}-{r.key[:12]}", config.form) for r in results for level in LEVELS}
    store.sweep(parts, frozenset(public), databases)
    settings = {"format": config.form, "encoding": config.table.encoding, "max_bytes": config.table.limit}
    store.write_manifest(
        Manifest(
            format=FORMAT,
            framing=framing.__version__,
            model={"name": model.name, "hash": model.hash},
            settings=settings,
            topics=model.topics,
            inputs=tally.inputs,
            articles=tally.counts["articles"],
            sentences=tally.counts["sentences"],
            failures=tally.counts["failures"],
            parts=parts,
        )
    )


def _write_errors(store: Store, tally: _Tally, parts: Sequence[str]) -> None:
    entries = [*tally.lost, *(e for p in parts for e in store.read_part(p) if e.error is not None)]
    lines = (
        json.dumps({"source": e.source, "row": e.row, "id": e.id, "group": e.group, **(e.error or {})}, ensure_ascii=False) for e in entries
    )
    write_atomically(store.root / ERRORS, "".join(f"{line}\n" for line in lines).encode("utf-8", "replace"))
