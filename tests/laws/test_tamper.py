"""Law 6: whatever is changed in a ledger's rows is found, by the standard library alone."""

from __future__ import annotations

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
from twittervotes.core.contest.posts import Post
from twittervotes.core.ledger import format1_chain
from twittervotes.core.ledger.format1_chain import Prepared
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


def test_a_changed_byte_in_any_column_of_any_row_is_found() -> None:
    entries, posts = written(PAGES)
    assert walk.faults(entries, posts) == []
    tried = 0
    for changed in with_changes(entries, otherwise):
        tried += 1
        assert walk.faults(changed, posts)
    for changed in with_changes(posts, otherwise):
        tried += 1
        assert walk.faults(entries, changed)
    assert tried > 2000


def test_a_changed_post_is_named() -> None:
    entries, posts = written(PAGES)
    *before, mark = posts[1]
    posts[1] = (*before[:5], "somebody else", *before[6:], mark)
    assert walk.faults(entries, posts)[0] == "post 2"


@law
@given(rounds)
def tamper_evident(seen: list[Entry]) -> None:
    entries, posts = written(seen)
    assert walk.faults(entries, posts) == []
    for number in range(len(entries) - 1):  # what the last row was, its published digest proves
        assert walk.faults(without(entries, number), posts)
        assert walk.faults(moved(entries, number), posts)
    for number in range(len(posts)):
        assert walk.faults(entries, without(posts, number))
        assert walk.faults(entries, [*posts, posts[number]])
        assert number == 0 or walk.faults(entries, moved(posts, number - 1))
    assert walk.faults([*entries, entries[-1]], posts)


def without(rows: Rows, number: int) -> Rows:
    """Return the rows without one, the others numbered anew."""
    left = [*rows[:number], *rows[number + 1 :]]
    return [(place, *row[1:]) for place, row in enumerate(left, start=1)]


def moved(rows: Rows, number: int) -> Rows:
    """Return the rows with two neighbours in each other's place."""
    one, other = rows[number], rows[number + 1]
    swapped = [(one[0], *other[1:]), (other[0], *one[1:])]
    return [*rows[:number], *swapped, *rows[number + 2 :]]


def test_a_dropped_an_added_and_a_moved_row_is_found() -> None:
    tamper_evident()


def test_a_digest_that_skips_a_post_is_caught(monkeypatch: pytest.MonkeyPatch) -> None:
    digest = format1_chain.digest
    monkeypatch.setattr(
        format1_chain, "digest", lambda before, entry, posts: digest(before, entry, posts[1:])
    )
    fails(tamper_evident)


def test_a_digest_that_does_not_hang_on_the_one_before_is_caught(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    digest = format1_chain.digest
    monkeypatch.setattr(
        format1_chain, "digest", lambda _, entry, posts: digest(bytes(32), entry, posts)
    )
    fails(tamper_evident)


@pytest.mark.parametrize("name", Post._fields)
def test_a_line_that_leaves_a_column_out_is_caught(
    name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    prepared = format1_chain.prepared

    def short(posts: Sequence[Post], seal: format1_chain.Seal) -> Prepared:
        left_out: object = 7 if name.endswith("_ms") or name == "revision" else ""
        return prepared([whole._replace(**{name: left_out}) for whole in posts], seal)  # type: ignore[arg-type]

    monkeypatch.setattr(format1_chain, "prepared", short)
    fails(tamper_evident)
