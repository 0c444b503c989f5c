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
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from importlib.metadata import version
from typing import Any

import numpy as np
from joblib import Parallel, delayed
from numpy.typing import NDArray
from scipy.optimize import minimize
from scipy.sparse import csr_matrix, diags
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import f1_score
from sklearn.model_selection import GroupKFold
from threadpoolctl import threadpool_limits

from framing.aggregate import fit_intervals
from framing.errors import TrainingError
from framing.features import Context, Extractor, FeatureConfig, FeatureSpace, Occurrences, fit_features
from framing.lexicon import Lexicon, Matcher
from framing.model import FramingModel
from framing.neighbours import fit_neighbours
from framing.probability import sigmoid, softmax
from framing.records import FRAMES, TOPICS, Example
from framing.segment import Segmenter, Tokens
from framing.voice import VoiceChain, anchors, quoted_probability
from framing.voice_training import fit_voice

__all__ = ["SOLVER", "THREADS", "TrainConfig", "TrainReport", "to_csr", "train", "update", "with_test_figures"]

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
    frame_c: float = 1.0
    topic_c: float = 0.3
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


def to_csr(features: Occurrences, columns: int) -> csr_matrix:
    """Add up occurrences into the sparse matrix that scikit-learn's estimators take."""
    return csr_matrix((features.value, (features.row, features.column)), shape=(features.rows, columns))


@dataclass(frozen=True)
class _Data:
    tokens: Tokens
    context: Context
    frame: IntArray
    votes: FloatArray
    topics: NDArray[np.bool_]
    quoted: NDArray[np.bool_]
    weight: FloatArray
    article: IntArray
    alone: NDArray[np.bool_]
    anchor: IntArray


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
    texts = [e.text for e in examples]
    voice_folds = _article_folds(data, VOICE_FOLDS)
    # The fit to all rows takes longest and comes first: at the end one process of two would wait for it.
    tasks = [
        delayed(_fit_whole)(data, lexicon, config),
        *(delayed(_fold)(texts, data, lexicon, config, a, b) for a, b in folds),
        *(delayed(_voice_fold)(texts, data, lexicon, config, a, b) for a, b in voice_folds),
    ]
    results = Parallel(n_jobs=config.jobs, return_as="generator")(tasks)
    whole = next(results)
    out, quoted = np.zeros((len(examples), 3 + len(topics))), np.zeros(len(examples))
    for done, (held, (_, test)) in enumerate([*((out, f) for f in folds), *((quoted, f) for f in voice_folds)], 2):
        tell("cross-validating", 0.05 + 0.85 * (done - 1) / len(tasks))
        held[test] = next(results)
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
    whole = _fit_whole(data, lexicon, config)
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


def _calibrated(base: FramingModel) -> tuple[_Calibration, TrainReport]:
    """Return how a base was calibrated, and its cross-validated figures."""
    card = base.card
    try:
        calibration, figures = _Calibration.from_data(card["calibration"]), TrainReport(**card["cross_validation"])
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


VOICE_FOLDS = 3
"""Folds of the voice. They go by article: retelling without marks is the manner of one register."""


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
    article = np.array([groups.setdefault(e.article, len(groups)) for e in examples], np.int64)
    quoted = np.array([e.voice == "quoted" for e in examples], np.bool_)
    weight = np.array([e.weight * (config.contrast_weight if e.source == "contrast" else 1.0) for e in examples])
    return _Data(
        tokens,
        context,
        np.array([FRAMES.index(e.frame) for e in examples], np.int64),
        np.array([_votes(e) for e in examples]),
        np.array([[t in e.topics for t in topics] for e in examples], np.bool_).reshape(len(examples), len(topics)),
        quoted,
        weight,
        article,
        np.array([e.source == "contrast" for e in examples], np.bool_),
        anchors([e.text for e in examples], context.article),
    )


def _votes(example: Example) -> list[float]:
    """Return the share of each frame among the readings; the label itself where no readings are kept."""
    given = example.frame_votes or (example.frame,)
    return [given.count(f) / len(given) for f in FRAMES]


def _subset(data: _Data, texts: Sequence[str], segmenter: Segmenter, rows: IntArray) -> _Data:
    tokens = segmenter.segment([texts[i] for i in rows])
    return _Data(
        tokens,
        Context(data.context.article[rows]),
        data.frame[rows],
        data.votes[rows],
        data.topics[rows],
        data.quoted[rows],
        data.weight[rows],
        data.article[rows],
        data.alone[rows],
        anchors([texts[i] for i in rows], data.context.article[rows]),
    )


def _fold(
    texts: Sequence[str], data: _Data, lexicon: Lexicon, config: TrainConfig, train_rows: IntArray, test_rows: IntArray
) -> FloatArray:
    """Return the raw logits of frame and topics of rows, from a fit to the other ones."""
    matcher, segmenter = Matcher(lexicon), Segmenter(lexicon.regional)
    part, held = (_subset(data, texts, segmenter, rows) for rows in (train_rows, test_rows))
    space, x = _matrix(part, matcher, config)
    with threadpool_limits(THREADS):
        heads = _fit_stance(part, space, x, config)
    return _logits(heads, Extractor(space, matcher), held)


def _voice_fold(
    texts: Sequence[str], data: _Data, lexicon: Lexicon, config: TrainConfig, train_rows: IntArray, test_rows: IntArray
) -> FloatArray:
    """Return P(quoted) of rows, from a fit to the other ones."""
    matcher, segmenter = Matcher(lexicon), Segmenter(lexicon.regional)
    part, held = (_subset(data, texts, segmenter, rows) for rows in (train_rows, test_rows))
    space, x = _matrix(part, matcher, config)
    with threadpool_limits(THREADS):
        heads, chain = _fit_voice(part, x, config)
    return quoted_probability(_logits(heads, Extractor(space, matcher), held), chain, held.context.article, held.anchor)


def _logits(heads: _Heads, extractor: Extractor, data: _Data) -> FloatArray:
    return np.asarray(to_csr(extractor(data.tokens, data.context), extractor.space.columns) @ heads.weights + heads.bias)


def _fit_whole(data: _Data, lexicon: Lexicon, config: TrainConfig) -> _Whole:
    space, x = _matrix(data, Matcher(lexicon), config)
    with threadpool_limits(THREADS):
        return _Whole(space, _fit_stance(data, space, x, config), *_fit_voice(data, x, config))


def _matrix(data: _Data, matcher: Matcher, config: TrainConfig) -> tuple[FeatureSpace, csr_matrix]:
    space = fit_features(data.tokens, data.context, matcher, config.features)
    x = to_csr(Extractor(space, matcher)(data.tokens, data.context), space.columns)
    x.sum_duplicates()
    return space, x


def _fit_stance(data: _Data, space: FeatureSpace, x: csr_matrix, config: TrainConfig) -> _Heads:
    columns: list[FloatArray] = []
    bias: list[float] = []
    # Readers differ on sentences that have no certain frame: each reading counts by its share.
    row, label = np.nonzero(data.votes)
    weight = data.votes[row, label] * data.weight[row]
    frame = LogisticRegression(C=config.frame_c, solver=SOLVER).fit(
        (x @ diags(space.frame_scale)).tocsr()[row], label, sample_weight=weight
    )
    columns.extend(frame.coef_ * space.frame_scale)
    bias.extend(frame.intercept_)
    for y in data.topics.T:
        if y.all() or not y.any():
            # A fold may lack a rare topic: a constant head says so and calibration evens it out.
            columns.append(np.zeros(space.columns))
            bias.append(4.0 if len(y) and y.all() else -4.0)
            continue
        head = LogisticRegression(C=config.topic_c, solver=SOLVER).fit(x, y, sample_weight=data.weight)
        columns.append(head.coef_[0])
        bias.append(float(head.intercept_[0]))
    return _Heads(np.stack(columns, axis=1), np.array(bias))


def _fit_voice(data: _Data, x: csr_matrix, config: TrainConfig) -> tuple[_Heads, VoiceChain]:
    """Fit the voice to running articles; contrast sets, whose sentences stand alone, have none."""
    rows = _running(data)
    texts_before = np.full(len(data.alone), -1)
    texts_before[rows] = np.arange(len(rows))
    anchor = np.where(data.anchor[rows] >= 0, texts_before[data.anchor[rows]], -1)
    fit = fit_voice(
        x[rows], data.quoted[rows], data.context.article[rows], anchor, weight=data.weight[rows], strength=config.voice_strength
    )
    return _Heads(fit.weights, fit.bias), fit.chain


def _running(data: _Data) -> IntArray:
    """Return the rows of running articles, or all where there are none."""
    rows = np.flatnonzero(~data.alone)
    return rows if len(rows) else np.arange(len(data.alone))


# --- calibration ---------------------------------------------------------------------------------


def _fit_frame_scale(logits: FloatArray, y: IntArray, weight: FloatArray) -> tuple[float, FloatArray]:
    """Fit one temperature and an offset per class by log loss (vector scaling with a tied scale)."""

    def loss(parameters: FloatArray) -> float:
        offset = np.append(parameters[1:], 0.0)
        p = softmax(logits * np.exp(parameters[0]) + offset)
        return float(-(weight * np.log(np.maximum(p[np.arange(len(y)), y], 1e-12))).mean())

    best = minimize(loss, np.zeros(3), method="Nelder-Mead", options={"xatol": 1e-4, "fatol": 1e-7, "maxiter": 2000})
    return float(np.exp(best.x[0])), np.append(best.x[1:], 0.0)


def _fit_binary_scale(logits: FloatArray, y: NDArray[np.bool_]) -> tuple[float, float]:
    """Fit Platt's scale and offset by log loss; without examples nothing changes."""
    if not len(y):
        return 1.0, 0.0

    def loss(parameters: FloatArray) -> float:
        z = logits * np.exp(parameters[0]) + parameters[1]
        return float(np.mean(np.logaddexp(0, z) - y * z))

    best = minimize(loss, np.zeros(2), method="Nelder-Mead", options={"xatol": 1e-4, "fatol": 1e-7, "maxiter": 2000})
    return float(np.exp(best.x[0])), float(best.x[1])


def _best_threshold(p: FloatArray, y: NDArray[np.bool_]) -> float:
    grid = np.round(np.arange(0.2, 0.66, 0.01), 2)
    return float(max(grid, key=lambda t: (round(float(f1_score(y, p >= t, zero_division=0.0)), 9), -abs(t - 0.45))))


def _best_frame_offset(p: FloatArray, y: IntArray) -> FloatArray:
    """Choose what is added to log-probabilities so that the labels' macro-F1 is best."""
    best, chosen = -1.0, np.zeros(3)
    logs = np.log(np.maximum(p, 1e-12))
    for a in np.arange(-0.4, 0.81, 0.1):
        for b in np.arange(-0.4, 0.81, 0.1):
            offset = np.round(np.array([a, b, 0.0]), 2)
            value = float(f1_score(y, np.argmax(logs + offset, axis=1), average="macro"))
            if value > best + 1e-12:
                best, chosen = value, offset
    return chosen


@dataclass(frozen=True)
class _Calibration:
    """Hold a scale and an offset per head of frame and topics: calibrated logits are ``raw * scale + offset``."""

    scale: FloatArray
    offset: FloatArray

    def to_data(self) -> dict[str, list[float]]:
        """Give the calibration as JSON-ready data."""
        return {"scale": self.scale.tolist(), "offset": self.offset.tolist()}

    @classmethod
    def from_data(cls, data: Mapping[str, Any]) -> _Calibration:
        """Rebuild from ``to_data``."""
        return cls(np.array(data["scale"], np.float64), np.array(data["offset"], np.float64))


def _calibrate(out: FloatArray, data: _Data, rows: IntArray) -> _Calibration:
    """Fit the calibration of every head on held-out logits of running articles."""
    count = data.topics.shape[1]
    scale, offset = _fit_frame_scale(out[rows, :3], data.frame[rows], data.weight[rows])
    scales, offsets = [scale] * 3, offset.tolist()
    for k in range(count):
        a, b = _fit_binary_scale(out[rows, 3 + k], data.topics[rows, k])
        scales.append(a)
        offsets.append(b)
    return _Calibration(np.array(scales), np.array(offsets))


def _assemble(
    whole: _Whole, out: FloatArray, quoted: FloatArray, data: _Data, lexicon: Lexicon, topics: Sequence[str], name: str
) -> tuple[FramingModel, TrainReport]:
    """Calibrate, choose thresholds, learn intervals and measure, all on held-out rows: logits ``out`` and P(quoted)."""
    rows = _running(data)
    calibration = _calibrate(out, data, rows)
    logits = out[rows] * calibration.scale + calibration.offset
    article, count = data.context.article[rows], len(topics)
    true_frame, true_topics, true_quoted = data.frame[rows], data.topics[rows], data.quoted[rows]
    neighbours = fit_neighbours(logits[:, :3], true_frame, article)
    frame, topic = softmax(neighbours.apply(logits[:, :3], article)), sigmoid(logits[:, 3:])
    quoted = quoted[rows]
    frame_offset = _best_frame_offset(frame, true_frame)
    thresholds = np.array([_best_threshold(topic[:, k], true_topics[:, k]) for k in range(count)])
    voice_threshold = _best_threshold(quoted, true_quoted)
    predicted = np.argmax(np.log(np.maximum(frame, 1e-12)) + frame_offset, axis=1)
    per_class = f1_score(true_frame, predicted, labels=[0, 1, 2], average=None, zero_division=0.0)
    intervals, coverage, mae = fit_intervals(frame, topic, true_frame, true_topics, article)
    report = TrainReport(
        examples=len(out),
        articles=len(np.unique(data.article)),
        columns=whole.space.columns,
        frame_f1=float(np.mean(per_class)),
        frame_f1_per_class={f: float(v) for f, v in zip(FRAMES, per_class, strict=True)},
        topic_f1={t: float(f1_score(true_topics[:, k], topic[:, k] >= thresholds[k], zero_division=0.0)) for k, t in enumerate(topics)},
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


def _weights(whole: _Whole, calibration: _Calibration) -> NDArray[np.float32]:
    return np.concatenate([whole.stance.weights * calibration.scale, whole.voice.weights], axis=1).astype(np.float32)


def _bias(whole: _Whole, calibration: _Calibration) -> FloatArray:
    return np.concatenate([whole.stance.bias * calibration.scale + calibration.offset, whole.voice.bias])


def _corpus_hash(examples: Sequence[Example]) -> str:
    """Hash what training reads of the examples, in order."""
    digest = hashlib.sha256()
    for e in examples:
        digest.update(
            json.dumps([e.article, e.text, e.frame, e.frame_votes, e.topics, e.voice, e.source, e.weight], ensure_ascii=False).encode()
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
