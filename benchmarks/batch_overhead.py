"""Measure what `framing batch` adds to the model: one job against the library over the same articles.

    python benchmarks/batch_overhead.py --articles 4000 --rounds 5

Three sides take turns in one process, round after round: `framing.score` in a loop, and
`framing.analysis.score_many`, which both get the texts from memory and keep nothing, and a whole run of
`framing.batch` with one job, from a table on disk to the finished folder. Ratios are taken within a
round. Loading Python and the model is in none of them. With rjieba installed, everything is measured
with each segmenter, in processes of their own.
"""

from __future__ import annotations

import argparse
import importlib.util
import json
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable
from functools import partial
from pathlib import Path

from corpus import corpus
from measuring import Cost, Rounds, cost_of, interleaved, median, ratio_cells, ratios
from sections import markdown_table, write_section

SIDES = {
    "score_many": "`framing.analysis.score_many`, which keeps nothing",
    "score": "`framing.score` in a loop, which keeps nothing",
    "batch": "`framing batch`, one job",
}


def sides(table: Path, out: Path) -> tuple[int, dict[str, Callable[[], Cost]]]:
    """Return the number of sentences of a table, and the ways to score it."""
    import framing
    from framing.analysis import score_many
    from framing.batch import BatchConfig, run

    model = framing.load_model()
    texts = [json.loads(line)["text"] for line in table.read_text("utf-8").splitlines()]

    def many() -> int:
        return sum(len(score.sentences) for score in score_many(texts, model))

    def loop() -> int:
        return sum(len(framing.score(text, model).sentences) for text in texts)

    def batch() -> Cost:
        shutil.rmtree(out, ignore_errors=True)
        return cost_of(partial(run, [str(table)], out, BatchConfig(jobs=1)))

    return many(), {"score_many": partial(cost_of, many), "score": partial(cost_of, loop), "batch": batch}


def figures(rounds: Rounds, sentences: int) -> dict[str, float]:
    """Return the ratios of a batch to both ways of the library, and the cost of a sentence in µs."""
    costs = {f"{name}_cpu_us_per_sentence": 1e6 * median(rounds, name, "cpu") / sentences for name in SIDES}
    middles = {
        f"batch_over_{name}_{clock}": ratios(rounds, "batch", name, clock)[1]
        for name in ("score_many", "score")
        for clock in ("cpu", "wall")
    }
    return {**middles, **costs}


def rows(engine: str, rounds: Rounds, sentences: int) -> list[list[str]]:
    """Return a row of the table for each side."""
    return [
        [f"{SIDES[name]}, with {engine}", f"{1e6 * median(rounds, name, 'cpu') / sentences:.0f}", *ratio_cells(rounds, name, "score_many")]
        for name in SIDES
    ]


def measured(engine: str, articles: int, repeats: int, folder: Path | None) -> dict[str, object]:
    """Measure with one segmenter in this process; jieba is used by hiding rjieba."""
    if engine == "jieba":
        sys.modules["rjieba"] = None  # type: ignore[assignment]
    with tempfile.TemporaryDirectory(dir=folder) as name:
        table = Path(name) / "table.jsonl"
        corpus(table, articles)
        sentences, tasks = sides(table, Path(name) / "out")
        rounds = interleaved(tasks, repeats, f"with {engine}")
    return {"sentences": sentences, "figures": figures(rounds, sentences), "rows": rows(engine, rounds, sentences)}


def engines() -> list[str]:
    """Name the segmenters that are installed."""
    return ["jieba", "rjieba"] if importlib.util.find_spec("rjieba") else ["jieba"]


def measured_apart(engine: str, articles: int, repeats: int, folder: Path | None) -> dict[str, object]:
    """Measure with one segmenter in a process of its own."""
    place = [] if folder is None else ["--folder", str(folder)]
    command = [sys.executable, __file__, "--engine", engine, "--articles", str(articles), "--rounds", str(repeats), *place]
    done = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True)
    result: dict[str, object] = json.loads(done.stdout)
    return result


def main() -> None:
    """Measure and print the table, or write it into a page; with one engine, print everything as JSON."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--articles", type=int, default=4000)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--engine", choices=["jieba", "rjieba"], help="measure with this segmenter only and print JSON")
    parser.add_argument("--folder", type=Path, help="where to work, instead of a temporary folder")
    parser.add_argument("--write", type=Path, help="put the table into this page")
    arguments = parser.parse_args()
    if arguments.engine:
        print(json.dumps(measured(arguments.engine, arguments.articles, arguments.rounds, arguments.folder)))
        return
    found = [measured_apart(engine, arguments.articles, arguments.rounds, arguments.folder) for engine in engines()]
    header = ["", "CPU µs/sentence", "ratio of CPU (quartiles)", "ratio of wall (quartiles)"]
    text = f"{arguments.articles:,} articles, {found[0]['sentences']:,} sentences; {arguments.rounds} rounds.\n\n"
    text += markdown_table(header, [row for one in found for row in one["rows"]])  # type: ignore[attr-defined]
    if arguments.write:
        write_section(arguments.write, "overhead", text)
    else:
        print(text)


if __name__ == "__main__":
    main()
