"""The catalogue: which contests a search finds, in which order, page by page; pure.

An operator may sort votes into categories and highlight some, in a file `catalogue.toml` beside the
ledgers. It doesn't affect results and may be lost.
"""

from __future__ import annotations

import tomllib
import unicodedata
from collections import Counter
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from typing import TYPE_CHECKING, Literal

import msgspec

from twittervotes.board import wire

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

DAY_MS = 86_400_000
FILE = "catalogue.toml"
LONGEST_CATEGORY = 40
CURSOR = r"^([0-3]\.-?[0-9]{1,16}\.[a-z0-9-]{1,100})?$"
Filter = Literal[
    "", "live", "final", "scheduled", "open", "paused", "closing", "provisional", "certified"
]
FILTERS: Mapping[Filter, frozenset[wire.StateName]] = {
    "live": wire.LIVE,
    "final": wire.SETTLED,
    "scheduled": frozenset({"scheduled"}),
    "open": frozenset({"open"}),
    "paused": frozenset({"paused"}),
    "closing": frozenset({"closing"}),
    "provisional": frozenset({"provisional"}),
    "certified": frozenset({"certified"}),
}


class CatalogueEntry(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The entry of one vote in `catalogue.toml`."""

    category: str = ""
    highlighted: bool = False


@dataclass(frozen=True, slots=True)
class CatalogueQuery:
    """A search; `begin` and `end` are days in UTC, `after` is where the last page ended."""

    q: str = ""
    state: Filter = ""
    category: str = ""
    highlighted: bool | None = None
    begin: date | None = None
    end: date | None = None
    after: str = ""
    limit: int = 24
    words: tuple[str, ...] = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "words", tuple(_plain(self.q).replace("#", " ").split()))


def entries(text: str) -> dict[str, CatalogueEntry]:
    """Parse `catalogue.toml`; return its entries by slug. Raises ValueError with a sentence."""
    found = msgspec.convert(tomllib.loads(text), dict[str, CatalogueEntry])
    for slug, entry in found.items():
        if len(entry.category) > LONGEST_CATEGORY:
            raise ValueError(f"the category of {slug} is longer than {LONGEST_CATEGORY} characters")
    return found


def page(documents: Iterable[wire.Document], search: CatalogueQuery) -> wire.CataloguePage:
    """Return a page of search results: those under way, those highlighted, then the newest."""
    found = [each for each in documents if _matches(each, search)]
    categories = Counter(each.contest.category for each in found)
    del categories[""]
    if search.category:
        found = [each for each in found if each.contest.category == search.category]
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
    summaries = tuple(wire.Summary(each.contest, each.state) for each in items)
    return wire.CataloguePage(summaries, more, counts, dict(sorted(categories.items())))


def _matches(document: wire.Document, search: CatalogueQuery) -> bool:
    contest = document.contest
    if search.highlighted is not None and search.highlighted != contest.highlighted:
        return False
    opens_ms = document.state.opens_ms
    if search.begin and opens_ms < _ms(search.begin):
        return False
    if search.end and opens_ms >= _ms(search.end) + DAY_MS:
        return False
    if not search.words:
        return True
    names = [contest.title]
    for choice in contest.choices:
        names += [choice.name, choice.tag, *choice.aliases]
    text = _plain(" ".join(names))
    return all(word in text for word in search.words)


def _place(document: wire.Document) -> tuple[int, int, str]:
    """Return a contest's sort key: those under way first, then those highlighted, the newest."""
    group = 2 * (document.state.state not in wire.LIVE) + (not document.contest.highlighted)
    return group, -document.state.opens_ms, document.contest.slug


def _cursor(document: wire.Document) -> str:
    return ".".join(map(str, _place(document)))


def _read(cursor: str) -> tuple[int, int, str]:
    group, opens, slug = cursor.split(".", 2)
    return int(group), int(opens), slug


def _plain(text: str) -> str:
    """Return a text normalised for comparison: without case and accents."""
    split = unicodedata.normalize("NFKD", text.casefold())
    return "".join(sign for sign in split if not unicodedata.combining(sign))


def _ms(day: date) -> int:
    return round(datetime(day.year, day.month, day.day, tzinfo=UTC).timestamp() * 1000)
