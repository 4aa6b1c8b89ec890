"""The sources command: lists the networks that can be counted, and what each needs."""

from __future__ import annotations

import sys
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING

from rich.cells import cell_len

from twittervotes.commands.say import say
from twittervotes.core.config.loader import Config, load
from twittervotes.core.terminal_text import json_text

if TYPE_CHECKING:
    from twittervotes.cli import command_options
    from twittervotes.sources.plugin import Registry

REHEARSAL = "rehearsal"
PRACTISE = "A simulated network on this computer, to practise with"


@dataclass(frozen=True, slots=True)
class SourceListing:
    """A source: its name, whether it is configured, and what it still needs.

    `imports` says whether its posts can be read from files.
    """

    name: str
    summary: str
    ready: bool
    chosen: bool
    imports: bool
    needs: tuple[str, ...] = ()


def run(options: command_options.SourcesOptions, registry: Registry) -> int:
    """List the sources."""
    found = listed(registry, load(options.config, registry.sections))
    if options.json:
        sys.stdout.write(json_text([asdict(each) for each in found]))
        return 0
    width = max(cell_len(each.name) for each in found)
    for each in found:
        say(f"{each.name:<{width}}  {'ready' if each.ready else 'not ready':<9}  {each.summary}")
        say(*(f"{'':<{width}}  needs: {sentence}" for sentence in each.needs))
    return 0


def listed(registry: Registry, config: Config) -> list[SourceListing]:
    """Return the installed sources, and the rehearsal."""
    found = []
    for name, plugin in registry.plugins.items():
        try:
            needs = tuple(plugin.needs(config.section(plugin.settings)))
        except Exception as error:  # another package may raise anything
            needs = (f"Its requirements are unknown ({type(error).__name__}).",)
        chosen = name in config.sources
        found.append(
            SourceListing(name, plugin.summary, not needs, chosen, plugin.reads is not None, needs)
        )
    practised = REHEARSAL in config.sources
    return [*found, SourceListing(REHEARSAL, PRACTISE, True, practised, False)]
