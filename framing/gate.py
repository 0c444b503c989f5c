"""Hold scores against a policy: which articles break which rule, beyond what noise explains.

A policy is a TOML file of rules such as ``technology.net >= -0.1``. Every quantity has an interval;
a rule is broken only where the whole interval lies beyond the limit, met where all of it lies within,
and undecided where the limit is inside. So an article near a limit does not flip a gate, and one
that is clearly beyond it does not get away. The intervals of scores have a level of 90%; for
another level they are widened or narrowed as those of a normal distribution would be. At the level
0 only the value counts.
"""

from __future__ import annotations

import json
import os.path
import re
import sys
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from enum import Enum
from functools import lru_cache
from pathlib import Path
from statistics import NormalDist
from typing import Any, Literal, cast

from pathspec import PathSpec

from framing.batch.store import Entry, read_entries
from framing.errors import FramingError, InputError
from framing.records import Estimate

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

__all__ = ["Failure", "GateReport", "Outcome", "Place", "Policy", "PolicyError", "Rule", "Status", "check", "load_policy"]

LEVEL = 0.90
"""Level of the intervals in scores."""

GATE_FAILED = 3
"""Exit code of a gate that failed."""

_QUANTITIES = ("praise", "skepticism", "neutral", "net")
_NUMBER = r"(?P<limit>[-+]?(?:\d+\.?\d*|\.\d+))"
_CONFIDENCE = r"(?:\s+with\s+(?P<confidence>\d+(?:\.\d+)?)\s*%\s+confidence)?"
_LIMIT = re.compile(rf"(?P<quantity>\S+)\s*(?P<sign><=|>=)\s*{_NUMBER}{_CONFIDENCE}")
_MOVE = re.compile(
    rf"no\s+article\s+moves\s+by\s+more\s+than\s+{_NUMBER}(?:\s+in\s+(?P<quantity>\S+))?(?:\s+against\s+(?P<baseline>\S+))?{_CONFIDENCE}"
)
_FIELDS = {"require", "name", "severity", "paths", "exclude", "when_unsure"}


class PolicyError(FramingError):
    """A policy file is missing or breaks its format; the message names the rule."""

    exit_code = 2


class Status(str, Enum):
    """Say how an article stands to a rule."""

    PASS = "pass"  # noqa: S105 - no password
    UNSURE = "unsure"
    NO_DATA = "no data"
    WARN = "warn"
    FAIL = "fail"


@dataclass(frozen=True, slots=True)
class Rule:
    """Hold one rule: ``quantity`` must stay at or beyond ``limit``, or may move by ``limit`` at most.

    ``quantity`` is ``TOPIC.praise``, ``.skepticism``, ``.neutral`` or ``.net``, or ``lean.promotion``
    or ``lean.technology``. ``confidence`` is the level of the interval, 0 to 1 (exclusive). ``when_unsure``
    is what an article counts as whose interval holds the limit.
    """

    name: str
    require: str
    quantity: str
    sign: Literal["<=", ">=", "moves"]
    limit: float
    confidence: float = LEVEL
    severity: Literal["warn", "fail"] = "fail"
    when_unsure: Literal["pass", "warn", "fail"] = "pass"
    paths: tuple[str, ...] = ()
    exclude: tuple[str, ...] = ()
    baseline: str | None = None

    def applies_to(self, source: str) -> bool:
        """Say whether a path is one of the rule's; patterns are those of ``.gitignore``."""
        path = _plain(source)
        wanted = not self.paths or _patterns_of(self.paths).match_file(path)
        return wanted and not _patterns_of(self.exclude).match_file(path)


@lru_cache(maxsize=256)
def _patterns_of(patterns: tuple[str, ...]) -> PathSpec[Any]:
    return PathSpec.from_lines("gitignore", patterns)


@dataclass(frozen=True, slots=True)
class Policy:
    """Hold the rules of a policy file; baselines are looked for from its ``folder``."""

    rules: tuple[Rule, ...]
    folder: Path = field(default_factory=Path)


@dataclass(frozen=True, slots=True)
class Place:
    """Point at a sentence: lines and columns from 1, ends exclusive; ``None`` where there is no such line."""

    text: str
    line: int | None = None
    column: int | None = None
    end_line: int | None = None
    end_column: int | None = None


@dataclass(frozen=True, slots=True)
class Outcome:
    """Hold how one article stands to one rule, why, and the sentences that carry it."""

    rule: Rule
    source: str
    row: int | None
    status: Status
    message: str
    places: tuple[Place, ...] = ()

    @property
    def title(self) -> str:
        """Give the article's name, with its row if it comes from a table."""
        return self.source if self.row is None else f"{self.source}:{self.row}"


@dataclass(frozen=True, slots=True)
class Failure:
    """Hold an input that could not be scored, and why."""

    title: str
    reason: str


@dataclass(frozen=True, slots=True)
class GateReport:
    """Hold everything a gate found; it owns the counts and the exit code."""

    rules: tuple[Rule, ...]
    articles: int
    outcomes: tuple[Outcome, ...]
    failures: tuple[Failure, ...]

    def count(self, status: Status) -> int:
        """Count outcomes of a status."""
        return sum(o.status is status for o in self.outcomes)

    @property
    def exit_code(self) -> int:
        """Give 3 if a rule failed, else 1 if an input failed, else 0."""
        if any(o.status is Status.FAIL for o in self.outcomes):
            return GATE_FAILED
        return 1 if self.failures else 0

    @property
    def summary(self) -> str:
        """Put the counts in a line."""
        counts = ", ".join(f"{self.count(s):,} {s.value}" for s in reversed(Status))
        verdict = "failed" if self.exit_code == GATE_FAILED else "incomplete" if self.exit_code else "passed"
        return f"gate {verdict}: {self.articles:,} articles, {len(self.rules):,} rules: {counts}; {len(self.failures):,} inputs failed"


def load_policy(path: str | Path) -> Policy:
    """Read a policy file.

    Raises:
        PolicyError: it is missing, not TOML, or a rule cannot be understood.
    """
    place = Path(path)
    try:
        data = tomllib.loads(place.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise PolicyError(f"{place}: no such policy; write one or name it with --policy") from None
    except (OSError, ValueError) as error:
        raise PolicyError(f"{place}: not a TOML file ({error})") from None
    unknown = set(data) - {"rule", "baseline"}
    if unknown:
        raise PolicyError(f"{place}: unknown key {sorted(unknown)[0]!r}; the keys are rule and baseline")
    rows = data.get("rule")
    if not isinstance(rows, list) or not rows or not all(isinstance(r, dict) for r in rows):
        raise PolicyError(f"{place}: has no [[rule]]")
    baseline = data.get("baseline")
    if baseline is not None and not isinstance(baseline, str):
        raise PolicyError(f"{place}: baseline must be the path of a file or folder")
    rules = tuple(_rule(row, f"{place}: rule {number}", baseline) for number, row in enumerate(rows, 1))
    names = [r.name for r in rules]
    for name in names:
        if names.count(name) > 1:
            raise PolicyError(f"{place}: two rules are called {name!r}; give them different names")
    return Policy(rules, place.parent)


def _rule(row: Mapping[str, Any], where: str, baseline: str | None) -> Rule:
    unknown = set(row) - _FIELDS
    if unknown:
        raise PolicyError(f"{where}: unknown key {sorted(unknown)[0]!r}; the keys are {', '.join(sorted(_FIELDS))}")
    require = row.get("require")
    if not isinstance(require, str):
        raise PolicyError(f"{where}: has no require, such as 'technology.net >= -0.1'")
    plain = " ".join(require.replace("≥", " >= ").replace("≤", " <= ").replace("−", "-").split())
    move = _MOVE.fullmatch(plain)
    found = move or _LIMIT.fullmatch(plain)
    if found is None:
        examples = "'technology.net >= -0.1 with 90% confidence' or 'no article moves by more than 0.2'"
        raise PolicyError(f"{where}: {require!r} cannot be understood; write as in {examples}")
    quantity = found["quantity"] or "all.net"
    topic, _, name = quantity.rpartition(".")
    if not topic or name not in (("promotion", "technology") if topic == "lean" else _QUANTITIES):
        raise PolicyError(
            f"{where}: {quantity!r} is no quantity; write TOPIC.{', TOPIC.'.join(_QUANTITIES)}, lean.promotion or lean.technology"
        )
    confidence = LEVEL if found["confidence"] is None else float(found["confidence"]) / 100
    if not 0 <= confidence < 1:
        raise PolicyError(f"{where}: a confidence must be at least 0% and less than 100%")
    against = (move["baseline"] if move else None) or baseline
    if move and against is None:
        raise PolicyError(f"{where}: moves need something to compare with; add 'against baseline.json'")
    return Rule(
        name=_text(row, "name", require, where),
        require=require,
        quantity=quantity,
        sign="moves" if move else cast("Literal['<=', '>=']", found["sign"]),
        limit=float(found["limit"]),
        confidence=confidence,
        severity=_choice(row, "severity", ("fail", "warn"), where),
        when_unsure=_choice(row, "when_unsure", ("pass", "warn", "fail"), where),
        paths=_patterns(row, "paths", where),
        exclude=_patterns(row, "exclude", where),
        baseline=against if move else None,
    )


def _text(row: Mapping[str, Any], name: str, default: str, where: str) -> str:
    value = row.get(name, default)
    if not isinstance(value, str) or not value:
        raise PolicyError(f"{where}: {name} must be text")
    return value


def _choice(row: Mapping[str, Any], name: str, choices: tuple[str, ...], where: str) -> Any:
    value = row.get(name, choices[0])
    if value not in choices:
        raise PolicyError(f"{where}: {name} must be one of {', '.join(choices)}")
    return value


def _patterns(row: Mapping[str, Any], name: str, where: str) -> tuple[str, ...]:
    value = row.get(name, [])
    if not isinstance(value, list) or not all(isinstance(v, str) for v in value):
        raise PolicyError(f"{where}: {name} must be a list of patterns")
    return tuple(value)


def check(policy: Policy, entries: Iterable[Entry]) -> GateReport:
    """Hold articles against a policy.

    Args:
        policy: the rules.
        entries: scored articles and failures, as from ``framing.batch.read_entries``; read once.

    Returns:
        One outcome for each rule and article that it applies to.

    Raises:
        PolicyError: a rule names a topic that the scores do not have.
        InputError: a baseline cannot be read.
    """
    baselines = {r.baseline: _baseline(policy.folder / r.baseline) for r in policy.rules if r.baseline is not None}
    outcomes: list[Outcome] = []
    failures: list[Failure] = []
    articles = 0
    for entry in entries:
        if entry.article is None:
            title = entry.source if entry.row is None else f"{entry.source}:{entry.row}"
            failures.append(Failure(title, (entry.error or {}).get("reason", "")))
            continue
        articles += 1
        applying = (rule for rule in policy.rules if rule.applies_to(entry.source))
        outcomes.extend(_outcome(rule, entry, baselines[rule.baseline] if rule.baseline else None) for rule in applying)
    return GateReport(policy.rules, articles, tuple(outcomes), tuple(failures))


def _outcome(rule: Rule, entry: Entry, baseline: Mapping[str, Mapping[str, Any]] | None) -> Outcome:
    article = cast("Mapping[str, Any]", entry.article)
    now = _estimate(article, rule)
    if now is None:
        return Outcome(rule, entry.source, entry.row, Status.NO_DATA, f"{rule.quantity}: too few sentences")
    if baseline is None:
        status = _decide(rule, now)
        message = f"{rule.quantity} is {_shown(now)}; required is {rule.sign} {rule.limit:g}"
        direction = 1 if rule.sign == "<=" else -1
    else:
        known = baseline.get(_identity(entry.source, entry.row, entry.id))
        before = None if known is None else _estimate(known, rule)
        if before is None:
            return Outcome(rule, entry.source, entry.row, Status.NO_DATA, f"{rule.quantity}: not in the baseline")
        status = _decide(rule, _move(now, before))
        message = f"{rule.quantity} moved from {_shown(before)} to {_shown(now)}; allowed is {rule.limit:g}"
        if known is not None and known["model"]["hash"] != article["model"]["hash"]:
            message += " (the baseline is of another model)"
        direction = 1 if now.value > before.value else -1
    places = _places(rule, entry, direction) if status in (Status.WARN, Status.FAIL) else ()
    return Outcome(rule, entry.source, entry.row, status, message, places)


def _estimate(article: Mapping[str, Any], rule: Rule) -> Estimate | None:
    """Return the rule's quantity, its interval widened or narrowed to the rule's confidence."""
    topic, _, name = rule.quantity.rpartition(".")
    if topic == "lean":
        found = article["lean"][f"{name}_attention"]
    else:
        rows = {row["topic"]: row for row in article["topics"]}
        if topic not in rows:
            raise PolicyError(f"rule {rule.name!r}: these scores have no topic {topic!r} but {', '.join(rows)}")
        found = rows[topic][name]
    if found is None:
        return None
    factor = NormalDist().inv_cdf(0.5 + rule.confidence / 2) / NormalDist().inv_cdf(0.5 + LEVEL / 2)
    value = float(found["value"])
    return Estimate(value, value - (value - float(found["low"])) * factor, value + (float(found["high"]) - value) * factor)


def _move(now: Estimate, before: Estimate) -> Estimate:
    """Return the size of a move with its interval; errors of the two scores add in quadrature."""
    change = now.value - before.value
    if now == before:
        return Estimate(0.0, 0.0, 0.0)
    up = ((now.high - now.value) ** 2 + (before.value - before.low) ** 2) ** 0.5
    down = ((now.value - now.low) ** 2 + (before.high - before.value) ** 2) ** 0.5
    if change < 0:
        change, up, down = -change, down, up
    return Estimate(change, max(0.0, change - down), change + up)


def _decide(rule: Rule, value: Estimate) -> Status:
    at_least = rule.sign == ">="
    broken = value.high < rule.limit if at_least else value.low > rule.limit
    met = value.low >= rule.limit if at_least else value.high <= rule.limit
    if broken:
        return Status(rule.severity)
    if met:
        return Status.PASS
    return Status.UNSURE if rule.when_unsure == "pass" else Status(rule.when_unsure)


def _shown(value: Estimate) -> str:
    return f"{value.value:+.2f} [{value.low:+.2f}, {value.high:+.2f}]"


def _places(rule: Rule, entry: Entry, direction: int) -> tuple[Place, ...]:
    """Return the sentences that carry the topic, those first that push the quantity beyond its limit."""
    topic, _, name = rule.quantity.rpartition(".")
    rows = {row["topic"]: row for row in cast("Mapping[str, Any]", entry.article)["topics"]}
    carriers = [entry.sentences[i] for i in rows["all" if topic == "lean" else topic]["carriers"]]
    frame = ("praise" if direction > 0 else "skepticism") if name == "net" else name
    pushing = [s for s in carriers if s["prediction"] is not None and s["prediction"]["frame"] == frame]
    lines = entry.row is None
    return tuple(
        Place(s["text"], *((s.get(k) for k in ("line", "column", "end_line", "end_column")) if lines else ())) for s in pushing or carriers
    )


def _identity(source: str, row: int | None, identity: str | None) -> str:
    if row is None:
        return _plain(source)
    return f"{_plain(source)}#{identity if identity is not None else row}"


def _plain(source: str) -> str:
    return source if "://" in source else os.path.normpath(source).replace(os.sep, "/")


def _baseline(place: Path) -> dict[str, Mapping[str, Any]]:
    """Read earlier scores by article: JSON or JSON Lines of ``framing score``, or a batch's folder."""
    if place.is_dir():
        entries = read_entries(place)
        return {_identity(e.source, e.row, e.id): e.article for e in entries if e.article is not None}
    try:
        articles = list(_articles(place.read_text(encoding="utf-8")))
        return {_identity(a["source"], a.get("row"), a.get("id")): a for a in articles}
    except FileNotFoundError:
        raise InputError(f"the baseline {place} does not exist; write it with `framing score --format json -o {place.name}`") from None
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise InputError(f"the baseline {place} is not the JSON of `framing score` ({error})") from None


def _articles(text: str) -> Iterator[Mapping[str, Any]]:
    if text.lstrip().startswith("["):
        found: Sequence[Mapping[str, Any]] = json.loads(text)
        yield from found
    else:
        for line in text.splitlines():
            if line.strip():
                yield json.loads(line)
