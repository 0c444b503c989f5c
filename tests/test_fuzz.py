"""The checks that fuzzing runs hold for its seeds, for what it found before, and for inputs made by hypothesis."""

from __future__ import annotations

from pathlib import Path

import pytest
from fuzz_targets import TARGETS, check_analysis, check_clean, check_decode, check_segment, check_sentences
from hypothesis import given, settings
from hypothesis import strategies as st

CORPUS = sorted((Path(__file__).parent.parent / "fuzz" / "corpus").iterdir())
ROOMS = ("decode", "clean", "sentences", "segment", "analysis")
# Pieces that the rooms treat specially, so that random text is not all letters.
PIECES = st.sampled_from(
    [
        *"新车軟體，。！？“”「」（）()\"'<>&;#.… \t\r\n\u3000\x00\x85\u2028\u200b\u202e\ufeff\ufffd\ue000\ufe00",
        *(
            "<p>",
            "</b>",
            "<!--",
            "-->",
            "&amp;",
            "&nbsp;",
            "&#8203;",
            "&#x",
            "(tài)",
            "（de）",
            "3.5",
            "Mr.",
            "AI",
            "免责声明：",
            "锟斤拷",
            "𠮶",
            "👨‍👩‍👧",
        ),
    ]
)
TEXTS = st.lists(PIECES | st.text(max_size=3), max_size=60).map("".join)
DATA = TEXTS.map(lambda text: text.encode("utf-8", "surrogatepass")) | st.binary(max_size=200)


def test_there_are_seeds_and_a_check_for_each_room() -> None:
    assert len(CORPUS) >= 10
    assert tuple(TARGETS) == ROOMS


@pytest.mark.parametrize("room", ROOMS)
@pytest.mark.parametrize("seed", CORPUS, ids=lambda path: path.name)
def test_seeds(room: str, seed: Path) -> None:
    TARGETS[room](seed.read_bytes())


@given(DATA)
def test_decode(data: bytes) -> None:
    check_decode(data)


@given(DATA)
def test_clean(data: bytes) -> None:
    check_clean(data)


@given(DATA)
def test_sentences(data: bytes) -> None:
    check_sentences(data)


@given(DATA)
def test_segment(data: bytes) -> None:
    check_segment(data)


@settings(max_examples=60)
@given(DATA)
def test_analysis(data: bytes) -> None:
    check_analysis(data)
