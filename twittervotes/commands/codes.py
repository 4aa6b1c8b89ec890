"""The codes command: makes a sheet of one-time codes for the ballot page, to print and cut up."""

from __future__ import annotations

import importlib.util
from typing import TYPE_CHECKING

from twittervotes.commands.say import say
from twittervotes.core import atomic_file
from twittervotes.core.config.loader import load
from twittervotes.core.errors import ConfigError
from twittervotes.sources.web import keys
from twittervotes.sources.web.settings import WebSettings, reach, voters_address
from twittervotes.sources.web.source import PLUGIN

if TYPE_CHECKING:
    from collections.abc import Iterable

    from twittervotes.cli import command_options
    from twittervotes.sources.plugin import Registry


def run(options: command_options.CodesOptions, registry: Registry) -> int:
    """Write the sheet, and say what is on it."""
    if importlib.util.find_spec("segno") is None:
        raise ConfigError(PLUGIN.needs(WebSettings())[0])
    from twittervotes.ballots import sheet

    settings = load(options.config, registry.sections).section(WebSettings)
    last = options.first + options.number - 1
    if options.number > sheet.MOST or last > keys.MOST_CODES:
        raise ConfigError(
            f"A sheet has {sheet.MOST:,} codes at most, numbered up to {keys.MOST_CODES:,}."
        )
    if settings.port == 0 and not settings.name:
        raise ConfigError("Set web.port in the configuration: codes carry the page's address.")
    if options.new:
        keys.renew(settings.key_file)
    secret = keys.load(settings.key_file)
    codes: Iterable[str] = (secret.code(n) for n in range(options.first, last + 1))
    address = voters_address(settings)
    made = sheet.encoded(options.to.suffix, sheet.tickets(codes, address), address)
    try:
        atomic_file.write(options.to, made, private=True)
    except OSError as error:
        raise ConfigError(f"{options.to} can't be written: {error.strerror}.") from error
    say(f"Saved: {options.to} (codes {options.first:,} to {last:,}, for {address})")
    say(reach(settings))
    if options.new:
        say("Codes that were printed before aren't valid any more.")
    if settings.level != "code":
        say("Set web.level to code, so that only these codes vote.")
    return 0
