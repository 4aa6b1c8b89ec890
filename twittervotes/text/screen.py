"""The vote in a terminal: bars, sources and time left; in a pipe, a line when something changes.

Like every view it gets frozen snapshots from any thread and draws the newest in its own.
"""

from __future__ import annotations

import time
from queue import Empty, SimpleQueue

from rich.console import Console, Group, RenderableType
from rich.live import Live
from rich.padding import Padding
from rich.progress_bar import ProgressBar
from rich.table import Table
from rich.text import Text

from twittervotes.core.clock import of_day
from twittervotes.core.contest import in_words
from twittervotes.core.percent import percentages
from twittervotes.core.snapshot import Doing, Snapshot, SourceStatus, State

REDRAW_S = 0.25
COLOURS = ("#4c9be8", "#f0a030", "#3fb68b", "#d06fb0", "#e2d04a", "#8e7cf0", "#e4765c", "#5fc7d6")
DOTS = {
    Doing.WAITING: "yellow",
    Doing.TROUBLE: "yellow",
    Doing.STOPPED: "red",
}


class Screen:
    """The text view, on stdout unless given a console."""

    def __init__(self, console: Console | None = None) -> None:
        self._console = console or Console()
        self._inbox: SimpleQueue[Snapshot | None] = SimpleQueue()
        self._line = ""

    def show(self, snapshot: Snapshot) -> None:
        """Show `snapshot` soon; from any thread."""
        self._inbox.put(snapshot)

    def stop(self) -> None:
        """Let `run` return once what was shown is drawn; from any thread, or a signal handler."""
        self._inbox.put(None)

    def run(self) -> None:
        """Draw until stopped."""
        if not self._console.is_terminal:
            while (snapshot := self._newest()) is not None:
                self._tell(snapshot)
            return
        with Live(console=self._console, auto_refresh=False) as live:
            while (snapshot := self._newest()) is not None:
                live.update(drawn(snapshot), refresh=True)

    def _newest(self) -> Snapshot | None:
        """Wait for a snapshot and return the newest one; None when it is time to end."""
        newest = self._inbox.get()
        end = time.monotonic() + REDRAW_S
        while newest is not None and (left := end - time.monotonic()) > 0:
            try:
                newer = self._inbox.get(timeout=left)
            except Empty:
                break
            if newer is None:
                self._inbox.put(None)
                break
            newest = newer
        return newest

    def _tell(self, snapshot: Snapshot) -> None:
        line = " · ".join((snapshot.state.value, votes_in_words(snapshot), *_troubles(snapshot)))
        if line != self._line:
            self._line = line
            self._console.print(
                f"{of_day(snapshot.now_ms)} {line}", soft_wrap=True, markup=False, highlight=False
            )


def votes_in_words(snapshot: Snapshot) -> str:
    """Return all choices with their votes and percent in one line."""
    votes = snapshot.tally.votes
    return ", ".join(
        f"#{choice.tag} {number} ({share} %)"
        for choice, number, share in zip(
            snapshot.contest.choices, votes, percentages(votes), strict=True
        )
    )


def drawn(snapshot: Snapshot) -> RenderableType:
    """Return the picture of a snapshot."""
    parts: list[RenderableType] = [_head(snapshot), _bars(snapshot), _sources(snapshot)]
    if snapshot.trouble:
        parts.insert(0, Text(snapshot.trouble, "bold red"))
    return Padding(Group(*parts), (1, 2))


def _head(snapshot: Snapshot) -> RenderableType:
    contest = snapshot.contest
    head = Text(f"{contest.title}  ", "bold")
    head.append(f" {snapshot.state.value.upper()} ", "bold white on #2f6fd0")
    if contest.rehearsal:
        head.append("  ")
        head.append(" REHEARSAL ", "bold black on #f5a524")
    head.append(f"  {snapshot.tally.total:,} votes")
    if contest.closes_ms is not None and snapshot.state in (State.OPEN, State.PAUSED):
        left = max(0, contest.closes_ms - snapshot.now_ms) // 1000
        head.append(f"  {left // 60:02}:{left % 60:02} left")
    head.append("\n" + " · ".join(in_words(contest.rules)), "dim")
    return head


def _bars(snapshot: Snapshot) -> RenderableType:
    table = Table.grid(padding=(0, 2))
    table.add_column(max_width=30, overflow="ellipsis", no_wrap=True)
    table.add_column(ratio=1)
    table.add_column(justify="right")
    table.add_column(justify="right")
    table.expand = True
    votes = snapshot.tally.votes
    for i, (choice, share) in enumerate(
        zip(snapshot.contest.choices, percentages(votes), strict=True)
    ):
        colour = COLOURS[i % len(COLOURS)]
        bar = ProgressBar(100, share, complete_style=colour, finished_style=colour)
        style = "bold" if i in snapshot.tally.leaders else ""
        name = Text(choice.name, style)
        table.add_row(name, bar, f"{votes[i]:,}", Text(f"{share:.1f} %", style))
    return Padding(table, (1, 0))


def _sources(snapshot: Snapshot) -> RenderableType:
    table = Table.grid(padding=(0, 2))
    for source in snapshot.sources:
        dot = Text("●", DOTS.get(source.doing, "green"))
        words = Text(_said(source))
        quota = f"{source.quota.remaining} requests left" if source.quota else ""
        table.add_row(dot, source.name, words, source.completeness, quota)
    table.add_row("", "digest", snapshot.digest[:16] + "…", "", "")
    return table


def _said(source: SourceStatus) -> str:
    return f"{source.words} {source.advice}".strip()


def _troubles(snapshot: Snapshot) -> list[str]:
    quiet = (Doing.READY, Doing.POLLING, Doing.DONE)
    said = [f"{s.name}: {_said(s)}" for s in snapshot.sources if s.doing not in quiet]
    return [*said, snapshot.trouble] if snapshot.trouble else said
