"""The sides of the comparison score the same sentences, and ratios are those of the batch."""

import batch_overhead
from corpus import corpus
from measuring import Cost


def test_all_sides_score_the_same_table(tmp_path):
    corpus(tmp_path / "table.jsonl", 3)
    sentences, tasks = batch_overhead.sides(tmp_path / "table.jsonl", tmp_path / "out")
    assert set(tasks) == set(batch_overhead.SIDES)
    for _ in range(2):
        assert tasks["batch"]().cpu > 0
    written = [line for part in (tmp_path / "out" / "sentences").iterdir() for line in part.read_text("utf-8").splitlines()]
    assert len(written) == sentences > 0


def test_ratios_are_those_of_the_batch():
    rounds = {"score_many": [Cost(1.0, 2.0)], "score": [Cost(4.0, 4.0)], "batch": [Cost(2.0, 3.0)]}
    found = batch_overhead.figures(rounds, 1_000_000)
    assert found["batch_over_score_many_cpu"] == 2.0
    assert found["batch_over_score_many_wall"] == 1.5
    assert found["batch_over_score_cpu"] == 0.5
    assert found["batch_cpu_us_per_sentence"] == 2.0
    assert [row[1] for row in batch_overhead.rows("jieba", rounds, 1_000_000)] == ["1", "4", "2"]
