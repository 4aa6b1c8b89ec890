"""Votes from phones and chats: ballots acknowledged by a box, and lines of a Twitch chat decoded.

A real box, in its own process, takes ballots over HTTP: at a steady rate, each sent at its
scheduled time however long others take; and in bursts, as fast as the connections allow. A ballot
is acknowledged once it is on disk. Afterwards the acknowledged ballots are read from the box as the
count reads them, and compared. The lines are those of a busy chat, in WebSocket frames.

    python -m benchmarks.ballots [--seconds 20]
"""

from __future__ import annotations

import asyncio
import json
import sys
import time
from collections import deque
from collections.abc import Callable, Coroutine
from dataclasses import dataclass, field
from pathlib import Path
from random import Random

from benchmarks import telling
from twittervotes.ballots.notice import BallotChoice, VoteNotice
from twittervotes.ballots.process import BoxProcess
from twittervotes.ballots.setup import BoxSetup
from twittervotes.core.contest.contest import Choice, Contest
from twittervotes.core.contest.posts import Ask, Page, Post
from twittervotes.core.contest.words import Chat, Words
from twittervotes.sources.twitch.decode import Decoder
from twittervotes.sources.twitch.irc import Splitter, parse
from twittervotes.sources.web import keys
from twittervotes.sources.web.settings import WebSettings
from twittervotes.sources.web.source import sources

TAGS = ("debian", "ubuntu", "arch")
CONTEST = Contest("?", tuple(Choice(tag) for tag in TAGS))
NOTICE = VoteNotice(
    "vote", "?", "code", tuple(BallotChoice(tag, tag, "A") for tag in TAGS), opens_ms=0
)
STEADY, BURST = 2000, 10_000  # targets: ballots per second; ballots in a burst
SLOWEST_MS = 100
CONNECTIONS = 200
LINES_AIM = 50_000
TEXTS = (
    "1",
    "2",
    "deb",
    "hello there, nice to see you all",
    "Kappa Kappa",
    "arch linux",
    "LUL",
    "no 1 here",
)
CHOSEN = (0, 1, 0, None, None, 1, None, None)


@dataclass
class Phones:
    """Connections to a box; each sends a ballot and waits for its response."""

    requests: list[bytes]
    free: deque[Phone] = field(default_factory=deque)
    waiting: deque[tuple[int, float]] = field(default_factory=deque)  # number, scheduled time
    answers: dict[int, bytes] = field(default_factory=dict)
    took_s: list[float] = field(default_factory=list)
    done: asyncio.Event = field(default_factory=asyncio.Event)
    expected: int = 0

    def send(self, number: int, due: float) -> None:
        """Send a ballot that is due, as soon as a connection is free."""
        if self.free:
            self.free.popleft().send(number, due)
        else:
            self.waiting.append((number, due))

    def answered(self, phone: Phone, number: int, due: float, body: bytes) -> None:
        """Record a response, and send the next waiting ballot on its connection."""
        self.answers[number] = body
        self.took_s.append(time.perf_counter() - due)
        if self.waiting:
            phone.send(*self.waiting.popleft())
        else:
            self.free.append(phone)
        if len(self.answers) == self.expected:
            self.done.set()


class Phone(asyncio.Protocol):
    """One connection."""

    def __init__(self, phones: Phones) -> None:
        self._phones = phones
        self._number, self._due, self._came = 0, 0.0, b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        # uvloop's transports aren't instances of asyncio's.
        self._write: Callable[[bytes], None] = getattr(transport, "write")  # noqa: B009
        self._phones.free.append(self)

    def send(self, number: int, due: float) -> None:
        """Send a ballot."""
        self._number, self._due, self._came = number, due, b""
        self._write(self._phones.requests[number])

    def data_received(self, data: bytes) -> None:
        self._came += data
        head, end, body = self._came.partition(b"\r\n\r\n")
        if end and body.endswith(b"}"):
            status = head[9:12]
            self._phones.answered(self, self._number, self._due, body if status == b"201" else b"")


def requests(secret: keys.Keys, first: int, number: int) -> list[bytes]:
    """Return encoded ballots, one per code."""
    made = []
    for each in range(first, first + number):
        body = json.dumps({"choice": TAGS[each % 3], "code": secret.code(each)}).encode()
        made.append(
            b"POST /v1/contests/vote/ballots HTTP/1.1\r\nhost: localhost\r\n"
            b"content-type: application/json\r\nidempotency-key: bench-of-ballots-%08d\r\n"
            b"content-length: %d\r\n\r\n%s" % (each, len(body), body)
        )
    return made


async def steadily(port: int, made: list[bytes], rate: int) -> tuple[Phones, float]:
    """Send ballots at a rate; return the phones and how long it took."""
    phones = await connected(port, made)
    began = time.perf_counter()
    for number in range(len(made)):
        due = began + number / rate
        while (ahead := due - time.perf_counter()) > 0:
            await asyncio.sleep(max(0.001, ahead))
        phones.send(number, due)
    await phones.done.wait()
    return phones, time.perf_counter() - began


async def at_once(port: int, made: list[bytes]) -> tuple[Phones, float]:
    """Send all ballots as fast as the connections allow."""
    phones = await connected(port, made)
    began = time.perf_counter()
    for number in range(len(made)):
        phones.send(number, began)
    await phones.done.wait()
    return phones, time.perf_counter() - began


async def connected(port: int, made: list[bytes]) -> Phones:
    """Return connections to a box."""
    phones = Phones(made, expected=len(made))
    loop = asyncio.get_running_loop()
    for _ in range(CONNECTIONS):
        await loop.create_connection(lambda: Phone(phones), "127.0.0.1", port)
    return phones


def is_exact(port: int, key_file: Path, receipts: set[str], secret: keys.Keys) -> bool:
    """Return whether the count reads each acknowledged ballot once, and no other."""
    settings = WebSettings(level="code", port=port, keys=str(key_file))
    (source,) = sources(settings, CONTEST, "vote")
    asked = Ask(source.feeds(CONTEST)[0])
    posts: list[Post] = []
    while True:
        page = source.fetch(asked)
        if not isinstance(page, Page) or page.gaps:
            return False
        posts += page.posts
        if not page.token:
            break
        asked = asked.after(page)
    found = {post.key for post in posts}
    return len(found) == len(posts) and found == {secret.key(each) for each in receipts}


def chat_lines(number: int) -> list[bytes]:
    """Return lines of a chat with all the tags that Twitch sends."""
    random = Random(7)
    made = []
    for each in range(number):
        emotes = "25:0-4,6-10" if each % 8 == 4 else ""
        made.append(
            b"@badge-info=;badges=premium/1;client-nonce=%032x;color=#1E90FF;display-name=Viewer%d;"
            b"emotes=%s;first-msg=0;flags=;id=%08x-0000-4000-8000-%012x;mod=0;returning-chatter=0;"
            b"room-id=71092938;subscriber=0;tmi-sent-ts=%d;turbo=0;user-id=%d;user-type= "
            b":viewer%d!viewer%d@viewer%d.tmi.twitch.tv PRIVMSG #somechannel :%s\r\n"
            % (
                random.getrandbits(128),
                each % 5000,
                emotes.encode(),
                each,
                each,
                1_700_000_000_000 + each,
                each % 5000,
                *(each % 5000,) * 3,
                TEXTS[each % 8].encode(),
            )
        )
    return made


def decoded(frames: list[bytes]) -> tuple[list[Post], float]:
    """Decode frames as the source does; return the votes, and how long it took."""
    words = Words({"1": "word:1", "deb": "word:1", "2": "word:2", "arch linux": "word:2"}, Chat())
    decoder, splitter = Decoder(words, False, True), Splitter()
    posts = []
    began = time.perf_counter()
    for frame in frames:
        for text in splitter.lines(frame):
            line = parse(text)
            if line is None:
                continue
            vote = decoder.vote(line)
            if vote is not None:
                posts.append(vote.post)
            for _ in decoder.news(line):
                pass
    return posts, time.perf_counter() - began


def main() -> int:
    parser = telling.parser(__doc__)
    parser.add_argument("--seconds", type=int, help="how long the steady part lasts (20)")
    options = parser.parse_args()
    seconds = options.seconds or telling.sized(options, 20, 5, 1)
    bursts = telling.sized(options, 5, 3, 1)
    size = telling.sized(options, BURST, BURST, 500)
    rate = telling.sized(options, STEADY, STEADY, 300)
    lines = telling.sized(options, 400_000, 100_000, 4000)
    with telling.scratch(options) as folder:
        key_file = folder / "keys"
        secret = keys.load(key_file)
        setup = BoxSetup("127.0.0.1", 0, str(folder / "box"), str(key_file), NOTICE, least_free=0)
        box = BoxProcess(setup)
        try:
            telling.progress(f"{rate:,} ballots a second for {seconds} s")
            made = requests(secret, 1, rate * seconds)
            steady, took_s = run(steadily(box.port, made, rate))
            fast, first = [], 1 + len(made)
            answers = list(steady.answers.values())
            for number in range(bursts):
                telling.progress(f"burst {number + 1} of {size:,} ballots")
                burst, burst_s = run(at_once(box.port, requests(secret, first, size)))
                first += size
                fast.append(size / burst_s)
                answers += burst.answers.values()
            receipts = {str(json.loads(body)["receipt"]) for body in answers if body}
            exact = len(receipts) == len(answers) and is_exact(box.port, key_file, receipts, secret)
        finally:
            box.close()
    telling.progress(f"{lines:,} lines of a chat")
    written = chat_lines(lines)
    stream = b"".join(written)
    frames = [stream[at : at + 1400] for at in range(0, len(stream), 1400)]
    posts, lines_s = decoded(frames)
    wanted = [CHOSEN[number % 8] for number in range(lines) if CHOSEN[number % 8] is not None]
    exact = exact and [int(post.tags[-1]) - 1 for post in posts] == wanted
    times = sorted(steady.took_s)
    slow_ms = 1000 * times[int(len(times) * 0.99)]
    telling.table(
        telling.AIMED,
        [
            telling.aimed("ballots acknowledged, steadily", len(times) / took_s, STEADY, "/s"),
            telling.bounded("99 % of them within", slow_ms, SLOWEST_MS, " ms"),
            telling.aimed("ballots acknowledged, in a burst", max(fast), BURST, "/s"),
            telling.aimed("lines of a chat decoded", lines / lines_s, LINES_AIM, "/s"),
        ],
    )
    print(
        f"Steadily: {len(times):,} ballots over {CONNECTIONS} connections, half of them within"
        f" {1000 * times[len(times) // 2]:.1f} ms. Bursts of {size:,}: "
        f"{', '.join(f'{each:,.0f}/s' for each in fast)}. The phones ran on the same machine.\n"
    )
    return telling.ended(exact=exact)


def run(work: Coroutine[None, None, tuple[Phones, float]]) -> tuple[Phones, float]:
    """Run the phones on the fastest available event loop."""
    try:
        import uvloop
    except ImportError:
        return asyncio.run(work)
    return uvloop.run(work)


if __name__ == "__main__":
    sys.exit(main())
