"""Write scores as compact JSON without making the objects of ``framing.report.data`` first.

The text is, byte for byte, what ``dumps`` makes of ``article_data``; making it from the records directly
takes a fifth of the time, which for a batch would otherwise come near that of the model. Most of it
is saved on numbers: all those of some hundred sentences are rounded at once and looked up as text.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import chain
from json.encoder import encode_basestring as quoted
from typing import Any

import numpy as np
from numpy.typing import NDArray

from framing.batch.places import LineIndex
from framing.batch.store import Entry
from framing.records import ArticleScore, Estimate, Prediction, ScoredSentence, TopicShare, VoiceShare
from framing.report.data import DIGITS, SCHEMA_VERSION, number

__all__ = ["Encoded", "decimals", "dumps", "encode_data", "encode_origin", "encode_scores", "utf8"]

Numbers = Iterator[str]
"""Gives numbers as text, in the order in which they were gathered, which is that in which they are written."""


@dataclass(frozen=True, slots=True)
class Encoded:
    """Hold an article without its sentences, and each of its sentences, as JSON objects in UTF-8.

    The opening braces are left out, so that fields can be put in front.
    """

    article: bytes
    sentences: Sequence[bytes]


dumps = json.JSONEncoder(ensure_ascii=False, separators=(",", ":")).encode
"""Write compact JSON with Chinese as it is."""


def encode_data(article: Mapping[str, Any], sentences: Iterable[Mapping[str, Any]]) -> Encoded:
    """Encode an article that is there as data, as from an earlier run."""
    return Encoded(utf8(dumps(article)[1:]), [utf8(dumps(s)[1:]) for s in sentences])


def encode_origin(entry: Entry) -> bytes:
    """Encode the fields that say where an article comes from; without the closing brace, too."""
    row = "null" if entry.row is None else entry.row
    identity, group = ("null" if value is None else quoted(value) for value in (entry.id, entry.group))
    return utf8(f'{{"source":{quoted(entry.source)},"row":{row},"id":{identity},"group":{group},')


def encode_scores(scores: Sequence[ArticleScore], texts: Sequence[str]) -> Iterator[Encoded]:
    """Encode scored articles as ``encode_data`` would their ``article_data`` without ``source`` and ``sentences``.

    Args:
        scores: the articles; the numbers of all of them are held at once.
        texts: the decoded text of each, for lines and columns.
    """
    numbers = iter(decimals(list(chain.from_iterable(map(_numbers, scores)))))
    for score, text in zip(scores, texts, strict=True):
        article = utf8(_article(score, numbers))
        lines = LineIndex(text)
        yield Encoded(article, [utf8(_sentence(s, lines, numbers)) for s in score.sentences])


def decimals(values: Sequence[float]) -> list[str]:
    """Write finite numbers as JSON, rounded as ``framing.report.data.number`` does.

    Scaling a number may carry it over the middle between two decimals, so what is near a middle is
    rounded by itself, as is what is too large for the table.
    """
    scaled = np.array(values, np.float64) * _SCALE
    nearest = np.rint(scaled)
    known = (np.abs(np.abs(scaled - nearest) - 0.5) > _MARGIN) & (np.abs(nearest) <= _LARGEST)
    result: list[str] = _table()[np.where(known, nearest, 0.0).astype(np.int64) + _LARGEST].tolist()
    for i in np.flatnonzero(~known).tolist():
        result[i] = repr(number(float(values[i])))
    return result


_SCALE = 10**DIGITS
_LARGEST = 2 * _SCALE
"""Scaled number up to which texts are kept; a log-odds beyond 2 is rare."""

_MARGIN = 1e-6
"""More than scaling a number up to ``_LARGEST`` can err by."""


@lru_cache(maxsize=1)
def _table() -> NDArray[np.object_]:
    return np.array([repr(n / _SCALE) for n in range(-_LARGEST, _LARGEST + 1)], dtype=object)


class _Whole(dict[int, str]):
    """Write whole numbers, and keep the texts of small ones."""

    def __missing__(self, value: int) -> str:
        text = str(value)
        if value < _KEPT:
            self[value] = text
        return text


_KEPT = 8192
_WHOLE = _Whole()


def utf8(text: str) -> bytes:
    """Encode text, with the lone surrogates that a table's cells and the names of files may hold."""
    return text.encode("utf-8", "surrogatepass")


def _numbers(score: ArticleScore) -> list[float]:
    """Gather the numbers of an article in the order in which they are written."""
    result: list[float] = []
    for estimate in (score.promotion_attention, score.technology_attention):
        if estimate is not None:
            result += (estimate.value, estimate.low, estimate.high)
    for row in score.topics:
        result += (row.weight, row.attention)
        for estimate in (row.praise, row.skepticism, row.neutral, row.net):
            if estimate is not None:
                result += (estimate.value, estimate.low, estimate.high)
        for voice in (row.author, row.quoted):
            if voice is not None:
                result += (voice.share, voice.net)
    for item in score.sentences:
        p = item.prediction
        if p is not None:
            result += (p.praise, p.skepticism, p.neutral, *p.topic_probabilities.values(), p.quoted, p.stance_log_odds)
            result += [c.weight for c in p.evidence]
    return result


def _article(score: ArticleScore, numbers: Numbers) -> str:
    lean = (
        f'{{"side":"{score.lean}","promotion_attention":{_estimate(score.promotion_attention, numbers)},'
        f'"technology_attention":{_estimate(score.technology_attention, numbers)}}}'
    )
    topics = ",".join([_topic(row, numbers) for row in score.topics])
    repairs = ",".join(
        [
            f'{{"start":{r.start},"end":{r.end},"before":{quoted(r.before)},"after":{quoted(r.after)},"reason":{quoted(r.reason)}}}'
            for r in score.repairs
        ]
    )
    return (
        f'"schema_version":{SCHEMA_VERSION},"encoding":{quoted(score.encoding)},"characters":{score.characters},'
        f'"verdict":"{score.verdict}","lean":{lean},"topics":[{topics}],"repairs":[{repairs}],"warnings":{_names(score.warnings)},'
        f'"model":{{"name":{quoted(score.model)},"hash":{quoted(score.model_hash)}}}}}'
    )


def _topic(row: TopicShare, numbers: Numbers) -> str:
    return (
        f'{{"topic":{quoted(row.topic)},"sentences":{row.sentences},"expected_sentences":{next(numbers)},"attention":{next(numbers)},'
        f'"sufficient":{"true" if row.sufficient else "false"},"praise":{_estimate(row.praise, numbers)},'
        f'"skepticism":{_estimate(row.skepticism, numbers)},"neutral":{_estimate(row.neutral, numbers)},"net":{_estimate(row.net, numbers)},'
        f'"author":{_voice(row.author, numbers)},"quoted":{_voice(row.quoted, numbers)},"carriers":[{",".join(map(str, row.carriers))}]}}'
    )


def _estimate(value: Estimate | None, numbers: Numbers) -> str:
    return "null" if value is None else f'{{"value":{next(numbers)},"low":{next(numbers)},"high":{next(numbers)}}}'


def _voice(value: VoiceShare | None, numbers: Numbers) -> str:
    return "null" if value is None else f'{{"share":{next(numbers)},"net":{next(numbers)}}}'


def _sentence(item: ScoredSentence, lines: LineIndex, numbers: Numbers) -> str:
    s = item.sentence
    prediction = "null" if item.prediction is None else _prediction(item.prediction, numbers)
    line, column, end_line, end_column = lines.span(s.start, s.end)
    return (
        f'"text":{quoted(s.text)},"start":{s.start},"end":{s.end},"paragraph":{s.paragraph},"kind":"{s.kind}","prediction":{prediction},'
        f'"line":{line},"column":{column},"end_line":{end_line},"end_column":{end_column}}}'
    )


def _prediction(p: Prediction, numbers: Numbers) -> str:
    frame = f'"frame":"{p.frame}","probabilities":{{"praise":{next(numbers)},"skepticism":{next(numbers)},"neutral":{next(numbers)}}}'
    topics = ",".join([key + next(numbers) for key in _keys(tuple(p.topic_probabilities))])
    voice = f'"voice":"{p.voice}","quoted_probability":{next(numbers)},"stance_log_odds":{next(numbers)}'
    words = ",".join(
        [f'{{"text":{quoted(c.text)},"start":{_WHOLE[c.start]},"end":{_WHOLE[c.end]},"weight":{next(numbers)}}}' for c in p.evidence]
    )
    return f'{{{frame},"topics":{_names(p.topics)},"topic_probabilities":{{{topics}}},{voice},"contributions":[{words}]}}'


@lru_cache(maxsize=1024)
def _names(names: tuple[str, ...]) -> str:
    return dumps(names)


@lru_cache(maxsize=16)
def _keys(names: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(f"{quoted(name)}:" for name in names)
