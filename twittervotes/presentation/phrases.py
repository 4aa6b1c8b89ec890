"""What every view says about a vote: its state, outcome, rules, actions and sources. Pure.

`result.json` has sentences of its own (`core.contest.tie` and `lead`): the verifier derives them
again, so they must never change.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from twittervotes.core.contest import chat
from twittervotes.core.contest.act_kinds import ACTS
from twittervotes.core.contest.acts import Act, State
from twittervotes.core.contest.contest import (
    Contest,
    PerAccount,
    Policy,
    Rules,
    Tie,
)
from twittervotes.core.contest.lead import uncounted
from twittervotes.core.contest.networks import of_source
from twittervotes.core.contest.posts import Tally, Verdict
from twittervotes.core.contest.rules import ignoring
from twittervotes.core.contest.rules import rules_in_words as rules_in_words
from twittervotes.core.contest.tie import decision
from twittervotes.presentation.numbers import (
    MOST_NAMES,
    counted,
    grouped,
    lasting,
    listed,
    signed,
)

if TYPE_CHECKING:
    from collections.abc import Callable

    from twittervotes.core.contest.snapshot import Snapshot

STATES = {
    State.SCHEDULED: "Scheduled",
    State.OPEN: "Live",
    State.PAUSED: "Paused",
    State.CLOSING: "Closing",
    State.PROVISIONAL: "Provisional",
    State.CERTIFIED: "Certified",
}
RESULTS = {
    State.SCHEDULED: "Not open yet",
    State.OPEN: "Interim result: voting is open",
    State.PAUSED: "Interim result: voting is paused",
    State.CLOSING: "Interim result: reading late posts",
    State.PROVISIONAL: "Provisional result",
    State.CERTIFIED: "Certified result",
}
FINAL = frozenset({State.PROVISIONAL, State.CERTIFIED})
NO_VOTES = "No votes yet."


def source_title(name: str) -> str:
    """Return a source's name as the operator knows it: Mastodon, X (v2), Bluesky bsky.example."""
    kind, _, place = name.partition(":")
    network = of_source(kind)
    return " ".join(filter(None, (network.sources.get(kind, network.title), place)))


def network_title(name: str) -> str:
    """Return a network's name as the audience knows it: X, Mastodon, Mastodon example.social."""
    kind, _, place = name.partition(":")
    return " ".join(filter(None, (of_source(kind).title, place)))


def contest_in_words(contest: Contest) -> tuple[str, ...]:
    """Describe the rules of a contest and, if it's counted in chats, how to vote there."""
    return (*rules_in_words(contest.rules), *chat.in_words(contest))


def result_in_words(tally: Tally, contest: Contest, *, is_final: bool) -> str:
    """Say who wins, or who leads while the vote isn't final, and how a tie is decided."""
    leaders, decided = tally.leaders, decision(tally, contest)
    if not leaders:
        return NO_VOTES
    names = [contest.choices[i].title for i in leaders]
    votes = counted(tally.votes[leaders[0]], "vote")
    if len(leaders) == 1:
        return f"{names[0]} {'wins' if is_final else 'leads'} with {votes}."
    tied = f"{_tied(names)} are tied with {votes}."
    winner = contest.choices[decided.winners[0]].title if len(decided.winners) == 1 else ""
    match contest.rules.tie:
        case Tie.EARLIEST:
            return f"{tied} {winner} got there first." if winner else f"{tied} The first wins."
        case Tie.DRAW if winner:
            return f"{tied} The draw with the seed “{contest.seed}” picked {winner}."
        case Tie.DRAW:
            return f"{tied} A draw will decide."
        case Tie.DECLARE:
            return tied


def by_hand_words(tally: Tally) -> str:
    """Say how many votes were added by hand; "" if none were."""
    if not any(tally.by_hand):
        return ""
    number = sum(tally.by_hand)
    if any(votes < 0 for votes in tally.by_hand):
        return f"{signed(number)} by hand"
    return f"{grouped(number)} added by hand"


def lead(snapshot: Snapshot) -> str:
    """Say who leads, and whether uncounted posts could change that.

    Posts made after the close can't, and nothing can change a certified result.
    """
    tally, contest = snapshot.tally, snapshot.contest
    leaders = tally.leaders
    if len(leaders) != 1 or snapshot.state is State.CERTIFIED:
        return result_in_words(tally, contest, is_final=snapshot.state in FINAL)
    name, votes = contest.choices[leaders[0]].title, tally.votes[leaders[0]]
    if len(tally.votes) == 1:
        return f"{name} has {counted(votes, 'vote')}."
    ahead = votes - sorted(tally.votes)[-2]
    words = f"{name} leads by {grouped(ahead)}."
    if any(source.gaps for source in snapshot.sources):
        return f"{words} Votes may be missing in a gap, which could change the lead."
    number = uncounted(tally) - dict(tally.verdicts).get(Verdict.LATE, 0)
    if not number:
        return words
    were = f"{counted(number, 'post')} {'was' if number == 1 else 'were'}"
    return f"{words} {were} not counted; {'not ' * (number < ahead)}enough to change the lead."


def countdown(snapshot: Snapshot) -> str:
    """Return the time left, such as 02:31 or 1:02:31; "" if no time is running."""
    contest = snapshot.contest
    end_ms = contest.opens_ms if snapshot.state is State.SCHEDULED else contest.closes_ms
    if end_ms is None or snapshot.state not in (State.SCHEDULED, State.OPEN, State.PAUSED):
        return ""
    seconds = max(0, -(-(end_ms - snapshot.now_ms) // 1000))
    return lasting(seconds)


def uncounted_reasons(rules: Rules) -> dict[Verdict, str]:
    """Return why posts were not counted, by verdict, in the order in which views list them."""
    kinds = [kind for kind, policy in _kinds(rules).items() if policy is Policy.IGNORE]
    again = "account voted again later" if rules.per_account is PerAccount.LAST else "repeat votes"
    return {
        Verdict.SPOILT: "named several choices",
        Verdict.REPEAT: again,
        Verdict.IGNORED: listed([*kinds, *ignoring(rules)]) or "kinds that don't count",
        Verdict.EARLY: "before voting opened",
        Verdict.LATE: "after voting closed",
        Verdict.PAUSED: "while voting was paused",
        Verdict.NO_CHOICE: "named no choice",
        Verdict.INCOMPLETE: "without a required hashtag",
        Verdict.YOUNG: "account too new",
        Verdict.EXCLUDED: "account excluded",
        Verdict.WITHDRAWN: "deleted, or account gone",
    }


def done(
    act: Act, contest: Contest, when: Callable[[int], str], *, with_account: bool = True
) -> str:
    """Say what an act did and why, without its subject: "paused voting: a fire alarm".

    Args:
        act: The act.
        contest: The contest it belongs to, for the names of its choices.
        when: How this view formats a time in milliseconds.
        with_account: Whether an excluded account may be named.
    """
    shown = act if with_account else replace(act, voter="")
    words = ACTS[act.does].words(shown, contest, when)
    return f"{words}: {act.reason}" if act.reason else words


def _tied(names: list[str]) -> str:
    return listed(names) if len(names) <= MOST_NAMES else f"{len(names)} choices"


def _kinds(rules: Rules) -> dict[str, Policy]:
    return {"reposts": rules.reposts, "quotes": rules.quotes, "replies": rules.replies}
