"""The simulated X v1.1: how it answers requests, and the statistics it keeps of them.

Like X, it checks in this order: authentication, random faults, the quota, the page. Knows nothing
of sockets; `http_server.py` serves it on this machine.
"""

from __future__ import annotations

import threading
import time
from collections import Counter
from dataclasses import dataclass, fields
from typing import TYPE_CHECKING
from urllib.parse import parse_qsl

import msgspec

from twittervotes.rehearsal.answer import HttpAnswer, RejectedRequestError, error
from twittervotes.rehearsal.audience import Audience
from twittervotes.rehearsal.page import Pages, search
from twittervotes.rehearsal.quota import Budget, Left
from twittervotes.rehearsal.settings import Credentials, Fault, RehearsalSettings
from twittervotes.rehearsal.signature import Porter
from twittervotes.rehearsal.timeline import Posting, Timeline
from twittervotes.rehearsal.trouble import Troubles, instead
from twittervotes.rehearsal.truth import true_post, truth

if TYPE_CHECKING:
    from collections.abc import Callable

SEARCH = "/1.1/search/tweets.json"
STATUS = "/1.1/application/rate_limit_status.json"


@dataclass(frozen=True, slots=True)
class Log:
    """The network's statistics of its clients since its start."""

    requests: int = 0  # searches, including refused ones
    pages: int = 0
    posts: int = 0  # posts delivered, including repeats
    bad_signatures: int = 0  # including missing headers and wrong tokens
    bad_times: int = 0
    replays: int = 0  # a nonce used twice
    bad_parameters: int = 0
    limited: int = 0  # 429 because the quota was used up
    faults: int = 0  # simulated on purpose
    plus_signs: int = 0  # queries with + for a space: X accepts them, stricter networks don't


class SimulatedTwitter:
    """The network: one audience, one timeline, one quota per credential."""

    def __init__(
        self,
        settings: RehearsalSettings,
        tags: tuple[str, ...],
        credentials: Credentials,
        clock: Callable[[], float] = time.time,
        audience: Posting | None = None,
    ) -> None:
        self._clock = clock
        self._off_s = settings.clock_off_s
        self._tags = tags
        self.slow_s = settings.faults.slow_s
        self.timeline = Timeline(audience or Audience(settings, tags, self.now_ms()))
        self._pages = Pages(self.timeline, settings)
        self._porter = Porter(credentials)
        self._budget = Budget(settings.limit, settings.window_s)
        self._troubles = Troubles(settings)
        self._lock = threading.Lock()
        self._seen: Counter[str] = Counter()

    def now_s(self) -> float:
        """Return the time by the network's own clock."""
        return self._clock() + self._off_s

    def now_ms(self) -> int:
        """Return the same time in whole milliseconds."""
        return int(self.now_s() * 1000)

    def advance(self) -> None:
        """Generate posts up to now, so that the next request needn't."""
        self.timeline.advance(self.now_ms())

    def answer(
        self,
        method: str,
        target: str,
        host: str,
        authorization: str,
        body: bytes = b"",  # noqa: ARG002 - v1.1 reads by GET alone
    ) -> HttpAnswer:
        """Answer a request; `target` is its path and query as received."""
        path, _, query = target.partition("?")
        try:
            if path.startswith("/rehearsal/"):
                return self._about_itself(method, path, dict(parse_qsl(query)))
            if method != "GET" or path not in (SEARCH, STATUS):
                return error(404, 34, "Sorry, that page does not exist")
            if path == SEARCH:
                self.count(requests=1, plus_signs=int("+" in query))
            url = f"http://{host.lower()}{path}"
            who = self._porter.admit(method, url, query, authorization, self.now_s())
            return self._status(who) if path == STATUS else self._search(who, query)
        except RejectedRequestError as refused:
            if refused.counts_as:
                self.count(**{refused.counts_as: 1})
            return error(refused.status, refused.code, refused.message)

    def _search(self, who: str, query: str) -> HttpAnswer:
        now_s = self.now_s()
        fault = self._troubles.next()
        self.count(faults=int(fault is not None))
        harm = instead(fault, self._budget.look(who, now_s), now_s)
        if harm is not None:
            return harm
        left = self._budget.take(who, now_s)
        if not left.allowed:
            self.count(limited=1)
            return error(429, 88, "Rate limit exceeded", left.headers)
        try:
            return self._page(query, left, fault)
        except RejectedRequestError as refused:
            self.count(bad_parameters=1)
            return error(refused.status, refused.code, refused.message, left.headers)

    def _page(self, query: str, left: Left, fault: Fault | None) -> HttpAnswer:
        asked = search(dict(parse_qsl(query, keep_blank_values=True)))
        self.advance()
        bad = fault is Fault.BAD_POST
        body, posts = self._pages.page(asked, self.now_ms(), bad_post=bad)
        self.count(pages=1, posts=posts)
        return HttpAnswer(200, body, left.headers, fault=fault)

    def _status(self, who: str) -> HttpAnswer:
        left = self._budget.look(who, self.now_s())
        limits = {"limit": left.limit, "remaining": left.remaining, "reset": left.reset_s}
        return HttpAnswer(
            200, msgspec.json.encode({"resources": {"search": {"/search/tweets": limits}}})
        )

    def _about_itself(self, method: str, path: str, params: dict[str, str]) -> HttpAnswer:
        self.advance()
        now_ms = self.now_ms()
        try:
            match method, path:
                case "GET", "/rehearsal/truth":
                    opens_ms = int(params.get("opens_ms", 0))
                    closes_ms = int(params.get("closes_ms", now_ms))
                    posted = self.timeline.posted()
                    found = truth(posted, self._tags, opens_ms, closes_ms, now_ms)
                    return HttpAnswer(200, msgspec.json.encode(found))
                case "GET", "/rehearsal/posts":
                    posts = list(map(true_post, self.timeline.posted()))
                    return HttpAnswer(200, msgspec.json.encode(posts))
                case "GET", "/rehearsal/log":
                    return HttpAnswer(200, msgspec.json.encode(self._log()))
                case "POST", "/rehearsal/fail":
                    times = min(int(params.get("times", 1)), 1000)
                    self._troubles.ask(Fault(params.get("fault", "")), times)
                    return HttpAnswer(200, b"{}")
        except ValueError as wrong:
            return error(400, 44, f"attribute value invalid: {wrong}")
        return error(404, 34, "Sorry, that page does not exist")

    def _log(self) -> Log:
        with self._lock:
            return Log(**{field.name: self._seen[field.name] for field in fields(Log)})

    def count(self, **seen: int) -> None:
        """Add to the statistics of `Log`."""
        with self._lock:
            self._seen.update(seen)
