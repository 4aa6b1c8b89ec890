"""The site: its routes and their handlers. Only what starts the site imports this module."""

from __future__ import annotations

import asyncio
import contextlib
import io
import itertools
import logging
import time
from collections.abc import AsyncIterator, Callable
from http import HTTPStatus
from pathlib import Path
from typing import TYPE_CHECKING

import segno
from litestar import Litestar, Response, get
from litestar.config.compression import CompressionConfig
from litestar.exceptions import HTTPException
from litestar.openapi import OpenAPIConfig
from litestar.openapi.plugins import JsonRenderPlugin
from litestar.response import Stream

from twittervotes import __version__
from twittervotes.board import catalogue, colours, limits, overlay, pages, wire
from twittervotes.board.answers import (
    EVENTS,
    FOREVER,
    HTML,
    NO_STORE,
    PROBLEM,
    PROBLEMS,
    SHORT,
    After,
    Asked,
    Begin,
    Category,
    Digest,
    End,
    Highlighted,
    Limit,
    MoreRoutes,
    Segment,
    StateFilter,
    Text,
    answer,
    api,
    page,
)
from twittervotes.board.jobs import KINDS
from twittervotes.board.numbers import chosen
from twittervotes.board.results import MEDIA, Files, Results

if TYPE_CHECKING:
    from litestar.handlers import HTTPRouteHandler

    from twittervotes.board.hub import Channel, Hub

log = logging.getLogger(__name__)

# Streams, small documents that are requested often, and compressed files.
UNPACKED = ["/stream$", "/state", "/pack.zip$", "/result.xlsx$"]
Render = Callable[[wire.Document, pages.Request], str]
CLOSING_S = 0.1
MOST_RENDERED = 64  # pages cached per frame: languages, looks of overlays


class Site:
    """Answers requests from the hub."""

    def __init__(
        self,
        hub: Hub,
        files: Files,
        viewers: limits.Viewers,
        name: str = "",
        *,
        lookups: bool = False,
    ) -> None:
        self._hub = hub
        self._files = files
        self._results = Results(files, self._shown, lookups=lookups)
        self._viewers = viewers
        self._name = name
        self._is_over: Callable[[], bool] = lambda: False
        self.more = MoreRoutes()

    def until(self, is_over: Callable[[], bool]) -> None:
        """End all streams once `is_over`; the server waits for them."""
        self._is_over = is_over

    def app(self) -> Litestar:
        """Return the site as an ASGI application."""

        @contextlib.asynccontextmanager
        async def following(_: Litestar) -> AsyncIterator[None]:
            tasks = [asyncio.create_task(run()) for run in (self._files.run, self._closing)]
            for task in tasks:
                task.add_done_callback(_report)
            yield
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)

        return Litestar(
            [*self._routes(), *self.more.handlers],
            lifespan=[following],
            exception_handlers={
                HTTPException: self._refused,
                Exception: self._failed,
                **self.more.of_errors,
            },
            compression_config=CompressionConfig("gzip", minimum_size=700, exclude=UNPACKED),
            openapi_config=OpenAPIConfig(
                "twittervotes board",
                __version__,
                path="/v1",
                render_plugins=[JsonRenderPlugin(path="/openapi.json")],
                description="Live results of votes. Reading needs no key.",
            ),
            request_max_body_size=65_536,
        )

    async def _closing(self) -> None:
        while not self._is_over():
            await asyncio.sleep(CLOSING_S)
        self._hub.close()

    def _routes(self) -> list[HTTPRouteHandler]:
        one = "/v1/contests/{slug:str}"
        return [
            page("/", self.catalogue),
            page("/c/{slug:str}", self.vote),
            page("/c/{slug:str}/proof", self.proof),
            page("/c/{slug:str}/qr.svg", self.qr),
            page("/c/{slug:str}/colours.css", self.colours),
            page("/embed/{slug:str}", self.embed),
            page("/overlay/{slug:str}", self.overlay),
            page("/static/{version:str}/{name:str}", self.static),
            page(["/healthz", "/readyz"], self.health),
            api(
                "/v1/contests",
                self.contests,
                wire.CataloguePage,
                "The contests that a search finds",
            ),
            api(one, self.contest, wire.Document, "All that is known of a contest"),
            api(f"{one}/state", self.state, wire.StateDocument, "The standing now"),
            api(
                f"{one}/state/{{digest:str}}", self.past, wire.StateDocument, "A published standing"
            ),
            api(f"{one}/minutes", self.minutes, wire.Minutes, "The course of the vote"),
            api(f"{one}/acts", self.acts, tuple[wire.ActDocument, ...], "What the operator did"),
            api(f"{one}/standings", self.standings, wire.Standings, "The standings published"),
            api(
                f"{one}/lookup",
                self._results.look_up,
                wire.PostStatuses,
                "What became of a post, if the operator allows to ask",
            ),
            get(
                f"{one}/stream", media_type=EVENTS, responses=PROBLEMS, summary="The standing, live"
            )(self.stream),
            *(
                get(f"{one}/{kind}", media_type=MEDIA[kind], responses=PROBLEMS, summary=kind)(
                    self._results.file(kind)
                )
                for kind in KINDS
            ),
        ]

    async def catalogue(self, request: Asked) -> Response[bytes]:
        """Answer with the page of all votes."""
        wish = {name: request.query_params.get(name, "") for name in pages.WISHES}
        try:
            found = catalogue.page(self._hub.documents(), pages.search(wish))
        except ValueError as error:
            raise HTTPException(str(error), status_code=400) from None
        html = pages.catalogue(found, self.viewer(request), wish)
        return answer(request, html.encode(), HTML)

    async def vote(self, request: Asked, slug: Segment) -> Response[bytes]:
        """Answer with the page of a vote."""
        return self._rendered(request, slug, "vote", pages.vote)

    async def embed(self, request: Asked, slug: Segment) -> Response[bytes]:
        """Answer with only the bars."""
        return self._rendered(request, slug, "embed", pages.embed)

    async def overlay(self, request: Asked, slug: Segment) -> Response[bytes]:
        """Answer with a page for OBS and vMix."""
        try:
            look = overlay.read(dict(request.query_params))
        except ValueError as error:
            raise HTTPException(str(error), status_code=400) from None
        return self._rendered(
            request,
            slug,
            f"overlay {look.classes} {look.choice}",
            lambda document, viewer: pages.overlay(document, viewer, look),
        )

    async def proof(self, request: Asked, slug: Segment) -> Response[bytes]:
        """Answer with the published digests."""
        channel = self._channel(slug)
        document = channel.frame.document
        settled = document.state.state in wire.SETTLED and not document.state.hidden
        newest = list(itertools.islice(channel.published.newest_first(), 50))
        found = None
        if settled and self._results.lookups:
            wanted = request.query_params.get("post", "").strip()[: limits.LONGEST_LINK]
            found = await self._results.page(slug, wanted)
        kinds = KINDS if settled else ()
        html = pages.proof(document, self.viewer(request), newest, kinds, found)
        return answer(request, html.encode(), HTML, NO_STORE if found else SHORT)

    async def qr(self, request: Asked, slug: Segment) -> Response[bytes]:
        """Answer with the QR code of a vote's page."""
        self._channel(slug)
        picture = io.BytesIO()
        code = segno.make(f"{self.viewer(request).base}/c/{slug}", micro=False)
        code.save(
            picture,
            kind="svg",
            xmldecl=False,
            border=4,
            light="#fff",
            dark="#0f1216",
            omitsize=True,
        )
        return answer(request, picture.getvalue(), "image/svg+xml")

    async def colours(self, request: Asked, slug: Segment) -> Response[bytes]:
        """Answer with the operator's colours as a style sheet."""
        css = colours.sheet(self._channel(slug).frame.document.contest)
        return answer(request, css.encode(), "text/css")

    async def static(self, request: Asked, version: Segment, name: Segment) -> Response[bytes]:
        """Answer with a script, a style or a picture."""
        if name not in pages.assets() or pages.asset(name) != f"/static/{version}/{name}":
            raise HTTPException("There is no such file.", status_code=404)
        kind = {
            ".js": "text/javascript",
            ".css": "text/css",
            ".svg": "image/svg+xml",
            ".ttf": "font/ttf",
        }
        return answer(request, pages.assets()[name], kind[Path(name).suffix], FOREVER)

    async def health(self) -> Response[bytes]:
        """Answer that the board is running."""
        return Response(b"ok\n", media_type="text/plain", headers={"cache-control": NO_STORE})

    async def contests(
        self,
        request: Asked,
        q: Text = "",
        in_state: StateFilter = "",
        category: Category = "",
        highlighted: Highlighted = None,
        begin: Begin = None,
        end: End = None,
        after: After = "",
        limit: Limit = limits.PAGE,
    ) -> Response[bytes]:
        """Return a page of the contests that match."""
        search = catalogue.CatalogueQuery(
            q, in_state, category, highlighted, begin, end, after, limit
        )
        return answer(request, wire.encode(catalogue.page(self._hub.documents(), search)))

    async def contest(self, request: Asked, slug: Segment) -> Response[bytes]:
        """Return everything that is public about a contest."""
        return answer(request, self._channel(slug).frame.whole)

    async def state(self, request: Asked, slug: Segment) -> Response[bytes]:
        """Return the current standing."""
        return answer(request, self._channel(slug).frame.state)

    async def past(self, request: Asked, slug: Segment, digest: Segment) -> Response[bytes]:
        """Return a standing as it was published; it never changes."""
        found = self._shown(slug).published.get(digest)
        if found is None:
            raise HTTPException("No standing with this digest was published.", status_code=404)
        return answer(request, found, cache=FOREVER)

    async def minutes(self, request: Asked, slug: Segment) -> Response[bytes]:
        """Return the course of the vote."""
        return answer(request, self._channel(slug).frame.minutes)

    async def acts(self, request: Asked, slug: Segment) -> Response[bytes]:
        """Return what the operator and the clock did."""
        return answer(request, self._channel(slug).frame.acts)

    async def standings(
        self, request: Asked, slug: Segment, after: Digest = "", limit: Limit = limits.PAGE
    ) -> Response[bytes]:
        """Return the published standings, newest first."""
        published = list(self._shown(slug).published.newest_first())
        start = next((i + 1 for i, each in enumerate(published) if each.digest == after), 0)
        items = published[start : start + limit]
        more = items[-1].digest if start + limit < len(published) else ""
        return answer(request, wire.encode(wire.Standings(tuple(items), more)))

    async def stream(self, slug: Segment) -> Stream:
        """Send the standing whenever it changes, as server-sent events."""
        channel = self._channel(slug)
        if self._viewers.is_full():
            raise HTTPException(
                "Too many are watching. Ask for the state instead, once a second or two.",
                status_code=503,
                headers={"retry-after": "30"},
            )
        headers = {"cache-control": NO_STORE, "x-accel-buffering": "no"}
        return Stream(self._events(channel), media_type=EVENTS, headers=headers)

    async def _events(self, channel: Channel) -> AsyncIterator[bytes]:
        with self._viewers.watching():
            yield b"event: time\ndata: %d\n\n" % (time.time_ns() // 1_000_000)
            async for event in channel.events(self._hub.closing):
                yield event

    def _channel(self, slug: str) -> Channel:
        channel = self._hub.channels.get(slug)
        if channel is None:
            raise HTTPException("There is no such vote here.", status_code=404)
        return channel

    def _shown(self, slug: str) -> Channel:
        """Return a vote whose result isn't hidden."""
        channel = self._channel(slug)
        if channel.frame.document.state.hidden:
            raise HTTPException("The result is hidden until it is revealed.", status_code=403)
        return channel

    def _rendered(self, request: Asked, slug: str, view: str, render: Render) -> Response[bytes]:
        """Answer with a page of a vote, rendered once for all who see the same."""
        frame, viewer = self._channel(slug).frame, self.viewer(request)
        key = view, viewer.numbers.language, viewer.base
        html = frame.pages.get(key)
        if html is None:
            html = render(frame.document, viewer).encode()
            if len(frame.pages) < MOST_RENDERED:
                frame.pages[key] = html
        return answer(request, html, HTML)

    def viewer(self, request: Asked) -> pages.Request:
        """Return how a viewer sees the board."""
        host = request.headers.get("host", "")
        return pages.Request(
            numbers=chosen(request.headers.get("accept-language", "")),
            base=f"{request.url.scheme}://{host}",
            name=self._name or "twittervotes",
        )

    def _refused(self, request: Asked, error: HTTPException) -> Response[bytes]:
        headers = dict(error.headers or {})
        words = error.detail
        if error.status_code == HTTPStatus.INTERNAL_SERVER_ERROR:
            log.error("%s can't be answered: %s", request.url.path, error.detail)
            words = "The board has made a mistake. Try again."
        return self.problem(request, error.status_code, words, headers)

    def _failed(self, request: Asked, error: Exception) -> Response[bytes]:
        log.error("%s can't be answered.", request.url.path, exc_info=error)
        return self.problem(request, 500, "The board has made a mistake. Try again.", {})

    def problem(
        self, request: Asked, status: int, words: str, headers: dict[str, str]
    ) -> Response[bytes]:
        """Answer with an error: a document for programs, a page for people."""
        problem = wire.ProblemDetails(HTTPStatus(status).phrase, status, words)
        headers["cache-control"] = NO_STORE
        if request.url.path.startswith("/v1/"):
            return Response(
                wire.encode(problem), media_type=PROBLEM, status_code=status, headers=headers
            )
        html = pages.problem(problem, self.viewer(request)).encode()
        return Response(html, media_type=HTML, status_code=status, headers=headers)


def _report(task: asyncio.Task[None]) -> None:
    if not task.cancelled() and task.exception() is not None:
        log.error("The board doesn't follow the votes any more.", exc_info=task.exception())
