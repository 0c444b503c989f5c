"""Rules, their intervals, and what a policy file may say."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from framing.batch import Entry
from framing.batch.scoring import entry_of
from framing.errors import InputError
from framing.gate import PolicyError, Status, check, load_policy
from framing.records import ArticleScore

MakePolicy = Callable[[str], Path]


@pytest.fixture
def policy(tmp_path: Path) -> MakePolicy:
    def write(text: str) -> Path:
        place = tmp_path / "framing.toml"
        place.write_text(text, encoding="utf-8")
        return place

    return write


def entry(value: float, low: float, high: float, source: str = "a.txt", quantity: str = "technology.net", model: str = "m") -> Entry:
    topic = quantity.rpartition(".")[0]
    share = {"value": value, "low": low, "high": high}
    row: dict[str, Any] = {"topic": topic, **dict.fromkeys(("praise", "skepticism", "neutral", "net"), share), "carriers": []}
    lean = {"promotion_attention": share, "technology_attention": None}
    return Entry(source, None, None, None, "", article={"topics": [row, {**row, "topic": "all"}], "lean": lean, "model": {"hash": model}})


def rule(require: str, **fields: str) -> str:
    return "[[rule]]\n" + f"require = {json.dumps(require)}\n" + "".join(f"{k} = {v}\n" for k, v in fields.items())


CASES = [
    # rule, value, low, high, status
    ("technology.net >= -0.1", -0.5, -0.7, -0.3, Status.FAIL),
    ("technology.net ≥ −0.1", -0.5, -0.7, -0.3, Status.FAIL),
    ("technology.net >= -0.1", -0.2, -0.4, 0.0, Status.UNSURE),
    ("technology.net >= -0.1", 0.0, -0.2, 0.2, Status.UNSURE),
    ("technology.net >= -0.1", 0.3, 0.1, 0.5, Status.PASS),
    ("technology.net >= -0.1", 0.1, -0.1, 0.3, Status.PASS),
    ("technology.skepticism <= 0.4", 0.6, 0.45, 0.75, Status.FAIL),
    ("technology.skepticism ≤ 0.4 with 90% confidence", 0.5, 0.35, 0.65, Status.UNSURE),
    ("technology.skepticism <= 0.4 with 50% confidence", 0.5, 0.35, 0.65, Status.FAIL),
    ("technology.skepticism <= 0.4 with 99% confidence", 0.6, 0.45, 0.75, Status.UNSURE),
    ("technology.skepticism <= 0.4 with 0% confidence", 0.41, 0.0, 1.0, Status.FAIL),
    ("technology.skepticism <= 0.4 with 0% confidence", 0.4, 0.0, 1.0, Status.PASS),
    ("lean.promotion <= 0.4", 0.6, 0.45, 0.75, Status.FAIL),
    ("lean.technology <= 0.4", 0.6, 0.45, 0.75, Status.NO_DATA),
]


@pytest.mark.parametrize(("require", "value", "low", "high", "status"), CASES)
def test_rules_use_intervals(policy: MakePolicy, require: str, value: float, low: float, high: float, status: Status) -> None:
    report = check(load_policy(policy(rule(require))), [entry(value, low, high)])
    assert [o.status for o in report.outcomes] == [status]
    assert report.exit_code == (3 if status is Status.FAIL else 0)


@given(value=st.floats(-1, 1), half=st.floats(0, 0.5), shift=st.floats(-1, 1))
def test_noise_within_the_interval_never_turns_pass_into_fail(
    tmp_path_factory: pytest.TempPathFactory, value: float, half: float, shift: float
) -> None:
    place = tmp_path_factory.mktemp("p") / "framing.toml"
    place.write_text(rule("technology.net >= 0"))
    moved = value + shift * half
    found = [check(load_policy(place), [entry(v, v - half, v + half)]).outcomes[0].status for v in (value, moved)]
    assert set(found) != {Status.PASS, Status.FAIL} or half == 0


@pytest.mark.parametrize(
    ("fields", "status", "code"),
    [({"severity": '"warn"'}, Status.WARN, 0), ({"paths": '["b/**"]'}, None, 0), ({"exclude": '["*.txt"]'}, None, 0), ({}, Status.FAIL, 3)],
)
def test_severity_and_paths(policy: MakePolicy, fields: dict[str, str], status: Status | None, code: int) -> None:
    report = check(load_policy(policy(rule("technology.net >= 0", **fields))), [entry(-0.9, -1, -0.8, "./a/x.txt")])
    assert [o.status for o in report.outcomes] == ([] if status is None else [status])
    assert report.exit_code == code


@pytest.mark.parametrize(("choice", "status"), [("pass", Status.UNSURE), ("warn", Status.WARN), ("fail", Status.FAIL)])
def test_when_unsure(policy: MakePolicy, choice: str, status: Status) -> None:
    report = check(load_policy(policy(rule("technology.net >= 0", when_unsure=json.dumps(choice)))), [entry(0, -0.2, 0.2)])
    assert [o.status for o in report.outcomes] == [status]


MOVES = [
    ((0.5, 0.45, 0.55), (0.5, 0.45, 0.55), Status.PASS),
    ((0.5, 0.45, 0.55), (0.1, 0.05, 0.15), Status.FAIL),
    ((0.1, 0.05, 0.15), (0.5, 0.45, 0.55), Status.FAIL),
    ((0.5, 0.2, 0.8), (0.25, 0.0, 0.5), Status.UNSURE),
    ((0.5, 0.45, 0.55), (0.45, 0.4, 0.5), Status.PASS),
]


@pytest.mark.parametrize(("before", "now", "status"), MOVES)
@pytest.mark.parametrize("form", ["json", "jsonl"])
def test_moves(policy: MakePolicy, tmp_path: Path, before: Any, now: Any, status: Status, form: str) -> None:
    old = {"source": "./a.txt", **(entry(*before).article or {})}
    (tmp_path / "baseline.json").write_text(json.dumps([old] if form == "json" else old))
    place = policy(rule("no article moves by more than 0.2 against baseline.json"))
    report = check(load_policy(place), [entry(*now), entry(*now, source="new.txt")])
    assert [o.status for o in report.outcomes] == [status, Status.NO_DATA]


def test_moves_say_when_the_model_is_another(policy: MakePolicy, tmp_path: Path) -> None:
    (tmp_path / "b.json").write_text(json.dumps([{"source": "a.txt", **(entry(0, 0, 0, model="old").article or {})}]))
    place = policy('baseline = "b.json"\n' + rule("no article moves by more than 0.2 in technology.net"))
    report = check(load_policy(place), [entry(0.9, 0.8, 1.0)])
    assert "another model" in report.outcomes[0].message


BAD = [
    ("", "no [[rule]]"),
    ("rule = 3", "no [[rule]]"),
    ("[[rule]]\nrequire = 3", "rule 1: has no require"),
    ("[[rule]]\n[", "not a TOML file"),
    ("typo = 1\n" + rule("all.net >= 0"), "unknown key 'typo'"),
    (rule("all.net >= 0", sevrity='"warn"'), "unknown key 'sevrity'"),
    (rule("all.net >= 0", severity='"maybe"'), "severity must be one of"),
    (rule("all.net >= 0", paths='"a"'), "paths must be a list"),
    (rule("all.net > 0"), "cannot be understood"),
    (rule("all.joy >= 0"), "is no quantity"),
    (rule("net >= 0"), "is no quantity"),
    (rule("all.net >= 0 with 100% confidence"), "less than 100%"),
    (rule("no article moves by more than 0.2"), "something to compare with"),
    (rule("all.net >= 0") * 2, "two rules are called"),
]


@pytest.mark.parametrize(("text", "message"), BAD)
def test_bad_policies_are_refused_in_a_line(policy: MakePolicy, text: str, message: str) -> None:
    with pytest.raises(PolicyError) as raised:
        load_policy(policy(text))
    assert message in str(raised.value)
    assert "\n" not in str(raised.value)
    assert raised.value.exit_code == 2


def test_missing_policy_topic_and_baseline(policy: MakePolicy, tmp_path: Path) -> None:
    with pytest.raises(PolicyError, match="no such policy"):
        load_policy(tmp_path / "none.toml")
    with pytest.raises(PolicyError, match="no topic 'price' but technology, all"):
        check(load_policy(policy(rule("price.net >= 0"))), [entry(0, 0, 0)])
    with pytest.raises(InputError, match="does not exist"):
        check(load_policy(policy(rule("no article moves by more than 0.2 against b.json"))), [])
    (tmp_path / "b.json").write_text("{}")
    with pytest.raises(InputError, match="is not the JSON"):
        check(load_policy(policy(rule("no article moves by more than 0.2 against b.json"))), [])


def test_input_failures_give_1_and_failed_rules_3(policy: MakePolicy) -> None:
    failed = Entry("bad.txt", None, None, None, "", error={"error": "DecodeError", "reason": "binary"})
    place = policy(rule("technology.net >= 0"))
    assert check(load_policy(place), [failed, entry(0.5, 0.4, 0.6)]).exit_code == 1
    assert check(load_policy(place), [failed, entry(-0.5, -0.6, -0.4)]).exit_code == 3


def test_places_are_the_sentences_that_push(policy: MakePolicy, doubting: ArticleScore, praising: ArticleScore) -> None:
    text = rule("technology.net >= 0") + rule("technology.net <= 0") + rule("technology.praise <= 0.1")
    report = check(load_policy(policy(text)), map(entry_of, (doubting, praising)))
    failed = [o for o in report.outcomes if o.status is Status.FAIL]
    assert [(o.source, o.rule.sign) for o in failed] == [("doubting.txt", ">="), ("praising.txt", "<="), ("praising.txt", "<=")]
    for outcome in failed:
        wanted = "落後" if outcome.source == "doubting.txt" else "领先"
        assert outcome.places
        assert all(wanted in p.text for p in outcome.places)


def test_rows_of_tables_are_named(policy: MakePolicy) -> None:
    report = check(load_policy(policy(rule("technology.net >= 0"))), [replace(entry(-0.9, -1, -0.8, "t.csv"), row=7)])
    assert report.outcomes[0].title == "t.csv:7"
