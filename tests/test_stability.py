"""A check compares the same sentences, whatever a variant does to their number and length."""

from __future__ import annotations

from functools import partial
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from opencc import OpenCC

from framing.aggregate import QUANTITIES, IntervalModel, aggregate
from framing.analysis import score
from framing.clean import clean
from framing.model import FramingModel
from framing.records import TOPICS, ArticleScore, Frame, Prediction, ScoredSentence, Sentence, TopicShare
from framing.sentences import split
from framing.stability import GROUPS, REWRITING, SCRIPTS, WRAP, Limits, Stability, Variant, examine, variants

ARTICLE = (
    "晨岸科技的软件业务\n晨岸科技发布了3款新车用芯片；性能领先同行，表现出色。“这是一个巨大的进步！”分析师周亦安说。\n"
    "不过，直播数据存在水分……引发争议。公司总部位于杭州（成立于2015年），网络业务占5%——并不算多。\n免责声明：本文不构成投资建议。\n"
)
PIECES = st.sampled_from(
    [*'软体机器电池新车发布技术，。；！“”「」（）…—、 \n\t３%5A."', "领先同行", "令人失望", "……", "(tài)", "<p>", "&amp;", "\ud800", "𠮶"]
)
TEXTS = st.lists(PIECES, max_size=40).map("".join)


def by_name(text: str) -> dict[str, Variant]:
    plain = clean(text).text
    return {v.name: v for v in variants(plain, split(clean(plain)))}


def by_words(text: str, leaning: dict[str, Frame]) -> ArticleScore:
    """Score by words alone, without a model: a sentence with such a word leans, all others do not."""
    items = []
    for s in split(clean(text)):
        frame = next((frame for word, frame in leaning.items() if word in s.text), "neutral")
        shares = {name: 0.8 if name == frame else 0.1 for name in ("praise", "skepticism", "neutral")}
        prediction = Prediction(frame, **shares, topic_probabilities=dict.fromkeys(TOPICS, 0.5), topics=(), voice="author", quoted=0.0)
        items.append(ScoredSentence(s, prediction if s.kind != "unreadable" else None))
    return scored_items(items)


def scored_items(items: list[ScoredSentence]) -> ArticleScore:
    intervals = IntervalModel(dict.fromkeys(QUANTITIES, 0.03), dict.fromkeys(QUANTITIES, 1.645))
    chosen = [s.prediction for s in items if s.prediction is not None and s.sentence.kind in ("body", "heading")]
    rows: tuple[TopicShare, ...] = aggregate(chosen, TOPICS, intervals)
    return ArticleScore("a.txt", "str", 0, tuple(items), rows, "unknown", None, None, "neutral")


def test_every_variant_says_the_same_in_another_way() -> None:
    found = by_name(ARTICLE)
    assert [v.group for v in found.values()] == sorted((v.group for v in found.values()), key=GROUPS.index)
    assert set(SCRIPTS) <= set(found)
    expected = {
        "s2tw": "軟件業務",
        "s2twp": "網路業務",
        "full": "５％——",
        "corner brackets": "「这是一个巨大的进步！」",
        "dots and dashes": "水分...引发",
        "straight quotes": '"这是一个巨大的进步！"',
        "western marks": "发布了3款新车用芯片; 性能领先同行, 表现出色. “这是一个巨大的进步!”分析师",
        "spaced": "发布了 3 款新车",
        "letterspaced": "晨 岸 科 技",
        "indented": "\u3000\u3000晨岸科技发布",
        "blank lines": "业务\n\n晨岸",
        "half-width notes": "(",
        "at semicolons": "芯片。性能",
        "line per sentence": "出色。\n“这是",
        "joined lines": "说。不过",
    }
    for name, part in expected.items():
        assert part in found[name].text, name
    assert (found["curly quotes"].edits, found["unspaced"].edits) == (0, 0)
    assert max(map(len, found["hard-wrapped"].text.split("\n"))) <= WRAP + 2


def test_half_width_and_unspaced_undo_the_other_way() -> None:
    text = "新车售价3.5万元,配备AI芯片。"
    assert by_name(by_name(text)["full"].text)["half"].text == text
    assert by_name(by_name(text)["spaced"].text)["unspaced"].text == text


def test_pinyin_notes_are_ones_that_cleaning_takes_away() -> None:
    text = ARTICLE * 4
    for name in ("half-width notes", "full-width notes"):
        assert by_name(text)[name].edits >= 3
        assert clean(by_name(text)[name].text).text == clean(text).text


@given(TEXTS)
def test_conversion_is_that_of_opencc(text: str) -> None:
    for name in ("s2twp", "t2s"):
        assert by_name(text)[name].text == OpenCC(name).convert(clean(text).text)


def test_endless_text_is_converted() -> None:
    assert len(by_name("网络" * 20_000)["s2tw"].text) == 40_000


@given(TEXTS)
def test_every_variant_leads_back(text: str) -> None:
    plain = clean(text).text
    for variant in by_name(text).values():
        places = [variant.original(i) for i in range(len(variant.text) + 1)]
        assert places == sorted(places)
        assert (places[0], places[-1]) == (0, len(plain)) or not variant.text or variant.edits
        assert places[-1] <= len(plain)
        same = sum(variant.text[i : i + 1] == plain[p : p + 1] for i, p in enumerate(places))
        assert variant.edits or same == len(places)


@settings(max_examples=25)
@given(TEXTS)
def test_anything_can_be_examined(small_model: FramingModel, text: str) -> None:
    found = examine(text, partial(score, model=small_model), omitted=1)
    counted = sum(s.sentence.kind in ("body", "heading") for s in found.score.sentences)
    assert {c.compared for c in found.changes} == {counted}
    for change in found.changes:
        assert 0 <= change.recut <= counted
        assert all(f.before != f.after and found.score.sentences[f.sentence].prediction is not None for f in change.flips)
    assert found.beyond(Limits()) == ()


def test_the_article_itself_is_stable(small_model: FramingModel) -> None:
    found = examine(ARTICLE, partial(score, model=small_model))
    assert found.score == score(ARTICLE, small_model)
    for change in found.changes:
        if not change.edits:
            assert (change.flips, change.recut) == ((), 0)
            assert set(change.net.values()) <= {0.0, None}
    recut = {c.name for c in found.changes if c.recut}
    assert "at semicolons" in recut
    assert not recut & {"s2t", "s2tw", "s2twp", "s2hk", "full", "spaced", "indented", "blank lines", "half-width notes", "straight quotes"}


def examined(text: str, leaning: dict[str, Frame], omitted: int = 5) -> Stability:
    return examine(text, lambda t: by_words(t, leaning), omitted)


def test_a_flip_names_the_sentence_and_both_frames() -> None:
    text = "公司发布新车。这辆车很出色。公司总部在杭州。门店关闭。"
    found = examined(text, {"很出色": "praise", "公司總部": "skepticism"})
    flips = {c.name: c.flips for c in found.changes if c.flips}
    assert {name: [(f.sentence, f.before, f.after) for f in fs] for name, fs in flips.items()} == {
        "s2t": [(2, "neutral", "skepticism")],
        "s2tw": [(2, "neutral", "skepticism")],
        "s2twp": [(2, "neutral", "skepticism")],
        "s2hk": [(2, "neutral", "skepticism")],
        "letterspaced": [(1, "praise", "neutral")],
    }
    assert found.flips(*REWRITING) == 5
    assert found.flips("script") == 4
    assert found.flip_share == 5 / found.compared(*REWRITING)


def test_sentences_that_are_cut_in_two_are_compared_by_what_covers_them() -> None:
    """Before the semicolon there is one sentence more; numbers would compare the wrong ones from there on."""
    text = "甲公司发布新车；乙公司没有任何动静和计划。丙公司的车很出色。丁公司的车太平庸。"
    found = examined(text, {"很出色": "praise", "太平庸": "skepticism"})
    change = next(c for c in found.changes if c.name == "at semicolons")
    assert (change.flips, change.recut, change.compared) == ((), 1, 3)


def test_a_sentence_that_stops_counting_is_a_flip() -> None:
    text = "公司发布新车。这辆车很出色。"

    def scored(given: str) -> ArticleScore:
        result = by_words(given, {"很出色": "praise"})
        if "輛" not in given:
            return result
        first, second = result.sentences
        gone = Sentence(second.sentence.text, second.sentence.start, second.sentence.end, 0, "unreadable")
        return scored_items([first, ScoredSentence(gone, None)])

    flips = [f for c in examine(text, scored).changes for f in c.flips if c.name == "s2t"]
    assert [(f.sentence, f.before, f.after) for f in flips] == [(1, "praise", None)]


def test_omissions_are_those_with_most_influence_and_exact() -> None:
    text = "新车很出色。" + "公司总部在杭州。" * 5 + "质量太平庸，令人失望。服务太平庸。"
    found = examined(text, {"很出色": "praise", "太平庸": "skepticism"}, omitted=3)
    assert [o.sentence for o in found.omissions] == [0, 6, 7]
    nets = [0.7, *[0.0] * 5, -0.7, -0.7]
    for o in found.omissions:
        rest = nets[: o.sentence] + nets[o.sentence + 1 :]
        assert o.net["all"] == pytest.approx(sum(rest) / 7 - sum(nets) / 8)
        assert o.flips == ()
    assert found.influence == pytest.approx(abs(found.omissions[0].net["all"] or 0))


@pytest.mark.parametrize("text", ["", "\n\n", "免责声明：本文不构成投资建议。", "公司发布新车。"])
def test_nothing_to_leave_out(text: str) -> None:
    found = examined(text, {})
    assert found.omissions == ()
    assert (found.flip_share, found.net_change, found.influence) == (0, 0, 0)


@pytest.mark.parametrize(
    ("limits", "beyond"),
    [
        (Limits(), ()),
        (Limits(1, 2, 2), ()),
        (Limits(0, 0, 0), ("flips", "net", "influence")),
        (Limits(flips=0.01), ("flips",)),
        (Limits(net=0.01, influence=2), ("net",)),
        (Limits(influence=0.01), ("influence",)),
    ],
)
def test_limits(limits: Limits, beyond: tuple[str, ...]) -> None:
    found = examined("公司发布新车。这辆车很出色。公司总部在杭州。", {"很出色": "praise", "公司總部": "skepticism"})
    assert found.beyond(limits) == beyond


def test_the_shipped_model_is_stable_on_examples() -> None:
    for path in sorted((Path(__file__).parent.parent / "examples").glob("*.txt")):
        found = examine(path.read_text("utf-8"), score)
        assert found.beyond(Limits(flips=0.01, net=0.1, influence=0.1)) == ()
        # Neither script nor width nor quotation marks may change where sentences end.
        assert [c.name for c in found.changes if c.recut and c.group in ("script", "width", "punctuation", "pinyin")] == []
