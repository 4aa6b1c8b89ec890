"""The import command: adds responses and posts collected elsewhere to a ledger.

For each network, the import is a source named `archive:` and the network. Importing the same files
again changes nothing. If no period is given, the vote lasts from the first post to the last.
"""

from __future__ import annotations

import os
import sys
from contextlib import closing
from dataclasses import replace
from typing import TYPE_CHECKING

from twittervotes.cli import command_options, plan
from twittervotes.cli.vote_options import Options
from twittervotes.commands.intake import Intake
from twittervotes.commands.progress import progress_in_bytes
from twittervotes.commands.reading import Readers, pieces
from twittervotes.commands.say import complain, say
from twittervotes.core.config.loader import load
from twittervotes.core.config.rules import moments
from twittervotes.core.contest import networks
from twittervotes.core.contest.clock import Clock
from twittervotes.core.contest.turkish import Hint
from twittervotes.core.errors import ConfigError
from twittervotes.core.ledger.file import is_new
from twittervotes.core.ledger.writer import Ledger
from twittervotes.presentation.numbers import counted

if TYPE_CHECKING:
    from twittervotes.sources.archive.reader import Piece
    from twittervotes.sources.plugin import Registry

MOST_TOLD = 20  # problems to print; further ones are only counted
NOTHING = 1  # the exit code if the files have no post of the vote,
LEFT_OUT = 3  # and if some of their content could not be read completely


def run(options: command_options.ImportOptions, registry: Registry) -> int:
    """Read files into a new ledger, or into one of the same vote."""
    size = _size(options)
    told: list[Piece] = []
    with closing(_intake(options, registry)) as intake:
        readers = Readers.of(registry, intake.contest)
        with (
            progress_in_bytes("Reading", size) as passed,
            pieces(readers, options.files, size, passed) as read,
        ):
            for piece in read:
                intake.take(piece)
                if piece.bad and len(told) < MOST_TOLD:
                    told.append(piece)
        intake.end()
        _report_bad(told, intake)
        _report_missed(intake)
        return _report(intake)


def _size(options: command_options.ImportOptions) -> int:
    """Return the total size in bytes; raise ConfigError if one isn't a file."""
    size = 0
    for file in options.files:
        if not file.exists():
            raise ConfigError(f"There is no file {file}.")
        if not file.is_file():
            raise ConfigError(f"{file} isn't a file. Name the files in it.")
        if not os.access(file, os.R_OK):
            raise ConfigError(f"You don't have permission to read {file}.")
        if options.ledger.exists() and file.samefile(options.ledger):
            raise ConfigError(f"{file} can't be both input and output; choose another --ledger.")
        size += file.stat().st_size
    return size


def _intake(options: command_options.ImportOptions, registry: Registry) -> Intake:
    """Return the intake into a new ledger, or into the existing one."""
    vote_options = Options(
        hashtags=options.hashtags, title=options.title, rules=options.rule, words=options.words
    )
    now_ms = Clock().today()
    if not is_new(options.ledger):
        ledger = Ledger.reopen(options.ledger)
        try:
            plan.check_same(vote_options, ledger.contest, options.ledger)
            if ledger.contest.rehearsal:
                raise ConfigError(
                    f"{options.ledger} holds a rehearsal; real posts can't be added to it."
                )
            opens_ms = moments(options.rule).get("opens")
            return Intake(options.ledger, ledger.contest, now_ms, ledger, opens_ms)
        except BaseException:
            ledger.close()
            raise
    config = load(options.config, registry.sections)
    said, settings = moments(options.rule), config.contest
    opens_ms = said.get("opens", settings.opens_ms)
    if opens_ms is None:  # a duration alone doesn't say when the vote was
        settings = replace(settings, opens_ms=0, time_ms=None)
    contest = plan.new_contest(
        vote_options, replace(config, contest=settings), now_ms, rehearsal=False
    )
    return Intake(options.ledger, contest, now_ms, opens_ms=opens_ms)


def _report_bad(told: list[Piece], intake: Intake) -> None:
    """Report on stderr what could not be read, and where."""
    lines = []
    for piece in told:
        where = f"{piece.file}, line {piece.line}" if piece.line else piece.file
        lines += [f"{where}: {words}" for words in piece.bad]
    for line in lines[:MOST_TOLD]:
        complain(line)
    more = sum(total.bad for total in intake.sums.values()) - len(lines[:MOST_TOLD])
    if more > 0:
        sys.stderr.write(f"And {more:,} more like these.\n")


def _report_missed(intake: Intake) -> None:
    """Report on stderr how many posts did not count because of Turkish capitals."""
    for (network, form, tag), number in intake.missed.items():
        hint = Hint(tag, (form,), networks.of(network).title)
        posts = "1 post has" if number == 1 else f"{number:,} posts have"
        complain(
            f"{hint.words}: {posts} it. To count both, import into a new ledger with {hint.option}."
        )


def _report(intake: Intake) -> int:
    for name, total in intake.sums.items():
        bad = f", {total.bad:,} could not be read in full" * (total.bad > 0)
        say(f"{name}: {counted(total.read, 'post')}, {total.kept:,} of the vote{bad}")
    ledger = intake.ledger
    if ledger is None:
        tags = " ".join(f"#{tag}" for tag in intake.contest.tags)
        say(f"No post with {tags} was found. {intake.out} was not created.")
        return NOTHING
    if not ledger.posts_written:
        tags = " ".join(f"#{tag}" for tag in intake.contest.tags)
        say(
            f"No post with {tags} was found. {intake.out} records what the files say "
            "about other posts."
        )
        return NOTHING
    say(f"{intake.out}: {ledger.contest.title}")
    if intake.new:
        say(f"{counted(intake.new, 'new post')}, digest {ledger.digest}")
    else:
        say(f"No new posts, digest {ledger.digest}")
    return LEFT_OUT if any(total.bad for total in intake.sums.values()) else 0
