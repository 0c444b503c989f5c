"""Groups are added up and compared with honest errors."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from scipy import stats

from framing import aggregate
from framing.aggregate import IntervalModel
from framing.compare import ALPHA, QUANTITIES, Comparison, Limits, compare, pool
from framing.errors import InputError
from framing.records import FRAMES, ArticleScore
from framing.segment import Segmenter


@pytest.fixture(scope="module")
def comparison(praising: ArticleScore, doubting: ArticleScore, intervals: IntervalModel) -> Comparison:
    return compare({"A": [praising], "B": [doubting]}, Segmenter(), intervals)


def article(make_score: Any, frames: list[str], source: str = "x.txt") -> ArticleScore:
    texts = {"praise": "技术领先，表现出色。", "skepticism": "技术落后，令人失望。", "neutral": "公司在周三举行会议。"}
    score: ArticleScore = make_score([(texts[f], f, ("technology",), "author", "body") for f in frames], source)
    return score


def test_a_group_of_one_has_the_totals_of_its_article(praising: ArticleScore, intervals: IntervalModel) -> None:
    group = pool("A", [praising], intervals)
    for row, total in zip(praising.topics, group.totals, strict=True):
        assert total.sufficient == row.sufficient
        assert total.weight == pytest.approx(row.weight)
        assert total.attention is not None
        assert total.attention.value == pytest.approx(row.attention)
        for name in ("praise", "skepticism", "neutral", "net"):
            own, pooled = getattr(row, name), total.estimate(name)
            assert (own is None) == (pooled is None)
            if own is not None and pooled is not None:
                assert (pooled.value, pooled.low, pooled.high) == pytest.approx((own.value, own.low, own.high), abs=1e-6)


def test_a_group_weighs_articles_by_their_sentences(make_score: Any, intervals: IntervalModel) -> None:
    long, short = article(make_score, ["praise"] * 30), article(make_score, ["skepticism"] * 10)
    net = pool("A", [long, short], intervals).total("all").net
    assert net is not None
    assert net.value == pytest.approx((30 * 0.7 - 10 * 0.7) / 40)


def test_more_articles_that_agree_narrow_the_interval(make_score: Any, intervals: IntervalModel) -> None:
    one = article(make_score, ["praise", "neutral", "skepticism"] * 8)
    widths = []
    for count in (1, 4, 16):
        net = pool("A", [one] * count, intervals).total("all").net
        assert net is not None
        widths.append(net.high - net.low)
    assert widths[0] / 2 == pytest.approx(widths[1])
    assert widths[1] / 2 == pytest.approx(widths[2])


def test_articles_that_disagree_widen_it(make_score: Any, intervals: IntervalModel) -> None:
    agree = [article(make_score, ["praise", "skepticism"] * 10)] * 6
    disagree = [article(make_score, [f] * 20) for f in ("praise", "skepticism") * 3]
    first, second = (pool("A", group, intervals).total("all").net for group in (agree, disagree))
    assert first is not None
    assert second is not None
    assert first.value == pytest.approx(second.value)
    assert second.high - second.low > 3 * (first.high - first.low)


def test_equal_groups_differ_by_nothing(praising: ArticleScore, intervals: IntervalModel) -> None:
    pair = compare({"A": [praising], "B": [praising]}, Segmenter(), intervals).pairs[0]
    assert all(d.value.value == 0 and d.p == 1 and d.adjusted == 1 and not d.clear for d in pair.differences)
    assert all(e.difference == 0 for e in pair.evidence)
    assert pair.rest == 0
    assert pair.words == tuple(w for w in pair.words if abs(w.z) < 1e-9)
    assert pair.events == ()


def test_opposite_articles_differ_clearly_where_they_do(comparison: Comparison) -> None:
    tests = {(d.topic, d.quantity): d for d in comparison.pairs[0].differences}
    assert tests["technology", "net"].clear
    assert tests["technology", "net"].value.high < 0
    assert tests["all", "net"].clear
    assert ("all", "attention") not in tests
    assert {q for _, q in tests} == set(QUANTITIES)


def test_swapping_the_sides_swaps_the_signs(praising: ArticleScore, doubting: ArticleScore, intervals: IntervalModel) -> None:
    there = compare({"A": [praising], "B": [doubting]}, Segmenter(), intervals).pairs[0]
    back = compare({"B": [doubting], "A": [praising]}, Segmenter(), intervals).pairs[0]
    for a, b in zip(there.differences, back.differences, strict=True):
        assert (a.value.value, a.value.low, a.p) == pytest.approx((-b.value.value, -b.value.high, b.p))
    assert {e.text: e.difference for e in there.evidence} == pytest.approx({e.text: -e.difference for e in back.evidence})


def test_groups_of_unlike_articles_are_tested_by_welch(make_score: Any, intervals: IntervalModel) -> None:
    counts = {"A": (2, 9, 14, 18), "B": (1, 5, 6, 11, 19)}
    groups = {name: [article(make_score, ["praise"] * n + ["skepticism"] * (20 - n)) for n in values] for name, values in counts.items()}
    nets = {name: [0.7 * (2 * n - 20) / 20 for n in values] for name, values in counts.items()}
    found = next(d for d in compare(groups, Segmenter(), intervals).pairs[0].differences if (d.topic, d.quantity) == ("all", "net"))
    expected = stats.ttest_ind(nets["B"], nets["A"], equal_var=False)
    assert found.p == pytest.approx(expected.pvalue)
    low, high = expected.confidence_interval(1 - ALPHA)
    assert (found.value.low, found.value.high) == pytest.approx((low, high))


def test_chance_alone_rarely_counts_as_a_difference(make_score: Any) -> None:
    random = np.random.default_rng(7)
    intervals = IntervalModel(dict.fromkeys(aggregate.QUANTITIES, 0.05), dict.fromkeys(aggregate.QUANTITIES, 1.645))
    false = 0
    for _ in range(60):
        groups = {
            name: [article(make_score, random.choice(FRAMES, 24, p=random.dirichlet([6, 6, 6])).tolist()) for _ in range(6)]
            for name in "AB"
        }
        tests = compare(groups, Segmenter(), intervals).pairs[0].differences
        false += any(d.clear for d in tests if d.quantity == "net")
    assert false <= 15


def test_p_values_are_corrected_within_each_quantity(make_score: Any, intervals: IntervalModel) -> None:
    scores = [article(make_score, ["praise"] * n + ["skepticism"] * (20 - n)) for n in (4, 9, 14)]
    pairs = compare({str(i): [s] for i, s in enumerate(scores)}, Segmenter(), intervals).pairs
    assert [(p.left, p.right) for p in pairs] == [("0", "1"), ("0", "2"), ("1", "2")]
    raw = sorted(d.p for p in pairs for d in p.differences if (d.topic, d.quantity) == ("all", "net"))
    adjusted = sorted(d.adjusted for p in pairs for d in p.differences if (d.topic, d.quantity) == ("all", "net"))
    expected = [min(1.0, 3 * raw[0]), max(3 * raw[0], 2 * raw[1]), max(3 * raw[0], 2 * raw[1], raw[2])]
    assert adjusted == pytest.approx(expected)


def test_evidence_and_the_rest_add_up_to_the_difference(comparison: Comparison, praising: ArticleScore, doubting: ArticleScore) -> None:
    pair = comparison.pairs[0]
    means = []
    for score in (praising, doubting):
        stances = [s.prediction.stance_log_odds for s in score.sentences if s.prediction and s.sentence.kind in ("body", "heading")]
        means.append(sum(stances) / len(stances))
    assert pair.stance == pytest.approx(tuple(means))
    assert sum(e.difference for e in pair.evidence) + pair.rest == pytest.approx(means[1] - means[0])
    assert all(e.difference == pytest.approx(e.right - e.left) for e in pair.evidence)


def test_words_are_the_same_in_both_scripts(make_score: Any, intervals: IntervalModel) -> None:
    simplified = make_score([("这项技术处于领先地位。", "praise", (), "author", "body")] * 8, "hans.txt")
    traditional = make_score([("這項技術處於領先地位。", "praise", (), "author", "body")] * 8, "hant.txt")
    pair = compare({"A": [simplified], "B": [traditional]}, Segmenter(), intervals).pairs[0]
    assert all(e.difference == pytest.approx(0) for e in pair.evidence)
    assert all(abs(w.z) < 1e-9 for w in pair.words)


def test_vocabulary_names_the_side_that_uses_a_word(comparison: Comparison) -> None:
    words = {w.text: w for w in comparison.pairs[0].words}
    assert words["领先"].z < 0
    assert (words["领先"].left, words["领先"].right) == (14, 0)
    assert words["平庸"].z > 0


def test_shared_events_are_found_across_scripts(comparison: Comparison) -> None:
    events = comparison.pairs[0].events
    assert events
    assert all(e.left.frame != e.right.frame and e.left.group == "A" and e.right.group == "B" for e in events)
    assert {(e.left.frame, e.right.frame) for e in events} == {("praise", "skepticism")}
    assert all(0.3 <= e.similarity <= 1 for e in events)
    # Meetings that both report neutrally are no difference, however similar.
    assert not any("发布会" in e.left.text for e in events)


def test_unlike_sentences_are_no_shared_event(make_score: Any, intervals: IntervalModel) -> None:
    a = make_score([("芯片良率提高到九成。", "praise", (), "author", "body")] * 4)
    b = make_score([("门店关闭引起顾客不满。", "skepticism", (), "author", "body")] * 4)
    assert compare({"A": [a], "B": [b]}, Segmenter(), intervals).pairs[0].events == ()


def test_sentences_that_push_come_from_the_right_sides(comparison: Comparison) -> None:
    pushes = comparison.pairs[0].pushes
    assert {p.sentence.group for p in pushes if p.push > 0} == {"A"}
    assert {p.sentence.group for p in pushes if p.push < 0} == {"B"}


def test_limits_bound_the_lists(praising: ArticleScore, doubting: ArticleScore, intervals: IntervalModel) -> None:
    pair = compare({"A": [praising], "B": [doubting]}, Segmenter(), intervals, Limits(words=4, sentences=1, events=2)).pairs[0]
    assert (len(pair.evidence), len(pair.pushes), len(pair.events)) == (4, 2, 2)
    assert len(pair.words) <= 4


def test_empty_articles_can_be_compared(make_score: Any, praising: ArticleScore, intervals: IntervalModel) -> None:
    result = compare({"A": [make_score([])], "B": [praising]}, Segmenter(), intervals)
    assert result.pairs[0].differences == ()
    assert result.groups[0].total("all").net is None


@pytest.mark.parametrize("count", [0, 1])
def test_fewer_than_two_groups_are_refused(praising: ArticleScore, intervals: IntervalModel, count: int) -> None:
    with pytest.raises(InputError, match="at least two"):
        compare({str(i): [praising] for i in range(count)}, Segmenter(), intervals)


def test_an_empty_group_is_refused(praising: ArticleScore, intervals: IntervalModel) -> None:
    with pytest.raises(InputError, match="group B holds no articles"):
        compare({"A": [praising], "B": []}, Segmenter(), intervals)


def test_articles_of_other_topics_are_refused(praising: ArticleScore, doubting: ArticleScore, intervals: IntervalModel) -> None:
    other = replace(doubting, topics=doubting.topics[1:])
    with pytest.raises(InputError, match="group A: the articles were scored by models with different topics"):
        pool("A", [praising, other], intervals)
    with pytest.raises(InputError, match="the groups were scored by models with different topics"):
        compare({"A": [praising], "B": [other]}, Segmenter(), intervals)
    with pytest.raises(KeyError, match="marketing"):
        pool("B", [other], intervals).total("marketing")
