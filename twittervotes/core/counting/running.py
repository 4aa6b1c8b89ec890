"""The running count: applies the rules to posts as they come and go, and keeps the tally.

Pure: a tally depends on the posts and the contest, never on the order in which posts arrive, on the
time of day or on a file. A post that turns out to be different (edited, or seen in full) is removed
and added again, and the tally is as if the first version had never been there.

"First" and "last" among an account's posts are decided by the time of posting, then by key.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

import msgspec
import numpy as np

from twittervotes.core.contest.columns import MOST_POSTS, columns_of
from twittervotes.core.contest.contest import Contest, PerAccount
from twittervotes.core.contest.posts import STEP_MS, TIMES_MS, Post, Tally, Verdict, with_hands
from twittervotes.core.counting.accounts import Accounts, Shelf
from twittervotes.core.counting.opinions import (
    COUNTED,
    VERDICTS,
    CastNumbers,
    CastVote,
    Codes,
    Opinions,
)
from twittervotes.core.counting.sums import Sums
from twittervotes.core.ledger.arrays import Array
from twittervotes.core.ledger.batch import PostBatch, batch_of

if TYPE_CHECKING:
    from twittervotes.core.ledger.row_values import Rows

LOOSE_SALT = bytes(16)  # the salt of posts that are in no ledger


@dataclass(frozen=True, slots=True)
class CountState:
    """A stored count: `numbers` as JSON, and the arrays of its accounts."""

    numbers: bytes
    arrays: Mapping[str, Array]


class Count:
    """A running count: add and remove posts, and read the tally at any moment.

    Only the rows of an account's ballots are held; the posts are looked up on the `shelf` when they
    must be compared. No post that was ever added is later than `latest_ms`.
    """

    contest: Contest
    latest_ms: int

    def __init__(self, contest: Contest, shelf: Shelf, room: int = 0) -> None:
        """Start without posts; `room` is the expected number of accounts with ballots."""
        self._opinions = Opinions(contest, shelf.salt)
        self._casts = self._opinions.casts
        self._shelf = shelf
        self.contest = contest
        self.latest_ms = TIMES_MS.start - 1
        self._rule = contest.rules.per_account
        self._codes = np.zeros(len(VERDICTS), np.int64)  # posts by verdict, but `_accounts`
        self._sums = Sums(len(contest.choices), self._casts, contest.opens_ms)
        self._accounts = Accounts(
            self._rule, shelf, self._sums, self._opinions, contest.opens_ms, room
        )
        self._tally: Tally | None = None

    def judge_by(self, contest: Contest) -> None:
        """Continue under `contest`, which must judge every counted post as before."""
        self.contest = contest
        self._opinions = Opinions(contest, self._shelf.salt, self._casts)
        self._accounts.judge_by(self._opinions)
        self._sums.opens_ms = contest.opens_ms
        self._tally = None

    def adjust(self, contest: Contest) -> None:
        """Continue under `contest`, which differs only in the votes added by hand."""
        self.contest, self._tally = contest, None

    def add(self, batch: PostBatch) -> None:
        """Add posts; none may be in this count already, and the shelf must have each of them."""
        if len(batch):
            self.latest_ms = max(self.latest_ms, int(batch.times.max()))
            eligible, casts = self._judged(batch, 1)
            if self._rule is PerAccount.ALL:
                self._codes[COUNTED] += len(eligible)
                self._sums.credit(casts, eligible.times // STEP_MS)
            else:
                self._accounts.add(eligible, casts)

    def remove(self, batch: PostBatch) -> None:
        """Remove posts, as if they had never been added."""
        if len(batch):
            eligible, casts = self._judged(batch, -1)
            if self._rule is PerAccount.ALL:
                self._codes[COUNTED] -= len(eligible)
                self._sums.credit(casts, eligible.times // STEP_MS, -1)
            else:
                self._accounts.remove(eligible)

    @property
    def accounts(self) -> int:
        """The number of accounts with ballots."""
        return self._accounts.accounts

    def tally(self) -> Tally:
        """Return the current votes."""
        if self._tally is None:
            by_hand = self.contest.by_hand
            numbers = dict(zip(VERDICTS, self._codes.tolist(), strict=True))
            numbers[Verdict.COUNTED] += self._accounts.counted
            numbers[Verdict.REPEAT] += self._accounts.repeats
            self._tally = Tally(
                votes=with_hands(self._sums.votes, by_hand),
                verdicts=tuple(numbers.items()),
                networks=self._sums.network_rows(),
                minutes=self._sums.minute_rows(),
                by_hand=by_hand,
                steps=self._sums.step_rows(),
            )
        return self._tally

    def kept(self) -> CountState:
        """Return the state from which `take_up` restores this count."""
        accounts = self._accounts
        numbers = {
            "codes": self._codes.tolist(),
            "votes": self._sums.votes,
            "networks": list(self._sums.networks.items()),
            "minutes": list(self._sums.minutes.items()),
            "steps": list(self._sums.steps.items()),
            "casts": self._casts,
            "latest_ms": self.latest_ms,
            "counted": accounts.counted,
            "repeats": accounts.repeats,
            "since_s": accounts.since_s,
        }
        return CountState(msgspec.json.encode(numbers), accounts.arrays())

    def take_up(self, kept: CountState) -> None:
        """Restore a stored count; raise ValueError if it isn't one of this contest."""
        numbers = msgspec.json.decode(kept.numbers, type=_Numbers)
        rows = [
            numbers.votes,
            *(row for _, row in (*numbers.networks, *numbers.minutes, *numbers.steps)),
        ]
        if any(len(row) != len(self.contest.choices) for row in rows):
            raise ValueError("a count of other choices")
        if len(numbers.codes) != len(VERDICTS) or numbers.casts[:1] != self._casts[:1]:
            raise ValueError("no count")
        self._codes[:] = numbers.codes
        self._casts[:] = numbers.casts
        self._opinions = Opinions(self.contest, self._shelf.salt, self._casts)
        self._accounts.judge_by(self._opinions)
        self._sums.votes[:] = numbers.votes
        self._sums.networks |= dict(numbers.networks)
        self._sums.minutes |= dict(numbers.minutes)
        self._sums.steps |= dict(numbers.steps)
        self.latest_ms = numbers.latest_ms
        self._accounts.counted, self._accounts.repeats = numbers.counted, numbers.repeats
        self._accounts.take_up(kept.arrays, numbers.since_s)
        self._tally = None

    def _judged(self, batch: PostBatch, sign: int) -> tuple[PostBatch, CastNumbers]:
        """Judge posts; return those that may count, with their casts."""
        self._tally = None
        codes, casts = self._opinions.of(batch)
        eligible = codes == COUNTED
        if eligible.all():
            return batch, casts
        others: Codes = codes[~eligible]
        self._codes += sign * np.bincount(others, minlength=len(VERDICTS))
        places = np.flatnonzero(eligible)
        return batch.at(places), casts[places]


class _Numbers(msgspec.Struct):
    codes: list[int]
    votes: list[int]
    networks: list[tuple[str, list[int]]]
    minutes: list[tuple[int, list[int]]]
    steps: list[tuple[int, list[int]]]
    casts: list[CastVote]
    latest_ms: int
    counted: int
    repeats: int
    since_s: int


class Loose:
    """Posts that are in no ledger, by numbers assigned here."""

    salt = LOOSE_SALT

    def __init__(self) -> None:
        self._posts: list[Post] = []

    def put(self, posts: Iterable[Post]) -> PostBatch:
        """Put posts on the shelf; return them with their numbers."""
        first = len(self._posts) + 1
        self._posts += posts
        return self.at(np.arange(first, len(self._posts) + 1, dtype=np.uint32))

    def at(self, rows: Rows) -> PostBatch:
        """Return the posts with these numbers."""
        posts = [self._posts[row - 1] for row in rows.tolist()]
        starts = range(0, len(posts), MOST_POSTS)
        pages = [(1, columns_of(posts[at : at + MOST_POSTS], self.salt)) for at in starts]
        batch = batch_of(pages)
        batch.numbers[:] = rows
        return batch


def tally(posts: Iterable[Post], contest: Contest) -> Tally:
    """Count `posts`, each given once, from scratch."""
    shelf = Loose()
    count = Count(contest, shelf)
    count.add(shelf.put(posts))
    return count.tally()
