"""Say what must hold of every room for any input at all; fuzzing and the test suite run the same checks.

Each target takes bytes and raises ``AssertionError`` (or whatever a room wrongly raises) when a rule is
broken. Text targets read the bytes as UTF-8; bytes that are none become lone surrogates, which is what
Python makes of file names and JSON escapes, and which no room may trip over.
"""

from __future__ import annotations

import json
import math
from collections.abc import Callable
from functools import lru_cache
from itertools import pairwise

from framing.analysis import load_model, score, score_decoded
from framing.clean import CleanConfig, clean
from framing.decode import Decoded, decode
from framing.errors import DecodeError
from framing.model import FramingModel
from framing.records import ArticleScore
from framing.report.data import article
from framing.segment import Segmenter, fold, simplify
from framing.sentences import SentenceConfig, split

__all__ = ["TARGETS", "as_text", "check_score"]

NARROW = SentenceConfig(quote=4, longest=6)
LAYERED = 8
"""Mark-up hidden in mark-up deeper than this may show up when text is cleaned once more."""


def as_text(data: bytes) -> str:
    """Read bytes as text that may hold anything a Python string can."""
    return data.decode("utf-8", "surrogateescape")


def check_decode(data: bytes) -> None:
    """Bytes become text with a known encoding, or a refusal of one line."""
    try:
        result = decode(data)
    except DecodeError as error:
        refusal = str(error)
    else:
        _check_decoded(result, data)
        return
    assert refusal.isprintable()


def _check_decoded(result: Decoded, data: bytes) -> None:
    assert result.damaged == 0 or result.damaged == result.text.count("\ufffd")
    assert "\ud800" not in result.text
    if result.certain and not result.damaged and result.encoding == "utf-8":
        assert result.text.encode() == data


def check_clean(data: bytes) -> None:
    """Repairs ascend, make the text when replayed, lead back, and need no second round."""
    text = as_text(data)
    result = clean(text)
    pieces, cursor = [], 0
    for repair in result.repairs:
        assert cursor <= repair.start <= repair.end <= len(text)
        assert text[repair.start : repair.end] == repair.before
        pieces += [text[cursor : repair.start].replace("\r\n", "\n"), repair.after]
        cursor = repair.end
    assert "".join([*pieces, text[cursor:].replace("\r\n", "\n")]) == result.text
    places = [result.original(i) for i in range(len(result.text) + 1)]
    assert all(a < b for a, b in pairwise(places))
    assert places[-1] <= len(text)
    if max(text.count("<"), text.count("&")) <= LAYERED:
        assert clean(result.text).text == result.text
    kept = CleanConfig(controls=False, entities=False, tags=False, pinyin=False, unwrap=False)
    assert clean(text, kept).text == text


def check_sentences(data: bytes) -> None:
    """Sentences and the blanks between them are the text, in order, inside it, none too long."""
    text = as_text(data)
    repaired = clean(text)
    for config in (SentenceConfig(), NARROW):
        cursor = place = 0
        for sentence in split(repaired, config):
            at = repaired.text.index(sentence.text, cursor)
            assert not repaired.text[cursor:at].strip()
            assert (sentence.start, sentence.end) == repaired.span(at, at + len(sentence.text))
            assert place <= sentence.start < sentence.end <= len(text)
            assert sentence.text == sentence.text.strip()
            assert len(sentence.text) <= config.longest
            cursor, place = at + len(sentence.text), sentence.end
        assert not repaired.text[cursor:].strip()


@lru_cache(maxsize=1)
def _segmenters() -> tuple[Segmenter, Segmenter]:
    terms = load_model().lexicon.regional
    return Segmenter(terms, "jieba"), Segmenter(terms, "rjieba")


def check_segment(data: bytes) -> None:
    """Folding keeps the length; tokens concatenate to the text, lead back, and are those of both engines."""
    text = as_text(data)
    assert len(simplify(text)) == len(fold(text)) == len(text)
    assert fold(fold(text)) == fold(text)
    lines = text.split("\n")[:20]
    jieba, rjieba = (segmenter.segment(lines) for segmenter in _segmenters())
    assert jieba.tokens == rjieba.tokens
    assert "".join(jieba.tokens) == jieba.text
    assert len(jieba) == len(lines)
    for i, row in enumerate(jieba.rows.tolist()):
        if jieba.tokens[i] != "\n":
            start, end = jieba.sentence_span(row, int(jieba.starts[i]), int(jieba.starts[i + 1]))
            assert 0 <= start < end <= len(lines[row])


def check_score(result: ArticleScore, characters: int) -> None:
    """Probabilities are finite distributions, spans lie inside and ascend, totals are in range, JSON can be written."""
    place = 0
    for item in result.sentences:
        s, p = item.sentence, item.prediction
        assert place <= s.start < s.end <= characters
        place = s.end
        assert (p is None) == (s.kind == "unreadable")
        if p is None:
            continue
        shares = (p.praise, p.skepticism, p.neutral)
        assert all(0 <= share <= 1 for share in (*shares, p.quoted, *p.topic_probabilities.values()))
        assert abs(sum(shares) - 1) < 1e-9
        assert math.isfinite(p.stance_log_odds)
        assert math.isfinite(p.structure)
        for c in p.evidence:
            assert s.start <= c.start < c.end <= s.end
            assert math.isfinite(c.weight)
    for row in result.topics:
        for estimate in (row.praise, row.skepticism, row.neutral, row.net):
            assert (estimate is None) != row.sufficient
            assert estimate is None or -1 <= estimate.low <= estimate.value <= estimate.high <= 1
    json.dumps(article(result), allow_nan=False)


def check_analysis(data: bytes, model: FramingModel | None = None) -> None:
    """Bytes are refused in one line or scored soundly; as text they are always scored."""
    text = as_text(data)
    check_score(score(text, model), len(text))
    try:
        decoded = decode(data)
    except DecodeError:
        return
    check_score(score_decoded(decoded, model, source="fuzz"), len(decoded.text))


TARGETS: dict[str, Callable[[bytes], None]] = {
    "decode": check_decode,
    "clean": check_clean,
    "sentences": check_sentences,
    "segment": check_segment,
    "analysis": check_analysis,
}
"""Each room and its check."""
