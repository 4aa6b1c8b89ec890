"""Parse and validate the rules of a contest that an operator writes as NAME=VALUE."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from twittervotes.core.config.binding import Fitting, Reader
from twittervotes.core.config.display import rgb
from twittervotes.core.config.duration import format_duration, moment
from twittervotes.core.config.yaml_tree import Block, Location, Scalar
from twittervotes.core.contest.contest import Choice, Rules
from twittervotes.core.contest.hashtag import named
from twittervotes.core.contest.rules import RULES, Rule
from twittervotes.core.contest.words import Chat, command, word
from twittervotes.core.errors import ConfigError

if TYPE_CHECKING:
    from collections.abc import Iterable

PERIOD = ("opens", "closes")  # rules that belong to the contest, not to Rules


def number(text: str) -> int:
    """Return a whole number that isn't negative, or raise ValueError."""
    if not re.fullmatch("[0-9]{1,9}", text.strip()):
        raise ValueError("must be a whole number, 0 for no limit")
    return int(text)


READERS: dict[tuple[type[object], str], Reader] = {
    **{(Rules, rule.name): number for rule in RULES if rule.is_number},
    (Rules, "required"): named,
    (Choice, "tag"): named,
    (Choice, "aliases"): named,
    (Choice, "colour"): rgb,
    (Choice, "words"): word,
    (Chat, "prefix"): command,
}


def ruled(rules: Rules, pairs: Iterable[tuple[str, str]]) -> Rules:
    """Return `rules` with the values of `pairs`; the last of a repeated name counts.

    Lists are comma-separated, durations are written as everywhere (`grace=30s`). The voting period
    is not included: see `moments`. Raises ConfigError that reports all invalid pairs.
    """
    place = Location("--rule")
    block = Block(place)
    for name, value in pairs:
        if name in PERIOD:
            continue
        block = block.put((name,), place, Scalar(place, value))
    fitting = Fitting(READERS)
    fitted = fitting.fit(block, Rules, rules)
    if fitted is None:
        raise ConfigError("\n".join(dict.fromkeys(map(str, fitting.problems))))
    return fitted


def typed(rule: Rule, rules: Rules) -> str:
    """Return the value of a rule as an operator types it in a form; "" if it has none."""
    value = rule.of(rules)
    if isinstance(value, tuple):
        return " ".join(f"{rule.spec.prefix}{each}" for each in value)
    if isinstance(value, int) and not rule.is_number:
        return format_duration(value * 1000) if value else ""
    return str(value or "")


def written(rule: Rule, text: str) -> str:
    """Return what was typed in a form in the format that `ruled` takes."""
    if isinstance(rule.usual, tuple):
        return ",".join(filter(None, re.split(r"[\s,;]+", text)))
    return text.strip() or ("0" if isinstance(rule.usual, int) else "")


def moments(pairs: Iterable[tuple[str, str]]) -> dict[str, int]:
    """Return when voting opens and closes, as far as `pairs` set it, in milliseconds."""
    found = {}
    for name, value in pairs:
        if name in PERIOD:
            try:
                found[name] = moment(value)
            except ValueError as error:
                raise ConfigError(f"--rule: {name} {error}.") from None
    return found
