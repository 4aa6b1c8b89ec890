"""When two hashtags are one: how each network writes a tag before it compares.

X and Bluesky compare without regard to case; Mastodon also takes accents off Latin letters and
drops every sign that is neither letter nor digit. Networks not named here are taken to compare as
X does. Knows tags as strings alone; what may be a tag at all is in `hashtag`.
"""

from __future__ import annotations

import re
import unicodedata
from functools import cache, lru_cache
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    import regex

X: Final = "x"
MASTODON: Final = "mastodon"
OWN_WAY: Final = (MASTODON,)  # networks that do not compare as the others do

ACCENT_BLIND: Final = {X: "the search of X", MASTODON: "Mastodon"}
ACCENTS: Final = re.compile("[\u0300-\u036f]")
NO_ACCENT: Final = dict(zip("ÐðĐđĦħıĸĿŀŁłŉŊŋØøſŦŧ", "DdDdHhikLlLlnNnOosTt", strict=True))


@lru_cache(maxsize=16384)
def fold(tag: str, network: str = "") -> str:
    """Return the form under which `network` compares `tag`; '#Ｄebian' and 'DEBIAN' are 'debian'.

    To fold twice changes nothing, as networks tell tags both as typed and as they compare them.
    """
    if network != MASTODON:
        return _without_case(tag)
    if tag.isascii():
        return re.sub("[^0-9a-z_]+", "", tag.lower())
    before = None
    while tag != before:  # what a deletion brings together may compose into one letter
        before, tag = tag, _on_mastodon(tag)
    return tag


def searched(tag: str, network: str) -> str:
    """Return the form under which the search of `network` finds `tag`, or `fold` where it tells.

    Two choices that are searched alike cannot be told apart by the audience.
    """
    folded = fold(tag, network)
    if network not in ACCENT_BLIND:
        return folded
    bare = unicodedata.normalize("NFC", ACCENTS.sub("", unicodedata.normalize("NFD", folded)))
    return fold(bare.translate(_plain_letters()), network)


def _without_case(tag: str) -> str:
    """Fold by NFKC and case, which joins full-width with plain letters, and "ß" with "ss"."""
    folded = unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", tag).casefold())
    return folded.lstrip("#")


def _on_mastodon(tag: str) -> str:
    """Normalise once: NFKC, lower case, plain Latin letters, then letters and digits alone."""
    tag = unicodedata.normalize("NFKC", tag)
    # sign by sign: a capital sigma at the end of a word is a sigma there like any other
    tag = "".join(map(str.lower, tag))
    return _no_part_on_mastodon().sub("", tag.translate(_plain_letters()))


@cache
def _no_part_on_mastodon() -> regex.Pattern[str]:
    import regex  # here, as few runs need it, and it takes a while to load

    return regex.compile(r"[^\p{Alphabetic}\p{Nd}\u0e47-\u0e4e_·・\u200c]+")


@cache
def _plain_letters() -> dict[int, str]:
    """Return Latin letters with a diacritic, each with the letter that remains without it."""
    letters = [*map(chr, range(0xC0, 0x17F)), *"ȘșȚț"]
    parts = {letter: unicodedata.normalize("NFD", letter) for letter in letters}
    plain = {letter: parts[letter][0] for letter in letters if len(parts[letter]) > 1}
    return {ord(letter): without for letter, without in {**plain, **NO_ACCENT}.items()}
