"""Cue lists are read strictly, and one pass finds what a naive search finds."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from framing.errors import LexiconError
from framing.lexicon import MAX_GAP, Construction, Lexicon, Matcher, load_lexicon, read_table
from framing.records import TOPICS
from framing.segment import Segmenter, Tokens, fold

SMALL = Lexicon(
    words={"好": 1.0, "好评": 2.0, "差": -1.0, "突破": 2.0, "app": 0.5},
    phrases={"技术突破": 3.0, "不过如此": -2.0},
    functional={"不": "negation", "但": "contrast", "与其": "contrast"},
    ambiguous={"高": "degree"},
    topics={"technology": {"技术": 3.0, "芯片": 2.0}, "marketing": {"广告": 2.0}},
    constructions=[Construction(("与其", "不如"), "contrast", -1.0), Construction(("既", "又", "还"), "list", 1.0)],
    regional={"软体": "软件"},
)
SENTENCES = st.lists(
    st.sampled_from(
        [*SMALL.words, *SMALL.phrases, "不", "但", "与其", "不如", "既", "又", "还", "高", "技术", "评", "，", "APP", "happy", " "]
    ),
    max_size=12,
)


@pytest.fixture(scope="module")
def matcher() -> Matcher:
    return Matcher(SMALL)


@pytest.fixture(scope="module")
def segmenter() -> Segmenter:
    return Segmenter()


def naive(matcher: Matcher, tokens: Tokens) -> list[tuple[int, int, str]]:
    """Search each entry by itself; short and Latin ones must coincide with tokens."""
    edges = set(tokens.starts.tolist())
    found = []
    for name in matcher.names:
        at = tokens.text.find(name)
        while at >= 0:
            end = at + len(name)
            aligned = len(name) <= 2 or name[0].isascii() or name[-1].isascii()
            if not aligned or (at in edges and end in edges):
                found.append((at, end, name))
            at = tokens.text.find(name, at + 1)
    return sorted(found)


@given(sentences=st.lists(SENTENCES.map("".join), max_size=4))
def test_one_pass_finds_what_a_naive_search_finds(matcher: Matcher, segmenter: Segmenter, sentences: list[str]) -> None:
    tokens = segmenter.segment(sentences)
    found = matcher.find(tokens)
    spans = [(s, e, matcher.names[n]) for s, e, n in zip(found.start.tolist(), found.end.tolist(), found.entry.tolist(), strict=True)]
    assert sorted(spans) == naive(matcher, tokens)
    assert found.start.tolist() == sorted(found.start.tolist())
    for row, start, end in zip(found.row.tolist(), found.start.tolist(), found.end.tolist(), strict=True):
        assert tokens.row_starts[row] <= start < end < tokens.row_starts[row + 1]


@given(sentences=st.lists(SENTENCES.map("".join), max_size=4))
def test_the_longest_matches_hide_those_inside(matcher: Matcher, segmenter: Segmenter, sentences: list[str]) -> None:
    found = matcher.find(segmenter.segment(sentences))
    spans = list(zip(found.start.tolist(), found.end.tolist(), strict=True))
    kept = found.longest()
    expected = {s for s in spans if not any(o != s and o[0] <= s[0] and s[1] <= o[1] for o in spans)}
    assert set(zip(kept.start.tolist(), kept.end.tolist(), strict=True)) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("与其涨价不如降价", [("与其", 0, 6)]),
        ("不如与其", []),
        ("与其" + "很" * MAX_GAP + "不如", [("与其", 0, 4 + MAX_GAP)]),
        ("与其" + "很" * (MAX_GAP + 1) + "不如", []),
        ("既能赚钱，又能省电，还能学习", [("既", 0, 11)]),
        ("既能赚钱，还能学习，又能省电", []),
        ("与其\n不如", []),
    ],
)
def test_constructions(matcher: Matcher, segmenter: Segmenter, text: str, expected: list[tuple[str, int, int]]) -> None:
    found = matcher.find_constructions(matcher.find(segmenter.segment(text.split("\n"))))
    names = [SMALL.constructions[e].parts[0] for e in found.entry.tolist()]
    assert list(zip(names, found.start.tolist(), found.end.tolist(), strict=True)) == expected


def test_what_stands_for_an_entry(matcher: Matcher) -> None:
    index = {name: i for i, name in enumerate(matcher.names)}
    assert matcher.grade[index["好评"]] == 2.0
    assert matcher.grade[index["高"]] == 0.0
    assert matcher.kinds[matcher.kind[index["高"]]] == "ambiguous:degree"
    assert matcher.kinds[matcher.kind[index["但"]]] == "contrast"
    assert matcher.topic[index["技术"]].tolist() == [3.0, 0.0]


def test_a_lexicon_survives_json() -> None:
    data = json.loads(json.dumps(SMALL.to_data()))
    assert Lexicon.from_data(data).to_data() == SMALL.to_data()


def test_an_empty_lexicon_finds_nothing(segmenter: Segmenter) -> None:
    empty = Matcher(Lexicon())
    assert len(empty.find(segmenter.segment(["技术突破"])).entry) == 0


@pytest.mark.parametrize(
    "change",
    [
        {"words": None},
        {"words": {"好": "great"}},
        {"words": {"好": 1000}},
        {"words": {"好": float("nan")}},
        {"functional": ["不"]},
        {"functional": {"": "negation"}},
        {"constructions": [["与其", "contrast", -1.0]]},
        {"constructions": [["与其", "", "contrast", -1.0]]},
        {"constructions": [[]]},
        {"constructions": {}},
        {"topics": {"technology": 1}},
    ],
)
def test_data_of_another_shape_is_refused(change: dict[str, object]) -> None:
    with pytest.raises(LexiconError, match="another shape"):
        Lexicon.from_data({**SMALL.to_data(), **change})
    with pytest.raises(LexiconError):
        Lexicon.from_data({k: v for k, v in SMALL.to_data().items() if k not in change})


def test_tables(tmp_path: Path) -> None:
    path = tmp_path / "words.tsv"
    path.write_text("# a comment\n\n好\t1\n 差 \t-1\n", "utf-8")
    assert read_table(path, 2) == [("好", "1"), ("差", "-1")]
    for content, says in (("好\n", r"words\.tsv:1: 1 columns"), ("好\t1\n\t2\n", r"words\.tsv:2"), ("a\tb\tc\n", "3 columns")):
        path.write_text(content, "utf-8")
        with pytest.raises(LexiconError, match=says):
            read_table(path, 2)
    path.write_bytes(b"\xff\xfe")
    with pytest.raises(LexiconError, match="cannot be read"):
        read_table(path, 2)
    with pytest.raises(LexiconError, match="cannot be read"):
        read_table(tmp_path / "none.tsv", 2)


def test_a_users_file_overrides_the_shipped_grades(tmp_path: Path) -> None:
    path = tmp_path / "mine.tsv"
    path.write_text("拉胯到家\t-3\n遙遙領先\t-1.5\n", "utf-8")
    lexicon = load_lexicon(extra=[path])
    assert lexicon.phrases["拉胯到家"] == -3.0
    assert lexicon.phrases[fold("遙遙領先")] == -1.5
    for content in ("好\tgreat\n", "好\t7\n"):
        path.write_text(content, "utf-8")
        with pytest.raises(LexiconError, match=r"mine\.tsv"):
            load_lexicon(extra=[path])


def test_the_shipped_lists_are_as_large_as_promised() -> None:
    lexicon = load_lexicon()
    assert sum(g > 0 for g in lexicon.phrases.values()) >= 3000
    assert sum(g < 0 for g in lexicon.phrases.values()) >= 3000
    assert len(lexicon.functional) >= 600
    assert tuple(lexicon.topics) == TOPICS
    assert all(lexicon.topics.values())


def test_shipped_entries_are_canonical() -> None:
    lexicon = load_lexicon()
    for table in (lexicon.words, lexicon.phrases, lexicon.functional, lexicon.ambiguous, *lexicon.topics.values(), lexicon.regional):
        assert all(fold(e) == e for e in table)
