"""What truly happens in a simulated fediverse: who posts, edits and deletes, and when it arrives.

One audience, several instances: a post has the same `uri` everywhere, and an ID of its own on each.
Knows nothing of HTTP and JSON; callers provide the time.
"""

from __future__ import annotations

from base64 import b32encode
from dataclasses import dataclass
from enum import StrEnum
from hashlib import sha256
from random import Random
from typing import NamedTuple

from twittervotes.core.contest.folding import fold
from twittervotes.rehearsal.audience import Tweet, TweetKind
from twittervotes.rehearsal.truth import TruePost, Truth
from twittervotes.sources.mastodon.network import MASTODON

SHIFT = 16
HOMES = ("first.example", "second.example", "elsewhere.example")
OLD = 1  # the number of the instance older than Mastodon 4.3: it sends no `uri` of accounts
BRIDGE = "https://bsky.brid.gy"
FIRST_OLD_ID = 98_000_000  # posts from before IDs contained the time have short ones


@dataclass(frozen=True, slots=True)
class FediverseSettings:
    """The peculiarities of a simulated fediverse; all shares are from 0 to 1."""

    edited: float = 0.05  # posts that are edited to name another hashtag
    untagged: float = 0.03  # posts that lose their hashtags in an edit
    deleted: float = 0.03
    changes_s: float = 2.0  # maximum seconds after posting
    bridged: float = 0.1  # Bluesky accounts that a bridge brings in
    old_ids: float = 0.5  # late posts that get an ID of the time of posting, not of arrival
    unseen: float = 0.0  # posts that never reach an instance other than their own
    closed: bool = False  # timelines require signing in
    silent: bool = False  # a closed timeline is an empty list, not an error
    thump_s: float = 15.0  # between two heartbeats of a stream
    stream_lasts_s: float = 3600.0  # after which it is cut


class ActKind(StrEnum):
    """The events of a status on an instance."""

    COMES = "comes"
    CHANGES = "changes"
    GOES = "goes"


class Version(NamedTuple):
    """What a status says from a moment on."""

    from_ms: int
    tags: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Status:
    """A post of the audience in the fediverse, with its whole future."""

    number: int
    tweet: Tweet
    versions: tuple[Version, ...]
    deleted_ms: int | None
    origin: str  # the key on Bluesky of a bridged post
    has_old_id: bool
    unseen_by: frozenset[int]

    @property
    def is_bridged(self) -> bool:
        return bool(self.origin)

    @property
    def home(self) -> int:
        """The number of its instance; the last of HOMES isn't simulated."""
        return len(HOMES) - 1 if self.is_bridged else self.tweet.account % len(HOMES)

    def arrives_ms(self, instance: int) -> int:
        at_home = instance == self.home
        return self.tweet.posted_ms + 5 if at_home else self.tweet.indexed_ms

    def id(self, instance: int) -> str:
        if self.tweet.popular:
            return str(FIRST_OLD_ID + 1000 * instance + self.number)
        late_with_old_id = self.has_old_id or instance == self.home
        at_ms = self.tweet.posted_ms if late_with_old_id else self.tweet.indexed_ms
        return str(at_ms << SHIFT | (self.number * 7 + instance * 40_503) & 0xFFFF)

    def version(self, now_ms: int) -> Version:
        return [each for each in self.versions if each.from_ms <= now_ms][-1]

    def is_deleted(self, now_ms: int) -> bool:
        return self.deleted_ms is not None and self.deleted_ms <= now_ms

    @property
    def key(self) -> str:
        return self.origin or self.uri

    @property
    def uri(self) -> str:
        if self.is_bridged:
            return f"{BRIDGE}/convert/ap/{self.key}"
        number, account = self.tweet.id, self.tweet.account
        if account % 2:
            return f"https://{HOMES[self.home]}/ap/users/{account + 77}/statuses/{number}"
        return f"https://{HOMES[self.home]}/users/{name(account)}/statuses/{number}"

    @property
    def voter(self) -> str:
        if self.is_bridged:
            return self.origin.split("/")[2]
        return f"https://{HOMES[self.home]}/users/{name(self.tweet.account)}"

    @property
    def account_uri(self) -> str:
        account = self.tweet.account
        if self.is_bridged:
            return f"{BRIDGE}/ap/{self.voter}"
        if account % 2:
            return f"https://{HOMES[self.home]}/ap/users/{account + 77}"
        return f"https://{HOMES[self.home]}/users/{name(account)}"

    @property
    def profile(self) -> str:
        """The page of its account."""
        who = name(self.tweet.account)
        if self.is_bridged:
            return f"{BRIDGE}/r/https://bsky.app/profile/{who}.bsky.social"
        return f"https://{HOMES[self.home]}/@{who}"


class Fates:
    """Decides the future of each post of an audience, by its seed."""

    def __init__(self, settings: FediverseSettings, seed: int, tags: tuple[str, ...]) -> None:
        self._settings, self._seed, self._tags = settings, seed, tags

    def status(self, number: int, tweet: Tweet) -> Status:
        """Return the status of a post of the audience."""
        settings = self._settings
        rng = Random(f"fate {self._seed} {tweet.id}")  # noqa: S311 - a play, no secret
        is_bridged = _share(f"{self._seed} {tweet.account}") < settings.bridged
        changes_ms = tweet.posted_ms + rng.randrange(1, round(settings.changes_s * 1000) + 2)
        versions, deleted_ms = [Version(0, tweet.tags)], None
        draw = rng.random()
        if not tweet.popular and tweet.kind is not TweetKind.RETWEET:
            if draw < settings.edited:
                versions.append(Version(changes_ms, (rng.choice(self._tags),)))
            elif draw < settings.edited + settings.untagged:
                versions.append(Version(changes_ms, ("otherwise",)))
            elif draw < settings.edited + settings.untagged + settings.deleted:
                deleted_ms = changes_ms
        has_old_id = rng.random() < settings.old_ids
        unseen_by = [number for number in range(2) if rng.random() < settings.unseen]
        home = len(HOMES) - 1 if is_bridged else tweet.account % len(HOMES)
        key = f"at://{did(tweet.account)}/app.bsky.feed.post/{_rkey(number)}"
        return Status(
            number,
            tweet,
            tuple(versions),
            deleted_ms,
            key if is_bridged else "",
            has_old_id,
            frozenset(unseen_by[:1]) - {home},
        )


def bridged(number: int, tweet: Tweet, origin: str) -> Status:
    """Return a bridge's copy of the Bluesky post with the key `origin`."""
    return Status(number, tweet, (Version(0, tweet.tags),), None, origin, False, frozenset())


def folded(tags: tuple[str, ...]) -> frozenset[str]:
    """Return tags as an instance stores them."""
    return frozenset(fold(tag, MASTODON) for tag in tags)


def name(account: int) -> str:
    return f"voter_{account:x}"


def did(account: int) -> str:
    return "did:plc:" + b32encode(sha256(str(account).encode()).digest())[:24].decode().lower()


def true_post(status: Status, now_ms: int) -> TruePost:
    """Return a status as a recount needs it; a deleted one has no tags."""
    tweet = status.tweet
    gone = status.is_deleted(now_ms)
    return TruePost(
        str(tweet.id),
        status.key,
        status.voter,
        status.voter,
        tweet.at_ms,
        tweet.indexed_ms,
        tweet.kind,
        () if gone else status.version(now_ms).tags,
    )


def truth(
    statuses: list[Status], choices: tuple[str, ...], opens_ms: int, closes_ms: int, now_ms: int
) -> Truth:
    """Return the current votes from `opens_ms` (inclusive) to `closes_ms` (exclusive)."""
    names = {fold(choice, MASTODON): choice for choice in choices}
    votes = dict.fromkeys(choices, 0)
    voted: set[str] = set()
    posts = 0
    true = [true_post(status, now_ms) for status in statuses]
    for post in sorted(true, key=lambda post: (post.at_ms, post.key)):
        if not opens_ms <= post.at_ms < closes_ms or post.kind == TweetKind.RETWEET:
            continue
        named = {names[tag] for tag in folded(post.tags) if tag in names}
        posts += bool(named)
        if len(named) == 1 and post.voter not in voted:
            voted.add(post.voter)
            votes[named.pop()] += 1
    return Truth(tuple(votes.items()), posts, now_ms)


def _rkey(number: int) -> str:
    return f"3k{number:011x}"


def _share(text: str) -> float:
    """Return a number from 0 to 1 that is always the same for the same text."""
    return int.from_bytes(sha256(text.encode()).digest()[:4]) / 2**32
