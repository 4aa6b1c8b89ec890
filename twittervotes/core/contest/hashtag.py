"""The grammar of hashtags: the tags in a text, and the one that an operator types.

The grammar is X's (twitter-text): letters, marks, digits and a few signs, with at least one letter
or mark. If a network lists the tags of a post, its list is used; this module is for texts without
such a list and for what an operator types. `folding` says when two tags are the same.
"""

from __future__ import annotations

import re
from functools import cache
from typing import TYPE_CHECKING, Final

from twittervotes.core.contest import networks
from twittervotes.core.contest.folding import fold, normalized
from twittervotes.core.errors import ContestError

if TYPE_CHECKING:
    import regex

__all__ = ["LONGEST", "fold", "named", "tags_in"]

LONGEST: Final = 100

SIGNS: Final = (
    "_\u200c\u200d\ua67e\u05be\u05f3\u05f4\uff5e\u301c"
    "\u309b\u309c\u30a0\u30fb\u3003\u0f0b\u0f0c\u00b7"
)
PLAIN: Final = re.compile("[0-9_]*[A-Za-z][0-9A-Za-z_]*")  # needs no tables of other alphabets

NAME: Final = rf"[\p{{Nd}}{SIGNS}]*+[\p{{L}}\p{{M}}][\p{{L}}\p{{M}}\p{{Nd}}{SIGNS}]*+"
TAG: Final = (
    rf"(?:(?<=[\ufe0e\ufe0f])|(?<![&\p{{L}}\p{{M}}\p{{Nd}}{SIGNS}]))"  # not in the middle of a word
    rf"[#＃](?![\ufe0f\u20e3])(?P<tag>{NAME})"  # otherwise the "#" would be part of a keycap emoji
    r"(?P<refused>[#＃]|://)?+"  # consumed with the tag, so that the rest is parsed as X parses it
)

# Links, as far as they may contain a tag. X knows all top-level domains by name; here any of two or
# more letters will do, so "no.such/#tag" is a link where X may see a tag.
_PATH: Final = r"\p{Latin}\p{Cyrillic}0-9!*';:=+,.$/%#\[\]\-–_~@|&"
_BRACKETS: Final = rf"\([{_PATH}]*(?:\([{_PATH}]*\)[{_PATH}]*)*\)"
_AFTER_HOST: Final = (
    r"(?::\d+)?"
    rf"(?:/(?:(?:[{_PATH}]|{_BRACKETS})*(?:[\p{{Latin}}\p{{Cyrillic}}0-9=_#/+\-]|{_BRACKETS}))?)?"
    r"(?:\?[A-Za-z0-9!?*'@();:&=+$/%#\[\]\-_.,~|]*[A-Za-z0-9\-_&=#/])?"
)
_TOP: Final = r"(?:xn--[A-Za-z0-9-]+|[A-Za-z]{2,}(?![\p{Latin}0-9@]))"
_TOP_ANYWHERE: Final = rf"(?:{_TOP}|\p{{L}}{{2,}}+(?![\p{{L}}\p{{Nd}}@]))"
LINK: Final = (
    r"(?<![A-Za-z0-9@＠$#＃])(?i:https?)://"
    r"(?:t\.co/[A-Za-z0-9]+"  # X's own short links have nothing after their name
    rf"|(?:[\p{{L}}\p{{M}}\p{{Nd}}\p{{So}}_-]+\.)+{_TOP_ANYWHERE}{_AFTER_HOST})"
    r"|(?<![\p{Latin}0-9@＠$#＃_./-])"
    rf"(?:[\p{{Latin}}0-9][\p{{Latin}}0-9-]*+\.)+{_TOP}{_AFTER_HOST}"
)


def tags_in(text: str) -> tuple[str, ...]:
    """Return the hashtags of `text` as typed, without '#', in order, with duplicates.

    Tags inside links don't count. `text` must be unescaped, as people read it: "&amp;#b" contains
    no tag, which only shows once it is "&#b".
    """
    if "#" not in text and "＃" not in text:
        return ()
    found = _tags_and_links().finditer(text)
    return tuple(each["tag"] for each in found if each["tag"] and not each["refused"])


def named(text: str, network: str = "") -> str:
    """Return the hashtag that an operator typed, without its '#'.

    Raises ContestError if it isn't valid on any network, or not on `network`.
    """
    tag = normalized("NFC", text.strip()).removeprefix("#").removeprefix("＃")
    if not tag:
        raise ContestError(f"{text!r} isn't a valid hashtag: there is nothing after the '#'.")
    if len(tag) > LONGEST:
        raise ContestError(
            f"#{tag[:20]}… is too long for a hashtag (more than {LONGEST} characters)."
        )
    if not PLAIN.fullmatch(tag):
        _check(tag)
        check = networks.of(network).check if network else None
        if check:
            check(tag)
    return tag


@cache
def _tags_and_links() -> regex.Pattern[str]:
    import regex  # imported here because it loads slowly and few runs need it

    return regex.compile(f"{LINK}|{TAG}")


def _check(tag: str) -> None:
    """Raise ContestError unless the whole of `tag` is a valid hashtag."""
    if tags_in(f"#{tag}") == (tag,):
        return
    for place, sign in enumerate(tag):
        probe = f"{'a' * (place > 0)}{sign}a"
        if tags_in(f"#{probe}") != (probe,):
            raise ContestError(
                f"#{tag} isn't a valid hashtag because of {sign!r}. Use only letters, "
                "digits and '_'."
            )
    raise ContestError(f"#{tag} isn't a valid hashtag: it needs at least one letter.")
