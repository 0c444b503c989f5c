"""Count labelled sentences by frame, topic, voice, register and length."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from framing.records import FRAMES, VOICES, Example

__all__ = ["BUCKET", "Statistics", "statistics"]

BUCKET = 10
"""Width of the length classes, in characters."""


@dataclass(frozen=True, slots=True)
class Statistics:
    """Hold the counts of a set of sentences.

    ``frames``, ``topics`` (``none`` for sentences without any), ``voices``, ``splits``, ``sources`` and
    ``tags`` map a name to a number of sentences. ``registers`` maps a register to the counts of its
    frames, ``topic_frames`` a topic likewise. ``lengths`` maps the lower end of a length class to the
    counts of its frames; no class between the first and the last is missing.
    """

    sentences: int
    articles: int
    contrast_sets: int
    mean_length: float
    frames: Mapping[str, int]
    topics: Mapping[str, int]
    voices: Mapping[str, int]
    splits: Mapping[str, int]
    sources: Mapping[str, int]
    tags: Mapping[str, int]
    registers: Mapping[str, Mapping[str, int]]
    topic_frames: Mapping[str, Mapping[str, int]]
    lengths: Mapping[int, Mapping[str, int]]


def statistics(examples: Sequence[Example]) -> Statistics:
    """Count sentences; there is at least one."""
    topics = Counter(t for e in examples for t in (e.topics or ("none",)))
    buckets = [len(e.text) // BUCKET * BUCKET for e in examples]
    return Statistics(
        sentences=len(examples),
        articles=len({e.article for e in examples if e.source == "article"}),
        contrast_sets=len({e.article for e in examples if e.source == "contrast"}),
        mean_length=sum(len(e.text) for e in examples) / len(examples),
        frames=_counts([e.frame for e in examples], FRAMES),
        topics=dict(topics.most_common()),
        voices=_counts([e.voice for e in examples], VOICES),
        splits=_counts([e.split for e in examples], ("train", "test")),
        sources=_counts([e.source for e in examples], ("article", "contrast")),
        tags=dict(Counter(t for e in examples for t in e.tags).most_common()),
        registers=_by_frame([(e.register or "(none)", e.frame) for e in examples]),
        topic_frames=_by_frame([(t, e.frame) for e in examples for t in (e.topics or ("none",))]),
        lengths=_lengths(buckets, [e.frame for e in examples]),
    )


def _counts(values: Sequence[str], names: Sequence[str]) -> dict[str, int]:
    found = Counter(values)
    return {name: found[name] for name in names}


def _by_frame(pairs: Sequence[tuple[str, str]]) -> dict[str, dict[str, int]]:
    found = Counter(pairs)
    return {name: {f: found[name, f] for f in FRAMES} for name in sorted({p[0] for p in pairs})}


def _lengths(buckets: Sequence[int], frames: Sequence[str]) -> dict[int, dict[str, int]]:
    found = Counter(zip(buckets, frames, strict=True))
    return {b: {f: found[b, f] for f in FRAMES} for b in range(min(buckets), max(buckets) + 1, BUCKET)}
