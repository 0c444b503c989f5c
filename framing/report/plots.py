"""Draw charts as SVG and PNG files for slides and papers.

Matplotlib draws them: it needs no browser, no network and no JavaScript engine, and it writes text as
outlines, so that a chart looks the same on a machine without Chinese fonts. What outlines lose, a
title and a description in the SVG give back to screen readers.
"""

from __future__ import annotations

import io
import os
import re
import warnings
from collections.abc import Callable, Iterable, Sequence
from functools import partial
from html import escape
from pathlib import Path
from typing import TYPE_CHECKING, Any

from framing.compare import Comparison
from framing.errors import OutputError
from framing.output import write_atomically
from framing.records import ArticleScore, TopicShare
from framing.report.course import course
from framing.report.text import printable
from framing.report.wording import Wording, interval, percent, signed

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

__all__ = ["FONT_VARIABLE", "write_comparison_plots", "write_plots"]

FONT_VARIABLE = "FRAMING_FONT"
"""Environment variable that names a font file to draw with."""

COLOURS = {"praise": "#1a6a9a", "neutral": "#c3c8ce", "skepticism": "#b4451b"}
_GROUPS = ("#1a6a9a", "#b4451b", "#4b7a1f", "#7a3fb0", "#8a6100", "#0f766e", "#a3266b", "#4c5661")

# Families with Chinese characters; all before PingFang may be redistributed (SIL OFL, Apache or GPL with font exception).
_FAMILIES = (
    "Noto Sans CJK {0}",
    "Noto Sans {0}",
    "Source Han Sans {0}",
    "Noto Sans CJK JP",
    "WenQuanYi Zen Hei",
    "WenQuanYi Micro Hei",
    "Droid Sans Fallback",
    "PingFang {0}",
    "Hiragino Sans GB",
    "Microsoft YaHei",
    "Microsoft JhengHei",
    "SimHei",
    "Arial Unicode MS",
)
_FILES = re.compile(r"NotoSansCJK|NotoSans[ST]C|SourceHanSans|wqy-|DroidSansFallback", re.IGNORECASE)
_HAN = re.compile("[\u3400-\u9fff]")


def write_plots(scores: Sequence[ArticleScore], folder: Path, wording: Wording) -> list[Path]:
    """Draw three charts per article: stance by topic, attention against net stance, and the course.

    Args:
        scores: the articles; one without countable sentences gets no charts.
        folder: where the files go; made if need be.
        wording: the language of the labels.

    Returns:
        The files written, an SVG and a PNG of each chart.

    Raises:
        OutputError: Matplotlib or a font with Chinese characters is missing, or the folder cannot be
            written.
    """
    drawings: list[tuple[str, str, Callable[[Axes], None], tuple[float, float]]] = []
    for number, score in enumerate(scores, start=1):
        if not score.topics[-1].sufficient:
            continue
        name = _file_name(score.source, number if len(scores) > 1 else 0)
        described = f"{printable(score.source)}: {wording.verdict(score)}"
        drawings += [
            (f"{name}-topics", described, partial(_topics, score=score, w=wording), (7.0, 3.2)),
            (f"{name}-plane", described, partial(_plane, score=score, w=wording), (5.0, 4.0)),
            (f"{name}-course", described, partial(_course, score=score, w=wording), (8.0, 2.6)),
        ]
    return _write(drawings, folder, wording)


def write_comparison_plots(comparison: Comparison, folder: Path, wording: Wording) -> list[Path]:
    """Draw the dumbbell chart of a comparison; see ``write_plots``."""
    names = wording["list"].join(printable(g.name) for g in comparison.groups)
    height = 1.2 + 0.28 * len(comparison.groups[0].totals) * (len(comparison.groups) + 1)
    drawing = (
        "comparison-net",
        wording["compare.of"].format(groups=names),
        partial(_dumbbell, comparison=comparison, w=wording),
        (7.0, height),
    )
    return _write([drawing], folder, wording)


def _file_name(source: str, number: int) -> str:
    stem = re.sub(r"[^\w.-]+", "-", Path(source).stem).strip("-.") or "article"
    return f"{number:03d}-{stem}" if number else stem


def _write(drawings: Iterable[tuple[str, str, Callable[[Any], None], tuple[float, float]]], folder: Path, wording: Wording) -> list[Path]:
    try:
        import matplotlib
        from matplotlib.figure import Figure
    except ImportError:
        raise OutputError("--plots needs Matplotlib; install it with: pip install 'framing-zh[plots]'") from None
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise OutputError(f"{folder} cannot be made ({error.strerror}); choose another folder") from None
    written = []
    for name, description, draw, size in drawings:
        needs_han = wording.language != "en" or bool(_HAN.search(description))
        # Names of articles are text, never formulas between dollar signs.
        settings: dict[Any, Any] = {
            "text.parse_math": False,
            "font.family": _families(wording, needs_han),
            "svg.fonttype": "path",
            "svg.hashsalt": "framing",
            "font.size": 10,
        }
        with matplotlib.rc_context(settings), warnings.catch_warnings():
            # A rare character without a glyph is drawn as a box; that is no reason to fail.
            warnings.filterwarnings("ignore", message="Glyph .* missing from font")
            figure = Figure(figsize=size, layout="constrained")
            draw(figure.add_subplot())
            for form in ("svg", "png"):
                path = folder / f"{name}.{form}"
                write_atomically(path, _file(figure, form, name, description))
                written.append(path)
    return written


def _file(figure: Figure, form: str, title: str, description: str) -> bytes:
    buffer = io.BytesIO()
    if form == "png":
        figure.savefig(buffer, format="png", dpi=200, metadata={"Software": None, "Description": description})
        return buffer.getvalue()
    figure.savefig(buffer, format="svg", metadata={"Date": None, "Creator": None})
    text = buffer.getvalue().decode("utf-8")
    spoken = f'role="img" aria-labelledby="title desc">\n <title id="title">{escape(title)}</title>\n <desc id="desc">{escape(description)}</desc>'
    start = text.index(">", text.index("<svg"))
    return (text[:start] + " " + spoken + text[start + 1 :]).encode("utf-8")


def _families(wording: Wording, needs_han: bool) -> list[str]:
    """Choose the fonts to draw with: one with Chinese characters first, where they are needed.

    Raises:
        OutputError: there is none.
    """
    from matplotlib import font_manager

    fallback = ["DejaVu Sans"]
    if not needs_han:
        return fallback
    manager = font_manager.fontManager
    named = os.environ.get(FONT_VARIABLE)
    if named:
        try:
            manager.addfont(named)
            return [font_manager.FontProperties(fname=named).get_name(), *fallback]
        except (OSError, RuntimeError) as error:
            raise OutputError(f"{named}: no usable font ({error}); correct {FONT_VARIABLE}") from None
    wanted = [name.format("TC" if wording.language == "zh-hant" else "SC") for name in _FAMILIES]
    installed = _installed(wanted)
    if not installed:
        # Matplotlib's list may be older than the font.
        for path in font_manager.findSystemFonts():
            if _FILES.search(Path(path).name):
                manager.addfont(path)
        installed = _installed(wanted)
    if not installed:
        raise OutputError(
            "no font with Chinese characters was found for the plots; install one (Debian and Ubuntu: apt-get install fonts-noto-cjk; "
            f"Fedora: dnf install google-noto-sans-cjk-fonts) or name a font file in {FONT_VARIABLE}"
        )
    return [installed[0], *fallback]


def _installed(wanted: Sequence[str]) -> list[str]:
    from matplotlib import font_manager

    known = {entry.name for entry in font_manager.fontManager.ttflist}
    return [name for name in wanted if name in known]


def _bare(axes: Axes) -> None:
    for side in ("top", "right", "left"):
        axes.spines[side].set_visible(False)
    axes.tick_params(axis="y", length=0)


def _topics(axes: Axes, score: ArticleScore, w: Wording) -> None:
    rows = [row for row in score.topics if row.sufficient]
    for y, row in enumerate(reversed(rows)):
        if row.praise is None or row.neutral is None or row.skepticism is None:
            continue
        left = 0.0
        for frame, share in (("praise", row.praise), ("neutral", row.neutral), ("skepticism", row.skepticism)):
            axes.barh(y, share.value, left=left, height=0.6, color=COLOURS[frame], label=w[frame] if y == 0 else None)
            left += share.value
        axes.plot([row.praise.low, row.praise.high], [y + 0.16] * 2, color="black", linewidth=1.2, marker="|")
        axes.plot([1 - row.skepticism.high, 1 - row.skepticism.low], [y - 0.16] * 2, color="black", linewidth=1.2, marker="|")
    axes.set_yticks(range(len(rows)), [_topic_label(row, w) for row in reversed(rows)])
    axes.set_xlim(0, 1)
    axes.set_xticks([0, 0.25, 0.5, 0.75, 1], [percent(v) for v in (0, 0.25, 0.5, 0.75, 1)])
    axes.legend(loc="lower center", bbox_to_anchor=(0.5, 1.0), ncols=3, frameon=False)
    _bare(axes)


def _topic_label(row: TopicShare, w: Wording) -> str:
    name = printable(w.topic(row.topic))
    return f"{name}\n{w['net']} {signed(row.net.value)} [{interval(row.net)}]" if row.net else name


def _plane(axes: Axes, score: ArticleScore, w: Wording) -> None:
    for row in score.topics[:-1]:
        if row.net is None:
            continue
        colour = COLOURS["praise" if row.net.value >= 0 else "skepticism"]
        axes.plot([row.attention] * 2, [row.net.low, row.net.high], color="#8b929a", linewidth=2)
        axes.plot(row.attention, row.net.value, "o", color=colour, markersize=8)
        axes.annotate(printable(w.topic(row.topic)), (row.attention, row.net.value), xytext=(8, 4), textcoords="offset points")
    axes.axhline(0, color="#8b929a", linewidth=0.8)
    axes.set(xlim=(0, 1), ylim=(-1, 1), xlabel=w["attention"], ylabel=w["net"])
    axes.set_xticks([0, 0.25, 0.5, 0.75, 1], [percent(v) for v in (0, 0.25, 0.5, 0.75, 1)])


def _course(axes: Axes, score: ArticleScore, w: Wording) -> None:
    found = course(score)
    colours = [COLOURS["praise" if net >= 0 else "skepticism"] for net in found.stance]
    axes.bar(range(1, len(found.stance) + 1), found.stance, color=colours, alpha=0.5, width=0.85)
    axes.plot([x + 1 for x, _ in found.curve], [y for _, y in found.curve], color="black", linewidth=1.5)
    for place in found.headings:
        axes.axvline(place + 0.5, color="#7a3fb0", linestyle="--", linewidth=0.8)
    axes.axhline(0, color="#8b929a", linewidth=0.8)
    axes.set(ylim=(-1, 1), xlim=(0.5, len(found.stance) + 0.5), xlabel=w["sentences"], ylabel=w["net"])


def _dumbbell(axes: Axes, comparison: Comparison, w: Wording) -> None:
    groups = comparison.groups
    band = len(groups) + 1
    ticks, labels = [], []
    # The legend names every group, also one whose topics all have too few sentences.
    for k, group in enumerate(groups):
        axes.plot([], [], "o", color=_GROUPS[k % len(_GROUPS)], markersize=8, label=printable(group.name))
    for number, row in enumerate(groups[0].totals):
        base = -number * band
        points = []
        for k, group in enumerate(groups):
            net = group.total(row.topic).net
            if net is None:
                continue
            colour = _GROUPS[k % len(_GROUPS)]
            axes.plot([net.low, net.high], [base - k] * 2, color=colour, alpha=0.45, linewidth=3)
            axes.plot(net.value, base - k, "o", color=colour, markersize=8)
            points.append((net.value, base - k))
        axes.plot([x for x, _ in points], [y for _, y in points], color="#8b929a", linewidth=1, zorder=0)
        ticks.append(base - (len(groups) - 1) / 2)
        labels.append(printable(w.topic(row.topic)))
    axes.axvline(0, color="#8b929a", linewidth=0.8)
    axes.set_yticks(ticks, labels)
    axes.set(xlim=(-1, 1), xlabel=w["net"])
    axes.legend(loc="lower center", bbox_to_anchor=(0.5, 1.0), frameon=False)
    _bare(axes)
