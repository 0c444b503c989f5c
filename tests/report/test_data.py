"""The JSON keeps to its published schema, and the schema keeps out what is not of its form."""

from __future__ import annotations

import copy
import json
from collections.abc import Callable
from dataclasses import fields
from importlib import resources
from typing import Any

import jsonschema
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from framing.analysis import score, score_decoded
from framing.decode import decode
from framing.model import FramingModel
from framing.records import ArticleScore
from framing.report.data import SCHEMA_VERSION, article, render_json, render_jsonl
from framing.report.reading import read_article

SCHEMA = json.loads((resources.files("framing") / "data" / "score.schema.json").read_text("utf-8"))
VALIDATOR = jsonschema.Draft202012Validator(SCHEMA)


def test_the_schema_is_one_and_has_the_version() -> None:
    jsonschema.Draft202012Validator.check_schema(SCHEMA)
    assert SCHEMA["properties"]["schema_version"]["const"] == SCHEMA_VERSION


def test_articles_follow_the_schema(praising: ArticleScore, doubting: ArticleScore, hostile: ArticleScore) -> None:
    for item in (praising, doubting, hostile):
        VALIDATOR.validate(article(item))


@settings(max_examples=30)
@given(
    text=st.lists(
        st.sampled_from(["领先。", "令人失望", "\n", "(tài)", "态", "&amp;", "<b>", "锟斤拷", "\u200b", "“", "”", "直播", "A"]), max_size=20
    ).map("".join)
)
def test_whatever_is_scored_follows_the_schema(small_model: FramingModel, text: str) -> None:
    VALIDATOR.validate(article(score(text, small_model)))


def test_warnings_follow_the_schema(small_model: FramingModel) -> None:
    data = "晨岸科技的芯片性能领先同行，表现出色，这是他们的第一年。锟斤拷\nPlain English of some length stands here.".encode("gb18030")
    row = article(score_decoded(decode(data), small_model, source="a"))
    assert "encoding-inferred" in row["warnings"]
    VALIDATOR.validate(row)


def drop(*path: str | int) -> Callable[[Any], None]:
    def change(row: Any) -> None:
        for step in path[:-1]:
            row = row[step]
        del row[path[-1]]

    return change


def put(value: object, *path: str | int) -> Callable[[Any], None]:
    def change(row: Any) -> None:
        for step in path[:-1]:
            row = row[step]
        row[path[-1]] = value

    return change


@pytest.mark.parametrize(
    "change",
    [
        drop("verdict"),
        drop("topics", 0, "carriers"),
        drop("sentences", 1, "prediction", "voice"),
        put(2, "schema_version"),
        put("great", "verdict"),
        put([], "topics"),
        put(1.2, "sentences", 1, "prediction", "probabilities", "praise"),
        put(-1, "sentences", 1, "start"),
        put("", "sentences", 1, "text"),
        put("poem", "sentences", 1, "kind"),
        put(None, "topics", -1, "praise"),
        put({"value": 0.1, "low": 0}, "topics", -1, "net"),
        put(False, "topics", -1, "sufficient"),
        put(["sunny"], "warnings"),
        put(7, "sentences", 1, "extra"),
    ],
)
def test_the_schema_keeps_out_what_is_not_of_its_form(praising: ArticleScore, change: Callable[[Any], None]) -> None:
    row = copy.deepcopy(article(praising))
    change(row)
    with pytest.raises(jsonschema.ValidationError):
        VALIDATOR.validate(row)


def test_later_versions_may_add_fields(praising: ArticleScore) -> None:
    VALIDATOR.validate({**article(praising), "published": "2024-05-01"})


def test_every_field_of_the_record_is_in_the_json(praising: ArticleScore) -> None:
    row = article(praising)
    inside = {"lean": "lean", "promotion_attention": "lean", "technology_attention": "lean", "model_hash": "model"}
    assert {inside.get(f.name, f.name) for f in fields(ArticleScore)} <= set(row)


def test_both_renderings_hold_the_same(praising: ArticleScore, doubting: ArticleScore) -> None:
    items = [praising, doubting]
    rows = json.loads(render_json(items))
    assert [json.loads(line) for line in render_jsonl(items).splitlines()] == rows == [article(i) for i in items]
    assert [article(read_article(row)) for row in rows] == rows
    assert render_json([]) == "[]\n"
    assert render_jsonl([]) == ""
