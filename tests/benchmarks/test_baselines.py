"""What the comparison computes itself: thresholds, caches, and lines for tools that cannot run."""

import baselines
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from framing.evaluation import macro_f1
from framing.records import Example

PRAISE, SKEPTICISM, NEUTRAL = baselines.PRAISE, baselines.SKEPTICISM, baselines.NEUTRAL
ROWS = [
    ("续航比上一代好得多。", "praise"),
    ("屏幕故障频频出现。", "skepticism"),
    ("发布会在周三举行。", "neutral"),
    ("公司总部在绍兴。", "neutral"),
]
EXAMPLES = [Example(str(i), f"a{i % 2}", text, frame, (), "author") for i, (text, frame) in enumerate(ROWS)]


@pytest.mark.parametrize(
    ("score", "frame"), [(0.9, PRAISE), (0.6, NEUTRAL), (0.5, NEUTRAL), (0.4, NEUTRAL), (0.1, SKEPTICISM), (np.nan, NEUTRAL)]
)
def test_thresholds_are_neutral(score, frame):
    assert baselines.frames_by_thresholds(np.array([score]), 0.4, 0.6).tolist() == [frame]


def test_finds_thresholds_that_separate():
    scores = np.concatenate([np.linspace(-3, -2, 20), np.linspace(-1, 1, 40), np.linspace(2, 3, 20)])
    truth = np.repeat([SKEPTICISM, NEUTRAL, PRAISE], [20, 40, 20])
    low, high = baselines.best_thresholds(scores, truth)
    assert macro_f1(truth, baselines.frames_by_thresholds(scores, low, high)) == 1.0


@given(st.lists(st.tuples(st.floats(-5, 5), st.integers(0, 2)), min_size=3, max_size=40))
def test_fitted_thresholds_are_in_order(pairs):
    scores, truth = (np.array(column) for column in zip(*pairs, strict=True))
    low, high = baselines.best_thresholds(scores, truth)
    assert low <= high


def test_vectors_come_back_from_the_cache(tmp_path):
    file = tmp_path / "cache" / "vectors.npz"
    assert baselines.read_vectors(file) == {}
    vectors = {"a": np.array([1.0, 0.5]), "b": np.array([0.25, -2.0])}
    baselines.write_vectors(file, vectors)
    again = baselines.read_vectors(file)
    assert list(again) == ["a", "b"]
    np.testing.assert_array_equal(again["b"], vectors["b"])
    assert file.parent.stat().st_mode & 0o077 == 0


def _missing():
    raise ModuleNotFoundError("No module named 'nowhere'")


def _broken():
    raise OSError("its dictionary is gone")


@pytest.mark.parametrize(("load", "reason"), [(_missing, "framing-zh[bench]"), (_broken, "OSError: its dictionary is gone")])
def test_a_tool_that_cannot_run_gets_one_line(load, reason):
    outcome = baselines.run(baselines.Scoring("tool", "jieba", load, (0.0, 0.0), tune=False), EXAMPLES, {"gold": EXAMPLES}, 0.0)
    assert isinstance(outcome, str)
    assert "\n" not in outcome
    assert outcome.startswith("tool")
    assert reason in outcome


def test_table_puts_the_best_first_and_compares_with_framing():
    right = baselines.frames_of(EXAMPLES)
    results = [baselines.Result("majority", np.full(4, NEUTRAL), 1e9), baselines.Result(baselines.OURS, right, 123.0)]
    lines = baselines.table(EXAMPLES, results).splitlines()
    assert lines[2].startswith("| **framing** | 1.000 |")
    assert lines[2].endswith("| 120 |")
    assert lines[3].startswith("| majority | 0.222 |")
    assert "+0.778" in lines[3]


def test_majority_class_is_counted():
    majority = baselines.MajorityClass()
    majority.prepare(EXAMPLES)
    assert majority.predict(["甲", "乙"], ["a", "a"]).tolist() == [NEUTRAL, NEUTRAL]
