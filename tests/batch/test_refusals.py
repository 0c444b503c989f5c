"""What a batch says of inputs, tables and folders that are not as they should be."""

from __future__ import annotations

import gzip
import io
import json
import sys
from collections.abc import Callable
from pathlib import Path

import pandas as pd
import pyarrow.parquet as pq
import pytest
import zstandard

from framing.batch import BatchConfig, read_entries, read_manifest, run, tables
from framing.batch.inputs import Location, Missing, expand, extra
from framing.batch.plan import Partition, records
from framing.batch.progress import Bar
from framing.batch.scoring import entries_of
from framing.batch.store import Entry
from framing.batch.tables import TableConfig, cut
from framing.batch.work import Job, work
from framing.errors import ArtifactError, FramingError, InputError, OutputError
from framing.model import FramingModel
from tests.batch.conftest import article, contents, lines, write_table


def config(model: Path, **options: object) -> BatchConfig:
    return BatchConfig(**{"model_path": str(model), "jobs": 1, "partition_size": 2000, **options})  # type: ignore[arg-type]


def frozen(data: bytes) -> bytes:
    """Compress, and damage the middle."""
    packed = bytearray(zstandard.compress(data))
    packed[len(packed) // 2 :] = bytes(len(packed) - len(packed) // 2)
    return bytes(packed)


TABLES: list[tuple[str, bytes, TableConfig, str | None, int]] = [
    ("utf16.csv", "text\n好。\n".encode("utf-16"), TableConfig(), "tables in utf-16", 0),
    ("header.csv", "text,名\n好。,甲\n".encode("gb18030"), TableConfig(encoding="ascii"), "the header is not in ascii", 0),
    ("encoding.csv", b"text\n", TableConfig(encoding="none-such"), "the header is not in none-such", 0),
    ("picture.csv", b"\x89PNG\r\n\x1a\n\0\0\0", TableConfig(), "PNG", 0),
    ("long.jsonl", b'{"text": "a"}\n{"text": "' + b"a" * 200 + b'"}\n', TableConfig(limit=100), "longer than the limit of 100 bytes", 1),
    ("quote.csv", b'text\n"' + b"a" * 200 + b"\n", TableConfig(limit=100), "perhaps a quotation mark is not closed", 0),
    ("unclosed.csv", 'text\n"好。\n'.encode(), TableConfig(), None, 1),
    ("mixed.csv", "text\n好。\n".encode() + "很好。\n".encode("gb18030"), TableConfig(encoding="utf-8"), "the row is not in utf-8", 1),
    ("blank.jsonl", b'{"text": "a"}\n\n  \n{"text": "b"}\n', TableConfig(), None, 2),
    ("damaged.jsonl.zst", frozen(b'{"text": "a"}\n' * 3), TableConfig(), "cannot be decompressed", 0),
    ("damaged.txt.zst", frozen("好。".encode() * 200), TableConfig(), "cannot be decompressed", 0),
]


@pytest.mark.parametrize(("name", "data", "table", "reason", "articles"), TABLES, ids=[t[0] for t in TABLES])
def test_tables(name: str, data: bytes, table: TableConfig, reason: str | None, articles: int, model: Path, tmp_path: Path) -> None:
    (tmp_path / name).write_bytes(data)
    summary = run([str(tmp_path / name)], tmp_path / "out", config(model, table=table, partition_size=1))
    assert summary.articles == articles
    failures = [json.loads(line)["reason"] for line in (tmp_path / "out" / "errors.jsonl").read_text("utf-8").splitlines()]
    assert len(failures) == (reason is not None)
    assert not reason or reason in failures[0]


def test_blank_lines_count_as_rows(model: Path, tmp_path: Path) -> None:
    (tmp_path / "t.jsonl").write_text('{"text": "a"}\n\n{"text": "b"}\n')
    run([str(tmp_path / "t.jsonl")], tmp_path / "out", config(model))
    assert [e.row for e in read_entries(tmp_path / "out")] == [1, 3]


def test_parquet_without_the_column(model: Path, tmp_path: Path) -> None:
    pd.DataFrame({"body": ["好。"], "id": ["甲"]}).to_parquet(tmp_path / "t.parquet")
    assert run([str(tmp_path / "t.parquet")], tmp_path / "out", config(model)).failures == 1
    assert "has no column 'text' (it has body, id)" in (tmp_path / "out" / "errors.jsonl").read_text("utf-8")


def test_parquet_is_read_in_batches(model: Path, tmp_path: Path) -> None:
    """Rows keep their numbers, wherever the batches and the spans of a row group end."""
    table = tmp_path / "t.parquet"
    pd.DataFrame({"text": [f"第{i}篇。" for i in range(700)]}).to_parquet(table, row_group_size=650)
    group = pq.ParquetFile(table).metadata.row_group(0)
    size = max(1, group.total_byte_size // group.num_rows) * 100
    run([str(table)], tmp_path / "out", config(model, partition_size=size))
    assert len(read_manifest(tmp_path / "out").parts) == 8
    found = lines(tmp_path / "out", "sentences")
    assert [(s["row"], s["text"]) for s in found] == [(i + 1, f"第{i}篇。") for i in range(700)]


def test_a_table_that_shrinks_while_it_is_scored(tmp_path: Path) -> None:
    path = write_table(tmp_path / "t.jsonl", [{"text": "好。"}, {"text": "很好。"}])
    place = Location("t.jsonl", str(path), path.stat().st_size)
    ((span,), damage) = cut(place, "jsonl", TableConfig(), 10_000, tmp_path / "spool")
    assert damage is None
    path.write_bytes(path.read_bytes().splitlines(keepends=True)[0])
    first, second = records(Partition(0, span.weight, span=span), TableConfig())
    assert first.text == "好。"
    assert "has become shorter" in str(second.error)


def test_places(articles: Path) -> None:
    (articles / "folder.txt").mkdir()
    (articles / "picture.png").write_bytes(b"\x89PNG")
    names = [f"{i:02d}.txt" for i in range(12)]
    for source in (f"{articles}/*.txt", f"file://{articles}"):
        found = [item for item in expand([source]) if isinstance(item, Location)]
        assert [Path(item.name).name for item in found] == names
    (gone,) = expand([f"file://{articles}/none.txt"])
    assert isinstance(gone, Missing)
    assert gone.reason == "nothing is there"
    (one,) = expand([f"file://{articles}/03.txt"])
    assert isinstance(one, Location)
    assert one.size == (articles / "03.txt").stat().st_size
    (long,) = expand(["长" * 300])
    assert isinstance(long, Missing)


def test_packages_that_are_not_installed(articles: Path, model: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(InputError, match=r"Nothing files need the package none_such; install framing-zh\[batch\]"):
        extra("none_such.part", "Nothing files")
    monkeypatch.setitem(sys.modules, "distributed", None)
    with pytest.raises(FramingError, match=r"install framing-zh\[dask\]"):
        run([str(articles)], tmp_path / "out", config(model, backend="dask"))


def test_a_scheduler_that_does_not_answer(articles: Path, model: Path, tmp_path: Path) -> None:
    with pytest.raises(FramingError, match="no Dask scheduler answers at nothing://x"):
        run([str(articles)], tmp_path / "out", config(model, backend="dask", scheduler="nothing://x"))


def test_tables_are_not_scored_one_by_one(small_model: FramingModel, tmp_path: Path) -> None:
    table = write_table(tmp_path / "t.jsonl", [{"text": "好。"}])
    for source, reason in ((table, "is a table; score it with `framing batch` first"), (tmp_path / "none.txt", "no such file")):
        (entry,) = entries_of([str(source)], small_model)
        assert entry.error is not None
        assert entry.error["reason"] == reason


def test_a_failing_row_stops_the_run(model: Path, tmp_path: Path) -> None:
    table = write_table(tmp_path / "t.jsonl", [{"text": 3}, {"text": "好。"}, {"text": "很好。"}])
    summary = run([str(table)], tmp_path / "out", config(model, partition_size=1, max_errors=0))
    assert (summary.articles, summary.failures, summary.finished) == (0, 1, False)


def fill(place: Path) -> None:
    """Put a folder with something in it where a file belongs."""
    place.unlink(missing_ok=True)
    place.mkdir(parents=True)
    (place / "file").write_text("")


def block(place: Path) -> None:
    """Put a file where a folder belongs."""
    place.parent.mkdir(parents=True, exist_ok=True)
    place.write_text("")


@pytest.mark.parametrize(
    ("place", "spoil", "options", "says"),
    [
        ("store/lock", fill, {}, "cannot be locked"),
        ("store/index.sqlite", fill, {}, "index.sqlite cannot be written"),
        ("store/spool-0", fill, {}, "cannot be decompressed to"),
        ("store/stdin", fill, {}, "standard input cannot be kept"),
        ("framing.sqlite", fill, {"form": "sqlite"}, "framing.sqlite cannot be written"),
        ("framing.duckdb", fill, {"form": "duckdb"}, "framing.duckdb cannot be written"),
        ("articles", block, {}, "articles cannot be made"),
    ],
    ids=lambda value: value if isinstance(value, str) and "/" not in value and " " not in value else None,
)
def test_places_in_the_folder_are_taken(
    place: str,
    spoil: Callable[[Path], None],
    options: dict[str, object],
    says: str,
    model: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    out = tmp_path / "out"
    (out / "store").mkdir(parents=True)
    spoil(out / place)
    (tmp_path / "t.jsonl.gz").write_bytes(gzip.compress(b'{"text": "a"}\n'))
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO("好。".encode())))
    with pytest.raises(OutputError, match=says):
        run([str(tmp_path / "t.jsonl.gz"), "-"], out, config(model, **options))
    assert not (out / "manifest.json").exists()


@pytest.mark.parametrize(
    ("manifest", "says"),
    [(b"{", "cannot be read"), (b"\xff", "cannot be read"), (b"[]", "not of format 1"), (b'{"format": 99}', "not of format 1")],
)
def test_manifests_of_others(manifest: bytes, says: str, tmp_path: Path) -> None:
    (tmp_path / "manifest.json").write_bytes(manifest)
    with pytest.raises(InputError, match=says):
        read_manifest(tmp_path)


HEAD = b'{"articles": 1, "sentences": 1, "failures": 0, "keys": []}\n'
DAMAGED = [None, b"", b"not zstd", *map(zstandard.compress, (b"{}\n{", HEAD, HEAD + b"{", HEAD + b'{"other": 1}\n'))]


@pytest.mark.parametrize("data", DAMAGED)
def test_damaged_partitions_are_not_read(data: bytes | None, articles: Path, model: Path, tmp_path: Path) -> None:
    run([str(articles)], tmp_path / "out", config(model))
    part = next((tmp_path / "out" / "store").glob("*.jsonl.zst"))
    if data is None:
        part.unlink()
    else:
        part.write_bytes(data)
    with pytest.raises(InputError, match="missing or damaged"):
        list(read_entries(tmp_path / "out"))


@pytest.mark.parametrize("part", [0.25, 0.5, 0.75])
def test_partitions_that_are_cut_off_are_not_read(part: float, model: Path, tmp_path: Path) -> None:
    table = write_table(tmp_path / "t.jsonl", [{"text": article(i)} for i in range(300)])
    run([str(table)], tmp_path / "out", config(model, partition_size=1_000_000))
    (place,) = (tmp_path / "out" / "store").glob("*.jsonl.zst")
    place.write_bytes(place.read_bytes()[: int(place.stat().st_size * part)])
    with pytest.raises(InputError, match="missing or damaged"):
        list(read_entries(tmp_path / "out"))


def test_another_model_than_the_run_began_with(model: Path, tmp_path: Path) -> None:
    path = tmp_path / "a.txt"
    path.write_text("好。", "utf-8")
    job = Job(str(tmp_path / "out"), "token", "jsonl", False, TableConfig(), str(model), "0" * 64)
    with pytest.raises(ArtifactError, match="is not the model that the run began with"):
        work(Partition(0, 6, (Location("a.txt", str(path), 6),)), job)
    assert not list(tmp_path.rglob("part-*"))


def test_formats_are_changed_without_scoring(model: Path, tmp_path: Path) -> None:
    rows = [{"text": article(1)}, {"text": 3}, {"text": article(2)}]
    table = write_table(tmp_path / "t.jsonl", rows)
    out = tmp_path / "out"
    forms = ("jsonl", "csv", "parquet", "sqlite", "sqlite", "jsonl")
    for form in forms:
        again = run([str(table)], out, config(model, form=form, incremental=True))
        assert (again.articles, again.failures) == (2, 1)
        assert again.scored == (2 if form == "jsonl" and not (tmp_path / "seen").exists() else 0)
        (tmp_path / "seen").touch()
    assert not (out / "framing.sqlite").exists()
    run([str(table)], tmp_path / "fresh", config(model))
    assert contents(out) == contents(tmp_path / "fresh")


def test_only_the_first_failures_are_shown() -> None:
    stream = io.StringIO()
    bar = Bar(stream)
    for i in range(30):
        bar.failure(f"{i}.txt", "no such file")
    bar.end({})
    shown = stream.getvalue().splitlines()
    assert len(shown) == 21
    assert shown[0] == "framing: 0.txt: no such file"
    assert shown[-1] == "framing: more failures are in errors.jsonl"


def test_entries_without_an_article_have_no_row() -> None:
    from framing.batch.export import article_row

    failed = Entry("a.txt", None, None, None, "", error={"error": "InputError", "reason": "no such file"})
    with pytest.raises(ValueError, match="no row"):
        article_row(failed)


def test_tables_read_their_rows_by_themselves(tmp_path: Path) -> None:
    path = write_table(tmp_path / "t.jsonl", [{"text": "好。"}])
    ((span,), _) = cut(Location("t", str(path), 20), "jsonl", TableConfig(), 1, tmp_path / "spool")
    assert [r.text for r in tables.rows(span, TableConfig())] == ["好。"]
