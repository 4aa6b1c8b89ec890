"""Why a post counts or not: a sentence for every verdict, under every rule."""

from __future__ import annotations

from random import Random

import pytest
from samples import CLOSES, OPENS, contest, post, random_post, random_rules

from twittervotes.core.contest.contest import Contest, PerAccount, Policy, Several
from twittervotes.core.contest.posts import Post, Verdict
from twittervotes.core.contest.versions import current_version
from twittervotes.core.counting.explain import moment, reason
from twittervotes.core.counting.verdicts import Judged, judged

AT = "2023-11-14 22:13:57 UTC"


def reasons(laid_down: Contest, *posts: Post) -> list[str]:
    ordered = sorted(posts, key=lambda post: (post.network, post.voter, post.at_ms, post.key))
    return [said for _, said in explained(ordered, laid_down)]


def explained(ordered: list[Post], laid_down: Contest) -> list[tuple[Judged, str]]:
    """Explain posts; a repeat names the first vote, which counts."""
    found, counted = [], dict[tuple[str, str], int]()
    for each in judged(ordered, laid_down):
        account = (each.post.network, each.post.voter)
        found.append((each, reason(each, laid_down, counted.get(account))))
        if each.verdict is Verdict.COUNTED:
            counted.setdefault(account, each.post.at_ms)
    return found


@pytest.mark.parametrize(
    ("laid_down", "one", "sentence"),
    [
        (contest(), post(), "It counts for #debian."),
        (contest(several=Several.EACH), post(tags="ubunut arch"),
         "It counts for #ubuntu and #arch."),
        (contest(several=Several.FIRST), post(tags="ubunut arch"),
         "It counts for #ubuntu, the first choice it names."),
        (contest(exclude=("x:bob",)), post(voter="bob"), "The account is left out."),
        (contest(), post(kind="withdrawn"), "It was deleted, or its account is gone."),
        (contest(), post(kind="repost"), "In this vote reposts do not count."),
        (contest(replies=Policy.IGNORE), post(kind="reply"), "In this vote replies do not count."),
        (contest(), post(at_ms=OPENS - 1000),
         "It was posted before the vote opened at 2023-11-14 22:13:56 UTC."),
        (contest(), post(at_ms=CLOSES),
         "It was posted after the vote closed at 2023-11-14 22:14:06 UTC."),
        (contest(grace_s=2), post(at_ms=CLOSES + 2000),
         "It was posted after the vote closed at 2023-11-14 22:14:06 UTC and 2 seconds of grace."),
        (contest(pauses=((OPENS, OPENS + 2000),)), post(),
         "It was posted while the vote was paused, from 2023-11-14 22:13:56 UTC"
         " to 2023-11-14 22:13:58 UTC."),
        (contest(pauses=((OPENS, None),)), post(),
         "It was posted while the vote was paused, from 2023-11-14 22:13:56 UTC."),
        (contest(), post(tags="cats"), "It names none of the choices."),
        (contest(), post(tags=""), "It names none of the choices."),
        (contest(required=("vote", "now")), post(tags="debian VOTE"),
         "It does not carry #now, which this vote requires."),
        (contest(), post(tags="arch DEBIAN arch"),
         "It names several choices: #arch and #debian."),
        (contest(min_account_age_s=100), post(born_ms=OPENS),
         "The account was made on 2023-11-14 22:13:56 UTC; 100 seconds of age are required."),
    ],
)  # fmt: skip
def test_there_is_a_sentence_for_every_verdict(
    laid_down: Contest, one: Post, sentence: str
) -> None:
    assert reasons(laid_down, one) == [sentence]


TWICE = (post("1", voter="ann"), post("2", "ubuntu", voter="ann", at_ms=OPENS + 2000))


def test_a_repeat_names_the_vote_that_counts() -> None:
    assert reasons(contest(), *TWICE)[1] == f"An earlier vote of the account counts: of {AT}."


def test_a_replaced_vote_names_the_later_one() -> None:
    laid_down = contest(per_account=PerAccount.LAST)
    assert reasons(laid_down, *TWICE)[0] == "A later vote of the account counts."
    first = next(judged(TWICE, laid_down))
    assert reason(first, laid_down, TWICE[1].at_ms) == (
        "A later vote of the account counts: of 2023-11-14 22:13:58 UTC."
    )


def test_a_repeat_per_choice_names_its_choices() -> None:
    laid_down = contest(per_account=PerAccount.PER_CHOICE, several=Several.EACH)
    again = post("3", "ubuntu debian", voter="ann", at_ms=OPENS + 3000)
    more = post("4", "arch debian", voter="ann", at_ms=OPENS + 4000)
    assert reasons(laid_down, *TWICE, again, more)[2:] == [
        "The account has voted for #ubuntu and #debian before.",
        "It counts for #arch; the account has voted for #debian before.",
    ]


def test_an_explanation_never_names_another_account() -> None:
    other = post("9", voter="ann", network="mastodon", at_ms=OPENS)
    assert reasons(contest(), *TWICE, other)[0] == "It counts for #debian."
    assert AT in reasons(contest(), *TWICE, other)[2]


def test_every_post_of_any_vote_has_its_sentence() -> None:
    random = Random(7)
    verdicts = set()
    for _ in range(300):
        laid_down = contest()
        laid_down = Contest("t", laid_down.choices, random_rules(random), OPENS, CLOSES)
        seen: dict[tuple[str, str], list[Post]] = {}
        for each in (random_post(random) for _ in range(12)):
            seen.setdefault((each.network, each.key), []).append(each)
        posts = sorted(
            map(current_version, seen.values()),
            key=lambda post: (post.network, post.voter, post.at_ms, post.key),
        )
        for each, said in explained(posts, laid_down):
            verdicts.add(each.verdict)
            assert said[0].isupper()
            assert said.endswith(".")
            assert said.startswith("It counts for #") == (each.verdict is Verdict.COUNTED)
    assert verdicts == set(Verdict) - {Verdict.PAUSED}


def test_an_impossible_time_is_still_explained() -> None:
    assert moment(10**17) == "100000000000000000 ms"
    assert moment(None) == "an unknown time"
