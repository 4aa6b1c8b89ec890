"""A page of v2's recent search, and its counts, with all their traps.

A page may be short, or empty, without being the last; without posts it has no `data` at all. Knows
nothing of HTTP, signatures and quotas.
"""

from __future__ import annotations

import json
import threading
from collections import Counter
from random import Random
from typing import TYPE_CHECKING

from twittervotes.rehearsal.audience import Tweet, TweetKind, snowflake
from twittervotes.rehearsal.page import HIGHEST_ID
from twittervotes.rehearsal.trouble import BAD_POST
from twittervotes.rehearsal.x_post import Names, created_at, post
from twittervotes.rehearsal.x_query import (
    WEEK_MS,
    LookUp,
    XSearchParameters,
    moment,
    next_token,
    query_of,
)

if TYPE_CHECKING:
    from collections.abc import Mapping

    from twittervotes.rehearsal.account import Json
    from twittervotes.rehearsal.settings import RehearsalSettings
    from twittervotes.rehearsal.timeline import Timeline
    from twittervotes.rehearsal.x_edits import Edits
    from twittervotes.rehearsal.x_settings import SimulatedXSettings

CHUNK = 500
MINUTE_MS = 60_000
MINUTES_ON_A_PAGE = 500
NOT_FOUND = "https://api.twitter.com/2/problems/resource-not-found"


class XPages:
    """Answers searches from a timeline, whose posts may have been edited."""

    def __init__(
        self, timeline: Timeline, edits: Edits, settings: RehearsalSettings, x: SimulatedXSettings
    ) -> None:
        self._timeline = timeline
        self._edits = edits
        self._x = x
        self._short = settings.short
        self._rng = Random(f"short {settings.seed}")  # noqa: S311 - a play, no secret
        self._serial = 0
        self._lock = threading.Lock()

    def page(
        self, asked: XSearchParameters, now_ms: int, *, bad_post: bool
    ) -> tuple[bytes, list[str]]:
        """Return the JSON of a page, and the IDs of the posts on it."""
        found = self._found(asked, asked.most + 1, now_ms)
        kept, partial, serial = self._whims(asked.most)
        shown = found[:kept]
        meta: Json = {"result_count": len(shown)}
        if shown:
            meta |= {"newest_id": str(shown[0].id), "oldest_id": str(shown[-1].id)}
        # like v2, name a next page after many last pages too: an empty one
        if len(found) > kept or (shown and shown[-1].posted_ms % 3 == 0):
            upto = shown[-1].id - 1 if shown else asked.upto
            meta["next_token"] = next_token(asked, upto, serial)
        told: Json = {"meta": meta}
        if shown:
            told["data"] = [self._post(each, asked) for each in shown]
        included = [each.about for each in shown if each.about is not None] * asked.included
        if included:
            told["includes"] = {f"{asked.names}s": [self._post(each, asked) for each in included]}
        if partial:
            told["errors"] = [_not_found(asked.names)]
        body = json.dumps(told).encode()
        if bad_post and shown:
            body = body.replace(b'"data": [', b'"data": [' + BAD_POST + b", ")
        return body, [str(each.id) for each in (*shown, *included)]

    def looked_up(self, asked: LookUp, now_ms: int) -> tuple[bytes, list[str]]:
        """Return the JSON of these posts, each in the requested version, and the IDs found."""
        found = {id: tweet for id in asked.ids if (tweet := self._timeline.by_id(id))}  # noqa: A001
        data = [
            post(tweet, self._edits.history(tweet.id, now_ms), asked.fields, asked.names)
            for tweet in found.values()
        ]
        missing = [_not_found(asked.names, str(each)) for each in asked.ids if each not in found]
        told = {name: value for name, value in (("data", data), ("errors", missing)) if value}
        return json.dumps(told).encode(), [*map(str, found)]

    def counts(self, params: Mapping[str, str], names: Names, now_ms: int) -> bytes:
        """Return the JSON of how many posts there are in each minute, newest first."""
        start_ms = moment(params, "start_time", now_ms) or now_ms - WEEK_MS
        stop_ms = moment(params, "end_time", now_ms) or now_ms
        first = max(start_ms // MINUTE_MS, self._first_minute())
        minutes = range(first * MINUTE_MS, stop_ms, MINUTE_MS)
        asked = XSearchParameters(
            params["query"], 1, snowflake(start_ms) - 1, HIGHEST_ID, frozenset(), names
        )
        found = self._found(asked, HIGHEST_ID, now_ms, upto=snowflake(stop_ms) - 1)
        number = Counter(tweet.posted_ms // MINUTE_MS * MINUTE_MS for tweet in found)
        skipped = int(params.get("next_token", "0"))
        pages = [
            minutes[at : at + MINUTES_ON_A_PAGE] for at in range(0, len(minutes), MINUTES_ON_A_PAGE)
        ]
        page = pages[-1 - skipped] if skipped < len(pages) else range(0)
        total = sum(number[minute] for minute in page)
        meta: Json = {f"total_{names}_count": total}
        if skipped + 1 < len(pages):
            meta["next_token"] = str(skipped + 1)
        data = [
            {
                "start": created_at(max(minute, start_ms)),
                "end": created_at(min(minute + MINUTE_MS, stop_ms)),
                f"{names}_count": number[minute],
            }
            for minute in page
        ]
        return json.dumps({"data": data, "meta": meta}).encode()

    def _found(
        self, asked: XSearchParameters, most: int, now_ms: int, upto: int | None = None
    ) -> list[Tweet]:
        """Return the newest posts as the search lists them, each only in its latest version."""
        query = query_of(asked.query, self._timeline.tags())
        upto = asked.upto if upto is None else upto
        found: list[Tweet] = []
        while len(found) < most:
            chunk = self._timeline.found(query, asked.above, upto, CHUNK)
            found += [each for each in chunk if self._is_shown(each, now_ms)]
            if len(chunk) < CHUNK:
                break
            upto = chunk[-1].id - 1
        return found[:most]

    def _is_shown(self, tweet: Tweet, now_ms: int) -> bool:
        is_refused = tweet.kind is TweetKind.RETWEET and not self._x.retweets
        return not is_refused and not self._edits.is_replaced(tweet, now_ms)

    def _post(self, tweet: Tweet, asked: XSearchParameters) -> Json:
        return post(tweet, self._edits.versions(tweet.id), asked.fields, asked.names)

    def _whims(self, most: int) -> tuple[int, bool, int]:
        """Return the page's maximum number of posts, whether it reports errors, and a number."""
        with self._lock:
            self._serial += 1
            draw, partial = self._rng.random(), self._rng.random() < self._x.partial
            if draw < self._x.empty:
                most = 0
            elif draw < self._x.empty + self._short:
                most = self._rng.randrange(1, most)
            return most, partial, self._serial

    def _first_minute(self) -> int:
        posted = self._timeline.posted()
        return min((tweet.posted_ms for tweet in posted), default=0) // MINUTE_MS


def _not_found(names: Names, number: str = "1") -> Json:
    return {
        "value": number,
        "detail": f"Could not find {names} with referenced_{names}s.id: [{number}].",
        "title": "Not Found Error",
        "resource_type": names,
        "parameter": f"referenced_{names}s.id",
        "resource_id": number,
        "type": NOT_FOUND,
    }
