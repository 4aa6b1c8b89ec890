"""Run a ballot box for the counting program: `python -m twittervotes.ballots`.

The counting program sends the state of the vote on standard input. When that ends, for whatever
reason, the box finishes what it is writing and exits.
"""

from __future__ import annotations

import os
import sys
import threading
from typing import TYPE_CHECKING

import msgspec

from twittervotes.ballots.notice import VoteNotice
from twittervotes.ballots.serving import GRACE_S, Serving
from twittervotes.ballots.setup import BoxReady, BoxSetup
from twittervotes.core import logs
from twittervotes.core.errors import TwittervotesError

if TYPE_CHECKING:
    from collections.abc import Callable


def main() -> int:
    """Serve ballots until standard input ends; return the exit code."""
    logs.setup()
    setup = msgspec.json.decode(sys.stdin.buffer.readline(), type=BoxSetup)
    try:
        serving = Serving(setup)
    except TwittervotesError as error:
        _say(BoxReady(0, str(error)))
        return 2
    _say(BoxReady(serving.port))
    serving.run(_follow)
    return 0


def _follow(tell: Callable[[VoteNotice], None], stop: Callable[[], None]) -> None:
    for line in sys.stdin.buffer:
        tell(msgspec.json.decode(line, type=VoteNotice))
    stop()
    late = threading.Timer(2 * GRACE_S, os._exit, (0,))  # whatever still blocks the exit
    late.daemon = True
    late.start()


def _say(ready: BoxReady) -> None:
    sys.stdout.buffer.write(msgspec.json.encode(ready) + b"\n")
    sys.stdout.buffer.flush()


if __name__ == "__main__":
    sys.exit(main())
