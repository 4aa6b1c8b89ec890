"""How Mastodon parses and compares hashtags.

It removes accents from Latin letters, and drops everything but letters and digits. See
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

WITHIN: Final = "\u00b7\u30fb\u200c"  # allowed between letters; apart from "_", no other sign is


def folded(tag: str) -> str:
    """Return the form under which Mastodon compares `tag`."""
    if tag.isascii():
        return re.sub("[^0-9a-z_]+", "", tag.lower())
    before = None
    while tag != before:  # characters joined by a removal may compose into one letter
        before, tag = tag, _once(tag)
    return tag


def check(tag: str) -> None:
    """Raise ContestError unless Mastodon would accept the whole of `tag` as one hashtag."""
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
    """Normalise once: NFKC, lower case, plain Latin letters, then only letters and digits."""
    tag = normalized("NFKC", tag)
    # character by character: otherwise a capital sigma at the end would become a final sigma
    tag = "".join(map(str.lower, tag))
    return _no_part().sub("", tag.translate(plain_letters()))


@cache
def _no_part() -> regex.Pattern[str]:
    import regex  # imported here because it loads slowly and few runs need it

    return regex.compile(r"[^\p{Alphabetic}\p{Nd}\u0e47-\u0e4e_·・\u200c]+")
