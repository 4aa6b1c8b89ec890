"""Decode Mastodon's posts: IDs, times, accounts, tags.

Knows nothing of requests, rounds and limits. A status is described at
https://docs.joinmastodon.org/entities/Status/

A post is identified by its `uri`, which is the same on all instances; `id` isn't. IDs are opaque
and are compared by length, then as text. If one consists of a time and a serial number, like
Mastodon's own, the time is when the post arrived at the instance, or when it was written if it was
fetched later.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

import msgspec

from twittervotes.core.contest.folding import fold
from twittervotes.core.contest.posts import Kind, Post
from twittervotes.sources._common import LONGEST_TAG, MOST_TAGS, posted_ms
from twittervotes.sources.lenient import UNREADABLE as UNREADABLE
from twittervotes.sources.lenient import Lenient, is_nothing
from twittervotes.sources.mastodon.accounts import account, bridged
from twittervotes.sources.mastodon.network import MASTODON

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

SHIFT = 16  # an ID is milliseconds << 16 and a serial number
ID_TIMES_MS = range(1_136_073_600_000, 4_102_444_800_000)  # years 2006 to 2099
PUBLIC = "public"

_ID = re.compile("[0-9A-Za-z_-]{1,64}")


class TimelinePost(NamedTuple):
    """A post, and its ID on the instance that sent it."""

    id: str
    post: Post


@dataclass(frozen=True, slots=True)
class DecodedTimeline:
    """The content of a response: its public posts, all IDs to page by, and errors."""

    seen: tuple[TimelinePost, ...]
    ids: tuple[str, ...]
    bad: tuple[str, ...]

    @property
    def posts(self) -> tuple[Post, ...]:
        """The posts."""
        return tuple(each.post for each in self.seen)

    @property
    def post_ids(self) -> tuple[str, ...]:
        """The IDs of the posts on the queried instance."""
        return tuple(each.id for each in self.seen)


class _Tag(msgspec.Struct):
    name: str | None = None


class _Account(msgspec.Struct):
    uri: str | None = None
    url: str | None = None
    username: str | None = None
    created_at: str | None = None


class _Place(msgspec.Struct):
    """What even an unreadable post may have: the ID to continue from."""

    id: str | int  # a string since Mastodon 2


class _Shown(msgspec.Struct):
    visibility: str = ""
    tags: list[_Tag] | None = None
    edited_at: str | None = None


class _Status(_Shown, kw_only=True):
    id: str | int
    uri: str
    created_at: str
    account: _Account
    in_reply_to_id: object = None
    quote: object = None
    reblog: _Shown | None = None


_decode_list = Lenient(list[msgspec.Raw])
_decode_status = Lenient(_Status)
_decode_place = Lenient(_Place)


def spellings(tags: Iterable[str]) -> dict[str, str]:
    """Return the operator's spelling of each tag, by the form in which Mastodon sends it."""
    return {fold(tag, MASTODON): tag for tag in tags}


def listed(body: bytes, spelled: Mapping[str, str], asked: str) -> DecodedTimeline:
    """Return the posts of a page of statuses that have the tag `asked`.

    Raises one of UNREADABLE if it isn't such a page.
    """
    seen: list[TimelinePost] = []
    ids: list[str] = []
    bad: list[str] = []
    for raw in _decode_list(body):
        try:
            found = read(raw, spelled, asked)
            seen += [found] if found else []
        except UNREADABLE as error:
            bad.append(f"post {id_of(raw) or 'without an id'}: {error}"[:200])
        ids.append(id_of(raw))
    return DecodedTimeline(tuple(seen), tuple(filter(None, ids)), tuple(bad))


def read(
    raw: bytes | msgspec.Raw, spelled: Mapping[str, str], asked: str = ""
) -> TimelinePost | None:
    """Decode one status; return None if it isn't public; raise one of UNREADABLE.

    Tags are spelled like the operator's if Mastodon considers them equal. A post that was found by
    the tag `asked` has it, whatever our own folding says.
    """
    status = _decode_status(raw)
    if status.reblog is not None and not status.reblog.visibility:
        status = _decode_status.without_nothing(raw)
    if status.visibility != PUBLIC:
        return None
    tagged: _Shown = status
    kind = _kind(status)
    if status.reblog is not None:
        kind, tagged = Kind.REPOST, status.reblog
        if tagged.visibility != PUBLIC:
            return None
    network, key, voter = _identity(status)
    return TimelinePost(
        checked_id(str(status.id)),
        Post(
            network=network,
            key=key,
            voter=voter,
            # instances report the same time in seconds or in milliseconds
            at_ms=posted_ms(status.created_at) // 1000 * 1000,
            tags=" ".join(_tags(tagged, spelled, asked)),
            kind=kind.value,
            revision=max(0, posted_ms(tagged.edited_at)) if tagged.edited_at else 0,
            born_ms=_born_ms(status.account),
        ),
    )


def order(id: str) -> tuple[int, str]:  # noqa: A002 - that is what it is
    """Return the sort key of an ID."""
    return len(id), id


def time_of(id: str) -> int | None:  # noqa: A002 - as above
    """Return the time in an ID in milliseconds, None if it has none."""
    if not (id.isascii() and id.isdigit() and len(id) < 20):
        return None
    at_ms = int(id) >> SHIFT
    return at_ms if at_ms in ID_TIMES_MS else None


def earlier(id: str, by_ms: int) -> str:  # noqa: A002 - as above
    """Return the first ID of a time before that of `id`; `id` itself if it has no time."""
    at_ms = time_of(id)
    return id if at_ms is None else str((at_ms - by_ms) << SHIFT)


def checked_id(id: str) -> str:  # noqa: A002 - as above
    """Return `id`, or raise ValueError if it isn't valid."""
    if not _ID.fullmatch(id):
        raise ValueError("its id is invalid")
    return id


def _kind(status: _Status) -> Kind:
    if not is_nothing(status.quote):
        return Kind.QUOTE
    return Kind.POST if is_nothing(status.in_reply_to_id) else Kind.REPLY


def _identity(status: _Status) -> tuple[str, str, str]:
    """Return network, key and voter: Bluesky's for a post that a bridge copied from there."""
    uri, url = status.account.uri or "", status.account.url or ""
    if not status.uri:
        raise ValueError("its uri is missing")
    voter = account(uri, url, status.account.username or "", status.uri)
    if post := bridged(status.uri, uri, url):
        return "bluesky", *post
    return "mastodon", status.uri, voter


def _born_ms(account: _Account) -> int:
    """Return when an account was created, 0 if unknown: it must not cost a vote."""
    try:
        return posted_ms(account.created_at) if account.created_at else 0
    except ValueError:
        return 0


def _tags(status: _Shown, spelled: Mapping[str, str], asked: str) -> list[str]:
    names = [tag.name or "" for tag in (status.tags or ())[:MOST_TAGS]]
    names = [name for name in names if len(name) <= LONGEST_TAG]  # fold caches them
    tags = [spelled.get(fold(name, MASTODON), name) for name in names]
    tags = [tag for tag in tags if tag and not any(map(str.isspace, tag))]
    if asked and fold(asked, MASTODON) not in {fold(tag, MASTODON) for tag in tags}:
        tags.append(asked)
    return tags


def id_of(raw: bytes | msgspec.Raw) -> str:
    """Return the ID of a status that may be unreadable otherwise, "" if it has none."""
    try:
        return checked_id(str(_decode_place(raw).id))
    except UNREADABLE:
        return ""
