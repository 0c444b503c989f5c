"""Hold the checks of the label linter, one function per concern; each returns findings."""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache
from importlib import resources
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from framing.clean import clean
from framing.errors import LabelError
from framing.labelling.extras import require
from framing.labelling.files import LABEL_FIELDS, Row, label_files, numbered_lines, parse_object, to_example
from framing.labelling.lint import Finding, LintConfig, Place
from framing.labelling.profile import CueProfile, Range, connective_matcher, cue_profile, deviations, polar_matcher, polarity_points
from framing.labelling.similarity import WindowIndex, canonical_rows, keys_of, near_pairs
from framing.labelling.style import RegisterStyle, divergence, function_matcher, openings, register_style, repeated, skeletons
from framing.lexicon import Lexicon, Matcher, load_lexicon
from framing.records import FRAMES, VOICES, Example
from framing.segment import Segmenter, Tokens
from framing.sentences import split

__all__ = ["CHECKS", "Corpus", "check_profile", "check_registers", "read_corpus", "test_hash"]

_SHORTEST = 10  # keys shorter than this may well agree: headings, speakers, datelines


@lru_cache(maxsize=1)
def _shipped_lexicon() -> Lexicon:
    return load_lexicon()


@lru_cache(maxsize=1)
def _matchers() -> tuple[Matcher, Matcher, Matcher]:
    lexicon = _shipped_lexicon()
    return polar_matcher(lexicon), function_matcher(lexicon), connective_matcher(lexicon)


@dataclass(frozen=True)
class Corpus:
    """Hold the rows that fit the schema, with what several checks need of them; all lists are parallel."""

    files: Sequence[Path]
    rows: Sequence[Row]
    examples: Sequence[Example]

    @property
    def lexicon(self) -> Lexicon:
        """Give the shipped cue lists."""
        return _shipped_lexicon()

    @property
    def polar(self) -> Matcher:
        """Give the finder of polar words and phrases."""
        return _matchers()[0]

    @property
    def functional(self) -> Matcher:
        """Give the finder of function words."""
        return _matchers()[1]

    @property
    def connectives(self) -> Matcher:
        """Give the finder of connectives."""
        return _matchers()[2]

    @cached_property
    def tokens(self) -> Tokens:
        """Give the tokens of all sentences."""
        return Segmenter(self.lexicon.regional).segment([e.text for e in self.examples])

    @cached_property
    def keys(self) -> list[str]:
        """Give the sentences reduced to canonical letters, digits and Han characters."""
        return keys_of(canonical_rows(self.tokens))

    @cached_property
    def running(self) -> NDArray[np.bool_]:
        """Tell which rows belong to running articles, not to contrast sets."""
        return np.array([e.source == "article" for e in self.examples], np.bool_)

    def place(self, row: int) -> Place:
        """Return where a row stands."""
        return Place(self.rows[row].path, self.rows[row].line)

    def boilerplate(self, row: int) -> bool:
        """Tell whether a row is a disclaimer, byline or call to follow, which articles share."""
        return all(s.kind == "boilerplate" for s in split(clean(self.examples[row].text)))


def _finding(config: LintConfig, rule: str, message: str, place: Place, related: Sequence[Place] = ()) -> Finding:
    return Finding(rule, config.severity_of(rule), message, place, tuple(related))


# --- one row at a time ---------------------------------------------------------------------------


def read_corpus(paths: Sequence[Path], config: LintConfig) -> tuple[Corpus, list[Finding]]:
    """Read every row that fits the schema; findings tell of the others.

    Raises:
        LabelError: no label file was found, or one is missing, too large or not UTF-8.
    """
    files = label_files(paths)
    if not files:
        raise LabelError(f"{', '.join(map(str, paths))}: no label files (*.jsonl) were found")
    schema = json.loads((resources.files("framing") / "data" / "label-row.schema.json").read_text("utf-8"))
    validator = require("jsonschema", "labels").Draft202012Validator(schema)
    rows: list[Row] = []
    examples: list[Example] = []
    findings: list[Finding] = []
    for path in files:
        for number, line in numbered_lines(path):
            row, found = _read_row(line, Place(path, number), validator, config)
            findings += found
            if row is not None:
                rows.append(row)
                examples.append(to_example(row.data, row.origin))
                findings += _check_fields(row, schema["properties"], config)
    return Corpus(files, rows, examples), findings


def _read_row(line: str, place: Place, validator: Any, config: LintConfig) -> tuple[Row | None, list[Finding]]:
    try:
        data = parse_object(line, f"{place.path}:{place.line}")
    except LabelError as error:
        return None, [_finding(config, "schema", str(error).partition(": ")[2], place)]
    errors = sorted(validator.iter_errors(data), key=lambda e: list(map(str, e.absolute_path)))
    if errors:
        return None, [_finding(config, "schema", _schema_message(e), place) for e in errors]
    return Row(data, place.path, place.line), []


def _schema_message(error: Any) -> str:
    where = ".".join(map(str, error.absolute_path))
    text = str(error.message)
    return f"{where}: {text}" if where else text


def _check_fields(row: Row, known: Mapping[str, Any], config: LintConfig) -> list[Finding]:
    data, place = row.data, Place(row.path, row.line)
    found = [_finding(config, "unknown-field", f"the field {name!r} is not in the schema", place) for name in data if name not in known]
    for rule, kind, names, allowed in (
        ("unknown-topic", "topic", data["topics"], config.topics),
        ("unknown-tag", "tag", data.get("tags", []), config.tags),
    ):
        strange = [n for n in names if allowed is not None and n not in allowed]
        found += [_finding(config, rule, f"the {kind} {n!r} is none of {', '.join(allowed or ())}", place) for n in strange]
    if len(data["text"]) > config.max_length:
        message = f"the sentence has {len(data['text'])} characters; at most {config.max_length} are allowed"
        found.append(_finding(config, "too-long", message, place))
    return found + _check_readings(row, config)


def _check_readings(row: Row, config: LintConfig) -> list[Finding]:
    readings = list(row.data.get("passes", {}).values())
    found = []
    for name in LABEL_FIELDS if len(readings) > 1 else ():
        given, values = _comparable(row.data[name]), {_comparable(r[name]) for r in readings}
        if len(values) == 1 and given not in values:
            message = f"{name} is {_shown(given)} but all readings say {_shown(values.pop())}"
            found.append(_finding(config, "against-readings", message, Place(row.path, row.line)))
    return found


def _comparable(value: Any) -> str | tuple[str, ...]:
    return tuple(sorted(value)) if isinstance(value, list) else str(value)


def _shown(value: str | tuple[str, ...]) -> str:
    return value if isinstance(value, str) else "+".join(value) or "no topic"


# --- rows against each other ---------------------------------------------------------------------


def _check_ids(corpus: Corpus, config: LintConfig) -> list[Finding]:
    first: dict[str, int] = {}
    found = []
    for i, example in enumerate(corpus.examples):
        if example.id in first:
            other = corpus.place(first[example.id])
            message = f"the id {example.id!r} is also at {other.path}:{other.line}"
            found.append(_finding(config, "duplicate-id", message, corpus.place(i), [other]))
        first.setdefault(example.id, i)
    return found


def _check_articles(corpus: Corpus, config: LintConfig) -> list[Finding]:
    """Find articles that are torn apart, split over both splits, or whose paragraphs go back."""
    found = []
    last: dict[str, int] = {}
    for i, example in enumerate(corpus.examples):
        before = last.get(example.article)
        last[example.article] = i
        if before is None:
            continue
        if before != i - 1:
            message = f"rows of the article {example.article!r} stand apart; put them together, in order"
            found.append(_finding(config, "scattered-article", message, corpus.place(i), [corpus.place(before)]))
        elif corpus.rows[i].data.get("paragraph", 0) < corpus.rows[before].data.get("paragraph", 0):
            message = f"the paragraph number goes back within the article {example.article!r}"
            found.append(_finding(config, "scattered-article", message, corpus.place(i), [corpus.place(before)]))
        if corpus.examples[before].split != example.split:
            message = f"the article {example.article!r} is in both splits; a split takes whole articles"
            found.append(_finding(config, "split-leak", message, corpus.place(i), [corpus.place(before)]))
    return found


def _check_contrast_sets(corpus: Corpus, config: LintConfig) -> list[Finding]:
    frames: dict[str, set[str]] = {}
    first: dict[str, int] = {}
    for i in np.flatnonzero(~corpus.running).tolist():
        article = corpus.examples[i].article
        frames.setdefault(article, set()).add(corpus.examples[i].frame)
        first.setdefault(article, i)
    message = "the contrast set {!r} has only sentences labelled {}"
    return [
        _finding(config, "contrast-set", message.format(name, next(iter(kinds))), corpus.place(first[name]))
        for name, kinds in frames.items()
        if len(kinds) < 2
    ]


def _check_duplicates(corpus: Corpus, config: LintConfig) -> list[Finding]:
    """Find sentences that occur twice, nearly or exactly, within and across splits, and conflicting labels."""
    found = []
    for pair in near_pairs(corpus.keys, config.near_duplicate, _SHORTEST):
        a, b = corpus.examples[pair.first], corpus.examples[pair.second]
        same = corpus.keys[pair.first] == corpus.keys[pair.second]
        # The sentences of a contrast set differ only in what carries the stance: that is what they are for.
        if not same and a.source == b.source == "contrast" and a.article == b.article:
            continue
        rule, message = _duplicate(a, b, same, pair.overlap)
        if rule != "conflict" and corpus.boilerplate(pair.first) and corpus.boilerplate(pair.second):
            continue
        other = corpus.place(pair.first)
        found.append(_finding(config, rule, f"{message} {other.path}:{other.line}", corpus.place(pair.second), [other]))
    return found


def _duplicate(a: Example, b: Example, same: bool, overlap: float) -> tuple[str, str]:
    """Choose the rule and the words for two sentences that are alike; the place follows the words."""
    if same and a.frame != b.frame:
        return "conflict", f"the same sentence is labelled {b.frame} here and {a.frame} at"
    alike = "the same sentence" if same else f"{overlap:.0%} of this sentence"
    if a.split != b.split:
        return "split-leak", f"{alike} is in the {a.split} split at"
    return ("duplicate" if same else "near-duplicate"), f"{alike} also stands at"


def _check_overlap(corpus: Corpus, config: LintConfig) -> list[Finding]:
    index = WindowIndex(config.against)
    found = []
    for i, key in enumerate(corpus.keys if len(index) else ()):
        source = index.source(key, config.overlap)
        if source is not None and not corpus.boilerplate(i):
            found.append(_finding(config, "overlap", f"this sentence also stands in {_relative(source)}", corpus.place(i)))
    return found


def _relative(path: Path) -> Path:
    return path.relative_to(Path.cwd()) if path.is_relative_to(Path.cwd()) else path


def _check_templates(corpus: Corpus, config: LintConfig) -> list[Finding]:
    rows = np.flatnonzero(corpus.running).tolist()
    most = max(config.opening_least, round(config.opening_share * len(rows)))
    keys = [corpus.keys[i] for i in rows]
    bones = skeletons(corpus.tokens, corpus.functional)
    groups = [
        ("opening", "{} sentences in {} articles begin with {}", repeated(openings(keys), most)),
        ("skeleton", "{} sentences in {} articles have the skeleton {}", repeated([bones[i] for i in rows], config.skeleton_least)),
    ]
    found = []
    for rule, words, places in groups:
        for value, where in places.items():
            at = [rows[i] for i in where]
            articles = len({corpus.examples[i].article for i in at})
            # Within one article a repeated opening or skeleton is the article's own way: lists, interviews.
            if articles >= max(2, len(at) // 2) and not corpus.boilerplate(at[0]):
                message = words.format(len(at), articles, value)
                found.append(_finding(config, rule, message, corpus.place(at[0]), [corpus.place(i) for i in at[1:]]))
    return found


# --- proportions ---------------------------------------------------------------------------------


def _whole(corpus: Corpus) -> Place:
    """Return the place of findings on the corpus as a whole: its first file."""
    return Place(corpus.files[0], 1)


def _shares(examples: Sequence[Example], topics: Sequence[str]) -> dict[str, float]:
    n = max(len(examples), 1)
    frames, voices = Counter(e.frame for e in examples), Counter(e.voice for e in examples)
    return {
        **{f"frame.{f}": frames[f] / n for f in FRAMES},
        **{f"topic.{t}": sum(t in e.topics for e in examples) / n for t in topics},
        **{f"voice.{v}": voices[v] / n for v in VOICES},
    }


def _check_balance(corpus: Corpus, config: LintConfig) -> list[Finding]:
    examples = [e for e, keep in zip(corpus.examples, corpus.running, strict=True) if keep]
    if len(examples) < config.least_sentences:
        return []
    found = []
    for name, share in _shares(examples, config.topics).items():
        expected = config.balance.get(name)
        if share == 0 and name.startswith("frame."):
            found.append(_finding(config, "balance", f"no sentence is labelled {name.partition('.')[2]}", _whole(corpus)))
        elif expected is not None and abs(expected.ratio(share)) > config.balance_tolerance:
            message = f"{name} is {share:.1%} of the sentences; expected is {_percent(expected)}, ±{config.balance_tolerance:.0%}"
            found.append(_finding(config, "balance", message, _whole(corpus)))
    styles = [e.context.get("style") for e in examples if e.context.get("style")]
    plain = styles.count("plain") / len(styles) if styles else 1.0
    if plain < config.plain_share:
        message = f"{plain:.0%} of the sentences are in plainly written articles; at least {config.plain_share:.0%} are wanted"
        found.append(_finding(config, "plain-share", message, _whole(corpus)))
    return found


def _percent(expected: Range) -> str:
    return f"{expected.low:.0%}" if expected.low == expected.high else f"{expected.low:.0%}–{expected.high:.0%}"


def test_hash(rows: Sequence[Row]) -> str:
    """Return the SHA-256 over ids, texts and labels of the test rows, in order of their ids; empty without any."""
    parts = sorted(
        json.dumps([r.data["id"], r.data["text"], *(r.data[name] for name in LABEL_FIELDS)], ensure_ascii=False)
        for r in rows
        if r.data.get("split") == "test"
    )
    return hashlib.sha256("\n".join(parts).encode()).hexdigest() if parts else ""


def _check_split(corpus: Corpus, config: LintConfig) -> list[Finding]:
    found = []
    if config.test_sha256 and test_hash(corpus.rows) != config.test_sha256:
        message = "the test split is not the frozen one: ids, texts or labels of test rows have changed"
        found.append(_finding(config, "test-changed", message, _whole(corpus)))
    if config.test_share is None:
        return found
    for register, rows in _by_register(corpus).items():
        share = sum(corpus.examples[i].split == "test" for i in rows) / len(rows)
        if config.test_share.ratio(share):
            message = f"{share:.0%} of the register {register!r} is in the test split; expected is {_percent(config.test_share)}"
            found.append(_finding(config, "test-share", message, corpus.place(rows[0])))
    return found


def _by_register(corpus: Corpus) -> dict[str, list[int]]:
    groups: dict[str, list[int]] = {}
    for i in np.flatnonzero(corpus.running).tolist():
        groups.setdefault(corpus.examples[i].register or "(none)", []).append(i)
    return groups


# --- measurements --------------------------------------------------------------------------------


def check_registers(corpus: Corpus, config: LintConfig) -> tuple[dict[str, RegisterStyle], list[Finding]]:
    """Measure lengths and marks per register and find registers that stand out."""
    groups = _by_register(corpus)
    if not groups:
        return {}, []
    texts = [e.text for e in corpus.examples]
    styles = {name: register_style([texts[i] for i in rows]) for name, rows in groups.items()}
    total = register_style([texts[i] for rows in groups.values() for i in rows])
    found = []
    for name, style in styles.items():
        if style.sentences < config.least_sentences:
            continue
        place = corpus.place(groups[name][0])
        if config.length.ratio(style.lengths.mean):
            message = (
                f"the sentences of the register {name!r} have {style.lengths.mean:.1f} characters on average; expected are {config.length}"
            )
            found.append(_finding(config, "length", message, place))
        distance = divergence(style.marks, total.marks)
        if distance > config.punctuation:
            message = (
                f"the marks of the register {name!r} diverge by {distance:.2f} from those of all; at most {config.punctuation} is usual"
            )
            found.append(_finding(config, "punctuation", message, place))
    return {"": total, **styles}, found


def check_profile(corpus: Corpus, config: LintConfig) -> tuple[dict[str, CueProfile], list[Finding]]:
    """Measure the cue profile of each file's running articles and find where that of all is off."""
    rows = np.flatnonzero(corpus.running)
    if not len(rows):
        return {}, []
    positive, negative = polarity_points(corpus.tokens, corpus.polar)
    connected = np.zeros(len(corpus.examples), np.bool_)
    connected[corpus.connectives.find(corpus.tokens).row] = True
    lengths = np.array([len(e.text) for e in corpus.examples], np.float64)
    frames = np.array([e.frame for e in corpus.examples])

    def measure(chosen: NDArray[np.int64]) -> CueProfile:
        return cue_profile(frames[chosen].tolist(), lengths[chosen], positive[chosen], negative[chosen], connected[chosen])

    profiles = {"": measure(rows)}
    paths = np.array([str(r.path) for r in corpus.rows])
    for path in dict.fromkeys(paths[rows].tolist()):
        profiles[path] = measure(rows[paths[rows] == path])
    if len(rows) < config.least_sentences:
        return profiles, []
    figures = profiles[""].figures()
    found = [
        _finding(
            config,
            "cue-profile",
            f"{name} is {figures[name]:.2f}, {ratio:+.0%} off the {config.profile[name]} of real articles",
            _whole(corpus),
        )
        for name, ratio in deviations(profiles[""], config.profile, config.profile_tolerance).items()
    ]
    return profiles, found


CHECKS: Mapping[str, Callable[[Corpus, LintConfig], list[Finding]]] = {
    "ids": _check_ids,
    "articles": _check_articles,
    "contrast sets": _check_contrast_sets,
    "duplicates": _check_duplicates,
    "overlap": _check_overlap,
    "templates": _check_templates,
    "balance": _check_balance,
    "split": _check_split,
}
"""The checks that only find, by the name of their stage."""
