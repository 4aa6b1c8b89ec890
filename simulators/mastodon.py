"""The simulated fediverse: how its two instances answer, and their statistics of requests.

Like Mastodon, it checks in this order: random faults, the limits, authentication, the page. Knows
nothing of sockets; `mastodon_servers` serves it on this machine.
"""

from __future__ import annotations

import json
import re
import threading
import time
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, fields
from random import Random
from urllib.parse import parse_qsl, quote, unquote, urlencode

import msgspec

from simulators.mastodon_json import status_json
from simulators.mastodon_limit import Allowance, Told
from simulators.mastodon_timeline import INSTANCES, Bounds, Timelines
from simulators.mastodon_world import (
    HOMES,
    Fates,
    FediverseSettings,
    Status,
    true_post,
    truth,
)
from twittervotes.core.contest.folding import fold
from twittervotes.rehearsal.answer import HTML, Headers, HttpAnswer
from twittervotes.rehearsal.audience import Audience
from twittervotes.rehearsal.settings import Fault, RehearsalSettings
from twittervotes.rehearsal.trouble import EARLY_WAIT_S, PORTAL, Troubles
from twittervotes.sources.mastodon.network import MASTODON

JSON = "application/json; charset=utf-8"
TIMELINE, STATUS = "/api/v1/timelines/tag/", "/api/v1/statuses/"
STREAM, INSTANCE = "/api/v1/streaming/hashtag", "/api/v2/instance"
MOST = 40
PAGED_BY = ("max_id", "since_id", "min_id")
MAINTENANCE = (
    b"<!DOCTYPE html><html><head><title>503 Service Unavailable</title></head>"
    b"<body><h1>We are down for maintenance.</h1></body></html>"
)
BAD_STATUS = b'{"id":null,"uri":7,"created_at":"never","visibility":"public","account":[]}'


@dataclass(frozen=True, slots=True)
class FediverseLog:
    """The statistics of both instances since the start."""

    requests: int = 0  # of timelines and statuses, including refused ones
    pages: int = 0
    paged: int = 0  # requests with an ID
    looked_up: int = 0
    limited: int = 0
    faults: int = 0
    streams: int = 0  # opened


class Fediverse:
    """Two instances with one audience. `token` is of an account on the first."""

    def __init__(
        self,
        settings: RehearsalSettings,
        tags: tuple[str, ...],
        token: str,
        play: FediverseSettings | None = None,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self.play = play or FediverseSettings()
        self.slow_s = settings.faults.slow_s
        self._settings, self._tags, self._token = settings, tags, token
        self._clock = clock
        fates = Fates(self.play, settings.seed, tags)
        self.timelines = Timelines(Audience(settings, tags, self._now_ms()), fates)
        self._allowances = [Allowance(settings.limit, settings.window_s) for _ in range(INSTANCES)]
        self._troubles = Troubles(settings)
        self._short = Random(f"short {settings.seed}")  # noqa: S311 - a play, no secret
        self._lock = threading.Lock()
        self._seen: Counter[str] = Counter()

    def now_s(self) -> float:
        return self._clock() + self._settings.clock_off_s

    def advance(self) -> None:
        """Generate posts up to now, so that the next request needn't."""
        self.timelines.advance(self._now_ms())

    def answer(
        self, instance: int, method: str, target: str, host: str, authorization: str
    ) -> HttpAnswer:
        """Return an instance's response; `target` is path and query as received."""
        path, _, query = target.partition("?")
        if path.startswith("/rehearsal/"):
            return self._about_itself(method, path, dict(parse_qsl(query)))
        if method != "GET":
            return error(404, "Record not found")
        if path.rstrip("/") in (INSTANCE, "/api/v1/instance"):
            return HttpAnswer(200, self._described(instance, host), content_type=JSON)
        if not path.startswith((TIMELINE, STATUS)):
            return error(404, "Record not found")
        return self._asked(instance, path, query, host, authorization)

    def admits(self, instance: int, authorization: str) -> bool:
        """Return whether a request is signed in; tokens are worthless on other instances."""
        return instance == 0 and authorization == f"Bearer {self._token}"

    def streamed(self, instance: int, query: str, authorization: str) -> str | HttpAnswer:
        """Return the tag of a stream to open, or why it isn't opened."""
        if not authorization:
            return error(401, "Missing access token")
        if not self.admits(instance, authorization):
            return error(401, "Invalid access token")
        tag = dict(parse_qsl(query)).get("tag")
        if not tag:
            return error(400, "Missing tag name parameter")
        self._count(streams=1)
        return fold(tag, MASTODON)

    def _asked(
        self, instance: int, path: str, query: str, host: str, authorization: str
    ) -> HttpAnswer:
        params = dict(parse_qsl(query, keep_blank_values=True))
        paging = any(name in params for name in PAGED_BY)
        fault = self._troubles.next()
        self._count(requests=1, paged=int(paging), faults=int(fault is not None))
        now_s = self.now_s()
        harm = _instead(fault, self._settings.limit, now_s)
        if harm is not None:
            return harm
        told = self._allowances[instance].take(authorization or "anyone", now_s, paging=paging)
        if not told.allowed:
            self._count(limited=1)
            return error(429, "Too many requests", told.headers)
        if authorization and not self.admits(instance, authorization):
            return error(401, "The access token is invalid", told.headers)
        if path.startswith(STATUS):
            return self._status(instance, path.removeprefix(STATUS), told)
        if self.play.closed and not authorization:
            if self.play.silent:
                return HttpAnswer(200, b"[]", told.headers, JSON)
            return error(401, "The access token is invalid", told.headers)
        return self._page(instance, path, params, host, told, fault)

    def _page(
        self,
        instance: int,
        path: str,
        params: Mapping[str, str],
        host: str,
        told: Told,
        fault: Fault | None,
    ) -> HttpAnswer:
        if not re.fullmatch("[0-9]+", params.get("limit", "20")):
            return error(422, "Validation failed: limit", told.headers)
        limit = min(max(1, int(params.get("limit", "20"))), MOST)
        bounds = Bounds(limit, *(params.get(name, "") for name in PAGED_BY))
        tag = fold(unquote(path.removeprefix(TIMELINE)), MASTODON)
        now_ms = self._now_ms()  # lists and posts must be of the same moment
        self.timelines.advance(now_ms)
        found = self.timelines.page(instance, tag, self._shortened(bounds))
        posts = [json.dumps(status_json(each, instance, now_ms)).encode() for each in found]
        if fault is Fault.BAD_POST:
            posts.insert(len(posts) // 2, BAD_STATUS)
        self._count(pages=1)
        headers = (*told.headers, *_links(found, instance, path, params, limit, host))
        return HttpAnswer(200, b"[%s]" % b",".join(posts), headers, JSON, fault)

    def _shortened(self, bounds: Bounds) -> Bounds:
        """Return bounds with a smaller limit now and then: short pages aren't the last."""
        with self._lock:
            if bounds.limit > 1 and self._short.random() < self._settings.short:
                return bounds._replace(limit=self._short.randrange(1, bounds.limit))
        return bounds

    def _status(self, instance: int, id: str, told: Told) -> HttpAnswer:  # noqa: A002 - its name
        now_ms = self._now_ms()
        self.timelines.advance(now_ms)
        self._count(looked_up=1)
        status = self.timelines.status(instance, id)
        if status is None:
            return error(404, "Record not found", told.headers)
        body = json.dumps(status_json(status, instance, now_ms)).encode()
        return HttpAnswer(200, body, told.headers, JSON)

    def _described(self, instance: int, host: str) -> bytes:
        access = "authenticated" if self.play.closed else "public"
        feeds = {"local": access, "remote": access}
        value = {
            "domain": HOMES[instance],
            "uri": HOMES[instance],
            "title": "A rehearsal",
            "version": "4.5.0",
            "configuration": {
                "urls": {"streaming": f"ws://{host}"},
                "timelines_access": {
                    "live_feeds": feeds,
                    "hashtag_feeds": feeds,
                    "trending_link_feeds": feeds,
                },
            },
            "api_versions": {"mastodon": 7},
        }
        return json.dumps(value).encode()

    def _about_itself(self, method: str, path: str, params: dict[str, str]) -> HttpAnswer:
        self.advance()
        now_ms = self._now_ms()
        try:
            match method, path:
                case "GET", "/rehearsal/truth":
                    opens_ms = int(params.get("opens_ms", 0))
                    closes_ms = int(params.get("closes_ms", now_ms))
                    posted = self.timelines.posted()
                    found = truth(posted, self._tags, opens_ms, closes_ms, now_ms)
                    return HttpAnswer(200, msgspec.json.encode(found))
                case "GET", "/rehearsal/posts":
                    posts = [true_post(each, now_ms) for each in self.timelines.posted()]
                    return HttpAnswer(200, msgspec.json.encode(posts))
                case "GET", "/rehearsal/log":
                    return HttpAnswer(200, msgspec.json.encode(self._log()))
                case "POST", "/rehearsal/fail":
                    times = min(int(params.get("times", 1)), 1000)
                    self._troubles.ask(Fault(params.get("fault", "")), times)
                    return HttpAnswer(200, b"{}")
        except ValueError as wrong:
            return error(422, f"Validation failed: {wrong}")
        return error(404, "Record not found")

    def _log(self) -> FediverseLog:
        with self._lock:
            return FediverseLog(
                **{each.name: self._seen[each.name] for each in fields(FediverseLog)}
            )

    def _count(self, **seen: int) -> None:
        with self._lock:
            self._seen.update(seen)

    def _now_ms(self) -> int:
        return int(self.now_s() * 1000)


def error(status: int, message: str, headers: Headers = ()) -> HttpAnswer:
    """Return an error in Mastodon's form."""
    return HttpAnswer(status, json.dumps({"error": message}).encode(), headers, JSON)


def _instead(fault: Fault | None, limit: int, now_s: float) -> HttpAnswer | None:
    """Return the response of a fault that takes effect before the limits are checked, if any."""
    match fault:
        case Fault.UNAVAILABLE:
            return HttpAnswer(503, MAINTENANCE, content_type=HTML)
        case Fault.INTERNAL:
            return error(500, "We're sorry, but something went wrong on our end.")
        case Fault.TOO_MANY:
            early = Told(limit, 0, now_s + EARLY_WAIT_S)
            return error(429, "Zu viele Anfragen", early.headers)
        case Fault.CALM:
            return error(429, "Too many requests")
        case Fault.RESET:
            return HttpAnswer(200, b"", fault=fault)
        case Fault.NOT_JSON:
            return HttpAnswer(200, PORTAL, content_type=HTML)
        case Fault.OTHER_SHAPE:
            return HttpAnswer(200, b'{"statuses":[]}', content_type=JSON)
    return None


def _links(
    found: list[Status],
    instance: int,
    path: str,
    params: Mapping[str, str],
    limit: int,
    host: str,
) -> Headers:
    """Return the links to other pages: none without posts, and never with `any`."""
    if not found:
        return ()
    kept = {name: params[name] for name in ("local", "remote", "only_media") if name in params}
    url = f"http://{host}{quote(unquote(path))}?{urlencode({'limit': limit, **kept})}"
    last, first = found[-1].id(instance), found[0].id(instance)
    value = f'<{url}&max_id={last}>; rel="next", <{url}&min_id={first}>; rel="prev"'
    return (("Link", value),)
