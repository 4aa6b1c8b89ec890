"""Ledgers of millions of posts, made by the real Ledger from the audience's small-size posts.

A ledger is made once and kept in the folder of a run for other benchmarks.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from math import gcd
from pathlib import Path

from benchmarks import audience, telling
from benchmarks.audience import CHOICES, PAGE
from twittervotes.core.contest.acts import Act, ActKind
from twittervotes.core.contest.contest import Contest, chosen
from twittervotes.core.contest.posts import Feed, Post
from twittervotes.core.ledger.writer import Entry, Ledger

AT_ONCE = 100  # pages per transaction: 10,000 posts
FEED = Feed("all", " OR ".join(f"#{choice}" for choice in CHOICES))
SOURCE = "made-up"
PRIME = 2_654_435_761


def contest() -> Contest:
    """Return the contest of all benchmarks."""
    return Contest("Which one?", chosen(list(CHOICES))[0], opens_ms=audience.OPENS_MS)


def post(page: int, place: int) -> Post:
    """Return a post of the audience."""
    voter = str(audience.account_id(*audience.account(page, place)))
    key, tags = str(audience.post_id(page, place)), audience.tags(page, place)
    return Post("x", key, voter, audience.at_ms(page), tags)


def in_order(page: int, _: int) -> tuple[Post, ...]:
    """Return a page of posts in time order; the IDs of their accounts grow too."""
    at_ms, posts = audience.at_ms(page), []
    for place in range(PAGE):
        first, where = audience.account(page, place)
        voter, key = str(10**9 + first * PAGE + where), str(audience.post_id(page, place))
        posts.append(Post("x", key, voter, at_ms, audience.tags(page, place)))
    return tuple(posts)


def at_random(page: int, pages: int) -> tuple[Post, ...]:
    """Return a page of posts with times and accounts from anywhere in `pages`."""
    return tuple(post(*divmod(number, PAGE)) for number in numbers_at_random(page, pages))


def numbers_at_random(page: int, pages: int) -> list[int]:
    """Return the numbers of the posts on a page: over all `pages`, each occurs once."""
    number = pages * PAGE
    step = next(step for step in range(PRIME % number, 2 * number) if gcd(step, number) == 1)
    return [each * step % number for each in range(page * PAGE, (page + 1) * PAGE)]


def read_pages(pages: int) -> Iterator[Entry]:
    """Yield the entries of pages in order, as a source's answers are recorded."""
    for page in range(pages):
        posts = in_order(page, pages)
        position = {"cursor": posts[-1].key, "read_ms": audience.at_ms(page)}
        yield Entry("page", SOURCE, {"feed": FEED.name, "bad": [], "position": position}, posts)


def ledger(folder: Path, posts: int) -> Path:
    """Return a ledger of so many posts; make it if necessary."""
    path, ready = named(folder, posts), ready_mark(folder, posts)
    if ready.exists():
        return path
    telling.progress(f"making a ledger of {posts:,} posts")
    path.unlink(missing_ok=True)
    pages = posts // PAGE
    with Ledger.create(path, contest(), audience.OPENS_MS) as made:
        made.act(Act(ActKind.OPENED, audience.OPENS_MS, "the clock"))
        body = {"network": "x", "complete": False, "queries": [FEED.query]}
        waiting = [Entry("source", SOURCE, body)]
        for entry in read_pages(pages):
            waiting.append(entry)
            if len(waiting) >= AT_ONCE:
                made.append(waiting, audience.OPENS_MS)
                waiting = []
        if waiting:
            made.append(waiting, audience.OPENS_MS)
    ready.write_text(json.dumps({"posts": posts}))
    return path


def named(folder: Path, posts: int) -> Path:
    """Return the path of a ledger of so many posts."""
    return folder / f"{posts}.votes"


def ready_mark(folder: Path, posts: int) -> Path:
    """Return the file that marks a ledger as complete."""
    return folder / f"{posts}.ready"
