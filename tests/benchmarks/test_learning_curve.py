"""The order in which the learning curve adds articles."""

from itertools import chain, pairwise

import pytest
from learning_curve import CURVES, Figure, Point, draw, in_turns, steps, table, training_sets

from framing.records import Example


def _examples(register, articles, source="article", split="train", rows=10):
    return [
        Example(f"{register}{a}-{i}", f"{register}{a}", "新品在周二发布。", "neutral", (), "author", register, source, split)
        for a in range(articles)
        for i in range(rows)
    ]


LABELS = [
    *_examples("wire", 6),
    *_examples("review", 3),
    *_examples("held", 2, split="test"),
    *_examples("contrast", 5, "contrast", rows=3),
]


def test_articles_stay_whole_and_registers_take_turns():
    order = in_turns([e for e in LABELS if e.source == "article" and e.split == "train"], seed=1)
    assert [a[0].register for a in order] == ["review", "wire"] * 3 + ["wire"] * 3
    assert all(len({e.article for e in a}) == 1 and len(a) == 10 for a in order)
    assert len({a[0].article for a in order}) == 9


def test_every_step_holds_the_one_before_and_the_last_is_all():
    order = in_turns([e for e in LABELS if e.source == "article"], seed=1)
    found = list(steps(order, (20, 35, 105, 500)))
    assert [sum(map(len, part)) for part in found] == [20, 40, 110]
    for earlier, later in pairwise(found):
        assert later[: len(earlier)] == earlier


@pytest.mark.parametrize(
    ("curve", "sentences"), [("articles", [30, 90]), ("contrast sets", [15]), ("articles and contrast sets", [45, 105])]
)
def test_the_test_split_is_never_trained_on(curve, sentences):
    found = training_sets(LABELS, [curve], (30,), seed=0)
    assert [(name, sum(map(len, part))) for name, part in found] == [(curve, n) for n in sentences]
    assert all(e.split == "train" for _, part in found for e in chain.from_iterable(part))


def test_table_and_picture(tmp_path):
    points = [Point(curve, n, n // 10, {"gold": Figure(0.4 + n / 1e4, 0.35, 0.6)}) for curve in CURVES for n in (500, 1000)]
    assert "| articles | 1,000 | 100 | 0.500 (0.350 – 0.600) |" in table(points, ["gold"])
    for name in ("one.png", "two.png"):
        draw(points, ["gold"], tmp_path / name)
    data = (tmp_path / "one.png").read_bytes()
    assert data.startswith(b"\x89PNG")
    assert data == (tmp_path / "two.png").read_bytes()
