"""The result and the votes as CSV: every post with its verdict, nothing a spreadsheet would run."""

from __future__ import annotations

import csv
import io
import json
import sqlite3
from collections import Counter
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest
from held import CHOICES, CLOSES, CONTEST, OPENS, Export, audience, held, laid_down

from twittervotes.core.contest.contest import Choice, PerAccount, Rules, Several
from twittervotes.core.contest.posts import Post
from twittervotes.core.csv_text import FORMULA, cell
from twittervotes.core.errors import LedgerError
from twittervotes.core.ledger.reader import Reader
from twittervotes.core.ledger.search import current_posts
from twittervotes.core.ledger.writer import Entry
from twittervotes.standalone import verify

HOSTILE = (
    "=cmd|'/C calc'!A0",
    "+1+1",
    "-1+1",
    "@SUM(1)",
    "'already",
    "＝1+1",
    'x;=1+1;y,@SUM(1);"=2',
    "\u202egnp.exe",
    "🗳️" * 90,
    'quote"comma,',
    "<script>",
)


def rows(text: bytes) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(text.decode())))


def unguarded(text: str) -> str:
    """Return the text of a cell, as the stand-alone verifier reads it."""
    return verify.GUARD.sub("", text)


def page(*posts: Post) -> Entry:
    body = {"feed": "all", "bad": [], "position": 0}
    return Entry("page", "twitter", body, posts)


def test_the_tally_has_a_row_a_choice_and_nothing_else(full: Path, exported: Export) -> None:
    found = rows(exported(full, "result.csv"))
    result = json.loads(exported(full, "result.json"))
    assert [
        (row["choice"], int(row["votes"]), float(row["percent"]), int(row["by_hand"]))
        for row in found
    ] == [tuple(row[name] for name in ("choice", "votes", "percent", "by_hand"))
          for row in result["tally"]]  # fmt: skip
    assert [row["label"] for row in found] == [choice.label for choice in CHOICES]
    assert {(row["state"], row["rehearsal"]) for row in found} == {("provisional", "no")}


def test_a_rehearsal_says_so_in_every_row(tmp_path: Path, exported: Export) -> None:
    path = held(tmp_path / "r.votes", audience(50), replace(CONTEST, rehearsal=True))
    assert {row["rehearsal"] for row in rows(exported(path, "result.csv"))} == {"yes"}


@pytest.mark.parametrize("per_account", PerAccount)
@pytest.mark.parametrize("several", Several)
def test_the_votes_have_the_numbers_of_the_result(
    per_account: PerAccount, several: Several, tmp_path: Path, exported: Export
) -> None:
    contest = replace(CONTEST, rules=Rules(per_account=per_account, several=several))
    path = held(tmp_path / "v.votes", audience(400), contest)
    found = rows(exported(path, "votes.csv"))
    result = json.loads(exported(path, "result.json"))
    verdicts = Counter(row["verdict"] for row in found)
    assert {name: number for name, number in result["verdicts"].items() if number} == verdicts
    counted = Counter(
        choice
        for row in found
        if row["verdict"] == "counted"
        for choice in row["choice"].split(" ")
    )
    assert {row["choice"]: row["votes"] for row in result["tally"]} == counted


def test_a_post_has_its_time_its_choices_and_its_reason(tmp_path: Path, exported: Export) -> None:
    at = OPENS + 60_000
    path = held(
        tmp_path / "v.votes",
        [
            Post("x", "1", "ann", at, "Debian"),
            Post("x", "2", "ann", at + 1500, "ubunut cats"),
            Post("x", "3", "bob", at, "arch debian"),
            Post("x", "4", "cem", CLOSES, "arch"),
            Post("x", "5", "dag", at, "cats"),
        ],
    )
    found = {row["key"]: row for row in rows(exported(path, "votes.csv"))}
    assert [(row["time"], row["choice"], row["verdict"]) for _, row in sorted(found.items())] == [
        ("2027-01-15T08:01:00Z", "debian", "counted"),
        ("2027-01-15T08:01:01.500Z", "ubuntu", "repeat"),
        ("2027-01-15T08:01:00Z", "arch debian", "spoilt"),
        ("2027-01-15T08:08:00Z", "arch", "late"),
        ("2027-01-15T08:01:00Z", "", "no choice"),
    ]
    assert "2027-01-15 08:01:00" in found["2"]["reason"]
    assert "#arch and #debian" in found["3"]["reason"]
    assert "after the vote closed" in found["4"]["reason"]


def test_accounts_are_sealed_by_default(full: Path, exported: Export) -> None:
    text = exported(full, "votes.csv")
    assert b"voter" not in text
    with Reader(full) as reader:
        seals = {
            (post.network, post.key): (reader.seal(post.network, post.voter), post.voter)
            for post in current_posts(reader)
        }
    sealed = {(row["network"], row["key"]): row["account"] for row in rows(text)}
    assert sealed == {name: seal for name, (seal, _) in seals.items()}
    named = rows(exported(full, "votes.csv", with_accounts=True))
    assert {(row["network"], row["key"]): (row["account"], row["voter"]) for row in named} == seals


def test_no_cell_can_be_a_formula(tmp_path: Path, exported: Export) -> None:
    choices = (*CHOICES, *(Choice(f"c{n}", label) for n, label in enumerate(HOSTILE)))
    posts = [Post(text, text, text, OPENS + 1000, "c1") for text in HOSTILE]
    contest = replace(CONTEST, choices=choices)
    path = laid_down(tmp_path / "h.votes", contest, page(*posts))
    votes = rows(exported(path, "votes.csv", with_accounts=True))
    result = rows(exported(path, "result.csv"))
    texts = [row[name] for row in votes for name in row] + [row["label"] for row in result]
    assert len(votes) == len(HOSTILE)
    assert all(text[:1] not in set(FORMULA) - {"'"} for text in texts)
    assert set(HOSTILE) <= {unguarded(text) for text in texts}
    assert {unguarded(row["voter"]) for row in votes} == set(HOSTILE)


def test_an_address_as_a_key_is_unchanged() -> None:
    for key in ("at://did:plc:x/app.bsky.feed.post/3k", "https://mastodon.example/@ann/1"):
        assert cell(key) == key


def test_a_ledger_with_a_time_that_is_no_date_is_refused(tmp_path: Path, exported: Export) -> None:
    vote = Post("x", "1", "ann", OPENS, "debian")
    path = laid_down(tmp_path / "t.votes", replace(CONTEST, closes_ms=None), page(vote))
    with closing(sqlite3.connect(path, isolation_level=None)) as db:
        db.execute("UPDATE pages SET times = ?", ((2**60).to_bytes(8, "little"),))
    with pytest.raises(LedgerError, match="entry 3 cannot be read: a time is"):
        exported(path, "votes.csv")
