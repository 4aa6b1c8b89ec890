"""What a hashtag is, and when two are the same.

The grammar is that of X (twitter-text): letters, marks, digits and a few signs, with at least one
letter or mark. Two tags are the same when they fold alike: NFKC and case folding, which joins
full-width with plain letters, upper with lower case, and other ways of writing the same letters
("ß" with "ss", a letter and its accent with both in one), but no accent with none.
"""

from __future__ import annotations

import unicodedata
from functools import lru_cache

from twittervotes.core.errors import ContestError

SIGNS = (
    "_\u200c\u200d\ua67e\u05be\u05f3\u05f4\uff5e\u301c"
    "\u309b\u309c\u30a0\u30fb\u3003\u0f0b\u0f0c\u00b7"
)
NEVER_FIRST = "\ufe0f\u20e3"  # they make a keycap of the '#' before them
LONGEST = 100


@lru_cache(maxsize=16384)
def fold(tag: str) -> str:
    """Return the form under which `tag` is compared: '#Ｄebian' and 'DEBIAN' give 'debian'."""
    tag = tag.removeprefix("#").removeprefix("＃")
    return unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", tag).casefold())


def named(text: str) -> str:
    """Return the hashtag that an operator typed, without its '#'.

    Raises ContestError with a sentence when no network would take it for a hashtag.
    """
    tag = unicodedata.normalize("NFC", text.strip()).removeprefix("#").removeprefix("＃")
    if not tag:
        raise ContestError(f"{text!r} is no hashtag: there is nothing after the '#'.")
    if len(tag) > LONGEST:
        raise ContestError(f"#{tag[:20]}… is too long for a hashtag (over {LONGEST} characters).")
    for place, sign in enumerate(tag):
        if not _may_stand(sign) or (place == 0 and sign in NEVER_FIRST):
            raise ContestError(
                f"#{tag} is no hashtag: {sign!r} ends one. Use letters, digits and '_' only."
            )
    if not any(unicodedata.category(sign)[0] in "LM" for sign in tag):
        raise ContestError(f"#{tag} is no hashtag: it needs at least one letter.")
    return tag


def _may_stand(sign: str) -> bool:
    category = unicodedata.category(sign)
    return category[0] in "LM" or category == "Nd" or sign in SIGNS
