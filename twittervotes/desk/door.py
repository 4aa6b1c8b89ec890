"""Authentication: sessions in cookies, tokens in headers, and protection from other sites."""

from __future__ import annotations

import hashlib
import hmac
import threading
import time
from typing import TYPE_CHECKING, Final, NamedTuple

from litestar import Request
from litestar.datastructures import Cookie
from litestar.datastructures import State as Nothing

from twittervotes.ballots.rates import Rate, subnet
from twittervotes.board.limits import LOOPBACK, host_of
from twittervotes.desk.people import SESSION_MS, DeskError, People, Person, folded

if TYPE_CHECKING:
    from collections.abc import Callable

    from twittervotes.desk.roles import Right

Asked = Request[None, None, Nothing]
COOKIE: Final = "desk"
BEARER: Final = "Bearer "
STRANGER: Final = "Sign in first."


class Signed(NamedTuple):
    """Somebody who is signed in, and the value that their forms must return."""

    person: Person
    csrf: str


class Rates:
    """Limits on how often somebody may ask."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._lock = threading.Lock()
        self._rates = {
            "sign-in": Rate(10, 0.1, clock),  # of an address
            "all sign-ins": Rate(30, 1.0, clock),
            "name": Rate(10, 0.05, clock),  # of a name, from an address
            "act": Rate(30, 2.0, clock),  # of a person
            "password": Rate(10, 0.05, clock),  # of a person, by a session or by a token
            "deck": Rate(20, 5.0, clock),  # of a token
            "unknown": Rate(30, 0.5, clock),  # links and tokens of an address
        }

    def check(self, what: str, who: str) -> None:
        """Raise DeskError if `who` asks too often."""
        with self._lock:
            is_allowed = self._rates[what].allows(who)
        if not is_allowed:
            raise DeskError("Too many attempts. Wait a minute, then try again.", 429)


class Door:
    """Identifies who sends a request. All errors are DeskErrors."""

    def __init__(self, people: People, rates: Rates) -> None:
        self._people = people
        self.rates = rates

    def signed(self, request: Asked) -> Signed:
        """Return who is signed in, by their cookie."""
        token = request.cookies.get(_cookie(request), "")
        person = self._people.of_session(token) if token else None
        if person is None:
            raise DeskError(STRANGER, 401)
        return Signed(person, self.csrf(token))

    def csrf(self, token: str) -> str:
        """Return the value that the forms of a session must return."""
        return hashlib.sha256(f"form of {token}".encode(errors="replace")).hexdigest()

    def form(self, request: Asked, csrf: str) -> Signed:
        """Return who sends a form, if it is one of our own."""
        check_origin(request)
        signed = self.signed(request)
        if not hmac.compare_digest(signed.csrf.encode(), csrf.encode(errors="replace")):
            raise DeskError("This form has ended. Load the page again.", 403)
        return signed

    def caller(self, request: Asked) -> Person:
        """Return who calls the API: by a token, or by a cookie and the header X-CSRF-Token."""
        header = request.headers.get("authorization", "")
        if header:
            check_private(request)
            found = None
            if header.startswith(BEARER):
                found = self._people.of_token(header[len(BEARER) :].strip(), "api")
            if found is None:
                self.rates.check("unknown", address(request))
                raise DeskError("This token isn't valid, or has ended.", 401)
            return found[0]
        if request.method == "GET":
            return self.signed(request).person
        return self.form(request, request.headers.get("x-csrf-token", "")).person

    def sign_in(self, request: Asked, name: str, password: str) -> Cookie:
        """Return the cookie of a new session."""
        check_origin(request)
        check_private(request)
        sender = address(request)
        # A limit per name alone would let strangers lock out whoever they can name. What one
        # address tries in vain doesn't use up the sign-ins of the others.
        attempt = f"{subnet(sender)} {folded(name)}".encode(errors="replace")
        for what, who in (
            ("sign-in", sender),
            ("name", hashlib.sha256(attempt).hexdigest()),
            ("all sign-ins", ""),
        ):
            self.rates.check(what, who)
        self.sign_out(request)  # never the same session for two people
        return _made(request, self._people.sign_in(name, password), SESSION_MS // 1000)

    def sign_out(self, request: Asked) -> Cookie:
        """End the session; return the cookie that removes its cookie."""
        token = request.cookies.get(_cookie(request), "")
        if token:
            self._people.sign_out(token)
        return _made(request, "", 0)


def allowed(person: Person, right: Right, contest: str) -> None:
    """Raise DeskError unless `person` has a right for a contest."""
    if not person.may(right, contest):
        raise DeskError("You may not do this.", 403)


def check_origin(request: Asked) -> None:
    """Raise DeskError if a browser says that a page of another site sends this."""
    site, origin = request.headers.get("sec-fetch-site"), request.headers.get("origin")
    own = f"{request.url.scheme}://{request.headers.get('host', '')}"
    is_foreign = site not in (None, "same-origin") or origin not in (None, own)
    if is_foreign or (site is None and origin is None and request.cookies):
        raise DeskError("This was sent by a page of another site.", 403)


def check_private(request: Asked) -> None:
    """Raise DeskError if others could read a secret on its way."""
    is_here = host_of(request.headers.get("host", "")) in LOOPBACK
    if request.url.scheme != "https" and not is_here:
        raise DeskError("The desk needs HTTPS. Put a proxy with TLS in front of the board.", 403)


def address(request: Asked) -> str:
    """Return the address of a request's sender."""
    return request.client.host if request.client else ""


def _cookie(request: Asked) -> str:
    return f"__Host-{COOKIE}" if request.url.scheme == "https" else COOKIE


def _made(request: Asked, value: str, age_s: int) -> Cookie:
    return Cookie(
        _cookie(request),
        path="/",
        value=value,
        max_age=age_s,
        httponly=True,
        secure=request.url.scheme == "https",
        samesite="lax",
    )
