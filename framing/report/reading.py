"""Read scores back from the published JSON, so that any report can be made of them later."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

from framing.errors import InputError
from framing.records import ArticleScore, Contribution, Estimate, Prediction, Repair, ScoredSentence, Sentence, TopicShare, VoiceShare
from framing.report.data import SCHEMA_VERSION

__all__ = ["read_article", "read_results"]


def read_results(path: Path) -> Iterator[tuple[ArticleScore, dict[str, Any]]]:
    """Read the articles of a JSON Lines file, or of all ``articles*.jsonl`` files in a folder.

    Yields:
        Each article with its row as it stands in the file, which may carry columns of the user's.

    Raises:
        InputError: there is no such file, or a line is not an article in the published form.
    """
    for file in _files(path):
        try:
            with file.open(encoding="utf-8") as lines:
                yield from _articles(file, lines)
        except OSError as error:
            raise InputError(f"{file}: cannot be read ({error.strerror})") from None
        except UnicodeDecodeError:
            raise InputError(f"{file}: is not UTF-8; write it with `framing score FILE… --format jsonl`") from None


def _articles(file: Path, lines: Iterable[str]) -> Iterator[tuple[ArticleScore, dict[str, Any]]]:
    for number, line in enumerate(lines, start=1):
        if not line.strip():
            continue
        try:
            row = json.loads(line)
            yield read_article(row), row
        except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
            raise InputError(f"{file}:{number}: no article in the published JSON form ({_reason(error)})") from None


def _reason(error: Exception) -> str:
    return f"no field {error}" if isinstance(error, KeyError) else str(error)


def _files(path: Path) -> list[Path]:
    if path.is_file():
        return [path]
    if not path.is_dir():
        raise InputError(f"{path}: no such file or folder; name a JSON Lines file of articles or a folder of them")
    found = sorted(p for p in path.rglob("*.jsonl") if (p.name.startswith("articles") or p.parent.name == "articles") and p.is_file())
    found = found or sorted(p for p in path.glob("*.jsonl") if p.name != "errors.jsonl" and p.is_file())
    if not found:
        raise InputError(f"{path}: holds no articles*.jsonl; write one with `framing score FILE… --format jsonl -o articles.jsonl`")
    return found


def read_article(row: Mapping[str, Any]) -> ArticleScore:
    """Rebuild an article's score from ``framing.report.data.article``.

    Numbers come back as published, with four decimals.

    Raises:
        ValueError: the row was written in a later version of the form.
        KeyError, TypeError: a field is missing or of another type.
    """
    if row["schema_version"] > SCHEMA_VERSION:
        raise ValueError(f"schema version {row['schema_version']} is newer than {SCHEMA_VERSION}; update framing-zh")
    lean = row["lean"]
    return ArticleScore(
        source=str(row["source"]),
        encoding=str(row["encoding"]),
        characters=int(row["characters"]),
        sentences=tuple(_sentence(s) for s in row["sentences"]),
        topics=tuple(_topic(t) for t in row["topics"]),
        lean=lean["side"],
        promotion_attention=_estimate(lean["promotion_attention"]),
        technology_attention=_estimate(lean["technology_attention"]),
        verdict=row["verdict"],
        repairs=tuple(Repair(r["start"], r["end"], r["before"], r["after"], r["reason"]) for r in row["repairs"]),
        warnings=tuple(row["warnings"]),
        model=str(row["model"]["name"]),
        model_hash=str(row["model"]["hash"]),
    )


def _estimate(value: Mapping[str, float] | None) -> Estimate | None:
    return None if value is None else Estimate(float(value["value"]), float(value["low"]), float(value["high"]))


def _voice(value: Mapping[str, float] | None) -> VoiceShare | None:
    return None if value is None else VoiceShare(float(value["share"]), float(value["net"]))


def _topic(row: Mapping[str, Any]) -> TopicShare:
    return TopicShare(
        topic=str(row["topic"]),
        sentences=int(row["sentences"]),
        weight=float(row["expected_sentences"]),
        attention=float(row["attention"]),
        sufficient=bool(row["sufficient"]),
        praise=_estimate(row["praise"]),
        skepticism=_estimate(row["skepticism"]),
        neutral=_estimate(row["neutral"]),
        net=_estimate(row["net"]),
        author=_voice(row["author"]),
        quoted=_voice(row["quoted"]),
        carriers=tuple(row["carriers"]),
    )


def _sentence(row: Mapping[str, Any]) -> ScoredSentence:
    sentence = Sentence(str(row["text"]), int(row["start"]), int(row["end"]), int(row["paragraph"]), row["kind"])
    found = row["prediction"]
    if found is None:
        return ScoredSentence(sentence, None)
    shares = found["probabilities"]
    prediction = Prediction(
        frame=found["frame"],
        praise=float(shares["praise"]),
        skepticism=float(shares["skepticism"]),
        neutral=float(shares["neutral"]),
        topic_probabilities={str(k): float(v) for k, v in found["topic_probabilities"].items()},
        topics=tuple(found["topics"]),
        voice=found["voice"],
        quoted=float(found["quoted_probability"]),
        stance_log_odds=float(found["stance_log_odds"]),
        evidence=tuple(Contribution(str(c["text"]), int(c["start"]), int(c["end"]), float(c["weight"])) for c in found["contributions"]),
    )
    return ScoredSentence(sentence, prediction)
