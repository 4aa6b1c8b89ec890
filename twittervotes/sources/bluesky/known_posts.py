"""The Bluesky posts known to this process, to which later events may refer.

A deletion names its post only by key, a change may remove the tag, and an account that disappears
takes all its posts along: such events matter only for posts known to have had a tag. The order of
events doesn't matter, because hosts deliver them some seconds out of order. Knows events and posts,
no socket and no cursor.
"""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final, Generic, TypeVar, assert_never

from twittervotes.core.contest.posts import Kind, Post
from twittervotes.sources.bluesky.decode import Account, Commit, Sieve

if TYPE_CHECKING:
    from collections.abc import Iterator

MOST_REMEMBERED: Final = 50_000  # events of unknown posts and accounts: minutes of the network

K = TypeVar("K", str, tuple[str, str])
V = TypeVar("V", Account, Commit)


@dataclass(frozen=True, slots=True)
class _Known:
    """A post after its latest commit; if deleted, as it was before. `seen` has all commits."""

    post: Post
    at_us: int
    gone: bool
    seen: frozenset[int]

    def version(self, revision: int, *, active: bool) -> Post:
        """Return that revision of the post, given its own state and its account's."""
        kind = Kind.WITHDRAWN.value if self.gone or not active else self.post.kind
        return self.post._replace(kind=kind, revision=revision)

    def by(self, account: Account) -> Post:
        """Return the post as an event of its account leaves it.

        The more commits are known, the later the revision: a host that hasn't seen all of them must
        not have the last word on what the post says.
        """
        return self.version(account.at_us + len(self.seen), active=account.active)


class Register:
    """The posts that have, or had, one of the tags of `sieve`."""

    def __init__(self, sieve: Sieve) -> None:
        self._sieve = sieve
        self._posts: dict[str, dict[str, _Known]] = {}
        self._accounts: _Recent[str, Account] = _Recent()
        self._others: _Recent[tuple[str, str], Commit] = _Recent()

    def versions(self, event: Account | Commit) -> Iterator[Post]:
        """Take in an event; yield the versions of posts that follow from it."""
        match event:
            case Account():
                yield from self._of_account(event)
            case Commit():
                yield from self._of_commit(event)
            case _:
                assert_never(event)

    def _of_account(self, told: Account) -> Iterator[Post]:
        before = self._accounts.get(told.did)
        if before is None or before.at_us < told.at_us:
            self._accounts.put(told.did, told)
        for known in self._posts.get(told.did, {}).values():
            if known.at_us < told.at_us:
                yield known.by(told)

    def _of_commit(self, commit: Commit) -> Iterator[Post]:
        name = commit.did, commit.rkey
        known = self._posts.get(commit.did, {}).get(commit.rkey)
        carries = commit.post is not None and self._sieve.carries(commit.post.tags)
        if known is None and not carries:
            before = self._others.get(name)
            if before is None or before.at_us < commit.at_us:
                self._others.put(name, commit)
            return
        yield from self._noted(commit, known)
        other = self._others.take(name)
        if other is not None:  # out of order: the event came before the post
            yield from self._noted(other, self._posts[commit.did][commit.rkey])

    def _noted(self, commit: Commit, known: _Known | None) -> Iterator[Post]:
        post = commit.post or (known.post if known else None)
        if post is None:
            return
        seen = frozenset({commit.at_us}) if known is None else known.seen | {commit.at_us}
        told = _Known(post, commit.at_us, commit.post is None, seen)
        latest = told if known is None or known.at_us <= told.at_us else replace(known, seen=seen)
        self._posts.setdefault(commit.did, {})[commit.rkey] = latest
        yield told.version(commit.at_us, active=True)
        account = self._accounts.get(commit.did)
        if account is not None and latest.at_us < account.at_us:
            yield latest.by(account)


class _Recent(Generic[K, V]):
    """The latest events by name; the oldest are forgotten."""

    def __init__(self) -> None:
        self._kept: OrderedDict[K, V] = OrderedDict()

    def get(self, name: K) -> V | None:
        return self._kept.get(name)

    def put(self, name: K, value: V) -> None:
        self._kept[name] = value
        self._kept.move_to_end(name)
        if len(self._kept) > MOST_REMEMBERED:
            self._kept.popitem(last=False)

    def take(self, name: K) -> V | None:
        return self._kept.pop(name, None)
