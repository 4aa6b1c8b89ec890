"""X's own counts of posts per minute: a check of ours, never a count of votes.

X's numbers ignore accounts, edits and deletions, and the first and last minute of a period are
incomplete. https://docs.x.com/x-api/posts/counts/introduction
"""

from __future__ import annotations

from collections import Counter
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Annotated
from urllib.parse import quote, urlencode

import msgspec

from twittervotes.core.errors import ConfigError
from twittervotes.sources.x import errors
from twittervotes.sources.x.auth import Credential, SigningRefusedError
from twittervotes.sources.x.errors import UNREADABLE

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from twittervotes.core.contest.posts import Feed
    from twittervotes.network.http import Response

COUNTS = "/2/tweets/counts/recent"
MOST_PAGES = 50  # of one query; a page has far more minutes than an hour
MINUTE = timedelta(minutes=1)
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)

Minutes = tuple[tuple[int, int], ...]


class _Bucket(msgspec.Struct):
    start: Annotated[datetime, msgspec.Meta(tz=True)]
    tweet_count: int | None = None
    post_count: int | None = None


class _Meta(msgspec.Struct):
    next_token: str | None = None


class _Answer(msgspec.Struct):
    meta: _Meta
    data: list[_Bucket] | None = None


def expected(credential: Credential, base: str, feeds: Sequence[Feed], period: range) -> Minutes:
    """Return X's counts for each minute of `period` (in milliseconds), over all queries.

    A post that several queries match is counted by each. Raises ConfigError.
    """
    found: Counter[int] = Counter()
    for feed in feeds:
        for bucket in _buckets(credential, base, feed, period):
            minute = (bucket.start - EPOCH) // MINUTE * 60_000
            found[minute] += bucket.post_count or bucket.tweet_count or 0
    return tuple(sorted(found.items()))


def _buckets(credential: Credential, base: str, feed: Feed, period: range) -> Iterator[_Bucket]:
    parameters = {
        "query": feed.query,
        "granularity": "minute",
        "start_time": _time(period.start),
        "end_time": _time(period.stop),
    }
    for _ in range(MOST_PAGES):
        query = urlencode(parameters, quote_via=quote, safe="-._~")
        response = _got(credential, f"{base}{COUNTS}?{query}")
        try:
            answer = msgspec.json.decode(response.body, type=_Answer)
        except UNREADABLE:
            raise ConfigError("X's answer wasn't a list of counts. Try again later.") from None
        yield from answer.data or ()
        if not answer.meta.next_token:
            return
        parameters["next_token"] = answer.meta.next_token
    raise ConfigError("X sent an endless list of counts. Try again later.")


def _got(credential: Credential, url: str) -> Response:
    from twittervotes.network import http

    try:
        response = http.get(url, auth=credential.auth(url))
        if response.status == 401 and credential.renew(response):
            response = http.get(url, auth=credential.auth(url))
    except http.NetworkError as error:
        raise ConfigError(f"{error} If this continues, check your connection.") from error
    except SigningRefusedError as refused:
        raise ConfigError(f"{refused.message} {refused.advice}".strip()) from None
    if response.status != 200:
        told = errors.trouble(response)
        raise ConfigError(f"{told.message} {told.advice}".strip())
    return response


def _time(at_ms: int) -> str:
    return datetime.fromtimestamp(at_ms // 1000, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
