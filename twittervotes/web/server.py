"""Serves the sign-in pages on this machine until a sign-in is done, and then ends.

Werkzeug's server and not waitress: it writes a page whole before it closes the response, so that
"All set" has left before we end, and it is stopped by one call. Its log of requests is off, since
the way back carries the verifier. Knows nothing of configuration and OAuth.
"""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from werkzeug.serving import WSGIRequestHandler, make_server

from twittervotes.core.errors import ConfigError, SignInError
from twittervotes.core.grant import Grant
from twittervotes.core.tokens import Token
from twittervotes.web.course import Course
from twittervotes.web.pages import create_app

WAIT_S = 900.0


def serve(flow: Course, opened: Callable[[str], None], *, wait_s: float = WAIT_S) -> Token | Grant:
    """Serve the pages and return what the sign-in left behind.

    `opened` is called with the page's address as soon as it can be opened. Raises SignInError
    when nobody has started a sign-in for `wait_s` seconds.
    """
    done = threading.Event()
    signed_in: list[Token | Grant] = []

    def delivered(token: Token | Grant) -> None:
        signed_in.append(token)
        done.set()

    with _listening(flow, delivered):
        opened(flow.sign_in.page_url)
        # In short waits, because a long one could not be ended with Ctrl-C on Windows.
        while not done.wait(0.2):
            if time.monotonic() - flow.began > wait_s:
                raise SignInError(
                    f"Nobody signed in within {wait_s / 60:.0f} minutes. Run python"
                    " twitter_auth.py again when you are ready."
                )
    return signed_in[0]


@contextmanager
def _listening(flow: Course, delivered: Callable[[Token | Grant], None]) -> Iterator[None]:
    sign_in = flow.sign_in
    family = socket.AF_INET6 if ":" in sign_in.host else socket.AF_INET
    try:
        listener = socket.create_server((sign_in.host, sign_in.port), family=family)
    except OSError as error:
        raise ConfigError(
            f"The sign-in page cannot be served at {sign_in.authority} ({error.strerror}). End the"
            " program that uses this port, or choose another with --port."
        ) from error
    with listener:
        server = make_server(
            sign_in.host,
            sign_in.port,
            create_app(flow, delivered),
            threaded=True,
            request_handler=_Quiet,
            fd=listener.fileno(),
        )
        thread = threading.Thread(
            target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True
        )
        thread.start()
        try:
            yield
        finally:
            server.shutdown()
            thread.join()


class _Quiet(WSGIRequestHandler):
    """Says nothing of requests, and drops a connection that sends none."""

    timeout = 30

    def log(self, type: str, message: str, *args: object) -> None:  # noqa: A002 -- its name there
        """Drop the line: an address may hold a verifier."""

    def version_string(self) -> str:
        return "twittervotes"
