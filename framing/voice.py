"""Follow whose voice an article speaks in, from sentence to sentence.

Whether a sentence is somebody else's depends on those around it: retold speech runs on for paragraphs
without a mark, announced before it and ended behind it. The voice is therefore decided for a whole
article at once, by a linear-chain conditional random field (Lafferty, McCallum and Pereira, 2001). Its
states are the author (``AUTHOR``), quoted speech of one or two sentences (``SPEECH``), a quoted block of
three or more (``BLOCK``), and an aside of one or two sentences within such a block (``ASIDE``: a heading,
a caption). A sequence of states s scores

    Σ_t  u_t(s_t) + c(s_{t−1}, s_t) + [a block begins at t] (x_t·b + x_p(t)·b') + [it ends] (x_t·e + x_p(t)·e')

where x are the features of a sentence, p(t) is the last sentence before t that is no heading, and u is
linear in x_t for speech and block and 0 for the author. P(quoted) is the probability of the two quoted
states, from the forward-backward algorithm.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray

__all__ = ["VOICE_HEADS", "VoiceChain", "anchors", "quoted_probability", "voice_states"]

IntArray = NDArray[np.int64]
FloatArray = NDArray[np.float64]

AUTHOR, SPEECH, BLOCK, ASIDE = range(4)
STATES = 4

SPEAKS, RUNS, BEGINS, BEGINS_AFTER, ENDS, ENDS_AFTER = range(6)
VOICE_HEADS = 6
"""Linear heads of the voice: u for speech and block, b, b', e and e' (see above)."""

TRANSITIONS = (
    (AUTHOR, AUTHOR),
    (AUTHOR, SPEECH),
    (AUTHOR, BLOCK),
    (SPEECH, AUTHOR),
    (SPEECH, SPEECH),
    (BLOCK, AUTHOR),
    (BLOCK, BLOCK),
    (BLOCK, ASIDE),
    (ASIDE, BLOCK),
    (ASIDE, ASIDE),
)
"""The pairs of neighbouring states that exist; ``VoiceChain.transition`` is in this order."""

LONG_RUN = 3
"""Quoted sentences in a row that make a block."""

LONGEST_ASIDE = 2

HEADING = 18
"""Most characters of a line without a closing mark that counts as a heading."""

_LEAST = 1e-200
"""Smallest factor of a step: however strange the scores, some sequence of states remains possible."""

_CLOSING = frozenset("。！？!?…”』」：:；;")


@dataclass(frozen=True, slots=True)
class VoiceChain:
    """Hold c, one weight per pair of ``TRANSITIONS``, and the weights of the first state (author, speech, block)."""

    transition: tuple[float, ...] = (0.0,) * len(TRANSITIONS)
    start: tuple[float, ...] = (0.0,) * 3

    def to_data(self) -> dict[str, Any]:
        """Give the chain as JSON-ready data."""
        return {"transition": list(self.transition), "start": list(self.start)}

    @classmethod
    def from_data(cls, data: Mapping[str, Any]) -> VoiceChain:
        """Rebuild from ``to_data``."""
        return cls(tuple(float(v) for v in data["transition"]), tuple(float(v) for v in data["start"]))


def anchors(sentences: Sequence[str], article: IntArray) -> IntArray:
    """Return for each sentence the last one before it in its article that is no heading, −1 where there is none."""
    result = []
    last = previous = -1
    for row, (text, number) in enumerate(zip(sentences, article.tolist(), strict=True)):
        if number != previous:
            last, previous = -1, number
        result.append(last)
        if len(text) > HEADING or text[-1:] in _CLOSING:
            last = row
    return np.array(result, np.int64)


def voice_states(quoted: NDArray[np.bool_], article: IntArray) -> IntArray:
    """Return the state of each sentence given who really speaks.

    Args:
        quoted: whether each sentence is somebody else's, shape ``(n,)``.
        article: the article number of each; sentences of one article are adjacent.
    """
    states = np.where(quoted, SPEECH, AUTHOR)
    change = np.flatnonzero(np.diff(article)) + 1
    for begin, end in zip([0, *change.tolist()], [*change.tolist(), len(article)], strict=True):
        blocks = [(a, b) for a, b in _runs(quoted[begin:end]) if b - a >= LONG_RUN]
        for a, b in blocks:
            states[begin + a : begin + b] = BLOCK
        for (_, a), (b, _) in pairwise(blocks):
            if b - a <= LONGEST_ASIDE:
                gap = slice(begin + a, begin + b)
                states[gap] = np.where(quoted[gap], BLOCK, ASIDE)
    return states.astype(np.int64)


def _runs(marked: NDArray[np.bool_]) -> list[tuple[int, int]]:
    edges = np.flatnonzero(np.diff(np.concatenate(([0], marked.astype(np.int8), [0]))))
    return list(zip(edges[::2].tolist(), edges[1::2].tolist(), strict=True))


def potentials(logits: FloatArray, chain: VoiceChain, anchor: IntArray) -> FloatArray:
    """Return the score of each pair of ``TRANSITIONS`` into each sentence, shape ``(n, 10)``."""
    before = np.where((anchor >= 0)[:, None], logits[anchor], 0.0)
    result = np.tile(np.array(chain.transition), (len(logits), 1))
    for k, (left, right) in enumerate(TRANSITIONS):
        if right == SPEECH:
            result[:, k] += logits[:, SPEAKS]
        elif right == BLOCK:
            result[:, k] += logits[:, RUNS]
        if (left, right) == (AUTHOR, BLOCK):
            result[:, k] += logits[:, BEGINS] + before[:, BEGINS_AFTER]
        elif (left, right) == (BLOCK, AUTHOR):
            result[:, k] += logits[:, ENDS] + before[:, ENDS_AFTER]
    return result


def quoted_probability(logits: FloatArray, chain: VoiceChain, article: IntArray, anchor: IntArray) -> FloatArray:
    """Return P(quoted) of each sentence given all sentences of its article.

    Args:
        logits: raw scores of the heads, shape ``(n, VOICE_HEADS)``.
        chain: the weights that tie neighbours together.
        article: the article number of each sentence; sentences of one article are adjacent.
        anchor: the result of ``anchors``.

    Returns:
        Probabilities, shape ``(n,)``.
    """
    n = len(logits)
    if not n:
        return np.zeros(0)
    scores = potentials(logits, chain, anchor)
    # Which row's scores are shifted does not matter: probabilities are normalized row by row.
    factors = np.maximum(np.exp(scores - scores.max(axis=1, keepdims=True)), _LEAST).tolist()
    first = np.concatenate(([True], article[1:] != article[:-1]))
    begin = np.array(chain.start) + np.stack([np.zeros(n), logits[:, SPEAKS], logits[:, RUNS]], axis=1)
    begins = np.exp(begin - begin.max(axis=1, keepdims=True)).tolist()
    forward = _forward(factors, begins, first.tolist())
    return _combine(forward, factors, first.tolist())


def _forward(factors: list[list[float]], begins: list[list[float]], first: list[bool]) -> list[tuple[float, float, float, float]]:
    result = []
    author = speech = block = aside = 0.0
    for factor, begin, new in zip(factors, begins, first, strict=True):
        if new:
            author, speech, block = begin
            aside = 0.0
        else:
            aa, as_, ab, sa, ss, ba, bb, bi, ib, ii = factor
            author, speech, block, aside = (
                author * aa + speech * sa + block * ba,
                author * as_ + speech * ss,
                author * ab + block * bb + aside * ib,
                block * bi + aside * ii,
            )
        scale = 1.0 / (author + speech + block + aside)
        author, speech, block, aside = author * scale, speech * scale, block * scale, aside * scale
        result.append((author, speech, block, aside))
    return result


def _combine(forward: list[tuple[float, float, float, float]], factors: list[list[float]], first: list[bool]) -> FloatArray:
    result = [0.0] * len(forward)
    author = speech = block = 1.0
    aside = 0.0
    for row in range(len(forward) - 1, -1, -1):
        a, s, b, i = forward[row]
        quoted = s * speech + b * block
        total = quoted + a * author + i * aside
        result[row] = quoted / total if total > 0 else s + b
        if first[row]:
            # An aside cannot be the last of an article: there is no block for it to return to.
            author = speech = block = 1.0
            aside = 0.0
        else:
            aa, as_, ab, sa, ss, ba, bb, bi, ib, ii = factors[row]
            author, speech, block, aside = (
                aa * author + as_ * speech + ab * block,
                sa * author + ss * speech,
                ba * author + bb * block + bi * aside,
                ib * block + ii * aside,
            )
            scale = 1.0 / max(author, speech, block, aside, 1e-300)
            author, speech, block, aside = author * scale, speech * scale, block * scale, aside * scale
    return np.array(result, np.float64)
