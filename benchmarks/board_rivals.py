"""What a board is compared with: the same state, served in the usual way.

    python -m benchmarks.board_rivals flask FILE     Flask on waitress: reads the file each time
    python -m benchmarks.board_rivals queues FILE    one queue per viewer, encoding for each

Both print their port. Neither escapes, hides, compresses or limits anything.
"""

from __future__ import annotations

import asyncio
import logging
import socket
import sys
from collections.abc import Awaitable, Callable, MutableMapping
from pathlib import Path

from twittervotes.board import wire

Send = Callable[[MutableMapping[str, object]], Awaitable[None]]


def flask(file: Path, listening: socket.socket) -> None:
    """Serve the state with Flask on waitress, with waitress's default number of threads."""
    import flask
    import waitress

    app = flask.Flask("rival")

    @app.get("/state")
    def state() -> flask.Response:
        document = wire.decode(file.read_bytes(), wire.Document)
        return flask.Response(wire.encode(document.state), mimetype="application/json")

    logging.getLogger("waitress.queue").setLevel(logging.ERROR)
    waitress.serve(app, sockets=[listening], connection_limit=1000, _quiet=True)


class Queues:
    """The hub that tutorials teach: a queue for each viewer, which gets every frame."""

    def __init__(self, file: Path) -> None:
        self._file = file
        self._queues: set[asyncio.Queue[wire.StateDocument]] = set()

    async def follow(self) -> None:
        """Put each new state into all queues."""
        last = b""
        while True:
            await asyncio.sleep(0.25)
            data = self._file.read_bytes()
            if data != last:
                last, document = data, wire.decode(data, wire.Document)
                for queue in self._queues:
                    queue.put_nowait(document.state)

    async def __call__(
        self, scope: MutableMapping[str, object], receive: object, send: Send
    ) -> None:
        if scope["type"] != "http":
            return
        headers = [(b"content-type", b"text/event-stream")]
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        queue: asyncio.Queue[wire.StateDocument] = asyncio.Queue()
        self._queues.add(queue)
        try:
            while True:
                event = b"event: state\ndata: " + wire.encode(await queue.get()) + b"\n\n"
                await send({"type": "http.response.body", "body": event, "more_body": True})
        finally:
            self._queues.discard(queue)


async def queues(file: Path, listening: socket.socket) -> None:
    """Serve streams with uvicorn, from one queue per viewer."""
    import uvicorn

    app = Queues(file)
    config = uvicorn.Config(app, access_log=False, log_level="error", lifespan="off", backlog=4096)
    following = asyncio.create_task(app.follow())
    await uvicorn.Server(config).serve(sockets=[listening])
    following.cancel()


def main() -> None:
    which, file = sys.argv[1], Path(sys.argv[2])
    listening = socket.create_server(("127.0.0.1", 0), backlog=4096)
    print(listening.getsockname()[1], flush=True)
    if which == "flask":
        flask(file, listening)
    else:
        asyncio.run(queues(file, listening))


if __name__ == "__main__":
    main()
