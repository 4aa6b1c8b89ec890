"""Rebuilds the entries of a ledger and their posts from its events alone.

Repeated events are skipped. A missing one ends it, because the count would be wrong.
"""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Final

import msgspec

from twittervotes.core.contest.columns import EMPTY, columns_of
from twittervotes.core.contest.posts import Post
from twittervotes.core.errors import LedgerError
from twittervotes.core.ledger.reader import EntryRow
from twittervotes.events.ledger_events import POST, START, EventPosition, position_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from twittervotes.core.contest.columns import PostColumns

EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
ANY_SALT: Final = b"none"  # the seals that it makes are replaced by those of the events


class _PostData(msgspec.Struct):
    network: str
    key: str
    account: str
    at_ms: int
    tags: str
    kind: str
    revision: int
    born_ms: int


class _EntryData(msgspec.Struct):
    kind: str
    source: str
    posts: int
    body: dict[str, object]


class _Event(msgspec.Struct):
    type: str
    time: str
    digest: str
    data: msgspec.Raw


def entries(bodies: Iterable[bytes], name: str) -> Iterator[tuple[EntryRow, PostColumns]]:
    """Yield the entries in events, each with its posts; accounts are seals alone.

    Events after the last complete entry are left out. Raises LedgerError, which names the events
    `name`.
    """
    decode = msgspec.json.Decoder(_Event).decode
    posts: list[_PostData] = []
    last, is_whole = START, True
    for body in bodies:
        try:
            position, event = position_of(body), decode(body)
            if position <= last:
                continue
            _check_next(position, last, name, is_whole=is_whole)
            last, is_whole = position, event.type != POST
            if not is_whole:
                posts.append(msgspec.json.decode(event.data, type=_PostData))
                continue
            row = _entry(position.entry, event, len(posts))
            yield row, _columns(posts)
        except (msgspec.MsgspecError, ValueError, RecursionError) as error:
            raise LedgerError(f"{name} holds an event that can't be read: {error}.") from error
        posts = []
    if not last.entry:
        raise LedgerError(f"{name} holds no events of a ledger.")


def _check_next(position: EventPosition, last: EventPosition, name: str, *, is_whole: bool) -> None:
    """Raise LedgerError unless `position` follows `last`; if `is_whole`, a new entry must begin."""
    wanted = (last.entry + 1, 1) if is_whole else (last.entry, last.place + 1)
    if position != wanted:
        raise LedgerError(
            f"{name} lacks the event {wanted[0]}.{wanted[1]}: {position} is there instead."
            " Send the whole ledger to another topic, and let that one keep all events."
        )


def _entry(number: int, event: _Event, posts: int) -> EntryRow:
    data = msgspec.json.decode(event.data, type=_EntryData)
    if data.posts != posts:
        raise ValueError(f"entry {number} has {data.posts} posts, but there are {posts}")
    at_ms = (datetime.fromisoformat(event.time) - EPOCH) // timedelta(milliseconds=1)
    body = json.dumps(data.body, ensure_ascii=False, separators=(",", ":"))
    return EntryRow(number, data.kind, data.source, at_ms, body, "", bytes.fromhex(event.digest))


def _columns(told: list[_PostData]) -> PostColumns:
    if not told:
        return EMPTY
    posts = [
        Post(
            each.network,
            each.key,
            each.account,
            each.at_ms,
            each.tags,
            each.kind,
            each.revision,
            each.born_ms,
        )
        for each in told
    ]
    seals = bytes.fromhex("".join([each.account for each in told]))
    return columns_of(posts, ANY_SALT)._replace(seals=seals)
