"""Give scores as JSON in the published schema ``framing/data/score.schema.json``."""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any

from framing.records import ArticleScore, Estimate, Prediction, ScoredSentence, TopicShare, VoiceShare

__all__ = ["DIGITS", "SCHEMA_VERSION", "article", "number", "render_json", "render_jsonl"]

SCHEMA_VERSION = 1
"""Raised by one whenever a field changes its meaning or goes away; new fields do not raise it."""

DIGITS = 4
"""Decimals of every number that is not whole."""


def number(value: float) -> float:
    """Round a number for output, so that no zero is negative."""
    return round(value, DIGITS) + 0.0


def _estimate(value: Estimate | None) -> dict[str, float] | None:
    if value is None:
        return None
    return {"value": number(value.value), "low": number(value.low), "high": number(value.high)}


def _voice(value: VoiceShare | None) -> dict[str, float] | None:
    return None if value is None else {"share": number(value.share), "net": number(value.net)}


def _topic(row: TopicShare) -> dict[str, Any]:
    return {
        "topic": row.topic,
        "sentences": row.sentences,
        "expected_sentences": number(row.weight),
        "attention": number(row.attention),
        "sufficient": row.sufficient,
        "praise": _estimate(row.praise),
        "skepticism": _estimate(row.skepticism),
        "neutral": _estimate(row.neutral),
        "net": _estimate(row.net),
        "author": _voice(row.author),
        "quoted": _voice(row.quoted),
        "carriers": list(row.carriers),
    }


def _prediction(p: Prediction) -> dict[str, Any]:
    return {
        "frame": p.frame,
        "probabilities": {"praise": number(p.praise), "skepticism": number(p.skepticism), "neutral": number(p.neutral)},
        "topics": list(p.topics),
        "topic_probabilities": {k: number(v) for k, v in p.topic_probabilities.items()},
        "voice": p.voice,
        "quoted_probability": number(p.quoted),
        "stance_log_odds": number(p.stance_log_odds),
        "contributions": [{"text": c.text, "start": c.start, "end": c.end, "weight": number(c.weight)} for c in p.evidence],
    }


def _sentence(item: ScoredSentence) -> dict[str, Any]:
    s = item.sentence
    base = {"text": s.text, "start": s.start, "end": s.end, "paragraph": s.paragraph, "kind": s.kind}
    return {**base, "prediction": None if item.prediction is None else _prediction(item.prediction)}


def article(score: ArticleScore) -> dict[str, Any]:
    """Return one article as JSON-ready data."""
    return {
        "schema_version": SCHEMA_VERSION,
        "source": score.source,
        "encoding": score.encoding,
        "characters": score.characters,
        "verdict": score.verdict,
        "lean": {
            "side": score.lean,
            "promotion_attention": _estimate(score.promotion_attention),
            "technology_attention": _estimate(score.technology_attention),
        },
        "topics": [_topic(row) for row in score.topics],
        "sentences": [_sentence(item) for item in score.sentences],
        "repairs": [{"start": r.start, "end": r.end, "before": r.before, "after": r.after, "reason": r.reason} for r in score.repairs],
        "warnings": list(score.warnings),
        "model": {"name": score.model, "hash": score.model_hash},
    }


def render_json(scores: Iterable[ArticleScore]) -> str:
    """Render all articles as one JSON array, indented for reading."""
    return json.dumps([article(s) for s in scores], ensure_ascii=False, indent=2) + "\n"


def render_jsonl(scores: Iterable[ArticleScore]) -> str:
    """Render one article per line."""
    return "".join(json.dumps(article(s), ensure_ascii=False, separators=(",", ":")) + "\n" for s in scores)
