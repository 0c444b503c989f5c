"""Scores made by hand, for tests that need a score but no model, and a small model trained in the test run."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

from framing.aggregate import QUANTITIES, IntervalModel, aggregate, lean, verdict
from framing.labelling.files import read_folder
from framing.lexicon import load_lexicon
from framing.model import FramingModel
from framing.records import FRAMES, TOPICS, ArticleScore, Contribution, Example, Frame, Kind, Prediction, ScoredSentence, Sentence, Voice

# The same examples in each run, however slow the machine.
# A slow machine is no fault of the code: nothing here may depend on time.
settings.register_profile("framing", deadline=None, derandomize=True, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("framing")

Row = tuple[str, Frame, Sequence[str], Voice, Kind]
MakeScore = Callable[..., ArticleScore]


@pytest.fixture(scope="session")
def intervals() -> IntervalModel:
    """Give an interval model with narrow, plain intervals."""
    return IntervalModel(dict.fromkeys(QUANTITIES, 0.03), dict.fromkeys(QUANTITIES, 1.645))


@pytest.fixture(scope="session")
def make_score(intervals: IntervalModel) -> MakeScore:
    """Give a maker of scores from rows of (text, frame, topics, voice, kind); leaning ones have up to eight words of evidence."""

    def prediction(text: str, start: int, frame: Frame, topics: Sequence[str], voice: Voice) -> Prediction:
        shares = {name: 0.8 if name == frame else 0.1 for name in FRAMES}
        sign = {"praise": 1, "skepticism": -1, "neutral": 0}[frame]
        words = [
            Contribution(text[i : i + 2], start + i, start + i + 2, (0.15 + 0.1 * i) * sign) for i in range(0, len(text) - 1, 6) if sign
        ]
        return Prediction(
            frame=frame,
            **shares,
            topic_probabilities={t: 0.9 if t in topics else 0.05 for t in TOPICS},
            topics=tuple(topics),
            voice=voice,
            quoted=0.9 if voice == "quoted" else 0.1,
            stance_log_odds=2.08 * sign,
            evidence=tuple(words[:8]),
        )

    def make(rows: Sequence[Row], source: str = "article.txt", model: str = "made by hand") -> ArticleScore:
        items = []
        position = 0
        for paragraph, (text, frame, topics, voice, kind) in enumerate(rows):
            sentence = Sentence(text, position, position + len(text), paragraph // 3, kind)
            found = None if kind == "unreadable" else prediction(text, position, frame, topics, voice)
            items.append(ScoredSentence(sentence, found))
            position += len(text)
        counted = [i for i, item in enumerate(items) if item.sentence.kind in ("body", "heading")]
        chosen = [p for i in counted if (p := items[i].prediction) is not None]
        totals = aggregate(chosen, TOPICS, intervals, counted)
        side, promotion, technology = lean(chosen, intervals)
        unreadable = any(item.sentence.kind == "unreadable" for item in items)
        return ArticleScore(
            source=source,
            encoding="utf-8",
            characters=position,
            sentences=tuple(items),
            topics=totals,
            lean=side,
            promotion_attention=promotion,
            technology_attention=technology,
            verdict=verdict(totals[-1]),
            warnings=("unreadable-sentences",) if unreadable else (),
            model=model,
            model_hash="0123456789abcdef",
        )

    return make


@pytest.fixture(scope="session")
def praising(make_score: MakeScore) -> ArticleScore:
    """Give an article that praises technology, with headings, a notice and a mojibake sentence."""
    rows: list[Row] = [("晨岸科技的一年", "neutral", (), "author", "heading")]
    rows += [(f"晨岸科技的第{i}代芯片性能领先同行，表现出色。", "praise", ("technology",), "author", "body") for i in range(1, 15)]
    rows += [(f"“这款产品在第{i}季度口碑很好。”分析师周亦安表示。", "praise", ("marketing",), "quoted", "body") for i in range(1, 7)]
    rows += [("营销篇", "neutral", ("marketing",), "author", "heading")]
    rows += [(f"发布会于{i}月在杭州举行。", "neutral", ("marketing", "traffic"), "author", "body") for i in range(1, 9)]
    rows += [
        ("浠潃杈ㄧ鐞", "neutral", (), "author", "unreadable"),
        ("免责声明：本文不构成投资建议。", "neutral", (), "author", "boilerplate"),
    ]
    return make_score(rows, "praising.txt")


@pytest.fixture(scope="session")
def doubting(make_score: MakeScore) -> ArticleScore:
    """Give an article in Traditional characters that doubts what the other one praises."""
    rows: list[Row] = [("晨岸科技的熱度與技術", "neutral", (), "author", "heading")]
    rows += [(f"晨岸科技的第{i}代芯片性能落後同行，表現平庸。", "skepticism", ("technology",), "author", "body") for i in range(1, 15)]
    rows += [(f"“熱搜買了{i}次，技術還是沒有進步。”專家陸行簡指出。", "skepticism", ("traffic",), "quoted", "body") for i in range(1, 10)]
    rows += [(f"發佈會於{i}月在杭州舉行。", "neutral", ("marketing",), "author", "body") for i in range(1, 9)]
    return make_score(rows, "doubting.txt")


HOSTILE = [
    "<script>alert(1)</script>",
    "</style><style>*{display:none}</style>",
    '<img src=x onerror="alert(1)">',
    '" onmouseover="alert(1)" x="',
    "javascript:alert(1)",
    "{{ 7*7 }}{% for x in y %}",
    "{{ ''.__class__.__mro__ }}",
    "\x1b[31mred\x1b[0m\x07",
    "\u202egnirts desrever\u202c",
    '=HYPERLINK("http://example.com")',
    "+1+1",
    "-2+3",
    "@SUM(A1)",
    "</title><svg onload=alert(1)>",
    "&lt;b&gt; &amp;amp;",
    "$\\frac{1}{0}$",
]


@pytest.fixture(scope="session")
def hostile(make_score: MakeScore) -> ArticleScore:
    """Give an article whose every text tries to be more than text."""
    rows: list[Row] = [(text, FRAMES[i % 3], ("technology",), "quoted", "body") for i, text in enumerate(HOSTILE * 2)]
    return make_score(rows, '</title><script>alert("名")</script>\x1b[2J\u202e.txt', "<b>model</b>")


@pytest.fixture(scope="session")
def labelled() -> list[Example]:
    """Give six short labelled articles."""
    return read_folder([Path(__file__).parent / "cases" / "labels.jsonl"])


@pytest.fixture(scope="session")
def small_model(labelled: list[Example]) -> FramingModel:
    """Give a model trained on them."""
    from threadpoolctl import threadpool_limits

    from framing.features import FeatureConfig
    from framing.training import TrainConfig, train

    # So few rows have hardly an n-gram of characters ten times.
    config = TrainConfig(folds=3, jobs=1, features=FeatureConfig(min_df={"word": 2, "bigram": 2, "char": 3, "skeleton": 3, "entry": 2}))
    # Threads only wait for each other on so few rows.
    with threadpool_limits(1):
        return train(labelled, load_lexicon(), config, name="small")[0]
