"""A comparison says the same in the terminal, in JSON and on the page."""

from __future__ import annotations

import json
import re
from html import unescape
from typing import Any

import pytest

from framing.compare import Comparison, compare
from framing.report import html
from framing.report.comparison import comparison_data, render_json, render_text
from framing.report.text import Style
from framing.report.wording import LANGUAGES, interval, precise, signed, wording
from framing.segment import Segmenter


@pytest.fixture(scope="module")
def comparison(praising: Any, doubting: Any, intervals: Any) -> Comparison:
    return compare({"A 报": [praising], "B 報": [doubting]}, Segmenter(), intervals)


def visible(page: str) -> str:
    return " ".join(unescape(re.sub(r"<[^>]*>", " ", page.split("</style>")[1].split("<script>")[0])).split())


@pytest.mark.parametrize("language", LANGUAGES)
def test_text_page_and_json_have_the_same_numbers(language: Any, comparison: Comparison) -> None:
    words = wording(language)
    text, page = render_text(comparison, words, Style()), visible(html.render_comparison(comparison, words))
    pair = comparison.pairs[0]
    published = json.loads(render_json(comparison))["pairs"][0]
    for d, row in zip(pair.differences, published["differences"], strict=True):
        assert f"{signed(d.value.value)} [{interval(d.value)}]" in text
        assert f"{signed(d.value.value)} [{interval(d.value)}]" in page
        assert row["difference"]["value"] == pytest.approx(d.value.value, abs=5e-5)
        assert row["clear"] == d.clear
    for group in comparison.groups:
        for total in group.totals:
            if total.net is not None:
                assert f"{signed(total.net.value)} [{interval(total.net)}]" in text
    for e in pair.evidence:
        assert precise(e.difference) in text
        assert precise(e.difference) in page
    assert precise(pair.rest) in text
    assert precise(pair.rest) in page
    for line in words.compare_lines(pair):
        assert line in text
        assert line in page


def test_clear_differences_and_noise_are_put_in_words(comparison: Comparison) -> None:
    lines = wording("en").compare_lines(comparison.pairs[0])
    assert any(line.startswith("Technology: B 報 leans more to Skepticism than A 报") for line in lines)


def test_json_is_plain_data_and_ends_with_a_line_feed(comparison: Comparison) -> None:
    assert json.loads(render_json(comparison)) == json.loads(json.dumps(comparison_data(comparison)))
    assert render_json(comparison).endswith("}\n")


@pytest.mark.parametrize("colour", [False, True])
def test_hostile_text_cannot_steer_the_terminal(hostile: Any, praising: Any, intervals: Any, colour: bool) -> None:
    result = compare({hostile.source: [hostile], "B": [praising]}, Segmenter(), intervals)
    text = render_text(result, wording("zh"), Style(colour=colour))
    assert not re.search("[\x00-\x09\x0b-\x1a\x1c-\x1f\x7f\u202a-\u202e\u2066-\u2069]", text)
    assert re.sub(r"\x1b\[[0-9;]*m", "", text).count("\x1b") == 0
    assert ("\x1b" in text) == colour
