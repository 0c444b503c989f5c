"""Score an article: the only room that knows the order of all the others."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from itertools import chain, repeat
from pathlib import Path

import numpy as np

from framing.aggregate import IntervalModel, aggregate, lean, verdict
from framing.artifact import default_model_path, load
from framing.clean import CleanConfig, CleanText, clean, is_unreadable
from framing.decode import DEFAULT_LIMIT, Decoded, decode
from framing.input import read_input
from framing.model import BATCH, FramingModel
from framing.records import ArticleScore, Contribution, Prediction, ScoredSentence, Sentence
from framing.sentences import SentenceConfig, split

__all__ = [
    "EVIDENCE",
    "load_model",
    "predict_rows",
    "read_bytes",
    "score",
    "score_decoded",
    "score_decoded_many",
    "score_file",
    "score_many",
]

EVIDENCE = 4
"""Contributions kept per sentence and direction."""

# Below this share of Han characters among letters an article is not one that the model can read.
_MIN_HAN = 0.2
_HAN = re.compile("[\u3400-\u9fff]")


def load_model(path: str | Path | None = None) -> FramingModel:
    """Load a model folder, by default the shipped one, which is kept for the next call.

    Raises:
        ArtifactError: there is no sound model at that place.
    """
    return load(Path(path)) if path is not None else _default_model()


@lru_cache(maxsize=1)
def _default_model() -> FramingModel:
    return load(default_model_path())


def score(
    text: str,
    model: FramingModel | None = None,
    *,
    source: str = "<text>",
    encoding: str = "str",
    clean_config: CleanConfig = CleanConfig(),  # noqa: B008 - frozen
    sentence_config: SentenceConfig = SentenceConfig(),  # noqa: B008 - frozen
) -> ArticleScore:
    """Score one article.

    Args:
        text: the article as it was read; any script, also badly scraped.
        model: a loaded model; the shipped one by default.
        source: the name that the article goes by in results.
        encoding: how the text was encoded, for the record.
        clean_config: which repairs to make.
        sentence_config: how to cut sentences.

    Returns:
        The score; empty text gives one without sentences and the verdict ``unknown``.
    """
    draft = _draft(text, source, encoding, clean_config, sentence_config)
    return next(_scored([draft], model or load_model(), EVIDENCE))


def score_many(
    texts: Iterable[str],
    model: FramingModel | None = None,
    *,
    sources: Iterable[str] = (),
    evidence: int = EVIDENCE,
    clean_config: CleanConfig = CleanConfig(),  # noqa: B008 - frozen
    sentence_config: SentenceConfig = SentenceConfig(),  # noqa: B008 - frozen
) -> Iterator[ArticleScore]:
    """Score articles one after the other, with the sentences of several in each pass of the model.

    Each result is what ``score`` gives for that article alone; for short articles this is several
    times as fast. Texts are taken as they are needed, some thousands of sentences ahead.

    Args:
        texts: the articles.
        model: a loaded model; the shipped one by default.
        sources: the names of the articles, in order; those without one are called ``<text>``.
        evidence: contributions kept per sentence and direction, 0 for none.
        clean_config: which repairs to make.
        sentence_config: how to cut sentences.

    Yields:
        The scores, in the order of the texts.
    """
    names = chain(sources, repeat("<text>"))
    drafts = (_draft(text, name, "str", clean_config, sentence_config) for text, name in zip(texts, names, strict=False))
    yield from _scored(drafts, model or load_model(), evidence)


def score_decoded_many(documents: Iterable[tuple[Decoded, str]], model: FramingModel | None = None) -> Iterator[ArticleScore]:
    """Score decoded texts as ``score_many`` does, noting an encoding that had to be inferred.

    Args:
        documents: each text with the name that it goes by in results.
        model: a loaded model; the shipped one by default.
    """
    drafts = (replace(_draft(d.text, source, d.encoding, CleanConfig(), SentenceConfig()), notes=_notes(d)) for d, source in documents)
    yield from _scored(drafts, model or load_model(), EVIDENCE)


@dataclass(frozen=True, slots=True)
class _Draft:
    """Hold an article that is cut into sentences, which the model has not seen yet."""

    text: str
    source: str
    encoding: str
    repaired: CleanText
    sentences: Sequence[Sentence]
    notes: tuple[str, ...] = ()

    @property
    def readable(self) -> list[int]:
        """Give the sentences that the model can read."""
        return [i for i, s in enumerate(self.sentences) if s.kind != "unreadable"]


def _draft(text: str, source: str, encoding: str, clean_config: CleanConfig, sentence_config: SentenceConfig) -> _Draft:
    repaired = clean(text, clean_config)
    return _Draft(text, source, encoding, repaired, split(repaired, sentence_config))


def _scored(drafts: Iterable[_Draft], model: FramingModel, evidence: int) -> Iterator[ArticleScore]:
    """Score articles in groups that fill a batch of the model."""
    waiting: list[_Draft] = []
    count = 0
    for draft in drafts:
        waiting.append(draft)
        count += len(draft.sentences)
        if count >= BATCH:
            yield from _scored_together(waiting, model, evidence)
            waiting, count = [], 0
    yield from _scored_together(waiting, model, evidence)


def _scored_together(drafts: Sequence[_Draft], model: FramingModel, evidence: int) -> Iterator[ArticleScore]:
    readable = [draft.readable for draft in drafts]
    texts = [draft.sentences[i].text for draft, rows in zip(drafts, readable, strict=True) for i in rows]
    bases = [bases[i] for draft, rows in zip(drafts, readable, strict=True) for bases in [_bases(draft)] for i in rows]
    found = iter(model.predict(texts, np.repeat(np.arange(len(drafts)), [len(r) for r in readable]), evidence, bases))
    for draft, rows in zip(drafts, readable, strict=True):
        predictions: list[Prediction | None] = [None] * len(draft.sentences)
        for i in rows:
            predictions[i] = _placed(next(found), draft.repaired)
        yield _article(draft, predictions, model)


def _article(draft: _Draft, predictions: Sequence[Prediction | None], model: FramingModel) -> ArticleScore:
    counted = [i for i, s in enumerate(draft.sentences) if s.kind in ("body", "heading")]
    intervals = IntervalModel.from_data(model.interval)
    chosen = [p for i in counted if (p := predictions[i]) is not None]
    rows = aggregate(chosen, model.topics, intervals, counted)
    side, promotion, technology = lean(chosen, intervals)
    return ArticleScore(
        source=draft.source,
        encoding=draft.encoding,
        characters=len(draft.text),
        sentences=tuple(map(ScoredSentence, draft.sentences, predictions)),
        topics=rows,
        lean=side,
        promotion_attention=promotion,
        technology_attention=technology,
        verdict=verdict(rows[-1]),
        repairs=draft.repaired.repairs,
        warnings=(*_warnings(draft.text, draft.sentences), *draft.notes),
        model=model.name,
        model_hash=model.hash,
    )


def _bases(draft: _Draft) -> list[int]:
    """Find where each sentence begins in the repaired text."""
    if draft.repaired.unmoved:
        return [sentence.start for sentence in draft.sentences]
    result = []
    cursor = 0
    for sentence in draft.sentences:
        result.append(draft.repaired.text.index(sentence.text, cursor))
        cursor = result[-1] + len(sentence.text)
    return result


def _placed(prediction: Prediction, repaired: CleanText) -> Prediction:
    """Lead the offsets of evidence from the repaired text to the original."""
    if repaired.unmoved or not prediction.evidence:
        return prediction
    return replace(prediction, evidence=tuple(Contribution(c.text, *repaired.span(c.start, c.end), c.weight) for c in prediction.evidence))


def _warnings(text: str, sentences: Sequence[Sentence]) -> tuple[str, ...]:
    result = []
    head = text[:20000]
    han = len(_HAN.findall(head))
    # Letters are counted only where it matters how many there are.
    if han < _MIN_HAN * len(head) and han < _MIN_HAN * sum(map(str.isalpha, head)):
        result.append("not-chinese")
    if any(s.kind == "unreadable" for s in sentences):
        result.append("unreadable-sentences")
    return tuple(result)


def read_bytes(path: str | Path, *, limit: int | None = DEFAULT_LIMIT) -> bytes:
    """Read a file whole.

    Raises:
        InputError: it is missing, a folder, unreadable, or no file that ends.
    """
    return read_input(path, limit)


def score_file(
    path: str | Path, model: FramingModel | None = None, *, encoding: str | None = None, limit: int | None = DEFAULT_LIMIT
) -> ArticleScore:
    """Read, decode and score one file.

    Args:
        path: the file.
        model: a loaded model; the shipped one by default.
        encoding: the file's encoding instead of finding it.
        limit: largest size in bytes, ``None`` for no limit.

    Raises:
        InputError: the file cannot be read, is too large, or is not text.
    """
    decoded = decode(read_bytes(path, limit=limit), encoding, limit=limit)
    return score_decoded(decoded, model, source=str(path))


def score_decoded(decoded: Decoded, model: FramingModel | None = None, *, source: str) -> ArticleScore:
    """Score decoded text, noting an encoding that had to be inferred."""
    return next(score_decoded_many([(decoded, source)], model))


def _notes(decoded: Decoded) -> tuple[str, ...]:
    inferred = () if decoded.certain else ("encoding-inferred",)
    return (*inferred, "undecodable-bytes") if decoded.damaged else inferred


def predict_rows(
    texts: Sequence[str], articles: Sequence[str], model: FramingModel | None = None, *, evidence: int = 0
) -> list[Prediction]:
    """Label sentences that are already cut, as those of a label file.

    Args:
        texts: one sentence each; each is repaired by itself.
        articles: the article of each sentence; rows of one article adjacent and in order.
        model: a loaded model; the shipped one by default.
        evidence: contributions per direction.
    """
    model = model or load_model()
    repaired = [clean(t, CleanConfig(unwrap=False)).text for t in texts]
    return model.predict([t if not is_unreadable(t) else "" for t in repaired], articles, evidence)
