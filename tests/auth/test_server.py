"""The server of the sign-in pages on real sockets: where it listens, what it lets others do."""

from __future__ import annotations

import contextlib
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace

import pytest
import requests
from patience import PATIENCE_S, until

from twittervotes.auth import server
from twittervotes.auth.oauth1_flow import Flow
from twittervotes.core.errors import ConfigError, SignInError


@contextmanager
def served(flow: Flow) -> Iterator[str]:
    """Serve the pages of a sign-in that nobody finishes."""
    opened: list[str] = []
    ended: list[BaseException] = []

    def serve() -> None:
        try:
            server.serve(flow, opened.append)
        except BaseException as error:
            ended.append(error)

    thread = threading.Thread(target=serve)
    thread.start()
    try:
        until(lambda: opened or ended)
        if ended and not opened:
            raise ended[0]
        yield opened[0]
    finally:
        flow.began = -1e9  # nobody has started a sign-in for longer than it waits
        thread.join(PATIENCE_S)
    assert not thread.is_alive()
    assert isinstance(ended[0], SignInError)


def at(flow: Flow, host: str) -> Flow:
    return Flow(replace(flow.sign_in, host=host), flow.path)


def can_ipv6() -> bool:
    with contextlib.suppress(OSError), socket.create_server(("::1", 0), family=socket.AF_INET6):
        return True
    return False


needs_ipv6 = pytest.mark.skipif(not can_ipv6(), reason="this machine has no [::1]")


def is_closed(connection: socket.socket) -> bool:
    try:
        return connection.recv(1) == b""
    except BlockingIOError:
        return False
    except OSError:
        return True


def connected(flow: Flow, number: int, said: bytes) -> list[socket.socket]:
    connections = []
    for _ in range(number):
        each = socket.create_connection(("127.0.0.1", flow.sign_in.port), PATIENCE_S)
        each.sendall(said)
        each.setblocking(False)
        connections.append(each)
    return connections


@pytest.mark.parametrize(
    "said",
    [
        b"",
        b"GET / HT",
        b"GET / HTTP/1.1\r\nX: ",
        b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 100\r\n\r\ncsrf=",
    ],
    ids=["nothing", "a line", "a header", "a form"],
)
def test_connections_that_say_little_neither_pile_up_nor_close_the_page(
    flow: Flow, said: bytes
) -> None:
    before = threading.active_count()
    with served(flow) as url, contextlib.ExitStack() as stack:
        for each in connected(flow, 200, said):
            stack.enter_context(each)
        assert requests.get(url, timeout=PATIENCE_S).status_code == 200
        until(lambda: threading.active_count() <= before + server.MOST_OPEN + 2)


def test_a_connection_that_drips_makes_room_for_newer_ones(flow: Flow) -> None:
    with served(flow), contextlib.ExitStack() as stack:
        (oldest,) = (stack.enter_context(each) for each in connected(flow, 1, b"G"))
        for each in connected(flow, server.MOST_OPEN, b"G"):
            stack.enter_context(each)
        until(lambda: is_closed(oldest))


def test_a_silent_connection_is_closed(flow: Flow, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(server._Quiet, "timeout", 0.2)
    with served(flow), contextlib.ExitStack() as stack:
        (silent,) = (stack.enter_context(each) for each in connected(flow, 1, b""))
        until(lambda: is_closed(silent))


def test_a_request_that_is_being_answered_is_not_dropped(
    flow: Flow, monkeypatch: pytest.MonkeyPatch
) -> None:
    goes_on = threading.Event()
    began = threading.Event()

    def waits(self: Flow) -> str:
        began.set()
        assert goes_on.wait(PATIENCE_S)
        return ""

    monkeypatch.setattr(Flow, "kept", waits)
    flow.path.write_text("")
    found: list[int] = []
    with served(flow) as url, contextlib.ExitStack() as stack:
        asking = threading.Thread(
            target=lambda: found.append(requests.get(url, timeout=PATIENCE_S).status_code)
        )
        asking.start()
        assert began.wait(PATIENCE_S)
        for each in connected(flow, 2 * server.MOST_OPEN, b"G"):
            stack.enter_context(each)
        goes_on.set()
        asking.join(PATIENCE_S)
    assert found == [200]


@needs_ipv6
def test_localhost_is_served_at_both_of_its_addresses(flow: Flow) -> None:
    port = flow.sign_in.port
    with served(at(flow, "localhost")) as url:
        assert url == f"http://localhost:{port}/"
        for address in ("127.0.0.1", "[::1]"):
            answer = requests.get(
                f"http://{address}:{port}/",
                headers={"Host": f"localhost:{port}"},
                timeout=PATIENCE_S,
            )
            assert answer.status_code == 200
    for family, host in ((socket.AF_INET, "127.0.0.1"), (socket.AF_INET6, "::1")):
        with socket.create_server((host, port), family=family):
            pass  # both are free again


@needs_ipv6
@pytest.mark.parametrize("taken", ["127.0.0.1", "::1"])
def test_localhost_is_refused_if_others_hold_one_of_its_addresses(flow: Flow, taken: str) -> None:
    family = socket.AF_INET6 if ":" in taken else socket.AF_INET
    with (
        socket.create_server((taken, flow.sign_in.port), family=family),
        pytest.raises(ConfigError, match="End the program that uses this port"),
        served(at(flow, "localhost")),
    ):
        pass
    with socket.create_server(("127.0.0.1", flow.sign_in.port)):
        pass  # nothing is left listening


def test_localhost_is_served_without_ipv6(flow: Flow, monkeypatch: pytest.MonkeyPatch) -> None:
    create = socket.create_server

    def without(address: tuple[str, int], *, family: int) -> socket.socket:
        if family == socket.AF_INET6:
            raise OSError(server._NO_IPV6[0], "Cannot assign requested address")
        return create(address, family=family)

    monkeypatch.setattr(socket, "create_server", without)
    with served(at(flow, "localhost")) as url:
        assert requests.get(url, timeout=PATIENCE_S).status_code == 200


@needs_ipv6
def test_the_page_can_be_at_ipv6_alone(flow: Flow) -> None:
    with served(at(flow, "::1")) as url:
        assert url == f"http://[::1]:{flow.sign_in.port}/"
        assert requests.get(url, timeout=PATIENCE_S).status_code == 200


def test_a_program_that_asks_without_end_does_not_close_the_page(flow: Flow) -> None:
    ends = time.monotonic() + 1.0

    def ask() -> None:
        while time.monotonic() < ends:
            with contextlib.suppress(OSError):
                for each in connected(flow, 20, b"GET /callback?state=a HTTP/1.1\r\n\r\n"):
                    each.close()

    with served(flow) as url:
        asking = threading.Thread(target=ask)
        asking.start()
        assert requests.get(url, timeout=PATIENCE_S).status_code == 200
        asking.join(PATIENCE_S)
