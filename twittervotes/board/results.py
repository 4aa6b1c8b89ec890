"""Files of a result, and look-ups of posts: both need a ledger, and a result that is there."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Protocol

from litestar import Response
from litestar.exceptions import HTTPException
from litestar.response import File

from twittervotes.board import pages, wire
from twittervotes.board.answers import JSON, NO_STORE, Segment, Wanted
from twittervotes.board.jobs import BusyError
from twittervotes.core.errors import TwittervotesError

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable
    from pathlib import Path

    from twittervotes.board.hub import Channel

log = logging.getLogger(__name__)

MEDIA = {
    "result.json": JSON,
    "result.csv": "text/csv",
    "result.xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "pack.zip": "application/zip",
    "report.html": "application/octet-stream",
}


class Files(Protocol):
    """What follows votes: it runs beside the site, and makes the files of a vote."""

    async def run(self) -> None:
        """Follow the files until cancelled."""

    async def file(self, slug: str, kind: str) -> Path | str:
        """Return a file, or its URL."""

    async def look_up(self, slug: str, wanted: str) -> bytes:
        """Return what became of a post, as a document."""


class Results:
    """Answers about a result; `shown` returns a vote whose result isn't hidden, or refuses.

    `lookups` says whether viewers may look up posts.
    """

    def __init__(
        self, files: Files, shown: Callable[[str], Channel], *, lookups: bool = False
    ) -> None:
        self._files = files
        self._shown = shown
        self.lookups = lookups

    def file(self, kind: str) -> Callable[[str], Awaitable[File | Response[bytes]]]:
        """Return the handler for a file of this kind."""

        async def file(slug: Segment) -> File | Response[bytes]:
            """Return a file of the result, once it is provisional."""
            self._settled(slug)
            try:
                found = await self._files.file(slug, kind)
            except BusyError as error:
                raise _later(error) from None
            except TwittervotesError as error:
                log.warning("%s of %s can't be made: %s", kind, slug, error)
                raise HTTPException("The file can't be made.", status_code=500) from None
            self._shown(slug)  # it may have been hidden in the meantime
            if isinstance(found, str):
                return Response(b"", status_code=307, headers={"location": found})
            return File(
                found,
                filename=f"{slug}-{kind}",
                media_type=MEDIA[kind],
                headers={"cache-control": "no-cache"},
            )

        return file

    async def page(self, slug: str, wanted: str) -> pages.ProofAnswer:
        """Return what the proof page says about a post."""
        if not wanted:
            return pages.ProofAnswer("", None, "")
        try:
            found = wire.decode(await self._found(slug, wanted), wire.PostStatuses)
        except HTTPException as error:
            self._shown(slug)  # it may have been hidden in the meantime
            return pages.ProofAnswer(wanted, None, error.detail)
        return pages.ProofAnswer(wanted, found.items, "")

    async def look_up(self, slug: Segment, post: Wanted) -> Response[bytes]:
        """Return whether a post was counted or why not, once the result is provisional."""
        found = await self._found(slug, post)
        return Response(found, media_type=JSON, headers={"cache-control": NO_STORE})

    async def _found(self, slug: str, wanted: str) -> bytes:
        if not self.lookups:
            raise HTTPException("This board doesn't look up posts.", status_code=403)
        self._settled(slug)
        try:
            found = await self._files.look_up(slug, wanted)
        except BusyError as error:
            raise _later(error) from None
        except TwittervotesError as error:
            log.warning("A post of %s can't be looked up: %s", slug, error)
            raise HTTPException("Posts can't be looked up now.", status_code=503) from None
        self._shown(slug)  # it may have been hidden in the meantime
        return found

    def _settled(self, slug: str) -> None:
        """Refuse unless the result may be shown and is provisional or certified."""
        if self._shown(slug).frame.document.state.state not in wire.SETTLED:
            raise HTTPException("The result isn't provisional yet.", status_code=404)


def _later(error: BusyError) -> HTTPException:
    return HTTPException(str(error), status_code=503, headers={"retry-after": "60"})
