"""Give scores as one HTML page that needs nothing but itself.

The page carries its style and script, loads nothing, and works from disk or as an attachment. All
text of strangers passes two gates: characters that could steer a terminal or reorder text become
visible marks, and Jinja2 escapes the rest. The Content-Security-Policy names the hashes of the one
style and the one script, so that nothing else on the page could ever run. Charts are inline SVG
drawn by the templates; every number in them stands in a table as well.
"""

from __future__ import annotations

import base64
import hashlib
import json
import os
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timezone
from functools import lru_cache
from itertools import groupby
from typing import Any

import jinja2
from markupsafe import Markup

from framing.compare import Comparison, Difference, Group
from framing.records import FRAMES, ArticleScore, ScoredSentence
from framing.report import data
from framing.report.course import Course, course
from framing.report.marks import Piece, pieces
from framing.report.speakers import SpeakerShare, speakers
from framing.report.text import printable
from framing.report.wording import Wording, interval, p_value, percent, precise, signed

__all__ = ["WHOLE_ARTICLES", "render", "render_comparison", "render_groups", "script_tag"]

WHOLE_ARTICLES = 12
"""Articles up to which a page of groups also shows every article whole."""

_TAGS = {"zh": "zh-Hans", "zh-hant": "zh-Hant", "en": "en"}
_COUNTED = ("body", "heading")


@dataclass(frozen=True, slots=True)
class _View:
    """Hold an article with what the templates cannot work out themselves."""

    anchor: str
    score: ArticleScore
    course: Course
    speakers: tuple[SpeakerShare, ...]
    paragraphs: list[list[tuple[int, ScoredSentence, list[Piece]]]]
    lang: str
    digest: str
    counted: int
    skipped: int


def render(scores: Iterable[ArticleScore], wording: Wording) -> str:
    """Render articles as one page, one after the other under a common filter.

    Args:
        scores: the articles.
        wording: the language of the page; the articles keep theirs.

    Returns:
        A whole HTML document. Its date is the present day, or that of ``SOURCE_DATE_EPOCH``.
    """
    views = [_view(f"a{number}", score) for number, score in enumerate(scores, start=1)]
    return _page("articles.html", wording, views=views, title=_title(views, wording))


def render_groups(groups: Sequence[Group], wording: Wording, by: str) -> str:
    """Render groups of articles as small multiples, with each article whole where they are few.

    Args:
        groups: the groups, in the order to show them.
        wording: the language of the page.
        by: what the groups were made by, as a heading.
    """
    scores = [score for group in groups for score in group.articles]
    whole = len(scores) <= WHOLE_ARTICLES
    views = [_view(f"a{number}", score) for number, score in enumerate(scores, start=1)] if whole else []
    return _page("groups.html", wording, groups=groups, by=by, views=views, title=wording["page.groups"].format(by=by))


def render_comparison(comparison: Comparison, wording: Wording) -> str:
    """Render a comparison as a page with dumbbell charts."""
    title = wording["list"].join(group.name for group in comparison.groups)
    return _page("comparison.html", wording, comparison=comparison, title=wording["compare.of"].format(groups=title))


def _title(views: Sequence[_View], wording: Wording) -> str:
    return views[0].score.source if len(views) == 1 else wording["compare.articles"].format(n=len(views))


def _view(anchor: str, score: ArticleScore) -> _View:
    skipped = sum(s.sentence.kind not in _COUNTED for s in score.sentences)
    numbered = [(i, item, pieces(item, score.repairs)) for i, item in enumerate(score.sentences)]
    return _View(
        anchor=anchor,
        score=score,
        course=course(score),
        speakers=speakers(score),
        paragraphs=[list(rows) for _, rows in groupby(numbered, key=lambda row: row[1].sentence.paragraph)],
        lang=script_tag("".join(s.sentence.text for s in score.sentences[:200])),
        digest=hashlib.sha256(json.dumps(data.article(score), ensure_ascii=True, sort_keys=True).encode()).hexdigest(),
        counted=len(score.sentences) - skipped,
        skipped=skipped,
    )


def script_tag(text: str) -> str:
    """Return the language tag of Chinese text: ``zh-Hant`` or ``zh-Hans``, by the characters of only one of them.

    >>> script_tag("質疑聲不斷"), script_tag("质疑声不断")
    ('zh-Hant', 'zh-Hans')
    """
    han = [c for c in text if "\u4e00" <= c <= "\u9fff"]
    return "zh-Hant" if sum(_only_in(c, "big5", "gb2312") for c in han) > sum(_only_in(c, "gb2312", "big5") for c in han) else "zh-Hans"


@lru_cache(maxsize=8192)
def _only_in(char: str, there: str, not_here: str) -> bool:
    return bool(char.encode(there, "ignore")) and not char.encode(not_here, "ignore")


def _page(template: str, wording: Wording, **values: Any) -> str:
    environment = _environment()
    style, script = _asset("page.css"), _asset("page.js")
    topics = _topic_names(values)
    return environment.get_template(template).render(
        w=wording,
        lang=_TAGS[wording.language],
        policy=_policy(style, script),
        style=Markup(style),  # noqa: S704 - a file of the package
        script=Markup(script),  # noqa: S704
        date=_date(),
        frames=FRAMES,
        topics=topics,
        topic_number={name: number for number, name in enumerate(topics)},
        **values,
    )


def _topic_names(values: Mapping[str, Any]) -> list[str]:
    names: dict[str, None] = {}
    for view in values.get("views", ()):
        names.update(dict.fromkeys(row.topic for row in view.score.topics[:-1]))
    return list(names)


def _date() -> str:
    epoch = os.environ.get("SOURCE_DATE_EPOCH")
    moment = datetime.fromtimestamp(int(epoch), timezone.utc) if epoch and epoch.isdigit() else datetime.now(timezone.utc)
    return moment.strftime("%Y-%m-%d")


def _policy(style: str, script: str) -> str:
    """Write a Content-Security-Policy under which only this style and this script count."""
    hashes = [base64.b64encode(hashlib.sha256(text.encode()).digest()).decode() for text in (style, script)]
    return f"default-src 'none'; style-src 'sha256-{hashes[0]}'; script-src 'sha256-{hashes[1]}'; base-uri 'none'; form-action 'none'"


def _asset(name: str) -> str:
    loader = _environment().loader
    if loader is None:
        raise jinja2.TemplateNotFound(name)
    return loader.get_source(_environment(), name)[0]


@lru_cache(maxsize=1)
def _environment() -> jinja2.Environment:
    environment = jinja2.Environment(
        loader=jinja2.PackageLoader("framing", "data/html"),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        finalize=_harmless,
    )
    environment.filters.update(percent=percent, signed=signed, interval=interval, number=_number, p_value=p_value, precise=precise)
    environment.globals.update(tested=_tested, spread=_spread)
    return environment


def _harmless(value: Any) -> Any:
    return printable(value) if isinstance(value, str) and not isinstance(value, Markup) else value


def _number(value: float) -> str:
    """Format a coordinate of a drawing."""
    return f"{value:.1f}".removesuffix(".0")


def _spread(points: Sequence[tuple[float, float]], width: float, gap: float) -> list[float]:
    """Move labels down until no two that overlap sideways are closer than ``gap``; all in drawing units."""
    result = [y for _, y in points]
    placed: list[int] = []
    for index in sorted(range(len(points)), key=lambda i: points[i][1]):
        near = [result[i] for i in placed if abs(points[i][0] - points[index][0]) < width]
        result[index] = max([points[index][1], *(y + gap for y in near)])
        placed.append(index)
    return result


def _tested(differences: Sequence[Difference], topic: str, quantity: str) -> Difference | None:
    return next((d for d in differences if d.topic == topic and d.quantity == quantity), None)
