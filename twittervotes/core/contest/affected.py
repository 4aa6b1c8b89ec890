"""Which posts a change of the contest may affect: by their time or by their account.

An act such as a pause, a closing or an exclusion affects few posts, often none so far; with these
known, the others need no recount. Other changes of the rules may affect any post.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from twittervotes.core.contest.contest import Choice, Contest, Rules, Tie
from twittervotes.core.contest.judge import Judge
from twittervotes.core.contest.posts import TIMES_MS

Stretch = tuple[int, int | None]  # from (inclusive) and until (exclusive); None: no end


@dataclass(frozen=True, slots=True)
class Affected:
    """Posts of these times, and of these accounts, written as in `Rules.exclude`.

    Posts of an account with the same name on another network may be among them.
    """

    times: tuple[Stretch, ...] = ()
    voters: tuple[str, ...] = ()

    def is_later_than(self, latest_ms: int) -> bool:
        """Return whether every post up to `latest_ms` is unaffected."""
        return not self.voters and all(from_ms > latest_ms for from_ms, _ in self.times)


def affected(before: Contest, after: Contest) -> Affected | None:
    """Return which posts `after` may judge differently from `before`; None means any post."""
    if _rest(before) != _rest(after):
        return None
    voters = set(before.rules.exclude) ^ set(after.rules.exclude)
    return Affected(_times(Judge(before), Judge(after)), tuple(sorted(voters)))


def _rest(contest: Contest) -> tuple[tuple[Choice, ...], Rules]:
    """Return the parts of a contest that judge posts regardless of their time and account."""
    return contest.choices, replace(contest.rules, exclude=(), grace_s=0, tie=Tie.DECLARE)


def _times(before: Judge, after: Judge) -> tuple[Stretch, ...]:
    """Return the periods in which two judges differ."""
    starts = sorted({TIMES_MS.start, *before.turns(), *after.turns()})
    return tuple(
        (from_ms, to_ms)
        for from_ms, to_ms in zip(starts, [*starts[1:], None], strict=True)
        if before.untimely(from_ms) != after.untimely(from_ms)
    )
