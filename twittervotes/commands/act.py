"""How an act of the operator gets into a ledger: checked against the rules, then written down.

Only while no other program counts into the ledger; during a vote the window does it.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from twittervotes.commands.progress import progress
from twittervotes.commands.say import say
from twittervotes.core.contest import acts, permissions
from twittervotes.core.contest.acts import Act
from twittervotes.core.contest.clock import Clock
from twittervotes.core.contest.contest import Contest
from twittervotes.core.counting.outcome import outcome
from twittervotes.core.ledger.reader import Reader
from twittervotes.core.ledger.writer import Ledger
from twittervotes.presentation.phrases import FINAL, result_in_words


def act(file: Path, made: Callable[[Contest, int], Act]) -> int:
    """Write down the act that `made` makes of the contest and the time, and tell the result.

    It must be one that changes no verdict, so that the votes are counted once.
    """
    with Ledger.reopen(file) as ledger:
        with Reader(file) as reader, progress("Counting", reader.posts) as passed:
            tally = outcome(reader, passed=passed).tally
        now_ms = Clock().today()
        done = made(ledger.contest, now_ms)
        state = acts.state(ledger.contest, ledger.acts, now_ms)
        permissions.check(done, ledger.contest, state, tally)
        contest = ledger.act(done)
        say(f"Written down: {done.does.value} by {done.by}.")
        tally = tally.adjusted(contest.by_hand)
        say(result_in_words(tally, contest, is_final=state in FINAL))
        say(f"digest {ledger.digest}")
    return 0
