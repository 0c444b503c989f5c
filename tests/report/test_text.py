"""Text for a terminal lines up, keeps to its width, and cannot be steered by an article."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import Literal

import pytest
from hypothesis import given
from hypothesis import strategies as st
from wcwidth import wcswidth

from framing.clean import clean
from framing.records import ArticleScore, Contribution, Estimate, Prediction, ScoredSentence
from framing.report.text import Style, pad, printable, render
from framing.report.wording import LANGUAGES, Language, chance_above_zero, language_of_locale, wording
from framing.sentences import split

ESCAPE = re.compile(r"\x1b\[[0-9;]*m")


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("colour", [False, True])
def test_the_table_lines_up(praising: ArticleScore, language: Language, colour: bool) -> None:
    words = wording(language)
    lines = [ESCAPE.sub("", line) for line in render([praising], words, Style(colour)).splitlines()]
    at = next(i for i, line in enumerate(lines) if words["shares"] in line)
    full = [lines[at], *(line for line in lines[at + 1 : at + 5] if words["too_few"] not in line)]
    assert len({wcswidth(line) for line in full}) == 1
    assert lines[at + 4].startswith(words.topic("all"))


def test_without_colour_there_is_none(praising: ArticleScore, hostile: ArticleScore) -> None:
    for style in (Style(), Style(evidence=True, verbose=True)):
        assert "\x1b" not in render([praising, hostile], wording("zh"), style)


def test_with_colour_nothing_else_changes(praising: ArticleScore, hostile: ArticleScore) -> None:
    for item in (praising, hostile):
        plain, coloured = (render([item], wording("zh"), Style(c, evidence=True)) for c in (False, True))
        assert [line.rstrip() for line in ESCAPE.sub("", coloured).splitlines()] == plain.splitlines()
        assert ESCAPE.search(coloured)
        assert "\x1b" not in ESCAPE.sub("", coloured)


def test_every_sentence_is_shown_on_request(praising: ArticleScore) -> None:
    text = render([praising], wording("en"), Style(evidence=True, verbose=True))
    assert all(item.sentence.text in text for item in praising.sentences)
    assert text.count("log(P/S)") >= sum(item.prediction is not None for item in praising.sentences)


def test_a_topic_with_too_few_sentences_says_so(praising: ArticleScore) -> None:
    few = replace(praising, topics=tuple(replace(r, sufficient=False, praise=None) if r.topic == "traffic" else r for r in praising.topics))
    line = next(line for line in render([few], wording("en"), Style()).splitlines() if line.startswith("Traffic"))
    assert line.endswith(wording("en")["too_few"])


def test_an_article_of_nothing(praising: ArticleScore) -> None:
    total = replace(praising.topic("all"), sufficient=False, praise=None, skepticism=None, neutral=None, net=None, carriers=())
    nothing = replace(praising, sentences=(), topics=(total,), verdict="unknown", lean="unknown", promotion_attention=None)
    text = render([nothing], wording("en"), Style())
    assert "no sentence to score" in text
    assert "praise ·" not in text


@pytest.mark.parametrize("name", ["not-chinese", "unreadable-sentences", "encoding-inferred", "undecodable-bytes"])
@pytest.mark.parametrize("language", LANGUAGES)
def test_every_warning_has_words(praising: ArticleScore, name: str, language: Language) -> None:
    text = render([replace(praising, warnings=(name,))], wording(language), Style())
    assert wording(language)[f"warning.{name}"].format(encoding="utf-8") in text


@given(st.text(max_size=30))
def test_printable_keeps_to_one_line(text: str) -> None:
    shown = printable(text)
    assert len(shown) == len(text)
    assert shown.isprintable()
    assert not text.isprintable() or shown == text


@given(st.text("小a，é ", max_size=12), st.integers(0, 30), st.booleans())
def test_pad_counts_columns(text: str, width: int, right: bool) -> None:
    padded = pad(text, width, right=right)
    assert wcswidth(padded) == max(width, wcswidth(text))
    assert padded.endswith(text) if right else padded.startswith(text)


@pytest.mark.parametrize(
    ("variables", "language"),
    [
        ({}, "zh"),
        ({"LANG": "C.UTF-8"}, "zh"),
        ({"LANG": "en_US.UTF-8"}, "en"),
        ({"LANG": "zh_CN.UTF-8"}, "zh"),
        ({"LANG": "zh_TW.UTF-8"}, "zh-hant"),
        ({"LANG": "en_US.UTF-8", "LC_ALL": "zh_HK"}, "zh-hant"),
        ({"LANG": "zh_CN", "LC_MESSAGES": "de_DE"}, "en"),
        ({"LANG": "en_US", "LC_ALL": "C"}, "en"),
    ],
)
def test_the_language_of_the_locale(variables: dict[str, str], language: str, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("LC_ALL", "LC_MESSAGES", "LANG"):
        monkeypatch.delenv(name, raising=False)
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    assert language_of_locale() == language


def test_words_are_marked_where_they_stand(praising: ArticleScore) -> None:
    """Of two equal words the one that counted is marked, also behind a repair."""
    text = "好不好，态(tài)度好。"
    repaired = clean(text)
    sentence = split(repaired)[0]
    evidence = (Contribution("好", 2, 3, 0.5), Contribution("好", 11, 12, -0.5))
    prediction = Prediction("praise", 0.8, 0.1, 0.1, {}, (), "author", 0.1, evidence=evidence)
    item = replace(praising, sentences=(ScoredSentence(sentence, prediction),), repairs=repaired.repairs, topics=praising.topics[-1:])
    item = replace(item, topics=(replace(item.topics[0], carriers=(0,)),))
    shown = render([item], wording("zh"), Style(colour=True))
    assert "好不\x1b[32m好\x1b[0m，态度\x1b[31m好\x1b[0m。" in shown


def test_verbose_sum_adds_up(praising: ArticleScore) -> None:
    """What -v prints is the whole sum: words listed, other words, the sentence as a whole, and their total."""
    sentence = split(clean("销量领先，但利润下滑。"))[0]
    evidence = (Contribution("领先", 2, 4, 1.25), Contribution("下滑", 8, 10, -0.5))
    prediction = Prediction("praise", 0.8, 0.1, 0.1, {}, (), "author", 0.1, stance_log_odds=1.5, structure=0.25, evidence=evidence)
    row = replace(praising.topics[-1], carriers=(0,))
    item = replace(praising, sentences=(ScoredSentence(sentence, prediction),), repairs=(), topics=(row,))
    shown = render([item], wording("en"), Style(verbose=True))
    assert "+0.750 (words) +0.500 (other words) +0.250 (whole sentence) = +1.500 = log(P/S)" in shown
    assert "log(P/S)" not in render([item], wording("en"), Style())


@pytest.mark.parametrize(
    ("value", "low", "high", "chance"),
    [
        (0.0, -0.3, 0.3, 0.5),
        (0.2, 0.0, 0.4, 0.95),
        (-0.2, -0.4, 0.0, 0.05),
        (0.9, 0.4, 1.0, 0.9985),
        (0.3, 0.3, 0.3, 1.0),
        (-0.3, -0.3, -0.3, 0.0),
        (0.0, 0.0, 0.0, 0.5),
    ],
)
def test_the_chance_of_a_side_follows_from_the_interval(value: float, low: float, high: float, chance: float) -> None:
    assert chance_above_zero(Estimate(value, low, high)) == pytest.approx(chance, abs=5e-4)


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("name", ["mixed", "neutral"])
@pytest.mark.parametrize(("net", "side"), [(0.1, "praise"), (-0.1, "skepticism")])
def test_an_undecided_verdict_names_the_likelier_side(
    praising: ArticleScore, language: Language, name: Literal["mixed", "neutral"], net: float, side: str
) -> None:
    total = replace(praising.topics[-1], net=Estimate(net, net - 0.2, net + 0.2))
    words = wording(language)
    text = words.verdict(replace(praising, topics=(*praising.topics[:-1], total), verdict=name))
    assert words[f"verdict.more_{side}"].format(chance="79%") in text
    decided = words.verdict(replace(praising, topics=(*praising.topics[:-1], total), verdict="praise"))
    assert "79%" not in decided
