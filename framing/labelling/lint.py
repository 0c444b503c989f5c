"""Check label files: the rules, their settings, and the order in which they run.

``lint`` reads every row it can, applies the checks of ``checks`` and returns a ``LintReport``, which
``lint_report`` renders. Each finding names its rule, a file and a line; a rule's severity can be set.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, fields, replace
from enum import IntEnum
from pathlib import Path
from typing import Any

from framing.errors import LabelError
from framing.labelling.profile import REAL_ARTICLES, CueProfile, Range
from framing.labelling.style import RegisterStyle
from framing.labelling.toml import read_toml
from framing.records import TOPICS

__all__ = ["CONFIG_NAME", "RULES", "Finding", "LintConfig", "LintReport", "Place", "Rule", "Severity", "find_config", "lint", "load_config"]

CONFIG_NAME = "lint.toml"
"""The settings file that is looked for in the folders that are checked."""


class Severity(IntEnum):
    """Say how bad a finding is; a higher number is worse."""

    NOTE = 1
    WARNING = 2
    ERROR = 3

    @property
    def label(self) -> str:
        """Give the name in small letters."""
        return self.name.lower()


@dataclass(frozen=True, slots=True)
class Rule:
    """Hold a rule's usual severity and what it asks for."""

    severity: Severity
    asks: str


RULES: Mapping[str, Rule] = {
    "schema": Rule(Severity.ERROR, "Each line is a JSON object that fits the schema of label rows."),
    "unknown-field": Rule(Severity.NOTE, "A row has no fields that the schema does not know."),
    "unknown-topic": Rule(Severity.WARNING, "Topics are those of the settings."),
    "unknown-tag": Rule(Severity.WARNING, "Tags are those of the settings."),
    "duplicate-id": Rule(Severity.ERROR, "An id occurs once over all files."),
    "scattered-article": Rule(Severity.ERROR, "The rows of an article are adjacent, its paragraphs ascending."),
    "too-long": Rule(Severity.ERROR, "No sentence is longer than the settings allow."),
    "duplicate": Rule(Severity.WARNING, "A sentence occurs once."),
    "near-duplicate": Rule(Severity.WARNING, "No two sentences are nearly the same."),
    "conflict": Rule(Severity.ERROR, "The same sentence has the same labels wherever it occurs."),
    "against-readings": Rule(Severity.WARNING, "A label that both readings agree on stands."),
    "contrast-set": Rule(Severity.WARNING, "A contrast set has sentences of at least two frames."),
    "split-leak": Rule(Severity.ERROR, "No article, sentence or near-duplicate is in both the training and the test split."),
    "test-share": Rule(Severity.WARNING, "Each register gives about the same share of its sentences to the test split."),
    "test-changed": Rule(Severity.ERROR, "The test split is the one whose hash is in the settings."),
    "overlap": Rule(Severity.ERROR, "No sentence also stands in the files it must be kept apart from."),
    "opening": Rule(Severity.WARNING, "No opening is used by many sentences."),
    "skeleton": Rule(Severity.WARNING, "No skeleton of function words and marks is used by several sentences."),
    "length": Rule(Severity.WARNING, "A register's mean sentence length is in the expected range."),
    "punctuation": Rule(Severity.WARNING, "A register uses marks much as the others do."),
    "balance": Rule(Severity.WARNING, "Frames, topics and voices occur in about the expected proportions."),
    "plain-share": Rule(Severity.WARNING, "Enough of the articles are plainly written."),
    "cue-profile": Rule(Severity.WARNING, "Polar words and connectives are about as frequent as in real articles."),
    "suspect": Rule(Severity.WARNING, "A model that has not seen the sentence does not firmly disagree with its label."),
}
"""Every rule by its name, which findings and settings use."""


@dataclass(frozen=True, slots=True)
class Place:
    """Hold a file and a line, from 1; findings on a file as a whole are at line 1."""

    path: Path
    line: int


@dataclass(frozen=True, slots=True)
class Finding:
    """Hold one thing that a rule found, where, and the places it has to do with."""

    rule: str
    severity: Severity
    message: str
    place: Place
    related: tuple[Place, ...] = ()


@dataclass(frozen=True, slots=True)
class LintConfig:
    """Set what is checked and how strictly.

    ``near_duplicate`` is the least trigram overlap (0 to 1) of a near-duplicate, ``overlap`` the share
    of a sentence's ten-character runs found in a file of ``against``. ``opening_share`` and
    ``opening_least`` say how often an opening may occur (the larger of the two counts), ``skeleton_least``
    how often a skeleton may. ``length`` is the range of a register's mean length in characters,
    ``punctuation`` the largest Jensen-Shannon divergence (0 to 1) of a register's marks from those of all.
    ``balance`` gives expected shares by ``frame.praise``, ``topic.technology``, ``voice.quoted`` and so on,
    ``balance_tolerance`` how far a share may be off, as a share of what is expected. ``profile`` and
    ``profile_tolerance`` do the same for the cue profile. ``suspect`` is the highest probability of its label
    that a suspect sentence has. Style checks need ``least_sentences`` sentences.
    """

    max_length: int = 200
    near_duplicate: float = 0.6
    overlap: float = 0.5
    against: tuple[Path, ...] = ()
    topics: tuple[str, ...] = TOPICS
    tags: tuple[str, ...] | None = None
    opening_share: float = 0.0025
    opening_least: int = 10
    skeleton_least: int = 4
    length: Range = field(default_factory=lambda: Range(30, 55))
    punctuation: float = 0.1
    least_sentences: int = 200
    balance: Mapping[str, Range] = field(default_factory=dict)
    balance_tolerance: float = 0.25
    plain_share: float = 0.0
    profile: Mapping[str, Range] = field(default_factory=lambda: dict(REAL_ARTICLES))
    profile_tolerance: float = 0.25
    suspect: float = 0.1
    test_share: Range | None = None
    test_sha256: str = ""
    severity: Mapping[str, Severity] = field(default_factory=dict)
    ignore: frozenset[str] = frozenset()

    def severity_of(self, rule: str) -> Severity:
        """Return a rule's severity in force."""
        return self.severity.get(rule, RULES[rule].severity)


@dataclass(frozen=True, slots=True)
class LintReport:
    """Hold the findings, by file and line, and what was measured on the way.

    ``profiles`` maps each file to the cue profile of its running articles, ``""`` to that of all of them;
    ``registers`` likewise; ``test_sha256`` is the hash of the test split as it is now.
    """

    findings: tuple[Finding, ...]
    files: int
    rows: int
    profiles: Mapping[str, CueProfile]
    registers: Mapping[str, RegisterStyle]
    test_sha256: str
    config: LintConfig

    def count(self, severity: Severity) -> int:
        """Return the number of findings of one severity."""
        return sum(f.severity is severity for f in self.findings)

    def fails(self, at: Severity) -> bool:
        """Tell whether a finding is as bad as ``at`` or worse."""
        return any(f.severity >= at for f in self.findings)


def find_config(paths: Sequence[Path]) -> Path | None:
    """Return the settings file of the first folder among ``paths`` that has one."""
    places = [p if p.is_dir() else p.parent for p in paths]
    return next((p / CONFIG_NAME for p in places if (p / CONFIG_NAME).is_file()), None)


def load_config(path: Path) -> LintConfig:
    """Read settings from a TOML file; paths in it count from its folder.

    Raises:
        LabelError: it cannot be read, is no TOML, or has an unknown name or a value of the wrong kind.
    """
    data = read_toml(path)
    known = {f.name for f in fields(LintConfig)}
    for name in data:
        if name not in known:
            raise LabelError(f"{path}: the setting {name!r} is unknown; known are {', '.join(sorted(known))}")
    try:
        return replace(LintConfig(), **{name: _setting(name, value, path) for name, value in data.items()})
    except (TypeError, ValueError, KeyError) as error:
        raise LabelError(f"{path}: {error}") from None


def _setting(name: str, value: Any, path: Path) -> Any:
    if name in ("length", "test_share"):
        return _range(name, value)
    if name in ("balance", "profile"):
        return {str(k): _range(f"{name}.{k}", v) for k, v in _flat(value).items()}
    if name == "severity":
        return {_rule(k): Severity[str(v).upper()] for k, v in value.items()}
    if name == "ignore":
        return frozenset(map(_rule, value))
    if name == "against":
        return tuple((path.parent / v).resolve() for v in value)
    if name in ("topics", "tags"):
        return tuple(map(str, value))
    kind = type(getattr(LintConfig(), name))
    if not isinstance(value, (int, float) if kind is float else kind):
        raise TypeError(f"the setting {name} must be of type {kind.__name__}")
    return value


def _rule(name: str) -> str:
    if name not in RULES:
        raise ValueError(f"the rule {name!r} is unknown; known are {', '.join(RULES)}")
    return name


def _flat(value: Mapping[str, Any]) -> dict[str, Any]:
    return {f"{outer}.{inner}" if inner else outer: v for outer, row in value.items() for inner, v in _inner(row)}


def _inner(row: Any) -> Iterable[tuple[str, Any]]:
    return row.items() if isinstance(row, dict) else [("", row)]


def _range(name: str, value: Any) -> Range:
    low, high = value if isinstance(value, list) else (value, value)
    if not all(isinstance(v, (int, float)) for v in (low, high)) or low > high:
        raise ValueError(f"the setting {name} must be a number or two of them, ascending")
    return Range(float(low), float(high))


def lint(
    paths: Sequence[Path],
    config: LintConfig = LintConfig(),
    *,
    suspects: Sequence[str] = (),
    progress: Callable[[str], None] | None = None,
) -> LintReport:
    """Check label files.

    Args:
        paths: label files and folders of them.
        config: the settings.
        suspects: labels (``frame``, ``topics``, ``voice``) whose probable errors are looked for by
            cross-validation; takes minutes on ten thousand sentences.
        progress: called with the name of each stage.

    Returns:
        The findings, ordered by file and line, and the measurements.

    Raises:
        LabelError: there is no label file, one cannot be read at all, or a package is missing.
    """
    from framing.labelling import checks
    from framing.labelling.suspects import find_suspects

    tell = progress or (lambda _stage: None)
    tell("reading")
    corpus, findings = checks.read_corpus(paths, config)
    for name, check in checks.CHECKS.items():
        tell(name)
        findings += check(corpus, config)
    profiles, found = checks.check_profile(corpus, config)
    registers, more = checks.check_registers(corpus, config)
    findings += found + more
    if suspects:
        tell("suspects")
        findings += find_suspects(corpus, config, suspects)
    kept = {f for f in findings if f.rule not in config.ignore}
    ordered = sorted(kept, key=lambda f: (str(f.place.path), f.place.line, f.rule, f.message))
    return LintReport(tuple(ordered), len(corpus.files), len(corpus.rows), profiles, registers, checks.test_hash(corpus.rows), config)
