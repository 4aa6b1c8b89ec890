"""X's v1.1 answers out of files: pages of its searches, statuses, lines of its old stream.

Knows nothing of files themselves; each value is given as it stands in one, in its order.
https://developer.x.com/en/docs/x-api/v1/tweets/filter-realtime/guides/streaming-message-types
"""

from __future__ import annotations

from collections.abc import Callable

import msgspec

from twittervotes.core.contest import Contest
from twittervotes.core.door import Read
from twittervotes.core.folding import X, fold
from twittervotes.core.model import Kind, Post
from twittervotes.sources import twitter_page
from twittervotes.sources.lenient import UNREADABLE, Lenient

# what the stream tells beside posts, and what is no news of a vote
NOTICES = ("scrub_geo", "status_withheld", "user_withheld", "disconnect", "warning", "friends")


class _Kept(msgspec.Struct):
    """What tells a kept answer, or a kept status by itself, from what other networks tell."""

    statuses: list[msgspec.Raw] | None = None
    search_metadata: msgspec.Raw = msgspec.Raw(b"")
    results: list[msgspec.Raw] | None = None  # of the premium search
    user: msgspec.Raw = msgspec.Raw(b"")
    created_at: msgspec.Raw = msgspec.Raw(b"")
    timestamp_ms: msgspec.Raw = msgspec.Raw(b"")  # only the stream tells it


class _Gone(msgspec.Struct):
    id_str: str


class _Deletion(msgspec.Struct):
    status: _Gone


class _Limit(msgspec.Struct):
    track: int


_decode_kept = Lenient(_Kept)
_decode_notice = msgspec.json.Decoder(dict[str, msgspec.Raw]).decode
_decode_deletion = msgspec.json.Decoder(_Deletion).decode
_decode_limit = msgspec.json.Decoder(_Limit).decode


def reads(contest: Contest) -> Callable[[bytes], Read | None]:
    """Return what reads the values of one file; it remembers a stream's posts to tell their end."""
    wanted = {fold(tag, X) for tag in contest.tags}
    streamed: dict[str, Post] = {}

    def read(value: bytes) -> Read | None:
        try:
            kept = _decode_kept(value)
            if bytes(kept.user) and bytes(kept.created_at):
                found = twitter_page.read([msgspec.Raw(value)])
                if bytes(kept.timestamp_ms):
                    ours = (post for post in found.posts if _carries(post, wanted))
                    streamed.update((post.key, post) for post in ours)
                return Read(found.posts, (*found.bad, *found.cut))
            page = kept.results if kept.statuses is None else kept.statuses
            if page is None:
                return _of_notice(value, streamed)
        except UNREADABLE:
            return None
        found = twitter_page.read(page)
        is_ours = found.posts or not page or bytes(kept.search_metadata)
        return Read(found.posts, (*found.bad, *found.cut)) if is_ours else None

    return read


def _of_notice(value: bytes, streamed: dict[str, Post]) -> Read | None:
    """Return what the stream tells beside posts, None where it is not its; raises UNREADABLE."""
    told = _decode_notice(value)
    if len(told) != 1:
        return None
    ((name, body),) = told.items()
    if name == "delete":
        gone = streamed.get(_decode_deletion(body).status.id_str)
        if gone is None:
            return Read()
        return Read((gone._replace(kind=Kind.WITHDRAWN.value, revision=gone.revision + 1),))
    if name == "limit":
        return Read(bad=(f"X left {_decode_limit(body).track:,} posts out of its stream",))
    return Read() if name in NOTICES else None


def _carries(post: Post, wanted: set[str]) -> bool:
    return any(fold(tag, X) in wanted for tag in post.tags.split(" "))
