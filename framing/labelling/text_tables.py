"""Render agreement, statistics and model comparisons as plain text."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from framing.labelling.agreement import Agreement, LabelAgreement
from framing.labelling.comparison import ModelComparison, word_shifts
from framing.labelling.statistics import BUCKET, Statistics
from framing.model import FramingModel
from framing.records import FRAMES

__all__ = ["agreement_text", "comparison_text", "shifts_text", "statistics_text"]

_BAR = 48
_FILL = {"praise": "█", "skepticism": "▒", "neutral": "░"}


def agreement_text(result: Agreement, shown: int = 20) -> str:
    """Give alpha with its interval, the confusion of each label, and up to ``shown`` of the disagreements."""
    lines = [
        f"{result.units} sentences of {result.articles} articles, read by {', '.join(result.readers)}; "
        f"Krippendorff's alpha (nominal), 95% bootstrap interval over articles",
        "",
        f"{'label':20}{'alpha':>7}   {'interval':16}{'agree':>7}{'sentences':>11}",
    ]
    lines += [_alpha_line(label) for label in result.labels]
    for label in result.labels:
        lines += ["", *_confusion(label, result.readers)]
    lines += ["", f"{len(result.disagreements)} sentences on which readings differ"]
    for unit in result.disagreements[:shown]:
        readings = "  ".join(f"{reader}: {_reading(reading)}" for reader, reading in unit.readings.items())
        lines.append(f"{unit.row.origin}  {readings}  {unit.row.data['text']}")
    if len(result.disagreements) > shown > 0:
        lines.append(f"… and {len(result.disagreements) - shown} more")
    return "\n".join(lines) + "\n"


def _reading(reading: Mapping[str, Any]) -> str:
    return "/".join((reading["frame"], "+".join(reading["topics"]) or "–", reading["voice"]))


def _alpha_line(label: LabelAgreement) -> str:
    if label.alpha is None:
        return f"{label.label:20}{'–':>7}   {'one value only':16}{label.observed:7.1%}{label.units:11d}"
    interval = f"[{label.low:.3f}, {label.high:.3f}]"
    return f"{label.label:20}{label.alpha:7.3f}   {interval:16}{label.observed:7.1%}{label.units:11d}"


def _confusion(label: LabelAgreement, readers: Sequence[str]) -> list[str]:
    values = list(label.confusion)
    sides = f"{readers[0]} ↓ {readers[1]} →" if len(readers) == 2 else "earlier ↓ later →"
    lines = [f"{label.label + '  ' + sides:32}" + "".join(f"{v:>12}" for v in values)]
    lines += [f"{a:>32}" + "".join(f"{label.confusion[a][b]:12d}" for b in values) for a in values]
    return lines


def statistics_text(result: Statistics) -> str:
    """Give the counts as tables and the lengths as a bar chart."""
    lines = [
        f"{result.sentences} sentences, {result.articles} articles, {result.contrast_sets} contrast sets, "
        f"{result.mean_length:.1f} characters on average",
        "",
    ]
    named = {"frame": result.frames, "topic": result.topics, "voice": result.voices, "split": result.splits, "tag": result.tags}
    for name, counts in named.items():
        if counts:
            shares = "  ".join(f"{k} {v} ({v / result.sentences:.1%})" for k, v in counts.items())
            lines.append(f"{name:8}{shares}")
    for name, table in (("register", result.registers), ("topic", result.topic_frames)):
        lines += ["", *_shares(name, table)]
    lines += ["", *_chart(result.lengths)]
    return "\n".join(lines) + "\n"


def _shares(name: str, table: Mapping[str, Mapping[str, int]]) -> list[str]:
    lines = [f"{name:16}{'sentences':>10}" + "".join(f"{f:>12}" for f in FRAMES)]
    for key, counts in table.items():
        total = sum(counts.values())
        lines.append(f"{key:16}{total:10d}" + "".join(f"{counts[f] / total:12.1%}" for f in FRAMES))
    return lines


def _chart(lengths: Mapping[int, Mapping[str, int]]) -> list[str]:
    """Draw one bar per length class, its parts by frame."""
    most = max(sum(counts.values()) for counts in lengths.values())
    lines = ["length   " + "  ".join(f"{_FILL[f]} {f}" for f in FRAMES)]
    for low, counts in lengths.items():
        ends, done = [], 0
        for frame in FRAMES:
            done += counts[frame]
            ends.append(round(_BAR * done / most))
        widths = [end - begin for begin, end in zip([0, *ends], ends, strict=False)]
        bar = "".join(_FILL[f] * w for f, w in zip(FRAMES, widths, strict=True))
        lines.append(f"{low:3d}–{low + BUCKET - 1:<4d} {bar:{_BAR}} {done}")
    return lines


def comparison_text(result: ModelComparison, flips: int = 10) -> str:
    """Give both models' figures, the difference with its interval, and some of the flipped sentences."""
    lines = [
        f"{result.sentences} sentences in {result.articles} articles; paired bootstrap, 95% intervals, verdicts by Holm's procedure",
        f"{'':24}{'base':>8}{'new':>8}{'change':>9}   interval",
    ]
    for d in result.differences:
        verdict = "  worse" if d.worse else "  better" if d.better else ""
        lines.append(f"{d.figure:24}{d.base:8.3f}{d.new:8.3f}{d.new - d.base:+9.3f}   [{d.low:+.3f}, {d.high:+.3f}]{verdict}")
    right = sum(f.new == f.example.frame for f in result.flips)
    wrong = sum(f.base == f.example.frame for f in result.flips)
    lines.append(f"{len(result.flips)} sentences changed their frame: {right} to the true one, {wrong} away from it")
    lines += [f"  {f.base} → {f.new} (is {f.example.frame})  {f.example.text}" for f in result.flips[:flips]]
    return "\n".join(lines) + "\n"


def shifts_text(base: FramingModel, new: FramingModel) -> str:
    """Give the words whose weight moved most between two models."""
    shifts = "  ".join(f"{s.word} {s.base:+.2f}→{s.new:+.2f}" for s in word_shifts(base, new))
    return f"words whose weight moved most (praise + / skepticism −):\n  {shifts}"
