"""What the writer of a ledger can read from it: its posts, and the state of its sources."""

from __future__ import annotations

import contextlib
from functools import cached_property
from itertools import islice
from typing import TYPE_CHECKING, Final

import numpy as np

from twittervotes.core.contest.columns import sealed
from twittervotes.core.contest.versions import current_version
from twittervotes.core.errors import LedgerError
from twittervotes.core.ledger import file, lookups, queries
from twittervotes.core.ledger.known_posts import KnownPosts, Name

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Collection, Iterator, Mapping
    from pathlib import Path

    from twittervotes.core.contest.contest import Contest
    from twittervotes.core.contest.posts import Post
    from twittervotes.core.contest.snapshot import Record
    from twittervotes.core.ledger.arrays import Array
    from twittervotes.core.ledger.batch import PostBatch
    from twittervotes.core.ledger.page_cache import PageCache
    from twittervotes.core.ledger.row_values import Rows

AT_ONCE: Final = 10_000  # posts to look up at once


class HeldPosts:
    """The posts of an open ledger. Every method raises LedgerError if the file is damaged."""

    path: Path
    contest: Contest
    salt: bytes
    _db: sqlite3.Connection
    _pages: PageCache
    _posts: int  # the number of rows

    def posts(self) -> Iterator[Post]:
        """Yield the current version of every post."""
        for batch in self.current():
            with self._told():
                yield from self._pages.posts_at(batch.numbers)

    def rows(self, first: int = 1, last: int | None = None) -> Iterator[PostBatch]:
        """Return all rows of posts from `first` to `last`, in batches."""
        with self._told():
            yield from self._pages.stretches(first, self._posts if last is None else last)

    def current(self, first: int = 1, last: int | None = None) -> Iterator[PostBatch]:
        """Return the current version of each post in these rows, in batches."""
        with self._told():
            known = self._known
        return map(known.current, self.rows(first, last))

    def current_in(self, rows: Rows) -> PostBatch:
        """Return the posts in these rows that are current versions."""
        with self._told():
            return self._known.current(self._pages.at(rows))

    def at(self, rows: Rows) -> PostBatch:
        """Return the posts in these rows, in that order."""
        with self._told():
            return self._pages.at(rows)

    def kept(self) -> dict[str, Array]:
        """Return the arrays from which `take_up` resumes."""
        with self._told():
            return self._known.arrays()

    def take_up(
        self, arrays: Mapping[str, Array], posts: int
    ) -> Iterator[tuple[PostBatch, PostBatch]]:
        """Resume from arrays that were stored when there were `posts` rows.

        Yields, in batches, the posts that later rows make current and those that they supersede.
        Raises ValueError if the arrays aren't those of a ledger.
        """
        known = KnownPosts(self._pages, self.contest.rules.withdrawn)
        known.take_up(arrays)
        with self._told():
            yield from known.replay(np.arange(posts + 1, self._posts + 1, dtype=np.uint32))
        self._known = known

    def digest_at(self, entries: int) -> str:
        """Return the digest of the first `entries` entries, in hex."""
        with self._told():
            return queries.digest_at(self._db, entries).hex()

    def positions(self) -> dict[tuple[str, str], dict[str, object]]:
        """Return the body of the last page of each (source, feed): where to continue."""
        with self._told():
            return queries.positions(self._db)

    def records(self) -> dict[str, Record]:
        """Return the statistics of each source's requests."""
        with self._told():
            return queries.records(self._db)

    def sources(self) -> dict[str, dict[str, object]]:
        """Return the latest description of each source: its network, its queries."""
        with self._told():
            return dict(queries.bodies(self._db, "kind = 'source'"))

    def curtains(self) -> list[dict[str, object]]:
        """Return each time a desk hid or showed the results, in order."""
        with self._told():
            return [body for _, body in queries.bodies(self._db, "kind = 'curtain'")]

    def gaps(self) -> list[tuple[str, dict[str, object]]]:
        """Return the gaps that no sweep has healed, each with its source."""
        with self._told():
            return queries.gaps(self._db)

    def seen_by(self, source: str, listed: Collection[Name] = ()) -> Iterator[tuple[str, Post]]:
        """Yield each post that `source` saw, with its ID there, in its current version.

        The ID is "" if no page reported one. Withdrawn posts are returned as such under either
        rule. Of the `listed` posts, only those with a withdrawn version are returned.
        """
        with self._told():
            ids = lookups.ids_of(self._db, source, listed)
            names = iter(ids)
            while some := list(islice(names, AT_ONCE)):
                versions = self._known.versions(some)
                for name in some:
                    yield ids[name], current_version(versions[name])

    def aside(self) -> Iterator[tuple[str, object]]:
        """Yield what pages set aside for later posts (`core.ledger.aside`), with sources."""
        with self._told():
            for source, body in queries.whole_bodies(self._db, "kind = 'page' AND private <> ''"):
                if body.get("aside") is not None:
                    yield source, body["aside"]

    def names_by_id(self) -> dict[str, set[Name]]:
        """Return the posts that any source knows by each ID."""
        with self._told():
            found: dict[str, set[Name]] = {}
            for name, id_there in lookups.all_ids(self._db):
                found.setdefault(id_there, set()).add(name)
            return found

    def versions(self, names: Collection[Name]) -> dict[Name, list[Post]]:
        """Return all versions of these posts, as far as the ledger has them."""
        with self._told():
            return self._known.versions(names)

    def estimated_accounts(self) -> int:
        """Return approximately how many accounts have posts."""
        with self._told():
            return lookups.accounts(self._db)

    def of_voters(self, voters: Collection[tuple[str, str]]) -> Iterator[tuple[Post, bool]]:
        """Return all versions of these accounts' posts, and whether news of the account made them.

        An account is given as its network and voter.
        """
        with self._told():
            seals = np.frombuffer(sealed([":".join(each) for each in voters], self.salt), "<u8")
            made = lookups.entries_of_accounts(self._db)
            for batch in self._pages.stretches(1, self._posts):
                rows = batch.numbers[np.isin(batch.seals[:, 0], seals[::2])]
                entries = self._pages.entries_at(rows).tolist()
                for post, entry in zip(self._pages.posts_at(rows), entries, strict=True):
                    if (post.network, post.voter) in voters:
                        yield post, entry in made

    @contextlib.contextmanager
    def _told(self) -> Iterator[None]:
        """Turn errors into a LedgerError about the file."""
        try:
            with file.told(self.path):
                yield
        except LedgerError as error:
            if str(self.path) in str(error):
                raise
            words = f"{self.path} is damaged: {error}. Use a backup."
            raise LedgerError(words) from error

    @cached_property
    def _known(self) -> KnownPosts:
        """The posts of the ledger, loaded on first use."""
        known = KnownPosts(self._pages, self.contest.rules.withdrawn)
        known.load(lookups.keys(self._db, self._posts))
        return known
