"""Read X's v1.1 responses from files: search pages, statuses, lines of its old stream.

Knows nothing of files themselves; it receives each value as it is in the file, in order.
https://developer.x.com/en/docs/x-api/v1/tweets/filter-realtime/guides/streaming-message-types
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from twittervotes.sources.lenient import UNREADABLE, Lenient
from twittervotes.sources.plugin import Deleted, Read
from twittervotes.sources.usual import first_lines
from twittervotes.sources.x_v1 import decode

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from twittervotes.core.contest.contest import Contest
    from twittervotes.core.contest.numbered import NumberedPosts

X = "x"

# what the stream sends besides posts, and doesn't concern votes
NOTICES = ("scrub_geo", "status_withheld", "user_withheld", "disconnect", "warning", "friends")


LONGEST_ID = 20  # digits


class _Kept(msgspec.Struct):
    """What distinguishes a saved response, or a single status, from those of other networks."""

    statuses: list[msgspec.Raw] | None = None
    search_metadata: msgspec.Raw = msgspec.Raw(b"")
    results: list[msgspec.Raw] | None = None  # of the premium search
    user: msgspec.Raw = msgspec.Raw(b"")
    created_at: msgspec.Raw = msgspec.Raw(b"")


class _Gone(msgspec.Struct):
    id: str | int | None = None
    id_str: str | int | None = None


class _Deletion(msgspec.Struct):
    status: _Gone


class _Limit(msgspec.Struct):
    track: int


_decode_kept = Lenient(_Kept)
_decode_notice = msgspec.json.Decoder(dict[str, msgspec.Raw]).decode
_decode_deletion = Lenient(_Deletion)
_decode_limit = msgspec.json.Decoder(_Limit).decode


def reads(_: Contest) -> Callable[[bytes], Read | None]:
    """Return a function that reads the values of files."""
    return _read


def reads_lines(lines: Sequence[bytes]) -> NumberedPosts:
    """Return the posts of the first of `lines`, up to one that isn't a plain status.

    The results are those of `reads` for each line.
    """
    return first_lines(lines, decode.plain_status, decode.numbered)


def _read(value: bytes) -> Read | None:
    try:
        kept = _decode_kept(value)
        if bytes(kept.user) and bytes(kept.created_at):
            found = decode.read([msgspec.Raw(value)])
            return Read(found.posts, (*found.bad, *found.cut))
        page = kept.results if kept.statuses is None else kept.statuses
        if page is None:
            return _of_notice(value)
    except UNREADABLE:
        return None
    found = decode.read(page)
    is_ours = found.posts or not page or bytes(kept.search_metadata)
    return Read(found.posts, (*found.bad, *found.cut)) if is_ours else None


def _of_notice(value: bytes) -> Read | None:
    """Decode what the stream sends besides posts; None if it isn't from there; raise UNREADABLE."""
    told = _decode_notice(value)
    if len(told) != 1:
        return None
    ((name, body),) = told.items()
    if name == "delete":
        status = _decode_deletion(body).status
        gone = str(status.id_str or status.id)
        if not (gone.isascii() and gone.isdigit() and len(gone) < LONGEST_ID):
            return Read(bad=("the id of a deleted post cannot be read",))
        return Read(news=(Deleted(X, str(int(gone))),))
    if name == "limit":
        return Read(bad=(f"X left {_decode_limit(body).track:,} posts out of its stream",))
    return Read() if name in NOTICES else None
