"""Exchange with other tools: there and back without loss, their own files, and broken ones."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest
from click.testing import CliRunner
from hypothesis import given, settings
from hypothesis import strategies as st

from framing.cli.main import cli
from framing.errors import LabelError
from framing.labelling.exchange import FORMATS, load
from framing.labelling.exchange.common import Outgoing
from framing.labelling.exchange.label_studio import labelling_config
from framing.labelling.files import read_rows
from framing.records import TOPICS

from .conftest import WriteLabels

TEXT = st.text(alphabet="赞疑 a1,;:\"“”'\\\n=+\t", min_size=1, max_size=12)
NAME = st.text(alphabet="价格安全;, a", min_size=1, max_size=5).filter(str.strip)
OPTIONAL = {
    "register": TEXT,
    "title": TEXT,
    "paragraph": st.integers(0, 99),
    "tags": st.lists(NAME, max_size=2, unique=True),
    "split": st.sampled_from(["train", "test"]),
    "weight": st.floats(0.5, 3.0),
    "note": TEXT,
    "passes": st.fixed_dictionaries({"a": st.just({"frame": "praise", "topics": [], "voice": "author"})}),
    "mine": st.one_of(st.integers(), st.lists(st.integers(), max_size=2), TEXT),
}
REQUIRED = {
    "article": TEXT.filter(str.strip),
    "text": TEXT.filter(str.strip),
    "frame": st.sampled_from(["praise", "skepticism", "neutral"]),
    "topics": st.lists(NAME, max_size=3, unique=True),
    "voice": st.sampled_from(["author", "quoted"]),
}
ROWS = st.lists(st.fixed_dictionaries(REQUIRED, optional=OPTIONAL), min_size=1, max_size=3).map(
    lambda rows: [{"id": f"r{i}", **row} for i, row in enumerate(rows)]
)


@pytest.mark.parametrize("form", FORMATS)
@settings(max_examples=50, deadline=None)
@given(rows=ROWS)
def test_rows_come_back_as_they_went(form: str, tmp_path_factory: pytest.TempPathFactory, rows: list[dict[str, Any]]) -> None:
    path = tmp_path_factory.mktemp("exchange") / f"rows{FORMATS[form].suffix}"
    path.write_bytes(FORMATS[form].dump([Outgoing(row) for row in rows], TOPICS).encode())
    assert load([path], form) == rows


@pytest.mark.parametrize("form", FORMATS)
def test_unlabelled_rows_come_back_unlabelled(form: str, tmp_path: Path, rows: list[dict[str, Any]]) -> None:
    tasks = [{k: v for k, v in r.items() if k not in ("frame", "topics", "voice")} for r in rows]
    path = tmp_path / "tasks"
    path.write_bytes(FORMATS[form].dump([Outgoing(t) for t in tasks], TOPICS).encode())
    back = load([path], form)
    assert [{k: v for k, v in r.items() if k != "tags"} for r in back] == [{k: v for k, v in r.items() if k != "tags"} for r in tasks]


# --- files as the tools write them ---------------------------------------------------------------

LABEL_STUDIO = """[
  {
    "id": 41,
    "annotations": [
      {"id": 7, "completed_by": {"id": 1, "email": "ann@example.org"}, "was_cancelled": false, "ground_truth": false,
       "created_at": "2026-03-02T08:15:10.120Z", "updated_at": "2026-03-02T08:15:31.402Z", "lead_time": 8.2, "task": 41,
       "result": [
        {"id": "kJ2", "from_name": "frame", "to_name": "text", "type": "choices", "origin": "manual", "value": {"choices": ["skepticism"]}},
        {"id": "9aQ", "from_name": "topics", "to_name": "text", "type": "choices", "origin": "manual", "value": {"choices": ["technology", "traffic"]}},
        {"id": "Zx0", "from_name": "voice", "to_name": "text", "type": "choices", "origin": "manual", "value": {"choices": ["quoted"]}},
        {"id": "m3", "from_name": "note", "to_name": "text", "type": "textarea", "origin": "manual", "value": {"text": ["再看一遍"]}}]}
    ],
    "file_upload": "tasks.json", "drafts": [], "predictions": [],
    "data": {"text": "骑手抱怨新头盔频频掉电。", "article": "helmet"},
    "meta": {}, "created_at": "2026-03-01T10:00:00Z", "updated_at": "2026-03-02T08:15:31Z", "inner_id": 1, "total_annotations": 1,
    "cancelled_annotations": 0, "total_predictions": 0, "comment_count": 0, "project": 3, "updated_by": 1
  },
  {"id": 42, "annotations": [{"id": 8, "completed_by": 1, "was_cancelled": true, "result": []}],
   "data": {"text": "发布会定在周五。", "article": "helmet"}}
]
"""
DOCCANO = (
    '{"id":12,"text":"骑手抱怨新头盔频频掉电。","article":"helmet","label":["frame:skepticism","topic:technology","topic:traffic","voice:quoted"],"Comments":["再看一遍"]}\n'
    '{"id":13,"text":"发布会定在周五。","article":"helmet","label":[],"Comments":[]}\n'
)
PRODIGY = (
    '{"text":"骑手抱怨新头盔频频掉电。","options":[{"id":"frame:praise","text":"frame:praise"},{"id":"frame:skepticism","text":"frame:skepticism"}],'
    '"framing":{"id":"p1","article":"helmet","note":"再看一遍"},"_input_hash":-1524341231,"_task_hash":904321123,"_is_binary":false,"_view_id":"choice",'
    '"accept":["frame:skepticism","topic:technology","topic:traffic","voice:quoted"],"config":{"choice_style":"multiple"},"answer":"accept",'
    '"_timestamp":1772439310,"_annotator_id":"2026-03-02_08-15-10","_session_id":"2026-03-02_08-15-10"}\n'
    '{"text":"发布会定在周五。","framing":{"id":"p2","article":"helmet"},"accept":["frame:neutral"],"answer":"ignore","_view_id":"choice"}\n'
)
CSV = (
    "id,article,text,frame,topics,voice,note\n"
    "s1,helmet,骑手抱怨新头盔频频掉电。,skepticism,technology; traffic,quoted,再看一遍\n"
    "s2,helmet,发布会定在周五。,,,,\n"
)
FOREIGN = [("label-studio", LABEL_STUDIO), ("doccano", DOCCANO), ("prodigy", PRODIGY), ("csv", CSV)]


@pytest.mark.parametrize(("form", "text"), FOREIGN, ids=[f[0] for f in FOREIGN])
def test_file_that_the_tool_wrote_is_read(form: str, text: str, tmp_path: Path) -> None:
    path = tmp_path / "export"
    path.write_text(text, "utf-8")
    first, second = load([path], form)
    assert {k: first[k] for k in ("article", "text", "frame", "voice", "note")} == {
        "article": "helmet",
        "text": "骑手抱怨新头盔频频掉电。",
        "frame": "skepticism",
        "voice": "quoted",
        "note": "再看一遍",
    }
    assert first["topics"] == ["technology", "traffic"]
    assert second["text"] == "发布会定在周五。"
    assert "frame" not in second
    assert first["id"] != second["id"]


def annotation(frame: str, by: int) -> dict[str, Any]:
    result = [{"from_name": n, "type": "choices", "value": {"choices": [v]}} for n, v in (("frame", frame), ("voice", "author"))]
    return {"completed_by": by, "result": result}


def test_answers_to_questions_of_others_are_left_out(tmp_path: Path) -> None:
    other = {"from_name": "mood", "type": "choices", "value": {"choices": ["calm"]}}
    given = annotation("praise", 1)
    task = {"id": 1, "data": {"text": "甲公司表现亮眼。"}, "annotations": [{**given, "result": [other, *given["result"]]}]}
    path = tmp_path / "export.json"
    path.write_text(json.dumps([task], ensure_ascii=False), "utf-8")
    (row,) = load([path], "label-studio")
    assert (row["frame"], row["topics"], row["voice"]) == ("praise", [], "author")


def test_several_readers_are_kept_and_settle_only_where_they_agree(tmp_path: Path) -> None:
    tasks = [
        {"id": 1, "data": {"text": "甲公司发布了财报。"}, "annotations": [annotation("neutral", 1), annotation("neutral", 2)]},
        {"id": 2, "data": {"text": "乙公司表现亮眼。"}, "annotations": [annotation("praise", 1), annotation("neutral", 2)]},
        {
            "id": 3,
            "data": {"text": "丙公司陷入困境。"},
            "annotations": [annotation("neutral", 1), {**annotation("skepticism", 2), "ground_truth": True}],
        },
    ]
    path = tmp_path / "export.json"
    path.write_text(json.dumps(tasks, ensure_ascii=False), "utf-8")
    agreed, open_row, truth = load([path], "label-studio")
    assert agreed["frame"] == "neutral"
    assert set(agreed["passes"]) == set(open_row["passes"]) == {"1", "2"}
    assert "frame" not in open_row
    assert truth["frame"] == "skepticism"
    assert "passes" not in truth


# --- broken files --------------------------------------------------------------------------------

ROW = '{"text":"甲公司发布了财报。","label":%s,"framing":%s}'
CARRIER = json.dumps('{"id": "x", "article": "x"}')
TASK = '{"data": {"text": "a", "framing": {"id": "x", "article": "x"}}}'
ACCEPTED = '{"text": "a", "framing": {"id": "x", "article": "x"}, "accept": ["%s"], "answer": "accept"}'
BROKEN = [
    ("label-studio", b'[\n{"id": 1,\n "data": }]', ":3: not JSON"),
    ("label-studio", b'[\n{"id": 1, "data": {}}\n]', ":2: the field 'data.text' is missing"),
    ("label-studio", b'[{"data": {"text": "a"}}', ":1: not JSON"),
    ("label-studio", b'[\n\n{"data": {"text": "a"}, "annotations": [{"result": [{"value": 3}]}]}]', ":3: an annotation has not the form"),
    (
        "label-studio",
        json.dumps([{"data": {"text": "a"}, "annotations": [annotation("great", 1)]}]).encode(),
        ":1: the frame 'great' is unknown",
    ),
    ("label-studio", f"[{TASK},\n{TASK}]".encode(), ":2: the id 'x' is also at"),
    ("label-studio", '[\n{"data": {"text": "赞"}}]'.encode("gb18030"), ":2: byte 21 is not UTF-8"),
    ("label-studio", b'[\n{"data": {"text": "a"}, "annotations": 3}]', ":2: annotations must be a list of objects"),
    ("label-studio", b'[\n{"data": {"text": "a"}, "annotations": [3]}]', ":2: annotations must be a list of objects"),
    ("doccano", b'{"text": "a"}', ":1: the field 'label' is missing"),
    ("doccano", (ROW % ("[3]", "3")).encode(), ":1: the label 3 is no name"),
    ("doccano", (ROW % ('"praise"', "3")).encode(), ":1: label must be a list of names"),
    ("doccano", b"\n3\n", ":2: not a JSON object"),
    ("doccano", b'\n{"text": }\n', ":2: not JSON"),
    ("doccano", (ROW % ('["frame:praise"]', "3") + "\n" + ROW % ('["frame:great"]', "3")).encode(), ":2: the frame 'great' is unknown"),
    ("doccano", (ROW % ('["frame:praise","frame:neutral"]', "3")).encode(), ":1: 2 labels of the kind frame"),
    ("doccano", (ROW % ('["mood:praise"]', "3")).encode(), ":1: the label 'mood:praise' is unknown"),
    ("doccano", (ROW % ("[]", '"{"')).encode(), ":1: the field 'framing' is damaged"),
    ("doccano", "\n".join([ROW % ('["praise"]', CARRIER)] * 2).encode(), ":2: the id 'x' is also at"),
    ("doccano", (ROW % ("[]", CARRIER)).encode("gb18030"), ":1: byte 9 is not UTF-8"),
    ("prodigy", b'{"text": "a", "accept": "praise", "answer": "accept"}', ":1: accept must be a list"),
    ("prodigy", b'{"accept": []}', ":1: the field 'text' is missing"),
    (
        "prodigy",
        ('{"text": "a", "accept": ["frame:neutral"], "answer": "accept"}\n' + ACCEPTED % "frame:great").encode(),
        ":2: the frame 'great' is unknown",
    ),
    ("prodigy", "\n".join([ACCEPTED % "frame:neutral"] * 2).encode(), ":2: the id 'x' is also at"),
    ("prodigy", (ACCEPTED % "赞").encode("gb18030"), ":1: byte 66 is not UTF-8"),
    ("csv", b"id,text\n1,a\n", ":1: the column 'article' is missing"),
    ("csv", b"id,article,text,paragraph\n1,a,b,two\n", ":2: the paragraph 'two' is no number"),
    ("csv", b"id,article,text,extra\n1,a,b,{\n", ":2: the cell 'extra' is damaged"),
    ("csv", b"id,article,text\n1,a,b\n1,a,c\n", ":3: the id '1' is also at"),
    ("csv", b"id,article,text\n1,a\n", ":2: another number of cells"),
    ("csv", b"id,article,text,frame,topics,voice\n1,a,b,great,,author\n", ":2: the frame 'great' is unknown"),
    ("csv", b"id,article,text,frame,topics,voice\n1,a,b,neutral,,nobody\n", ":2: the voice 'nobody' is unknown"),
    ("csv", b'id,article,text\n1,a,"b\n', ":2: not CSV"),
    ("csv", "id,article,text\n1,a,赞\n".encode("gb18030"), ":2: byte 20 is not UTF-8"),
    (
        "jsonl",
        b'{"id": "1", "article": "a", "text": "b", "frame": "great", "topics": [], "voice": "author"}',
        ":1: the frame 'great' is unknown",
    ),
    ("jsonl", b'{"id": "1", "article": "a"}', ":1: the field 'text' is missing"),
    ("jsonl", b'{"id": "1", "article": "a", "text": "b"}\n' * 2, ":2: the id '1' is also at"),
    ("jsonl", '{"id": "1", "article": "a", "text": "赞"}'.encode("gb18030"), ":1: byte 37 is not UTF-8"),
]


@pytest.mark.parametrize(("form", "data", "message"), BROKEN)
def test_broken_file_is_one_line_with_file_and_line(form: str, data: bytes, message: str, tmp_path: Path) -> None:
    path = tmp_path / "broken"
    path.write_bytes(data)
    with pytest.raises(LabelError) as caught:
        load([path], form)
    assert str(caught.value).startswith(f"{path}{message}")
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("form", FORMATS)
def test_file_of_100_megabytes_is_refused(form: str, tmp_path: Path) -> None:
    path = tmp_path / "huge"
    with path.open("wb") as file:
        file.truncate(100 * 1024 * 1024)
    with pytest.raises(LabelError, match="huge: larger than 64 MiB"):
        load([path], form)


# --- commands ------------------------------------------------------------------------------------


def test_labelling_configuration_names_every_label() -> None:
    root = ElementTree.fromstring(labelling_config(("marketing", 'a "b" & <c>')))
    choices = {c.attrib["name"]: [x.attrib["value"] for x in c] for c in root.iter("Choices")}
    assert choices == {
        "frame": ["praise", "skepticism", "neutral"],
        "topics": ["marketing", 'a "b" & <c>'],
        "voice": ["author", "quoted"],
    }
    assert {c.attrib["toName"] for c in root.iter("Choices")} == {"text"}


def test_export_with_predictions_and_import_again(
    rows: list[dict[str, Any]], write_labels: WriteLabels, small_model_path: Path, tmp_path: Path
) -> None:
    tasks = [{k: r[k] for k in ("id", "article", "text", "paragraph")} for r in rows]
    path, out, config = write_labels(tasks, "tasks.jsonl"), tmp_path / "out.json", tmp_path / "config.xml"
    args = [
        "--format",
        "label-studio",
        "--predictions",
        "--model",
        str(small_model_path),
        "-o",
        str(out),
        "--labelling-config",
        str(config),
    ]
    done = CliRunner().invoke(cli, ["labels", "export", str(path), *args])
    assert done.exit_code == 0, done.output
    exported = json.loads(out.read_text("utf-8"))
    for task, row in zip(exported, rows, strict=True):
        (prediction,) = task["predictions"]
        assert prediction["model_version"].startswith("small ")
        assert 0 <= prediction["score"] <= 1
        assert {r["from_name"] for r in prediction["result"]} >= {"frame", "voice"}
        assert task["data"]["text"] == row["text"]
        assert "annotations" not in task
    assert rows[0]["text"] in exported[1]["data"]["before"]
    assert "<Choices" in config.read_text("utf-8")
    back, rest = tmp_path / "back.jsonl", tmp_path / "rest.jsonl"
    done = CliRunner().invoke(cli, ["labels", "import", str(out), "--format", "label-studio", "-o", str(back), "--open", str(rest)])
    assert done.exit_code == 0, done.output
    assert back.read_text() == ""
    assert [dict(r.data) for r in read_rows(rest, tasks=True)] == tasks


@pytest.mark.parametrize("form", ["doccano", "prodigy"])
def test_suggestions_are_chosen_beforehand(form: str, small_model: Any, rows: list[dict[str, Any]]) -> None:
    task = {k: rows[1][k] for k in ("id", "article", "text")}
    (prediction,) = small_model.predict([task["text"]])
    item = json.loads(FORMATS[form].dump([Outgoing(task, prediction=prediction, model="small")], TOPICS))
    assert f"frame:{prediction.frame}" in item["label" if form == "doccano" else "accept"]
    assert "answer" not in item
