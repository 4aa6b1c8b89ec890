"""The period of a vote that imports alone have made, where nobody chose it; pure.

It is from the first post to the last, and is written down as acts of the import so that all who
read the ledger see it. But it follows the posts: when ledgers are merged, it is found anew for all
their posts together, and gives way to a period that somebody chose.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from typing import NamedTuple

from twittervotes.core.contest.act_kinds import after_all
from twittervotes.core.contest.acts import Act, ActKind
from twittervotes.core.contest.contest import Contest

IMPORT = "the import"  # who opens, closes and settles a vote whose period nobody chose
ARCHIVE = "archive"  # the sources of an import: this, or this with a colon and a network
ENDS = (ActKind.CLOSED, ActKind.EXTENDED)
PERIOD = (ActKind.OPENED, ActKind.SETTLED, *ENDS)


class Book(NamedTuple):
    """What a ledger says of its vote: as it stands, its acts, and the sources that were asked."""

    contest: Contest
    acts: tuple[Act, ...]
    sources: Collection[str]


def is_archive(source: str) -> bool:
    """Tell whether a source is that of an import."""
    return source.partition(":")[0] == ARCHIVE


def is_implied(act: Act) -> bool:
    """Tell whether an act only says what period the posts imply."""
    return act.by == IMPORT and act.does in PERIOD


def opens_with_posts(acts: Iterable[Act]) -> bool:
    """Tell whether nobody chose when the vote opens."""
    return any(act.does is ActKind.OPENED and act.by == IMPORT for act in acts)


def ends_with_posts(acts: Iterable[Act]) -> bool:
    """Tell whether nobody chose when the vote ends, and it has an end."""
    ends = [act.by for act in acts if act.does in ENDS]
    return bool(ends) and ends[-1] == IMPORT


def as_chosen(laid_down: Contest, acts: Iterable[Act]) -> Contest:
    """Return the contest as it stands by what people did to it."""
    return after_all(laid_down, (act for act in acts if not is_implied(act)))


def together(books: Sequence[Book], chosen: Contest) -> list[Act]:
    """Return the acts by which the period of all `books` follows their posts.

    `chosen` is their contest by what people did to it. Where a source was read live, no period
    follows the posts.
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
