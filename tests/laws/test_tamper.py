"""Law 6: whatever is changed in a ledger's rows is found, by the standard library alone."""

from __future__ import annotations

import struct
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from random import Random
from tempfile import TemporaryDirectory

import pytest
import walk
from hypothesis import given
from samples import OPENS, contest, page, post
from strategies import fails, law, rounds

from twittervotes.core.contest.acts import Act, ActKind
from twittervotes.core.contest.columns import EMPTY, PostColumns
from twittervotes.core.ledger import chain
from twittervotes.core.ledger.writer import Entry, Ledger

Rows = list[walk.Row]


def written(seen: Sequence[Entry]) -> tuple[Rows, Rows]:
    """Return the rows of a ledger with these pages, an act, a failure and a gap."""
    with TemporaryDirectory() as folder:
        path = Path(folder, "vote.db")
        with Ledger.create(path, contest(), 1) as ledger:
            ledger.act(Act(ActKind.OPENED, OPENS))
            for entry in seen:
                ledger.append([entry], 2)
            ledger.append([Entry("failed", "twitter", {"feed": "all"})], 3)
            ledger.append([Entry("gap", "twitter", {"from_ms": 1, "to_ms": 2})], 3)
        return walk.rows_of(path)


def otherwise(value: object) -> Iterator[object]:
    """Return `value` with each of its bytes changed in turn."""
    if isinstance(value, int):
        for bit in range(63):
            yield value ^ 1 << bit
        return
    data = value if isinstance(value, bytes) else str(value).encode()
    for place in range(len(data)):
        changed = bytearray(data)
        changed[place] ^= Random(place).randrange(1, 256)
        text = bytes(changed).decode("utf-8", "surrogateescape")
        yield bytes(changed) if isinstance(value, bytes) else text


def with_changes(rows: Rows, changes: Callable[[object], Iterator[object]]) -> Iterator[Rows]:
    """Return the rows over and over again, each time with one value changed."""
    for number, row in enumerate(rows):
        for column, value in enumerate(row):
            for other in changes(value):
                yield [
                    *rows[:number],
                    (*row[:column], other, *row[column + 1 :]),
                    *rows[number + 1 :],
                ]


PAGES = (
    page([post("1", "debian été"), post("2", born_ms=-5)]),
    page([]),
    page([post("1", revision=3), post("3", kind="quote")], source="mirror"),
)


MARKS = 13  # the column of a page that proves nothing


def faults(entries: Rows, pages: Rows) -> list[str]:
    """Return what is wrong with rows, including that they can't be read."""
    try:
        return walk.faults(entries, pages)
    except (ValueError, LookupError, struct.error) as error:
        return [str(error)]


def test_any_changed_byte_is_found() -> None:
    entries, pages = written(PAGES)
    assert faults(entries, pages) == []
    tried = 0
    for changed in with_changes(entries, otherwise):
        tried += 1
        assert faults(changed, pages)
    for changed in with_changes(pages, otherwise):
        if [page[:MARKS] for page in changed] != [page[:MARKS] for page in pages]:
            tried += 1
            assert faults(entries, changed)
    assert tried > 1000


def test_a_changed_account_is_found_with_its_page() -> None:
    entries, pages = written(PAGES)
    pages[0] = (*pages[0][:11], b"somebody\nelse\n", *pages[0][12:])
    assert faults(entries, pages) == ["the posts of entry 4"]


@law
@given(rounds)
def tamper_evident(seen: list[Entry]) -> None:
    entries, posts = written(seen)
    assert faults(entries, posts) == []
    for number in range(len(entries) - 1):  # what the last row was, its published digest proves
        assert faults(without(entries, number), posts)
        assert faults(moved(entries, number), posts)
    for number in range(len(posts)):
        assert faults(entries, without(posts, number))
        assert faults(entries, [*posts, (entries[-1][0], *posts[number][1:])])
        assert number == 0 or faults(entries, moved(posts, number - 1))
    assert faults([*entries, entries[-1]], posts)


def without(rows: Rows, number: int) -> Rows:
    """Return the rows without one; the others are renumbered."""
    left = [*rows[:number], *rows[number + 1 :]]
    return [(place, *row[1:]) for place, row in enumerate(left, start=1)]


def moved(rows: Rows, number: int) -> Rows:
    """Return the rows with two neighbours in each other's place."""
    one, other = rows[number], rows[number + 1]
    swapped = [(one[0], *other[1:]), (other[0], *one[1:])]
    return [*rows[:number], *swapped, *rows[number + 2 :]]


def test_dropped_added_and_moved_rows_are_found() -> None:
    tamper_evident()


def test_a_digest_without_the_posts_is_caught(monkeypatch: pytest.MonkeyPatch) -> None:
    digest = chain.digest
    monkeypatch.setattr(
        chain, "digest", lambda before, line, private, _: digest(before, line, private, EMPTY)
    )
    fails(tamper_evident)


def test_a_digest_without_its_predecessor_is_caught(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    digest = chain.digest
    monkeypatch.setattr(chain, "digest", lambda _, *others: digest(bytes(32), *others))
    fails(tamper_evident)


@pytest.mark.parametrize("number", range(8))
def test_a_digest_without_a_column_is_caught(number: int, monkeypatch: pytest.MonkeyPatch) -> None:
    whole = PostColumns.public.fget
    assert whole

    def short(page: PostColumns) -> tuple[bytes, ...]:
        columns = whole(page)
        return (*columns[:number], b"", *columns[number + 1 :])

    monkeypatch.setattr(PostColumns, "public", property(short))
    fails(tamper_evident)
