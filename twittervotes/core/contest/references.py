"""What a person who names a post or an account may mean: a link, a key, an address.

Links are recognised as browsers show them; a network identifies a post or an account by its key.
Account names that can change don't identify a voter and aren't looked up.
"""

from __future__ import annotations

import re

from twittervotes.core.contest import networks
from twittervotes.core.contest.networks import Meant


def meant(text: str) -> Meant:
    """Return what `text` may mean: at least itself, as a key and as a voter."""
    text = text.strip()
    plain = re.sub(r"[?#].*", "", text).rstrip("/") if "://" in text else text
    itself = tuple(dict.fromkeys((text, plain)))
    found = [read for each in networks.installed() if each.meant and (read := each.meant(plain))]
    return Meant(
        (*itself, *(key for read in found for key in read.keys)),
        (*itself, *(voter for read in found for voter in read.voters)),
        tuple(part for read in found for part in read.parts),
        tuple(part for read in found for part in read.below),
    )


def question() -> str:
    """Return the prompt that explains how to name a post or an account."""
    accounts = [each.accounts for each in networks.installed() if each.accounts]
    return (
        f"Try a post link, or the account: {', '.join(accounts)}."
        " User names aren't stored, because they can change."
    )
