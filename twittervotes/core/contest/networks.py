"""Networks, as the count and the views know them: titles, folding, and links of posts and accounts.

A package describes its networks as entry points of `twittervotes.networks`, named as in ledgers. A
recount needs them too, so they are apart from the sources, small, and loaded when first needed.
An unknown network has a title made from its name and compares hashtags without regard to case.
Where a description is installed but can't be loaded, the network is refused: its fold may differ.
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
    """What a person may mean: keys of posts, voters, and beginnings with endings of keys.

    A key or a voter may have its network and a colon in front. `below` has beginnings with endings
    of voters, for when nothing else is found.
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
        fold: Returns the form under which the network compares a hashtag; folding twice must
            change nothing. None: without regard to case. It decides counts, so it's part of the
            ledger's format, and the stand-alone verifier has to know it (docs/proof.md).
        check: Raises ContestError if the network doesn't take a string for one whole hashtag.
        accent_blind: What finds hashtags whatever their accents, such as "X's search"; ""
            if nothing does. Choices that differ in accents alone are refused there.
        turkish_apart: Whether the capitals of Turkish are other letters than their small ones.
        meant: Reads the link of a post or an account; None if it is of another network.
        accounts: How to name an account when asking for it, such as "its number on X".
        renamed: Returns the current name of a voter whom older ledgers may call something else.
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
    """Return the network called `name`, a plain one if no package describes it.

    Raises:
        ConfigError: A package describes it and can't be loaded; to count without would be wrong.
    """
    return _loaded(name) if name in _entries() else Network(name, _capitalised(name))


def of_source(source: str) -> Network:
    """Return the network that a source reads, by the source's name."""
    kind = source.partition(":")[0].lower()
    return next((each for each in installed() if kind in each.sources), None) or of(kind)


@cache
def installed() -> tuple[Network, ...]:
    """Return the networks that are described; log and skip those that can't be loaded."""
    found = []
    for name in _entries():
        try:
            found.append(_loaded(name))
        except ConfigError as error:
            log.warning("%s", error)
    return tuple(found)


@cache
def _entries() -> Mapping[str, EntryPoint]:
    from importlib.metadata import entry_points  # not above: --help does without it

    found = sorted(entry_points(group=GROUP), key=lambda entry: entry.name)
    if not found:
        raise ConfigError("This installation describes no networks. Install twittervotes again.")
    return {entry.name: entry for entry in found}


@cache
def _loaded(name: str) -> Network:
    entry = _entries()[name]
    try:
        network = entry.load()
    except Exception as error:  # whatever another package raises when it is imported
        raise ConfigError(
            f"The network {name} can't be counted: {entry.value} fails to load ({error!r})."
            " Install its package again, or remove it."
        ) from error
    if not isinstance(network, Network):
        raise ConfigError(f"The network {name} can't be counted: {entry.value} isn't a Network.")
    return network


def forget() -> None:
    """Look for networks anew when one is next needed."""
    for remembered in (installed, _entries, _loaded):
        remembered.cache_clear()


def _capitalised(name: str) -> str:
    return name[:1].upper() + name[1:]
