"""The desk in a browser: pages, and the forms on them."""

from __future__ import annotations

import asyncio
import time
from typing import TYPE_CHECKING, Annotated, Final, TypeVar

import msgspec
from litestar import Response, get, post
from litestar.enums import RequestEncodingType
from litestar.params import Body

from twittervotes.board.answers import HTML, Segment
from twittervotes.desk import pages
from twittervotes.desk.api import (
    Invited,
    Number,
    deck_link,
    deck_of,
    in_thread,
    invitation_link,
    pressed,
    requested,
)
from twittervotes.desk.door import Asked, Door, address, allowed, check_origin, check_private
from twittervotes.desk.pages import RequestOutcome
from twittervotes.desk.passwords import WeakPasswordError
from twittervotes.desk.people import DeskError, People
from twittervotes.desk.roles import EVERY, Right, Role
from twittervotes.desk.wishes import Counters, Wish

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from litestar.datastructures import Cookie
    from litestar.handlers import HTTPRouteHandler

    from twittervotes.board.pages import Request as Viewer

Form = Annotated[dict[str, str], Body(media_type=RequestEncodingType.URL_ENCODED)]
T = TypeVar("T", Invited, Wish)
HOME: Final = "/operator"
PENDING: Final = RequestOutcome(
    "The counter hasn't answered yet. Without a counter, this ends in 30 s.", True
)


class DeskPages:
    """Answers browsers; `viewer` returns how a request sees the board."""

    def __init__(
        self,
        people: People,
        counters: Counters,
        door: Door,
        viewer: Callable[[Asked], Viewer],
    ) -> None:
        self._people = people
        self._counters = counters
        self._door = door
        self._viewer = viewer

    def routes(self) -> list[HTTPRouteHandler]:
        """Return the routes."""
        return [
            shown(HOME, self.home),
            sent(f"{HOME}/sign-in", self.sign_in),
            sent(f"{HOME}/sign-out", self.sign_out),
            sent(f"{HOME}/sign-out-everywhere", self.sign_out_everywhere),
            shown(f"{HOME}/people", self.people),
            sent(f"{HOME}/people", self.invite),
            sent(f"{HOME}/people/{{number:int}}/end", self.end_person),
            shown(f"{HOME}/c/{{slug:str}}", self.vote),
            sent(f"{HOME}/c/{{slug:str}}/acts", self.act),
            sent(f"{HOME}/c/{{slug:str}}/deck", self.make_deck),
            sent(f"{HOME}/c/{{slug:str}}/end-decks", self.end_decks),
            shown("/join/{token:str}", self.invitation),
            sent("/join/{token:str}", self.join),
            shown("/deck/{token:str}", self.deck),
            sent("/deck/{token:str}/{action:str}", self.press),
        ]

    def home(self, request: Asked) -> Response[str]:
        """Show the votes, or the form to sign in."""
        viewer = self._viewer(request)
        try:
            signed = self._door.signed(request)
        except DeskError:
            return _page(pages.sign_in(viewer))
        seen = [
            each
            for each in self._counters.documents()
            if signed.person.may(Right.SEE, each.contest.slug)
        ]
        return _page(pages.votes(viewer, signed, seen))

    def sign_in(self, request: Asked, data: Form) -> Response[str]:
        """Start a session."""
        name = data.get("name", "")
        try:
            cookie = self._door.sign_in(request, name, data.get("password", ""))
        except DeskError as error:
            page = pages.sign_in(self._viewer(request), name[:100], str(error))
            return _page(page, error.status)
        return _to(HOME, cookie)

    def sign_out(self, request: Asked, data: Form) -> Response[str]:
        """End the session."""
        self._door.form(request, data.get("csrf", ""))
        return _to(HOME, self._door.sign_out(request))

    def sign_out_everywhere(self, request: Asked, data: Form) -> Response[str]:
        """End all sessions of the person, on other machines too."""
        signed = self._door.form(request, data.get("csrf", ""))
        self._people.sign_out_everywhere(signed.person)
        return _to(HOME, self._door.sign_out(request))

    def people(self, request: Asked) -> Response[str]:
        """Show who has an account."""
        signed = self._door.signed(request)
        allowed(signed.person, Right.INVITE, EVERY)
        slugs = sorted(each.contest.slug for each in self._counters.documents())
        everyone, lines = self._people.everyone(), self._people.audit(30)
        page = pages.people(self._viewer(request), signed, everyone, tuple(Role), slugs, lines)
        return _page(page)

    def invite(self, request: Asked, data: Form) -> Response[str]:
        """Show the link of a new invitation."""
        signed = self._door.form(request, data.get("csrf", ""))
        allowed(signed.person, Right.INVITE, EVERY)
        wanted = _read({name: data.get(name, "") for name in ("role", "contest")}, Invited)
        link = invitation_link(self._people, request, signed.person, wanted.role, wanted.contest)
        words = "Give it to one person. It works once, within three days."
        viewer = self._viewer(request)
        return _page(pages.link(viewer, "Invitation", link, words, f"{HOME}/people"))

    def end_person(self, request: Asked, number: Number, data: Form) -> Response[str]:
        """End somebody's account."""
        signed = self._door.form(request, data.get("csrf", ""))
        allowed(signed.person, Right.INVITE, EVERY)
        self._people.end(signed.person, number)
        return _to(f"{HOME}/people")

    def vote(self, request: Asked, slug: Segment) -> Response[str]:
        """Show a vote, and what can be done."""
        signed = self._door.signed(request)
        document = self._counters.document(slug)
        allowed(signed.person, Right.SEE, slug)
        said = self._said(slug, request.query_params.get("request", ""))
        return _page(pages.vote(self._viewer(request), signed, document, said))

    async def act(self, request: Asked, slug: Segment, data: Form) -> Response[str]:
        """Request an act."""
        name = await asyncio.to_thread(self._requested, request, slug, data)
        await self._counters.settled(slug, name)
        return _to(f"{HOME}/c/{slug}?request={name}")

    def _requested(self, request: Asked, slug: str, data: dict[str, str]) -> str:
        signed = self._door.form(request, data.pop("csrf", ""))
        wish = self._wish(slug, data)
        return requested(self._people, self._counters, self._door, signed.person, slug, wish)

    def _wish(self, slug: str, data: dict[str, str]) -> Wish:
        """Return what a form asks for; `minutes` move the end of the vote."""
        said: dict[str, object] = {key: value for key, value in data.items() if value.strip()}
        minutes = said.pop("minutes", None)
        if minutes is not None:
            state = self._counters.document(slug).state
            end_ms = max(state.closes_ms or 0, time.time_ns() // 1_000_000)
            said["until_ms"] = end_ms + 60_000 * _minutes(str(minutes))
        return _read(said, Wish)

    def make_deck(self, request: Asked, slug: Segment, data: Form) -> Response[str]:
        """Show the link of a new deck."""
        signed = self._door.form(request, data.get("csrf", ""))
        self._counters.document(slug)
        allowed(signed.person, Right.ACT, slug)
        link = deck_link(self._people, request, signed.person, slug)
        words = "Open it on a phone. Whoever has this link can use the deck; it ends in 30 days."
        viewer = self._viewer(request)
        return _page(pages.link(viewer, "Deck", link, words, f"{HOME}/c/{slug}"))

    def end_decks(self, request: Asked, slug: Segment, data: Form) -> Response[str]:
        """End the person's decks and tokens for a vote."""
        signed = self._door.form(request, data.get("csrf", ""))
        self._counters.document(slug)
        allowed(signed.person, Right.SEE, slug)
        self._people.end_tokens(signed.person, slug)
        return _to(f"{HOME}/c/{slug}")

    def invitation(self, request: Asked, token: Segment) -> Response[str]:
        """Show the form to join."""
        check_private(request)
        if not self._people.is_invited(token):
            self._door.rates.check("unknown", address(request))
            raise DeskError("This invitation was used or has ended. Ask for another.", 410)
        return _page(pages.join(self._viewer(request), token))

    def join(self, request: Asked, token: Segment, data: Form) -> Response[str]:
        """Make an account, and sign in."""
        check_origin(request)
        check_private(request)
        self._door.rates.check("unknown", address(request))
        name, password = data.get("name", ""), data.get("password", "")
        try:
            self._people.join(token, name, password)
        except (DeskError, WeakPasswordError) as error:
            page = pages.join(self._viewer(request), token, name[:100], str(error))
            return _page(page, error.status if isinstance(error, DeskError) else 400)
        return _to(HOME, self._door.sign_in(request, name, password))

    def deck(self, request: Asked, token: Segment) -> Response[str]:
        """Show a deck."""
        _, slug = deck_of(self._people, self._door, request, token)
        said = self._said(slug, request.query_params.get("request", ""))
        document = self._counters.document(slug)
        return _page(pages.deck(self._viewer(request), document, token, said))

    async def press(self, request: Asked, token: Segment, action: Segment) -> Response[str]:
        """Do what a button of a deck says."""
        slug, name = await asyncio.to_thread(
            pressed, self._people, self._counters, self._door, request, token, action
        )
        await self._counters.settled(slug, name)
        return _to(f"/deck/{token}?request={name}")

    def _said(self, slug: str, request: str) -> RequestOutcome | None:
        """Return what became of a request that a page was left with."""
        if not request:
            return None
        found = self._counters.answer(slug, request)
        if found is None:
            return PENDING
        return (
            RequestOutcome("Done.", False) if found.applied else RequestOutcome(found.words, True)
        )


def shown(path: str, handler: Callable[..., object]) -> HTTPRouteHandler:
    """Return the route of a page."""
    made = get(
        path,
        media_type=HTML,
        include_in_schema=False,
    )
    return made(in_thread(handler))


def sent(path: str, handler: Callable[..., object]) -> HTTPRouteHandler:
    """Return the route of a form."""
    made = post(
        path,
        media_type=HTML,
        include_in_schema=False,
    )
    return made(in_thread(handler))


def _read(said: dict[str, object] | dict[str, str], kind: type[T]) -> T:
    """Return what a form says. Raises DeskError."""
    try:
        return msgspec.convert(said, kind, strict=False)
    except msgspec.ValidationError as error:
        raise DeskError(f"This can't be done: {error}.") from error


def _minutes(text: str) -> int:
    if not (text.isascii() and text.isdigit() and 1 <= int(text[:5]) <= 1440):
        raise DeskError("Enter minutes from 1 to 1440.")
    return int(text[:5])


def _page(html: str, status: int = 200) -> Response[str]:
    return Response(html, media_type=HTML, status_code=status)


def _to(url: str, *cookies: Cookie) -> Response[str]:
    made: Sequence[Cookie] = cookies
    return Response("", status_code=303, headers={"location": url}, cookies=made, media_type=HTML)
