"""Decode pages of X's v1.1 search: posts, and the IDs to page by.

Knows nothing of requests, rounds and quotas. Pages and posts are hostile until decoded here.
https://developer.x.com/en/docs/x-api/v1/data-dictionary/object-model/tweet
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from functools import lru_cache
from typing import TYPE_CHECKING

import msgspec

from twittervotes.core.contest.numbered import NumberedPosts
from twittervotes.core.contest.posts import CUT, Kind, Post
from twittervotes.sources._common import HIGHEST_ID, LONGEST_TIME, MOST_TAGS
from twittervotes.sources.lenient import UNREADABLE, Lenient, is_nothing
from twittervotes.sources.usual import check_tag_sets, id_numbers

if TYPE_CHECKING:
    from collections.abc import Iterable

HASHTAG = re.compile(r"(?<!\w)[#＃]\w*[^\W\d_]")  # as people type it
NO = ("false", "False", "0", "nan", "NaN", "None")  # as written in tables
POST, REPOST, QUOTE, REPLY = (
    kind.value for kind in (Kind.POST, Kind.REPOST, Kind.QUOTE, Kind.REPLY)
)
HOURS = {f" {hour:02}:": hour * 3_600_000 for hour in range(24)}
MINUTES = {f"{minute:02}:": minute * 60_000 for minute in range(60)}
SECONDS = {f"{second:02} ": second * 1000 for second in range(60)}
MONTHS = {
    name: number
    for number, name in enumerate(
        ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"), 1
    )
}


@dataclass(frozen=True, slots=True)
class DecodedPage:
    """The posts of a page, the IDs to page by, and errors.

    `bad` describes posts that could not be read, `cut` those whose hashtags may be incomplete.
    """

    posts: tuple[Post, ...]
    ids: list[int]
    bad: tuple[str, ...]
    cut: tuple[str, ...]
    numbered: NumberedPosts | None = None  # in place of `posts`


class _Tag(msgspec.Struct):
    text: str = ""


class _Entities(msgspec.Struct):
    hashtags: list[_Tag] | None = None


class _Extended(msgspec.Struct):
    entities: _Entities | None = None


class _User(msgspec.Struct):
    id_str: str | int | None = None
    id: int | str | float | None = None  # ignored if it is a float: those aren't exact
    created_at: str = ""


class _Meta(msgspec.Struct):
    result_type: str = ""


class _Place(msgspec.Struct):
    """What even an unreadable post may have: the ID to continue from."""

    id_str: str | int | None = None
    id: int | str | float | None = None
    metadata: _Meta | None = None


class _Tagged(_Place):
    entities: _Entities | None = None
    extended_tweet: _Extended | None = None
    truncated: object = None

    def tags(self) -> Iterable[str]:
        told = _hashtags(self.extended_tweet) if self.extended_tweet else None
        return [tag.text for tag in (_hashtags(self) if told is None else told) or ()]

    def is_whole(self) -> bool:
        """Return whether the list of hashtags is present and isn't that of a truncated text."""
        if self.extended_tweet and _hashtags(self.extended_tweet) is not None:
            return True
        return not _is_yes(self.truncated) and _hashtags(self) is not None

    def is_empty(self) -> bool:
        """Return whether it says nothing, so that it may be missing altogether."""
        return not (self.id_str or self.id or self.entities or self.extended_tweet)


def _hashtags(holder: _Tagged | _Extended) -> list[_Tag] | None:
    """Return the hashtags, None if they aren't listed."""
    return holder.entities.hashtags if holder.entities else None


class _Status(_Tagged):
    """A post.

    https://developer.x.com/en/docs/x-api/v1/data-dictionary/object-model/tweet
    """

    created_at: str = ""
    user: _User | None = None
    retweeted_status: _Tagged | None = None
    is_quote_status: object = None
    in_reply_to_status_id_str: object = None


class _Text(msgspec.Struct):
    full_text: str | None = None
    text: str | None = None


class Metadata(msgspec.Struct):
    """A page's information about the next page."""

    next_results: str | None = None


class SearchAnswer(msgspec.Struct):
    """A page; each post is decoded separately, so that a bad one harms no other."""

    statuses: list[msgspec.Raw]
    search_metadata: Metadata


class _PlainTag(msgspec.Struct, gc=False):
    text: str


class _PlainEntities(msgspec.Struct, gc=False):
    hashtags: list[_PlainTag]


class _PlainUser(msgspec.Struct, gc=False):
    id_str: str
    id: int | None = None
    created_at: str = ""


class _PlainTagged(msgspec.Struct, gc=False):
    entities: _PlainEntities
    id_str: str
    id: int | None = None
    metadata: _Meta | None = None
    extended_tweet: None = None
    truncated: bool | None = None


class _PlainStatus(_PlainTagged, kw_only=True, gc=False):
    """A status in its most common form; `_Status` accepts it too, with the same values."""

    created_at: str
    user: _PlainUser
    retweeted_status: _PlainTagged | None = None
    is_quote_status: bool | None = None
    in_reply_to_status_id_str: str | None = None


class _PlainAnswer(msgspec.Struct):
    statuses: list[_PlainStatus]
    search_metadata: Metadata


answer = Lenient(SearchAnswer)
_decode_plain = msgspec.json.Decoder(_PlainAnswer).decode
plain_status = msgspec.json.Decoder(_PlainStatus).decode
_decode_status = Lenient(_Status)
_decode_place = Lenient(_Place)
_decode_text = Lenient(_Text)


def page(body: bytes) -> tuple[DecodedPage, bool]:
    """Decode a page, and whether there is another; raise one of UNREADABLE."""
    found, has_more = quick_page(body)
    if found.numbered:
        found = replace(found, posts=tuple(found.numbered.posts()), numbered=None)
    return found, has_more


def quick_page(body: bytes) -> tuple[DecodedPage, bool]:
    """Decode a page like `page`; if all statuses are plain, their posts are `numbered`.

    They are decoded in one pass, or one by one if any of them is unusual.
    """
    try:
        plain = _decode_plain(body)
        posts = numbered(plain.statuses)
        found = DecodedPage((), _places(plain.statuses, posts), (), (), posts)
        return found, bool(plain.search_metadata.next_results)
    except UNREADABLE:
        told = answer(body)
        return read(told.statuses), bool(told.search_metadata.next_results)


def numbered(statuses: list[_PlainStatus]) -> NumberedPosts:
    """Return the posts that `read` would make of statuses.

    Raises ValueError if one needs a closer look.
    """
    keys = id_numbers([each.id_str for each in statuses])
    voters = id_numbers([each.user.id_str for each in statuses])
    kinds = list(map(_kind, statuses))
    check_tag_sets(kinds)
    times = [_at_ms(each.created_at) for each in statuses]
    births = [_born_ms(each.user.created_at) for each in statuses]
    return NumberedPosts("x", [tag_set for tag_set, _ in kinds], keys, voters, times, births)


def _kind(status: _PlainStatus) -> tuple[str, int]:
    """Return the kind of a status and its hashtags, with a tab between, and their number."""
    tagged: _PlainTagged = status
    kind = POST
    if status.retweeted_status is not None:
        tagged, kind = status.retweeted_status, REPOST
    elif status.is_quote_status:
        kind = QUOTE
    elif status.in_reply_to_status_id_str and status.in_reply_to_status_id_str not in NO:
        kind = REPLY
    if tagged.truncated:
        raise ValueError("a truncated text")
    tags = tagged.entities.hashtags
    if len(tags) == 1:  # most have one
        return f"{kind}\t{tags[0].text}", 1
    return f"{kind}\t{' '.join([tag.text for tag in tags])}", len(tags)


def _places(statuses: list[_PlainStatus], posts: NumberedPosts) -> list[int]:
    """Return the IDs to page by."""
    if not [each for each in statuses if each.metadata is not None]:
        return posts.keys
    return [key for key, each in zip(posts.keys, statuses, strict=True) if not _is_popular(each)]


def read(statuses: list[msgspec.Raw]) -> DecodedPage:
    """Decode each status separately."""
    posts: list[Post] = []
    ids: list[int] = []
    ids_of_bad: list[int] = []
    bad: list[str] = []
    cut: list[str] = []
    for raw in statuses:
        try:
            status = _decode_status(raw)
            if status.retweeted_status is not None and status.retweeted_status.is_empty():
                status = _decode_status.without_nothing(raw)
            # a repost is cut, and so is its list of hashtags
            tagged = status.retweeted_status or status
            post = _post(status, tagged.tags())
            if not tagged.is_whole() and _may_miss_tags(status, raw):
                cut.append(f"post {post.key} is cut: hashtags may be missing")
                post = post._replace(revision=CUT)
            posts.append(post)
            ids.extend(_place(status))
        except UNREADABLE as error:
            place = _place_of_bad(raw)
            ids_of_bad.extend(place)
            bad.append(f"post {place[0] if place else 'without an id'}: {error}"[:200])
    return DecodedPage(tuple(posts), ids or ids_of_bad, tuple(bad), tuple(cut))


def _may_miss_tags(status: _Status, raw: msgspec.Raw) -> bool:
    """Return whether a status with an incomplete list of hashtags may have had others."""
    if status.retweeted_status is not None:
        return True
    told = _decode_text(raw)
    text = told.full_text or told.text
    return text is None or _is_yes(status.truncated) or HASHTAG.search(text) is not None


def _place(status: _Place) -> list[int]:
    """Return the ID to page by, if there is one."""
    return [] if _is_popular(status) else [int(_id(status.id_str, status.id, "post"))]


def _is_popular(status: _Place | _PlainTagged) -> bool:
    """Return whether a post was included for being popular.

    Such posts are days old, and paging by their IDs would skip everything in between.
    """
    return status.metadata is not None and status.metadata.result_type == "popular"


def _place_of_bad(raw: msgspec.Raw) -> list[int]:
    try:
        return _place(_decode_place(raw))
    except UNREADABLE:
        return []


def _post(status: _Status, told: Iterable[str]) -> Post:
    kind = Kind.POST
    if status.retweeted_status is not None:
        kind = Kind.REPOST
    elif _is_yes(status.is_quote_status):
        kind = Kind.QUOTE
    elif _is_yes(status.in_reply_to_status_id_str):
        kind = Kind.REPLY
    tags = [tag for tag in told if tag and not any(map(str.isspace, tag))]
    user = status.user or _User()
    return Post(
        network="x",
        key=_id(status.id_str, status.id, "post"),
        voter=_id(user.id_str, user.id, "account"),
        at_ms=_at_ms(status.created_at),
        tags=" ".join(tags[:MOST_TAGS]),
        kind=kind.value,
        born_ms=_born_ms(user.created_at),
    )


def _born_ms(created_at: str) -> int:
    """Return when an account was created, 0 if unknown: it must not cost a vote."""
    try:
        return _ms(created_at) if created_at else 0
    except ValueError:
        return 0


def _is_yes(value: object) -> bool:
    return bool(value) and not is_nothing(value) and value not in NO


def _id(text: str | int | None, told: int | str | float | None, of: str) -> str:
    digits = str(text or told)
    if not (digits.isascii() and digits.isdigit() and len(digits) < 20):
        raise ValueError(f"the id of the {of} is missing or isn't a number")
    number = int(digits)
    if not 0 < number <= HIGHEST_ID:
        raise ValueError(f"the id of the {of} isn't a valid id")
    return str(number)


def _ms(created_at: str) -> int:
    """Parse a time such as 'Tue Nov 08 21:16:42 +0000 2022', whatever the system's language."""
    try:
        time_ms = HOURS[created_at[10:14]] + MINUTES[created_at[14:17]] + SECONDS[created_at[17:20]]
    except KeyError:  # another format
        return _any_ms(created_at)
    return time_ms + _day_ms(created_at[:11], created_at[19:])


_at_ms = lru_cache(maxsize=4096)(_ms)  # many posts share a second, but few accounts do


@lru_cache(maxsize=8192)
def _day_ms(before: str, after: str) -> int:
    """Return when a day begins, from the text before and after the time of day."""
    return _any_ms(f"{before}00:00:00{after}")


def _any_ms(created_at: str) -> int:
    if len(created_at) > LONGEST_TIME:  # it would stay in the cache
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
