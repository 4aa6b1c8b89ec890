"""An audience that posts: endless, seeded, and full of the things that make counting hard.

Posts are generated one after another, only up to the current time. The same seed, tags and start
always give the same posts. Knows nothing of HTTP, JSON and the time of day.
"""

from __future__ import annotations

import unicodedata
from collections import deque
from enum import StrEnum
from itertools import accumulate
from random import Random
from typing import TYPE_CHECKING, NamedTuple

from twittervotes.rehearsal.popularity import Popularity
from twittervotes.rehearsal.settings import LARGEST_AUDIENCE, RehearsalSettings

if TYPE_CHECKING:
    from collections.abc import Iterator

TWITTER_EPOCH_MS = 1_288_834_974_657
DAY_MS = 86_400_000
REMEMBERED = 300  # posts that can be reposted, quoted and answered
OTHER_TAGS = ("linux", "foss", "日本語", "投票", "Vote2026", "Café", "MondayMotivation")
POPULAR = 4
USUAL_DELAY_MS = (20, 300)
LATE_FROM_MS = 1500
TURNOVER_MS = 240_000  # within which the whole audience is replaced


class TweetKind(StrEnum):
    """The kinds of posts, as the network names them."""

    TWEET = "tweet"
    RETWEET = "retweet"
    QUOTE = "quote"
    REPLY = "reply"


class Tweet(NamedTuple):
    """One post of the audience, without its text (`tweet.py` finds that by the number `phrase`).

    `tags` are as typed; a retweet has those of the original post. `about` is the post that is
    repeated, quoted or answered.
    """

    id: int
    posted_ms: int
    indexed_ms: int
    account: int
    kind: TweetKind
    tags: tuple[str, ...]
    phrase: int
    about: Tweet | None = None
    popular: bool = False

    @property
    def at_ms(self) -> int:
        """The time of posting as the network reports it: in whole seconds."""
        return self.posted_ms // 1000 * 1000


SHARES = {
    "vote": 0.61,
    "several": 0.05,
    "twice": 0.05,
    TweetKind.RETWEET: 0.10,
    TweetKind.QUOTE: 0.06,
    TweetKind.REPLY: 0.07,
    "other": 0.06,
}


def plain(tag: str) -> str:
    """Return the form under which the network compares tags."""
    return unicodedata.normalize("NFKC", tag).casefold()


def snowflake(at_ms: int, low: int = 0) -> int:
    """Return an ID of that millisecond; `low` are its 22 low bits."""
    return (at_ms - TWITTER_EPOCH_MS) << 22 | low


class Audience:
    """Everyone who posts about `tags`; posts from `starts_ms` on are live."""

    def __init__(self, settings: RehearsalSettings, tags: tuple[str, ...], starts_ms: int) -> None:
        if not tags:
            raise ValueError("An audience needs at least one hashtag to post about.")
        self._settings = settings
        self._starts_ms = starts_ms
        self._begins_ms = starts_ms - round(settings.before_s * 1000)
        self._rng = Random(f"audience {settings.seed}")  # noqa: S311 - a play, no secret
        self._favour = Popularity(settings.seed, len(tags))
        self._spellings = [_spellings(tag) for tag in tags]
        choices = set(map(plain, tags))
        near = [f"{tag}ish" for tag in tags]
        self._others = [tag for tag in (*OTHER_TAGS, *near) if plain(tag) not in choices]
        self._mood = self._favour.at(0)
        self._recent: deque[Tweet] = deque(maxlen=REMEMBERED)
        self._last = (0, 0)
        self._is_silent = False

    def fall_silent(self) -> None:
        """End the posts soon: at most one more comes."""
        self._is_silent = True

    def popular(self) -> tuple[Tweet, ...]:
        """Return a few posts that are days old, which `mixed` lists first."""
        rng = Random(f"popular {self._settings.seed}")  # noqa: S311 - as above
        found = []
        for days in range(POPULAR, 0, -1):
            at_ms = self._begins_ms - days * DAY_MS - rng.randrange(DAY_MS // 2)
            account = rng.randrange(self._settings.audience)
            tags = (rng.choice(rng.choice(self._spellings)),)
            found.append(
                Tweet(
                    snowflake(at_ms, rng.getrandbits(22)),
                    at_ms,
                    at_ms,
                    account,
                    TweetKind.TWEET,
                    tags,
                    rng.getrandbits(8),
                    popular=True,
                )
            )
        return tuple(found)

    def tweets(self) -> Iterator[Tweet]:
        """Yield all posts in the order of posting, until the audience falls silent."""
        lasts_s = self._settings.lasts_s
        ends_ms = None if lasts_s is None else self._starts_ms + lasts_s * 1000
        at_ms, second = float(self._begins_ms), 0
        while True:
            at_ms += self._rng.expovariate(self._settings.rate * self._mood.liveliness) * 1000
            if self._is_silent or (ends_ms is not None and at_ms >= ends_ms):
                return
            now = int(at_ms - self._begins_ms) // 1000
            if now != second:
                second = now
                self._mood = self._favour.at(second)
            tweet = self._tweet(int(at_ms))
            if tweet.kind is not TweetKind.RETWEET:
                self._recent.append(tweet)
            yield tweet

    def current(self, tweets: list[Tweet]) -> list[Tweet]:
        """Return posts as they are now; nobody edits here."""
        return tweets

    def _tweet(self, posted_ms: int) -> Tweet:
        kind, tags, about = self._content()
        return Tweet(
            self._id(posted_ms),
            posted_ms,
            self._indexed_ms(posted_ms),
            self._account(posted_ms),
            kind,
            tags,
            self._rng.getrandbits(8),
            about,
        )

    def _account(self, posted_ms: int) -> int:
        """Return the author of a post: some post much more often, and newcomers replace others.

        Without newcomers everybody would have voted after a few minutes.
        """
        audience = self._settings.audience
        come = (posted_ms - self._begins_ms) * audience // TURNOVER_MS
        return (come + int(audience * self._rng.random() ** 1.3)) % LARGEST_AUDIENCE

    def _content(self) -> tuple[TweetKind, tuple[str, ...], Tweet | None]:
        rng = self._rng
        sort = rng.choices(_SORTS, cum_weights=_SHARES)[0]
        if isinstance(sort, TweetKind) and self._recent:
            about = rng.choice(self._recent)
            if sort is TweetKind.RETWEET:
                return sort, about.tags, about
            if sort is TweetKind.QUOTE and about.kind is not TweetKind.TWEET:
                sort = TweetKind.REPLY
            own = self._vote() if rng.random() < 0.7 else rng.choice(self._others)
            return sort, (own,), about
        if sort == "several":
            return TweetKind.TWEET, tuple(self._vote() for _ in range(rng.choice((2, 2, 3)))), None
        if sort == "twice":
            spellings = self._spellings[self._choice()]
            return TweetKind.TWEET, (rng.choice(spellings), rng.choice(spellings)), None
        if sort == "other":
            return TweetKind.TWEET, (rng.choice(self._others),), None
        if rng.random() < 0.25:
            pair = [self._vote(), rng.choice(self._others)]
            rng.shuffle(pair)
            return TweetKind.TWEET, tuple(pair), None
        return TweetKind.TWEET, (self._vote(),), None

    def _choice(self) -> int:
        return self._rng.choices(range(len(self._spellings)), cum_weights=self._mood.weights)[0]

    def _vote(self) -> str:
        return self._rng.choice(self._spellings[self._choice()])

    def _id(self, posted_ms: int) -> int:
        last_ms, number = self._last
        number = number + 1 if posted_ms == last_ms else 0
        self._last = posted_ms, number
        return snowflake(posted_ms, self._rng.getrandbits(10) << 12 | number & 0xFFF)

    def _indexed_ms(self, posted_ms: int) -> int:
        settings, rng = self._settings, self._rng
        delay_ms = rng.randint(*USUAL_DELAY_MS)
        if rng.random() < settings.late:
            most_ms = settings.late_s * 1000
            delay_ms = round(rng.uniform(min(LATE_FROM_MS, most_ms), most_ms))
        if posted_ms < self._starts_ms:
            return min(posted_ms + delay_ms, self._starts_ms)
        return posted_ms + delay_ms


def _spellings(tag: str) -> list[str]:
    forms = (tag, tag, tag.lower(), tag.upper(), tag.capitalize(), tag.swapcase())
    return [form for form in forms if plain(form) == plain(tag)]


_SORTS = tuple(SHARES)
_SHARES = tuple(accumulate(SHARES.values()))
