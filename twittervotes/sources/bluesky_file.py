"""Bluesky's answers out of files: lines of a Jetstream, pages of searches and feeds, single posts.

Knows nothing of files themselves; each value is given as it stands in one, in its order.
"""

from __future__ import annotations

from collections.abc import Callable

import msgspec

from twittervotes.core.contest import Contest
from twittervotes.core.door import Read
from twittervotes.core.model import Post
from twittervotes.sources.bluesky_event import UNREADABLE, Sieve, event, time_us
from twittervotes.sources.bluesky_register import Register
from twittervotes.sources.bluesky_view import post_of, posts_of


class _Entry(msgspec.Struct):
    post: msgspec.Raw


class _Feed(msgspec.Struct):
    """https://docs.bsky.app/docs/api/app-bsky-feed-get-author-feed"""

    feed: list[_Entry]


_decode_feed = msgspec.json.Decoder(_Feed).decode


def reads(contest: Contest) -> Callable[[bytes], Read | None]:
    """Return what reads the values of one file; it remembers posts, to tell of their end."""
    register = Register(Sieve(contest.tags))

    def read(value: bytes) -> Read | None:
        if time_us(value) is not None:
            return _of_frame(value, register)
        page = posts_of(value)
        if page is not None:
            return _of_views(page.posts)
        if not _is_view(value):
            return None
        try:
            return _of_views([entry.post for entry in _decode_feed(value).feed])
        except UNREADABLE:
            return _of_views([msgspec.Raw(value)])

    return read


def _of_frame(frame: bytes, register: Register) -> Read:
    try:
        happened = event(frame)
    except UNREADABLE as error:
        return Read(bad=(f"an event of the Jetstream: {error}"[:200],))
    return Read(() if happened is None else tuple(register.versions(happened)))


def _of_views(views: list[msgspec.Raw]) -> Read | None:
    """Return the posts; None where not one of them is Bluesky's."""
    posts: list[Post] = []
    bad: list[str] = []
    for view in views:
        try:
            posts.append(post_of(view))
        except UNREADABLE as error:
            bad.append(f"a post of Bluesky: {error}"[:200])
    is_ours = posts or not views or any(map(_is_view, map(bytes, views)))
    return Read(tuple(posts), tuple(bad)) if is_ours else None


def _is_view(value: bytes) -> bool:
    return b'"at://' in value and b'"record"' in value
