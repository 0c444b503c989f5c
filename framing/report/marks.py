"""Place the words of the evidence in the sentence that a reader sees."""

from __future__ import annotations

from collections.abc import Sequence

from framing.records import Contribution, Repair, ScoredSentence

__all__ = ["Piece", "pieces"]

Piece = tuple[str, float | None]
"""A stretch of a sentence, and the weight of the contribution that it is (``None`` for plain text)."""


def pieces(item: ScoredSentence, repairs: Sequence[Repair] = ()) -> list[Piece]:
    """Cut a sentence into plain stretches and evidence words.

    The offsets of contributions count in the original text, the sentence shows the repaired one: what
    repairs took away before a word moves it to the left. A word that is not where it should be (a
    record that was edited by hand) is left out rather than marked in a wrong place.

    Args:
        item: the sentence and its prediction.
        repairs: the repairs of the article, ascending.

    Returns:
        The pieces in order; their texts add up to the sentence's.

    >>> from framing.records import Prediction, Sentence
    >>> evidence = (Contribution("突破", 4, 6, 0.5),)
    >>> p = Prediction("praise", 0.8, 0.1, 0.1, {}, (), "author", 0.1, evidence=evidence)
    >>> pieces(ScoredSentence(Sentence("取得了突破", 1, 6), p))
    [('取得了', None), ('突破', 0.5)]
    """
    text = item.sentence.text
    if item.prediction is None:
        return [(text, None)]
    inside = [r for r in repairs if item.sentence.start <= r.start < item.sentence.end]
    result: list[Piece] = []
    cursor = 0
    for contribution in sorted(item.prediction.evidence, key=lambda c: c.start):
        begin = _place(contribution, item.sentence.start, inside)
        end = begin + len(contribution.text)
        if begin < cursor or text[begin:end] != contribution.text:
            continue
        if begin > cursor:
            result.append((text[cursor:begin], None))
        result.append((contribution.text, contribution.weight))
        cursor = end
    if cursor < len(text):
        result.append((text[cursor:], None))
    return result


def _place(contribution: Contribution, sentence_start: int, repairs: Sequence[Repair]) -> int:
    removed = sum((r.end - r.start) - len(r.after) for r in repairs if r.end <= contribution.start)
    return contribution.start - sentence_start - removed
