"""Law 4: whenever the program dies, the reopened count is what was counted, and it continues."""

from __future__ import annotations

import itertools
import multiprocessing
import shutil
import time
from collections.abc import Iterator
from pathlib import Path
from random import Random
from tempfile import TemporaryDirectory

import appending
import pytest
import reference
import walk
from appending import CursorFirst, append_until_killed, next_page, nth_page, posts_of, taken_up
from hypothesis import given
from patience import PATIENCE_S
from samples import contest, page
from strategies import contests, fails, law, rounds

from twittervotes.core.contest.contest import Contest
from twittervotes.core.contest.posts import Post
from twittervotes.core.counting.running import tally
from twittervotes.core.ledger.writer import Entry, Ledger

KILLS = 50


@law
@given(rounds, contests)
def durable(seen: list[Entry], laid_down: Contest) -> None:
    pages = [page(entry.posts, position=number) for number, entry in enumerate(seen)]
    with TemporaryDirectory() as folder:
        path = Path(folder, "whole", "vote.db")
        with KIND[0].create(path, laid_down, 1) as whole:
            copies = copied_at_every_commit(whole)
            for entry in pages:
                whole.append([entry], 1)
            whole.append([Entry("gap", "twitter", {})], 1)
            for copy in copies:
                with Ledger.reopen(copy) as ledger:
                    number = next_page(ledger)
                    assert sorted(ledger.posts()) == current_posts(pages[:number], laid_down)
                    ledger.append(pages[number:], 1)
                    assert sorted(ledger.posts()) == current_posts(pages, laid_down)
                    ledger.append([Entry("gap", "twitter", {})], 1)
                    assert ledger.digest == whole.digest


KIND: list[type[Ledger]] = [Ledger]


def current_posts(pages: list[Entry], laid_down: Contest) -> list[Post]:
    posts = [post for entry in pages for post in entry.posts]
    return sorted(reference.current_posts(posts, laid_down.rules.withdrawn))


def copied_at_every_commit(ledger: Ledger) -> list[Path]:
    """Return copies of the file, one more with each transaction: what a kill would leave."""
    copies: list[Path] = []

    def copy(statement: str) -> None:
        if statement.startswith("BEGIN"):
            folder = ledger.path.parent.with_name(f"copy {len(copies)}")
            shutil.copytree(ledger.path.parent, folder)
            copies.append(folder / ledger.path.name)

    ledger._db.set_trace_callback(copy)
    return copies


def test_a_ledger_cut_after_any_transaction_reaches_the_same_result() -> None:
    durable()


def test_storing_a_cursor_before_its_posts_is_caught(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(globals(), "KIND", [CursorFirst])
    fails(durable)


def test_losing_a_cursor_is_caught(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Ledger, "positions", lambda self: {})
    fails(durable)


def killed_after(seconds: float, path: Path, kind: type[Ledger] = Ledger) -> None:
    """Let another process append at full speed, and kill it some time after it began."""
    ours, theirs = FORKSERVER.Pipe(duplex=False)
    process = FORKSERVER.Process(target=append_until_killed, args=(path, theirs, kind))
    process.start()
    try:
        assert ours.poll(PATIENCE_S)
        time.sleep(seconds)
    finally:
        process.kill()
        process.join()
        process.close()
        ours.close()
        theirs.close()


FORKSERVER = multiprocessing.get_context("forkserver")  # one start of Python for all the kills
FORKSERVER.set_forkserver_preload(
    ["twittervotes.core.ledger.writer", "twittervotes.core.counting.running"]
)


def after_each_kill(path: Path, kind: type[Ledger] = Ledger) -> Iterator[int]:
    """Kill, look, go on: return the number of pages each time the ledger was found right.

    Where nothing was written before a kill, the machine is given longer.
    """
    random, longest_s = Random(4), 0.03
    truth: list[Post] = []
    pages = 0
    while True:
        killed_after(random.uniform(0, longest_s), path, kind)
        with taken_up(path, kind) as ledger:
            last, pages = pages, next_page(ledger)
            truth = reference.current_posts([*truth, *seen(last, pages)])
            held = list(ledger.posts())
            assert len(held) == len({(post.network, post.key) for post in held})
            assert sorted(held) == sorted(truth)
            assert tally(held, contest()) == tally(truth, contest())
        if pages == last:
            longest_s = min(2.0, 1.2 * longest_s)
        yield pages


def seen(start: int, end: int) -> Iterator[Post]:
    return itertools.chain.from_iterable(posts_of(number) for number in range(start, end))


@pytest.mark.long
def test_the_tally_is_true_after_50_random_kills(tmp_path: Path) -> None:
    path = tmp_path / "vote.db"
    found = list(itertools.islice(after_each_kill(path), KILLS))
    assert found == sorted(found)
    assert len(set(found)) > KILLS // 5, "most kills came before anything was written"
    with Ledger.reopen(path) as ledger:
        start, end = next_page(ledger), next_page(ledger) + 20
        for number in range(start, end):
            ledger.append([nth_page(number)], appending.NOW)
        truth = reference.count(seen(0, end), contest())
        assert reference.numbers(tally(ledger.posts(), contest())) == truth
    assert walk.faults(*walk.rows_of(path)) == []


def test_a_kill_during_creation_leaves_no_ledger_or_a_complete_one(tmp_path: Path) -> None:
    made = 0
    for number in range(200):
        path = tmp_path / f"{number}.db"
        killed_after(0.001 * 1.1**number, path)
        made += path.exists()
        with taken_up(path) as ledger:
            ledger.append([nth_page(next_page(ledger))], appending.NOW)
            assert ledger.contest == contest()
        assert walk.faults(*walk.rows_of(path)) == []
        if made == 5:
            return
    pytest.fail("no ledger was made in time")


def test_splitting_a_page_over_two_transactions_is_caught(tmp_path: Path) -> None:
    with pytest.raises(AssertionError):
        list(itertools.islice(after_each_kill(tmp_path / "vote.db", CursorFirst), KILLS))
