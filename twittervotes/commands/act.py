"""Commands that write an act into a ledger: votes by hand, a draw, certification.

Acts are first checked against the rules. These commands fail while another program counts into the
ledger; during a vote, use the window.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from twittervotes.commands.progress import progress
from twittervotes.commands.say import say
from twittervotes.core.contest import acts, permissions
from twittervotes.core.contest.affected import Affected, affected
from twittervotes.core.contest.clock import Clock, of_date
from twittervotes.core.counting.outcome import outcome
from twittervotes.core.ledger.reader import Reader
from twittervotes.core.ledger.writer import Ledger
from twittervotes.presentation.phrases import FINAL, done, result_in_words

if TYPE_CHECKING:
    from twittervotes.cli import command_options
    from twittervotes.core.contest.posts import Tally


def run(options: command_options.ActOptions) -> int:
    """Record an act, and print what was done and the result.

    The votes are counted once, and again if the act may change a verdict.
    """
    file = options.file
    with Ledger.reopen(file) as ledger:
        tally = _counted(options)
        before, now_ms = ledger.contest, Clock().today()
        act = replace(options.act, at_ms=now_ms)
        if act.tag:
            act = replace(act, tag=permissions.tag_of(before, act.tag))
        state = acts.state(before, ledger.acts, now_ms)
        permissions.check(act, before, state, tally)
        contest = ledger.act(act)
        say(f"Recorded: {act.by} {done(act, contest, of_date).removesuffix('.')}.")
        if affected(before, contest) != Affected():
            tally = _counted(options)
        tally = tally.adjusted(contest.by_hand)
        say(result_in_words(tally, contest, is_final=state in FINAL))
        say(f"digest {ledger.digest}")
    return 0


def _counted(options: command_options.ActOptions) -> Tally:
    with Reader(options.file) as reader, progress("Counting", reader.posts) as passed:
        return outcome(reader, passed=passed).tally
