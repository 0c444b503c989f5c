"""Measure how time and peak memory grow with the number of sentences, and fit an exponent to each."""

from __future__ import annotations

import math
import statistics
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

from measuring import Cost, cost_of_process
from sections import markdown_table
from tqdm import tqdm

__all__ = ["exponent", "growth", "sizes_up_to"]

SMALLEST = 1000

_READ = """
import sys, time
from itertools import chain, cycle, islice
from pathlib import Path
from framing.analysis import score_many
from framing.artifact import load
model = load(Path(sys.argv[2]))
articles = [text.splitlines() for text in Path(sys.argv[3]).read_text("utf-8").split(chr(12))]
count = int(sys.argv[4])
model.scores(articles[0], ["a"] * len(articles[0]))
"""
_MANY = (
    _READ
    + """
def texts():
    left = count
    for rows in cycle(articles):
        yield "\\n".join(rows[:left])
        left -= len(rows)
        if left <= 0:
            return
begun = time.process_time()
for _ in score_many(texts(), model, evidence=0):
    pass
Path(sys.argv[1]).write_text(str(time.process_time() - begun))
"""
)
_ONE = (
    _READ
    + """
rows = list(islice(cycle(chain.from_iterable(articles)), count))
begun = time.process_time()
model.scores(rows, ["a"] * count)
Path(sys.argv[1]).write_text(str(time.process_time() - begun))
"""
)
WAYS = {"many articles": _MANY, "one article": _ONE}


def sizes_up_to(largest: int) -> list[int]:
    """Return 1,000, 3,000, 10,000, 30,000 … up to the largest number of sentences."""
    return [size for power in range(3, 3 + len(str(largest))) for size in (10**power, 3 * 10**power) if size <= max(largest, SMALLEST)]


def exponent(sizes: Sequence[float], values: Sequence[float]) -> float:
    """Return b of the least-squares fit log(value) = a + b · log(size)."""
    return statistics.linear_regression([math.log(s) for s in sizes], [math.log(v) for v in values]).slope


def _measured(code: str, size: int, model: Path, articles: Path, result: Path) -> Cost:
    whole = cost_of_process([sys.executable, "-c", code, str(result), str(model), str(articles), str(size)])
    return Cost(float(result.read_text("utf-8")), whole.wall, whole.megabytes)


def growth(documents: Sequence[bytes], model: Path, largest: int, picture: Path | None = None) -> str:
    """Return the table of time and memory by the number of sentences, and draw it.

    Args:
        documents: articles in UTF-8, a sentence per line; taken again and again.
        model: the model folder.
        largest: the largest number of sentences.
        picture: where to draw; nowhere by default.
    """
    sizes = sizes_up_to(largest)
    found: dict[str, list[Cost]] = {}
    with tempfile.TemporaryDirectory() as name:
        articles = Path(name) / "articles.txt"
        articles.write_bytes(b"\f".join(documents))
        with tqdm(total=len(WAYS) * len(sizes), desc="growth", disable=None) as bar:
            for way, code in WAYS.items():
                for size in sizes:
                    found.setdefault(way, []).append(_measured(code, size, model, articles, Path(name) / "seconds.txt"))
                    bar.update()
    rows = [
        [f"{size:,}", *(cell for way in WAYS for cell in (f"{found[way][i].cpu:.2f}", f"{found[way][i].megabytes:.0f}"))]
        for i, size in enumerate(sizes)
    ]
    if len(sizes) > 1:
        fits = [exponent(sizes, [getattr(c, of) for c in found[way]]) for way in WAYS for of in ("cpu", "megabytes")]
        rows.append(["fitted exponent", *(f"{fit:.3f}" for fit in fits)])
    if picture is not None:
        _draw(sizes, found, picture)
    return markdown_table(("sentences", *(f"{way}, {unit}" for way in WAYS for unit in ("CPU s", "peak MB"))), rows)


def _draw(sizes: Sequence[int], found: dict[str, list[Cost]], path: Path) -> None:
    import matplotlib as mpl

    mpl.use("Agg")
    from matplotlib import pyplot as plt

    figure, (time, memory) = plt.subplots(1, 2, figsize=(9, 3.6), layout="constrained")
    for way, costs in found.items():
        for axes, values in ((time, [c.cpu for c in costs]), (memory, [c.megabytes for c in costs])):
            fit = f", exponent {exponent(sizes, values):.2f}" if len(sizes) > 1 else ""
            axes.loglog(sizes, values, marker="o", label=way + fit)
    for axes, title in ((time, "CPU seconds"), (memory, "peak memory, MB")):
        axes.set_title(title, loc="left", fontsize=11)
        axes.set_xlabel("sentences")
        axes.grid(visible=True, alpha=0.3)
        axes.legend(frameon=False)
    memory.set_ylim(bottom=10)
    figure.savefig(path, dpi=150)
    plt.close(figure)
