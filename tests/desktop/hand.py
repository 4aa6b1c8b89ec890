"""A hand that works a real window, and made-up snapshots to show in it."""

from __future__ import annotations

import tkinter as tk
from collections.abc import Callable
from dataclasses import dataclass, field

from patience import until

from twittervotes.core.contest.acts import Act
from twittervotes.core.contest.contest import Choice, Contest
from twittervotes.core.contest.posts import Tally, Verdict
from twittervotes.core.contest.snapshot import (
    LookupResult,
    Snapshot,
    SourceState,
    SourceStatus,
    State,
)
from twittervotes.desktop.window import Window

OPENS_MS = 1_795_183_200_000
MINUTE_MS = 60_000


@dataclass
class Hand:
    """Works a window as a person would, and keeps what it asked for."""

    window: Window = field(init=False)
    wanted: list[str] = field(default_factory=list)
    acts: list[Act] = field(default_factory=list)
    looked_up: list[tuple[str, Callable[[tuple[LookupResult, ...]], None]]] = field(
        default_factory=list
    )
    exported: list[tuple[str, Callable[[str], None]]] = field(default_factory=list)

    @property
    def root(self) -> tk.Tk:
        return self.window.root

    @property
    def canvas(self) -> tk.Canvas:
        return self.window.body.canvas

    def until(self, holds: Callable[[], object]) -> None:
        """Let the window work until something holds."""
        until(holds, meanwhile=self.root.update)

    def show(self, snapshot: Snapshot) -> None:
        """Show `snapshot`, and wait until nothing moves any more."""
        self.window.show(snapshot)
        self.until(lambda: self.window.drawn is snapshot)
        self.until(lambda: not self.window.is_moving)

    def resize(self, size: str) -> None:
        width, height = map(int, size.split("x"))
        self.root.geometry(f"{size}+0+0")
        self.until(lambda: (self.root.winfo_width(), self.root.winfo_height()) == (width, height))
        self.root.update()

    def press(self, key: str) -> None:
        """Press a key where the focus is."""
        self.focused().event_generate(key)
        self.root.update()

    def focused(self) -> tk.Misc:
        """Return what has the focus; the display may have given the window none yet."""
        if self.root.focus_get() is None:
            (self.root.focus_lastfor() or self.root).focus_force()
            self.until(lambda: self.root.focus_get() is not None)
        return self.root.focus_get() or self.root

    def focus(self, widget: tk.Misc) -> None:
        """Give a widget the focus; the display tells some time later that it has it."""
        widget.focus_force()
        self.until(lambda: self.root.focus_get() is widget)

    def text(self, tag: str, canvas: tk.Canvas | None = None) -> str:
        """Return what the text with this tag shows, "" while it is hidden."""
        canvas = canvas or self.canvas
        assert canvas.find_withtag(tag), f"there is no {tag}"
        shown = canvas.itemcget(tag, "state") != "hidden"
        return str(canvas.itemcget(tag, "text")) if shown else ""

    def texts(self, canvas: tk.Canvas | None = None) -> list[str]:
        """Return all texts that are to be seen."""
        canvas = canvas or self.canvas
        return [
            str(canvas.itemcget(item, "text"))
            for item in canvas.find_all()
            if canvas.type(item) == "text" and canvas.itemcget(item, "state") != "hidden"
        ]

    def share(self, choice: int) -> float:
        """Return how much of its track a bar fills."""
        left = self.canvas.coords(f"choice{choice}-bar-strip")[0]
        end, _, right, _ = self.canvas.coords(f"choice{choice}-bar-cover")
        return (end - left) / (right - left)


MakeHand = Callable[..., Hand]


def snapshot(
    *votes: int,
    labels: tuple[str, ...] = (),
    state: State = State.OPEN,
    now_ms: int = OPENS_MS + 90_000,
    rehearsal: bool = False,
    **more: object,
) -> Snapshot:
    """A snapshot with these votes, all posted in the minute before `now_ms`."""
    names = labels or tuple(f"tag{i}" for i in range(len(votes)))
    contest = Contest(
        title="Which distribution?",
        choices=tuple(Choice(f"tag{i}", label=name) for i, name in enumerate(names)),
        opens_ms=OPENS_MS,
        closes_ms=OPENS_MS + 10 * MINUTE_MS,
        rehearsal=rehearsal,
    )
    made = {
        "contest": contest,
        "state": state,
        "now_ms": now_ms,
        "tally": Tally(
            votes=votes,
            verdicts=((Verdict.COUNTED, sum(votes)), (Verdict.SPOILT, 3)),
            minutes=((now_ms - now_ms % MINUTE_MS, votes),),
        ),
        "sources": (
            SourceStatus("rehearsal", SourceState.POLLING, "polling", posts=9, votes=sum(votes)),
        ),
        "digest": "9f3a" + "0" * 56 + "c41e",
    }
    return Snapshot(**(made | more))  # type: ignore[arg-type]
