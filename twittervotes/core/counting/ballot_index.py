"""The roll: which accounts have ballots, and where in the ledger these stand.

Of a ballot only its number in the ledger is kept, found by its account's initials: four bytes of
the account's seal. So ten million ballots need about 200 MB. Two accounts may share initials: what
is found is looked up in the ledger, where the whole account is written. Knows no file and no rule.

A hash table with open addressing: a slot has initials and the number of the newest ballot under
them; `before` leads from each ballot to the one before it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from collections.abc import Iterable

Numbers = NDArray[np.uint32]
Slots = NDArray[np.intp]

SMALLEST: Final = 1 << 10
AT_ONCE: Final = 1 << 16
FULL: Final = 0.7  # of the slots; with more of them taken, looking for one takes long


class Roll:
    """The ballots of a contest. A number is that of a row in the ledger, and above 0."""

    def __init__(self) -> None:
        self._initials: Numbers = np.zeros(SMALLEST, np.uint32)  # 0: a slot that is free
        self._newest: Numbers = np.zeros(SMALLEST, np.uint32)  # 0: no ballot is left
        self._before: Numbers = np.zeros(SMALLEST, np.uint32)
        self._taken = 0

    def add(self, initials: Numbers, numbers: Numbers) -> Numbers:
        """Enter ballots; return what stood under the initials of each before it, 0 for nothing."""
        if not len(numbers):
            return numbers
        self._make_room(len(numbers), int(numbers.max()))
        slots = self._claimed(_told(initials))
        order = np.argsort(slots, kind="stable")
        places, those = slots[order], numbers[order]
        is_first = np.append(True, places[1:] != places[:-1])
        before = np.append(np.uint32(0), those[:-1])
        before[is_first] = self._newest[places[is_first]]
        self._before[those] = before
        is_last = np.append(is_first[1:], True)
        self._newest[places[is_last]] = those[is_last]
        found = np.empty_like(before)
        found[order] = before
        return found

    def remove(self, initials: Iterable[int], numbers: Iterable[int]) -> None:
        """Strike ballots off. Raises LookupError when one is not on the roll."""
        struck: dict[int, set[int]] = {}
        for theirs, number in zip(initials, numbers, strict=True):
            struck.setdefault(theirs, set()).add(number)
        for theirs, those in struck.items():
            self._strike(self._slot(theirs), those)

    def _strike(self, slot: int, numbers: set[int]) -> None:
        """Take ballots out of the chain of one slot, in one walk along it."""
        after, at = 0, int(self._newest[slot])
        while numbers:
            if not at:
                raise LookupError(f"ballots {sorted(numbers)} are not on the roll")
            before = int(self._before[at])
            if at not in numbers:
                after = at
            elif after:
                self._before[after] = before
            else:
                self._newest[slot] = before
            numbers.discard(at)
            at = before

    def newest(self, initials: int) -> int:
        """Return the ballot that was entered last under these initials, 0 where there is none."""
        return int(self._newest[self._slot(initials)])

    def up_to(self, numbers: Iterable[int]) -> set[int]:
        """Return these ballots, and all that were entered before them under their initials."""
        found = {0}
        for number in numbers:
            while number not in found:
                found.add(number)
                number = int(self._before[number])  # noqa: PLW2901
        return found - {0}

    def kept(self) -> tuple[Numbers, Numbers, Numbers]:
        """Return the arrays that `take_up` makes the same roll of."""
        return self._initials, self._newest, self._before

    def take_up(self, initials: Numbers, newest: Numbers, before: Numbers) -> None:
        """Go on from the arrays that were kept. Raises ValueError when they make no roll."""
        size = len(initials)
        types = {initials.dtype, newest.dtype, before.dtype}
        if size < SMALLEST or size & (size - 1) or len(newest) != size or types != {newest.dtype}:
            raise ValueError("no roll")
        self._initials, self._newest, self._before = initials, newest, before
        self._taken = int(np.count_nonzero(initials))

    def _slot(self, initials: int) -> int:
        return int(self._slots(_told(np.array([initials], np.uint32)))[0])

    def _make_room(self, more: int, highest: int) -> None:
        if highest >= len(self._before):
            longer = np.zeros(max(highest + 1, len(self._before) * 3 // 2), np.uint32)
            longer[: len(self._before)] = self._before
            self._before = longer
        size = len(self._initials)
        while self._taken + more > size * FULL:
            size *= 2
        if size > len(self._initials):
            initials, newest = self._initials, self._newest
            self._initials, self._newest = np.zeros(size, np.uint32), np.zeros(size, np.uint32)
            self._taken = 0
            for start in range(0, len(initials), AT_ONCE):  # all at once would take much memory
                some, theirs = initials[start : start + AT_ONCE], newest[start : start + AT_ONCE]
                self._newest[self._claimed(some[some != 0])] = theirs[some != 0]

    def _claimed(self, initials: Numbers) -> Slots:
        """Return the slot of each, which is taken now where it was free."""
        while True:
            slots = self._slots(initials)
            is_free = self._initials[slots] == 0
            if not is_free.any():
                return slots
            # where several want one slot, one of them gets it and the others look on next time
            free = slots[is_free]
            self._initials[free] = initials[is_free]
            self._taken += len(np.unique(free))

    def _slots(self, initials: Numbers) -> Slots:
        """Return the slot of each, or the free one that it would get."""
        mask = len(self._initials) - 1
        slots = (initials & np.uint32(mask)).astype(np.intp)
        seeking = np.arange(len(slots))
        while len(seeking):
            here = self._initials[slots[seeking]]
            seeking = seeking[(here != 0) & (here != initials[seeking])]
            slots[seeking] = (slots[seeking] + 1) & mask
        return slots


def _told(initials: Numbers) -> Numbers:
    """Return initials that are not 0, which stands for a free slot."""
    return np.maximum(initials, np.uint32(1))
