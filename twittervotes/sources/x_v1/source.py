"""X's v1.1 search: one query for all choices, read from the newest post down.

Knows the network's responses and nothing of schedules, ledgers and views. Based on the v1.1
documentation and on recorded responses:
https://developer.x.com/en/docs/x-api/v1/tweets/search/api-reference/get-search-tweets

The next page is requested by our own `max_id`, because `next_results` lacks `since_id` and
`tweet_mode`. A round starts with a `since_id` some minutes before the newest known post, because
posts that are indexed late have smaller IDs than posts already read.
"""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from functools import lru_cache
from typing import TYPE_CHECKING
from urllib.parse import quote, urlencode, urlsplit

from twittervotes.auth import oauth1_signature, oauth1_token
from twittervotes.auth.oauth1_signature import OAuth1Keys
from twittervotes.core.contest.contest import Contest, Policy
from twittervotes.core.contest.posts import Ask, Failed, Feed, Gap, Page, Remedy, Source
from twittervotes.core.errors import ConfigError
from twittervotes.network.address import is_safe
from twittervotes.sources._common import quota, unreachable
from twittervotes.sources.lenient import UNREADABLE
from twittervotes.sources.plugin import KeySetting, SourcePlugin
from twittervotes.sources.x_v1 import archive, decode
from twittervotes.sources.x_v1.errors import CLOCK_IS_WRONG, QUOTA, code, refused

if TYPE_CHECKING:
    from twittervotes.network.http import Response

COUNT = 100
LONGEST_QUERY = 500
WEEK_MS = 7 * 86_400_000  # about how far back the search goes
SHIFT = 22  # a snowflake is milliseconds << 22 and a serial number
BEGAN_MS = 1_288_834_974_657  # the time of the first such ID
WITHOUT_REPOSTS = " -filter:retweets"
SEARCH = "https://api.twitter.com/1.1/search/tweets.json"

_clock_offset_s = 0  # what a worker has learned about the server's clock


@dataclass(frozen=True, slots=True)
class TwitterSettings:
    """The `twitter:` section of the configuration, and the original program's flat file."""

    consumer_key: str = field(default="", repr=False)
    consumer_secret: str = field(default="", repr=False)
    request_token_url: str = "https://api.twitter.com/oauth/request_token"  # noqa: S105 - an address
    authorize_url: str = "https://api.twitter.com/oauth/authorize"
    access_token_url: str = "https://api.twitter.com/oauth/access_token"  # noqa: S105 - an address
    api_version: str = "1.1"
    search_endpoint: str = SEARCH
    overlap_s: int = 120  # how far each round reads back past the cursor, for late posts

    def __post_init__(self) -> None:
        if self.overlap_s < 0:
            raise ValueError("overlap_s must not be negative.")
        parts = urlsplit(self.endpoint())
        if not is_safe(parts):
            raise ValueError("search_endpoint must be an address that starts with https://.")
        if parts.query or parts.fragment:
            raise ValueError("search_endpoint must not have a '?' or '#'.")

    def endpoint(self) -> str:
        """Return the URL of the search."""
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
        """Send one request; a second only if the first showed that our clock is wrong."""
        answer = self.fetch_numbers(ask)
        return answer.with_posts() if isinstance(answer, Page) else answer

    def fetch_numbers(self, ask: Ask) -> Page | Failed:
        """Send one request; a second only if the first showed that our clock is wrong."""
        from twittervotes.network import http

        try:
            response = self._get(self._url(ask))
            if response.status == 401 and code(response) == CLOCK_IS_WRONG:
                _learn_clock(response)
                response = self._get(self._url(ask))
        except http.NetworkError as error:
            return unreachable(self.name, ask, error)
        if response.status == 200:
            return self._page(ask, response)
        return refused(self.name, ask, response)

    def _url(self, ask: Ask) -> str:
        url = f"{self.endpoint}?{_query(ask.feed.query)}"
        if ask.since and (floor := self._floor(ask)):
            url += f"&since_id={floor}"
        return f"{url}&max_id={quote(ask.token, safe='')}" if ask.token else url

    def _floor(self, ask: Ask) -> int:
        """Return the ID above which to search: the cursor minus the overlap."""
        return max(0, int(ask.since or 0) - (self.overlap_ms << SHIFT))

    def _get(self, url: str) -> Response:
        from twittervotes.network import http

        keys = OAuth1Keys(self.consumer_key, self.consumer_secret, self.token, self.token_secret)
        at_s = int(time.time()) + _clock_offset_s
        return http.get(url, auth=oauth1_signature.authorization("GET", url, keys, at_s=at_s))

    def _page(self, ask: Ask, response: Response) -> Page | Failed:
        try:
            found, has_more = decode.quick_page(response.body)
        except UNREADABLE:
            return self._unusable(ask, response, "The answer wasn't a page of posts.")
        ids, bad = found.ids, found.bad
        times = [*(found.numbered.times if found.numbered else ()), *(p.at_ms for p in found.posts)]
        floor = self._floor(ask)
        lowest = min(ids, default=0)
        if has_more and bad and not ids:
            return self._unusable(ask, response, "None of the posts on the page could be read.")
        if ask.token and lowest > int(ask.token):  # continuing from here would never end
            return self._unusable(ask, response, "The answer wasn't the requested page.")
        after_opening = not times or max(times) >= ask.opens_ms
        goes_on = bool(ids and has_more and after_opening)
        token = str(lowest - 1) if goes_on and lowest - 1 > floor else ""
        newest = "" if ask.token or not ids else str(max(*ids, int(ask.since or 0)))
        return Page(
            source=self.name,
            ask=ask,
            posts=found.posts,
            numbered=found.numbered,
            newest=newest,
            token=token,
            reached=bool(ask.since) and lowest <= int(ask.since),
            quota=quota(response, QUOTA),
            bad=bad,
            gaps=() if token else _gaps(ask),
            ahead_ms=response.ahead_ms,
        )

    def _unusable(self, ask: Ask, response: Response, message: str) -> Failed:
        advice = "If this continues, check search_endpoint in the configuration."
        return Failed(self.name, ask, Remedy.RETRY, message, advice, quota=quota(response, QUOTA))


@lru_cache(maxsize=256)
def _query(searched: str) -> str:
    """Return the part of a URL's query that is the same on all pages."""
    parameters = {
        "q": searched,
        "result_type": "recent",
        "count": str(COUNT),
        "tweet_mode": "extended",
        "include_entities": "true",
    }
    return urlencode(parameters, quote_via=quote, safe="-._~")


def _gaps(ask: Ask) -> tuple[Gap, ...]:
    """Return what is older than the search goes back, which it silently omits.

    `ask` is that of a round's last page: a round that was interrupted for days has lost what was
    still to come below its token.
    """
    oldest_ms = (ask.today_ms or int(time.time() * 1000)) - WEEK_MS
    from_ms = ask.opens_ms if ask.sweep else max(ask.opens_ms, ask.read_ms)
    to_ms = min(oldest_ms, (int(ask.token) >> SHIFT) + BEGAN_MS) if ask.token else oldest_ms
    if from_ms >= to_ms:
        return ()
    again = " again" * ask.sweep
    reason = f"X returns the last seven days only; earlier posts could not be read{again}."
    return (Gap(from_ms, to_ms, reason),)


def _learn_clock(response: Response) -> None:
    global _clock_offset_s
    date_ms = response.date_ms()
    if date_ms is not None:
        _clock_offset_s = round(date_ms / 1000 - time.time())


def _needs(settings: TwitterSettings) -> tuple[str, ...]:
    needs = []
    if not (settings.consumer_key and settings.consumer_secret):
        needs.append("Set consumer_key and consumer_secret in the configuration, under twitter.")
    try:
        oauth1_token.read(oauth1_token.place())
    except ConfigError as error:
        needs.append(str(error))
    return tuple(needs)


def _make(settings: TwitterSettings, _: Contest) -> tuple[Source, ...]:
    token = oauth1_token.read(oauth1_token.place())
    source = Twitter(
        settings.consumer_key,
        settings.consumer_secret,
        token.oauth_token,
        token.oauth_token_secret,
        settings.endpoint(),
        settings.overlap_s * 1000,
    )
    return (source,)


PLUGIN = SourcePlugin(
    name="twitter",
    summary="X through its v1.1 search; needs app keys, and python twitter_auth.py once",
    settings=TwitterSettings,
    keys=(KeySetting("consumer_key", "app key"), KeySetting("consumer_secret", "app secret")),
    needs=_needs,
    make=_make,
    reads=archive.reads,
    reads_lines=archive.reads_lines,
    signs_in=True,
)
