"""Counting: the rules one by one, and against a reference count over all of them together."""

from __future__ import annotations

import gc
import itertools
import weakref
from dataclasses import replace
from random import Random

import pytest
import reference
from hypothesis import given
from hypothesis import strategies as st
from loose import LooseCount
from recounted import recount_of
from samples import CHOICES, CLOSES, OPENS, contest, post, random_post, random_rules

from twittervotes.core.contest.contest import (
    Adjustment,
    Choice,
    Contest,
    PerAccount,
    Policy,
    Rules,
    Several,
    Withdrawn,
)
from twittervotes.core.contest.judge import Judge
from twittervotes.core.contest.posts import FINE_MS, STEP_MS, Post, Tally, Verdict
from twittervotes.core.contest.rules import FIRST_RULES
from twittervotes.core.contest.versions import current_version
from twittervotes.core.counting.running import Count, Loose, tally

COMBINATIONS = tuple(
    itertools.product(
        PerAccount,
        Several,
        Policy,
        Policy,
        Policy,
        ((), ("vote",)),  # required
        (0, 100),  # min_account_age_s
        (0, 2),  # grace_s
        ((), ("ann", "mastodon:bob")),  # exclude
        Withdrawn,
        (None, CLOSES),
        ((), ((OPENS + 2000, OPENS + 4000), (OPENS + 7000, None))),  # pauses
    )
)


def combined(number: int) -> Contest:
    """Return the contest of a combination of rules; some have a show of hands as well."""
    *rules, closes_ms, pauses = COMBINATIONS[number]
    hands = (Adjustment("arch", number % 5 - 2, "hands", "ann", OPENS),) * (number % 3)
    return Contest("t", CHOICES, Rules(*rules), OPENS, closes_ms, pauses, hands)


@pytest.mark.parametrize("part", range(10))
def test_a_plain_loop_agrees_for_every_combination_of_rules_over_12_288_contests(part: int) -> None:
    for number in range(part, len(COMBINATIONS), 10):
        random = Random(number)
        laid_down = combined(number)
        seen = [random_post(random) for _ in range(random.randrange(24))]
        truth = reference.count(seen, laid_down)
        again = random.sample(seen, len(seen))
        posts = sorted(reference.current_posts(seen, laid_down.rules.withdrawn), key=by_account)
        assert reference.numbers(tally(posts, laid_down)) == truth
        assert reference.numbers(recount_of(posts, laid_down)) == truth
        assert reference.numbers(counted_as_they_come(again, laid_down).tally()) == truth


def by_account(seen_post: Post) -> tuple[str, str, int, str]:
    return seen_post.network, seen_post.voter, seen_post.at_ms, seen_post.key


def counted_as_they_come(seen: list[Post], laid_down: Contest) -> LooseCount:
    """Count posts as the ledger hands them out: a better version comes in, the other goes out."""
    count = LooseCount(laid_down)
    stand: dict[tuple[str, str], Post] = {}
    for seen_post in seen:
        name = (seen_post.network, seen_post.key)
        before = stand.get(name)
        stand[name] = (
            seen_post
            if before is None
            else current_version([before, seen_post], laid_down.rules.withdrawn)
        )
        if stand[name] != before:
            count.add([stand[name]])
            count.remove([before] if before else [])
    return count


def test_the_combinations_are_all_there_are() -> None:
    assert len({combined(number) for number in range(len(COMBINATIONS))}) == 12_288
    decide_no_verdict = {"tie"}
    assert len(COMBINATIONS[0]) - 2 == FIRST_RULES - len(decide_no_verdict)


@pytest.mark.parametrize("seed", range(40))
def test_what_is_taken_out_again_leaves_no_trace_at_any_moment(seed: int) -> None:
    random = Random(seed)
    laid_down = replace(contest(), rules=random_rules(random))
    pool = reference.current_posts(random_post(random) for _ in range(40))
    count, held = LooseCount(laid_down), set[Post]()
    for chosen in random.choices(pool, k=120):
        if chosen in held:
            count.remove([chosen])
        else:
            count.add([chosen])
        held ^= {chosen}
        assert count.tally() == tally(held, laid_down)
    count.remove(held)
    assert count.tally() == LooseCount(laid_down).tally()


def verdicts(posts: list[Post], laid_down: Contest) -> dict[str, int]:
    numbers = reference.numbers(tally(posts, laid_down))["verdicts"]
    assert isinstance(numbers, dict)
    return numbers


def votes(posts: list[Post], laid_down: Contest) -> tuple[int, ...]:
    return tally(posts, laid_down).votes


ALL_DAY = [
    post("3", "debian", voter="ann", at_ms=OPENS + 3000),
    post("1", "ubuntu", voter="ann", at_ms=OPENS + 1000),
    post("2", "arch", voter="ann", at_ms=OPENS + 2000),
    post("4", "arch", voter="ann", at_ms=OPENS + 4000),
]


@pytest.mark.parametrize(
    ("rule", "expected", "counted"),
    [
        (PerAccount.FIRST, (0, 1, 0), 1),
        (PerAccount.LAST, (0, 0, 1), 1),
        (PerAccount.ALL, (1, 1, 2), 4),
        (PerAccount.PER_CHOICE, (1, 1, 1), 3),
    ],
)
def test_what_an_account_has(rule: PerAccount, expected: tuple[int, ...], counted: int) -> None:
    result = tally(ALL_DAY, contest(per_account=rule))
    assert result.votes == expected
    assert dict(result.verdicts)[Verdict.COUNTED] == counted
    assert dict(result.verdicts)[Verdict.REPEAT] == 4 - counted


def test_the_lower_key_is_first_within_a_second() -> None:
    both = [post("2", "arch", voter="ann"), post("1", "debian", voter="ann")]
    assert votes(both, contest()) == (1, 0, 0)
    assert votes(both, contest(per_account=PerAccount.LAST)) == (0, 0, 1)


def test_accounts_of_two_networks_are_two_voters() -> None:
    both = [post("1", voter="ann"), post("1", voter="ann", network="mastodon")]
    result = tally(both, contest())
    assert result.votes == (2, 0, 0)
    assert result.networks == (("mastodon", (1, 0, 0)), ("x", (1, 0, 0)))


@pytest.mark.parametrize("seconds", range(-1, 12))
def test_the_period_excludes_its_end(seconds: int) -> None:
    verdict = "early" if seconds < 0 else "counted" if seconds < 10 else "late"
    assert verdicts([post(at_ms=OPENS + seconds * 1000)], contest()) == {verdict: 1}


def test_grace_moves_the_end_by_whole_seconds() -> None:
    late = [post(at_ms=CLOSES + 1999)]
    assert verdicts(late, contest(grace_s=2)) == {"counted": 1}
    assert verdicts([late[0]._replace(at_ms=CLOSES + 2000)], contest(grace_s=2)) == {"late": 1}
    assert verdicts(late, contest(grace_s=2, closes_ms=None)) == {"counted": 1}


def test_an_open_pause_extends_into_the_grace() -> None:
    paused = contest(grace_s=5, pauses=((OPENS + 5000, None),))
    assert verdicts([post(at_ms=CLOSES + 1000)], paused) == {"paused": 1}
    assert verdicts([post(at_ms=OPENS + 4999)], paused) == {"counted": 1}


def test_a_pause_excludes_its_end() -> None:
    paused = contest(pauses=((OPENS + 2000, OPENS + 4000),))
    times = (1999, 2000, 3999, 4000)
    found = [verdicts([post(at_ms=OPENS + time)], paused) for time in times]
    assert found == [{"counted": 1}, {"paused": 1}, {"paused": 1}, {"counted": 1}]


def test_account_age_is_exact_and_an_unknown_age_is_enough() -> None:
    rules = contest(min_account_age_s=60)
    born = [OPENS - 60_000, OPENS - 59_999, OPENS + 5000, 0]
    found = [verdicts([post(at_ms=OPENS, born_ms=born_ms)], rules) for born_ms in born]
    assert found == [{"counted": 1}, {"young": 1}, {"young": 1}, {"counted": 1}]


def test_accounts_are_excluded_on_one_or_all_networks() -> None:
    both = [post("1", voter="7"), post("2", voter="7", network="mastodon"), post("3", voter="77")]
    assert verdicts(both, contest(exclude=("7",))) == {"excluded": 2, "counted": 1}
    assert verdicts(both, contest(exclude=("x:7",))) == {"excluded": 1, "counted": 2}


def test_an_uncounted_post_doesnt_use_up_the_ballot() -> None:
    early = [
        post("1", "debian", voter="ann", at_ms=OPENS - 1000),
        post("2", "debian arch", voter="ann"),
        post("3", "arch", voter="ann", kind="repost"),
        post("4", "cats", voter="ann"),
        post("5", "ubuntu", voter="ann", at_ms=OPENS + 9000),
    ]
    assert votes(early, contest()) == (0, 1, 0)


@pytest.mark.parametrize(
    ("rule", "expected"),
    [(Several.SPOILT, (0, 0, 0)), (Several.EACH, (1, 0, 1)), (Several.FIRST, (0, 0, 1))],
)
def test_a_post_that_names_several_choices(rule: Several, expected: tuple[int, ...]) -> None:
    assert votes([post(tags="cats arch Debian ARCH")], contest(several=rule)) == expected


def test_repeated_tags_and_aliases_are_one_vote() -> None:
    twice = [post("1", "debian DEBIAN ｄｅｂｉａｎ"), post("2", "ubuntu ubunut")]
    assert votes(twice, contest()) == (1, 1, 0)


def test_a_ballot_counts_while_one_choice_is_new() -> None:
    rules = contest(per_account=PerAccount.PER_CHOICE, several=Several.EACH)
    both = post("2", "debian arch", voter="ann", at_ms=OPENS + 2000)
    earlier = [post(key, tag, voter="ann") for key, tag in (("0", "debian"), ("1", "arch"))]
    assert verdicts([both, earlier[0]], rules) == {"counted": 2}
    assert verdicts([both, *earlier], rules) == {"counted": 2, "repeat": 1}
    assert votes([both, *earlier], rules) == (1, 0, 1)


def test_100_000_posts_of_one_account_are_one_vote() -> None:
    flood = [post(f"{n:06}", "debian", voter="ann", at_ms=OPENS + n % 9000) for n in range(100_000)]
    for rule in (PerAccount.FIRST, PerAccount.LAST, PerAccount.PER_CHOICE):
        count = LooseCount(contest(per_account=rule))
        count.add(reversed(flood))
        assert count.tally().votes == (1, 0, 0)
        count.remove(flood[:10])
        assert count.tally().posts == 99_990


def test_a_full_tag_cache_changes_nothing(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("twittervotes.core.contest.judge.KNOWN_TAGS", 10)
    flood = [post(str(n), f"debian t{n % 25}") for n in range(200)]
    assert votes(flood, contest()) == (200, 0, 0)


def test_the_latest_revision_is_current_in_any_order() -> None:
    first = post(tags="debian", revision=1)
    told_otherwise = first._replace(at_ms=first.at_ms - 1)
    older = post(tags="arch", at_ms=OPENS, revision=0)
    for versions in itertools.permutations((first, told_otherwise, older)):
        assert current_version(versions) == told_otherwise


def test_a_withdrawal_is_last_or_ignored() -> None:
    edited, gone = post(revision=3), post(tags="", kind="withdrawn", at_ms=OPENS + 5000)
    for versions in itertools.permutations((post(), edited, gone)):
        assert current_version(versions) == gone
        assert current_version(versions, Withdrawn.KEEP) == edited
    assert current_version([gone], Withdrawn.KEEP) == gone
    assert verdicts([gone], contest()) == {"withdrawn": 1}


def test_equally_ranked_versions_are_chosen_consistently() -> None:
    versions = (post(), post(born_ms=5), post(tags="debiann"), post(voter="another"))
    assert len({current_version(order) for order in itertools.permutations(versions)}) == 1
    assert current_version(versions[:2]).born_ms == 5


def test_all_sums_of_a_tally_agree() -> None:
    random = Random(7)
    posts = [random_post(random)._replace(key=str(n)) for n in range(300)]
    result = tally(posts, contest(several=Several.EACH, per_account=PerAccount.ALL))
    assert result.posts == len(posts)
    assert result.total > 0
    for rows in (result.networks, result.minutes, result.steps):
        sums = zip(*(row for _, row in rows), strict=True)
        assert tuple(map(sum, sums)) == result.votes
    assert [minute % 60_000 for minute, _ in result.minutes] == [0, 0]
    assert result.minutes == tuple(sorted(result.minutes))


def test_the_first_two_hours_have_fine_steps() -> None:
    vote = contest(per_account=PerAccount.ALL)
    vote = replace(vote, opens_ms=OPENS - OPENS % STEP_MS)
    times = [vote.opens_ms + at_ms for at_ms in (0, 9_999, 10_000, FINE_MS - 1, FINE_MS)]
    posts = [post(at_ms=at_ms)._replace(key=str(n)) for n, at_ms in enumerate(times)]
    vote = replace(vote, closes_ms=None)
    found = dict(tally(posts, vote).steps)
    assert [sum(votes) for votes in found.values()] == [2, 1, 1]
    assert [(at_ms - vote.opens_ms) // STEP_MS for at_ms in found] == [0, 1, FINE_MS // STEP_MS - 1]
    assert tally(posts, vote).total == 5


@pytest.mark.parametrize(
    ("given_votes", "leaders"),
    [((0, 0, 0), ()), ((1, 3, 3), (1, 2)), ((2, 1, 0), (0,)), ((), ())],
)
def test_a_tie_has_several_leaders(given_votes: tuple[int, ...], leaders: tuple[int, ...]) -> None:
    assert Tally(given_votes, ()).leaders == leaders


@given(
    st.lists(st.tuples(st.integers(0, 30), st.none() | st.integers(0, 30)), max_size=6),
    st.integers(-1, 32),
)
def test_pauses_apply_in_any_order(pauses: list[tuple[int, int | None]], at_ms: int) -> None:
    judge = Judge(Contest("t", (Choice("debian"),), opens_ms=-5, pauses=tuple(pauses)))
    is_paused = any(a <= at_ms and (b is None or at_ms < b) for a, b in pauses)
    assert (judge(post(at_ms=at_ms))[0] is Verdict.PAUSED) == is_paused


def test_many_pauses_dont_slow_judging() -> None:
    pauses = tuple((2 * n, 2 * n + 1) for n in range(100_000))
    judge = Judge(Contest("t", (Choice("debian"),), pauses=pauses))
    verdicts = [judge(post(at_ms=n))[0] for n in range(200_000)]
    assert verdicts.count(Verdict.PAUSED) == 100_000


def test_the_memory_of_a_count_is_freed_as_soon_as_nothing_refers_to_it() -> None:
    """A program that counts collects garbage rarely."""
    shelf, was_enabled = Loose(), gc.isenabled()
    gc.disable()
    try:
        count = Count(contest(), shelf)
        count.add(shelf.put([post("a", "1"), post("a", "2")]))
        count.judge_by(contest())
        of_count = weakref.ref(count._accounts)
        del count
        assert of_count() is None
    finally:
        if was_enabled:
            gc.enable()
