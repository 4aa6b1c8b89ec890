"""Send one request to each source, each in its own process that is ended if it takes too long.

The processes make the requests like the workers of a vote, so the results are the same as in a
vote, and the calling program never loads the networking code.
"""

from __future__ import annotations

import multiprocessing
import signal
import time
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING

from twittervotes.core.contest.posts import Ask, Failed, Remedy, Source
from twittervotes.core.polling.workers import work

if TYPE_CHECKING:
    from collections.abc import Sequence
    from multiprocessing.connection import Connection

    from twittervotes.core.contest.contest import Contest

PATIENCE_S = 12.0


@dataclass(frozen=True, slots=True)
class Probed:
    """The outcome of a request: only `name` if it succeeded.

    `ahead_ms` is how far the server's clock is ahead of ours, if it reported the time.
    """

    name: str
    trouble: str = ""
    advice: str = ""
    ahead_ms: int | None = None


def probe(
    sources: Sequence[Source], contest: Contest, patience_s: float = PATIENCE_S
) -> list[Probed]:
    """Query all `sources` at once, each for its first feed; return the outcomes in order."""
    context = multiprocessing.get_context("spawn")
    under_way = []
    for source in sources:
        ours, theirs = context.Pipe(duplex=False)
        process = context.Process(target=_ask, args=(source, contest, theirs), daemon=True)
        process.start()
        theirs.close()
        under_way.append((source, process, ours))
    deadline = time.monotonic() + patience_s
    found = []
    try:
        for source, _, ours in under_way:
            found.append(_answer(source.name, ours, deadline, patience_s))
    finally:
        for _, process, ours in under_way:
            process.kill()
            process.join()
            ours.close()
    return found


def _answer(name: str, told: Connection, deadline: float, patience_s: float) -> Probed:
    try:
        if told.poll(max(0.0, deadline - time.monotonic())):
            answer = told.recv()
            if isinstance(answer, Probed):
                return answer
        else:
            return Probed(name, f"No answer within {patience_s:.0f} s.", "Try again later.")
    except (EOFError, OSError):
        pass
    return Probed(
        name, "The process that queried it ended unexpectedly.", "Run twittervotes doctor again."
    )


def _ask(source: Source, contest: Contest, told: Connection) -> None:
    """Send one request and report its outcome; in its own process."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        feed = source.feeds(contest)[0]
    except Exception as error:  # another package's source may raise anything
        told.send(Probed(source.name, f"It failed to plan a request ({type(error).__name__})."))
        return
    answer = work(source, Ask(feed, opens_ms=contest.opens_ms, closes_ms=contest.closes_ms))
    trouble, advice = "", ""
    if isinstance(answer, Failed) and answer.remedy not in (Remedy.WAIT, Remedy.FINISH):
        trouble, advice = answer.message, answer.advice
    with suppress(OSError):
        told.send(Probed(source.name, trouble, advice, _ahead_ms()))


def _ahead_ms() -> int | None:
    from twittervotes.network import http  # only in the process that makes the request

    return http.ahead_ms()
