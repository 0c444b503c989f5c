"""Keys and terms are found where a search one by one finds them, also keys chosen so as to collide."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from framing import trie as room
from framing.trie import KeyIndex, Trie, code_points, point_table, text_of

KEYS = st.lists(st.integers(0, 2**63 - 1) | st.integers(0, 50), unique=True, max_size=200)
TERMS = st.lists(st.text("甲乙丙a𠮶\U0010ffff\ud800", min_size=1, max_size=5), unique=True, max_size=12)
TEXTS = st.text("甲乙丙a𠮶\U0010ffff\ud800 ", max_size=30)


@given(keys=KEYS, others=KEYS)
def test_keys_are_found_at_their_places(keys: list[int], others: list[int]) -> None:
    wanted = [*keys, *others]
    found = KeyIndex(np.array(keys, np.int64)).find(np.array(wanted, np.int64))
    assert found.tolist() == [keys.index(k) if k in keys else -1 for k in wanted]


@given(keys=KEYS, others=KEYS)
def test_keys_that_collide_are_found_all_the_same(keys: list[int], others: list[int]) -> None:
    wanted = [*keys, *others]
    with pytest.MonkeyPatch.context() as patch:
        # With one slot for all keys no table can be built.
        patch.setattr(KeyIndex, "_slots", lambda _self, keys, _choice: np.zeros(len(keys), np.int64))
        found = KeyIndex(np.array(keys, np.int64)).find(np.array(wanted, np.int64))
    assert found.tolist() == [keys.index(k) if k in keys else -1 for k in wanted]


@pytest.mark.parametrize("step", [1, 1 << 21, 1 << 40, 0x9E3779B97F4A7])
def test_regular_keys_fit_a_table(step: int) -> None:
    index = KeyIndex(np.arange(5000) * step)
    assert index._order is None
    assert index.find(np.arange(5000) * step).tolist() == list(range(5000))
    assert set(index.find(np.arange(5000) * step + step // 2 + 5000 * (step == 1)).tolist()) <= {-1}


@given(terms=TERMS, text=TEXTS)
def test_all_terms_are_found(terms: list[str], text: str) -> None:
    found = zip(*(a.tolist() for a in Trie(terms).find(code_points(text))), strict=True)
    expected = [(i, at, at + len(t)) for i, t in enumerate(terms) for at in range(len(text)) if text.startswith(t, at)]
    assert sorted(found) == sorted(expected)


@given(terms=TERMS, text=TEXTS)
def test_the_longest_term_at_each_place_is_taken_from_left_to_right(terms: list[str], text: str) -> None:
    expected, at = [], 0
    while at < len(text):
        here = max((t for t in terms if text.startswith(t, at)), key=len, default="")
        if here:
            expected.append((terms.index(here), at, at + len(here)))
        at += len(here) or 1
    assert Trie(terms).leftmost_longest(code_points(text)) == expected


def test_empty_terms_are_nowhere() -> None:
    assert Trie(["", "甲"]).leftmost_longest(code_points("乙甲")) == [(1, 1, 2)]
    assert Trie([]).leftmost_longest(code_points("乙甲")) == []


@given(st.text())
def test_code_points_lead_back(text: str) -> None:
    assert code_points(text).tolist() == list(map(ord, text))
    assert text_of(code_points(text)) == text


def test_tables_end_after_what_they_hold() -> None:
    table = point_table({3: 7, 5: -2}, np.int64)
    assert table.take(np.array([0, 3, 4, 5, 6, 0x10FFFF]), mode="clip").tolist() == [0, 7, 0, -2, 0, 0]
    assert point_table({}, np.bool_).take(np.array([0, 9]), mode="clip").tolist() == [False, False]


def test_public_names_are_the_rooms() -> None:
    assert set(room.__all__) == {"KeyIndex", "Trie", "code_points", "point_table", "text_of"}
