"""The running count: the rules applied to posts as they come and go, and the tally of all.

Pure: a tally depends on the posts and the contest, never on the order in which posts arrive, on
the time of day or on a file. A post that turns out to be different (edited, seen better) is
removed and added again, and the tally is what it would have been without the first version.

"First" and "last" of an account's posts are decided by the time of posting, and by the key where
two times are equal.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import compress
from typing import ClassVar, TypeVar
from zlib import crc32

import numpy as np

from twittervotes.core.contest.contest import Contest, PerAccount
from twittervotes.core.contest.judge import Judge
from twittervotes.core.contest.posts import (
    FINE_MS,
    MINUTE_MS,
    STEP_MS,
    TIMES_MS,
    Placed,
    Post,
    Tally,
    Verdict,
    with_hands,
)
from twittervotes.core.counting.ballot_index import Numbers, Roll

K = TypeVar("K", str, int)

# A post that may be counted: its time, its key and its choices. Ballots sort by what decides
# "first" and "last".
Ballot = tuple[int, str, tuple[int, ...]]
Cast = tuple[str, int, tuple[int, ...]]  # network, step and choices of a ballot
PostLookup = Callable[[Sequence[int]], Mapping[int, Post]]  # the posts of these numbers


@dataclass(frozen=True, slots=True)
class CountState:
    """A count as it is kept: `numbers` as JSON, and the arrays of its roll."""

    ARRAYS: ClassVar = ("initials", "newest", "before")
    numbers: bytes
    initials: Numbers
    newest: Numbers
    before: Numbers


class Count:
    """A running count: posts go in and come out, the tally is right at any moment.

    Of an account's ballots only their numbers are held; the posts themselves are looked up on the
    `shelf`, and only where an account has several. No post that was ever added is later than
    `latest_ms`.
    """

    contest: Contest
    latest_ms: int

    def __init__(self, contest: Contest, shelf: PostLookup) -> None:
        self.judge_by(contest)
        self.latest_ms = TIMES_MS.start - 1
        self._shelf = shelf
        self._rule = contest.rules.per_account
        self._width = len(contest.choices)
        self._votes = [0] * self._width
        self._verdicts = dict.fromkeys(Verdict, 0)
        self._networks: dict[str, list[int]] = {}
        self._minutes: dict[int, list[int]] = {}
        self._steps: dict[int, list[int]] = {}
        self._roll = Roll()

    def judge_by(self, contest: Contest) -> None:
        """Go on under `contest`, which must judge every post that is in this count as before."""
        self.contest = contest
        self._fine_until_ms = contest.opens_ms + FINE_MS
        self._judge = Judge(contest)
        self._tally: Tally | None = None

    def add(self, placed: Placed) -> None:
        """Count posts, each of which is a post not yet in this count, and is on the shelf."""
        self.latest_ms = max((self.latest_ms, *(post.at_ms for post in placed.posts)))
        eligible, cast = self._judged(placed, 1)
        if self._rule is not PerAccount.ALL:
            initials, numbers = _of(placed, eligible)
            before = self._roll.add(initials, numbers)
            if before.any():
                again = np.flatnonzero(before).tolist()
                posts = {int(numbers[place]): placed.posts[eligible[place]] for place in again}
                self._recast(posts, self._roll.up_to(before[again].tolist()), 1)
                cast = list(compress(cast, before == 0))
        self._verdicts[Verdict.COUNTED] += len(cast)
        for (network, step, choices), times in Counter(cast).items():
            self._credit(network, step, choices, times)

    def remove(self, placed: Placed) -> None:
        """Take posts out again, as if they had never been added."""
        eligible, cast = self._judged(placed, -1)
        if self._rule is PerAccount.ALL:
            self._verdicts[Verdict.COUNTED] -= len(cast)
            for network, step, choices in cast:
                self._credit(network, step, choices, -1)
            return
        initials, numbers = (found.tolist() for found in _of(placed, eligible))
        posts = dict(zip(numbers, (placed.posts[place] for place in eligible), strict=True))
        self._recast(posts, self._roll.up_to(map(self._roll.newest, initials)), -1)
        self._roll.remove(initials, numbers)

    def tally(self) -> Tally:
        """Return the votes of this moment."""
        if self._tally is None:
            by_hand = self.contest.by_hand
            self._tally = Tally(
                votes=with_hands(self._votes, by_hand),
                verdicts=tuple(self._verdicts.items()),
                networks=_rows(self._networks),
                minutes=_rows(self._minutes),
                by_hand=by_hand,
                steps=_rows(self._steps),
            )
        return self._tally

    def kept(self) -> CountState:
        """Return what `take_up` makes the same count of."""
        split = [[*rows.items()] for rows in (self._networks, self._minutes, self._steps)]
        numbers = [self._votes, self._verdicts, *split, self.latest_ms]
        return CountState(json.dumps(numbers).encode(), *self._roll.kept())

    def take_up(self, kept: CountState) -> None:
        """Go on from what was kept. Raises ValueError or TypeError if that is no count of this."""
        votes, verdicts, networks, minutes, steps, latest_ms = json.loads(kept.numbers)
        rows = [votes, *(row for split in (networks, minutes, steps) for _, row in split)]
        if any(len(row) != self._width for row in rows):
            raise ValueError("a count of other choices")
        self._votes, self._networks, self._minutes = votes, dict(networks), dict(minutes)
        self._steps = dict(steps)
        self._verdicts = {verdict: int(verdicts[verdict]) for verdict in Verdict}
        self.latest_ms = int(latest_ms)
        self._roll.take_up(kept.initials, kept.newest, kept.before)
        self._tally = None

    def _judged(self, placed: Placed, sign: int) -> tuple[list[int], list[Cast]]:
        """Judge posts; return the places of those that may be counted, and what they would cast."""
        self._tally = None
        judge, eligible, cast = self._judge, list[int](), list[Cast]()
        for place, post in enumerate(placed.posts):
            verdict, choices = judge(post)
            if verdict is Verdict.COUNTED:
                eligible.append(place)
                cast.append((post.network, post.at_ms // STEP_MS, choices))
            else:
                self._verdicts[verdict] += sign
        return eligible, cast

    def _recast(self, changed: Mapping[int, Post], under: set[int], sign: int) -> None:
        """Let ballots come in or go whose accounts have others, which may count or not by that.

        `under` are the numbers of all ballots under their initials.
        """
        accounts: dict[tuple[str, str], tuple[list[Ballot], list[Ballot]]] = {}
        for post in changed.values():
            account = accounts.setdefault((post.network, post.voter), ([], []))
            account[1].append((post.at_ms, post.key, self._judge(post)[1]))
        for post in self._shelf(list(under - changed.keys())).values():
            owner = accounts.get((post.network, post.voter))
            if owner is not None:  # or one that shares the initials only
                owner[0].append((post.at_ms, post.key, self._judge(post)[1]))
        for (network, _), (others, ballots) in accounts.items():
            if self._rule is PerAccount.FIRST and others and min(others) < min(ballots):
                self._verdicts[Verdict.REPEAT] += sign * len(ballots)  # the usual case, in short
                continue
            self._cast(network, sorted(others), -sign)
            self._cast(network, sorted([*others, *ballots]), sign)

    def _cast(self, network: str, ballots: list[Ballot], sign: int) -> None:
        """Count the ballots of one account, which are sorted, or take them back."""
        for (at_ms, _, _), choices in zip(ballots, counted(ballots, self._rule), strict=True):
            self._verdicts[Verdict.COUNTED if choices else Verdict.REPEAT] += sign
            self._credit(network, at_ms // STEP_MS, choices, sign)

    def _credit(self, network: str, step: int, choices: tuple[int, ...], times: int) -> None:
        at_ms = step * STEP_MS
        rows = [
            self._votes,
            self._networks.setdefault(network, [0] * self._width),
            self._minutes.setdefault(at_ms // MINUTE_MS * MINUTE_MS, [0] * self._width),
        ]
        if at_ms < self._fine_until_ms:
            rows.append(self._steps.setdefault(at_ms, [0] * self._width))
        for row in rows:
            for choice in choices:
                row[choice] += times


def counted(ballots: Sequence[Ballot], rule: PerAccount) -> list[tuple[int, ...]]:
    """Return the choices for which each of an account's sorted ballots counts."""
    match rule:
        case PerAccount.ALL:
            return [choices for _, _, choices in ballots]
        case PerAccount.FIRST:
            return [choices if place == 0 else () for place, (_, _, choices) in enumerate(ballots)]
        case PerAccount.LAST:
            last = len(ballots) - 1
            return [
                choices if place == last else () for place, (_, _, choices) in enumerate(ballots)
            ]
        case PerAccount.PER_CHOICE:
            used: set[int] = set()
            found = []
            for _, _, choices in ballots:
                found.append(tuple(choice for choice in choices if choice not in used))
                used.update(choices)
            return found


def _of(placed: Placed, places: list[int]) -> tuple[Numbers, Numbers]:
    """Return the initials and the numbers of the posts at these places."""
    initials = np.frombuffer(bytes(placed.initials), np.uint32)
    numbers = np.array(placed.numbers, np.uint32)
    if len(places) == len(numbers):
        return initials, numbers
    return initials[places], numbers[places]


def _rows(rows: dict[K, list[int]]) -> tuple[tuple[K, tuple[int, ...]], ...]:
    return tuple((key, tuple(rows[key])) for key in sorted(rows) if any(rows[key]))


def tally(posts: Iterable[Post], contest: Contest) -> Tally:
    """Count `posts`, each given once, from the beginning: the recount."""
    shelf = dict(enumerate(posts, 1))
    count = Count(contest, lambda numbers: {number: shelf[number] for number in numbers})
    count.add(placed(shelf))
    return count.tally()


def placed(shelf: Mapping[int, Post]) -> Placed:
    """Return posts, by their numbers, with initials of their accounts that no ledger has made."""
    found = Placed()
    for number, post in shelf.items():
        initials = crc32(f"{post.network}:{post.voter}".encode())
        found.put([post], [number], initials.to_bytes(4, "little"))
    return found
