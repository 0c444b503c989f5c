"""The voice of an article is the sum over all sequences of states, and what is learned from marked blocks."""

from __future__ import annotations

from itertools import pairwise, product

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.optimize import check_grad
from scipy.sparse import csr_matrix, vstack

from framing import voice, voice_training
from framing.voice import (
    ASIDE,
    AUTHOR,
    BEGINS_LATER,
    BLOCK,
    RUNS,
    SPEAKS,
    SPEECH,
    TRANSITIONS,
    VOICE_HEADS,
    Lines,
    VoiceChain,
    before_anchor,
    lines,
    potentials,
    quoted_probability,
    voice_states,
)
from framing.voice_training import fit_voice


def plain(anchor: np.ndarray) -> Lines:
    """Give sentences none of which stands apart."""
    return Lines(anchor, np.zeros(len(anchor), np.bool_))


@settings(max_examples=40)
@given(sizes=st.lists(st.integers(1, 5), min_size=1, max_size=3), seed=st.integers(0, 999))
def test_probability_sums_over_all_sequences(sizes: list[int], seed: int) -> None:
    random = np.random.default_rng(seed)
    article = np.repeat(np.arange(len(sizes)), sizes)
    logits = random.normal(size=(len(article), VOICE_HEADS)) * 3
    chain = VoiceChain(tuple(random.normal(size=len(TRANSITIONS))), tuple(random.normal(size=3)), float(random.normal()))
    known = lines(random.choice(["他说这件事情很有意思，值得大家一起看看。", "小标题"], len(article)).tolist(), article)
    scores = potentials(logits, chain, known)
    found = quoted_probability(logits, chain, article, known)
    begin = 0
    for size in sizes:
        quoted, total = np.zeros(size), 0.0
        for path in product((AUTHOR, SPEECH, BLOCK, ASIDE), repeat=size):
            pairs = list(pairwise(path))
            if ASIDE in (path[0], path[-1]) or any(p not in TRANSITIONS for p in pairs):
                continue
            own = {AUTHOR: 0.0, SPEECH: logits[begin, SPEAKS], BLOCK: logits[begin, RUNS]}[path[0]]
            score = chain.start[path[0]] + own + sum(scores[begin + t, TRANSITIONS.index(p)] for t, p in enumerate(pairs, 1))
            total += np.exp(score)
            quoted += np.exp(score) * np.isin(path, (SPEECH, BLOCK))
        np.testing.assert_allclose(found[begin : begin + size], quoted / total, atol=1e-9)
        begin += size


@settings(max_examples=60)
@given(sizes=st.lists(st.integers(1, 40), min_size=1, max_size=30), spread=st.sampled_from([0.1, 3.0, 300.0]), seed=st.integers(0, 999))
def test_all_articles_at_once_get_what_each_gets_alone(sizes: list[int], spread: float, seed: int) -> None:
    random = np.random.default_rng(seed)
    article = np.repeat(np.arange(len(sizes)), sizes)
    logits = random.normal(size=(len(article), VOICE_HEADS)) * spread
    chain = VoiceChain(tuple(random.normal(size=len(TRANSITIONS))), tuple(random.normal(size=3)), float(random.normal()))
    known = lines(random.choice(["他说这件事情很有意思，值得大家一起看看。", "小标题"], len(article)).tolist(), article)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(voice, "_FEW_STEPS", 0)
        at_once = quoted_probability(logits, chain, article, known)
        patch.setattr(voice, "_FEW_STEPS", 1_000_000)
        one_by_one = quoted_probability(logits, chain, article, known)
        patch.setattr(voice, "_PART", 7)
        in_parts = quoted_probability(logits, chain, article, known)
    np.testing.assert_array_equal(at_once, one_by_one)
    np.testing.assert_array_equal(in_parts, one_by_one)


def test_nothing_has_no_voice() -> None:
    assert quoted_probability(np.zeros((0, VOICE_HEADS)), VoiceChain(), np.zeros(0, np.int64), plain(np.zeros(0, np.int64))).shape == (0,)


@pytest.mark.parametrize("size", [1e3, -1e3])
def test_large_scores_do_not_overflow(size: float) -> None:
    found = quoted_probability(np.full((6, VOICE_HEADS), size), VoiceChain(), np.zeros(6, np.int64), plain(np.arange(6) - 1))
    assert ((found >= 0) & (found <= 1)).all()


STANDS_APART = {
    "小标题": True,
    "": True,
    "（图片说明：左边是旧款，右边是新款，两者大小相同。）": True,
    "【编者按：以下几段由读者提供，文字有删节】": True,
    "(The picture shows the first model of the series).": True,
    "他说：": False,
    "好。": False,
    "很长的一句话，没有结尾的标点，但是超过了标题的长度": False,
    "（1）第一条是要算清楚每个月的电费，再决定买不买": False,
}


@given(rows=st.lists(st.tuples(st.sampled_from(list(STANDS_APART)), st.booleans()), max_size=20))
def test_anchors_are_the_last_sentences_that_do_not_stand_apart(rows: list[tuple[str, bool]]) -> None:
    texts = [text for text, _ in rows]
    article = np.cumsum([new for _, new in rows], dtype=np.int64)
    apart = [STANDS_APART[text] for text in texts]
    expected = [max((j for j in range(i) if not apart[j] and article[j] == article[i]), default=-1) for i in range(len(rows))]
    found = lines(texts, article)
    assert (found.anchor.tolist(), found.apart.tolist()) == (expected, apart)


@given(sizes=st.lists(st.integers(1, 4), min_size=1, max_size=6), data=st.data())
def test_lines_of_some_articles_are_theirs_alone(sizes: list[int], data: st.DataObject) -> None:
    article = np.repeat(np.arange(len(sizes)), sizes)
    texts = data.draw(st.lists(st.sampled_from(list(STANDS_APART)), min_size=len(article), max_size=len(article)))
    kept = np.flatnonzero(np.isin(article, data.draw(st.lists(st.sampled_from(range(len(sizes)))))))
    taken, alone = lines(texts, article).take(kept), lines([texts[i] for i in kept], article[kept])
    np.testing.assert_array_equal(taken.anchor, alone.anchor)
    np.testing.assert_array_equal(taken.apart, alone.apart)


# The letters stand for author, quoted, and what is expected of each: a, s (speech), b (block), i (aside).
@pytest.mark.parametrize(
    ("voices", "states"),
    [
        ("aaa", "aaa"),
        ("aqqa", "assa"),
        ("aqqqa", "abbba"),
        ("qqqaqqq", "bbbibbb"),
        ("qqqaaqqqq", "bbbiibbbb"),
        ("qqqaaaqqq", "bbbaaabbb"),
        ("qqqaqqaqqq", "bbbassabbb"),
        ("qqqaqaa", "bbbasaa"),
        ("", ""),
    ],
)
def test_states(voices: str, states: str) -> None:
    found = voice_states(np.array([v == "q" for v in voices], np.bool_), np.zeros(len(voices), np.int64))
    assert "".join("asbi"[s] for s in found) == states


def test_states_end_with_their_article() -> None:
    assert voice_states(np.ones(4, np.bool_), np.array([0, 0, 1, 1])).tolist() == [SPEECH] * 4


def test_a_heading_in_a_block_is_an_aside_the_more_it_stands_apart() -> None:
    """Three quoted sentences on each side of one line: nothing but the chain tells whose it is."""
    texts = ["他列出了几条理由，大意如下。"] * 3 + ["（1）能源问题"] + ["太空里只有太阳能可以用。"] * 3
    logits = np.zeros((7, VOICE_HEADS))
    logits[:, RUNS] = 5.0
    logits[3, RUNS] = 1.0
    article = np.zeros(7, np.int64)
    found = [quoted_probability(logits, VoiceChain(apart=a), article, lines(texts, article)) for a in (0.0, 6.0)]
    assert found[0][3] > 0.5 > found[1][3]
    assert found[1][[0, 6]].min() > 0.9


def test_a_block_begins_after_what_stood_two_sentences_before() -> None:
    anchor = np.array([-1, 0, 1, 1, 3])
    assert before_anchor(anchor).tolist() == [-1, -1, 0, 0, 1]
    logits = np.zeros((5, VOICE_HEADS))
    logits[:, BEGINS_LATER] = [10, 20, 30, 40, 50]
    scores = potentials(logits, VoiceChain(), plain(anchor))
    begins = TRANSITIONS.index((AUTHOR, BLOCK))
    assert scores[:, begins].tolist() == [0, 0, 10, 10, 20]
    assert not np.delete(scores, begins, axis=1).any()


def example(articles: int = 60) -> tuple[csr_matrix, np.ndarray, np.ndarray, Lines]:
    """Make articles in which column 0 announces a block of five sentences, column 1 ends it, and nothing marks its inside."""
    random = np.random.default_rng(3)
    rows, quoted, article = [], [], []
    for number in range(articles):
        before, after = random.integers(1, 4, 2)
        told = number % 3 != 0
        x = np.zeros((before + (5 if told else 0) + after, 3))
        x[before - 1, 0] = told
        if told:
            x[before + 5, 1] = 1
        x[:, 2] = random.normal(size=len(x))
        rows.append(x)
        quoted += [False] * before + ([True] * 5 if told else []) + [False] * after
        article += [number] * len(x)
    numbers = np.array(article)
    anchor = np.array([i - 1 if i and numbers[i] == numbers[i - 1] else -1 for i in range(len(numbers))])
    return csr_matrix(np.concatenate(rows)), np.array(quoted), numbers, plain(anchor)


def test_a_block_is_found_from_what_announces_and_ends_it() -> None:
    x, quoted, article, after = example()
    fit = fit_voice(x, quoted, article, after, strength=0.1)
    found = quoted_probability(x @ fit.weights + fit.bias, fit.chain, article, after)
    assert ((found > 0.5) == quoted).mean() > 0.98


def test_weighing_an_article_twice_is_having_it_twice() -> None:
    x, quoted, article, after = example(8)
    again = plain(np.concatenate([after.anchor, np.where(after.anchor >= 0, after.anchor + len(article), -1)]))
    weighed = fit_voice(x, quoted, article, after, weight=np.full(len(article), 2.0))
    twice = fit_voice(vstack([x, x]).tocsr(), np.tile(quoted, 2), np.concatenate([article, article + 8]), again)
    np.testing.assert_allclose(weighed.weights, twice.weights, atol=1e-3)


def test_the_fit_is_deterministic() -> None:
    one, two = fit_voice(*example()), fit_voice(*example())
    np.testing.assert_array_equal(one.weights, two.weights)
    assert one.chain == two.chain


def test_the_slope_is_the_slope_of_the_loss(monkeypatch: pytest.MonkeyPatch) -> None:
    x, quoted, article, after = example(8)
    after = after._replace(apart=np.arange(len(article)) % 3 == 0)
    taken = {}

    def keep(loss: object, start: np.ndarray, **_: object) -> None:
        taken["loss"], taken["size"] = loss, len(start)
        raise InterruptedError

    monkeypatch.setattr(voice_training, "minimize", keep)
    with pytest.raises(InterruptedError):
        fit_voice(x, quoted, article, after, weight=1.0 + article % 3)
    point = np.random.default_rng(1).normal(size=taken["size"]) * 0.3
    assert check_grad(lambda v: taken["loss"](v)[0], lambda v: taken["loss"](v)[1], point) < 1e-4


def test_the_chain_survives_writing() -> None:
    chain = VoiceChain(tuple(map(float, range(len(TRANSITIONS)))), (0.5, 1.5, 2.5), -0.5)
    assert VoiceChain.from_data(chain.to_data()) == chain
