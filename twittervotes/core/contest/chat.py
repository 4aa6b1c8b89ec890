"""The words of a contest: the tag that each is stored as, the checks, and their description."""

from __future__ import annotations

from typing import TYPE_CHECKING

from twittervotes.core.contest.folding import fold
from twittervotes.core.contest.words import MOST_WORDS, Chat, Words, tag_of, tokens_of
from twittervotes.core.errors import ContestError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from twittervotes.core.contest.contest import Choice, Contest


def reader(contest: Contest) -> Words:
    """Return the reader that finds the words of `contest` in messages.

    A choice without words is named by its hashtag and its aliases, and its votes are stored under
    those. A word shared by several choices names none of them; `check` refuses such contests.
    """
    owners: dict[str, set[int]] = {}
    tags: dict[str, str] = {}
    for number, choice in enumerate(contest.choices):
        for folded, tag in _words_of(choice):
            owners.setdefault(folded, set()).add(number)
            tags.setdefault(folded, tag)
    known = {folded: tag for folded, tag in tags.items() if len(owners[folded]) == 1}
    return Words(known, contest.chat)


def is_declared(contest: Contest) -> bool:
    """Return whether the operator declared anything for chats."""
    return contest.chat != Chat() or any(choice.words for choice in contest.choices)


def check(contest: Contest) -> None:
    """Raise ContestError if the words of `contest` are ambiguous."""
    for choice in contest.choices:
        if len(choice.words) > MOST_WORDS:
            raise ContestError(f"{choice.name} can have {MOST_WORDS} words at most.")
    owners: dict[str, Choice] = {}
    for choice in contest.choices:
        for folded, _ in _words_of(choice):
            other = owners.setdefault(fold(tag_of(folded)), choice)
            if other is not choice:
                raise ContestError(
                    f"The word {folded!r} can't count for both {other.name} and {choice.name}."
                    " Give each choice words of its own."
                )
            _check_word(folded, contest.chat)


def in_words(contest: Contest) -> tuple[str, ...]:
    """Return short phrases that say how to vote in a chat; none if no words are declared."""
    if not is_declared(contest):
        return ()
    prefix = f"{contest.chat.prefix[0]} " if contest.chat.prefix else ""
    ways = [f"{prefix}{next(_words_of(each))[0]} for {each.name}" for each in contest.choices]
    said = [f"in chats, type {', '.join(ways)}"]
    if contest.chat.match == "anywhere":
        said.append("a word counts anywhere in a message")
    if contest.chat.shared == "all":
        said.append("messages from shared chats count")
    if contest.chat.replies == "ignore":
        said.append("replies in chats don't count")
    return tuple(said)


def ways(contest: Contest) -> tuple[tuple[str, ...], ...]:
    """Return for each choice the messages that vote for it, in their simplest form."""
    prefix = f"{contest.chat.prefix[0]} " if contest.chat.prefix else ""
    return tuple(
        tuple(f"{prefix}{folded}" for folded, _ in _words_of(choice)) for choice in contest.choices
    )


def _words_of(choice: Choice) -> Iterator[tuple[str, str]]:
    """Yield the folded words that name a choice, each with the tag it is stored as."""
    if choice.words:
        yield from ((folded, tag_of(folded)) for folded in choice.words)
    else:
        for tag in (choice.tag, *choice.aliases):
            yield " ".join(tokens_of(tag)), tag


def _check_word(folded: str, chat: Chat) -> None:
    for prefix in chat.prefix:
        if f"{folded} ".startswith(f"{prefix} "):
            raise ContestError(f"The word {folded!r} begins with the prefix {prefix!r}.")
    if chat.match == "anywhere" and (len(folded) == 1 or folded.isdecimal()):
        raise ContestError(
            f"The word {folded!r} is too short to be found anywhere in a message."
            " Choose a longer one, or set match to whole."
        )
