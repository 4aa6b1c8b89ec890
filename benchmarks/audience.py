"""An endless synthetic audience, and the plain count of its votes.

Posts come in pages of 100. On each page, 75 posts are by accounts that vote for the first time, the
others by accounts that have voted before; most accounts vote once, a few often. Everything follows
from the page number, so nothing is stored, and the true result is counted by a loop with one byte
per account. Knows nothing of the program that is measured.
"""

from __future__ import annotations

import random
from collections.abc import Iterable
from datetime import UTC, datetime

PAGE = 100
CHOICES = ("debian", "ubuntu", "arch", "fedora", "mint")
NAMED = (  # tags as typed, how often, and the choice they name; none if they name two
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
KINDS = 10  # kinds of pages: which tags are where
AGAIN = range(3, PAGE, 4)  # the places of accounts that have voted before
KEEN = 8  # how many accounts of a page vote repeatedly
SPREAD, PAGES = 7_654_321, 10**7  # scatters the IDs of accounts; the maximum number of pages

FIRST_ID = 1_590_100_000_000_000_000  # a snowflake of November 2022
PAGE_IDS, PLACE_IDS = 10**7, 10**5  # the distance of IDs between pages, and between posts
SNOWFLAKE_MS, SNOWFLAKE_BITS = 1_288_834_974_657, 22


def _named() -> list[int]:
    """Return, for each place of each kind of page, the index into NAMED."""
    weights = [often for _, often, _ in NAMED]
    return random.Random(1).choices(range(len(NAMED)), weights, k=KINDS * PAGE)


_NAMED = _named()


def tags(page: int, place: int) -> str:
    """Return the hashtags of a post as typed, separated by spaces."""
    return NAMED[_NAMED[page % KINDS * PAGE + place]][0]


def earlier(page: int) -> int:
    """Return the page whose accounts vote again on `page`."""
    return (page * 2_654_435_761 >> 11) % (page + 1)


def keen(place: int) -> int:
    """Return the place, on the earlier page, of the account that votes again at `place`."""
    return place // 4 % KEEN * 4


def account(page: int, place: int) -> tuple[int, int]:
    """Return the page and the place of the first post of a post's account."""
    return (earlier(page), keen(place)) if place in AGAIN else (page, place)


def account_id(page: int, place: int, source: int = 0) -> int:
    """Return the ID of an account; no two sources share one."""
    return ((source + 1) * PAGES + page * SPREAD % PAGES) * PAGE + place


def post_id(page: int, place: int, source: int = 0) -> int:
    """Return the ID of a post; later posts have higher IDs."""
    return FIRST_ID + page * PAGE_IDS + place * PLACE_IDS + source


def at_ms(page: int) -> int:
    """Return when the posts of a page were posted, in whole seconds like those of networks."""
    return ((post_id(page, 0) >> SNOWFLAKE_BITS) + SNOWFLAKE_MS) // 1000 * 1000


OPENS_MS = at_ms(0)


def created_at(page: int) -> str:
    """Return the same time in X's format."""
    return datetime.fromtimestamp(at_ms(page) / 1000, UTC).strftime("%a %b %d %H:%M:%S +0000 %Y")


def truth(pages: int) -> tuple[int, ...]:
    """Count the votes of so many pages, each account's first: a plain loop in posting order."""
    return counted(range(pages * PAGE), pages)


def counted(numbers: Iterable[int], pages: int) -> tuple[int, ...]:
    """Count the posts with these numbers, in posting order, out of so many pages."""
    has_voted, votes = bytearray(pages * PAGE), [0] * len(CHOICES)
    for number in numbers:
        page, place = divmod(number, PAGE)
        choice = NAMED[_NAMED[page % KINDS * PAGE + place]][2]
        voter = earlier(page) * PAGE + keen(place) if place in AGAIN else number
        if choice is not None and not has_voted[voter]:
            has_voted[voter] = 1
            votes[choice] += 1
    return tuple(votes)
