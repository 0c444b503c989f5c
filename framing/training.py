"""Train, calibrate and measure a model from labelled examples.

The order is: choose the columns, fit one linear head per decision (multinomial logistic regression
for the frame, logistic regression for each topic, a conditional random field for the voice), predict
every training article by models that have not seen it (grouped folds), and use those predictions to
calibrate probabilities, to learn how far an article's stance weighs in its sentences, to choose
thresholds, and to learn how far article totals stray. Nothing here looks at a gold file.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, field, replace
from importlib.metadata import version
from typing import Any

import numpy as np
from joblib import Parallel, delayed
from numpy.typing import NDArray
from scipy.sparse import csr_matrix, diags, hstack
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import f1_score
from sklearn.model_selection import GroupKFold
from threadpoolctl import threadpool_limits

from framing.aggregate import fit_intervals, fit_tilt
from framing.calibration import (
    Calibration,
    best_frame_offset,
    best_threshold,
    fit_binary_scale,
    fit_frame_scale,
    likeliest_threshold,
    stance_varies,
)
from framing.errors import TrainingError
from framing.features import Context, Extractor, FeatureConfig, FeatureSpace, fit_features
from framing.lexicon import Lexicon, Matcher
from framing.matrix import feature_matrix
from framing.model import FramingModel
from framing.neighbours import fit_neighbours
from framing.probability import sigmoid, softmax
from framing.records import FRAMES, TOPICS, Example
from framing.segment import Segmenter, Tokens
from framing.voice import Lines, VoiceChain, lines, quoted_probability
from framing.voice_training import fit_voice

__all__ = ["SOLVER", "THREADS", "TrainConfig", "TrainReport", "train", "update", "with_test_figures"]

IntArray = NDArray[np.int64]
FloatArray = NDArray[np.float64]
Progress = Callable[[str, float], None]

THREADS = 1
"""BLAS threads only wait for each other on rows this sparse: with two of them a fit took up to six times as long.

The order in which they add up would also make the result depend on the machine.
"""

SOLVER = "newton-cg"
"""Newton's method with conjugate gradients comes to the minimum in half the time of L-BFGS, and closer."""


@dataclass(frozen=True, slots=True)
class TrainConfig:
    """Set the hyperparameters of training.

    ``frame_c`` and ``topic_c`` are inverse regularization strengths, ``voice_strength`` is the strength
    for the voice; ``folds`` is the number of grouped folds; ``jobs`` the processes used for them (the result does not depend on it).
    ``contrast_weight`` scales the examples of contrast sets.
    """

    features: FeatureConfig = field(default_factory=FeatureConfig)
    frame_c: float = 0.5
    topic_c: float = 1.0
    voice_strength: float = 1.0
    folds: int = 5
    jobs: int = 2
    contrast_weight: float = 1.0


@dataclass(frozen=True, slots=True)
class TrainReport:
    """Hold the cross-validated figures of a training run; all from models that had not seen the rows."""

    examples: int
    articles: int
    columns: int
    frame_f1: float
    frame_f1_per_class: dict[str, float]
    topic_f1: dict[str, float]
    voice_f1: float
    coverage_90: float
    net_mae: float


@dataclass(frozen=True)
class _Data:
    tokens: Tokens
    context: Context
    frame: IntArray
    votes: FloatArray
    topics: NDArray[np.bool_]
    read: NDArray[np.bool_]
    quoted: NDArray[np.bool_]
    weight: FloatArray
    article: IntArray
    register: IntArray
    alone: NDArray[np.bool_]
    lines: Lines

    @property
    def taught(self) -> IntArray:
        """Give the topics that somebody looked for in some sentences, while in others they were guessed."""
        return np.flatnonzero(self.read.any(axis=0) & ~self.read.all(axis=0))

    def known(self, topic: int) -> NDArray[np.bool_]:
        """Mark the rows in which somebody looked for a topic, or all where nobody did."""
        return self.read[:, topic] if topic in self.taught else np.ones(len(self.read), np.bool_)


@dataclass(frozen=True)
class _Heads:
    """Hold the raw linear heads of one fit: weights (columns, heads) and bias."""

    weights: FloatArray
    bias: FloatArray


@dataclass(frozen=True)
class _Whole:
    """Hold the heads fitted to all rows: those of frame and topics, and those of the voice with its chain."""

    space: FeatureSpace
    stance: _Heads
    voice: _Heads
    chain: VoiceChain


def train(
    examples: Sequence[Example],
    lexicon: Lexicon,
    config: TrainConfig = TrainConfig(),
    *,
    topics: Sequence[str] = TOPICS,
    name: str = "default",
    progress: Progress | None = None,
) -> tuple[FramingModel, TrainReport]:
    """Train a model.

    Args:
        examples: labelled sentences; rows of one article adjacent and in order. Those whose split is
            ``test`` are left out.
        lexicon: the cue lists, which become part of the model.
        config: hyperparameters.
        topics: the topics to learn, in the order of the model's columns.
        name: the model's name.
        progress: called with the stage and the share done (0 to 1).

    Returns:
        The model and its cross-validated figures.

    Raises:
        TrainingError: a class or topic has too few examples, or there are too few articles.
    """
    tell = progress or (lambda _stage, _share: None)
    examples = [e for e in examples if e.split != "test"]
    _check(examples, topics, config)
    tell("preparing", 0.0)
    data = _prepare(examples, Segmenter(lexicon.regional), topics, config)
    folds = _folds(examples, config.folds)
    tell("cross-validating", 0.05)
    article_folds = _article_folds(data, ARTICLE_FOLDS)
    # The fit to all rows takes longest and comes first: at the end one process of two would wait for it.
    tasks = [
        delayed(_fit_whole)(data, lexicon, config),
        *(delayed(_fold)(data, lexicon, config, a, b) for a, b in folds),
        *(delayed(_article_fold)(data, lexicon, config, a, b) for a, b in article_folds),
    ]
    results = Parallel(n_jobs=config.jobs, return_as="generator")(tasks)
    whole = next(results)
    out, quoted = np.zeros((len(examples), 3 + len(topics))), np.zeros(len(examples))
    for done, (_, test) in enumerate([*folds, *article_folds], 1):
        tell("cross-validating", 0.05 + 0.85 * done / len(tasks))
        if done <= len(folds):
            out[test] = next(results)
        else:
            quoted[test], out[np.ix_(test, 3 + data.taught)] = next(results)
    tell("calibrating", 0.9)
    model, report = _assemble(whole, out, quoted, data, lexicon, topics, name)
    model = replace(model, card={**_card(examples, lexicon, config, report), **model.card})
    tell("done", 1.0)
    return model, report


def update(
    examples: Sequence[Example],
    lexicon: Lexicon,
    base: FramingModel,
    config: TrainConfig = TrainConfig(),
    *,
    topics: Sequence[str] = TOPICS,
    name: str = "default",
    progress: Progress | None = None,
) -> tuple[FramingModel, TrainReport]:
    """Train a model on the labels of a base and a few more, without cross-validation.

    The heads are those that ``train`` would fit to the same rows. Calibration, thresholds, the effect
    of neighbours and the intervals are the base's: they are learned from predictions of articles that
    a model has not seen, and a few more labels hardly move them.

    Args:
        examples: labelled sentences, as for ``train``: those of the base and the new ones.
        lexicon: the cue lists, those of the base.
        base: a model from ``train`` or ``update``.
        config: hyperparameters, those of the base.
        topics: the topics to learn, those of the base.
        name: the model's name.
        progress: called with the stage and the share done (0 to 1).

    Returns:
        The model, and the base's cross-validated figures with the new numbers of examples, articles and columns.

    Raises:
        TrainingError: the base was made in another way or of other labels, or the labels cannot train a model.
    """
    tell = progress or (lambda _stage, _share: None)
    examples = [e for e in examples if e.split != "test"]
    calibration, figures = _calibrated(base)
    _check_base(base, lexicon, config, topics)
    tell("preparing", 0.0)
    data = _prepare(examples, Segmenter(lexicon.regional), topics, config)
    _check_labels(data.tokens, base)
    _check(examples, topics, config)
    tell("fitting", 0.1)
    whole = _fit_whole(data, lexicon, config, threads=config.jobs)
    report = replace(
        figures,
        examples=len(examples),
        articles=len(np.unique(data.article)),
        columns=whole.space.columns,
    )
    kept = {key: base.card[key] for key in ("calibration", "cross_validation")}
    model = replace(
        base,
        space=whole.space,
        weights=_weights(whole, calibration),
        bias=_bias(whole, calibration),
        chain=whole.chain,
        name=name,
        hash="",
        card={**_card(examples, lexicon, config, report), **kept, "base": {"name": base.name, "hash": base.hash}},
    )
    tell("done", 1.0)
    return model, report


_AGAIN = "train in full instead of updating"


def _calibrated(base: FramingModel) -> tuple[Calibration, TrainReport]:
    """Return how a base was calibrated, and its cross-validated figures."""
    card = base.card
    try:
        calibration, figures = Calibration.from_data(card["calibration"]), TrainReport(**card["cross_validation"])
        known = np.isfinite([calibration.scale, calibration.offset]).all() and calibration.scale.shape == (3 + len(base.topics),)
    except (KeyError, TypeError, ValueError):
        known = False
    if not known or not {"options", "lexicon"} <= card.keys():
        raise TrainingError(f"the base {base.name} does not tell how it was calibrated; {_AGAIN}")
    return calibration, figures


def _check_base(base: FramingModel, lexicon: Lexicon, config: TrainConfig, topics: Sequence[str]) -> None:
    """Refuse a base whose calibration says nothing of heads trained in this way."""
    if base.topics != tuple(topics):
        raise TrainingError(f"the base {base.name} has the topics {', '.join(base.topics)}, not {', '.join(topics)}; {_AGAIN}")
    # Through JSON, as the card has gone.
    options = json.loads(json.dumps(_options(config)))
    other = [name for name in sorted({*options, *base.card["options"]}) if options.get(name) != base.card["options"].get(name)]
    if other:
        raise TrainingError(f"the base {base.name} was trained with other options ({', '.join(other)}); {_AGAIN}")
    if base.card["lexicon"]["sha256"] != _lexicon_hash(lexicon):
        raise TrainingError(f"the base {base.name} was trained with other cue words; {_AGAIN}")


_LEAST_SHARED = 0.95
"""Share of the base's words that must occur in the labels of an update: some labels may have been corrected or dropped."""


def _check_labels(tokens: Tokens, base: FramingModel) -> None:
    """Refuse labels without those of the base, which the model would forget; they show in the words it has met."""
    words = base.space.words
    known = np.bincount(base.space.vocabulary.find(tokens) + 1, minlength=len(words) + 1)[1:] > 0
    if words and known.mean() < _LEAST_SHARED:
        raise TrainingError(
            f"the labels hold {known.mean():.0%} of the words that the base {base.name} was trained on; an update needs the base's labels too"
        )


def _folds(examples: Sequence[Example], count: int) -> list[tuple[IntArray, IntArray]]:
    """Cut the rows into folds by register, or by article where there are fewer registers than folds.

    Articles that the model will meet are of a kind that it was not trained on, so calibration,
    thresholds and intervals are learned from registers held out whole. Contrast sets go by set.
    """
    registers = {e.register for e in examples if e.source == "article"}
    by_register = len(registers) >= count
    groups = [e.register if by_register and e.source == "article" else e.article for e in examples]
    return [(np.sort(a), np.sort(b)) for a, b in GroupKFold(count).split(np.zeros(len(examples)), groups=groups)]


ARTICLE_FOLDS = 3
"""Folds by article: of the voice, since retelling without marks is the manner of one register, and of topics that were
looked for in some articles only, which are often of one register too."""


def _article_folds(data: _Data, count: int) -> list[tuple[IntArray, IntArray]]:
    """Cut the rows of running articles into folds of whole articles."""
    rows = _running(data)
    return [(rows[np.sort(a)], rows[np.sort(b)]) for a, b in GroupKFold(count).split(rows, groups=data.article[rows])]


def _check(examples: Sequence[Example], topics: Sequence[str], config: TrainConfig) -> None:
    articles = {e.article for e in examples}
    if len(articles) < 2 * config.folds:
        raise TrainingError(f"{len(articles)} articles are too few for {config.folds} folds; give at least {2 * config.folds}")
    for frame in FRAMES:
        count = sum(e.frame == frame for e in examples)
        if count < 10:
            raise TrainingError(f"only {count} examples are labelled {frame}; at least 10 are needed")
    for topic in topics:
        count = sum(topic in e.topics for e in examples)
        if count < 5:
            raise TrainingError(f"only {count} examples carry the topic {topic}; at least 5 are needed")


def _prepare(examples: Sequence[Example], segmenter: Segmenter, topics: Sequence[str], config: TrainConfig) -> _Data:
    tokens = segmenter.segment([e.text for e in examples])
    context = Context.of(e.article if e.source == "article" else e.id for e in examples)
    groups: dict[str, int] = {}
    registers: dict[str, int] = {}
    article = np.array([groups.setdefault(e.article, len(groups)) for e in examples], np.int64)
    quoted = np.array([e.voice == "quoted" for e in examples], np.bool_)
    weight = np.array([e.weight * (config.contrast_weight if e.source == "contrast" else 1.0) for e in examples])
    return _Data(
        tokens,
        context,
        np.array([FRAMES.index(e.frame) for e in examples], np.int64),
        np.array([_votes(e) for e in examples]),
        np.array([[t in e.topics for t in topics] for e in examples], np.bool_).reshape(len(examples), len(topics)),
        np.array([[t not in e.guessed for t in topics] for e in examples], np.bool_).reshape(len(examples), len(topics)),
        quoted,
        weight,
        article,
        np.array([registers.setdefault(e.register, len(registers)) for e in examples], np.int64),
        np.array([e.source == "contrast" for e in examples], np.bool_),
        lines([e.text for e in examples], context.article),
    )


def _votes(example: Example) -> list[float]:
    """Return the share of each frame among the readings; the label itself where no readings are kept."""
    given = example.frame_votes or (example.frame,)
    return [given.count(f) / len(given) for f in FRAMES]


def _subset(data: _Data, rows: IntArray) -> _Data:
    """Return some rows in their order; an article is in it whole or not at all."""
    return _Data(
        data.tokens.take(rows),
        Context(data.context.article[rows]),
        data.frame[rows],
        data.votes[rows],
        data.topics[rows],
        data.read[rows],
        data.quoted[rows],
        data.weight[rows],
        data.article[rows],
        data.register[rows],
        data.alone[rows],
        data.lines.take(rows),
    )


def _fold(data: _Data, lexicon: Lexicon, config: TrainConfig, train_rows: IntArray, test_rows: IntArray) -> FloatArray:
    """Return the raw logits of frame and topics of rows, from a fit to the other ones."""
    matcher, part, held = Matcher(lexicon), _subset(data, train_rows), _subset(data, test_rows)
    space, x = _matrix(part, matcher, config)
    with threadpool_limits(THREADS):
        heads = _fit_stance(part, space, x, config)
    return _logits(heads, feature_matrix(Extractor(space, matcher), held.tokens, held.context))


def _article_fold(
    data: _Data, lexicon: Lexicon, config: TrainConfig, train_rows: IntArray, test_rows: IntArray
) -> tuple[FloatArray, FloatArray]:
    """Return P(quoted) and the raw logits of taught topics of rows, from a fit to the other ones."""
    matcher, part, held = Matcher(lexicon), _subset(data, train_rows), _subset(data, test_rows)
    space, x = _matrix(part, matcher, config)
    with threadpool_limits(THREADS):
        voice, chain = _fit_voice(part, x, config)
        topics = _joined([_fit_topic(part, k, x, config) for k in data.taught], space.columns)
    shown = feature_matrix(Extractor(space, matcher), held.tokens, held.context)
    return quoted_probability(_logits(voice, shown), chain, held.context.article, held.lines), _logits(topics, shown)


def _logits(heads: _Heads, x: csr_matrix) -> FloatArray:
    return np.asarray(x @ heads.weights + heads.bias)


def _joined(heads: Sequence[tuple[FloatArray, float]], columns: int) -> _Heads:
    weights = np.zeros((columns, len(heads)))
    for number, (weight, _) in enumerate(heads):
        weights[:, number] = weight
    return _Heads(weights, np.array([bias for _, bias in heads]))


def _fit_whole(data: _Data, lexicon: Lexicon, config: TrainConfig, *, threads: int = 1) -> _Whole:
    """Fit the heads to all rows, as many at a time as there are threads, which changes nothing but memory and time."""
    space, x = _matrix(data, Matcher(lexicon), config)
    # What takes longest comes first: at the end one of two threads would wait for it.
    tasks = [
        delayed(_fit_frame)(data, space, x, config),
        delayed(_fit_voice)(data, x, config),
        *(delayed(_fit_topic)(data, k, x, config) for k in range(data.topics.shape[1])),
    ]
    with threadpool_limits(THREADS):
        frame, (voice, chain), *topics = Parallel(n_jobs=threads, prefer="threads")(tasks)
    return _Whole(space, _joined([*frame, *topics], space.columns), voice, chain)


def _matrix(data: _Data, matcher: Matcher, config: TrainConfig) -> tuple[FeatureSpace, csr_matrix]:
    space = fit_features(data.tokens, data.context, matcher, config.features)
    return space, feature_matrix(Extractor(space, matcher), data.tokens, data.context)


def _fit_stance(data: _Data, space: FeatureSpace, x: csr_matrix, config: TrainConfig) -> _Heads:
    topics = (_fit_topic(data, k, x, config) for k in range(data.topics.shape[1]))
    return _joined([*_fit_frame(data, space, x, config), *topics], space.columns)


def _fit_frame(data: _Data, space: FeatureSpace, x: csr_matrix, config: TrainConfig) -> list[tuple[FloatArray, float]]:
    # Readers differ on sentences that have no certain frame: each reading counts by its share.
    row, label = np.nonzero(data.votes)
    weight = data.votes[row, label] * data.weight[row]
    frame = LogisticRegression(C=config.frame_c, solver=SOLVER).fit(
        (x @ diags(space.frame_scale)).tocsr()[row], label, sample_weight=weight
    )
    return [*zip(frame.coef_ * space.frame_scale, frame.intercept_.tolist(), strict=True)]


def _fit_topic(data: _Data, topic: int, x: csr_matrix, config: TrainConfig) -> tuple[FloatArray, float]:
    """Fit the head of a topic; one that is guessed in a part of the rows is learned from the others, beginning with the guess.

    A head is fitted to the guessed rows, and its logits are one more feature of the rows that were
    read (stacking; Wolpert 1992). Both heads are linear, so their sum is one. Fitted to all rows at
    once, a few hundred labels are outvoted by twenty thousand guesses.
    """
    y, read, weight = data.topics[:, topic], data.read[:, topic], data.weight
    if topic not in data.taught:
        return _fit_binary(x, y, weight, config)
    guess, guess_bias = _fit_binary(x[~read], y[~read], weight[~read], config)
    if len(np.unique(y[read])) < 2:
        return guess, guess_bias
    guessed = csr_matrix((x[read] @ guess + guess_bias)[:, None])
    own, bias = _fit_binary(hstack([x[read], guessed]).tocsr(), y[read], weight[read], config)
    share = float(own[-1])
    return own[:-1] + share * guess, bias + share * guess_bias


def _fit_binary(x: csr_matrix, y: NDArray[np.bool_], weight: FloatArray, config: TrainConfig) -> tuple[FloatArray, float]:
    if y.all() or not y.any():
        # A fold may lack a rare topic: a constant head says so and calibration evens it out.
        return np.zeros(x.shape[1]), 4.0 if len(y) and y.all() else -4.0
    head = LogisticRegression(C=config.topic_c, solver=SOLVER).fit(x, y, sample_weight=weight)
    return head.coef_[0], float(head.intercept_[0])


def _fit_voice(data: _Data, x: csr_matrix, config: TrainConfig) -> tuple[_Heads, VoiceChain]:
    """Fit the voice to running articles; contrast sets, whose sentences stand alone, have none."""
    rows = _running(data)
    fit = fit_voice(
        x[rows],
        data.quoted[rows],
        data.context.article[rows],
        data.lines.take(rows),
        weight=data.weight[rows],
        strength=config.voice_strength,
    )
    return _Heads(fit.weights, fit.bias), fit.chain


def _running(data: _Data) -> IntArray:
    """Return the rows of running articles, or all where there are none."""
    rows = np.flatnonzero(~data.alone)
    return rows if len(rows) else np.arange(len(data.alone))


def _calibrate(out: FloatArray, data: _Data, rows: IntArray) -> Calibration:
    """Fit the calibration of every head on held-out logits of running articles."""
    count = data.topics.shape[1]
    scale, offset = fit_frame_scale(out[rows, :3], data.frame[rows], data.weight[rows])
    scales, offsets = [scale] * 3, offset.tolist()
    for k in range(count):
        read = rows[data.known(k)[rows]]
        a, b = fit_binary_scale(out[read, 3 + k], data.topics[read, k])
        scales.append(a)
        offsets.append(b)
    return Calibration(np.array(scales), np.array(offsets))


def _assemble(
    whole: _Whole, out: FloatArray, quoted: FloatArray, data: _Data, lexicon: Lexicon, topics: Sequence[str], name: str
) -> tuple[FramingModel, TrainReport]:
    """Calibrate, choose thresholds, learn intervals and measure, all on held-out rows: logits ``out`` and P(quoted)."""
    rows = _running(data)
    calibration = _calibrate(out, data, rows)
    logits = out[rows] * calibration.scale + calibration.offset
    article, count = data.context.article[rows], len(topics)
    true_frame, true_topics, true_quoted = data.frame[rows], data.topics[rows], data.quoted[rows]
    varied = stance_varies(true_frame, article, data.register[rows])
    neighbours = fit_neighbours(logits[varied, :3], true_frame[varied], article[varied])
    frame, topic = softmax(neighbours.apply(logits[:, :3], article)), sigmoid(logits[:, 3:])
    quoted = quoted[rows]
    frame_offset = best_frame_offset(frame, true_frame)
    thresholds = np.array(
        [likeliest_threshold(topic[:, k]) if k in data.taught else best_threshold(topic[:, k], true_topics[:, k]) for k in range(count)]
    )
    voice_threshold = best_threshold(quoted, true_quoted)
    predicted = np.argmax(np.log(np.maximum(frame, 1e-12)) + frame_offset, axis=1)
    per_class = f1_score(true_frame, predicted, labels=[0, 1, 2], average=None, zero_division=0.0)
    tilt = fit_tilt(frame[varied], true_frame[varied], article[varied])
    known = np.setdiff1d(np.arange(count), data.taught)
    intervals, coverage, mae = fit_intervals(frame, topic[:, known], true_frame, true_topics[:, known], article, tilt)
    report = TrainReport(
        examples=len(out),
        articles=len(np.unique(data.article)),
        columns=whole.space.columns,
        frame_f1=float(np.mean(per_class)),
        frame_f1_per_class={f: float(v) for f, v in zip(FRAMES, per_class, strict=True)},
        topic_f1={t: _topic_f1(data, rows, k, topic[:, k] >= thresholds[k]) for k, t in enumerate(topics)},
        voice_f1=float(f1_score(true_quoted, quoted >= voice_threshold, zero_division=0.0)),
        coverage_90=coverage,
        net_mae=mae,
    )
    model = FramingModel(
        lexicon=lexicon,
        space=whole.space,
        topics=tuple(topics),
        weights=_weights(whole, calibration),
        bias=_bias(whole, calibration),
        frame_offset=frame_offset,
        topic_threshold=thresholds,
        voice_threshold=voice_threshold,
        neighbours=neighbours,
        chain=whole.chain,
        interval=intervals.to_data(),
        card={"calibration": calibration.to_data()},
        name=name,
    )
    return model, report


def _topic_f1(data: _Data, rows: IntArray, topic: int, found: NDArray[np.bool_]) -> float:
    """Return the F1 of a topic where somebody looked for it; ``found`` goes with ``rows``."""
    read = data.known(topic)[rows]
    return float(f1_score(data.topics[rows, topic][read], found[read], zero_division=0.0))


def _weights(whole: _Whole, calibration: Calibration) -> NDArray[np.float32]:
    return np.concatenate([whole.stance.weights * calibration.scale, whole.voice.weights], axis=1).astype(np.float32)


def _bias(whole: _Whole, calibration: Calibration) -> FloatArray:
    return np.concatenate([whole.stance.bias * calibration.scale + calibration.offset, whole.voice.bias])


def _corpus_hash(examples: Sequence[Example]) -> str:
    """Hash what training reads of the examples, in order."""
    digest = hashlib.sha256()
    for e in examples:
        digest.update(
            json.dumps(
                [e.article, e.text, e.frame, e.frame_votes, e.topics, e.guessed, e.voice, e.source, e.weight], ensure_ascii=False
            ).encode()
        )
    return digest.hexdigest()


def _lexicon_hash(lexicon: Lexicon) -> str:
    """Hash the cue lists."""
    return hashlib.sha256(json.dumps(lexicon.to_data(), ensure_ascii=False, sort_keys=True).encode()).hexdigest()


def _options(config: TrainConfig) -> dict[str, Any]:
    """Give the hyperparameters on which the result depends."""
    return {k: v for k, v in asdict(config).items() if k != "jobs"}


def _card(examples: Sequence[Example], lexicon: Lexicon, config: TrainConfig, report: TrainReport) -> dict[str, Any]:
    return {
        "labels": {"sha256": _corpus_hash(examples), "sentences": len(examples), "articles": report.articles},
        "lexicon": {"sha256": _lexicon_hash(lexicon)},
        "options": _options(config),
        "versions": {name: version(name) for name in ("framing-zh", "jieba", "numpy", "scipy", "scikit-learn")},
        "cross_validation": asdict(report),
    }


def with_test_figures(model: FramingModel, figures: dict[str, Any]) -> FramingModel:
    """Return the model with the figures of the frozen test split in its card."""
    return replace(model, card={**model.card, "test": {k: v for k, v in figures.items() if k != "model"}})
