"""The rows of posts in one or several ledgers of a contest, for tables that other programs read."""

from __future__ import annotations

from array import array
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from twittervotes.core.contest.posts import Kind, Post
from twittervotes.core.contest.versions import rank
from twittervotes.core.errors import LedgerError
from twittervotes.core.ledger import readdress

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from twittervotes.core.ledger.reader import Reader

Places = dict[tuple[str, str], dict["Post", int]]


class RowPage(NamedTuple):
    """The rows of posts that one entry brought."""

    entry: int
    source: str
    posts: tuple[Post, ...]


class PostRows:
    """The rows of posts in ledgers of one contest, accounts sealed with the first one's salt.

    In a ledger that was rebuilt, accounts are named by their seals (`are_sealed`).
    """

    def __init__(self, readers: Sequence[Reader], *, are_sealed: bool = False) -> None:
        self._readers, self._are_sealed = readers, are_sealed
        self.seal = _as_it_is if are_sealed else readers[0].seal
        self.posts = sum(reader.posts for reader in readers)

    def pages(self) -> Iterator[RowPage]:
        """Yield all rows, ledger by ledger, in the order in which they were written."""
        for reader in self._readers:
            for entry, pages in reader.written():
                for page in pages:
                    found = tuple(page.posts())
                    # A merge uses the current names of accounts, and so must this.
                    found = readdress.posts(found) if len(self._readers) > 1 else found
                    yield RowPage(entry.n, entry.source, found)

    def versions(self) -> Places:
        """Return the number of each version of the posts that have several, by network and key.

        Versions are numbered from 1; the last one stands. Only hashes are held of posts that have
        one version, and nothing where no ledger has seen a post twice.
        """
        if len(self._readers) == 1 and not self._readers[0].repeated():
            return {}
        names, values = array("q"), array("q")
        for page in self.pages():
            names.extend([hash(post[:2]) for post in page.posts])
            values.extend(map(hash, page.posts))
        several = _with_several(names, values)
        found: dict[tuple[str, str], set[Post]] = {}
        if several:
            for page in self.pages():
                for post in page.posts:
                    if hash(post[:2]) in several:
                        found.setdefault(post[:2], set()).add(post)
        if self._are_sealed:
            for name, posts in found.items():
                _check_order(name, posts)
        return {
            name: {post: n for n, post in enumerate(sorted(posts, key=rank), 1)}
            for name, posts in found.items()
        }


def _with_several(names: array[int], values: array[int]) -> frozenset[int]:
    """Return the hashes among `names` that belong to different hashes of posts."""
    by_name = np.frombuffer(names, np.int64)
    by_value = np.frombuffer(values, np.int64)
    order = np.lexsort((by_value, by_name))
    by_name, by_value = by_name[order], by_value[order]
    differs = (by_name[1:] == by_name[:-1]) & (by_value[1:] != by_value[:-1])
    return frozenset(by_name[1:][differs].tolist())


def _as_it_is(_: str, seal: str) -> str:
    return seal


def _check_order(name: tuple[str, str], posts: set[Post]) -> None:
    """Raise LedgerError if the current version depends on which account's name comes first.

    That is either the last of all, or the last that isn't withdrawn.
    """
    for some in (posts, [post for post in posts if post.kind != Kind.WITHDRAWN]):
        last = max((rank(post)[:-1] for post in some), default=None)
        if len({post.voter for post in some if rank(post)[:-1] == last}) > 1:
            raise LedgerError(
                f"Two accounts claim the post {' '.join(name)}, and without their names it can't be"
                " told which version counts. Count the ledger."
            )
