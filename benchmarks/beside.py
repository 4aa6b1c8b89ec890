"""What the program is compared with: the loop that tutorials teach, and the bare limits.

The loop decodes with `json`, stores who has voted in a set, and writes to sqlite3 once per page.
The bare limits do one step and nothing else: msgspec decodes what a count needs of a post and
discards it; SQLite inserts prepared rows into the ledger's table without its index.
"""

from __future__ import annotations

import json
import sqlite3
import time
from collections.abc import Callable, Iterable, Sequence
from contextlib import closing
from pathlib import Path

import msgspec
import requests

from benchmarks import audience
from benchmarks.audience import CHOICES, PAGE

ROWS_AT_ONCE = 10_000
LAID_OUT = (
    "CREATE TABLE posts (seq INTEGER PRIMARY KEY, entry INTEGER, source TEXT, network TEXT,"
    " key TEXT, voter TEXT, at_ms INTEGER, tags TEXT, kind TEXT, revision INTEGER,"
    " born_ms INTEGER, mark INTEGER) STRICT"
)


class Loop:
    """The vote counter of a tutorial: each account's first post that names one choice counts."""

    def __init__(self, path: Path) -> None:
        self._db = sqlite3.connect(path)
        self._db.execute("PRAGMA journal_mode = WAL")
        self._db.execute("CREATE TABLE votes (id TEXT PRIMARY KEY, user TEXT, tags TEXT)")
        self._voted: set[str] = set()
        self.votes = dict.fromkeys(CHOICES, 0)

    def count(self, statuses: Iterable[dict[str, object]]) -> None:
        """Count posts and store them."""
        rows = []
        for status in statuses:
            user, entities = status["user"], status["entities"]
            assert isinstance(user, dict)  # noqa: S101 - for mypy
            assert isinstance(entities, dict)  # noqa: S101 - for the types
            voter = user["id_str"]
            tags = {tag["text"].lower() for tag in entities["hashtags"]} & self.votes.keys()
            rows.append((status["id_str"], voter, " ".join(tags)))
            if len(tags) == 1 and voter not in self._voted:
                self._voted.add(voter)
                self.votes[tags.pop()] += 1
        self._db.executemany("INSERT OR IGNORE INTO votes VALUES (?, ?, ?)", rows)
        self._db.commit()

    def close(self) -> None:
        self._db.close()


def loop_over_files(files: Sequence[Path], ledger: Path) -> tuple[float, tuple[int, ...]]:
    """Count lines of JSON as tutorials do; return the seconds it took, and the votes."""
    began = time.perf_counter()
    with closing(Loop(ledger)) as loop:
        for path in files:
            with path.open("rb") as file:
                page = []
                for line in file:
                    page.append(json.loads(line))
                    if len(page) == PAGE:
                        loop.count(page)
                        page = []
                loop.count(page)
    return time.perf_counter() - began, tuple(loop.votes.values())


def loop_over_pages(address: str, ledger: Path, seconds: float) -> float:
    """Read a feed as tutorials do, for `seconds`; return the posts counted per second."""
    posts, up_to, began = 0, "", time.perf_counter()
    with closing(Loop(ledger)) as loop, requests.Session() as session:
        while (took := time.perf_counter() - began) < seconds:
            asked = {"q": "#debian OR #ubuntu", "count": "100"} | (
                {"max_id": up_to} if up_to else {}
            )
            statuses = session.get(address, params=asked, timeout=30).json()["statuses"]
            loop.count(statuses)
            posts += len(statuses)
            up_to = str(int(statuses[-1]["id_str"]) - 1) if statuses else ""
    return posts / took


class _Tag(msgspec.Struct):
    text: str


class _Entities(msgspec.Struct):
    hashtags: list[_Tag]


class _User(msgspec.Struct):
    id_str: str


class Status(msgspec.Struct):
    """The fields of a post that a count needs."""

    id_str: str
    created_at: str
    entities: _Entities
    user: _User


class Answer(msgspec.Struct):
    """A page of posts."""

    statuses: list[Status]


def decoding_lines(path: Path) -> float:
    """Return how many lines of a file msgspec decodes per second, without using them."""
    decode = msgspec.json.Decoder(Status).decode
    with path.open("rb") as file:
        began = time.perf_counter()
        number = sum(1 for _ in map(decode, file))
        return number / (time.perf_counter() - began)


def decoding_pages(page: bytes, times: int) -> float:
    """Return how many posts per second msgspec decodes from whole pages."""
    decode: Callable[[bytes], Answer] = msgspec.json.Decoder(Answer).decode
    began = time.perf_counter()
    for _ in range(times):
        decode(page)
    return times * PAGE / (time.perf_counter() - began)


def inserting(path: Path, posts: int) -> float:
    """Return how many rows per second SQLite inserts, in transactions that are safe on disk."""
    tags = "debian"
    rows = [
        (
            n,
            n // PAGE,
            "x",
            "x",
            str(key),
            str(key % 10**9),
            audience.OPENS_MS,
            tags,
            "post",
            0,
            0,
            n,
        )
        for n, key in enumerate(range(audience.FIRST_ID, audience.FIRST_ID + posts))
    ]
    with closing(sqlite3.connect(path, isolation_level=None)) as db:
        db.execute("PRAGMA journal_mode = WAL")
        db.execute("PRAGMA synchronous = FULL")
        db.execute(LAID_OUT)
        began = time.perf_counter()
        for start in range(0, posts, ROWS_AT_ONCE):
            db.execute("BEGIN")
            db.executemany(
                "INSERT INTO posts VALUES (?,?,?,?,?,?,?,?,?,?,?,?)",
                rows[start : start + ROWS_AT_ONCE],
            )
            db.execute("COMMIT")
        return posts / (time.perf_counter() - began)
