"""No format lets the text of an article become anything but text."""

from __future__ import annotations

import csv
import io
import json
import re
from dataclasses import replace
from typing import Any

import pytest

from framing.report import render
from framing.report.text import Style
from framing.report.wording import wording

STEERING = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]")


@pytest.mark.parametrize("form", ["text", "markdown", "html"])
def test_nothing_steers_a_terminal_or_reorders_text(hostile: Any, form: str) -> None:
    assert not STEERING.search(render([hostile], form, wording("zh"), Style(evidence=True, verbose=True)))


@pytest.mark.parametrize("source", ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1"])
def test_no_cell_of_a_table_is_a_formula(hostile: Any, source: str) -> None:
    rows = list(csv.DictReader(io.StringIO(render([replace(hostile, source=source)], "csv", wording("zh")))))
    assert rows
    assert all(row["source"].startswith("'") for row in rows)


def test_json_keeps_the_text_as_it_was(hostile: Any) -> None:
    (article,) = json.loads(render([hostile], "json", wording("zh")))
    assert [s["text"] for s in article["sentences"]] == [s.sentence.text for s in hostile.sentences]
    assert article["source"] == hostile.source


def test_markdown_holds_no_mark_up_of_the_article(hostile: Any) -> None:
    text = render([hostile], "markdown", wording("zh"))
    assert "<script" not in text
    assert "<img" not in text
