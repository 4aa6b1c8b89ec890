"""Which version of a post counts if it was edited, withdrawn, or seen in different ways."""

from __future__ import annotations

from typing import TYPE_CHECKING

from twittervotes.core.contest.contest import Withdrawn
from twittervotes.core.contest.posts import Kind, Post

if TYPE_CHECKING:
    from collections.abc import Iterable


def current_version(versions: Iterable[Post], withdrawn: Withdrawn = Withdrawn.DROP) -> Post:
    """Return the version that counts: the highest revision, regardless of arrival order.

    A reading that the network cut comes before any whole one, because its revision is the smallest.
    If a network reports one revision in two ways, a withdrawal wins, then the version with more
    hashtags, then the earlier time of posting. A withdrawal without a revision comes after
    everything; one with a revision may be followed by a later version, as when an account returns.
    If withdrawn posts are kept, the last version that isn't a withdrawal counts.
    """
    if withdrawn is Withdrawn.KEEP:
        versions = tuple(versions)
        versions = [post for post in versions if post.kind != Kind.WITHDRAWN] or versions
    return max(versions, key=rank)


def withdrawn(post: Post) -> Post:
    """Return the withdrawn version that follows the version `post`."""
    return post._replace(kind=Kind.WITHDRAWN.value, revision=post.revision + 1)


def found_again(post: Post, before: Post) -> Post:
    """Return `post` as it was found again after the withdrawn version `before`.

    It counts again. A withdrawal without a revision is final.
    """
    return post._replace(revision=max(post.revision, before.revision + 1))


def rank(post: Post) -> tuple[bool, int, bool, int, int, Post]:
    """Return the sort key of a post's versions: the last one is the current version."""
    gone, tags = post.kind == Kind.WITHDRAWN, len({*post.tags.split(" ")} - {""})
    return gone and post.revision == 0, post.revision, gone, tags, -post.at_ms, post
