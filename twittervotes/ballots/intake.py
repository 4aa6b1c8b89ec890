"""Take ballots in, from a page's form or as JSON. Written for thousands per second.

An ASGI application in front of the site, which answers everything else. It reads a small body,
identifies the voter, and responds once the ballot is on disk.
"""

from __future__ import annotations

import hmac
import re
import time
from collections.abc import Awaitable, Callable, Iterable, Mapping, MutableMapping
from dataclasses import dataclass
from http.cookies import CookieError, SimpleCookie
from typing import Annotated, Final
from urllib.parse import parse_qsl, urlsplit

import msgspec
from msgspec import Meta

from twittervotes.ballots.box import BallotBox, Cast, Outcome, Recorded
from twittervotes.ballots.rates import Rate
from twittervotes.board import wire
from twittervotes.sources.web.keys import typed

Message = MutableMapping[str, object]
Scope = Mapping[str, object]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
App = Callable[..., Awaitable[None]]

FORM: Final = "/ballots"
LONGEST_BODY: Final = 4096
HTML: Final = b"text/html; charset=utf-8"
COOKIE, SECURE_COOKIE, RECEIPT = "ballot", "__Host-ballot", "receipt"
MONTH_S: Final = 30 * 86_400
TOKEN: Final = re.compile("[A-Za-z0-9_-]{16,64}")
# A hall of 50,000 may vote at once from one address; code guessers get 200 tries, then 2 a second.
BALLOTS, WRONG_CODES = (50_000, 5_000.0), (200, 2.0)

Short = Annotated[str, Meta(max_length=200)]


class JsonBallot(msgspec.Struct, forbid_unknown_fields=True):
    """A ballot as JSON."""

    choice: Short
    code: Annotated[str, Meta(max_length=40)] = ""


@dataclass(frozen=True, slots=True)
class Attempt:
    """A ballot as received: the browser's cookie, the returned token, and the form's fields."""

    choice: str
    retry: str
    code: str = ""
    cookie: str = ""
    form: str = ""
    is_page: bool = False


# What can be wrong with an attempt: an HTTP status, and a sentence for the voter.
PROBLEMS: Final[dict[str, tuple[int, str]]] = {
    "soon": (403, "Voting hasn’t opened yet."),
    "paused": (503, "Voting is paused. Try again in a moment."),
    "closed": (403, "Voting has closed."),
    "voted": (409, "You have voted already. Your first vote is recorded."),
    "unknown choice": (400, "Choose one of the choices."),
    "too many": (429, "You have voted too often."),
    "busy": (503, "Many are voting right now. Try again in a moment."),
    "no room": (503, "Votes can’t be recorded at the moment. Tell the organiser."),
    "failed": (503, "Your vote wasn’t recorded. Try again."),
    "wrong code": (403, "This code isn’t valid. Check it and try again."),
    "too fast": (429, "Too many wrong codes came from your network. Try again in a minute."),
    "no cookie": (403, "Your browser must accept a cookie, so that you vote once. Try again."),
    "not a ballot": (400, "This isn’t a ballot."),
    "elsewhere": (403, "Vote on the page of the vote itself."),
}

Headers = list[tuple[bytes, bytes]]
Page = Callable[[Scope, Attempt, str], Awaitable[tuple[int, bytes, Headers]]]


class BallotIntake:
    """Takes ballots for `box`; `page` renders the page that says why one was refused."""

    def __init__(self, box: BallotBox, site: App, page: Page) -> None:
        self.box = box
        self._site = site
        self._page = page
        self._ballots = Rate(*BALLOTS, time.monotonic)
        self._wrong_codes = Rate(*WRONG_CODES, time.monotonic)

    @property
    def path(self) -> str:
        """Where ballots are sent as JSON."""
        return f"/v1/contests/{self.box.notice.slug}/ballots"

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Take a ballot, or forward the request to the site."""
        if scope["type"] != "http" or scope["method"] != "POST":
            await self._site(scope, receive, send)
            return
        is_page = scope["path"] == FORM
        if not is_page and scope["path"] != self.path:
            await self._site(scope, receive, send)
            return
        headers = headers_of(scope)
        body = await _body(receive)
        attempt = (_of_form if is_page else of_json)(body, headers)
        outcome: Outcome | str = "not a ballot"
        if attempt is not None:
            cast = self.judged(attempt, scope, headers)
            outcome = cast if isinstance(cast, str) else await self.box.cast(cast)
        if not is_page:
            await _answer(send, *self.response(outcome))
        elif isinstance(outcome, Recorded):
            where = f"/receipt/{outcome.receipt}".encode()
            kept = cookie(RECEIPT, outcome.receipt, is_secure=scope.get("scheme") == "https")
            await _answer(send, 303, b"", HTML, ((b"location", where), (b"set-cookie", kept)))
        else:
            sent = attempt or Attempt("", "", is_page=True)
            status, page, more = await self._page(scope, sent, outcome)
            await _answer(send, status, page, HTML, more)

    def judged(self, attempt: Attempt, scope: Scope, headers: dict[bytes, bytes]) -> Cast | str:
        """Return the ballot to cast, or why there is none."""
        if not is_from_here(headers):
            return "elsewhere"
        address = address_of(scope)
        if not self._ballots.allows(address):
            return "busy"
        level = self.box.notice.level
        if level == "code":
            if self._wrong_codes.is_spent(address):
                return "too fast"
            who = typed(attempt.code)
            if not self.box.keys.is_code(who):
                self._wrong_codes.allows(address)
                return "wrong code"
        else:
            who = attempt.cookie
            if not who:
                return "no cookie"
            expected = self.box.keys.form(who)
            if attempt.is_page and not hmac.compare_digest(attempt.form, expected):
                return "no cookie"
        voter = self.box.keys.voter(level, who)
        return Cast(voter, level, attempt.choice, attempt.retry)

    def response(self, outcome: Outcome | str) -> tuple[int, bytes, bytes]:
        """Return the status, the body and its type of the response to a ballot sent as JSON."""
        if isinstance(outcome, Recorded):
            row = outcome.row
            said = {"receipt": outcome.receipt, "number": row.seq, "at_ms": row.at_ms}
            return 201 if outcome.is_new else 200, msgspec.json.encode(said), b"application/json"
        status, words = PROBLEMS[outcome]
        problem = wire.encode(wire.ProblemDetails(outcome.capitalize(), status, words))
        return status, problem, b"application/problem+json"


def cookie(name: str, value: str, *, is_secure: bool) -> bytes:
    """Return a Set-Cookie header's value."""
    secure = "; Secure" if is_secure else ""
    return f"{name}={value}; Path=/; Max-Age={MONTH_S}; HttpOnly; SameSite=Lax{secure}".encode()


def cookies(header: str) -> dict[str, str]:
    """Return the cookies of a request."""
    try:
        return {name: morsel.value for name, morsel in SimpleCookie(header[:4096]).items()}
    except CookieError:
        return {}


def browser(header: str) -> str:
    """Return the cookie that identifies a browser, "" if there is none."""
    found = cookies(header)
    value = found.get(SECURE_COOKIE) or found.get(COOKIE, "")
    return value if TOKEN.fullmatch(value) else ""


def headers_of(scope: Scope) -> dict[bytes, bytes]:
    """Return a request's headers; of repeated ones the last."""
    pairs = scope.get("headers")
    return dict(pairs) if isinstance(pairs, list) else {}


def address_of(scope: Scope) -> str:
    """Return the client's address."""
    client = scope.get("client")
    return str(client[0]) if isinstance(client, tuple | list) and client else ""


def is_from_here(headers: dict[bytes, bytes]) -> bool:
    """Return whether no other site's page can have sent a request.

    A browser that sends no referrer says "null" for a form's origin; the form's token protects
    against browsers that send nothing else.
    """
    if headers.get(b"sec-fetch-site", b"same-origin") not in (b"same-origin", b"none"):
        return False
    origin = headers.get(b"origin", b"null")
    if origin == b"null":
        return True
    return urlsplit(origin.decode("latin-1")).netloc.encode("latin-1") == headers.get(b"host", b"")


def _of_form(body: bytes | None, headers: dict[bytes, bytes]) -> Attempt | None:
    kind = headers.get(b"content-type", b"").split(b";")[0].strip().lower()
    if body is None or kind != b"application/x-www-form-urlencoded":
        return None
    try:
        said = dict(parse_qsl(body.decode("ascii"), max_num_fields=10))
    except ValueError:
        return None
    retry = said.get("retry", "")
    if not TOKEN.fullmatch(retry):
        return None
    return Attempt(
        choice=said.get("choice", "")[:200],
        retry=retry,
        code=said.get("code", "")[:40],
        cookie=browser(headers.get(b"cookie", b"").decode("latin-1")),
        form=said.get("form", "")[:64].encode("ascii", "replace").decode(),
        is_page=True,
    )


def of_json(body: bytes | bytearray | None, headers: dict[bytes, bytes]) -> Attempt | None:
    """Return the ballot in a request's body, None if it holds none."""
    retry = headers.get(b"idempotency-key", b"").decode("latin-1").strip('"')
    if body is None or not TOKEN.fullmatch(retry):
        return None
    if headers.get(b"content-type", b"").split(b";")[0].strip().lower() != b"application/json":
        return None
    try:
        said = _decode(body)
    except (msgspec.MsgspecError, RecursionError):
        return None
    cookie = headers.get(b"cookie")
    who = browser(cookie.decode("latin-1")) if cookie else ""
    return Attempt(said.choice, retry, said.code, who)


def fields(status: int, body: bytes, kind: bytes) -> Headers:
    """Return a response's own headers."""
    found = [
        (b"content-type", kind),
        (b"content-length", b"%d" % len(body)),
        (b"cache-control", b"no-store"),
    ]
    return [*found, (b"retry-after", b"3")] if status in (429, 503) else found


_decode: Final = msgspec.json.Decoder(JsonBallot).decode


async def _body(receive: Receive) -> bytes | None:
    """Return the body, or None if it is too long or incomplete."""
    parts: list[bytes] = []
    size = 0
    while True:
        message = await receive()
        if message["type"] != "http.request":
            return None
        part = message.get("body", b"")
        if isinstance(part, bytes):
            parts.append(part)
            size += len(part)
        if size > LONGEST_BODY:
            return None
        if not message.get("more_body"):
            return b"".join(parts)


async def _answer(
    send: Send,
    status: int,
    body: bytes,
    kind: bytes,
    more: Iterable[tuple[bytes, bytes]] = (),
) -> None:
    headers = [*fields(status, body, kind), *more]
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body})
