"""What a page of X's v1.1 search holds: posts, and the ids to page by.

Knows nothing of requests, rounds or quotas. Pages and posts are hostile until read here.
https://developer.x.com/en/docs/x-api/v1/data-dictionary/object-model/tweet
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from datetime import UTC, datetime
from functools import lru_cache
from typing import TypeVar

import msgspec

from twittervotes.core.model import Kind, Post

HIGHEST_ID = 2**63 - 1
LONGEST_TIME = 40
MOST_TAGS = 100  # of one post, far more than fit into one
MONTHS = {
    name: number
    for number, name in enumerate(
        ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"), 1
    )
}

K = TypeVar("K", bound=msgspec.Struct)


class _Tag(msgspec.Struct):
    text: str


class _Entities(msgspec.Struct):
    hashtags: list[_Tag] | None = None


class _Extended(msgspec.Struct):
    entities: _Entities | None = None


class _User(msgspec.Struct):
    id_str: str | None = None
    id: int | str | float | None = None  # never read where it is a float: those are not exact
    created_at: str = ""


class _Meta(msgspec.Struct):
    result_type: str = ""


class _Tagged(msgspec.Struct):
    entities: _Entities | None = None
    extended_tweet: _Extended | None = None

    def tags(self) -> Iterable[str]:
        for holder in (self.extended_tweet, self):
            if holder is not None and holder.entities is not None:
                return [tag.text for tag in holder.entities.hashtags or ()]
        return ()


class _Place(msgspec.Struct):
    """What even a post that cannot be read may tell: where the page goes on."""

    id_str: str | None = None
    id: int | str | float | None = None
    metadata: _Meta | None = None


class _Status(_Place):
    """https://developer.x.com/en/docs/x-api/v1/data-dictionary/object-model/tweet"""

    created_at: str = ""
    entities: _Entities | None = None
    extended_tweet: _Extended | None = None
    user: _User | None = None
    retweeted_status: _Tagged | None = None
    is_quote_status: bool | None = None
    in_reply_to_status_id_str: str | None = None


class Metadata(msgspec.Struct):
    next_results: str | None = None


class Answer(msgspec.Struct):
    """A page; each post is read by itself, so that a bad one harms no other."""

    statuses: list[msgspec.Raw]
    search_metadata: Metadata


UNREADABLE = (msgspec.MsgspecError, ValueError, RecursionError)
_decode_status = msgspec.json.Decoder(_Status).decode
_decode_place = msgspec.json.Decoder(_Place).decode


def answer(body: bytes) -> Answer:
    """Return what a page says. Raises one of UNREADABLE."""
    return decoded(body, Answer)


def decoded(body: bytes, kind: type[K]) -> K:
    """Return `body` as such a value. Raises one of UNREADABLE."""
    try:
        return msgspec.json.decode(body, type=kind)
    except msgspec.ValidationError:
        raise
    except (msgspec.DecodeError, UnicodeDecodeError):
        # half a surrogate pair in any text of any post, say: the others must not suffer from it
        values = json.loads(body.decode("utf-8", "replace"))
        mended = json.dumps(values, ensure_ascii=False).encode("utf-8", "replace")
        return msgspec.json.decode(mended, type=kind)


def read(statuses: list[msgspec.Raw]) -> tuple[tuple[Post, ...], list[int], tuple[str, ...]]:
    """Return the posts, the ids to page by, and what is wrong with those that cannot be read."""
    posts: list[Post] = []
    ids: list[int] = []
    ids_of_bad: list[int] = []
    bad: list[str] = []
    for raw in statuses:
        try:
            status = _decode_status(raw)
            posts.append(_post(status))
            ids.extend(_place(status))
        except UNREADABLE as error:
            place = _place_of_bad(raw)
            ids_of_bad.extend(place)
            bad.append(f"post {place[0] if place else 'without an id'}: {error}"[:200])
    return tuple(posts), ids or ids_of_bad, tuple(bad)


def _place(status: _Place) -> list[int]:
    """Return the id to page by, if there is one."""
    # posts picked for being popular are days old, and would lead past all that is between
    if status.metadata is not None and status.metadata.result_type == "popular":
        return []
    return [int(_id(status.id_str, status.id, "post"))]


def _place_of_bad(raw: msgspec.Raw) -> list[int]:
    try:
        return _place(_decode_place(raw))
    except UNREADABLE:
        return []


def _post(status: _Status) -> Post:
    kind, tagged = Kind.POST, _Tagged(status.entities, status.extended_tweet)
    if status.retweeted_status is not None:
        kind, tagged = Kind.REPOST, status.retweeted_status
    elif status.is_quote_status:
        kind = Kind.QUOTE
    elif status.in_reply_to_status_id_str:
        kind = Kind.REPLY
    tags = [tag for tag in tagged.tags() if tag and not any(map(str.isspace, tag))]
    user = status.user or _User()
    return Post(
        network="x",
        key=_id(status.id_str, status.id, "post"),
        voter=_id(user.id_str, user.id, "account"),
        at_ms=_ms(status.created_at),
        tags=" ".join(tags[:MOST_TAGS]),
        kind=kind.value,
        born_ms=_born_ms(user.created_at),
    )


def _born_ms(created_at: str) -> int:
    """Return when an account was made, 0 where that is not told: no vote is lost for it."""
    try:
        return _ms(created_at) if created_at else 0
    except ValueError:
        return 0


def _id(text: str | None, told: int | str | float | None, of: str) -> str:
    digits = str(text or told)
    if not (digits.isascii() and digits.isdigit() and len(digits) < 20):
        raise ValueError(f"the id of the {of} is missing or is no number")
    number = int(digits)
    if not 0 < number <= HIGHEST_ID:
        raise ValueError(f"the id of the {of} is none that X gives")
    return str(number)


@lru_cache(maxsize=4096)
def _ms(created_at: str) -> int:
    """Return the time of 'Tue Nov 08 21:16:42 +0000 2022', whatever the language of the system."""
    if len(created_at) > LONGEST_TIME:  # the cache would keep it
        raise ValueError("its time cannot be read")
    try:
        _, month, day, time_of_day, zone, year = created_at.split(" ")
        hour, minute, second = map(int, time_of_day.split(":"))
        if zone != "+0000" or not 2006 <= int(year) <= 2999:
            raise ValueError
        at = datetime(int(year), MONTHS[month], int(day), hour, minute, second, tzinfo=UTC)
    except (ValueError, KeyError, OverflowError):
        raise ValueError("its time cannot be read") from None
    return int(at.timestamp()) * 1000
