"""The box command: runs a further ballot box, which follows the counting program's own box."""

from __future__ import annotations

import sys
import threading
from typing import TYPE_CHECKING

import msgspec

from twittervotes.commands.say import say
from twittervotes.core import logs
from twittervotes.core.errors import ConfigError
from twittervotes.network.address import url_of
from twittervotes.sources.web.settings import WebSettings, hosts, reach, voters_address
from twittervotes.sources.web.source import PLUGIN

if TYPE_CHECKING:
    from collections.abc import Callable

    from twittervotes.ballots.notice import VoteNotice
    from twittervotes.cli import command_options

EVERY_S = 0.5
TRIES_S = 10.0


def run(options: command_options.BoxOptions) -> int:
    """Take ballots until Ctrl-C or SIGTERM."""
    for sentence in PLUGIN.needs(WebSettings()):
        raise ConfigError(sentence)
    logs.setup()
    from twittervotes.ballots.serving import Serving
    from twittervotes.ballots.setup import BoxSetup

    try:
        settings = WebSettings(
            host=options.host,
            port=options.port,
            name=options.name or "",
            behind=options.behind,
            keys=str(options.keys or ""),
        )
    except ValueError as error:
        raise ConfigError(str(error)) from None
    url = options.follow.rstrip("/")
    first = _notice(url)
    if isinstance(first, str):
        raise ConfigError(f"{url} can't be followed: {first}")
    setup = BoxSetup(
        host="127.0.0.1" if settings.host == "localhost" else settings.host,
        port=settings.port,
        file=str(options.file.absolute()),
        key_file=str(settings.key_file.absolute()),
        notice=first,
        address=voters_address(settings) if settings.name else "",
        names=hosts(settings),
        behind=settings.behind,
    )
    serving = Serving(setup)
    say(f"This box takes votes at {url_of(settings.host, serving.port)} (Ctrl-C stops it)")
    say(reach(settings, "use --host 0.0.0.0"))
    sys.stdout.flush()
    serving.run(lambda tell, _: _follow(url, tell))
    return 0


def _follow(url: str, tell: Callable[[VoteNotice], None]) -> None:
    """Poll the first box for the state of the vote; between answers, the last one applies."""
    waiting = threading.Event()
    while not waiting.wait(EVERY_S):
        notice = _notice(url)
        if not isinstance(notice, str):
            tell(notice)


def _notice(url: str) -> VoteNotice | str:
    """Return a box's notice of the vote, or why there is none."""
    from twittervotes.ballots.notice import BoxReport
    from twittervotes.network import http

    try:
        bounds = http.Bounds(TRIES_S, 1_000_000)
        answer = http.get(f"{url}/v1/contests/*/ballot", bounds=bounds)
        if answer.status != 200:
            return f"it answered {answer.status}."
        return msgspec.json.decode(answer.body, type=BoxReport).notice
    except http.NetworkError as error:
        return str(error)
    except msgspec.MsgspecError:
        return "its answer isn't that of a ballot box."
