"""What a worker remembers of the posts of one feed, to notice in the final sweep which are gone.

An edit that takes a hashtag off a post is announced to nobody, and a deleted post is only missed:
both are no longer listed. What was listed before and is not now has to be looked up by itself. A
worker that dies forgets; then such posts stay as they were last seen.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

from twittervotes.core.model import Gap, Post
from twittervotes.sources.mastodon_status import Seen, order

MOST_KNOWN = 200_000
MOST_MISSED = 500  # a timeline that was emptied altogether is not looked up post by post
UNASKED = "So many posts are no longer listed that not all of them could be looked up."


@dataclass(slots=True)
class Memory:
    """The posts seen, by their ids, and those that the sweep under way has missed so far."""

    known: dict[str, Post] = field(default_factory=dict)
    missed: list[str] = field(default_factory=list)
    _unasked: list[int] = field(default_factory=list)  # the times of others
    _expected: list[str] = field(default_factory=list)  # the newest last

    def note(self, seen: Iterable[Seen]) -> None:
        """Remember posts; the oldest are forgotten where they are too many."""
        for each in seen:
            self.known[each.id] = each.post
        while len(self.known) > MOST_KNOWN:
            del self.known[next(iter(self.known))]

    def begin_sweep(self) -> None:
        """Expect to see again all that is known."""
        self._expected = sorted(self.known, key=order)
        self.missed, self._unasked = [], []

    def compare(self, ids: Iterable[str], down_to: str = "") -> None:
        """Miss what was expected down to an id ("": to the end) and is not among `ids`."""
        listed = set(ids)
        while self._expected and (not down_to or order(self._expected[-1]) >= order(down_to)):
            expected = self._expected.pop()
            if expected in listed:
                continue
            if len(self.missed) < MOST_MISSED:
                self.missed.append(expected)
            elif expected in self.known:  # or it was forgotten meanwhile
                self._unasked.append(self.known[expected].at_ms)

    def gaps(self) -> tuple[Gap, ...]:
        """Return when posts were written that are missed and will not be looked up."""
        if not self._unasked:
            return ()
        return (Gap(min(self._unasked), max(self._unasked), UNASKED),)
