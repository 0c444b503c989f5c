"""Print scores for a terminal, or plainly for a pipe."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from wcwidth import wcswidth

from framing.records import ArticleScore, Contribution, Prediction, ScoredSentence, TopicShare, VoiceShare
from framing.report.marks import pieces
from framing.report.wording import Wording, interval, percent, signed

__all__ = ["Style", "pad", "printable", "render", "shorten"]


@dataclass(frozen=True, slots=True)
class Style:
    """Say what the output may use: colour, the width in columns, and whether every sentence is shown."""

    colour: bool = False
    width: int = 100
    evidence: bool = False
    verbose: bool = False

    def paint(self, text: str, *names: str) -> str:
        """Colour text where colour may be used; names are those of frames, ``bold``, ``dim`` and ``warn``."""
        return f"\x1b[{';'.join(_CODES[n] for n in names)}m{text}\x1b[0m" if self.colour and text else text


_CODES = {"praise": "32", "skepticism": "31", "neutral": "90", "bold": "1", "dim": "2", "warn": "33"}
_BAR = {"praise": "█", "neutral": "░", "skepticism": "▓"}
_BAR_WIDTH = 20


def printable(text: str) -> str:
    """Replace what could steer a terminal (control and bidirectional characters) by visible marks."""
    return "".join(c if c.isprintable() or c == " " else "\u2423" if c in "\t\n\r" else "\ufffd" for c in text)


def pad(text: str, width: int, *, right: bool = False) -> str:
    """Pad to a number of terminal columns, counting East Asian wide characters as two."""
    blank = " " * max(0, width - max(0, wcswidth(text)))
    return blank + text if right else text + blank


def shorten(text: str, columns: int) -> str:
    """Cut text to a number of terminal columns, with an ellipsis where something is left out."""
    if wcswidth(text) <= columns:
        return text
    kept = ""
    for char in text:
        if wcswidth(kept + char) > columns - 1:
            break
        kept += char
    return kept + "…"


def render(scores: Iterable[ArticleScore], wording: Wording, style: Style) -> str:
    """Render the articles one after the other."""
    return "\n".join(_Printer(score, wording, style).page() for score in scores)


class _Printer:
    def __init__(self, score: ArticleScore, wording: Wording, style: Style) -> None:
        self.score, self.wording, self.style = score, wording, style

    def paint(self, text: str, *names: str) -> str:
        return self.style.paint(text, *names)

    def page(self) -> str:
        score, w = self.score, self.wording
        skipped = sum(s.sentence.kind in ("boilerplate", "unreadable") for s in score.sentences)
        meta = w["meta"].format(
            counted=len(score.sentences) - skipped,
            skipped=skipped,
            characters=f"{score.characters:,}",
            encoding=score.encoding,
            model=f"{score.model} {score.model_hash[:8]}",
        )
        lines = [self.paint(printable(score.source), "bold"), self.paint(meta, "dim"), ""]
        lines += [f"{self.paint(w['verdict'], 'bold')}  {w.verdict(score)}", f"{self.paint(w['lean'], 'bold')}  {w.lean(score)}"]
        lines += [self.paint(w[f"warning.{name}"].format(encoding=score.encoding), "warn") for name in score.warnings]
        if score.topics[-1].sufficient:
            lines += ["", *self.table(), "", self.paint(w["how"], "dim"), "", *self.carriers()]
            if self.style.evidence:
                lines += ["", *self.sentences()]
        return "\n".join(line.rstrip() for line in lines) + "\n"

    def table(self) -> list[str]:
        w = self.wording
        header = ["", w["sentences"], w["shares"], w["praise"], w["skepticism"], w["neutral"], w["net"], w["author"], w["quoted"]]
        rows = [self.cells(row) for row in self.score.topics]
        widths = [max(_BAR_WIDTH if i == 2 else 0, *(wcswidth(r[i]) for r in [header, *rows] if i < len(r))) for i in range(len(header))]
        right = (1, 3, 4, 5, 6, 7, 8)
        lines = [self.paint("  ".join(pad(c, widths[i], right=i in right) for i, c in enumerate(header)), "dim")]
        for row, cells in zip(self.score.topics, rows, strict=True):
            padded = [pad(c, widths[i], right=i in right) for i, c in enumerate(cells)]
            if row.sufficient:
                padded[2] = self.bar(row) + " " * (widths[2] - _BAR_WIDTH)
                padded[3], padded[4] = self.paint(padded[3], "praise"), self.paint(padded[4], "skepticism")
            lines.append("  ".join(padded))
        return lines

    def cells(self, row: TopicShare) -> list[str]:
        w = self.wording
        start = [w.topic(row.topic), str(row.sentences)]
        if row.praise is None or row.skepticism is None or row.neutral is None or row.net is None:
            return [*start, w["too_few"]]
        shares = [f"{percent(e.value)} [{interval(e, shares=True)}]" for e in (row.praise, row.skepticism, row.neutral)]
        return [*start, " " * _BAR_WIDTH, *shares, f"{signed(row.net.value)} [{interval(row.net)}]", _voice(row.author), _voice(row.quoted)]

    def bar(self, row: TopicShare) -> str:
        if row.praise is None or row.skepticism is None:
            return ""
        praise = round(row.praise.value * _BAR_WIDTH)
        skepticism = min(round(row.skepticism.value * _BAR_WIDTH), _BAR_WIDTH - praise)
        counts = {"praise": praise, "neutral": _BAR_WIDTH - praise - skepticism, "skepticism": skepticism}
        return "".join(self.paint(_BAR[name] * count, name) for name, count in counts.items())

    def carriers(self) -> list[str]:
        w = self.wording
        lines = [self.paint(w["evidence"], "bold")]
        shown: set[int] = set()
        for row in self.score.topics:
            if not row.carriers:
                continue
            lines.append(f"{w.topic(row.topic)}  {signed(row.net.value) if row.net else ''}")
            for index in row.carriers:
                item = self.score.sentences[index]
                if index in shown:
                    lines.append(self.paint(f"  {self.mark(item)} {shorten(printable(item.sentence.text), 30)} ↑", "dim"))
                    continue
                shown.add(index)
                lines += self.sentence(item)
        return lines

    def mark(self, item: ScoredSentence) -> str:
        if item.prediction is None:
            return "·"
        return {"praise": "＋", "skepticism": "－", "neutral": "·"}[item.prediction.frame]

    def sentence(self, item: ScoredSentence) -> list[str]:
        w, p = self.wording, item.prediction
        if p is None:
            return [self.paint(f"  · {printable(item.sentence.text)}", "dim")]
        share = {"praise": p.praise, "skepticism": p.skepticism, "neutral": p.neutral}[p.frame]
        label = f"{w[p.frame]} {percent(share)}"
        voice = f" · {w['quoted']}" if p.voice == "quoted" else ""
        head = self.paint(f"{self.mark(item)} {label}", p.frame) + self.paint(voice, "dim")
        lines = [f"  {head}  {self.highlighted(item)}"]
        words = self.words(p.evidence)
        if words:
            lines.append(self.paint(f"      {w['words']} ", "dim") + words)
        if self.style.verbose:
            lines.append(self.paint(f"      {self.sum(p)}", "dim"))
        return lines

    def sum(self, p: Prediction) -> str:
        """Write the stance as the sum that it is: the words listed, the other words, and the sentence as a whole."""
        listed = sum(c.weight for c in p.evidence)
        others = p.stance_log_odds - p.structure - listed
        w = self.wording
        terms = f"{listed:+.3f} ({w['words']}) {others:+.3f} ({w['other_words']}) {p.structure:+.3f} ({w['structure']})"
        return f"{terms} = {p.stance_log_odds:+.3f} = log(P/S)"

    def words(self, evidence: tuple[Contribution, ...]) -> str:
        parts = [self.paint(f"{printable(c.text)} {signed(c.weight)}", "praise" if c.weight > 0 else "skepticism") for c in evidence]
        return "  ".join(parts)

    def highlighted(self, item: ScoredSentence) -> str:
        if item.prediction is None or not self.style.colour:
            return printable(item.sentence.text)
        return "".join(
            printable(text) if weight is None else self.paint(printable(text), "praise" if weight > 0 else "skepticism")
            for text, weight in pieces(item, self.score.repairs)
        )

    def sentences(self) -> list[str]:
        lines: list[str] = []
        for item in self.score.sentences:
            lines += self.sentence(item)
        return lines


def _voice(voice: VoiceShare | None) -> str:
    return "" if voice is None else f"{percent(voice.share)} {signed(voice.net)}"
