"""A hash table in arrays that finds or enters thousands of keys per call.

It uses open addressing, with slots in the order of the tags: a tag is a nonzero hash of 64 or 32
bits, whose upper 32 bits decide where its search begins. So a larger table is filled from front to
back in one pass, and this pass is spread over many calls, so that no single one takes long. During
the pass, the front of the old table has moved to the new one. The cut between them is always at an
empty slot of the old table, so no search in it would have crossed the cut.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np
import numpy.typing as npt

from twittervotes.core.ledger.arrays import Array, zeros

if TYPE_CHECKING:
    from collections.abc import Mapping

Flags = npt.NDArray[np.bool_]
Slots = npt.NDArray[np.intp]  # negative: -1 - slot of the old table
Tags = npt.NDArray[np.uint64]
StoredTags = npt.NDArray[np.uint64 | np.uint32]

SMALLEST: Final = 1 << 12
SPARE: Final = 1 << 12  # spare slots after the last one at which a search may begin
FULL: Final = 0.8
GROWTH: Final = 1.2
MOVED: Final = 8  # old slots moved per key that may be entered, at least,
SOON: Final = 32  # and usually, because two tables take twice the memory,
AT_ONCE: Final = 1 << 16  # unless more than this many would move at once
FIRST_LOOK: Final = 8  # slots that a search compares at once at first,
LOOK: Final = 64  # and then
TAG: Final = "tag"
REST: Final = "rest"  # the column that extends a tag if 64 bits are too few
HALF: Final = np.uint64(32)


class KeyTable:
    """A table with a column for each given value, such as `row=np.uint32`.

    With a column "rest", keys are equal only if both their tags and their rests are. Tags
    have 64 bits, or 32 with `tag=np.uint32`.
    """

    def __init__(self, **kinds: npt.DTypeLike) -> None:
        self._kinds: dict[str, npt.DTypeLike] = {TAG: np.uint64, **kinds}
        self.taken = 0
        self._now = _Area.empty(SMALLEST, self._kinds)
        self._old: _Area | None = None
        self._moved = 0  # searches that begin before this slot of the old table use the new one
        self._end = -1  # the last slot used while the table is filled in order

    @property
    def nbytes(self) -> int:
        """The memory that the table takes."""
        return self._now.nbytes + (self._old.nbytes if self._old else 0)

    def find(self, tags: StoredTags, rests: Array | None = None) -> tuple[Slots, Flags]:
        """Return the slot of each key and whether it is there; otherwise the slot it would get."""
        if self._old is None:
            return self._now.find(tags, rests)
        is_old = self._old.homes(tags) >= self._moved
        slots, found = np.empty(len(tags), np.intp), np.empty(len(tags), np.bool_)
        for area, here in ((self._now, ~is_old), (self._old, is_old)):
            at, is_there = area.find(tags[here], None if rests is None else rests[here])
            slots[here], found[here] = (at if area is self._now else -1 - at), is_there
        return slots, found

    def read(self, column: str, slots: Slots) -> Array:
        """Return a column's values in these slots."""
        if self._old is None:
            return self._now.columns[column][slots]
        is_old = slots < 0
        values = self._now.columns[column][np.where(is_old, 0, slots)]
        values[is_old] = self._old.columns[column][-1 - slots[is_old]]
        return values

    def write(self, column: str, slots: Slots, values: Array) -> None:
        """Set a column's values in these slots."""
        if self._old is None:
            self._now.columns[column][slots] = values
            return
        is_old = slots < 0
        self._now.columns[column][slots[~is_old]] = values[~is_old]
        self._old.columns[column][-1 - slots[is_old]] = values[is_old]

    def enter(
        self, tags: StoredTags, column: str, numbers: Array, rests: Array | None = None
    ) -> tuple[Slots, Flags]:
        """Enter missing keys; return the slot of each key, and which are new.

        Of several equal keys the first is entered. `numbers` go into `column`; they must be
        positive and distinct.
        """
        self.make_room(len(tags))
        slots, found = self.find(tags, rests)
        return slots, self.enter_at(slots, ~found, tags, column, numbers, rests)

    def enter_at(
        self,
        slots: Slots,
        new: Flags,
        tags: StoredTags,
        column: str,
        numbers: Array,
        rests: Array | None = None,
    ) -> Flags:
        """Enter the keys that are `new`, like `enter`; `slots` are those that `find` returned.

        The slots change if several keys want one. Returns which keys were entered.
        """
        new = new.copy()
        pending = np.flatnonzero(new)
        while len(pending):
            backwards = pending[::-1]  # if several want one slot, the first gets it
            self.write(TAG, slots[backwards], tags[backwards])
            if rests is not None:
                self.write(REST, slots[backwards], rests[backwards])
            self.write(column, slots[backwards], numbers[backwards])
            won = self.read(column, slots[pending]) == numbers[pending]
            self.taken += int(np.count_nonzero(won))
            self._end = max(self._end, int(slots[pending].max()))
            lost = pending[~won]
            if not len(lost):
                break
            slots[lost], found = self.find(tags[lost], None if rests is None else rests[lost])
            new[lost[found]] = False
            pending = lost[~found]
        return new

    def make_room(self, more: int) -> None:
        """Make room for this many keys. It invalidates slots that were found before."""
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
        """Empty the table and make room for this many keys, which `put` then enters in order."""
        size = max(SMALLEST, int(keys / FULL * 1.05) + 1)
        self._now, self._old = _Area.empty(size, self._kinds), None
        self.taken, self._end = 0, -1

    def put(self, columns: Mapping[str, Array]) -> None:
        """Enter new keys, with their column "tag", all above those already there."""
        self.taken += len(columns[TAG])
        self._end = self._now.put(columns, self._end)

    def widen(self, column: str, kind: npt.DTypeLike, more: int = 0) -> None:
        """Give the values of a column another type, and add `more` to each."""
        self._kinds[column] = kind
        for area in filter(None, (self._now, self._old)):
            area.columns[column] = area.columns[column].astype(kind) + more

    def arrays(self) -> dict[str, Array]:
        """Return the arrays from which `take_up` restores this table."""
        self._move_all()
        return dict(self._now.columns)

    def take_up(self, arrays: Mapping[str, Array]) -> None:
        """Restore from the arrays of another table; raise ValueError if they are inconsistent."""
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
        """Move the keys of this many slots, and on to an empty one, to the new table."""
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
        return cls({name: zeros(size + SPARE, kind) for name, kind in kinds.items()})

    @property
    def tags(self) -> Array:
        return self.columns[TAG]  # 0: a slot that is free

    @property
    def nbytes(self) -> int:
        return sum(column.nbytes for column in self.columns.values())

    @property
    def is_crowded(self) -> bool:
        """Whether keys extend far into the spare slots at the end."""
        return bool(self.tags[-SPARE // 2])

    def homes(self, tags: Array) -> Slots:
        """Return the slot at which the search for each tag begins; it grows with the tag."""
        upper = tags >> HALF if tags.dtype == np.uint64 else tags.astype(np.uint64)
        return ((upper * np.uint64(self.size)) >> HALF).astype(np.intp)

    def find(self, tags: Array, rests: Array | None) -> tuple[Slots, Flags]:
        slots = self.homes(tags)
        found, is_free = self._compared(slots, tags, rests)
        seeking = np.flatnonzero(~(found | is_free))
        look = FIRST_LOOK
        while len(seeking):
            start = slots[seeking] + 1
            if int(start.max()) >= len(self.tags):
                raise RuntimeError("the keys of a table aren't hashes: they crowd at its end")
            seen = np.minimum(start[:, None] + np.arange(look), len(self.tags) - 1)
            holds, is_free = self._compared(
                seen, tags[seeking], None if rests is None else rests[seeking]
            )
            ends = holds | is_free
            first, each = ends.argmax(axis=1), np.arange(len(seeking))
            has_ended = ends[each, first]
            slots[seeking] = start + np.where(has_ended, first, look - 1)
            found[seeking] = holds[each, first]
            seeking = seeking[~has_ended]
            look = LOOK
        return slots, found

    def _compared(self, slots: Slots, tags: Array, rests: Array | None) -> tuple[Flags, Flags]:
        """Return which slots, one or several for each key, hold it, and which are free."""
        there = self.tags[slots]
        found: Flags = there == (tags if slots.shape == tags.shape else tags[:, None])
        if rests is not None:
            equal = np.nonzero(found)  # rests are compared only there: reading them takes longer
            found[equal] = self.columns[REST][slots[equal]] == rests[equal[0]]
        return found, there == 0

    def put(self, columns: Mapping[str, Array], end: int) -> int:
        """Enter keys after those up to the slot `end`; return the last slot used."""
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
