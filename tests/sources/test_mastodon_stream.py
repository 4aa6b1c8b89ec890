"""The live stream of an instance: events in pieces, cut lines, silence, refusals."""

from __future__ import annotations

import contextlib
import json
import pickle
import socket
import time
from collections.abc import Callable, Iterator
from dataclasses import replace

import pytest
from doubles import WireServer, reply
from patience import PATIENCE_S
from test_mastodon import NOW_MS, SECRET, id_at, instance, status, written

from twittervotes.core.contest.contest import Choice, Contest
from twittervotes.core.contest.posts import Ask, Failed, Feed, LooksUp, Page, Remedy, Sought
from twittervotes.sources.mastodon import api, sse
from twittervotes.sources.mastodon import source as mastodon
from twittervotes.sources.mastodon import stream as mastodon_stream
from twittervotes.sources.mastodon.errors import Instance, decode_instance
from twittervotes.sources.mastodon.plugin import PLUGIN
from twittervotes.sources.mastodon.stream import Stream

HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n"
ASK = Ask(Feed("debian", "debian"))


@pytest.fixture(autouse=True)
def fresh(server: WireServer, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Read in short turns, and hang up before the server waits for that."""
    monkeypatch.setattr(mastodon_stream, "READS_FOR_S", 0.1)
    monkeypatch.setattr(sse, "OPEN_S", PATIENCE_S)
    yield
    for listener in mastodon_stream._listeners.values():
        for connection in listener.connections.values():
            connection.close()
    mastodon_stream._listeners.clear()
    for known in (mastodon._limits, api._instances):
        known.clear()


@pytest.fixture
def source(server: WireServer) -> Stream:
    return Stream(server.url, ("debian",), ("debian",), SECRET)


def chunk(data: bytes) -> bytes:
    return b"%x\r\n%s\r\n" % (len(data), data)


def event(name: str, data: object) -> bytes:
    text = data if isinstance(data, str) else json.dumps(data)
    return f"event: {name}\ndata: {text}\n\n".encode()


def says(
    *parts: bytes, stays_s: float = PATIENCE_S, head: bytes = HEAD
) -> Callable[[socket.socket], None]:
    """Return a stream of these chunks, each a moment after the other, that then stays open."""

    def stream(connection: socket.socket) -> None:
        connection.sendall(head)
        for part in parts:
            connection.sendall(part)
            time.sleep(0.01)
        connection.settimeout(stays_s)
        try:
            connection.recv(1)  # until the other end hangs up
        except TimeoutError:
            return

    return stream


def page_of(answer: Page | Failed) -> Page:
    assert isinstance(answer, Page), answer
    return answer


def heard(source: Stream, server: WireServer, *parts: bytes, number: int = 1) -> Page:
    """Return what is heard of a stream of these chunks up to so many posts, as one page."""
    server.replies = [instance(), says(*parts)]
    return more_heard(source, number)


def more_heard(source: Stream, number: int = 1) -> Page:
    found = page_of(source.fetch(ASK))
    while len(found.posts) < number:
        more = page_of(source.fetch(ASK))
        found = replace(more, posts=(*found.posts, *more.posts), bad=(*found.bad, *more.bad))
    return found


def failure_of(source: Stream) -> Failed:
    """Read on until the stream fails."""
    while not isinstance(answer := source.fetch(ASK), Failed):
        pass
    return answer


def test_a_post_is_reported_as_soon_as_it_arrives(source: Stream, server: WireServer) -> None:
    found = heard(source, server, chunk(b":)\n"), chunk(event("update", status())))
    (post,) = found.posts
    assert (post.tags, post.at_ms, post.kind) == ("debian", NOW_MS, "post")
    assert (found.reached, found.token) == (True, "")
    assert found.newest.isdigit()


def test_the_tag_is_encoded_and_the_token_is_in_the_header_only(
    source: Stream, server: WireServer
) -> None:
    server.replies = [instance(), says(chunk(b":)\n"))]
    replace(source, asked=("日本",)).fetch(ASK)
    request = server.requests[-1]
    assert request.target == "/api/v1/streaming/hashtag?tag=%E6%97%A5%E6%9C%AC"
    assert request.headers["authorization"] == f"Bearer {SECRET}"
    assert SECRET not in repr(source)


def test_an_event_may_come_in_pieces_and_several_in_one(source: Stream, server: WireServer) -> None:
    data = b"".join(event("update", status(NOW_MS + n * 1000)) for n in range(3))
    pieces = [chunk(data[at : at + 97]) for at in range(0, len(data), 97)]
    posts = heard(source, server, *pieces, number=3).posts
    assert [post.at_ms - NOW_MS for post in posts] == [0, 1000, 2000]


@pytest.mark.parametrize("length", [1, 2, 3, 7, 1000])
def test_chunks_are_taken_apart_wherever_the_bytes_are_cut(length: int) -> None:
    data = chunk(b"a\r\nb") + b"A;name=value\r\n0123456789\r\n" + chunk(b"\r\n") * 3
    chunks = sse.Chunks()
    taken = [chunks.take(data[at : at + length]) for at in range(0, len(data), length)]
    assert b"".join(taken) == b"a\r\nb0123456789" + b"\r\n" * 3


def test_the_connection_is_kept_between_two_fetches(source: Stream, server: WireServer) -> None:
    first = heard(source, server, chunk(event("update", status())))
    again = page_of(source.fetch(ASK))
    assert (len(first.posts), again.posts) == (1, ())
    assert len(server.requests) == 2, "the instance, and one stream"


def test_buffered_events_are_read_without_new_bytes(
    source: Stream, server: WireServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(mastodon_stream, "MOST_POSTS", 1)
    parts = b"".join(chunk(event("update", status(NOW_MS + n * 1000))) for n in range(60))
    found = heard(source, server, parts)
    assert len(found.posts) < 60
    assert len(more_heard(source, 60 - len(found.posts)).posts) == 60 - len(found.posts)


def test_an_edit_is_a_new_version_and_a_deleted_post_is_withdrawn(
    source: Stream, server: WireServer
) -> None:
    edited = status(NOW_MS, "debian", "other", edited_at=written(NOW_MS + 9000))
    found = heard(
        source,
        server,
        chunk(event("update", status())),
        chunk(event("status.update", edited)),
        chunk(event("delete", id_at(NOW_MS))),
        chunk(event("delete", id_at(NOW_MS))),
        chunk(event("delete", "404")),
        chunk(event("update", status(NOW_MS + 1000))),
        number=4,
    )
    *versions, other = found.posts
    assert [(post.kind, post.revision) for post in versions] == [
        ("post", 0),
        ("post", NOW_MS + 9000),
        ("withdrawn", NOW_MS + 9001),
    ]
    assert len({post.key for post in versions} - {other.key}) == 1


def test_a_boost_in_the_stream_is_a_repost(source: Stream, server: WireServer) -> None:
    boost = status(tags=[], uri="https://a.example/1/activity", reblog=status(NOW_MS - 9))
    (post,) = heard(source, server, chunk(event("update", boost))).posts
    assert post.kind == "repost"


def test_unreadable_events_are_reported(source: Stream, server: WireServer) -> None:
    found = heard(
        source,
        server,
        chunk(event("update", "{")),
        chunk(event("update", {"id": None})),
        chunk(event("filters_changed", "undefined")),
        chunk(b"event: announcement\n\n:thump\nretry: 5\nodd\r\n\r\n"),
        chunk(event("update", status())),
    )
    assert (len(found.posts), len(found.bad)) == (1, 2)


@pytest.mark.covers("stream cut")
def test_a_broken_stream_is_reported_and_reopened(source: Stream, server: WireServer) -> None:
    server.replies = [
        instance(),
        says(chunk(event("update", status())), stays_s=0.01),
        says(chunk(event("update", status(NOW_MS + 1000)))),
    ]
    posts, told = [], []
    while len(posts) < 2:
        answer = source.fetch(ASK)
        posts += answer.posts if isinstance(answer, Page) else []
        told += [answer.remedy] if isinstance(answer, Failed) else []
    assert [post.at_ms for post in posts] == [NOW_MS, NOW_MS + 1000]
    assert set(told) <= {Remedy.RETRY}
    assert len(server.requests) == 3


@pytest.mark.parametrize(
    "part",
    [b"zz\r\n", b"5\r\nab", b"", b"0\r\n\r\n", b"-1\r\n\r\n", b"ffffffffffffffffff\r\nx"],
)
def test_a_broken_stream_is_trouble_of_the_network(
    source: Stream, server: WireServer, part: bytes
) -> None:
    server.replies = [instance(), says(part, stays_s=0.01)]
    answer = failure_of(source)
    assert (answer.remedy, answer.advice) == (
        Remedy.RETRY,
        "If this continues, check your connection.",
    )
    assert mastodon_stream._listeners[source.name].connections == {}


def test_a_stream_without_a_heartbeat_is_abandoned(
    source: Stream, server: WireServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sse, "SILENT_S", 0.05)
    server.replies = [instance(), says(chunk(b":)\n"))]
    assert "stopped sending data" in failure_of(source).message


@pytest.mark.parametrize("part", [b"data: " + b"x" * 5000 + b"\n", b"data:\n" * 1000])
def test_an_event_without_end_is_abandoned(
    part: bytes, source: Stream, server: WireServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sse, "LONGEST_EVENT", 10_000)
    server.replies = [instance(), says(*[chunk(part)] * 4)]
    assert "an endless event" in failure_of(source).message


@pytest.mark.parametrize(
    ("code", "remedy", "word"),
    [(401, Remedy.STOP, "token"), (403, Remedy.STOP, "token"), (503, Remedy.RETRY, "503"),
     (429, Remedy.WAIT, "quota"), (400, Remedy.STOP, "400"), (404, Remedy.STOP, "404")],
)  # fmt: skip
def test_a_refused_stream_says_what_to_do(
    source: Stream, server: WireServer, code: int, remedy: Remedy, word: str
) -> None:
    server.replies = [instance(), reply(b'{"error":"Missing access token"}', code)]
    answer = source.fetch(ASK)
    assert isinstance(answer, Failed)
    assert answer.remedy is remedy
    assert word in answer.message
    assert answer.message.endswith(".")
    assert SECRET not in repr(answer)


def test_a_silent_server_is_a_network_error(source: Stream) -> None:
    with socket.create_server(("127.0.0.1", 0)) as unused:
        url = f"http://127.0.0.1:{unused.getsockname()[1]}"
    answer = Stream(url, ("debian",), ("debian",), SECRET).fetch(ASK)
    assert isinstance(answer, Failed)
    assert answer.remedy is Remedy.RETRY


def test_the_final_sweep_looks_up_posts_seen_only_by_the_stream(
    source: Stream, server: WireServer
) -> None:
    found = heard(source, server, chunk(event("update", status())))
    edited = status(NOW_MS, "other", edited_at=written(NOW_MS + 5000))
    server.replies = [reply(b"[]"), reply(json.dumps(edited).encode())]
    sweep = replace(ASK, sweep=True)
    assert page_of(source.fetch(sweep)).posts == ()
    assert isinstance(source, LooksUp)
    sought = Sought(source.name_of(found.posts[0], found.ids[0]), found.posts[0])
    (post,) = page_of(source.fetch(replace(sweep, sought=(sought,)))).posts
    assert (post.tags, post.revision) == ("other", NOW_MS + 5000)
    assert mastodon_stream._listeners[source.name].connections == {}


@pytest.mark.parametrize(
    ("told", "host"),
    [
        ("wss://a.example", "https://a.example"),
        ("wss://A.example:4000/x", "https://a.example:4000"),
        ("wss://user:word@a.example:4000", "https://a.example:4000"),
        ("wss://a.example:port", "https://a.example"),
        ("wss://[", "https://a.example"),
        ("wss://", "https://a.example"),
        ("ws://streaming.a.example", "https://a.example"),
        ("http://127.0.0.1:9", "https://a.example"),
        ("", "https://a.example"),
        ("javascript:alert(1)", "https://a.example"),
    ],
)
def test_the_instance_may_name_a_safe_address_of_its_stream(told: str, host: str) -> None:
    body = json.dumps({"configuration": {"urls": {"streaming": told}}}).encode()
    assert sse.host("https://a.example", decode_instance(body)) == host
    assert sse.host("https://a.example", Instance()) == "https://a.example"


@pytest.mark.parametrize("told", ["wss://b.example", "https://a.example.org", "wss://x.a.example"])
def test_a_token_never_goes_to_a_host_named_by_an_instance(
    source: Stream, server: WireServer, told: str
) -> None:
    there = {"configuration": {"urls": {"streaming": told}}}
    server.replies = [reply(json.dumps(there).encode())]
    answer = source.fetch(ASK)
    assert isinstance(answer, Failed)
    assert answer.remedy is Remedy.STOP
    assert "was not sent" in answer.message
    assert answer.advice.endswith(f"set mastodon.stream to {told.partition('//')[2]}.")


def test_the_operator_may_name_the_streams_host(source: Stream, server: WireServer) -> None:
    server.replies = [says(chunk(event("update", status())))]
    found = more_heard(replace(source, base="https://a.example", there=server.url))
    assert len(found.posts) == 1
    assert server.requests[0].headers["authorization"] == f"Bearer {SECRET}"


def test_the_host_of_the_stream_is_in_the_configuration() -> None:
    settings = mastodon.MastodonSettings(("a.example",), SECRET, "streaming.a.example")
    contest = Contest("?", (Choice("debian"), Choice("arch")))
    _, stream = PLUGIN.sources(settings, contest)
    assert isinstance(stream, Stream)
    assert stream.there == "https://streaming.a.example"
    with pytest.raises(ValueError, match="stream is written"):
        mastodon.MastodonSettings(stream="http://streaming.a.example/api")


@pytest.mark.parametrize("part", [b"HTTP/1.1 100 Continue\r\n\r\n", b"H"])
def test_a_stream_with_endless_headers_is_abandoned(
    source: Stream, server: WireServer, monkeypatch: pytest.MonkeyPatch, part: bytes
) -> None:
    def drip(connection: socket.socket) -> None:
        end = time.monotonic() + PATIENCE_S
        with contextlib.suppress(OSError):
            while time.monotonic() < end:
                connection.sendall(part)
                time.sleep(0.05)

    monkeypatch.setattr(sse, "OPEN_S", 0.5)
    server.replies = [instance(), drip]
    began = time.monotonic()
    assert "Can't connect" in failure_of(source).message
    assert time.monotonic() - began < PATIENCE_S / 2


def test_each_request_reads_all_connections(source: Stream, server: WireServer) -> None:
    server.replies = [instance(), says(chunk(b":)\n"), stays_s=0.05), says(chunk(b":)\n"))]
    replace(source, asked=("debian", "ubuntu")).fetch(ASK)
    targets = [request.target.partition("tag=")[2] for request in server.requests[1:]]
    assert targets[:2] == ["debian", "ubuntu"]


def test_a_stream_goes_to_its_worker_as_a_value(source: Stream) -> None:
    assert pickle.loads(pickle.dumps(source)) == source  # noqa: S301 - our own bytes
