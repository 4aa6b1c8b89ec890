"""What the operator wants: the command line combined with the configuration.

The command line takes precedence. Knows sources only by name, and opens no file.
"""

from __future__ import annotations

import logging
import time
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from twittervotes.core import file_name
from twittervotes.core.config.binding import TRUTHS
from twittervotes.core.config.display import View
from twittervotes.core.config.rules import moments, ruled
from twittervotes.core.contest import acts
from twittervotes.core.contest.contest import Choice, Contest, checked, chosen
from twittervotes.core.contest.folding import fold
from twittervotes.core.contest.words import word
from twittervotes.core.errors import ConfigError
from twittervotes.core.file_name import ENDING, data_folder

if TYPE_CHECKING:
    from collections.abc import Iterable

    from twittervotes.cli.vote_options import Options
    from twittervotes.core.config.loader import Config

log = logging.getLogger(__name__)

GRAPHICS = "-graphics"


@dataclass(frozen=True, slots=True)
class Ways:
    """How to count and show: where, how often to ask, how long to read late posts."""

    view: View
    every_ms: int
    settle_ms: int


def ways(options: Options, config: Config) -> Ways:
    """Return how to count and show."""
    every_ms, settle_ms = options.every_ms, options.settle_ms
    return Ways(
        view=options.view or config.view,
        every_ms=config.every_ms if every_ms is None else every_ms,
        settle_ms=config.contest.settle_ms if settle_ms is None else settle_ms,
    )


def graphics(said: str, ledger: Path) -> Path | None:
    """Return the folder of the files for graphics: beside the ledger, or as in `said`; or None."""
    if said.lower() in TRUTHS:
        return ledger.with_name(ledger.stem + GRAPHICS) if TRUTHS[said.lower()] else None
    return Path(said).expanduser() if said.strip() else None


def new_contest(options: Options, config: Config, now_ms: int, *, rehearsal: bool) -> Contest:
    """Return the contest of a new ledger; it opens now.

    Raises ContestError or ConfigError if it's invalid.
    """
    settings = config.contest
    choices = _choices(options, config)
    period = moments(options.rules)
    opens_ms = period.get("opens", settings.opens_ms)
    if opens_ms is None:
        opens_ms = acts.second_before(now_ms)
    closes_ms = period.get("closes", settings.closes_ms)
    time_ms = settings.time_ms if options.time_ms is None else options.time_ms
    if time_ms is not None and "closes" not in period:
        closes_ms = opens_ms + time_ms
    rules = ruled(settings.rules, options.rules)
    if rules.required and any(choice.words for choice in choices):
        raise ConfigError("A vote by words can't require hashtags: chat messages have none.")
    return checked(
        Contest(
            title=options.title or settings.title or _question(choices),
            choices=choices,
            rules=rules,
            opens_ms=opens_ms,
            closes_ms=closes_ms,
            rehearsal=rehearsal,
            chat=settings.chat,
        )
    )


def check_same(options: Options, contest: Contest, ledger: Path) -> None:
    """Raise ConfigError if the command line describes another vote than the one in `ledger`."""
    asked = chosen(options.hashtags)[0]
    kept = {choice.tag: choice.aliases for choice in contest.choices}
    if asked and (
        [choice.tag for choice in asked] != [*kept]
        or any(choice.aliases and choice.aliases != kept[choice.tag] for choice in asked)
    ):
        raise ConfigError(
            f"{ledger} holds another vote: {_tags(contest.choices)}. "
            "Omit --hashtags to resume it, or choose another --ledger."
        )
    written = {"--title": options.title, "--time": options.time_ms, "--rule": options.rules}
    written["--words"] = options.words
    for name, value in written.items():
        if value:
            log.warning("%s is ignored: %s has its own.", name, ledger)


def ledger_name(contest: Contest) -> str:
    """Return a file name for a new ledger from title and time, safe on every system."""
    words = file_name.of_title(contest.title) or "vote"
    began = time.strftime("%Y-%m-%d-%H%M%S", time.localtime(contest.opens_ms / 1000))
    return f"{'rehearsal-' * contest.rehearsal}{words}-{began}{ENDING}"


def _choices(options: Options, config: Config) -> tuple[Choice, ...]:
    settings = config.contest
    choices, dropped = chosen(options.hashtags or settings.hashtags)
    if settings.choices and not options.hashtags:
        choices = settings.choices
    for tag in dropped:
        log.info("#%s was given twice; it is shown once.", tag)
    limit = settings.max_hashtags
    if limit is not None and len(choices) > limit:
        log.warning(
            "Only the first %d of %d hashtags are used (max_hashtags): %s.",
            limit,
            len(choices),
            _tags(choices[:limit]),
        )
        choices = choices[:limit]
    return with_words(_with_looks(choices, options.looks), options.words)


def _with_looks(
    choices: tuple[Choice, ...], looks: Iterable[tuple[str, str, str]]
) -> tuple[Choice, ...]:
    """Return `choices` with the labels and colours from the form."""
    given = {fold(tag): (label, colour) for tag, label, colour in looks}
    dressed = []
    for choice in choices:
        label, colour = given.get(fold(choice.tag), ("", ""))
        dressed.append(replace(choice, label=label or choice.label, colour=colour or choice.colour))
    return tuple(dressed)


def with_words(choices: tuple[Choice, ...], pairs: Iterable[tuple[str, str]]) -> tuple[Choice, ...]:
    """Return `choices` with the words of `pairs`: a hashtag or label, and comma-separated words."""
    given: dict[int, list[str]] = {}
    for name, said in pairs:
        alike = (fold(name.lstrip("#")), fold(name))
        found = [
            number
            for number, choice in enumerate(choices)
            if fold(choice.tag) in alike or (choice.label and fold(choice.label) in alike)
        ]
        if not found:
            raise ConfigError(f"--words: There is no choice {name!r}.")
        for text in filter(None, map(str.strip, said.split(","))):
            try:
                given.setdefault(found[0], []).append(word(text))
            except ValueError as error:
                raise ConfigError(f"--words: a word {error}.") from None
    return tuple(
        replace(choice, words=tuple(dict.fromkeys(given[number]))) if number in given else choice
        for number, choice in enumerate(choices)
    )


def _question(choices: tuple[Choice, ...]) -> str:
    *most, last = [f"#{choice.tag}" for choice in choices] or ["?"]
    return f"{', '.join(most)} or {last}?" if most else f"{last}?"


def _tags(choices: tuple[Choice, ...]) -> str:
    return " ".join(f"#{choice.tag}" for choice in choices)


def new_ledger(contest: Contest) -> Path:
    """Return the path of a new contest's ledger: in the user's data folder."""
    return data_folder() / ledger_name(contest)
