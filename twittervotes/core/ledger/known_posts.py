"""The posts that a ledger has, their versions and sources, so that each is written once.

A post is stored once for each source that saw it, and once more for each different version; one of
them is the current version. Its rows are found by the number of its key. A number alone is never
trusted: known posts are compared with incoming ones column by column, many at once. Only posts that
really come in different versions are examined individually.

This state is derived from the file. It changes after a transaction was committed, so a failed
transaction leaves it unchanged.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Final

import numpy as np
import numpy.typing as npt

from twittervotes.core.contest.columns import key_number
from twittervotes.core.contest.contest import Withdrawn
from twittervotes.core.contest.posts import Post
from twittervotes.core.contest.versions import current_version
from twittervotes.core.ledger.batch import Places, PostBatch, same, together
from twittervotes.core.ledger.key_table import Flags, KeyTable, Slots, Tags
from twittervotes.core.ledger.page_cache import PageCache, SourceNumbers
from twittervotes.core.ledger.row_values import Rows, RowValues

if TYPE_CHECKING:
    from twittervotes.core.ledger.arrays import Array

Name = tuple[str, str]  # network and key
Keys = npt.NDArray[np.uint64]

PARTS: Final = 16  # parts of the table, filled one after the other when a ledger is opened
AT_ONCE: Final = 20_000  # rows of posts with several, to examine at once
ODD: Final = np.uint64(0xD6E8FEB86659FD93)
TAG_BITS: Final = 40  # of the hash of a key: 32 as the table's tag, and 8 as the rest
REST_BITS: Final = np.uint64(8)


@dataclass(frozen=True, slots=True)
class Incoming:
    """Incoming posts, with their sources' numbers; `posts` returns those at some places."""

    batch: PostBatch
    sources: SourceNumbers
    posts: Callable[[Places], list[Post]]


@dataclass(frozen=True, slots=True)
class DedupDecision:
    """What to do with incoming posts.

    Attributes:
        keep: Which are written; the others are known in this very version from this source.
        again: Which of these are known in another version, or from another source.
        dead: Which of these aren't current: copies and superseded versions.
        stand: Rows of known posts that become current again; `fall` are those that are superseded.
        added: Posts that become current, besides those that are entirely new.
        removed: Posts that were current before.
        all_new: Whether no two keys have the same number, and none is known.

    A post in `added` or `removed` is a row or, if it is incoming, -1 - its place.
    """

    tags: Tags
    slots: Slots
    known: Flags
    keep: Flags
    again: Flags
    dead: Flags
    stand: list[int] = field(default_factory=list)
    fall: list[int] = field(default_factory=list)
    added: list[int] = field(default_factory=list)
    removed: list[int] = field(default_factory=list)
    all_new: bool = False


class KnownPosts:
    """The posts of a ledger by their keys."""

    def __init__(self, pages: PageCache, withdrawn: Withdrawn) -> None:
        self.withdrawn = withdrawn
        self._pages = pages
        # The newest row of each key, or of several keys with the same hash: of ten million posts,
        # about fifty pairs. A longer hash would take more memory.
        self._table = KeyTable(tag=np.uint32, rest=np.uint8, row=np.uint32)
        self._older = RowValues(np.uint32)  # the row of the same key before it; 0: none
        self._dead = RowValues(np.bool_)
        self._seed = np.frombuffer(secrets.token_bytes(16), np.uint64) | np.uint64(1)

    def load(self, keys: Keys) -> None:
        """Load all posts of the ledger, given the keys of its rows in order."""
        tags = self._tags(keys)
        self._table.fill(len(tags))
        part_of = (tags >> np.uint64(TAG_BITS - 4)).astype(np.uint8)
        others = []
        for part in range(PARTS):
            rows = np.flatnonzero(part_of == part).astype(np.uint32)
            rows = rows[np.argsort(tags[rows], kind="stable")]
            is_first = _starts(tags[rows])
            tag, rest = _halves(tags[rows[is_first]])
            self._table.put({"tag": tag, "rest": rest, "row": rows[is_first] + np.uint32(1)})
            others.append(rows[~is_first] + np.uint32(1))
        for _ in self.replay(np.sort(np.concatenate(others))):
            pass  # the count reads the current versions once all is loaded

    def replay(self, rows: Rows) -> Iterator[tuple[PostBatch, PostBatch]]:
        """Process rows of the ledger, after all earlier rows with the same keys.

        Yields, in batches, the posts that become current, and those that are superseded.
        """
        for start in range(0, len(rows), AT_ONCE):
            some = rows[start : start + AT_ONCE]
            batch = self._pages.at(some)

            def posts(places: Places, some: Rows = some) -> list[Post]:
                return self._pages.posts_at(some[places])

            decision = self.decide(Incoming(batch, self._pages.sources_at(some), posts))
            yield self.changes(decision, batch)
            self.enter(decision, some)

    def current(self, batch: PostBatch) -> PostBatch:
        """Return those of these posts that are current versions."""
        is_dead = self._dead.at(batch.numbers).astype(np.bool_, copy=False)
        return batch.at(np.flatnonzero(~is_dead)) if is_dead.any() else batch

    def versions(self, names: Collection[Name]) -> dict[Name, list[Post]]:
        """Return all distinct versions of these posts, as far as they are known, oldest first."""
        numbers = np.array([key_number(*name) for name in names], np.uint64)
        slots, found = self._table.find(*_halves(self._tags(numbers)))
        rows = self._chains(self._table.read("row", slots[found]).astype(np.uint32))
        versions: dict[Name, dict[Post, None]] = {}
        wanted = frozenset(names)
        for post in self._pages.posts_at(np.unique(rows)):
            if post[:2] in wanted:
                versions.setdefault(post[:2], {})[post] = None
        return {name: list(posts) for name, posts in versions.items()}

    def decide(self, posts: Incoming) -> DedupDecision:
        """Decide what to do with incoming posts, in their order; changes nothing."""
        tags = self._tags(posts.batch.keys)
        self._table.make_room(len(tags))
        slots, known = self._table.find(*_halves(tags))
        nothing = np.zeros(len(tags), np.bool_)
        if not known.any() and _are_different(tags):
            return DedupDecision(tags, slots, known, ~nothing, nothing, nothing, all_new=True)
        keep, again, dead = ~nothing, nothing.copy(), nothing.copy()
        found = DedupDecision(tags, slots, known, keep, again, dead)
        is_version_known = self._compare_with_known(posts, found)
        left = np.flatnonzero(keep)
        leads = _leads(tags[left], left)
        follows = leads != left
        if follows.any():  # the same page read twice, or two that overlap
            mine, led = left[follows], leads[follows]
            is_same = same(posts.batch.at(mine), posts.batch.at(led))
            keep[mine[is_same & (posts.sources[mine] == posts.sources[led])]] = False
            left = np.flatnonzero(keep)
            leads = _leads(tags[left], left)
            follows = leads != left
        hard = left[known[left] & ~is_version_known[left]]
        if follows.any():
            mine, led = left[follows], leads[follows]
            is_same = same(posts.batch.at(mine), posts.batch.at(led))
            pairs = (leads.astype(np.int64) << 16) | posts.sources[left]
            twice = leads[np.isin(pairs, pairs[_repeats(pairs)])]
            hard = np.concatenate([hard, led[~is_same], twice])
        is_hard = np.isin(leads, leads[np.isin(left, hard)])
        copies = left[~is_hard & (follows | known[left])]
        again[copies] = dead[copies] = True
        if is_hard.any():
            self._decide_one_by_one(posts, found, left[is_hard])
        return found

    def changes(self, decision: DedupDecision, batch: PostBatch) -> tuple[PostBatch, PostBatch]:
        """Return the posts that become current, and those that no longer are.

        A new post that came together with a better version is among both. `batch` are the incoming
        posts, with the rows they get.
        """
        new = batch.at(np.flatnonzero(decision.keep & ~decision.again))
        added, removed = (self._at(some, batch) for some in (decision.added, decision.removed))
        return (together([new, added]) if len(added) else new), removed

    def enter(self, decision: DedupDecision, rows: Rows) -> None:
        """Enter posts that were decided on; `rows` has a number for each that was kept."""
        keep, tags, known = decision.keep, decision.tags, decision.known
        dead = decision.dead | ~keep
        kept = np.flatnonzero(keep)
        numbers = rows[kept]
        if not decision.all_new:
            order = np.argsort(tags[kept], kind="stable")
            kept, numbers = kept[order], numbers[order]
            is_first = _starts(tags[kept])
            before = np.append(np.uint32(0), numbers)[:-1]
            was_known = known[kept]
            heads = self._table.read("row", decision.slots[kept[is_first & was_known]])
            before[is_first] = 0
            before[is_first & was_known] = heads
            self._older.put(numbers[before != 0], before[before != 0])
            is_last = np.append(is_first[1:], True)
            grown = is_last & was_known
            self._table.write("row", decision.slots[kept[grown]], numbers[grown])
            kept, numbers = kept[is_last & ~was_known], numbers[is_last & ~was_known]
        if dead.any():
            self._dead.put(rows[dead], True)
        for some, are_dead in ((decision.fall, True), (decision.stand, False)):
            if some:
                self._dead.put(np.array(some, np.uint32), are_dead)
        slots, new = decision.slots[kept], np.ones(len(kept), np.bool_)
        tag, rest = _halves(tags[kept])
        self._table.enter_at(slots, new, tag, "row", numbers, rest)

    def arrays(self) -> dict[str, Array]:
        """Return the arrays from which `take_up` restores this."""
        arrays = {f"known_{name}": array for name, array in self._table.arrays().items()}
        more = {"older": self._older.values, "dead": self._dead.values.view(np.uint8)}
        return {**arrays, **more, "seed": self._seed}

    def take_up(self, arrays: Mapping[str, Array]) -> None:
        """Restore from the arrays of an earlier run; raise ValueError if they are inconsistent."""
        table = {name[6:]: each for name, each in arrays.items() if name.startswith("known_")}
        self._table.take_up(table)
        self._older.take_up(arrays["older"])
        self._dead.take_up(arrays["dead"])
        self._seed = arrays["seed"].astype(np.uint64, copy=False)

    def _tags(self, keys: Keys) -> Tags:
        """Return a hash of each key, at least 256; its seed keeps strangers from choosing slots."""
        tags: Tags = (keys ^ self._seed[0]) * self._seed[1]
        tags ^= tags >> np.uint64(32)
        tags *= ODD
        tags ^= tags >> np.uint64(29)
        tags >>= np.uint64(64 - TAG_BITS)
        return np.maximum(tags, np.uint64(1) << REST_BITS)

    def _compare_with_known(self, posts: Incoming, found: DedupDecision) -> Flags:
        """Drop known posts; return which are known in this version from any source."""
        places = np.flatnonzero(found.known)
        rows = self._table.read("row", found.slots[places]).astype(np.uint32)
        is_version_known = np.zeros(len(found.keep), np.bool_)
        while len(places):
            is_same = same(posts.batch.at(places), self._pages.at(rows))
            is_version_known[places[is_same]] = True
            is_same &= self._pages.sources_at(rows) == posts.sources[places]
            found.keep[places[is_same]] = False
            rows = self._older.at(rows).astype(np.uint32, copy=False)
            goes_on = ~is_same & (rows != 0)
            places, rows = places[goes_on], rows[goes_on]
        return is_version_known

    def _decide_one_by_one(self, posts: Incoming, found: DedupDecision, places: Places) -> None:
        """Decide on posts that come in different versions."""
        known = _Versions(self.withdrawn)
        slots = np.unique(found.slots[places[found.known[places]]])
        rows = np.sort(self._chains(self._table.read("row", slots).astype(np.uint32)))
        sources = self._pages.sources_at(rows).tolist()
        for row, source, post in zip(
            rows.tolist(), sources, self._pages.posts_at(rows), strict=True
        ):
            known.note(post, source, row)
        for place, post in zip(places.tolist(), posts.posts(places), strict=True):
            keep, again = known.take(post, int(posts.sources[place]), -1 - place)
            found.keep[place], found.again[place] = keep, again
        known.conclude(found)

    def _chains(self, rows: Rows) -> Rows:
        """Return these rows, and all older ones of the same keys."""
        parts = []
        while len(rows):
            parts.append(rows)
            rows = self._older.at(rows).astype(np.uint32, copy=False)
            rows = rows[rows != 0]
        return np.concatenate(parts) if parts else np.zeros(0, np.uint32)

    def _at(self, some: list[int], batch: PostBatch) -> PostBatch:
        """Return known posts, and posts of `batch`, given as in a decision."""
        known = self._pages.at(np.array([row for row in some if row >= 0], np.uint32))
        if len(known) == len(some):
            return known
        incoming = np.array([-1 - row for row in some if row < 0], np.intp)
        return together([known, batch.at(incoming)])


@dataclass(slots=True)
class _Seen:
    """One version of a post: its first row, or -1 - its place, and the sources that saw it."""

    row: int
    sources: set[int]


@dataclass(slots=True)
class _Versions:
    """The versions of some posts: `note` those in the ledger, then `take` incoming ones."""

    withdrawn: Withdrawn
    _known: dict[Name, dict[Post, _Seen]] = field(default_factory=dict)
    _rows: dict[Name, list[int]] = field(default_factory=dict)
    _stood: dict[Name, Post] = field(default_factory=dict)  # before, if that may change

    def note(self, post: Post, source: int, row: int) -> None:
        versions = self._known.setdefault(post[:2], {})
        versions.setdefault(post, _Seen(row, set())).sources.add(source)
        self._rows.setdefault(post[:2], []).append(row)

    def take(self, post: Post, source: int, row: int) -> tuple[bool, bool]:
        """Return whether to keep a post, and whether it was known before."""
        name = post[:2]
        versions = self._known.get(name)
        if versions is None:
            self.note(post, source, row)
            return True, False
        if name not in self._stood:
            self._stood[name] = current_version(versions, self.withdrawn)
        if source in versions.setdefault(post, _Seen(row, set())).sources:
            return False, False
        self.note(post, source, row)
        return True, True

    def conclude(self, found: DedupDecision) -> None:
        """Write into a decision which versions are current now, and which were before."""
        for name, before in self._stood.items():
            versions = self._known[name]
            after = current_version(versions, self.withdrawn)
            stands = versions[after].row
            for row in self._rows[name]:
                if row < 0:
                    found.dead[-1 - row] = row != stands
                else:
                    (found.stand if row == stands else found.fall).append(row)
            if after != before:
                found.removed.append(versions[before].row)
                found.added.append(stands)


def _halves(tags: Tags) -> tuple[npt.NDArray[np.uint32], npt.NDArray[np.uint8]]:
    """Return hashes as the table's tags, never 0, and their rests."""
    return (tags >> REST_BITS).astype(np.uint32), tags.astype(np.uint8)


def numbered(batch: PostBatch, rows: Rows) -> PostBatch:
    """Return the same posts with these row numbers."""
    return replace(batch, numbers=rows)


def _starts(values: Tags) -> Flags:
    """Return which of these sorted values are the first of their kind."""
    return np.append(np.ones(min(len(values), 1), np.bool_), values[1:] != values[:-1])


def _are_different(values: Tags) -> bool:
    ordered = np.sort(values)
    return not (ordered[1:] == ordered[:-1]).any()


def _repeats(values: npt.NDArray[np.int64]) -> Flags:
    """Return which of these values equal an earlier one."""
    found = np.ones(len(values), np.bool_)
    found[np.unique(values, return_index=True)[1]] = False
    return found


def _leads(tags: Tags, places: Places) -> Places:
    """Return, for each of these places, the first one that has the same tag."""
    order = np.argsort(tags, kind="stable")
    is_first = _starts(tags[order])
    leads = np.empty(len(places), np.intp)
    leads[order] = places[order[is_first]][np.cumsum(is_first) - 1]
    return leads
