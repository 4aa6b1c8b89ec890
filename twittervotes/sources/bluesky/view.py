"""What a page of Bluesky's search says; pages and posts are hostile until read here.

Nothing of what they may hold raises anything but `lenient.UNREADABLE`.
https://docs.bsky.app/docs/api/app-bsky-feed-search-posts
"""

from __future__ import annotations

from typing import Final

import msgspec

from twittervotes.core.contest.posts import Post
from twittervotes.sources.bluesky.decode import did_and_rkey, moment_us, told_post
from twittervotes.sources.lenient import UNREADABLE, Lenient

FIRST_REVISION: Final = 0  # a view does not tell of which commit it is: any that does goes before
NEVER_US: Final = 10**16


class Views(msgspec.Struct):
    """A page; each post is read by itself, so that a bad one harms no other."""

    posts: list[msgspec.Raw]
    cursor: str | None = None


class _Author(msgspec.Struct):
    did: str


class _View(msgspec.Struct):
    """https://github.com/bluesky-social/atproto: lexicons/app/bsky/feed/defs.json, postView"""

    uri: str
    author: _Author
    record: msgspec.Raw
    indexed: str = msgspec.field(default="", name="indexedAt")


_decode_page = Lenient(Views)
_decode_view = Lenient(_View)


def posts_of(body: bytes) -> Views | None:
    """Return a page of the search, None where it is none."""
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
    return told_post(did, rkey, view.record, FIRST_REVISION, came_us or NEVER_US)
