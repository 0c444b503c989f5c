"""Score an article: the only room that knows the order of all the others."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from functools import lru_cache
from pathlib import Path

from framing.aggregate import IntervalModel, aggregate, lean, verdict
from framing.artifact import default_model_path, load
from framing.clean import CleanConfig, CleanText, clean, is_unreadable
from framing.decode import DEFAULT_LIMIT, Decoded, decode
from framing.errors import InputError
from framing.model import FramingModel
from framing.records import ArticleScore, Contribution, Prediction, ScoredSentence, Sentence
from framing.sentences import SentenceConfig, split

__all__ = ["EVIDENCE", "load_model", "predict_rows", "read_bytes", "score", "score_file"]

EVIDENCE = 4
"""Contributions kept per sentence and direction."""

# Below this share of Han characters among letters an article is not one that the model can read.
_MIN_HAN = 0.2


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
    model = model or load_model()
    repaired = clean(text, clean_config)
    sentences = split(repaired, sentence_config)
    predictions = _predict(model, sentences, repaired)
    counted = [i for i, s in enumerate(sentences) if s.kind in ("body", "heading")]
    intervals = IntervalModel.from_data(model.interval)
    chosen = [p for i in counted if (p := predictions[i]) is not None]
    rows = aggregate(chosen, model.topics, intervals, counted)
    side, promotion, technology = lean(chosen, intervals)
    return ArticleScore(
        source=source,
        encoding=encoding,
        characters=len(text),
        sentences=tuple(ScoredSentence(s, p) for s, p in zip(sentences, predictions, strict=True)),
        topics=rows,
        lean=side,
        promotion_attention=promotion,
        technology_attention=technology,
        verdict=verdict(rows[-1]),
        repairs=repaired.repairs,
        warnings=_warnings(text, sentences),
        model=model.name,
        model_hash=model.hash,
    )


def _predict(model: FramingModel, sentences: Sequence[Sentence], repaired: CleanText) -> list[Prediction | None]:
    readable = [i for i, s in enumerate(sentences) if s.kind != "unreadable"]
    found = model.predict([sentences[i].text for i in readable], ["article"] * len(readable), evidence=EVIDENCE)
    result: list[Prediction | None] = [None] * len(sentences)
    bases = _bases(sentences, repaired.text)
    for i, prediction in zip(readable, found, strict=True):
        result[i] = replace(prediction, evidence=tuple(_placed(c, bases[i], repaired) for c in prediction.evidence))
    return result


def _bases(sentences: Sequence[Sentence], text: str) -> list[int]:
    """Find where each sentence begins in the repaired text."""
    result = []
    cursor = 0
    for sentence in sentences:
        result.append(text.index(sentence.text, cursor))
        cursor = result[-1] + len(sentence.text)
    return result


def _placed(contribution: Contribution, base: int, repaired: CleanText) -> Contribution:
    start, end = repaired.span(base + contribution.start, base + contribution.end)
    return replace(contribution, start=start, end=end)


def _warnings(text: str, sentences: Sequence[Sentence]) -> tuple[str, ...]:
    result = []
    letters = [c for c in text[:20000] if c.isalpha()]
    if letters and sum("\u3400" <= c <= "\u9fff" for c in letters) < _MIN_HAN * len(letters):
        result.append("not-chinese")
    if any(s.kind == "unreadable" for s in sentences):
        result.append("unreadable-sentences")
    return tuple(result)


def read_bytes(path: str | Path, *, limit: int | None = DEFAULT_LIMIT) -> bytes:
    """Read a file whole.

    Raises:
        InputError: it is missing, a folder, unreadable, or no regular file that ends.
    """
    place = Path(path)
    try:
        if place.is_dir():
            raise InputError("is a folder; name the files in it, or use a pattern such as FOLDER/*.txt")
        with place.open("rb") as file:
            return file.read(-1 if limit is None else limit + 1)
    except FileNotFoundError:
        raise InputError("no such file") from None
    except PermissionError:
        raise InputError("may not be read (permission denied)") from None
    except (OSError, ValueError) as error:
        raise InputError(f"cannot be read ({getattr(error, 'strerror', None) or error})") from None


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
    result = score(decoded.text, model, source=source, encoding=decoded.encoding)
    extra = [] if decoded.certain else ["encoding-inferred"]
    extra += ["undecodable-bytes"] if decoded.damaged else []
    return replace(result, warnings=(*result.warnings, *extra)) if extra else result


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
