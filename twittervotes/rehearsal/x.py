"""The simulated X v2: recent search, counts and tokens, with the audience of the simulated v1.1.

Like X, it checks in this order: authentication, random faults, the quota, the page. Other requests
go to v1.1, which is served beside it and has the same posts. Knows nothing of sockets;
`http_server.py` serves it on this machine.
"""

from __future__ import annotations

import threading
import time
from collections import deque
from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import parse_qsl

import msgspec

from twittervotes.rehearsal.answer import HttpAnswer, RejectedRequestError
from twittervotes.rehearsal.audience import DAY_MS, Audience
from twittervotes.rehearsal.quota import Budget, Left
from twittervotes.rehearsal.settings import Credentials, Fault, RehearsalSettings
from twittervotes.rehearsal.signature import Porter
from twittervotes.rehearsal.trouble import Troubles, instead
from twittervotes.rehearsal.twitter import SimulatedTwitter
from twittervotes.rehearsal.x_edits import Edits
from twittervotes.rehearsal.x_page import XPages
from twittervotes.rehearsal.x_query import BOTH, BadRequestError, looked_up, search
from twittervotes.rehearsal.x_refusal import bad_request, refused
from twittervotes.rehearsal.x_settings import Refusal, SimulatedXSettings
from twittervotes.rehearsal.x_tokens import APP, PERSON, Tokens

if TYPE_CHECKING:
    from collections.abc import Callable

    from twittervotes.rehearsal.x_post import Names

SEARCH = "/2/tweets/search/recent"
COUNTS = "/2/tweets/counts/recent"
LOOK_UP = "/2/tweets"
UNAUTHORIZED = refused(Refusal.UNAUTHORIZED)


@dataclass(frozen=True, slots=True)
class XLog:
    """v2's statistics beyond those of v1.1: the billed posts, and refreshed tokens."""

    billed: int
    refreshes: int
    bad_refreshes: int


class X:
    """The network: v1.1 and v2 with one audience, and a quota per credential for each."""

    def __init__(
        self,
        settings: RehearsalSettings,
        tags: tuple[str, ...],
        credentials: Credentials,
        x: SimulatedXSettings | None = None,
        clock: Callable[[], float] = time.time,
    ) -> None:
        x = x or SimulatedXSettings()
        starts_ms = int((clock() + settings.clock_off_s) * 1000)
        edits = Edits(Audience(settings, tags, starts_ms), tags, settings, x)
        self._old = SimulatedTwitter(settings, tags, credentials, clock, edits)
        self.slow_s = settings.faults.slow_s
        self._credit = x.credit
        self._names: tuple[Names, ...] = BOTH if x.names == "both" else (x.names,)
        self._pages = XPages(self._old.timeline, edits, settings, x)
        self._porter = Porter(credentials)
        self._tokens = Tokens(credentials, x.token_life_s)
        self._budget = Budget(settings.limit, settings.window_s)
        self._troubles = Troubles(settings)
        self._lock = threading.Lock()
        self._refusals: deque[Refusal] = deque()
        self._billed: set[tuple[int, str]] = set()

    def now_s(self) -> float:
        """Return the time by the network's own clock."""
        return self._old.now_s()

    def advance(self) -> None:
        """Generate posts up to now, so that the next request needn't."""
        self._old.advance()

    def fall_silent(self) -> None:
        """End the posts soon; edits of existing ones still come."""
        self._old.timeline.fall_silent()

    def answer(
        self, method: str, target: str, host: str, authorization: str, body: bytes = b""
    ) -> HttpAnswer:
        """Answer a request; `target` is its path and query as received."""
        path, _, query = target.partition("?")
        params = dict(parse_qsl(query, keep_blank_values=True))
        match method, path:
            case "GET", "/rehearsal/x":
                return HttpAnswer(200, msgspec.json.encode(self._log()))
            case "POST", "/rehearsal/refuse":
                return self._to_refuse(params)
            case "POST", _ if path in (APP, PERSON):
                return self._tokens.answer(path, authorization, body, self.now_s())
            case "GET", _ if path in (SEARCH, COUNTS, LOOK_UP):
                self._old.count(requests=1, plus_signs=int("+" in query))
                url = f"http://{host.lower()}{path}"
                who = self._admitted(method, url, query, authorization)
                if who is None:
                    return UNAUTHORIZED
                return self._asked(path, f"{who} {path}", params)
        return self._old.answer(method, target, host, authorization, body)

    def _admitted(self, method: str, url: str, query: str, authorization: str) -> str | None:
        """Return a name for the credential, None if it is unknown: v2 doesn't say why."""
        scheme, _, token = authorization.partition(" ")
        if scheme == "Bearer" and self._tokens.is_good(token, self.now_s()):
            return "person"
        try:
            return self._porter.admit(method, url, query, authorization, self.now_s())
        except RejectedRequestError as wrong:
            if wrong.counts_as:
                self._old.count(**{wrong.counts_as: 1})
            return None

    def _asked(self, path: str, who: str, params: dict[str, str]) -> HttpAnswer:
        now_s = self.now_s()
        fault, refusal = self._troubles.next(), self._refusal()
        self._old.count(faults=int(fault is not None or refusal is not None))
        if refusal is not None:
            return refused(refusal)
        harm = instead(fault, self._budget.look(who, now_s), now_s)
        if harm is not None:
            return harm
        left = self._budget.take(who, now_s)
        if not left.allowed:
            self._old.count(limited=1)
            return refused(Refusal.TOO_MANY, left.headers)
        try:
            return self._page(path, params, left, fault)
        except BadRequestError as wrong:
            self._old.count(bad_parameters=1)
            return bad_request(wrong, left.headers)

    def _page(
        self, path: str, params: dict[str, str], left: Left, fault: Fault | None
    ) -> HttpAnswer:
        self.advance()
        now_ms = self._old.now_ms()
        if path == COUNTS:
            body = self._pages.counts(params, self._names[0], now_ms)
            return HttpAnswer(200, body, left.headers, fault=fault)
        if path == LOOK_UP:
            body, ids = self._pages.looked_up(looked_up(params, self._names), now_ms)
        else:
            asked = search(params, self._names, now_ms)
            if self._credit is not None and len(self._billed) >= self._credit:
                return refused(Refusal.CREDITS, left.headers)
            body, ids = self._pages.page(asked, now_ms, bad_post=fault is Fault.BAD_POST)
        with self._lock:
            self._billed.update((now_ms // DAY_MS, each) for each in ids)
        self._old.count(pages=1, posts=len(ids))
        return HttpAnswer(200, body, left.headers, fault=fault)

    def _to_refuse(self, params: dict[str, str]) -> HttpAnswer:
        try:
            times = min(int(params.get("times", 1)), 1000)
            with self._lock:
                self._refusals.extend([Refusal(params.get("with", ""))] * times)
        except ValueError as wrong:
            return HttpAnswer(400, msgspec.json.encode({"error": str(wrong)}))
        return HttpAnswer(200, b"{}")

    def _refusal(self) -> Refusal | None:
        with self._lock:
            return self._refusals.popleft() if self._refusals else None

    def _log(self) -> XLog:
        with self._lock:
            return XLog(len(self._billed), self._tokens.refreshes, self._tokens.bad_refreshes)
