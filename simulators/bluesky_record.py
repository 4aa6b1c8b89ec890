"""The records of simulated Bluesky posts: text, facets with byte offsets, clients' timestamps.

Includes what careless clients do to all of these. Knows nothing of hosts and clocks. The record is
described at https://github.com/bluesky-social/atproto/blob/main/lexicons/app/bsky/feed/post.json
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, timezone
from random import Random

from twittervotes.rehearsal.account import Json
from twittervotes.rehearsal.audience import Tweet, TweetKind
from twittervotes.rehearsal.tweet import WORDS

POSTS = "app.bsky.feed.post"
TAG = "app.bsky.richtext.facet#tag"
DIGITS = "234567abcdefghijklmnopqrstuvwxyz"
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
RUBBISH: tuple[object, ...] = (
    {"features": None},
    "a facet",
    {"index": {"byteStart": -1}, "features": "none"},
    {"features": [{"$type": TAG}, {"$type": TAG, "tag": 17}, {"$type": TAG, "tag": ""}]},
    {"features": [{"$type": "app.bsky.richtext.facet#link", "uri": "https://a.example/#debian"}]},
    None,
)


@dataclass(frozen=True, slots=True)
class Stamp:
    """A client's time of posting: as written, and what it means."""

    text: str
    at_us: int


def tid(at_us: int, clock: int = 0) -> str:
    """Return the timestamp identifier of that microsecond."""
    number = at_us << 10 | clock & 1023
    return "".join(DIGITS[number >> shift & 31] for shift in range(60, -1, -5))


def did(account: int) -> str:
    """Return the DID of an account."""
    rng = Random(f"did {account}")  # noqa: S311 - a play, no secret
    return "did:plc:" + "".join(rng.choices(DIGITS, k=24))


def stamp(created_us: int, rng: Random) -> Stamp:
    """Return the time of a post in one of the forms that clients write, some of them false."""
    draw = rng.random()
    if draw < 0.02:
        created_us += 3_600_000_000  # dated ahead
    elif draw < 0.04:
        created_us -= 1_500_000  # backdated
    form = rng.randrange(5)
    if form in (0, 1):
        created_us -= created_us % 1000
    elif form == 2:
        created_us -= created_us % 1_000_000
    at = EPOCH + timedelta(microseconds=created_us)
    digits = f".{at:%f}" if form > 2 else f".{at:%f}"[:4] if form < 2 else ""
    if form in (1, 4):
        zone = timezone(timedelta(hours=-5))
        return Stamp(f"{at.astimezone(zone):%Y-%m-%dT%H:%M:%S}{digits}-05:00", created_us)
    return Stamp(f"{at:%Y-%m-%dT%H:%M:%S}{digits}{'Z' if form else '+00:00'}", created_us)


def written(at_us: int) -> str:
    """Format a time as servers do."""
    return f"{EPOCH + timedelta(microseconds=at_us):%Y-%m-%dT%H:%M:%S.%f}Z"


def record(tweet: Tweet, tags: tuple[str, ...], when: Stamp, about: str, rng: Random) -> Json:
    """Return the record of a post with `tags`; `about` is the key of what it quotes or answers."""
    hidden = rng.random() < 0.06
    before, after = WORDS[tweet.phrase % len(WORDS)]
    text = before + " ".join(f"#{tag}" for tag in tags if not hidden) + after
    value: Json = {"$type": POSTS, "createdAt": when.text, "langs": ["en"], "text": text}
    facets = [] if hidden else _facets(before, tags, rng)
    if rng.random() < 0.05:
        facets = [RUBBISH[0], *facets, *RUBBISH[1:]]
    if facets:
        value["facets"] = facets
    if hidden:
        value["tags"] = [f"#{tag}" if rng.random() < 0.3 else tag for tag in tags]
    link = {"uri": about, "cid": "bafyreib2rxk3rw6"}
    if about and tweet.kind is TweetKind.REPLY:
        value["reply"] = {"root": link, "parent": link}
    if about and tweet.kind is TweetKind.QUOTE:
        value["embed"] = {"$type": "app.bsky.embed.record", "record": link}
    return value


def _facets(before: str, tags: tuple[str, ...], rng: Random) -> list[object]:
    found: list[object] = []
    start = len(before.encode())
    for tag in tags:
        end = start + len(tag.encode()) + 1
        told = f"#{tag}" if rng.random() < 0.03 else tag  # the tag of "##debian" is "#debian"
        feature = {"$type": TAG, "tag": told}
        found.append({"index": {"byteStart": start, "byteEnd": end}, "features": [feature]})
        start = end + 1
    return found
