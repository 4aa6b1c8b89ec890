"""Read one channel in one worker process: connections, gaps, votes and removals.

The chat has no history, so each page is a complete round, and whatever was said while no connection
had joined is lost: a gap from the last line that was received to the moment of joining. A cursor is
the time up to which everything was received. When the server announces that it will close, a second
connection joins before the first one ends, and both are read; the ledger counts a message once.
How a connection reads the chat, by IRC or by EventSub, makes no difference here.
"""

from __future__ import annotations

import contextlib
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final, Protocol

from twittervotes.core.contest.posts import Ask, Gap, News, Page, Post
from twittervotes.sources.chat_votes import Votes
from twittervotes.sources.twitch.connection import PONG_S
from twittervotes.sources.twitch.websocket import ChatError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from twittervotes.sources.twitch.decode import Heard

LOOK_S: Final = 0.5  # how long a page waits for lines,
BUSY_S: Final = 1.5  # and how long it continues while lines arrive
GLANCE_S: Final = 0.02  # how long to wait for one of two connections
MOST_POSTS: Final = 500  # per page
MOST_BAD: Final = 20
RELIEVE_S: Final = 2.0  # between two attempts to open a second connection
LATE_MS: Final = 6_000  # a line may take that long, and is lost if the connection ends before
APART_MS: Final = 1_000  # by so much our idea of Twitch's clock may be wrong
REASON: Final = "The chat wasn't connected, and it can't be read afterwards."


class Connection(Protocol):
    """A connection to one channel, see `ChatConnection` and `EventSubConnection`."""

    joined: bool
    reported: bool
    closing: bool
    leaves: bool

    @property
    def is_read(self) -> bool:
        """Whether it has joined, and the server hasn't closed it."""

    def heard(self, within_s: float) -> Iterator[Heard]:
        """Yield what comes within that time. Raises ChatError."""

    def ask(self) -> None:
        """Make the server answer, if the protocol can."""

    def successor(self) -> Connection:
        """Return the connection that continues a closing one. Raises ChatError."""

    def close(self) -> None:
        """Close it; harmless if called twice."""


@dataclass(slots=True)
class _Found:
    """The content of a page so far."""

    posts: dict[Post, str] = field(default_factory=dict)  # with the IDs of the copies
    news: dict[News, None] = field(default_factory=dict)
    bad: dict[str, None] = field(default_factory=dict)
    gaps: list[Gap] = field(default_factory=list)


@dataclass(slots=True)
class ChannelReading:
    """What this process holds of one channel between two pages."""

    opened: Callable[[], Connection]
    read_on_ms: int
    _votes: Votes = field(default_factory=Votes)
    _connections: list[Connection] = field(default_factory=list)
    _relieve_at: float = 0.0
    _heard_ms: int = 0  # up to when everything was received; 0 before the first line
    _cursor: str = ""  # after the last page
    _ahead_ms: int | None = None  # how far Twitch's clock is ahead of ours, if known
    _today_ms: int = 0
    _asked_at: float = 0.0

    def page(self, source: str, ask: Ask) -> Page:
        """Read for a moment and return what arrived. Raises ChatError."""
        self._today_ms = ask.today_ms or time.time_ns() // 1_000_000
        self._asked_at = time.monotonic()
        found = _Found()
        self._compare(ask, found)
        if ask.sweep and self._is_over(ask):
            return self._last_page(source, ask, found)
        if not self._connections:
            self._connections.append(self.opened())
        self._read(ask, found)
        return self._answer(source, ask, found)

    def close(self) -> None:
        """Close all connections; the next page opens a new one."""
        while self._connections:
            self._connections.pop().close()

    def _compare(self, ask: Ask, found: _Found) -> None:
        """Compare the cursor with what this process has received: a page in between may be lost."""
        since_ms = _number(ask.since or ask.left_at)
        if not self._heard_ms:
            self._heard_ms = max(since_ms, ask.opens_ms)
        elif not ask.sweep and ask.since != self._cursor:
            from_ms = max(since_ms, ask.opens_ms)
            if from_ms < self._heard_ms:
                found.gaps.append(
                    _gap(ask, from_ms, self._heard_ms, "What was read here was lost.")
                )

    def _read(self, ask: Ask, found: _Found) -> None:
        began = time.monotonic()
        try:
            while not any(each.joined for each in self._connections):
                self._step(ask, found, LOOK_S)
            while len(found.posts) < MOST_POSTS:
                waited = time.monotonic() - began
                if waited > BUSY_S:
                    break
                if not self._step(ask, found, max(0.0, LOOK_S - waited)) and waited >= LOOK_S:
                    break
        except ChatError:
            self.close()
            if not (found.posts or found.news or found.gaps):
                raise

    def _step(self, ask: Ask, found: _Found, within_s: float) -> bool:
        """Read one frame of each connection; return whether any had one. Raises ChatError."""
        any_came = False
        for connection in list(self._connections):
            several, came = len(self._connections) > 1, False
            try:
                for heard in connection.heard(GLANCE_S if several else within_s):
                    came = True
                    self._take(heard, connection, ask, found)
                if connection.joined and not connection.reported:
                    self._joined(connection, ask, found)
            except ChatError as error:
                self._drop(connection)
                if error.is_final or not self._connections:
                    raise
            any_came = any_came or came
            if not came and self._is_relieved(connection):
                self._drop(connection)
        self._relieve()
        return any_came

    def _drop(self, connection: Connection) -> None:
        connection.close()
        self._connections.remove(connection)

    def _is_relieved(self, connection: Connection) -> bool:
        """Return whether a connection is to be closed, because its successor has joined."""
        last = self._connections[-1]
        return connection.closing and connection.leaves and last is not connection and last.is_read

    def _relieve(self) -> None:
        """Open a second connection while the first one, which will close, still works."""
        now = time.monotonic()
        if len(self._connections) == 1 and self._connections[0].closing and now > self._relieve_at:
            self._relieve_at = now + RELIEVE_S
            with contextlib.suppress(ChatError):
                self._connections.append(self._connections[0].successor())

    def _take(self, heard: Heard, connection: Connection, ask: Ask, found: _Found) -> None:
        if connection.joined and not connection.reported:
            self._joined(connection, ask, found)
        if heard.bad:
            found.bad[heard.bad] = None
        vote = heard.vote
        if vote is not None:
            post = (
                self._votes.get(vote.post.key) or vote.post
            )  # EventSub may repeat it with a later time
            self._note_clock(post.at_ms)
            self._votes.put(post, vote.id_here)
            found.posts[post] = vote.id_here if vote.id_here != post.key else ""
        for news in heard.news:
            found.news[news] = None
            found.posts.update((post, "") for post in self._votes.withdrawn(news))
        self._heard_ms = max(self._heard_ms, self._now_ms() + min(0, self._ahead_ms or 0))

    def _joined(self, connection: Connection, ask: Ask, found: _Found) -> None:
        """Report what was missed before this connection joined, unless another one was joined."""
        now_ms = self._now_ms() + max(0, self._ahead_ms or 0)
        others = [each for each in self._connections if each is not connection and each.is_read]
        from_ms = max(self._heard_ms, ask.opens_ms)
        if not others and from_ms < now_ms and not connection.reported:
            found.gaps.append(_gap(ask, from_ms, now_ms))
        connection.reported = True
        self._heard_ms = max(self._heard_ms, now_ms)

    def _now_ms(self) -> int:
        return self._today_ms + int((time.monotonic() - self._asked_at) * 1000)

    def _note_clock(self, sent_ms: int) -> None:
        """Update how far Twitch's clock is ahead: the fastest line gives the best estimate."""
        ahead_ms = sent_ms - self._now_ms()
        self._ahead_ms = ahead_ms if self._ahead_ms is None else max(self._ahead_ms, ahead_ms)

    def _is_over(self, ask: Ask) -> bool:
        return ask.closes_ms is None or self._today_ms >= ask.closes_ms + self.read_on_ms

    def _answer(self, source: str, ask: Ask, found: _Found) -> Page:
        self._cursor = str(self._heard_ms)
        token = "on" if ask.sweep else ""
        return self._page(source, ask, found, token)

    def _last_page(self, source: str, ask: Ask, found: _Found) -> Page:
        """Return what has arrived since, and what was missed before the close.

        The answer to a last ping shows that nothing else was on its way.
        """
        asked_ms, until = self._heard_ms, time.monotonic() + PONG_S
        for connection in self._connections:
            connection.ask()
        try:
            while self._connections and self._heard_ms <= asked_ms and time.monotonic() < until:
                self._step(ask, found, GLANCE_S)
        except ChatError:
            pass
        self.close()
        closes_ms = self._today_ms if ask.closes_ms is None else ask.closes_ms
        if self._heard_ms < closes_ms:
            found.gaps.append(_gap(ask, self._heard_ms, closes_ms))
        return self._page(source, ask, found, "")

    def _page(self, source: str, ask: Ask, found: _Found, token: str) -> Page:
        ids = tuple(found.posts.values())
        return Page(
            source,
            ask,
            tuple(found.posts),
            newest=str(self._heard_ms),
            token=token,
            reached=not token,
            bad=tuple(found.bad)[:MOST_BAD],
            gaps=tuple(found.gaps),
            gaps_stay=True,
            news=tuple(found.news),
            ids=ids if any(ids) else (),
        )


def _gap(ask: Ask, from_ms: int, to_ms: int, reason: str = REASON) -> Gap:
    """Return the gap that is sure to contain whatever was sent and not received."""
    return Gap(max(from_ms - LATE_MS, ask.opens_ms), to_ms + APART_MS, reason)


def _number(text: str) -> int:
    return int(text) if text.isascii() and text.isdigit() else 0
