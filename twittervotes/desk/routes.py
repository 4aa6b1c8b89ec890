"""The desk's routes, for the site of a board."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from twittervotes.board.answers import MoreRoutes
from twittervotes.desk.api import DeskApi
from twittervotes.desk.door import Asked, Door, Rates
from twittervotes.desk.forms import DeskPages
from twittervotes.desk.people import DeskError

if TYPE_CHECKING:
    from litestar import Response

    from twittervotes.board.site import Site
    from twittervotes.desk.people import People
    from twittervotes.desk.wishes import Counters

# The paths that a guard opens to POST and DELETE, and whose answers are for one person alone.
PATHS: Final = re.compile(
    r"/operator(/.*)?|/join/.+|/deck/.+|/v1/(session|me|invitations|audit|people/.+|deck/.+)"
    r"|/v1/contests/[^/]+/(acts(/.+)?|decks|tokens)",
    re.DOTALL,
)


def routes(site: Site, people: People, counters: Counters) -> MoreRoutes:
    """Return the routes of a desk at `site`."""
    door = Door(people, Rates())

    def refused(request: Asked, error: DeskError) -> Response[bytes]:
        return site.problem(request, error.status, str(error), {})

    handlers = (
        *DeskApi(people, counters, door).routes(),
        *DeskPages(people, counters, door, site.viewer).routes(),
    )
    return MoreRoutes(handlers, {DeskError: refused})
