"""The catalogue: which contests a search finds, in which order, page by page; pure."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime

from twittervotes.board import wire
from twittervotes.board.limits import LONGEST_QUERY

DAY_MS = 86_400_000
FILTERS = {
    "live": wire.LIVE,
    "final": wire.SETTLED,
    "scheduled": frozenset({"scheduled"}),
    **{name: frozenset({name}) for name in ("open", "paused", "closing")},
    **{name: frozenset({name}) for name in ("provisional", "certified")},
}


@dataclass(frozen=True, slots=True)
class CatalogueQuery:
    """What is wanted: words, a state, a period of opening, and where the last page ended."""

    words: tuple[str, ...] = ()
    state: str = ""
    from_ms: int | None = None
    to_ms: int | None = None
    after: str = ""
    limit: int = 24


def search(
    *,
    q: str = "",
    state: str = "",
    begin: str = "",
    end: str = "",
    after: str = "",
    limit: int = 24,
) -> CatalogueQuery:
    """Return what a query asks for. Raises ValueError with a sentence."""
    if len(q) > LONGEST_QUERY:
        raise ValueError(f"q must have at most {LONGEST_QUERY} characters.")
    if state and state not in FILTERS:
        raise ValueError(f"state must be one of {', '.join(FILTERS)}.")
    if after and not re.fullmatch(r"[01]\.-?[0-9]{1,16}\.[a-z0-9-]{1,100}", after):
        raise ValueError("after must be the `next` of another page.")
    words = tuple(_plain(q).replace("#", " ").split())
    to_ms = None if not end else _day(end, "to") + DAY_MS
    return CatalogueQuery(words, state, _day(begin, "from") if begin else None, to_ms, after, limit)


def page(documents: Iterable[wire.Document], search: CatalogueQuery) -> wire.CataloguePage:
    """Return a page of what was found: first those under way, then the newest first."""
    found = [each for each in documents if _matches(each, search)]
    counts = {"": len(found)}
    for name in ("live", "scheduled", "final"):
        counts[name] = sum(each.state.state in FILTERS[name] for each in found)
    if search.state:
        found = [each for each in found if each.state.state in FILTERS[search.state]]
    found.sort(key=_place)
    if search.after:
        found = [each for each in found if _place(each) > _read(search.after)]
    items = found[: search.limit]
    more = _cursor(items[-1]) if len(found) > len(items) else ""
    return wire.CataloguePage(
        tuple(wire.Summary(each.contest, each.state) for each in items), more, counts
    )


def _matches(document: wire.Document, search: CatalogueQuery) -> bool:
    contest = document.contest
    opens_ms = document.state.opens_ms
    if search.from_ms is not None and opens_ms < search.from_ms:
        return False
    if search.to_ms is not None and opens_ms >= search.to_ms:
        return False
    if not search.words:
        return True
    names = [contest.title]
    for choice in contest.choices:
        names += [choice.name, choice.tag, *choice.aliases]
    text = _plain(" ".join(names))
    return all(word in text for word in search.words)


def _place(document: wire.Document) -> tuple[int, int, str]:
    """Return what sorts a contest: those under way first, then the newest."""
    is_live = document.state.state in wire.LIVE
    return 0 if is_live else 1, -document.state.opens_ms, document.contest.slug


def _cursor(document: wire.Document) -> str:
    return ".".join(map(str, _place(document)))


def _read(cursor: str) -> tuple[int, int, str]:
    group, opens, slug = cursor.split(".", 2)
    return int(group), int(opens), slug


def _plain(text: str) -> str:
    """Return a text as it is compared: without case and accents."""
    split = unicodedata.normalize("NFKD", text.casefold())
    return "".join(sign for sign in split if not unicodedata.combining(sign))


def _day(text: str, name: str) -> int:
    try:
        day = datetime.strptime(text, "%Y-%m-%d").replace(tzinfo=UTC)
    except ValueError:
        raise ValueError(f"{name} must be a day such as 2026-11-20.") from None
    return round(day.timestamp() * 1000)
