"""Named speakers are found, and nobody else is."""

from __future__ import annotations

from typing import Any

import pytest

from framing.records import ArticleScore
from framing.report.speakers import speaker, speakers

CASES = [
    ("“销量超出预期。”周亦安说。", "周亦安"),
    ("公司首席财务官贺之岚透露，毛利率连续改善。", "贺之岚"),
    ("品牌負責人俞清和解釋說，公司減少了廣告。", "俞清和"),
    ("陸行簡也承認，這套方案很聰明。", "陸行簡"),
    ("分析师欧阳明在报告中指出，竞争加剧。", "欧阳明"),
    ("李想说，模型很重要。", "李想"),
    ("CEO埃里克·韦恩表示，公司会继续投入。", "埃里克·韦恩"),
    # Negatives: no person is named as the speaker.
    ("有网友表示，价格太高。", ""),
    ("公司表示，数据将于下周公布。", ""),
    ("华为表示，新机将于九月发布。", ""),
    ("车主说，续航里程不到四百公里。", ""),
    ("平台方面回应称，将加强审核。", ""),
    ("一位高管透露，预算有所减少。", ""),
    ("公平地說，底子並不差。", ""),
    ("周亦安今年29岁，去年加入公司。", ""),
    ("新款车型于三月上市。", ""),
    ("", ""),
]


@pytest.mark.parametrize(("text", "name"), CASES)
def test_speaker(text: str, name: str) -> None:
    assert speaker(text) == name


def test_speakers_are_counted_and_the_unnamed_come_last(make_score: Any) -> None:
    score: ArticleScore = make_score(
        [
            ("“很好。”周亦安表示。", "praise", (), "quoted", "body"),
            ("她还表示，成绩领先。", "praise", (), "quoted", "body"),
            ("“质量很差。”一位用户说。", "skepticism", (), "quoted", "body"),
            ("“价格偏高。”陆行简指出。", "skepticism", (), "quoted", "body"),
            ("周亦安表示，本句由作者转述。", "neutral", (), "author", "body"),
        ]
    )
    found = speakers(score)
    assert [(s.name, s.sentences) for s in found] == [("周亦安", (0, 1)), ("陆行简", (3,)), ("", (2,))]
    assert found[0].net == pytest.approx(0.7)
    assert found[1].net == pytest.approx(-0.7)
