"""What the full firehose costs: frames through a socket and the pretest, as shares of one core.

    python -m benchmarks.bluesky_pretest [--rate 2000] [--seconds 10]

A server in its own process sends frames of a realistic mix at the given rate; the worker's own code
reads them. Prints the processor time of each part, and the total.
"""

from __future__ import annotations

import multiprocessing
import sys
import time
from collections.abc import Callable
from multiprocessing.connection import Connection

from websockets.sync.server import ServerConnection, serve

from benchmarks import telling
from simulators.bluesky_course import Course, Happening
from twittervotes.core.contest.contest import Choice, Contest
from twittervotes.core.contest.posts import Ask, Page
from twittervotes.rehearsal.settings import RehearsalSettings
from twittervotes.sources.bluesky.decode import Commit, Sieve, event, time_us
from twittervotes.sources.bluesky.source import Jetstream

START_MS = 1_800_000_000_000
TAGS = ("debian", "ubuntu", "arch")
SIEVE = Sieve(TAGS)
PADDING = b'"langs":["en"],"via":"' + b"x" * 300 + b'",'  # up to the size of real frames


def frames(number: int) -> list[bytes]:
    """Return other people's frames, with one post in fifty that votes."""
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


def costs(told: list[bytes]) -> list[tuple[str, str]]:
    """Return what a frame costs in each part."""
    parts: tuple[tuple[str, Callable[[bytes], object]], ...] = (
        ("pretest", SIEVE.passes),
        ("time of a frame", time_us),
        ("decoding all, without a pretest", event),
    )
    rows = []
    for name, part in parts:
        began = time.process_time()
        for frame in told:
            part(frame)
        spent = (time.process_time() - began) / len(told)
        rows.append((name, f"{spent * 1e6:.2f} µs a frame"))
    return rows


def votes(frame: bytes) -> bool:
    """Return, from a complete frame, whether it is a post with a tag of the vote."""
    said = event(frame)
    return isinstance(said, Commit) and said.post is not None and SIEVE.carries(said.post.tags)


def read(rate: int, seconds: float) -> tuple[float, int]:
    """Read a socket for so long; return the share of a core that it takes, and the versions."""
    context = multiprocessing.get_context("spawn")
    ours, theirs = context.Pipe()
    process = context.Process(target=host, args=(theirs, rate, seconds + 1), daemon=True)
    process.start()
    source = Jetstream(f"127.0.0.1:{ours.recv()}")
    ask = Ask(source.feeds(Contest("?", tuple(map(Choice, TAGS))))[0], opens_ms=START_MS)
    answer = source.fetch(ask)
    began, wall, versions = time.process_time(), time.monotonic(), 0
    while isinstance(answer, Page) and time.monotonic() - wall < seconds:
        versions += len(answer.posts)
        answer = source.fetch(Ask(ask.feed, answer.newest, opens_ms=START_MS))
    share = (time.process_time() - began) / (time.monotonic() - wall)
    process.kill()
    process.join()
    return share, versions


def main() -> int:
    parser = telling.parser(__doc__)
    parser.add_argument("--rate", type=int, default=2000, help="events a second")
    parser.add_argument("--seconds", type=float, help="how long a socket is read")
    options = parser.parse_args()
    seconds = options.seconds or telling.sized(options, 10.0, 4.0, 0.5)
    told = frames(telling.sized(options, 20_000, 20_000, 2_000))
    passed, voting = set(filter(SIEVE.passes, told)), set(filter(votes, told))
    rows = costs(told)
    share, versions = read(options.rate, seconds)
    rows.append((f"{options.rate:,} events per second through a socket", f"{share:.1%} of a core"))
    telling.table(("a firehose", "cost"), rows)
    print(f"The pretest lets {len(passed):,} of {len(told):,} frames through; ", end="")
    print(f"{versions:,} versions of posts were read.\n")
    return telling.ended(exact=bool(voting) and voting <= passed and versions > 0)


if __name__ == "__main__":
    sys.exit(main())
