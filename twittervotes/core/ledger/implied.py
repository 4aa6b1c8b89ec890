"""The period of a vote that was only imported, if nobody chose one; pure.

It lasts from the first post to the last, and is recorded as acts of the import, so that all readers
of the ledger see it. Because it follows the posts, a merge computes it again for all posts
together, and a period that somebody chose overrides it.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from typing import NamedTuple

from twittervotes.core.contest.act_kinds import after_all
from twittervotes.core.contest.acts import Act, ActKind
from twittervotes.core.contest.contest import Contest

IMPORT = "the import"  # the author of acts that set an implied period
ARCHIVE = "archive"  # an import's source: this, or this with a colon and a network
ENDS = (ActKind.CLOSED, ActKind.EXTENDED)
PERIOD = (ActKind.OPENED, ActKind.SETTLED, *ENDS)


class Book(NamedTuple):
    """What a ledger says about its vote: the contest, its acts, and the sources queried."""

    contest: Contest
    acts: tuple[Act, ...]
    sources: Collection[str]


def is_archive(source: str) -> bool:
    """Return whether a source is an import."""
    return source.partition(":")[0] == ARCHIVE


def is_implied(act: Act) -> bool:
    """Return whether an act only records the period that the posts imply."""
    return act.by == IMPORT and act.does in PERIOD


def opens_with_posts(acts: Iterable[Act]) -> bool:
    """Return whether nobody chose when the vote opens."""
    return any(act.does is ActKind.OPENED and act.by == IMPORT for act in acts)


def ends_with_posts(acts: Iterable[Act]) -> bool:
    """Return whether nobody chose when the vote ends, and it has ended."""
    ends = [act.by for act in acts if act.does in ENDS]
    return bool(ends) and ends[-1] == IMPORT


def as_chosen(laid_down: Contest, acts: Iterable[Act]) -> Contest:
    """Return the current contest as people chose it, without implied acts."""
    return after_all(laid_down, (act for act in acts if not is_implied(act)))


def together(books: Sequence[Book], chosen: Contest) -> list[Act]:
    """Return the acts that make the period of all `books` follow their posts.

    `chosen` is their contest as people chose it. If any source was read live, the period doesn't
    follow the posts.
    """
    if not all(book.sources and all(map(is_archive, book.sources)) for book in books):
        return []
    acts = {act: None for book in books for act in book.acts if is_implied(act)}
    found = [act for act in acts if act.does is ActKind.SETTLED]
    if all(opens_with_posts(book.acts) for book in books):
        opens_ms = min(book.contest.opens_ms for book in books)
        found.append(Act(ActKind.OPENED, opens_ms, IMPORT))
    if chosen.closes_ms is None:
        ends = [book.contest.closes_ms or 0 for book in books if ends_with_posts(book.acts)]
        found += [Act(ActKind.CLOSED, max(ends), IMPORT)] if ends else []
    return found
