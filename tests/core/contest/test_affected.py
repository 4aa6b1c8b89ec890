"""Which posts a change of the contest affects: no other is judged differently."""

from __future__ import annotations

from dataclasses import replace
from functools import reduce
from random import Random

import pytest
from samples import CLOSES, OPENS, contest, random_post, random_rules

from twittervotes.core.contest.act_kinds import after
from twittervotes.core.contest.acts import Act, ActKind
from twittervotes.core.contest.affected import Affected, affected
from twittervotes.core.contest.contest import Contest, Rules, Tie
from twittervotes.core.contest.judge import Judge
from twittervotes.core.contest.posts import TIMES_MS, Post

S = 1000


def after_acts(*acts: Act, held: Contest | None = None) -> Contest:
    return reduce(after, acts, held or contest())


def change(*acts: Act, held: Contest | None = None) -> Affected | None:
    """Return what the last of `acts` affects."""
    return affected(after_acts(*acts[:-1], held=held), after_acts(*acts, held=held))


def concerns(change: Affected | None, post: Post) -> bool:
    if change is None:
        return True
    times = (at <= post.at_ms and (to is None or post.at_ms < to) for at, to in change.times)
    return any(times) or not {post.voter, f"{post.network}:{post.voter}"}.isdisjoint(change.voters)


PAUSED = Act(ActKind.PAUSED, OPENS + 3200)


@pytest.mark.parametrize(
    ("acts", "expected"),
    [
        ((Act(ActKind.ADJUSTED, OPENS, tag="arch", votes=3),), Affected()),
        ((Act(ActKind.DRAWN, OPENS, seed="6 17"),), Affected()),
        ((Act(ActKind.SETTLED, OPENS),), Affected()),
        ((Act(ActKind.CERTIFIED, OPENS),), Affected()),
        ((Act(ActKind.RULED, OPENS, rules=Rules(tie=Tie.EARLIEST)),), Affected()),
        (
            (Act(ActKind.RULED, OPENS, rules=Rules(grace_s=2)),),
            Affected(((CLOSES, CLOSES + 2 * S),)),
        ),
        ((PAUSED,), Affected(((OPENS + 4 * S, CLOSES),))),
        ((PAUSED, Act(ActKind.RESUMED, OPENS + 6900)), Affected(((OPENS + 6 * S, CLOSES),))),
        ((Act(ActKind.CLOSED, OPENS + 6100),), Affected(((OPENS + 7 * S, CLOSES),))),
        (
            (PAUSED, Act(ActKind.UNPAUSED, pause_ms=OPENS + 4 * S)),
            Affected(((OPENS + 4 * S, CLOSES),)),
        ),
        ((Act(ActKind.EXTENDED, until_ms=CLOSES + 9 * S),), Affected(((CLOSES, CLOSES + 9 * S),))),
        ((Act(ActKind.OPENED, OPENS - 2 * S),), Affected(((OPENS - 2 * S, OPENS),))),
        ((Act(ActKind.EXCLUDED, voter="x:bob"),), Affected((), ("x:bob",))),
        ((Act(ActKind.EXCLUDED, voter="bob"), Act(ActKind.EXCLUDED, voter="bob")), Affected()),
        ((Act(ActKind.RULED, OPENS, rules=Rules(required=("vote",))),), None),
        (
            (Act(ActKind.RULED, OPENS, rules=Rules(withdrawn=contest().rules.withdrawn)),),
            Affected(),
        ),
    ],
)
def test_an_act_affects(acts: tuple[Act, ...], expected: Affected | None) -> None:
    assert change(*acts) == expected


def test_a_vote_without_an_end_is_affected_forever() -> None:
    held = contest(closes_ms=None)
    assert change(PAUSED, held=held) == Affected(((OPENS + 4 * S, None),))
    assert change(Act(ActKind.CLOSED, CLOSES), held=held) == Affected(((CLOSES, None),))


def test_from_the_beginning_of_time() -> None:
    held = contest(pauses=((TIMES_MS.start, OPENS + S),), opens_ms=TIMES_MS.start)
    assert affected(held, replace(held, pauses=())) == Affected(((TIMES_MS.start, OPENS + S),))


@pytest.mark.parametrize("seed", range(300))
def test_a_post_that_is_judged_differently_is_affected(seed: int) -> None:
    random = Random(seed)
    rules = random_rules(random)
    ends = sorted(random.choices(range(OPENS - S, CLOSES + 4 * S, S), k=4))
    before = contest(rules=rules, pauses=((ends[1], ends[2]),), opens_ms=ends[0], closes_ms=ends[3])
    changes: list[dict[str, object]] = [
        {"opens_ms": OPENS},
        {"closes_ms": None},
        {"pauses": ((ends[1], None),)},
        {"pauses": ()},
        {"rules": replace(rules, exclude=("ann",))},
        {"rules": replace(rules, exclude=("mastodon:bob", "cem"), grace_s=3)},
        {"rules": random_rules(random)},
    ]
    for fields in random.sample(changes, 3):
        later = replace(before, **fields)  # type: ignore[arg-type]
        found, old, new = affected(before, later), Judge(before), Judge(later)
        for post in (random_post(random) for _ in range(60)):
            if old(post) != new(post):
                assert concerns(found, post)
