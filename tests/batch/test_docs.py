"""What the documentation says of columns, queries and extras is so."""

from __future__ import annotations

import re
import sqlite3
from contextlib import closing
from pathlib import Path

import duckdb
import pytest

from framing.batch import BatchConfig, run
from framing.batch.export import article_columns, sentence_columns

ROOT = Path(__file__).parents[2]
TEXT = (ROOT / "docs" / "batch.md").read_text(encoding="utf-8")


def test_every_column_is_documented() -> None:
    documented = re.findall(r"^\| `(\w+)` \| (\w+) \| (.*) \|$", TEXT, re.MULTILINE)
    articles = [c for c in article_columns(["TOPIC"]) if not c.name.startswith("all_")]
    assert documented == [(c.name, c.type, c.meaning) for c in [*articles, *sentence_columns(["TOPIC"])]]


@pytest.mark.parametrize("form", ["sqlite", "duckdb"])
def test_example_queries_run(form: str, articles: Path, model: Path, tmp_path: Path) -> None:
    run([str(articles)], tmp_path / "out", BatchConfig(form=form, model_path=str(model), jobs=1))  # type: ignore[arg-type]
    queries = re.findall(r"```sql\n(.*?)```", TEXT, re.DOTALL)[0].split(";")
    with closing((sqlite3 if form == "sqlite" else duckdb).connect(str(tmp_path / "out" / f"framing.{form}"))) as database:
        for query in filter(str.strip, queries):
            database.execute(query).fetchall()


def test_the_core_does_not_pull_in_heavy_packages() -> None:
    text = (ROOT / "pyproject.toml").read_text(encoding="utf-8")
    core = text.split("\ndependencies = [", 1)[1].split("\n]", 1)[0].lower()
    assert not re.search(r"dask|distributed|spark|pyarrow|duckdb|pandas|fsspec", core)
