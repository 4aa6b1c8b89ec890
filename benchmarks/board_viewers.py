"""Viewers of a board: many streams from one process, and how late each frame reached them.

    python -m benchmarks.board_viewers URL NUMBER

Opens that many connections to the stream at URL and says "ready" on stdout. A line on stdin starts
the measurement, another ends it; then it prints the results as JSON.
"""

from __future__ import annotations

import asyncio
import re
import sys
import time
from dataclasses import asdict, dataclass, field
from urllib.parse import urlsplit

import msgspec

AT = re.compile(rb'"at_ms":(\d+)')
AT_ONCE = 200  # connections opened together


@dataclass(slots=True)
class Seen:
    """What all viewers together saw: how late frames were in milliseconds, and the bytes."""

    is_measuring: bool = False
    late_ms: list[int] = field(default_factory=list)
    lost: int = 0


class Viewer(asyncio.Protocol):
    """One stream. A frame is sent in one piece, so splits don't matter here."""

    def __init__(self, head: bytes, seen: Seen) -> None:
        self._head, self._seen = head, seen

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.WriteTransport)  # noqa: S101 - of TCP
        transport.write(self._head)

    def data_received(self, data: bytes) -> None:
        if self._seen.is_measuring and (found := AT.search(data)):
            self._seen.late_ms.append(time.time_ns() // 1_000_000 - int(found[1]))

    def connection_lost(self, _: Exception | None) -> None:
        self._seen.lost += 1


@dataclass(frozen=True, slots=True)
class Late:
    """How late frames arrived, in milliseconds, and how many there were."""

    frames: int
    median_ms: int
    most_ms: int  # the 99th percentile
    lost: int


async def watch(url: str, number: int) -> Late:
    parts = urlsplit(url)
    host, port = parts.hostname or "", parts.port or 80
    head = f"GET {parts.path or '/'} HTTP/1.1\r\nhost: {parts.netloc}\r\n\r\n".encode()
    seen, loop = Seen(), asyncio.get_running_loop()
    streams: list[asyncio.BaseTransport] = []
    for start in range(0, number, AT_ONCE):
        made = await asyncio.gather(
            *(
                loop.create_connection(lambda: Viewer(head, seen), host, port)
                for _ in range(min(AT_ONCE, number - start))
            )
        )
        streams += [transport for transport, _ in made]
    print("ready", flush=True)
    await asyncio.to_thread(sys.stdin.readline)
    seen.is_measuring = True
    await asyncio.to_thread(sys.stdin.readline)
    seen.is_measuring = False
    late, lost = sorted(seen.late_ms) or [0], seen.lost
    for transport in streams:
        transport.close()
    return Late(len(seen.late_ms), late[len(late) // 2], late[len(late) * 99 // 100], lost)


if __name__ == "__main__":
    print(msgspec.json.encode(asdict(asyncio.run(watch(sys.argv[1], int(sys.argv[2]))))).decode())
