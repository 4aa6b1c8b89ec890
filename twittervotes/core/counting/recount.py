"""The recount: a verdict for every post, from the ledger's rows and the rules alone.

It shares the judgement of a single post with the running count, and nothing else: here the posts
come account by account, in order, and each is decided as it passes. So it needs no more memory
for ten million posts than for ten, and two ways of counting check each other.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple, TypeVar

from twittervotes.core.contest.contest import Contest, PerAccount
from twittervotes.core.contest.judge import Judge
from twittervotes.core.contest.posts import (
    FINE_MS,
    MINUTE_MS,
    STEP_MS,
    Post,
    Tally,
    Verdict,
    with_hands,
)

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

K = TypeVar("K", str, int)


class Judged(NamedTuple):
    """A post with its verdict, and the choices it counts for."""

    post: Post
    verdict: Verdict
    choices: tuple[int, ...]


def judged(posts: Iterable[Post], contest: Contest) -> Iterator[Judged]:
    """Return every post with its verdict; `posts` come sorted by network, voter, time and key.

    At most one post of an account is held back.
    """
    judge, rule = Judge(contest), contest.rules.per_account
    account: tuple[str, str] | None = None
    used: set[int] = set()  # the choices that the account has voted for
    before: Judged | None = None
    for post in posts:
        if (post.network, post.voter) != account:
            if before is not None:
                yield before
            account, used, before = (post.network, post.voter), set(), None
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
    return together([sums(verdicts, contest)], contest)


class Sums(NamedTuple):
    """What the verdicts on some accounts add up to: the numbers of a Tally, without hands."""

    votes: list[int]
    verdicts: dict[Verdict, int]
    networks: dict[str, list[int]]
    minutes: dict[int, list[int]]
    steps: dict[int, list[int]]
    latest: list[tuple[int, str]]


def sums(verdicts: Iterable[Judged], contest: Contest) -> Sums:
    """Add verdicts up."""
    width = len(contest.choices)
    found = Sums([0] * width, dict.fromkeys(Verdict, 0), {}, {}, {}, [(0, "")] * width)
    votes, numbers, networks, minutes, steps, latest = found
    fine_until_ms = contest.opens_ms + FINE_MS
    for post, verdict, choices in verdicts:
        numbers[verdict] += 1
        for choice in choices:
            votes[choice] += 1
            networks.setdefault(post.network, [0] * width)[choice] += 1
            minutes.setdefault(post.at_ms // MINUTE_MS * MINUTE_MS, [0] * width)[choice] += 1
            at_ms = post.at_ms // STEP_MS * STEP_MS
            if at_ms < fine_until_ms:
                steps.setdefault(at_ms, [0] * width)[choice] += 1
            latest[choice] = max(latest[choice], (post.at_ms, post.key))
    return found


def together(parts: Sequence[Sums], contest: Contest) -> Tally:
    """Return the tally of accounts that were counted apart from each other."""
    hands = contest.by_hand
    return Tally(
        votes=with_hands(_sum(part.votes for part in parts), hands),
        verdicts=tuple(
            (verdict, sum(part.verdicts[verdict] for part in parts)) for verdict in Verdict
        ),
        networks=_rows([part.networks for part in parts]),
        minutes=_rows([part.minutes for part in parts]),
        steps=_rows([part.steps for part in parts]),
        by_hand=hands,
        latest=tuple(map(max, zip(*(part.latest for part in parts), strict=True))),
    )


def _rows(parts: Sequence[Mapping[K, list[int]]]) -> tuple[tuple[K, tuple[int, ...]], ...]:
    keys = sorted(set().union(*parts))
    return tuple((key, _sum(part[key] for part in parts if key in part)) for key in keys)


def _sum(rows: Iterable[Sequence[int]]) -> tuple[int, ...]:
    return tuple(map(sum, zip(*rows, strict=True)))
