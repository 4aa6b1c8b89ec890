"""The compare command: a network's own counts per minute, next to the posts that were seen.

Only a plausibility check: the network counts posts, not votes, and ignores edits and deletions.
"""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Any

from twittervotes.commands.say import say, signed, table
from twittervotes.core.config.loader import Config, load
from twittervotes.core.contest.acts import second_before
from twittervotes.core.contest.clock import Clock
from twittervotes.core.contest.folding import fold
from twittervotes.core.contest.posts import Kind, Source
from twittervotes.core.counting.explain import moment
from twittervotes.core.errors import ConfigError
from twittervotes.core.ledger.reader import Reader
from twittervotes.core.ledger.search import current_posts
from twittervotes.presentation.numbers import counted

if TYPE_CHECKING:
    from twittervotes.cli import command_options
    from twittervotes.core.contest.contest import Contest
    from twittervotes.sources.plugin import Registry, SourcePlugin

MINUTE_MS = 60_000
NOT_YET_MS = 60_000  # more recent posts are not compared
LONGEST = 60  # minutes in the table; of a longer period, only those that differ are shown
NO_VOTES = (Kind.REPOST.value, Kind.WITHDRAWN.value)

Minutes = dict[int, int]


def run(options: command_options.CompareOptions, registry: Registry) -> int:
    """Query the networks that count posts themselves, and print their numbers next to ours."""
    config = load(options.config, registry.sections)
    with Reader(options.file) as reader:
        contest, networks = reader.contest, {each.network for each in reader.sources().values()}
        asked = [
            (plugin, source)
            for plugin in registry.plugins.values()
            for source in _counting(plugin, config, contest)
            if source.network in networks
        ]
        if not asked:
            _refuse(reader, registry, config)
        period = _period(contest)
        for plugin, source in asked:
            settings = config.section(plugin.settings)
            theirs = dict(plugin.per_minute(settings, contest, period)) if plugin.per_minute else {}
            _tell(source.name, _seen(reader, source.network, period), theirs)
    return 0


def _counting(plugin: SourcePlugin[Any], config: Config, contest: Contest) -> tuple[Source, ...]:
    """Return the sources of a network that counts posts itself and is ready to be queried."""
    settings = config.section(plugin.settings)
    if plugin.per_minute is None or plugin.needs(settings):
        return ()
    return plugin.sources(settings, contest)[:1]


def _refuse(reader: Reader, registry: Registry, config: Config) -> None:
    needs = [
        f"{name}: {sentence}"
        for name, plugin in registry.plugins.items()
        if plugin.per_minute is not None
        for sentence in plugin.needs(config.section(plugin.settings))
    ]
    raise ConfigError(
        f"None of the networks in {reader.path} offers its own counts."
        + "".join(f" {each}" for each in needs)
    )


def _period(contest: Contest) -> range:
    """Return the elapsed part of the voting period, in milliseconds.

    It ends at a whole second, because X accepts nothing else: otherwise we would have posts that it
    omits.
    """
    now_ms = second_before(Clock().today() - NOT_YET_MS)
    stop_ms = now_ms if contest.closes_ms is None else min(now_ms, contest.closes_ms)
    if stop_ms <= contest.opens_ms:
        raise ConfigError("Voting opened less than a minute ago. Try again in a minute.")
    return range(contest.opens_ms, stop_ms)


def _seen(reader: Reader, network: str, period: range) -> Minutes:
    """Return the posts in the ledger by their minutes, each once, with any of the hashtags."""
    tags = frozenset(fold(tag, network) for tag in reader.contest.tags)
    return Counter(
        post.at_ms // MINUTE_MS * MINUTE_MS
        for post in current_posts(reader)
        if post.network == network
        and post.kind not in NO_VOTES
        and post.at_ms in period
        and any(fold(tag, network) in tags for tag in post.tags.split(" "))
    )


def _tell(name: str, ours: Minutes, theirs: Minutes) -> None:
    told_from = min(theirs, default=0)  # a network may not go back to the opening
    ours = {minute: posts for minute, posts in ours.items() if minute >= told_from}
    minutes = sorted({*ours, *theirs})
    differ = [minute for minute in minutes if ours.get(minute, 0) != theirs.get(minute, 0)]
    shown = minutes if len(minutes) <= LONGEST else differ
    seen, told = sum(ours.values()), sum(theirs.values())
    rows = [(moment(each), ours.get(each, 0), theirs.get(each, 0)) for each in shown]
    cells = [
        (at, f"{mine:,}", f"{other:,}", signed(mine - other))
        for at, mine, other in (*rows, ("Total", seen, told))
    ]
    table([("minute", "seen", f"{name} counts", "difference"), *cells])
    say("", f"{len(minutes) - len(differ):,} of {len(minutes):,} minutes agree.")
    if told:
        say(f"{counted(seen, 'post')} seen; {name} counts {told:,}: {100 * seen / told:.1f} %.")
    say(
        f"The counts of {name} are only for comparison: they don't reflect edits "
        "and deletions, and",
        "the first and last minute of a period may be incomplete.",
    )
