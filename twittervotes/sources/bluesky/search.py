"""Bluesky's search, with an app password: a second source beside the Jetstream.

The network doesn't intend the search for automation, and it promises nothing, so this only fills
what both hosts may have dropped. Its posts have revision 0, because the search doesn't say which
commit it shows, so that any Jetstream event supersedes them.
https://docs.bsky.app/docs/api/app-bsky-feed-search-posts

The search pages by an offset that shifts with every new post and deletion. It is read in windows of
time, from the present down to the cursor, and with an overlap in each window. A token is
"FROM+UNTIL+OFFSET": the window in milliseconds (UNTIL is 0 for the first, which is open to posts
dated ahead), and how many of its posts have been read.
"""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Final
from urllib.parse import quote, urlencode, urlsplit

import msgspec

from twittervotes.core.contest.posts import Ask, Failed, Feed, Page, Post, Remedy
from twittervotes.network.address import is_safe
from twittervotes.sources._common import quota as quota_of
from twittervotes.sources._common import unreachable
from twittervotes.sources.bluesky.decode import (
    Sieve,
    did_and_rkey,
    moment_us,
    post_of_record,
)
from twittervotes.sources.bluesky.network import BLUESKY
from twittervotes.sources.lenient import UNREADABLE, Lenient

if TYPE_CHECKING:
    from twittervotes.core.contest.contest import Contest
    from twittervotes.network.http import Response
    from twittervotes.sources.bluesky.session import BlueskySession

SEARCH = "/xrpc/app.bsky.feed.searchPosts"
LIMIT = 100
WINDOW_MS = 15 * 60_000
OVERLAP = 10  # posts; so many may be deleted between two pages
BACK_MS = 10 * 60_000  # how far a round reads back past the cursor, for backdated posts
QUOTA = "ratelimit"  # the prefix of the quota headers
ASK_AGAIN = "Make a new app password in Bluesky's settings, and set it under bluesky."

_sessions: dict[tuple[str, str], BlueskySession] = {}  # of a worker process


@dataclass(frozen=True, slots=True)
class BlueskySearch:
    """The search of one account; one feed per tag."""

    service: str
    identifier: str
    app_password: str = field(repr=False)
    name: str = "bluesky-search"
    network: str = BLUESKY
    complete: bool = False

    def feeds(self, contest: Contest) -> tuple[Feed, ...]:
        """Return a query per tag, with '#': without it the search would match words."""
        return tuple(Feed(tag, f"#{tag}") for tag in contest.tags)

    def fetch(self, ask: Ask) -> Page | Failed:
        """Send one request, with a new session if the old one has expired."""
        from twittervotes.network import http
        from twittervotes.sources.bluesky.session import SessionRefusedError

        session = self._session()
        try:
            response = http.get(self._url(ask), auth=session.auth())
            if _has_run_out(response) and not session.is_new:
                session.renew()
                response = http.get(self._url(ask), auth=session.auth())
            session.is_new = False
        except http.NetworkError as error:
            return unreachable(self.name, ask, error)
        except SessionRefusedError as error:
            return _refused(self.name, ask, error.response, "the sign-in")
        if response.status == 200:
            return self._page(ask, response)
        return _refused(self.name, ask, response, "the search")

    def _session(self) -> BlueskySession:
        from twittervotes.sources.bluesky.session import BlueskySession

        name = self.service, self.identifier
        session = _sessions.get(name)
        if session is None or session.password != self.app_password:
            session = _sessions[name] = BlueskySession(*name, self.app_password)
        return session

    def _url(self, ask: Ask) -> str:
        window = _window(ask)
        asked = {"q": ask.feed.query, "sort": "latest", "limit": str(LIMIT)}
        asked["since"] = _iso(window.from_ms)
        if window.until_ms:
            asked["until"] = _iso(window.until_ms)
        if window.offset:
            asked["cursor"] = str(window.offset)
        return f"{self.service}{SEARCH}?{urlencode(asked, quote_via=quote)}"

    def _page(self, ask: Ask, response: Response) -> Page | Failed:
        answer = posts_of(response.body)
        if answer is None:
            words = "The search's answer wasn't a page of posts."
            return Failed(self.name, ask, Remedy.RETRY, words, quota=quota_of(response, QUOTA))
        sieve = Sieve((ask.feed.query,))
        posts: list[Post] = []
        bad: list[str] = []
        for raw in answer.posts:
            try:
                posts.append(post_of(raw))
            except UNREADABLE as error:
                bad.append(f"a post of {ask.feed.query}: {error}"[:200])
        window = _window(ask)
        token = window.following(len(answer.posts), _floor_ms(ask), more=bool(answer.cursor))
        times = [post.at_ms for post in posts]
        return Page(
            source=self.name,
            ask=ask,
            posts=tuple(post for post in posts if sieve.carries(post.tags)),
            newest="" if ask.token else str(max([*times, int(ask.since or 0)], default=0) or ""),
            token=token,
            reached=not token,
            quota=quota_of(response, QUOTA),
            bad=tuple(bad),
            ahead_ms=response.ahead_ms,
        )


@dataclass(frozen=True, slots=True)
class _Window:
    """The window of a page: `until_ms` is 0 if it is open."""

    from_ms: int
    until_ms: int
    offset: int

    def following(self, seen: int, floor_ms: int, *, more: bool) -> str:
        """Return the token of the next page: in this window, or in the one before it."""
        if more and seen:
            step = max(1, seen - min(OVERLAP, seen // 2))
            return f"{self.from_ms}+{self.until_ms}+{self.offset + step}"
        if self.from_ms <= floor_ms:
            return ""
        return f"{max(floor_ms, self.from_ms - WINDOW_MS)}+{self.from_ms}+0"


def _window(ask: Ask) -> _Window:
    if ask.token:
        return _Window(*map(int, ask.token.split("+")))
    now_ms = time.time_ns() // 1_000_000
    return _Window(max(_floor_ms(ask), now_ms - WINDOW_MS), 0, 0)


def _floor_ms(ask: Ask) -> int:
    """Return the lower bound of a round."""
    return max(ask.opens_ms, int(ask.since or 0) - BACK_MS)


def _has_run_out(response: Response) -> bool:
    return response.status == 401 or (
        response.status == 400 and _error(response) in ("ExpiredToken", "InvalidToken")
    )


def _refused(name: str, ask: Ask, response: Response, what: str) -> Failed:
    """Return what a response other than a page means; `what` was requested."""
    status, quota = response.status, quota_of(response, QUOTA)
    told = f"Bluesky answered {status} to {what}"
    if status == 429:
        wait_ms = quota.reset_in_ms if quota else None
        words = "The quota of Bluesky is used up."
        return Failed(name, ask, Remedy.WAIT, words, retry_in_ms=wait_ms, quota=quota)
    if status == 408 or status >= 500 or status < 400:
        words = f"Bluesky is having problems (HTTP {status})."
        return Failed(name, ask, Remedy.RETRY, words, quota=quota)
    if _has_run_out(response) or status == 403:
        words = f"{told}: it rejected the account or the app password."
        return Failed(name, ask, Remedy.STOP, words, ASK_AGAIN, quota=quota)
    return Failed(name, ask, Remedy.STOP, f"{told}.", "Check service in the configuration.")


def _error(response: Response) -> str:
    try:
        return msgspec.json.decode(response.body, type=_Error).error
    except UNREADABLE:
        return ""


class _Error(msgspec.Struct):
    error: str = ""


def _iso(at_ms: int) -> str:
    at = datetime.fromtimestamp(at_ms / 1000, UTC)
    return f"{at:%Y-%m-%dT%H:%M:%S}.{at_ms % 1000:03}Z"


def is_address(text: str) -> bool:
    """Return whether secrets may be sent to `text`: over TLS, or to this machine."""
    parts = urlsplit(text)
    return is_safe(parts) and not (parts.query or parts.fragment or parts.path)


FIRST_REVISION: Final = 0  # a view doesn't say which commit it shows: any commit supersedes it
NEVER_US: Final = 10**16


class Views(msgspec.Struct):
    """A page; each post is decoded separately, so that a bad one harms no other."""

    posts: list[msgspec.Raw]
    cursor: str | None = None


class _Author(msgspec.Struct):
    did: str


class _View(msgspec.Struct):
    """A post as the search shows it.

    https://github.com/bluesky-social/atproto: lexicons/app/bsky/feed/defs.json, postView
    """

    uri: str
    author: _Author
    record: msgspec.Raw
    indexed: str = msgspec.field(default="", name="indexedAt")


_decode_page = Lenient(Views)
_decode_view = Lenient(_View)


def posts_of(body: bytes) -> Views | None:
    """Decode a page of the search; return None if it isn't one."""
    try:
        return _decode_page(body)
    except UNREADABLE:
        return None


def post_of(raw: msgspec.Raw) -> Post:
    """Return the post of a view. Raises UNREADABLE."""
    view = _decode_view(raw)
    did, rkey = did_and_rkey(view.uri)
    if did != view.author.did:
        raise ValueError("its author is another than its key says")
    came_us = moment_us(view.indexed)
    return post_of_record(did, rkey, view.record, FIRST_REVISION, came_us or NEVER_US)
