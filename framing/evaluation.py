"""Measure a model on a gold file: labels, calibration, and article totals, each with its interval."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from framing.aggregate import ALL, IntervalModel, aggregate
from framing.analysis import predict_rows
from framing.errors import LabelError
from framing.model import FramingModel
from framing.records import FRAMES, Example, Prediction

__all__ = ["BOOTSTRAP", "Evaluation", "evaluate", "macro_f1"]

IntArray = NDArray[np.int64]
FloatArray = NDArray[np.float64]

BOOTSTRAP = 1000
"""Resamples behind each interval."""

_BINS = 10


@dataclass(frozen=True, slots=True)
class Evaluation:
    """Hold the figures as JSON-ready data, the predictions, and the gold rows that they belong to."""

    figures: dict[str, Any]
    predictions: tuple[Prediction, ...]
    examples: tuple[Example, ...]


def _counts(truth: IntArray, predicted: IntArray, classes: int) -> IntArray:
    return np.bincount(truth * classes + predicted, minlength=classes * classes).reshape(classes, classes)


def _f1(confusion: IntArray) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Return precision, recall and F1 per class; 0 where a class was neither there nor predicted."""
    hit = np.diag(confusion).astype(float)
    precision = hit / np.maximum(confusion.sum(axis=0), 1)
    recall = hit / np.maximum(confusion.sum(axis=1), 1)
    f1 = 2 * hit / np.maximum(confusion.sum(axis=0) + confusion.sum(axis=1), 1)
    return precision, recall, f1


def macro_f1(truth: IntArray, predicted: IntArray, classes: int = 3) -> float:
    """Return the unweighted mean of the classes' F1."""
    return float(_f1(_counts(truth, predicted, classes))[2].mean())


def _binary_f1(truth: NDArray[np.bool_], predicted: NDArray[np.bool_]) -> float:
    return float(2 * (truth & predicted).sum() / max(int(truth.sum() + predicted.sum()), 1))


def _resamples(articles: IntArray, seed: int) -> list[IntArray]:
    """Draw rows with replacement, whole articles at a time: sentences of one article are alike."""
    rng = np.random.default_rng(seed)
    groups = [np.flatnonzero(articles == a) for a in np.unique(articles)]
    if len(groups) < 5:
        return [rng.integers(0, len(articles), len(articles)) for _ in range(BOOTSTRAP)]
    return [np.concatenate([groups[i] for i in rng.integers(0, len(groups), len(groups))]) for _ in range(BOOTSTRAP)]


def _interval(values: Sequence[float]) -> list[float]:
    return [round(float(v), 4) for v in np.quantile(values, (0.025, 0.975))]


def evaluate(examples: Sequence[Example], model: FramingModel, *, seed: int = 0) -> Evaluation:
    """Score gold rows and compare.

    Args:
        examples: gold rows; those of one article adjacent and in order.
        model: the model to measure.
        seed: of the bootstrap.

    Returns:
        Figures under the keys of ``docs/evaluation.md``. Intervals are percentile bootstrap
        intervals over articles (over sentences where there are fewer than five articles).

    Raises:
        LabelError: there are no rows.
    """
    if not examples:
        raise LabelError("there are no gold rows to measure on")
    predictions = predict_rows([e.text for e in examples], [e.article for e in examples], model)
    names: dict[str, int] = {}
    articles = np.array([names.setdefault(e.article, len(names)) for e in examples])
    truth = np.array([FRAMES.index(e.frame) for e in examples])
    predicted = np.array([FRAMES.index(p.frame) for p in predictions])
    frame = np.array([[p.praise, p.skepticism, p.neutral] for p in predictions])
    draws = _resamples(articles, seed)
    figures = {
        "n": len(examples),
        "model": {"name": model.name, "hash": model.hash},
        "frame": _frame_figures(truth, predicted, draws),
        "topics": _topic_figures(examples, predictions, model.topics, draws),
        "voice": _voice_figures(examples, predictions, draws),
        "calibration": _calibration(truth, frame),
        "articles": _article_figures(examples, predictions, model, articles),
    }
    return Evaluation(figures, tuple(predictions), tuple(examples))


def _frame_figures(truth: IntArray, predicted: IntArray, draws: Sequence[IntArray]) -> dict[str, Any]:
    confusion = _counts(truth, predicted, 3)
    precision, recall, f1 = _f1(confusion)
    return {
        "macro_f1": round(float(f1.mean()), 4),
        "macro_f1_ci": _interval([macro_f1(truth[d], predicted[d]) for d in draws]),
        "accuracy": round(float((truth == predicted).mean()), 4),
        "per_class": {
            name: {
                "precision": round(float(precision[i]), 4),
                "recall": round(float(recall[i]), 4),
                "f1": round(float(f1[i]), 4),
                "support": int(confusion[i].sum()),
            }
            for i, name in enumerate(FRAMES)
        },
        "confusion": {a: {b: int(confusion[i, j]) for j, b in enumerate(FRAMES)} for i, a in enumerate(FRAMES)},
    }


def _topic_figures(
    examples: Sequence[Example], predictions: Sequence[Prediction], topics: Sequence[str], draws: Sequence[IntArray]
) -> dict[str, Any]:
    # A topic that was only guessed from its vocabulary has no truth to measure against.
    topics = [t for t in topics if not any(t in e.guessed for e in examples)]
    truth = np.array([[t in e.topics for t in topics] for e in examples])
    predicted = np.array([[t in p.topics for t in topics] for p in predictions])
    per_topic = {t: round(_binary_f1(truth[:, k], predicted[:, k]), 4) for k, t in enumerate(topics)}
    resampled = [float(np.mean([_binary_f1(truth[d, k], predicted[d, k]) for k in range(len(topics))])) for d in draws]
    return {"macro_f1": round(float(np.mean(list(per_topic.values()))), 4), "macro_f1_ci": _interval(resampled), "per_topic": per_topic}


def _voice_figures(examples: Sequence[Example], predictions: Sequence[Prediction], draws: Sequence[IntArray]) -> dict[str, Any]:
    truth = np.array([e.voice == "quoted" for e in examples])
    predicted = np.array([p.voice == "quoted" for p in predictions])
    return {"f1": round(_binary_f1(truth, predicted), 4), "f1_ci": _interval([_binary_f1(truth[d], predicted[d]) for d in draws])}


def _calibration(truth: IntArray, frame: FloatArray) -> dict[str, float]:
    """Return expected calibration error and Brier score of the frame probabilities.

    ECE: Guo et al. (2017), "On calibration of modern neural networks", ten bins of the largest
    probability. Brier: the mean over sentences of Σ (p − y)², 0 to 2.
    """
    confidence = frame.max(axis=1)
    right = frame.argmax(axis=1) == truth
    at = np.minimum((confidence * _BINS).astype(int), _BINS - 1)
    ece = sum(
        abs(float(confidence[at == b].mean() - right[at == b].mean())) * float((at == b).mean()) for b in range(_BINS) if (at == b).any()
    )
    brier = float(((frame - np.eye(3)[truth]) ** 2).sum(axis=1).mean())
    return {"ece": round(ece, 4), "brier": round(brier, 4)}


def _article_figures(
    examples: Sequence[Example], predictions: Sequence[Prediction], model: FramingModel, articles: IntArray
) -> dict[str, Any]:
    intervals = IntervalModel.from_data(model.interval)
    errors: dict[str, list[float]] = {name: [] for name in (*model.topics, ALL)}
    hits: dict[str, list[bool]] = {name: [] for name in (*model.topics, ALL)}
    for number in np.unique(articles):
        rows = np.flatnonzero(articles == number).tolist()
        for share in aggregate([predictions[i] for i in rows], model.topics, intervals):
            own = [i for i in rows if share.topic == ALL or share.topic in examples[i].topics]
            if share.net is None or not own:
                continue
            actual = float(np.mean([(examples[i].frame == "praise") - (examples[i].frame == "skepticism") for i in own]))
            errors[share.topic].append(abs(share.net.value - actual))
            hits[share.topic].append(share.net.low <= actual <= share.net.high)

    def summary(name: str) -> dict[str, Any]:
        count = len(errors[name])
        return {
            "net_stance_mae": round(float(np.mean(errors[name])), 4) if count else None,
            "coverage_90": round(float(np.mean(hits[name])), 4) if count else None,
            "n": count,
        }

    return {**summary(ALL), "per_topic": {t: summary(t) for t in model.topics}}
