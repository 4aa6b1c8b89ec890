"""The wording that every view shares."""

from __future__ import annotations

from dataclasses import replace

import pytest
from samples import contest

from twittervotes.core.contest.acts import Act, ActKind, State
from twittervotes.core.contest.contest import Contest, PerAccount, Policy, Rules, Several, Tie
from twittervotes.core.contest.posts import Tally, Verdict
from twittervotes.core.contest.tie import decision
from twittervotes.presentation.phrases import (
    RESULTS,
    STATES,
    done,
    network_title,
    result_in_words,
    rules_in_words,
    source_title,
    uncounted_reasons,
)


def tally(*votes: int, latest: tuple[tuple[int, str], ...] = ()) -> Tally:
    return Tally(votes, (), latest=latest)


def test_the_usual_rules_are_three_phrases() -> None:
    assert rules_in_words(Rules()) == (
        "One vote per account: the first",
        "posts naming several choices don't count",
        "reposts don't count",
    )


@pytest.mark.parametrize(
    ("rules", "phrase"),
    [
        (Rules(per_account=PerAccount.LAST), "One vote per account: the last"),
        (Rules(several=Several.EACH), "posts naming several choices count for each"),
        (Rules(reposts=Policy.COUNT), "reposts count"),
        (Rules(quotes=Policy.IGNORE), "quotes don't count"),
        (Rules(required=("vote", "tv")), "posts must also contain #vote #tv"),
        (Rules(min_account_age_s=86_400), "accounts must be at least 1 day old"),
        (Rules(min_account_age_s=2 * 86_400), "accounts must be at least 2 days old"),
        (Rules(grace_s=1), "votes up to 1 second late count"),
        (Rules(grace_s=90), "votes up to 90 seconds late count"),
        (Rules(grace_s=3600), "votes up to 1 hour late count"),
        (Rules(tie=Tie.DRAW), "a tie is decided by draw"),
        (Rules(exclude=("a",)), "1 account excluded"),
        (Rules(exclude=("a", "b")), "2 accounts excluded"),
    ],
)
def test_each_other_rule_has_a_phrase(rules: Rules, phrase: str) -> None:
    assert phrase in rules_in_words(rules)


def test_every_state_has_a_name_and_a_kind_of_result() -> None:
    assert set(STATES) == set(RESULTS) == set(State)


def test_every_uncounted_verdict_has_its_own_reason() -> None:
    for per_account in PerAccount:
        reasons = uncounted_reasons(Rules(per_account=per_account))
        assert set(reasons) == set(Verdict) - {Verdict.COUNTED}
        assert len(set(reasons.values())) == len(reasons)


def test_kinds_that_the_rules_ignore_are_named() -> None:
    assert uncounted_reasons(Rules())[Verdict.IGNORED] == "reposts"
    both = Rules(quotes=Policy.IGNORE, replies=Policy.IGNORE)
    assert uncounted_reasons(both)[Verdict.IGNORED] == "reposts, quotes and replies"


def test_a_choice_leads_until_the_result_is_there_and_then_wins() -> None:
    for rule in Tie:
        one = contest(tie=rule)
        assert result_in_words(tally(1, 3, 2), one, is_final=False) == "#ubuntu leads with 3 votes."
        assert result_in_words(tally(1, 3, 2), one, is_final=True) == "#ubuntu wins with 3 votes."
    words = result_in_words(tally(0, 0, 1_097), contest(), is_final=True)
    assert words == "Arch Linux wins with 1,097 votes."
    assert result_in_words(tally(0, 0, 0), contest(), is_final=True) == "No votes yet."


@pytest.mark.parametrize(
    ("rules", "latest", "words"),
    [
        (contest(), (), ""),
        (contest(tie=Tie.EARLIEST), (), " The first wins."),
        (
            contest(tie=Tie.EARLIEST),
            ((9, "a"), (9, "a"), (8, "a")),
            " Arch Linux got there first.",
        ),
        (contest(tie=Tie.DRAW), (), " A draw will decide."),
    ],
)
def test_a_tie_says_how_it_is_decided(
    rules: Contest, latest: tuple[tuple[int, str], ...], words: str
) -> None:
    tied = tally(2, 0, 2, latest=latest)
    said = result_in_words(tied, rules, is_final=True)
    assert said == f"#debian and Arch Linux are tied with 2 votes.{words}"


def test_a_draw_names_its_seed_and_whom_it_picked() -> None:
    drawn = replace(contest(tie=Tie.DRAW), seed="6 17 23")
    winner = drawn.choices[decision(tally(2, 2, 0), drawn).winners[0]].title
    said = result_in_words(tally(2, 2, 0), drawn, is_final=True)
    assert said.endswith(f"The draw with the seed “6 17 23” picked {winner}.")


def test_every_act_is_a_phrase_without_its_subject() -> None:
    for kind in ActKind:
        assert done(Act(kind, 0), contest(), str)
    added = Act(ActKind.ADJUSTED, 0, tag="arch", votes=3, reason="show of hands")
    assert done(added, contest(), str) == "added 3 votes for Arch Linux: show of hands"
    taken = Act(ActKind.ADJUSTED, 0, tag="debian", votes=-1)
    assert done(taken, contest(), str) == "removed 1 vote from #debian"
    ended = Act(ActKind.EXTENDED, 0, until_ms=7)
    assert done(ended, contest(), "at {}".format) == "moved the end of voting to at 7"


def test_an_excluded_account_is_named_only_if_allowed() -> None:
    act = Act(ActKind.EXCLUDED, 0, voter="x:4711", reason="a bot")
    assert done(act, contest(), str) == "excluded account x:4711: a bot"
    assert done(act, contest(), str, with_account=False) == "excluded an account: a bot"


@pytest.mark.parametrize(
    ("name", "source", "network"),
    [
        ("mastodon", "Mastodon", "Mastodon"),
        ("mastodon:example.social", "Mastodon example.social", "Mastodon example.social"),
        ("twitter", "X (v1.1)", "X"),
        ("x", "X (v2)", "X"),
        ("rehearsal", "Rehearsal", "Rehearsal"),
    ],
)
def test_sources_and_networks_have_one_name_everywhere(
    name: str, source: str, network: str
) -> None:
    assert (source_title(name), network_title(name)) == (source, network)
