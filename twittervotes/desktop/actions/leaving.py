"""The question before the window is closed, with words that are true in each state. Pure."""

from __future__ import annotations

from twittervotes.core.contest.clock import of_date
from twittervotes.core.contest.snapshot import Snapshot, State
from twittervotes.desktop.widgets.question import Question

LATER = "Reopen this vote later; missed posts will be fetched."


def leaving(snapshot: Snapshot | None) -> Question | None:
    """Return the question before the program ends, None if nothing would be left unfinished."""
    if snapshot is None:
        return None
    if snapshot.trouble and snapshot.state is not State.CERTIFIED:
        return _question("Quit? Counting has already stopped.", LATER)
    match snapshot.state:
        case State.SCHEDULED:
            at = of_date(snapshot.contest.opens_ms)
            return _question("Quit before voting starts?", f"Voting starts at {at}. {LATER}")
        case State.OPEN:
            return _question(
                "Quit while voting is open?",
                f"This doesn't close voting, but counting will stop. {LATER}",
            )
        case State.PAUSED:
            return _question(
                "Quit while voting is paused?",
                f"Voting stays paused, and counting will stop. {LATER}",
            )
        case State.CLOSING:
            return _question(
                "Quit before the last votes are counted?",
                "Voting has closed, but late posts are still being read. "
                "Reopen this vote to finish.",
            )
        case _:
            return None


def _question(title: str, detail: str) -> Question:
    return Question(title, detail, "Quit", "Stay")
