"""The form of a new vote: wires networks, saved contests and the sign-in."""

from __future__ import annotations

import logging
import os
import subprocess
import sys
import threading
from contextlib import suppress
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from twittervotes.app import kept, registry
from twittervotes.auth import entered_keys
from twittervotes.core.config.rules import ruled
from twittervotes.core.contest.contest import Contest, checked, chosen
from twittervotes.core.contest.turkish import hints
from twittervotes.core.errors import ConfigError, TwittervotesError
from twittervotes.core.file_name import data_folder
from twittervotes.desktop.start_page.contract import (
    Key,
    NameKeeper,
    NetworkOption,
    NoName,
    Recent,
    Starting,
)
from twittervotes.presentation.numbers import listed
from twittervotes.sources.web.settings import WebSettings, reach

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from twittervotes.cli.vote_options import Options
    from twittervotes.core.config.loader import Config
    from twittervotes.sources.plugin import SourcePlugin

log = logging.getLogger(__name__)

OPENS = "Open to phones in this network"
WEB = "web"  # it opens a page on this computer, so it is never ticked by default

SIGN_IN = "import sys; from twittervotes.app.sign_in import main; sys.exit(main())"


def starting(
    options: Options, begin: Callable[[Options], None], name: NameKeeper | None = None
) -> Starting:
    """Return what the form may call; `options` are those of the command line."""

    def configured() -> Config | None:
        try:
            return registry.configured(options)
        except TwittervotesError:
            return None  # reported when the vote starts; until then the keys are unknown

    return Starting(
        begin=begin,
        words=lambda wanted: words(wanted, configured()),
        networks=lambda: networks(configured()),
        recent=_recent,
        sign_in=lambda told: _signing_in(options, told),
        delete=lambda recent: kept.delete(recent.path),
        show_folder=lambda: kept.show_folder(data_folder()),
        enter=lambda keys: enter(options, keys),
        name=name or NoName(),
    )


def networks(config: Config | None) -> tuple[NetworkOption, ...]:
    """Return the installed networks, and what each still needs."""
    found = []
    for name, plugin in registry.networks().items():
        needs: tuple[str, ...] = ()
        if config is not None:
            needs = plugin.needs(config.section(plugin.settings))
        keys = _missing(plugin, config) if needs and config is not None else ()
        found.append(
            NetworkOption(
                name,
                plugin.summary,
                _plainly(needs, keys, signs_in=plugin.signs_in),
                plugin.signs_in,
                keys,
                is_usual=plugin.price is None and name != WEB,
                opens=OPENS if name == WEB and not needs and _is_local(config) else "",
            )
        )
    return tuple(found)


def enter(options: Options, keys: Mapping[str, str]) -> None:
    """Save the keys of a network; raise ConfigError and save none if one is invalid."""
    names = registry.key_names()
    before = entered_keys.read(names)
    entered_keys.write(names, keys)
    try:
        registry.configured(options)
    except ConfigError as error:
        entered_keys.replace(before)
        words = str(error).partition(": ")[2] or str(error)
        raise ConfigError(f"{words[:1].upper()}{words[1:]}") from None


def _missing(plugin: SourcePlugin[Any], config: Config) -> tuple[Key, ...]:
    """Return the keys of a network that are still missing."""
    settings = config.section(plugin.settings)
    return tuple(
        Key(registry.key_name(plugin.name, key.name), key.words, key.is_secret)
        for key in plugin.keys
        if not getattr(settings, key.name)
    )


def _plainly(needs: tuple[str, ...], keys: tuple[Key, ...], *, signs_in: bool) -> tuple[str, ...]:
    """Say what a network needs, without the names of settings."""
    if not needs:
        return ()
    if keys:
        return (f"Needs the {listed([key.words for key in keys])}.",)
    return ("Needs you to sign in.",) if signs_in else needs


def words(options: Options, config: Config | None) -> str:
    """Say what would be counted and what it costs; raise TwittervotesError if invalid."""
    choices, twice = chosen(options.hashtags)
    said = [f"{len(choices)} choice{'s' * (len(choices) != 1)}"]
    said += [f"#{tag} was given twice; it is shown once" for tag in twice]
    contest = Contest("", choices)
    if config is None:
        checked(contest)
        return " · ".join(said)
    contest = Contest("", choices, ruled(config.contest.rules, options.rules))
    checked(contest)
    limit = config.contest.max_hashtags
    if limit is not None and len(choices) > limit:
        said.append(f"only the first {limit} are used (max_hashtags)")
    for name in options.sources:
        if name in registry.networks():
            said += _cost(name, config, contest, options.host)
    told = hints(replace(contest, title=options.title or ""), options.sources)
    said += [f"{hint.words}: write {hint.option} to count both" for hint in told]
    return " · ".join(said)


def _is_local(config: Config | None) -> bool:
    """Return whether only this machine could open the ballot page."""
    settings = None if config is None else config.section(WebSettings)
    return settings is not None and settings.is_local and not settings.name


def _cost(name: str, config: Config, contest: Contest, host: str) -> list[str]:
    """Say how many requests each round takes; nothing for a network that isn't ready.

    Of the ballot page say who can open it.
    """
    plugin = registry.networks()[name]
    settings = config.section(plugin.settings)
    if plugin.needs(settings):
        checked(contest)
        return []
    sources = plugin.sources(settings, contest)
    checked(contest, {source.network for source in sources})
    requests = sum(len(source.feeds(contest)) for source in sources)
    price = [plugin.price(settings)] if plugin.price else []
    if isinstance(settings, WebSettings):
        opened = replace(settings, host=host or settings.host)
        price = [reach(opened, f"tick “{OPENS}”").rstrip(".")]
    return [f"{name}: {requests} request{'s' * (requests != 1)} a round", *price]


def _recent(told: Callable[[tuple[Recent, ...]], None]) -> None:
    def find() -> None:
        from twittervotes.app.recent import recent  # imported here because it loads slowly

        found: tuple[Recent, ...] = ()
        for each in recent(data_folder()):
            found = (*found, each)
            told(found)

    threading.Thread(target=find, name="recent", daemon=True).start()


def _signing_in(options: Options, told: Callable[[str, bool], None]) -> Callable[[], None]:
    """Run the sign-in as a separate program; return a function that ends it."""
    command = [sys.executable, "-c", SIGN_IN]
    if options.config is not None:
        command += ["--config", str(options.config)]
    process = subprocess.Popen(  # noqa: S603 - our own program
        command,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        encoding="utf-8",
        errors="replace",
        env={**os.environ, "PYTHONIOENCODING": "utf-8"},
    )

    def follow() -> None:
        line = ""
        for line in process.stdout or ():
            told(line.strip(), False)
        process.wait()
        told(line.strip() or "Sign-in ended.", True)

    threading.Thread(target=follow, name="sign-in", daemon=True).start()

    def end() -> None:
        with suppress(OSError):
            process.terminate()

    return end
