"""Word votes: which choices a chat message names, on networks without hashtags.

An operator declares words for each choice. A message is folded, split into tokens and read from the
left; the longest matching word is taken. docs/rules.md documents what counts as a vote, and the
vectors in tests/vectors/word_votes.json fix the details.

A matched word is stored as a tag that can't be a hashtag: `word:arch_linux` for "arch linux". So a
ledger stores the words that were used and nothing else of a message, and a recount compares them
like hashtags. Pure: knows no network and no contest.
"""

from __future__ import annotations

import re
import sys
import unicodedata
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Final, Literal

from twittervotes.core.contest.folding import normalized

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

MOST_WORDS: Final = 32  # per choice
MOST_TOKENS: Final = 8  # per word
LONGEST_WORD: Final = 64  # characters
LONGEST_TEXT: Final = 10_000  # characters; no chat accepts longer messages
LONGEST_REMEMBERED: Final = 32  # characters of a cached message: votes are short
MOST_REMEMBERED: Final = 20_000
MARK: Final = "word:"

ACTION: Final = "\x01ACTION "
# Invisible characters that clients add to repeat a message, and those that only change the look.
IGNORABLE: Final = (
    "\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b-\u200f\u202a-\u202e"
    "\u2060-\u206f\u20e3\u2800\u3164\ufe00-\ufe0f\ufeff\uffa0\ufff0-\ufff8"
    "\U0001bca0-\U0001bca3\U0001d173-\U0001d17a\U000e0000-\U000e0fff"
)
_DROPPED: Final = re.compile(f"[\x00-\x1f\x7f-\x9f{IGNORABLE}]+")
_SPACE: Final = re.compile(r"\s+")
FRONT: Final = "#\"'([{«“‘„¡¿*_~`"
END: Final = ".,!;:…)]}\"'»”’*_~。、`"
_EMOJI_NAMES: Final = re.compile(r"(?::[^:\s]+:)+")  # how YouTube writes its own emoji
_SKIN_TONES: Final = range(0x1F3FB, 0x1F400)

Tokens = tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Chat:
    """How chat messages become votes: the part of a contest that only chats need.

    `prefix` lists commands such as "!vote"; with one, the bare word counts only if `bare` is set.
    `shared` says whether copies from other rooms of a Twitch Shared Chat count.
    """

    prefix: tuple[str, ...] = ()
    bare: bool = False
    match: Literal["whole", "anywhere"] = "whole"
    shared: Literal["own", "all"] = "own"
    replies: Literal["count", "ignore"] = "count"


def word(text: str) -> str:
    """Return a word that an operator declared, folded, with its tokens joined by spaces.

    Raises ValueError with a phrase to put after the setting's name.
    """
    if len(text) > LONGEST_WORD:
        raise ValueError(f"must have {LONGEST_WORD} characters at most")
    tokens = tokens_of(text)
    if not tokens or not any(map(_is_sign, "".join(tokens))):
        raise ValueError(f"must have a letter, a digit or an emoji; {text!r} has none")
    if len(tokens) > MOST_TOKENS:
        raise ValueError(f"must have {MOST_TOKENS} parts at most")
    return " ".join(tokens)


def command(text: str) -> str:
    """Return a prefix that an operator declared, folded. Raises ValueError like `word`."""
    tokens = tokens_of(text) if len(text) <= LONGEST_WORD else ()
    if not tokens:
        raise ValueError("must be a short command such as '!vote'")
    return " ".join(tokens)


def tag_of(folded: str) -> str:
    """Return the tag under which a ledger stores a folded word."""
    return MARK + folded.replace(" ", "_")


def shown(tag: str) -> str:
    """Return a tag as people write it: a word as it is, a hashtag with its '#'."""
    return tag.removeprefix(MARK) if tag.startswith(MARK) else f"#{tag}"


def tokens_of(text: str) -> Tokens:
    """Fold `text` and return its tokens, without the punctuation around each."""
    return tuple(filter(None, map(_trimmed, _folded(text).split(" "))))


class Words:
    """Finds declared words in messages. `tags` maps each folded word to the tag to store."""

    def __init__(self, tags: Mapping[str, str], chat: Chat | None = None) -> None:
        self._chat = chat or Chat()
        self._prefixes = [tuple(each.split(" ")) for each in self._chat.prefix]
        self._bare = not self._prefixes or self._chat.bare
        self.tags = dict(tags)
        self._by_first: dict[str, list[tuple[Tokens, str]]] = {}
        for each, tag in tags.items():
            tokens = tuple(each.split(" "))
            self._by_first.setdefault(tokens[0], []).append((tokens, tag))
        for found in self._by_first.values():
            found.sort(key=lambda entry: -len(entry[0]))
        begin = {*self._by_first} if self._bare else {each[0] for each in self._prefixes}
        begin |= {each[0] for each in self._prefixes}
        self._hint = re.compile("|".join(map(re.escape, sorted(begin))) or "(?!)")
        self._read_before: dict[str, str] = {}

    def may_vote(self, text: str) -> bool:
        """Return, cheaply, whether `text` may be a vote; most messages of a chat aren't."""
        if not (text.isascii() and text.isprintable()):
            return True
        return self._hint.search(text.lower()) is not None

    def tags_in(
        self, text: str, emotes: Sequence[tuple[int, int]] = (), replied_to: Sequence[str] = ()
    ) -> str:
        """Return the tags of the words with which a message votes, "" if it isn't a vote.

        Args:
            text: The message as the network delivered it.
            emotes: Where the network put pictures in place of text: first and last character.
            replied_to: The names of the account whose message this one replies to.
        """
        if emotes or replied_to:
            return self._tags_in(text, emotes, replied_to)
        said = self._read_before.get(text)
        if said is None:
            said = self._tags_in(text, (), ())
            if len(text) <= LONGEST_REMEMBERED:
                if len(self._read_before) >= MOST_REMEMBERED:
                    self._read_before.clear()
                self._read_before[text] = said
        return said

    def _tags_in(
        self, text: str, emotes: Sequence[tuple[int, int]], replied_to: Sequence[str]
    ) -> str:
        if len(text) > LONGEST_TEXT:
            return ""
        text = _without_name(self._without_emotes(text, emotes), replied_to)
        pairs = [(_trimmed(raw), raw) for raw in _folded(text).split(" ")]
        pairs = [pair for pair in pairs if pair[0]]
        tokens = tuple(trimmed for trimmed, _ in pairs)
        extras = tuple(_is_decoration(raw) for _, raw in pairs)
        for prefix in self._prefixes:
            if tokens[: len(prefix)] == prefix:
                return self._after_prefix(tokens[len(prefix) :], extras[len(prefix) :])
        if not self._bare:
            return ""
        found, is_whole, _ = self._read(tokens, extras)
        return " ".join(found) if is_whole or self._chat.match == "anywhere" else ""

    def _after_prefix(self, tokens: Tokens, extras: Sequence[bool]) -> str:
        found, _, begins_with_word = self._read(tokens, extras)
        return " ".join(found) if begins_with_word else ""

    def _read(self, tokens: Tokens, extras: Sequence[bool]) -> tuple[list[str], bool, bool]:
        """Return the tags, whether there was nothing else, and whether a word came first."""
        found: dict[str, None] = {}
        is_whole, first = True, True
        begins_with_word = False
        at = 0
        while at < len(tokens):
            match = self._word_at(tokens, at)
            if match is not None:
                size, tag = match
                found[tag] = None
                begins_with_word |= first
                at, first = at + size, False
                continue
            if not extras[at]:
                is_whole = first = False
            at += 1
        return list(found), is_whole, begins_with_word

    def _word_at(self, tokens: Tokens, at: int) -> tuple[int, str] | None:
        for wanted, tag in self._by_first.get(tokens[at], ()):
            if tokens[at : at + len(wanted)] == wanted:
                return len(wanted), tag
        return None

    def _without_emotes(self, text: str, emotes: Iterable[tuple[int, int]]) -> str:
        """Unwrap "/me", and put a space in place of each emote that is not a declared word."""
        if text.startswith(ACTION):
            text = text[len(ACTION) :].removesuffix("\x01")
        for first, last in sorted(emotes, reverse=True):
            if 0 <= first <= last < len(text):
                name = " ".join(tokens_of(text[first : last + 1]))
                if name not in self.tags:
                    text = f"{text[:first]} {text[last + 1 :]}"
        return text


def _without_name(text: str, names: Sequence[str]) -> str:
    """Drop the "@name" that a client puts in front of a reply."""
    text = text.lstrip()
    for name in filter(None, names):
        if text[: len(name) + 2].casefold() == f"@{name} ".casefold():
            return text[len(name) + 2 :]
    return text


def _folded(text: str) -> str:
    if text.isascii():
        return _visible(text).lower()
    text = _visible(normalized("NFKC", _visible(text)))
    return normalized("NFKC", text.translate(_digits()).casefold())


def _visible(text: str) -> str:
    return _DROPPED.sub("", _SPACE.sub(" ", text))


def _trimmed(token: str) -> str:
    return token.lstrip(FRONT).rstrip(END)


def _is_decoration(token: str) -> bool:
    """Return whether a token consists of emoji, or of names of YouTube's own emoji."""
    return bool(_EMOJI_NAMES.fullmatch(token)) or all(map(_is_emoji, _trimmed(token)))


def _is_emoji(sign: str) -> bool:
    return unicodedata.category(sign) == "So" or ord(sign) in _SKIN_TONES


def _is_sign(sign: str) -> bool:
    return unicodedata.category(sign)[0] in "LN" or _is_emoji(sign)


@cache
def _digits() -> dict[int, str]:
    """Return a table from the decimal digits of all alphabets to ASCII digits."""
    signs = map(chr, range(128, sys.maxunicode + 1))
    return {ord(sign): str(unicodedata.decimal(sign)) for sign in signs if sign.isdecimal()}
