"""The labelling session: every change is saved, whatever kills the process, and can be taken back."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from framing.errors import LabelError, OutputError
from framing.labelling.files import read_rows, write_rows
from framing.labelling.session import Session, State, journal_path

TASKS = [{"id": f"t{i}", "article": "t", "text": f"第{i}句话。"} for i in range(4)]
PRAISE = State("praise", ("technology",), "author")
NEUTRAL = State("neutral", (), "quoted", "问题")


def labels(path: Path) -> dict[str, tuple[Any, ...]]:
    return {r.data["id"]: (r.data["frame"], tuple(r.data["topics"]), r.data["voice"], r.data.get("note", "")) for r in read_rows(path)}


def test_each_change_is_in_the_label_file_at_once(tmp_path: Path) -> None:
    out = tmp_path / "mine.jsonl"
    with Session(TASKS, out) as session:
        assert not out.exists()
        session.change(2, PRAISE)
        assert labels(out) == {"t2": ("praise", ("technology",), "author", "")}
        session.change(0, NEUTRAL)
        assert list(labels(out)) == ["t0", "t2"]
        session.change(0, State("neutral"))
        assert list(labels(out)) == ["t2"]


def test_session_goes_on_where_it_was_left(tmp_path: Path) -> None:
    out = tmp_path / "mine.jsonl"
    changes = [(0, State("praise")), (1, PRAISE), (2, State(skipped=True)), (0, NEUTRAL)]
    with Session(TASKS, out) as session:
        for at, state in changes:
            session.change(at, state)
        states = list(session.states)
    with Session(TASKS, out) as again:
        assert again.states == states
        assert [again.undo() for _ in range(5)] == [0, 2, 1, 0, None]
        assert again.states == [State()] * 4
        assert read_rows(out) == []


STATES = st.builds(
    State,
    st.sampled_from([None, "praise", "neutral"]),
    st.sampled_from([None, (), ("traffic",)]),
    st.sampled_from([None, "author"]),
    st.sampled_from(["", "“备注”\n"]),
    st.booleans(),
)


@settings(max_examples=30, deadline=None)
@given(st.lists(st.one_of(st.tuples(st.integers(0, 3), STATES), st.none()), max_size=8), st.integers(0, 400))
def test_whatever_was_done_survives_a_torn_journal(
    tmp_path_factory: pytest.TempPathFactory, steps: list[tuple[int, State] | None], lost: int
) -> None:
    out = tmp_path_factory.mktemp("session") / "mine.jsonl"
    with Session(TASKS, out) as session:
        seen = [list(session.states)]
        for step in steps:
            if step is None:
                session.undo()
            else:
                session.change(*step)
            seen.append(list(session.states))
    with Session(TASKS, out) as again:
        assert again.states == seen[-1]
    # A crash in the middle of a write leaves a torn last line and the label file of the line before.
    with journal_path(out).open("ab") as file:
        file.write(b'{"id": "t0", "frame": "praise", "topics"'[: lost + 1])
    with Session(TASKS, out) as again:
        assert again.states == seen[-1]
    assert [r.data["id"] for r in read_rows(out)] == [f"t{i}" for i, s in enumerate(seen[-1]) if s.complete] if out.exists() else True


KILLED = """
import os, signal, sys
from pathlib import Path
from framing.labelling import session as room
from framing.labelling.session import Session, State
tasks = [{"id": f"t{i}", "article": "t", "text": f"第{i}句话。"} for i in range(4)]
with Session(tasks, Path("mine.jsonl")) as session:
    session.change(0, State("praise", (), "author"))
    real = os.fsync
    def die(descriptor):
        real(descriptor)
        os.kill(os.getpid(), signal.SIGKILL)
    if sys.argv[1] == "journal":
        os.fsync = die
    else:
        room.write_atomically = lambda path, data: os.kill(os.getpid(), signal.SIGKILL)
    session.change(1, State("neutral", (), "quoted"))
"""


@pytest.mark.parametrize("moment", ["journal", "label file"])
def test_process_killed_in_the_middle_of_a_save_loses_nothing(moment: str, tmp_path: Path) -> None:
    done = subprocess.run([sys.executable, "-c", KILLED, moment], cwd=tmp_path, check=False, capture_output=True)
    assert done.returncode == -signal.SIGKILL, done.stderr
    out = tmp_path / "mine.jsonl"
    assert list(labels(out)) == ["t0"]
    with Session(TASKS, out) as session:
        assert session.states[:2] == [State("praise", (), "author"), State("neutral", (), "quoted")]
    assert list(labels(out)) == ["t0", "t1"]


def test_rows_of_other_articles_stay_in_the_file(tmp_path: Path) -> None:
    out = tmp_path / "mine.jsonl"
    other = {"id": "o", "article": "o", "text": "别处的话。", "frame": "neutral", "topics": [], "voice": "author", "mine": [1]}
    write_rows(out, [other])
    with Session(TASKS, out) as session:
        session.change(3, PRAISE)
    assert [dict(r.data) for r in read_rows(out)] == [other, {**TASKS[3], "frame": "praise", "topics": ["technology"], "voice": "author"}]


def test_label_file_edited_by_hand_stands(tmp_path: Path) -> None:
    out = tmp_path / "mine.jsonl"
    with Session(TASKS, out) as session:
        session.change(0, PRAISE)
        session.change(1, PRAISE)
        session.change(2, State(skipped=True))
    row = dict(read_rows(out)[0].data)
    write_rows(out, [{**row, "frame": "skepticism"}])
    with Session(TASKS, out) as session:
        assert session.states[0].frame == "skepticism"
        assert not session.states[1].complete
        assert session.states[2].skipped


def test_labels_of_the_tasks_themselves_are_taken_up(tmp_path: Path) -> None:
    task = {**TASKS[0], "frame": "praise", "topics": ["technology"], "voice": "author"}
    with Session([task, *TASKS[1:]], tmp_path / "mine.jsonl") as session:
        assert session.states[0] == PRAISE


def test_two_sessions_on_one_file_are_refused(tmp_path: Path) -> None:
    out = tmp_path / "mine.jsonl"
    with Session(TASKS, out), pytest.raises(LabelError, match="another `framing label` is working on it"):
        Session(TASKS, out)
    with Session(TASKS, out):
        pass


@pytest.mark.parametrize(
    "line", ["{}", "nonsense", '{"id": "t0", "frame": "great", "topics": null, "voice": null, "note": "", "skipped": false, "file": ""}']
)
def test_damaged_journal_is_refused_with_its_line(line: str, tmp_path: Path) -> None:
    out = tmp_path / "mine.jsonl"
    with Session(TASKS, out) as session:
        session.change(0, PRAISE)
    text = journal_path(out).read_text("utf-8")
    journal_path(out).write_text(text + line + "\n", "utf-8")
    with pytest.raises(LabelError, match=r"mine\.jsonl\.journal:3: the journal is damaged"):
        Session(TASKS, out)
    journal_path(out).unlink()
    with Session(TASKS, out) as session:
        assert session.states[0] == PRAISE


def test_folder_that_is_missing_is_one_line(tmp_path: Path) -> None:
    with pytest.raises(OutputError, match="cannot be written"):
        Session(TASKS, tmp_path / "none" / "mine.jsonl")
    assert not os.path.lexists(tmp_path / "none")


def test_a_lock_that_cannot_be_taken_is_one_line(tmp_path: Path) -> None:
    (tmp_path / ".mine.jsonl.lock").mkdir()
    with pytest.raises(OutputError, match=r"cannot be written .* check the folder"):
        Session(TASKS, tmp_path / "mine.jsonl")


def test_changes_to_sentences_that_are_gone_are_passed_over(tmp_path: Path) -> None:
    """Also an undo without a change before it, which is all that is left of one that was."""
    out = tmp_path / "mine.jsonl"
    with Session(TASKS, out) as session:
        session.change(1, NEUTRAL)
        session.change(0, PRAISE)
        session.undo()
    with Session(TASKS[1:], out) as fewer:
        assert fewer.states == [NEUTRAL, State(), State()]
    journal = journal_path(out)
    undone = [line for line in journal.read_bytes().splitlines(keepends=True) if b'"undo"' in line]
    (tmp_path / "other.jsonl").write_bytes(out.read_bytes())
    journal_path(tmp_path / "other.jsonl").write_bytes(undone[0])
    with Session(TASKS, tmp_path / "other.jsonl") as session:
        assert session.undo() is None
