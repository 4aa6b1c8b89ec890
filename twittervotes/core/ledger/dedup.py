"""What a ledger holds of the posts of one transaction, and what the transaction changes.

A post is kept once for each source that saw it, and once more for each different version of it;
one version stands. Nearly all posts are new, so they are told by the page where that is possible.
Knows no file.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import repeat
from typing import TYPE_CHECKING

from twittervotes.core.contest.posts import Placed, Post
from twittervotes.core.contest.versions import standing
from twittervotes.core.ledger.chain import Seal, prepared

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from twittervotes.core.contest.contest import Withdrawn

Name = tuple[str, str]  # network and key


@dataclass(slots=True)
class Seen:
    """One version of a post: the number of its first row, and the sources that saw it."""

    number: int
    sources: set[str]


Versions = dict[Post, Seen]


class Deduplicator:
    """The posts that are known: `note` all that the ledger holds of them, then take pages in."""

    def __init__(self, withdrawn: Withdrawn) -> None:
        self._withdrawn = withdrawn
        self._versions: dict[Name, Versions] = {}
        self._fresh: dict[Name, tuple[Post, str, int]] = {}  # new ones, seen once so far
        self._stood: dict[Name, Post] = {}  # before, where that may change
        self._added = Placed()

    def note(self, post: Post, source: str, number: int) -> None:
        """Take in a row that the ledger holds; rows come in the order of their numbers."""
        versions = self._versions.setdefault(post[:2], {})
        versions.setdefault(post, Seen(number, set())).sources.add(source)

    def sources(self, post: Post) -> Iterable[str]:
        """Return the sources that saw `post` in this very version."""
        seen = self._versions.get(post[:2], {}).get(post)
        return seen.sources if seen else ()

    def add_page(
        self, posts: Sequence[Post], initials: bytes, source: str, first: int
    ) -> tuple[Sequence[int], int]:
        """Take in the posts of a page, with their accounts' `initials`.

        Returns the places of those to write, from row `first` on, and how many of these were known
        in another version, or to another source.
        """
        names = [post[:2] for post in posts]
        known = self._versions.keys()
        if (
            len(set(names)) == len(names)
            and known.isdisjoint(names)
            and self._fresh.keys().isdisjoint(names)
        ):
            numbers = range(first, first + len(posts))
            self._fresh.update(zip(names, zip(posts, repeat(source), numbers)))  # noqa: B905
            self._added.put(posts, numbers, initials)
            return range(len(posts)), 0
        written, again = list[int](), 0
        for place, (name, post) in enumerate(zip(names, posts, strict=True)):
            number = first + len(written)
            versions = self._of(name)
            if versions is None:
                self._fresh[name] = post, source, number
                self._added.put([post], [number], initials[4 * place : 4 * place + 4])
            elif source in (seen := versions.setdefault(post, Seen(number, set()))).sources:
                continue
            else:
                again += 1
                seen.sources.add(source)
            written.append(place)
        return written, again

    def standing(self) -> Iterator[tuple[int, Post]]:
        """Return the version of each post that stands, with the number of its first row."""
        for versions in self._versions.values():
            post = standing(versions, self._withdrawn)
            yield versions[post].number, post

    def changes(self, seal: Seal) -> tuple[Placed, Placed]:
        """Return the posts that stand now and did not, and those that stood and do no more.

        A new post of which a better version came in the same transaction is among both.
        """
        removed = Placed()
        for name, before in self._stood.items():
            versions = self._versions[name]
            after = standing(versions, self._withdrawn)
            if after != before:
                for placed, post in ((removed, before), (self._added, after)):
                    placed.put([post], [versions[post].number], prepared([post], seal).initials)
        return self._added, removed

    def _of(self, name: Name) -> Versions | None:
        """Return the versions of a post that is known, and keep in mind which one stood."""
        fresh = self._fresh.pop(name, None)
        if fresh:
            post, source, number = fresh
            self._versions[name] = {post: Seen(number, {source})}
        versions = self._versions.get(name)
        if versions is not None and name not in self._stood:
            self._stood[name] = standing(versions, self._withdrawn)
        return versions
