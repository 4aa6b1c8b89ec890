"""The verdicts on an account's posts, one by one: for explanations, and to check the recount."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from twittervotes.core.contest.contest import Contest, PerAccount
from twittervotes.core.contest.judge import Judge
from twittervotes.core.contest.posts import Post, Verdict

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator


class Judged(NamedTuple):
    """A post with its verdict, and the choices it counts for."""

    post: Post
    verdict: Verdict
    choices: tuple[int, ...]


def judged(posts: Iterable[Post], contest: Contest) -> Iterator[Judged]:
    """Yield every post with its verdict; `posts` must be sorted by network, voter, time and key.

    At most one post of each account is held back.
    """
    judge, rule = Judge(contest), contest.rules.per_account
    account: tuple[str, str] | None = None
    used: set[int] = set()  # the choices the account has voted for
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
