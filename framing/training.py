"""Train, calibrate and measure a model from labelled examples.

The order is: choose the columns, fit one linear head per decision (multinomial logistic regression
for the frame, logistic regression for each topic and the voice), predict every training article by
models that have not seen it (grouped folds), and use those predictions to calibrate probabilities,
to choose thresholds, and to learn how far article totals stray. Nothing here looks at a gold file.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, field, replace
from typing import Any

import numpy as np
from joblib import Parallel, delayed
from numpy.typing import NDArray
from scipy.optimize import minimize
from scipy.sparse import csr_matrix, diags
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import f1_score
from sklearn.model_selection import GroupKFold

from framing.aggregate import fit_intervals
from framing.errors import TrainingError
from framing.features import Context, Extractor, FeatureConfig, FeatureSpace, Occurrences, fit_features
from framing.lexicon import Lexicon, Matcher
from framing.model import VOICE_HEADS, FramingModel, sigmoid, softmax, voice_forward, voice_state
from framing.records import FRAMES, TOPICS, Example
from framing.segment import Segmenter, Tokens

__all__ = ["TrainConfig", "TrainReport", "to_csr", "train", "with_test_figures"]

IntArray = NDArray[np.int64]
FloatArray = NDArray[np.float64]
Progress = Callable[[str, float], None]


@dataclass(frozen=True, slots=True)
class TrainConfig:
    """Set the hyperparameters of training.

    ``frame_c``, ``topic_c`` and ``voice_c`` are the inverse regularization strengths; ``folds`` the
    number of grouped folds; ``jobs`` the processes used for them (the result does not depend on it).
    ``contrast_weight`` scales the examples of contrast sets.
    """

    features: FeatureConfig = field(default_factory=FeatureConfig)
    frame_c: float = 1.0
    topic_c: float = 0.3
    voice_c: float = 0.3
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
    state: IntArray


@dataclass(frozen=True)
class _Heads:
    """Hold the raw linear heads of one fit: weights (columns, heads) and bias."""

    space: FeatureSpace
    weights: FloatArray
    bias: FloatArray


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
    tell("segmenting", 0.0)
    matcher = Matcher(lexicon)
    segmenter = Segmenter(lexicon.regional)
    data = _prepare(examples, segmenter, topics, config)
    folds = _folds(examples, config.folds)
    tell("cross-validating", 0.1)
    texts = [e.text for e in examples]
    results = Parallel(n_jobs=config.jobs)(delayed(_fold)(texts, data, matcher.lexicon, config, a, b) for a, b in folds)
    out = np.zeros((len(examples), 3 + len(topics) + VOICE_HEADS))
    for (_, test), logits in zip(folds, results, strict=True):
        out[test] = logits
    tell("fitting", 0.7)
    heads = _fit_heads(data, matcher, config)
    tell("calibrating", 0.9)
    model, report = _assemble(heads, out, data, lexicon, topics, name)
    model = replace(model, card=_card(examples, lexicon, config, report))
    tell("done", 1.0)
    return model, report


def _folds(examples: Sequence[Example], count: int) -> list[tuple[IntArray, IntArray]]:
    """Cut the rows into folds by register, or by article where there are fewer registers than folds.

    Articles that the model will meet are of a kind that it was not trained on, so calibration,
    thresholds and intervals are learned from registers held out whole. Contrast sets go by set.
    """
    registers = {e.register for e in examples if e.source == "article"}
    by_register = len(registers) >= count
    groups = [e.register if by_register and e.source == "article" else e.article for e in examples]
    return [(np.sort(a), np.sort(b)) for a, b in GroupKFold(count).split(np.zeros(len(examples)), groups=groups)]


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
        voice_state(quoted, context.article),
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
        data.state[rows],
    )


def _fold(
    texts: Sequence[str], data: _Data, lexicon: Lexicon, config: TrainConfig, train_rows: IntArray, test_rows: IntArray
) -> FloatArray:
    matcher, segmenter = Matcher(lexicon), Segmenter(lexicon.regional)
    part = _subset(data, texts, segmenter, train_rows)
    heads = _fit_heads(part, matcher, config)
    held = _subset(data, texts, segmenter, test_rows)
    features = Extractor(heads.space, matcher)(held.tokens, held.context)
    return np.asarray(to_csr(features, heads.space.columns) @ heads.weights + heads.bias)


def _fit_heads(data: _Data, matcher: Matcher, config: TrainConfig) -> _Heads:
    space = fit_features(data.tokens, data.context, matcher, config.features)
    x = to_csr(Extractor(space, matcher)(data.tokens, data.context), space.columns)
    x.sum_duplicates()
    columns: list[FloatArray] = []
    bias: list[float] = []
    # Readers differ on sentences that have no certain frame: each reading counts by its share.
    row, label = np.nonzero(data.votes)
    weight = data.votes[row, label] * data.weight[row]
    frame = LogisticRegression(C=config.frame_c, max_iter=300).fit((x @ diags(space.frame_scale)).tocsr()[row], label, sample_weight=weight)
    columns.extend(frame.coef_ * space.frame_scale)
    bias.extend(frame.intercept_)
    everywhere = np.ones(len(data.frame), np.bool_)
    targets = [(data.topics[:, k], everywhere, config.topic_c) for k in range(data.topics.shape[1])]
    targets += [(data.quoted, data.state == k, config.voice_c) for k in range(VOICE_HEADS)]
    for labels, where, c in targets:
        y = labels[where]
        if y.all() or not y.any():
            # A fold may lack a rare topic: a constant head says so and calibration evens it out.
            columns.append(np.zeros(space.columns))
            bias.append(4.0 if len(y) and y.all() else -4.0)
            continue
        head = LogisticRegression(C=c, max_iter=300).fit(x[where], y, sample_weight=data.weight[where])
        columns.append(head.coef_[0])
        bias.append(float(head.intercept_[0]))
    return _Heads(space, np.stack(columns, axis=1), np.array(bias))


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
    """Hold a scale and an offset per head: calibrated logits are ``raw * scale + offset``."""

    scale: FloatArray
    offset: FloatArray


def _calibrate(out: FloatArray, data: _Data, rows: IntArray) -> _Calibration:
    """Fit the calibration of every head on held-out logits of running articles."""
    count = data.topics.shape[1]
    scale, offset = _fit_frame_scale(out[rows, :3], data.frame[rows], data.weight[rows])
    scales, offsets = [scale] * 3, offset.tolist()
    targets = [(data.topics[:, k], rows) for k in range(count)]
    targets += [(data.quoted, rows[data.state[rows] == k]) for k in range(VOICE_HEADS)]
    for k, (y, where) in enumerate(targets):
        a, b = _fit_binary_scale(out[where, 3 + k], y[where])
        scales.append(a)
        offsets.append(b)
    return _Calibration(np.array(scales), np.array(offsets))


def _assemble(
    heads: _Heads, out: FloatArray, data: _Data, lexicon: Lexicon, topics: Sequence[str], name: str
) -> tuple[FramingModel, TrainReport]:
    """Calibrate, choose thresholds, learn intervals and measure, all on the held-out logits ``out``."""
    count = len(topics)
    rows = np.flatnonzero(~data.alone) if (~data.alone).any() else np.arange(len(out))
    calibration = _calibrate(out, data, rows)
    logits = out[rows] * calibration.scale + calibration.offset
    frame, topic, article = softmax(logits[:, :3]), sigmoid(logits[:, 3 : 3 + count]), data.context.article[rows]
    quoted = voice_forward(logits[:, -VOICE_HEADS:], article)
    true_frame, true_topics, true_quoted = data.frame[rows], data.topics[rows], data.quoted[rows]
    frame_offset = _best_frame_offset(frame, true_frame)
    thresholds = np.array([_best_threshold(topic[:, k], true_topics[:, k]) for k in range(count)])
    voice_threshold = _best_threshold(quoted, true_quoted)
    predicted = np.argmax(np.log(np.maximum(frame, 1e-12)) + frame_offset, axis=1)
    per_class = f1_score(true_frame, predicted, labels=[0, 1, 2], average=None, zero_division=0.0)
    intervals, coverage, mae = fit_intervals(frame, topic, true_frame, true_topics, article)
    report = TrainReport(
        examples=len(out),
        articles=len(np.unique(data.article)),
        columns=heads.space.columns,
        frame_f1=float(np.mean(per_class)),
        frame_f1_per_class={f: float(v) for f, v in zip(FRAMES, per_class, strict=True)},
        topic_f1={t: float(f1_score(true_topics[:, k], topic[:, k] >= thresholds[k], zero_division=0.0)) for k, t in enumerate(topics)},
        voice_f1=float(f1_score(true_quoted, quoted >= voice_threshold, zero_division=0.0)),
        coverage_90=coverage,
        net_mae=mae,
    )
    model = FramingModel(
        lexicon=lexicon,
        space=heads.space,
        topics=tuple(topics),
        weights=(heads.weights * calibration.scale).astype(np.float32),
        bias=heads.bias * calibration.scale + calibration.offset,
        frame_offset=frame_offset,
        topic_threshold=thresholds,
        voice_threshold=voice_threshold,
        interval=intervals.to_data(),
        name=name,
    )
    return model, report


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


def _card(examples: Sequence[Example], lexicon: Lexicon, config: TrainConfig, report: TrainReport) -> dict[str, Any]:
    import scipy
    import sklearn

    return {
        "labels": {"sha256": _corpus_hash(examples), "sentences": len(examples), "articles": report.articles},
        "lexicon": {"sha256": _lexicon_hash(lexicon)},
        "options": {k: v for k, v in asdict(config).items() if k != "jobs"},
        "versions": {"numpy": np.__version__, "scipy": scipy.__version__, "scikit-learn": sklearn.__version__},
        "cross_validation": asdict(report),
    }


def with_test_figures(model: FramingModel, figures: dict[str, Any]) -> FramingModel:
    """Return the model with the figures of the frozen test split in its card."""
    return replace(model, card={**model.card, "test": {k: v for k, v in figures.items() if k != "model"}})
