"""The labelling page, driven by its keys, and the command that opens it in a real terminal."""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import sys
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import pexpect
import pytest
from textual.pilot import Pilot

from framing.labelling.files import read_rows
from framing.labelling.screen import LabelApp, LabelPage
from framing.labelling.screen_wording import SCREEN_WORDS
from framing.labelling.selection import uncertainty
from framing.labelling.session import Session, State, journal_path
from framing.labelling.tasks import read_tasks, suggestions
from framing.model import FramingModel
from framing.report.wording import LANGUAGES

ARTICLE = "鷺江汽車的交付週\n鷺江汽車上週交付了一千輛新車。新車的續航表現出色，遠超同級。但是剎車異響的老問題依然嚴重。\n“我們會逐一排查。”客服回應說。\n"
Play = Callable[[Pilot[None], LabelApp], Awaitable[None]]


@pytest.fixture
def tasks(tmp_path: Path) -> list[dict[str, Any]]:
    path = tmp_path / "car.txt"
    path.write_text(ARTICLE, "utf-8")
    return read_tasks([path])


@pytest.fixture
def play(tmp_path: Path, tasks: list[dict[str, Any]], small_model: FramingModel) -> Callable[..., list[State]]:
    """Give a player of a scene on the page; it returns the states at its end."""

    def run(scene: Play, *, blind: bool = False, order: list[int] | None = None, rows: list[dict[str, Any]] | None = None) -> list[State]:
        shown = rows or tasks
        found = [] if blind else suggestions(shown, small_model, evidence=3)
        unsure = [] if blind else [float(u) for u in uncertainty(found)]
        with Session(shown, tmp_path / "mine.jsonl") as session:
            page = LabelPage(session, order or list(range(len(shown))), small_model.topics, SCREEN_WORDS["en"], found, unsure)
            app = LabelApp(page)

            async def main() -> None:
                async with app.run_test(size=(110, 32)) as pilot:
                    await scene(pilot, app)

            asyncio.run(main())
            return list(session.states)

    return run


def text_of(app: LabelApp, name: str) -> str:
    return str(app.query_one(f"#{name}").render())


def test_one_key_per_label_and_each_is_saved_at_once(play: Callable[..., list[State]], tmp_path: Path) -> None:
    async def scene(pilot: Pilot[None], app: LabelApp) -> None:
        await pilot.press("n", "1", "q")
        assert app.state.frame == "neutral"
        assert app.state.voice == "quoted"
        assert "marketing" in (app.state.topics or ())
        assert [r.data["frame"] for r in read_rows(tmp_path / "mine.jsonl")] == ["neutral"]
        await pilot.press("p", "a", "1")
        assert (app.state.frame, app.state.voice) == ("praise", "author")
        assert "marketing" not in (app.state.topics or ())
        assert app.turn == 0

    assert play(scene)[0].complete


def test_enter_takes_the_suggestion_for_what_is_missing_and_goes_on(
    play: Callable[..., list[State]], tasks: list[dict[str, Any]], small_model: FramingModel
) -> None:
    async def scene(pilot: Pilot[None], app: LabelApp) -> None:
        await pilot.press("enter", "s", "enter")
        assert app.turn == 2

    states = play(scene)
    first, second = suggestions(tasks, small_model)[:2]
    assert states[0] == State(first.frame, first.topics, first.voice)
    assert states[1] == State("skepticism", second.topics, second.voice)


def test_blind_page_shows_no_suggestion_and_needs_a_frame(play: Callable[..., list[State]]) -> None:
    async def scene(pilot: Pilot[None], app: LabelApp) -> None:
        assert "Suggestion" not in text_of(app, "details")
        await pilot.press("enter")
        assert app.turn == 0
        await pilot.press("s", "enter")
        assert app.turn == 1

    assert play(scene, blind=True)[0] == State("skepticism", (), "author")


def test_undo_goes_back_through_sentences(play: Callable[..., list[State]]) -> None:
    async def scene(pilot: Pilot[None], app: LabelApp) -> None:
        await pilot.press("s", "space", "p", "space", "u")
        assert (app.turn, app.state) == (1, State())
        await pilot.press("u", "u")
        assert (app.turn, app.state) == (0, State())

    assert play(scene) == [State()] * 5


def test_skip_note_and_arrows(play: Callable[..., list[State]]) -> None:
    async def scene(pilot: Pilot[None], app: LabelApp) -> None:
        await pilot.press("x", "right", "left", "left", "up")
        assert app.turn == 0
        await pilot.press("down", "c", "p", "s", "1", "enter")
        assert app.state == State(note="ps1")
        await pilot.press("c", "x", "escape", "n")
        assert app.state == State("neutral", note="ps1")

    states = play(scene)
    assert states[0].skipped
    assert states[1].frame == "neutral"


def test_jump_goes_to_the_open_sentence_that_is_least_sure(
    play: Callable[..., list[State]], tasks: list[dict[str, Any]], small_model: FramingModel
) -> None:
    unsure = uncertainty(suggestions(tasks, small_model)).tolist()

    async def scene(pilot: Pilot[None], app: LabelApp) -> None:
        visited = []
        await pilot.press("enter")
        while len(visited) < 4:
            await pilot.press("j")
            visited.append(app.at)
            await pilot.press("n", "enter")
        rest = [i for i in range(1, 5) if i != 1]
        assert visited[0] == max(rest, key=unsure.__getitem__)
        assert sorted(visited) == [1, 2, 3, 4]

    assert all(s.complete for s in play(scene))


def test_page_shows_context_evidence_and_progress_in_the_readers_script(play: Callable[..., list[State]]) -> None:
    async def scene(pilot: Pilot[None], app: LabelApp) -> None:
        await pilot.press("enter", "enter")
        shown = text_of(app, "context")
        assert "鷺江汽車的交付週" in shown
        assert "剎車異響" in shown
        assert "逐一排查" in shown
        assert "Words" in text_of(app, "details")
        assert "2 of 5 labelled" in text_of(app, "status")
        assert all(k in text_of(app, "keys") for k in ("praise", "technology", "quoted", "Undo", "Ctrl+Q"))

    play(scene)


def test_order_of_the_visit_is_kept(play: Callable[..., list[State]]) -> None:
    async def scene(pilot: Pilot[None], app: LabelApp) -> None:
        seen = [app.at]
        for _ in range(5):
            await pilot.press("space")
            seen.append(app.at)
        assert seen == [3, 1, 4, 0, 2, 2]

    play(scene, order=[3, 1, 4, 0, 2])


def test_readings_of_others_are_shown(play: Callable[..., list[State]], tasks: list[dict[str, Any]]) -> None:
    reading = {"frame": "praise", "topics": ["traffic"], "voice": "author"}
    rows = [{**tasks[0], "passes": {"ann": reading, "bea": {**reading, "frame": "neutral"}}, "before": "前一句。", "after": "后一句。"}]

    async def scene(pilot: Pilot[None], app: LabelApp) -> None:
        await pilot.pause()
        assert "ann" in text_of(app, "details")
        assert "bea" in text_of(app, "details")
        assert "前一句" in text_of(app, "context")

    play(scene, rows=rows)


def test_page_reopens_at_the_first_open_sentence(play: Callable[..., list[State]]) -> None:
    async def first(pilot: Pilot[None], _app: LabelApp) -> None:
        await pilot.press("enter", "x")

    async def second(pilot: Pilot[None], app: LabelApp) -> None:
        await pilot.pause()
        assert app.turn == 2

    play(first)
    play(second)


def test_the_end_is_told(play: Callable[..., list[State]], tasks: list[dict[str, Any]]) -> None:
    async def scene(pilot: Pilot[None], app: LabelApp) -> None:
        said: list[str] = []
        app.notify = lambda message, **_: said.append(message)  # type: ignore[assignment]
        assert "鷺江汽車" in text_of(app, "context").splitlines()[0]
        await pilot.press("p", "down", "down")
        assert said == []
        await pilot.press("u", "u")
        assert said == [SCREEN_WORDS["en"]["nothing_to_undo"]]
        await pilot.press("enter", "x", "j")
        assert said[1:] == [SCREEN_WORDS["en"]["all_done"], SCREEN_WORDS["en"]["no_uncertain"]]

    play(scene, rows=[{**t, "title": "鷺江汽車"} for t in tasks[:2]])


def test_a_disk_that_is_full_at_an_undo_ends_the_page(play: Callable[..., list[State]], monkeypatch: pytest.MonkeyPatch) -> None:
    async def scene(pilot: Pilot[None], app: LabelApp) -> None:
        await pilot.press("p")
        with Path("/dev/full").open("ab", buffering=0) as full:
            monkeypatch.setattr(app.session, "_journal", full)
            await pilot.press("u")
            await pilot.pause()
        assert app.return_code == 1

    play(scene)


def test_full_disk_ends_the_page_with_one_line(play: Callable[..., list[State]], monkeypatch: pytest.MonkeyPatch) -> None:
    async def scene(pilot: Pilot[None], app: LabelApp) -> None:
        with Path("/dev/full").open("ab", buffering=0) as full:
            monkeypatch.setattr(app.session, "_journal", full)
            await pilot.press("p")
            await pilot.pause()
        assert app.return_code == 1

    play(scene)


def test_languages_have_the_same_words() -> None:
    assert set(SCREEN_WORDS) == set(LANGUAGES)
    assert len({frozenset(words) for words in SCREEN_WORDS.values()}) == 1


def spawn(tmp_path: Path, model: Path, *args: str) -> Any:
    (tmp_path / "car.txt").write_text(ARTICLE, "utf-8")
    command = ["-m", "framing", "label", "car.txt", "--model", str(model), "--lang", "en", *args]
    env = {**os.environ, "TERM": "xterm-256color", "NO_COLOR": "1"}
    return pexpect.spawn(sys.executable, command, cwd=tmp_path, encoding="utf-8", dimensions=(32, 110), timeout=20, env=env)


def test_killed_terminal_loses_nothing(tmp_path: Path, small_model_path: Path) -> None:
    page = spawn(tmp_path, small_model_path)
    page.expect("0 of 5 labelled")
    page.send("s")
    page.send("\r")
    page.expect("1 of 5 labelled")
    page.kill(signal.SIGKILL)
    page.wait()
    out = tmp_path / "car.labels.jsonl"
    assert [r.data["frame"] for r in read_rows(out)] == ["skepticism"]
    page = spawn(tmp_path, small_model_path, "--order", "uncertain")
    page.expect("1 of 5 labelled")
    page.send("\x11")
    page.expect("1 of 5 sentences labelled in car.labels.jsonl")
    page.expect(pexpect.EOF)
    page.close()
    assert page.exitstatus == 0
    assert journal_path(out).exists()


@pytest.mark.parametrize(
    ("args", "message"),
    [
        (["car.txt"], "this is a page for a terminal"),
        (["none.txt"], "none.txt: no such file"),
        (["broken.jsonl"], "broken.jsonl:1: not JSON"),
    ],
)
def test_wrong_use_is_told_in_one_line(args: list[str], message: str, tmp_path: Path, small_model_path: Path) -> None:
    (tmp_path / "car.txt").write_text(ARTICLE, "utf-8")
    (tmp_path / "broken.jsonl").write_text("{", "utf-8")
    command = [sys.executable, "-m", "framing", "label", *args, "--model", str(small_model_path)]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, encoding="utf-8", stdin=subprocess.DEVNULL, check=False)
    assert done.returncode in (1, 2)
    assert message in done.stderr.splitlines()[-1]
