"""Label files: what is read, what is refused, and that the schema and the reader agree."""

from __future__ import annotations

import json
from importlib import resources
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from hypothesis import given
from hypothesis import strategies as st

from framing.errors import LabelError
from framing.labelling.files import label_files, parse_row, read_folder, read_rows, write_rows

GOOD = {"id": "x1", "article": "x", "text": "青舟外卖更换了头盔。", "frame": "neutral", "topics": [], "voice": "author"}

BROKEN = [
    ("not JSON", b'{"id": "x1",\n', "not JSON"),
    ("a list", b"[1, 2]\n", "not a JSON object"),
    ("no frame", json.dumps({k: v for k, v in GOOD.items() if k != "frame"}).encode(), "the field 'frame' is missing"),
    ("unknown frame", json.dumps({**GOOD, "frame": "good"}).encode(), "the frame 'good' is unknown"),
    ("unknown voice", json.dumps({**GOOD, "voice": "reader"}).encode(), "the voice 'reader' is unknown"),
    ("topics no list", json.dumps({**GOOD, "topics": "technology"}).encode(), "topics must be a list"),
    ("empty text", json.dumps({**GOOD, "text": "  "}).encode(), "the text is empty"),
    ("long text", json.dumps({**GOOD, "text": "长" * 2001}).encode(), "at most 2000"),
    ("weight zero", json.dumps({**GOOD, "weight": 0}).encode(), "the weight 0.0"),
    ("GB18030", json.dumps(GOOD, ensure_ascii=False).encode("gb18030"), "is not UTF-8"),
]


@pytest.mark.parametrize(("data", "message"), [b[1:] for b in BROKEN], ids=[b[0] for b in BROKEN])
def test_broken_line_is_named_with_file_and_line(tmp_path: Path, data: bytes, message: str) -> None:
    path = tmp_path / "broken.jsonl"
    path.write_bytes(json.dumps(GOOD).encode() + b"\n" + data)
    with pytest.raises(LabelError) as caught:
        read_rows(path)
    assert message in str(caught.value)
    assert str(caught.value).startswith(f"{path}:2: ")
    assert "\n" not in str(caught.value)


def test_id_that_occurs_twice_names_both_places(tmp_path: Path) -> None:
    path = tmp_path / "twice.jsonl"
    write_rows(path, [GOOD, GOOD])
    with pytest.raises(LabelError, match=r"twice\.jsonl:2: the id 'x1' is also at .*twice\.jsonl:1"):
        read_rows(path)


def test_file_of_100_megabytes_is_refused_in_one_line(tmp_path: Path) -> None:
    path = tmp_path / "huge.jsonl"
    with path.open("wb") as file:
        file.truncate(100 * 1024 * 1024)
    with pytest.raises(LabelError, match=r"huge\.jsonl: larger than 64 MiB"):
        read_rows(path)


def test_missing_file_and_empty_folder_are_refused(tmp_path: Path) -> None:
    with pytest.raises(LabelError, match="no such file"):
        read_rows(tmp_path / "none.jsonl")
    with pytest.raises(LabelError, match="no label files"):
        read_folder([tmp_path])


def test_folder_leaves_unresolved_and_hidden_files_out(tmp_path: Path) -> None:
    for name in ("b.jsonl", "a.jsonl", "unresolved.jsonl", ".hidden.jsonl"):
        write_rows(tmp_path / name, [{**GOOD, "id": name}])
    assert [f.name for f in label_files([tmp_path])] == ["a.jsonl", "b.jsonl"]


def test_byte_order_mark_and_blank_lines_are_no_rows(tmp_path: Path) -> None:
    path = tmp_path / "marked.jsonl"
    path.write_bytes(b"\xef\xbb\xbf" + json.dumps(GOOD).encode() + b"\n\n  \n")
    assert [r.line for r in read_rows(path)] == [1]


def test_task_row_is_only_read_as_one(tmp_path: Path) -> None:
    path = tmp_path / "tasks.jsonl"
    write_rows(path, [{k: GOOD[k] for k in ("id", "article", "text")}])
    assert not read_rows(path, tasks=True)[0].labelled
    with pytest.raises(LabelError, match="the field 'frame' is missing"):
        read_rows(path)


TEXT = st.text(alphabet='赞疑a1 :"{}[]\n\\', max_size=20)
VALUES: st.SearchStrategy[Any] = st.one_of(
    st.none(), st.booleans(), st.integers(-2, 1001), TEXT, st.lists(TEXT, max_size=2), st.just("praise")
)


@given(st.dictionaries(st.sampled_from([*GOOD, "weight", "tags", "paragraph"]), VALUES, max_size=3))
def test_whatever_fits_the_schema_can_be_read(change: dict[str, Any]) -> None:
    schema = json.loads((resources.files("framing") / "data" / "label-row.schema.json").read_text("utf-8"))
    row = {**GOOD, **change}
    if jsonschema.Draft202012Validator(schema).is_valid(row):
        assert parse_row(json.dumps(row), "here").text == row["text"]


@given(TEXT)
def test_no_other_line_raises_anything_but_a_label_error(line: str) -> None:
    with pytest.raises(LabelError, match=r"^here: "):
        parse_row(line, "here")
