"""Agreement: alpha against a reference implementation, intervals, confusion, disagreements."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import krippendorff
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from framing.errors import LabelError
from framing.labelling.agreement import agreement, disagreement_row, nominal_alpha, units_of_files, units_of_passes
from framing.labelling.files import Row, read_rows

from .conftest import WriteLabels


def as_rows(data: list[dict[str, Any]]) -> list[Row]:
    return [Row(d, Path("made.jsonl"), i + 1) for i, d in enumerate(data)]


def reread(rows: list[dict[str, Any]], changed: int) -> list[dict[str, Any]]:
    """Give a second reading that differs in the frame of the first ``changed`` rows."""
    other = {"praise": "neutral", "neutral": "skepticism", "skepticism": "neutral"}
    return [{**r, "frame": other[r["frame"]] if i < changed else r["frame"]} for i, r in enumerate(rows)]


@given(st.lists(st.lists(st.integers(0, 2), min_size=2, max_size=4), min_size=2, max_size=30))
def test_alpha_is_that_of_the_reference_implementation(readings: list[list[int]]) -> None:
    counts = np.array([[unit.count(v) for v in range(3)] for unit in readings], float)
    total = counts.sum(axis=1, keepdims=True)
    disagreement = (counts * (total - counts) / (total - 1)).sum()
    mine = nominal_alpha(disagreement, counts.sum(axis=0))
    if (counts.sum(axis=0) > 0).sum() < 2:
        assert np.isnan(mine)
    else:
        reference = krippendorff.alpha(value_counts=counts.astype(int), level_of_measurement="nominal")
        assert mine == pytest.approx(reference, abs=1e-12)


def test_equal_readings_agree_fully(rows: list[dict[str, Any]]) -> None:
    result = agreement(units_of_files({"a": as_rows(rows), "b": as_rows(rows)}), samples=50)
    assert result.readers == ("a", "b")
    assert [label.label for label in result.labels] == ["frame", "topic marketing", "topic technology", "topic traffic", "voice"]
    assert all(label.alpha == label.low == label.high == 1.0 for label in result.labels)
    assert result.disagreements == ()


def test_disagreement_lowers_alpha_and_is_listed(rows: list[dict[str, Any]]) -> None:
    result = agreement(units_of_files({"a": as_rows(rows), "b": as_rows(reread(rows, 6))}), samples=200)
    frame = result.labels[0]
    assert frame.alpha is not None
    assert frame.low is not None
    assert frame.high is not None
    assert frame.low < frame.alpha < frame.high <= 1
    assert frame.observed == pytest.approx(1 - 6 / len(rows))
    assert sum(n for a, row in frame.confusion.items() for b, n in row.items() if a != b) == 6
    assert [u.row.data["id"] for u in result.disagreements] == [r["id"] for r in rows[:6]]
    row = disagreement_row(result.disagreements[0])
    assert "frame" not in row
    assert set(row["passes"]) == {"a", "b"}


def test_one_value_only_has_no_alpha(rows: list[dict[str, Any]]) -> None:
    same = [{**r, "voice": "author", "topics": []} for r in rows]
    result = agreement(units_of_files({"a": as_rows(same), "b": as_rows(same)}), samples=20)
    assert [(label.label, label.alpha) for label in result.labels] == [("frame", 1.0), ("voice", None)]


def test_rows_that_only_one_reader_has_do_not_count(rows: list[dict[str, Any]]) -> None:
    assert len(units_of_files({"a": as_rows(rows), "b": as_rows(rows[10:])})) == len(rows) - 10


def test_readings_of_one_file_come_from_passes(rows: list[dict[str, Any]]) -> None:
    both = [
        {**a, "passes": {k: {n: x[n] for n in ("frame", "topics", "voice")} for k, x in (("first", a), ("second", b))}}
        for a, b in zip(rows, reread(rows, 4), strict=True)
    ]
    from_passes = agreement(units_of_passes(as_rows(both)), samples=50)
    from_files = agreement(units_of_files({"first": as_rows(rows), "second": as_rows(reread(rows, 4))}), samples=50)
    assert from_passes.labels == from_files.labels


def test_reader_who_only_settles_can_be_left_out(rows: list[dict[str, Any]]) -> None:
    labels = [{n: r[n] for n in ("frame", "topics", "voice")} for r in rows]
    settled = [{**r, "passes": {"a": x, "b": x, "c": {**x, "frame": "neutral"}}} for r, x in zip(rows, labels, strict=True)]
    assert agreement(units_of_passes(as_rows(settled), ["a", "b"]), samples=20).disagreements == ()
    assert agreement(units_of_passes(as_rows(settled)), samples=20).readers == ("a", "b", "c")


BAD = [
    ([{"a": {"frame": "fine", "topics": [], "voice": "author"}}], "made.jsonl:1: reading 'a': the frame 'fine' is unknown"),
    ([{}], "no row has two readings"),
]


@pytest.mark.parametrize(("passes", "message"), BAD)
def test_wrong_readings_are_refused(passes: list[dict[str, Any]], message: str, rows: list[dict[str, Any]]) -> None:
    with pytest.raises(LabelError, match=message):
        units_of_passes(as_rows([{**rows[0], "passes": p} for p in passes]))


def test_one_id_for_two_sentences_is_refused(rows: list[dict[str, Any]]) -> None:
    with pytest.raises(LabelError, match="is another sentence at"):
        units_of_files({"a": as_rows(rows), "b": as_rows([{**rows[0], "text": "别的话。"}])})


def test_files_without_a_common_sentence_are_refused(rows: list[dict[str, Any]]) -> None:
    with pytest.raises(LabelError, match="no sentence is in two"):
        units_of_files({"a": as_rows(rows[:3]), "b": as_rows(rows[3:])})


def test_command_writes_disagreements_as_tasks(rows: list[dict[str, Any]], write_labels: WriteLabels, tmp_path: Path) -> None:
    write_labels(rows, "ann.jsonl")
    write_labels(reread(rows, 5), "bea.jsonl")
    command = [sys.executable, "-m", "framing", "labels", "agreement", "ann.jsonl", "bea.jsonl", "--samples", "50"]
    text = subprocess.run(
        [*command, "--disagreements", "open.jsonl"], cwd=tmp_path, capture_output=True, text=True, encoding="utf-8", check=True
    )
    assert "read by ann, bea" in text.stdout
    assert "5 sentences on which readings differ" in text.stdout
    first, other = rows[0], reread(rows, 5)[0]
    line = f"ann.jsonl:1  ann: {first['frame']}/–/author  bea: {other['frame']}/–/author  {first['text']}"
    assert line in text.stdout.splitlines()
    tasks = read_rows(tmp_path / "open.jsonl", tasks=True)
    assert len(tasks) == 5
    assert not any(t.labelled for t in tasks)
    data = json.loads(subprocess.run([*command, "--format", "json"], cwd=tmp_path, capture_output=True, check=True).stdout)
    assert data["labels"][0]["label"] == "frame"
    assert len(data["disagreements"]) == 5
