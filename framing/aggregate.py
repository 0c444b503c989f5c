"""Add predictions up to shares per topic with intervals.

Shares are expected values of calibrated probabilities, never counts of hard labels. With sentence
weights w (1 for the row ``all``, else P(topic)) and frame probabilities p, the share of frame f is

    S_f = Σ w p_f / Σ w,      net = S_praise − S_skepticism.

The sentences of an article share more of its stance than each of them shows, and so a sum of what is
likely of each by itself is drawn to the middle. Before they are added up, the probabilities are tilted
towards what the article as a whole differs in from the mean π of articles, by a factor γ,

    p_f ∝ p_f exp(γ Σ_j (p_jf − π_f) / (n + 10)),      j = 1 … n all sentences of the article.

Its standard error has three parts: the Bernoulli variance of each sentence's label, the variance of
the sentence's membership in the topic, and a variance τ² between articles that no single sentence
shows (a writer's manner that the model misreads throughout). γ, τ and the quantile z are learned in
training from held-out articles, the last two so that 90% of intervals cover; see ``docs/method.md``.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from framing.probability import softmax
from framing.records import NORMAL_90, Estimate, Prediction, TopicShare, VoiceShare

__all__ = ["ALL", "MIN_WEIGHT", "IntervalModel", "Tilt", "aggregate", "fit_intervals", "fit_tilt", "lean", "tilted_frames", "verdict"]

IntArray = NDArray[np.int64]
FloatArray = NDArray[np.float64]

ALL = "all"
"""Name of the row that counts every sentence."""

MIN_WEIGHT = 4.0
"""Expected number of sentences below which a topic gets no shares."""

PRAISE, SKEPTICISM, NEUTRAL = range(3)


@dataclass(frozen=True, slots=True)
class Tilt:
    """Hold how far an article's stance tilts its sentences where they are added up: γ, and the mean π of articles."""

    strength: float = 0.0
    mean: tuple[float, float, float] = (1 / 3, 1 / 3, 1 / 3)

    def apply(self, frame: FloatArray) -> FloatArray:
        """Return the frame probabilities of one article's sentences, tilted, shape ``(n, 3)``.

        The push is shrunk as if ten average sentences were there too, since few sentences say little of a stance.
        """
        if not self.strength or not len(frame):
            return frame
        push = (frame - np.array(self.mean)).sum(axis=0) / (len(frame) + _AVERAGE_SENTENCES)
        return softmax(np.log(np.maximum(frame, 1e-12)) + self.strength * push)

    def to_data(self) -> dict[str, Any]:
        """Give the tilt as JSON-ready data."""
        return {"strength": self.strength, "mean": list(self.mean)}

    @classmethod
    def from_data(cls, data: Mapping[str, Any]) -> Tilt:
        """Rebuild from ``to_data``."""
        praise, skepticism, neutral = (float(v) for v in data["mean"])
        return cls(float(data["strength"]), (praise, skepticism, neutral))


_AVERAGE_SENTENCES = 10
_STRENGTHS = tuple(np.round(np.arange(0.0, 8.01, 0.25), 2).tolist())


@dataclass(frozen=True, slots=True)
class IntervalModel:
    """Hold what makes totals honest: τ per quantity (in share points, 0 to 1) and z, and the tilt of what is added up.

    ``tau`` and ``z`` have one entry for each of praise, skepticism, neutral and net over all sentences
    (``net``), the same over one topic (``topic net``), and for attention.
    """

    tau: Mapping[str, float]
    z: Mapping[str, float]
    tilt: Tilt = Tilt()

    def to_data(self) -> dict[str, Any]:
        """Give the model as JSON-ready data."""
        return {"tau": dict(self.tau), "z": dict(self.z), "tilt": self.tilt.to_data()}

    @classmethod
    def from_data(cls, data: Mapping[str, Any]) -> IntervalModel:
        """Rebuild from ``to_data``."""
        tau, z = ({k: float(v) for k, v in data[name].items()} for name in ("tau", "z"))
        return cls(tau, z, Tilt.from_data(data["tilt"]))

    def estimate(self, quantity: str, value: float, variance: float, low: float, high: float) -> Estimate:
        """Return the 90% interval of a quantity, cut off at its range."""
        half = self.z[quantity] * float(np.sqrt(variance + self.tau[quantity] ** 2))
        return Estimate(value, max(low, value - half), min(high, value + half))


SHARES = ("praise", "skepticism", "neutral", "net")
QUANTITIES = (*SHARES, *(f"topic {name}" for name in SHARES), "attention")


def share_moments(frame: FloatArray, weight: FloatArray) -> dict[str, tuple[float, float]]:
    """Return (value, variance) of each share and of net for sentence weights in 0 … 1.

    The variance of a weighted mean Σ w x / Σ w with random x and random membership is, to first
    order, Σ (w v + w (1 − w) (m − S)²) / (Σ w)², m and v being mean and variance of x (ratio
    estimator; Cochran, Sampling Techniques, 3rd ed., section 6.3).
    """
    total = float(weight.sum())
    result = {}
    net = frame[:, PRAISE] - frame[:, SKEPTICISM]
    columns = {
        "praise": (frame[:, PRAISE], frame[:, PRAISE] * (1 - frame[:, PRAISE])),
        "skepticism": (frame[:, SKEPTICISM], frame[:, SKEPTICISM] * (1 - frame[:, SKEPTICISM])),
        "neutral": (frame[:, NEUTRAL], frame[:, NEUTRAL] * (1 - frame[:, NEUTRAL])),
        "net": (net, frame[:, PRAISE] + frame[:, SKEPTICISM] - net**2),
    }
    for name, (mean, variance) in columns.items():
        share = float((weight * mean).sum() / total)
        spread = float((weight * variance + weight * (1 - weight) * (mean - share) ** 2).sum() / total**2)
        result[name] = (share, spread)
    return result


def tilted_frames(predictions: Sequence[Prediction], tilt: Tilt) -> FloatArray:
    """Return the frame probabilities of the counted sentences of one article as they are added up, shape ``(n, 3)``."""
    return tilt.apply(np.array([[p.praise, p.skepticism, p.neutral] for p in predictions]).reshape(len(predictions), 3))


def fit_tilt(frame: FloatArray, truth: IntArray, article: IntArray) -> Tilt:
    """Learn from held-out predictions of whole articles the tilt under which the squared error of net stance is least.

    Args:
        frame: frame probabilities of sentences whose articles the model had not seen, shape ``(n, 3)``.
        truth: their frames.
        article: the article number of each.
    """
    praise, skepticism, neutral = frame.mean(axis=0).tolist()
    net = (truth == PRAISE).astype(float) - (truth == SKEPTICISM)
    articles = [(frame[rows], net[rows].mean()) for rows in (np.flatnonzero(article == a) for a in np.unique(article))]

    def error(tilt: Tilt) -> float:
        totals = ((tilt.apply(own).mean(axis=0), real) for own, real in articles)
        return float(np.mean([(p[PRAISE] - p[SKEPTICISM] - real) ** 2 for p, real in totals]))

    return min((Tilt(strength, (praise, skepticism, neutral)) for strength in _STRENGTHS), key=error)


def fit_intervals(
    frame: FloatArray,
    topics: FloatArray,
    truth: IntArray,
    truth_topics: NDArray[np.bool_],
    article: IntArray,
    tilt: Tilt = Tilt(),
) -> tuple[IntervalModel, float, float]:
    """Learn τ and z from held-out predictions of whole articles.

    τ² is what the squared errors of article totals exceed their predicted variance by, on average;
    z is the 90% quantile of |error| / standard error over articles and rows, at least 1.645.

    Args:
        frame: frame probabilities of sentences whose articles the model had not seen, shape ``(n, 3)``.
        topics: their topic probabilities, shape ``(n, topics)``.
        truth: their frames.
        truth_topics: their topics.
        article: the article number of each.
        tilt: the tilt of what is added up.

    Returns:
        The interval model, and over all sentences of those articles the coverage of net stance and
        its mean absolute error.
    """
    errors: dict[str, list[tuple[float, float]]] = {q: [] for q in QUANTITIES}
    all_net: list[float] = []
    onehot = np.eye(3)[truth]
    for number in np.unique(article):
        rows = np.flatnonzero(article == number)
        if len(rows) < MIN_WEIGHT:
            continue
        own = tilt.apply(frame[rows])
        for k in range(-1, topics.shape[1]):
            weight = np.ones(len(rows)) if k < 0 else topics[rows, k]
            actual = np.ones(len(rows), np.bool_) if k < 0 else truth_topics[rows, k]
            if k >= 0:
                spread = float((weight * (1 - weight)).sum()) / len(rows) ** 2
                errors["attention"].append((float(weight.mean() - actual.mean()), spread))
            if weight.sum() < MIN_WEIGHT or actual.sum() < 1:
                continue
            real = onehot[rows][actual].mean(axis=0)
            target = {"praise": real[0], "skepticism": real[1], "neutral": real[2], "net": real[0] - real[1]}
            for name, (value, variance) in share_moments(own, weight).items():
                errors[name if k < 0 else f"topic {name}"].append((value - float(target[name]), variance))
                if name == "net" and k < 0:
                    all_net.append(abs(value - float(target[name])))
    tau, z = {}, {}
    covered = 1.0
    for name, pairs in errors.items():
        if not pairs:
            tau[name], z[name] = 0.1, NORMAL_90
            continue
        error = np.array([p[0] for p in pairs])
        within = np.array([p[1] for p in pairs])
        tau[name] = float(np.sqrt(max(0.0, float(np.mean(error**2 - within)))))
        ratio = np.abs(error) / np.sqrt(within + tau[name] ** 2 + 1e-12)
        z[name] = float(max(NORMAL_90, np.quantile(ratio, 0.9)))
        if name == "net":
            covered = float(np.mean(ratio <= z[name]))
    return IntervalModel(tau, z, tilt), covered, float(np.mean(all_net)) if all_net else 0.0


def aggregate(
    predictions: Sequence[Prediction], topics: Sequence[str], intervals: IntervalModel, index: Sequence[int] | None = None
) -> tuple[TopicShare, ...]:
    """Add up the counted sentences of one article.

    Args:
        predictions: of the counted sentences, in order.
        topics: the model's topics.
        intervals: the interval model.
        index: what to call each prediction in ``carriers``; its position by default.

    Returns:
        One row per topic and the row ``all`` last.
    """
    count = len(predictions)
    names = list(range(count)) if index is None else list(index)
    frame = tilted_frames(predictions, intervals.tilt)
    quoted = np.array([p.quoted for p in predictions])
    rows = []
    for topic in (*topics, ALL):
        weight = np.ones(count) if topic == ALL else np.array([p.topic_probabilities[topic] for p in predictions])
        labelled = count if topic == ALL else sum(topic in p.topics for p in predictions)
        rows.append(_row(topic, weight, frame, quoted, labelled, intervals, predictions, names))
    return tuple(rows)


def _row(
    topic: str,
    weight: FloatArray,
    frame: FloatArray,
    quoted: FloatArray,
    labelled: int,
    intervals: IntervalModel,
    predictions: Sequence[Prediction],
    names: Sequence[int],
) -> TopicShare:
    count = len(weight)
    total = float(weight.sum())
    attention = total / count if count else 0.0
    if total < (MIN_WEIGHT if topic != ALL else 1.0):
        return TopicShare(topic, labelled, total, attention, False, None, None, None, None, None, None)
    shares = {
        name: intervals.estimate(name if topic == ALL else f"topic {name}", value, variance, -1.0 if name == "net" else 0.0, 1.0)
        for name, (value, variance) in share_moments(frame, weight).items()
    }
    carriers = _carriers(topic, weight, frame, shares["net"].value, predictions, names)
    return TopicShare(
        topic=topic,
        sentences=labelled,
        weight=total,
        attention=attention,
        sufficient=True,
        praise=shares["praise"],
        skepticism=shares["skepticism"],
        neutral=shares["neutral"],
        net=shares["net"],
        author=_voice(weight * (1 - quoted), total, frame),
        quoted=_voice(weight * quoted, total, frame),
        carriers=carriers,
    )


def _voice(weight: FloatArray, total: float, frame: FloatArray) -> VoiceShare:
    own = float(weight.sum())
    net = float((weight * (frame[:, PRAISE] - frame[:, SKEPTICISM])).sum() / own) if own > 0 else 0.0
    return VoiceShare(own / total, net)


CARRIERS = 3
"""Sentences named per topic."""


def _carriers(
    topic: str, weight: FloatArray, frame: FloatArray, net: float, predictions: Sequence[Prediction], names: Sequence[int]
) -> tuple[int, ...]:
    """Name the sentences that move the topic's net stance furthest; one may go against it."""
    push = weight * (frame[:, PRAISE] - frame[:, SKEPTICISM])
    sign = 1.0 if net >= 0 else -1.0
    eligible = [i for i, p in enumerate(predictions) if p.frame != "neutral" and (topic == ALL or topic in p.topics)]
    along = sorted((i for i in eligible if push[i] * sign > 0), key=lambda i: -push[i] * sign)[:CARRIERS]
    against = sorted((i for i in eligible if push[i] * sign < 0), key=lambda i: push[i] * sign)[:1]
    chosen = along[: CARRIERS - 1] + against if against and len(along) >= CARRIERS - 1 and abs(net) < 0.15 else along
    return tuple(names[i] for i in chosen)


def lean(
    predictions: Sequence[Prediction], intervals: IntervalModel
) -> tuple[Literal["marketing", "technology", "balanced", "unknown"], Estimate | None, Estimate | None]:
    """Compare the attention given to promotion (marketing or traffic) with that given to technology.

    Returns:
        Which side gets more attention, ``balanced`` where the 90% interval of the difference holds
        0, ``unknown`` where neither has enough sentences; and the two shares of attention.
    """
    count = len(predictions)
    names = predictions[0].topic_probabilities if count else {}
    if not count or "technology" not in names or "marketing" not in names:
        return "unknown", None, None
    technology = np.array([p.topic_probabilities["technology"] for p in predictions])
    neither = np.array([(1 - p.topic_probabilities["marketing"]) * (1 - p.topic_probabilities.get("traffic", 0.0)) for p in predictions])
    promotion = 1 - neither
    estimates = [
        intervals.estimate("attention", float(w.mean()), float((w * (1 - w)).sum()) / count**2, 0.0, 1.0) for w in (promotion, technology)
    ]
    if promotion.sum() + technology.sum() < MIN_WEIGHT:
        return "unknown", estimates[0], estimates[1]
    difference = float(promotion.mean() - technology.mean())
    variance = float((promotion * (1 - promotion) + technology * (1 - technology)).sum()) / count**2 + 2 * intervals.tau["attention"] ** 2
    if abs(difference) <= intervals.z["attention"] * np.sqrt(variance):
        return "balanced", estimates[0], estimates[1]
    return ("marketing" if difference > 0 else "technology"), estimates[0], estimates[1]


def verdict(row: TopicShare) -> Literal["praise", "skepticism", "mixed", "neutral", "unknown"]:
    """Put the row ``all`` in a word.

    ``praise`` or ``skepticism`` where the interval of net stance lies on one side of 0; else
    ``mixed`` where more than 40% of the sentences lean one way or the other, and ``neutral``
    where fewer do.
    """
    if not row.sufficient or row.net is None or row.neutral is None:
        return "unknown"
    if row.net.low > 0:
        return "praise"
    if row.net.high < 0:
        return "skepticism"
    return "mixed" if 1 - row.neutral.value > 0.4 else "neutral"
