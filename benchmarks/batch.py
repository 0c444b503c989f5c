"""Measure `framing batch` on a large corpus: rate, memory, overhead, and the second run.

The articles are those of `corpus.py`.

    python benchmarks/batch.py --articles 100000

prints the figures as JSON. Needs psutil, and some 3 GB of disk for 100,000 articles.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import batch_overhead
import psutil
from corpus import corpus


def memory(process: psutil.Process) -> int:
    """Return the resident memory of a process and its descendants in bytes."""
    total = 0
    for one in [process, *process.children(recursive=True)]:
        try:
            total += one.memory_info().rss
        except psutil.NoSuchProcess:
            continue
    return total


def events(process: subprocess.Popen[str]) -> Iterator[dict[str, float]]:
    """Yield the events of a run's JSON log."""
    if process.stderr is not None:
        yield from map(json.loads, process.stderr)


def batch(table: Path, out: Path, jobs: int, *options: str) -> dict[str, float]:
    """Run the command and return its summary, with its peak memory in MB."""
    line = [sys.executable, "-m", "framing", "batch", str(table), "-o", str(out), "--jobs", str(jobs), "--log", "json", *options]
    process = subprocess.Popen(line, stderr=subprocess.PIPE, text=True)
    watched = psutil.Process(process.pid)
    peak = 0
    summary: dict[str, float] = {}
    for event in events(process):
        # Every partition writes an event, which is often enough to see the peak.
        peak = max(peak, memory(watched))
        summary = event
    if process.wait() != 0:
        raise SystemExit(f"{' '.join(line)} failed: {summary}")
    return {**summary, "megabytes": peak / 1e6}


def overhead(articles: int, rounds: int, folder: Path) -> dict[str, float]:
    """Measure one job against the library with each segmenter; see `batch_overhead.py`."""
    result: dict[str, float] = {}
    for engine in batch_overhead.engines():
        found = batch_overhead.measured_apart(engine, articles, rounds, folder)
        result.update({f"{name}_with_{engine}": value for name, value in found["figures"].items()})  # type: ignore[attr-defined]
    return result


def main() -> None:
    """Make the corpus, run everything, print the figures."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--articles", type=int, default=100_000)
    parser.add_argument("--overhead-articles", type=int, default=4000, help="articles on which one job is held against the library")
    parser.add_argument("--rounds", type=int, default=5, help="rounds of that")
    parser.add_argument("--folder", type=Path, help="where to work, instead of a temporary folder")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory(dir=arguments.folder) as name:
        folder = Path(name)
        small, large = folder / "small.jsonl", folder / "large.jsonl"
        corpus(small, arguments.articles // 10)
        size = corpus(large, arguments.articles)
        added = overhead(arguments.overhead_articles, arguments.rounds, folder)
        one = batch(small, folder / "one", 1)
        two = batch(small, folder / "two", 2)
        whole = batch(large, folder / "whole", 2)
        again = batch(large, folder / "whole", 2, "--incremental")
    figures = {
        "articles": whole["articles"],
        "sentences": whole["sentences"],
        "corpus_megabytes": size / 1e6,
        "batch_1_job_sentences_per_second": one["sentences"] / one["seconds"],
        "batch_2_jobs_sentences_per_second": two["sentences"] / two["seconds"],
        "ratio_2_jobs_to_1": one["seconds"] / two["seconds"],
        **added,
        "peak_megabytes_1x": two["megabytes"],
        "peak_megabytes_10x": whole["megabytes"],
        "memory_ratio": whole["megabytes"] / two["megabytes"],
        "seconds_first_run": whole["seconds"],
        "seconds_incremental_run": again["seconds"],
        "incremental_share": again["seconds"] / whole["seconds"],
        "scored_again": again["scored"],
    }
    print(json.dumps({k: round(v, 3) for k, v in figures.items()}, indent=2))


if __name__ == "__main__":
    main()
