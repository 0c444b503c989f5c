"""Score rows with linear heads: calibrated frame, topic and voice probabilities, and exact evidence.

A model is plain data: a feature space, a lexicon, one weight matrix and a few numbers per head. The
frame head is a softmax over three logits; each topic has a logistic head. Calibration (a scale and an
offset per logit) is folded into the weights. Two things are decided for an article as a whole: how far
its stance weighs in each sentence (``neighbours``), and where quoted voices begin and end (``voice``).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from itertools import compress
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from framing.cues import row_sums
from framing.features import Context, Extractor, FeatureSpace, Findings, Projection, Signals
from framing.lexicon import Lexicon, Matcher
from framing.neighbours import NeighbourEffect
from framing.probability import sigmoid, softmax
from framing.records import FRAMES, Contribution, Prediction
from framing.segment import Engine, Segmenter, Tokens
from framing.voice import VOICE_HEADS, Lines, VoiceChain, lines, quoted_probability

__all__ = ["BATCH", "FramingModel", "Scores"]

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


@dataclass(frozen=True)
class FramingModel:
    """Hold a trained model; build one with ``artifact.load`` or ``training.train``.

    ``weights`` has shape ``(columns, 3 + topics + VOICE_HEADS)``: frame, topic and voice logits;
    ``bias`` one entry per head. ``frame_offset`` is added to log-probabilities before the frame is
    chosen; ``topic_threshold`` and ``voice_threshold`` turn probabilities into labels.
    ``neighbours`` and ``chain`` tie the frames and the voices of an article's sentences together.
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
    neighbours: NeighbourEffect = field(default_factory=NeighbourEffect)
    chain: VoiceChain = field(default_factory=VoiceChain)
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
        parts = [self._finish(group) for group in self._groups(sentences, _article_numbers(len(sentences), article))]
        if not parts:
            return Scores(np.zeros((0, 3)), np.zeros((0, len(self.topics))), np.zeros(0), np.zeros((0, 3)))
        return Scores(*(np.concatenate([getattr(p, name) for p in parts]) for name in ("frame", "topics", "quoted", "logits")))

    @cached_property
    def _projection(self) -> Projection:
        return Projection(self.extractor, self.weights)

    def _groups(
        self, sentences: Sequence[str], article: IntArray, evidence: int = 0, offsets: Sequence[int] | None = None
    ) -> Iterator[_Group]:
        """Read sentences batch by batch and give them in groups of whole articles."""
        begun = 0
        batches: list[_Batch] = []
        for begin, end in _batches(article):
            tokens = self.segmenter.segment(sentences[begin:end])
            findings = self.extractor.find(tokens)
            words = _Words([], np.zeros(0))
            if evidence:
                bases = [0] * (end - begin) if offsets is None else offsets[begin:end]
                words = self._words(tokens, findings, sentences[begin:end], bases, evidence)
            batches.append(_Batch(self._projection.own(findings), findings.signals, words))
            # An article longer than a batch waits for its end: its sentences depend on all others.
            if end == len(article) or article[end] != article[end - 1]:
                group = _joined(sentences[begun:end], article[begun:end], batches)
                # Nothing that the group holds is kept twice while it is worked on.
                begun, batches = end, []
                del tokens, findings, words
                yield group

    def _finish(self, group: _Group) -> Scores:
        levels = self.extractor.surroundings(group.signals, Context(group.article))
        raw = self._projection.surroundings(levels, len(group.article))
        del levels
        raw += group.logits
        raw += self.bias
        frame = self.neighbours.apply(raw[:, :3], group.article)
        quoted = quoted_probability(raw[:, -VOICE_HEADS:], self.chain, group.article, group.lines)
        return Scores(softmax(frame), sigmoid(raw[:, 3:-VOICE_HEADS]), quoted, frame)

    def predict(
        self,
        sentences: Sequence[str],
        article: Sequence[str] | IntArray | None = None,
        evidence: int = 3,
        offsets: Sequence[int] | None = None,
    ) -> list[Prediction]:
        """Label sentences, with up to ``evidence`` contributions in each direction (0 for none).

        Args:
            sentences: repaired sentences.
            article: the article of each sentence, as in ``scores``.
            evidence: contributions per direction.
            offsets: where each sentence begins; offsets of its contributions count from there, otherwise
                from the beginning of the sentence.

        Raises:
            ArithmeticError: probabilities do not add up to 1, as with damaged weights.
        """
        result: list[Prediction] = []
        for group in self._groups(sentences, _article_numbers(len(sentences), article), evidence, offsets):
            result += self._predictions(self._finish(group), group if evidence else None)
        return result

    def _predictions(self, scores: Scores, group: _Group | None) -> list[Prediction]:
        if not (np.abs(scores.frame.sum(axis=1) - 1.0) < 1e-6).all():
            raise ArithmeticError("probabilities do not add up to 1; the model's weights are damaged")
        chosen = np.argmax(np.log(np.maximum(scores.frame, 1e-12)) + self.frame_offset, axis=1)
        stance = scores.logits[:, PRAISE] - scores.logits[:, SKEPTICISM]
        rows = zip(
            chosen.tolist(),
            scores.frame.tolist(),
            scores.topics.tolist(),
            (scores.topics >= self.topic_threshold).tolist(),
            scores.quoted.tolist(),
            stance.tolist(),
            (stance - group.total).tolist() if group else [0.0] * len(chosen),
            group.contributions if group else [()] * len(chosen),
            strict=True,
        )
        return [
            Prediction(
                frame=FRAMES[frame],
                praise=probabilities[0],
                skepticism=probabilities[1],
                neutral=probabilities[2],
                topic_probabilities=dict(zip(self.topics, topics, strict=True)),
                topics=tuple(compress(self.topics, present)),
                voice="quoted" if quoted >= self.voice_threshold else "author",
                quoted=quoted,
                stance_log_odds=log_odds,
                structure=structure,
                evidence=tuple(contributions),
            )
            for frame, probabilities, topics, present, quoted, log_odds, structure, contributions in rows
        ]

    @cached_property
    def _stance(self) -> Projection:
        """Give what each feature adds to the log-odds of praise against skepticism."""
        return Projection(self.extractor, np.asarray(self.weights[:, [PRAISE]], np.float64) - self.weights[:, [SKEPTICISM]])

    def _words(self, tokens: Tokens, findings: Findings, texts: Sequence[str], offsets: Sequence[int], limit: int) -> _Words:
        """Split each sentence's stance over its tokens; with what belongs to no place the parts add up to the stance exactly."""
        row, start, end, value = self._stance.places(findings)
        first = np.searchsorted(tokens.starts, start, side="right") - 1
        last = np.searchsorted(tokens.starts, end - 1, side="right") - 1
        counts = last - first + 1
        at = np.repeat(first, counts) + np.arange(counts.sum()) - np.repeat(np.cumsum(counts) - counts, counts)
        per_token = row_sums(np.repeat(value / counts, counts), at, len(tokens.starts) - 1)
        chosen = _strongest(per_token, tokens, limit)
        rows = tokens.rows[chosen]
        low, high = tokens.sentence_spans(rows, tokens.starts[chosen], tokens.starts[chosen + 1])
        contributions: list[list[Contribution]] = [[] for _ in texts]
        for number, begin, stop, weight in zip(rows.tolist(), low.tolist(), high.tolist(), per_token[chosen].tolist(), strict=True):
            base = offsets[number]
            contributions[number].append(Contribution(texts[number][begin:stop], base + begin, base + stop, weight))
        return _Words(contributions, row_sums(value, row, len(tokens)))


@dataclass(frozen=True, slots=True)
class _Words:
    """Hold the strongest words of each sentence and the sum over all its words."""

    contributions: list[list[Contribution]]
    total: FloatArray


class _Batch(NamedTuple):
    """Hold what the sentences of one batch show by themselves: the sums under all heads, signals, and words."""

    logits: FloatArray
    signals: Signals
    words: _Words


@dataclass(frozen=True, eq=False)
class _Group:
    """Hold what the sentences of whole articles show by themselves, and what they show each other."""

    article: IntArray
    lines: Lines
    logits: FloatArray
    signals: Signals
    contributions: list[list[Contribution]]
    total: FloatArray


def _joined(sentences: Sequence[str], article: IntArray, batches: Sequence[_Batch]) -> _Group:
    return _Group(
        article,
        lines(sentences, article),
        np.concatenate([batch.logits for batch in batches]),
        Signals.joined([batch.signals for batch in batches]),
        [found for batch in batches for found in batch.words.contributions],
        np.concatenate([batch.words.total for batch in batches]),
    )


_LEAST_WEIGHT = 0.02
"""Log-odds below which a word is not worth showing."""


def _strongest(weights: FloatArray, tokens: Tokens, limit: int) -> IntArray:
    """Return, row by row, the ``limit`` strongest words in each direction, those towards praise first."""
    heavy = (np.abs(weights) > _LEAST_WEIGHT).nonzero()[0]
    starts = tokens.starts[heavy].tolist()
    heavy = heavy[np.fromiter((tokens.text[i].isalnum() for i in starts), np.bool_, len(starts))]
    doubt = weights[heavy] < 0
    # Of equal ones, as far as rounding lets them be, the earlier comes first towards praise, the later towards skepticism.
    group = 2 * tokens.rows[heavy] + doubt
    order = np.lexsort((np.where(doubt, -heavy, heavy), -np.abs(weights[heavy]).round(12), group))
    heavy, group = heavy[order], group[order]
    rank = np.arange(len(group)) - np.searchsorted(group, group)
    return heavy[rank < limit]


def _article_numbers(rows: int, article: Sequence[str] | IntArray | None) -> IntArray:
    if article is None:
        return Context.single(rows).article
    if isinstance(article, np.ndarray):
        return article
    return Context.of(article).article


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
