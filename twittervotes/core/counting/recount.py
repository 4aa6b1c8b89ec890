"""The recount: a verdict for every post, from the ledger's columns and the rules alone.

It shares only the judgement of individual posts with the running count. Here all ballots are sorted
by account, and their order decides which of an account's ballots counts. So the two ways of
counting check each other.

Sorting takes memory, so accounts are counted in shares, split by their seals.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final, NamedTuple, Protocol, TypeVar

import numpy as np
import numpy.typing as npt

from twittervotes.core.contest.contest import Contest, PerAccount
from twittervotes.core.contest.posts import (
    FINE_MS,
    MINUTE_MS,
    STEP_MS,
    Post,
    Tally,
    Verdict,
    with_hands,
)
from twittervotes.core.counting.ballots import Ballots, KeptBallots
from twittervotes.core.counting.opinions import (
    CODES,
    COUNTED,
    VERDICTS,
    CastNumbers,
    CastVote,
    Codes,
    Opinions,
)
from twittervotes.core.ledger.batch import TOP, Numbers, Places, PostBatch, Words

if TYPE_CHECKING:
    from collections.abc import Mapping

    from twittervotes.core.ledger.versions import RowNumbers

K = TypeVar("K", str, int)

REPEAT: Final = CODES[Verdict.REPEAT]
DRAWERS: Final = 256  # accounts are first sorted by the first byte of their seals
CREDITED: Final = 1 << 18  # ballots that are added up together, because that takes memory
DIGITS: Final = 19  # of the largest key that is a number

PostsAt = Callable[[Sequence[int]], Iterable[tuple[int, Post]]]
Passed = Callable[[int], None]  # called now and then with the number of further posts read


@dataclass(frozen=True, slots=True)
class Share:
    """One of several shares of the accounts."""

    number: int = 0
    of: int = 1

    def places(self, batch: PostBatch) -> npt.NDArray[np.bool_]:
        """Return which posts of a batch belong to these accounts."""
        if self.of == 1:
            return np.ones(len(batch), bool)
        heads = batch.seals[:, 0] >> np.uint64(32)
        found = (heads * np.uint64(self.of)) >> np.uint64(32) == np.uint64(self.number)
        return np.asarray(found, bool)


class ShareSums(NamedTuple):
    """The sums of the verdicts on some accounts: the numbers of a Tally, without votes by hand."""

    votes: list[int]
    verdicts: dict[Verdict, int]
    networks: dict[str, list[int]]
    minutes: dict[int, list[int]]
    steps: dict[int, list[int]]
    latest: list[tuple[int, str]]


class Note(Protocol):
    """Receives verdicts as they are found, for an export of every post."""

    def verdicts(self, numbers: RowNumbers, codes: Codes, casts: CastNumbers) -> None:
        """Store the verdicts and casts of these rows; later ones replace earlier ones."""

    def earlier(self, numbers: RowNumbers, times: Numbers) -> None:
        """Store, for each of these rows, when the vote that counts instead was posted."""


class Recount:
    """Counts a share of a ledger's accounts: add all batches, then ask for the sums.

    Args:
        contest: The contest whose rules decide.
        opinions: The opinions under this contest; shares may use the same ones in turn.
        posts_at: Returns the posts in rows, for comparing keys as texts.
        superseded: The rows that are not current, sorted.
        share: The accounts to count.
        posts: How many posts there are at most.
        note: Receives the verdict on each post.
    """

    def __init__(
        self,
        contest: Contest,
        opinions: Opinions,
        posts_at: PostsAt,
        superseded: RowNumbers,
        share: Share,
        posts: int,
        note: Note | None = None,
    ) -> None:
        self._opinions = opinions
        self._rule = contest.rules.per_account
        self._posts_at = posts_at
        self._superseded = superseded
        self._share = share
        self._note = note
        self._totals = _Totals(contest, self._opinions.casts, posts_at)
        self._ballots = KeptBallots(0 if self._rule is PerAccount.ALL else posts)

    def add(self, batch: PostBatch) -> None:
        """Count the posts of a batch that are in this share."""
        wanted = self._share.places(batch)
        if len(self._superseded):
            places = np.searchsorted(self._superseded, batch.numbers)
            last = len(self._superseded) - 1
            wanted &= self._superseded[np.minimum(places, last)] != batch.numbers
        posts = replace(batch, texts=())  # looked up where needed
        if not wanted.all():
            posts = posts.at(np.flatnonzero(wanted))
        codes, casts = self._opinions.of(posts)
        if self._note:
            self._note.verdicts(posts.numbers, codes, casts)
        self._totals.judge(codes)
        counted = np.flatnonzero(codes == COUNTED)
        ballots = Ballots(posts.numbers, posts.keys, posts.seals, posts.times).at(counted)
        if self._rule is PerAccount.ALL:
            self._totals.credit(ballots, casts[counted])
        elif len(counted):
            self._ballots.put(ballots, casts[counted])

    def sums(self) -> ShareSums:
        """Return the sums; call it after all batches have been added."""
        if self._ballots.size:
            self._decide(*self._ballots.all())
            self._ballots = KeptBallots(0)
        return self._totals.sums()

    def _decide(self, ballots: Ballots, casts: CastNumbers) -> None:
        """Decide which ballots of each account count."""
        order, account = self._by_account(ballots)
        casts = casts[order]
        won = self._won(casts, account)
        is_counted = won != 0
        counted, votes = order[is_counted], won[is_counted]
        self._totals.repeats(len(order) - len(counted))
        for start in range(0, len(counted), CREDITED):
            some = slice(start, start + CREDITED)
            self._totals.credit(ballots.at(counted[some]), votes[some])
        if self._note:
            numbers = ballots.numbers[order]
            codes = np.where(is_counted, COUNTED, REPEAT).astype(np.uint8)
            self._note.verdicts(numbers, codes, won)
            if self._rule is PerAccount.FIRST:
                firsts = np.flatnonzero(_begins(account))
                times = ballots.times[order[firsts]][account]
                self._note.earlier(numbers[~is_counted], times[~is_counted])

    def _won(self, casts: CastNumbers, account: Places) -> CastNumbers:
        """Return, for each sorted ballot, the cast for which it counts; 0 for a repeat."""
        if self._rule is PerAccount.PER_CHOICE:
            return self._won_per_choice(casts, account)
        wins = _begins(account)
        if self._rule is PerAccount.LAST:
            wins = np.append(wins[1:], True)
        return np.where(wins, casts, 0).astype(np.uint32)

    def _won_per_choice(self, casts: CastNumbers, account: Places) -> CastNumbers:
        """Count each ballot for those of its choices that no earlier ballot has."""
        known, width = self._opinions.casts, len(self._totals.votes)
        used, place = np.unique(casts, return_inverse=True)
        choices = [np.array(known[number].choices, np.int64) for number in used.tolist()]
        sizes = np.array([len(each) for each in choices], np.int64)[place]
        ballot = np.repeat(np.arange(len(casts)), sizes)
        choice = np.concatenate([choices[each] for each in place.tolist()])
        _, firsts = np.unique(account[ballot] * width + choice, return_index=True)
        wins = np.bincount(ballot[firsts], minlength=len(casts))
        won = np.where(wins == sizes, casts, 0).astype(np.uint32)
        is_partial = (wins > 0) & (wins < sizes)
        if is_partial.any():
            rest: dict[int, list[int]] = {}
            some = np.sort(firsts)
            for place_ in some[is_partial[ballot[some]]].tolist():
                rest.setdefault(int(ballot[place_]), []).append(int(choice[place_]))
            for at, left in rest.items():
                cast = CastVote(known[int(casts[at])].network, tuple(left))
                won[at] = self._opinions.number_of(cast)
        return won

    def _by_account(self, ballots: Ballots) -> tuple[Places, Places]:
        """Sort ballots by account, time and key; return their places, and the account's number."""
        half, rest = ballots.seals[:, 0], ballots.seals[:, 1]
        order = _sorted(half, ballots.times)
        same = _repeats(half[order])
        if (same & ~_repeats(rest[order])).any():  # two accounts, one half
            order = np.lexsort((ballots.times, rest, half))
            same = _repeats(half[order]) & _repeats(rest[order])
        ties = same & _repeats(ballots.times[order])
        if ties.any():
            self._order_ties(ballots, order, ties)
        return order, np.cumsum(~same) - 1

    def _order_ties(self, ballots: Ballots, order: Places, ties: npt.NDArray[np.bool_]) -> None:
        """Sort ballots of one account and one time by their keys as texts."""
        is_tied = ties | np.append(ties[1:], False)
        run = np.cumsum(~ties)[is_tied]
        tied = order[is_tied]
        keys = ballots.keys[tied]
        if (keys >= TOP).any():
            numbers = np.sort(ballots.numbers[tied[keys >= TOP]]).tolist()
            texts = {number: post.key for number, post in self._posts_at(numbers)}
            names = [
                texts[number] if number in texts else str(key)
                for number, key in zip(ballots.numbers[tied].tolist(), keys.tolist(), strict=True)
            ]
            runs = run.tolist()
            by_key = sorted(range(len(names)), key=lambda place: (runs[place], names[place]))
            order[is_tied] = tied[np.array(by_key, np.intp)]
            return
        length, padded = _as_text(keys)
        order[is_tied] = tied[np.lexsort((length, padded, run))]


class _Totals:
    """Adds up counted ballots."""

    def __init__(self, contest: Contest, casts: Sequence[CastVote], posts_at: PostsAt) -> None:
        self.votes = [0] * len(contest.choices)
        self._fine_until_ms = contest.opens_ms + FINE_MS
        self._verdicts = np.zeros(len(VERDICTS), np.int64)
        self._networks: dict[str, list[int]] = {}
        self._minutes: dict[int, list[int]] = {}
        self._steps: dict[int, list[int]] = {}
        self._latest: dict[int, tuple[int, list[tuple[int, int]]]] = {}
        self._casts = casts
        self._posts_at = posts_at

    def judge(self, codes: Codes) -> None:
        """Add verdicts."""
        self._verdicts += np.bincount(codes, minlength=len(VERDICTS))

    def repeats(self, number: int) -> None:
        """Turn `number` of the posts that might count into repeats."""
        self._verdicts[COUNTED] -= number
        self._verdicts[REPEAT] += number

    def credit(self, ballots: Ballots, casts: CastNumbers) -> None:
        """Add the votes of ballots according to their casts."""
        if not len(casts):
            return
        width = len(self.votes)
        steps = ballots.times // STEP_MS
        packed, numbers = np.unique(steps * len(self._casts) + casts, return_counts=True)
        for step, number, times in zip(
            (packed // len(self._casts)).tolist(),
            (packed % len(self._casts)).tolist(),
            numbers.tolist(),
            strict=True,
        ):
            cast, at_ms = self._casts[number], step * STEP_MS
            rows = [
                self.votes,
                self._networks.setdefault(cast.network, [0] * width),
                self._minutes.setdefault(at_ms // MINUTE_MS * MINUTE_MS, [0] * width),
            ]
            if at_ms < self._fine_until_ms:
                rows.append(self._steps.setdefault(at_ms, [0] * width))
            for row in rows:
                for choice in cast.choices:
                    row[choice] += times
        self._note_latest(ballots, casts)

    def _note_latest(self, ballots: Ballots, casts: CastNumbers) -> None:
        """Remember the latest ballots of each cast; if times are equal, the largest key wins."""
        latest = np.full(len(self._casts), np.iinfo(np.int64).min)
        np.maximum.at(latest, casts, ballots.times)
        places = np.flatnonzero(ballots.times == latest[casts])
        for cast, at_ms, key, number in zip(
            casts[places].tolist(),
            ballots.times[places].tolist(),
            ballots.keys[places].tolist(),
            ballots.numbers[places].tolist(),
            strict=True,
        ):
            held = self._latest.get(cast)
            if held is None or at_ms > held[0]:
                self._latest[cast] = (at_ms, [(key, number)])
            elif at_ms == held[0]:
                held[1].append((key, number))

    def sums(self) -> ShareSums:
        """Return the sums."""
        hashed = [number for _, held in self._latest.values() for key, number in held if key >= TOP]
        texts = {number: post.key for number, post in self._posts_at(sorted(hashed))}
        latest = [(0, "")] * len(self.votes)
        for cast, (at_ms, held) in self._latest.items():
            keys = [texts[number] if number in texts else str(key) for key, number in held]
            last = (at_ms, max(keys))
            for choice in self._casts[cast].choices:
                latest[choice] = max(latest[choice], last)
        verdicts = dict(zip(VERDICTS, self._verdicts.tolist(), strict=True))
        return ShareSums(self.votes, verdicts, self._networks, self._minutes, self._steps, latest)


def together(parts: Sequence[ShareSums], contest: Contest) -> Tally:
    """Return the tally of several shares."""
    hands = contest.by_hand
    return Tally(
        votes=with_hands(_sum(part.votes for part in parts), hands),
        verdicts=tuple(
            (verdict, sum(part.verdicts[verdict] for part in parts)) for verdict in Verdict
        ),
        networks=_rows([part.networks for part in parts]),
        minutes=_rows([part.minutes for part in parts]),
        steps=_rows([part.steps for part in parts]),
        by_hand=hands,
        latest=tuple(map(max, zip(*(part.latest for part in parts), strict=True))),
    )


def _sorted(half: Words, times: Numbers) -> Places:
    """Return the order by half a seal, then time; each bucket is sorted alone, in the cache."""
    drawer = (half >> np.uint64(56)).astype(np.uint8)
    order = np.argsort(drawer, kind="stable")
    ends = np.cumsum(np.bincount(drawer, minlength=DRAWERS))
    start = 0
    for end in ends.tolist():
        some = order[start:end]
        order[start:end] = some[np.lexsort((times[some], half[some]))]
        start = end
    return order


def _as_text(keys: Words) -> tuple[npt.NDArray[np.uint8], Words]:
    """Return what sorts numeric keys as texts: their lengths, and, compared first, their digits.

    Texts are padded with zeros on the right; if they are then equal, the shorter one is smaller.
    """
    powers = np.array([10**n for n in range(DIGITS + 1)], np.uint64)
    length = np.maximum(np.searchsorted(powers, keys, "right"), 1)
    return length.astype(np.uint8), keys * powers[DIGITS - length]


def _repeats(values: Words | Numbers) -> npt.NDArray[np.bool_]:
    """Return which sorted values equal the one before."""
    return np.append(False, values[1:] == values[:-1])


def _begins(account: Places) -> npt.NDArray[np.bool_]:
    """Return which sorted ballots are the first of their accounts."""
    return np.append(True, account[1:] != account[:-1])


def _rows(parts: Sequence[Mapping[K, list[int]]]) -> tuple[tuple[K, tuple[int, ...]], ...]:
    keys = sorted(set().union(*parts))
    return tuple((key, _sum(part[key] for part in parts if key in part)) for key in keys)


def _sum(rows: Iterable[Sequence[int]]) -> tuple[int, ...]:
    return tuple(map(sum, zip(*rows, strict=True)))
