"""What a batch reads, writes and refuses."""

from __future__ import annotations

import csv
import gzip
import json
import sqlite3
import zipfile
from contextlib import closing
from pathlib import Path

import duckdb
import filelock
import pandas as pd
import pyarrow.parquet as pq
import pytest
import zstandard

from framing.analysis import load_model, score_file
from framing.batch import BatchConfig, read_entries, read_manifest, run
from framing.batch.export import article_columns, sentence_columns
from framing.batch.tables import TableConfig
from framing.errors import InputError, OutputError
from framing.report.data import article as article_data
from tests.batch.conftest import Run, article, contents, lines, write_table

TOPICS = ("marketing", "technology", "traffic")


def config(model: Path, **options: object) -> BatchConfig:
    return BatchConfig(**{"model_path": str(model), "jobs": 1, "partition_size": 2000, **options})  # type: ignore[arg-type]


def test_folder_gives_the_same_scores_as_one_by_one(articles: Path, model: Path, tmp_path: Path) -> None:
    summary = run([str(articles)], tmp_path / "out", config(model))
    assert (summary.inputs, summary.articles, summary.failures, summary.scored) == (12, 12, 0, 12)
    loaded = load_model(model)
    by_source = {row["source"]: row for row in lines(tmp_path / "out", "articles")}
    sentences = lines(tmp_path / "out", "sentences")
    assert len(read_manifest(tmp_path / "out").parts) > 1
    for path in sorted(articles.iterdir()):
        expected = json.loads(json.dumps(article_data(score_file(path, loaded))))
        found = by_source[str(path)]
        assert {k: found[k] for k in ("topics", "lean", "verdict", "model")} == {
            k: expected[k] for k in ("topics", "lean", "verdict", "model")
        }
        own = [s for s in sentences if s["source"] == str(path)]
        assert [s["prediction"] for s in own] == [s["prediction"] for s in expected["sentences"]]
        text = path.read_text(encoding="utf-8").splitlines()
        for s in own:
            assert text[s["line"] - 1][s["column"] - 1 : s["end_column"] - 1] == s["text"]  # type: ignore[operator]


ROWS = [
    {"name": "甲", "body": article(1), "outlet": "晨报"},
    {"name": "乙", "body": '他说：“好，\n不好。”\n"引号"，和逗号', "outlet": "晚报"},
    {"name": "丙", "body": article(2), "outlet": "晨报"},
]
TABLE = TableConfig("body", "name", "outlet")


def _write(kind: str, folder: Path) -> Path:
    place = folder / f"table.{kind}"
    frame = pd.DataFrame(ROWS)
    base = kind.split(".")[0]
    if base == "parquet":
        frame.to_parquet(place, row_group_size=2)
        return place
    if base == "jsonl":
        text = "".join(json.dumps(r, ensure_ascii=False) + "\n" for r in ROWS)
    else:
        text = frame.to_csv(index=False, sep="\t" if base == "tsv" else ",")
    data = text.encode("gb18030" if base == "csv" else "utf-8")
    if kind.endswith(".gz"):
        data = gzip.compress(data)
    elif kind.endswith(".zst"):
        data = zstandard.compress(data)
    place.write_bytes(data)
    return place


@pytest.mark.parametrize("kind", ["jsonl", "csv", "tsv", "parquet", "jsonl.gz", "csv.zst", "tsv.gz"])
def test_tables(kind: str, model: Path, tmp_path: Path) -> None:
    table = _write(kind, tmp_path)
    # Spans of one byte: every row is a partition of its own.
    summary = run([str(table)], tmp_path / "out", config(model, table=TABLE, partition_size=1))
    assert (summary.articles, summary.failures) == (3, 0)
    found = list(read_entries(tmp_path / "out"))
    assert [(e.row, e.id, e.group) for e in found] == [(1, "甲", "晨报"), (2, "乙", "晚报"), (3, "丙", "晨报")]
    assert [e.article["characters"] for e in found if e.article] == [len(r["body"]) for r in ROWS]
    assert not list((tmp_path / "out" / "store").glob("*spool*"))


@pytest.mark.parametrize("form", ["csv", "parquet", "sqlite", "duckdb"])
def test_flat_outputs_have_the_documented_columns_and_rows(form: str, articles: Path, model: Path, tmp_path: Path) -> None:
    run([str(articles)], tmp_path / "out", config(model, form=form))
    levels: dict[str, pd.DataFrame] = {}
    for level in ("articles", "sentences"):
        files = sorted((tmp_path / "out" / level).glob("*")) if form in ("csv", "parquet") else []
        if form == "csv":
            levels[level] = pd.concat([pd.read_csv(f) for f in files])
        elif form == "parquet":
            levels[level] = pq.read_table(tmp_path / "out" / level).to_pandas()
        elif form == "sqlite":
            with closing(sqlite3.connect(tmp_path / "out" / "framing.sqlite")) as database:
                levels[level] = pd.read_sql(f"SELECT * FROM {level}", database)
        else:
            with closing(duckdb.connect(str(tmp_path / "out" / "framing.duckdb"), read_only=True)) as database:
                levels[level] = database.execute(f"SELECT * FROM {level}").df()
    assert list(levels["articles"].columns) == [c.name for c in article_columns(TOPICS)]
    assert list(levels["sentences"].columns) == [c.name for c in sentence_columns(TOPICS)]
    assert sorted(Path(s).name for s in levels["articles"]["source"]) == [f"{i:02d}.txt" for i in range(12)]
    assert len(levels["sentences"]) == read_manifest(tmp_path / "out").sentences
    expected = {e.source: {t["topic"]: t for t in e.article["topics"]} for e in read_entries(tmp_path / "out") if e.article}
    for row in levels["articles"].to_dict("records"):
        assert row["all_net_low"] == expected[row["source"]]["all"]["net"]["low"]


@pytest.mark.parametrize("form", ["sqlite", "duckdb"])
def test_databases_answer_questions_by_topic(form: str, articles: Path, model: Path, tmp_path: Path) -> None:
    run([str(articles)], tmp_path / "out", config(model, form=form))
    query = "SELECT topic, count(*), avg(net) FROM topics GROUP BY topic ORDER BY topic"
    with closing((sqlite3 if form == "sqlite" else duckdb).connect(str(tmp_path / "out" / f"framing.{form}"))) as database:
        rows = database.execute(query).fetchall()
        meanings = database.execute("SELECT count(*) FROM columns").fetchone()
    assert [(topic, count) for topic, count, _ in rows] == [("all", 12), ("marketing", 12), ("technology", 12), ("traffic", 12)]
    assert meanings[0] == len(article_columns(TOPICS)) + len(sentence_columns(TOPICS))


def test_csv_cells_are_no_formulas(model: Path, tmp_path: Path) -> None:
    table = write_table(tmp_path / "t.jsonl", [{"text": "好。", "id": "=1+1"}])
    run([str(table)], tmp_path / "out", config(model, form="csv", table=TableConfig(id_column="id")))
    (path,) = (tmp_path / "out" / "articles").iterdir()
    with path.open(encoding="utf-8", newline="") as file:
        assert next(csv.DictReader(file))["id"] == "'=1+1"


def test_failures_are_listed_and_do_not_stop_the_run(framing: Run, articles: Path, model: Path, tmp_path: Path) -> None:
    (articles / "picture.txt").write_bytes(b"\x89PNG\r\n\x1a\n\0\0\0")
    (articles / "loop.txt").symlink_to("loop.txt")
    (tmp_path / "cut.jsonl.gz").write_bytes(gzip.compress(json.dumps({"text": article(5)}).encode() * 1)[:-12])
    long = "".join(json.dumps({"text": article(i)}, ensure_ascii=False) + "\n" for i in range(400)).encode()
    (tmp_path / "late.jsonl.gz").write_bytes(gzip.compress(long)[:-2000])
    (tmp_path / "bad.parquet").write_bytes(b"PAR1 and then nothing of the kind PAR1")
    (tmp_path / "header.csv").write_text("a,b\n1,2\n")
    write_table(tmp_path / "rows.jsonl", [{"text": "好。"}, {"text": 3}, {"other": "x"}])
    with (tmp_path / "rows.jsonl").open("a") as file:
        file.write("not json\n[1]\n")
    sources = [articles, "cut.jsonl.gz", "late.jsonl.gz", "bad.parquet", "header.csv", "rows.jsonl", "none.txt", "none*.txt"]
    done = framing("batch", *sources, "-o", "out", "--model", model, "--jobs", 1, code=1)
    found = [json.loads(line) for line in (tmp_path / "out" / "errors.jsonl").read_text().splitlines()]
    reasons = {f"{Path(e['source']).name}:{e['row']}": e["reason"] for e in found}
    assert len(reasons) == len(found) == 12
    assert reasons["cut.jsonl.gz:None"] == "the compressed file is cut off"
    assert reasons["late.jsonl.gz:None"] == "the compressed file is cut off; the rows before that are scored"
    assert "cannot be read" in reasons["bad.parquet:None"]
    assert "has no column 'text'" in reasons["header.csv:None"]
    assert "PNG" in reasons["picture.txt:None"]
    assert reasons["none.txt:None"] == "no such file"
    assert "nothing matches" in reasons["none*.txt:None"]
    assert reasons["rows.jsonl:2"] == "'text' is not text"
    assert reasons["rows.jsonl:4"] == "the row is not JSON"
    assert "loop.txt:None" in reasons
    late = [e for e in read_entries(tmp_path / "out") if e.source == "late.jsonl.gz"]
    assert 50 < len(late) < 400
    assert [e.row for e in late] == list(range(1, len(late) + 1))
    assert "12 failures" in done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize(("options", "borne"), [(["--fail-fast"], False), (["--max-errors", "1"], False), (["--max-errors", "2"], True)])
def test_too_many_errors(options: list[str], borne: bool, framing: Run, articles: Path, model: Path, tmp_path: Path) -> None:
    framing("batch", articles, "x.txt", "y.txt", "-o", "out", "--model", model, "--jobs", 1, *options, code=1)
    assert (tmp_path / "out" / "manifest.json").exists() is borne
    assert len((tmp_path / "out" / "errors.jsonl").read_text().splitlines()) == 2


def test_standard_input(framing: Run, model: Path, tmp_path: Path) -> None:
    framing("batch", "-", "-o", "one", "--model", model, stdin=article(1))
    (entry,) = read_entries(tmp_path / "one")
    assert (entry.source, entry.row) == ("<stdin>", None)
    rows = "".join(json.dumps({"text": article(i)}) + "\n" for i in range(3))
    framing("batch", "-", "-o", "many", "--model", model, stdin=rows)
    assert [(e.source, e.row) for e in read_entries(tmp_path / "many")] == [("<stdin>", 1), ("<stdin>", 2), ("<stdin>", 3)]


def test_urls_of_other_file_systems(articles: Path, model: Path, tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "a.zip", "w") as archive:
        for path in articles.iterdir():
            archive.write(path, path.name)
    sources = [f"file://{articles}/0*.txt", f"zip://*1.txt::file://{tmp_path}/a.zip", "nowhere://x"]
    summary = run(sources, tmp_path / "out", config(model))
    assert (summary.articles, summary.failures) == (12, 1)
    names = [e.source for e in read_entries(tmp_path / "out")]
    assert names[0] == f"file://{articles}/00.txt"
    assert names[-1] == f"zip://11.txt::file://{tmp_path}/a.zip"


def test_names_are_read_once_and_strange_names_survive(model: Path, tmp_path: Path) -> None:
    folder = tmp_path / "文章 一"
    folder.mkdir()
    (folder / "名,字\n.txt").write_text("好。")
    (folder / ".hidden.txt").write_text("好。")
    (folder / "picture.png").write_bytes(b"\x89PNG")
    (folder / "名.html.gz").write_bytes(gzip.compress("好。".encode()))
    summary = run([str(folder), f"{folder}/*.txt"], tmp_path / "out", config(model))
    assert (summary.inputs, summary.articles, summary.failures) == (2, 2, 0)


@pytest.mark.parametrize("form", ["jsonl", "parquet"])
def test_incremental_scores_only_what_changed(form: str, articles: Path, model: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    run([str(articles)], out, config(model, form=form))
    with pytest.raises(OutputError, match="--incremental"):
        run([str(articles)], out, config(model, form=form))
    again = run([str(articles)], out, config(model, form=form, incremental=True))
    assert (again.articles, again.scored) == (12, 0)
    (articles / "03.txt").write_text(article(99), encoding="utf-8")
    (articles / "00.txt").rename(articles / "99.txt")
    (articles / "05.txt").unlink()
    (articles / "000.txt").write_text(article(100), encoding="utf-8")
    changed = run([str(articles)], out, config(model, form=form, incremental=True, partition_size=900))
    assert (changed.articles, changed.scored) == (12, 2)
    run([str(articles)], tmp_path / "fresh", config(model, form=form, partition_size=900))
    assert contents(out) == contents(tmp_path / "fresh")


def test_another_format_needs_no_scoring(articles: Path, model: Path, tmp_path: Path) -> None:
    run([str(articles)], tmp_path / "out", config(model))
    again = run([str(articles)], tmp_path / "out", config(model, form="sqlite", incremental=True))
    assert again.scored == 0
    assert not (tmp_path / "out" / "articles").exists()
    assert (tmp_path / "out" / "framing.sqlite").exists()


def test_another_setting_scores_anew(articles: Path, model: Path, tmp_path: Path) -> None:
    run([str(articles)], tmp_path / "out", config(model))
    again = run([str(articles)], tmp_path / "out", config(model, table=TableConfig(encoding="utf-8"), incremental=True))
    assert again.scored == 12


def test_jobs_and_partition_order_do_not_change_the_output(articles: Path, model: Path, tmp_path: Path) -> None:
    for jobs in (1, 2):
        run([str(articles)], tmp_path / f"out{jobs}", config(model, jobs=jobs, partition_size=500))
    assert contents(tmp_path / "out1") == contents(tmp_path / "out2")


def test_two_runs_in_one_folder_are_refused(framing: Run, articles: Path, model: Path, tmp_path: Path) -> None:
    (tmp_path / "out" / "store").mkdir(parents=True)
    with filelock.FileLock(tmp_path / "out" / "store" / "lock"):
        done = framing("batch", articles, "-o", "out", "--model", model, code=1)
    assert "another run" in done.stderr
    assert len(done.stderr.splitlines()) == 1


def test_folders_of_others_are_left_alone(articles: Path, model: Path) -> None:
    before = contents(articles)
    with pytest.raises(OutputError, match="holds no batch"):
        run([str(articles)], articles, config(model))
    assert contents(articles) == before


def test_unfinished_batches_are_not_read(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="no finished batch"):
        next(read_entries(tmp_path))


def test_json_log(framing: Run, articles: Path, model: Path) -> None:
    done = framing("batch", articles, "none.txt", "-o", "out", "--model", model, "--log", "json", code=1)
    events = [json.loads(line) for line in done.stderr.splitlines()]
    assert [e["event"] for e in events][-1] == "end"
    assert {e["event"] for e in events} == {"begin", "progress", "failure", "end"}
    assert events[-1]["articles"] == 12
    assert events[-1]["failures"] == 1
    assert events[-1]["seconds"] > 0
