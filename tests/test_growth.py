"""Hostile text costs no more per character than other text.

Time is not measured here (``benchmarks/growth_hostile.py`` does): what the code does is counted instead,
lines run and bytes held, which are the same on every machine. What the regular expression engine does is
not counted, so expressions are held to a form that cannot backtrack without end.
"""

from __future__ import annotations

import importlib
import pkgutil
import re
import sys
import tracemalloc
from collections.abc import Callable
from types import FrameType
from typing import Any

import pytest

import framing
from framing.clean import clean
from framing.decode import decode
from framing.segment import Segmenter
from framing.sentences import split

if sys.version_info >= (3, 11):
    from re import _constants as constants
    from re import _parser as parser
else:
    import sre_constants as constants
    import sre_parse as parser

# Expressions with a repetition in a repetition, and why they still take one way through any text.
NESTED = {"framing.segment._OTHER": "each round of the outer repetition begins with a mark that the inner one cannot match"}
REPEATS = [getattr(constants, name) for name in ("MAX_REPEAT", "MIN_REPEAT", "POSSESSIVE_REPEAT") if hasattr(constants, name)]
MANY = 1000


def expressions() -> dict[str, re.Pattern[str]]:
    """Return every regular expression that a module of the package holds."""
    found = {}
    for module in pkgutil.walk_packages(framing.__path__, "framing."):
        if not module.name.endswith("__main__"):
            for name, value in vars(importlib.import_module(module.name)).items():
                if isinstance(value, re.Pattern):
                    found[f"{module.name}.{name}"] = value
    return found


def nesting(tree: Any) -> int:
    """Count how deep repetitions of any length stand in one another."""
    deepest = 0
    for operator, argument in tree:
        below = 0
        if operator in REPEATS:
            below = nesting(argument[2]) + (argument[1] > MANY)
        elif operator is constants.SUBPATTERN:
            below = nesting(argument[3])
        elif operator is constants.BRANCH:
            below = max(map(nesting, argument[1]))
        elif operator in (constants.ASSERT, constants.ASSERT_NOT):
            below = nesting(argument[1])
        deepest = max(deepest, below)
    return deepest


@pytest.mark.parametrize(
    ("pattern", "depth"), [("a", 0), ("a{2,9}", 0), ("a+b*", 1), ("(?:a+)*", 2), ("(?=(a|b+){2,})", 2), ("(?:a{1,9})*", 1), ("((a*)*)*", 3)]
)
def test_nesting_is_counted(pattern: str, depth: int) -> None:
    assert nesting(parser.parse(pattern)) == depth


def test_no_expression_repeats_a_repetition() -> None:
    found = expressions()
    assert len(found) > 30
    assert {name for name, p in found.items() if nesting(parser.parse(p.pattern, p.flags)) > 1} <= set(NESTED)


PIECES = [
    *("销量增长", "销量，", "。", "新车上市。", "“", "“好”", "“好。”", "（「『", "（「）」", '"好。', "《。》", "他说：“", "”他说"),
    *("态(ta", "态(tài)", "&amp", "&#8203;", "&amp;amp;", "<", "<b ", "<!-- ", "<b>好</b>", "<p>", ".", ". ", "…", "1", "3.5", "a", "a-"),
    *(
        " ",
        "新 ",
        "\n",
        "新车\n",
        "公司表示这款产品的算力是上一代的三倍而功耗只有一半\n",
        "\r",
        "新\u200b",
        "\u0301",
        "\ud800",
        "鞐嗗憳",
        "本文由",
    ),
]
PACKAGE = framing.__path__[0]


def lines_run(run: Callable[[str], object], text: str) -> int:
    """Count the lines of the package that are run."""
    count = 0

    def trace(frame: FrameType, event: str, _: Any) -> Any:
        nonlocal count
        if not frame.f_code.co_filename.startswith(PACKAGE):
            return None
        count += event == "line"
        return trace

    before = sys.gettrace()
    sys.settrace(trace)
    try:
        run(text)
    finally:
        sys.settrace(before)
    return count


def bytes_held(run: Callable[[str], object], text: str) -> int:
    tracemalloc.start()
    try:
        run(text)
        return tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()


def rooms() -> dict[str, Callable[[str], object]]:
    segmenter = Segmenter({"软体": "软件"}, "rjieba")
    return {
        "decode": lambda text: decode(text.encode("utf-8", "replace")),
        "clean": clean,
        "sentences": lambda text: split(clean(text)),
        "segment": lambda text: segmenter.segment([text]),
    }


SMALL, FACTOR = 200, 8
# Twice as much per character as at the small size is far from what a loop in a loop would cost.
BOUND = 2 * FACTOR


@pytest.mark.parametrize("room", ["decode", "clean", "sentences", "segment"])
def test_work_grows_with_the_text(room: str) -> None:
    run = rooms()[room]
    for piece in PIECES:
        run(piece)
        small, large = (lines_run(run, piece * count) for count in (SMALL, SMALL * FACTOR))
        assert large <= BOUND * max(small, 50), piece


@pytest.mark.parametrize("room", ["decode", "clean", "sentences", "segment"])
def test_memory_grows_with_the_text(room: str) -> None:
    run = rooms()[room]
    for piece in PIECES:
        run(piece * SMALL)
        small, large = (bytes_held(run, piece * count) for count in (SMALL, SMALL * FACTOR))
        assert large <= BOUND * max(small, 20_000), piece
