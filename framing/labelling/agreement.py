"""Measure how far independent readings of the same sentences agree, and list where they do not.

Krippendorff's alpha for nominal data is 1 − D_o / D_e, the observed disagreement over the one expected
by chance (Krippendorff, Content Analysis, 4th ed., ch. 12). With n_uc readings of sentence u that give
the value c, and m_u readings of u, where only sentences with m_u ≥ 2 count and n is the sum of m_u,

    D_o = 1/n · Σ_u Σ_c n_uc (m_u − n_uc) / (m_u − 1),    D_e = Σ_c n_c (n − n_c) / (n (n − 1)).

Both are sums over articles, so resampling whole articles (sentences of one article are not independent)
takes one matrix product for all bootstrap samples.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import Any

import numpy as np
from numpy.typing import NDArray

from framing.errors import LabelError
from framing.labelling.files import LABEL_FIELDS, Row, to_example
from framing.records import FRAMES, VOICES

__all__ = ["Agreement", "LabelAgreement", "Unit", "agreement", "disagreement_row", "nominal_alpha", "units_of_files", "units_of_passes"]

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]

_CONFIDENCE = 0.95


@dataclass(frozen=True, slots=True)
class Unit:
    """Hold the readings of one sentence: by the reader's name, each with ``frame``, ``topics`` and ``voice``."""

    row: Row
    readings: Mapping[str, Mapping[str, Any]]

    @property
    def settled(self) -> bool:
        """Tell whether all readings agree in every label."""
        values = [(r["frame"], frozenset(r["topics"]), r["voice"]) for r in self.readings.values()]
        return len(set(values)) == 1


@dataclass(frozen=True, slots=True)
class LabelAgreement:
    """Hold the agreement on one label.

    ``alpha`` is at most 1, 0 by chance; it is ``None``, with its bounds, where only one value was ever
    given. ``low`` and ``high`` bound the 95% bootstrap interval. ``confusion[a][b]`` counts pairs of
    readings, the first reader's value ``a`` and the second's ``b``; ``observed`` is the share that agree.
    """

    label: str
    units: int
    alpha: float | None
    low: float | None
    high: float | None
    observed: float
    confusion: Mapping[str, Mapping[str, int]]


@dataclass(frozen=True, slots=True)
class Agreement:
    """Hold the agreement per label (frame, each topic, voice) and the sentences on which readers differ."""

    readers: tuple[str, ...]
    units: int
    articles: int
    labels: tuple[LabelAgreement, ...]
    disagreements: tuple[Unit, ...]


def units_of_files(files: Mapping[str, Sequence[Row]]) -> list[Unit]:
    """Join label files, one per reader, by the ids of their rows.

    Args:
        files: the rows of each reader, by the reader's name.

    Returns:
        One unit per sentence that at least two readers have labelled, in the order of the files.

    Raises:
        LabelError: an id stands for different sentences, or no sentence has two readings.
    """
    readings: dict[str, dict[str, Mapping[str, Any]]] = {}
    first: dict[str, Row] = {}
    for reader, rows in files.items():
        for row in rows:
            key = str(row.data["id"])
            original = first.setdefault(key, row)
            if original.data["text"] != row.data["text"]:
                raise LabelError(f"{row.origin}: the id {key!r} is another sentence at {original.origin}")
            readings.setdefault(key, {})[reader] = row.data
    return _at_least_two([Unit(first[key], given) for key, given in readings.items()], "no sentence is in two of the files")


def units_of_passes(rows: Sequence[Row], readers: Sequence[str] = ()) -> list[Unit]:
    """Take the readings from the field ``passes`` of the rows themselves.

    Args:
        rows: the rows.
        readers: whose readings count; everybody's by default. A reader who only settled what others
            disagreed on must be left out: alpha asks for independent readings of the same sentences.

    Raises:
        LabelError: a reading breaks the schema, or no row has two readings.
    """
    units = []
    for row in rows:
        passes = {k: v for k, v in (row.data.get("passes") or {}).items() if not readers or k in readers}
        for reader, reading in passes.items():
            to_example({**row.data, **reading}, f"{row.origin}: reading {reader!r}")
        units.append(Unit(row, passes))
    return _at_least_two(units, "no row has two readings in its field 'passes'; give two files to compare")


def _at_least_two(units: Sequence[Unit], otherwise: str) -> list[Unit]:
    result = [u for u in units if len(u.readings) > 1]
    if not result:
        raise LabelError(otherwise)
    return result


def agreement(units: Sequence[Unit], *, samples: int = 2000, seed: int = 0) -> Agreement:
    """Measure agreement on the frame, on each topic that occurs, and on the voice.

    Args:
        units: sentences with two readings or more.
        samples: bootstrap samples, each of as many articles as there are.
        seed: of the bootstrap.
    """
    readers = tuple(dict.fromkeys(reader for u in units for reader in u.readings))
    topics = sorted({t for u in units for r in u.readings.values() for t in r["topics"]})
    articles = _numbered([str(u.row.data["article"]) for u in units])
    resampled = _resampled(int(articles.max()) + 1, samples, seed)
    decisions: list[tuple[str, Sequence[str], list[dict[str, str]]]] = [
        ("frame", FRAMES, [{k: str(r["frame"]) for k, r in u.readings.items()} for u in units])
    ]
    for topic in topics:
        given = [{k: "yes" if topic in r["topics"] else "no" for k, r in u.readings.items()} for u in units]
        decisions.append((f"topic {topic}", ("yes", "no"), given))
    decisions.append(("voice", VOICES, [{k: str(r["voice"]) for k, r in u.readings.items()} for u in units]))
    labels = tuple(_measure(name, values, given, articles, resampled, readers) for name, values, given in decisions)
    return Agreement(readers, len(units), len(np.unique(articles)), labels, tuple(u for u in units if not u.settled))


def _numbered(names: Sequence[str]) -> IntArray:
    index: dict[str, int] = {}
    return np.array([index.setdefault(name, len(index)) for name in names], np.int64)


def _resampled(articles: int, samples: int, seed: int) -> FloatArray:
    """Return how often each bootstrap sample holds each article, shape ``(samples, articles)``."""
    draws = np.random.default_rng(seed).integers(0, articles, (samples, articles))
    offsets = draws + articles * np.arange(samples)[:, None]
    return np.bincount(offsets.ravel(), minlength=samples * articles).reshape(samples, articles).astype(np.float64)


def _measure(
    label: str,
    values: Sequence[str],
    given: Sequence[Mapping[str, str]],
    articles: IntArray,
    resampled: FloatArray,
    readers: Sequence[str],
) -> LabelAgreement:
    index = {v: i for i, v in enumerate(values)}
    counts = np.zeros((len(given), len(values)))
    confusion = {a: dict.fromkeys(values, 0) for a in values}
    for i, reading in enumerate(given):
        for value in reading.values():
            counts[i, index[value]] += 1
        for a, b in combinations([r for r in readers if r in reading], 2):
            confusion[reading[a]][reading[b]] += 1
    pairs = sum(map(sum, (row.values() for row in confusion.values())))
    same = sum(confusion[v][v] for v in values)
    observed, marginal = _sufficient(counts, articles, resampled.shape[1])
    alpha = nominal_alpha(observed.sum(), marginal.sum(axis=0))
    drawn = np.array([nominal_alpha(d, m) for d, m in zip(resampled @ observed, resampled @ marginal, strict=True)])
    drawn = drawn[~np.isnan(drawn)]
    if np.isnan(alpha) or not len(drawn):
        return LabelAgreement(label, len(given), None, None, None, same / pairs, confusion)
    low, high = np.quantile(drawn, [(1 - _CONFIDENCE) / 2, (1 + _CONFIDENCE) / 2])
    return LabelAgreement(label, len(given), float(alpha), float(low), float(high), same / pairs, confusion)


def _sufficient(counts: FloatArray, articles: IntArray, number: int) -> tuple[FloatArray, FloatArray]:
    """Sum disagreement and value counts per article, shapes ``(articles,)`` and ``(articles, values)``."""
    readings = counts.sum(axis=1)
    disagreement = (counts * (readings[:, None] - counts)).sum(axis=1) / (readings - 1)
    observed = np.bincount(articles, weights=disagreement, minlength=number).astype(np.float64)
    marginal = np.zeros((number, counts.shape[1]))
    np.add.at(marginal, articles, counts)
    return observed, marginal


def nominal_alpha(disagreement: float, marginal: FloatArray) -> float:
    """Return alpha from the summed disagreement n · D_o and the number of readings per value; NaN for one value."""
    n = marginal.sum()
    expected = (marginal * (n - marginal)).sum() / (n - 1) if n > 1 else 0.0
    return float(1 - disagreement / expected) if expected else float("nan")


def disagreement_row(unit: Unit) -> dict[str, Any]:
    """Give a sentence on which readings differ as a task row: its own labels left out, the readings in ``passes``."""
    own = {k: v for k, v in unit.row.data.items() if k not in (*LABEL_FIELDS, "passes")}
    readings = {reader: {name: reading[name] for name in LABEL_FIELDS} for reader, reading in unit.readings.items()}
    return {**own, "passes": readings}
