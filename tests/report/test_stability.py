"""What a check found reads the same in the terminal, in JSON and in Markdown."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from typing import Any

import pytest
from opencc import OpenCC

from framing.records import ArticleScore
from framing.report.stability import render_json, render_markdown, render_text
from framing.report.text import Style
from framing.report.wording import LANGUAGES, signed, wording
from framing.stability import Change, Flip, Limits, Omission, Stability

NET = {"marketing": None, "technology": 0.25, "traffic": -0.004, "all": -0.125}
NONE = dict.fromkeys(NET, 0.0)


@pytest.fixture
def found(praising: ArticleScore) -> Stability:
    changes = (
        Change("script", "s2t", 40, 29, (Flip(1, "praise", "neutral"), Flip(2, "praise", None)), 3, NET, "mixed"),
        Change("width", "half", 0, 29, (), 0, NONE, "praise"),
        Change("cutting", "hard-wrapped", 1234, 29, (), 2, NONE, "praise"),
    )
    return Stability(praising, changes, (Omission(3, (), NET, "mixed"), Omission(4, (), NONE, "praise")))


@pytest.mark.parametrize("language", LANGUAGES)
def test_text_and_markdown_say_the_same(language: Any, found: Stability) -> None:
    w = wording(language)
    text = render_text([found], Limits(0.05, 0.1, 0.2), w, Style())
    page = render_markdown([found], Limits(0.05, 0.1, 0.2), w)
    plain = re.sub(r"\\(.)", r"\1", page)
    for part in (
        w["check.beyond.flips"],
        w["check.beyond.net"],
        "praising.txt",
        "69.0‰",
        "50.0‰",
        "0.125",
        "1,234",
        signed(0.25),
        signed(-0.125),
        w["check.same"],
        w["check.uncounted"],
        w["check.s2t"],
        w["page.verdict.mixed"],
        "晨岸科技的第1代芯片性能领先同行，表现出色。",
    ):
        assert part in text, part
        assert part in plain, part
    assert w["check.beyond.influence"] not in text + plain
    assert "\x1b" not in text
    rows = [line for line in page.splitlines() if line.startswith("|")]
    assert {line.count(" | ") for line in rows[:5]} == {rows[0].count(" | ")}
    assert not any(line != line.rstrip() for line in text.splitlines())


def test_columns_line_up(found: Stability) -> None:
    lines = render_text([found], Limits(), wording("en"), Style()).splitlines()
    header = next(line for line in lines if "edits" in line)
    row = next(line for line in lines if "to Traditional" in line)
    assert header.index("All sentences") + len("All sentences") == row.index("−0.12") + len("−0.12")


def test_json(found: Stability) -> None:
    (article,) = json.loads(render_json([found], Limits(flips=0.05, net=0.1)))
    assert (article["stable"], article["beyond"]) == (False, ["flips", "net"])
    assert article["limits"] == {"flips": 0.05, "net": 0.1, "influence": None}
    assert (article["flip_share"], article["net_change"], article["influence"]) == (0.069, 0.125, 0.125)
    first = article["variants"][0]
    assert (first["group"], first["name"], first["edits"], first["compared"], first["recut"]) == ("script", "s2t", 40, 29, 3)
    sentence = found.score.sentences[2].sentence
    assert first["flips"][1] == {
        "sentence": 2,
        "start": sentence.start,
        "end": sentence.end,
        "text": sentence.text,
        "before": "praise",
        "after": None,
    }
    assert article["omissions"][0]["net_change"] == {"marketing": None, "technology": 0.25, "traffic": -0.004, "all": -0.125}


def test_what_is_within_limits_is_called_stable(found: Stability) -> None:
    assert "Stable: within all limits.\n" in render_text([found], Limits(), wording("en"), Style())
    assert "(limit none)" in render_text([found], Limits(), wording("en"), Style())


def test_no_flips_and_no_omissions(found: Stability) -> None:
    calm = replace(found, changes=found.changes[1:], omissions=())
    for text in (render_text([calm], Limits(), wording("en"), Style()), render_markdown([calm], Limits(), wording("en"))):
        assert "No frame flips." in text
        assert "There are too few sentences." in text


@pytest.mark.parametrize("colour", [False, True])
def test_hostile_text_cannot_steer_the_terminal(hostile: ArticleScore, colour: bool) -> None:
    flips = tuple(Flip(i, "neutral", "praise") for i in range(len(hostile.sentences)))
    omissions = tuple(Omission(i, (), NONE, "praise") for i in range(len(hostile.sentences)))
    found = Stability(hostile, (Change("script", "s2t", 1, 32, flips, 0, NONE, "praise"),), omissions)
    text = render_text([found], Limits(), wording("zh"), Style(colour=colour))
    assert not re.search("[\x00-\x09\x0b-\x1a\x1c-\x1f\x7f\u202a-\u202e\u2066-\u2069]", text)
    assert re.sub(r"\x1b\[[0-9;]*m", "", text).count("\x1b") == 0
    page = render_markdown([found], Limits(), wording("zh"))
    assert not re.search(r"<\w|\x1b|\u202e", page)


def test_chinese_wording_is_wholly_in_its_script() -> None:
    hans, hant = wording("zh"), wording("zh-hant")
    for key in hans.words:
        if key.startswith("check."):
            assert OpenCC("t2s").convert(hans[key]) == hans[key]
            assert OpenCC("t2s").convert(hant[key]) == hans[key]
            assert OpenCC("s2t").convert(hant[key]).replace("爲", "為") == hant[key]
