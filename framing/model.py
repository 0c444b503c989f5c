"""Score rows with linear heads: calibrated frame, topic and voice probabilities, and exact evidence.

A model is plain data: a feature space, a lexicon, one weight matrix and a few numbers per head. The
frame head is a softmax over three logits; each topic and the voice have a logistic head. Calibration
(a scale and an offset per logit) is folded into the weights. Quoted voices run on from sentence to
sentence, so the voice has one head for each length of the quotation that a sentence may continue.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from framing.features import NO_SPAN, Context, Extractor, FeatureSpace, Occurrences
from framing.lexicon import Lexicon, Matcher
from framing.records import FRAMES, Contribution, Prediction
from framing.segment import Engine, Segmenter, Tokens

__all__ = ["BATCH", "VOICE_HEADS", "FramingModel", "Scores", "sigmoid", "softmax", "voice_forward", "voice_state"]

IntArray = NDArray[np.int64]
FloatArray = NDArray[np.float64]

BATCH = 2048
"""Sentences scored in one pass: large enough to keep NumPy busy, small enough for bounded memory."""

PRAISE, SKEPTICISM = FRAMES.index("praise"), FRAMES.index("skepticism")


@dataclass(frozen=True, eq=False)
class Scores:
    """Hold the probabilities of a batch: ``frame`` (n, 3), ``topics`` (n, t), ``quoted`` (n,).

    ``logits`` (n, 3) are the frame logits. The arrays are aligned with the sentences given.
    """

    frame: FloatArray
    topics: FloatArray
    quoted: FloatArray
    logits: FloatArray


def softmax(logits: FloatArray) -> FloatArray:
    """Return exp(x) / sum exp(x) over the last axis, without overflow."""
    shifted = np.exp(logits - logits.max(axis=-1, keepdims=True))
    result: FloatArray = shifted / shifted.sum(axis=-1, keepdims=True)
    return result


def sigmoid(logits: FloatArray) -> FloatArray:
    """Return 1 / (1 + exp(−x)) without overflow."""
    result: FloatArray = 0.5 * (1.0 + np.tanh(0.5 * np.asarray(logits)))
    return result


VOICE_HEADS = 4
"""Logistic heads of the voice, one per state of ``voice_state``."""

_AUTHOR, _SHORT, _LONG, _INTERRUPTED = range(VOICE_HEADS)


def voice_forward(logits: FloatArray, article: IntArray) -> FloatArray:
    """Follow the voice through articles.

    Whether a sentence is somebody else's depends on whose the sentences before it were: retold speech
    runs on without marks, and goes on after a heading or a caption. The state before a sentence is the
    length of the quoted run up to it (0, 1, 2, 3 and more) and, within two sentences after a run of
    three or more, that interruption; each state has a head that gives P(quoted | state). The
    probabilities of the states are carried forward from sentence to sentence, as in a maximum-entropy
    Markov model (McCallum, Freitag and Pereira, 2000).

    Args:
        logits: calibrated log-odds of the heads, shape ``(n, VOICE_HEADS)``.
        article: the article number of each sentence; sentences of one article are adjacent.

    Returns:
        P(quoted) per sentence given the sentences up to it, shape ``(n,)``.
    """
    result = []
    previous = -1
    start = (1.0, 0.0, 0.0, 0.0, 0.0, 0.0)
    author, one, two, three, pause, pause2 = start
    for number, (enter, short, long, resume) in zip(article.tolist(), sigmoid(logits).tolist(), strict=True):
        if number != previous:
            author, one, two, three, pause, pause2 = start
            previous = number
        q1, q2 = author * enter, one * short
        q3 = two * short + three * long + (pause + pause2) * resume
        quoted = q1 + q2 + q3
        after = three * (1 - long)
        author, pause2 = max(1.0 - quoted - after - pause * (1 - resume), 0.0), pause * (1 - resume)
        one, two, three, pause = q1, q2, q3, after
        result.append(quoted)
    return np.array(result, np.float64)


def voice_state(quoted: NDArray[np.bool_], article: IntArray) -> IntArray:
    """Return the head that applies to each sentence given the true voices before it.

    0 after the author, 1 in a quoted run of one or two sentences, 2 in a longer one, 3 within two
    sentences after such a longer one.
    """
    result = []
    run, since, previous = 0, 3, -1
    for now, number in zip(quoted.tolist(), article.tolist(), strict=True):
        if number != previous:
            run, since, previous = 0, 3, number
        result.append(_LONG if run >= 3 else _SHORT if run else _INTERRUPTED if since < 2 else _AUTHOR)
        if now:
            run = 3 if since < 2 and not run else run + 1
            since = 3
        else:
            since = 0 if run >= 3 else since + 1
            run = 0
    return np.array(result, np.int64)


@dataclass(frozen=True)
class FramingModel:
    """Hold a trained model; build one with ``artifact.load`` or ``training.train``.

    ``weights`` has shape ``(columns, 3 + topics + VOICE_HEADS)``: frame, topic and voice logits;
    ``bias`` one entry per head. ``frame_offset`` is added to log-probabilities before the frame is
    chosen; ``topic_threshold`` and ``voice_threshold`` turn probabilities into labels.
    ``interval`` holds what ``aggregate`` needs for its intervals.
    """

    lexicon: Lexicon
    space: FeatureSpace
    topics: tuple[str, ...]
    weights: NDArray[np.float32]
    bias: FloatArray
    frame_offset: FloatArray
    topic_threshold: FloatArray
    voice_threshold: float
    interval: dict[str, Any] = field(default_factory=dict)
    card: dict[str, Any] = field(default_factory=dict)
    name: str = "unnamed"
    hash: str = ""
    engine: Engine = "auto"

    @cached_property
    def segmenter(self) -> Segmenter:
        """Give the segmenter with the model's own regional terms."""
        return Segmenter(self.lexicon.regional, self.engine)

    @cached_property
    def extractor(self) -> Extractor:
        """Give the feature extractor."""
        return Extractor(self.space, Matcher(self.lexicon))

    def scores(self, sentences: Sequence[str], article: Sequence[str] | IntArray | None = None) -> Scores:
        """Score sentences.

        Args:
            sentences: repaired sentences.
            article: the article of each sentence, rows of one article adjacent and in order; without
                it every sentence stands alone.

        Returns:
            Calibrated probabilities.
        """
        context = _context(len(sentences), article)
        frames, tops, quotes, logits = [], [], [], []
        for begin, end in _batches(context.article):
            part = Context(context.article[begin:end])
            tokens = self.segmenter.segment(sentences[begin:end])
            raw = self._logits(self.extractor(tokens, part))
            scores = self._finish(raw, part)
            frames.append(scores.frame)
            tops.append(scores.topics)
            quotes.append(scores.quoted)
            logits.append(scores.logits)
        if not frames:
            return Scores(np.zeros((0, 3)), np.zeros((0, len(self.topics))), np.zeros(0), np.zeros((0, 3)))
        return Scores(np.concatenate(frames), np.concatenate(tops), np.concatenate(quotes), np.concatenate(logits))

    def _logits(self, features: Occurrences) -> FloatArray:
        result = np.empty((features.rows, len(self.bias)))
        for head in range(len(self.bias)):
            terms = features.value * self._head(head)[features.column]
            result[:, head] = np.bincount(features.row, weights=terms, minlength=features.rows)[: features.rows] + self.bias[head]
        return result

    def _head(self, head: int) -> FloatArray:
        return self._columns[head]

    @cached_property
    def _columns(self) -> list[FloatArray]:
        return [np.ascontiguousarray(self.weights[:, head], np.float64) for head in range(self.weights.shape[1])]

    def _finish(self, raw: FloatArray, context: Context) -> Scores:
        topics, voice = raw[:, 3:-VOICE_HEADS], raw[:, -VOICE_HEADS:]
        return Scores(softmax(raw[:, :3]), sigmoid(topics), voice_forward(voice, context.article), raw[:, :3])

    def predict(self, sentences: Sequence[str], article: Sequence[str] | IntArray | None = None, evidence: int = 3) -> list[Prediction]:
        """Label sentences, with up to ``evidence`` contributions in each direction (0 for none).

        Offsets of contributions count from the beginning of their sentence.
        """
        context = _context(len(sentences), article)
        result: list[Prediction] = []
        for begin, end in _batches(context.article):
            part = Context(context.article[begin:end])
            texts = sentences[begin:end]
            tokens = self.segmenter.segment(texts)
            features = self.extractor(tokens, part)
            scores = self._finish(self._logits(features), part)
            terms = self._terms(tokens, features, texts, evidence) if evidence else None
            result.extend(self._prediction(scores, row, terms) for row in range(len(texts)))
        self._label(result)
        return result

    def _prediction(self, scores: Scores, row: int, terms: _Terms | None) -> Prediction:
        frame = scores.frame[row]
        chosen = FRAMES[int(np.argmax(np.log(np.maximum(frame, 1e-12)) + self.frame_offset))]
        probabilities = dict(zip(self.topics, map(float, scores.topics[row]), strict=True))
        topics = tuple(t for k, t in enumerate(self.topics) if scores.topics[row, k] >= self.topic_threshold[k])
        quoted = float(scores.quoted[row])
        stance = float(scores.logits[row, PRAISE] - scores.logits[row, SKEPTICISM])
        return Prediction(
            frame=chosen,
            praise=float(frame[0]),
            skepticism=float(frame[1]),
            neutral=float(frame[2]),
            topic_probabilities=probabilities,
            topics=topics,
            voice="quoted" if quoted >= self.voice_threshold else "author",
            quoted=quoted,
            stance_log_odds=stance,
            structure=terms.structure[row] if terms else 0.0,
            evidence=tuple(terms.contributions[row]) if terms else (),
        )

    def _label(self, predictions: list[Prediction]) -> None:
        """Check that every prediction is a distribution; a model with broken weights must not pass."""
        for p in predictions:
            if not abs(p.praise + p.skepticism + p.neutral - 1.0) < 1e-6:
                raise ArithmeticError("probabilities do not add up to 1; the model's weights are damaged")

    def _terms(self, tokens: Tokens, features: Occurrences, texts: Sequence[str], limit: int) -> _Terms:
        """Split each sentence's stance over its tokens; the parts add up to the stance exactly."""
        difference = self._columns[PRAISE] - self._columns[SKEPTICISM]
        value = features.value * difference[features.column]
        placed = features.start != NO_SPAN
        structure = np.bincount(features.row[~placed], weights=value[~placed], minlength=features.rows)
        structure = structure[: features.rows] + self.bias[PRAISE] - self.bias[SKEPTICISM]
        first = np.searchsorted(tokens.starts, features.start[placed], side="right") - 1
        last = np.searchsorted(tokens.starts, features.end[placed] - 1, side="right") - 1
        counts = last - first + 1
        at = np.repeat(first, counts) + np.arange(counts.sum()) - np.repeat(np.cumsum(counts) - counts, counts)
        per_token = np.zeros(len(tokens.tokens))
        np.add.at(per_token, at, np.repeat(value[placed] / counts, counts))
        contributions = []
        begins = np.searchsorted(tokens.starts, tokens.row_starts)
        for row, text in enumerate(texts):
            begin, end = int(begins[row]), int(begins[row + 1])
            found = _strongest(per_token[begin:end], tokens.tokens[begin:end], limit)
            contributions.append(
                [
                    Contribution(text[slice(*span)], *span, float(per_token[begin + i]))
                    for i in found
                    for span in [tokens.sentence_span(row, int(tokens.starts[begin + i]), int(tokens.starts[begin + i + 1]))]
                ]
            )
        return _Terms([float(s) for s in structure], contributions)


@dataclass(frozen=True, slots=True)
class _Terms:
    structure: list[float]
    contributions: list[list[Contribution]]


def _strongest(weights: FloatArray, tokens: Sequence[str], limit: int) -> list[int]:
    """Return the indices of the ``limit`` strongest tokens in each direction, words only."""
    order = np.argsort(-weights, kind="stable").tolist()
    shown = [i for i in order if tokens[i][:1].isalnum()]
    positive = [i for i in shown if weights[i] > 0.02][:limit]
    negative = [i for i in reversed(shown) if weights[i] < -0.02][:limit]
    return positive + negative


def _context(rows: int, article: Sequence[str] | IntArray | None) -> Context:
    if article is None:
        return Context.single(rows)
    if isinstance(article, np.ndarray):
        return Context(article)
    return Context.of(article)


def _batches(article: IntArray) -> list[tuple[int, int]]:
    """Cut rows into batches of about ``BATCH``, never inside an article unless it is longer."""
    n = len(article)
    result = []
    begin = 0
    while begin < n:
        end = min(begin + BATCH, n)
        if end < n and article[end] == article[end - 1]:
            change = int(np.searchsorted(article[begin:end], article[end - 1], side="left")) + begin
            end = change if change > begin else end
        result.append((begin, end))
        begin = end
    return result
