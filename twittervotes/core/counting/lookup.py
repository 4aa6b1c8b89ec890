"""Looks up what the ledger says about an account's posts, or about one post."""

from __future__ import annotations

import itertools
from dataclasses import dataclass
from typing import TYPE_CHECKING

from twittervotes.core.contest.acts import ActKind
from twittervotes.core.contest.networks import Meant
from twittervotes.core.contest.posts import Post, Verdict
from twittervotes.core.contest.references import meant
from twittervotes.core.contest.snapshot import LookupResult
from twittervotes.core.counting.explain import moment, short_reason
from twittervotes.core.counting.verdicts import judged
from twittervotes.core.ledger.search import authors, entry_of, posts_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from twittervotes.core.ledger.reader import Reader

MOST = 20  # results; the command `explain` prints all


def findings(reader: Reader, wanted: str) -> tuple[LookupResult, ...]:
    """Return the verdicts of the posts that `wanted` refers to, newest first."""
    keys = meant(wanted)
    found: list[LookupResult] = []
    for network, voter in authors(reader, keys):
        found += _of_account(reader, network, voter, keys.keys)
    if not found:
        return (
            LookupResult(
                "",
                "No posts found. Try a post link or account ID (user names aren't stored).",
            ),
        )
    if len(found) > MOST:
        left = len(found) - MOST
        found[MOST:] = [LookupResult("", f"… and {left:,} more; see twittervotes explain.")]
    return tuple(found)


@dataclass(frozen=True, slots=True)
class PostVerdict:
    """The outcome for one post: the entry that brought it, and its verdict; never its choice."""

    network: str
    at_ms: int
    entry: int
    verdict: Verdict


def statuses(reader: Reader, wanted: str, *, ballot: str = "") -> tuple[PostVerdict, ...]:
    """Return the outcomes of the posts that `wanted` names by link or key, at most MOST.

    Accounts find nothing: the requester must know the post. `ballot` is one more key.
    """
    found = meant(wanted)
    keys = Meant(keys=(*found.keys, *([ballot] if ballot else [])), parts=found.parts)
    return tuple(itertools.islice(_statuses(reader, keys), MOST))


def _statuses(reader: Reader, keys: Meant) -> Iterator[PostVerdict]:
    for network, voter in authors(reader, keys):
        for each in judged(posts_of(reader, network, voter), reader.contest):
            post = each.post
            if _is_named(post, keys.keys) or any(
                post.key.startswith(head) and post.key.endswith(tail) for head, tail in keys.parts
            ):
                entry = entry_of(reader, network, post.key)
                yield PostVerdict(network, post.at_ms, entry, each.verdict)


def _of_account(
    reader: Reader, network: str, voter: str, keys: tuple[str, ...]
) -> Iterator[LookupResult]:
    contest = reader.contest
    all_judged = list(judged(posts_of(reader, network, voter), contest))
    counted_ms = next(
        (each.post.at_ms for each in all_judged if each.verdict is Verdict.COUNTED), None
    )
    account = f"{network}:{voter}"
    named = [each for each in all_judged if _is_named(each.post, keys)]
    why = " ".join(
        f"Excluded by {act.by} at {moment(act.at_ms)}: {act.reason}"
        for act in reader.acts
        if act.does is ActKind.EXCLUDED and act.voter in (voter, account)
    )
    for each in reversed(named or all_judged):
        words = f"{moment(each.post.at_ms)} on {network}: {short_reason(each, contest, counted_ms)}"
        if each.verdict is Verdict.EXCLUDED and why:
            words = f"{words} {why}"
        if named:
            words = f"{words} Account: {account}."
        yield LookupResult(each.verdict.value, words, account)


def _is_named(post: Post, keys: tuple[str, ...]) -> bool:
    """Return whether this very post is wanted, not only its account."""
    return post.key in keys or f"{post.network}:{post.key}" in keys
