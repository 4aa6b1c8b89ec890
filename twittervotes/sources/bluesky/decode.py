"""Decode Jetstream frames: a post created, changed or deleted, or an account event.

Frames are hostile until decoded here; whatever they contain, nothing but UNREADABLE is raised.
Knows no socket and no cursor. The format is described at
https://github.com/bluesky-social/jetstream#event-types

A post's revision is the time in its commit's `rev`, in microseconds: the author's server writes it,
so that all hosts report the same, while `time_us` is each host's own. An account event has no
`rev`; the same server's clock writes its `time`, which all hosts report alike, while each relay
counts its `seq` separately.

A post's time is its `createdAt`, as on the network's own pages, but never later than the `rkey` and
the commit say: a post dated ahead gets the time of its arrival. A backdated post keeps its time,
because it can't be distinguished from one that was sent late.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Final

import msgspec

from twittervotes.core.contest.folding import fold
from twittervotes.core.contest.posts import LONGEST_VALUE, Kind, Post, is_clean
from twittervotes.sources._common import LONGEST_TAG, MOST_TAGS
from twittervotes.sources.bluesky.network import BLUESKY
from twittervotes.sources.lenient import UNREADABLE as UNREADABLE
from twittervotes.sources.lenient import Lenient, is_nothing

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

POSTS: Final = "app.bsky.feed.post"

EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
TID: Final = re.compile("[2-7a-j][2-7a-z]{12}")  # 53 bits of microseconds, 10 of the clock's ID
TID_DIGITS: Final = str.maketrans(
    "234567abcdefghijklmnopqrstuvwxyz", "0123456789abcdefghijklmnopqrstuv"
)  # to the digits that int() takes
MOMENT: Final = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:?\d\d)?")
FIRST_OPERATIONS: Final = {"c": "create", "u": "update", "d": "delete"}  # Jetstream before 10/2024
DID: Final = re.compile(r"did:[a-z]+:[A-Za-z0-9._:%-]{1,2000}")
RKEY: Final = re.compile(r"[A-Za-z0-9._:~-]{1,512}")
TAG: Final = re.compile(rb'"tag"\s*:\s*"([^"]*)')
TIME: Final = re.compile(rb'\{"did":"[^"\\]{1,2048}","time_us":(\d{1,16}),')


@dataclass(frozen=True, slots=True)
class Commit:
    """A post as of `at_us`; None: deleted. `is_new`: it didn't exist before."""

    did: str
    rkey: str
    at_us: int
    post: Post | None
    is_new: bool = False


@dataclass(frozen=True, slots=True)
class Account:
    """An account that is available as of `at_us`, or isn't: deleted, suspended, deactivated."""

    did: str
    at_us: int
    active: bool


class Sieve:
    """Decides from a frame's bytes whether it can matter, without decoding it.

    Most of the network's frames are about other posts, and decoding all of them would cost many
    times as much.
    """

    def __init__(self, tags: Iterable[str]) -> None:
        self.tags = frozenset(fold(tag, BLUESKY) for tag in tags)
        self._plain = tuple(tag.encode() for tag in self.tags if tag.isascii())

    def passes(self, frame: bytes) -> bool:
        """Return whether `frame` is a deletion, a change, an account event, or may have a tag."""
        shown, hidden = b"facet#tag" in frame, b'"tags"' in frame
        if (shown or hidden) and b"\\u" in frame:
            return True  # with escapes, anything may be hidden, even the names of fields
        if (shown and self._names(frame)) or (hidden and self._holds(frame)):
            return True
        return b'"update"' in frame or b'"delete"' in frame or b'"account"' in frame

    def _names(self, frame: bytes) -> bool:
        """Return whether one of the tags in the text is ours, or has an escape and may be."""
        return any(
            b"\\" in tag or fold(tag.decode(errors="replace").strip(), BLUESKY) in self.tags
            for tag in TAG.findall(frame)
        )

    def _holds(self, frame: bytes) -> bool:
        """Return whether anything in the frame looks like one of our tags, or may fold to one."""
        if b"\\" in frame or not frame.isascii():
            return True
        lower = frame.lower()
        return any(tag in lower for tag in self._plain)

    def carries(self, tags: str) -> bool:
        """Return whether one of a post's tags is ours."""
        return any(fold(tag, BLUESKY) in self.tags for tag in tags.split(" "))


def time_us(frame: bytes) -> int | None:
    """Return when the host sent a frame, None if it isn't an event."""
    found = TIME.match(frame)
    if found:
        return int(found[1])
    try:
        return _decode_time(frame).time_us
    except UNREADABLE:
        return None


def event(frame: bytes) -> Commit | Account | None:
    """Decode a frame; return None if it is irrelevant. Raises UNREADABLE."""
    told = _decode(frame)
    if told.account is not None:
        return Account(
            _did(told.did), moment_us(told.account.time) or told.time_us, told.account.active
        )
    commit = told.commit
    if commit is None or commit.collection != POSTS:
        return None
    did, rkey = did_and_rkey(f"at://{told.did}/{commit.collection}/{commit.rkey}")
    at_us = tid_us(commit.rev)
    if at_us is None:
        raise ValueError("its commit has an invalid revision")
    post = None
    operation = commit.operation or FIRST_OPERATIONS.get(commit.type, "")
    if operation in ("create", "update"):
        post = post_of_record(did, rkey, commit.record, at_us)
    elif operation != "delete":
        raise ValueError("what was done is unknown")
    return Commit(did, rkey, at_us, post, operation == "create")


def post_of_record(
    did: str, rkey: str, raw: msgspec.Raw, revision: int, came_us: int | None = None
) -> Post:
    """Return the post of a record; `came_us` is its arrival if the revision isn't a time."""
    record = _decode_record(raw)
    bounds = (revision if came_us is None else came_us, tid_us(rkey), moment_us(record.created_at))
    at_us = min(each for each in bounds if each is not None)
    kind = Kind.POST
    if _quoted(record.embed):
        kind = Kind.QUOTE
    elif isinstance(record.reply, dict) and not is_nothing(record.reply):
        kind = Kind.REPLY
    return Post(
        network=BLUESKY,
        key=f"at://{did}/{POSTS}/{rkey}",
        voter=did,
        at_ms=max(0, at_us // 1000),
        tags=_joined(_tags(record)),
        kind=kind.value,
        revision=revision,
    )


def did_and_rkey(uri: str) -> tuple[str, str]:
    """Split a post's key into its two names; raise ValueError if it isn't one."""
    did, _, rest = uri.removeprefix("at://").partition("/")
    collection, _, rkey = rest.partition("/")
    if collection != POSTS or not RKEY.fullmatch(rkey):
        raise ValueError("its key isn't that of a post")
    return _did(did), rkey


def tid_us(text: str) -> int | None:
    """Return the microseconds in a timestamp identifier, None if it isn't one.

    https://atproto.com/specs/tid
    """
    if not TID.fullmatch(text):
        return None
    return int(text[:11].translate(TID_DIGITS), 32)  # the other two are the clock's ID


class _Time(msgspec.Struct):
    time_us: int


class _Commit(msgspec.Struct):
    rev: str = ""
    operation: str = ""
    type: str = ""
    collection: str = ""
    rkey: str = ""
    record: msgspec.Raw = msgspec.Raw(b"{}")


class _Account(msgspec.Struct):
    active: bool
    time: str = ""


class _Frame(_Time):
    did: str
    commit: _Commit | None = None
    account: _Account | None = None


class _Record(msgspec.Struct):
    """A post as its author's client wrote it, in whatever way; fields of another type are ignored.

    https://github.com/bluesky-social/atproto: lexicons/app/bsky/feed/post.json
    """

    created: object = msgspec.field(default=None, name="createdAt")
    facets: object = None
    tags: object = None
    reply: object = None
    embed: object = None

    @property
    def created_at(self) -> str:
        return self.created if isinstance(self.created, str) else ""


_decode_time = msgspec.json.Decoder(_Time).decode
_decode = Lenient(_Frame)
_decode_record = Lenient(_Record)


def _tags(record: _Record) -> Iterator[str]:
    """Yield the tags in the text and the hidden tags beside it."""
    for facet in _items(record.facets):
        for feature in _items(_entry(facet, "features")):
            if _entry(feature, "$type") == "app.bsky.richtext.facet#tag":
                yield from _clean(_entry(feature, "tag"))
    for tag in _items(record.tags):
        yield from _clean(tag)


def _clean(tag: object) -> Iterator[str]:
    """Yield a tag without one leading '#', unless it can't be one of ours."""
    if isinstance(tag, str) and len(tag) <= LONGEST_TAG:
        tag = tag.strip()
        tag = tag[1:] if tag[:1] in ("#", "＃") else tag
        if tag.split() == [tag] and is_clean((tag,)):
            yield tag


def _joined(tags: Iterable[str]) -> str:
    """Return the tags as one string that the ledger can store."""
    kept: list[str] = []
    size = 0
    for tag in dict.fromkeys(tags):
        size += len(tag) + 1
        if len(kept) == MOST_TAGS or size > LONGEST_VALUE:
            break
        kept.append(tag)
    return " ".join(kept)


def _quoted(embed: object) -> bool:
    """Return whether a post is embedded; feeds, lists and packs are embedded in the same way."""
    record = _entry(embed, "record")
    uri = _entry(record, "uri") or _entry(_entry(record, "record"), "uri")
    return isinstance(uri, str) and f"/{POSTS}/" in uri


def _items(value: object) -> list[object]:
    return value if isinstance(value, list) else []


def _entry(value: object, name: str) -> object:
    return value.get(name) if isinstance(value, dict) else None


def _did(text: str) -> str:
    if not DID.fullmatch(text):
        raise ValueError("its account's DID is invalid")
    return text


def moment_us(moment: str) -> int | None:
    """Return a time such as 2026-07-04T14:38:07.323Z in microseconds, None if it isn't one."""
    moment = moment.upper()
    if not MOMENT.fullmatch(moment):
        return None
    try:
        at = datetime.fromisoformat(moment)
        at = at if at.tzinfo else at.replace(tzinfo=UTC)
        return (at - EPOCH) // timedelta(microseconds=1)
    except (ValueError, OverflowError):
        return None
