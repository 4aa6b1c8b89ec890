"""What the text view draws of a snapshot: head, bars, sources, keys; and the same as one line."""

from __future__ import annotations

from rich.console import Group, RenderableType
from rich.padding import Padding
from rich.progress_bar import ProgressBar
from rich.table import Table
from rich.text import Text

from twittervotes.core.contest import chat
from twittervotes.core.contest.contest import in_words
from twittervotes.core.contest.percent import percentages
from twittervotes.core.contest.snapshot import Doing, Snapshot, SourceStatus, State
from twittervotes.core.terminal_text import harmless
from twittervotes.text.countdown import countdown

COLOURS = ("#4c9be8", "#f0a030", "#3fb68b", "#d06fb0", "#e2d04a", "#8e7cf0", "#e4765c", "#5fc7d6")
STATES = {
    State.SCHEDULED: ("SCHEDULED", "white on #2f6fd0"),
    State.OPEN: ("LIVE", "white on #c62a2f"),
    State.PAUSED: ("PAUSED", "black on #f5a524"),
    State.CLOSING: ("CLOSING", "black on #f5a524"),
    State.PROVISIONAL: ("PROVISIONAL", "white on #2f6fd0"),
    State.CERTIFIED: ("CERTIFIED", "black on #46a758"),
}
DOTS = {
    Doing.READY: "bright_black",
    Doing.WAITING: "yellow",
    Doing.TROUBLE: "yellow",
    Doing.STOPPED: "red",
}
QUIET = (Doing.READY, Doing.POLLING, Doing.DONE)


def line(snapshot: Snapshot) -> str:
    """Return all that matters in one line: state, votes, troubles."""
    said = [f"{s.name}: {_said(s)}" for s in snapshot.sources if s.doing not in QUIET]
    if snapshot.recount_words:
        said.append("recounting…")
    said += [words for words in (snapshot.trouble, snapshot.lagging) if words]
    return " · ".join((snapshot.state.value, votes_in_words(snapshot), *said))


def votes_in_words(snapshot: Snapshot) -> str:
    """Return all choices with their votes and percent."""
    votes = snapshot.tally.votes
    return ", ".join(
        f"#{choice.tag} {number} ({share} %)"
        for choice, number, share in zip(
            snapshot.contest.choices, votes, percentages(votes), strict=True
        )
    )


def drawn(snapshot: Snapshot, height: int = 0, notice: str = "") -> RenderableType:
    """Return the picture of a snapshot; with a `height` in lines it is no higher, where it can."""
    room = height - 11 - len(snapshot.sources) if height else len(snapshot.contest.choices)
    room -= 3 * bool(snapshot.lagging) + 2 * bool(snapshot.recount_words)
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
    if snapshot.trouble:
        parts.insert(0, Text(harmless(snapshot.trouble), "bold red"))
    return Padding(Group(*parts), (1, 2))


def _head(snapshot: Snapshot) -> RenderableType:
    contest = snapshot.contest
    head = Text()
    word, style = STATES[snapshot.state]
    head.append(f" {word} ", f"bold {style}")
    if contest.rehearsal:
        head.append("  ")
        head.append(" REHEARSAL ", "bold black on #f5a524")
    head.append(f"  {snapshot.tally.total:,} vote{'s' * (snapshot.tally.total != 1)}")
    if left := countdown(snapshot):
        head.append(f"  {left} {'to go' if snapshot.state is State.SCHEDULED else 'left'}")
    head.append("\n" + " · ".join((*in_words(contest.rules), *chat.in_words(contest))), "dim")
    return head


def _bars(snapshot: Snapshot, most: int) -> RenderableType:
    """Draw the bars in the operator's order; where there is no room for all, the best of them."""
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
        colour = COLOURS[i % len(COLOURS)]
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
        words = Text(harmless(_said(source)))
        quota = f"{source.quota.remaining} requests left" if source.quota else ""
        table.add_row(dot, Text(harmless(source.name)), words, source.completeness, quota)
    table.add_row("", "digest", snapshot.digest[:16] + "…", "", "")
    return table


def _keys(snapshot: Snapshot) -> Text:
    words = ["q end", "u update"]
    if snapshot.state in (State.OPEN, State.PAUSED):
        words.insert(1, "p resume" if snapshot.state is State.PAUSED else "p pause")
    return Text(" · ".join(words), "dim")


def _said(source: SourceStatus) -> str:
    return f"{source.words} {source.advice}".strip()
