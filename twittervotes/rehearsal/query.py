"""X's search query, as far as votes need it: hashtags, OR, and exclusions.

`#a OR #b #c -filter:retweets` means (a or b) and c, without retweets. Plain words are parsed but
match nothing, because the audience's words don't matter.
"""

from __future__ import annotations

from dataclasses import dataclass

from twittervotes.rehearsal.audience import Tweet, TweetKind, plain

LONGEST = 500


@dataclass(frozen=True, slots=True)
class Query:
    """Matches posts that have a tag of each group and nothing that is excluded."""

    groups: tuple[frozenset[str], ...]
    without: frozenset[str] = frozenset()
    refused: frozenset[TweetKind] = frozenset()

    def finds(self, tweet: Tweet) -> bool:
        """Return whether the query matches a post."""
        tags = frozenset(map(plain, tweet.tags))
        return (
            tweet.kind not in self.refused
            and tags.isdisjoint(self.without)
            and not any(tags.isdisjoint(group) for group in self.groups)
        )


def parsed(text: str) -> Query:
    """Parse a query."""
    groups: list[set[str]] = []
    without: set[str] = set()
    refused: set[TweetKind] = set()
    joined = False
    for word in text.replace("(", " ").replace(")", " ").split():
        if word == "OR":
            joined = bool(groups)
        elif word.startswith("-#"):
            without.add(plain(word[2:]))
        elif word in _FILTERS:
            refused.add(_FILTERS[word])
        else:
            # a word without '#' stands for itself, and no tag begins with a space
            term = plain(word[1:]) if word[0] in "#＃" else f" {word}"
            if joined:
                groups[-1].add(term)
            else:
                groups.append({term})
            joined = False
    return Query(tuple(map(frozenset, groups)), frozenset(without), frozenset(refused))


_FILTERS = {
    "-filter:retweets": TweetKind.RETWEET,
    "-filter:nativeretweets": TweetKind.RETWEET,
    "-filter:replies": TweetKind.REPLY,
    "-filter:quote": TweetKind.QUOTE,
}
