"""One bounded GET, against a real server that misbehaves."""

from __future__ import annotations

import contextlib
import gzip
import socket
import ssl
import threading
import time
from collections.abc import Callable
from email.utils import formatdate
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from doubles import WireServer, reply
from patience import PATIENCE_S
from self_signing import self_signed

from twittervotes.network import http
from twittervotes.network.http import NetworkError, Response

HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n"


@pytest.fixture(autouse=True)
def small(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(http, "MOST_BYTES", 300_000)


def dated(at_s: float) -> str:
    return f"Date: {formatdate(at_s, usegmt=True)}"


def drip(head: bytes, part: bytes) -> Callable[[socket.socket], None]:
    """Send a little now and then, as long as the client reads."""

    def send(connection: socket.socket) -> None:
        connection.sendall(head)
        end = time.monotonic() + PATIENCE_S
        with contextlib.suppress(OSError):
            while time.monotonic() < end:
                connection.sendall(part)
                time.sleep(0.1)

    return send


def flood(head: bytes, part: bytes) -> Callable[[socket.socket], None]:
    def send(connection: socket.socket) -> None:
        connection.sendall(head)
        with contextlib.suppress(OSError):
            for _ in range(1000):
                connection.sendall(part)

    return send


def hang(connection: socket.socket) -> None:
    with contextlib.suppress(OSError):
        connection.recv(1)


def trouble(url: str) -> str:
    with pytest.raises(NetworkError) as caught:
        http.get(url)
    return str(caught.value)


def test_a_response_has_its_status_and_headers(
    server: WireServer,
) -> None:
    server.replies = [reply(b"[1]", 503, "X-Some-Thing: Yes")]
    answer = http.get(f"{server.url}/a?q=%23a%20b")
    assert (answer.status, answer.body, answer.headers["x-some-thing"]) == (503, b"[1]", "Yes")
    (request,) = server.requests
    assert (request.method, request.target) == ("GET", "/a?q=%23a%20b")
    assert request.headers["user-agent"].startswith("twittervotes")


@pytest.mark.parametrize("away_s", [-90, 0, 90])
def test_a_response_reports_the_servers_clock(server: WireServer, away_s: int) -> None:
    server.replies = [reply(b"", 200, dated(time.time() + away_s))]
    told = http.get(server.url).ahead_ms
    assert told is not None
    assert abs(told - away_s * 1000) < 40_000
    assert http.ahead_ms() == told


@pytest.mark.parametrize("headers", [(), ("Date: yesterday",), ("Age: 600", dated(1e9))])
def test_a_cached_response_reports_no_clock(server: WireServer, headers: tuple[str, ...]) -> None:
    server.replies = [reply(b"", 200, *headers)]
    assert http.get(server.url).ahead_ms is None


def test_a_chunked_and_compressed_answer_is_read_whole(server: WireServer) -> None:
    body = gzip.compress(b"x" * 100_000)
    parts = [body[start : start + 50] for start in range(0, len(body), 50)]
    chunks = b"".join(b"%x\r\n%b\r\n" % (len(part), part) for part in parts) + b"0\r\n\r\n"
    coding = b"Content-Encoding: gzip\r\nTransfer-Encoding: chunked\r\n\r\n"
    server.replies = [HEAD + coding + chunks]
    assert http.get(server.url).body == b"x" * 100_000


def test_an_empty_answer_is_an_answer(server: WireServer) -> None:
    server.replies = [reply(b"", 204)]
    answer = http.get(server.url)
    assert (answer.status, answer.body) == (204, b"")


@pytest.mark.parametrize("address", ["", "example.org/guests", "https:///guests"])
def test_an_address_without_a_valid_host_is_reported_as_such(address: str) -> None:
    with pytest.raises(http.NetworkError) as caught:
        http.get(address)
    assert str(caught.value) == "The address has no valid host. Write it as https://HOST/PATH."


def test_a_redirect_is_not_followed(server: WireServer) -> None:
    server.replies = [reply(b"", 302, f"Location: {server.url}/elsewhere")]
    assert http.get(server.url).status == 302
    assert [request.target for request in server.requests] == ["/"]


@pytest.mark.parametrize(
    ("bad", "words"),
    [
        (HEAD + b"Content-Length: 100\r\n\r\n{", "cut off"),
        (HEAD + b"Transfer-Encoding: chunked\r\n\r\n5\r\nab", "cut off"),
        (HEAD + b"Transfer-Encoding: chunked\r\n\r\nzz\r\nab", "cut off"),
        (HEAD + b"Content-Encoding: gzip\r\nContent-Length: 4\r\n\r\nabcd", "cut off"),
        (b"", "Can't connect"),
        (b"This is no HTTP\r\n\r\n", "Can't connect"),
    ],
)
def test_an_answer_that_is_cut_is_reported(server: WireServer, bad: bytes, words: str) -> None:
    server.replies = [bad]
    assert words in trouble(server.url)


def test_a_server_that_never_answers_is_abandoned(server: WireServer, impatient: None) -> None:
    server.replies = [hang]
    assert "127.0.0.1 did not answer within" in trouble(server.url)


def test_a_server_that_stops_in_the_middle_is_abandoned(
    server: WireServer, impatient: None
) -> None:
    def stop(connection: socket.socket) -> None:
        connection.sendall(HEAD + b"Content-Length: 100\r\n\r\n{")
        hang(connection)

    server.replies = [stop]
    assert "did not answer within" in trouble(server.url)


@pytest.mark.parametrize(
    ("head", "part"),
    [
        (HEAD + b"Content-Length: 1000000\r\n\r\n", b"x"),
        (HEAD + b"Transfer-Encoding: chunked\r\n\r\n", b"1\r\nx\r\n"),
        (HEAD + b"\r\n", b"x"),
    ],
)
def test_a_body_that_drips_is_abandoned(
    server: WireServer, head: bytes, part: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(http, "WHOLE_S", 0.6)
    server.replies = [drip(head, part)]
    assert "took over" in trouble(server.url)


CHUNKED = HEAD + b"Transfer-Encoding: chunked\r\n\r\n"


@pytest.mark.parametrize(
    ("head", "part"),
    [
        (b"", b"H"),
        (b"HTTP/1.1 200 OK\r\n", b"X: y\r\n"),
        (b"HTTP/1.1 200 OK\r\nX: ", b"y"),
        (b"", b"HTTP/1.1 100 Continue\r\n\r\n"),
        (b"", b"HTTP/1.1 100 Continue\r\n\r\n" * 1000),
        (b"HTTP/1.1 100 Continue\r\n", b"X: y\r\n"),
        (CHUNKED + b"1\r\nx\r\n0\r\n", b"X: y\r\n"),
        (CHUNKED + b"1\r\nx\r\n0\r\n", b"X: y\r\n" * 1000),
        (CHUNKED + b"1;", b"x"),
    ],
    ids=["status", "headers", "a header", "100", "many 100", "headers of 100", "trailers",
         "many trailers", "the size of a chunk"],
)  # fmt: skip
def test_nothing_that_drips_outlasts_the_deadline_of_the_whole(
    server: WireServer, head: bytes, part: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(http, "WHOLE_S", 0.6)
    server.replies = [drip(head, part)]
    began = time.monotonic()
    assert "took over" in trouble(server.url)
    assert time.monotonic() - began < PATIENCE_S / 2


def test_a_server_that_drips_by_tls_is_abandoned(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    certificate, key = self_signed(tmp_path)
    http.hang_up()
    monkeypatch.setattr(http, "WHOLE_S", 1.0)
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", certificate)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, key)
    heard: list[bytes] = []

    def serve() -> None:
        with contextlib.suppress(OSError):
            connection, _ = listener.accept()
            with context.wrap_socket(connection, server_side=True) as safe:
                heard.append(safe.recv(10))
                drip(b"", b"HTTP/1.1 100 Continue\r\n\r\n")(safe)

    with socket.create_server(("127.0.0.1", 0)) as listener:
        listener.settimeout(PATIENCE_S)
        thread = threading.Thread(target=serve)
        thread.start()
        assert "took over" in trouble(f"https://localhost:{listener.getsockname()[1]}/")
        thread.join(PATIENCE_S)
    assert heard == [b"GET / HTTP"]


def test_all_addresses_of_a_host_share_one_deadline(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(http, "CONNECT_S", 0.3)
    with socket.socket() as full:
        full.bind(("127.0.0.1", 0))
        full.listen(0)  # what does not fit in is left waiting
        address = full.getsockname()
        found = [(socket.AF_INET, socket.SOCK_STREAM, 6, "", address)] * 1000
        with contextlib.ExitStack() as callers:
            for _ in range(3):
                caller = callers.enter_context(socket.socket())
                caller.setblocking(False)
                caller.connect_ex(address)
            monkeypatch.setattr(socket, "getaddrinfo", lambda *_, **__: found)
            began = time.monotonic()
            assert "did not answer within" in trouble(f"http://many.example:{address[1]}/")
    assert time.monotonic() - began < PATIENCE_S / 2


@pytest.mark.parametrize("headers", [["X: y"] * 200, ["X: " + "y" * 100_000]])
def test_a_head_beyond_all_bounds_is_abandoned(server: WireServer, headers: list[str]) -> None:
    server.replies = [reply(b"[]", 200, *headers)]
    assert "Can't connect" in trouble(server.url)


def test_cookies_are_neither_kept_nor_sent(server: WireServer) -> None:
    server.replies = [reply(b"", 200, "Set-Cookie: a=b")]
    http.get(server.url)
    http.get(server.url)
    assert "cookie" not in server.requests[1].headers


@pytest.mark.parametrize("name", ["http_proxy", "HTTP_PROXY", "all_proxy"])
@pytest.mark.parametrize("auth", ["", "Bearer secret"])
def test_no_proxy_sees_what_is_for_this_machine(
    server: WireServer, monkeypatch: pytest.MonkeyPatch, name: str, auth: str
) -> None:
    monkeypatch.setenv(name, "http://127.0.0.1:1")
    server.replies = [reply()]
    assert http.get(server.url, auth=auth).status == 200


@pytest.mark.parametrize(
    ("url", "proxied"),
    [
        ("https://a.example/", True),
        ("https://b.example/", False),
        ("http://a.example/", False),
        ("https://127.0.0.1:9/", False),
        ("https://localhost/", False),
        ("https://[::1]/", False),
    ],
)
def test_a_proxy_is_used_for_https_beyond_this_machine_alone(
    monkeypatch: pytest.MonkeyPatch, url: str, proxied: bool
) -> None:
    monkeypatch.setenv("https_proxy", "http://proxy.example:3128")
    monkeypatch.setenv("http_proxy", "http://proxy.example:3128")
    monkeypatch.setenv("no_proxy", "b.example")
    assert bool(http._proxy(urlsplit(url))) is proxied


def test_a_proxy_sees_only_the_hosts_name(
    server: WireServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("https_proxy", server.url)
    server.replies = [reply(b"", 403)]
    with pytest.raises(NetworkError, match="proxy"):
        http.get("https://a.example/?q=1", auth="Bearer secret")
    (request,) = server.requests
    assert (request.method, request.target) == ("CONNECT", "a.example:443")
    assert "secret" not in str(request.headers)


def test_a_proxy_that_drips_is_abandoned(
    server: WireServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(http, "WHOLE_S", 0.6)
    monkeypatch.setenv("https_proxy", server.url)
    server.replies = [drip(b"HTTP/1.1 200 OK\r\n", b"X: y\r\n")]
    assert "took over" in trouble("https://a.example/")


def test_a_netrc_file_is_not_read(server: WireServer, home: Path) -> None:
    (home / ".netrc").write_text("machine 127.0.0.1 login a password b\n")
    (home / ".netrc").chmod(0o600)
    server.replies = [reply()]
    http.get(server.url)
    assert "authorization" not in server.requests[0].headers


def test_an_endless_body_is_abandoned(server: WireServer) -> None:
    server.replies = [flood(HEAD + b"\r\n", b"x" * 10_000)]
    assert "too long" in trouble(server.url)


def test_a_body_that_unpacks_without_end_is_abandoned(server: WireServer) -> None:
    server.replies = [reply(gzip.compress(b"x" * 50_000_000), 200, "Content-Encoding: gzip")]
    assert "too long" in trouble(server.url)


def test_a_server_that_is_unreachable_is_reported_by_its_name() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        port = taken.getsockname()[1]
        assert trouble(f"http://127.0.0.1:{port}/?secret=1") == ("Can't connect to 127.0.0.1.")


def test_a_server_without_a_certificate_to_trust_is_refused(tmp_path: Any) -> None:
    """A real TLS handshake, ended by the client."""
    listener = socket.create_server(("127.0.0.1", 0))
    listener.settimeout(PATIENCE_S)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(*self_signed(tmp_path))

    def serve() -> None:
        with contextlib.suppress(OSError):
            connection, _ = listener.accept()
            with connection, context.wrap_socket(connection, server_side=True):
                pass

    thread = threading.Thread(target=serve)
    thread.start()
    try:
        assert "certificate" in trouble(f"https://127.0.0.1:{listener.getsockname()[1]}/")
    finally:
        thread.join(PATIENCE_S)
        listener.close()


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("180", 180),
        ("0", 0),
        ("", None),
        ("-1", None),
        ("1.5", None),
        ("١٢", None),
        ("soon", None),
        ("9" * 16, None),
    ],
)
def test_a_header_is_a_number_or_nothing(text: str, number: int | None) -> None:
    assert Response(200, {"x": text}, b"").number("x") == number
    assert Response(200, {}, b"").number("x") is None


@pytest.mark.parametrize(
    ("text", "at_ms"),
    [
        ("Tue, 08 Nov 2022 21:16:42 GMT", 1_667_942_202_000),
        ("yesterday", None),
        ("", None),
        ("Tue, 99 Nov 2022 21:16:42 GMT", None),
        ("Tue, 08 Nov 99999999999 21:16:42 GMT", None),
    ],
)
def test_the_servers_date_is_a_time_or_nothing(text: str, at_ms: int | None) -> None:
    assert Response(200, {"date": text}, b"").date_ms() == at_ms
    assert Response(200, {}, b"").date_ms() is None


@pytest.mark.parametrize("key", ["se\ncret", "secret\r\n", "se\u2028cret"])
def test_an_invalid_key_is_neither_sent_nor_shown(server: WireServer, key: str) -> None:
    with pytest.raises(NetworkError, match="contains an invalid character") as caught:
        http.get(server.url, auth=f"Bearer {key}")
    assert "cret" not in str(caught.value)
    assert caught.value.__cause__ is None
    assert not server.requests


def test_a_proxy_of_another_kind_is_reported(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("https_proxy", "socks5://127.0.0.1:1")
    with pytest.raises(NetworkError, match="of a kind we cannot use"):
        http.get("https://a.example/")
    http.hang_up()


def test_a_proxy_receives_the_password_in_its_address(
    server: WireServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("https_proxy", server.url.replace("//", "//user:pass%20word@"))
    server.replies = [reply(b"", 403)]
    with pytest.raises(NetworkError, match="proxy"):
        http.get("https://a.example/?q=1")
    (request,) = server.requests
    assert request.headers["proxy-authorization"] == "Basic dXNlcjpwYXNzIHdvcmQ="


@pytest.mark.parametrize("body", [b"", b"[1]", b"x" * 200_000])
def test_a_connection_is_kept_for_the_next_request(body: bytes) -> None:
    http.hang_up()
    calls: list[socket.socket] = []

    def serve() -> None:
        connection, _ = listener.accept()
        with connection, connection.makefile("rb") as heard:
            calls.append(connection)
            for _ in range(3):
                while heard.readline().strip():
                    pass
                connection.sendall(HEAD + b"Content-Length: %d\r\n\r\n%b" % (len(body), body))

    with socket.create_server(("127.0.0.1", 0)) as listener:
        listener.settimeout(PATIENCE_S)
        thread = threading.Thread(target=serve)
        thread.start()
        url = f"http://127.0.0.1:{listener.getsockname()[1]}/"
        assert [http.get(url).body for _ in range(3)] == [body] * 3
        thread.join(PATIENCE_S)
    assert len(calls) == 1
    http.hang_up()
