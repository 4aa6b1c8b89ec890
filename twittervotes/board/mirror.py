"""Follow another board and publish its documents: one counts, several serve.

It polls the catalogue and each changed vote once a second; a board that doesn't answer is retried
later, and the known documents stay.
"""

from __future__ import annotations

import asyncio
import logging
from typing import TYPE_CHECKING, Protocol

import msgspec

from twittervotes.board import curtain, wire
from twittervotes.board.limits import is_slug
from twittervotes.core.errors import TwittervotesError

if TYPE_CHECKING:
    from twittervotes.board.hub import Hub

log = logging.getLogger(__name__)

EVERY_S = 1.0
LONGEST_S = 30.0  # between two tries while the other board is unreachable
MOST_VOTES = 10_000


class Upstream(Protocol):
    """The other board."""

    url: str

    def summaries(self) -> list[wire.Summary]:
        """Return a summary of each contest."""

    def contest(self, slug: str) -> wire.Document:
        """Return the document of one contest."""

    def look_up(self, slug: str, post: str) -> tuple[wire.PostStatus, ...]:
        """Return what became of a post."""


class Mirror:
    """Publishes to `hub` the documents of another board."""

    def __init__(self, hub: Hub, upstream: Upstream) -> None:
        self._hub = hub
        self._upstream = upstream
        self._seen: dict[str, wire.Summary | None] = {}

    async def run(self) -> None:
        """Follow until cancelled."""
        wait_s = EVERY_S
        while True:
            try:
                await self._follow()
                wait_s = EVERY_S
            except (TwittervotesError, ValueError) as error:
                if wait_s == EVERY_S:
                    log.warning("The other board can't be followed: %s", error)
                else:
                    self._say_stale()
                wait_s = min(LONGEST_S, 2 * wait_s)
            await asyncio.sleep(wait_s)

    async def file(self, slug: str, kind: str) -> str:
        """Return the file's URL at the other board."""
        return f"{self._upstream.url}/v1/contests/{slug}/{kind}"

    async def look_up(self, slug: str, wanted: str) -> bytes:
        """Return the other board's answer about a post."""
        found = await asyncio.to_thread(self._upstream.look_up, slug, wanted)
        return wire.encode(wire.PostStatuses(found))

    async def _follow(self) -> None:
        summaries = await asyncio.to_thread(self._upstream.summaries)
        found = {each.contest.slug: each for each in summaries[:MOST_VOTES]}
        for slug, summary in found.items():
            if self._seen.get(slug) != summary and is_slug(slug):
                document = await asyncio.to_thread(self._upstream.contest, slug)
                self._hub.publish(slug, curtain.public(document))
                self._seen[slug] = summary
        for slug in self._seen.keys() - found.keys():
            del self._seen[slug]
            self._hub.remove(slug)

    def _say_stale(self) -> None:
        """Mark each running vote as stale."""
        for each in list(self._hub.documents()):
            if each.state.state not in wire.SETTLED and not each.state.stale:
                state = msgspec.structs.replace(each.state, stale=True)
                self._hub.publish(each.contest.slug, msgspec.structs.replace(each, state=state))
        self._seen = dict.fromkeys(self._seen)
