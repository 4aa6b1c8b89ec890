"""Every source's decoder, given any response: the result must be fit for the ledger.

A response here is a status, headers, an empty line and a body, as in HTTP. The fuzzer continues
with what comes back: its token and its cursor go through the same source once more.
"""

from __future__ import annotations

import contextlib
import io
import pickle
import socket
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from http.client import HTTPException, HTTPResponse

from samples import CLOSES, OPENS

from twittervotes.core.contest.posts import (
    Ask,
    Failed,
    Feed,
    LooksUp,
    Page,
    Post,
    Sought,
    Source,
    can_be_kept,
)
from twittervotes.core.errors import ConfigError
from twittervotes.network import http
from twittervotes.sources.bluesky import search as bluesky_search
from twittervotes.sources.bluesky.replay import HostReading
from twittervotes.sources.bluesky.search import BlueskySearch
from twittervotes.sources.bluesky.session import BlueskySession, _Tokens
from twittervotes.sources.bluesky.websocket import JetstreamError
from twittervotes.sources.mastodon import api
from twittervotes.sources.mastodon import source as mastodon
from twittervotes.sources.mastodon.decode import spellings
from twittervotes.sources.mastodon.source import Mastodon
from twittervotes.sources.mastodon.sse import StreamConnection
from twittervotes.sources.mastodon.stream import Listener
from twittervotes.sources.x import auth, billing, counts
from twittervotes.sources.x.auth import AppKeys, Bearer
from twittervotes.sources.x.source import XSearch
from twittervotes.sources.x_v1.source import Twitter

TAGS = ("debian", "Straße")
ASK = Ask(Feed("debian", "#debian"), opens_ms=OPENS, closes_ms=CLOSES)
MOST_IN_A_SOCKET = 60_000  # bytes; more would wait for a reader


def response(data: bytes) -> http.Response:
    """Return the response that `data` encodes."""
    head, _, body = data.partition(b"\n\n")
    status, *lines = head.decode("latin-1").split("\n")
    pairs = (line.partition(":") for line in lines)
    headers = {name.strip().lower(): value.strip() for name, _, value in pairs}
    known = status.isascii() and status.isdigit() and len(status) == 3
    return http.Response(int(status) if known else 200, headers, body)


@contextlib.contextmanager
def answering(answer: http.Response) -> Iterator[None]:
    """Answer every request so, with workers that have no state yet."""
    before = http.get, http.post
    for learnt in (mastodon._limits, api._instances):
        learnt.clear()
    auth._app_tokens.clear()
    billing._bills.clear()
    http.get = http.post = lambda url, **_: answer  # type: ignore[assignment]
    try:
        yield
    finally:
        http.get, http.post = before


def asked(source: Source, data: bytes, query: str = "#debian") -> None:
    """Query a source, and continue from its answer."""
    ask = replace(ASK, feed=Feed("debian", query))
    with answering(response(data)):
        answer = sound(source.fetch(ask))
        sound(source.fetch(replace(ask, sweep=True)))
        if isinstance(source, LooksUp):
            post = Post(source.network, "1724553987195441152", "7", OPENS, "debian")
            for each in (post, post._replace(kind="withdrawn", revision=1)):
                sought = (Sought("1724553987195441152", each),)
                sound(source.fetch(replace(ask, sweep=True, sought=sought)))
        if isinstance(answer, Page):
            sound(source.fetch(replace(ask, since=answer.newest)))
            if answer.token:
                sound(source.fetch(replace(ask, token=answer.token)))


def sound(answer: Page | Failed) -> Page | Failed:
    """Return an answer that can go to another process and into the ledger; fail on any other."""
    assert isinstance(answer, Page | Failed), answer
    assert pickle.loads(pickle.dumps(answer)) == answer  # noqa: S301 - our own
    told = answer.bad if isinstance(answer, Page) else (answer.message, answer.advice)
    assert all(map(str.isprintable, told)), "it goes to logs and terminals"
    if isinstance(answer, Page):
        assert all(isinstance(can_be_kept(post), bool) for post in answer.posts)
        assert all(len(words) <= 300 for words in answer.bad), answer.bad
        f"{answer.newest}{answer.token}".encode()
    elif answer.retry_in_ms is not None:
        assert answer.retry_in_ms >= 0
    return answer


def twitter(data: bytes) -> None:
    asked(Twitter("key", "secret", "token", "token secret"), data)


def x(data: bytes) -> None:
    asked(XSearch(Bearer("token")), data)
    asked(XSearch(AppKeys("key", "secret", "https://x.example")), data)


def counts_of_x(data: bytes) -> None:
    with answering(response(data)), contextlib.suppress(ConfigError):
        period = range(OPENS, CLOSES)
        found = counts.expected(Bearer("token"), "https://x.example", [ASK.feed], period)
        assert all(isinstance(number, int) for pair in found for number in pair)


def timeline(data: bytes) -> None:
    asked(Mastodon("https://m.example", TAGS), data, "debian")
    asked(Mastodon("https://m.example", TAGS, "token"), data, "debian")


def search(data: bytes) -> None:
    with answering(response(data)):
        session = BlueskySession(
            "https://b.example", "ann", "password", _tokens=_Tokens("old", "renews")
        )
        bluesky_search._sessions["https://b.example", "ann"] = session
        asked(BlueskySearch("https://b.example", "ann", "password"), data)


def stream(data: bytes) -> None:
    """Read a stream as from the socket: its header, chunks, lines and posts."""
    here, there = socket.socketpair()
    with here, there:
        there.sendall(data[:MOST_IN_A_SOCKET])
        there.shutdown(socket.SHUT_WR)
        here.settimeout(5)
        told = HTTPResponse(here)
        try:
            told.begin()
        except (HTTPException, OSError, ValueError):  # as `connect` takes it
            return
        if told.status != 200 or told.fp is None:
            return
        with contextlib.closing(StreamConnection("m.example", here, told)) as connection:
            listener = Listener()
            with contextlib.suppress(http.NetworkError):
                while True:
                    connection.is_ready()
                    for event in connection.events():
                        listener.hear(event, "debian", spellings(TAGS))
        seen, bad = listener.taken()
        posts, ids = tuple(each.post for each in seen), tuple(each.id for each in seen)
        sound(Page("mastodon-stream", ASK, posts, bad=bad, ids=ids))


class Frames:
    """A Jetstream connection that delivers these frames and disconnects."""

    def __init__(self, data: bytes) -> None:
        self._frames = io.BytesIO(data)
        self.heard_at = time.monotonic()

    def read(self, within_s: float) -> bytes:
        frame = self._frames.readline()
        if not frame:
            raise JetstreamError("The host closed the connection.")
        return frame.rstrip(b"\n")

    def close(self) -> None:
        self._frames.close()


def jetstream(data: bytes) -> None:
    reading = HostReading("b.example", "#debian #Straße")
    for ask in (ASK, replace(ASK, sweep=True, token="0-9")):
        reading._line, reading._sweeps = Frames(data), ask.sweep  # type: ignore[assignment]
        reading._left_at = ask.token
        with contextlib.suppress(JetstreamError):
            sound(reading.page("bluesky", ask))


FUZZED: dict[str, Callable[[bytes], None]] = {
    "x v1.1": twitter,
    "x v2": x,
    "x counts": counts_of_x,
    "mastodon timeline": timeline,
    "mastodon stream": stream,
    "bluesky search": search,
    "bluesky jetstream": jetstream,
}
