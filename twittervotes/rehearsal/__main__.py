"""Run the simulated network: `python -m twittervotes.rehearsal --hashtags debian ubuntu arch`.

By hand, it prints its address and its keys. Started by a program (`--staged`, see `launcher.py`),
it receives everything on its standard input, and ends when that ends.
"""

from __future__ import annotations

import argparse
import os
import secrets
import signal
import sys
import threading
from dataclasses import fields

import msgspec

from twittervotes.core.contest.contest import chosen
from twittervotes.core.errors import ContestError
from twittervotes.rehearsal.http_server import LOOPBACK, RehearsalServer
from twittervotes.rehearsal.launcher import Cue, Script
from twittervotes.rehearsal.settings import Credentials, Faults, RehearsalSettings
from twittervotes.rehearsal.twitter import SEARCH
from twittervotes.rehearsal.x import X

TOLD = """\
search_endpoint: http://{host}:{port}{search}
consumer_key: {keys.consumer_key}
consumer_secret: {keys.consumer_secret}
oauth_token: {keys.oauth_token}
oauth_token_secret: {keys.oauth_token_secret}
api_url: http://{host}:{port}
bearer_token: {keys.bearer}
# the true votes: http://{host}:{port}/rehearsal/truth
# what it has seen: http://{host}:{port}/rehearsal/log
# Ctrl-C ends it
"""


def main() -> int:
    """Run the simulated network until it is stopped; return the exit code."""
    if sys.argv[1:] == ["--staged"]:
        return _staged()
    try:
        script = _script()
    except (ContestError, ValueError) as error:
        sys.stderr.write(f"{error}\n")
        return 2
    keys = _credentials()
    try:
        door = RehearsalServer(
            X(script.settings, script.tags, keys, script.x), script.settings.port
        )
    except OSError as error:
        sys.stderr.write(f"Port {script.settings.port} cannot be used: {error.strerror}\n")
        return 2
    with door:
        sys.stdout.write(TOLD.format(host=LOOPBACK, port=door.port, search=SEARCH, keys=keys))
        sys.stdout.flush()
        try:
            door.serve_forever()
        except KeyboardInterrupt:
            return 0
    return 0


def _staged() -> int:
    # Ctrl-C and SIGTERM go to the whole process group; the counting program, which may still want
    # to read the last posts, decides when the network ends.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    script = msgspec.json.decode(sys.stdin.buffer.readline(), type=Script)
    keys = _credentials()
    try:
        door = RehearsalServer(
            X(script.settings, script.tags, keys, script.x), script.settings.port
        )
    except OSError:
        return 2
    threading.Thread(target=_end_with_parent, name="parent", daemon=True).start()
    sys.stdout.buffer.write(msgspec.json.encode(Cue(door.port, keys)) + b"\n")
    sys.stdout.buffer.flush()
    door.serve_forever()
    return 0


def _end_with_parent() -> None:
    sys.stdin.buffer.read()
    os._exit(0)


def _credentials() -> Credentials:
    return Credentials(
        secrets.token_urlsafe(18),
        secrets.token_urlsafe(36),
        f"{secrets.randbelow(10**10)}-{secrets.token_urlsafe(30)}",
        secrets.token_urlsafe(33),
        secrets.token_urlsafe(60),
        secrets.token_urlsafe(25),
        secrets.token_urlsafe(60),
    )


def _script() -> Script:
    usual = RehearsalSettings()
    parser = argparse.ArgumentParser(
        prog="python -m twittervotes.rehearsal",
        description="A simulated network on this machine, with an audience that posts.",
        allow_abbrev=False,
    )
    add = parser.add_argument
    add("-ht", "--hashtags", nargs="+", required=True, metavar="TAG", help="what they post about")
    add("--audience", type=int, default=usual.audience, help="accounts (%(default)s)")
    add("--rate", type=float, default=usual.rate, help="posts a second (%(default)s)")
    add("--seed", type=int, default=usual.seed, help="the course of the vote (%(default)s)")
    add("--late", type=float, default=usual.late, help="share indexed late (%(default)s)")
    add("--limit", type=int, default=usual.limit, help="requests in a window (%(default)s)")
    add("--window", type=float, default=usual.window_s, help="its seconds (%(default)s)")
    add("--port", type=int, default=usual.port, help="on 127.0.0.1; 0: any free one")
    add("--faults", nargs="*", default=[], metavar="NAME=CHANCE", help="such as unavailable=0.02")
    told = parser.parse_args()
    settings = RehearsalSettings(
        audience=told.audience,
        rate=told.rate,
        seed=told.seed,
        late=told.late,
        limit=told.limit,
        window_s=told.window,
        port=told.port,
        faults=_faults(told.faults),
    )
    return Script(settings, tuple(choice.tag for choice in chosen(told.hashtags)[0]))


def _faults(pairs: list[str]) -> Faults:
    chances = dict(pair.partition("=")[::2] for pair in pairs)
    names = [field.name for field in fields(Faults)]
    for name in chances:
        if name not in names:
            raise ValueError(f"{name!r} isn't a fault; choose from: {', '.join(names)}.")
    return msgspec.convert(chances, Faults, strict=False)


if __name__ == "__main__":
    sys.exit(main())
