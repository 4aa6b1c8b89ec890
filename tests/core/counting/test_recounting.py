"""A recount by shares, and by several processes, is the recount of all in one."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from random import Random

import pytest
from samples import contest, page, post, random_post, random_rules

from twittervotes.core.contest.contest import Contest
from twittervotes.core.contest.posts import Tally
from twittervotes.core.counting import parallel
from twittervotes.core.counting.parallel import recounted
from twittervotes.core.counting.running import tally
from twittervotes.core.ledger.reader import Reader
from twittervotes.core.ledger.writer import Ledger


def written(path: Path, laid_down: Contest, random: Random) -> Tally:
    """Write a ledger with versions, an account without a name, and accounts that vote twice."""
    with Ledger.create(path, laid_down, 1) as ledger:
        for _ in range(6):
            ledger.append([page([random_post(random) for _ in range(9)])], 1)
        ledger.append([page([post("a", voter=""), post("b", "arch", voter="é")])], 1)
        return tally(ledger.posts(), laid_down)


@pytest.mark.parametrize("seed", range(30))
def test_shares_of_the_accounts_add_up_to_all(
    seed: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    random, path = Random(seed), tmp_path / "vote.votes"
    laid_down = replace(contest(), rules=random_rules(random))
    whole = written(path, laid_down, random)
    with Reader(path) as reader:
        for of in (1, 2, 3):
            monkeypatch.setattr(parallel, "MOST", -(-reader.posts // of))
            assert len(parallel.shares(reader.posts, 1)) == of
            assert recounted(reader, laid_down, (), None) == whole


def test_processes_count_what_one_counts_and_tell_how_far_they_are(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(parallel, "ALONE", 0)
    monkeypatch.setattr(parallel, "TELL_S", 0.0)
    path, told = tmp_path / "vote.votes", list[int]()
    whole = written(path, contest(), Random(3))
    with Reader(path) as reader:
        with Ledger.reopen(path) as writer:  # what comes meanwhile is not counted
            writer.append([page([post("late"), post("a", "arch", voter="", revision=9)])], 2)
        assert recounted(reader, reader.contest, (), told.append) == whole
        assert told
        assert recounted(reader, reader.contest, ("twitter",), None).posts == 0
