"""What the full firehose costs: frames through a socket and the pretest, as shares of one core.

    python benchmarks/bluesky_pretest.py [EVENTS_A_SECOND] [SECONDS]

A server in a process of its own hands out frames of a usual mix at the rate given; the worker's
own code reads them. Printed are the time the processor worked for each part, and the whole.
"""

from __future__ import annotations

import multiprocessing
import sys
import time
from multiprocessing.connection import Connection

from websockets.sync.server import ServerConnection, serve

from twittervotes.core.contest import Choice, Contest
from twittervotes.core.model import Ask, Page
from twittervotes.rehearsal.bluesky_course import Course, Happening
from twittervotes.rehearsal.settings import RehearsalSettings
from twittervotes.sources.bluesky import Jetstream
from twittervotes.sources.bluesky_event import Sieve, event, time_us

START_MS = 1_800_000_000_000
TAGS = ("debian", "ubuntu", "arch")
PADDING = b'"langs":["en"],"via":"' + b"x" * 300 + b'",'  # up to the size of the real ones


def frames(number: int) -> list[bytes]:
    """Return frames of others, with one post in fifty that votes."""
    course = Course(RehearsalSettings(rate=2, lasts_s=None), TAGS, START_MS)
    course.flood(number, START_MS)
    told: list[Happening] = course.advance(START_MS + 3_000)
    return [
        b'{"did":"%b","time_us":%d,%b'
        % (each.did.encode(), each.at_us, each.body.replace(b'"text":', PADDING + b'"text":'))
        for each in told
    ]


def host(ready: Connection, rate: int, seconds: float) -> None:
    told = frames(5_000)

    def hand_out(connection: ServerConnection) -> None:
        began, sent = time.monotonic(), 0
        while (gone := time.monotonic() - began) < seconds:
            while sent < gone * rate:
                connection.send(told[sent % len(told)], text=True)
                sent += 1
            time.sleep(0.005)

    with serve(hand_out, "127.0.0.1", 0, compression=None) as server:
        ready.send(server.socket.getsockname()[1])
        server.serve_forever()


def timed(name: str, count: int, began: float) -> None:
    spent = time.process_time() - began
    sys.stdout.write(f"{name:34}{spent / count * 1e6:8.2f} µs a frame\n")


def main() -> int:
    rate, seconds = [int(word) for word in sys.argv[1:]] + [2000, 5][len(sys.argv) - 1 :]
    told, sieve = frames(20_000), Sieve(TAGS)
    began = time.process_time()
    passed = [frame for frame in told if sieve.passes(frame)]
    timed("pretest", len(told), began)
    began = time.process_time()
    for frame in told:
        time_us(frame)
    timed("time of a frame", len(told), began)
    began = time.process_time()
    for frame in told:
        event(frame)
    timed("decoding all, without a pretest", len(told), began)
    sys.stdout.write(f"let through: {len(passed)} of {len(told)}\n")

    context = multiprocessing.get_context("spawn")
    ours, theirs = context.Pipe()
    process = context.Process(target=host, args=(theirs, rate, seconds), daemon=True)
    process.start()
    contest = Contest("?", tuple(map(Choice, TAGS)))
    source = Jetstream(f"127.0.0.1:{ours.recv()}")
    feed_ask = Ask(source.feeds(contest)[0], opens_ms=START_MS)
    answer = source.fetch(feed_ask)
    began, wall, read = time.process_time(), time.monotonic(), 0
    while isinstance(answer, Page) and time.monotonic() - wall < seconds - 1:
        read += len(answer.posts)
        answer = source.fetch(Ask(feed_ask.feed, answer.newest, opens_ms=START_MS))
    share = (time.process_time() - began) / (time.monotonic() - wall)
    process.terminate()
    process.join()
    sys.stdout.write(f"{rate} events/s through a socket: {share:.1%} of a core, {read} versions\n")
    return 0 if share < 0.1 else 1


if __name__ == "__main__":
    sys.exit(main())
