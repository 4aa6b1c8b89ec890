"""The board command: serves live results as web pages until it is stopped."""

from __future__ import annotations

import contextlib
import importlib.util
import ipaddress
import re
import subprocess
import sys
import tempfile
import webbrowser
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from twittervotes.commands.say import complain, say
from twittervotes.core.errors import ConfigError
from twittervotes.core.file_name import data_folder, state_folder
from twittervotes.core.ledger.reader import Reader

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from twittervotes.board import wire
    from twittervotes.board.hub import Hub
    from twittervotes.board.results import Files
    from twittervotes.board.site import Site
    from twittervotes.cli import command_options

NEEDED = ("litestar", "segno", "uvicorn")
NEEDED_BY_DESK = ("alembic", "argon2", "sqlalchemy")
GRACE_S = 3
SPARE = 200  # connections besides those of viewers
REHEARSAL = ("debian", "ubuntu", "arch")


def run(options: command_options.BoardOptions) -> int:
    """Serve until Ctrl-C or SIGTERM."""
    _check_installed("The board", NEEDED, "board")
    if options.desk:
        _check_installed("The desk", NEEDED_BY_DESK, "board,desk")
        if options.mirror is not None:
            raise ConfigError("A mirror has no desk: start it where the votes are counted.")
    elif options.people is not None:
        raise ConfigError("--people is for a desk: add --desk.")
    if sum((options.file is not None, options.rehearsal, options.mirror is not None)) > 1:
        raise ConfigError("Give one of FILE, --rehearsal and --mirror.")
    if options.file is not None and not options.file.is_dir():
        Reader(options.file).close()  # raises if it isn't a ledger, or isn't safe to open
    if options.files is not None and options.files.exists() and not options.files.is_dir():
        raise ConfigError(f"--files needs a folder, and {options.files} isn't one.")
    with contextlib.ExitStack() as running:
        return _serve(options, running)


def _check_installed(what: str, names: Sequence[str], extra: str) -> None:
    missing = [name for name in names if importlib.util.find_spec(name) is None]
    if missing:
        raise ConfigError(
            f"{what} needs {' and '.join(missing)}. Install it: pip install 'twittervotes[{extra}]'"
        )


def _serve(options: command_options.BoardOptions, running: contextlib.ExitStack) -> int:
    import uvicorn

    from twittervotes.board.guard import Guard
    from twittervotes.board.hub import Hub
    from twittervotes.board.limits import Viewers
    from twittervotes.board.site import Site
    from twittervotes.board.standings import StandingLog, file_of
    from twittervotes.network.address import BACKLOG, listening_on, url_of

    place = options.mirror or str((options.file or data_folder()).resolve())

    def published(contest: wire.ContestDocument) -> StandingLog:
        folder = state_folder() / "standings"
        return StandingLog(None if options.rehearsal else file_of(folder, place, contest))

    hub = Hub(published)
    names = tuple(name.lower() for name in options.name)
    followed = _followed(options, hub, running)
    viewers, name = Viewers(options.max_viewers), next(iter(names), "")
    site = Site(hub, followed, viewers, name, lookups=options.lookups)
    listening = running.enter_context(
        contextlib.closing(listening_on(options.host, options.port, "The board"))
    )
    host, port = listening.getsockname()[:2]
    desk = _desk(options, site, followed, hub, running) if options.desk else None
    server = uvicorn.Server(
        uvicorn.Config(
            Guard(site.app(), names, desk=desk.paths if desk else None),
            access_log=False,
            server_header=False,
            log_level="warning",
            lifespan="on",
            ws="none",
            backlog=BACKLOG,
            limit_concurrency=options.max_viewers + SPARE,
            timeout_graceful_shutdown=GRACE_S,
            proxy_headers=bool(options.behind),
            forwarded_allow_ips=",".join(options.behind) or None,
            h11_max_incomplete_event_size=16_384,
        )
    )
    site.until(lambda: server.should_exit)
    url = f"{url_of(host, port)}/"
    if options.files is not None and not options.files.is_dir():
        complain(
            f"There is no folder {options.files} yet; the board waits for a vote to write there."
        )
    say(f"The board is at {url} (Ctrl-C stops it)")
    if not ipaddress.ip_address(host).is_loopback:
        say("It is open to your network, without encryption. Put a proxy with TLS in front.")
    if desk:
        base = f"https://{name}" if name else desk_url(host, port)
        say(f"The desk is at {base}/operator")
        if desk.first:
            say(f"Nobody can sign in yet. Join as its administrator: {base}/join/{desk.first}")
    sys.stdout.flush()
    if options.open:
        webbrowser.open(url)  # the browser waits until the board answers
    with contextlib.suppress(KeyboardInterrupt):  # uvicorn shuts down, then raises it again
        server.run(sockets=[listening])
    return 0


def desk_url(host: str, port: int) -> str:
    """Return where a desk without a name can be used: on this machine, or over HTTPS."""
    from twittervotes.network.address import EVERYWHERE, is_loopback, url_of

    if host in EVERYWHERE:
        host = "::1" if ":" in host else "127.0.0.1"
    if is_loopback(host):
        return url_of(host, port)
    return url_of(host, 80).replace("http:", "https:")


class ServedDesk(NamedTuple):
    """A desk: its paths, and the invitation for its first administrator if there is none yet."""

    paths: re.Pattern[str]
    first: str | None


def _desk(
    options: command_options.BoardOptions,
    site: Site,
    followed: Files,
    hub: Hub,
    running: contextlib.ExitStack,
) -> ServedDesk:
    """Add a desk to the site."""
    from twittervotes.board.watch import LedgerWatcher
    from twittervotes.desk.database import opened
    from twittervotes.desk.people import People
    from twittervotes.desk.routes import PATHS, routes
    from twittervotes.desk.wishes import Counters

    if not isinstance(followed, LedgerWatcher):
        raise ConfigError("A desk needs the ledgers of its votes.")
    file = options.people or state_folder() / "desk.sqlite"
    if options.rehearsal and options.people is None:
        folder = running.enter_context(tempfile.TemporaryDirectory(prefix="twittervotes-desk-"))
        file = Path(folder) / "desk.sqlite"
    people = People(opened(file))
    running.callback(people.close)
    site.more = routes(site, people, Counters(hub, followed.ledger))
    return ServedDesk(PATHS, people.first_link())


def _followed(
    options: command_options.BoardOptions, hub: Hub, running: contextlib.ExitStack
) -> Files:
    """Return what follows the votes that the board shows."""
    if options.mirror is not None:
        from twittervotes.board.mirror import Mirror
        from twittervotes.client import Board

        return Mirror(hub, running.enter_context(Board(options.mirror)))
    from twittervotes.board.jobs import Jobs
    from twittervotes.board.watch import LedgerWatcher

    jobs = Jobs()
    running.callback(jobs.close)
    place = options.file or data_folder()
    if options.rehearsal:
        place = running.enter_context(_rehearsal(stay=options.desk))
    return LedgerWatcher(hub, jobs, place, options.files)


@contextlib.contextmanager
def _rehearsal(*, stay: bool) -> Iterator[Path]:
    """Count a simulated vote in a separate process; yield the folder of its ledger."""
    with tempfile.TemporaryDirectory(prefix="twittervotes-rehearsal-") as folder:
        ledger = Path(folder) / "rehearsal.votes"
        counting = subprocess.Popen(  # noqa: S603 - this very program
            (
                *(sys.executable, "-m", "twittervotes", "--source", "rehearsal", "--view", "none"),
                *("--ledger", str(ledger), "--title", "Which distribution do you run?"),
                *("--time", "10m", *(["--stay"] if stay else []), "--hashtags", *REHEARSAL),
            ),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
        )
        try:
            yield Path(folder)
        finally:
            counting.terminate()
            try:
                counting.wait(10)
            except subprocess.TimeoutExpired:
                counting.kill()
                counting.wait()
