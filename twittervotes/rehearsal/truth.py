"""The true result, counted from the posts themselves in the simplest way.

Deliberately uses nothing of the counting code under test. The rules are the defaults of a contest:
the first vote of each account counts, a post that names several choices is spoilt, retweets are
ignored, quotes and replies count.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

from twittervotes.rehearsal.account import voter
from twittervotes.rehearsal.audience import Tweet, TweetKind, plain

if TYPE_CHECKING:
    from collections.abc import Iterable


@dataclass(frozen=True, slots=True)
class Truth:
    """The votes of a period, in the order of the choices, and what they are based on.

    `posts` are all posts of the period with a choice, including retweets; `as_of_ms` is the
    network's time of this count.
    """

    votes: tuple[tuple[str, int], ...]
    posts: int
    as_of_ms: int


class TruePost(NamedTuple):
    """One post as it truly is, for recounts under other rules.

    `key` and `author` are those of the original if it is a retweet.
    """

    id: str
    key: str
    voter: str
    author: str
    at_ms: int
    indexed_ms: int
    kind: str
    tags: tuple[str, ...]


def truth(
    tweets: Iterable[Tweet], choices: tuple[str, ...], opens_ms: int, closes_ms: int, as_of_ms: int
) -> Truth:
    """Return the votes from `opens_ms` (inclusive) to `closes_ms` (exclusive)."""
    names = {plain(choice): choice for choice in choices}
    votes = dict.fromkeys(choices, 0)
    voted = set()
    posts = 0
    for tweet in sorted(tweets, key=lambda tweet: (tweet.at_ms, str(tweet.id))):
        if not opens_ms <= tweet.at_ms < closes_ms:
            continue
        named = {names[plain(tag)] for tag in tweet.tags if plain(tag) in names}
        posts += bool(named)
        if tweet.kind is TweetKind.RETWEET or len(named) != 1 or tweet.account in voted:
            continue
        voted.add(tweet.account)
        votes[named.pop()] += 1
    return Truth(tuple(votes.items()), posts, as_of_ms)


def true_post(tweet: Tweet) -> TruePost:
    """Return a post as a recount needs it."""
    original = tweet.about if tweet.about and tweet.kind is TweetKind.RETWEET else tweet
    return TruePost(
        str(tweet.id),
        str(original.id),
        voter(tweet.account),
        voter(original.account),
        tweet.at_ms,
        tweet.indexed_ms,
        tweet.kind,
        tweet.tags,
    )
