"""The content of the form of a new vote, and the options it stands for. Pure."""

from __future__ import annotations

import re
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

from twittervotes.core.config import local_time
from twittervotes.core.config.duration import format_duration, period
from twittervotes.core.config.rules import ruled, typed, written
from twittervotes.core.contest.hashtag import fold, named
from twittervotes.core.contest.rules import RULES, Rules, span
from twittervotes.core.errors import ContestError, TwittervotesError
from twittervotes.network.address import EVERYWHERE
from twittervotes.presentation.numbers import counted, listed

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from twittervotes.cli.vote_options import Options
    from twittervotes.desktop.start_page.contract import Proposal

REHEARSAL = "rehearsal"  # has a button of its own, not a tick
OPEN, FOR, UNTIL = "open", "for", "until"
PERIODS = ((OPEN, "Until I close it"), (FOR, "For"), (UNTIL, "Until"))
RULE_FIELDS = tuple(sorted(RULES, key=lambda rule: not rule.spec.options))  # those to pick first


FEWEST = 2  # rows for choices that an empty form has


@dataclass(frozen=True, slots=True)
class ChoiceDraft:
    """A choice as typed: its hashtag, and its label, colour, picture, and what else counts.

    `tag` may have aliases, as on the command line: tag=alias. `also` has further hashtags with '#',
    and words in chats; `picture` is the path of its picture.
    """

    tag: str = ""
    label: str = ""
    colour: str = ""
    also: str = ""
    picture: str = ""

    @property
    def name(self) -> str:
        """The hashtag without aliases and '#'."""
        return self.tag.partition("=")[0].strip().lstrip("#＃")

    @property
    def title(self) -> str:
        """What a display would call it."""
        return self.label.strip() or self.name

    @property
    def aliases(self) -> tuple[str, ...]:
        """The further hashtags."""
        return tuple(each for each in split_list(self.also) if each[0] in "#＃")

    @property
    def words(self) -> tuple[str, ...]:
        """The words in chats."""
        return tuple(each for each in split_list(self.also) if each[0] not in "#＃")


@dataclass(frozen=True, slots=True)
class ChoiceFault:
    """What is wrong with a choice: the field, as `ChoiceDraft` names it, and a sentence."""

    field: str
    words: str


@dataclass(slots=True)
class Draft:
    """The form's texts as typed, and what is picked."""

    title: str = ""
    choices: list[ChoiceDraft] = field(default_factory=list)
    lasts: str = OPEN
    length: str = "3m"
    until: str = ""
    rules: dict[str, str] = field(default_factory=dict)
    sources: tuple[str, ...] = ()
    to_phones: bool = False  # whether the ballot page is opened to this machine's network
    shows_rules: bool = False

    @property
    def tags(self) -> tuple[str, ...]:
        """The hashtags, each perhaps with aliases: tag=alias."""
        return tuple(filter(None, (choice.tag.strip() for choice in self.choices)))

    @property
    def hashtags(self) -> str:
        """The hashtags as one text."""
        return " ".join(self.tags)

    @property
    def named(self) -> dict[str, ChoiceDraft]:
        """The choices that have a hashtag, by its name; of two with one name, the first."""
        found: dict[str, ChoiceDraft] = {}
        for choice in self.choices:
            if choice.name:
                found.setdefault(choice.name, choice)
        return found

    def paste(self, text: str) -> None:
        """Replace the choices by a list of hashtags; those that were there keep their details."""
        known = self.named
        made = [ChoiceDraft(tag if tag[0] in "#＃" else f"#{tag}") for tag in split_list(text)]
        self.choices = [
            replace(known[new.name], tag=new.tag) if new.name in known else new for new in made
        ]
        self.fill_up()

    def fill_up(self) -> None:
        """Add empty choices, up to what an empty form has."""
        self.choices += [ChoiceDraft()] * (FEWEST - len(self.choices))


def split_list(text: str) -> tuple[str, ...]:
    """Split a text at spaces, commas or semicolons."""
    return tuple(filter(None, re.split(r"[\s,;]+", text)))


def tag_of(label: str) -> str:
    """Derive a hashtag from a label, "" if that's impossible: "Arch Linux" is #archlinux."""
    tag = "".join(sign for sign in label.casefold() if sign.isalnum() or sign == "_")
    return f"#{tag}" if tag.strip("0123456789_") else ""


def faults(choices: Sequence[ChoiceDraft]) -> dict[int, ChoiceFault]:
    """Return what is wrong with choices, by their index."""
    found: dict[int, ChoiceFault] = {}
    owners: dict[str, int] = {}
    for i, choice in enumerate(choices):
        typed = (("tag", choice.tag.split("=") if choice.name else []), ("also", choice.aliases))
        if choice.label.strip() and not choice.name:
            found[i] = ChoiceFault("tag", "Enter a hashtag.")
        for field_name, tags in typed:
            for tag in tags:
                try:
                    name = named(tag)
                except ContestError as error:
                    found.setdefault(i, ChoiceFault(field_name, str(error)))
                    continue
                owner = owners.setdefault(fold(name), i)
                if owner != i:
                    words = f"{choices[owner].title} already has #{name}."
                    found.setdefault(i, ChoiceFault(field_name, words))
    return found


def initial_draft(proposal: Proposal, now: datetime) -> Draft:
    """Return the form's initial content."""
    draft = Draft(
        title=proposal.title,
        until=(now + timedelta(hours=1)).strftime("%H:00"),
        rules={rule.name: typed(rule, proposal.rules) for rule in RULES},
        sources=tuple(name for name in proposal.sources if name != REHEARSAL),
    )
    draft.paste(" ".join(proposal.options.hashtags))
    if proposal.closes_ms is not None:
        draft.lasts = UNTIL
        draft.until = local_time.text_of(proposal.closes_ms)
    elif proposal.time_ms is not None:
        draft.lasts, draft.length = FOR, format_duration(proposal.time_ms)
    return draft


def rule_pairs(draft: Draft) -> tuple[tuple[str, str], ...]:
    """Return the rules in the command line's format."""
    return tuple(
        (rule.name, written(rule, draft.rules[rule.name]))
        for rule in RULES
        if rule.name in draft.rules
    )


def rules_of(draft: Draft) -> Rules:
    """Return the rules; raise ContestError with a sentence for the form."""
    try:
        return ruled(Rules(), rule_pairs(draft))
    except TwittervotesError as error:
        first = str(error).partition("\n")[0].removeprefix("--rule: ")
        raise ContestError(first[:1].upper() + first[1:].replace("_", " ")) from error


def ends(draft: Draft, now: datetime) -> tuple[int | None, datetime | None]:
    """Return the duration in milliseconds, or the closing time; raise ContestError.

    `now` is local time; the closing time has its offset from UTC.
    """
    if draft.lasts == FOR:
        try:
            return period(draft.length), None
        except ValueError as error:
            raise ContestError(_advice("time", error)) from error
    if draft.lasts == UNTIL:
        return None, _moment(draft.until.strip(), now.astimezone())
    return None, None


def _advice(name: str, error: ValueError) -> str:
    """Make a sentence for the form from an error that begins with "must be" or the like."""
    words = str(error)
    if words.startswith("must be "):
        return f"Enter {words.removeprefix('must be ')}."
    return f"The {name} {words}."


def summary(draft: Draft, now: datetime, networks: Sequence[str]) -> str:
    """Say in one sentence what would begin, on these networks; "" if something is missing."""
    try:
        length_ms, at = ends(draft, now)
    except ContestError:
        return ""
    number = len(draft.named)
    if not number or not networks:
        return ""
    until = "until you close it" if at is None else f"until {_clock(at, now).removeprefix('on ')}"
    lasts = f"for {span(length_ms // 1000)}" if length_ms is not None else until
    return f"{counted(number, 'choice')} on {listed(list(networks))}, {lasts}."


def end_in_words(draft: Draft, now: datetime) -> str:
    """Say when the vote would close; raise ContestError."""
    length_ms, at = ends(draft, now)
    if length_ms is not None:
        return f"Voting closes after {span(length_ms // 1000)}."
    if at is None:
        return "Voting stays open until you close it."
    changed = at.utcoffset() != now.astimezone().utcoffset()
    clocks = f" ({local_time.offset(at)}, because the clocks change before then)" if changed else ""
    return f"Voting closes {_clock(at, now)}{clocks}."


def _clock(at: datetime, now: datetime) -> str:
    tomorrow = now.date() + timedelta(days=1)
    days = {now.date(): "today", tomorrow: "tomorrow"}
    day = days.get(at.date(), f"on {at:%Y-%m-%d}")
    return f"{day} at {at:%H:%M:%S}"


def options_of(draft: Draft, base: Options, now: datetime) -> Options:
    """Return `base` with the form's values; raise ContestError."""
    length_ms, at = ends(draft, now)
    rules_of(draft)
    named = draft.named
    closes = (("closes", local_time.written(at)),) if at else ()
    return replace(
        base,
        title=draft.title.strip() or None,
        hashtags=tuple(_with_aliases(draft, tag) for tag in draft.tags),
        words=_words(draft, base),
        looks=tuple(
            (name, choice.label.strip(), choice.colour)
            for name, choice in named.items()
            if choice.label.strip() or choice.colour
        ),
        pictures=tuple(
            (name, Path(choice.picture)) for name, choice in named.items() if choice.picture
        ),
        time_ms=length_ms,
        sources=draft.sources,
        host=EVERYWHERE[0] if draft.to_phones else base.host,
        rules=(*_without(base.rules, ("closes", *draft.rules)), *rule_pairs(draft), *closes),
    )


def _without(pairs: Iterable[tuple[str, str]], names: Iterable[str]) -> tuple[tuple[str, str], ...]:
    left_out = set(names)
    return tuple(pair for pair in pairs if pair[0] not in left_out)


def _moment(text: str, now: datetime) -> datetime:
    """Parse a time: 20:00 is the next time the clock shows it."""
    clock = re.fullmatch(r"([0-9]{1,2})[:.]([0-9]{2})(?::([0-9]{2}))?", text)
    usual = "must be a time, e.g. 20:00 or 2026-11-21 20:00"
    if clock:
        hour, minute, second = (int(part or 0) for part in clock.groups())
        if hour > 23 or minute > 59 or second > 59:
            raise ContestError(_advice("end", ValueError(usual)))
        return _next(now, hour, minute, second)
    try:
        at = local_time.parsed(text)
    except ValueError as error:
        raise ContestError(_advice("end", error if str(error) else ValueError(usual))) from None
    at = at.astimezone() if at.tzinfo else _located(at)
    if at <= now:
        raise ContestError("That time has already passed.")
    return at


def _next(now: datetime, hour: int, minute: int, second: int) -> datetime:
    """Return when the local clock shows that time next; raise ContestError if ambiguous."""
    today = now.replace(hour=hour, minute=minute, second=second, microsecond=0, tzinfo=None)
    for day in (today, today + timedelta(days=1)):
        found = local_time.readings(day)
        to_come = [each for each in found if each > now]
        if len(to_come) == 1:
            return to_come[0]
        if to_come or (not found and day > now.replace(tzinfo=None)):
            break
    return _located(day)


def _located(at: datetime) -> datetime:
    try:
        return local_time.located(at)
    except ValueError as error:
        raise ContestError(f"{at:%H:%M} {error}.") from None


def _with_aliases(draft: Draft, tag: str) -> str:
    choice = draft.named.get(ChoiceDraft(tag).name)
    return "=".join((tag, *(choice.aliases if choice else ())))


def _words(draft: Draft, base: Options) -> tuple[tuple[str, str], ...]:
    words = {name: ",".join(choice.words) for name, choice in draft.named.items()}
    kept = tuple((name, given) for name, given in base.words if not words.get(name))
    return (*kept, *((name, given) for name, given in words.items() if given))
