"""Posts, pages and contests for the tests of the count: made by hand, by a seed, by hypothesis."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from random import Random

from twittervotes.core.contest.contest import (
    Choice,
    Contest,
    PerAccount,
    Policy,
    Rules,
    Several,
    Withdrawn,
)
from twittervotes.core.contest.posts import Kind, Post
from twittervotes.core.ledger.writer import Entry

OPENS = 1_700_000_040_000 - 4000  # four seconds before a full minute
CLOSES = OPENS + 10_000
CHOICES = (Choice("debian"), Choice("ubuntu", aliases=("ubunut",)), Choice("arch", "Arch Linux"))
TAGS = ("debian", "DEBIAN", "ｄebian", "Ubuntu", "ubunut", "arch", "vote", "cats", "Straße")
VOTERS = ("ann", "bob", "cem", "dag")
NETWORKS = ("x", "mastodon")
TIMES = (*range(OPENS - 2000, OPENS + 14_001, 1000), OPENS + 4500, CLOSES - 1)


def contest(**rules: object) -> Contest:
    """Return a contest of three choices; `rules` are those of Rules, or fields of Contest."""
    fields = {name: rules.pop(name) for name in tuple(rules) if name in Contest.__slots__}
    laid_down = Contest("Which one?", CHOICES, Rules(**rules), OPENS, CLOSES)  # type: ignore[arg-type]
    return replace(laid_down, **fields)  # type: ignore[arg-type]


def post(key: str = "1", tags: str = "debian", **fields: object) -> Post:
    """Return a post that counts, but for what `fields` say."""
    made = Post("x", key, f"voter of {key}", OPENS + 1000, tags)
    return made._replace(**fields)  # type: ignore[arg-type]


def page(
    posts: Sequence[Post], source: str = "twitter", feed: str = "all", position: object = 0
) -> Entry:
    """Return the entry of a page of `source`."""
    return Entry("page", source, {"feed": feed, "position": position}, tuple(posts))


def random_post(random: Random) -> Post:
    """Return a post out of so few that keys, accounts and times meet often."""
    choose = random.choice
    return Post(
        network=choose(NETWORKS),
        key=str(random.randrange(12)),
        voter=choose(VOTERS),
        at_ms=choose(TIMES),
        tags=" ".join(random.choices(TAGS, k=choose((0, 1, 1, 1, 2, 3)))),
        kind=choose(tuple(Kind)).value,
        revision=choose((0, 0, 0, 1)),
        born_ms=choose((0, OPENS - 5000, OPENS - 500_000)),
    )


def random_rules(random: Random) -> Rules:
    """Return any rules."""
    choose = random.choice
    return Rules(
        per_account=choose(tuple(PerAccount)),
        several=choose(tuple(Several)),
        reposts=choose(tuple(Policy)),
        quotes=choose(tuple(Policy)),
        replies=choose(tuple(Policy)),
        required=choose(((), ("vote",))),
        min_account_age_s=choose((0, 100)),
        grace_s=choose((0, 2)),
        exclude=choose(((), ("ann",), ("mastodon:bob", "x:cem"))),
        withdrawn=choose(tuple(Withdrawn)),
    )
