"""Compare how groups of articles frame the same matter.

A group is one article or many (an outlet, a month). Its totals are those of all its sentences; its
uncertainty counts whole articles. For sentence weights w as in ``aggregate``, article i with weight
W_i, value x_i and squared standard error e_i, the group's value is Σ W_i x_i / Σ W_i, and its
variance the larger of

    measurement  Σ W_i² e_i / (Σ W_i)²          what the model may have got wrong, and
    sampling     n/(n−1) Σ W_i² (x_i − x̄)² / (Σ W_i)²   what other articles of the group might say

(ratio estimator with articles as clusters; Cochran, Sampling Techniques, 3rd ed., section 6.3). Two
groups are compared by Welch's test; p-values are corrected for the number of comparisons by Holm's
method (Holm 1979, Scandinavian Journal of Statistics 6), separately for each quantity and apart for the
row ``all``, which is a question of its own and not one more topic.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import combinations, product

import numpy as np
from numpy.typing import NDArray
from scipy import sparse, special

from framing.aggregate import ALL, MIN_WEIGHT, IntervalModel, share_moments, tilted_frames
from framing.errors import InputError
from framing.records import ArticleScore, Estimate, Frame, Prediction
from framing.segment import Segmenter

__all__ = [
    "ALPHA",
    "QUANTITIES",
    "Comparison",
    "Difference",
    "EventPair",
    "EvidenceShift",
    "Group",
    "GroupTotal",
    "Limits",
    "PairComparison",
    "SentencePush",
    "SentenceRef",
    "WordShift",
    "compare",
    "pool",
]

FloatArray = NDArray[np.float64]

ALPHA = 0.1
"""Level of the tests: the one that the 90% intervals have."""

QUANTITIES = ("net", "praise", "skepticism", "attention")
"""What is compared per topic."""

_Z = 1.6448536269514722
_BOUNDS = {"net": (-1.0, 1.0), "praise": (0.0, 1.0), "skepticism": (0.0, 1.0), "neutral": (0.0, 1.0), "attention": (0.0, 1.0)}


@dataclass(frozen=True, slots=True)
class GroupTotal:
    """Hold one topic's totals of a group; the estimates are ``None`` where sentences are too few.

    ``errors`` maps each quantity to its standard error and degrees of freedom.
    """

    topic: str
    articles: int
    weight: float
    sufficient: bool
    attention: Estimate | None
    praise: Estimate | None
    skepticism: Estimate | None
    neutral: Estimate | None
    net: Estimate | None
    errors: Mapping[str, tuple[float, float]]

    def estimate(self, quantity: str) -> Estimate | None:
        """Return the estimate of one of ``QUANTITIES`` or ``neutral``."""
        result: Estimate | None = getattr(self, quantity)
        return result


@dataclass(frozen=True, slots=True)
class Group:
    """Hold a group, its articles and its totals, one per topic and ``all`` last."""

    name: str
    articles: tuple[ArticleScore, ...]
    totals: tuple[GroupTotal, ...]

    def total(self, topic: str) -> GroupTotal:
        """Return the totals of a topic; ``KeyError`` if there is no such topic."""
        for row in self.totals:
            if row.topic == topic:
                return row
        raise KeyError(topic)


@dataclass(frozen=True, slots=True)
class Difference:
    """Hold one difference, right minus left, with its 90% interval and test.

    ``p`` is two-sided, ``adjusted`` corrected for the number of comparisons; ``clear`` says that
    ``adjusted`` is below ``ALPHA``. Anything else is within noise.
    """

    topic: str
    quantity: str
    value: Estimate
    p: float
    adjusted: float
    clear: bool


@dataclass(frozen=True, slots=True)
class WordShift:
    """Hold a word that one side uses more: occurrences per side and the z-score of its log-odds.

    A positive ``z`` means more use on the right.
    """

    text: str
    left: int
    right: int
    z: float


@dataclass(frozen=True, slots=True)
class EvidenceShift:
    """Hold what a word adds to the mean stance log-odds of a sentence, left, right and their difference."""

    text: str
    left: float
    right: float
    difference: float


@dataclass(frozen=True, slots=True)
class SentenceRef:
    """Name a sentence: its group, its article within the group, its index, text and frame."""

    group: str
    article: int
    index: int
    source: str
    text: str
    frame: Frame


@dataclass(frozen=True, slots=True)
class SentencePush:
    """Hold a sentence and what it adds to its group's net stance over all sentences (share points)."""

    sentence: SentenceRef
    push: float


@dataclass(frozen=True, slots=True)
class EventPair:
    """Hold two sentences that tell of the same but are framed differently; cosine 0 to 1."""

    left: SentenceRef
    right: SentenceRef
    similarity: float


@dataclass(frozen=True, slots=True)
class PairComparison:
    """Hold everything that sets two groups apart.

    ``stance`` is the mean stance log-odds per sentence on the left and right; the ``difference`` of
    all ``evidence`` and ``rest`` add up to its difference exactly.
    """

    left: str
    right: str
    differences: tuple[Difference, ...]
    words: tuple[WordShift, ...]
    evidence: tuple[EvidenceShift, ...]
    stance: tuple[float, float]
    rest: float
    pushes: tuple[SentencePush, ...]
    events: tuple[EventPair, ...]


@dataclass(frozen=True, slots=True)
class Comparison:
    """Hold the groups and the comparison of each two of them."""

    groups: tuple[Group, ...]
    pairs: tuple[PairComparison, ...]


@dataclass(frozen=True, slots=True)
class Limits:
    """Set how much is listed per pair, and from which cosine on two sentences tell of the same."""

    words: int = 12
    sentences: int = 3
    events: int = 8
    similarity: float = 0.3


def pool(name: str, articles: Sequence[ArticleScore], intervals: IntervalModel) -> Group:
    """Add up a group of articles.

    Args:
        name: what the group is called.
        articles: their scores, at least one; all by models with the same topics.
        intervals: the interval model of the model that scored them.

    Returns:
        The group; the totals of a single article are those of the article itself.

    Raises:
        InputError: there is no article, or their topics differ.
    """
    if not articles:
        raise InputError(f"group {name} holds no articles")
    topics = [row.topic for row in articles[0].topics]
    if any([row.topic for row in a.topics] != topics for a in articles):
        raise InputError(f"group {name}: the articles were scored by models with different topics; score them again with one model")
    counted = [rows for a in articles if (rows := _counted(a))]
    frames = [tilted_frames(rows, intervals.tilt) for rows in counted]
    return Group(name, tuple(articles), tuple(_total(topic, counted, frames, intervals) for topic in topics))


def _counted(score: ArticleScore) -> list[Prediction]:
    return [s.prediction for s in score.sentences if s.prediction is not None and s.sentence.kind in ("body", "heading")]


def _weights(rows: Sequence[Prediction], topic: str) -> FloatArray:
    return np.ones(len(rows)) if topic == ALL else np.array([p.topic_probabilities[topic] for p in rows])


def _total(topic: str, articles: Sequence[Sequence[Prediction]], frames: Sequence[FloatArray], intervals: IntervalModel) -> GroupTotal:
    weights = [_weights(rows, topic) for rows in articles]
    size = np.array([float(len(rows)) for rows in articles])
    weight = np.array([float(w.sum()) for w in weights])
    found: dict[str, tuple[Estimate, tuple[float, float]]] = {}
    if size.sum():
        means = np.array([float(w.mean()) for w in weights])
        spreads = np.array([float((w * (1 - w)).sum()) / len(w) ** 2 for w in weights])
        found["attention"] = _estimate("attention", means, spreads, size, intervals, "attention")
    total = float(weight.sum())
    sufficient = total >= (MIN_WEIGHT if topic != ALL else 1.0)
    if sufficient:
        inside = [k for k in range(len(articles)) if weight[k] > 0]
        moments = [share_moments(frames[k], weights[k]) for k in inside]
        for quantity in ("praise", "skepticism", "neutral", "net"):
            values = np.array([m[quantity][0] for m in moments])
            variances = np.array([m[quantity][1] for m in moments])
            key = quantity if topic == ALL else f"topic {quantity}"
            found[quantity] = _estimate(quantity, values, variances, weight[inside], intervals, key)
    estimates = {q: found[q][0] if q in found else None for q in ("attention", "praise", "skepticism", "neutral", "net")}
    return GroupTotal(topic, len(articles), total, sufficient, **estimates, errors={q: error for q, (_, error) in found.items()})


def _estimate(
    quantity: str, values: FloatArray, variances: FloatArray, weight: FloatArray, intervals: IntervalModel, key: str
) -> tuple[Estimate, tuple[float, float]]:
    """Return a group's estimate, and its standard error with degrees of freedom; ``key`` is the interval model's."""
    share = weight / weight.sum()
    value = float(share @ values)
    # z of the interval model is above the normal quantile where errors have heavy tails.
    stretch = (intervals.z[key] / _Z) ** 2
    measurement = stretch * float(share**2 @ (variances + intervals.tau[key] ** 2))
    count = len(values)
    sampling = count / (count - 1) * float(share**2 @ (values - value) ** 2) if count > 1 else 0.0
    freedom = float(count - 1) if sampling > measurement else np.inf
    error = float(np.sqrt(max(measurement, sampling)))
    half = _quantile(freedom) * error
    low, high = _BOUNDS[quantity]
    return Estimate(value, max(low, value - half), min(high, value + half)), (error, freedom)


def _quantile(freedom: float) -> float:
    return _Z if np.isinf(freedom) else float(special.stdtrit(freedom, 1 - ALPHA / 2))


def compare(
    groups: Mapping[str, Sequence[ArticleScore]], segmenter: Segmenter, intervals: IntervalModel, limits: Limits = Limits()
) -> Comparison:
    """Compare each two of at least two groups.

    Args:
        groups: the articles of each group, by its name, in the order to show them.
        segmenter: what cuts sentences into words; script-blind, so that groups may differ in script.
        intervals: the interval model of the model that scored the articles.
        limits: how much to list.

    Raises:
        InputError: there are fewer than two groups, or a group cannot be added up.
    """
    if len(groups) < 2:
        raise InputError("a comparison needs at least two articles or groups")
    pooled = [pool(name, articles, intervals) for name, articles in groups.items()]
    if len({tuple(t.topic for t in g.totals) for g in pooled}) > 1:
        raise InputError("the groups were scored by models with different topics; score them again with one model")
    read = [_read(group, segmenter) for group in pooled]
    tested = _corrected([_differences(a, b) for a, b in combinations(pooled, 2)])
    pairs = [_pair(a, b, differences, limits) for (a, b), differences in zip(combinations(read, 2), tested, strict=True)]
    return Comparison(tuple(pooled), tuple(pairs))


def _differences(left: Group, right: Group) -> list[Difference]:
    result = []
    for a, b in zip(left.totals, right.totals, strict=True):
        for quantity in QUANTITIES:
            x, y = a.estimate(quantity), b.estimate(quantity)
            # Every sentence belongs to `all`: its attention is 1 and cannot differ.
            if x is None or y is None or (a.topic == ALL and quantity == "attention"):
                continue
            p, value = _welch(x.value, a.errors[quantity], y.value, b.errors[quantity])
            result.append(Difference(a.topic, quantity, value, p, p, p < ALPHA))
    return result


def _welch(x: float, left: tuple[float, float], y: float, right: tuple[float, float]) -> tuple[float, Estimate]:
    """Test y − x by Welch's t with Satterthwaite's degrees of freedom (Welch 1947, Biometrika 34)."""
    variances = np.array([left[0] ** 2, right[0] ** 2])
    error = float(np.sqrt(variances.sum()))
    spread = float(sum(v**2 / f for v, f in zip(variances, (left[1], right[1]), strict=True)))
    freedom = float(variances.sum() ** 2 / spread) if spread > 0 else np.inf
    difference = y - x
    half = _quantile(freedom) * error
    statistic = -abs(difference) / error if error > 0 else (0.0 if difference == 0 else -np.inf)
    tail = special.ndtr(statistic) if np.isinf(freedom) else special.stdtr(freedom, statistic)
    return float(2 * tail), Estimate(difference, difference - half, difference + half)


def _corrected(pairs: Sequence[Sequence[Difference]]) -> list[tuple[Difference, ...]]:
    """Correct all tests of one quantity over the topics, and those over ``all``, by Holm's step-down method."""
    adjusted: dict[tuple[int, int], float] = {}
    numbered = [(d, i, j) for i, pair in enumerate(pairs) for j, d in enumerate(pair)]
    for quantity, whole in product(QUANTITIES, (True, False)):
        tests = sorted((d.p, i, j) for d, i, j in numbered if d.quantity == quantity and (d.topic == ALL) == whole)
        highest = 0.0
        for rank, (p, i, j) in enumerate(tests):
            highest = max(highest, min(1.0, p * (len(tests) - rank)))
            adjusted[i, j] = highest
    return [
        tuple(replace(d, adjusted=adjusted[i, j], clear=adjusted[i, j] < ALPHA) for j, d in enumerate(pair)) for i, pair in enumerate(pairs)
    ]


@dataclass(frozen=True)
class _Read:
    """Hold a group's counted sentences: references, predictions and words (content words only)."""

    group: Group
    refs: list[SentenceRef]
    predictions: list[Prediction]
    words: list[list[str]]
    evidence: dict[str, float]

    @property
    def stance(self) -> float:
        """Return the mean stance log-odds of a sentence."""
        return sum(p.stance_log_odds for p in self.predictions) / max(1, len(self.predictions))


def _read(group: Group, segmenter: Segmenter) -> _Read:
    refs: list[SentenceRef] = []
    predictions: list[Prediction] = []
    for number, score in enumerate(group.articles):
        for index, item in enumerate(score.sentences):
            p = item.prediction
            if p is None or item.sentence.kind not in ("body", "heading"):
                continue
            refs.append(SentenceRef(group.name, number, index, score.source, item.sentence.text, p.frame))
            predictions.append(p)
    words = _words([r.text for r in refs], segmenter)
    terms = [c for p in predictions for c in p.evidence]
    sums: dict[str, float] = {}
    for canonical, term in zip(_canonical([c.text for c in terms], segmenter), terms, strict=True):
        sums[canonical] = sums.get(canonical, 0.0) + term.weight / len(predictions)
    return _Read(group, refs, predictions, words, sums)


def _words(texts: Sequence[str], segmenter: Segmenter) -> list[list[str]]:
    tokens = segmenter.segment(texts)
    result: list[list[str]] = [[] for _ in texts]
    for row, token in zip(tokens.rows.tolist(), tokens.tokens, strict=True):
        if token.strip() and token[0].isalnum():
            result[row].append(token)
    return result


def _canonical(texts: Sequence[str], segmenter: Segmenter) -> list[str]:
    """Write words in the segmenter's canonical characters, so that 领先 and 領先 count as one."""
    return segmenter.segment(texts).text.split("\n") if texts else []


def _pair(left: _Read, right: _Read, differences: tuple[Difference, ...], limits: Limits) -> PairComparison:
    evidence = _evidence(left, right, limits.words)
    stance = (left.stance, right.stance)
    towards = 1.0 if _net(right).sum() * len(left.refs) >= _net(left).sum() * len(right.refs) else -1.0
    return PairComparison(
        left=left.group.name,
        right=right.group.name,
        differences=differences,
        words=_vocabulary(left.words, right.words, limits.words),
        evidence=evidence,
        stance=stance,
        rest=stance[1] - stance[0] - sum(e.difference for e in evidence),
        pushes=(*_pushes(left, -towards, limits.sentences), *_pushes(right, towards, limits.sentences)),
        events=_events(left, right, limits),
    )


def _net(read: _Read) -> FloatArray:
    return np.array([p.praise - p.skepticism for p in read.predictions])


def _evidence(left: _Read, right: _Read, limit: int) -> tuple[EvidenceShift, ...]:
    """List the words whose contributions make the mean stance of the two sides differ most."""
    words = sorted(set(left.evidence) | set(right.evidence))
    shifts = [
        EvidenceShift(w, left.evidence.get(w, 0.0), right.evidence.get(w, 0.0), right.evidence.get(w, 0.0) - left.evidence.get(w, 0.0))
        for w in words
    ]
    return tuple(sorted(shifts, key=lambda s: -abs(s.difference))[:limit])


def _vocabulary(left: Sequence[Sequence[str]], right: Sequence[Sequence[str]], limit: int) -> tuple[WordShift, ...]:
    """Compare vocabularies by log-odds with an informative Dirichlet prior.

    The prior of each word is its count on both sides together, scaled to a tenth of the smaller side
    (Monroe, Colaresi and Quinn 2008, "Fightin' Words", Political Analysis 16, equations 16, 19, 22).
    """
    a = Counter(word for row in left for word in row if len(word) > 1)
    b = Counter(word for row in right for word in row if len(word) > 1)
    total_a, total_b = sum(a.values()), sum(b.values())
    if not total_a or not total_b:
        return ()
    words = sorted(set(a) | set(b))
    x, y = np.array([a[w] for w in words], float), np.array([b[w] for w in words], float)
    mass = 0.1 * min(total_a, total_b)
    prior = (x + y) / (total_a + total_b) * mass
    odds_x = np.log((x + prior) / (total_a + mass - x - prior))
    odds_y = np.log((y + prior) / (total_b + mass - y - prior))
    z = (odds_y - odds_x) / np.sqrt(1 / (x + prior) + 1 / (y + prior))
    order = np.argsort(-np.abs(z), kind="stable")
    chosen = [*[i for i in order if z[i] < 0][: limit // 2], *[i for i in order if z[i] > 0][: limit // 2]]
    return tuple(WordShift(words[i], int(x[i]), int(y[i]), float(z[i])) for i in chosen if x[i] + y[i] > 1)


def _pushes(read: _Read, towards: float, limit: int) -> list[SentencePush]:
    push = _net(read) / max(1, len(read.refs))
    order = np.argsort(-push * towards, kind="stable")[:limit]
    return [SentencePush(read.refs[i], float(push[i])) for i in order.tolist() if push[i] * towards > 0]


_ROWS = 512


def _events(left: _Read, right: _Read, limits: Limits) -> tuple[EventPair, ...]:
    """Find sentences that tell of the same with different frames: mutual nearest neighbours by TF-IDF cosine."""
    a, b = _tfidf(left.words, right.words)
    if not a.shape[0] or not b.shape[0]:
        return ()
    best_a, score_a = _nearest(a, b)
    best_b, _ = _nearest(b, a)
    pairs = [
        EventPair(left.refs[i], right.refs[j], float(score_a[i]))
        for i, j in enumerate(best_a.tolist())
        if best_b[j] == i and score_a[i] >= limits.similarity and left.refs[i].frame != right.refs[j].frame
    ]
    return tuple(sorted(pairs, key=lambda p: -p.similarity)[: limits.events])


def _tfidf(left: Sequence[Sequence[str]], right: Sequence[Sequence[str]]) -> tuple[sparse.csr_array, sparse.csr_array]:
    """Weigh words by (1 + log tf) log(n / df) over both sides; rows have length 1."""
    rows = [*left, *right]
    frequency = Counter(word for row in rows for word in set(row))
    column = {word: k for k, word in enumerate(sorted(frequency))}
    idf = np.log(max(1, len(rows)) / np.array([frequency[w] for w in sorted(frequency)], float)) if column else np.zeros(0)
    data: list[float] = []
    indices: list[int] = []
    starts = [0]
    for row in rows:
        counts = Counter(row)
        values = np.array([(1 + np.log(n)) * idf[column[w]] for w, n in counts.items()])
        length = float(np.sqrt((values**2).sum()))
        data.extend((values / length if length > 0 else values).tolist())
        indices.extend(column[w] for w in counts)
        starts.append(len(indices))
    matrix = sparse.csr_array((data, indices, starts), shape=(len(rows), len(column)))
    return matrix[: len(left)], matrix[len(left) :]


def _nearest(a: sparse.csr_array, b: sparse.csr_array) -> tuple[NDArray[np.int64], FloatArray]:
    """Return the nearest row of ``b`` to each row of ``a`` and its cosine, in slices of bounded memory."""
    best = np.zeros(a.shape[0], np.int64)
    score = np.zeros(a.shape[0])
    for begin in range(0, a.shape[0], _ROWS):
        block = (a[begin : begin + _ROWS] @ b.T).toarray()
        best[begin : begin + _ROWS] = block.argmax(axis=1)
        score[begin : begin + _ROWS] = block.max(axis=1)
    return best, score
