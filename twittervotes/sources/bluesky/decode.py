"""What a frame of Bluesky's Jetstream says: a post made, changed or deleted, or an account gone.

Frames are hostile until read here; nothing of what they may hold raises anything but UNREADABLE.
Knows no socket and no cursor. The format is that of
https://github.com/bluesky-social/jetstream#event-types

A post's revision is the time in its commit's `rev`, in microseconds: it is written by the author's
server, so that all hosts tell the same, while `time_us` is each host's own. An account's event has
no `rev`; its `time` is written by the same server's clock and told alike by all hosts, while its
`seq` is counted anew by each relay.

A post's time is its `createdAt`, as on the network's own pages, but never later than the `rkey` and
the commit say: those who date a post ahead get the time at which it came. A post dated back keeps
its time, as nobody can tell it from one that was sent late.
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
TID: Final = re.compile("[2-7a-j][2-7a-z]{12}")  # 53 bits of microseconds, 10 of the clock's name
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
    """A post as it is from `at_us` on; None: it is deleted. `is_new`: it was not there before."""

    did: str
    rkey: str
    at_us: int
    post: Post | None
    is_new: bool = False


@dataclass(frozen=True, slots=True)
class Account:
    """An account that is there from `at_us` on, or is not: deleted, suspended, deactivated."""

    did: str
    at_us: int
    active: bool


class Sieve:
    """Tells from a frame's bytes whether it can matter, long before it is decoded.

    Most frames of the network are others' posts, and decoding all would cost many times as much.
    """

    def __init__(self, tags: Iterable[str]) -> None:
        self.tags = frozenset(fold(tag, BLUESKY) for tag in tags)
        self._plain = tuple(tag.encode() for tag in self.tags if tag.isascii())

    def passes(self, frame: bytes) -> bool:
        """Tell whether `frame` is a deletion, a change, an account's, or may carry a tag."""
        shown, hidden = b"facet#tag" in frame, b'"tags"' in frame
        if (shown or hidden) and b"\\u" in frame:
            return True  # anything may be spelt so, the names of the values too
        if (shown and self._names(frame)) or (hidden and self._holds(frame)):
            return True
        return b'"update"' in frame or b'"delete"' in frame or b'"account"' in frame

    def _names(self, frame: bytes) -> bool:
        """Tell whether one of the tags in the text is looked for; one with an escape may be."""
        return any(
            b"\\" in tag or fold(tag.decode(errors="replace").strip(), BLUESKY) in self.tags
            for tag in TAG.findall(frame)
        )

    def _holds(self, frame: bytes) -> bool:
        """Tell whether anything in the frame looks like a tag, or may fold to one."""
        lower = frame.lower()
        return not frame.isascii() or any(tag in lower for tag in self._plain)

    def carries(self, tags: str) -> bool:
        """Tell whether one of a post's tags is looked for."""
        return any(fold(tag, BLUESKY) in self.tags for tag in tags.split(" "))


def time_us(frame: bytes) -> int | None:
    """Return when the host handed a frame out, None where it is none."""
    found = TIME.match(frame)
    if found:
        return int(found[1])
    try:
        return _decode_time(frame).time_us
    except UNREADABLE:
        return None


def event(frame: bytes) -> Commit | Account | None:
    """Return what a frame says, None where it is of no interest. Raises UNREADABLE."""
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
        raise ValueError("the revision of its commit is none")
    post = None
    operation = commit.operation or FIRST_OPERATIONS.get(commit.type, "")
    if operation in ("create", "update"):
        post = told_post(did, rkey, commit.record, at_us)
    elif operation != "delete":
        raise ValueError("what was done is unknown")
    return Commit(did, rkey, at_us, post, operation == "create")


def told_post(
    did: str, rkey: str, raw: msgspec.Raw, revision: int, came_us: int | None = None
) -> Post:
    """Return the post of a record; `came_us` is when it came, where the revision is no time."""
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
    """Return the two names in a post's key; raises ValueError where it is none."""
    did, _, rest = uri.removeprefix("at://").partition("/")
    collection, _, rkey = rest.partition("/")
    if collection != POSTS or not RKEY.fullmatch(rkey):
        raise ValueError("its key is none of a post")
    return _did(did), rkey


def tid_us(text: str) -> int | None:
    """Return the microseconds in a timestamp identifier, None where it is none.

    https://atproto.com/specs/tid
    """
    if not TID.fullmatch(text):
        return None
    return int(text[:11].translate(TID_DIGITS), 32)  # the other two are the clock's name, no time


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
    """Yield the tags of the text and the hidden ones beside it."""
    for facet in _items(record.facets):
        for feature in _items(_entry(facet, "features")):
            if _entry(feature, "$type") == "app.bsky.richtext.facet#tag":
                yield from _clean(_entry(feature, "tag"))
    for tag in _items(record.tags):
        yield from _clean(tag)


def _clean(tag: object) -> Iterator[str]:
    """Yield a tag without its one leading '#', unless it can be none that is looked for."""
    if isinstance(tag, str) and len(tag) <= LONGEST_TAG:
        tag = tag.strip()
        tag = tag[1:] if tag[:1] in ("#", "＃") else tag
        if tag.split() == [tag] and is_clean((tag,)):
            yield tag


def _joined(tags: Iterable[str]) -> str:
    """Return the tags in one text that the ledger can hold."""
    kept: list[str] = []
    size = 0
    for tag in dict.fromkeys(tags):
        size += len(tag) + 1
        if len(kept) == MOST_TAGS or size > LONGEST_VALUE:
            break
        kept.append(tag)
    return " ".join(kept)


def _quoted(embed: object) -> bool:
    """Tell whether a post is embedded; feeds, lists and packs are embedded in the same way."""
    record = _entry(embed, "record")
    uri = _entry(record, "uri") or _entry(_entry(record, "record"), "uri")
    return isinstance(uri, str) and f"/{POSTS}/" in uri


def _items(value: object) -> list[object]:
    return value if isinstance(value, list) else []


def _entry(value: object, name: str) -> object:
    return value.get(name) if isinstance(value, dict) else None


def _did(text: str) -> str:
    if not DID.fullmatch(text):
        raise ValueError("the name of its account is none")
    return text


def moment_us(moment: str) -> int | None:
    """Return a time such as 2026-07-04T14:38:07.323Z in microseconds, None where it is none."""
    moment = moment.upper()
    if not MOMENT.fullmatch(moment):
        return None
    try:
        at = datetime.fromisoformat(moment)
        at = at if at.tzinfo else at.replace(tzinfo=UTC)
        return (at - EPOCH) // timedelta(microseconds=1)
    except (ValueError, OverflowError):
        return None
