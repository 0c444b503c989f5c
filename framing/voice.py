"""Follow whose voice an article speaks in, from sentence to sentence.

Whether a sentence is somebody else's depends on those around it: retold speech runs on for paragraphs
without a mark, announced before it and ended behind it. The voice is therefore decided for a whole
article at once, by a linear-chain conditional random field (Lafferty, McCallum and Pereira, 2001). Its
states are the author (``AUTHOR``), quoted speech of one or two sentences (``SPEECH``), a quoted block of
three or more (``BLOCK``), and an aside of one or two sentences within such a block (``ASIDE``: a heading,
a caption). A sequence of states s scores

    Σ_t  u_t(s_t) + c(s_{t−1}, s_t) + [a block begins at t] (x_t·b + x_p·b' + x_q·b'') + [it ends] (x_t·e + x_p·e')
         + a [t is an aside and stands apart]

where x are the features of a sentence, p is the last sentence before t that does not stand apart, q the
one before p, and u is linear in x_t for speech and block and 0 for the author; headings and lines in
brackets stand apart. P(quoted) is the probability of the two quoted states, from the forward-backward
algorithm.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

__all__ = ["VOICE_HEADS", "Lines", "VoiceChain", "lines", "quoted_probability", "voice_states"]

IntArray = NDArray[np.int64]
FloatArray = NDArray[np.float64]

AUTHOR, SPEECH, BLOCK, ASIDE = range(4)
STATES = 4

SPEAKS, RUNS, BEGINS, BEGINS_AFTER, BEGINS_LATER, ENDS, ENDS_AFTER = range(7)
VOICE_HEADS = 7
"""Linear heads of the voice: u for speech and block, b, b', b'', e and e' (see above)."""

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

INTO_SPEECH = [k for k, (_, right) in enumerate(TRANSITIONS) if right == SPEECH]
INTO_BLOCK = [k for k, (_, right) in enumerate(TRANSITIONS) if right == BLOCK]
INTO_ASIDE = [k for k, (_, right) in enumerate(TRANSITIONS) if right == ASIDE]
BLOCK_BEGINS, BLOCK_ENDS = TRANSITIONS.index((AUTHOR, BLOCK)), TRANSITIONS.index((BLOCK, AUTHOR))
"""Places in ``TRANSITIONS`` of the steps into speech, a block and an aside, and across the two ends of a block."""

LONG_RUN = 3
"""Quoted sentences in a row that make a block."""

LONGEST_ASIDE = 2

HEADING = 18
"""Most characters of a line without a closing mark that counts as a heading."""

_LEAST = 1e-200
"""Smallest factor of a step: however strange the scores, some sequence of states remains possible."""

_CLOSING = frozenset("。！？!?…”』」：:；;")
_BRACKETS = {"（": "）", "(": ")", "【": "】", "[": "]"}


@dataclass(frozen=True, slots=True)
class VoiceChain:
    """Hold c, one weight per pair of ``TRANSITIONS``, the weights of the first state (author, speech, block), and a (``apart``)."""

    transition: tuple[float, ...] = (0.0,) * len(TRANSITIONS)
    start: tuple[float, ...] = (0.0,) * 3
    apart: float = 0.0

    def to_data(self) -> dict[str, Any]:
        """Give the chain as JSON-ready data."""
        return {"transition": list(self.transition), "start": list(self.start), "apart": self.apart}

    @classmethod
    def from_data(cls, data: Mapping[str, Any]) -> VoiceChain:
        """Rebuild from ``to_data``."""
        return cls(tuple(float(v) for v in data["transition"]), tuple(float(v) for v in data["start"]), float(data["apart"]))


class Lines(NamedTuple):
    """Hold what the chain needs to know of sentences beside their features, as parallel arrays.

    ``anchor`` is the last sentence before each in its article that does not stand apart, −1 where there
    is none; ``apart`` tells which ones do.
    """

    anchor: IntArray
    apart: NDArray[np.bool_]

    def take(self, rows: IntArray) -> Lines:
        """Return those of some rows, which hold an article whole or not at all, with anchors counted among them."""
        place = np.full(len(self.anchor), -1)
        place[rows] = np.arange(len(rows))
        anchor = self.anchor[rows]
        return Lines(np.where(anchor >= 0, place[anchor], -1), self.apart[rows])


def lines(sentences: Sequence[str], article: IntArray) -> Lines:
    """Return what the chain needs to know of sentences; those of one article are adjacent."""
    n = len(article)
    apart = np.fromiter(map(_stands_apart, sentences), np.bool_, n)
    last = np.maximum.accumulate(np.where(apart, -1, np.arange(n)))
    before = np.full(n, -1)
    before[1:] = last[:-1]
    # Where there is none, −1 leads to the last sentence; that it may be of the same article changes nothing.
    return Lines(np.where(article[before] == article, before, -1), apart)


def _stands_apart(text: str) -> bool:
    """Tell whether a line is a heading, or all of it stands in brackets."""
    if len(text) <= HEADING and text[-1:] not in _CLOSING:
        return True
    return text[:1] in _BRACKETS and text.rstrip("。.").endswith(_BRACKETS[text[0]])


def before_anchor(anchor: IntArray) -> IntArray:
    """Return the anchor of each sentence's anchor, −1 where there is none."""
    found: IntArray = np.where(anchor >= 0, anchor[anchor], -1)
    return found


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


def potentials(logits: FloatArray, chain: VoiceChain, lines: Lines) -> FloatArray:
    """Return the score of each pair of ``TRANSITIONS`` into each sentence, shape ``(n, 10)``."""
    head, anchor = np.ascontiguousarray(logits.T), lines.anchor
    after = np.where(anchor >= 0, head[[BEGINS_AFTER, ENDS_AFTER]].take(anchor, axis=1), 0.0)
    before = before_anchor(anchor)
    later = np.where(before >= 0, head[BEGINS_LATER].take(before), 0.0)
    result = np.repeat(np.array(chain.transition)[:, None], len(logits), axis=1)
    result[INTO_SPEECH] += head[SPEAKS]
    result[INTO_BLOCK] += head[RUNS]
    result[BLOCK_BEGINS] += head[BEGINS] + after[0] + later
    result[BLOCK_ENDS] += head[ENDS] + after[1]
    result[INTO_ASIDE] += chain.apart * lines.apart
    moved: FloatArray = result.T
    return moved


def quoted_probability(logits: FloatArray, chain: VoiceChain, article: IntArray, lines: Lines) -> FloatArray:
    """Return P(quoted) of each sentence given all sentences of its article.

    Args:
        logits: raw scores of the heads, shape ``(n, VOICE_HEADS)``.
        chain: the weights that tie neighbours together.
        article: the article number of each sentence; sentences of one article are adjacent.
        lines: the result of ``lines``.

    Returns:
        Probabilities, shape ``(n,)``.
    """
    n = len(logits)
    if not n:
        return np.zeros(0)
    scores = potentials(logits, chain, lines).T
    # Which row's scores are shifted does not matter: probabilities are normalized row by row.
    scores -= scores.max(axis=0)
    factors = np.maximum(np.exp(scores, out=scores), _LEAST, out=scores)
    starts = np.concatenate(([True], article[1:] != article[:-1])).nonzero()[0]
    begin = np.zeros((3, len(starts)))
    begin[1:] = logits[starts][:, [SPEAKS, RUNS]].T
    begin += np.array(chain.start)[:, None]
    begins = np.exp(begin - begin.max(axis=0))
    lengths = np.concatenate((starts[1:], [n])) - starts
    if n < _FEW_STEPS * int(lengths.max()):
        return _one_by_one(factors, begins, starts)
    return _in_step(factors, begins, starts, lengths)


_FEW_STEPS = 12
"""Sentences per step of all articles together from which taking the step at once is faster than sentence by sentence."""


def _in_step(factors: FloatArray, begins: FloatArray, starts: IntArray, lengths: IntArray) -> FloatArray:
    """Pass over all articles at once, forward from their first sentences and backward from their last ones.

    Numbers are added in the same order as in ``_one_by_one``: what an article gets does not depend on its company.
    """
    n = factors.shape[1]
    matrices = np.zeros((STATES, STATES, n))
    for (left, right), factor in zip(TRANSITIONS, factors, strict=True):
        matrices[left, right] = factor
    # Articles by falling length, so that those that go on stand first: step t of article k is at place offset[t] + k.
    order = np.argsort(-lengths, kind="stable")
    starts, lengths = starts[order], lengths[order]
    going = np.searchsorted(-lengths, -np.arange(lengths[0]), side="left")
    offset = np.cumsum(going) - going
    step = np.repeat(np.arange(len(going)), going)
    article = np.arange(n) - offset[step]
    ahead, back = starts[article] + step, (starts + lengths - 1)[article] - step
    # Backward, the step into a sentence leads out of the one that follows it.
    moves = np.stack((matrices[:, :, ahead], matrices.swapaxes(0, 1)[:, :, np.minimum(back + 1, n - 1)]), axis=2)
    reached = np.empty((STATES, 2, n))
    now = np.ones((STATES, 2, len(starts)))
    # An aside is neither the first nor the last of an article: there is no block for it to return to.
    now[ASIDE] = 0.0
    now[:ASIDE, 0] = begins[:, order]
    for begin, count in zip(offset.tolist(), going.tolist(), strict=True):
        if begin:
            now = (now[:, None, :, :count] * moves[:, :, :, begin : begin + count]).sum(axis=0)
        now = now * (1.0 / now.sum(axis=0))
        reached[:, :, begin : begin + count] = now
    forward, backward = np.empty((STATES, n)), np.empty((STATES, n))
    forward[:, ahead], backward[:, back] = reached[:, 0], reached[:, 1]
    joint = forward * backward
    quoted = joint[SPEECH] + joint[BLOCK]
    total = quoted + joint[AUTHOR] + joint[ASIDE]
    result: FloatArray = np.where(total > 0, quoted / np.where(total > 0, total, 1.0), forward[SPEECH] + forward[BLOCK])
    return result


_PART = 4096
"""Sentences whose numbers are Python objects at a time: they take many times the memory of an array."""


def _one_by_one(factors: FloatArray, begins: FloatArray, starts: IntArray) -> FloatArray:
    """Pass over the sentences, each in turn."""
    n = factors.shape[1]
    first = np.zeros(n, np.bool_)
    first[starts] = True
    parts = [slice(begin, begin + _PART) for begin in range(0, n, _PART)]
    forward, result = np.empty((n, STATES)), np.empty(n)
    firsts = iter(begins.T.tolist())
    state = (0.0, 0.0, 0.0, 0.0)
    for part in parts:
        reached = _forward(factors[:, part].T.tolist(), firsts, first[part].tolist(), state)
        forward[part] = reached
        state = reached[-1]
    state = _LAST
    for part in reversed(parts):
        result[part], state = _combine(forward[part].tolist(), factors[:, part].T.tolist(), first[part].tolist(), state)
    return result


_State = tuple[float, float, float, float]

_LAST: _State = (1.0 / 3.0, 1.0 / 3.0, 1.0 / 3.0, 0.0)
"""What may follow the states of an article's last sentence: an aside has no block to return to."""


def _forward(factors: list[list[float]], begins: Iterator[list[float]], first: list[bool], state: _State) -> list[_State]:
    """Return the chance of each state by what stands up to each sentence, ``state`` being that of the one before."""
    result = []
    author, speech, block, aside = state
    for factor, new in zip(factors, first, strict=True):
        if new:
            author, speech, block = next(begins)
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


def _combine(forward: list[list[float]], factors: list[list[float]], first: list[bool], state: _State) -> tuple[list[float], _State]:
    """Return P(quoted) of each sentence, and the state for the sentence before; ``state`` is that for the last one."""
    result = [0.0] * len(forward)
    author, speech, block, aside = state
    for row in range(len(forward) - 1, -1, -1):
        a, s, b, i = forward[row]
        quoted = s * speech + b * block
        total = quoted + a * author + i * aside
        result[row] = quoted / total if total > 0 else s + b
        if first[row]:
            author, speech, block, aside = _LAST
        else:
            aa, as_, ab, sa, ss, ba, bb, bi, ib, ii = factors[row]
            author, speech, block, aside = (
                aa * author + as_ * speech + ab * block,
                sa * author + ss * speech,
                ba * author + bb * block + bi * aside,
                ib * block + ii * aside,
            )
            scale = 1.0 / (author + speech + block + aside)
            author, speech, block, aside = author * scale, speech * scale, block * scale, aside * scale
    return result, (author, speech, block, aside)
