"""Measure how time and memory grow with text that is made to be slow, room by room.

    python benchmarks/growth_hostile.py
    python benchmarks/growth_hostile.py --write docs/testing.md

Each text is a short piece repeated. It is given to each room at sizes that double; the exponent is the
slope of log(CPU time), or of log(peak memory), over log(size). 1 is linear, 2 quadratic. A regular
expression that backtracks, or a loop within a loop, shows as an exponent towards 2. CPU time is the least
of several runs, so that other programs on the machine count for little.

Every regular expression of the package is searched for in the same texts, and in runs of the characters
that it itself mentions.
"""

from __future__ import annotations

import argparse
import importlib
import math
import pkgutil
import re
import statistics
import sys
import time
import tracemalloc
import warnings
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from sections import markdown_table, write_section

import framing
from framing.analysis import load_model, score
from framing.clean import clean
from framing.decode import decode
from framing.sentences import split

__all__ = ["PIECES", "Growth", "exponent", "expressions", "main", "measure_rooms"]

PIECES: dict[str, str] = {
    "one long line without stops": "销量增长",
    "commas only": "销量，",
    "full stops only": "。",
    "short sentences": "新车上市。",
    "opening quotation marks": "“",
    "pairs of quotation marks": "“好”",
    "a stop in each quotation": "“好。”",
    "nested brackets": "（「『",
    "crossed brackets": "（「）」",
    "straight quotation marks": '"好。',
    "almost pinyin notes": "态(ta",
    "pinyin notes": "态(tài)",
    "almost entities": "&amp",
    "entities": "&#8203;",
    "entities in entities": "&amp;amp;",
    "less-than signs": "<",
    "almost tags": "<b ",
    "almost comments": "<!-- ",
    "tags": "<b>好</b>",
    "dots": ".",
    "spaced dots": ". ",
    "ellipses": "…",
    "digits": "1",
    "decimals": "3.5",
    "Latin letters": "a",
    "hyphenated letters": "a-",
    "blanks": " ",
    "blanks between characters": "新 ",
    "line feeds": "\n",
    "short lines": "新车\n",
    "lines of full width": "公司表示这款产品的算力是上一代的三倍而功耗只有一半\n",
    "carriage returns": "\r",
    "zero-width spaces": "新\u200b",
    "accents": "\u0301",
    "half surrogates": "\ud800",
    "rare characters": "鞐嗗憳",
    "speaking verbs": "他说",
    "disclaimers": "本文由",
    "risk notices": "不构成",
    "cue words": "领先质疑",
    "regional terms": "軟體資訊",
}
"""What each hostile text repeats."""


@dataclass(frozen=True)
class Growth:
    """Hold how one measure grows for one text: the exponent, and the measure at the largest size."""

    room: str
    piece: str
    exponent: float
    largest: float


def exponent(sizes: Sequence[int], values: Sequence[float]) -> float:
    """Return the slope of log(value) over log(size) by least squares."""
    x, y = [math.log(s) for s in sizes], [math.log(max(v, 1e-9)) for v in values]
    return statistics.linear_regression(x, y).slope


def _cpu(run: Callable[[], object], rounds: int) -> float:
    best = math.inf
    for _ in range(rounds):
        begun = time.process_time()
        run()
        best = min(best, time.process_time() - begun)
    return best


def _peak(run: Callable[[], object]) -> float:
    tracemalloc.start()
    try:
        run()
        return float(tracemalloc.get_traced_memory()[1])
    finally:
        tracemalloc.stop()


def _rooms() -> dict[str, Callable[[str], object]]:
    model = load_model()
    segmenter = model.segmenter
    segmenter.segment(["预热"])
    return {
        "decode": lambda text: decode(text.encode("utf-8", "replace")),
        "clean": clean,
        "sentences": lambda text: split(clean(text)),
        "segment": lambda text: segmenter.segment([text]),
        "score": lambda text: score(text, model),
    }


def measure_rooms(sizes: Sequence[int], rounds: int, pieces: dict[str, str]) -> Iterator[tuple[Growth, Growth]]:
    """Yield the growth of CPU time (seconds) and of peak memory (bytes) for each room and text."""
    for room, run in _rooms().items():
        for name, piece in pieces.items():
            texts = [piece * max(1, size // len(piece)) for size in sizes]
            run(texts[0])
            seconds = [_cpu(partial(run, text), rounds) for text in texts]
            memory = [_peak(partial(run, text)) for text in texts]
            yield Growth(room, name, exponent(sizes, seconds), seconds[-1]), Growth(room, name, exponent(sizes, memory), memory[-1])


def expressions() -> dict[str, re.Pattern[str]]:
    """Return every regular expression that a module of the package holds, by module and name."""
    found = {}
    for module in pkgutil.walk_packages(framing.__path__, "framing."):
        if module.name.endswith("__main__"):
            continue
        for name, value in vars(importlib.import_module(module.name)).items():
            if isinstance(value, re.Pattern) and isinstance(value.pattern, str):
                found[f"{module.name}.{name}"] = value
    return found


def _pumps(pattern: str) -> list[str]:
    """Return pieces to repeat: each plain character of the expression, next to one that it does not mention."""
    characters = sorted({c for c in re.sub(r"\\.", "", pattern) if c.isalnum() or c in " \n<&(（“\"'.,"})[:12]
    return [*characters, *(c + "\x01" for c in characters[:4])]


# What is only ever held against a whole string begins at one place; a search would begin at each.
_WHOLE = {"framing.gate._LIMIT", "framing.gate._MOVE"}


def _search(pattern: re.Pattern[str], text: str) -> None:
    for _ in pattern.finditer(text):
        pass


def _compare(pattern: re.Pattern[str], text: str) -> None:
    pattern.fullmatch(text)


def measure_expressions(sizes: Sequence[int], rounds: int) -> Iterator[Growth]:
    """Yield the growth of CPU time for each expression, for the text that is worst for it."""
    for name, pattern in expressions().items():
        apply = _compare if name in _WHOLE else _search
        worst = Growth(name, "", 0.0, 0.0)
        for piece in {*PIECES.values(), *_pumps(pattern.pattern)}:
            texts = [piece * max(1, size // len(piece)) + "\x02" for size in sizes]
            seconds = [_cpu(partial(apply, pattern, text), rounds) for text in texts]
            # What takes no time at all has no slope worth speaking of.
            if seconds[-1] > _NOISE:
                found = Growth(name, piece, exponent(sizes, seconds), seconds[-1])
                worst = max(worst, found, key=lambda g: g.exponent)
        yield worst


_NOISE = 0.002
_WORST = 5


def _table(title: str, unit: str, growths: Sequence[Growth], scale: float) -> str:
    rows = [
        (g.room, ascii(g.piece)[1:-1] if "framing." in g.room else g.piece, f"{g.exponent:.2f}", f"{g.largest * scale:,.1f}")
        for g in growths
    ]
    return f"{title}\n\n" + markdown_table(("room", "text", "exponent", unit), rows)


def _worst(growths: Sequence[Growth], count: int) -> list[Growth]:
    return sorted(growths, key=lambda g: -g.exponent)[:count]


def report(sizes: Sequence[int], rounds: int, pieces: dict[str, str]) -> str:
    """Measure everything and return the tables."""
    times, memories = zip(*measure_rooms(sizes, rounds, pieces), strict=True)
    rooms = list(dict.fromkeys(g.room for g in times))
    slowest = [g for room in rooms for g in _worst([t for t in times if t.room == room and t.largest > _NOISE], 2)]
    largest = [g for room in rooms for g in _worst([m for m in memories if m.room == room], 1)]
    found = list(measure_expressions(sizes, rounds))
    parts = [
        f"{len(pieces)} texts in {len(rooms)} rooms and {len(found)} regular expressions, from {sizes[0]:,} to {sizes[-1]:,} characters.",
        _table("Time: the two worst texts of each room.", "ms at the largest size", slowest, 1000),
        _table("Memory: the worst text of each room.", "MB at the largest size", largest, 1e-6),
        _table("Regular expressions: the worst.", "ms at the largest size", _worst(found, _WORST), 1000),
    ]
    return "\n\n".join(part.rstrip("\n") for part in parts) + "\n"


def main(arguments: Sequence[str] | None = None) -> None:
    """Print the tables, or write them into the documentation."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n", maxsplit=1)[0])
    parser.add_argument("--smallest", type=int, default=8_000, help="characters of the smallest text (default 8000)")
    parser.add_argument("--doublings", type=int, default=3, help="how often the size doubles (default 3)")
    parser.add_argument("--rounds", type=int, default=3, help="runs of which the fastest counts (default 3)")
    parser.add_argument("--only", help="one text, by its name")
    parser.add_argument("--write", type=Path, help="put the tables into a section of this file instead of printing them")
    options = parser.parse_args(arguments)
    warnings.simplefilter("ignore")
    sizes = [options.smallest << k for k in range(options.doublings + 1)]
    pieces = {options.only: PIECES[options.only]} if options.only else PIECES
    text = report(sizes, options.rounds, pieces)
    if options.write is None:
        sys.stdout.write(text)
    else:
        write_section(options.write, "hostile growth", text)


if __name__ == "__main__":
    main()
