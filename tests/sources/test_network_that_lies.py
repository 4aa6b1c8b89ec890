"""A network that is not what it says: no certificate, another address, answers that unpack."""

from __future__ import annotations

import gzip
import ssl
import threading
import tracemalloc
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from socket import create_server

import pytest
from doubles import WireServer, reply
from patience import PATIENCE_S
from self_signing import self_signed

from twittervotes.core.contest.posts import Ask, Failed, Feed, Remedy
from twittervotes.network import http
from twittervotes.sources.bluesky.search import BlueskySearch
from twittervotes.sources.bluesky.source import Jetstream
from twittervotes.sources.mastodon import sse
from twittervotes.sources.mastodon.source import Mastodon
from twittervotes.sources.mastodon.stream import Stream
from twittervotes.sources.x.auth import AppKeys, Bearer
from twittervotes.sources.x.source import XSearch
from twittervotes.sources.x_v1.source import Twitter

ELSEWHERE = "127.0.0.2"  # this machine, but no name of it that a source takes for safe
SECRET = "a-token-that-goes-nowhere-else"


@contextmanager
def without_certificate(folder: Path) -> Iterator[str]:
    """Serve TLS with a certificate that nobody has signed; it ends with the handshake."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(*self_signed(folder))
    with create_server((ELSEWHERE, 0)) as listener:
        listener.settimeout(PATIENCE_S)

        def serve() -> None:
            with suppress(OSError):
                connection, _ = listener.accept()
                with connection, context.wrap_socket(connection, server_side=True):
                    pass

        thread = threading.Thread(target=serve)
        thread.start()
        try:
            yield f"{ELSEWHERE}:{listener.getsockname()[1]}"
        finally:
            thread.join(PATIENCE_S)


def test_a_stream_with_an_untrusted_certificate_is_refused(tmp_path: Path) -> None:
    with (
        without_certificate(tmp_path) as host,
        pytest.raises(http.NetworkError, match="certificate"),
    ):
        sse.connect(f"https://{host}", "debian", SECRET)


def test_a_host_with_an_untrusted_certificate_is_refused(tmp_path: Path) -> None:
    with without_certificate(tmp_path) as host:
        answer = Jetstream(host).fetch(Ask(Feed("posts", "#debian")))
    assert isinstance(answer, Failed)
    assert "certificate" in answer.message


def test_no_source_follows_a_network_to_another_address(server: WireServer) -> None:
    elsewhere = f"Location: {server.url}/elsewhere"
    host = server.url.removeprefix("http://")
    sources = (
        Twitter("key", "secret", "token", SECRET, endpoint=f"{server.url}/search"),
        XSearch(Bearer(SECRET), server.url),
        XSearch(AppKeys("key", SECRET, f"{server.url}/oauth2/token"), server.url),
        Mastodon(server.url, ("debian",), SECRET),
        Stream(server.url, ("debian",), ("debian",), SECRET),
        BlueskySearch(server.url, "ann", SECRET),
        Jetstream(host),
    )
    for status in (301, 302, 307, 308):
        for source in sources:
            there = (
                elsewhere.replace("http:", "ws:") if isinstance(source, Jetstream) else elsewhere
            )
            server.replies = [reply(b"", status, there)]
            answer = source.fetch(Ask(Feed("debian", "#debian")))
            assert isinstance(answer, Failed), answer
            assert answer.remedy in (Remedy.RETRY, Remedy.STOP)
    assert len(server.requests) > 4 * len(sources) - 1
    assert not [each for each in server.requests if "elsewhere" in each.target]


def packed(times: int) -> bytes:
    """Return 300 MB of zeros, compressed this many times over."""
    data = gzip.compress(bytes(1 << 20)) * 300
    for _ in range(times - 1):
        data = gzip.compress(data)
    return data


@pytest.mark.parametrize("times", [1, 2, 3])
def test_an_oversized_compressed_answer_takes_little_memory(times: int, server: WireServer) -> None:
    coding = ", ".join(["gzip"] * times)
    server.replies = [reply(packed(times), 200, f"Content-Encoding: {coding}")]
    tracemalloc.start()
    with pytest.raises(http.NetworkError):
        http.get(server.url)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 4 * http.MOST_BYTES
