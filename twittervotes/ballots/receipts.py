"""Looks up a ballot by its receipt: recorded, counted, or why not; never its choice."""

from __future__ import annotations

import contextlib
import sqlite3
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from twittervotes.core.contest.contest import Contest, PerAccount
from twittervotes.core.contest.networks import Meant
from twittervotes.core.contest.posts import Verdict
from twittervotes.core.contest.snapshot import LookupResult
from twittervotes.core.counting.explain import moment
from twittervotes.core.counting.verdicts import judged
from twittervotes.core.errors import LedgerError, TwittervotesError
from twittervotes.core.ledger import opening
from twittervotes.core.ledger.reader import Reader
from twittervotes.core.ledger.search import authors, posts_of
from twittervotes.sources.web.keys import key_of, typed
from twittervotes.sources.web.network import NAME

if TYPE_CHECKING:
    from pathlib import Path

BOX: Final = "-box"


@dataclass(frozen=True, slots=True)
class BallotStatus:
    """The state of a ballot: its verdict ("" until it is known), and a few words."""

    verdict: str
    words: str


RECORDED: Final = BallotStatus("", "Recorded")
READ: Final = BallotStatus("", "Received by the count")


def box_of(ledger: Path) -> Path:
    """Return the ballot box file that belongs to a ledger."""
    return ledger.with_name(f"{ledger.stem}{BOX}")


def _receipt(text: str) -> str:
    """Return the receipt that a user typed, alone or as the link from the ballot page."""
    return typed(text.strip().rpartition("/receipt/")[2])


def ballot_key(ledger: Path, text: str) -> str:
    """Return the key of the ballot with this receipt; "" if the ledger's box didn't issue it."""
    receipt, box = _receipt(text), box_of(ledger)
    if not receipt or not box.is_file():
        return ""
    try:
        with contextlib.closing(opening.connect(box, "mode=ro", sqlite3.Connection)) as db:
            (kept,) = db.execute("SELECT ledger_key FROM about").fetchone()
    except (LedgerError, sqlite3.Error, TypeError):
        return ""
    return key_of(receipt, bytes(kept)) if isinstance(kept, bytes) else ""


@dataclass(frozen=True, slots=True)
class BallotFound:
    """A ballot in a ledger: its receipt, its time and its state."""

    receipt: str
    at_ms: int
    status: BallotStatus

    def finding(self) -> LookupResult:
        """Return it as a result of the window's search."""
        words = f"{moment(self.at_ms)} on the ballot page: {self.status.words}."
        return LookupResult(self.status.verdict, words)


def looked_up(reader: Reader, text: str) -> BallotFound | None:
    """Return the ballot with this receipt; None if it isn't in this ledger.

    The box beside the ledger maps receipts to ballots.
    """
    key = ballot_key(reader.path, text)
    found = in_ledger(reader, key) if key else None
    return BallotFound(_receipt(text), *found) if found is not None else None


def status(ledger: Path, key: str) -> BallotStatus | None:
    """Return the verdict on the ballot with this key; None if it isn't in the ledger."""
    try:
        with Reader(ledger) as reader:
            found = in_ledger(reader, key)
    except (TwittervotesError, sqlite3.Error):
        return None
    return found and found[1]


def in_ledger(reader: Reader, key: str) -> tuple[int, BallotStatus] | None:
    """Return a ballot's time and the verdict on it; None if it isn't in the ledger."""
    for network, voter in authors(reader, Meant(keys=(key,))):
        if network != NAME:
            continue
        for each in judged(posts_of(reader, NAME, voter), reader.contest):
            if each.post.key == key:
                return each.post.at_ms, _in_words(each.verdict, reader.contest)
    return None


def _in_words(verdict: Verdict, contest: Contest) -> BallotStatus:
    if verdict is Verdict.COUNTED:
        return BallotStatus(verdict.value, "Counted")
    repeated = {
        PerAccount.LAST: "a later vote of yours counts",
        PerAccount.PER_CHOICE: "you had voted for the same before",
    }.get(contest.rules.per_account, "an earlier vote of yours counts")
    reason = {
        Verdict.EARLY: "it came before voting opened",
        Verdict.LATE: "it came after voting closed",
        Verdict.PAUSED: "voting was paused then",
        Verdict.EXCLUDED: "the voter is excluded",
        Verdict.REPEAT: repeated,
        Verdict.WITHDRAWN: "it was withdrawn",
    }.get(verdict, "the rules leave it out")
    return BallotStatus(verdict.value, f"Not counted: {reason}")
