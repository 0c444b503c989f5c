"""Draw macro-F1 of the frame against the number of training sentences, articles and contrast sets apart.

    python benchmarks/learning_curve.py gold.jsonl
    python benchmarks/learning_curve.py gold.jsonl --write docs/experiments.md --picture docs/pictures/learning_curve.png

Whole articles are added, in one fixed order that goes round the registers, so that every step holds
the steps before it and about as much of each register as of the others. Three curves are trained:
running articles alone, contrast sets alone, and articles beside all contrast sets. Each step is
measured on the gold files and on the frozen split of the labels, which is never trained on.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import chain, zip_longest
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from bootstrap import macro_f1_interval, resamples
from sections import markdown_table, write_section
from tqdm import tqdm

from framing.analysis import predict_rows
from framing.errors import FramingError, TrainingError
from framing.evaluation import macro_f1
from framing.labelling.files import read_folder
from framing.lexicon import load_lexicon
from framing.records import FRAMES, Example
from framing.training import TrainConfig, train

if TYPE_CHECKING:
    from matplotlib.axes import Axes

LABELS = Path(__file__).resolve().parents[1] / "labels"
CURVES = ("articles", "contrast sets", "articles and contrast sets")
COLOURS = {"articles": "#1a6a9a", "contrast sets": "#b4451b", "articles and contrast sets": "#4b7a1f"}
SIZES = (500, 1000, 2000, 4000, 8000)


@dataclass(frozen=True)
class Figure:
    """Hold a macro-F1 and its 95% bootstrap interval."""

    value: float
    low: float
    high: float


@dataclass(frozen=True)
class Point:
    """Hold one step of a curve: what it was trained on, and a figure per gold set."""

    curve: str
    sentences: int
    groups: int
    figures: dict[str, Figure]


def in_turns(examples: Iterable[Example], seed: int) -> list[list[Example]]:
    """Return whole articles in a shuffled order that takes one article of each register in turn."""
    registers: dict[str, dict[str, list[Example]]] = {}
    for example in examples:
        registers.setdefault(example.register, {}).setdefault(example.article, []).append(example)
    rng = np.random.default_rng(seed)
    queues = []
    for name in sorted(registers):
        groups = list(registers[name].values())
        queues.append([groups[i] for i in rng.permutation(len(groups))])
    return [article for turn in zip_longest(*queues) for article in turn if article is not None]


def steps(articles: Sequence[list[Example]], sizes: Sequence[int]) -> Iterator[list[list[Example]]]:
    """Yield the shortest beginnings of ``articles`` with at least so many sentences, and at last all of them.

    Sizes within a tenth of all sentences are left out: they would say the same as all.
    """
    ends = np.cumsum([len(a) for a in articles])
    for size in sorted(sizes):
        if size < 0.9 * ends[-1]:
            yield list(articles[: int(np.searchsorted(ends, size)) + 1])
    yield list(articles)


def training_sets(
    labels: Sequence[Example], curves: Sequence[str], sizes: Sequence[int], seed: int
) -> list[tuple[str, list[list[Example]]]]:
    """Return what to train on: the curve's name and its articles or contrast sets, step by step."""
    usable = [e for e in labels if e.split != "test"]
    articles = in_turns((e for e in usable if e.source == "article"), seed)
    contrast = in_turns((e for e in usable if e.source == "contrast"), seed)
    result: list[tuple[str, list[list[Example]]]] = []
    if "articles" in curves and articles:
        result += [("articles", part) for part in steps(articles, sizes)]
    if "contrast sets" in curves and contrast:
        result += [("contrast sets", part) for part in steps(contrast, sizes)]
    if "articles and contrast sets" in curves and articles and contrast:
        result += [("articles and contrast sets", [*part, *contrast]) for part in steps(articles, sizes)]
    return result


def measure(curve: str, part: Sequence[list[Example]], golds: dict[str, list[Example]], config: TrainConfig) -> Point:
    """Train on one step and measure it.

    Raises:
        TrainingError: the step is too small to train on.
    """
    examples = list(chain.from_iterable(part))
    model, _ = train(examples, load_lexicon(), config)
    figures = {}
    for name, gold in golds.items():
        articles = [e.article for e in gold]
        truth = np.array([FRAMES.index(e.frame) for e in gold])
        predicted = np.array([FRAMES.index(p.frame) for p in predict_rows([e.text for e in gold], articles, model)])
        figures[name] = Figure(macro_f1(truth, predicted), *macro_f1_interval(truth, predicted, resamples(articles)))
    return Point(curve, len(examples), len(part), figures)


def table(points: Sequence[Point], golds: Iterable[str]) -> str:
    """Return the points as a Markdown table."""
    names = list(golds)
    rows = [
        [
            p.curve,
            f"{p.sentences:,}",
            f"{p.groups:,}",
            *(f"{f.value:.3f} ({f.low:.3f} – {f.high:.3f})" for f in (p.figures[n] for n in names)),
        ]
        for p in points
    ]
    return markdown_table(("trained on", "sentences", "articles and sets", *(f"macro-F1 on {name}" for name in names)), rows)


def draw(points: Sequence[Point], golds: Iterable[str], picture: Path) -> None:
    """Draw one panel per gold set, sentences on a logarithmic axis, intervals as bands."""
    from matplotlib.figure import Figure as Sheet

    names = list(golds)
    sheet = Sheet(figsize=(5.4 * len(names), 4.2), layout="constrained")
    panels = sheet.subplots(1, len(names), sharey=True, squeeze=False)[0]
    for panel, name in zip(panels, names, strict=True):
        _draw_panel(panel, points, name)
    panels[0].set_ylabel("macro-F1 of the frame, 95% interval")
    panels[0].legend(loc="lower right", frameon=False)
    picture.parent.mkdir(parents=True, exist_ok=True)
    sheet.savefig(picture, dpi=130, metadata={"Software": None})


def _draw_panel(panel: Axes, points: Sequence[Point], gold: str) -> None:
    for curve in CURVES:
        own = [p for p in points if p.curve == curve]
        if not own:
            continue
        x = [p.sentences for p in own]
        figures = [p.figures[gold] for p in own]
        panel.plot(x, [f.value for f in figures], marker="o", color=COLOURS[curve], label=curve)
        panel.fill_between(x, [f.low for f in figures], [f.high for f in figures], color=COLOURS[curve], alpha=0.13, linewidth=0)
    ticks = [500, 1000, 2000, 4000, 8000]
    panel.set_xscale("log")
    panel.set_xticks(ticks, [f"{tick:,}" for tick in ticks])
    panel.minorticks_off()
    panel.set_xlabel("training sentences")
    panel.set_title(f"measured on {gold}")
    panel.grid(alpha=0.25)
    panel.spines[["top", "right"]].set_visible(False)


def main() -> None:
    """Read the arguments, train every step, print or write table and picture."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("gold", type=Path, nargs="*", help="label files to measure on besides the frozen split")
    parser.add_argument("--labels", type=Path, default=LABELS, help="training labels (default: labels)")
    parser.add_argument("--curves", choices=CURVES, nargs="+", default=CURVES, help="curves to train (default: all)")
    parser.add_argument("--sizes", type=int, nargs="+", default=SIZES, help="steps in sentences, besides all of them")
    parser.add_argument("--folds", type=int, default=TrainConfig().folds, help="folds that calibrate each model (default: as shipped)")
    parser.add_argument("--jobs", type=int, default=2, help="processes (default: 2)")
    parser.add_argument("--seed", type=int, default=0, help="seed of the order of articles")
    parser.add_argument("--write", type=Path, metavar="FILE", help="write the table into its section of a Markdown file")
    parser.add_argument("--picture", type=Path, metavar="FILE", help="draw the curves into a PNG file")
    arguments = parser.parse_args()
    try:
        run(arguments)
    except (FramingError, ValueError) as error:
        sys.exit(f"learning_curve.py: {error}")


def run(arguments: argparse.Namespace) -> None:
    """Train every step and give out table and picture.

    Raises:
        FramingError: labels or gold cannot be read.
        ValueError: the section's marks in the file to write do not pair up.
    """
    labels = read_folder([arguments.labels])
    golds = {path.stem: read_folder([path]) for path in arguments.gold}
    golds["frozen"] = [e for e in labels if e.split == "test"]
    golds = {name: rows for name, rows in golds.items() if rows}
    config = TrainConfig(folds=arguments.folds, jobs=arguments.jobs)
    points = []
    for curve, part in tqdm(training_sets(labels, arguments.curves, arguments.sizes, arguments.seed), unit="step", disable=None):
        try:
            points.append(measure(curve, part, golds, config))
        except TrainingError as error:
            print(f"note: {curve}, {sum(map(len, part))} sentences: {error}", file=sys.stderr)
    facts = "".join(f"{name}: {len(rows):,} sentences in {len({e.article for e in rows})} articles. " for name, rows in golds.items())
    content = f"{facts}Each model calibrated over {config.folds} folds.\n\n{table(points, golds)}"
    if arguments.write:
        write_section(arguments.write, "learning curve", content)
    else:
        print(content)
    if arguments.picture:
        draw(points, golds, arguments.picture)


if __name__ == "__main__":
    main()
