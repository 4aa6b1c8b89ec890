"""The quick part of opening a vote, which finds most mistakes.

It looks into a ledger that is to be resumed, and sends no request to a network.
"""

from __future__ import annotations

import logging
from dataclasses import dataclass
from pathlib import Path

from twittervotes.app import registry, rivals
from twittervotes.cli import plan
from twittervotes.cli.vote_options import Options
from twittervotes.core import file_name
from twittervotes.core.config.loader import Config
from twittervotes.core.contest import acts
from twittervotes.core.contest.clock import Clock
from twittervotes.core.contest.contest import Contest
from twittervotes.core.contest.posts import Ask, Failed, Feed, Page, Remedy, Source
from twittervotes.core.contest.snapshot import State
from twittervotes.core.contest.turkish import hints
from twittervotes.core.errors import ConfigError
from twittervotes.core.ledger.file import is_new
from twittervotes.core.ledger.reader import Reader

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class VoteRequest:
    """A vote to be counted: a new one, or (`contest` None) the one in `ledger`.

    `state` is the state of a resumed vote; `asked` are its sources with their original queries.
    """

    options: Options
    config: Config
    names: tuple[str, ...]
    contest: Contest | None = None
    ledger: Path | None = None
    state: State = State.SCHEDULED
    asked: tuple[Source, ...] = ()


@dataclass(frozen=True, slots=True)
class ClosedSource:
    """A source of a finished vote; it is not queried any more."""

    name: str
    network: str
    complete: bool
    queries: tuple[str, ...]

    def feeds(self, _: Contest) -> tuple[Feed, ...]:
        """Return the original queries."""
        return tuple(Feed(query, query) for query in self.queries)

    def fetch(self, ask: Ask) -> Page | Failed:
        """Say that the vote is over."""
        return Failed(self.name, ask, Remedy.STOP, "The vote is over.")


def ordered(options: Options, config: Config) -> VoteRequest:
    """Return the requested vote; raise TwittervotesError if it's invalid."""
    registry.check(options.sources or config.sources)
    ledger = options.file or options.ledger
    if ledger is not None and (options.file or not is_new(ledger)):
        return _resumed(options, config, ledger)
    names = options.sources or config.sources
    is_rehearsal = registry.REHEARSAL in names
    contest = plan.new_contest(options, config, Clock().today(), rehearsal=is_rehearsal)
    rivals.check(contest, registry.rooms(names, config, contest), file_name.data_folder())
    for hint in hints(contest, names):
        log.warning("%s. Write %s to count both.", hint.words, hint.option)
    return VoteRequest(options, config, names, contest, ledger or plan.new_ledger(contest))


def asks_first(options: Options, config: Config | None) -> bool:
    """Return whether the choices are still unknown, so that the form must ask for them."""
    if options.hashtags or options.ledger or options.file:
        return False
    return config is None or not (config.contest.hashtags or config.contest.choices)


def _resumed(options: Options, config: Config, ledger: Path) -> VoteRequest:
    with Reader(ledger) as reader:
        plan.check_same(options, reader.contest, ledger)
        state = acts.state(reader.contest, reader.acts, Clock().today())
        origins = reader.sources()
        is_rehearsal = reader.contest.rehearsal
    known = (*registry.networks(), registry.REHEARSAL)
    kept = tuple(name for name in known if any(origin.startswith(name) for origin in origins))
    usual = (registry.REHEARSAL,) if is_rehearsal else config.sources
    names = options.sources or kept or usual
    if is_rehearsal != (registry.REHEARSAL in names):
        kind = "a rehearsal" if is_rehearsal else "a real vote"
        raise ConfigError(f"{ledger} holds {kind}; --source {names[0]} can't continue it.")
    asked = tuple(
        ClosedSource(name, origin.network, origin.complete, origin.queries)
        for name, origin in origins.items()
    )
    return VoteRequest(options, config, names, None, ledger, state, asked)
