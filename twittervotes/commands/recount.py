"""The recount command: the result under other rules, or without a source or an account.

The changes are shown relative to the current result, which is recounted too.
"""

from __future__ import annotations

import sys
from dataclasses import replace
from typing import TYPE_CHECKING

from twittervotes.commands.progress import progress
from twittervotes.commands.say import say, signed, table
from twittervotes.core.config.rules import moments, ruled
from twittervotes.core.contest.contest import checked
from twittervotes.core.contest.percent import percentages
from twittervotes.core.contest.tie import decision
from twittervotes.core.counting.outcome import outcome
from twittervotes.core.counting.result import document
from twittervotes.core.errors import ConfigError
from twittervotes.core.ledger.reader import Reader
from twittervotes.core.polling.status import unread
from twittervotes.core.terminal_text import json_text
from twittervotes.presentation.numbers import counted
from twittervotes.presentation.phrases import FINAL, by_hand_words, result_in_words, rules_in_words

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    from twittervotes.cli import command_options
    from twittervotes.core.contest.contest import Contest
    from twittervotes.core.contest.snapshot import Snapshot

FORMAT = "twittervotes-recount/1"


def run(options: command_options.RecountOptions) -> int:
    """Recount a ledger; print the result and what it changes."""
    with Reader(options.file) as reader:
        networks = [origin.network for origin in reader.sources().values()]
        contest = contest_under(reader.contest, networks, options.rule, options.exclude)
        _check_sources(reader, options.without)
        with progress("Counting by the ledger's rules", reader.posts) as passed:
            stands = outcome(reader, passed=passed)
        again = stands
        if options.rule or options.exclude or options.without:
            with progress("Recounting", reader.posts) as passed:
                again = outcome(reader, contest, without=options.without, passed=passed)
    if options.json:
        _write_json(stands, again, options)
    else:
        write_text(stands, again, options.without)
    return 0


def contest_under(
    contest: Contest,
    networks: Collection[str],
    rule: Sequence[tuple[str, str]],
    excluded: Sequence[str],
) -> Contest:
    """Return a contest under the requested rules; raises ConfigError, ContestError."""
    rules, period = ruled(contest.rules, rule), moments(rule)
    exclude = tuple(dict.fromkeys((*rules.exclude, *excluded)))
    contest = replace(
        contest,
        rules=replace(rules, exclude=exclude),
        opens_ms=period.get("opens", contest.opens_ms),
        closes_ms=period.get("closes", contest.closes_ms),
    )
    return checked(contest, networks)


def _check_sources(reader: Reader, without: Sequence[str]) -> None:
    known = sorted({*reader.sources(), *reader.records()})
    for name in without:
        if name not in known:
            there = f"Its sources: {', '.join(known)}." if known else "It has none yet."
            raise ConfigError(f"There is no source {name!r} in {reader.path}. {there}")


def write_text(stands: Snapshot, again: Snapshot, without: Sequence[str]) -> None:
    """Print a result, and how it differs from the current one if `again` is another."""
    contest = again.contest
    say(contest.title + " (a rehearsal)" * contest.rehearsal)
    digest = f", digest {again.digest}" if again.digest else ""  # several ledgers have none
    say(f"{again.state.value}, {counted(stands.tally.posts, 'post')} seen{digest}")
    say("; ".join(rules_in_words(contest.rules)) + ".")
    number = sum(source.unread for source in again.sources)
    if number:
        say(f"{unread(number)}.")
    if without:
        say(f"Without the posts of {', '.join(without)}.")
    say("")
    if again is stands:
        _write_votes(again)
    else:
        _write_changes(stands, again)
    by_hand = by_hand_words(again.tally)
    if by_hand:
        say(f"Included: {by_hand}.")
    say("", result_in_words(again.tally, contest, is_final=again.state in FINAL))
    if again is not stands:
        say(f"winner unchanged: {'yes' if _is_same_winner(stands, again) else 'no'}")


def _write_votes(snapshot: Snapshot) -> None:
    tally = snapshot.tally
    shares = percentages(tally.votes)
    rows = [
        (f"#{choice.tag}", f"{votes:,}", f"{share:.1f} %")
        for choice, votes, share in zip(snapshot.contest.choices, tally.votes, shares, strict=True)
    ]
    table([("choice", "votes", ""), *rows, ("Total", f"{tally.total:,}", "")])


def _write_changes(stands: Snapshot, again: Snapshot) -> None:
    before, after = stands.tally, again.tally
    rows = [
        (f"#{choice.tag}", f"{old:,}", f"{new:,}", signed(new - old))
        for choice, old, new in zip(again.contest.choices, before.votes, after.votes, strict=True)
    ]
    more = signed(after.total - before.total)
    total = ("Total", f"{before.total:,}", f"{after.total:,}", more)
    table([("choice", "live", "recount", "difference"), *rows, total])


def _write_json(stands: Snapshot, again: Snapshot, options: command_options.RecountOptions) -> None:
    pairs = zip(again.contest.choices, stands.tally.votes, again.tally.votes, strict=True)
    told = {
        "format": FORMAT,
        "asked": {
            "rules": dict(options.rule),
            "without": options.without,
            "exclude": options.exclude,
        },
        "live": document(stands),
        "recount": document(again),
        "difference": {choice.tag: new - old for choice, old, new in pairs},
        "winner_unchanged": _is_same_winner(stands, again),
    }
    sys.stdout.write(json_text(told))


def _is_same_winner(stands: Snapshot, again: Snapshot) -> bool:
    before = decision(stands.tally, stands.contest)
    return before.winners == decision(again.tally, again.contest).winners
