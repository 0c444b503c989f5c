"""The page is one file, says the same numbers as all other formats, and stays what it is whatever it shows."""

from __future__ import annotations

import base64
import hashlib
import re
from html.parser import HTMLParser
from typing import Any

import pytest

from framing.compare import compare, pool
from framing.report import data, html, render
from framing.report.text import Style, printable
from framing.report.wording import LANGUAGES, interval, percent, signed, wording
from framing.segment import Segmenter

VOID = {"meta", "br", "input", "img"}


class Outline(HTMLParser):
    """Collect elements, attributes and text of a page, and check that tags nest."""

    def __init__(self, page: str) -> None:
        super().__init__(convert_charrefs=True)
        self.stack: list[str] = []
        self.tags: list[tuple[str, dict[str, str]]] = []
        self.content: dict[str, list[str]] = {}
        self.words: list[str] = []
        self.feed(page)
        self.close()
        assert self.stack == []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, {k: v or "" for k, v in attrs}))
        if tag not in VOID:
            self.stack.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, {k: v or "" for k, v in attrs}))

    def handle_endtag(self, tag: str) -> None:
        assert self.stack.pop() == tag

    def handle_data(self, content: str) -> None:
        self.content.setdefault(self.stack[-1] if self.stack else "", []).append(content)
        if not {"style", "script"} & set(self.stack):
            self.words.append(content)

    @property
    def text(self) -> str:
        return "".join(self.words)


@pytest.fixture(scope="module")
def pages(praising: Any, doubting: Any, hostile: Any, intervals: Any) -> dict[str, str]:
    """Give one page of each kind."""
    words = wording("zh")
    scores = [praising, doubting, hostile]
    groups = [pool(s.source, [s], intervals) for s in scores]
    comparison = compare({s.source: [s] for s in scores}, Segmenter(), intervals)
    return {
        "articles": html.render(scores, words),
        "groups": html.render_groups(groups, words, "<i>outlet</i>"),
        "comparison": html.render_comparison(comparison, words),
        "none": html.render([], words),
    }


@pytest.mark.parametrize("kind", ["articles", "groups", "comparison", "none"])
def test_pages_nest_properly_and_need_nothing_from_outside(pages: dict[str, str], kind: str) -> None:
    outline = Outline(pages[kind])
    assert pages[kind].startswith("<!doctype html>")
    for tag, attributes in outline.tags:
        assert tag not in {"link", "iframe", "object", "embed", "img", "base", "style-src"}
        assert "src" not in attributes
        assert attributes.get("href", "#").startswith("#")
        assert not [name for name in attributes if name.startswith("on") or name == "style"]
    style = "".join(outline.content["style"])
    assert "url(" not in style
    assert "@import" not in style
    assert "fetch(" not in "".join(outline.content["script"])
    identifiers = [a["id"] for _, a in outline.tags if "id" in a]
    assert len(identifiers) == len(set(identifiers))
    assert {a["href"][1:] for t, a in outline.tags if t == "a"} <= set(identifiers)


@pytest.mark.parametrize("kind", ["articles", "groups", "comparison", "none"])
def test_the_policy_names_exactly_the_style_and_the_script(pages: dict[str, str], kind: str) -> None:
    outline = Outline(pages[kind])
    policy = next(a["content"] for t, a in outline.tags if a.get("http-equiv") == "Content-Security-Policy")
    assert [t for t, _ in outline.tags].count("style") == [t for t, _ in outline.tags].count("script") == 1
    for element in ("style", "script"):
        digest = base64.b64encode(hashlib.sha256("".join(outline.content[element]).encode()).digest()).decode()
        assert f"{element}-src 'sha256-{digest}'" in policy
    assert "default-src 'none'" in policy
    assert "unsafe" not in policy


@pytest.mark.parametrize("kind", ["articles", "groups", "comparison"])
def test_hostile_text_stays_text(pages: dict[str, str], kind: str, hostile: Any) -> None:
    outline = Outline(pages[kind])
    assert not re.search("[\x00-\x08\x0b-\x1f\x7f\u202a-\u202e\u2066-\u2069]", pages[kind])
    assert printable(hostile.source) in outline.text
    if kind == "articles":
        for item in hostile.sentences:
            assert printable(item.sentence.text) in outline.text
        assert "<b>model</b>" in outline.text


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("name", ["praising", "doubting"])
def test_all_formats_say_the_same_numbers(language: Any, name: str, request: pytest.FixtureRequest) -> None:
    score = request.getfixturevalue(name)
    words = wording(language)
    page = Outline(render([score], "html", words)).text
    terminal = render([score], "text", words, Style())
    published = {row["topic"]: row for row in data.article(score)["topics"]}
    for row in score.topics:
        if row.net is None:
            continue
        net = f"{signed(row.net.value)} [{interval(row.net)}]"
        assert net in page
        assert net in terminal
        for frame in ("praise", "skepticism", "neutral"):
            estimate = getattr(row, frame)
            shown = f"{percent(estimate.value)} [{interval(estimate, shares=True)}]"
            assert shown in page
            assert shown in terminal
            assert abs(published[row.topic][frame]["value"] - estimate.value) <= 5e-5
            assert percent(published[row.topic][frame]["value"]) == percent(estimate.value)
        assert signed(published[row.topic]["net"]["value"]) == signed(row.net.value)
        for voice in (row.author, row.quoted):
            assert f"{percent(voice.share)} {signed(voice.net)}" in page
            assert f"{percent(voice.share)} {signed(voice.net)}" in terminal
    assert words.verdict(score) in page
    assert words.verdict(score) in terminal


@pytest.mark.parametrize(("language", "tag"), [("zh", "zh-Hans"), ("zh-hant", "zh-Hant"), ("en", "en")])
def test_page_and_article_name_their_languages(language: Any, tag: str, praising: Any, doubting: Any) -> None:
    outline = Outline(html.render([praising, doubting], wording(language)))
    assert outline.tags[0] == ("html", {"lang": tag})
    assert [a["lang"] for t, a in outline.tags if a.get("class") == "text"] == ["zh-Hans", "zh-Hant"]


def test_every_sentence_is_on_the_page_with_its_labels(praising: Any) -> None:
    outline = Outline(html.render([praising], wording("zh")))
    spans = {a["id"]: a for t, a in outline.tags if t == "span" and "id" in a}
    for i, item in enumerate(praising.sentences):
        attributes = spans[f"a1s{i}"]
        if item.sentence.kind in ("boilerplate", "unreadable"):
            assert item.sentence.kind in attributes["class"]
            assert "data-f" not in attributes
        else:
            assert attributes["data-f"] == item.prediction.frame[0]
            assert attributes["data-v"] == item.prediction.voice[0]
            assert attributes["data-p"].split()[0] == percent(item.prediction.praise)
    weights = [a["data-w"] for t, a in outline.tags if t == "b"]
    expected = sum(len(s.prediction.evidence) for s in praising.sentences if s.prediction and s.sentence.kind in ("body", "heading"))
    assert len(weights) == expected > 20


def test_an_article_without_sentences_says_so(make_score: Any) -> None:
    page = Outline(html.render([make_score([])], wording("en"))).text
    assert "There is no sentence to score." in page


def test_the_page_is_the_same_each_time(praising: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SOURCE_DATE_EPOCH", "1700000000")
    first, second = (html.render([praising], wording("zh")) for _ in range(2))
    assert first == second
    assert "2023-11-14" in first


def test_a_long_article_makes_a_small_page(make_score: Any) -> None:
    rows = [
        ("这家公司的技术在行业里处于领先位置，但外界对它的营销方式一直存在质疑和争议。", f, ("marketing",), "quoted", "body")
        for f in ("praise", "skepticism", "neutral")
    ]
    page = html.render([make_score(rows * 1000)], wording("zh"))
    assert len(page.encode()) < 3_000_000


def test_many_articles_are_listed_and_not_spelled_out(praising: Any, intervals: Any) -> None:
    page = html.render_groups([pool("all", [praising] * (html.WHOLE_ARTICLES + 1), intervals)], wording("zh"), "outlet")
    assert 'class="text"' not in page
    assert page.count("praising.txt") == html.WHOLE_ARTICLES + 1


def test_chinese_wording_is_wholly_in_its_script() -> None:
    from framing.segment import simplify

    words, traditional = wording("zh"), wording("zh-hant")
    for key, text in traditional.words.items():
        assert simplify(text) == simplify(words[key])
    # A Simplified-only character cannot be written in Big5.
    only = {c for text in traditional.words.values() for c in text if "\u4e00" <= c <= "\u9fff" and not c.encode("big5", "ignore")}
    assert only == set()


def test_every_language_has_the_same_placeholders() -> None:
    fields = [{k: sorted(re.findall(r"{(\w+)}", v)) for k, v in wording(language).words.items()} for language in LANGUAGES]
    assert fields[0] == fields[1] == fields[2]


@pytest.mark.parametrize(
    ("points", "expected"),
    [
        ([], []),
        ([(0.0, 5.0)], [5.0]),
        ([(0.0, 10.0), (10.0, 12.0), (20.0, 50.0)], [10.0, 26.0, 50.0]),
        ([(0.0, 12.0), (10.0, 10.0), (20.0, 20.0)], [26.0, 10.0, 42.0]),
        ([(0.0, 10.0), (300.0, 12.0)], [10.0, 12.0]),
    ],
)
def test_labels_keep_their_distance(points: list[tuple[float, float]], expected: list[float]) -> None:
    assert html._spread(points, 80.0, 16.0) == expected
