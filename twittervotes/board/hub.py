"""The hub: each contest's newest document, encoded once for all viewers.

Frames are never queued: a slow viewer gets the newest one when it can receive again. So viewers
cost no memory beyond their connection, and all of them share the same bytes.
"""

from __future__ import annotations

import asyncio
import hashlib
from functools import cached_property
from typing import TYPE_CHECKING

import msgspec

from twittervotes.board import wire
from twittervotes.board.standings import StandingLog

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Iterator

COMMENT_S = 15.0  # between two comments that keep an idle stream alive
RETRY_MS = 2_000  # after which a browser reconnects
REFRESH_MS = 10_000  # after which the time is sent again even if nothing else has changed


class Frame:
    """One document and its encodings, each made at most once."""

    def __init__(self, document: wire.Document) -> None:
        self.document = document
        self.state = wire.encode(document.state)
        self.event = b"id: %d\nevent: state\ndata: %b\n\n" % (document.state.entry or 0, self.state)
        self.pages: dict[tuple[str, ...], bytes] = {}  # rendered pages, by view, language and so on

    @cached_property
    def whole(self) -> bytes:
        """The document as JSON."""
        return wire.encode(self.document)

    @cached_property
    def minutes(self) -> bytes:
        """The votes of each minute as JSON."""
        return wire.encode(self.document.minutes)

    @cached_property
    def acts(self) -> bytes:
        """The acts as JSON."""
        return msgspec.json.encode(self.document.acts)


class Channel:
    """One contest: its newest frame, the streams that wait for the next, and earlier standings."""

    def __init__(self, frame: Frame, published: Callable[[], StandingLog]) -> None:
        self.frame = frame
        self.changed = asyncio.Event()
        self._published = published

    @cached_property
    def published(self) -> StandingLog:
        """The published standings; read from disk when first needed."""
        found = self._published()
        found.add(self.frame.document.state, self.frame.state)
        return found

    def show(self, document: wire.Document) -> None:
        """Publish `document`, unless it equals the last one."""
        if _is_same(self.frame.document, document):
            return
        published = self.published  # loads the log, so that it has the last frame
        self.frame = Frame(document)
        published.add(document.state, self.frame.state)
        waiting, self.changed = self.changed, asyncio.Event()
        waiting.set()

    async def events(self, closing: asyncio.Event) -> AsyncIterator[bytes]:
        """Yield frames as server-sent events, starting with the newest, until `closing` is set."""
        yield b"retry: %d\n\n" % RETRY_MS
        while not closing.is_set():
            changed = self.changed
            yield self.frame.event
            while not changed.is_set() and not closing.is_set():
                try:
                    async with asyncio.timeout(COMMENT_S):
                        await changed.wait()
                except TimeoutError:
                    yield b":\n\n"

    def wake(self) -> None:
        """Make all streams check whether they should end."""
        self.changed.set()


class Hub:
    """All contests of a board, by their slugs; `published` has the standings of each."""

    def __init__(
        self, published: Callable[[wire.ContestDocument], StandingLog] = lambda _: StandingLog()
    ) -> None:
        self._published = published
        self.channels: dict[str, Channel] = {}
        self.closing = asyncio.Event()

    def publish(self, slug: str, document: wire.Document) -> None:
        """Publish `document` as the contest at `slug`."""
        contest = msgspec.structs.replace(document.contest, slug=slug)
        document = msgspec.structs.replace(document, contest=contest)
        channel = self.channels.get(slug)
        if channel is None:
            self.channels[slug] = Channel(Frame(document), lambda: self._published(contest))
        else:
            channel.show(document)

    def remove(self, slug: str) -> None:
        """Forget a contest; its streams stay open in case it returns."""
        self.channels.pop(slug, None)

    def close(self) -> None:
        """End all streams."""
        self.closing.set()
        for channel in self.channels.values():
            channel.wake()

    def documents(self) -> Iterator[wire.Document]:
        """Return the newest document of each vote."""
        return (channel.frame.document for channel in self.channels.values())


def etag(data: bytes) -> str:
    """Return the entity tag of a response."""
    return f'W/"{hashlib.sha256(data).hexdigest()[:32]}"'


def _is_same(one: wire.Document, other: wire.Document) -> bool:
    """Return whether `other` says nothing new; the passing of time is news only now and then."""
    passed = other.state.at_ms - one.state.at_ms
    if not 0 <= passed < REFRESH_MS:
        return False
    state = msgspec.structs.replace(one.state, at_ms=other.state.at_ms)
    return msgspec.structs.replace(one, state=state) == other
