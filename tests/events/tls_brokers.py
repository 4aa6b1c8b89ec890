"""TLS, and a password, in front of brokers that know neither.

Each broker gets a listener of its own, which decrypts what comes and passes it on. In what brokers
answer, their addresses become those of the listeners. A listener that asks for a password says
that it knows SASL, and answers what belongs to it: https://kafka.apache.org/protocol.html
"""

from __future__ import annotations

import contextlib
import socket
import ssl
import threading
from collections.abc import Iterator

VERSIONS, HANDSHAKE, AUTHENTICATE = 18, 17, 36  # kinds of requests
REFUSED = 58


class TlsBrokers:
    """Listeners on loopback; `logins` are what clients sent as SASL PLAIN."""

    def __init__(self, servers: str, cert: tuple[str, str], login: bytes = b"") -> None:
        self.logins: list[bytes] = []
        self._login, self._threads, self._open = login, list[threading.Thread](), True
        self._tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self._tls.load_cert_chain(*cert)
        self._listeners = {
            int(each.rpartition(":")[2]): socket.create_server(("127.0.0.1", 0))
            for each in servers.split(",")
        }
        ports = {old: each.getsockname()[1] for old, each in self._listeners.items()}
        self.servers = ",".join(f"localhost:{port}" for port in ports.values())
        self._names = {
            address(b"127.0.0.1", old): address(b"localhost", new) for old, new in ports.items()
        }
        for port, listener in self._listeners.items():
            self._start(self._listen, listener, port)

    def _start(self, target: object, *args: object) -> None:
        thread = threading.Thread(target=target, args=args, daemon=True)  # type: ignore[arg-type]
        self._threads.append(thread)
        thread.start()

    def _listen(self, listener: socket.socket, port: int) -> None:
        while True:
            try:
                plain, _ = listener.accept()
            except OSError:
                return  # closed
            self._start(self._serve, plain, port)

    def _serve(self, plain: socket.socket, port: int) -> None:
        with contextlib.suppress(OSError, EOFError), contextlib.ExitStack() as opened:
            opened.enter_context(plain)
            client = opened.enter_context(self._tls.wrap_socket(plain, server_side=True))
            broker = opened.enter_context(socket.create_connection(("127.0.0.1", port)))
            is_known = not self._login
            while self._open:
                request = frame(client)
                kind, number = int.from_bytes(request[4:6], "big"), request[8:12]
                if kind == HANDSHAKE:
                    client.sendall(framed(number + bytes(2) + b"\0\0\0\1\0\5PLAIN"))
                    continue
                if kind == AUTHENTICATE:
                    self.logins.append(body(request)[4:])
                    is_known = self.logins[-1] == self._login
                    code = (0 if is_known else REFUSED).to_bytes(2, "big")
                    client.sendall(framed(number + code + b"\xff\xff" + bytes(4)))
                    continue
                if not is_known and kind != VERSIONS:
                    return
                broker.sendall(request)
                answer = frame(broker)
                if self._login and kind == VERSIONS:
                    answer = with_sasl(answer)
                for old, new in self._names.items():
                    answer = answer.replace(old, new)
                client.sendall(answer)

    def close(self) -> None:
        self._open = False
        for listener in self._listeners.values():
            with contextlib.suppress(OSError):
                listener.shutdown(socket.SHUT_RDWR)
            listener.close()
        for thread in self._threads:
            thread.join(10)


def address(host: bytes, port: int) -> bytes:
    """Return an address as brokers write it; the certificate has the name, which is as long."""
    return host + port.to_bytes(4, "big")


def body(request: bytes) -> bytes:
    """Return a request without its length and its header, which ends with the client's ID."""
    return request[14 + int.from_bytes(request[12:14], "big") :]


def framed(answer: bytes) -> bytes:
    return len(answer).to_bytes(4, "big") + answer


def with_sasl(answer: bytes) -> bytes:
    """Add two kinds of requests to the list of those that a broker knows."""
    if answer[8:10] != bytes(2):
        return answer  # it doesn't know the version that the client tried; another comes
    more = b"".join(
        kind.to_bytes(2, "big") + bytes(2) + most.to_bytes(2, "big")
        for kind, most in ((HANDSHAKE, 1), (AUTHENTICATE, 0))
    )
    number = int.from_bytes(answer[10:14], "big") + 2
    return framed(answer[4:10] + number.to_bytes(4, "big") + more + answer[14:])


def frame(peer: socket.socket) -> bytes:
    """Return one message with its length; raises EOFError at the end."""
    head = exactly(peer, 4)
    return head + exactly(peer, int.from_bytes(head, "big"))


def exactly(peer: socket.socket, size: int) -> bytes:
    data = bytearray()
    while len(data) < size:
        more = peer.recv(size - len(data))
        if not more:
            raise EOFError
        data += more
    return bytes(data)


@contextlib.contextmanager
def tls_brokers(servers: str, cert: tuple[str, str], login: bytes = b"") -> Iterator[TlsBrokers]:
    """Start listeners, and close them at the end."""
    found = TlsBrokers(servers, cert, login)
    try:
        yield found
    finally:
        found.close()
