"""Rules, their intervals, and what a policy file may say."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from framing.batch import Entry
from framing.batch.scoring import entry_of
from framing.batch.store import FORMAT, Head, Manifest, Store
from framing.errors import InputError
from framing.gate import Failure, Outcome, Place, Policy, PolicyError, Rule, Status, check, load_policy
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
    # A limit at the very end of the interval is neither broken nor, where it must not be reached, met.
    ("technology.net >= 0.5", 0.25, 0.0, 0.5, Status.UNSURE),
    ("technology.net >= 0.5", 0.75, 0.5, 1.0, Status.PASS),
    ("technology.net <= 0.5", 0.75, 0.5, 1.0, Status.UNSURE),
    ("technology.net <= 0.5", 0.25, 0.0, 0.5, Status.PASS),
    ("technology.net <= .5", 0.75, 0.625, 1.0, Status.FAIL),
    ("technology.net <= +0.5 with 90.0 % confidence", 0.75, 0.625, 1.0, Status.FAIL),
    ("lean.promotion <= 0.4", 0.6, 0.45, 0.75, Status.FAIL),
    ("lean.technology <= 0.4", 0.6, 0.45, 0.75, Status.NO_DATA),
]


@pytest.mark.parametrize(("require", "value", "low", "high", "status"), CASES, ids=range(len(CASES)))
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
    [
        ({"severity": '"warn"'}, Status.WARN, 0),
        ({"paths": '["b/**"]'}, None, 0),
        ({"paths": '["b", "/a/**"]'}, Status.FAIL, 3),
        ({"exclude": '["*.txt"]'}, None, 0),
        ({}, Status.FAIL, 3),
    ],
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
    ("rule = []", "no [[rule]]"),
    ("rule = [1]", "no [[rule]]"),
    ("baseline = 3\n" + rule("all.net >= 0"), "baseline must be the path of a file or folder"),
    (rule("all.net >= 0", name='""'), "rule 1: name must be text"),
    (rule("all.net >= 0", name="3"), "rule 1: name must be text"),
    (rule("all.net >= 0", when_unsure='"maybe"'), "rule 1: when_unsure must be one of pass, warn, fail"),
    (rule("all.net >= 0", exclude="[1]"), "rule 1: exclude must be a list of patterns"),
    ("[[rule]]\nrequire = 3", "rule 1: has no require"),
    ("[[rule]]\n[", "not a TOML file"),
    ("typo = 1\n" + rule("all.net >= 0"), "unknown key 'typo'"),
    (rule("all.net >= 0", sevrity='"warn"'), "unknown key 'sevrity'"),
    (rule("all.net >= 0", sevrity='"warn"'), "the keys are exclude, name, paths, require, severity, when_unsure"),
    (rule("all.net >= 0", severity='"maybe"'), "rule 1: severity must be one of fail, warn"),
    (rule("all.net >= 0", paths='"a"'), "rule 1: paths must be a list of patterns"),
    (rule("all.net > 0"), "'all.net > 0' cannot be understood; write as in 'technology.net >= -0.1 with 90% confidence' or 'no article"),
    (
        rule("all.joy >= 0"),
        "is no quantity; write TOPIC.praise, TOPIC.skepticism, TOPIC.neutral, TOPIC.net, lean.promotion or lean.technology",
    ),
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


def scored(text: str, frame: str | None, line: int) -> dict[str, Any]:
    prediction = None if frame is None else {"frame": frame}
    return {"text": text, "line": line, "column": 2, "end_line": line + 1, "end_column": 4, "prediction": prediction}


SENTENCES = [scored("甲", "praise", 1), scored("乙", "skepticism", 3), scored("丙", "neutral", 5), scored("丁", None, 7)]


def carried(value: float, carriers: Sequence[int], row: int | None = None) -> Entry:
    """Give an article whose technology is carried by some sentences, and the whole of it by the neutral one."""
    made = entry(value, value - 0.0625, value + 0.0625)
    article = dict(made.article or {})
    first, last = article["topics"]
    article["topics"] = [{**first, "carriers": list(carriers)}, {**last, "carriers": [2]}]
    return replace(made, article=article, sentences=SENTENCES, row=row)


PLACES = [
    # rule, value, carriers, texts
    ("technology.net >= 0", -0.5, [0, 1, 2], "乙"),
    ("technology.net <= 0", 0.5, [0, 1, 2], "甲"),
    ("technology.praise <= 0", 0.5, [1, 0, 2], "甲"),
    ("technology.skepticism <= 0", 0.5, [0, 1, 2], "乙"),
    ("technology.praise >= 0", -0.5, [1, 0], "甲"),
    ("technology.neutral <= 0", 0.5, [0, 3, 2], "丙"),
    ("technology.net >= 0", -0.5, [0, 2], "甲丙"),
    ("technology.net >= 0", -0.5, [3], "丁"),
    ("technology.net >= 0", -0.5, [], ""),
    ("lean.promotion <= 0", 0.5, [0, 1], "丙"),
    ("technology.net >= 0", 0.5, [0, 1], ""),
    ("technology.net >= 0", 0.0, [0, 1], ""),
]


@pytest.mark.parametrize(("require", "value", "carriers", "texts"), PLACES, ids=range(len(PLACES)))
@pytest.mark.parametrize("severity", ["warn", "fail"])
def test_places_are_carriers_that_push_the_way_of_the_rule(
    policy: MakePolicy, require: str, value: float, carriers: list[int], texts: str, severity: str
) -> None:
    place = policy(rule(require, severity=json.dumps(severity)))
    (outcome,) = check(load_policy(place), [carried(value, carriers)]).outcomes
    assert "".join(p.text for p in outcome.places) == texts
    assert (outcome.status is Status(severity)) == (abs(value) == 0.5 and (value < 0) == (">=" in require))


def test_places_have_lines_only_in_files(policy: MakePolicy) -> None:
    loaded = load_policy(policy(rule("technology.net >= 0")))
    (file, row) = (check(loaded, [carried(-0.5, [1], number)]).outcomes[0].places for number in (None, 7))
    assert file == (Place("乙", 3, 2, 4, 4),)
    assert row == (Place("乙"),)


def test_a_move_is_carried_by_what_pushes_its_way(policy: MakePolicy, tmp_path: Path) -> None:
    place = policy(rule("no article moves by more than 0.1 in technology.net against b.json"))
    for before, text in ((0.9, "乙"), (-0.9, "甲")):
        (tmp_path / "b.json").write_text(json.dumps([{"source": "a.txt", **(entry(before, before, before).article or {})}]))
        (outcome,) = check(load_policy(place), [carried(0.0, [0, 1])]).outcomes
        assert [p.text for p in outcome.places] == [text]


def test_a_report_counts_and_names_everything(policy: MakePolicy) -> None:
    loaded = load_policy(policy(rule("technology.net >= -0.1", name='"net"') + rule("lean.technology <= 0.4", severity='"warn"')))
    failures = [
        Entry("bad.txt", None, None, None, "", error={"error": "DecodeError", "reason": "binary"}),
        Entry("t.csv", 7, None, None, "", error={"reason": "too large"}),
        Entry("x.txt", None, None, None, "", error={}),
        Entry("y.txt", None, None, None, ""),
    ]
    report = check(loaded, [failures[0], entry(-0.5, -0.7, -0.3), *failures[1:], replace(entry(0.5, 0.3, 0.7, "t.csv"), row=8)])
    assert report.failures == (Failure("bad.txt", "binary"), Failure("t.csv:7", "too large"), Failure("x.txt", ""), Failure("y.txt", ""))
    assert report.rules == loaded.rules
    assert report.outcomes == (
        Outcome(loaded.rules[0], "a.txt", None, Status.FAIL, "technology.net is -0.50 [-0.70, -0.30]; required is >= -0.1"),
        Outcome(loaded.rules[1], "a.txt", None, Status.NO_DATA, "lean.technology: too few sentences"),
        Outcome(loaded.rules[0], "t.csv", 8, Status.PASS, "technology.net is +0.50 [+0.30, +0.70]; required is >= -0.1"),
        Outcome(loaded.rules[1], "t.csv", 8, Status.NO_DATA, "lean.technology: too few sentences"),
    )
    assert [o.title for o in report.outcomes] == ["a.txt", "a.txt", "t.csv:8", "t.csv:8"]
    assert [report.count(status) for status in Status] == [1, 0, 2, 0, 1]
    assert report.summary == "gate failed: 2 articles, 2 rules: 1 fail, 0 warn, 2 no data, 0 unsure, 1 pass; 4 inputs failed"
    assert check(loaded, failures[:1]).summary.startswith("gate incomplete: 0 articles")
    assert check(loaded, []).summary == "gate passed: 0 articles, 2 rules: 0 fail, 0 warn, 0 no data, 0 unsure, 0 pass; 0 inputs failed"


def test_a_policy_holds_what_its_file_says(policy: MakePolicy) -> None:
    text = 'baseline = "b.json"\n'
    text += rule("technology.net ≥ −0.1 with 99.5% confidence", name='"n"', severity='"warn"', paths='["a/**", "b"]', when_unsure='"fail"')
    text += rule(" no  article moves by more\tthan 0.2 ") + rule("lean.technology <= 1", exclude='["c"]')
    text += rule("no article moves by more than 1 in x.praise against c.json with 0% confidence")
    place = policy(text)
    loaded = load_policy(str(place))
    assert loaded == Policy(
        (
            Rule("n", "technology.net ≥ −0.1 with 99.5% confidence", "technology.net", ">=", -0.1, 0.995, "warn", "fail", ("a/**", "b")),
            Rule(
                " no  article moves by more\tthan 0.2 ", " no  article moves by more\tthan 0.2 ", "all.net", "moves", 0.2, baseline="b.json"
            ),
            Rule("lean.technology <= 1", "lean.technology <= 1", "lean.technology", "<=", 1.0, exclude=("c",)),
            replace(
                Rule("", "no article moves by more than 1 in x.praise against c.json with 0% confidence", "x.praise", "moves", 1.0, 0.0),
                name="no article moves by more than 1 in x.praise against c.json with 0% confidence",
                baseline="c.json",
            ),
        ),
        place.parent,
    )


def test_a_topic_may_have_dots(policy: MakePolicy) -> None:
    loaded = load_policy(policy(rule("e.v.net >= 0")))
    made = replace(entry(-0.5, -0.6, -0.4, quantity="e.v.net"), sentences=SENTENCES)
    (outcome,) = check(loaded, [made]).outcomes
    assert (outcome.status, outcome.rule.quantity) == (Status.FAIL, "e.v.net")


MOVED = [(0.288, Status.FAIL), (0.2883, Status.UNSURE), (0.76, Status.UNSURE), (0.761, Status.PASS)]


@pytest.mark.parametrize(("limit", "status"), MOVED)
@pytest.mark.parametrize("forward", [True, False])
def test_errors_of_a_move_add_in_quadrature(policy: MakePolicy, tmp_path: Path, limit: float, status: Status, forward: bool) -> None:
    """From 0.1 [−0.2, 0.15] to 0.5 [0.4, 0.7]: a move of 0.4, by √(0.1² + 0.05²) less or √(0.2² + 0.3²) more at most."""
    spans = [(0.1, -0.2, 0.15), (0.5, 0.4, 0.7)]
    before, now = spans if forward else spans[::-1]
    (tmp_path / "b.json").write_text(json.dumps([{"source": "a.txt", **(entry(*before).article or {})}]))
    (outcome,) = check(load_policy(policy(rule(f"no article moves by more than {limit} against b.json"))), [entry(*now)]).outcomes
    assert outcome.status is status
    shown = ["+0.10 [-0.20, +0.15]", "+0.50 [+0.40, +0.70]"]
    start, end = shown if forward else shown[::-1]
    assert outcome.message == f"all.net moved from {start} to {end}; allowed is {limit:g}"


@pytest.mark.parametrize(("limit", "status"), [(0.0, Status.UNSURE), (0.282, Status.UNSURE), (0.283, Status.PASS)])
def test_no_move_with_other_intervals_is_none_for_certain(policy: MakePolicy, tmp_path: Path, limit: float, status: Status) -> None:
    (tmp_path / "b.json").write_text(json.dumps([{"source": "a.txt", **(entry(0.5, 0.3, 0.55).article or {})}]))
    (outcome,) = check(load_policy(policy(rule(f"no article moves by more than {limit} against b.json"))), [entry(0.5, 0.4, 0.7)]).outcomes
    assert outcome.status is status


def test_moves_name_another_model_once(policy: MakePolicy, tmp_path: Path) -> None:
    place = policy(rule("no article moves by more than 0.2 against b.json"))
    messages = []
    for model in ("m", "old"):
        (tmp_path / "b.json").write_text(json.dumps([{"source": "a.txt", **(entry(0, 0, 0, model=model).article or {})}]))
        messages.append(check(load_policy(place), [entry(0.5, 0.5, 0.5)]).outcomes[0].message)
    assert messages[1] == f"{messages[0]} (the baseline is of another model)"


def tables() -> list[Entry]:
    """Give rows of tables with and without names, files, and addresses that differ only by what a file's path could drop."""
    return [
        replace(entry(0.1, 0.1, 0.1, "./t.csv"), row=1, id="first"),
        replace(entry(0.2, 0.2, 0.2, "t.csv"), row=2),
        replace(entry(0.3, 0.3, 0.3, "t.csv"), row=3),
        entry(0.4, 0.4, 0.4, "a/../b.txt"),
        entry(0.5, 0.5, 0.5, "https://example.org/x//y.txt"),
        entry(0.6, 0.6, 0.6, "https://example.org/x/y.txt"),
    ]


@pytest.mark.parametrize("form", ["json", "jsonl", "batch"])
def test_articles_are_found_again_in_a_baseline(policy: MakePolicy, tmp_path: Path, form: str) -> None:
    failed = Entry("bad.txt", None, None, None, "", error={"reason": "binary"})
    if form == "batch":
        store = Store(tmp_path / "base")
        store.create()
        rows = [json.dumps({s: getattr(e, s) for s in Entry.__slots__}).encode() for e in [failed, *tables()]]
        store.write_part("p", Head(6, 0, 1, ()), rows)
        store.write_manifest(Manifest(FORMAT, "", {}, {}, (), 7, 6, 0, 1, ("p",)))
    else:
        rows = [json.dumps({"source": e.source, "row": e.row, "id": e.id, **(e.article or {})}) for e in tables()]
        (tmp_path / "base").write_text(f"\n [{','.join(rows)}]" if form == "json" else "\n\n".join(rows) + "\n \n", encoding="utf-8")
    loaded = load_policy(policy(rule("no article moves by more than 0.01 against base")))
    again = [*tables(), replace(tables()[0], id="second"), replace(tables()[1], row=9), entry(0, 0, 0, "B.TXT")]
    again[0] = replace(again[0], row=5)
    outcomes = check(loaded, again).outcomes
    assert [o.status for o in outcomes] == [Status.PASS] * 6 + [Status.NO_DATA] * 3
    missing = outcomes[7]
    assert missing == Outcome(loaded.rules[0], "t.csv", 9, Status.NO_DATA, "all.net: not in the baseline")


def test_a_baseline_is_named_where_it_cannot_be_read(policy: MakePolicy, tmp_path: Path) -> None:
    loaded = load_policy(policy(rule("no article moves by more than 0.2 against b.json")))
    with pytest.raises(InputError) as raised:
        check(loaded, [])
    assert str(raised.value) == f"the baseline {tmp_path / 'b.json'} does not exist; write it with `framing score --format json -o b.json`"
    for text in ("{", "[1]", '[{"row": 1}]', '{"source": 3}'):
        (tmp_path / "b.json").write_text(text)
        with pytest.raises(InputError, match=r"b\.json is not the JSON of `framing score` \("):
            check(loaded, [])
