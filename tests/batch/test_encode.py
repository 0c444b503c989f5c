"""JSON that is written from the records is the JSON of their data, byte for byte."""

from __future__ import annotations

import gc
import json
import math
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from framing.analysis import load_model, score_many
from framing.batch import BatchConfig, run
from framing.batch.encode import decimals, dumps, encode_data, encode_origin, encode_scores
from framing.batch.places import LineIndex
from framing.batch.scoring import article_data
from framing.batch.store import Entry
from framing.model import FramingModel
from framing.records import ArticleScore, Repair
from framing.report.data import number
from tests.batch.conftest import article, contents

PIECES = [
    "领先同行，表现出色。",
    "令人失望！",
    "\n",
    "\r\n",
    "\r",
    "(tài)",
    "軟體",
    "&amp;",
    "<b>",
    "锟斤拷",
    "\u200b",
    "“好，”他说。",
    "营销",
    "芯片",
]
STRANGE = ["\0", "\x1f", "\x7f", "\x85", "\u2028", "😀", "\ud800", "\udfff", "\\", '"', "\t", "=1+1", "/", "é"]
TEXTS = st.lists(st.sampled_from(PIECES + STRANGE), max_size=30).map("".join)


def compact(data: object) -> bytes:
    """Write a JSON object without its opening brace."""
    return json.dumps(data, ensure_ascii=False, separators=(",", ":"))[1:].encode("utf-8", "surrogatepass")


def expected(score: ArticleScore, text: str) -> tuple[bytes, list[bytes]]:
    data = article_data(score, text)
    del data["source"]
    sentences = data.pop("sentences")
    return compact(data), [compact(s) for s in sentences]


@settings(max_examples=40, deadline=None)
@given(texts=st.lists(TEXTS, max_size=4))
@example(texts=[article(1, 30), "", article(2, 3)])
@example(texts=["\n" * 9000 + article(3, 2)])
def test_scores_are_encoded_as_their_data(small_model: FramingModel, texts: list[str]) -> None:
    scores = list(score_many(texts, small_model))
    found = list(encode_scores(scores, texts))
    assert [(e.article, list(e.sentences)) for e in found] == [expected(s, t) for s, t in zip(scores, texts, strict=True)]


def test_articles_with_repairs_and_many_sentences(small_model: FramingModel) -> None:
    text = "\r\n".join([article(i, 20) for i in range(3)]) + "&amp;软\u200b件<b>好</b>(hǎo)。"
    (score,) = score_many([text], small_model)
    score = replace(score, repairs=(*score.repairs, Repair(0, 1, '"\\', "\n", "x")), warnings=("not-chinese", "unreadable-sentences"))
    (found,) = encode_scores([score], [text])
    assert (found.article, list(found.sentences)) == expected(score, text)


MIDDLES = st.integers(-40_000, 40_000).map(lambda n: (n + 0.5) / 10_000)
NUMBERS = st.one_of(
    st.floats(-3, 3),
    st.floats(-1e300, 1e300),
    MIDDLES,
    MIDDLES.map(lambda x: math.nextafter(x, math.inf)),
    MIDDLES.map(lambda x: math.nextafter(x, -math.inf)),
)


@given(st.lists(NUMBERS, max_size=20))
@example([0.0, -0.0, -1e-9, 1.0, -1.0, 2.0, 2.00004, 2.00005, -2.0001, 0.00005, 0.00015, 1e300, 5e-324])
def test_numbers_are_rounded_and_written_as_by_json(values: list[float]) -> None:
    assert decimals(values) == [json.dumps(number(v)) for v in values]


@given(st.builds(Entry, st.text(), st.none() | st.integers(1), st.none() | st.text(), st.none() | st.text(), st.just("")))
def test_origins_are_those_of_the_entry(entry: Entry) -> None:
    data = {"source": entry.source, "row": entry.row, "id": entry.id, "group": entry.group, "key": 1}
    assert encode_origin(entry) + b'"key":1}' == dumps(data).encode("utf-8", "surrogatepass")


def test_data_is_encoded_without_its_opening_braces() -> None:
    found = encode_data({"verdict": "praise"}, [{"text": "好\ud800。"}])
    assert (found.article, found.sentences) == (b'"verdict":"praise"}', ['"text":"好\ud800。"}'.encode("utf-8", "surrogatepass")])


@pytest.mark.parametrize(
    ("start", "end", "place"),
    [(0, 1, (1, 1, 1, 2)), (1, 3, (1, 2, 2, 1)), (3, 4, (2, 1, 2, 2)), (4, 5, (2, 2, 3, 1)), (5, 8, (3, 1, 5, 2)), (7, 8, (5, 1, 5, 2))],
)
def test_lines_end_with_any_line_end(start: int, end: int, place: tuple[int, int, int, int]) -> None:
    assert LineIndex("一\r\n二\n\n\r四").span(start, end) == place


def test_carried_over_entries_are_written_as_fresh_ones(model: Path, tmp_path: Path) -> None:
    """An incremental run makes lines from data, a fresh one from records."""
    folder = tmp_path / "articles"
    folder.mkdir()
    for i in range(6):
        (folder / f"{i}.txt").write_text(article(i) + "".join(PIECES) + 'é\\"\t', "utf-8", newline="")
    config = BatchConfig(model_path=str(model), jobs=1, incremental=True)
    run([str(folder)], tmp_path / "out", config)
    (folder / "9.txt").write_text(article(9), "utf-8")
    assert run([str(folder)], tmp_path / "out", config).scored == 1
    run([str(folder)], tmp_path / "fresh", config)
    assert contents(tmp_path / "out") == contents(tmp_path / "fresh")


@pytest.mark.parametrize("enabled", [True, False])
def test_the_collector_is_left_as_it_was(enabled: bool, articles: Path, model: Path, tmp_path: Path) -> None:
    load_model(model)
    try:
        (gc.enable if enabled else gc.disable)()
        run([str(articles)], tmp_path / "out", BatchConfig(model_path=str(model), jobs=1))
        assert gc.isenabled() is enabled
    finally:
        gc.enable()
