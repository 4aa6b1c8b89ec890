"""Source plug-ins: how a package describes a network that the program can count.

A package declares a `SourcePlugin` as an entry point of `twittervotes.sources`, and so do our own
sources. docs/adding-a-source.md builds one.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from importlib.metadata import entry_points
from typing import Any, Generic, NamedTuple, TypeVar

from twittervotes.core.contest.contest import Contest
from twittervotes.core.contest.numbered import NumberedPosts
from twittervotes.core.contest.posts import Deleted, News, Post, Presence, Source
from twittervotes.core.errors import ConfigError

__all__ = [
    "Check",
    "Deleted",
    "KeySetting",
    "LinesReading",
    "News",
    "Presence",
    "Read",
    "Reading",
    "Registry",
    "SourcePlugin",
    "plugins",
]

log = logging.getLogger(__name__)

GROUP = "twittervotes.sources"
S = TypeVar("S")


@dataclass(frozen=True, slots=True)
class Read:
    """The content of one JSON value in a file: its posts, and a description of unreadable ones.

    It may have posts of any time and with any hashtags, and any news; the caller filters. `ids` are
    like those of a `Page`.
    """

    posts: tuple[Post, ...] = ()
    bad: tuple[str, ...] = ()
    ids: tuple[str, ...] = ()
    news: tuple[News, ...] = ()


class Check(NamedTuple):
    """A check of the doctor: whether it passed, a description, and what to do."""

    is_good: bool
    words: str
    advice: str = ""


Reading = Callable[[bytes], Read | None]  # None: the value isn't of this network
LinesReading = Callable[[Sequence[bytes]], NumberedPosts]


@dataclass(frozen=True, slots=True)
class KeySetting:
    """A setting that a network needs and a user can enter: its name, and its label."""

    name: str
    words: str
    is_secret: bool = True


@dataclass(frozen=True, slots=True)
class SourcePlugin(Generic[S]):
    """A network that can be counted.

    Attributes:
        name: The value of --source, and the name of the configuration's section.
        summary: A description in one line.
        settings: The dataclass of the section.
        needs: Returns sentences that say what is missing; none if the source is ready.
        make: Returns the sources to query: one, or several if a network is read in several places;
            may raise ConfigError. It's called only if nothing is missing.
        reads: Returns a function that reads the network's responses and posts from files, value by
            value, in the order of the file. With it, `twittervotes import` accepts them.
        reads_lines: A faster way through the same files: returns the posts of the first of some
            lines, each of which has one post, up to a line that `reads` must handle.
        price: Says in a sentence what a paid network charges.
        per_minute: Returns the network's own counts of posts, to compare ours with, for a period in
            milliseconds: pairs of a minute (its first millisecond) and the number of posts; may
            raise ConfigError.
        checks: The doctor prints these instead of querying the source, because what it reads only
            starts with the vote.
        signs_in: Whether the window offers to run `twittervotes-auth` for it.
        keys: The settings that the window asks for while the network `needs` something.
    """

    name: str
    summary: str
    settings: type[S]
    needs: Callable[[S], tuple[str, ...]]
    make: Callable[[S, Contest], tuple[Source, ...]]
    reads: Callable[[Contest], Reading] | None = None
    reads_lines: LinesReading | None = None
    price: Callable[[S], str] | None = None
    per_minute: Callable[[S, Contest, range], tuple[tuple[int, int], ...]] | None = None
    signs_in: bool = False
    keys: tuple[KeySetting, ...] = ()
    checks: Callable[[S], Iterable[Check]] | None = None

    def sources(self, settings: S, contest: Contest) -> tuple[Source, ...]:
        """Return the sources to query; raise ConfigError if something is missing."""
        for sentence in self.needs(settings):
            raise ConfigError(sentence)
        return self.make(settings, contest)


@dataclass(frozen=True, slots=True)
class Registry:
    """The installed plug-ins, and the class of each configuration section's settings, by name."""

    plugins: Mapping[str, SourcePlugin[Any]]
    sections: Mapping[str, type[object]]


def plugins() -> dict[str, SourcePlugin[Any]]:
    """Return the installed plug-ins by name; log and skip those that can't be loaded."""
    found: dict[str, SourcePlugin[Any]] = {}
    for entry in sorted(entry_points(group=GROUP), key=lambda entry: entry.name):
        try:
            plugin = entry.load()
        except Exception as error:  # importing another package may raise anything
            log.warning("The source %s cannot be used: %r", entry.name, error)
            continue
        if isinstance(plugin, SourcePlugin):
            found[plugin.name] = plugin
        else:
            log.warning(
                "The source %s cannot be used: %s is not a SourcePlugin.", entry.name, entry.value
            )
    return found
