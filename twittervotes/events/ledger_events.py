"""A ledger as CloudEvents in ledger order: the posts of each entry, then the entry itself.

Accounts are sealed and entries that name any are redacted, as in the results pack. The last event
carries the digest of the whole ledger. docs/events.md describes the events.
"""

from __future__ import annotations

import itertools
import json
from typing import TYPE_CHECKING, NamedTuple

from twittervotes.core.counting.result import iso

if TYPE_CHECKING:
    from collections.abc import Iterator

    from twittervotes.core.contest.posts import Post
    from twittervotes.core.counting.result import Plain
    from twittervotes.core.ledger.reader import EntryRow, Reader
    from twittervotes.export.redaction import Given

TYPES = {"contest": "twittervotes.contest.v1", "act": "twittervotes.act.v1"}
ENTRY, POST = "twittervotes.entry.v1", "twittervotes.post.v1"
ID_DIGITS = 32


class EventPosition(NamedTuple):
    """The position of an event: its entry, and its place among that entry's events, from 1."""

    entry: int
    place: int

    def __str__(self) -> str:
        return f"{self.entry}.{self.place}"


class LedgerEvent(NamedTuple):
    """An event as sent: `body` is one line of JSON; `ends` is true for the last of an entry."""

    position: EventPosition
    body: str
    ends: bool


START = EventPosition(0, 0)


def ledger_id(reader: Reader) -> str:
    """Return the ID of a ledger in its events: the start of the digest of its second entry.

    That entry is the salt. The first entry may be the same on all machines that count a contest.
    """
    *_, salt = itertools.islice(reader.chain(), 2)
    return salt.digest.hex()[:ID_DIGITS]


def events(given: Given, after: EventPosition = START) -> Iterator[LedgerEvent]:
    """Yield the events after a position."""
    source = f"urn:twittervotes:{ledger_id(given.reader)}"
    seq = 0
    for entry, pages in given.reader.written():
        posts = [post for page in pages for post in page.posts()]
        if entry.n >= after.entry:
            for place, post in enumerate(posts, 1):
                if (entry.n, place) > after:
                    data = _post(given, seq + place, entry, post)
                    yield _event(source, entry, place, POST, data, ends=False)
            place = len(posts) + 1
            if (entry.n, place) > after:
                kind = TYPES.get(entry.kind, ENTRY)
                yield _event(
                    source, entry, place, kind, _entry(given, entry, len(posts)), ends=True
                )
        seq += len(posts)


def position_of(body: str | bytes) -> EventPosition:
    """Return the position of an event.

    Raises:
        ValueError: It isn't an event of a ledger.
    """
    try:
        entry, place = json.loads(body)["id"].split(".")
        return EventPosition(int(entry), int(place))
    except (AttributeError, LookupError, TypeError, ValueError) as error:
        raise ValueError("isn't an event of a ledger") from error


def _event(
    source: str,
    entry: EntryRow,
    place: int,
    kind: str,
    data: dict[str, Plain],
    *,
    ends: bool,
) -> LedgerEvent:
    position = EventPosition(entry.n, place)
    event: dict[str, Plain] = {
        "specversion": "1.0",
        "id": str(position),
        "source": source,
        "type": kind,
        "time": iso(entry.at_ms),
        "datacontenttype": "application/json",
        "entry": entry.n,
        "digest": entry.digest.hex(),
        "data": data,
    }
    return LedgerEvent(position, json.dumps(event, separators=(",", ":")), ends)


def _post(given: Given, seq: int, entry: EntryRow, post: Post) -> dict[str, Plain]:
    data: dict[str, Plain] = {"seq": seq, "source": entry.source, **post._asdict()}
    data.pop("voter")
    data["account"] = given.reader.seal(post.network, post.voter)
    return data


def _entry(given: Given, entry: EntryRow, posts: int) -> dict[str, Plain]:
    body = given.body(entry)
    return {"kind": entry.kind, "source": entry.source, "posts": posts, "body": body}
