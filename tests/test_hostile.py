"""Each hostile input has an outcome of its own: ``cases/hostile.jsonl`` says which, and this holds the rooms to it.

A case is a file's bytes (``hex``, or ``text`` as UTF-8) or, with ``str``, text that never was bytes. A text
may be a list of [piece, times]. It ends in an ``error``, or in an encoding (UTF-8 where none is named), kinds
and texts of sentences (or their number), reasons for repairs and warnings.
"""

from __future__ import annotations

import json
from collections import Counter
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from fuzz_targets import check_score

from framing.analysis import score, score_decoded
from framing.clean import clean
from framing.decode import decode
from framing.errors import DecodeError, TooLargeError
from framing.model import FramingModel
from framing.sentences import split

CASES = [json.loads(line) for line in (Path(__file__).parent / "cases" / "hostile.jsonl").read_text("utf-8").splitlines()]
BY_NAME = {f"{case['group']}: {case['why']}": case for case in CASES}
GROUPS = {
    "encoding", "mark", "control", "surrogate", "space", "invisible", "emoji", "combining", "bidirectional", "mojibake", "mark-up", "entity",
    "file", "variant", "rare", "form", "quotes", "number", "line end", "language", "punctuation", "instruction", "notice", "nothing",
}  # fmt: skip


def text_of(case: dict[str, Any]) -> str:
    text = case["text"]
    return text if isinstance(text, str) else "".join(piece * times for piece, times in text)


def bytes_of(case: dict[str, Any]) -> bytes:
    return bytes.fromhex(case["hex"]) if "hex" in case else text_of(case).encode()


def test_there_are_enough_and_no_two_alike() -> None:
    assert len(BY_NAME) == len(CASES) >= 300
    assert {case["group"] for case in CASES} == GROUPS
    assert Counter(json.dumps([case.get("hex"), case.get("text")]) for case in CASES).most_common(1)[0][1] == 1


@pytest.mark.parametrize("case", BY_NAME.values(), ids=BY_NAME)
def test_outcome(case: dict[str, Any], small_model: FramingModel) -> None:
    if "error" in case:
        with pytest.raises(DecodeError) as caught:
            decode(bytes_of(case))
        assert str(caught.value) == case["error"]
        return
    if "str" in case:
        text, result = text_of(case), score(text_of(case), small_model)
    else:
        decoded = decode(bytes_of(case))
        assert decoded.encoding == case.get("encoding", "utf-8")
        text, result = decoded.text, score_decoded(decoded, small_model, source="hostile")
    found = [[item.sentence.kind, item.sentence.text] for item in result.sentences]
    assert found == case["sentences"] or len(found) == case["sentences"]
    assert sorted({r.reason for r in result.repairs}) == case.get("repairs", [])
    assert list(result.warnings) == case.get("warnings", [])
    check_score(result, len(text))


# What is too large to write down: (bytes, sentences, kind of the first).
LARGE = {
    "a line of 50 MB": ("新车上市销量很好口碑不错，" * 1_282_000, 42_734),
    "a line of 50 MB without any mark": ("a" * 50_000_000, 125_000),
    "100,000 blank lines": ("\n" * 100_000, 0),
    "100,000 blank lines between two sentences": ("新车上市。" + "\n" * 100_000 + "销量很好。", 2),
    "100,000 lines": ("新车上市\n" * 100_000, 100_000),
    "quotations 50,000 deep": ("“" * 50_000 + "新车上市。" + "”" * 50_000, 251),
    "brackets 50,000 deep": ("（" * 50_000 + "新车上市" + "）" * 50_000, 251),
    "tags 50,000 deep": ("<b>" * 50_000 + "新车上市" + "</b>" * 50_000, 1),
    "100,000 full stops": ("。" * 100_000, 250),
    "100,000 byte order marks": ("\ufeff" * 100_000 + "新车上市", 1),
    "100,000 accents on one character": ("新" + "\u0301" * 100_000, 251),
    "10,000 pinyin notes": ("态(tài)" * 10_000, 25),
    "100,000 zero-width spaces between characters": ("新\u200b" * 100_000, 250),
}


@pytest.mark.parametrize(("text", "sentences"), LARGE.values(), ids=LARGE)
def test_large(text: str, sentences: int) -> None:
    data = text.encode()
    found = split(clean(decode(data).text))
    assert len(found) == sentences
    assert all(len(s.text) <= 400 for s in found)
    assert all(a.end <= b.start for a, b in pairwise(found))


def test_more_than_the_limit_is_refused_and_the_limit_can_be_raised() -> None:
    data = "新车上市。".encode() * 4_500_000
    with pytest.raises(TooLargeError, match=r"67,500,000 bytes are more than the limit of 67,108,864; raise it with --max-bytes"):
        decode(data)
    assert len(decode(data, limit=len(data)).text) == 22_500_000
    assert len(decode(data, limit=None).text) == 22_500_000
