"""Read Bluesky's responses from files: Jetstream lines, pages of searches and feeds, single posts.

Knows nothing of files themselves; it receives each value as it is in the file, in order.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from twittervotes.sources.bluesky.decode import (
    POSTS,
    Account,
    Sieve,
    event,
    time_us,
)
from twittervotes.sources.bluesky.network import BLUESKY
from twittervotes.sources.bluesky.search import post_of, posts_of
from twittervotes.sources.lenient import UNREADABLE
from twittervotes.sources.plugin import Deleted, Presence, Read

if TYPE_CHECKING:
    from collections.abc import Callable

    from twittervotes.core.contest.contest import Contest
    from twittervotes.core.contest.posts import Post


class _Entry(msgspec.Struct):
    post: msgspec.Raw


class _Feed(msgspec.Struct):
    """An author's feed.

    https://docs.bsky.app/docs/api/app-bsky-feed-get-author-feed
    """

    feed: list[_Entry]


_decode_feed = msgspec.json.Decoder(_Feed).decode


def reads(contest: Contest) -> Callable[[bytes], Read | None]:
    """Return a function that reads the values of files."""
    sieve = Sieve(contest.tags)

    def read(value: bytes) -> Read | None:
        if time_us(value) is not None:
            return _of_frame(value, sieve)
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


def _of_frame(frame: bytes, sieve: Sieve) -> Read:
    """Return what an event reports: a post with one of our tags, or news that may be about one."""
    try:
        happened = event(frame)
    except UNREADABLE as error:
        return Read(bad=(f"an event of the Jetstream: {error}"[:200],))
    if happened is None:
        return Read()
    if isinstance(happened, Account):
        told = Presence(BLUESKY, happened.did, happened.at_us, active=happened.active)
        return Read(news=(told,))
    if happened.post is None:
        key = f"at://{happened.did}/{POSTS}/{happened.rkey}"
        return Read(news=(Deleted(BLUESKY, key, happened.at_us),))
    is_ours = not happened.is_new or sieve.carries(happened.post.tags)
    return Read((happened.post,)) if is_ours else Read()


def _of_views(views: list[msgspec.Raw]) -> Read | None:
    """Return the posts; None if none of them is Bluesky's."""
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
