"""X's v2 recent search: one query for all choices, billed per post.

Knows the network's responses and nothing of schedules, ledgers and views.
https://docs.x.com/x-api/posts/search/introduction

`query` makes the queries, `decode` decodes pages, `errors` explains refusals, `auth` signs
requests, and `billing` tracks their cost.
"""

from __future__ import annotations

import logging
import time
from dataclasses import dataclass, field, replace
from functools import cache
from typing import TYPE_CHECKING, Annotated, Literal
from urllib.parse import quote, urlencode, urlsplit

from msgspec import Meta

from twittervotes.auth import oauth1_token, oauth2_token
from twittervotes.core.contest.contest import Contest, Policy
from twittervotes.core.contest.posts import Ask, Failed, Feed, Gap, Kind, Page, Post, Remedy, Source
from twittervotes.core.contest.versions import found_again, withdrawn
from twittervotes.core.errors import ConfigError
from twittervotes.network.address import is_safe
from twittervotes.sources._common import Trouble, quota, unreachable
from twittervotes.sources.plugin import KeySetting, Reading, SourcePlugin
from twittervotes.sources.x import billing, counts, decode, errors, plain
from twittervotes.sources.x import query as x_query
from twittervotes.sources.x.auth import (
    AppKeys,
    Bearer,
    Credential,
    SignedIn,
    SigningRefusedError,
    User,
)
from twittervotes.sources.x.decode import DecodedSearch, LookedUp
from twittervotes.sources.x.errors import UNREADABLE
from twittervotes.sources.x.network import X
from twittervotes.sources.x.query import LEAST, MOST, OTHER, WITHOUT_REPOSTS, Names

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from twittervotes.network.http import Response

log = logging.getLogger(__name__)

KEYS = ("bearer_token", "consumer_key", "consumer_secret", "client_id", "client_secret")
QUOTA = "x-rate-limit"  # the prefix of the quota headers
SEARCH = "/2/tweets/search/recent"
LOOK_UP = "/2/tweets"  # https://docs.x.com/x-api/posts/get-posts-by-ids
NO_LOOK_UP = (400, 403, 404, 410)
UNSEEN = "X no longer lists these posts and doesn't let this app look them up."
IF_IT_STAYS = "If this continues, check api_url, under x, or update this program."

_names: dict[str, Names] = {}  # the names that a worker has learned to send, by source


@dataclass(frozen=True, slots=True)
class XSettings:
    """The `x:` section of the configuration."""

    auth: Literal["app", "user", "oauth2"] = "app"
    bearer_token: str = field(default="", repr=False)  # of the app; without it, its two keys
    consumer_key: str = field(default="", repr=False)
    consumer_secret: str = field(default="", repr=False)
    client_id: str = field(default="", repr=False)  # for oauth2
    client_secret: str = field(default="", repr=False)  # for oauth2, where the app has one
    budget: Annotated[int, Meta(ge=LEAST)] | None = None  # posts; the maximum read in a vote
    price_per_post: Annotated[float, Meta(ge=0)] = 0.005  # dollars
    overlap_s: int = 120  # how far each round reads back past the cursor, for late posts
    names: Names = "tweet"  # X's name for a post in requests; the other is tried automatically
    api_url: str = "https://api.x.com"
    authorize_url: str = "https://x.com/i/oauth2/authorize"

    def __post_init__(self) -> None:
        if self.overlap_s < 0:
            raise ValueError("overlap_s must not be negative.")
        parts = urlsplit(self.api_url)
        rest = (parts.path, parts.query, parts.fragment, parts.username, parts.password)
        if not is_safe(parts) or any(rest):
            raise ValueError("api_url must be an address such as https://api.x.com, without more.")
        for key in KEYS:
            value = getattr(self, key)
            if not (value.isascii() and value.isprintable() and " " not in value):
                raise ValueError(f"{key} contains a character that isn't allowed in a key.")

    @property
    def token_url(self) -> str:
        """The endpoint that issues and refreshes user tokens."""
        return f"{self.api_url}/2/oauth2/token"

    @property
    def account_url(self) -> str:
        """The endpoint that returns a token's account."""
        return f"{self.api_url}/2/users/me"


@dataclass(frozen=True, slots=True)
class XSearch:
    """The recent search with one credential. `budget` is in posts."""

    credential: Credential
    base: str = "https://api.x.com"
    names: Names = "tweet"
    overlap_ms: int = 120_000
    budget: int | None = None
    price_per_post: float = 0.005
    name: str = "x"
    network: str = X
    complete: bool = False  # the search doesn't promise all posts
    at_once: int = MOST

    def name_of(self, post: Post, _: str) -> str:
        """Return the ID of the first version of a post."""
        return post.key

    def speaks_for(self, _: Post) -> bool:
        """Return True: X knows its own posts."""
        return True

    def feeds(self, contest: Contest) -> tuple[Feed, ...]:
        """Return one query for all choices, or several where one would be too long."""
        end = "" if contest.rules.reposts is Policy.COUNT else WITHOUT_REPOSTS
        return x_query.queries(contest.tags, end)

    def fetch(self, ask: Ask) -> Page | Failed:
        """Send one request; retry once each for a token, the names or the seven days."""
        answer = self.fetch_numbers(ask)
        return answer.with_posts() if isinstance(answer, Page) else answer

    def fetch_numbers(self, ask: Ask) -> Page | Failed:
        """Send one request like `fetch`."""
        from twittervotes.network import http

        if ask.sought:
            return self._looked_up(ask)
        bill = billing.bill(self.name, ask.spent)
        room = MOST if self.budget is None else self.budget - bill.posts
        if WITHOUT_REPOSTS not in ask.feed.query:
            room //= 2  # each may include the post that it reposts
        if room < LEAST:
            return self._failed(ask, self._spent(bill.posts))
        try:
            floor, response = self._request(ask, min(MOST, room))
        except http.NetworkError as error:
            return unreachable(self.name, ask, error)
        except SigningRefusedError as refused:
            found = Trouble(refused.remedy, refused.message, refused.advice)
            return self._failed(ask, found)
        if response.status != 200:
            return self._failed(ask, errors.trouble(response), response)
        try:
            page = decode.quick_page(response.body, x_query.wanted(ask.feed))
        except UNREADABLE:
            return self._unusable(ask, "The answer wasn't a page of posts.", response)
        bill.note(page.billed, response.date_ms() or _now_ms())
        answer = self._page(ask, page, floor, response)
        return replace(answer, billed=bill.untold()) if isinstance(answer, Page) else answer

    def _request(self, ask: Ask, most: int) -> tuple[int, Response]:
        floor = x_query.floor(ask, self.overlap_ms)
        response = self._sent(SEARCH, lambda names: x_query.parameters(ask, floor, most, names))
        if not ask.since and not ask.token and errors.is_stale(response):
            # our clock is wrong: X itself goes back as far as it can
            return 0, self._sent(SEARCH, lambda names: x_query.parameters(ask, 0, most, names))
        return floor, response

    def _sent(self, path: str, parameters: Callable[[Names], dict[str, str]]) -> Response:
        """Send a request; retry once each for a token or the names."""
        names = _names.get(self.name, self.names)
        response = self._got(path, parameters(names))
        if response.status == 401 and self.credential.renew(response):
            response = self._got(path, parameters(names))
        if errors.refuses(response, f"{names}.fields"):
            names = OTHER[names]
            response = self._got(path, parameters(names))
            if not errors.refuses(response, f"{names}.fields"):
                _names[self.name] = names
        return response

    def _got(self, path: str, parameters: dict[str, str]) -> Response:
        from twittervotes.network import http

        query = urlencode(parameters, quote_via=quote, safe="-._~")
        url = f"{self.base}{path}?{query}"
        return http.get(url, auth=self.credential.auth(url))

    def _looked_up(self, ask: Ask) -> Page | Failed:
        """Look up posts that the final sweep no longer lists, and the last versions of edited ones.

        An edit is a post with an ID of its own, which the search shows only if it has our tags.
        """
        bill = billing.bill(self.name, ask.spent)
        first = self._found_by_id(ask, [each.name for each in ask.sought], bill)
        if not isinstance(first, LookedUp):
            return first
        last = self._found_by_id(ask, first.later, bill) if first.later else LookedUp()
        if not isinstance(last, LookedUp):
            return last
        found = {post.key: post for post in (*first.posts, *last.posts)}
        posts = []
        for name, before in ask.sought:
            is_withdrawn = before.kind == Kind.WITHDRAWN
            if name in first.gone and not is_withdrawn:
                posts.append(withdrawn(before))
            elif before.key in found:
                post = found[before.key]
                posts.append(found_again(post, before) if is_withdrawn else post)
        bad = (*first.bad, *last.bad)
        return Page(self.name, ask, tuple(posts), bad=bad, billed=bill.untold())

    def _found_by_id(
        self, ask: Ask, ids: Sequence[str], bill: billing.Bill
    ) -> LookedUp | Page | Failed:
        """Return the result of a look-up; a page with a gap if this app may not look posts up."""
        from twittervotes.network import http

        if self.budget is not None and bill.posts + bill.cost(ids) > self.budget:
            return self._failed(ask, self._spent(bill.posts))
        try:
            response = self._sent(LOOK_UP, lambda names: x_query.look_up(ids, names))
        except http.NetworkError as error:
            return unreachable(self.name, ask, error)
        except SigningRefusedError as refused:
            found = Trouble(refused.remedy, refused.message, refused.advice)
            return self._failed(ask, found)
        if response.status in NO_LOOK_UP and not errors.is_about_money(response):
            times = [each.post.at_ms for each in ask.sought]
            return Page(self.name, ask, (), gaps=(Gap(min(times), max(times), UNSEEN),))
        if response.status != 200:
            return self._failed(ask, errors.trouble(response), response)
        try:
            told = decode.looked_up(response.body)
        except UNREADABLE:
            return self._unusable(ask, "The answer wasn't a list of posts.", response)
        bill.note(told.billed, response.date_ms() or _now_ms())
        return told

    def _page(
        self, ask: Ask, found: DecodedSearch, floor: int, response: Response
    ) -> Page | Failed:
        lowest = min(found.ids, default=0)
        if found.next_token and found.bad and not found.ids:
            return self._unusable(ask, "None of the posts on the page could be read.", response)
        if ask.token and found.next_token == x_query.next_token(ask):
            return self._unusable(ask, "The answer wasn't the requested page.", response)
        above_opening = not lowest or lowest > x_query.first_id(ask.opens_ms)
        goes_on = bool(found.next_token) and above_opening
        return Page(
            source=self.name,
            ask=ask,
            posts=found.posts,
            numbered=found.numbered,
            newest=_newest(ask, found),
            token=x_query.token(floor, found.next_token) if goes_on else "",
            reached=bool(ask.since) and 0 < lowest <= int(ask.since),
            quota=quota(response, QUOTA),
            bad=found.bad,
            gaps=x_query.gaps(ask),
            ahead_ms=response.ahead_ms,
        )

    def _spent(self, posts: int) -> Trouble:
        cost = billing.dollars(posts, self.price_per_post)
        message = (
            f"The budget of {self.budget:,} posts is used up: {posts:,} posts were read ({cost})."
        )
        advice = "Raise budget, under x, then reopen the vote to continue."
        return Trouble(Remedy.STOP, message, advice)

    def _unusable(self, ask: Ask, message: str, response: Response) -> Failed:
        return self._failed(ask, Trouble(Remedy.RETRY, message, IF_IT_STAYS), response)

    def _failed(self, ask: Ask, found: Trouble, response: Response | None = None) -> Failed:
        left = quota(response, QUOTA) if response else None
        wait = left.reset_in_ms if left and found.remedy is Remedy.WAIT else None
        return Failed(self.name, ask, found.remedy, found.message, found.advice, wait, left)


def _newest(ask: Ask, found: DecodedSearch) -> str:
    if ask.token or not found.ids:
        return ""
    return str(max(*found.ids, int(ask.since or 0)))


def _now_ms() -> int:
    return int(time.time() * 1000)


def _needs(settings: XSettings) -> tuple[str, ...]:
    try:
        _credential(settings)
    except ConfigError as error:
        return (str(error),)
    return ()


def _credential(settings: XSettings) -> Credential:
    """Return the credential for requests; raise ConfigError with what is missing."""
    has_keys = bool(settings.consumer_key and settings.consumer_secret)
    match settings.auth:
        case "app" if settings.bearer_token:
            return Bearer(settings.bearer_token)
        case "app" if has_keys:
            url = f"{settings.api_url}/oauth2/token"
            return AppKeys(settings.consumer_key, settings.consumer_secret, url)
        case "app":
            raise ConfigError(
                "Set bearer_token in the configuration, under x: it is on your app's page at X."
            )
        case "user" if has_keys:
            token = oauth1_token.read(oauth1_token.place())
            keys = (settings.consumer_key, settings.consumer_secret)
            return User(*keys, token.oauth_token, token.oauth_token_secret)
        case "user":
            raise ConfigError(
                "Set consumer_key and consumer_secret in the configuration, under x,"
                " as they are under twitter."
            )
    if not settings.client_id:
        raise ConfigError("Set client_id in the configuration, under x.")
    oauth2_token.read(oauth2_token.place())
    path = oauth2_token.place().absolute()
    return SignedIn(path, settings.token_url, settings.client_id, settings.client_secret)


def _make(settings: XSettings, _: Contest) -> tuple[Source, ...]:
    _announce(_price(settings))
    source = XSearch(
        _credential(settings),
        settings.api_url,
        settings.names,
        settings.overlap_s * 1000,
        settings.budget,
        settings.price_per_post,
    )
    return (source,)


@cache
def _announce(price: str) -> None:
    """Say once what a vote will cost, however often its sources are created."""
    log.info("%s", price)


def _price(settings: XSettings) -> str:
    return billing.price(settings.price_per_post, settings.budget)


def _per_minute(settings: XSettings, contest: Contest, period: range) -> counts.Minutes:
    feeds = x_query.queries(contest.tags, WITHOUT_REPOSTS)
    period = range(max(period.start, x_query.oldest_ms()), period.stop)
    if not period:
        raise ConfigError("X counts the last seven days only; the vote was before that.")
    return counts.expected(_credential(settings), settings.api_url, feeds, period)


def _reads(_: Contest) -> Reading:
    return decode.kept


PLUGIN = SourcePlugin(
    name="x",
    summary="X through its v2 search; needs an app there and costs $5 per 1,000 posts",
    settings=XSettings,
    keys=(KeySetting("bearer_token", "app's bearer token"),),
    needs=_needs,
    make=_make,
    reads=_reads,
    reads_lines=plain.reads_lines,
    price=_price,
    per_minute=_per_minute,
)
