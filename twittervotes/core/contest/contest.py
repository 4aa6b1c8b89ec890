"""A contest and its rules, checked as a whole, and what the rules say in plain words.

A contest knows nothing of the clock: its period is part of it, in whole seconds, because networks
tell posting times in whole seconds.
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

# Whoever shows a contest, draws every one of these: far more than any audience can read.
LONGEST_TITLE, LONGEST_LABEL = 500, 200  # characters
MOST_CHOICES, MOST_TAGS = 700, 100  # choices; aliases of one, and tags that are required


@dataclass(frozen=True, slots=True)
class Choice:
    """What can be voted for: a hashtag, how it is shown, and what else counts for it.

    `words` are what chat messages vote with, folded as `words` folds them.
    """

    tag: str
    label: str = ""
    colour: str = ""
    aliases: tuple[str, ...] = ()
    words: tuple[str, ...] = ()

    @property
    def name(self) -> str:
        """What the choice is called: its label, or else its hashtag."""
        return self.label or self.tag

    @property
    def title(self) -> str:
        """How people are told of it: by its label, or by its hashtag with the '#'."""
        return self.label or f"#{self.tag}"


@dataclass(frozen=True, slots=True)
class Adjustment:
    """Votes that no network brought: a show of hands, a jury. Logged, and shown apart."""

    tag: str
    votes: int
    reason: str
    by: str
    at_ms: int


@dataclass(frozen=True, slots=True)
class Contest:
    """One question put to the audience.

    The period is from `opens_ms` up to, and without, `closes_ms` (None: until the operator
    closes it); both are whole seconds. `pauses` are stretches in it whose posts do not count; the
    last may have no end yet. `seed` decides a tie by drawing, once it has been told in public. A
    rehearsal never counts for real.
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
        """Whether a pause has begun that has no end yet."""
        return bool(self.pauses) and self.pauses[-1][1] is None

    @property
    def by_hand(self) -> tuple[int, ...]:
        """The votes that adjustments add to each choice, or take away."""
        return tuple(
            sum(each.votes for each in self.adjustments if each.tag == choice.tag)
            for choice in self.choices
        )

    @property
    def tags(self) -> tuple[str, ...]:
        """All tags to look for, aliases included, in the operator's order."""
        return tuple(tag for choice in self.choices for tag in (choice.tag, *choice.aliases))

    @property
    def words(self) -> tuple[str, ...]:
        """All words that chat messages may vote with."""
        return tuple(word for choice in self.choices for word in choice.words)


def chosen(texts: Iterable[str]) -> tuple[tuple[Choice, ...], tuple[str, ...]]:
    """Return the choices named by `texts` in their order, and the names dropped as repeats.

    A text is a hashtag, or "tag=alias" with any number of aliases. Raises ContestError for one that
    no network would take for a hashtag.
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
    """Return `contest` if it can be held on `networks`, else raise ContestError that says why."""
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
    """Raise ContestError if there is more in a contest than can be shown, whoever made it."""
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
    """Raise ContestError unless `network` takes every tag for one, and no two choices for one."""
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
    """Tell whether no value holds half a surrogate pair, as bytes typed that are no text do."""
    return not any("\ud800" <= sign <= "\udfff" for value in values for sign in value)
