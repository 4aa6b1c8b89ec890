"""A contest and its rules, validated as a whole, and the rules in plain words.

A contest knows no clock: its period is part of it, in whole seconds, because networks report
posting times in whole seconds.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from twittervotes.core.contest import chat, networks
from twittervotes.core.contest.folding import fold, searched
from twittervotes.core.contest.hashtag import LONGEST, named
from twittervotes.core.contest.rules import PerAccount as PerAccount
from twittervotes.core.contest.rules import Policy as Policy
from twittervotes.core.contest.rules import Rules as Rules
from twittervotes.core.contest.rules import Several as Several
from twittervotes.core.contest.rules import Tie as Tie
from twittervotes.core.contest.rules import Withdrawn as Withdrawn
from twittervotes.core.contest.rules import span as span
from twittervotes.core.contest.words import Chat
from twittervotes.core.errors import ContestError

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable

# Views draw every one of these. The limits are far beyond what an audience can read.
LONGEST_TITLE, LONGEST_LABEL = 500, 200  # characters
MOST_CHOICES, MOST_TAGS = 700, 100  # choices; aliases per choice, and required tags


@dataclass(frozen=True, slots=True)
class Choice:
    """An option to vote for: a hashtag, how it is shown, and what else counts for it.

    `words` are the words that vote for it in chats, folded as in `words`.
    """

    tag: str
    label: str = ""
    colour: str = ""
    aliases: tuple[str, ...] = ()
    words: tuple[str, ...] = ()

    @property
    def name(self) -> str:
        """The choice's label, or else its hashtag."""
        return self.label or self.tag

    @property
    def title(self) -> str:
        """The choice as shown to people: its label, or else its hashtag with the '#'."""
        return self.label or f"#{self.tag}"


@dataclass(frozen=True, slots=True)
class Adjustment:
    """Votes that came from no network: a show of hands, a jury. Logged and shown separately."""

    tag: str
    votes: int
    reason: str
    by: str
    at_ms: int


@dataclass(frozen=True, slots=True)
class Contest:
    """One question put to the audience.

    The period is from `opens_ms` (inclusive) to `closes_ms` (exclusive; None: until the operator
    closes it), both in whole seconds. Posts in `pauses` don't count; the last pause may be
    open-ended. `seed` is the public seed that decides a tie by drawing. `rehearsal` marks a
    practice vote.
    """

    title: str
    choices: tuple[Choice, ...]
    rules: Rules = field(default_factory=Rules)
    opens_ms: int = 0
    closes_ms: int | None = None
    pauses: tuple[tuple[int, int | None], ...] = ()
    adjustments: tuple[Adjustment, ...] = ()
    seed: str = ""
    rehearsal: bool = False
    chat: Chat = field(default_factory=Chat)

    @property
    def is_paused(self) -> bool:
        """Whether the last pause is still open."""
        return bool(self.pauses) and self.pauses[-1][1] is None

    @property
    def by_hand(self) -> tuple[int, ...]:
        """The votes that adjustments add to each choice; negative if they remove some."""
        return tuple(
            sum(each.votes for each in self.adjustments if each.tag == choice.tag)
            for choice in self.choices
        )

    @property
    def tags(self) -> tuple[str, ...]:
        """All tags to search for, including aliases, in the operator's order."""
        return tuple(tag for choice in self.choices for tag in (choice.tag, *choice.aliases))

    @property
    def words(self) -> tuple[str, ...]:
        """All words that vote in chats."""
        return tuple(word for choice in self.choices for word in choice.words)


def chosen(texts: Iterable[str]) -> tuple[tuple[Choice, ...], tuple[str, ...]]:
    """Return the choices named by `texts` in order, and the names dropped as duplicates.

    Each text is a hashtag, or "tag=alias" with any number of aliases. Raises ContestError if one
    isn't a valid hashtag on any network.
    """
    choices: dict[str, Choice] = {}
    dropped: list[str] = []
    for text in texts:
        tag, *aliases = map(named, text.split("="))
        if fold(tag) in choices:
            dropped.append(tag)
        else:
            choices[fold(tag)] = Choice(tag, aliases=tuple(aliases))
    return tuple(choices.values()), tuple(dropped)


def checked(contest: Contest, networks: Collection[str] = ()) -> Contest:
    """Return `contest` if it can be held on `networks`; otherwise raise ContestError."""
    check_size(contest)
    if not contest.choices:
        raise ContestError("A vote needs at least one hashtag: --hashtags debian ubuntu arch")
    if not _is_text((contest.title, *(choice.label for choice in contest.choices))):
        raise ContestError("The title or a label isn't valid UTF-8. Type it again.")
    for network in ("", *networks):
        _check_tags(contest, network)
    if chat.is_declared(contest):
        chat.check(contest)
    if contest.closes_ms is not None and contest.closes_ms <= contest.opens_ms:
        raise ContestError("The vote would close before it opens.")
    return contest


def check_size(contest: Contest) -> None:
    """Raise ContestError if a contest, whoever made it, has more than can be shown."""
    rules, choices = contest.rules, contest.choices
    sizes = [
        ("A title", len(contest.title), LONGEST_TITLE, "characters"),
        ("A vote", len(choices), MOST_CHOICES, "choices"),
        ("A vote", len(rules.required), MOST_TAGS, "required hashtags"),
        *(("A label", len(each.label), LONGEST_LABEL, "characters") for each in choices),
        *(("A choice", len(each.aliases), MOST_TAGS, "aliases") for each in choices),
        *(("A choice", len(each.words), MOST_TAGS, "words") for each in choices),
        *(("A word", len(word), LONGEST, "characters") for each in choices for word in each.words),
        *(
            ("A hashtag", len(tag), LONGEST, "characters")
            for tag in (*contest.tags, *rules.required)
        ),
    ]
    for what, size, most, unit in sizes:
        if size > most:
            raise ContestError(f"{what} can have at most {most} {unit}; this one has {size:,}.")


def _check_tags(contest: Contest, network: str) -> None:
    """Raise ContestError unless every tag is valid on `network` and no two choices share one."""
    owners: dict[str, tuple[int, str]] = {}
    for number, choice in enumerate(contest.choices):
        for tag in (choice.tag, *choice.aliases):
            name = searched(named(tag, network), network)
            owner, other = owners.setdefault(name, (number, tag))
            if owner != number:
                names = f"{contest.choices[owner].name} and {choice.name}"
                where = networks.of(network).accent_blind or "every network"
                raise ContestError(
                    f"#{tag} can't count for both {names}: "
                    f"on {where} it is the same hashtag as #{other}."
                )
    counted = {fold(tag, network) for tag in contest.tags}
    for tag in contest.rules.required:
        if fold(named(tag, network), network) in counted:
            raise ContestError(
                f"#{tag} can't be both a choice and required: every post would vote for it."
            )


def _is_text(values: Iterable[str]) -> bool:
    """Return whether no value has half a surrogate pair, as undecodable input does."""
    return not any("\ud800" <= sign <= "\udfff" for value in values for sign in value)
