"""Read one Jetstream host in one worker process: socket, cursor, known posts, rounds.

Each page is a complete round, so that the cursor moves in the transaction that stores its posts. A
cursor is the time of the last post, anyone's. Account events don't move it: a host that sends
nothing else is blind, and a new connection must notice for how long. A new connection starts five
seconds before the cursor, because hosts send frames out of order by about that much.

In the final sweep the host replays the whole period. Its token is "REACHED-END", in the same
microseconds; it is over when the replay has passed the moment at which the sweep began. A new
process must restart the replay, because it has to know the posts before it can report their end.
"""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from typing import Final

from twittervotes.core.contest.posts import Ask, Page, Post
from twittervotes.sources.bluesky.coverage import HOLE_US, ReadCoverage
from twittervotes.sources.bluesky.decode import UNREADABLE, Sieve, event, time_us
from twittervotes.sources.bluesky.known_posts import Register
from twittervotes.sources.bluesky.websocket import JetstreamConnection, JetstreamError

POST: Final = b'"app.bsky.feed.post"'  # a broken commit without a collection proves nothing
REWIND_US: Final = 5_000_000
AFTERMATH_US: Final = 3600 * 1_000_000  # how long after closing deletions are still looked for
LOOK_S: Final = 0.5  # how long a page waits for frames,
BUSY_S: Final = 1.5  # and how long it continues while frames arrive
MOST_POSTS: Final = 500  # per page
MOST_BAD: Final = 20
TOO_LATE_US: Final = 10**16  # in microseconds: in the year 2286
QUIET_S: Final = 3.0  # a replay past its end that is silent for so long has reached the present
STILL_S: Final = HOLE_US / 1_000_000  # before its end, less may be a connection that has stalled
SILENT_S: Final = 60.0  # a host that is silent for so long is gone, whatever its socket's state
NEAR_US: Final = HOLE_US


@dataclass(slots=True)
class HostReading:
    """What this process holds of one host for one set of tags, between two pages."""

    host: str
    tags: str
    _sieve: Sieve = field(init=False)
    _register: Register = field(init=False)
    _watch: ReadCoverage = field(default_factory=ReadCoverage)
    _line: JetstreamConnection | None = None
    _sweeps: bool = False
    _left_at: str = ""  # the cursor or token after the last page
    _at_us: int = 0  # of the last frame

    def __post_init__(self) -> None:
        self._sieve = Sieve(tag.removeprefix("#") for tag in self.tags.split())
        self._register = Register(self._sieve)

    def page(self, source: str, ask: Ask) -> Page:
        """Read for a moment and return what arrived. Raises JetstreamError or RefusedError."""
        line = self._open(ask)
        posts: dict[Post, None] = {}
        bad: dict[str, None] = {}
        frames, events = 0, 0
        began = now = time.monotonic()
        try:
            while len(posts) < MOST_POSTS and now < began + BUSY_S:
                frame = line.read(max(0.0, began + LOOK_S - now))
                if frame is None:
                    break
                frames += 1
                events += self._note(frame, posts, bad)
                now = line.heard_at
        except JetstreamError:
            self.close()
            if not events:
                raise
        if frames and not events:
            self.close()
            raise JetstreamError(f"{self.host} sends data other than events.")
        if time.monotonic() - line.heard_at > SILENT_S:
            self.close()
            raise JetstreamError(f"{self.host} has sent nothing for {SILENT_S:.0f} s.")
        return self._answer(source, ask, tuple(posts), tuple(bad)[:MOST_BAD])

    def close(self) -> None:
        """Close the connection; the next page opens a new one."""
        if self._line is not None:
            self._line.close()
            self._line = None

    def _open(self, ask: Ask) -> JetstreamConnection:
        """Return the connection on which the requested page comes next."""
        place = ask.token if ask.sweep else ask.since
        if self._line is not None and self._sweeps == ask.sweep and self._left_at == place:
            return self._line
        self.close()
        from_us = ask.opens_ms * 1000
        if place and not ask.sweep:
            from_us = int(place)
        elif place and self._sweeps:
            from_us = int(place.split("-")[0])
        cursor_us = max(0, from_us - REWIND_US)
        self._line = JetstreamConnection(self.host, cursor_us)
        self._watch.begin(from_us)
        self._at_us = from_us
        self._sweeps = ask.sweep
        return self._line

    def _note(self, frame: bytes, posts: dict[Post, None], bad: dict[str, None]) -> bool:
        """Take in a frame; return whether it is an event at all."""
        at_us = time_us(frame)
        if at_us is None or not 0 <= at_us < TOO_LATE_US:
            bad["a frame that isn't an event"] = None
            return False
        self._at_us = at_us
        self._watch.note(at_us, post=POST in frame)
        if self._sieve.passes(frame):
            try:
                happened = event(frame)
            except UNREADABLE as error:
                bad[f"the event of {at_us}: {error}"[:200]] = None
                return True
            if happened is not None:
                posts.update(dict.fromkeys(self._register.versions(happened)))
        return True

    def _answer(self, source: str, ask: Ask, posts: tuple[Post, ...], bad: tuple[str, ...]) -> Page:
        reached = str(self._watch.cursor_us)
        if not ask.sweep:
            self._left_at = reached
            holes = self._watch.holes()
            return Page(source, ask, posts, reached, reached=True, bad=bad, gaps=holes)
        self._watch.holes()  # what is still missing at the end is reported then
        end_us = _end_us(ask)
        if not self._is_over(end_us):
            self._left_at = f"{reached}-{end_us}"
            return Page(source, ask, posts, reached, self._left_at, bad=bad)
        self.close()
        closes_us = end_us if ask.closes_ms is None else min(end_us, ask.closes_ms * 1000)
        gaps = self._watch.missing(ask.opens_ms * 1000, closes_us)
        return Page(source, ask, posts, reached, reached=True, bad=bad, gaps=gaps)

    def _is_over(self, end_us: int) -> bool:
        """Return whether the replay has reached its end, or nearly the present."""
        if self._at_us >= end_us + REWIND_US:
            return True
        line = self._line
        if line is None:
            return False
        silent_s = time.monotonic() - line.heard_at
        if self._at_us >= end_us:
            return silent_s > QUIET_S
        return silent_s > STILL_S and self._at_us >= end_us - NEAR_US


def _end_us(ask: Ask) -> int:
    """Return up to when to read: when the sweep began, since posts have settled by then.

    An end in the future was set by a clock that was wrong.
    """
    now_us = ask.today_ms * 1000 or time.time_ns() // 1000
    if ask.token:
        return min(now_us, int(ask.token.split("-")[1]))
    return now_us if ask.closes_ms is None else min(now_us, ask.closes_ms * 1000 + AFTERMATH_US)
