"""The door for networks: what a source's file shows of itself to be found, set up and asked.

A package that brings a source names an `Offer` as an entry point of `twittervotes.sources`; our own
sources come through the same door. docs/adding-a-source.md builds one.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import dataclass
from importlib.metadata import entry_points
from typing import Any, Generic, TypeVar

from twittervotes.core.contest import Contest
from twittervotes.core.model import Source

log = logging.getLogger(__name__)

GROUP = "twittervotes.sources"
S = TypeVar("S")


@dataclass(frozen=True, slots=True)
class Offer(Generic[S]):
    """A network that can be counted.

    `name` is what --source and the configuration's section are called; `summary` is one line about
    it; `settings` is the dataclass of the section. `needs` returns sentences that say what is
    missing before it can be asked, none when it is ready. `make` returns the sources to ask: one,
    or several where a network is read in several places; it may raise ConfigError.
    """

    name: str
    summary: str
    settings: type[S]
    needs: Callable[[S], tuple[str, ...]]
    make: Callable[[S, Contest], tuple[Source, ...]]


def offers() -> dict[str, Offer[Any]]:
    """Return what is installed, by name; one that cannot be loaded is told and left out."""
    found: dict[str, Offer[Any]] = {}
    for entry in sorted(entry_points(group=GROUP), key=lambda entry: entry.name):
        try:
            offer = entry.load()
        except Exception as error:  # whatever a stranger's package raises when it is imported
            log.warning("The source %s cannot be used: %r", entry.name, error)
            continue
        if isinstance(offer, Offer):
            found[offer.name] = offer
        else:
            log.warning("The source %s cannot be used: %s is no Offer.", entry.name, entry.value)
    return found
