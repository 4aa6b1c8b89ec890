"""The text view's picture of a snapshot: header, bars, sources, keys; and the same as one line."""

from __future__ import annotations

from rich.console import Group, RenderableType
from rich.padding import Padding
from rich.progress_bar import ProgressBar
from rich.table import Table
from rich.text import Text

from twittervotes.core.contest.percent import percentages
from twittervotes.core.contest.snapshot import Snapshot, SourceState, SourceStatus, State
from twittervotes.core.terminal_text import harmless
from twittervotes.presentation.marks import HUES
from twittervotes.presentation.numbers import counted
from twittervotes.presentation.outage import outage
from twittervotes.presentation.phrases import (
    STATES,
    by_hand_words,
    contest_in_words,
    countdown,
    source_title,
)

STYLES = {
    State.SCHEDULED: "white on #2f6fd0",
    State.OPEN: "white on #c62a2f",
    State.PAUSED: "black on #f5a524",
    State.CLOSING: "black on #f5a524",
    State.PROVISIONAL: "white on #2f6fd0",
    State.CERTIFIED: "black on #46a758",
}
DOTS = {
    SourceState.READY: "bright_black",
    SourceState.WAITING: "yellow",
    SourceState.TROUBLE: "yellow",
    SourceState.STOPPED: "red",
}
QUIET = (SourceState.READY, SourceState.POLLING, SourceState.DONE)


def line(snapshot: Snapshot) -> str:
    """Return the essentials in one line: state, votes, problems."""
    said = [
        f"{source_title(s.name)}: {_source_words(s)}"
        for s in snapshot.sources
        if s.doing not in QUIET
    ]
    if snapshot.recount_words:
        said.append("recounting…")
    said += [words for words in (snapshot.trouble, snapshot.lagging) if words]
    said[:0] = filter(None, (by_hand_words(snapshot.tally),))
    return " · ".join((snapshot.state.value, votes_in_words(snapshot), *said))


def votes_in_words(snapshot: Snapshot) -> str:
    """Return all choices with their votes and percentages."""
    votes = snapshot.tally.votes
    return ", ".join(
        f"#{choice.tag} {number} ({share} %)"
        for choice, number, share in zip(
            snapshot.contest.choices, votes, percentages(votes), strict=True
        )
    )


def drawn(snapshot: Snapshot, height: int = 0, notice: str = "") -> RenderableType:
    """Return the picture of a snapshot, if possible no higher than `height` lines."""
    room = height - 11 - len(snapshot.sources) if height else len(snapshot.contest.choices)
    room -= 3 * bool(snapshot.lagging) + 2 * bool(snapshot.recount_words)
    room -= 2 * bool(outage(snapshot, snapshot.now_ms))
    parts: list[RenderableType] = [
        Text(harmless(snapshot.contest.title), "bold", no_wrap=True, overflow="ellipsis"),
        _head(snapshot),
        _bars(snapshot, max(3, room)),
        _sources(snapshot),
        Text(harmless(notice), "bold yellow") if notice else _keys(snapshot),
    ]
    if snapshot.lagging:
        parts.insert(-1, Text(harmless(snapshot.lagging), "bold yellow"))
    if snapshot.recount_words:
        parts.insert(0, Text(snapshot.recount_words, "bold yellow"))
    if alarm := outage(snapshot, snapshot.now_ms):
        parts.insert(0, Text(harmless(f"{alarm.title}. {alarm.detail}"), "bold yellow"))
    if snapshot.trouble:
        parts.insert(0, Text(harmless(snapshot.trouble), "bold red"))
    return Padding(Group(*parts), (1, 2))


def _head(snapshot: Snapshot) -> RenderableType:
    contest = snapshot.contest
    head = Text()
    head.append(f" {STATES[snapshot.state].upper()} ", f"bold {STYLES[snapshot.state]}")
    if contest.rehearsal:
        head.append("  ")
        head.append(" REHEARSAL ", "bold black on #f5a524")
    votes = filter(None, (counted(snapshot.tally.total, "vote"), by_hand_words(snapshot.tally)))
    head.append(f"  {', '.join(votes)}")
    if left := countdown(snapshot):
        head.append(f"  {left} {'until opening' if snapshot.state is State.SCHEDULED else 'left'}")
    head.append("\n" + " · ".join(contest_in_words(contest)), "dim")
    return head


def _bars(snapshot: Snapshot, most: int) -> RenderableType:
    """Draw the bars in the operator's order; without room for all, draw the leading ones."""
    table = Table.grid(padding=(0, 2))
    table.add_column(max_width=30, overflow="ellipsis", no_wrap=True)
    table.add_column(ratio=1)
    table.add_column(justify="right")
    table.add_column(justify="right")
    table.expand = True
    votes, choices = snapshot.tally.votes, snapshot.contest.choices
    shares = percentages(votes)
    best = sorted(range(len(choices)), key=lambda i: (-votes[i], i))
    shown = sorted(best if len(best) <= most else best[: most - 1])
    for i in shown:
        colour = HUES[i % len(HUES)]
        bar = ProgressBar(100, shares[i], complete_style=colour, finished_style=colour)
        style = "bold" if i in snapshot.tally.leaders else ""
        name = Text(harmless(choices[i].title), style)
        table.add_row(name, bar, f"{votes[i]:,}", Text(f"{shares[i]:.1f} %", style))
    if len(shown) < len(choices):
        rest = sum(votes) - sum(votes[i] for i in shown)
        table.add_row(Text(f"and {len(choices) - len(shown)} more", "dim"), "", f"{rest:,}", "")
    return Padding(table, (1, 0))


def _sources(snapshot: Snapshot) -> RenderableType:
    table = Table.grid(padding=(0, 2))
    for source in snapshot.sources:
        dot = Text("●", DOTS.get(source.doing, "green"))
        title, words = (
            Text(harmless(source_title(source.name))),
            Text(harmless(_source_words(source))),
        )
        quota = f"{counted(source.quota.remaining, 'request')} left" if source.quota else ""
        table.add_row(dot, title, words, source.completeness, quota)
    table.add_row("", "digest", snapshot.digest[:16] + "…", "", "")
    return table


def _keys(snapshot: Snapshot) -> Text:
    words = ["q quit", "u update"]
    if snapshot.state in (State.OPEN, State.PAUSED):
        words.insert(1, "p resume" if snapshot.state is State.PAUSED else "p pause")
        words += ["+ 1 minute"] * (snapshot.contest.closes_ms is not None) + ["c close"]
    return Text(" · ".join(words), "dim")


def _source_words(source: SourceStatus) -> str:
    return f"{source.words} {source.advice}".strip()
