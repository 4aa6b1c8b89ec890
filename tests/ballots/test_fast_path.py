"""Ballots that go to the box without a task of their own are answered like all others."""

from __future__ import annotations

import json
import secrets
import socket
from collections.abc import Callable, Iterator

import pytest
from ballot_boxes import SLUG, RunningBox, running
from patience import PATIENCE_S, until

from twittervotes.ballots import fast_path
from twittervotes.ballots.intake import LONGEST_BODY

PATH = f"/v1/contests/{SLUG}/ballots"


@pytest.fixture(scope="module")
def box(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningBox]:
    with running(tmp_path_factory.mktemp("box")) as box:
        yield box


@pytest.fixture
def number() -> Callable[[], int]:
    """Return a function that returns a new voter's number."""
    return lambda: secrets.randbelow(1_000_000) + 1


def request(
    box: RunningBox, number: int, *, chunked: bool = False, choice: str = "debian", **more: str
) -> bytes:
    """Return the bytes of a ballot; `more` are headers."""
    body = json.dumps({"choice": choice, "code": box.keys.code(number)}).encode()
    headers = {
        "host": "localhost",
        "content-type": "application/json",
        "idempotency-key": secrets.token_urlsafe(18),
        **{name.replace("_", "-"): value for name, value in more.items()},
    }
    if chunked:
        headers["transfer-encoding"] = "chunked"
        body = b"%x\r\n%s\r\n0\r\n\r\n" % (len(body), body)
    else:
        headers.setdefault("content-length", str(len(body)))
    lines = [f"{name}: {value}" for name, value in headers.items()]
    return "\r\n".join([f"POST {PATH} HTTP/1.1", *lines, "", ""]).encode() + body


class Line:
    """A connection to a box."""

    def __init__(self, box: RunningBox) -> None:
        self.socket = socket.create_connection(("127.0.0.1", box.port), timeout=PATIENCE_S)
        self._rest = b""

    def send(self, data: bytes) -> None:
        self.socket.sendall(data)

    def answer(self) -> tuple[int, dict[str, str], bytes]:
        """Return the status, the headers and the body of the next response."""
        while b"\r\n\r\n" not in self._rest:
            self._more()
        head, _, self._rest = self._rest.partition(b"\r\n\r\n")
        first, *lines = head.decode().split("\r\n")
        headers = dict(line.lower().split(": ", 1) for line in lines)
        assert len(headers) == len(lines)
        size = int(headers["content-length"])
        while len(self._rest) < size:
            self._more()
        body, self._rest = self._rest[:size], self._rest[size:]
        return int(first.split(" ")[1]), headers, body

    def _more(self) -> None:
        data = self.socket.recv(65_536)
        assert data, "the box hung up"
        self._rest += data

    @property
    def is_closed(self) -> bool:
        return self.socket.recv(1) == b""


@pytest.fixture
def line(box: RunningBox) -> Iterator[Line]:
    found = Line(box)
    with found.socket:
        yield found


def recorded(box: RunningBox) -> int:
    """Return how many ballots the box has."""
    page = box.get(f"/v1/contests/{SLUG}/feed", authorization=f"Bearer {box.keys.feed_token}")
    return len(page.said["rows"])  # type: ignore[arg-type]


def test_it_is_taken_by_this_version_of_uvicorn(
    box: RunningBox, number: Callable[[], int], line: Line
) -> None:
    made = fast_path.HttpToolsProtocol
    assert "_start_asgi_task" in vars(made), "bursts of ballots take the slow way"
    line.send(request(box, number()))
    assert line.answer()[0] == 201


@pytest.mark.parametrize("choice", ["debian", "nobody"])
def test_the_response_is_that_of_the_usual_way(
    box: RunningBox, number: Callable[[], int], line: Line, choice: str
) -> None:
    answers = []
    for chunked in (False, True):
        line.send(request(box, number(), choice=choice, chunked=chunked))
        status, headers, body = line.answer()
        headers.pop("date")
        headers["content-length"] = "?"
        answers.append((status, headers, sorted(json.loads(body))))
    assert answers[0] == answers[1]


def test_ballots_that_are_sent_without_waiting_are_answered_in_their_order(
    box: RunningBox, number: Callable[[], int], line: Line
) -> None:
    before = recorded(box)
    voters = [number() for _ in range(20)]
    made = [request(box, voter, chunked=at % 5 == 3) for at, voter in enumerate(voters)]
    line.send(b"".join(made))
    answers = [line.answer() for _ in voters]
    assert [status for status, _, _ in answers] == [201] * 20
    numbers = [json.loads(body)["number"] for _, _, body in answers]
    assert numbers == list(range(before + 1, before + 21))


def test_a_ballot_may_come_in_any_pieces(
    box: RunningBox, number: Callable[[], int], line: Line
) -> None:
    line.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    for sign in request(box, number()):
        line.send(bytes([sign]))
    assert line.answer()[0] == 201


def test_a_ballot_counts_although_its_voter_hangs_up(
    box: RunningBox, number: Callable[[], int]
) -> None:
    before = recorded(box)
    for _ in range(20):
        gone = Line(box)
        gone.send(request(box, number()))
        gone.socket.close()
    until(lambda: recorded(box) == before + 20)
    assert box.cast("debian", number()).status == 201


def test_a_body_that_never_ends_takes_nothing(
    box: RunningBox, number: Callable[[], int], line: Line
) -> None:
    before = recorded(box)
    line.send(request(box, number())[:-5])
    line.socket.close()
    assert box.cast("debian", number()).status == 201
    assert recorded(box) == before + 1


@pytest.mark.parametrize(
    ("more", "status"),
    [
        ({"host": "example.org"}, 421),
        ({"content_type": "text/plain"}, 400),
        ({"idempotency_key": "short"}, 400),
        ({"origin": "https://example.org"}, 403),
        ({"sec_fetch_site": "cross-site"}, 403),
        ({"expect": "100-continue"}, 201),
    ],
)
def test_what_is_refused_the_usual_way_is_refused_here(
    box: RunningBox, number: Callable[[], int], more: dict[str, str], status: int, line: Line
) -> None:
    line.send(request(box, number(), **more))
    answer = line.answer() if status != 201 else None
    if answer is None:
        line.socket.recv(4, socket.MSG_PEEK)
        line._more()
        line._rest = line._rest.removeprefix(b"HTTP/1.1 100 Continue\r\n\r\n")
        answer = line.answer()
    assert answer[0] == status


def test_a_body_that_is_too_long_is_refused(box: RunningBox, line: Line) -> None:
    body = b" " * (LONGEST_BODY + 1)
    line.send(request(box, 1, content_length=str(len(body))).partition(b"\r\n\r\n")[0])
    line.send(b"\r\n\r\n" + body)
    assert line.answer()[0] == 400


def test_the_connection_is_closed_if_the_voter_wants_it(
    box: RunningBox, number: Callable[[], int], line: Line
) -> None:
    line.send(request(box, number(), connection="close"))
    status, headers, _ = line.answer()
    assert (status, headers["connection"]) == (201, "close")
    assert line.is_closed


def test_a_code_that_voted_is_told_so(
    box: RunningBox, number: Callable[[], int], line: Line
) -> None:
    voter = number()
    retry = secrets.token_urlsafe(18)
    for status in (201, 200):
        line.send(request(box, voter, idempotency_key=retry))
        assert line.answer()[0] == status
    line.send(request(box, voter))
    status, headers, body = line.answer()
    assert status == 409
    assert headers["content-type"] == "application/problem+json"
    assert b"voted already" in body
