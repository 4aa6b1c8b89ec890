"""A page of search results like v1.1's, with all its traps (see `search_metadata`).

Knows nothing of HTTP, signatures and quotas.
"""

from __future__ import annotations

import json
import re
import threading
from dataclasses import dataclass
from datetime import UTC, datetime
from random import Random
from typing import TYPE_CHECKING
from urllib.parse import quote, quote_plus

from twittervotes.rehearsal.answer import RejectedRequestError
from twittervotes.rehearsal.audience import Tweet, snowflake
from twittervotes.rehearsal.query import LONGEST, parsed
from twittervotes.rehearsal.trouble import BAD_POST
from twittervotes.rehearsal.tweet import Renderer

if TYPE_CHECKING:
    from collections.abc import Mapping

    from twittervotes.rehearsal.settings import RehearsalSettings
    from twittervotes.rehearsal.timeline import Timeline

HIGHEST_ID = (1 << 63) - 1
POPULAR_ON_A_PAGE = 3


@dataclass(frozen=True, slots=True)
class SearchParameters:
    """The validated parameters of one search."""

    q: str
    count: int = 15
    since_id: int = 0
    max_id: int | None = None
    until_ms: int | None = None
    result_type: str = "mixed"
    extended: bool = False

    @property
    def upto(self) -> int:
        """The highest ID that may be found."""
        until = HIGHEST_ID if self.until_ms is None else snowflake(self.until_ms) - 1
        return min(until, HIGHEST_ID if self.max_id is None else self.max_id)


def search(params: Mapping[str, str]) -> SearchParameters:
    """Parse the parameters, or raise RejectedRequestError as v1.1 would respond."""
    q = params.get("q", "").strip()
    if not q:
        raise RejectedRequestError(400, 25, "Query parameters are missing.")
    since_id, max_id = _number(params, "since_id") or 0, _number(params, "max_id")
    result_type = params.get("result_type", "mixed")
    if len(q) > LONGEST or (max_id is not None and max_id < since_id):
        raise RejectedRequestError(403, 195, "Missing or invalid url parameter")
    if result_type not in ("mixed", "recent", "popular"):
        raise RejectedRequestError(400, 44, "attribute value invalid")
    count = _number(params, "count")
    return SearchParameters(
        q,
        15 if count is None else min(max(count, 1), 100),
        since_id,
        max_id,
        _day(params.get("until")),
        result_type,
        params.get("tweet_mode") == "extended",
    )


class Pages:
    """Answers searches from a timeline."""

    def __init__(self, timeline: Timeline, settings: RehearsalSettings) -> None:
        self._timeline = timeline
        self._renderer = Renderer()
        self._short = settings.short
        self._rng = Random(f"short {settings.seed}")  # noqa: S311 - a play, no secret
        self._lock = threading.Lock()

    def page(
        self, asked: SearchParameters, now_ms: int, *, bad_post: bool = False
    ) -> tuple[bytes, int]:
        """Return the JSON of a page, and how many posts it has."""
        popular, recent, more = self._choose(asked)
        posts = [self._encoded(each, asked, popular=True) for each in popular]
        posts += [self._encoded(each, asked, popular=False) for each in recent]
        if bad_post:
            posts.insert(len(posts) // 2, BAD_POST)
        metadata = json.dumps(_metadata(asked, popular + recent, more, now_ms)).encode()
        body = b'{"statuses":[%s],"search_metadata":%s}' % (b",".join(posts), metadata)
        return body, len(posts)

    def _choose(self, asked: SearchParameters) -> tuple[list[Tweet], list[Tweet], bool]:
        query = parsed(asked.q)
        popular: list[Tweet] = []
        if asked.result_type == "popular" or (
            asked.result_type == "mixed" and asked.max_id is None
        ):
            popular = self._timeline.popular(query, asked.since_id, asked.upto)
            popular = popular[: min(POPULAR_ON_A_PAGE, asked.count)]
        if asked.result_type == "popular":
            return popular, [], False
        most = asked.count - len(popular)
        found = self._timeline.found(
            query, asked.since_id, asked.upto, asked.count + 1 + len(popular)
        )
        found = [tweet for tweet in found if tweet not in popular]
        recent = found[: self._shortened(most)]
        more = len(found) > len(recent)
        # like v1.1, name a next page after most last pages too: an empty one
        return popular, recent, more or bool(recent and recent[-1].posted_ms % 2)

    def _shortened(self, most: int) -> int:
        with self._lock:
            if most > 1 and self._rng.random() < self._short:
                return self._rng.randrange(1, most)
            return most

    def _encoded(self, tweet: Tweet, asked: SearchParameters, *, popular: bool) -> bytes:
        return self._renderer.encoded(tweet, extended=asked.extended, popular=popular)


def _metadata(
    asked: SearchParameters, page: list[Tweet], more: bool, now_ms: int
) -> dict[str, object]:
    ids = [tweet.id for tweet in page]
    newest = max(ids, default=snowflake(now_ms))
    max_id = newest if asked.max_id is None else asked.max_id
    common = f"&include_entities=1&result_type={asked.result_type}"
    q = quote(asked.q, safe="-._~")
    value: dict[str, object] = {
        "completed_in": 0.04,
        "max_id": max_id,
        "max_id_str": str(max_id),
        "query": quote_plus(asked.q, safe="-._~"),
        "refresh_url": f"?since_id={max_id}&q={q}{common}",
        "count": asked.count,
        "since_id": asked.since_id,
        "since_id_str": str(asked.since_id),
    }
    if more and ids:
        value["next_results"] = f"?max_id={min(ids) - 1}&q={q}&count={asked.count}{common}"
    return value


def _number(params: Mapping[str, str], name: str) -> int | None:
    text = params.get(name)
    if text is None:
        return None
    if not re.fullmatch(r"-?[0-9]{1,19}", text):
        raise RejectedRequestError(400, 44, "attribute value invalid")
    return int(text)


def _day(text: str | None) -> int | None:
    if text is None:
        return None
    try:
        day = datetime.strptime(text, "%Y-%m-%d").replace(tzinfo=UTC)
    except ValueError:
        raise RejectedRequestError(400, 44, "attribute value invalid") from None
    return int(day.timestamp() * 1000)
