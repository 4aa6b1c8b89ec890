"""Everything that happens on the simulated Bluesky, in order, and the true result.

The audience's posts are created, changed and deleted, accounts are taken down and come back, and
between these events is the chatter of everybody else. Knows nothing of hosts; callers provide the
time.
"""

from __future__ import annotations

import json
import threading
from dataclasses import dataclass, replace
from heapq import heappop, heappush
from random import Random
from typing import NamedTuple

from simulators.bluesky_record import POSTS, Stamp, did, record, stamp, tid, written
from twittervotes.rehearsal.account import Json
from twittervotes.rehearsal.audience import Audience, Tweet, TweetKind, plain
from twittervotes.rehearsal.settings import RehearsalSettings
from twittervotes.rehearsal.truth import Truth

CHATTER_MS = 50  # how often somebody else posts
STRANGER = 10_000_000  # accounts from here on aren't in the audience
SOON_MS = 1200  # maximum time until a post is changed or deleted, or an account is gone and back
NEVER_US = 10**16  # when a permanently removed account comes back


class Happening(NamedTuple):
    """One event; `body` is its JSON without the host's own time."""

    at_us: int
    did: str
    body: bytes
    is_post: bool


@dataclass(slots=True)
class Life:
    """A post as it truly is: its current record (None: deleted), and what the search knew of it."""

    key: str
    account: int
    at_ms: int
    kind: TweetKind
    tags: tuple[str, ...]
    record: Json
    indexed_ms: int
    gone: bool = False


class Course:
    """The course of events; `advance` returns what is new. Thread-safe."""

    def __init__(
        self,
        settings: RehearsalSettings,
        tags: tuple[str, ...],
        starts_ms: int,
        *,
        returns: bool = True,
    ) -> None:
        """Create an audience that posts about `tags`; if `returns`, removed accounts may return."""
        self._seed = settings.seed
        self._tags = tags
        self._returns = returns
        self.audience = Audience(settings, tags, starts_ms)
        self._tweets = self.audience.tweets()
        self._next = next(self._tweets, None)
        self._chatter_ms = starts_ms - round(settings.before_s * 1000)
        self._lives: dict[str, Life] = {}
        self._latest_us: dict[int, int] = {}  # each account's latest commit, even a future one
        self._back_us: dict[int, int] = {}  # when removed accounts are back
        self._coming: list[tuple[int, int, Happening]] = []
        self._number = 0
        self._lock = threading.Lock()

    def advance(self, now_ms: int) -> list[Happening]:
        """Generate events up to now, and return them in the order in which the relay sends them."""
        with self._lock:
            while self._next is not None and self._next.posted_ms <= now_ms:
                self._post(self._next)
                self._next = next(self._tweets, None)
            while self._chatter_ms <= now_ms:
                self._chat(self._chatter_ms)
                self._chatter_ms += CHATTER_MS
            found = []
            while self._coming and self._coming[0][0] <= now_ms * 1000:
                found.append(heappop(self._coming)[2])
            return found

    def truth(self, opens_ms: int, closes_ms: int, as_of_ms: int) -> Truth:
        """Return the true votes, counted in the simplest way."""
        names = {plain(tag): tag for tag in self._tags}
        votes = dict.fromkeys(self._tags, 0)
        voted: set[int] = set()
        posts = 0
        for life in sorted(self.lives(), key=lambda life: (life.at_ms, life.key)):
            named = {names[plain(tag)] for tag in life.tags if plain(tag) in names}
            if life.gone or not opens_ms <= life.at_ms < closes_ms or not named:
                continue
            posts += 1
            if len(named) == 1 and life.account not in voted:
                voted.add(life.account)
                votes[named.pop()] += 1
        return Truth(tuple(votes.items()), posts, as_of_ms)

    def lives(self) -> list[Life]:
        """Return all posts of the audience as they are; those of removed accounts are gone."""
        with self._lock:
            return [
                replace(life, gone=life.gone or self._back_us.get(life.account) == NEVER_US)
                for life in self._lives.values()
            ]

    def flood(self, number: int, at_ms: int) -> None:
        """Make others post this much at once."""
        with self._lock:
            for _ in range(number):
                self._chat(at_ms)

    def _post(self, tweet: Tweet) -> None:
        if tweet.kind is TweetKind.RETWEET:
            return  # a repost is a record of another collection
        if tweet.posted_ms * 1000 <= self._back_us.get(tweet.account, 0):
            return  # nobody can post while their account is down
        rng = Random(f"bluesky {self._seed} {tweet.posted_ms} {tweet.id & 0xFFF}")  # noqa: S311 - a play
        created_us = tweet.posted_ms * 1000 + (tweet.id & 0xFFF) % 1000
        who, rkey = did(tweet.account), tid(created_us, tweet.account)
        about = ""
        if tweet.about:
            about = f"at://{did(tweet.about.account)}/{POSTS}/{tid(tweet.about.posted_ms * 1000)}"
        when = stamp(created_us, rng)
        rev_us = created_us + rng.randrange(1_000, 9_000)
        value = record(tweet, tweet.tags, when, about, rng)
        at_ms = max(tweet.indexed_ms, rev_us // 1000 + 1)
        key = f"at://{who}/{POSTS}/{rkey}"
        life = Life(
            key,
            tweet.account,
            min(when.at_us, created_us) // 1000,
            tweet.kind,
            tweet.tags,
            value,
            at_ms,
        )
        self._lives[key] = life
        self._commit(at_ms, who, "create", rkey, rev_us, value)
        self._fate(life, tweet, rev_us, rng)

    def _fate(self, life: Life, tweet: Tweet, rev_us: int, rng: Random) -> None:
        """Decide the future of a post, or of its account."""
        who, rkey = life.key.split("/")[2::2]
        at_ms, draw = life.indexed_ms, rng.random()
        later_ms = rng.randrange(20, SOON_MS)
        after_us = rev_us + later_ms * 1000
        before_us = self._latest_us.get(tweet.account, 0)
        self._latest_us[tweet.account] = max(before_us, after_us if draw < 0.08 else rev_us)
        if rng.random() < 0.2:  # the news comes before the post
            later_ms = -rng.randrange(1, max(2, at_ms - tweet.posted_ms))
        if draw < 0.04:
            self._commit(at_ms + later_ms, who, "delete", rkey, after_us, None)
            life.gone = True
        elif draw < 0.08:
            life.tags = () if rng.random() < 0.3 else (rng.choice(self._tags),)
            when = Stamp(str(life.record["createdAt"]), 0)  # unchanged by an edit
            life.record = record(tweet, life.tags, when, "", rng)
            life.kind = TweetKind.TWEET
            self._commit(at_ms + later_ms, who, "update", rkey, after_us, life.record)
        elif draw < 0.1 and tweet.account not in self._back_us:
            gone_us = max(after_us, before_us + 1)  # nobody can edit while their account is down
            self._back_us[tweet.account] = NEVER_US
            self._account(gone_us, who, active=False)
            if self._returns and rng.random() < 0.5:
                back_us = gone_us + rng.randrange(1, SOON_MS) * 1000
                self._back_us[tweet.account] = back_us
                self._account(back_us, who, active=True)

    def _account(self, at_us: int, who: str, *, active: bool) -> None:
        time = written(at_us)
        account: Json = {"active": active, "did": who, "seq": self._number, "time": time}
        if not active:
            account["status"] = "takendown"
        body: Json = {"kind": "account", "account": account}
        self._tell(at_us // 1000 + 1, who, body, is_post=False)

    def _commit(
        self, at_ms: int, who: str, operation: str, rkey: str, rev_us: int, value: Json | None
    ) -> None:
        commit: Json = {
            "rev": tid(rev_us),
            "operation": operation,
            "collection": POSTS,
            "rkey": rkey,
        }
        if value is not None:
            commit |= {"record": value, "cid": "bafyreib2rxk3rw6"}
        self._tell(at_ms, who, {"kind": "commit", "commit": commit}, is_post=True)

    def _chat(self, at_ms: int) -> None:
        """Make somebody else post, usually, delete, or appear."""
        n = self._number
        who, rkey = did(STRANGER + n % 500), tid(at_ms * 1000 + n % 1000, n)
        if n % 9 == 0:
            identity: Json = {"did": who, "seq": n, "time": written(at_ms * 1000)}
            self._tell(at_ms, who, {"kind": "identity", "identity": identity}, is_post=False)
        elif n % 9 == 1:
            self._account(at_ms * 1000, who, active=bool(n % 2))
        elif n % 9 == 2:
            self._commit(at_ms, who, "delete", rkey, at_ms * 1000, None)
        else:
            rng = Random(n)  # noqa: S311 - a play, no secret
            words = f"{self._tags[0]} is what I think of at breakfast 🍳, #{self._tags[-1]} too"
            value: Json = {"$type": POSTS, "createdAt": written(at_ms * 1000), "text": words}
            if n % 2:
                tweet = Tweet(0, at_ms, at_ms, 0, TweetKind.TWEET, (), n)
                when = stamp(at_ms * 1000, rng)
                value = record(tweet, (f"{self._tags[0]}ly", "Frühstück"), when, "", rng)
            self._commit(at_ms, who, "create", rkey, at_ms * 1000, value)

    def _tell(self, at_ms: int, who: str, body: Json, *, is_post: bool) -> None:
        self._number += 1
        text = json.dumps(body, ensure_ascii=False, separators=(",", ":")).encode()[1:]
        at_us = at_ms * 1000 + self._number % 1000
        heappush(self._coming, (at_us, self._number, Happening(at_us, who, text, is_post)))
