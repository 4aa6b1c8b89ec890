"""The pages: HTML rendered from public documents on the server, so that they work without scripts.

Jinja's autoescape escapes every text; no page has inline scripts or styles.
"""

from __future__ import annotations

import functools
import hashlib
import re
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import jinja2

from twittervotes.board import colours, course, wire
from twittervotes.board.catalogue import CURSOR, FILTERS, LONGEST_CATEGORY, CatalogueQuery
from twittervotes.board.limits import LONGEST_QUERY
from twittervotes.board.numbers import Format, clock
from twittervotes.core.contest.acts import State
from twittervotes.presentation.phrases import FINAL, RESULTS, STATES

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from twittervotes.board.overlay import Overlay

HERE = Path(__file__).parent
FONTS = HERE.parent / "fonts"
WEIGHTS = {"InterTabular-Regular.ttf": "100 590", "InterTabular-Bold.ttf": "591 900"}
SHOWN_FILTERS = {"": "All", "live": "Live", "scheduled": "Scheduled", "final": "Final"}
WISHES = ("q", "state", "category", "from", "to", "after")


@dataclass(frozen=True, slots=True)
class ChoiceRow:
    """One choice as a row: its place in the operator's order, its votes, the length of its bar."""

    index: int
    choice: wire.ChoiceDocument
    votes: str
    percent: str
    width: str


@dataclass(frozen=True, slots=True)
class Request:
    """The viewer: their number format, and the URL under which they see the board."""

    numbers: Format
    base: str
    name: str


class ProofAnswer(NamedTuple):
    """A look-up: what was typed, what became of that post (None: no look-up), any error."""

    wanted: str
    items: tuple[wire.PostStatus, ...] | None
    trouble: str


def vote(document: wire.Document, request: Request) -> str:
    """Return the page of a vote."""
    return _render("vote.html", request, **about(document, request), **_courses(document))


def _courses(document: wire.Document) -> dict[str, object]:
    """Return the course of the vote, for wide and for narrow screens."""
    return {"chart": course.chart(document), "narrow": course.chart(document, course.NARROW)}


def embed(document: wire.Document, request: Request) -> str:
    """Return only the bars, for other sites to frame."""
    return _render("embed.html", request, **about(document, request))


def overlay(document: wire.Document, request: Request, look: Overlay) -> str:
    """Return a page for OBS and vMix: transparent around its content."""
    said = about(document, request)
    return _render("overlay.html", request, **said, look=look, shown=said["rows"])


def proof(
    document: wire.Document,
    request: Request,
    published: Sequence[wire.Published],
    files: Sequence[str],
    look_up: ProofAnswer | None = None,
) -> str:
    """Return the page with the published digests; with `look_up`, it has a form."""
    said = about(document, request)
    return _render("proof.html", request, **said, published=published, files=files, look_up=look_up)


def search(wish: Mapping[str, str]) -> CatalogueQuery:
    """Parse the search of a form. Raises ValueError with a sentence."""
    state = next((name for name in ("", *FILTERS) if name == wish["state"]), None)
    if state is None:
        raise ValueError(f"state must be one of {', '.join(FILTERS)}.")
    if len(wish["q"]) > LONGEST_QUERY or len(wish["category"]) > LONGEST_CATEGORY:
        raise ValueError("That is too long to search for.")
    if not re.fullmatch(CURSOR, wish["after"]):
        raise ValueError("after must be the `next` of another page.")
    return CatalogueQuery(
        q=wish["q"],
        state=state,
        category=wish["category"],
        begin=_day(wish, "from"),
        end=_day(wish, "to"),
        after=wish["after"],
    )


def _day(wish: Mapping[str, str], name: str) -> date | None:
    try:
        return date.fromisoformat(wish[name]) if wish[name] else None
    except ValueError:
        raise ValueError(f"{name} must be a day such as 2026-11-20.") from None


def catalogue(page: wire.CataloguePage, request: Request, wish: dict[str, str]) -> str:
    """Return the catalogue; `wish` has the search, by parameter name."""
    cards = [about(wire.Document(each.contest, each.state), request) for each in page.items]
    return _render(
        "catalogue.html", request, cards=cards, page=page, wish=wish, filters=SHOWN_FILTERS
    )


def problem(problem: wire.ProblemDetails, request: Request) -> str:
    """Return an error page."""
    return _render("problem.html", request, problem=problem)


def badge(state: wire.StateDocument) -> str:
    """Return the words for the state of a vote."""
    of = State(state.state)
    return (RESULTS if of in FINAL else STATES)[of]


def rows(document: wire.Document, numbers: Format) -> list[ChoiceRow]:
    """Return the choices, most votes first; the longest bar is full."""
    contest, state = document.contest, document.state
    most = max((share.votes or 0 for share in state.tally), default=0)
    made = []
    for index, (choice, share) in enumerate(zip(contest.choices, state.tally, strict=True)):
        votes = share.votes or 0
        width = max(1.0, 100 * votes / most) if votes > 0 else 0.0
        hidden = share.votes is None
        made.append(
            ChoiceRow(
                index,
                choice,
                "" if hidden else numbers.whole(votes),
                "" if share.percent is None else numbers.tenths(share.percent),
                f"{width:.2f}%",
            )
        )
    return sorted(made, key=lambda row: -(state.tally[row.index].votes or 0))


def about(document: wire.Document, request: Request) -> dict[str, object]:
    """Return what templates say of a vote."""
    contest, state = document.contest, document.state
    until = state.opens_ms if state.state == "scheduled" else state.closes_ms
    runs = state.state in ("scheduled", "open", "paused") and until is not None
    return {
        "document": document,
        "contest": contest,
        "state": state,
        "badge": badge(state),
        "is_live": state.state in wire.LIVE,
        "is_settled": state.state in wire.SETTLED,
        "rows": rows(document, request.numbers),
        "has_colours": bool(colours.sheet(contest)),
        "clock_words": "Opens in" if state.state == "scheduled" else "Time left",
        "clock": clock(until - state.at_ms) if runs and until is not None else "",
        "address": f"{request.base}/c/{contest.slug}",
        "most_network": max((each.votes or 0 for each in state.networks), default=0),
    }


def _render(name: str, request: Request, **values: object) -> str:
    return environment().get_template(name).render(request=request, **values)


@functools.cache
def environment(*more: Path) -> jinja2.Environment:
    """Return how pages are rendered, from our templates and from those in further folders."""
    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader([*more, HERE / "templates"]),
        autoescape=True,
        trim_blocks=True,
        lstrip_blocks=True,
        undefined=jinja2.StrictUndefined,
    )
    environment.filters["iso"] = iso
    environment.filters["utc"] = utc
    environment.filters["digest"] = lambda text: f"{text[:4]} {text[4:8]} … {text[-4:]}"
    environment.globals["asset"] = asset
    return environment


@functools.cache
def assets() -> dict[str, bytes]:
    """Return the files that pages load, by name; the style sheet begins with the fonts."""
    fonts = {path.name: path.read_bytes() for path in sorted(FONTS.glob("*.ttf"))}
    found = {path.name: path.read_bytes() for path in sorted((HERE / "static").iterdir())}
    faces = (
        f'@font-face{{font-family:"Inter Tabular";font-weight:{WEIGHTS[name]};font-display:swap;'
        f'src:url({_address(name, data)}) format("truetype")}}\n'
        for name, data in fonts.items()
        if name in WEIGHTS
    )
    return {**found, **fonts, "board.css": "".join(faces).encode() + found["board.css"]}


@functools.cache
def asset(name: str) -> str:
    """Return the URL of a file that pages load; it changes with the file."""
    return _address(name, assets()[name])


def _address(name: str, data: bytes) -> str:
    return f"/static/{hashlib.sha256(data).hexdigest()[:12]}/{name}"


def iso(at_ms: int) -> str:
    """Format a time for HTML's `datetime`; "" for a number that isn't a date."""
    try:
        return datetime.fromtimestamp(at_ms / 1000, UTC).isoformat(timespec="seconds")[:19] + "Z"
    except (ValueError, OverflowError, OSError):
        return ""


def utc(at_ms: int) -> str:
    """Format a time in words; a script converts it to the viewer's own time zone."""
    return iso(at_ms).replace("T", " ").replace("Z", " UTC")
