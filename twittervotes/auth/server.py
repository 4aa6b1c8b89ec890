"""Serve the sign-in pages on this machine until a sign-in is done.

Werkzeug's server sends a page completely before it closes the response, so "All set" has been sent
before we stop, and a single call stops it. Its request log is off, because the callback contains
the verifier. Other programs on this machine may open many connections, so their number is limited,
and a new one replaces the oldest that isn't being answered. Knows nothing of configuration and
OAuth.
"""

from __future__ import annotations

import errno
import io
import logging
import socket
import threading
import time
from contextlib import ExitStack, contextmanager, suppress
from typing import TYPE_CHECKING

from werkzeug.serving import ThreadedWSGIServer, WSGIRequestHandler

from twittervotes.auth.pages import create_app
from twittervotes.core.errors import ConfigError, SignInError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from wsgiref.types import StartResponse, WSGIApplication, WSGIEnvironment

    from twittervotes.auth.flow import Course
    from twittervotes.auth.oauth1_token import Token
    from twittervotes.auth.oauth2_token import Grant
    from twittervotes.auth.settings import Served

log = logging.getLogger(__name__)

WAIT_S = 900.0
SILENT_S = 10.0  # a connection that sends nothing for so long is closed
MOST_OPEN = 50
MOST_BYTES = 8192  # of a form; the pages accept less


def serve(flow: Course, opened: Callable[[str], None], *, wait_s: float = WAIT_S) -> Token | Grant:
    """Serve the pages and return the result of the sign-in.

    `opened` is called with the page's URL once it can be opened. Raises SignInError if nobody has
    started a sign-in for `wait_s` seconds.
    """
    done = threading.Event()
    signed_in: list[Token | Grant] = []

    def delivered(token: Token | Grant) -> None:
        signed_in.append(token)
        done.set()

    with _listening(flow, delivered):
        opened(flow.sign_in.page_url)
        # In short waits, because Ctrl-C can't interrupt a long one on Windows.
        while not done.wait(0.2):
            if time.monotonic() - flow.began > wait_s:
                raise SignInError(
                    f"Nobody signed in within {wait_s / 60:.0f} minutes. Run python"
                    " twitter_auth.py again when you are ready."
                )
    return signed_in[0]


@contextmanager
def _listening(flow: Course, delivered: Callable[[Token | Grant], None]) -> Iterator[None]:
    app = create_app(flow, delivered)
    with ExitStack() as stack:
        for listener in _listeners(flow.sign_in):
            stack.enter_context(listener)
            stack.enter_context(_serving(_Server(listener, app)))
        yield


@contextmanager
def _serving(server: _Server) -> Iterator[None]:
    thread = threading.Thread(
        target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True
    )
    thread.start()
    try:
        yield
    finally:
        server.shutdown()
        thread.join()


def _listeners(sign_in: Served) -> list[socket.socket]:
    """Listen wherever a browser may look for the page: `localhost` is two addresses.

    Browsers try [::1] first. If we left it to others, they could serve their own page there.
    """
    hosts = ("127.0.0.1", "::1") if sign_in.host.lower() == "localhost" else (sign_in.host,)
    listeners: list[socket.socket] = []
    try:
        for host in hosts:
            family = socket.AF_INET6 if ":" in host else socket.AF_INET
            try:
                listeners.append(socket.create_server((host, sign_in.port), family=family))
            except OSError as error:
                if not (listeners and error.errno in _NO_IPV6):
                    raise
    except OSError as error:
        for listener in listeners:
            listener.close()
        raise ConfigError(
            f"The sign-in page cannot be served at {sign_in.authority} ({error.strerror}). End the"
            " program that uses this port, or choose another with --port."
        ) from error
    return listeners


_NO_IPV6 = (errno.EADDRNOTAVAIL, errno.EAFNOSUPPORT)


class _Server(ThreadedWSGIServer):
    """Answers each connection in its own thread.

    At most MOST_OPEN connections are read from or written to, and as many requests answered.
    """

    def __init__(self, listener: socket.socket, app: WSGIApplication) -> None:
        self._app = app
        self._lock = threading.Lock()
        self._open: dict[socket.socket, None] = {}  # excludes those whose request is being answered
        self._answering = 0
        host, port = listener.getsockname()[:2]
        super().__init__(host, port, self._answer, _Quiet, fd=listener.fileno())

    def get_request(self) -> tuple[socket.socket, object]:
        request, address = super().get_request()
        with self._lock:
            self._open[request] = None
            if len(self._open) > MOST_OPEN:
                oldest = next(iter(self._open))
                del self._open[oldest]
                with suppress(OSError):
                    oldest.shutdown(socket.SHUT_RDWR)  # its thread then reads the end and closes it
        return request, address

    def shutdown_request(self, request: socket.socket | tuple[bytes, socket.socket]) -> None:
        if isinstance(request, socket.socket):
            with self._lock:
                self._open.pop(request, None)
        super().shutdown_request(request)

    def handle_error(self, *_: object) -> None:
        log.debug("A connection to the sign-in page was lost.", exc_info=True)

    def _answer(self, environ: WSGIEnvironment, start: StartResponse) -> Iterable[bytes]:
        """Read the whole request, then answer it, which may wait for the network."""
        environ["wsgi.input"] = io.BytesIO(_body(environ))
        connection: socket.socket = environ["werkzeug.socket"]
        with self._lock:
            if self._answering == MOST_OPEN:
                raise ConnectionAbortedError
            self._answering += 1
            self._open.pop(connection, None)
        try:
            return self._app(environ, start)
        finally:
            with self._lock:
                self._answering -= 1
                self._open[connection] = None


def _body(environ: WSGIEnvironment) -> bytes:
    """Return the form of a request, up to the size that the pages accept."""
    length = environ.get("CONTENT_LENGTH", "")
    size = int(length) if length.isascii() and length.isdigit() and len(length) < 10 else 0
    body: bytes = environ["wsgi.input"].read(min(size, MOST_BYTES))
    return body


class _Quiet(WSGIRequestHandler):
    """Logs no requests, and drops a connection that sends none."""

    timeout = SILENT_S

    def log(self, type: str, message: str, *args: object) -> None:  # noqa: A002 -- its name there
        """Drop the line: a URL may contain a verifier."""

    def version_string(self) -> str:
        return "twittervotes"
