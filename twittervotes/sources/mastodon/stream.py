"""The live stream of one instance: posts as they appear, edits, and deletions.

A worker process keeps one connection per hashtag open between two fetches. The stream has no
history: what it misses while disconnected is found by polling the same instance. Nor does it report
that a post lost its hashtags; so the final sweep pages here too, and looks up what it misses. It
needs an account's token: https://docs.joinmastodon.org/methods/streaming/#hashtag
"""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from twittervotes.core.contest.posts import Ask, Failed, Feed, Page, Post, Remedy
from twittervotes.core.contest.versions import withdrawn
from twittervotes.sources._common import Trouble
from twittervotes.sources.mastodon.decode import UNREADABLE, TimelinePost, read, spellings
from twittervotes.sources.mastodon.errors import TOKEN, trouble
from twittervotes.sources.mastodon.source import Mastodon

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from twittervotes.core.contest.contest import Contest
    from twittervotes.sources.mastodon.sse import Event, StreamConnection  # noqa: TC004 - nobody evaluates it

READS_FOR_S = 0.5
OPENS_FOR_S = 5.0  # after which other connections are read before more are opened
MOST_POSTS = 300
MOST_KNOWN = 200_000
UPDATES = ("update", "status.update")


@dataclass(slots=True)
class Listener:
    """A worker's state of one stream: its connections by tag, and the posts it received."""

    connections: dict[str, StreamConnection] = field(default_factory=dict)
    known: dict[str, Post] = field(default_factory=dict)  # by the ID that `delete` events have
    bad: list[str] = field(default_factory=list)
    posts: list[TimelinePost] = field(default_factory=list)

    def hear(self, event: Event, tag: str, spelled: Mapping[str, str]) -> None:
        """Take in one event of the connection for `tag`."""
        if event.name == "delete":
            gone = event.data.decode("utf-8", "replace").strip()
            post = self.known.pop(gone, None)
            if post is not None:
                self.posts.append(TimelinePost(gone, withdrawn(post)))
        elif event.name in UPDATES:
            try:
                seen = read(event.data, spelled, tag)
            except UNREADABLE as error:
                self.bad.append(f"a post of the stream: {error}"[:200])
                return
            if seen is not None:
                self.known[seen.id] = seen.post
                self.posts.append(seen)
                if len(self.known) > MOST_KNOWN:
                    del self.known[next(iter(self.known))]

    def close(self) -> None:
        """Close all streams."""
        while self.connections:
            self.connections.popitem()[1].close()

    def taken(self) -> tuple[tuple[TimelinePost, ...], tuple[str, ...]]:
        """Return what has arrived since the last call."""
        taken = tuple(self.posts), tuple(self.bad)
        self.posts, self.bad = [], []
        return taken


_listeners: dict[str, Listener] = {}


@dataclass(frozen=True, slots=True)
class Stream:
    """The event streams of one instance, one for each tag that is `asked`.

    `tags` are all tags of the contest, as typed; `there` is the base URL of the streams if the
    operator has set one.
    """

    base: str
    asked: tuple[str, ...]
    tags: tuple[str, ...]
    token: str = field(repr=False)
    there: str = ""
    name: str = "mastodon-stream"
    network: str = "mastodon"
    complete: bool = False
    at_once: int = 1

    def name_of(self, post: Post, id: str) -> str:  # noqa: A002 - that is what it is
        """Return the ID of a post on this instance."""
        return self._polled().name_of(post, id)

    def speaks_for(self, post: Post) -> bool:
        """Return whether the post was written on this instance."""
        return self._polled().speaks_for(post)

    def feeds(self, contest: Contest) -> tuple[Feed, ...]:
        """Return one feed per tag, for the final sweep; live, all are read at each request."""
        return self._polled().feeds(contest)

    def fetch(self, ask: Ask) -> Page | Failed:
        """Read what arrives for a short while, connecting first if necessary."""
        from twittervotes.network.http import NetworkError
        from twittervotes.sources.mastodon.sse import ElsewhereError, Refused

        listener = _listeners.setdefault(self.name, Listener())
        if ask.sweep:
            listener.close()
            return self._polled().fetch(ask)
        try:
            self._connect(listener)
            self._read(listener)
        except Refused as refused:
            return self._failed(ask, self._trouble(refused.status))
        except ElsewhereError as error:
            return self._failed(ask, self._elsewhere(error.host))
        except NetworkError as error:
            if not listener.posts:
                return self._failed(
                    ask,
                    Trouble(Remedy.RETRY, str(error), "If this continues, check your connection."),
                )
        seen, bad = listener.taken()
        posts, ids = tuple(each.post for each in seen), tuple(each.id for each in seen)
        # a stream can't be rewound: the cursor only says how far it was read
        heard = str(time.time_ns() // 1_000_000)
        return Page(self.name, ask, posts, newest=heard, reached=True, bad=bad, ids=ids)

    def _polled(self) -> Mastodon:
        return Mastodon(self.base, self.tags, self.token, name=self.name)

    def _connect(self, listener: Listener) -> None:
        """Open connections that aren't open; only some of them if that takes long."""
        from twittervotes.sources.mastodon import api, sse

        deadline = time.monotonic() + OPENS_FOR_S
        for tag in self.asked:
            if tag not in listener.connections and time.monotonic() < deadline:
                told = None if self.there else api.instance(self.base)
                host = self.there or sse.host(self.base, told)
                listener.connections[tag] = sse.connect(host, tag, self.token)

    def _read(self, listener: Listener) -> None:
        from twittervotes.sources.mastodon import sse

        spelled, deadline = spellings(self.tags), time.monotonic() + READS_FOR_S
        while len(listener.posts) < MOST_POSTS and (left := deadline - time.monotonic()) > 0:
            for tag, connection in sse.ready(listener.connections, left):
                for event in self._heard(listener, tag, connection):
                    listener.hear(event, tag, spelled)

    def _heard(self, listener: Listener, tag: str, connection: StreamConnection) -> Iterator[Event]:
        from twittervotes.network.http import NetworkError

        try:
            yield from connection.events()
        except NetworkError:
            listener.connections.pop(tag).close()
            raise

    def _trouble(self, status: int) -> Trouble:
        host = urlsplit(self.base).netloc
        if status in (401, 403):
            message = f"The stream of {host} answered {status}: it rejected the token."
            return Trouble(Remedy.STOP, message, TOKEN)
        return trouble(f"The stream of {host}", status, None, signed_in=True)

    def _elsewhere(self, there: str) -> Trouble:
        message = (
            f"{urlsplit(self.base).netloc} says that its stream is at {there[:100]}, another host."
            " The token was not sent there."
        )
        advice = f"If you trust that host with the token, set mastodon.stream to {there[:100]}."
        return Trouble(Remedy.STOP, message, advice)

    def _failed(self, ask: Ask, found: Trouble) -> Failed:
        return Failed(self.name, ask, found.remedy, found.message, found.advice)
