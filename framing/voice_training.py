"""Fit the voice: a linear-chain conditional random field by penalized maximum likelihood."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize
from scipy.sparse import csr_matrix

from framing.voice import (
    ASIDE,
    AUTHOR,
    BEGINS,
    BEGINS_AFTER,
    BEGINS_LATER,
    BLOCK,
    BLOCK_BEGINS,
    BLOCK_ENDS,
    ENDS,
    ENDS_AFTER,
    INTO_ASIDE,
    INTO_BLOCK,
    INTO_SPEECH,
    RUNS,
    SPEAKS,
    SPEECH,
    STATES,
    TRANSITIONS,
    VOICE_HEADS,
    Lines,
    VoiceChain,
    before_anchor,
    potentials,
    voice_states,
)

__all__ = ["VoiceFit", "fit_voice"]

IntArray = NDArray[np.int64]
FloatArray = NDArray[np.float64]

_LEFT = np.array([left for left, _ in TRANSITIONS])
_RIGHT = np.array([right for _, right in TRANSITIONS])
_START = (AUTHOR, SPEECH, BLOCK)
_IMPOSSIBLE = -1e4
"""Score of what cannot be; a finite number, so that differences of such scores stay numbers."""

_RUN_FACTOR = 300.0
"""How many times more strongly the head of u(block) is penalized than the others.

The sentences of a block resemble each other, so they are not as many independent witnesses as the sum
over them counts: what a text reads like outvoted the one sentence that announces whose it is. Held-out
articles choose a head that knows little but its bias, and so leave it to the beginning and the end.
"""

_CHAIN_PENALTY = 0.1
_BIAS_PENALTY = 0.01


@dataclass(frozen=True, eq=False)
class VoiceFit:
    """Hold the fitted heads, ``weights`` (columns, VOICE_HEADS) and ``bias``, and the chain."""

    weights: FloatArray
    bias: FloatArray
    chain: VoiceChain


class _Articles:
    """Give the rows of many articles step by step: the first sentences, the second ones, and so on."""

    def __init__(self, article: IntArray) -> None:
        _, starts, counts = np.unique(article, return_index=True, return_counts=True)
        order = np.argsort(-counts, kind="stable")
        self.starts, self.counts = starts[order], counts[order]
        self.last = self.starts + self.counts - 1
        self.steps = [self.starts[self.counts > t] + t for t in range(int(counts.max()))]
        self.of_row = np.empty(len(article), np.int64)
        for k, (start, count) in enumerate(zip(self.starts, self.counts, strict=True)):
            self.of_row[start : start + count] = k


def _log_sum(values: FloatArray, axis: int) -> FloatArray:
    top = values.max(axis=axis, keepdims=True)
    result: FloatArray = (top + np.log(np.exp(values - top).sum(axis=axis, keepdims=True))).squeeze(axis)
    return result


def _matrices(scores: FloatArray) -> FloatArray:
    result = np.full((len(scores), STATES, STATES), _IMPOSSIBLE)
    result[:, _LEFT, _RIGHT] = scores
    return result


def _expectations(scores: FloatArray, start: FloatArray, articles: _Articles) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Return P(pair) per row (n, 10), and P(first state) (articles, 4) and log Z per article (forward-backward)."""
    step = _matrices(scores)
    n = len(scores)
    forward, backward = np.empty((n, STATES)), np.zeros((n, STATES))
    backward[articles.last, ASIDE] = _IMPOSSIBLE
    forward[articles.steps[0]] = start
    for rows in articles.steps[1:]:
        forward[rows] = _log_sum(forward[rows - 1][:, :, None] + step[rows], 1)
    for rows in articles.steps[:0:-1]:
        backward[rows - 1] = _log_sum(step[rows] + backward[rows][:, None, :], 2)
    total = _log_sum(forward[articles.last] + backward[articles.last], 1)
    pairs = np.zeros((n, len(TRANSITIONS)))
    later = np.ones(n, np.bool_)
    later[articles.starts] = False
    rows = np.flatnonzero(later)
    joint = forward[rows - 1][:, _LEFT] + scores[rows] + backward[rows][:, _RIGHT] - total[articles.of_row[rows]][:, None]
    pairs[rows] = np.exp(joint)
    first = np.exp(forward[articles.starts] + backward[articles.starts] - total[:, None])
    return pairs, first, total


def _pull_back(pairs: FloatArray, first: FloatArray, anchor: IntArray, articles: _Articles) -> FloatArray:
    """Sum a quantity per pair and row over what each head takes part in, shape ``(n, VOICE_HEADS)``."""
    result = np.zeros((len(pairs), VOICE_HEADS))
    begins, ends = pairs[:, BLOCK_BEGINS], pairs[:, BLOCK_ENDS]
    result[:, SPEAKS] = pairs[:, INTO_SPEECH].sum(axis=1)
    result[:, RUNS] = pairs[:, INTO_BLOCK].sum(axis=1)
    result[articles.starts, SPEAKS] = first[:, SPEECH]
    result[articles.starts, RUNS] = first[:, BLOCK]
    result[:, BEGINS], result[:, ENDS] = begins, ends
    for head, place, quantity in (
        (BEGINS_AFTER, anchor, begins),
        (BEGINS_LATER, before_anchor(anchor), begins),
        (ENDS_AFTER, anchor, ends),
    ):
        there = place >= 0
        np.add.at(result[:, head], place[there], quantity[there])
    return result


def _step_sizes(
    x: csr_matrix, activity: FloatArray, pairs: FloatArray, first: FloatArray, each: FloatArray, share: FloatArray, strength: FloatArray
) -> FloatArray:
    """Return one over the root of the loss's rough curvature along each parameter (a diagonal preconditioner).

    Curvature is the penalty plus Σ x² p (1 − p), were the probability p of what a head or a transition
    stands for the same in every sentence: its share in the labels. These are given by ``activity`` for
    the heads, ``pairs`` and ``first``; ``each`` weighs sentences and ``share`` articles.
    """

    def spread(counts: FloatArray, weight: FloatArray) -> FloatArray:
        # One more of each kind keeps what never occurs from having no curvature at all; a sentence may be
        # the anchor of several, so that a head can be more active than there are sentences.
        p = np.clip(((weight[:, None] * counts).sum(axis=0) + 1.0) / (weight.sum() + 2.0), 0.0, 0.5)
        result: FloatArray = p * (1.0 - p)
        return result

    heads = spread(activity, each)
    curvature = [
        (strength + (x.multiply(x).T @ each)[:, None] * heads).ravel(),
        _BIAS_PENALTY + each.sum() * heads,
        _CHAIN_PENALTY + each.sum() * spread(pairs, each),
        _CHAIN_PENALTY + share.sum() * spread(first[:, _START], share),
        _CHAIN_PENALTY + each.sum() * spread(pairs[:, INTO_ASIDE].sum(axis=1, keepdims=True), each),
    ]
    result: FloatArray = 1.0 / np.sqrt(np.concatenate(curvature))
    return result


def fit_voice(
    x: csr_matrix,
    quoted: NDArray[np.bool_],
    article: IntArray,
    lines: Lines,
    *,
    weight: FloatArray | None = None,
    strength: float = 1.0,
    iterations: int = 40,
) -> VoiceFit:
    """Fit heads and chain.

    Args:
        x: features of running articles, shape ``(n, columns)``.
        quoted: whether each sentence is somebody else's.
        article: the article number of each; sentences of one article are adjacent and in order.
        lines: the result of ``voice.lines``.
        weight: how much each sentence counts, 1 for all by default; an article counts by their mean.
        strength: the weight λ of the penalty λ/2 ‖w‖² on the heads; that of u(block) is penalized ``_RUN_FACTOR`` times as strongly.
        iterations: most steps of L-BFGS; stopping early regularizes as well.

    Returns:
        The fit, the same for the same data.

    L-BFGS works on parameters divided by ``_step_sizes``: columns differ so much in how often they occur
    that without this it takes three times as many steps to the same loss.
    """
    articles = _Articles(article)
    share = np.ones(len(articles.starts))
    if weight is not None:
        share = np.bincount(articles.of_row, weights=weight) / articles.counts
    each = share[articles.of_row][:, None]
    states = voice_states(quoted, article)
    columns = x.shape[1]
    transposed = x.T.tocsr()
    true_pairs = np.zeros((len(states), len(TRANSITIONS)))
    for k, (left, right) in enumerate(TRANSITIONS):
        true_pairs[1:, k] = (states[:-1] == left) & (states[1:] == right)
    true_pairs[articles.starts] = 0.0
    true_first = np.eye(STATES)[states[articles.starts]]
    cuts = np.cumsum([columns * VOICE_HEADS, VOICE_HEADS, len(TRANSITIONS), len(_START)])
    activity = _pull_back(true_pairs, true_first, lines.anchor, articles)
    strengths = np.full(VOICE_HEADS, strength)
    strengths[RUNS] *= _RUN_FACTOR
    size = _step_sizes(x, activity, true_pairs, true_first, each[:, 0], share, strengths)

    def parts(v: FloatArray) -> tuple[FloatArray, FloatArray, VoiceChain]:
        w, bias, transition, start, apart = np.split(v, cuts)
        return w.reshape(columns, VOICE_HEADS), bias, VoiceChain(tuple(transition.tolist()), tuple(start.tolist()), float(apart[0]))

    def loss(v: FloatArray) -> tuple[float, FloatArray]:
        w, bias, chain = parts(v * size)
        heads = np.asarray(x @ w) + bias
        scores = potentials(heads, chain, lines)
        transition, start = np.array(chain.transition), np.array(chain.start)
        opening = np.full((len(articles.starts), STATES), _IMPOSSIBLE)
        opening[:, _START] = start
        opening[:, SPEECH] += heads[articles.starts, SPEAKS]
        opening[:, BLOCK] += heads[articles.starts, RUNS]
        pairs, first, total = _expectations(scores, opening, articles)
        reached = (each * scores * true_pairs).sum() + (share[:, None] * opening * true_first).sum()
        pairs, first = each * (pairs - true_pairs), share[:, None] * (first - true_first)
        slope = _pull_back(pairs, first, lines.anchor, articles)
        penalty = (strengths * w**2).sum() + _BIAS_PENALTY * (bias**2).sum()
        penalty += _CHAIN_PENALTY * ((transition**2).sum() + (start**2).sum() + chain.apart**2)
        gradient = [
            (np.asarray(transposed @ slope) + strengths * w).ravel(),
            slope.sum(axis=0) + _BIAS_PENALTY * bias,
            pairs.sum(axis=0) + _CHAIN_PENALTY * transition,
            first[:, _START].sum(axis=0) + _CHAIN_PENALTY * start,
            [pairs[lines.apart][:, INTO_ASIDE].sum() + _CHAIN_PENALTY * chain.apart],
        ]
        return float(share @ total - reached + 0.5 * penalty), np.concatenate(gradient) * size

    found = minimize(loss, np.zeros(len(size)), jac=True, method="L-BFGS-B", options={"maxiter": iterations, "maxcor": 8})
    return VoiceFit(*parts(found.x * size))
