"""The CSV can be read by programs and does nothing in a spreadsheet."""

from __future__ import annotations

import csv
import io

import pytest
from hypothesis import given
from hypothesis import strategies as st

from framing.records import TOPICS, ArticleScore
from framing.report.table import COLUMNS, render, safe_cell


def test_rows(praising: ArticleScore, doubting: ArticleScore) -> None:
    rows = list(csv.DictReader(io.StringIO(render([praising, doubting]))))
    assert [(r["source"], r["topic"]) for r in rows] == [(s, t) for s in ("praising.txt", "doubting.txt") for t in (*TOPICS, "all")]
    total = praising.topic("all")
    assert total.net is not None
    assert total.author is not None
    assert rows[3]["net"] == f"{total.net.value:.4f}"
    assert float(rows[3]["net_low"]) <= float(rows[3]["net"]) <= float(rows[3]["net_high"])
    assert float(rows[3]["author_net"]) == pytest.approx(total.author.net, abs=1e-4)
    assert all(tuple(r) == COLUMNS for r in rows)


def test_cells_of_a_topic_with_too_few_sentences_are_empty(praising: ArticleScore) -> None:
    row = next(r for r in csv.DictReader(io.StringIO(render([praising]))) if r["topic"] == "traffic")
    if not praising.topic("traffic").sufficient:
        assert row["praise"] == row["net_high"] == row["author_share"] == ""
        assert row["attention"] != ""


def test_hostile_names_are_cells(hostile: ArticleScore) -> None:
    rows = list(csv.reader(io.StringIO(render([hostile]))))
    assert {len(r) for r in rows} == {len(COLUMNS)}


@given(st.text(max_size=10))
def test_no_cell_is_a_formula(text: str) -> None:
    cell = safe_cell(text)
    assert cell.lstrip()[:1] not in ("=", "+", "-", "@")
    assert len(cell.splitlines()) <= 1
    if text.isprintable():
        assert cell in (text, "'" + text)
