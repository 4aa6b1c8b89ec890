"""How the site's routes are declared and answered: media types, caching, parameters."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import date
from types import MappingProxyType
from typing import Annotated, NamedTuple

from litestar import Request, Response, get
from litestar.datastructures import State as Nothing
from litestar.handlers import HTTPRouteHandler
from litestar.openapi import ResponseSpec
from litestar.params import PathParameter, QueryParameter

from twittervotes.board import catalogue, limits, wire
from twittervotes.board.hub import etag

HTML, JSON, EVENTS = "text/html", "application/json", "text/event-stream"
PROBLEM = "application/problem+json"
SHORT, FOREVER, NO_STORE = (
    "public, max-age=1, stale-while-revalidate=5",
    "public, max-age=31536000, immutable",
    "no-store",
)
Asked = Request[None, None, Nothing]
Segment = Annotated[str, PathParameter(max_length=200)]
Text = Annotated[str, QueryParameter(max_length=limits.LONGEST_QUERY)]
StateFilter = Annotated[catalogue.Filter, QueryParameter(name="state")]
Category = Annotated[str, QueryParameter(max_length=catalogue.LONGEST_CATEGORY)]
Highlighted = Annotated[bool | None, QueryParameter()]
Begin = Annotated[date | None, QueryParameter(name="from")]
End = Annotated[date | None, QueryParameter(name="to")]
After = Annotated[str, QueryParameter(pattern=catalogue.CURSOR)]
Digest = Annotated[str, QueryParameter(pattern="^([0-9a-f]{64})?$")]
Wanted = Annotated[str, QueryParameter(min_length=1, max_length=limits.LONGEST_LINK)]
Limit = Annotated[int, QueryParameter(ge=1, le=limits.LARGEST_PAGE)]


def problems(words: Mapping[int, str]) -> dict[int, ResponseSpec]:
    """Return the errors that the API's document names, from what each status says."""
    return {
        status: ResponseSpec(
            wire.ProblemDetails, media_type=PROBLEM, description=each, generate_examples=False
        )
        for status, each in words.items()
    }


PROBLEMS = problems(
    {
        400: "A parameter isn't valid",
        403: "The result is hidden",
        404: "There is no such thing",
        503: "Too many ask",
    }
)


class MoreRoutes(NamedTuple):
    """Routes for a site beside its own, and what answers the errors that they raise."""

    handlers: Sequence[HTTPRouteHandler] = ()
    of_errors: Mapping[int | type[Exception], Callable[..., Response[bytes]]] = MappingProxyType({})


def page(path: str | list[str], handler: Callable[..., object]) -> HTTPRouteHandler:
    """Return the route of a page."""
    return get(path, media_type=HTML, include_in_schema=False)(handler)


def api(
    path: str, handler: Callable[..., object], kind: type[object], words: str
) -> HTTPRouteHandler:
    """Return the route of an API document, which the OpenAPI document lists too."""
    spec = ResponseSpec(kind, description=words, generate_examples=False)
    return get(path, media_type=JSON, responses={200: spec, **PROBLEMS}, summary=words)(handler)


def answer(request: Asked, data: bytes, kind: str = JSON, cache: str = SHORT) -> Response[bytes]:
    """Answer with `data`, or with 304 if the browser has it already."""
    tag = etag(data)
    headers = {"etag": tag, "cache-control": cache, "vary": "accept-language, accept-encoding"}
    known = request.headers.get("if-none-match", "")
    if tag in (each.strip() for each in known.split(",")):
        return Response(b"", status_code=304, headers=headers, media_type=kind)
    return Response(data, media_type=kind, headers=headers)
