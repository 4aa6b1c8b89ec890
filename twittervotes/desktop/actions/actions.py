"""What an operator can do in the window: each action with its word, its keys and its conditions.

The foot's buttons, the menus and the keyboard take their actions from here.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import platformdirs

from twittervotes.core.contest.act_kinds import ACTS
from twittervotes.core.contest.acts import OPERATOR, Act, ActKind
from twittervotes.core.contest.contest import Contest, Tie
from twittervotes.core.contest.posts import MINUTE_MS
from twittervotes.core.contest.snapshot import Intents, Snapshot, State
from twittervotes.core.errors import ContestError
from twittervotes.desktop.actions import forms
from twittervotes.desktop.actions.undo import undo, undo_words
from twittervotes.desktop.widgets.act_log import show_log
from twittervotes.desktop.widgets.form import Form, fill_in
from twittervotes.desktop.widgets.question import Question, ask

if TYPE_CHECKING:
    import tkinter as tk

    from twittervotes.desktop.canvas.items import Look

WITH_A_PLACE = frozenset(
    {ActKind.EXCLUDED, ActKind.ADJUSTED, ActKind.DRAWN, ActKind.CERTIFIED}
)  # in the menu
CAN_UPDATE = frozenset({State.OPEN, State.PAUSED, State.CLOSING})
CLOSE = Question(
    "Close voting now?",
    "Posts from now on won't count, and voting can't be reopened. Late posts from the "
    "voting period are still read.",
    "Close voting",
    "Keep open",
)
PAUSE = Question(
    "Pause voting?",
    "Posts made while voting is paused won't count. You can take the pause back later.",
    "Pause voting",
    "Keep open",
)
OPEN = Question(
    "Start voting now?",
    "Posts from now on count, earlier than announced. This can't be undone.",
    "Start voting",
    "Wait",
)


def replace_question(path: str) -> Question:
    """Return the question before a file is replaced."""
    return Question(
        f"Replace {Path(path).name}?",
        f"A file with this name already exists in {Path(path).parent}.",
        "Replace",
        "Cancel",
    )


@dataclass(frozen=True, slots=True)
class Action:
    """One action. `keys` are Tk's names of its keys, `key` is how they are shown."""

    word: str
    do: Callable[[], None]
    can: bool = True
    key: str = ""
    keys: tuple[str, ...] = ()
    anywhere: bool = False  # also while a page covers the vote

    @classmethod
    def nothing(cls) -> Action:
        """Return an action that does nothing."""
        return cls("", lambda: None, can=False)


class Operator:
    """The operator's name, and the folder for exports: asked once, and remembered by `kept`."""

    def __init__(
        self,
        name: str = "",
        export_folder: str = "",
        kept: Callable[[str, str], None] = lambda *_: None,
    ) -> None:
        self.name, self.export_folder = name, export_folder
        self._kept = kept

    def keep(self, *, name: str = "", export_folder: str = "") -> None:
        """Remember the given values."""
        self.name = name or self.name
        self.export_folder = export_folder or self.export_folder
        self._kept(self.name, self.export_folder)


class Actions:
    """The actions of one window; what is allowed follows from the snapshot."""

    def __init__(
        self,
        root: tk.Misc,
        look: Look,
        intents: Intents,
        later: Callable[[Callable[[], None]], None],
        tell: Callable[[str], None],
        operator: Operator,
    ) -> None:
        """Create them; `later` runs a function in the window's thread, `tell` shows a sentence."""
        self._root = root
        self._look = look
        self._intents = intents
        self._later = later
        self._tell = tell
        self._operator = operator
        self._before: dict[int, Contest] = {}  # the contest before an act, by the act's index
        self.account: Callable[[], str] = str  # the account that the search found
        self._snapshot: Snapshot | None = None

    def show(self, snapshot: Snapshot) -> None:
        """Take the newest snapshot."""
        last = self._snapshot
        if last and last.ledger == snapshot.ledger and len(snapshot.acts) == len(last.acts) + 1:
            self._before[len(last.acts)] = last.contest
        self._snapshot = snapshot

    @property
    def state(self) -> State | None:
        """The state of the contest, None before the first snapshot."""
        return self._snapshot.state if self._snapshot else None

    @property
    def has_stopped(self) -> bool:
        """Whether counting has stopped."""
        return bool(self._snapshot and self._snapshot.trouble)

    def can(self, does: ActKind) -> bool:
        """Return whether an act of this kind is allowed now."""
        shown = self._snapshot
        if shown is None or shown.trouble or shown.state not in ACTS[does].states:
            return False  # nothing is recorded once counting has stopped
        contest, is_tie = shown.contest, len(shown.tally.leaders) > 1
        match does:
            case ActKind.EXTENDED:
                return contest.closes_ms is not None
            case ActKind.DRAWN:
                return contest.rules.tie is Tie.DRAW and not contest.seed and is_tie
            case ActKind.UNPAUSED:
                return bool(contest.pauses)
            case _:
                return True

    @property
    def update(self) -> Action:
        """The action to fetch new posts now."""
        can = self.state in CAN_UPDATE and not self.has_stopped
        return Action("Update", self._update, can, "F5", ("<F5>",))

    @property
    def turn(self) -> Action:
        """Start, pause or resume: the most frequent action."""
        return self.start if self.state is State.SCHEDULED else self.hold

    @property
    def start(self) -> Action:
        """The action to open the vote now."""
        can = self.can(ActKind.OPENED)
        return Action("Start voting now…", self._ask_to_open, can, "Space", ("<space>",))

    @property
    def hold(self) -> Action:
        """Pause or resume."""
        keys = ("<space>",)
        if self.state is State.PAUSED:
            return Action("Resume", self._resume, self.can(ActKind.RESUMED), "Space", keys)
        return Action("Pause…", self._ask_to_pause, self.can(ActKind.PAUSED), "Space", keys)

    @property
    def extend(self) -> Action:
        """The action to extend the vote by a minute."""
        keys = ("<plus>", "<KP_Add>")
        return Action("+1 minute", self._extend, self.can(ActKind.EXTENDED), "+", keys)

    @property
    def next(self) -> Action:
        """Return the action that brings the vote one step closer to its result."""
        match self.state:
            case State.SCHEDULED:
                return replace(self.start, key="")
            case State.CLOSING:
                return Action("Counting the last votes", self._update, can=False)
            case State.PROVISIONAL | State.CERTIFIED:
                return self.draw if self.can(ActKind.DRAWN) else self.certify
            case _:
                return self.close

    @property
    def close(self) -> Action:
        """The action to close the vote, after a question."""
        return Action("Close voting…", self._ask_to_close, self.can(ActKind.CLOSED))

    @property
    def draw(self) -> Action:
        """The action to draw a tie."""
        return self._form_action(ActKind.DRAWN)

    @property
    def certify(self) -> Action:
        """The action to certify the result."""
        return replace(self._form_action(ActKind.CERTIFIED), word="Certify…")

    @property
    def rule(self) -> Action:
        """The action to change the rules."""
        return Action("Change rules…", self._filled(forms.rule_form), self.can(ActKind.RULED))

    @property
    def exclude(self) -> Action:
        """The action to exclude an account."""
        return self._form_action(ActKind.EXCLUDED, {"account": self.account()})

    @property
    def readmit(self) -> Action:
        """The action to count an excluded account again."""
        excluded = self._snapshot.contest.rules.exclude if self._snapshot else ()
        form = self._filled(partial(forms.readmit_form, account=self.account()))
        return Action("Readmit account…", form, self.can(ActKind.RULED) and bool(excluded))

    @property
    def undo(self) -> Action:
        """The action to undo an act."""
        can = self._snapshot is not None and not self.has_stopped
        words = undo_words(self._snapshot.acts if self._snapshot else ())
        return Action(words, self._ask_to_undo, can, "Ctrl-Z", ("<Control-z>",))

    @property
    def adjust(self) -> Action:
        """The action to add votes by hand."""
        return self._form_action(ActKind.ADJUSTED)

    @property
    def others(self) -> tuple[Action, ...]:
        """The acts that have a form but no property of their own."""
        return tuple(
            self._form_action(does)
            for does, spec in ACTS.items()
            if spec.title and does not in WITH_A_PLACE
        )

    @property
    def log(self) -> Action:
        """The action to show the acts of this vote."""
        return Action(
            "Activity log", self._show_log, self._snapshot is not None, "L", ("<l>", "<L>")
        )

    @property
    def export(self) -> Action:
        """The action to export the results."""
        can = self._snapshot is not None and self._intents.export is not None
        return Action("Export…", self._export, can, "Ctrl-E", ("<Control-e>",))

    def _update(self) -> None:
        self._intents.update()

    def _ask_to_pause(self) -> None:
        ask(self._root, self._look, PAUSE, self._pause)

    def _pause(self) -> None:
        self._tell("")
        self._intents.pause()

    def _resume(self) -> None:
        self._tell("")
        self._intents.resume()

    def _ask_to_undo(self) -> None:
        if self._snapshot is None:
            return
        try:
            found = undo(self._snapshot, self._before, self._operator.name)
        except ContestError as error:
            self._tell(str(error))
            return
        question = Question(found.title, found.detail, found.yes, found.no, is_harmless=True)
        ask(self._root, self._look, question, lambda: self._act(found.act))

    def _ask_to_open(self) -> None:
        ask(self._root, self._look, OPEN, lambda: self._act(Act(ActKind.OPENED)))

    def _ask_to_close(self) -> None:
        ask(self._root, self._look, CLOSE, self._close)

    def _close(self) -> None:
        if self.can(ActKind.CLOSED):
            self._tell("")
            self._intents.close()

    def _extend(self) -> None:
        shown = self._snapshot
        if shown and shown.contest.closes_ms is not None:
            until_ms = max(shown.contest.closes_ms, shown.now_ms) + MINUTE_MS
            self._act(Act(ActKind.EXTENDED, until_ms=until_ms))

    def _act(self, act: Act) -> None:
        self._tell("")
        self._intents.act(act)

    def _form_action(self, does: ActKind, values: Mapping[str, str] = forms.NOTHING) -> Action:
        form = self._filled(partial(forms.act_form, does, values=values))
        return Action(f"{ACTS[does].title}…", form, self.can(does))

    def _filled(
        self, form: Callable[[Snapshot, Callable[[Act], None], str], Form]
    ) -> Callable[[], None]:
        def done(act: Act) -> None:
            if act.by != OPERATOR:
                self._operator.keep(name=act.by)
            self._act(act)

        def fill() -> None:
            if self._snapshot:
                made = form(self._snapshot, done, self._operator.name)
                fill_in(self._root, self._look, made)

        return fill

    def _show_log(self) -> None:
        if self._snapshot:
            show_log(self._root, self._look, self._snapshot)

    def _export(self) -> None:
        export = self._intents.export
        if self._snapshot is None or export is None:
            return

        def told(words: str) -> None:
            self._later(lambda: self._tell(words))

        def write(path: str) -> None:
            self._tell(f"Saving {path} …")
            export(path, told)

        def write_or_ask(path: str) -> None:
            self._operator.keep(export_folder=str(Path(path).parent))
            if Path(path).exists():
                ask(self._root, self._look, replace_question(path), lambda: write(path))
            else:
                write(path)

        folder = self._operator.export_folder
        folder = folder if folder and Path(folder).is_dir() else documents()
        fill_in(self._root, self._look, forms.export_form(self._snapshot, folder, write_or_ask))


def documents() -> str:
    """Return the user's documents folder, or the home folder if there is none."""
    place = platformdirs.user_documents_path()
    return str(place if place.is_dir() else Path.home())
