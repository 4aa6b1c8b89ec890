"""Read Mastodon's responses from files: lists of statuses, single ones, searches, threads, streams.

Knows nothing of files themselves; it receives each value as it is in the file, in order.
https://docs.joinmastodon.org/methods/streaming/#events
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from twittervotes.sources.lenient import UNREADABLE, Lenient
from twittervotes.sources.mastodon.decode import TimelinePost, checked_id, read, spellings
from twittervotes.sources.mastodon.network import MASTODON
from twittervotes.sources.plugin import Deleted, Read

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from twittervotes.core.contest.contest import Contest


class _Kept(msgspec.Struct):
    """Fields that a status has, and no other network's post."""

    account: dict[str, msgspec.Raw]
    uri: msgspec.Raw
    visibility: msgspec.Raw


class _Lists(msgspec.Struct):
    """The lists in a search and in a thread."""

    statuses: list[msgspec.Raw] = []
    ancestors: list[msgspec.Raw] = []
    descendants: list[msgspec.Raw] = []


class _Event(msgspec.Struct):
    """A line of the stream; `payload` is a status as JSON in a string, or an ID."""

    stream: list[str]
    event: str
    payload: str = ""


_decode_kept = msgspec.json.Decoder(_Kept).decode
_decode_lists = Lenient(_Lists)
_decode_event = Lenient(_Event)


def reads(contest: Contest) -> Callable[[bytes], Read | None]:
    """Return a function that reads the values of files."""
    spelled = spellings(contest.tags)

    def read_value(value: bytes) -> Read | None:
        if _is_status(value):
            return _read([value], spelled)
        try:
            lists = _decode_lists(value)
            statuses = [*lists.statuses, *lists.ancestors, *lists.descendants]
            if any(map(_is_status, statuses)):
                return _read(statuses, spelled)
            return _of_event(_decode_event(value), spelled)
        except UNREADABLE:
            return None

    return read_value


def _is_status(value: bytes | msgspec.Raw) -> bool:
    try:
        _decode_kept(value)
    except UNREADABLE:
        return False
    return True


def _read(statuses: Iterable[bytes | msgspec.Raw], spelled: Mapping[str, str]) -> Read:
    """Return the public posts, and what is wrong with the unreadable ones."""
    found: list[TimelinePost] = []
    bad: list[str] = []
    for status in statuses:
        try:
            seen = read(status, spelled)
            found += [seen] if seen else []
        except UNREADABLE as error:
            bad.append(f"a post of Mastodon: {error}"[:200])
    posts, ids = tuple(seen.post for seen in found), tuple(seen.id for seen in found)
    return Read(posts, tuple(bad), ids)


def _of_event(event: _Event, spelled: Mapping[str, str]) -> Read:
    """Return what a line of the stream reports; a deleted post is named only by its ID."""
    if event.event == "delete":
        try:
            gone = checked_id(event.payload.strip())
        except ValueError:
            return Read(bad=("the id of a deleted post cannot be read",))
        return Read(news=(Deleted(MASTODON, gone, by_id=True),))
    if event.event not in ("update", "status.update"):
        return Read()
    return _read([event.payload.encode("utf-8", "replace")], spelled)
