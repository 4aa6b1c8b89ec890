"""A hash table in arrays, which finds or enters thousands of keys in one call.

Open addressing, with the slots in the order of the tags: a tag is a hash of 64 bits, never 0, and
its upper half says where in the table its search begins. So a larger table is filled from front to
back in one pass, and that pass is spread over many calls: no single one has to wait for it. While
it lasts, the front of the old table has moved into the new one. The cut between the two is always
at an empty slot of the old table, so no search in it would have crossed the cut.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np
import numpy.typing as npt

if TYPE_CHECKING:
    from collections.abc import Mapping

Array = npt.NDArray[np.uint64 | np.uint32 | np.uint16 | np.uint8 | np.int64]
Flags = npt.NDArray[np.bool_]
Slots = npt.NDArray[np.intp]  # below zero: -1 - slot of the old table
Tags = npt.NDArray[np.uint64]

SMALLEST: Final = 1 << 12
SPARE: Final = 1 << 12  # slots behind the last one that a search may begin at
FULL: Final = 0.8
GROWTH: Final = 1.2
MOVED: Final = 8  # old slots that move at least for each key that may be entered,
SOON: Final = 32  # and as a rule, because two tables take twice the memory,
AT_ONCE: Final = 1 << 16  # as long as no more than these move together
FIRST_LOOK: Final = 8  # slots that a search looks at together at first,
LOOK: Final = 64  # and then
TAG: Final = "tag"
REST: Final = "rest"  # the column that continues a tag where 64 bits are too few
HALF: Final = np.uint64(32)


class KeyTable:
    """A table with a column for each of the given values, such as `row=np.uint32`.

    With a column "rest", keys are the same only if their tags and their rests are.
    """

    def __init__(self, **kinds: npt.DTypeLike) -> None:
        self._kinds: dict[str, npt.DTypeLike] = {TAG: np.uint64, **kinds}
        self.taken = 0
        self._now = _Area.empty(SMALLEST, self._kinds)
        self._old: _Area | None = None
        self._moved = 0  # of the old table: searches that begin before this slot are in the new one
        self._end = -1  # the last slot that is taken, while the table is filled in order

    @property
    def nbytes(self) -> int:
        """How much memory the table takes."""
        return self._now.nbytes + (self._old.nbytes if self._old else 0)

    def find(self, tags: Tags, rests: Array | None = None) -> tuple[Slots, Flags]:
        """Return the slot of each key, and whether it is there; else the slot it would get."""
        if self._old is None:
            return self._now.find(tags, rests)
        is_old = self._old.homes(tags) >= self._moved
        slots, found = np.empty(len(tags), np.intp), np.empty(len(tags), np.bool_)
        for area, here in ((self._now, ~is_old), (self._old, is_old)):
            at, is_there = area.find(tags[here], None if rests is None else rests[here])
            slots[here], found[here] = (at if area is self._now else -1 - at), is_there
        return slots, found

    def read(self, column: str, slots: Slots) -> Array:
        """Return what is in a column at these slots."""
        if self._old is None:
            return self._now.columns[column][slots]
        is_old = slots < 0
        values = self._now.columns[column][np.where(is_old, 0, slots)]
        values[is_old] = self._old.columns[column][-1 - slots[is_old]]
        return values

    def write(self, column: str, slots: Slots, values: Array) -> None:
        """Put values into a column at these slots."""
        if self._old is None:
            self._now.columns[column][slots] = values
            return
        is_old = slots < 0
        self._now.columns[column][slots[~is_old]] = values[~is_old]
        self._old.columns[column][-1 - slots[is_old]] = values[is_old]

    def enter(
        self, tags: Tags, column: str, numbers: Array, rests: Array | None = None
    ) -> tuple[Slots, Flags]:
        """Enter the keys that are not there; return the slot of each, and which are new.

        Of several equal keys the first is entered. `numbers` go into `column`; they are
        above 0, and no two are the same.
        """
        self.make_room(len(tags))
        slots, found = self.find(tags, rests)
        return slots, self.enter_at(slots, ~found, tags, column, numbers, rests)

    def enter_at(
        self,
        slots: Slots,
        new: Flags,
        tags: Tags,
        column: str,
        numbers: Array,
        rests: Array | None = None,
    ) -> Flags:
        """Enter those keys that are `new`, as `enter` does; `slots` are those that `find` gave.

        The slots change where several keys want one. Returns which were entered.
        """
        new = new.copy()
        pending = np.flatnonzero(new)
        while len(pending):
            backwards = pending[::-1]  # where several want one slot, the first shall get it
            self.write(TAG, slots[backwards], tags[backwards])
            if rests is not None:
                self.write(REST, slots[backwards], rests[backwards])
            self.write(column, slots[backwards], numbers[backwards])
            won = self.read(column, slots[pending]) == numbers[pending]
            self.taken += int(np.count_nonzero(won))
            self._end = max(self._end, int(slots[pending].max()))
            lost = pending[~won]
            slots[lost], found = self.find(tags[lost], None if rests is None else rests[lost])
            new[lost[found]] = False
            pending = lost[~found]
        return new

    def make_room(self, more: int) -> None:
        """Make room for so many keys. Slots that were found before are not valid any more."""
        moves = max(more * MOVED, min(more * SOON, AT_ONCE))
        if self._old is not None:
            self._move(moves)
        if self.taken + more <= self._now.size * FULL and not self._now.is_crowded:
            return
        self._move_all()
        size = max(int(self._now.size * GROWTH), int((self.taken + more) / FULL) + 1)
        self._old, self._now = self._now, _Area.empty(size, self._kinds)
        self._moved, self._end = 0, -1
        self._move(moves)

    def fill(self, keys: int) -> None:
        """Empty the table and make room for so many keys, which `put` then brings in order."""
        size = max(SMALLEST, int(keys / FULL * 1.05) + 1)
        self._now, self._old = _Area.empty(size, self._kinds), None
        self.taken, self._end = 0, -1

    def put(self, columns: Mapping[str, Array]) -> None:
        """Enter keys that are new, with their column "tag", none below any that is there."""
        self.taken += len(columns[TAG])
        self._end = self._now.put(columns, self._end)

    def widen(self, column: str, kind: npt.DTypeLike, more: int = 0) -> None:
        """Give the values of a column another type, and add `more` to each."""
        self._kinds[column] = kind
        for area in filter(None, (self._now, self._old)):
            area.columns[column] = area.columns[column].astype(kind) + more

    def arrays(self) -> dict[str, Array]:
        """Return the arrays that `take_up` makes the same table of."""
        self._move_all()
        return dict(self._now.columns)

    def take_up(self, arrays: Mapping[str, Array]) -> None:
        """Go on from the arrays of another table. Raises ValueError when they make none."""
        if set(arrays) != set(self._kinds) or len({len(each) for each in arrays.values()}) != 1:
            raise ValueError("no table")
        self._kinds = {name: arrays[name].dtype for name in self._kinds}
        self._now, self._old = _Area(dict(arrays)), None
        self.taken = int(np.count_nonzero(self._now.tags))
        if self._now.size < SMALLEST or self._now.is_crowded or self.taken > self._now.size:
            raise ValueError("no table")

    def _move_all(self) -> None:
        while self._old is not None:
            self._move(1 << 16)

    def _move(self, slots: int) -> None:
        """Move the keys of so many slots, and on up to an empty one, into the new table."""
        old = self._old
        if old is None:
            return
        start, stop = self._moved, min(self._moved + max(slots, 1), len(old.tags))
        while stop < len(old.tags) and old.tags[stop]:
            stop += 1
        some = np.flatnonzero(old.tags[start:stop]) + start
        if len(some):
            columns = {name: column[some] for name, column in old.columns.items()}
            self._end = self._now.put(columns, self._end)
        self._moved = stop
        if stop == len(old.tags):
            self._old = None


class _Area:
    """The slots of one table."""

    def __init__(self, columns: dict[str, Array]) -> None:
        self.columns = columns
        self.size = len(columns[TAG]) - SPARE

    @classmethod
    def empty(cls, size: int, kinds: Mapping[str, npt.DTypeLike]) -> _Area:
        return cls({name: np.zeros(size + SPARE, kind) for name, kind in kinds.items()})

    @property
    def tags(self) -> Array:
        return self.columns[TAG]  # 0: a slot that is free

    @property
    def nbytes(self) -> int:
        return sum(column.nbytes for column in self.columns.values())

    @property
    def is_crowded(self) -> bool:
        """Whether keys have come far into the spare slots behind the last."""
        return bool(self.tags[-SPARE // 2])

    def homes(self, tags: Array) -> Slots:
        """Return the slot at which the search for each tag begins; it grows with the tag."""
        return (((tags >> HALF) * np.uint64(self.size)) >> HALF).astype(np.intp)

    def find(self, tags: Array, rests: Array | None) -> tuple[Slots, Flags]:
        slots = self.homes(tags)
        seeking = np.flatnonzero((self.tags[slots] != 0) & ~self._hold(slots, tags, rests))
        look = FIRST_LOOK
        while len(seeking):
            start = slots[seeking] + 1
            if int(start.max()) >= len(self.tags):
                raise RuntimeError("the keys of a table are no hashes: they crowd at its end")
            seen = np.minimum(start[:, None] + np.arange(look), len(self.tags) - 1)
            ends = self._hold(seen, tags[seeking, None], _column(rests, seeking))
            ends |= self.tags[seen] == 0
            first = ends.argmax(axis=1)
            has_ended = ends[np.arange(len(seeking)), first]
            slots[seeking] = start + np.where(has_ended, first, look - 1)
            seeking = seeking[~has_ended]
            look = LOOK
        return slots, self._hold(slots, tags, rests)

    def _hold(self, slots: Slots, tags: Array, rests: Array | None) -> Flags:
        """Tell which of these slots hold the keys."""
        found: Flags = self.tags[slots] == tags
        if rests is not None:
            found &= self.columns[REST][slots] == rests
        return found

    def put(self, columns: Mapping[str, Array], end: int) -> int:
        """Enter keys that come after those up to the slot `end`; return the last slot taken."""
        order = np.argsort(columns[TAG], kind="stable")
        if not len(order):
            return end
        tags = columns[TAG][order]
        homes, places = self.homes(tags), np.arange(len(tags))
        homes[0] = max(int(homes[0]), end + 1)
        slots = np.maximum.accumulate(homes - places) + places
        for name, values in columns.items():
            self.columns[name][slots] = values[order]
        return int(slots[-1])


def _column(rests: Array | None, places: Slots) -> Array | None:
    return None if rests is None else rests[places, None]
