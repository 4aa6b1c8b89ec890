"""Finds which ballots count for accounts that may have several, for many accounts at a time.

Each account has a slot that holds the ballot that counts, and `before` links each ballot to another
one of its account. So a further ballot of an account costs one comparison. Ballots are looked up in
the ledger only if times are equal to the second, or if one is removed.

Accounts are identified by 96 bits of their seals. The chance that two of ten million share them is
one in 10**15, and a recount, which compares whole seals, would reveal it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, Protocol

import numpy as np
import numpy.typing as npt

from twittervotes.core.contest.contest import PerAccount
from twittervotes.core.contest.posts import STEP_MS
from twittervotes.core.ledger.batch import Numbers, Places, PostBatch, together
from twittervotes.core.ledger.key_table import Flags, KeyTable, Slots
from twittervotes.core.ledger.row_values import Rows, RowValues

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from twittervotes.core.counting.opinions import CastNumbers, CastVote, Opinions
    from twittervotes.core.counting.sums import Sums
    from twittervotes.core.ledger.arrays import Array

Ballot = tuple[int, str, int]  # time, key, and the number of its cast: sorts by first and last

MIDDLE: Final = 1 << 31  # of the times in a slot: seconds before and after the vote's opening
POWERS: Final = 10 ** np.arange(20, dtype=np.uint64)
DIGITS: Final = 19  # of the longest key that is a number


class Shelf(Protocol):
    """Looks posts up by their rows."""

    @property
    def salt(self) -> bytes:
        """The salt of the accounts' seals."""

    def at(self, rows: Rows) -> PostBatch:
        """Return the posts in these rows."""


class Accounts:
    """The eligible ballots of all accounts, under a rule by which not all of them count.

    What counts is added to `sums`; `counted` and `repeats` are the numbers of ballots that do and
    don't count.
    """

    def __init__(
        self,
        rule: PerAccount,
        shelf: Shelf,
        sums: Sums,
        opinions: Opinions,
        opens_ms: int,
        room: int = 0,
    ) -> None:
        """Start without ballots; `room` is the expected number of accounts, if known."""
        self.counted = self.repeats = 0
        self._rule = rule
        self._is_last = rule is PerAccount.LAST
        self._shelf = shelf
        self._sums = sums
        self._opinions = opinions
        self._table = KeyTable(rest=np.uint32, row=np.uint32, time=np.uint32, cast=np.uint16)
        self._table.fill(room)
        self._before = RowValues(np.uint32)
        self._since_s = opens_ms // 1000 - MIDDLE
        self._is_wide = False

    def judge_by(self, opinions: Opinions) -> None:
        """Continue with other opinions, which must judge every ballot that is in like before."""
        self._opinions = opinions

    @property
    def accounts(self) -> int:
        """The number of accounts that have a slot."""
        return self._table.taken

    def add(self, batch: PostBatch, casts: CastNumbers) -> None:
        """Add ballots; the shelf must have each of them."""
        if not len(batch):
            return
        times = self._times(batch.times)
        self._make_wide_enough(casts)
        tags, rests = _names(batch)
        slots, new = self._table.enter(tags, "row", batch.numbers, rests)
        self._fill_vacant(slots, new, batch.numbers)
        for column, values in (("time", times), ("cast", casts)):
            self._table.write(column, slots[new], values[new])
        self._sums.credit(casts[new], batch.times[new] // STEP_MS)
        others = np.flatnonzero(~new)
        self.counted += len(batch) - len(others)
        if not len(others):
            return
        heads = self._table.read("row", slots[others]).astype(np.uint32, copy=False)
        rows = batch.numbers[others].copy()
        if self._rule is PerAccount.PER_CHOICE:
            of_accounts, owners = np.unique(heads, return_inverse=True)
            chains = self._chains(of_accounts)
            grown = [list(chain) for chain in chains]
            for owner, row in zip(owners.tolist(), rows.tolist(), strict=True):
                grown[owner].append(row)
            self._recast(chains, grown)
            self._link(slots[others], heads, rows)
            return
        self.repeats += len(others)
        won = self._winners(batch, others, slots[others], times[others], heads)
        if len(won):
            places, at = others[won], slots[others[won]]
            self._uncredit(at)
            self._sums.credit(casts[places], batch.times[places] // STEP_MS)
            self._table.write("row", at, batch.numbers[places])
            self._table.write("time", at, times[places])
            self._table.write("cast", at, casts[places])
            rows[won] = heads[won]  # the ballots they replace are linked behind them
        self._link(slots[others], heads, rows)

    def remove(self, batch: PostBatch) -> None:
        """Remove ballots; raise LookupError if one wasn't added."""
        if not len(batch):
            return
        slots, found = self._table.find(*_names(batch))
        if not found.all():
            raise LookupError("a ballot is not in the count")
        slots, owners = np.unique(slots, return_inverse=True)
        heads = self._table.read("row", slots).astype(np.uint32, copy=False)
        chains = self._chains(heads)
        gone: list[set[int]] = [set() for _ in chains]
        for owner, row in zip(owners.tolist(), batch.numbers.tolist(), strict=True):
            gone[owner].add(row)
        if any(not those <= set(chain) for those, chain in zip(gone, chains, strict=True)):
            raise LookupError("a ballot is not in the count")
        left = [
            [row for row in chain if row not in those]
            for those, chain in zip(gone, chains, strict=True)
        ]
        if self._rule is PerAccount.PER_CHOICE:
            self._recast(chains, left)
        else:
            self._elect(slots, heads, left)
            self.repeats -= len(batch)
        self._before.put(batch.numbers, np.zeros(len(batch), np.uint32))
        for slot, rows in zip(slots.tolist(), left, strict=True):
            self._table.write("row", np.array([slot]), np.array(rows[:1] or [0], np.uint32))
            chain = np.array([*rows, 0], np.uint32)
            self._before.put(chain[:-1], chain[1:])

    def arrays(self) -> dict[str, Array]:
        """Return the arrays from which `take_up` restores this."""
        arrays = {f"accounts_{name}": each for name, each in self._table.arrays().items()}
        return {**arrays, "before": self._before.values}

    def take_up(self, arrays: Mapping[str, Array], since_s: int) -> None:
        """Restore from the arrays of an earlier run; raise ValueError if they are inconsistent."""
        prefix = "accounts_"
        table = {
            name.removeprefix(prefix): each
            for name, each in arrays.items()
            if name.startswith(prefix)
        }
        self._table.take_up(table)
        self._before.take_up(arrays["before"])
        self._since_s, self._is_wide = since_s, table["time"].dtype == np.int64

    @property
    def since_s(self) -> int:
        """The second from which times in the slots are counted."""
        return self._since_s

    def _times(self, times_ms: Numbers) -> Array:
        """Convert times to those in the slots: seconds since `_since_s`."""
        times = times_ms // 1000 - self._since_s
        if not self._is_wide and not (int(times.min()) >= 0 and int(times.max()) < 2 * MIDDLE):
            self._table.widen("time", np.int64, self._since_s)
            times += self._since_s
            self._since_s, self._is_wide = 0, True
        return times if self._is_wide else times.astype(np.uint32)

    def _make_wide_enough(self, casts: CastNumbers) -> None:
        if int(casts.max()) > np.iinfo(np.uint16).max:
            self._table.widen("cast", np.uint32)

    def _fill_vacant(self, slots: Slots, new: Flags, rows: Rows) -> None:
        """Give each slot whose ballots were all removed to the first new ballot."""
        old = np.flatnonzero(~new)
        vacant = old[self._table.read("row", slots[old]) == 0]
        if len(vacant):
            first = vacant[np.unique(slots[vacant], return_index=True)[1]]
            self._table.write("row", slots[first], rows[first])
            new[first] = True

    def _winners(
        self, batch: PostBatch, others: Places, slots: Slots, times: Array, heads: Rows
    ) -> Places:
        """Return which of `others` replace the ballots in their slots."""
        held = self._table.read("time", slots)
        close = np.flatnonzero(times >= held if self._is_last else times <= held)
        if not len(close):
            return close
        when = times[close].astype(np.int64)
        order = np.lexsort((-when if self._is_last else when, slots[close]))
        close = close[order]
        slots, times, held = slots[close], times[close], held[close]
        is_lead = np.append(True, slots[1:] != slots[:-1])
        leads = np.flatnonzero(is_lead)
        of_lead = leads[np.cumsum(is_lead) - 1]
        is_best = times == times[of_lead]
        rivals = np.bincount(np.cumsum(is_lead) - 1, is_best) + (times[leads] == held[leads])
        is_tied = (rivals > 1)[np.cumsum(is_lead) - 1]
        won = [close[leads[rivals == 1]]]
        if is_tied.any():
            tied = np.flatnonzero(is_tied & is_best)
            holders = leads[(rivals > 1) & (times[leads] == held[leads])]
            won.append(
                close[
                    tied[
                        self._untie(
                            batch,
                            others[close[tied]],
                            slots[tied],
                            heads[close[holders]],
                            slots[holders],
                        )
                    ]
                ]
            )
        return np.concatenate(won)

    def _untie(
        self, batch: PostBatch, places: Places, slots: Slots, heads: Rows, their_slots: Slots
    ) -> Places:
        """Return which of these posts come first, or last, to the millisecond and then by key.

        `heads` are the ballots in some of the slots.
        """
        both = together([batch.at(places), self._shelf.at(heads)])
        of_slots = np.concatenate([slots, their_slots])
        order = np.lexsort((key_ranks(both), both.times, of_slots))
        if self._is_last:
            order = order[::-1]
        ordered = of_slots[order]
        best: Places = order[np.append(True, ordered[1:] != ordered[:-1])]
        return best[best < len(places)]

    def _uncredit(self, slots: Slots) -> None:
        """Subtract what the ballots in these slots cast."""
        times = self._table.read("time", slots).astype(np.int64) + self._since_s
        steps = times * 1000 // STEP_MS
        self._sums.credit(self._table.read("cast", slots).astype(np.uint32), steps, -1)

    def _link(self, slots: Slots, heads: Rows, rows: Rows) -> None:
        """Link ballots behind those in their slots, where `heads` were before."""
        order = np.argsort(slots, kind="stable")
        slots, heads, rows = slots[order], heads[order], rows[order]
        is_last = np.append(slots[1:] != slots[:-1], True)
        is_first = np.append(True, is_last[:-1])
        before = np.append(rows[1:], np.uint32(0))
        before[is_last] = self._before.at(heads[is_last])
        now = self._table.read("row", slots[is_first]).astype(np.uint32, copy=False)
        self._before.put(rows, before)
        self._before.put(now, rows[is_first])

    def _chains(self, heads: Rows) -> list[list[int]]:
        """Return all ballots of the accounts with these heads."""
        chains: list[list[int]] = [[] for _ in heads]
        owners, rows = np.flatnonzero(heads), heads[heads != 0]
        while len(rows):
            for owner, row in zip(owners.tolist(), rows.tolist(), strict=True):
                chains[owner].append(row)
            rows = self._before.at(rows).astype(np.uint32, copy=False)
            owners, rows = owners[rows != 0], rows[rows != 0]
        return chains

    def _elect(self, slots: Slots, heads: Rows, left: Sequence[list[int]]) -> None:
        """Put the winner first among the ballots that are `left` of each slot."""
        is_gone = np.array(
            [head not in rows for head, rows in zip(heads.tolist(), left, strict=True)], np.bool_
        )
        self._uncredit(slots[is_gone])
        gone = np.flatnonzero(is_gone)
        found = self._ballots([row for place in gone.tolist() for row in left[place]])
        for place in gone.tolist():
            rows, slot = left[place], slots[place : place + 1]
            self.counted -= 1
            self.repeats += 1  # it is subtracted again with all that go
            if not rows:
                continue
            head = (max if self._is_last else min)(rows, key=found.__getitem__)
            rows.remove(head)
            rows.insert(0, head)
            at_ms, _, cast = found[head]
            self._table.write("time", slot, self._times(np.array([at_ms], np.int64)))
            self._table.write("cast", slot, np.array([cast], np.uint32))
            self._sums.credit(np.array([cast], np.uint32), np.array([at_ms // STEP_MS], np.int64))
            self.counted += 1
            self.repeats -= 1

    def _ballots(self, rows: Sequence[int]) -> dict[int, Ballot]:
        """Return the ballots in these rows."""
        batch = self._shelf.at(np.array(rows, np.uint32))
        ballots = zip(
            batch.times.tolist(),
            batch.key_list(),
            self._opinions.of(batch)[1].tolist(),
            strict=True,
        )
        return dict(zip(rows, ballots, strict=True))

    def _recast(self, before: Sequence[list[int]], after: Sequence[list[int]]) -> None:
        """Count the difference between each account's ballots before and after."""
        found = self._ballots([row for rows in (*before, *after) for row in rows])
        for sign, accounts in ((-1, before), (1, after)):
            for rows in accounts:
                self._cast([found[row] for row in rows], sign)

    def _cast(self, ballots: Sequence[Ballot], sign: int) -> None:
        """Count the ballots of one account, each for the choices that no earlier one has."""
        used: set[int] = set()
        for at_ms, _, number in sorted(ballots):
            cast: CastVote = self._sums.cast(number)
            choices = [choice for choice in cast.choices if choice not in used]
            used.update(choices)
            self._sums.put(cast.network, at_ms // STEP_MS, choices, sign)
            if choices:
                self.counted += sign
            else:
                self.repeats += sign


def key_ranks(batch: PostBatch) -> npt.NDArray[np.intp]:
    """Return numbers that sort these posts as their keys sort as texts."""
    if batch.texts:
        keys = batch.key_list()
        ranks = {key: rank for rank, key in enumerate(sorted(set(keys)))}
        return np.array([ranks[key] for key in keys], np.intp)
    lengths = np.maximum(np.searchsorted(POWERS, batch.keys, "right"), 1)
    padded = batch.keys * POWERS[DIGITS - lengths]
    order = np.lexsort((lengths, padded))
    differs = (padded[order][1:] != padded[order][:-1]) | (
        lengths[order][1:] != lengths[order][:-1]
    )
    ranks_of = np.empty(len(order), np.intp)
    ranks_of[order] = np.append(0, np.cumsum(differs))[: len(order)]
    return ranks_of


def _names(batch: PostBatch) -> tuple[npt.NDArray[np.uint64], Rows]:
    """Return what identifies accounts: 64 bits of the seal, and 32 more."""
    return np.maximum(batch.seals[:, 0], np.uint64(1)), batch.seals[:, 1].astype(np.uint32)
