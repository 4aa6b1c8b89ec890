"""A program that appends pages at full speed until it is killed; imports little, to start fast."""

from __future__ import annotations

from dataclasses import replace
from multiprocessing.connection import Connection
from pathlib import Path
from random import Random

from samples import contest, page, random_post

from twittervotes.core.contest.posts import Post
from twittervotes.core.ledger import file
from twittervotes.core.ledger.writer import Changes, Entry, Ledger

NOW = 1


class CursorFirst(Ledger):
    """A ledger broken on purpose: it commits a page's position before its posts."""

    def append(self, entries: list[Entry], now_ms: int) -> Changes:  # type: ignore[override]
        if any(entry.posts for entry in entries):
            super().append([replace(entry, posts=()) for entry in entries], now_ms)
        return super().append(entries, now_ms)


def nth_page(number: int) -> Entry:
    """Return the page with this number: new posts, and some from earlier pages."""
    return page(posts_of(number), position=number)


def posts_of(number: int) -> list[Post]:
    random = Random(number)
    new = [random_post(random)._replace(key=f"{number}.{n}") for n in range(random.randrange(30))]
    again = Random(random.randrange(max(0, number - 20), number + 1))
    return [*new, *(random_post(again)._replace(key=f"shared {again.randrange(50)}"),) * 3]


def taken_up(path: Path, kind: type[Ledger] = Ledger) -> Ledger:
    """Return the ledger at `path`; create it if necessary, as the program does."""
    if file.is_new(path):
        return kind.create(path, contest(), NOW)
    return kind.reopen(path)


def next_page(ledger: Ledger) -> int:
    """Return the number of the page to continue with."""
    last = ledger.positions().get(("twitter", "all"), {"position": -1})["position"]
    assert isinstance(last, int)
    return last + 1


def append_until_killed(path: Path, begun: Connection, kind: type[Ledger] = Ledger) -> None:
    begun.send_bytes(b"")
    ledger = taken_up(path, kind)
    number = next_page(ledger)
    while True:
        several = 1 + number % 3
        ledger.append([nth_page(n) for n in range(number, number + several)], NOW)
        number += several
