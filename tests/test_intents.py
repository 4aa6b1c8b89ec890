""" "Was it counted?" on a real ledger, also in its own thread."""

from __future__ import annotations

import threading
from pathlib import Path

import pytest
from patience import PATIENCE_S
from samples import CLOSES, OPENS, contest, page, post

from twittervotes.app.intents import IDLE, answering
from twittervotes.core.contest.acts import Act, ActKind
from twittervotes.core.contest.snapshot import LookupResult
from twittervotes.core.counting.lookup import MOST, findings
from twittervotes.core.ledger.reader import Reader
from twittervotes.core.ledger.writer import Ledger


@pytest.fixture
def ledger(tmp_path: Path) -> Path:
    path = tmp_path / "one.votes"
    with Ledger.create(path, contest(), OPENS) as made:
        made.act(Act(ActKind.OPENED, OPENS))
        posts = (
            post("1", "debian", voter="ann"),
            post("2", "ubuntu", voter="ann", at_ms=OPENS + 3000),
            post("3", "arch", voter="bob"),
            post("4", "arch", voter="cem", at_ms=CLOSES + 5000),
        )
        made.append([page(posts)], OPENS + 5000)
        made.append([page([post(f"n{i}", "arch", voter="zoe") for i in range(40)])], OPENS + 6000)
        made.act(Act(ActKind.EXCLUDED, OPENS + 7000, "Ada", voter="x:bob", reason="it is ours"))
    return path


def found(ledger: Path, wanted: str) -> tuple[LookupResult, ...]:
    with Reader(ledger) as reader:
        return findings(reader, wanted)


def test_an_accounts_posts_are_listed_newest_first(ledger: Path) -> None:
    later, earlier = found(ledger, "ann")
    assert later.verdict == "repeat"
    assert "This account's earlier vote (" in later.words
    assert earlier.verdict == "counted"
    assert "It counts for #debian." in earlier.words


def test_for_a_post_only_that_one_is_explained(ledger: Path) -> None:
    (only,) = found(ledger, "https://x.com/somebody/status/2")
    assert only.verdict == "repeat"
    assert only.account == "x:ann"
    assert only.words.endswith(" Account: x:ann.")


def test_who_left_an_account_out_and_why_is_reported(ledger: Path) -> None:
    (only,) = found(ledger, "x:bob")
    assert only.verdict == "excluded"
    assert only.words.endswith("it is ours")
    assert "Excluded by Ada" in only.words


def test_a_late_post_says_when_the_vote_closed(ledger: Path) -> None:
    (only,) = found(ledger, "cem")
    assert only.verdict == "late"


def test_an_unknown_post_gets_a_hint(ledger: Path) -> None:
    (only,) = found(ledger, "@somebody")
    assert only.verdict == ""
    assert "Try a post link" in only.words


@pytest.mark.parametrize("wanted", ["@bert@m.example", "https://m.example/@bert"])
def test_an_account_of_mastodon_is_found_as_people_name_it(ledger: Path, wanted: str) -> None:
    toot = post(
        "https://m.example/ap/users/1155/statuses/1",
        network="mastodon",
        voter="https://m.example/users/bert",
    )
    with Ledger.reopen(ledger) as reopened:
        reopened.append([page([toot], "mastodon")], OPENS + 8000)
    (only,) = found(ledger, wanted)
    assert only.verdict == "counted"
    assert only.account == "mastodon:https://m.example/users/bert"


def test_an_account_with_very_many_posts_is_cut_short(ledger: Path) -> None:
    many = found(ledger, "zoe")
    assert len(many) == MOST + 1
    assert "20 more" in many[-1].words


def test_an_inquiry_calls_back_from_its_own_thread(ledger: Path) -> None:
    told: list[tuple[LookupResult, ...]] = []
    came = threading.Event()
    look_up = answering(IDLE, ledger).look_up
    assert look_up is not None

    def tell(findings: tuple[LookupResult, ...]) -> None:
        assert threading.current_thread() is not threading.main_thread()
        told.append(findings)
        came.set()

    look_up("ann", tell)
    assert came.wait(PATIENCE_S)
    assert [finding.verdict for finding in told[0]] == ["repeat", "counted"]


def test_a_missing_ledger_is_reported(tmp_path: Path) -> None:
    told: list[str] = []
    came = threading.Event()
    intents = answering(IDLE, tmp_path / "gone.votes")
    assert intents.look_up is not None

    def tell(findings: tuple[LookupResult, ...]) -> None:
        told.append(findings[0].words)
        came.set()

    intents.look_up("ann", tell)
    assert came.wait(PATIENCE_S)
    assert "gone.votes" in told[0]


@pytest.mark.parametrize(
    ("name", "begins"),
    [("result.json", "Saved: "), ("nothing.doc", "'nothing.doc'"), ("no/result.csv", "There is")],
)
def test_an_export_says_what_came_of_it(
    ledger: Path, tmp_path: Path, name: str, begins: str
) -> None:
    told: list[str] = []
    came = threading.Event()
    intents = answering(IDLE, ledger)
    assert intents.export is not None

    def tell(words: str) -> None:
        told.append(words)
        came.set()

    intents.export(str(tmp_path / name), tell)
    assert came.wait(PATIENCE_S)
    assert told[0].startswith(begins)
    assert (tmp_path / name).exists() == (begins == "Saved: ")
