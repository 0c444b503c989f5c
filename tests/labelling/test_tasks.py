"""Sentences to label: from articles and files, and which of them to label next."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from scipy.sparse import csr_matrix

from framing.errors import InputError, LabelError
from framing.labelling.files import read_rows
from framing.labelling.selection import ORDERS, choose, order_of, uncertainty, word_vectors
from framing.labelling.tasks import article_tasks, neighbours, read_tasks, suggestions, with_neighbours
from framing.model import FramingModel
from framing.records import Prediction

from .conftest import WriteLabels

ARTICLE = "溪桥物流的冬天\n溪桥物流关闭了三个分拨中心。员工对此忧心忡忡。\n管理层则表示，业务并未受到影响。\n责任编辑：林原\n"


def test_article_becomes_tasks_without_boilerplate() -> None:
    tasks = article_tasks(ARTICLE, "river")
    assert [t["text"] for t in tasks] == [
        "溪桥物流的冬天",
        "溪桥物流关闭了三个分拨中心。",
        "员工对此忧心忡忡。",
        "管理层则表示，业务并未受到影响。",
    ]
    assert [t["paragraph"] for t in tasks] == [0, 1, 1, 2]
    assert {t["title"] for t in tasks} == {"溪桥物流的冬天"}
    assert len({t["id"] for t in tasks}) == 4


def test_same_name_and_other_text_is_another_article() -> None:
    first, second = article_tasks(ARTICLE, "river"), article_tasks(ARTICLE + "尾声。", "river")
    assert not {t["id"] for t in first} & {t["id"] for t in second}
    assert article_tasks(ARTICLE, "river") == first


def test_folders_hold_label_files_and_texts_in_any_encoding(rows: list[dict[str, Any]], write_labels: WriteLabels) -> None:
    folder = write_labels(rows, "corpus/rows.jsonl").parent
    (folder / "river.txt").write_bytes(ARTICLE.encode("gb18030"))
    found = read_tasks([folder])
    assert len(found) == len(rows) + 4
    assert found[-1]["text"] == "管理层则表示，业务并未受到影响。"


def test_text_that_cannot_be_read_is_named_or_left_out(tmp_path: Path) -> None:
    (tmp_path / "river.txt").write_text(ARTICLE, "utf-8")
    (tmp_path / "wrong.txt").write_bytes(bytes(range(256)) * 8)
    with pytest.raises(InputError, match=r"wrong\.txt: "):
        read_tasks([tmp_path])
    lines: list[str] = []
    assert len(read_tasks([tmp_path], skipped=lines.append)) == 4
    assert len(lines) == 1


def test_nothing_to_label_and_ids_that_occur_twice_are_refused(
    tmp_path: Path, rows: list[dict[str, Any]], write_labels: WriteLabels
) -> None:
    (tmp_path / "empty.txt").write_text("\n", "utf-8")
    with pytest.raises(LabelError, match="no sentences were found"):
        read_tasks([tmp_path / "empty.txt"])
    with pytest.raises(LabelError, match="is also at"):
        read_tasks([write_labels(rows, "a.jsonl"), write_labels(rows[:1], "b.jsonl")])


def test_neighbours_stop_at_the_article(rows: list[dict[str, Any]]) -> None:
    assert neighbours(rows, 0) == ("", rows[1]["text"] + rows[2]["text"])
    assert neighbours(rows, 5) == (rows[4]["text"], rows[6]["text"] + rows[7]["text"])
    kept = with_neighbours(rows, 5)
    assert neighbours([kept], 0) == neighbours(rows, 5)


def test_suggestions_do_not_depend_on_the_order_of_articles(rows: list[dict[str, Any]], small_model: FramingModel) -> None:
    apart = rows[::2] + rows[1::2]
    expected = dict(zip((r["id"] for r in sorted(apart, key=lambda r: int(r["article"][1:]))), range(len(rows)), strict=True))
    assert len(expected) == len(rows)
    found = suggestions(apart, small_model)
    again = suggestions(sorted(apart, key=lambda r: r["article"]), small_model)
    by_id = dict(zip((r["id"] for r in sorted(apart, key=lambda r: r["article"])), again, strict=True))
    assert [by_id[r["id"]] for r in apart] == found


def prediction(praise: float, skepticism: float, topic: float, quoted: float) -> Prediction:
    return Prediction("praise", praise, skepticism, 1 - praise - skepticism, {"technology": topic}, (), "author", quoted)


def test_uncertainty_is_between_0_and_1_and_greatest_where_nothing_is_known() -> None:
    sure, torn, half = uncertainty([prediction(1, 0, 0, 0), prediction(1 / 3, 1 / 3, 0.5, 0), prediction(1, 0, 0, 0.5)])
    assert sure == pytest.approx(0, abs=1e-6)
    assert torn == pytest.approx(1)
    assert half == pytest.approx(0.5)


def test_choice_leaves_copies_for_last() -> None:
    vectors = csr_matrix(np.array([[1.0, 0], [1, 0], [0, 1], [0.6, 0.8]]))
    worth = np.array([0.9, 0.9, 0.5, 0.8])
    assert choose(worth, vectors, 4) == [0, 2, 3, 1]
    assert choose(worth, vectors, 2) == [0, 2]
    assert choose(worth, vectors, 1, csr_matrix(np.array([[1.0, 0]]))) == [2]
    assert choose(worth, vectors, 9) == [0, 2, 3, 1]


def test_orders_hold_every_sentence_once(rows: list[dict[str, Any]], small_model: FramingModel) -> None:
    texts = [r["text"] for r in rows]
    found = suggestions(rows, small_model)
    for order in ORDERS:
        assert sorted(order_of(texts, found, small_model, order)) == list(range(len(rows)))
    unsure = uncertainty(found)[order_of(texts, found, small_model, "uncertain")]
    assert (np.diff(unsure) <= 0).all()


def test_vectors_of_the_same_sentence_in_two_scripts_are_alike(small_model: FramingModel) -> None:
    vectors = word_vectors(["电池续航令人失望，问题严重。", "電池續航令人失望,問題嚴重。", "門店開設在機場。"], small_model)
    likeness = (vectors @ vectors.T).toarray()
    assert likeness[0, 1] == pytest.approx(1)
    assert likeness[0, 2] < 0.5


def test_suggest_leaves_labelled_sentences_out_and_brings_context(
    tmp_path: Path, rows: list[dict[str, Any]], write_labels: WriteLabels, small_model_path: Path
) -> None:
    corpus = tmp_path / "corpus"
    corpus.mkdir()
    (corpus / "river.txt").write_text(ARTICLE, "utf-8")
    (corpus / "wrong.txt").write_bytes(bytes(range(256)) * 8)
    labels = write_labels([{**rows[0], "text": "员工对此忧心忡忡。"}])
    command = [sys.executable, "-m", "framing", "labels", "suggest", "corpus", "-n", "2", "--labels", str(labels), "-o", "tasks.jsonl"]
    done = subprocess.run(
        [*command, "--model", str(small_model_path)], cwd=tmp_path, capture_output=True, text=True, encoding="utf-8", check=True
    )
    assert "wrong.txt" in done.stderr
    assert "2 of 3 unlabelled sentences" in done.stderr
    tasks = [dict(r.data) for r in read_rows(tmp_path / "tasks.jsonl", tasks=True)]
    assert len(tasks) == 2
    assert "员工对此忧心忡忡。" not in {t["text"] for t in tasks}
    assert all(t["before"] or t["after"] for t in tasks)
    assert json.dumps(tasks)
