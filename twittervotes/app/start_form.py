"""What the form of a new vote asks the program: wires networks, kept contests and the sign-in."""

from __future__ import annotations

import logging
import os
import subprocess
import sys
import threading
from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace

from twittervotes.app import kept, registry
from twittervotes.cli.vote_options import Options
from twittervotes.core.config.loader import Config
from twittervotes.core.config.rules import ruled
from twittervotes.core.contest.contest import Contest, checked, chosen
from twittervotes.core.contest.turkish import hints
from twittervotes.core.errors import TwittervotesError
from twittervotes.core.file_name import data_folder
from twittervotes.desktop.start_page.contract import NetworkOption, Recent, Starting

log = logging.getLogger(__name__)

SIGN_IN = "import sys; from twittervotes.app.sign_in import main; sys.exit(main())"


def starting(options: Options, begin: Callable[[Options], None]) -> Starting:
    """Return what the form may ask for; `options` are those of the command line."""

    def configured() -> Config | None:
        try:
            return registry.configured(options)
        except TwittervotesError:
            return None  # told when the vote is begun; until then nothing is known of keys

    return Starting(
        begin=begin,
        words=lambda wanted: words(wanted, configured()),
        networks=lambda: networks(configured()),
        recent=_recent,
        sign_in=lambda told: _signing_in(options, told),
        delete=lambda recent: kept.delete(recent.path),
        show_folder=lambda: kept.show_folder(data_folder()),
    )


def networks(config: Config | None) -> tuple[NetworkOption, ...]:
    """Return the networks that are installed, and what each still needs."""
    found = []
    for name, plugin in registry.networks().items():
        needs: tuple[str, ...] = ()
        if config is not None:
            needs = plugin.needs(config.section(plugin.settings))
        found.append(NetworkOption(name, plugin.summary, needs, plugin.signs_in))
    return tuple(found)


def words(options: Options, config: Config | None) -> str:
    """Say what would be counted and what that costs; raises TwittervotesError with why not."""
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
            said += _cost(name, config, contest)
    told = hints(replace(contest, title=options.title or ""), options.sources)
    said += [f"{hint.words}: write {hint.option} to count both" for hint in told]
    return " · ".join(said)


def _cost(name: str, config: Config, contest: Contest) -> list[str]:
    """Say how often a network is asked in each round; nothing of one that is not ready."""
    plugin = registry.networks()[name]
    settings = config.section(plugin.settings)
    if plugin.needs(settings):
        checked(contest)
        return []
    sources = plugin.make(settings, contest)
    checked(contest, {source.network for source in sources})
    requests = sum(len(source.feeds(contest)) for source in sources)
    price = [plugin.price(settings)] if plugin.price else []
    return [f"{name}: {requests} request{'s' * (requests != 1)} a round", *price]


def _recent(told: Callable[[tuple[Recent, ...]], None]) -> None:
    def find() -> None:
        from twittervotes.app.recent import recent  # not above: it takes a while to load

        found: tuple[Recent, ...] = ()
        for each in recent(data_folder()):
            found = (*found, each)
            told(found)

    threading.Thread(target=find, name="recent", daemon=True).start()


def _signing_in(options: Options, told: Callable[[str, bool], None]) -> Callable[[], None]:
    """Run the sign-in as a program of its own; return what ends it."""
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
