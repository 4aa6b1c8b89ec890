"""The recount: a verdict for every post, from the ledger's rows and the rules alone.

It shares the judgement of a single post with the running count, and nothing else: here the posts
come account by account, in order, and each is decided as it passes. So it needs no more memory
for ten million posts than for ten, and two ways of counting check each other.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import groupby
from typing import NamedTuple

from twittervotes.core.contest import Contest, PerAccount
from twittervotes.core.judge import Judge
from twittervotes.core.model import MINUTE_MS, Post, Tally, Verdict, together


class Judged(NamedTuple):
    """A post with its verdict, and the choices it counts for."""

    post: Post
    verdict: Verdict
    choices: tuple[int, ...]


def judged(posts: Iterable[Post], contest: Contest) -> Iterator[Judged]:
    """Return every post with its verdict; `posts` come sorted by network, voter, time and key."""
    judge = Judge(contest)
    rule = contest.rules.per_account
    for _, account in groupby(posts, key=_account):
        yield from _decided(account, judge, rule)


def _account(post: Post) -> tuple[str, str]:
    return post.network, post.voter


def _decided(account: Iterable[Post], judge: Judge, rule: PerAccount) -> Iterator[Judged]:
    """Decide the posts of one account, from its first to its last; at most one is held back."""
    used: set[int] = set()
    before: Judged | None = None
    for post in account:
        verdict, choices = judge(post)
        if verdict is not Verdict.COUNTED:
            yield Judged(post, verdict, ())
            continue
        match rule:
            case PerAccount.FIRST if used:
                choices = ()
            case PerAccount.PER_CHOICE:
                choices = tuple(choice for choice in choices if choice not in used)
            case PerAccount.LAST if before is not None:
                yield Judged(before.post, Verdict.REPEAT, ())
        used.update(choices)
        now = Judged(post, Verdict.COUNTED if choices else Verdict.REPEAT, choices)
        if rule is PerAccount.LAST:
            before = now
        else:
            yield now
    if before is not None:
        yield before


def recount(verdicts: Iterable[Judged], contest: Contest) -> Tally:
    """Add verdicts up, from the beginning."""
    width = len(contest.choices)
    votes = [0] * width
    numbers = dict.fromkeys(Verdict, 0)
    networks: dict[str, list[int]] = {}
    minutes: dict[int, list[int]] = {}
    latest = [(0, "")] * width
    for post, verdict, choices in verdicts:
        numbers[verdict] += 1
        for choice in choices:
            votes[choice] += 1
            networks.setdefault(post.network, [0] * width)[choice] += 1
            minutes.setdefault(post.at_ms // MINUTE_MS * MINUTE_MS, [0] * width)[choice] += 1
            latest[choice] = max(latest[choice], (post.at_ms, post.key))
    return Tally(
        votes=together(votes, contest.by_hand),
        verdicts=tuple(numbers.items()),
        networks=tuple((network, tuple(networks[network])) for network in sorted(networks)),
        minutes=tuple((minute, tuple(minutes[minute])) for minute in sorted(minutes)),
        by_hand=contest.by_hand,
        latest=tuple(latest),
    )
