"""Define the frozen records that travel between the rooms.

Nothing here computes; every other room may import this one. Offsets count characters (code points)
of the decoded text of the file, from 0, with the end exclusive.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

__all__ = [
    "FRAMES",
    "NORMAL_90",
    "TOPICS",
    "VOICES",
    "ArticleScore",
    "Contribution",
    "Estimate",
    "Example",
    "Frame",
    "Kind",
    "Prediction",
    "Repair",
    "ScoredSentence",
    "Sentence",
    "TopicShare",
    "Voice",
    "VoiceShare",
]

Frame = Literal["praise", "skepticism", "neutral"]
Voice = Literal["author", "quoted"]
Kind = Literal["body", "heading", "boilerplate", "unreadable"]

FRAMES: tuple[Frame, ...] = ("praise", "skepticism", "neutral")
"""The three frames, in the order of every array of frame probabilities."""

TOPICS: tuple[str, ...] = ("marketing", "technology", "traffic")
"""The built-in topics; a model may carry more, after these."""

VOICES: tuple[Voice, ...] = ("author", "quoted")


@dataclass(frozen=True, slots=True)
class Repair:
    """Record one repair: the original span, what it held, what stands for it now, and why."""

    start: int
    end: int
    before: str
    after: str
    reason: str


@dataclass(frozen=True, slots=True)
class Sentence:
    """Hold one sentence: its repaired text and its place in the original text.

    ``kind`` is ``body``, ``heading``, ``boilerplate`` (disclaimers, bylines, calls to follow) or
    ``unreadable`` (mojibake); the last two are shown but not counted. ``paragraph`` counts from 0.
    """

    text: str
    start: int
    end: int
    paragraph: int = 0
    kind: Kind = "body"


@dataclass(frozen=True, slots=True)
class Contribution:
    """Hold one term of a sentence's stance: the words and how far they move it.

    ``weight`` is in log-odds of praise against skepticism: positive towards praise. ``start`` and
    ``end`` are offsets into the original text.
    """

    text: str
    start: int
    end: int
    weight: float


@dataclass(frozen=True, slots=True)
class Prediction:
    """Hold what the model says of one sentence; all probabilities are calibrated, 0 to 1.

    ``evidence`` lists the strongest contributions, positive ones first, each side strongest first.
    ``stance_log_odds`` is log(P(praise) / P(skepticism)), the sum that all contributions and the
    sentence-wide terms (``structure``) add up to.
    """

    frame: Frame
    praise: float
    skepticism: float
    neutral: float
    topic_probabilities: dict[str, float]
    topics: tuple[str, ...]
    voice: Voice
    quoted: float
    stance_log_odds: float = 0.0
    structure: float = 0.0
    evidence: tuple[Contribution, ...] = ()


@dataclass(frozen=True, slots=True)
class ScoredSentence:
    """Pair a sentence with its prediction; ``None`` where the sentence is not counted."""

    sentence: Sentence
    prediction: Prediction | None


NORMAL_90 = 1.645
"""Standard errors on each side of a 90% interval of a normal distribution."""


@dataclass(frozen=True, slots=True)
class Estimate:
    """Hold an expected value with the bounds of its 90% interval."""

    value: float
    low: float
    high: float


@dataclass(frozen=True, slots=True)
class VoiceShare:
    """Hold one voice's part of a topic: its share of the sentences (0 to 1) and its net stance."""

    share: float
    net: float


@dataclass(frozen=True, slots=True)
class TopicShare:
    """Hold the totals of one topic in one article.

    ``sentences`` is the number of sentences labelled with the topic; ``weight`` the expected number,
    that is the sum of the topic's probabilities. ``attention`` is ``weight`` over all counted
    sentences. The estimates are ``None`` where the topic has too few sentences (``sufficient`` false).
    """

    topic: str
    sentences: int
    weight: float
    attention: float
    sufficient: bool
    praise: Estimate | None
    skepticism: Estimate | None
    neutral: Estimate | None
    net: Estimate | None
    author: VoiceShare | None
    quoted: VoiceShare | None
    carriers: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class ArticleScore:
    """Hold everything that is known about one scored article.

    ``topics`` has one row per topic of the model and, last, the row ``all``. ``carriers`` in a row
    index into ``sentences``. ``lean`` compares marketing and traffic with technology.
    """

    source: str
    encoding: str
    characters: int
    sentences: tuple[ScoredSentence, ...]
    topics: tuple[TopicShare, ...]
    lean: Literal["marketing", "technology", "balanced", "unknown"]
    promotion_attention: Estimate | None
    technology_attention: Estimate | None
    verdict: Literal["praise", "skepticism", "mixed", "neutral", "unknown"]
    repairs: tuple[Repair, ...] = ()
    warnings: tuple[str, ...] = ()
    model: str = ""
    model_hash: str = ""

    def topic(self, name: str) -> TopicShare:
        """Return the row of a topic, or of ``all``; ``KeyError`` if the model has no such topic."""
        for row in self.topics:
            if row.topic == name:
                return row
        raise KeyError(name)


@dataclass(frozen=True, slots=True)
class Example:
    """Hold one labelled sentence of the training or gold data.

    ``group`` names the article or contrast set, which never straddles a fold; ``weight`` scales its
    part in training; ``origin`` is ``file:line`` for messages. ``frame_votes`` holds the frame
    that each reader gave, where that is known. ``guessed`` names the topics that nobody has looked
    for in this sentence: whether ``topics`` holds them was guessed from their vocabulary.
    """

    id: str
    article: str
    text: str
    frame: Frame
    topics: tuple[str, ...]
    voice: Voice
    register: str = ""
    source: Literal["article", "contrast"] = "article"
    split: Literal["train", "test"] = "train"
    tags: tuple[str, ...] = ()
    weight: float = 1.0
    origin: str = ""
    context: dict[str, str] = field(default_factory=dict)
    frame_votes: tuple[Frame, ...] = ()
    guessed: tuple[str, ...] = ()
