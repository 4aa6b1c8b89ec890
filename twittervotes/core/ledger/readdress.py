"""Renames the accounts in ledgers of earlier versions to their current names; pure.

If a Mastodon server sent no `uri` of accounts, earlier versions identified an account by its
profile, `https://SERVER/@NAME`, and the same account elsewhere by its `uri`. A merge unites them,
by the `renamed` of each network.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from twittervotes.core.contest import networks

if TYPE_CHECKING:
    from collections.abc import Callable

    from twittervotes.core.contest.acts import Act
    from twittervotes.core.contest.contest import Contest, Rules
    from twittervotes.core.contest.posts import Post


def posts(found: tuple[Post, ...]) -> tuple[Post, ...]:
    """Return posts with current account names."""
    by_network = _renamed()
    names = [by_network[p.network](p.voter) if p.network in by_network else p.voter for p in found]
    if all(name == post.voter for name, post in zip(names, found, strict=True)):
        return found
    return tuple(post._replace(voter=name) for name, post in zip(names, found, strict=True))


def act(done: Act) -> Act:
    """Return an act with current account names in its exclusions."""
    ruled = done.rules and rules(done.rules)
    return replace(done, voter=_name(done.voter), rules=ruled)


def contest(laid_down: Contest) -> Contest:
    """Return a contest with current account names in its exclusions."""
    return replace(laid_down, rules=rules(laid_down.rules))


def rules(said: Rules) -> Rules:
    """Return rules with current account names in their exclusions."""
    return replace(said, exclude=tuple(dict.fromkeys(map(_name, said.exclude))))


def _name(excluded: str) -> str:
    """Return the current name of a voter, which may be prefixed with its network and a colon."""
    by_network = _renamed()
    network, colon, voter = excluded.partition(":")
    if colon and network in by_network:
        return f"{network}:{by_network[network](voter)}"
    for renamed in by_network.values():
        excluded = renamed(excluded)
    return excluded


def _renamed() -> dict[str, Callable[[str], str]]:
    return {each.name: each.renamed for each in networks.installed() if each.renamed}
