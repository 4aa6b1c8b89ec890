"""What archives say about posts that the ledger may not have yet.

These are deletions, edits and closed accounts. Such news may be read long before its post: from
another file, in another run or on another machine. Most of it concerns posts that aren't part of
the vote. So it is set aside in the private body of the page that brought it. `apply` writes its
consequences for existing posts as ordinary versions of these posts, so counting and proving need to
know nothing about news.

The consequences depend only on what is in the ledger, not on the order in which it came.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import islice
from typing import TYPE_CHECKING

import msgspec

from twittervotes.core.contest.columns import MOST_POSTS
from twittervotes.core.contest.contest import Withdrawn
from twittervotes.core.contest.posts import Kind, News, Post, Presence, can_be_kept
from twittervotes.core.contest.versions import current_version
from twittervotes.core.ledger import file
from twittervotes.core.ledger.writer import Changes, Entry, Ledger

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from twittervotes.core.ledger.known_posts import Name


FEED = "what was kept aside"

Pages = dict[str, list[Post]]  # posts to write, by their source
Edit = tuple[str, str, int, str, str, int, int]  # a post without its network
Account = tuple[str, str]  # network and voter


class Aside(msgspec.Struct, omit_defaults=True):
    """What a page sets aside.

    `edits` are versions without a tag of the vote. `deleted` has keys and revisions; `deleted_ids`
    has IDs that sources use instead of keys; `accounts` has voters, revisions, and whether they
    exist. `names` maps such IDs to keys of posts: in a file, each server has its own ID for a post.
    """

    network: str
    edits: list[Edit] = []
    deleted: list[tuple[str, int]] = []
    deleted_ids: list[str] = []
    accounts: list[tuple[str, int, bool]] = []
    names: list[tuple[str, str]] = []

    def __len__(self) -> int:
        kept = (self.edits, self.deleted, self.deleted_ids, self.accounts, self.names)
        return sum(len(each) for each in kept)

    def put(self, news: News) -> None:
        """Set aside news of a post or account, which may not be part of the vote."""
        if isinstance(news, Presence):
            self.accounts.append((news.voter, news.revision, news.active))
        elif news.by_id:
            self.deleted_ids.append(news.name)
        else:
            self.deleted.append((news.name, news.revision))

    def body(self) -> object:
        """Return the body to store with the page."""
        return msgspec.to_builtins(self)

    def posts(self) -> Iterator[Post]:
        """Return the edits as posts."""
        return (Post(self.network, *edit) for edit in self.edits)


def apply(ledger: Ledger, now_ms: int) -> list[Changes]:
    """Write the consequences of everything set aside; return what changed."""
    changes = []
    for follows, marks in ((_of_posts, {}), (_of_accounts, {"of_accounts": True})):
        with file.told(ledger.path):
            found = follows(ledger)
        pages = [
            Entry("page", source, {"feed": FEED, "bad": [], "position": {}, **marks}, some)
            for source, posts in found.items()
            for some in _pages(filter(can_be_kept, posts))
            if any(ledger.new_to(source, some))
        ]
        if pages:
            changes.append(ledger.append(pages, now_ms))
    return changes


def _pages(posts: Iterable[Post]) -> Iterator[tuple[Post, ...]]:
    """Yield distinct posts in order, at most one entry's worth at a time."""
    left = iter(dict.fromkeys(posts))
    while some := tuple(islice(left, MOST_POSTS)):
        yield some


def _told(ledger: Ledger) -> Iterator[tuple[str, Aside]]:
    return ((source, msgspec.convert(told, Aside)) for source, told in ledger.aside())


def _of_posts(ledger: Ledger) -> Pages:
    """Return the versions that follow from edits and deletions."""
    pages: Pages = {}
    names_by_id: dict[str, set[Name]] | None = None
    for source, told in _told(ledger):
        edits = list(told.posts())
        gone = [((told.network, key), revision) for key, revision in told.deleted]
        if told.deleted_ids:
            names_by_id = _names_by_id(ledger) if names_by_id is None else names_by_id
            for each in told.deleted_ids:
                gone += [(name, 0) for name in names_by_id.get(each, ())]
        versions = ledger.versions({*(name for name, _ in gone), *(post[:2] for post in edits)})
        found = [post for post in edits if post[:2] in versions]
        found += [
            _withdrawn(current_version(versions[name], Withdrawn.KEEP), revision)
            for name, revision in gone
            if name in versions
        ]
        if found:
            pages.setdefault(source, []).extend(found)
    return pages


def _names_by_id(ledger: Ledger) -> dict[str, set[Name]]:
    """Return the posts that any source knows by each ID."""
    found = ledger.names_by_id()
    for _, told in _told(ledger):
        for key, id_there in told.names:
            found.setdefault(id_there, set()).add((told.network, key))
    return found


def _withdrawn(post: Post, revision: int) -> Post:
    """Return the version of a deleted post; it is the same whichever other versions are known."""
    return post._replace(tags="", kind=Kind.WITHDRAWN.value, revision=revision)


def _of_accounts(ledger: Ledger) -> Pages:
    """Return the versions that follow from the latest news of each account.

    The more versions of a post are known, the later the resulting revision: a ledger that hasn't
    seen all of them must not overrule one that has.
    """
    latest: dict[Account, tuple[int, bool, str]] = {}
    for source, told in _told(ledger):
        for voter, revision, active in told.accounts:
            account, news = (told.network, voter), (revision, active, source)
            latest[account] = max(latest.get(account, news), news)
    pages: Pages = {}
    if latest:
        for account, own, made in _by_post(ledger.of_voters(latest)):
            revision, active, source = latest[account]
            post = current_version(own)
            if post.kind == Kind.WITHDRAWN or post.revision >= revision:
                continue
            follows = post._replace(revision=revision + len({each.revision for each in own}))
            if not active:
                pages.setdefault(source, []).append(follows._replace(kind=Kind.WITHDRAWN.value))
            elif any(each.revision > post.revision for each in made):
                pages.setdefault(source, []).append(follows)
    return pages


def _by_post(
    versions: Iterable[tuple[Post, bool]],
) -> Iterator[tuple[Account, list[Post], list[Post]]]:
    """Return each post's account, its own versions, and those made by news of its account."""
    own: dict[Name, list[Post]] = {}
    made: dict[Name, list[Post]] = {}
    for post, is_made in versions:
        (made if is_made else own).setdefault(post[:2], []).append(post)
    for name, seen in own.items():
        yield (seen[0].network, seen[0].voter), seen, made.get(name, [])
