"""Markdown shows what an article says and never does what it says."""

from __future__ import annotations

import re

import pytest

from framing.records import ArticleScore
from framing.report.markdown import escape, render
from framing.report.wording import LANGUAGES, Language, wording


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_section_per_article(praising: ArticleScore, doubting: ArticleScore, language: Language) -> None:
    text = render([praising, doubting], wording(language))
    assert re.findall(r"^## .*$", text, re.MULTILINE) == ["## praising.txt", "## doubting.txt"]
    tables = [line for line in text.splitlines() if line.startswith("|")]
    assert {line.count("|") for line in tables} == {9}
    assert len(tables) == 2 * 6
    assert "晨岸科技的第" in text


def test_nothing_of_an_article_is_mark_up(hostile: ArticleScore) -> None:
    text = render([hostile], wording("en"))
    assert not re.search(r"<[a-z/!]", text, re.IGNORECASE)
    assert "\x1b" not in text
    assert "\u202e" not in text
    assert not re.search(r"(?<!\\)\]\(", text)


@pytest.mark.parametrize(
    ("text", "safe"),
    [
        ("小米SU7", "小米SU7"),
        ("*bold*", r"\*bold\*"),
        ("[a](b)", r"\[a\]\(b\)"),
        ("a|b", r"a\|b"),
        ("<b>", "&lt;b&gt;"),
        ("R&D", "R&amp;D"),
        ("a\nb", "a␣b"),
        ("\\<", "\\\\&lt;"),
    ],
)
def test_escape(text: str, safe: str) -> None:
    assert escape(text) == safe
