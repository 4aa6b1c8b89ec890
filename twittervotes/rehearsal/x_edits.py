"""An audience that edits some of its posts: each edit is a new post with a new ID.

An edit changes the choice that a vote names, so counting the first version gives a wrong result.
The seed alone decides which votes are edited, and when. Knows nothing of HTTP and JSON.
"""

from __future__ import annotations

from heapq import heappop, heappush
from random import Random
from typing import TYPE_CHECKING

from twittervotes.rehearsal.audience import (
    TWITTER_EPOCH_MS,
    Audience,
    Tweet,
    TweetKind,
    plain,
    snowflake,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

    from twittervotes.rehearsal.settings import RehearsalSettings
    from twittervotes.rehearsal.x_settings import SimulatedXSettings

SOONEST_S = 0.5
MOST = 2  # per post, so that it is known how long a post may still change
AGAIN = 0.3  # share of the edits that are edited once more
UNTAGGED = ("otherwise",)
HIGHEST_SERIAL = 0xFFF  # the serials of the audience's own IDs start at 0


class Edits:
    """Yields an audience's posts, and the edits of some of them, in the order of posting."""

    def __init__(
        self,
        audience: Audience,
        tags: tuple[str, ...],
        settings: RehearsalSettings,
        x: SimulatedXSettings,
    ) -> None:
        self._audience = audience
        self._choices = {plain(tag): tag for tag in tags}
        self._share, self._untagged, self._edited_s = x.edits, x.untagged, x.edited_s
        self._rng = Random(f"edits {settings.seed}")  # noqa: S311 - a play, no secret
        self._versions: dict[int, tuple[int, ...]] = {}  # of an edit, oldest first
        self._next: dict[int, Tweet] = {}

    def popular(self) -> tuple[Tweet, ...]:
        """Return the audience's popular posts; those are no longer edited."""
        return self._audience.popular()

    def tweets(self) -> Iterator[Tweet]:
        """Yield all versions of all posts."""
        coming: list[tuple[int, Tweet]] = []
        for tweet in self._audience.tweets():
            while coming and coming[0][0] <= tweet.posted_ms:
                edit = heappop(coming)[1]
                self._plan(edit, coming, AGAIN)
                yield edit
            self._plan(tweet, coming, self._share)
            yield tweet
        while coming:
            edit = heappop(coming)[1]
            self._plan(edit, coming, AGAIN)
            yield edit

    def fall_silent(self) -> None:
        """End the posts soon; edits of existing ones still come."""
        self._audience.fall_silent()

    def current(self, tweets: list[Tweet]) -> list[Tweet]:
        """Return the last version of each post, with the ID and the time of its first."""
        there = {tweet.id for tweet in tweets}
        last = [tweet for tweet in tweets if not self._is_replaced_among(tweet, there)]
        return [self._as_posted(tweet) for tweet in last]

    def _as_posted(self, tweet: Tweet) -> Tweet:
        first = self.versions(tweet.id)[0]
        return tweet._replace(id=first, posted_ms=(first >> 22) + TWITTER_EPOCH_MS)

    def versions(self, number: int) -> tuple[int, ...]:
        """Return the IDs of a post's versions up to this one, oldest first."""
        return self._versions.get(number, (number,))

    def history(self, number: int, now_ms: int) -> tuple[int, ...]:
        """Return the IDs of all current versions of a post, oldest first."""
        last = number
        while (following := self._next.get(last)) is not None and following.indexed_ms <= now_ms:
            last = following.id
        return self.versions(last)

    def is_replaced(self, tweet: Tweet, now_ms: int) -> bool:
        """Return whether the search lists a later version instead."""
        following = self._next.get(tweet.id)
        return following is not None and following.indexed_ms <= now_ms

    def _is_replaced_among(self, tweet: Tweet, there: set[int]) -> bool:
        following = self._next.get(tweet.id)
        return following is not None and following.id in there

    def _plan(self, tweet: Tweet, coming: list[tuple[int, Tweet]], share: float) -> None:
        named = {plain(tag) for tag in tweet.tags} & self._choices.keys()
        others = [tag for name, tag in self._choices.items() if name not in named]
        rng = self._rng
        if tweet.kind is TweetKind.RETWEET or not named or not others or rng.random() >= share:
            return
        if len(self.versions(tweet.id)) > MOST:
            return
        at_ms = tweet.posted_ms + round(rng.uniform(SOONEST_S, self._edited_s) * 1000)
        edit = tweet._replace(
            id=snowflake(at_ms, rng.getrandbits(10) << 12 | HIGHEST_SERIAL),
            posted_ms=at_ms,
            indexed_ms=at_ms + tweet.indexed_ms - tweet.posted_ms,
            tags=(rng.choice(others),) if rng.random() >= self._untagged else UNTAGGED,
        )
        self._versions[edit.id] = (*self.versions(tweet.id), edit.id)
        self._next[tweet.id] = edit
        heappush(coming, (at_ms, edit))
