"""A client of a board's API: `Board("https://votes.example.org").state("distro")`.

It knows only the board's documents, and limits the time and size of every request.
"""

from __future__ import annotations

import itertools
from typing import TYPE_CHECKING, TypeVar
from urllib.parse import quote

import requests

from twittervotes.board import wire
from twittervotes.core.errors import TwittervotesError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from types import TracebackType

T = TypeVar("T")

TIMEOUT = (10.0, 60.0)  # to connect, and between two pieces of a response
MOST_BYTES = 16_000_000
MOST_CONTESTS = 100_000
LONGEST_LINE = 4_000_000


class BoardError(TwittervotesError):
    """The board can't be queried, or refuses; `status` is the HTTP status, 0 for none."""

    def __init__(self, words: str, status: int = 0) -> None:
        super().__init__(words, status)
        self.status = status

    def __str__(self) -> str:
        return str(self.args[0])


class Board:
    """A board at an address; use it in a `with`, or `close` it. Every method raises BoardError."""

    def __init__(self, url: str) -> None:
        if not url.startswith(("http://", "https://")):
            url = f"https://{url}"
        self.url = url.rstrip("/")
        self._session = requests.Session()

    def __enter__(self) -> Board:
        return self

    def __exit__(
        self, _: type[BaseException] | None, __: BaseException | None, ___: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Close the connections."""
        self._session.close()

    def contests(self, q: str = "", state: str = "", category: str = "") -> Iterator[wire.Summary]:
        """Return the contests that match: those under way, those highlighted, then the newest."""
        after = ""
        while True:
            query = {"q": q, "state": state, "category": category, "after": after, "limit": "100"}
            page = self._get("/v1/contests", wire.CataloguePage, query)
            yield from page.items
            if not page.next or page.next == after:
                return
            after = page.next

    def summaries(self) -> list[wire.Summary]:
        """Yield all contests of the catalogue."""
        return list(itertools.islice(self.contests(), MOST_CONTESTS))

    def contest(self, slug: str) -> wire.Document:
        """Return everything that is public about a contest."""
        return self._get(_of(slug), wire.Document)

    def state(self, slug: str, digest: str = "") -> wire.StateDocument:
        """Return the current standing, or the one published with `digest`."""
        return self._get(_of(slug, "state", *([digest] if digest else [])), wire.StateDocument)

    def minutes(self, slug: str) -> wire.Minutes:
        """Return the course of the vote."""
        return self._get(_of(slug, "minutes"), wire.Minutes)

    def acts(self, slug: str) -> tuple[wire.ActDocument, ...]:
        """Return what the operator and the clock did."""
        return self._get(_of(slug, "acts"), tuple[wire.ActDocument, ...])

    def standings(self, slug: str) -> Iterator[wire.Published]:
        """Yield the published standings, newest first."""
        after = ""
        while True:
            page = self._get(_of(slug, "standings"), wire.Standings, {"after": after})
            yield from page.items
            if not page.next or page.next == after:
                return
            after = page.next

    def look_up(self, slug: str, post: str) -> tuple[wire.PostStatus, ...]:
        """Return what became of a post, by its link or a receipt; the operator must allow it."""
        return self._get(_of(slug, "lookup"), wire.PostStatuses, {"post": post}).items

    def file(self, slug: str, kind: str) -> bytes:
        """Return a file of a provisional or certified result, such as result.json."""
        return self._bytes(_of(slug, kind))

    def watch(self, slug: str) -> Iterator[wire.StateDocument]:
        """Yield the standing whenever it changes, until the connection ends."""
        with self._request(_of(slug, "stream"), {}, accept="text/event-stream") as answer:
            try:
                for line in _lines(answer):
                    if line.startswith(b"data: {"):
                        yield self._decoded(line[6:], wire.StateDocument)
            except requests.RequestException as error:
                raise BoardError(f"{self.url} has closed the connection.") from error

    def _get(self, path: str, kind: type[T], query: dict[str, str] | None = None) -> T:
        return self._decoded(self._bytes(path, query), kind)

    def _decoded(self, data: bytes, kind: type[T]) -> T:
        try:
            return wire.decode(data, kind)
        except (ValueError, RecursionError) as error:
            raise BoardError(f"{self.url} doesn't answer as a board does: {error}.") from error

    def _bytes(self, path: str, query: dict[str, str] | None = None) -> bytes:
        with self._request(path, query or {}) as answer:
            data = bytearray()
            try:
                for piece in answer.iter_content(65_536):
                    data += piece
                    if len(data) > MOST_BYTES and "json" in answer.headers.get("content-type", ""):
                        raise BoardError(f"{self.url} sends too much.")
            except requests.RequestException as error:
                raise BoardError(f"{self.url} has closed the connection.") from error
            return bytes(data)

    def _request(
        self, path: str, query: dict[str, str], accept: str = "application/json, */*"
    ) -> requests.Response:
        query = {name: value for name, value in query.items() if value}
        try:
            answer = self._session.get(
                self.url + path,
                params=query,
                headers={"accept": accept},
                timeout=TIMEOUT,
                stream=True,
            )
        except requests.RequestException as error:
            words = f"Can't connect to {self.url}. Check the address and your connection."
            raise BoardError(words) from error
        if answer.status_code != 200:
            with answer:
                raise BoardError(self._refusal(answer), answer.status_code)
        return answer

    def _refusal(self, answer: requests.Response) -> str:
        try:
            problem = wire.decode(answer.raw.read(65_536, decode_content=True), wire.ProblemDetails)
        except (ValueError, OSError, RecursionError):
            return f"{self.url} answered with HTTP {answer.status_code}."
        return problem.detail or problem.title


def _of(slug: str, *parts: str) -> str:
    return "/".join(["/v1/contests", *(quote(part, safe="") for part in (slug, *parts))])


def _lines(answer: requests.Response) -> Iterator[bytes]:
    """Yield the lines of a stream as they arrive."""
    rest = b""
    for piece in answer.iter_content(None):
        *lines, rest = (rest + piece).split(b"\n")
        if len(rest) > LONGEST_LINE:
            raise BoardError("The stream has a line that is too long.")
        yield from lines
