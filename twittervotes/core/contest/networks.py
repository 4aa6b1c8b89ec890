"""Networks, as the count and the views know them: titles, folding, links of posts and accounts.

A package describes its networks as entry points of `twittervotes.networks`, named as in ledgers.
Networks are separate from sources because a recount needs them too; they are small and loaded on
first use. An unknown network gets a title made from its name and ignores case in hashtags. A
network whose description is installed but can't be loaded is refused, because it may fold
differently.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cache
from typing import TYPE_CHECKING

from twittervotes.core.errors import ConfigError

if TYPE_CHECKING:
    from importlib.metadata import EntryPoint

log = logging.getLogger(__name__)

GROUP = "twittervotes.networks"


@dataclass(frozen=True, slots=True)
class Meant:
    """What a person may mean: keys of posts, voters, or parts of them.

    A key or a voter may be prefixed with its network and a colon. `parts` has pairs of a prefix and
    a suffix of keys; `below` has such pairs of voters, to try if nothing else is found.
    """

    keys: tuple[str, ...] = ()
    voters: tuple[str, ...] = ()
    parts: tuple[tuple[str, str], ...] = ()
    below: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class Network:
    """A network whose posts are counted.

    Args:
        name: The name that ledgers use.
        title: What people call it.
        sources: The titles of the sources that read it, by name, where they differ from `title`.
        fold: Returns the form under which the network compares a hashtag; must be idempotent.
            None: ignore case. It decides counts, so it's part of the ledger's format, and the
            stand-alone verifier has to know it (docs/proof.md).
        check: Raises ContestError unless the network accepts the whole string as one hashtag.
        accent_blind: What finds hashtags whatever their accents, such as "X's search"; ""
            if nothing does. Choices that differ only in accents are refused there.
        turkish_apart: Whether Turkish capitals differ from their small letters.
        meant: Parses the link of a post or an account; returns None for other networks.
        accounts: How to name an account when asking for it, such as "its number on X".
        renamed: Returns the current name of a voter that older ledgers may name differently.
    """

    name: str
    title: str
    sources: Mapping[str, str] = field(default_factory=dict)
    fold: Callable[[str], str] | None = None
    check: Callable[[str], None] | None = None
    accent_blind: str = ""
    turkish_apart: bool = False
    meant: Callable[[str], Meant | None] | None = None
    accounts: str = ""
    renamed: Callable[[str], str] | None = None


def of(name: str) -> Network:
    """Return the network called `name`; a plain one if no package describes it.

    Raises:
        ConfigError: A package describes it but can't be loaded; a plain one would count wrongly.
    """
    return _loaded(name) if name in _entries() else Network(name, _capitalised(name))


def of_source(source: str) -> Network:
    """Return the network that the source called `source` reads."""
    kind = source.partition(":")[0].lower()
    return next((each for each in installed() if kind in each.sources), None) or of(kind)


@cache
def installed() -> tuple[Network, ...]:
    """Return the described networks; log and skip those that can't be loaded."""
    found = []
    for name in _entries():
        try:
            found.append(_loaded(name))
        except ConfigError as error:
            log.warning("%s", error)
    return tuple(found)


@cache
def _entries() -> Mapping[str, EntryPoint]:
    from importlib.metadata import entry_points  # imported here because --help doesn't need it

    found = sorted(entry_points(group=GROUP), key=lambda entry: entry.name)
    if not found:
        raise ConfigError("This installation describes no networks. Install twittervotes again.")
    return {entry.name: entry for entry in found}


@cache
def _loaded(name: str) -> Network:
    entry = _entries()[name]
    try:
        network = entry.load()
    except Exception as error:  # importing another package may raise anything
        raise ConfigError(
            f"The network {name} can't be counted: {entry.value} fails to load ({error!r})."
            " Install its package again, or remove it."
        ) from error
    if not isinstance(network, Network):
        raise ConfigError(f"The network {name} can't be counted: {entry.value} isn't a Network.")
    return network


def forget() -> None:
    """Clear the cache, so that networks are looked up again."""
    for remembered in (installed, _entries, _loaded):
        remembered.cache_clear()


def _capitalised(name: str) -> str:
    return name[:1].upper() + name[1:]
