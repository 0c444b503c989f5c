"""How ratios and costs of processes are taken; nothing here depends on how fast the machine is."""

import json
import sys

import measuring
import pytest
import speed
from measuring import Cost


def test_ratios_are_taken_within_rounds():
    rounds = {"slow": [Cost(2.0, 4.0), Cost(20.0, 40.0), Cost(6.0, 9.0)], "yardstick": [Cost(1.0, 1.0), Cost(10.0, 10.0), Cost(2.0, 3.0)]}
    assert measuring.ratios(rounds, "slow", "yardstick", "cpu") == (2.0, 2.0, 2.5)
    assert measuring.ratios(rounds, "slow", "yardstick", "wall") == (3.5, 4.0, 4.0)
    assert measuring.ratios({k: v[:1] for k, v in rounds.items()}, "slow", "yardstick", "cpu") == (2.0, 2.0, 2.0)


def test_rounds_are_interleaved_after_a_warm_up():
    calls = []

    def task(name):
        return lambda: calls.append(name) or Cost(1.0, 1.0)

    rounds = measuring.interleaved({"a": task("a"), "b": task("b")}, 2, "test")
    assert calls == ["a", "b", "a", "b", "a", "b"]
    assert {name: len(costs) for name, costs in rounds.items()} == {"a": 2, "b": 2}


def test_peak_memory_is_the_process_own():
    held = bytearray(150_000_000)
    cost = measuring.cost_of_process([sys.executable, "-S", "-c", "pass"])
    assert 0 < cost.megabytes < len(held) / 1e6
    assert cost.cpu > 0


def test_a_command_that_fails_is_named():
    with pytest.raises(RuntimeError, match="exit code 3"):
        measuring.cost_of_process([sys.executable, "-c", "raise SystemExit(3)"])


def test_articles_are_whole_and_without_contrast_sets(tmp_path):
    labels = {"frame": "neutral", "topics": [], "voice": "author"}
    rows = [
        json.dumps({"id": f"{article}-{i}", "article": article, "text": f"新店在周{i}开业。", "source": source, **labels})
        for article, source in (("a", "article"), ("c", "contrast"), ("b", "article"))
        for i in range(3)
    ]
    (tmp_path / "rows.jsonl").write_text("\n".join(rows), "utf-8")
    assert [len(data.decode().splitlines()) for data in speed.articles(tmp_path, 2)] == [3]
    assert [len(data.decode().splitlines()) for data in speed.articles(tmp_path, 4)] == [3, 3]
    assert speed.sentences_of(speed.articles(tmp_path, 1)[0]) == ["新店在周0开业。", "新店在周1开业。", "新店在周2开业。"]
