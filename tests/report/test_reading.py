"""What was published can be read back."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from framing.errors import InputError
from framing.report import data
from framing.report.reading import read_article, read_results


@pytest.mark.parametrize("name", ["praising", "doubting", "hostile"])
def test_reading_is_the_inverse_of_writing(name: str, request: pytest.FixtureRequest) -> None:
    published = json.loads(json.dumps(data.article(request.getfixturevalue(name))))
    assert data.article(read_article(published)) == published


def test_a_folder_is_read_in_order_and_other_files_are_left_alone(tmp_path: Path, praising: Any, doubting: Any) -> None:
    (tmp_path / "articles-2.jsonl").write_text(data.render_jsonl([doubting]), "utf-8")
    (tmp_path / "articles-1.jsonl").write_text(data.render_jsonl([praising]) + "\n", "utf-8")
    (tmp_path / "errors.jsonl").write_text('{"reason": "no text"}\n', "utf-8")
    assert [score.source for score, _ in read_results(tmp_path)] == ["praising.txt", "doubting.txt"]


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        ("{", "articles.jsonl:1: no article"),
        ("[]", "articles.jsonl:1: no article"),
        ('{"schema_version": 1}', "no field 'lean'"),
        ('{"schema_version": 999}', "newer than 1; update"),
        ('{"schema_version": "x"}', "articles.jsonl:1: no article"),
    ],
)
def test_a_bad_line_is_named(tmp_path: Path, line: str, reason: str) -> None:
    file = tmp_path / "articles.jsonl"
    file.write_text(line + "\n", "utf-8")
    with pytest.raises(InputError, match=reason):
        list(read_results(file))


def test_missing_results_are_named(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="no such file or folder"):
        list(read_results(tmp_path / "nowhere"))
    with pytest.raises(InputError, match=r"holds no articles\*\.jsonl"):
        list(read_results(tmp_path))
