"""Show sentences in their articles on a full-screen terminal page and take labels, one key each.

Needs the extra ``labels`` (Textual). The page holds no labels of its own: each key changes the session,
which saves it, and the page shows the session again.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, ClassVar

from rich.text import Text
from textual.app import App, ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, VerticalScroll
from textual.widgets import Input, Static

from framing.errors import FramingError
from framing.labelling.session import Session, State
from framing.records import FRAMES, Frame, Prediction, Voice

__all__ = ["LabelApp", "LabelPage"]

_COLOUR = {"praise": "green", "skepticism": "red", "neutral": "yellow"}
_MARK = {"praise": "＋", "skepticism": "－", "neutral": "・"}
_KEY_NAMES = {"enter": "Enter", "space": "␣", "left,up": "←", "ctrl+q": "Ctrl+Q"}
_AROUND = 5
_BAR = 20


@dataclass(frozen=True)
class LabelPage:
    """Hold what a page shows besides its session.

    ``order`` lists the tasks in the order of the visit; ``unsure`` gives each task's uncertainty (0 to 1),
    ``predictions`` what the model says of it, both empty where no model is asked. ``words`` are the words
    of the page's language.
    """

    session: Session
    order: Sequence[int]
    topics: Sequence[str]
    words: Mapping[str, str]
    predictions: Sequence[Prediction] = ()
    unsure: Sequence[float] = ()

    def suggestion(self, at: int) -> Mapping[str, Any]:
        """Return the labels that stand in for those not given: the model's, or the author's voice without topics."""
        if not self.predictions:
            return {"frame": None, "topics": (), "voice": "author"}
        p = self.predictions[at]
        return {"frame": p.frame, "topics": p.topics, "voice": p.voice}

    def word(self, name: str) -> str:
        """Return a word of the page's language, or the name itself for a topic of the user's."""
        return self.words.get(name, name)


class LabelApp(App[None]):
    """Run the labelling page.

    Keys: p s n the frame, 1 … 9 a topic, a q the voice; Enter takes the suggestion for what is not labelled
    yet and goes on; space or → goes on as it is, ← goes back; j jumps to the next unlabelled sentence that
    the model is least sure of; u undoes, x skips, c writes a note; Ctrl+Q leaves.
    """

    CSS = """
    #article { width: 3fr; padding: 1 2; border-right: solid $primary; }
    #side { width: 2fr; padding: 1 2; }
    #status { height: 1; padding: 0 1; }
    #note { display: none; }
    #keys { height: auto; padding: 0 1; background: $panel; }
    """

    def __init__(self, page: LabelPage) -> None:
        super().__init__()
        self.page = page
        self.session = page.session
        self.turn = self._first_open()
        self.title = str(self.session.output)
        for binding in self._bindings_of(page):
            self.bind(binding.key, binding.action, description=binding.description, show=binding.show)

    BINDINGS: ClassVar[list[BindingType]] = [Binding("escape", "leave_note", show=False)]
    ENABLE_COMMAND_PALETTE = False
    AUTO_FOCUS = None

    @staticmethod
    def _bindings_of(page: LabelPage) -> list[Binding]:
        keys = [
            *[(k, f"frame('{f}')", page.word(f), True) for k, f in zip("psn", FRAMES, strict=True)],
            *[(str(i + 1), f"topic({i})", page.word(t), True) for i, t in enumerate(page.topics[:9])],
            ("a", "voice('author')", page.word("author"), True),
            ("q", "voice('quoted')", page.word("quoted"), True),
            ("enter", "accept", page.word("accept"), True),
            ("space", "go(1)", page.word("next"), True),
            ("right,down", "go(1)", page.word("next"), False),
            ("left,up", "go(-1)", page.word("previous"), True),
            ("j", "uncertain", page.word("uncertain"), True),
            ("u", "undo", page.word("undo"), True),
            ("x", "skip", page.word("skip"), True),
            ("c", "write_note", page.word("write_note"), True),
            ("ctrl+q", "quit", page.word("quit"), True),
        ]
        return [Binding(*key) for key in keys]

    @property
    def at(self) -> int:
        """Give the task that is shown."""
        return self.page.order[self.turn]

    @property
    def state(self) -> State:
        """Give what was said of it."""
        return self.session.states[self.at]

    def _first_open(self) -> int:
        states = self.session.states
        return next((turn for turn, at in enumerate(self.page.order) if not (states[at].complete or states[at].skipped)), 0)

    def compose(self) -> ComposeResult:
        """Lay out the page."""
        with Horizontal():
            with VerticalScroll(id="article", can_focus=False):
                yield Static(id="context")
            with VerticalScroll(id="side", can_focus=False):
                yield Static(id="details")
        yield Static(id="status")
        yield Input(placeholder=self.page.word("note_hint"), id="note", disabled=True)
        yield Static(self._legend(), id="keys")

    def on_mount(self) -> None:
        """Show the first open sentence."""
        self.show()

    # --- keys ------------------------------------------------------------------------------------

    def _change(self, state: State) -> None:
        try:
            self.session.change(self.at, state)
        except FramingError as error:
            self.exit(return_code=error.exit_code, message=f"framing: {error}")
            return
        self.show()

    def action_frame(self, frame: Frame) -> None:
        """Set the frame."""
        self._change(replace(self.state, frame=frame, skipped=False))

    def action_topic(self, number: int) -> None:
        """Set or take away a topic; the first key on a sentence begins from the suggestion."""
        topic = self.page.topics[number]
        now = self.state.topics if self.state.topics is not None else tuple(self.page.suggestion(self.at)["topics"])
        chosen = [t for t in now if t != topic] if topic in now else [*now, topic]
        order = [*self.page.topics, *(t for t in chosen if t not in self.page.topics)]
        self._change(replace(self.state, topics=tuple(t for t in order if t in chosen), skipped=False))

    def action_voice(self, voice: Voice) -> None:
        """Set the voice."""
        self._change(replace(self.state, voice=voice, skipped=False))

    def action_accept(self) -> None:
        """Take the suggestion for what is not labelled yet, and go on if nothing is missing."""
        filled = self.state.filled(self.page.suggestion(self.at))
        self._change(filled)
        if filled.complete:
            self.action_go(1)

    def action_skip(self) -> None:
        """Mark the sentence as skipped and go on."""
        self._change(replace(self.state, skipped=True))
        self.action_go(1)

    def action_undo(self) -> None:
        """Take back the last change and show where it was."""
        try:
            at = self.session.undo()
        except FramingError as error:
            self.exit(return_code=error.exit_code, message=f"framing: {error}")
            return
        if at is None:
            self.notify(self.page.word("nothing_to_undo"))
            return
        self.turn = list(self.page.order).index(at)
        self.show()

    def action_go(self, step: int) -> None:
        """Go to another sentence of the order; at its ends stay there."""
        turn = self.turn + step
        if turn >= len(self.page.order) and all(s.complete or s.skipped for s in self.session.states):
            self.notify(self.page.word("all_done"))
        self.turn = min(max(turn, 0), len(self.page.order) - 1)
        self.show()

    def action_uncertain(self) -> None:
        """Jump to the unlabelled sentence that the model is least sure of."""
        states = self.session.states
        free = [at for at in self.page.order if at != self.at and not (states[at].complete or states[at].skipped)]
        if not free:
            self.notify(self.page.word("no_uncertain"))
            return
        best = max(free, key=lambda at: self.page.unsure[at]) if self.page.unsure else free[0]
        self.turn = list(self.page.order).index(best)
        self.show()

    def action_write_note(self) -> None:
        """Open the line for a note."""
        note = self.query_one("#note", Input)
        note.value = self.state.note
        note.disabled, note.display = False, True
        note.focus()

    def action_leave_note(self) -> None:
        """Close the line for a note without saving."""
        note = self.query_one("#note", Input)
        note.disabled, note.display = True, False
        self.set_focus(None)

    def on_input_submitted(self, event: Input.Submitted) -> None:
        """Save the note."""
        self.action_leave_note()
        self._change(replace(self.state, note=event.value.strip()))

    # --- display ---------------------------------------------------------------------------------

    def show(self) -> None:
        """Show the session as it is now."""
        states = self.session.states
        done = sum(s.complete for s in states)
        counts = self.page.word("progress").format(done=done, total=len(states), skipped=sum(s.skipped for s in states))
        filled = _BAR * done // len(states)
        status = Text(f"{self.turn + 1}/{len(states)}  ").append("━" * filled, "green").append("━" * (_BAR - filled), "dim")
        status.append(f"  {counts}  ").append(str(self.session.tasks[self.at]["id"]), "dim")
        self.query_one("#status", Static).update(status)
        self.query_one("#context", Static).update(self._article_text())
        self.query_one("#details", Static).update(self._details())

    def _legend(self) -> Text:
        """List the keys; no-break spaces keep each with its word."""
        legend = Text()
        for binding in self._bindings_of(self.page):
            if binding.show:
                words = binding.description.replace(" ", "\u00a0")
                legend.append(_KEY_NAMES.get(binding.key, binding.key), "bold yellow").append(f"\u00a0{words}  ")
        return legend

    def _article_text(self) -> Text:
        task = self.session.tasks[self.at]
        text = Text()
        if task.get("title"):
            text.append(f"{task['title']}\n\n", "bold")
        if "before" in task:
            text.append(f"{task['before']}\n", "dim")
        for at in range(max(0, self.at - _AROUND), min(len(self.session.tasks), self.at + _AROUND + 1)):
            if self.session.tasks[at]["article"] == task["article"] and ("before" not in task or at == self.at):
                text.append_text(self._line(at))
        if "after" in task:
            text.append(f"{task['after']}\n", "dim")
        return text

    def _line(self, at: int) -> Text:
        state = self.session.states[at]
        mark = "〜" if state.skipped else _MARK.get(state.frame or "", "　")
        if at != self.at:
            return Text.assemble((f"{mark}\u00a0", _COLOUR.get(state.frame or "", "dim")), (f"{self.session.tasks[at]['text']}\n", "dim"))
        line = Text(f"{mark}\u00a0{self.session.tasks[at]['text']}\n", "bold")
        for part in self.page.predictions[at].evidence if self.page.predictions else ():
            style = f"bold underline {_COLOUR['praise' if part.weight > 0 else 'skepticism']}"
            line.stylize(style, part.start + len(mark) + 1, part.end + len(mark) + 1)
        return Text("\n").append_text(line).append("\n")

    def _details(self) -> Text:
        text = Text()
        self._own(text)
        if self.page.predictions:
            self._suggested(text, self.page.predictions[self.at])
        self._readings(text)
        return text

    def _own(self, text: Text) -> None:
        state, word = self.state, self.page.word
        text.append(f"{word('labels')}{'  〜 ' + word('skipped') if state.skipped else ''}\n", "bold")
        topics = None if state.topics is None else "、".join(map(word, state.topics)) or word("none")
        rows = [("frame", state.frame and word(state.frame)), ("topics", topics), ("voice", state.voice and word(state.voice))]
        for name, value in rows:
            text.append(f"  {word(name)}  ").append(f"{value or word('open')}\n", "bold cyan" if value else "dim")
        if state.note:
            text.append(f"  {word('note')}  {state.note}\n")

    def _suggested(self, text: Text, p: Prediction) -> None:
        word = self.page.word
        text.append(f"\n{word('suggestion')}\n", "bold")
        for frame, share in zip(FRAMES, (p.praise, p.skepticism, p.neutral), strict=True):
            text.append(f"  {'▸' if frame == p.frame else ' '} {word(frame)} ")
            text.append(f"{'█' * round(_BAR * share)} ", _COLOUR[frame]).append(f"{share:.0%}\n")
        topics = "、".join(f"{word(t)} {p.topic_probabilities[t]:.0%}" for t in p.topics) or word("none")
        text.append(
            f"  {word('topics')}  {topics}\n  {word('voice')}  {word(p.voice)} {p.quoted if p.voice == 'quoted' else 1 - p.quoted:.0%}\n"
        )
        if p.evidence:
            text.append(f"  {word('evidence')}  ")
            for part in p.evidence:
                text.append(f"{part.text} {part.weight:+.2f}  ", _COLOUR["praise" if part.weight > 0 else "skepticism"])
            text.append("\n")

    def _readings(self, text: Text) -> None:
        word = self.page.word
        readings = self.session.tasks[self.at].get("passes") or {}
        if readings:
            text.append(f"\n{word('readings')}\n", "bold")
        for reader, reading in readings.items():
            topics = "、".join(map(word, reading["topics"])) or word("none")
            text.append(f"  {reader}  {word(reading['frame'])} · {topics} · {word(reading['voice'])}\n")
