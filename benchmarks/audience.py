"""Who votes for what: a made-up audience without end, and the plain count of its votes.

Posts come in pages of 100. Of each page 75 posts are of accounts that vote for the first time, the
others of accounts that have voted before; most accounts vote once, a few often. All of it follows
from the number of a page, so that nothing has to be kept, and the truth is counted by a loop and
one byte an account. Knows nothing of the program that is measured.
"""

from __future__ import annotations

import random
from collections.abc import Iterable
from datetime import UTC, datetime

PAGE = 100
CHOICES = ("debian", "ubuntu", "arch", "fedora", "mint")
NAMED = (  # as they are typed, how often, and which choice that is: none where two are named
    ("debian", 30, 0),
    ("Debian", 10, 0),
    ("ubuntu", 20, 1),
    ("UBUNTU", 4, 1),
    ("arch", 16, 2),
    ("fedora", 10, 3),
    ("mint", 6, 4),
    ("Mint", 2, 4),
    ("arch ubuntu", 2, None),
)
KINDS = 10  # of pages: which tags stand where
AGAIN = range(3, PAGE, 4)  # the places of accounts that have voted before
KEEN = 8  # how many accounts of a page vote again and again
SPREAD, PAGES = 7_654_321, 10**7  # makes ids of accounts come in no order; the most pages there are

FIRST_ID = 1_590_100_000_000_000_000  # a snowflake of November 2022
PAGE_IDS, PLACE_IDS = 10**7, 10**5  # ids from page to page, and from post to post
SNOWFLAKE_MS, SNOWFLAKE_BITS = 1_288_834_974_657, 22


def _named() -> list[int]:
    """Return, for each place of each kind of page, which of NAMED stands there."""
    weights = [often for _, often, _ in NAMED]
    return random.Random(1).choices(range(len(NAMED)), weights, k=KINDS * PAGE)


_NAMED = _named()


def tags(page: int, place: int) -> str:
    """Return the hashtags of a post as they are typed, parted by spaces."""
    return NAMED[_NAMED[page % KINDS * PAGE + place]][0]


def earlier(page: int) -> int:
    """Return the page whose accounts vote again on `page`."""
    return (page * 2_654_435_761 >> 11) % (page + 1)


def keen(place: int) -> int:
    """Return the place, on the earlier page, of the account that votes again at `place`."""
    return place // 4 % KEEN * 4


def account(page: int, place: int) -> tuple[int, int]:
    """Return the page and the place where the account of a post comes first."""
    return (earlier(page), keen(place)) if place in AGAIN else (page, place)


def account_id(page: int, place: int, source: int = 0) -> int:
    """Return the id of an account; of two sources none is the same."""
    return ((source + 1) * PAGES + page * SPREAD % PAGES) * PAGE + place


def post_id(page: int, place: int, source: int = 0) -> int:
    """Return the id of a post: those that are posted later have higher ones."""
    return FIRST_ID + page * PAGE_IDS + place * PLACE_IDS + source


def at_ms(page: int) -> int:
    """Return when the posts of a page were posted, in whole seconds as networks tell it."""
    return ((post_id(page, 0) >> SNOWFLAKE_BITS) + SNOWFLAKE_MS) // 1000 * 1000


OPENS_MS = at_ms(0)


def created_at(page: int) -> str:
    """Return the same as X writes it."""
    return datetime.fromtimestamp(at_ms(page) / 1000, UTC).strftime("%a %b %d %H:%M:%S +0000 %Y")


def truth(pages: int) -> tuple[int, ...]:
    """Count the votes of so many pages, each account's first: a plain loop in order of posting."""
    return counted(range(pages * PAGE), pages)


def counted(numbers: Iterable[int], pages: int) -> tuple[int, ...]:
    """Count the posts with these numbers, in order of posting, out of so many pages."""
    has_voted, votes = bytearray(pages * PAGE), [0] * len(CHOICES)
    for number in numbers:
        page, place = divmod(number, PAGE)
        choice = NAMED[_NAMED[page % KINDS * PAGE + place]][2]
        voter = earlier(page) * PAGE + keen(place) if place in AGAIN else number
        if choice is not None and not has_voted[voter]:
            has_voted[voter] = 1
            votes[choice] += 1
    return tuple(votes)
