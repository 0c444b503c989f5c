"""What is known of a sentence as a whole, by name."""

from __future__ import annotations

import numpy as np
import pytest

from framing.cues import Reader
from framing.levels import CONTEXT, Context, Level, Levels
from framing.lexicon import Lexicon, Matcher
from framing.segment import Segmenter

LEXICON = Lexicon(words={"领先": 2.0, "失望": -2.0}, functional={"表示": "attribution"})


def levels(sentences: list[str], articles: list[int] | None = None) -> dict[str, Level]:
    matcher = Matcher(LEXICON)
    tokens = Segmenter().segment(sentences)
    maker = Levels(matcher)
    own, signals = maker.own(Reader(matcher).read(tokens))
    return {level.name: level for level in [*own, *maker.surroundings(signals, Context(np.array(articles or [0] * len(sentences))))]}


def marked(name: str, sentences: list[str], articles: list[int] | None = None) -> list[int]:
    return np.flatnonzero(levels(sentences, articles)[CONTEXT + name].level > 0).tolist()


SPEECH = "他说：“我们明年会推出新的产品。”"
TERM = "所谓“新物种”只是一个说法。"
TITLE = "这篇《长文》叫做“为什么大公司总是慢半拍”，读的人不少。"


@pytest.mark.parametrize(
    ("sentence", "level"),
    [
        ("没有引号的一句话。", 0),
        (TERM, 1),
        ("他管它叫“新型基础设施”。", 2),
        (TITLE, 3),
        (SPEECH, 3),
        ("她写道：“这件事情我想了很久，最后还是决定把它做完再说别的”。", 4),
        ("“这件事情我想了很久，最后还是决定把它做完再说别的，毕竟大家都在等着看结果。", 5),
        ("等着看结果。”", 0),
        ("“短”和“这一个就要长得多了”。", 3),
    ],
)
def test_the_longest_quotation_counts(sentence: str, level: int) -> None:
    """Up to 4, 8, 15 and 25 characters; one that stays open reaches to the end of the sentence."""
    assert levels([sentence])[f"{CONTEXT}longest quotation"].level.tolist() == [level]


@pytest.mark.parametrize(
    ("name", "yes", "no"),
    [
        ("quotation introduced", [SPEECH, "她表示，“还可以”。"], [TERM, TITLE, "“还可以”，她表示。", "没有。"]),
        ("quotation with a full stop", [SPEECH, "“还可以吗？”她问。"], [TERM, TITLE, "“还可以”，她表示。", "没有。"]),
        (
            "list item",
            [
                "1、先看价格",
                "2. 再看质量。",
                "（3）最后看服务",
                "(a) 其他",
                "一、背景",
                "· 电池",
                "- 屏幕",
                "第二步：打开设置",
                "第3点，成本",
            ],
            ["3.5亿元的收入", "2024年的情况", "一是价格", "第二天他来了", "-5度的早晨", "a 是字母", "（见上文）", ""],
        ),
        ("line without a full stop", ["小标题", "价格 1999 元"], ["他来了。", "真的吗？", "三条如下：", "“好。”", "……"]),
    ],
)
def test_what_voices_are_told_by(name: str, yes: list[str], no: list[str]) -> None:
    assert marked(name, yes + no, list(range(len(yes + no)))) == list(range(len(yes)))


@pytest.mark.parametrize(
    ("name", "rows"),
    [
        ("list item", [1, 2, 5]),
        ("list item before", [2, 3]),
        ("list item again", [2]),
        ("line without a full stop", [1, 2, 4]),
        ("line without a full stop before", [2, 3]),
        ("line without a full stop again", [2]),
        ("after a colon", [1]),
        ("ends with a colon", [0]),
    ],
)
def test_lists_and_lines_are_seen_within_an_article(name: str, rows: list[int]) -> None:
    """The last two rows are articles of their own: what stands before them is not theirs."""
    sentences = ["要求有两条：", "1、按时", "2、守约", "说完他走了。", "小标题", "3、别的。"]
    assert marked(name, sentences, [0, 0, 0, 0, 1, 2]) == rows


def test_a_quotation_may_span_sentences() -> None:
    sentences = ["他说：“第一句话很长。", "第二句话也不短。", "第三句话完了。”", "后来呢？"]
    assert marked("inside a quotation", sentences) == [1, 2]
    assert marked("quotation opens and stays open", sentences) == [0]
    assert marked("quotation closes that was open", sentences) == [2]
    assert marked("inside a quotation", sentences, [0, 1, 1, 1]) == []
