"""Counts of labelled sentences."""

from __future__ import annotations

from typing import Any

from framing.labelling.files import to_example
from framing.labelling.statistics import BUCKET, statistics
from framing.labelling.text_tables import statistics_text


def test_counts_add_up(rows: list[dict[str, Any]]) -> None:
    examples = [to_example(r, "here") for r in rows]
    result = statistics(examples)
    assert result.sentences == sum(result.frames.values()) == sum(result.voices.values()) == len(rows)
    assert result.articles == 14
    assert sum(sum(c.values()) for c in result.registers.values()) == len(rows)
    assert sum(sum(c.values()) for c in result.lengths.values()) == len(rows)
    assert sum(result.topics.values()) == sum(max(len(e.topics), 1) for e in examples)
    assert [b - a for a, b in zip(list(result.lengths), list(result.lengths)[1:], strict=False)] == [BUCKET] * (len(result.lengths) - 1)


def test_plot_has_one_bar_per_length_class_and_the_longest_fills_it(rows: list[dict[str, Any]]) -> None:
    result = statistics([to_example(r, "here") for r in rows])
    bars = statistics_text(result).splitlines()[-len(result.lengths) :]
    widths = [sum(line.count(c) for c in "█▒░") for line in bars]
    assert max(widths) == 48
    assert [int(line.split()[-1]) for line in bars] == [sum(c.values()) for c in result.lengths.values()]
