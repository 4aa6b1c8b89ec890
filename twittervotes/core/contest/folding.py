"""When two hashtags are the same: how each network normalises a tag before comparing.

Most networks ignore case; one that compares differently provides its own `fold` (`networks`). This
module knows tags only as strings; `hashtag` defines what a valid tag is.
"""

from __future__ import annotations

import re
import unicodedata
from functools import cache, lru_cache
from itertools import groupby
from typing import Final, Literal

from twittervotes.core.contest import networks

Form = Literal["NFC", "NFD", "NFKC", "NFKD"]

SHORT: Final = 100  # characters, the limit for a choice; longer tags are not cached
ACCENTS: Final = re.compile("[\u0300-\u036f]")
NO_ACCENT: Final = dict(zip("ÐðĐđĦħıĸĿŀŁłŉŊŋØøſŦŧ", "DdDdHhikLlLlnNnOosTt", strict=True))


def fold(tag: str, network: str = "") -> str:
    """Return the form under which `network` compares `tag`; '#Ｄebian' and 'DEBIAN' are 'debian'.

    Folding is idempotent, because networks report tags both as typed and as they compare them.
    """
    return _remembered(tag, network) if len(tag) <= SHORT else _folded(tag, network)


def normalized(form: Form, text: str) -> str:
    """Return `text` in a Unicode normal form, in time linear in its length.

    Python sorts the combining marks after a letter by insertion: for 10,000 of them in the wrong
    order this takes a fifth of a second, for 300,000 minutes. So the marks of a long text are
    sorted first.
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
    """Return the form under which the search of `network` finds `tag`; by default the folded one.

    Two choices with the same form can't be told apart by the audience.
    """
    folded = fold(tag, network)
    if not network or not networks.of(network).accent_blind:
        return folded
    bare = normalized("NFC", ACCENTS.sub("", normalized("NFD", folded)))
    return fold(bare.translate(plain_letters()), network)


def _without_case(tag: str) -> str:
    """Fold by NFKC and case, so that full-width equals plain letters, and "ß" equals "ss"."""
    folded = normalized("NFKC", normalized("NFKC", tag).casefold())
    return folded.lstrip("#")


@cache
def plain_letters() -> dict[int, str]:
    """Return a table from Latin letters with a diacritic to the letter without it."""
    letters = [*map(chr, range(0xC0, 0x17F)), *"ȘșȚț"]
    parts = {letter: unicodedata.normalize("NFD", letter) for letter in letters}
    plain = {letter: parts[letter][0] for letter in letters if len(parts[letter]) > 1}
    return {ord(letter): without for letter, without in {**plain, **NO_ACCENT}.items()}
