"""The desk for programs: JSON under /v1, by a session or by a token."""

from __future__ import annotations

import asyncio
import functools
import inspect
from typing import TYPE_CHECKING, Annotated, Final

import msgspec
from litestar import Response, delete, get, post
from litestar.openapi import ResponseSpec
from litestar.params import PathParameter

from twittervotes.board import limits
from twittervotes.board.answers import PROBLEMS, Segment, problems
from twittervotes.desk.door import Asked, Door, Signed, address, allowed, check_private
from twittervotes.desk.people import DECK, DeskError, People, Person
from twittervotes.desk.roles import EVERY, Right, Role
from twittervotes.desk.wishes import CONFIRMED, Counters, Kind, Wish

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Sequence

    from litestar.datastructures import Cookie
    from litestar.handlers import HTTPRouteHandler

    from twittervotes.core.polling.requests import ActAnswer

Number = Annotated[int, PathParameter(ge=1, lt=2**53)]
Text = Annotated[str, msgspec.Meta(max_length=600)]
BUTTONS: Final[dict[str, Kind]] = {
    "show": "show",
    "hide": "hide",
    "open": "opened",
    "close": "closed",
    "next": "next",
}
REFUSALS: Final = {
    **PROBLEMS,
    **problems(
        {
            401: "Nobody is signed in, or the token isn't valid",
            403: "The person may not do this",
            409: "It can't be done now",
            413: "The body is too large",
            429: "Too many requests",
        }
    ),
}


class DeskCredentials(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What somebody signs in with."""

    name: Text
    password: Text


class DeskAccount(msgspec.Struct, frozen=True):
    """Who is signed in; programs with a cookie return `csrf` in the header X-CSRF-Token."""

    name: str
    roles: dict[str, str]
    csrf: str = ""


class RequestStatus(msgspec.Struct, frozen=True):
    """A requested act. Until it is `answered`, the counter hasn't looked at it."""

    id: str
    answered: bool = False
    applied: bool = False
    words: str = ""
    at_ms: int = 0


class Invited(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Whom an invitation is for: a role, for one contest or (`*`) for all of them."""

    role: Role
    contest: Annotated[str, msgspec.Meta(pattern=r"^(\*|[a-z0-9-]{1,100})$")] = EVERY


class SecretLink(msgspec.Struct, frozen=True):
    """A link with a secret, which is shown only once."""

    url: str


class SecretToken(msgspec.Struct, frozen=True):
    """A token for programs, which is shown only once; it ends after 30 days."""

    token: str


class AuditLine(msgspec.Struct, frozen=True):
    """Who did what at the desk."""

    at_ms: int
    who: str
    what: str
    contest: str
    detail: str


class DeskApi:
    """Answers programs."""

    def __init__(self, people: People, counters: Counters, door: Door) -> None:
        self._people = people
        self._counters = counters
        self._door = door

    def routes(self) -> list[HTTPRouteHandler]:
        """Return the routes."""
        one = "/v1/contests/{slug:str}"
        return [
            taking("/v1/session", self.sign_in, DeskAccount, "Sign in", 200),
            ending("/v1/session", self.sign_out, "Sign out"),
            told("/v1/me", self.me, DeskAccount, "Who is signed in"),
            taking(f"{one}/acts", self.ask, RequestStatus, "Request an act", 202),
            told(f"{one}/acts/{{id:str}}", self.answer, RequestStatus, "What became of it"),
            taking(f"{one}/decks", self.make_deck, SecretLink, "Make a deck"),
            ending(f"{one}/decks", self.end_decks, "End your decks and tokens"),
            taking(f"{one}/tokens", self.make_token, SecretToken, "Make a token for programs"),
            taking("/v1/invitations", self.invite, SecretLink, "Invite somebody"),
            ending("/v1/people/{number:int}", self.end_person, "End an account"),
            told("/v1/audit", self.audit, list[AuditLine], "Who did what"),
            taking(
                "/v1/deck/{token:str}/{action:str}",
                self.press,
                RequestStatus,
                "Press a deck's button",
                200,
            ),
        ]

    def sign_in(self, request: Asked, data: DeskCredentials) -> Response[bytes]:
        """Start a session."""
        cookie = self._door.sign_in(request, data.name, data.password)
        found = self._people.of_session(str(cookie.value))
        if found is None:
            raise DeskError("Sign in again.", 401)
        csrf = self._door.csrf(str(cookie.value))
        return _json(_account(Signed(found, csrf)), cookies=[cookie])

    def sign_out(self, request: Asked) -> None:
        """End the session."""
        self._door.form(request, request.headers.get("x-csrf-token", ""))
        self._door.sign_out(request)

    def me(self, request: Asked) -> Response[bytes]:
        """Return who is signed in."""
        return _json(_account(self._door.signed(request)))

    def ask(self, request: Asked, slug: Segment, data: Wish) -> Response[bytes]:
        """Request an act of a contest."""
        person = self._door.caller(request)
        way = "token" if request.headers.get("authorization") else "session"
        name = requested(self._people, self._counters, self._door, person, slug, data, way)
        return _json(RequestStatus(name), status=202)

    def answer(
        self,
        request: Asked,
        slug: Segment,
        id: Segment,  # noqa: A002 - as in the path
    ) -> Response[bytes]:
        """Return what became of a requested act."""
        allowed(self._door.caller(request), Right.SEE, slug)
        return _json(_status(id, self._counters.answer(slug, id)))

    def make_deck(self, request: Asked, slug: Segment) -> Response[bytes]:
        """Return the link of a new deck for a contest."""
        person = self._signed(request, Right.ACT, slug)
        self._counters.document(slug)
        return _json(SecretLink(deck_link(self._people, request, person, slug)), status=201)

    def end_decks(self, request: Asked, slug: Segment) -> None:
        """End all decks and tokens that the person made for a contest."""
        self._people.end_tokens(self._signed(request, Right.SEE, slug), slug)

    def make_token(self, request: Asked, slug: Segment) -> Response[bytes]:
        """Return a new token for programs, for one contest."""
        person = self._signed(request, Right.SEE, slug)
        self._counters.document(slug)
        return _json(SecretToken(self._people.make_token(person, "api", slug)), status=201)

    def invite(self, request: Asked, data: Invited) -> Response[bytes]:
        """Return the link by which somebody can join."""
        person = self._signed(request, Right.INVITE)
        link = invitation_link(self._people, request, person, data.role, data.contest)
        return _json(SecretLink(link), status=201)

    def end_person(self, request: Asked, number: Number) -> None:
        """End somebody's account, sessions and tokens."""
        self._people.end(self._signed(request, Right.INVITE), number)

    def audit(self, request: Asked) -> Response[bytes]:
        """Return the newest lines of the audit."""
        person = self._door.caller(request)
        allowed(person, Right.INVITE, EVERY)
        lines = [AuditLine(*line) for line in self._people.audit()]
        return Response(msgspec.json.encode(lines), media_type="application/json")

    async def press(self, request: Asked, token: Segment, action: Segment) -> Response[bytes]:
        """Do what a button of a deck says, and return what became of it."""
        slug, name = await asyncio.to_thread(
            pressed, self._people, self._counters, self._door, request, token, action
        )
        return _json(_status(name, await self._counters.settled(slug, name)))

    def _signed(self, request: Asked, right: Right, contest: str = EVERY) -> Person:
        """Return who sends this, if they are signed in (not by a token) and have the right."""
        signed = self._door.form(request, request.headers.get("x-csrf-token", ""))
        allowed(signed.person, right, contest)
        return signed.person


def in_thread(handler: Callable[..., object]) -> Callable[..., Awaitable[object]]:
    """Return a handler that runs in another thread, because it waits for the database or a file.

    One that is asynchronous already is only wrapped.

    Litestar's own `sync_to_thread` fails for a path with two methods.
    """

    @functools.wraps(handler)
    async def run(*given: object, **named: object) -> object:
        if inspect.iscoroutinefunction(handler):
            return await handler(*given, **named)
        return await asyncio.to_thread(handler, *given, **named)

    return run


def taking(
    path: str, handler: Callable[..., object], kind: type[object], words: str, status: int = 201
) -> HTTPRouteHandler:
    """Return a route that changes something."""
    made = post(
        path, status_code=status, summary=words, responses={status: _said(kind, words), **REFUSALS}
    )
    return made(in_thread(handler))


def ending(path: str, handler: Callable[..., object], words: str) -> HTTPRouteHandler:
    """Return a route that ends something."""
    return delete(path, summary=words, responses=REFUSALS)(in_thread(handler))


def told(
    path: str, handler: Callable[..., object], kind: type[object], words: str
) -> HTTPRouteHandler:
    """Return a route that only answers."""
    made = get(path, summary=words, responses={200: _said(kind, words), **REFUSALS})
    return made(in_thread(handler))


def _said(kind: type[object], words: str) -> ResponseSpec:
    return ResponseSpec(kind, description=words, generate_examples=False)


def requested(
    people: People,
    counters: Counters,
    door: Door,
    person: Person,
    slug: str,
    wish: Wish,
    way: str = "session",
) -> str:
    """Request an act if the person may; return the request's name. Raises DeskError.

    Guesses at the password by one `way` don't keep the person from entering it by the other.
    """
    counters.document(slug)
    allowed(person, Right.ACT, slug)
    door.rates.check("act", str(person.id))
    kind = counters.kind(slug, wish)
    if kind in CONFIRMED:
        door.rates.check("password", f"{way} {person.id}")
        people.confirm(person, wish.password)
    name = counters.ask(slug, wish, kind, person.name)
    people.note(person.name, f"requested: {kind}", slug, name)
    return name


def pressed(
    people: People, counters: Counters, door: Door, request: Asked, token: str, action: str
) -> tuple[str, str]:
    """Request what a button of a deck says; return the contest and the request's name.

    Raises DeskError.
    """
    person, slug = deck_of(people, door, request, token)
    if action not in BUTTONS:
        raise DeskError("A deck has no such button.", 404)
    door.rates.check("deck", token)
    allowed(person, Right.ACT, slug)
    wish = Wish(BUTTONS[action])
    kind = counters.kind(slug, wish)
    if kind in CONFIRMED:
        raise DeskError("Certify the result at the desk: it needs your password.", 403)
    by = f"{person.name} {DECK}"
    name = counters.ask(slug, wish, kind, by)
    people.note(by, f"requested: {kind}", slug, name)
    return slug, name


def deck_of(people: People, door: Door, request: Asked, token: str) -> tuple[Person, str]:
    """Return whose deck it is, and for which contest. Raises DeskError."""
    check_private(request)
    found = people.of_token(token, "deck")
    if found is None:
        door.rates.check("unknown", address(request))
        raise DeskError("This deck isn't valid, or has ended. Make another at the desk.", 404)
    return found


def deck_link(people: People, request: Asked, person: Person, slug: str) -> str:
    """Return the link of a new deck."""
    return f"{_base(request)}/deck/{people.make_token(person, 'deck', slug)}"


def invitation_link(
    people: People, request: Asked, person: Person, role: Role, contest: str
) -> str:
    """Return the link of a new invitation. Raises DeskError."""
    if contest != EVERY and not limits.is_slug(contest):
        raise DeskError("There is no such vote here.", 404)
    if role is Role.ADMINISTRATOR and contest != EVERY:
        raise DeskError("An administrator is one for all votes.")
    return f"{_base(request)}/join/{people.invite(person, role, contest)}"


def _base(request: Asked) -> str:
    return f"{request.url.scheme}://{request.headers.get('host', '')}"


def _status(request: str, found: ActAnswer | None) -> RequestStatus:
    if found is None:
        return RequestStatus(request)
    return RequestStatus(request, True, found.applied, found.words, found.at_ms)


def _account(signed: Signed) -> DeskAccount:
    roles = {contest: role.value for contest, role in signed.person.roles.items()}
    return DeskAccount(signed.person.name, roles, signed.csrf)


def _json(
    value: msgspec.Struct, status: int = 200, cookies: Sequence[Cookie] = ()
) -> Response[bytes]:
    content = msgspec.json.encode(value)
    return Response(content, media_type="application/json", status_code=status, cookies=cookies)
