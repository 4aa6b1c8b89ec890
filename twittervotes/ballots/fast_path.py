"""Take ballots in without a task of their own, for bursts of ten thousand a second.

uvicorn parses requests and manages connections. A ballot of an ordinary kind, as the page's script
sends it, then goes to the box at once, and its response is written in one piece when the box has
answered. All other requests take the usual way through the ASGI application, and so do all ballots
if uvicorn starts requests in another way than this module expects.
"""

from __future__ import annotations

from functools import partial
from http import HTTPStatus
from typing import TYPE_CHECKING, Final

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from twittervotes.ballots.intake import LONGEST_BODY, fields, headers_of, of_json
from twittervotes.board.guard import headers_of as guarded

if TYPE_CHECKING:
    from uvicorn._types import ASGI3Application
    from uvicorn.protocols.http.httptools_impl import RequestResponseCycle

    from twittervotes.ballots.box import Outcome
    from twittervotes.ballots.intake import BallotIntake
    from twittervotes.board.guard import Guard

STATUS_LINES: Final = {
    status.value: f"HTTP/1.1 {status.value} {status.phrase}\r\n".encode() for status in HTTPStatus
}


def _lines(pairs: list[tuple[bytes, bytes]]) -> bytes:
    return b"".join([b"%s: %s\r\n" % pair for pair in pairs])


def protocol(intake: BallotIntake, guard: Guard) -> type[HttpToolsProtocol]:
    """Return the protocol of connections whose ballots go to `intake`, if `guard` admits them."""
    always = _lines(guarded(intake.path, is_public=False))

    class BallotProtocol(HttpToolsProtocol):
        """One connection."""

        _ballot: RequestResponseCycle | None = None  # whose body is awaited

        def _start_asgi_task(self, cycle: RequestResponseCycle, app: ASGI3Application) -> None:
            if app is self.app and self._is_ballot(cycle):
                self._ballot = cycle
                if not cycle.more_body:  # it waited for its predecessor on the connection
                    self._take(cycle)
            else:
                super()._start_asgi_task(cycle, app)

        def on_message_complete(self) -> None:
            super().on_message_complete()
            if self._ballot is self.cycle and self._ballot is not None:
                self._take(self._ballot)

        def _is_ballot(self, cycle: RequestResponseCycle) -> bool:
            scope = cycle.scope
            if scope["method"] != "POST" or scope["path"] != intake.path:
                return False
            if cycle.waiting_for_100_continue or guard.problem(scope) is not None:
                return False
            size = headers_of(scope).get(b"content-length", b"")
            return size.isdigit() and len(size) < 6 and int(size) <= LONGEST_BODY

        def _take(self, cycle: RequestResponseCycle) -> None:
            self._ballot = None
            headers = headers_of(cycle.scope)
            attempt = of_json(cycle.body, headers)
            done = partial(self._answer, cycle)
            cast = (
                "not a ballot" if attempt is None else intake.judged(attempt, cycle.scope, headers)
            )
            if isinstance(cast, str):
                done(cast)
            else:
                intake.box.submit(cast, done)

        def _answer(self, cycle: RequestResponseCycle, outcome: Outcome | str) -> None:
            """Write the whole response. The ballot is on disk if it says so."""
            if cycle.disconnected:
                return
            status, body, kind = intake.response(outcome)
            own = [pair for pair in fields(status, body, kind) if pair[0] != b"cache-control"]
            parts = [STATUS_LINES[status], always, _lines(cycle.default_headers), _lines(own)]
            if not cycle.keep_alive:
                parts.append(b"connection: close\r\n")
            cycle.transport.write(b"".join((*parts, b"\r\n", body)))
            cycle.response_started = cycle.response_complete = True
            if not cycle.keep_alive:
                cycle.transport.close()
            cycle.on_response()

    return BallotProtocol
