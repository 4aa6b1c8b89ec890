"""What can be wired: the sections of the configuration, and the sources by name."""

from __future__ import annotations

import os
from functools import cache
from typing import TYPE_CHECKING, Any

from twittervotes.auth import entered_keys
from twittervotes.auth.settings import PageSettings
from twittervotes.core.config.binding import meant
from twittervotes.core.config.loader import PREFIX, Config, load
from twittervotes.core.contest import chat
from twittervotes.core.contest.contest import Contest, checked
from twittervotes.core.errors import ConfigError
from twittervotes.rehearsal.settings import RehearsalSettings
from twittervotes.sources.plugin import Registry, SourcePlugin, plugins

if TYPE_CHECKING:
    from collections.abc import Iterator
    from contextlib import ExitStack

    from twittervotes.cli.vote_options import Options
    from twittervotes.core.contest.posts import Source

REHEARSAL = "rehearsal"
CHATS = ("twitch", "youtube")
CHANNELS = "TWITTERVOTES_TWITCH_CHANNELS"  # the variable that sets twitch.channels
HOST = "TWITTERVOTES_WEB_HOST"  # the one that sets web.host
REHEARSED = "TWITTERVOTES_REHEARSAL_NETWORKS"  # and the one that sets rehearsal.networks


@cache
def networks() -> dict[str, SourcePlugin[Any]]:
    """Return the installed networks by name."""
    return plugins()


def sections() -> dict[str, type[object]]:
    """Return the class of each section's settings, by the section's name."""
    return {
        **{name: plugin.settings for name, plugin in networks().items()},
        REHEARSAL: RehearsalSettings,
        "sign_in": PageSettings,
    }


def configured(options: Options) -> Config:
    """Return the configuration, with the command line's settings for single sources."""
    said = {CHANNELS: ",".join(options.channels)} if options.channels else {}
    if options.host:
        said[HOST] = options.host
    if options.rehearse:
        said[REHEARSED] = ",".join(options.rehearse)
    entered = entered_keys.read(key_names())
    return load(options.config, sections(), {**entered, **os.environ, **said})


def key_names() -> tuple[str, ...]:
    """Return the variables of all keys that can be entered in the window."""
    return tuple(
        key_name(name, key.name) for name, plugin in networks().items() for key in plugin.keys
    )


def key_name(network: str, setting: str) -> str:
    """Return the variable that sets a setting of a network."""
    return f"{PREFIX}{network}_{setting}".upper()


def installed() -> Registry:
    """Return the installed plug-ins and sections, for commands."""
    return Registry(networks(), sections())


def check(names: tuple[str, ...]) -> None:
    """Raise ConfigError unless every name is a source and the rehearsal is alone."""
    known = [*networks(), REHEARSAL]
    for name in names:
        if name not in known:
            hint = meant(name, known)
            words = f"{hint}" if hint else f". Available: {', '.join(known)}."
            raise ConfigError(f"There is no source {name!r}{words}")
    if REHEARSAL in names and len(names) > 1:
        raise ConfigError("A rehearsal can't be counted together with a real network.")


def sources(
    names: tuple[str, ...], config: Config, contest: Contest, running: ExitStack
) -> tuple[Source, ...]:
    """Return the sources by name; `running` gets what must be stopped at the end.

    Raises ContestError if two choices are the same hashtag on any of their networks, and
    ConfigError if a source isn't ready.
    """
    found: list[Source] = []
    for name in names:
        if name == REHEARSAL:
            found.extend(_rehearsal(config, contest, running))
        else:
            found.extend(_made(networks()[name], config, contest))
    checked(contest, sorted({source.network for source in found}))
    return tuple(found)


def rooms(names: tuple[str, ...], config: Config, contest: Contest) -> set[str]:
    """Return the names of the chats that these sources would read; none if a source isn't ready."""
    found: set[str] = set()
    for name in names:
        if name in CHATS:
            plugin = networks()[name]
            settings = config.section(plugin.settings)
            if not plugin.needs(settings):
                found.update(source.name for source in plugin.sources(settings, contest))
    return found


def _made(plugin: SourcePlugin[Any], config: Config, contest: Contest) -> tuple[Source, ...]:
    try:
        return plugin.sources(config.section(plugin.settings), contest)
    except ConfigError as error:
        all_of_them = networks().values()
        ready = [each.name for each in all_of_them if not each.needs(config.section(each.settings))]
        if not ready:
            raise
        raise ConfigError(f"{error} Available now (--source): {', '.join(ready)}.") from error


def _rehearsal(config: Config, contest: Contest, running: ExitStack) -> Iterator[Source]:
    """Yield the sources of a rehearsal, and start what they read."""
    settings = config.section(RehearsalSettings)
    if "x" in settings.networks:
        yield _rehearsed_x(config, contest, running)
    chats = tuple(name for name in CHATS if name in settings.networks)
    if chats:
        yield from _rehearsed_chats(chats, settings, contest, running)


def _rehearsed_x(config: Config, contest: Contest, running: ExitStack) -> Source:
    from twittervotes.rehearsal import launcher
    from twittervotes.sources.x_v1.source import Twitter, TwitterSettings

    network = running.enter_context(launcher.start(config.section(RehearsalSettings), contest.tags))
    keys = network.credentials
    return Twitter(
        keys.consumer_key,
        keys.consumer_secret,
        keys.oauth_token,
        keys.oauth_token_secret,
        network.url,
        config.section(TwitterSettings).overlap_s * 1000,
        name=REHEARSAL,
        complete=True,
    )


def _rehearsed_chats(
    chats: tuple[str, ...], settings: RehearsalSettings, contest: Contest, running: ExitStack
) -> Iterator[Source]:
    from twittervotes.rehearsal import chat_launcher
    from twittervotes.rehearsal.chat_launcher import ChatScript
    from twittervotes.sources.twitch.source import Twitch
    from twittervotes.sources.youtube.source import YouTube

    chat.check(contest)
    said = chat.ways(contest)
    words = tuple(chat.reader(contest).tags.items())
    running_chats = running.enter_context(
        chat_launcher.start(ChatScript(settings, contest.tags, said, chats))
    )
    for name in chats:
        url, label = running_chats.urls[name], f"{REHEARSAL}:{name}"
        if name == chat_launcher.TWITCH:
            yield Twitch(chat_launcher.CHANNEL, words, contest.chat, url, label=label)
        else:
            yield YouTube(
                chat_launcher.VIDEO,
                running_chats.key,
                words,
                contest.chat,
                chat_launcher.UNITS,
                url,
                label=label,
            )
