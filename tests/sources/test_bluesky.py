"""A Jetstream host read page by page, against a WebSocket server that says what a test wants."""

from __future__ import annotations

import contextlib
import json
import logging
import pickle
import socket
import threading
import time
from collections.abc import Callable, Iterator
from http import HTTPStatus
from typing import Any

import pytest
from doubles import WireServer, reply
from patience import PATIENCE_S
from websockets.exceptions import ConnectionClosed
from websockets.http11 import Request, Response
from websockets.sync.server import ServerConnection, serve

from simulators.bluesky_record import POSTS, tid
from twittervotes.core.contest.contest import Choice, Contest
from twittervotes.core.contest.posts import Ask, Failed, Page, Post, Remedy
from twittervotes.core.errors import ConfigError
from twittervotes.sources.bluesky import replay, websocket
from twittervotes.sources.bluesky import source as bluesky
from twittervotes.sources.bluesky.source import HOSTS, PLUGIN, BlueskySettings, Jetstream
from twittervotes.sources.plugin import plugins

CONTEST = Contest("?", (Choice("debian"), Choice("ubuntu", aliases=("kubuntu",))))
OPENS_US = 1_783_000_000_000_000
S = 1_000_000
PAUSE = b"no more for now"
Say = Callable[[ServerConnection], None]


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Read what a host says up to its PAUSE, however long that takes; leave no socket behind.

    After a pause there is nothing to wait for, so pages are as short as can be.
    """
    read = websocket.JetstreamConnection.read
    paused: set[websocket.JetstreamConnection] = set()

    def read_to_the_pause(line: websocket.JetstreamConnection, within_s: float) -> bytes | None:
        frame = read(line, within_s if line in paused else PATIENCE_S)
        if frame == PAUSE:
            paused.add(line)
            return None
        return frame

    monkeypatch.setattr(websocket.JetstreamConnection, "read", read_to_the_pause)
    monkeypatch.setattr(replay, "LOOK_S", 0.05)
    monkeypatch.setattr(replay, "BUSY_S", PATIENCE_S)
    monkeypatch.setattr(replay, "QUIET_S", 0.15)
    monkeypatch.setattr(replay, "STILL_S", 0.3)
    monkeypatch.setattr(websocket, "OPEN_S", PATIENCE_S)
    monkeypatch.setattr(websocket, "REST_S", 0.005)
    monkeypatch.setattr(bluesky, "_readings", {})
    yield
    for reading in bluesky._readings.values():
        reading.close()


class Wire:
    """A host: `says` is what each connection is told, the last again and again."""

    def __init__(self) -> None:
        self.says: list[Say] = []
        self.asked: list[str] = []
        self.refuses: list[int] = []
        self._ended = threading.Event()
        self._server = serve(
            self._serve, "127.0.0.1", 0, process_request=self._admit, compression=None
        )
        self._thread = threading.Thread(target=self._server.serve_forever)
        self._thread.start()
        self.source = Jetstream(f"127.0.0.1:{self._server.socket.getsockname()[1]}")

    def close(self) -> None:
        self._ended.set()
        self._server.shutdown()
        self._thread.join(PATIENCE_S)

    @property
    def cursors(self) -> list[int]:
        return [int(path.partition("cursor=")[2]) for path in self.asked]

    def _admit(self, connection: ServerConnection, request: Request) -> Response | None:
        self.asked.append(request.path)
        if not self.refuses:
            return None
        status = self.refuses.pop(0)
        return connection.respond(HTTPStatus(status), "No.\n")

    def _serve(self, connection: ServerConnection) -> None:
        say = self.says.pop(0) if len(self.says) > 1 else self.says[0]
        with contextlib.suppress(ConnectionClosed, OSError):
            say(connection)
            self._ended.wait(PATIENCE_S)


@pytest.fixture
def wire() -> Iterator[Wire]:
    wire = Wire()
    yield wire
    wire.close()


def frames(*sent: bytes) -> Say:
    def say(connection: ServerConnection) -> None:
        for frame in (*sent, PAUSE):
            connection.send(frame, text=True)

    return say


def event(at_us: int, did: str = "did:plc:a", **body: Any) -> bytes:
    told = {"did": did, "time_us": at_us, **body}
    return json.dumps(told, separators=(",", ":"), ensure_ascii=False).encode()


def commit(at_us: int, *tags: str, operation: str = "create", rkey: str = "", **more: Any) -> bytes:
    value = {"$type": POSTS, "createdAt": "2026-07-02T13:46:40Z", "text": "x", "tags": list(tags)}
    told = {"rev": tid(at_us), "operation": operation, "collection": POSTS, "rkey": rkey or "r"}
    if operation != "delete":
        told["record"] = value  # type: ignore[assignment]
    return event(at_us, kind="commit", commit=told, **more)


def identity(at_us: int) -> bytes:
    return event(at_us, kind="identity", identity={"seq": 1})


def ask(wire: Wire, since: str = "", **more: Any) -> Ask:
    return Ask(wire.source.feeds(CONTEST)[0], since, opens_ms=OPENS_US // 1000, **more)


def page(answer: Page | Failed) -> Page:
    assert isinstance(answer, Page), answer
    return answer


def failed(answer: Page | Failed) -> Failed:
    assert isinstance(answer, Failed), answer
    assert answer.message.endswith(".")
    return answer


def swept(wire: Wire, closes_us: int) -> Page:
    """Sweep to the end, and return all pages as one."""
    token, posts = "", []
    for _ in range(5000):
        got = page(
            wire.source.fetch(ask(wire, sweep=True, token=token, closes_ms=closes_us // 1000))
        )
        posts += got.posts
        token = got.token
        if not token:
            return Page(got.source, got.ask, tuple(posts), got.newest, gaps=got.gaps)
        assert not got.reached, "a sweep that says so would be cut short"
    raise AssertionError("the sweep never ends")


# --- what is asked ----------------------------------------------------------------------------


def test_all_tags_share_one_feed_and_one_socket(wire: Wire) -> None:
    assert wire.source.feeds(CONTEST)[0].query == "#debian #ubuntu #kubuntu"
    wire.says = [frames(commit(OPENS_US + 1, "Debian"))]
    got = page(wire.source.fetch(ask(wire)))
    assert [(post.tags, post.network) for post in got.posts] == [("Debian", "bluesky")]
    assert wire.asked == [
        f"/subscribe?wantedCollections={POSTS}&maxMessageSizeBytes=1000000"
        f"&cursor={OPENS_US - 5 * S}"
    ]


def test_a_socket_stays_open_between_two_pages(wire: Wire) -> None:
    more = threading.Event()

    def say(connection: ServerConnection) -> None:
        frames(commit(OPENS_US + 1, "debian"))(connection)
        more.wait(PATIENCE_S)
        frames(commit(OPENS_US + 2, "ubuntu", rkey="s"))(connection)

    wire.says = [say]
    first = second = page(wire.source.fetch(ask(wire)))
    more.set()
    while second.newest == first.newest:
        second = page(wire.source.fetch(ask(wire, first.newest)))
    assert [post.tags for post in (*first.posts, *second.posts)] == ["debian", "ubuntu"]
    assert len(wire.asked) == 1
    assert (first.reached, first.token) == (True, "")


def test_only_posts_move_the_cursor(wire: Wire) -> None:
    wire.says = [frames(commit(OPENS_US + 5, "cats"), identity(OPENS_US + 9))]
    got = page(wire.source.fetch(ask(wire)))
    assert (got.posts, got.newest, got.bad) == ((), str(OPENS_US + 5), ())


@pytest.mark.covers("blind host")
def test_a_broken_commit_proves_no_coverage(wire: Wire) -> None:
    broken = event(OPENS_US + 9, kind="commit", commit={"operation": "delete"})
    wire.says = [frames(commit(OPENS_US + 5, "cats"), broken)]
    assert page(wire.source.fetch(ask(wire))).newest == str(OPENS_US + 5)


def test_the_cursor_is_the_time_of_the_latest_post(wire: Wire) -> None:
    wire.says = [frames(commit(OPENS_US + 90, "a"), commit(OPENS_US + 80, "b"))]
    assert page(wire.source.fetch(ask(wire))).newest == str(OPENS_US + 80)


def test_a_new_process_starts_five_seconds_before_the_cursor(wire: Wire) -> None:
    wire.says = [frames(commit(OPENS_US + 60 * S, "debian"))]
    page(wire.source.fetch(ask(wire, str(OPENS_US + 60 * S))))
    assert wire.cursors == [OPENS_US + 55 * S]


def test_a_page_that_was_not_kept_is_read_again(wire: Wire) -> None:
    wire.says = [frames(commit(OPENS_US + 1, "debian"))]
    first = page(wire.source.fetch(ask(wire)))
    again = page(wire.source.fetch(ask(wire)))
    assert again.posts == first.posts
    assert len(wire.asked) == 2


def test_other_tags_start_over(wire: Wire) -> None:
    wire.says = [frames(commit(OPENS_US + 1, "arch"))]
    assert page(wire.source.fetch(ask(wire))).posts == ()
    feed = wire.source.feeds(Contest("?", (Choice("arch"),)))[0]
    got = page(wire.source.fetch(Ask(feed, str(OPENS_US + 1), opens_ms=OPENS_US // 1000)))
    assert [post.tags for post in got.posts] == ["arch"]


@pytest.mark.covers("deleted post")
def test_a_deletion_withdraws_a_post_of_an_earlier_page(wire: Wire) -> None:
    wire.says = [
        frames(commit(OPENS_US + 1, "debian")),
        frames(commit(OPENS_US + 2, operation="delete")),
    ]
    first = page(wire.source.fetch(ask(wire)))
    bluesky._readings[wire.source.name].close()
    second = page(wire.source.fetch(ask(wire, first.newest)))
    (post,), (gone,) = first.posts, second.posts
    assert gone == post._replace(kind="withdrawn", revision=OPENS_US + 2)


# --- trouble ----------------------------------------------------------------------------------


def test_frames_before_a_disconnection_are_kept(
    wire: Wire,
) -> None:
    def cut(connection: ServerConnection) -> None:
        connection.send(commit(OPENS_US + 1, "debian"), text=True)
        connection.socket.sendall(b"\x81\x7e\x10\x00" + b'{"did":"did:plc:half')
        connection.socket.shutdown(socket.SHUT_RDWR)

    wire.says = [cut, frames(commit(OPENS_US + 2, "ubuntu", rkey="s"))]
    first = page(wire.source.fetch(ask(wire)))
    second = page(wire.source.fetch(ask(wire, first.newest)))
    assert [post.tags for post in (*first.posts, *second.posts)] == ["debian", "ubuntu"]
    assert wire.cursors == [OPENS_US - 5 * S, OPENS_US + 1 - 5 * S]


@pytest.mark.covers("hung up")
def test_a_host_that_disconnects_at_once_is_reported(wire: Wire) -> None:
    wire.says = [lambda connection: connection.close(1013)]
    trouble = failed(wire.source.fetch(ask(wire)))
    assert trouble.remedy is Remedy.RETRY
    assert "closed the connection (code 1013)" in trouble.message


def test_a_frame_without_end_is_refused(wire: Wire, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(websocket, "LARGEST", 10_000)
    wire.says = [frames(b"x" * 20_000)]
    assert "more at once than any post is long" in failed(wire.source.fetch(ask(wire))).message


@pytest.mark.covers("silent")
def test_a_silent_host_is_reported_after_a_while(
    wire: Wire, monkeypatch: pytest.MonkeyPatch
) -> None:
    wire.says = [frames()]
    assert page(wire.source.fetch(ask(wire))).newest == str(OPENS_US)
    monkeypatch.setattr(replay, "SILENT_S", 0.05)
    trouble = failed(wire.source.fetch(ask(wire, str(OPENS_US))))
    assert "has sent nothing" in trouble.message


@pytest.mark.parametrize("rubbish", [b"<html></html>", b"{}", b"[]", b'{"time_us":-1}', b""])
def test_a_host_that_says_something_else_is_reported(wire: Wire, rubbish: bytes) -> None:
    wire.says = [frames(rubbish, rubbish)]
    assert "data other than events" in failed(wire.source.fetch(ask(wire))).message


@pytest.mark.covers("bad frame")
def test_bad_frames_are_reported_and_skipped(wire: Wire) -> None:
    spoilt = commit(OPENS_US + 2, "debian").replace(b'"create"', b'"invent"')
    wire.says = [frames(commit(OPENS_US + 1, "debian"), spoilt, b"\xff\x00", b'{"tags" "debian"')]
    got = page(wire.source.fetch(ask(wire)))
    assert len(got.posts) == 1
    assert [words.split(":")[0] for words in got.bad] == [
        f"the event of {OPENS_US + 2}",
        "a frame that isn't an event",
    ]


@pytest.mark.parametrize(
    ("status", "remedy", "words"),
    [
        (200, Remedy.RETRY, "HTTP 200"),
        (302, Remedy.RETRY, "HTTP 302"),
        (400, Remedy.STOP, "rejected the request"),
        (403, Remedy.STOP, "answered 403"),
        (404, Remedy.STOP, "answered 404"),
        (429, Remedy.RETRY, "too many connections"),
        (500, Remedy.RETRY, "is having problems"),
        (503, Remedy.RETRY, "is having problems"),
    ],
)
@pytest.mark.covers("too many connections", "refused")
def test_a_host_that_takes_no_call_is_reported(
    wire: Wire, status: int, remedy: Remedy, words: str
) -> None:
    wire.refuses, wire.says = [status], [frames(commit(OPENS_US + 1, "debian"))]
    trouble = failed(wire.source.fetch(ask(wire)))
    assert trouble.remedy is remedy
    assert words in trouble.message
    assert trouble.remedy is Remedy.RETRY or "hosts" in trouble.advice
    assert page(wire.source.fetch(ask(wire))).posts


@pytest.mark.covers("no WebSocket")
def test_what_speaks_no_websocket_is_reported(server: WireServer) -> None:
    source = Jetstream(server.url.removeprefix("http://"))
    server.replies = [reply(b"<html></html>", 200), reply(b"", 101), b"220 smtp ready\r\n", b""]
    for _ in range(4):
        answer = failed(source.fetch(Ask(source.feeds(CONTEST)[0])))
        assert answer.remedy in (Remedy.RETRY, Remedy.STOP)
        assert source.host in answer.message


@pytest.mark.covers("away")
def test_a_host_that_is_unreachable_is_reported() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        source = Jetstream(f"127.0.0.1:{taken.getsockname()[1]}")
        answer = failed(source.fetch(Ask(source.feeds(CONTEST)[0])))
    assert answer.message == f"Can't connect to {source.host}."


# --- holes, and the final sweep -----------------------------------------------------------------


@pytest.mark.covers("cursor moved")
def test_a_cursor_moved_ahead_is_reported_as_a_gap(wire: Wire) -> None:
    wire.says = [frames(commit(OPENS_US + 3600 * S, "debian"))]
    got = page(wire.source.fetch(ask(wire)))
    (gap,) = got.gaps
    assert (gap.from_ms, gap.to_ms) == (OPENS_US // 1000, OPENS_US // 1000 + 3_600_000)


def test_the_sweep_replays_the_whole_period(wire: Wire) -> None:
    closes_us = OPENS_US + 40 * S
    end_us = closes_us + replay.AFTERMATH_US
    times = [OPENS_US + 1, OPENS_US + 20 * S, closes_us, end_us + 6 * S]
    wire.says = [frames(*(commit(at, "debian", rkey=f"r{at}") for at in times))]
    page(wire.source.fetch(ask(wire)))
    got = swept(wire, closes_us)
    assert [post.revision for post in got.posts] == times
    assert got.gaps == ()
    assert wire.cursors == [OPENS_US - 5 * S] * 2


def test_the_sweep_waits_for_frames_out_of_order_at_its_end(
    wire: Wire, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(replay, "QUIET_S", PATIENCE_S)
    closes_us = OPENS_US + 10 * S
    end_us = closes_us + replay.AFTERMATH_US

    def say(connection: ServerConnection) -> None:
        frames(commit(end_us + 2 * S, "debian"))(connection)
        frames(
            commit(closes_us - S, "ubuntu", rkey="late"),
            commit(end_us + 6 * S, "debian", rkey="last"),
        )(connection)

    wire.says = [say]
    assert "ubuntu" in [post.tags for post in swept(wire, closes_us).posts]


def test_a_replay_ends_at_the_present(wire: Wire, monkeypatch: pytest.MonkeyPatch) -> None:
    now_us = OPENS_US + 100 * S
    monkeypatch.setattr(time, "time_ns", lambda: now_us * 1000)
    wire.says = [frames(*(commit(OPENS_US + n * S, "debian") for n in range(0, 95, 5)))]
    assert swept(wire, OPENS_US + 90 * S).gaps == ()


def test_a_replay_that_stalls_before_its_end_is_not_over(
    wire: Wire, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(time, "time_ns", lambda: (OPENS_US + 100 * S) * 1000)
    monkeypatch.setattr(replay, "STILL_S", PATIENCE_S)
    monkeypatch.setattr(replay, "SILENT_S", 0.4)
    wire.says = [
        frames(commit(OPENS_US + 80 * S, "debian", rkey="r")),
        frames(
            commit(OPENS_US + 90 * S, operation="delete", rkey="r"), identity(OPENS_US + 106 * S)
        ),
    ]
    token, posts = "", list[Post]()
    for _ in range(100):
        answer = wire.source.fetch(ask(wire, sweep=True, token=token))
        if isinstance(answer, Page):
            token = answer.token
            posts += answer.posts
            if not token:
                break
    assert posts[-1].kind == "withdrawn"


def test_silence_in_the_middle_doesnt_end_a_replay(
    wire: Wire, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(time, "time_ns", lambda: (OPENS_US + 3600 * S) * 1000)
    monkeypatch.setattr(replay, "SILENT_S", 0.3)
    wire.says = [frames(commit(OPENS_US + 1, "debian"))]
    token = ""
    for _ in range(20):
        answer = wire.source.fetch(ask(wire, sweep=True, token=token))
        if isinstance(answer, Failed):
            break
        token = answer.token
        assert token
    assert "has sent nothing" in failed(answer).message


def test_a_gap_is_what_both_sweep_and_live_reading_lack(
    wire: Wire, monkeypatch: pytest.MonkeyPatch
) -> None:
    def at(second: int) -> bytes:
        return commit(OPENS_US + second * S, "cats")

    monkeypatch.setattr(time, "time_ns", lambda: (OPENS_US + 400 * S) * 1000)
    live = [at(second) for second in (0, 20, 40, 60, 300)]
    late = [at(second) for second in range(200, 396, 20)]
    wire.says = [frames(*live), frames(*late)]
    assert page(wire.source.fetch(ask(wire))).gaps
    (gap,) = swept(wire, OPENS_US + 390 * S).gaps
    assert (gap.from_ms - OPENS_US // 1000, gap.to_ms - OPENS_US // 1000) == (60_000, 200_000)


def blind(from_s: int, to_s: int, lasts_s: int) -> list[bytes]:
    """Return a post and news of an account a second, but no post within a stretch."""
    told = []
    for second in range(lasts_s):
        told.append(identity(OPENS_US + second * S))
        if not from_s < second < to_s:
            told.append(commit(OPENS_US + second * S + 1, "cats"))
    return told


def cut_after(*sent: bytes) -> Say:
    def say(connection: ServerConnection) -> None:
        for frame in sent:
            connection.send(frame, text=True)
        connection.socket.shutdown(socket.SHUT_RDWR)

    return say


@pytest.mark.parametrize("is_new", [False, True], ids=["cut", "killed"])
def test_a_blind_host_is_reported_even_if_disconnected(
    wire: Wire, monkeypatch: pytest.MonkeyPatch, is_new: bool
) -> None:
    """An outage of 40 s in two parts of less than the 30 that are told."""
    monkeypatch.setattr(time, "time_ns", lambda: (OPENS_US + 100 * S) * 1000)
    sent = blind(20, 60, 99)
    before = [frame for frame in sent if b'"commit"' in frame][:21]
    until_40 = sent[: sent.index(identity(OPENS_US + 40 * S))]
    after = sent[sent.index(before[15]) :]
    # live: the part before is one connection, or one process; then a sweep that is cut there too
    wire.says = [cut_after(*until_40), frames(*after), cut_after(*until_40), frames(*after)]
    first = page(wire.source.fetch(ask(wire)))
    assert first.gaps == ()
    if is_new:
        bluesky._readings.pop(wire.source.name).close()
    second = page(wire.source.fetch(ask(wire, first.newest)))
    outage = [(20_000, 60_000)]
    assert joined(second) == outage
    swept_page = page(wire.source.fetch(ask(wire, sweep=True, closes_ms=OPENS_US // 1000 + 98_000)))
    assert swept_page.token
    while swept_page.token:
        again = ask(wire, sweep=True, closes_ms=OPENS_US // 1000 + 98_000, token=swept_page.token)
        swept_page = page(wire.source.fetch(again))
    assert joined(swept_page) == outage


def joined(answer: Page) -> list[tuple[int, int]]:
    """Return the gaps of a page from the opening on, those that meet made one."""
    found: list[tuple[int, int]] = []
    for gap in answer.gaps:
        span = gap.from_ms - OPENS_US // 1000, gap.to_ms - OPENS_US // 1000
        if found and found[-1][1] == span[0]:
            span = found.pop()[0], span[1]
        found.append(span)
    return found


def test_a_new_process_restarts_the_replay_of_a_sweep(wire: Wire) -> None:
    wire.says = [frames(commit(OPENS_US + 1, "debian"))]
    token = f"{OPENS_US + 50 * S}-{OPENS_US + 90 * S}"
    page(wire.source.fetch(ask(wire, sweep=True, token=token)))
    assert wire.cursors == [OPENS_US - 5 * S]


def test_a_sweep_ignores_an_end_set_by_a_wrong_clock(wire: Wire) -> None:
    wire.says = [frames(commit(OPENS_US + 1, "debian"), commit(OPENS_US + 56 * S, "cats"))]
    token = f"{OPENS_US}-{OPENS_US + 3600 * S}"
    today_ms = (OPENS_US + 50 * S) // 1000
    assert not page(wire.source.fetch(ask(wire, sweep=True, token=token, today_ms=today_ms))).token


# --- the door -----------------------------------------------------------------------------------


def test_the_plugin_is_ready_without_a_key() -> None:
    assert plugins()["bluesky"] is PLUGIN
    assert PLUGIN.needs(BlueskySettings()) == ()
    sources = PLUGIN.sources(BlueskySettings(), CONTEST)
    assert [source.name for source in sources] == [f"bluesky:{host}" for host in HOSTS]
    assert {source.network for source in sources} == {"bluesky"}
    assert pickle.loads(pickle.dumps(sources)) == sources  # noqa: S301 - our own bytes


def test_an_app_password_adds_a_source() -> None:
    settings = BlueskySettings(identifier="you.bsky.social", app_password="abcd-efgh")
    *_, search = PLUGIN.sources(settings, CONTEST)
    assert search.name == "bluesky-search"
    assert "abcd-efgh" not in repr(settings) + repr(search)
    for half in (BlueskySettings(identifier="you"), BlueskySettings(app_password="x")):
        assert "under bluesky" in PLUGIN.needs(half)[0]
        with pytest.raises(ConfigError):
            PLUGIN.sources(half, CONTEST)


@pytest.mark.parametrize(
    ("values", "words"),
    [
        ({"hosts": ()}, "at least one"),
        ({"hosts": ("a", "a")}, "each only once"),
        ({"hosts": ("wss://a",)}, "without 'wss://'"),
        ({"hosts": ("a/b",)}, "without 'wss://'"),
        ({"hosts": ("a b",)}, "without 'wss://'"),
        ({"service": "http://bsky.example"}, "https://"),
        ({"service": "https://bsky.example/x"}, "https://"),
    ],
)
def test_settings_that_cannot_be_used_are_reported(values: dict[str, Any], words: str) -> None:
    with pytest.raises(ValueError, match=words):
        BlueskySettings(**values)


@pytest.mark.logs_errors
def test_closing_a_busy_socket_logs_no_traceback(
    caplog: pytest.LogCaptureFixture,
) -> None:
    library = logging.getLogger("websockets.client")
    for error in (EOFError("stream ended"), ValueError("another")):
        library.error("unexpected internal error", exc_info=error)
    assert [record.exc_info[0] for record in caplog.records if record.exc_info] == [ValueError]
