"""Read a user's own topics: names, descriptions and vocabularies, and label sentences by vocabulary.

A topics file is TOML::

    [topics."安全"]
    description = "safety of the product: accidents, recalls, protection"
    vocabulary = ["碰撞", "召回", { term = "安全", strength = 1 }]

Terms may be in either script. A term's strength is 1 to 3, 2 unless told.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from framing.errors import LabelError
from framing.labelling.toml import read_toml
from framing.lexicon import Lexicon, Matcher
from framing.records import FRAMES, TOPICS, VOICES, Example
from framing.segment import Segmenter, simplify

__all__ = ["THRESHOLD", "TopicSpec", "label_by_vocabulary", "labelled_files", "read_topics", "with_topics"]

THRESHOLD = 2.0
"""Summed strength from which a sentence is of a topic by vocabulary: one usual term, or two weak ones."""

_USUAL = 2.0
_TAKEN = frozenset({*FRAMES, *TOPICS, *VOICES, "all", "none"})
_FORBIDDEN = frozenset(":;/\\\t\r\n")


@dataclass(frozen=True, slots=True)
class TopicSpec:
    """Hold a topic of the user's; ``vocabulary`` maps canonical terms to strengths, 1 to 3."""

    name: str
    description: str
    vocabulary: Mapping[str, float]


def read_topics(path: Path) -> list[TopicSpec]:
    """Read a topics file.

    Raises:
        LabelError: it cannot be read, has another form, or a name or strength is not allowed.
    """
    data = read_toml(path)
    table = data.get("topics")
    if not isinstance(table, dict) or not table or set(data) != {"topics"}:
        raise LabelError(f'{path}: a topics file has only tables [topics."NAME"], and at least one')
    return [_spec(path, name, row) for name, row in table.items()]


def _spec(path: Path, name: str, row: Any) -> TopicSpec:
    if not name.strip() or name in _TAKEN or _FORBIDDEN & set(name):
        raise LabelError(f"{path}: the topic name {name!r} is taken or has one of : ; / \\ in it")
    if not isinstance(row, dict) or set(row) - {"description", "vocabulary"}:
        raise LabelError(f"{path}: topic {name!r}: only description and vocabulary are known")
    terms = row.get("vocabulary")
    if not isinstance(terms, list) or not terms:
        raise LabelError(f"{path}: topic {name!r}: vocabulary must be a list of terms")
    return TopicSpec(name, str(row.get("description", "")), dict(_term(path, name, term) for term in terms))


def _term(path: Path, name: str, term: Any) -> tuple[str, float]:
    given = {"term": term} if isinstance(term, str) else term
    if not isinstance(given, dict) or not isinstance(given.get("term"), str) or set(given) - {"term", "strength"}:
        raise LabelError(f"{path}: topic {name!r}: {term!r} is neither a term nor {{ term = …, strength = … }}")
    strength = given.get("strength", _USUAL)
    if not isinstance(strength, (int, float)) or not 1 <= strength <= 3:
        raise LabelError(f"{path}: topic {name!r}: the strength {strength!r} is not between 1 and 3")
    text = simplify(given["term"]).lower().strip()
    if not text:
        raise LabelError(f"{path}: topic {name!r}: a term is empty")
    return text, float(strength)


def with_topics(lexicon: Lexicon, specs: Sequence[TopicSpec]) -> Lexicon:
    """Return the lexicon with the vocabularies of further topics after those that it has."""
    return replace(lexicon, topics={**lexicon.topics, **{s.name: s.vocabulary for s in specs}})


def labelled_files(examples: Sequence[Example], specs: Sequence[TopicSpec]) -> dict[str, set[str]]:
    """Return, per topic, the files that were labelled for it: those in which some row carries it."""
    return {s.name: {_file(e) for e in examples if s.name in e.topics} for s in specs}


def _file(example: Example) -> str:
    return example.origin.rpartition(":")[0]


def label_by_vocabulary(
    examples: Sequence[Example], specs: Sequence[TopicSpec], regional: Mapping[str, str] | None = None
) -> list[Example]:
    """Give sentences the topics that their words show, where nobody has labelled those topics.

    A label file in which some row carries a topic was labelled for it, and its rows stay as they are for
    that topic. In the rows of all other files the topic is set where the strengths of its terms, the
    longest of overlapping ones, add up to ``THRESHOLD``, and the topic is added to ``guessed``.

    Args:
        examples: labelled sentences; ``origin`` begins with their file.
        specs: the topics.
        regional: regional terms and what stands for them, as in the lexicon.
    """
    tokens = Segmenter(regional).segment([e.text for e in examples])
    labelled = labelled_files(examples, specs)
    found: list[list[str]] = [[] for _ in examples]
    guessed: list[list[str]] = [[] for _ in examples]
    for spec in specs:
        matcher = Matcher(Lexicon(words=spec.vocabulary))
        matches = matcher.find(tokens).longest()
        strength = np.bincount(matches.row, weights=matcher.grade[matches.entry], minlength=len(examples))
        for row, example in enumerate(examples):
            if _file(example) not in labelled[spec.name]:
                guessed[row].append(spec.name)
                if strength[row] >= THRESHOLD:
                    found[row].append(spec.name)
    return [
        replace(e, topics=(*e.topics, *new), guessed=(*e.guessed, *by_vocabulary)) if by_vocabulary else e
        for e, new, by_vocabulary in zip(examples, found, guessed, strict=True)
    ]
