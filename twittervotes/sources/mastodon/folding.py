"""How Mastodon reads and compares hashtags.

It takes accents off Latin letters, and drops what is neither a letter nor a digit. See
https://github.com/mastodon/mastodon/blob/main/app/lib/hashtag_normalizer.rb
"""

from __future__ import annotations

import re
from functools import cache
from typing import TYPE_CHECKING, Final

from twittervotes.core.contest.folding import normalized, plain_letters
from twittervotes.core.contest.hashtag import SIGNS
from twittervotes.core.errors import ContestError

if TYPE_CHECKING:
    import regex

WITHIN: Final = "\u00b7\u30fb\u200c"  # between letters; but for "_", no other sign


def folded(tag: str) -> str:
    """Return the form under which Mastodon compares `tag`."""
    if tag.isascii():
        return re.sub("[^0-9a-z_]+", "", tag.lower())
    before = None
    while tag != before:  # what a deletion brings together may compose into one letter
        before, tag = tag, _once(tag)
    return tag


def check(tag: str) -> None:
    """Raise ContestError if Mastodon would take only a part of `tag`, or nothing, for one."""
    for place, sign in enumerate(tag):
        within = 0 < place < len(tag) - 1
        if sign in SIGNS and sign != "_" and not (within and sign in WITHIN):
            raise ContestError(
                f"#{tag} isn't a valid hashtag on Mastodon, which cuts it at {sign!r}. Remove that."
            )
    if all(sign.isdecimal() or sign in SIGNS for sign in folded(tag)):
        raise ContestError(
            f"#{tag} isn't a valid hashtag on Mastodon: it needs at least one letter there."
        )


def _once(tag: str) -> str:
    """Normalise once: NFKC, lower case, plain Latin letters, then letters and digits alone."""
    tag = normalized("NFKC", tag)
    # sign by sign: a capital sigma at the end of a word is a sigma there like any other
    tag = "".join(map(str.lower, tag))
    return _no_part().sub("", tag.translate(plain_letters()))


@cache
def _no_part() -> regex.Pattern[str]:
    import regex  # here, as few runs need it, and it takes a while to load

    return regex.compile(r"[^\p{Alphabetic}\p{Nd}\u0e47-\u0e4e_·・\u200c]+")
