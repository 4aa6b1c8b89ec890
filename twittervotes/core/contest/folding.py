"""When two hashtags are one: how each network writes a tag before it compares.

Most compare without regard to case; a network that doesn't brings a `fold` of its own (`networks`).
Knows tags as strings alone; what may be a tag at all is in `hashtag`.
"""

from __future__ import annotations

import re
import unicodedata
from functools import cache, lru_cache
from itertools import groupby
from typing import Final, Literal

from twittervotes.core.contest import networks

Form = Literal["NFC", "NFD", "NFKC", "NFKD"]

SHORT: Final = 100  # characters, as long as a choice may be; what is longer is not remembered
ACCENTS: Final = re.compile("[\u0300-\u036f]")
NO_ACCENT: Final = dict(zip("ÐðĐđĦħıĸĿŀŁłŉŊŋØøſŦŧ", "DdDdHhikLlLlnNnOosTt", strict=True))


def fold(tag: str, network: str = "") -> str:
    """Return the form under which `network` compares `tag`; '#Ｄebian' and 'DEBIAN' are 'debian'.

    To fold twice changes nothing, as networks tell tags both as typed and as they compare them.
    """
    return _remembered(tag, network) if len(tag) <= SHORT else _folded(tag, network)


def normalized(form: Form, text: str) -> str:
    """Return `text` in a normal form of Unicode, in time that grows with its length alone.

    Python sorts the marks that follow a letter by insertion: 10,000 of them, in the wrong order,
    take it a fifth of a second, and 300,000 take minutes. So those of a long text are sorted first.
    """
    if len(text) > SHORT and not text.isascii():
        parts: Form = "NFKD" if "K" in form else "NFD"
        apart = "".join(unicodedata.normalize(parts, sign) for sign in text)
        runs = groupby(apart, key=lambda sign: unicodedata.combining(sign) > 0)
        text = "".join(
            "".join(sorted(run, key=unicodedata.combining) if are_marks else run)
            for are_marks, run in runs
        )
    return unicodedata.normalize(form, text)


@lru_cache(maxsize=16384)
def _remembered(tag: str, network: str) -> str:
    return _folded(tag, network)


def _folded(tag: str, network: str) -> str:
    own = networks.of(network).fold if network else None
    return own(tag) if own else _without_case(tag)


def searched(tag: str, network: str) -> str:
    """Return the form under which the search of `network` finds `tag`, or `fold` where it tells.

    Two choices that are searched alike cannot be told apart by the audience.
    """
    folded = fold(tag, network)
    if not network or not networks.of(network).accent_blind:
        return folded
    bare = normalized("NFC", ACCENTS.sub("", normalized("NFD", folded)))
    return fold(bare.translate(plain_letters()), network)


def _without_case(tag: str) -> str:
    """Fold by NFKC and case, which joins full-width with plain letters, and "ß" with "ss"."""
    folded = normalized("NFKC", normalized("NFKC", tag).casefold())
    return folded.lstrip("#")


@cache
def plain_letters() -> dict[int, str]:
    """Return Latin letters with a diacritic, each with the letter that remains without it."""
    letters = [*map(chr, range(0xC0, 0x17F)), *"ȘșȚț"]
    parts = {letter: unicodedata.normalize("NFD", letter) for letter in letters}
    plain = {letter: parts[letter][0] for letter in letters if len(parts[letter]) > 1}
    return {ord(letter): without for letter, without in {**plain, **NO_ACCENT}.items()}
