"""X by its v1.1 search: one query for all choices, read from the newest post down.

Knows the network's answers and nothing of schedules, ledgers or views. The facts are those of
the v1.1 documentation and of recorded answers:
https://developer.x.com/en/docs/x-api/v1/tweets/search/api-reference/get-search-tweets

The next page is asked for by `max_id` of our own, because `next_results` forgets `since_id` and
`tweet_mode`. A round starts with `since_id` some minutes before the newest post known: posts that
are indexed late have smaller ids than posts already read.
"""

from __future__ import annotations

import json
import logging
import time
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import lru_cache
from typing import TYPE_CHECKING, TypeVar
from urllib.parse import quote, urlencode, urlsplit

import msgspec

from twittervotes.core import tokens
from twittervotes.core.contest import Contest, Policy
from twittervotes.core.door import Offer, Read, Reading
from twittervotes.core.errors import ConfigError
from twittervotes.core.model import Ask, Failed, Feed, Kind, Page, Post, Quota, Remedy, Source

if TYPE_CHECKING:
    from requests.auth import AuthBase

    from twittervotes.sources.http import Response

COUNT = 100
LONGEST_QUERY = 500
HIGHEST_ID = 2**63 - 1
SHIFT = 22  # a snowflake is milliseconds << 22 and a serial number
MOST_TAGS = 100  # of one post, far more than fit into one
WITHOUT_REPOSTS = " -filter:retweets"
SEARCH = "https://api.twitter.com/1.1/search/tweets.json"
MONTHS = {
    name: number
    for number, name in enumerate(
        ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"), 1
    )
}
LONGEST_WINDOW_MS = 24 * 3600 * 1000  # a reset further away is a server's slip
CLOCK_IS_WRONG = 135
SIGN_IN = "Sign in again: python twitter_auth.py"
CHECK_ADDRESS = "Check search_endpoint in the configuration."

for library in ("oauthlib", "requests_oauthlib"):
    logging.getLogger(library).setLevel(logging.WARNING)  # at DEBUG they write tokens

_clock_offset_s = 0  # what a worker has learnt of the server's clock


@dataclass(frozen=True, slots=True)
class Settings:
    """The `twitter:` section of the configuration; the first program's flat file is one too."""

    consumer_key: str = field(default="", repr=False)
    consumer_secret: str = field(default="", repr=False)
    request_token_url: str = "https://api.twitter.com/oauth/request_token"  # noqa: S105 - an address
    authorize_url: str = "https://api.twitter.com/oauth/authorize"
    access_token_url: str = "https://api.twitter.com/oauth/access_token"  # noqa: S105 - an address
    api_version: str = "1.1"
    search_endpoint: str = SEARCH
    overlap_s: int = 120  # how far each round reads back behind what is known, for late posts

    def __post_init__(self) -> None:
        if self.overlap_s < 0:
            raise ValueError("overlap_s must not be negative.")
        parts = urlsplit(self.endpoint())
        local = parts.hostname in ("127.0.0.1", "::1", "localhost")
        if not parts.hostname or not (
            parts.scheme == "https" or (parts.scheme == "http" and local)
        ):
            raise ValueError("search_endpoint must be an address that starts with https://.")
        if parts.query or parts.fragment:
            raise ValueError("search_endpoint must not have a '?' or '#'.")

    def endpoint(self) -> str:
        """Return the address of the search."""
        return self.search_endpoint or SEARCH.replace("1.1", self.api_version)


@dataclass(frozen=True, slots=True)
class Twitter:
    """The v1.1 search of one account."""

    consumer_key: str = field(repr=False)
    consumer_secret: str = field(repr=False)
    token: str = field(repr=False)
    token_secret: str = field(repr=False)
    endpoint: str = SEARCH
    overlap_ms: int = 120_000
    name: str = "twitter"
    network: str = "x"
    complete: bool = False  # "relevance and not completeness", says the documentation

    def feeds(self, contest: Contest) -> tuple[Feed, ...]:
        """Return one query for all choices, or several where one would be too long."""
        end = "" if contest.rules.reposts is Policy.COUNT else WITHOUT_REPOSTS
        queries: list[str] = []
        for tag in contest.tags:
            longer = f"{queries[-1]} OR #{tag}" if queries else f"#{tag}"
            if queries and len(longer) + len(end) <= LONGEST_QUERY:
                queries[-1] = longer
            else:
                queries.append(f"#{tag}")
        return tuple(Feed(query, query + end) for query in queries)

    def fetch(self, ask: Ask) -> Page | Failed:
        """Ask once; a second time only when the first told that our clock is wrong."""
        from twittervotes.sources import http

        try:
            response = http.get(self._url(ask), auth=self._signed())
            if response.status == 401 and _code(response) == CLOCK_IS_WRONG:
                _learn_clock(response)
                response = http.get(self._url(ask), auth=self._signed())
        except http.NetworkError as error:
            return Failed(self.name, ask, Remedy.RETRY, str(error), "Check the network.")
        if response.status == 200:
            return self._page(ask, response)
        return _refused(self.name, ask, response)

    def _url(self, ask: Ask) -> str:
        parameters = {
            "q": ask.feed.query,
            "result_type": "recent",
            "count": str(COUNT),
            "tweet_mode": "extended",
            "include_entities": "true",
        }
        if ask.since and self._floor(ask):
            parameters["since_id"] = str(self._floor(ask))
        if ask.token:
            parameters["max_id"] = ask.token
        return f"{self.endpoint}?{urlencode(parameters, quote_via=quote, safe='-._~')}"

    def _floor(self, ask: Ask) -> int:
        """Return the id above which the network is asked: the cursor less the overlap."""
        return max(0, int(ask.since or 0) - (self.overlap_ms << SHIFT))

    def _signed(self) -> AuthBase:
        from requests_oauthlib import OAuth1

        auth: AuthBase = OAuth1(
            self.consumer_key,
            self.consumer_secret,
            self.token,
            self.token_secret,
            timestamp=str(int(time.time()) + _clock_offset_s),
        )
        return auth

    def _page(self, ask: Ask, response: Response) -> Page | Failed:
        try:
            answer = _answer(response.body)
        except UNREADABLE:
            return self._unusable(ask, response, "The answer was not a page of posts.")
        posts, ids, bad = _read(answer.statuses)
        floor = self._floor(ask)
        lowest = min(ids, default=0)
        if answer.search_metadata.next_results and bad and not ids:
            return self._unusable(ask, response, "No post of the page could be read.")
        if ask.token and lowest > int(ask.token):  # going on from here would never end
            return self._unusable(ask, response, "The answer was not the page asked for.")
        after_opening = not posts or any(post.at_ms >= ask.opens_ms for post in posts)
        goes_on = bool(ids and answer.search_metadata.next_results and after_opening)
        newest = "" if ask.token or not ids else str(max(*ids, int(ask.since or 0)))
        return Page(
            source=self.name,
            ask=ask,
            posts=posts,
            newest=newest,
            token=str(lowest - 1) if goes_on and lowest - 1 > floor else "",
            reached=bool(ask.since) and lowest <= int(ask.since),
            quota=_quota(response),
            bad=bad,
            ahead_ms=response.ahead_ms,
        )

    def _unusable(self, ask: Ask, response: Response, message: str) -> Failed:
        advice = "If it stays, check search_endpoint in the configuration."
        return Failed(self.name, ask, Remedy.RETRY, message, advice, quota=_quota(response))


def _learn_clock(response: Response) -> None:
    global _clock_offset_s
    date_ms = response.date_ms()
    if date_ms is not None:
        _clock_offset_s = round(date_ms / 1000 - time.time())


def _refused(name: str, ask: Ask, response: Response) -> Failed:
    """Return what an answer other than 200 means."""
    status, code = response.status, _code(response)
    quota = _quota(response)
    told = f"X answered {status}" + (f" (code {code})" if code else "")
    remedy, message, advice = Remedy.STOP, f"{told}.", CHECK_ADDRESS
    match status, code:
        case (429 | 420, _) | (_, 88):
            message, remedy, advice = "The quota of X is used up.", Remedy.WAIT, ""
        case 403, 195 if ask.token:  # `max_id` has come below `since_id`
            message, remedy, advice = "The round has come to its end.", Remedy.FINISH, ""
        case 401, 89:
            message, advice = f"{told}: the token is invalid or has expired.", SIGN_IN
        case 401, 135:
            message = f"{told}: the time of this computer is wrong."
            advice, remedy = "Set the computer's clock.", Remedy.RETRY
        case 401, _:
            message = f"{told}: it does not accept the keys or the token."
            advice = f"Check consumer_key and consumer_secret. {SIGN_IN}"
        case 402, _:
            message = f"{told}: the account has no credits left."
            advice = "Add credits in X's developer portal, then press Update."
        case 403, 64:
            message = f"{told}: the account is suspended."
            advice = "Sign in with another account: python twitter_auth.py"
        case (400, _) | (403, 195):
            message = f"{told}: it did not understand the request."
            advice = "Check the hashtags and search_endpoint."
        case 403, _:
            message = f"{told}: the account may not use this search."
            advice = "Check the access level of the app in X's developer portal."
        case 404 | 410, _:
            message = f"{told}: there is no search at this address."
            advice = CHECK_ADDRESS
        case _ if status >= 500 or status < 400 or status == 408:
            message, remedy, advice = f"{told}: it has trouble of its own.", Remedy.RETRY, ""
    retry_in_ms = quota.reset_in_ms if quota and remedy is Remedy.WAIT else None
    return Failed(name, ask, remedy, message, advice, retry_in_ms, quota)


def _code(response: Response) -> int:
    """Return the code of X's error, 0 where there is none."""
    try:
        errors = msgspec.json.decode(response.body, type=_Errors).errors
    except UNREADABLE:
        return 0
    return errors[0].code if errors else 0


def _quota(response: Response) -> Quota | None:
    """Return what is left of the quota, measured against the server's own clock."""
    limit = response.number("x-rate-limit-limit")
    remaining = response.number("x-rate-limit-remaining")
    reset_s = response.number("x-rate-limit-reset")
    if remaining is None or reset_s is None:
        return None
    now_ms = response.date_ms() or int(time.time() * 1000)
    reset_in_ms = min(max(0, reset_s * 1000 - now_ms), LONGEST_WINDOW_MS)
    return Quota(limit or remaining, remaining, reset_in_ms)


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


class _Metadata(msgspec.Struct):
    next_results: str | None = None


class _Answer(msgspec.Struct):
    statuses: list[msgspec.Raw]
    search_metadata: _Metadata


class _Kept(msgspec.Struct):
    """What tells a kept answer, or a kept status by itself, from what other networks tell."""

    statuses: list[msgspec.Raw] | None = None
    user: msgspec.Raw = msgspec.Raw(b"")
    created_at: msgspec.Raw = msgspec.Raw(b"")


class _Error(msgspec.Struct):
    code: int = 0


class _Errors(msgspec.Struct):
    errors: list[_Error] = []


K = TypeVar("K", _Answer, _Kept)
UNREADABLE = (msgspec.MsgspecError, ValueError, RecursionError)
_decode_status = msgspec.json.Decoder(_Status).decode
_decode_place = msgspec.json.Decoder(_Place).decode


def posts_in(value: bytes) -> Read | None:
    """Return the posts of an answer, or of a status by itself, as a file keeps them."""
    try:
        kept = _decoded(value, _Kept)
    except UNREADABLE:
        return None
    statuses = kept.statuses
    if statuses is None and bytes(kept.user) and bytes(kept.created_at):
        statuses = [msgspec.Raw(value)]
    if statuses is None:
        return None
    posts, _, bad = _read(statuses)
    return Read(posts, bad)


def _answer(body: bytes) -> _Answer:
    return _decoded(body, _Answer)


def _decoded(body: bytes, kind: type[K]) -> K:
    try:
        return msgspec.json.decode(body, type=kind)
    except msgspec.ValidationError:
        raise
    except (msgspec.DecodeError, UnicodeDecodeError):
        # half a surrogate pair in any text of any post, say: the others must not suffer from it
        values = json.loads(body.decode("utf-8", "replace"))
        mended = json.dumps(values, ensure_ascii=False).encode("utf-8", "replace")
        return msgspec.json.decode(mended, type=kind)


def _read(statuses: list[msgspec.Raw]) -> tuple[tuple[Post, ...], list[int], tuple[str, ...]]:
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
    try:
        _, month, day, time_of_day, zone, year = created_at.split(" ")
        hour, minute, second = map(int, time_of_day.split(":"))
        if zone != "+0000" or not 2006 <= int(year) <= 2999:
            raise ValueError
        at = datetime(int(year), MONTHS[month], int(day), hour, minute, second, tzinfo=UTC)
    except (ValueError, KeyError, OverflowError):
        raise ValueError("its time cannot be read") from None
    return int(at.timestamp()) * 1000


def _needs(settings: Settings) -> tuple[str, ...]:
    needs = []
    if not (settings.consumer_key and settings.consumer_secret):
        needs.append("Set consumer_key and consumer_secret in the configuration, under twitter.")
    try:
        tokens.read(tokens.place())
    except ConfigError as error:
        needs.append(str(error))
    return tuple(needs)


def _make(settings: Settings, _: Contest) -> tuple[Source, ...]:
    for sentence in _needs(settings):
        raise ConfigError(sentence)
    token = tokens.read(tokens.place())
    source = Twitter(
        settings.consumer_key,
        settings.consumer_secret,
        token.oauth_token,
        token.oauth_token_secret,
        settings.endpoint(),
        settings.overlap_s * 1000,
    )
    return (source,)


def _reads(_: Contest) -> Reading:
    return posts_in


OFFER = Offer(
    name="twitter",
    summary="X by its v1.1 search; needs the keys of an app, and python twitter_auth.py once",
    settings=Settings,
    needs=_needs,
    make=_make,
    reads=_reads,
)
