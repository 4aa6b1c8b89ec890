"""Ledgers of earlier versions: their accounts of the fediverse, by the addresses of today; pure.

Where a server sent no `uri` of accounts, earlier versions knew an account by its profile,
`https://SERVER/@NAME`, and the same account elsewhere by its `uri`. A merge makes them one.
"""

from __future__ import annotations

from dataclasses import replace

from twittervotes.core.contest.acts import Act
from twittervotes.core.contest.contest import Contest, Rules
from twittervotes.core.contest.fediverse import canonical
from twittervotes.core.contest.folding import MASTODON
from twittervotes.core.contest.posts import Post


def posts(found: tuple[Post, ...]) -> tuple[Post, ...]:
    """Return posts by the addresses of today."""
    if not any(post.network == MASTODON and "/@" in post.voter for post in found):
        return found
    return tuple(
        post._replace(voter=canonical(post.voter)) if post.network == MASTODON else post
        for post in found
    )


def act(done: Act) -> Act:
    """Return an act that leaves accounts out, by the addresses of today."""
    ruled = done.rules and rules(done.rules)
    return replace(done, voter=_name(done.voter), rules=ruled)


def contest(laid_down: Contest) -> Contest:
    """Return a contest that leaves accounts out, by the addresses of today."""
    return replace(laid_down, rules=rules(laid_down.rules))


def rules(said: Rules) -> Rules:
    """Return rules that leave accounts out, by the addresses of today."""
    return replace(said, exclude=tuple(dict.fromkeys(map(_name, said.exclude))))


def _name(excluded: str) -> str:
    """Return a voter, which may have its network and a colon in front."""
    network = f"{MASTODON}:" if excluded.startswith(f"{MASTODON}:") else ""
    return network + canonical(excluded.removeprefix(network))
