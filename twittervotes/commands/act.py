"""The commands that write an act into a ledger: votes by hand, a draw, certification.

An act is checked against the rules first. They work only while no other program counts into the
ledger; during a vote, the window does it.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from twittervotes.cli import command_options as order
from twittervotes.commands.progress import progress
from twittervotes.commands.say import say
from twittervotes.core.contest import acts, permissions
from twittervotes.core.contest.acts import Act, ActKind
from twittervotes.core.contest.clock import Clock
from twittervotes.core.contest.contest import Contest
from twittervotes.core.contest.permissions import tag_of
from twittervotes.core.counting.outcome import outcome
from twittervotes.core.ledger.reader import Reader
from twittervotes.core.ledger.writer import Ledger
from twittervotes.presentation.phrases import FINAL, result_in_words

RECORDED = {
    ActKind.ADJUSTED: "votes added",
    ActKind.DRAWN: "tie drawn",
    ActKind.CERTIFIED: "result certified",
}


def adjust(ordered: order.AdjustOptions) -> int:
    """Add votes to a choice, or take some away."""

    def adjusted(contest: Contest, now_ms: int) -> Act:
        tag = tag_of(contest, ordered.choice)
        return Act(
            ActKind.ADJUSTED,
            now_ms,
            ordered.by,
            tag=tag,
            votes=ordered.votes,
            reason=ordered.reason,
        )

    return _write(ordered.file, adjusted)


def certify(ordered: order.CertifyOptions) -> int:
    """Certify the result."""
    return _write(ordered.file, lambda _, now_ms: Act(ActKind.CERTIFIED, now_ms, ordered.by))


def draw(ordered: order.DrawOptions) -> int:
    """Decide the tie."""
    return _write(
        ordered.file, lambda _, now_ms: Act(ActKind.DRAWN, now_ms, ordered.by, seed=ordered.seed)
    )


def _write(file: Path, made: Callable[[Contest, int], Act]) -> int:
    """Record the act that `made` returns for the contest and the time, and print the result.

    The act must not change any verdict, so that the votes are counted only once.
    """
    with Ledger.reopen(file) as ledger:
        with Reader(file) as reader, progress("Counting", reader.posts) as passed:
            tally = outcome(reader, passed=passed).tally
        now_ms = Clock().today()
        done = made(ledger.contest, now_ms)
        state = acts.state(ledger.contest, ledger.acts, now_ms)
        permissions.check(done, ledger.contest, state, tally)
        contest = ledger.act(done)
        say(f"Recorded: {RECORDED.get(done.does, done.does.value)} by {done.by}.")
        tally = tally.adjusted(contest.by_hand)
        say(result_in_words(tally, contest, is_final=state in FINAL))
        say(f"digest {ledger.digest}")
    return 0
