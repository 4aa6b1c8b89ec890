"""The proxy before a simulated network: it forwards, can be unplugged, and gives bad answers."""

from __future__ import annotations

import http.client
import socket
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
from patience import PATIENCE_S

from simulators.faulty_proxy import GARBAGE, FaultyProxy, ProxyFault

LONG = b"x" * 1_000_000


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        self.send_response(200)
        self.send_header("Content-Length", str(len(LONG)))
        self.end_headers()
        self.wfile.write(LONG)

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture
def proxy() -> Iterator[FaultyProxy]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True).start()
    proxy = FaultyProxy(server.server_address[1])
    yield proxy
    proxy.pull()
    server.shutdown()
    server.server_close()


def connected(proxy: FaultyProxy) -> http.client.HTTPConnection:
    return http.client.HTTPConnection(proxy.address, timeout=PATIENCE_S)


def asked(connection: http.client.HTTPConnection) -> bytes:
    connection.request("GET", "/")
    return connection.getresponse().read()


def test_it_forwards_data_and_keeps_connections(proxy: FaultyProxy) -> None:
    connection = connected(proxy)
    assert asked(connection) == LONG
    assert asked(connection) == LONG
    connection.close()


def test_unplugging_breaks_and_refuses_connections(proxy: FaultyProxy) -> None:
    connection = connected(proxy)
    assert asked(connection) == LONG
    proxy.pull()
    proxy.pull()
    with pytest.raises((OSError, http.client.HTTPException)):
        asked(connection)
    with pytest.raises(OSError, match="refused"):
        asked(connected(proxy))
    connection.close()


def test_put_in_again_it_has_the_same_address_and_carries(proxy: FaultyProxy) -> None:
    address = proxy.address
    proxy.pull()
    proxy.plug()
    proxy.plug()
    assert proxy.address == address
    connection = connected(proxy)
    assert asked(connection) == LONG
    connection.close()


def test_a_fault_replaces_the_next_responses(proxy: FaultyProxy) -> None:
    proxy.spoil(ProxyFault.GARBAGE, 2)
    for _ in range(2):
        connection = connected(proxy)
        with pytest.raises(http.client.HTTPException):
            asked(connection)
        connection.close()
    connection = connected(proxy)
    assert asked(connection) == LONG
    connection.close()


@pytest.mark.parametrize(("bad", "enough"), [(ProxyFault.FLOOD, 5_000_000), (ProxyFault.DRIP, 3)])
def test_an_answer_without_end_continues_until_the_client_leaves(
    proxy: FaultyProxy, bad: ProxyFault, enough: int
) -> None:
    proxy.spoil(bad)
    connection = connected(proxy)
    connection.request("GET", "/")
    response = connection.getresponse()
    assert response.read(enough)[:1] == b"["
    connection.close()


def test_a_mute_one_takes_the_call_and_says_nothing(proxy: FaultyProxy) -> None:
    proxy.spoil(ProxyFault.MUTE)
    host, _, port = proxy.address.partition(":")
    with socket.create_connection((host, int(port)), timeout=0.3) as client:
        client.sendall(b"GET / HTTP/1.1\r\n\r\n")
        with pytest.raises(TimeoutError):
            client.recv(1)
    assert len(GARBAGE) > 1000
