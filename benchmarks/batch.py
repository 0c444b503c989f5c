"""Measure `framing batch` on a large corpus: rate, memory, overhead, and the second run.

The corpus is made from the sentences of `labels/`: shuffled, ten to an article, with noise (numbers
changed, a character doubled or dropped now and then), so that no two articles are alike.

    python benchmarks/batch.py --articles 100000

prints the figures as JSON. Needs psutil, and some 3 GB of disk for 100,000 articles.
"""

from __future__ import annotations

import argparse
import json
import random
import re
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import psutil

SENTENCES = 10
LABELS = Path(__file__).parents[1] / "labels"


def own_sentences() -> list[str]:
    """Return the texts of all label files."""
    files = sorted(LABELS.rglob("*.jsonl"))
    return [json.loads(line)["text"] for file in files for line in file.read_text(encoding="utf-8").splitlines()]


def noisy(text: str, chooser: random.Random) -> str:
    """Change digits, and sometimes double or drop a character."""
    text = re.sub(r"\d", lambda _: str(chooser.randrange(10)), text)
    if chooser.random() < 0.1 and len(text) > 4:
        at = chooser.randrange(len(text) - 1)
        text = text[:at] + chooser.choice(("", text[at] * 2)) + text[at + 1 :]
    return text


def corpus(path: Path, articles: int) -> int:
    """Write a table of articles and return its size in bytes; a longer one begins like a shorter one."""
    chooser = random.Random(5)
    sentences = own_sentences()
    with path.open("w", encoding="utf-8") as file:
        for number in range(articles):
            body = "\n".join(noisy(chooser.choice(sentences), chooser) for _ in range(SENTENCES))
            file.write(json.dumps({"id": number, "text": body}, ensure_ascii=False) + "\n")
    return path.stat().st_size


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
    """Run the command and return its summary, with its wall time and peak memory in MB."""
    line = [sys.executable, "-m", "framing", "batch", str(table), "-o", str(out), "--jobs", str(jobs), "--log", "json", *options]
    begun = time.monotonic()
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
    return {**summary, "wall": time.monotonic() - begun, "megabytes": peak / 1e6}


def overhead(articles: int, rounds: int, folder: Path) -> dict[str, float]:
    """Measure one job against the library with each segmenter; see `batch_overhead.py`."""
    import batch_overhead

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
