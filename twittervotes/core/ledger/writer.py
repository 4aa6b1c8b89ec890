"""The ledger file: every post seen, every page, every failure and every act, in a hash chain.

It is an SQLite file with one writer at a time, and rows are only added. After a crash, a
transaction is there completely or not at all. The ledger knows neither networks nor views, and
contains no secrets and no texts of posts.
"""

from __future__ import annotations

import contextlib
import json
import re
import secrets
import sqlite3
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from itertools import compress
from typing import TYPE_CHECKING, Final

import numpy as np

from twittervotes.core.contest import networks
from twittervotes.core.contest.act_kinds import after
from twittervotes.core.contest.acts import CLOCK, Act, ActKind
from twittervotes.core.contest.columns import EMPTY, SEAL_BYTES, PostColumns, columns_of
from twittervotes.core.contest.posts import Post, is_clean
from twittervotes.core.errors import LedgerError
from twittervotes.core.ledger import chain, disclosure, file, queries, schema
from twittervotes.core.ledger.batch import Places, PostBatch, batch_of
from twittervotes.core.ledger.checksums import checksums_of
from twittervotes.core.ledger.held_posts import HeldPosts
from twittervotes.core.ledger.known_posts import DedupDecision, Incoming, numbered
from twittervotes.core.ledger.page_cache import NO_POSTS, PageCache, posts_of, voters_of
from twittervotes.core.ledger.pages import problem as page_problem

if TYPE_CHECKING:
    from pathlib import Path

    from twittervotes.core.contest.contest import Contest
    from twittervotes.core.file_lock import Lock
    from twittervotes.core.ledger.key_table import Flags
    from twittervotes.core.ledger.row_values import Rows

ADD_ENTRY: Final = "INSERT INTO entries VALUES (?, ?, ?, ?, ?, ?, ?)"
ADD_PAGE: Final = "INSERT INTO pages VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"
MOST_ROWS: Final = 2**32 - 2
HALVES: Final = re.compile("[\ud800-\udfff]")


@dataclass(frozen=True, slots=True)
class Entry:
    """Something to record: a page with its posts, a failure, a gap, an act.

    `ids` are those of `Page.ids`: none, or one per post. `aside` is what a page sets aside for
    posts that the ledger doesn't have yet (`core.ledger.aside`); it is private, because it names
    accounts.
    """

    kind: str
    source: str
    body: Mapping[str, object]
    posts: PostColumns | tuple[Post, ...] = ()
    ids: tuple[str, ...] = ()
    aside: object = None


@dataclass(frozen=True, slots=True)
class Changes:
    """The changes of a transaction: posts that became current or superseded, and rows per entry.

    A post may be among both, if a better version came in the same transaction: additions come
    before removals.
    """

    added: PostBatch
    removed: PostBatch
    new: tuple[int, ...]


class Ledger(HeldPosts):
    """A ledger open for writing. Use `create` or `reopen`, and close it or use it in a `with`.

    `contest` is the current contest, after all `acts`; `salt` seals accounts.
    """

    contest: Contest
    acts: tuple[Act, ...]
    salt: bytes

    def __init__(self, path: Path, lock: Lock, db: sqlite3.Connection) -> None:
        self.path = path
        self._lock = lock
        self._db = db
        self._nets: frozenset[str] = frozenset()
        self._excluded_on = set[str]()  # networks on which the excluded accounts have seals here
        self._entries, self._digest = queries.end(db)
        self._posts = queries.posts(path, db)
        with self._told():
            self._pages = PageCache(db)
            if self._pages.posts != self._posts:
                raise LedgerError("it has posts that belong to no entry")

    @classmethod
    def create(
        cls, path: Path, contest: Contest, now_ms: int, nets: Collection[str] = ()
    ) -> Ledger:
        """Create a ledger for `contest`; a file with content is never touched.

        `nets` are networks that its posts will come from, even if they aren't installed.
        """
        with file.told(path), contextlib.ExitStack() as undone:
            path.parent.mkdir(parents=True, exist_ok=True)
            lock = file.locked(path)
            undone.callback(lock.release)
            if not file.is_new(path):
                raise LedgerError(f"{path} already exists. No changes were made.")
            with contextlib.closing(schema.laid_out(2)) as db:
                draft = cls(path, lock, db)
                draft.salt = secrets.token_bytes(SEAL_BYTES)
                draft.contest, draft.acts, draft._nets = contest, (), frozenset(nets)
                laid_down = Entry("contest", "", {"contest": queries.said(contest)})
                salt = Entry("salt", "", {"salt": draft.salt.hex()})
                draft.append([laid_down, salt], now_ms)
                file.put(db, path)
            ledger = cls._taken_up(path, lock, undone)
            ledger._nets = frozenset(nets)
            return ledger

    @classmethod
    def reopen(cls, path: Path) -> Ledger:
        """Resume an existing ledger.

        Raises LedgerError, and leaves the file unchanged, if it isn't a ledger, has another
        version, is damaged or is in use.
        """
        file.check(path)
        with file.told(path), contextlib.ExitStack() as undone:
            lock = file.locked(path)
            undone.callback(lock.release)
            return cls._taken_up(path, lock, undone)

    @classmethod
    def _taken_up(cls, path: Path, lock: Lock, undone: contextlib.ExitStack) -> Ledger:
        """Return the ledger at `path`, open; on failure, undo what was acquired for it."""
        db = file.writer(path, partial(_check, path))
        undone.callback(db.close)
        ledger = cls(path, lock, db)
        ledger.contest, ledger.acts = queries.contest_of(path, db)
        ledger.salt = queries.salt_of(path, db)
        undone.pop_all()
        return ledger

    def __enter__(self) -> Ledger:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Close the file; harmless if called twice."""
        with contextlib.suppress(sqlite3.Error):
            self._db.close()
        self._lock.release()

    @property
    def entries_written(self) -> int:
        """The number of entries."""
        return self._entries

    @property
    def posts_written(self) -> int:
        """The number of rows of posts; a version of a post has one for each of its sources."""
        return self._posts

    @property
    def digest(self) -> str:
        """The digest of the whole ledger up to now, as 64 hex digits."""
        return self._digest.hex()

    def append(self, entries: Sequence[Entry], now_ms: int) -> Changes:
        """Write `entries` in one transaction, each post once; return what changed.

        Raises ValueError if an entry has more posts than a page holds.
        """
        if any(act.does is ActKind.CERTIFIED for act in self.acts):
            raise LedgerError(f"{self.path} is certified: nothing more is written to it.")
        if not is_clean(text for entry in entries for text in (entry.kind, entry.source)):
            raise ValueError("the kind or the source of an entry has a control character")
        with self._told():
            pages = [self._columns(entry.posts) for entry in entries]
            if self.contest.rules.exclude:
                self._exclude_on(_networks_of(entries, pages), now_ms)
            if not any(page.size for page in pages):
                self._commit([_Written(entry, page) for entry, page in zip(entries, pages)], now_ms)  # noqa: B905
                return Changes(NO_POSTS, NO_POSTS, (0,) * len(entries))
            incoming = self._incoming(pages, [entry.source for entry in entries])
            known = self._known
            decision = known.decide(incoming)
            rows = self._rows_of(decision.keep)
            added, removed = known.changes(decision, numbered(incoming.batch, rows))
            written = [*_written(entries, pages, decision)]
            kept = incoming.batch if decision.all_new else incoming.batch.at(np.flatnonzero(rows))
            self._commit(written, now_ms, checksums_of(kept).tobytes())
            known.enter(decision, rows)
        return Changes(added, removed, tuple(each.page.size for each in written))

    def act(self, act: Act) -> Contest:
        """Record an act; return the current contest."""
        self.append([_entry_of(act)], act.at_ms)
        self._excluded_on.clear()
        before = self.contest
        self.acts = (*self.acts, act)
        self.contest = after(self.contest, act)
        if before.rules.withdrawn is not self.contest.rules.withdrawn:
            self.__dict__.pop("_known", None)  # other versions become current
        return self.contest

    def _exclude_on(self, nets: set[str], now_ms: int) -> None:
        """Record the seals that excluded accounts have on networks new to the ledger.

        An account may be excluded by its ID alone, before the plug-in of a network is installed.
        """
        new = nets - self._excluded_on
        self._excluded_on |= new
        self._nets |= new
        known = queries.excluded(self._db) if new else set()
        acts = [
            Act(ActKind.EXCLUDED, now_ms, CLOCK, voter=name, reason="It is on a new network, too.")
            for name in self.contest.rules.exclude
            if not known.issuperset(disclosure.accounts_on([name], new, self.salt))
        ]
        if acts:
            self.append([_entry_of(act) for act in acts], now_ms)
            self.acts = (*self.acts, *acts)

    def new_to(self, source: str, posts: PostColumns | Sequence[Post]) -> list[bool]:
        """Return, for each of `posts`, whether `source` sees this version for the first time."""
        with self._told():
            page = self._columns(posts)
            if not page.size:
                return []
            keep: list[bool] = self._known.decide(self._incoming([page], [source])).keep.tolist()
            return keep

    def _columns(self, posts: PostColumns | Sequence[Post]) -> PostColumns:
        """Return posts as columns; raise ValueError if verifiers would refuse one of them."""
        columns = posts if isinstance(posts, PostColumns) else columns_of(posts, self.salt)
        problem = page_problem(columns) if columns.size else ""
        if problem:
            raise ValueError(f"the ledger can't hold a post: {problem}")
        return columns

    def _incoming(self, pages: Sequence[PostColumns], sources: Sequence[str]) -> Incoming:
        """Return pages of these sources as incoming posts."""
        numbers = [self._pages.source_number(source) for source in sources]
        sizes = [page.size for page in pages]
        batch = batch_of([(0, page) for page in pages if page.size])
        ends = np.cumsum(sizes)

        def posts(places: Places) -> list[Post]:
            found = batch.at(places)
            owners = np.searchsorted(ends, places, "right").tolist()
            voters = {owner: voters_of(pages[owner]) for owner in set(owners)}
            return posts_of(
                found,
                [
                    str(voters[owner][place - int(ends[owner]) + sizes[owner]])
                    for owner, place in zip(owners, places.tolist(), strict=True)
                ],
            )

        return Incoming(batch, np.repeat(np.array(numbers, np.uint16), sizes), posts)

    def _rows_of(self, keep: Flags) -> Rows:
        """Return the rows that posts get; 0 for those that are not written."""
        rows = np.where(keep, np.cumsum(keep) + self._posts, 0)
        if int(rows.max()) > MOST_ROWS:
            raise LedgerError(f"{self.path} is full: it holds {self._posts:,} posts.")
        return rows.astype(np.uint32)

    def _commit(self, written: Sequence[_Written], now_ms: int, checksums: bytes = b"") -> None:
        """Write entries with their pages, and the checksums of all posts, in one transaction."""
        n, first, digest, at = self._entries, self._posts + 1, self._digest, 0
        entries, pages = [], []
        for each in written:
            n += 1
            kind, source, page = each.entry.kind, each.entry.source, each.page
            body, private = self._bodies(each)
            line = chain.entry_line(n, kind, source, now_ms, body)
            digest = chain.digest(digest, line, chain.private_sum(private), page)
            entries.append((n, kind, source, now_ms, body, private, digest))
            if page.size:
                end = at + 4 * page.size
                pages.append((n, first, *page, checksums[at:end]))
                first, at = first + page.size, end
        self._db.execute("BEGIN IMMEDIATE")
        try:
            self._db.executemany(ADD_ENTRY, entries)
            self._db.executemany(ADD_PAGE, pages)
            self._db.execute("COMMIT")
        except BaseException:
            with contextlib.suppress(sqlite3.Error):
                self._db.execute("ROLLBACK")
            raise
        first = self._posts + 1
        for n, each in enumerate(written, self._entries + 1):
            if each.page.size:
                self._pages.add(n, first, each.entry.source, each.page)
                first += each.page.size
        self._entries, self._posts, self._digest = n, first - 1, digest

    def _bodies(self, written: _Written) -> tuple[str, str]:
        """Return the public and the private body of an entry, as stored."""
        entry, body = written.entry, dict(written.entry.body)
        if entry.kind == "page":
            body |= {"seen": written.seen, "new": written.page.size, "again": written.again}
            if written.ids:
                body["ids"] = written.ids
        if entry.aside is not None:
            body["aside"] = entry.aside
        public, private = disclosure.split(body, self._seals_of)
        return _json(public), _json(private) if private else ""

    def _seals_of(self, names: Iterable[str]) -> list[str]:
        """Return the seals of accounts on every network that is installed or in the ledger."""
        nets = self._nets | {network.name for network in networks.installed()}
        nets |= {str(body.get("network", "")) for _, body in self.sources().items()} - {""}
        return disclosure.seals_of(names, nets, self.salt)


def _check(path: Path, db: sqlite3.Connection) -> None:
    """Raise LedgerError unless the file is a ledger that can be written."""
    schema.check(path, db)
    if file.version(db) < file.VERSION:
        raise LedgerError(
            f"{path} was written by an earlier version. Upgrade it first:"
            f" twittervotes upgrade {path} NEW"
        )


@dataclass(frozen=True, slots=True)
class _Written:
    """An entry with its posts that are written, and how many were known before."""

    entry: Entry
    page: PostColumns
    again: int = 0
    ids: Sequence[str] = ()

    @property
    def seen(self) -> int:
        posts = self.entry.posts
        return posts.size if isinstance(posts, PostColumns) else len(posts)


def _written(
    entries: Sequence[Entry], pages: Sequence[PostColumns], decision: DedupDecision
) -> Iterator[_Written]:
    """Return entries with the parts of their pages that are to be written."""
    end = 0
    for entry, page in zip(entries, pages, strict=True):
        start, end = end, end + page.size
        keep = decision.keep[start:end]
        ids: Sequence[str] = entry.ids
        if not keep.all():
            page = page.only(keep.tolist()) if keep.any() else EMPTY  # noqa: PLW2901
            ids = list(compress(ids, keep.tolist()))
        yield _Written(
            entry,
            page,
            int(np.count_nonzero(decision.again[start:end])),
            ids if page.size else (),
        )


def _entry_of(act: Act) -> Entry:
    body = {key: value for key, value in queries.said(act).items() if value is not None}
    return Entry("act", "", body)


def _networks_of(entries: Sequence[Entry], pages: Sequence[PostColumns]) -> set[str]:
    """Return the networks that entries introduce or have posts of."""
    introduced = {str(each.body.get("network", "")) for each in entries if each.kind == "source"}
    return introduced.union(*(page.network_names() for page in pages)) - {""}


def _json(body: Mapping[str, object]) -> str:
    """Return a body as it is written; half a surrogate pair has no UTF-8, so it is replaced."""
    return HALVES.sub("\ufffd", json.dumps(body, ensure_ascii=False, separators=(",", ":")))
