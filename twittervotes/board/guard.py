"""The outermost layer of the site: which requests are accepted, and the headers of every response.

It checks the host, allows only reading, answers HEAD, and sets the headers by which browsers
protect a page: no external script or style, no frame except the embed and the overlay.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, MutableMapping
from typing import TYPE_CHECKING

from litestar.utils.path import normalize_path

from twittervotes.board import limits, wire

if TYPE_CHECKING:
    import re

Message = MutableMapping[str, object]
Scope = Mapping[str, object]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
App = Callable[..., Awaitable[None]]
Headers = list[tuple[bytes, bytes]]

POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; font-src 'self';"
    " connect-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors "
)
ALWAYS = {
    b"x-content-type-options": b"nosniff",
    b"permissions-policy": b"camera=(), geolocation=(), microphone=()",
}
FRAMEABLE = ("/embed/", "/overlay/")
READING = ("GET", "HEAD", "OPTIONS")
ACTS = "/acts"  # everyone may read what was done; a desk's people request acts there
LONGEST_PATH = 2_000


class Guard:
    """Wraps an ASGI application; `names` are the hosts it serves besides this machine's."""

    def __init__(
        self,
        app: App,
        names: tuple[str, ...] = (),
        posts: tuple[str, ...] = (),
        desk: re.Pattern[str] | None = None,
    ) -> None:
        """Wrap `app`; paths that end in one of `posts` also accept POST.

        Paths that match `desk` accept POST and DELETE, and no other site may read their answers.
        """
        self._app = app
        self._names = names
        self._posts = posts
        self._desk = desk

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer the request, or refuse it."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        path, method = _path(scope), str(scope["method"])
        is_public = method in READING and (not self._is_desk(path) or path.endswith(ACTS))
        extra = headers_of(path, is_public=is_public)
        problem = self.problem(scope)
        if problem is not None:
            await _refuse(problem, extra, send)
            return
        is_head = method == "HEAD"
        done = False

        async def guarded(message: Message) -> None:
            nonlocal done
            if done:
                return
            if message["type"] == "http.response.start":
                known = _known(message)
                if not is_public:  # nobody keeps it, whatever its route says
                    known = [each for each in known if each[0].lower() != b"cache-control"]
                message = {**message, "headers": [*known, *extra]}
            elif is_head:
                message, done = {"type": "http.response.body", "body": b""}, True
            await send(message)

        await self._app({**scope, "method": "GET"} if is_head else scope, receive, guarded)

    def _is_desk(self, path: str) -> bool:
        return self._desk is not None and self._desk.fullmatch(path) is not None

    def problem(self, scope: Scope) -> wire.ProblemDetails | None:
        """Return why a request is refused, None if it is accepted."""
        path, method = _path(scope), str(scope["method"])
        hosts = [value for name, value in _pairs(scope.get("headers")) if name == b"host"]
        if len(hosts) != 1 or not limits.is_allowed(hosts[0].decode("latin-1"), self._names):
            return wire.ProblemDetails(
                "Unknown host", 421, "This program doesn't serve that host. Add it with --name."
            )
        is_taken = method == "POST" and path.endswith(self._posts)
        is_taken |= method in ("POST", "DELETE") and self._is_desk(path)
        if (method not in ("GET", "HEAD", "OPTIONS") and not is_taken) or (
            method == "HEAD" and path.endswith("/stream")
        ):
            return wire.ProblemDetails("Method not allowed", 405, "This address can only be read.")
        if len(str(scope["path"])) + len(_bytes(scope.get("query_string"))) > LONGEST_PATH:
            return wire.ProblemDetails("Address too long", 414, "Use a shorter address.")
        return None


def headers_of(path: str, *, is_public: bool) -> Headers:
    """Return the headers of all responses at a path, whether others may keep and read them."""
    frames = b"*" if path.startswith(FRAMEABLE) else b"'none'"
    found = [*ALWAYS.items(), (b"content-security-policy", POLICY.encode() + frames)]
    # A form's origin is known only if its page may be named as the referrer, at least to us.
    found.append((b"referrer-policy", b"no-referrer" if is_public else b"same-origin"))
    if not is_public:
        found.append((b"cache-control", b"no-store"))
    if not path.startswith(FRAMEABLE):
        found.append((b"x-frame-options", b"DENY"))
    if path.startswith("/v1/") and is_public:
        found.append((b"access-control-allow-origin", b"*"))
        found.append((b"access-control-expose-headers", b"ETag"))
    return found


async def _refuse(problem: wire.ProblemDetails, extra: Headers, send: Send) -> None:
    body = wire.encode(problem)
    kind: Headers = [
        (b"content-type", b"application/problem+json"),
        (b"content-length", str(len(body)).encode()),
        (b"connection", b"close"),
    ]
    if problem.status == 405:
        kind.append((b"allow", b"GET, HEAD"))
    start: Message = {
        "type": "http.response.start",
        "status": problem.status,
        "headers": [*kind, *extra],
    }
    await send(start)
    await send({"type": "http.response.body", "body": body})


def _path(scope: Scope) -> str:
    """Return a request's path as the routes match it: superfluous slashes lead to the same page."""
    return normalize_path(str(scope["path"]))


def _known(message: Message) -> Headers:
    return _pairs(message.get("headers"))


def _pairs(value: object) -> Headers:
    return [(bytes(name), bytes(each)) for name, each in value] if isinstance(value, list) else []


def _bytes(value: object) -> bytes:
    return value if isinstance(value, bytes) else b""
