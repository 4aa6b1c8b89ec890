"""The desk's pages: HTML rendered on the server, so that they work without scripts."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Final, NamedTuple

from twittervotes.board import pages
from twittervotes.desk.people import DeskError
from twittervotes.desk.roles import Right
from twittervotes.desk.wishes import step

if TYPE_CHECKING:
    from collections.abc import Sequence

    from twittervotes.board import wire
    from twittervotes.core.polling.requests import Kind
    from twittervotes.desk.door import Signed
    from twittervotes.desk.people import Person
    from twittervotes.desk.roles import Role

HERE: Final = Path(__file__).parent / "templates"
STEPS: Final[dict[Kind, str]] = {
    "opened": "Open voting",
    "closed": "Close voting",
    "certified": "Certify the result",
    "show": "Reveal the result",
}


class RequestOutcome(NamedTuple):
    """What became of the last request: a sentence, and whether it says that something failed."""

    words: str
    failed: bool


def sign_in(viewer: pages.Request, name: str = "", trouble: str = "") -> str:
    """Return the page to sign in."""
    return _render("sign_in.html", viewer, name=name, trouble=trouble)


def join(viewer: pages.Request, token: str, name: str = "", trouble: str = "") -> str:
    """Return the page on which somebody who was invited chooses name and password."""
    return _render("join.html", viewer, token=token, name=name, trouble=trouble)


def votes(viewer: pages.Request, signed: Signed, documents: Sequence[wire.Document]) -> str:
    """Return the votes that somebody may see."""
    cards = [pages.about(each, viewer) for each in documents]
    return _render("votes.html", viewer, signed=signed, cards=cards)


def vote(
    viewer: pages.Request, signed: Signed, document: wire.Document, said: RequestOutcome | None
) -> str:
    """Return one vote with what can be done."""
    return _render(
        "operate.html",
        viewer,
        **pages.about(document, viewer),
        signed=signed,
        acts=signed.person.may(Right.ACT, document.contest.slug),
        said=said,
        next=_next(document),
    )


def people(
    viewer: pages.Request,
    signed: Signed,
    everyone: Sequence[Person],
    roles: Sequence[Role],
    slugs: Sequence[str],
    lines: Sequence[tuple[int, str, str, str, str]],
) -> str:
    """Return who has an account, a form to invite somebody, and the audit."""
    return _render(
        "people.html",
        viewer,
        signed=signed,
        everyone=everyone,
        roles=roles,
        slugs=slugs,
        lines=lines,
    )


def link(viewer: pages.Request, title: str, url: str, words: str, back: str) -> str:
    """Return a page with a link that is shown only once."""
    return _render("link.html", viewer, title=title, url=url, words=words, back=back)


def deck(
    viewer: pages.Request, document: wire.Document, token: str, said: RequestOutcome | None
) -> str:
    """Return the page of big buttons."""
    return _render(
        "deck.html",
        viewer,
        **pages.about(document, viewer),
        token=token,
        said=said,
        next=_next(document),
    )


def _next(document: wire.Document) -> str:
    try:
        return STEPS[step(document.state)]
    except DeskError:
        return ""


def _render(template: str, viewer: pages.Request, **values: object) -> str:
    return pages.environment(HERE).get_template(template).render(request=viewer, **values)
