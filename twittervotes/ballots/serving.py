"""Serve a ballot box until it is stopped; runs in its own process."""

from __future__ import annotations

import contextlib
import gc
import sys
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Final

import uvicorn

from twittervotes.ballots.box import BallotBox
from twittervotes.ballots.fast_path import protocol
from twittervotes.ballots.notice import VoteNotice
from twittervotes.ballots.site import BallotSite
from twittervotes.ballots.store import BallotStore
from twittervotes.core.errors import ConfigError
from twittervotes.network.address import BACKLOG, EVERYWHERE, is_loopback, listening_on
from twittervotes.sources.web import keys

if TYPE_CHECKING:
    import socket

    from twittervotes.ballots.setup import BoxSetup

LOOPBACK: Final = "127.0.0.1"
MOST_CONNECTIONS: Final = 8000
GRACE_S: Final = 3
Follow = Callable[[Callable[[VoteNotice], None], Callable[[], None]], None]


class Serving:
    """One box, which listens from construction and serves in `run`."""

    def __init__(self, setup: BoxSetup) -> None:
        """Open the box; raises ConfigError."""
        self._setup = setup
        self._running = contextlib.ExitStack()
        with contextlib.ExitStack() as undone:
            undone.callback(self._running.close)
            self._sockets = list(self._listening())
            self.port = int(self._sockets[0].getsockname()[1])
            secret = keys.load(Path(setup.key_file))
            self._store = BallotStore(Path(setup.file), secret.ledger_key)
            self._running.callback(self._store.close)
            undone.pop_all()
        self._box = BallotBox(
            self._store,
            secret,
            setup.notice,
            least_free=setup.least_free,
            folder=Path(setup.file).absolute().parent,
        )

    def _listening(self) -> Iterator[socket.socket]:
        """Listen at the configured address, and on this machine for the counting program."""
        host, port = self._setup.host, self._setup.port
        try:
            opened = listening_on(host, port, "The ballot page")
        except ConfigError as error:
            raise ConfigError(f"{error} Choose another web.port.") from None
        first = self._running.enter_context(contextlib.closing(opened))
        yield first
        if not is_loopback(host) and host not in EVERYWHERE:
            port = int(first.getsockname()[1])
            yield self._running.enter_context(
                contextlib.closing(listening_on(LOOPBACK, port, "The ballot page"))
            )

    def run(self, follow: Follow) -> None:
        """Serve until `follow`, in its own thread, calls its second argument or returns.

        It calls the first with each newer notice.
        """
        gc.freeze()  # what was loaded stays; collecting it again would delay voters
        gc.set_threshold(50_000, 20, 20)
        sys.setswitchinterval(0.001)  # the disk's thread does little, but others wait for it
        setup = self._setup
        site = BallotSite(
            self._box, setup.address, Path(setup.ledger) if setup.ledger else None, setup.names
        )
        app = site.app()
        server = uvicorn.Server(
            uvicorn.Config(
                app,
                # only the usual way knows what proxies report
                http="auto" if setup.behind else protocol(site.intake, app),
                access_log=False,
                server_header=False,
                log_level="warning",
                lifespan="off",
                ws="none",
                backlog=BACKLOG,
                limit_concurrency=MOST_CONNECTIONS,
                timeout_keep_alive=20,
                timeout_graceful_shutdown=GRACE_S,
                proxy_headers=bool(setup.behind),
                forwarded_allow_ips=",".join(setup.behind) or None,
                h11_max_incomplete_event_size=16_384,
            )
        )

        def stop() -> None:
            server.should_exit = True

        def following() -> None:
            try:
                follow(self._box.tell, stop)
            finally:
                stop()

        threading.Thread(target=following, name="notices", daemon=True).start()
        try:
            with contextlib.suppress(KeyboardInterrupt):  # uvicorn shuts down, then re-raises
                server.run(sockets=self._sockets)
        finally:
            self._box.stop()
            self._running.close()
