"""Read the cue lists and find their entries in canonical text.

One trie holds every entry of every list, so a text is read once whatever the number of entries. An
entry may carry a polarity grade, a functional class, a class of its own for words whose stance
depends on the context, and a strength per topic. Discontinuous constructions (与其…不如) are two or
three parts found by the same trie and joined when the gaps allow it.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from importlib import resources
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from framing.errors import LexiconError
from framing.records import TOPICS
from framing.segment import Tokens, fold
from framing.trie import Trie

if TYPE_CHECKING:  # Python 3.10 has it elsewhere
    from importlib.resources.abc import Traversable

__all__ = ["MAX_GAP", "Construction", "Lexicon", "Matcher", "Matches", "load_lexicon", "read_table"]

MAX_GAP = 12
"""Most characters between two parts of a construction."""

_MOST_PARTS = 3

# More than any text has characters: start * _WIDTH - end sorts by start, then by falling end.
_WIDTH = 1 << 31

IntArray = NDArray[np.int64]
FloatArray = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Construction:
    """Hold a discontinuous construction: its parts in order, its class and its grade (−3 to 3)."""

    parts: tuple[str, ...]
    kind: str
    grade: float

    @property
    def name(self) -> str:
        """Give the construction as it is written in the lexicon."""
        return "…".join(self.parts)


@dataclass(frozen=True)
class Lexicon:
    """Hold the cue lists as plain data; keys are canonical (Simplified, half-width, small letters).

    ``words`` and ``phrases`` map an expression to its grade, −3 (skepticism) to 3 (praise); a grade
    may be a mean of two readings. ``functional`` maps an expression to its class, ``ambiguous`` one
    whose stance depends on the context to a class of its own, ``topics`` a topic to the strengths of
    its vocabulary (1 to 3), and ``regional`` a regional term to the mainland one.
    """

    words: Mapping[str, float] = field(default_factory=dict)
    phrases: Mapping[str, float] = field(default_factory=dict)
    functional: Mapping[str, str] = field(default_factory=dict)
    ambiguous: Mapping[str, str] = field(default_factory=dict)
    topics: Mapping[str, Mapping[str, float]] = field(default_factory=dict)
    constructions: Sequence[Construction] = ()
    regional: Mapping[str, str] = field(default_factory=dict)

    def to_data(self) -> dict[str, object]:
        """Give the lexicon as JSON-ready data, the form in which a model keeps it."""
        return {
            "words": dict(sorted(self.words.items())),
            "phrases": dict(sorted(self.phrases.items())),
            "functional": dict(sorted(self.functional.items())),
            "ambiguous": dict(sorted(self.ambiguous.items())),
            "topics": {t: dict(sorted(v.items())) for t, v in self.topics.items()},
            "constructions": [[*c.parts, c.kind, c.grade] for c in self.constructions],
            "regional": dict(sorted(self.regional.items())),
        }

    @classmethod
    def from_data(cls, data: Mapping[str, object]) -> Lexicon:
        """Rebuild a lexicon from ``to_data``; raise ``LexiconError`` where the data has another shape."""
        try:
            rows = data["constructions"]
            assert isinstance(rows, list)  # noqa: S101 - narrows for the type checker, caught below
            return cls(
                words=_grades(data["words"]),
                phrases=_grades(data["phrases"]),
                functional=_strings(data["functional"]),
                ambiguous=_strings(data["ambiguous"]),
                topics={str(t): _grades(v) for t, v in _mapping(data["topics"]).items()},
                constructions=[_construction(r) for r in rows],
                regional=_strings(data["regional"]),
            )
        except (KeyError, TypeError, ValueError, AssertionError, IndexError, OverflowError) as error:
            raise LexiconError(f"the lexicon has another shape than this version reads ({error!r})") from None


def _mapping(value: object) -> dict[object, object]:
    if not isinstance(value, dict):
        raise TypeError("not a mapping")
    return value


def _grades(value: object) -> dict[str, float]:
    # There are few different grades, and tens of thousands of entries.
    known: dict[float, float] = {}
    result = {str(k): known.setdefault(float(v), float(v)) for k, v in _mapping(value).items()}  # type: ignore[arg-type]
    if not all(k and abs(v) <= 100 for k, v in result.items()):
        raise ValueError("a grade out of range or an empty key")
    return result


def _strings(value: object) -> dict[str, str]:
    result = {str(k): str(v) for k, v in _mapping(value).items()}
    if not all(result):
        raise ValueError("an empty key")
    return result


def _construction(row: Sequence[object]) -> Construction:
    *parts, kind, grade = row
    result = Construction(tuple(map(str, parts)), str(kind), float(grade))  # type: ignore[arg-type]
    if len(result.parts) not in (2, 3) or not all(result.parts) or not abs(result.grade) <= 100:
        raise ValueError("a construction needs two or three parts and a grade in range")
    return result


def read_table(path: Path | Traversable, columns: int) -> list[tuple[str, ...]]:
    """Read a lexicon file: UTF-8, TAB between columns, ``#`` lines and blank lines skipped.

    Raises:
        LexiconError: a line has another number of columns; the message names file and line.
    """
    rows = []
    try:
        text = path.read_text("utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise LexiconError(f"{path}: cannot be read as UTF-8 text ({error})") from None
    for number, line in enumerate(text.splitlines(), 1):
        if not line.strip() or line.startswith("#"):
            continue
        cells = tuple(c.strip() for c in line.split("\t"))
        if len(cells) != columns or not all(cells):
            raise LexiconError(f"{path}:{number}: {len(cells)} columns where {columns} are needed, separated by TAB")
        rows.append(cells)
    return rows


class _Canonical:
    """Bring expressions into the form that the segmenter gives text: script, case and regional terms."""

    def __init__(self, regional: Mapping[str, str]) -> None:
        self.regional = regional
        self._pattern = re.compile("|".join(map(re.escape, sorted(regional, key=len, reverse=True)))) if regional else None

    def __call__(self, expression: str) -> str:
        text = fold(expression)
        return self._pattern.sub(lambda m: self.regional[m[0]], text) if self._pattern else text


def _graded(path: Path | Traversable, canonical: Callable[[str], str]) -> dict[str, float]:
    result = {}
    for number, (expression, grade) in enumerate(read_table(path, 2), 1):
        try:
            value = float(grade)
        except ValueError:
            raise LexiconError(f"{path}: entry {number}: {grade!r} is not a number") from None
        if not -3 <= value <= 3:
            raise LexiconError(f"{path}: entry {number}: grade {grade} is outside -3 to 3")
        result[canonical(expression)] = value
    return result


def load_lexicon(folder: Path | None = None, extra: Sequence[Path] = (), topics: Sequence[str] = TOPICS) -> Lexicon:
    """Read the shipped cue lists, or those of ``folder``, and lay files of the user's over them.

    Args:
        folder: a folder with the files of ``framing/data/lexicon``; the shipped one by default.
        extra: further files of ``expression TAB grade`` lines; they override shipped grades.
        topics: topics whose vocabulary ``topic_<name>.tsv`` is read.

    Raises:
        LexiconError: a file is missing or breaks its format.
    """
    base: Path | Traversable = folder if folder is not None else resources.files("framing") / "data" / "lexicon"
    regional = {fold(e): fold(k) for e, k in read_table(base / "regional.tsv", 2)}
    canonical = _Canonical(regional)
    phrases = {**_graded(base / "praise.tsv", canonical), **_graded(base / "skepticism.tsv", canonical)}
    for path in extra:
        phrases.update(_graded(path, canonical))
    constructions: dict[tuple[str, ...], Construction] = {}
    for pattern, kind, grade in read_table(base / "constructions.tsv", 3):
        parts = tuple(p for p in canonical(pattern).split("…") if p)
        if len(parts) in (2, 3):
            constructions[parts] = Construction(parts, kind, float(grade))
    return Lexicon(
        words=_graded(base / "polarity.tsv", canonical),
        phrases=phrases,
        functional={canonical(e): k for e, k in read_table(base / "functional.tsv", 2)},
        ambiguous={canonical(e): k for e, k in read_table(base / "ambiguous.tsv", 2)},
        topics={t: _graded(base / f"topic_{t}.tsv", canonical) for t in topics},
        constructions=list(constructions.values()),
        regional=regional,
    )


@dataclass(frozen=True, eq=False)
class Matches:
    """Hold what was found in a batch: parallel arrays of entry, row, start and end (canonical offsets)."""

    entry: IntArray
    row: IntArray
    start: IntArray
    end: IntArray

    def take(self, mask: NDArray[np.bool_] | IntArray) -> Matches:
        """Return the matches that ``mask`` selects."""
        if mask.dtype == np.bool_:
            mask = mask.nonzero()[0]
        return Matches(self.entry[mask], self.row[mask], self.start[mask], self.end[mask])

    def longest(self) -> Matches:
        """Drop each match that lies inside another one; needs the order that ``Matcher.find`` gives."""
        if not len(self.entry):
            return self
        new = np.ones(len(self.end), np.bool_)
        np.greater(self.end[1:], np.maximum.accumulate(self.end)[:-1], out=new[1:])
        return self.take(new)


class Matcher:
    """Find the entries of a lexicon in tokens; built once per model.

    Attributes:
        names: the expression of each entry.
        grade: polarity grade per entry, 0 for none.
        kind: functional or own class per entry as an index into ``kinds``, −1 for none.
        topic: strengths per entry and topic, shape ``(entries, topics)``.
    """

    def __init__(self, lexicon: Lexicon) -> None:
        self.lexicon = lexicon
        self.topics = tuple(lexicon.topics)
        grades = {**lexicon.words, **lexicon.phrases}
        for expression in lexicon.ambiguous:
            grades.pop(expression, None)
        kinds = {**lexicon.functional, **{k: f"ambiguous:{v}" for k, v in lexicon.ambiguous.items()}}
        parts = {p for c in lexicon.constructions for p in c.parts}
        self.names = sorted({*grades, *kinds, *parts, *chain.from_iterable(lexicon.topics.values())})
        index = {name: i for i, name in enumerate(self.names)}
        self.kinds = sorted(set(kinds.values()))
        kind_index = {name: i for i, name in enumerate(self.kinds)}

        def places(names: Iterable[str]) -> IntArray:
            return np.fromiter(map(index.__getitem__, names), np.int64)

        self.grade = np.zeros(len(self.names))
        self.grade[places(grades)] = list(grades.values())
        self.kind = np.full(len(self.names), -1, np.int64)
        self.kind[places(kinds)] = [kind_index[k] for k in kinds.values()]
        # Its columns are used one by one.
        self.topic = np.zeros((len(self.names), len(self.topics)), order="F")
        for number, strengths in enumerate(lexicon.topics.values()):
            self.topic[places(strengths), number] = list(strengths.values())
        # Entries of one or two characters must coincide with tokens (度高 is not in 高度高兴), and so must
        # Latin ones (app is not in happy).
        self._aligned = np.array([len(n) <= 2 or n[0].isascii() or n[-1].isascii() for n in self.names], np.bool_)
        self._build_constructions(index)

    def _build_constructions(self, index: Mapping[str, int]) -> None:
        """Number parts, and choose for each construction the part that the fewest others share as its anchor."""
        constructions = self.lexicon.constructions
        self.construction_grade = np.array([c.grade for c in constructions], np.float64)
        shared = Counter(p for c in constructions for p in c.parts)
        self._parts = np.full((len(constructions), 2 * _MOST_PARTS - 1), -1, np.int64)
        self._anchor = np.zeros(len(constructions), np.int64)
        by_anchor: dict[int, list[int]] = {}
        for number, construction in enumerate(constructions):
            parts = [index[p] for p in construction.parts]
            self._parts[number, : len(parts)] = parts
            anchor = min(range(len(parts)), key=lambda i: (shared[construction.parts[i]], -len(construction.parts[i]), i))
            self._anchor[number] = anchor
            by_anchor.setdefault(parts[anchor], []).append(number)
        self._part_at = np.ascontiguousarray(self._parts[:, :_MOST_PARTS].T)
        self._is_part = np.zeros(len(self.names), np.bool_)
        self._is_part[self._parts[self._parts >= 0]] = True
        counts = np.zeros(len(self.names) + 1, np.int64)
        for entry, numbers in by_anchor.items():
            counts[entry + 1] = len(numbers)
        self._use_ptr = np.cumsum(counts)
        self._uses = np.array([n for e in sorted(by_anchor) for n in by_anchor[e]], np.int64)

    @cached_property
    def _trie(self) -> Trie:
        return Trie(self.names)

    @cached_property
    def _lengths(self) -> IntArray:
        return np.fromiter(map(len, self.names), np.int64, len(self.names))

    def find(self, tokens: Tokens) -> Matches:
        """Find all entries, overlapping ones included, in order of their starts, longer ones first."""
        entry, start, end = self._trie.find(tokens.points)
        boundary = np.zeros(len(tokens.text) + 1, np.bool_)
        boundary[tokens.starts] = True
        keep = (~self._aligned[entry] | (boundary[start] & boundary[end])).nonzero()[0]
        entry, start, end = entry[keep], start[keep], end[keep]
        order = np.argsort(start * _WIDTH - end, kind="stable")
        entry, start, end = entry[order], start[order], end[order]
        return Matches(entry, tokens.row_of[start], start, end)

    def find_constructions(self, matches: Matches) -> Matches:
        """Join parts into constructions; ``entry`` of the result numbers the lexicon's constructions.

        A part may begin at most ``MAX_GAP`` characters after the end of the part before it.
        """
        matches = matches.take(self._is_part[matches.entry])
        counts = self._use_ptr[matches.entry + 1] - self._use_ptr[matches.entry]
        which = np.repeat(np.arange(len(matches.entry)), counts)
        offset = np.arange(len(which)) - np.repeat(np.cumsum(counts) - counts, counts)
        number = self._uses[self._use_ptr[matches.entry[which]] + offset]
        # Most constructions lack a part in the whole batch; the last place stands for no part.
        present = np.zeros(len(self.names) + 1, np.bool_)
        present[matches.entry] = present[-1] = True
        whole = np.logical_and.reduce([present.take(part.take(number)) for part in self._part_at]).nonzero()[0]
        which, number = which[whole], number[whole]
        row, start, end = matches.row[which], matches.start[which], matches.end[which]
        found = Matches(number, row, start, end)
        if not len(which):
            return found
        ordered = matches.take(np.argsort(matches.entry, kind="stable"))
        keys = ordered.entry * _WIDTH + ordered.start
        for step in range(1, _MOST_PARTS):
            found = self._extend(found, ordered, keys, step)
            found = self._extend(found, ordered, keys, -step)
        return found.take(np.argsort(found.start * _WIDTH + found.entry, kind="stable"))

    def _extend(self, found: Matches, ordered: Matches, keys: IntArray, step: int) -> Matches:
        """Add the part ``step`` places from the anchor, where a construction has one, or drop the candidate."""
        place = self._anchor[found.entry] + step
        # Places before the first part (−1 and −2) and beyond the last one lead to columns without parts.
        part = self._parts[found.entry, place]
        wanted = part >= 0
        if not wanted.any():
            return found
        if step > 0:
            low = found.end
            at = np.searchsorted(keys, part * _WIDTH + low)
        else:
            low = found.start - self._lengths[part] - MAX_GAP
            at = np.searchsorted(keys, part * _WIDTH + low + MAX_GAP, side="right") - 1
        at = np.minimum(np.maximum(at, 0), len(keys) - 1)
        fits = (ordered.entry[at] == part) & (ordered.row[at] == found.row)
        fits &= (ordered.start[at] >= low) & (ordered.start[at] <= low + MAX_GAP)
        start = np.where(wanted & (step < 0), ordered.start[at], found.start)
        end = np.where(wanted & (step > 0), ordered.end[at], found.end)
        return Matches(found.entry, found.row, start, end).take(fits | ~wanted)
