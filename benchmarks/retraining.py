"""Measure what training a model costs, and what a warm start would save.

    python benchmarks/retraining.py
    python benchmarks/retraining.py --write docs/retraining.md

* ``framing train`` on all labels, and ``framing train --update`` with 200 sentences added to those of a
  trained model: each a fresh process, with the comparison against the base that follows. Wall and CPU
  seconds of the process and its workers, and their memory together at its highest.
* The frame's head alone, in this process: from zero and from the weights of a base that has not seen
  200 of the sentences, for two solvers. The distance to the minimum is the largest difference of a
  weight from those of a solver that is let run to 1e-9.

On a busy machine trust CPU time: wall time there says how busy the others were.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import sys
import tempfile
import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import psutil
from scipy.sparse import csr_matrix
from sections import markdown_table, write_section
from sklearn.linear_model import LogisticRegression
from threadpoolctl import threadpool_limits

from framing.features import Context, Extractor, FeatureConfig, fit_features
from framing.labelling.files import label_files, read_folder
from framing.lexicon import Matcher, load_lexicon
from framing.matrix import feature_matrix
from framing.segment import Segmenter

ROOT = Path(__file__).resolve().parents[1]
ADDED = 200
ADDITION = f"{ADDED} sentences added, `--update`"
BOUNDS = {"all labels": 90, ADDITION: 30}
MEMORY_BOUND = 2000
WORKERS = 2
SOLVERS = ("newton-cg", "lbfgs")
_EVERY = 0.05


@dataclass(frozen=True)
class Cost:
    """Hold seconds of wall and CPU time, and megabytes of memory, of a process with its workers."""

    wall: float
    cpu: float
    memory: float


def measure(command: Sequence[str], folder: Path) -> Cost:
    """Run a command to its end.

    Raises:
        RuntimeError: it failed.
    """
    begun = time.perf_counter()
    with tempfile.TemporaryFile() as output:
        process = psutil.Popen(command, cwd=folder, stdout=output, stderr=output)
        peak, spent = 0.0, {}
        while process.poll() is None:
            for one in _family(process):
                try:
                    times = one.cpu_times()
                    spent[one.pid] = times.user + times.system
                except psutil.Error:
                    continue  # it has just ended
            peak = max(peak, sum(_memory(p) for p in _family(process)))
            time.sleep(_EVERY)
        if process.returncode:
            output.seek(0)
            raise RuntimeError(output.read().decode("utf-8", "replace"))
    return Cost(time.perf_counter() - begun, sum(spent.values()), peak / 1e6)


def _family(process: psutil.Process) -> list[psutil.Process]:
    try:
        return [process, *process.children(recursive=True)]
    except psutil.Error:
        return []


def _memory(process: psutil.Process) -> int:
    try:
        return int(process.memory_info().rss)
    except psutil.Error:
        return 0


def split_off(labels: Path, folder: Path, count: int) -> tuple[Path, Path]:
    """Write the labels as two files: whole articles with about ``count`` training sentences, spread evenly, and the rest."""
    rows = [json.loads(line) for f in label_files([labels]) for line in f.read_text("utf-8").splitlines()]
    articles = list(dict.fromkeys(r["article"] for r in rows if r.get("split") != "test" and r.get("source") != "contrast"))
    sizes = {a: sum(r["article"] == a for r in rows) for a in articles}
    step = max(len(articles) * int(statistics.mean(sizes.values())) // max(count, 1), 1)
    chosen: set[str] = set()
    for article in articles[::step] + articles:
        if sum(sizes[a] for a in chosen) >= count:
            break
        chosen.add(article)
    for name in ("rest", "added"):
        lines = (json.dumps(r, ensure_ascii=False) + "\n" for r in rows if (r["article"] in chosen) == (name == "added"))
        (folder / f"{name}.jsonl").write_text("".join(lines), "utf-8")
    return folder / "rest.jsonl", folder / "added.jsonl"


def training_costs(labels: Path, rounds: int) -> dict[str, list[Cost]]:
    """Measure full training and an addition, ``rounds`` times each."""
    train = [sys.executable, "-m", "framing", "train", "--jobs", str(WORKERS)]
    costs: dict[str, list[Cost]] = {name: [] for name in BOUNDS}
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        rest, added = split_off(labels, folder, ADDED)
        measure([*train, "--labels", str(rest), "--out", "base"], folder)
        for _ in range(rounds):
            full, new = tempfile.mkdtemp(dir=folder), tempfile.mkdtemp(dir=folder)
            costs["all labels"].append(measure([*train, "--labels", str(labels), "--out", full], folder))
            addition = ["--labels", str(rest), "--labels", str(added), "--base", "base", "--update", "--out", new]
            costs[ADDITION].append(measure([*train, *addition], folder))
    return costs


def costs_table(costs: dict[str, list[Cost]]) -> str:
    """Give the medians with the bounds to keep to."""
    rows = []
    for name, found in costs.items():
        wall, cpu, memory = (statistics.median(getattr(c, f) for c in found) for f in ("wall", "cpu", "memory"))
        rows.append([name, f"{wall:.0f}", f"{BOUNDS[name]}", f"{cpu:.0f}", f"{memory:.0f}", f"{MEMORY_BOUND}"])
    table = markdown_table(["`framing train`", "wall s", "at most", "CPU s", "memory, MB", "at most"], rows)
    return (
        f"{table}\nLoad average at the end: {os.getloadavg()[0]:.1f} on {os.cpu_count()} cores; about {WORKERS} is this benchmark's own.\n"
    )


@dataclass(frozen=True)
class Fit:
    """Hold one way to fit the frame's head: seconds of CPU, steps, and the distance to the minimum."""

    start: str
    solver: str
    seconds: float
    steps: int
    distance: float


def warm_fits(labels: Path) -> list[Fit]:
    """Fit the frame's head to all labels, from zero and from a base that has not seen some of them."""
    examples = [e for e in read_folder([labels]) if e.split != "test"]
    lexicon = load_lexicon()
    matcher = Matcher(lexicon)
    tokens = Segmenter(lexicon.regional).segment([e.text for e in examples])
    context = Context.of(e.article for e in examples)
    space = fit_features(tokens, context, matcher, FeatureConfig())
    x = feature_matrix(Extractor(space, matcher), tokens, context)
    y = np.array([e.frame for e in examples])
    old = np.arange(len(y)) >= ADDED
    with threadpool_limits(1):
        best = _fitted(x, y, "newton-cg", tolerance=1e-9)[0]
        return list(_fits(x, y, old, best))


def _fits(x: csr_matrix, y: np.ndarray, old: np.ndarray, best: LogisticRegression) -> Iterable[Fit]:
    for solver in SOLVERS:
        base = _fitted(x[old], y[old], solver)[0]
        for start, begin in (("zero", None), ("the base", base)):
            model, seconds = _fitted(x, y, solver, begin)
            distance = float(np.abs(model.coef_ - best.coef_).max())
            yield Fit(start, solver, seconds, int(model.n_iter_[0]), distance)


def _fitted(
    x: csr_matrix, y: np.ndarray, solver: str, begin: LogisticRegression | None = None, tolerance: float = 1e-4
) -> tuple[LogisticRegression, float]:
    model = LogisticRegression(solver=solver, max_iter=1000, tol=tolerance, warm_start=True)
    if begin is not None:
        model.coef_, model.intercept_, model.classes_ = begin.coef_.copy(), begin.intercept_.copy(), begin.classes_
    begun = time.process_time()
    model.fit(x, y)
    return model, time.process_time() - begun


def fits_table(fits: Sequence[Fit]) -> str:
    """Give the fits side by side."""
    rows = [[f"{f.solver}, from {f.start}", f"{f.seconds:.2f}", f"{f.steps}", f"{f.distance:.3f}"] for f in fits]
    return markdown_table(["frame head", "CPU s", "steps", "distance to the minimum"], rows)


def main() -> None:
    """Measure, and print or write the tables."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--labels", type=Path, default=ROOT / "labels")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--write", type=Path, help="Markdown file to put the tables into")
    options = parser.parse_args()
    tables = {
        "retraining": costs_table(training_costs(options.labels.resolve(), options.rounds)),
        "warm": fits_table(warm_fits(options.labels)),
    }
    for name, table in tables.items():
        if options.write is not None:
            write_section(options.write, name, table)
        else:
            print(table)


if __name__ == "__main__":
    main()
