"""The banner's text: the most urgent message that wasn't closed. Pure."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from twittervotes.core.contest.acts import CLOCK, ActKind
from twittervotes.desktop.actions.undo import seconds
from twittervotes.desktop.vote.phrases import UNDER_WAY
from twittervotes.desktop.widgets.banner import Message

if TYPE_CHECKING:
    from twittervotes.core.contest.snapshot import Snapshot
    from twittervotes.presentation.outage import Outage

OFFERED_MS = 120_000
STOPPED = "Counting has stopped."
COUNT_THEM = "Count them after all…"


@dataclass(slots=True)
class Messages:
    """All messages of the window; `trouble` stays, `notice` expires.

    A closed message returns only after it was over, or when its text changes, except for an alarm's
    clock.
    """

    trouble: str = ""
    notice: str = ""
    _closed: set[str] = field(default_factory=set)

    def current(self, snapshot: Snapshot | None, outage: Outage | None) -> Message | None:
        """Return the message to show now."""
        waiting = [message for message in self._all(snapshot, outage) if message.strong]
        self._closed &= {message.key for message in waiting}
        return next((message for message in waiting if message.key not in self._closed), None)

    def close(self, message: Message) -> None:
        """Stop showing this message."""
        if message.strong == self.notice:
            self.notice = ""
        self._closed.add(message.key)

    def _all(self, snapshot: Snapshot | None, outage: Outage | None) -> list[Message]:
        """Return all messages, most urgent first."""
        found = [Message(self.trouble), Message(self.notice, kind="notice")]
        if snapshot and snapshot.trouble:
            found.insert(0, _stopped(snapshot))
        if outage:
            key = f"outage {' '.join(outage.names)}"
            found.append(Message(outage.title, outage.detail, "alarm", key, "Details"))
        if snapshot:
            found.append(Message(snapshot.recount_words, kind="notice", identity="recount"))
            found.append(Message(snapshot.lagging))
            found += _after_pause(snapshot)
        return found


def _stopped(snapshot: Snapshot) -> Message:
    """Say that counting has stopped, and why."""
    if snapshot.state not in UNDER_WAY:
        return Message(snapshot.trouble)
    return Message(STOPPED, snapshot.trouble, identity=snapshot.trouble)


def _after_pause(snapshot: Snapshot) -> list[Message]:
    """Offer for a while after a pause to count its posts after all."""
    last = next((act for act in reversed(snapshot.acts) if act.by != CLOCK), None)
    pauses = snapshot.contest.pauses
    if last is None or last.does is not ActKind.RESUMED or not pauses:
        return []
    (begin, end), age_ms = pauses[-1], snapshot.now_ms - last.at_ms
    if end is None or end <= begin or age_ms > OFFERED_MS:
        return []
    words = f"Posts made in those {seconds(begin, end)} don't count."
    return [Message("Voting resumed.", words, "notice", f"resumed {end}", COUNT_THEM)]
