"""The checkpoint: a restored count equals a full count, or nothing is restored."""

from __future__ import annotations

import zipfile
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from random import Random

import pytest
from samples import OPENS, contest, page, random_post, random_rules

from twittervotes.core.contest.acts import Act, ActKind
from twittervotes.core.contest.contest import PerAccount, Rules
from twittervotes.core.contest.posts import Post
from twittervotes.core.counting import checkpoint as checkpoint_module
from twittervotes.core.counting.checkpoint import Checkpoint
from twittervotes.core.counting.running import Count, tally
from twittervotes.core.ledger.writer import Ledger


@pytest.fixture(autouse=True)
def short_ledgers_count_as_long(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(checkpoint_module, "FEW", 1)


@pytest.fixture
def ledger(tmp_path: Path) -> Iterator[Ledger]:
    with Ledger.create(tmp_path / "vote.votes", contest(), 1) as ledger:
        yield ledger


def written(ledger: Ledger, count: Count, posts: list[Post]) -> None:
    changes = ledger.append([page(posts)], 1)
    count.add(changes.added)
    count.remove(changes.removed)


def posts(random: Random, first: int, number: int) -> list[Post]:
    """Return posts of few accounts, none of which is another's version."""
    return [random_post(random)._replace(key=str(first + place)) for place in range(number)]


@pytest.mark.parametrize("seed", range(40))
def test_a_restored_count_equals_a_full_count(seed: int, tmp_path: Path) -> None:
    random = Random(seed)
    laid_down = replace(contest(), rules=random_rules(random))
    with Ledger.create(tmp_path / "vote.votes", laid_down, 1) as ledger:
        count = Count(laid_down, ledger)
        written(ledger, count, posts(random, 0, 30))
        Checkpoint(tmp_path / "counts", ledger).move(count)
        ledger.append([page(posts(random, 30, random.choice([0, 12])))], 2)
        ledger.append([page([random_post(random) for _ in range(20)], source="other")], 2)
        taken_up = Checkpoint(tmp_path / "counts", ledger).take_up()
        assert taken_up is not None
        assert taken_up.tally() == tally(ledger.posts(), laid_down)
        written(ledger, taken_up, [random_post(random) for _ in range(40)])  # versions, too
        assert taken_up.tally() == tally(ledger.posts(), laid_down)


@pytest.fixture
def kept(ledger: Ledger, tmp_path: Path) -> Path:
    """Keep a count, and return its file."""
    count = Count(ledger.contest, ledger)
    written(ledger, count, posts(Random(1), 0, 20))
    Checkpoint(tmp_path / "counts", ledger).move(count)
    (file,) = (tmp_path / "counts").iterdir()
    return file


def taken_up(ledger: Ledger, file: Path) -> Count | None:
    return Checkpoint(file.parent, ledger).take_up()


def test_a_count_is_not_restored_under_other_rules(ledger: Ledger, kept: Path) -> None:
    ledger.act(Act(ActKind.RULED, OPENS, rules=Rules(per_account=PerAccount.ALL)))
    assert taken_up(ledger, kept) is None


def test_a_foreign_count_is_not_restored(ledger: Ledger, kept: Path, tmp_path: Path) -> None:
    with Ledger.create(tmp_path / "other.votes", contest(), 1) as other:
        other.append([page(list(ledger.posts()))], 1)
        assert taken_up(other, kept) is None
        kept.rename(Checkpoint(kept.parent, other)._file)
        assert taken_up(other, kept) is None


@pytest.mark.parametrize("place", range(0, 1000, 37))
def test_a_checkpoint_that_is_damaged_is_not_believed(
    ledger: Ledger, kept: Path, place: int
) -> None:
    whole = kept.read_bytes()
    at = place * len(whole) // 1000
    kept.write_bytes(whole[:at])
    assert taken_up(ledger, kept) is None
    kept.write_bytes(whole[:at] + bytes([whole[at] ^ 0xFF]) + whole[at + 1 :])
    count = taken_up(ledger, kept)  # what does not matter to the archive may be changed
    assert count is None or count.tally() == tally(ledger.posts(), ledger.contest)


@pytest.mark.parametrize("name", ["place.npy", "numbers.npy", "accounts_tag.npy", "known_row.npy"])
def test_an_invalid_checkpoint_is_ignored(name: str, ledger: Ledger, kept: Path) -> None:
    with zipfile.ZipFile(kept) as file:
        parts = {each: file.read(each) for each in file.namelist()}
    head = parts[name]
    for part in (b"", b"no array", head[:40], head.replace(b"'descr'", b"(((descr"), head[:-1]):
        with zipfile.ZipFile(kept, "w") as file:
            for each, content in (parts | {name: part}).items():
                file.writestr(each, content)
        assert taken_up(ledger, kept) is None
    kept.write_bytes(
        kept.read_bytes().replace(b"\x14\x00\x00\x00\x00\x00", b"\x14\x00\x20\x00\x63\x00")
    )
    assert taken_up(ledger, kept) is None


def test_checkpoints_are_moved_and_few_are_kept(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(checkpoint_module, "FEW", 10)
    random, folder = Random(1), tmp_path / "counts"
    for number in range(5):
        with Ledger.create(tmp_path / f"{number}.votes", contest(), 1) as ledger:
            count, checkpoint = Count(ledger.contest, ledger), Checkpoint(folder, ledger)
            moved = []
            for first in range(0, 20, 2):
                written(ledger, count, posts(random, first, 2))
                checkpoint.move(count)
                moved.append(checkpoint._next)
            assert moved == [10, 10, 10, 10, 12, 15, 15, 20, 20, 25]
    assert len(list(folder.iterdir())) == 3


def test_a_folder_that_takes_no_files_does_no_harm(ledger: Ledger, tmp_path: Path) -> None:
    (tmp_path / "counts").write_text("a file")
    checkpoint = Checkpoint(tmp_path / "counts", ledger)
    count = Count(ledger.contest, ledger)
    written(ledger, count, posts(Random(1), 0, 20))
    checkpoint.move(count)
    assert checkpoint.take_up() is None
