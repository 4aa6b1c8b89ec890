"""What people and browsers write: command lines, times, hashtags, links, callbacks.

Nothing here is sent: the network's response is part of the input.
"""

from __future__ import annotations

import contextlib
import io
import os
from collections.abc import Callable
from functools import cache
from typing import Any
from urllib.parse import unquote_to_bytes

from flask import Flask
from fuzzed_files import folder, quiet
from samples import OPENS

from twittervotes.app import registry
from twittervotes.auth import oauth1_requests, oauth2_token
from twittervotes.auth.errors import ErrorAnswer, SignInFailure
from twittervotes.auth.oauth1_flow import Flow
from twittervotes.auth.oauth1_requests import RequestToken
from twittervotes.auth.oauth2_flow import CodeFlow
from twittervotes.auth.pages import create_app
from twittervotes.auth.settings import CodeSignIn, Served, SignIn, check_endpoint
from twittervotes.cli import command_parser, parser, plan, vote_options
from twittervotes.core import file_name
from twittervotes.core.config import duration, loader
from twittervotes.core.config.acts import whole_number
from twittervotes.core.config.display import rgb
from twittervotes.core.config.rules import moments, ruled
from twittervotes.core.contest import references
from twittervotes.core.contest.folding import fold, searched
from twittervotes.core.contest.hashtag import named, tags_in
from twittervotes.core.errors import TwittervotesError
from twittervotes.core.logs import shipped
from twittervotes.rehearsal import query, x_query
from twittervotes.sources.bluesky.search import is_address
from twittervotes.sources.mastodon.network import MASTODON

SECRET = "a-secret-that-no-page-shows"
NETWORK = "https://x.example"
READERS: tuple[Callable[[str], object], ...] = (
    *(duration.duration, duration.moment, duration.period, duration.seconds, duration.interval),
    *(parser.pair, parser.file, parser.words, whole_number, parser.digest),
    *(rgb, named, is_address),
    *(lambda text: named(text, MASTODON), lambda text: check_endpoint("url", text)),
)


def command_line(data: bytes) -> None:
    """Parse a command line, one word per line; the vote is planned, not opened."""
    argv = [os.fsdecode(word).replace("\0", "") for word in data.split(b"\n")]
    try:
        with quiet():
            if argv[0] in command_parser.COMMANDS:
                command_parser.parse(argv)
                return
            options = vote_options.parse(argv)
    except SystemExit as ended:
        if ended.code not in (0, 2):
            raise AssertionError(f"ended with {ended.code}") from None
        return
    with contextlib.suppress(TwittervotesError):
        plan.ways(options, usual())
        vote = plan.new_contest(options, usual(), OPENS, rehearsal=False)
        assert plan.ledger_name(vote).endswith(file_name.ENDING)


@cache
def usual() -> loader.Config:
    return loader.load(shipped("config.yaml"), registry.sections(), {})


def words(data: bytes) -> None:
    """Parse one text with every parser of single words."""
    text = data.decode("utf-8", "surrogateescape")
    for read in READERS:
        with contextlib.suppress(ValueError, TwittervotesError):
            read(text)
    for pairs in ([parser.pair(f"opens={text}")], [parser.pair(f"exclude={text}")]):
        with contextlib.suppress(ValueError, TwittervotesError):
            moments(pairs)
            ruled(usual().contest.rules, pairs)
    references.meant(text)
    for network in ("x", "bluesky", MASTODON):
        once = fold(text, network)
        assert fold(once, network) == once
        searched(text, network)
    assert all(tag in text for tag in tags_in(text))
    query.parsed(text)
    with contextlib.suppress(x_query.BadRequestError):
        x_query.search({"query": text, "since_id": text, "start_time": text}, x_query.BOTH, OPENS)


def granted_secrets(data: bytes) -> None:
    """Parse a network's responses in both sign-ins, and the reasons of refusals."""
    with contextlib.suppress(ValueError):
        assert oauth2_token.granted(data, OPENS, "old").expires_ms > OPENS
    found = oauth1_requests._values(data)
    assert found is None or found["oauth_token"]
    refusal = ErrorAnswer(401, data.decode(errors="replace"))
    assert refusal.code is None or refusal.code < 100_000
    assert len(refusal.error) <= 40


class Pages:
    """The pages of a sign-in that waits for `pending`."""

    def __init__(self, flow: Flow | CodeFlow, wait: Callable[[], None]) -> None:
        self.flow, self.wait, self.signed_in = flow, wait, 0
        self.app: Flask = create_app(flow, self._delivered)
        self.app.testing = True  # unhandled errors are faults

    def _delivered(self, _: object) -> None:
        self.signed_in += 1

    def asked(self, method: str, target: str, host: str, body: bytes) -> None:
        """Send a request as a browser may; a foreign host's never signs in, no page is a fault."""
        path, _, asked = target.partition("?")
        self.wait()
        before, statuses = self.signed_in, list[str]()
        environ: dict[str, Any] = {
            "REQUEST_METHOD": method,
            "PATH_INFO": unquote_to_bytes(path).decode("latin-1"),
            "QUERY_STRING": asked,
            "HTTP_HOST": host,
            "SERVER_NAME": "127.0.0.1",
            "SERVER_PORT": "3000",
            "CONTENT_LENGTH": str(len(body)),
            "CONTENT_TYPE": "application/x-www-form-urlencoded",
            "wsgi.input": io.BytesIO(body),
            "wsgi.errors": io.StringIO(),
            "wsgi.url_scheme": "http",
        }
        page = self.app(environ, lambda status, *_: statuses.append(status))  # type: ignore[arg-type, return-value]
        text = b"".join(page)
        getattr(page, "close", lambda: None)()
        assert SECRET.encode() not in text
        assert not statuses[0].startswith("500"), text
        ours = host.lower() in (self.flow.sign_in.authority, "localhost:3000")
        assert ours or self.signed_in == before


@cache
def both() -> tuple[Pages, Pages]:
    urls = [f"{NETWORK}/{name}" for name in ("request", "authorize", "access", "account")]
    one = Flow(SignIn(SECRET, SECRET, *urls[:3]), folder() / ".twitterauth")
    two = CodeFlow(CodeSignIn(SECRET, SECRET, *urls[1:]), folder() / ".twitterauth2")
    return (
        Pages(one, lambda: one._pending.put("pending", RequestToken("pending", SECRET), _now(one))),
        Pages(two, lambda: two._pending.put("pending", SECRET, _now(two))),
    )


def _now(flow: Flow | CodeFlow) -> float:
    return flow._clock()


def sign_in(data: bytes) -> None:
    """Send a request to the pages of both sign-ins; its body is also the network's response."""
    head, _, body = data.partition(b"\n\n")
    first, *lines = head.decode("latin-1").split("\n")
    method, target, _ = [*first.split(" "), "", "", ""][:3]
    host = dict(line.partition(": ")[::2] for line in lines).get("Host", "127.0.0.1:3000")
    answered = oauth1_requests.answered

    def told(served: Served, ask: object) -> bytes | ErrorAnswer | SignInFailure:
        return body if b"error" not in body else ErrorAnswer(401, body.decode(errors="replace"))

    oauth1_requests.answered = told
    try:
        for pages in both():
            pages.asked(method if method.isalpha() else "GET", target, host, body)
    finally:
        oauth1_requests.answered = answered


FUZZED: dict[str, Callable[[bytes], None]] = {
    "command line": command_line,
    "words": words,
    "granted secrets": granted_secrets,
    "sign-in": sign_in,
}
