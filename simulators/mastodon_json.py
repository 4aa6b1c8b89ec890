"""A status of the simulated fediverse, as an instance encodes it.

Knows nothing of requests and clocks. The object is described at
https://docs.joinmastodon.org/entities/Status/
"""

from __future__ import annotations

from datetime import UTC, datetime
from urllib.parse import quote

from simulators.mastodon_world import HOMES, OLD, Status, Version, folded, name
from twittervotes.rehearsal.audience import TweetKind

Json = dict[str, object]


def status_json(status: Status, instance: int, now_ms: int) -> Json:
    """Return a status as it is now on an instance; a boost is a wrapper around another."""
    tweet, version = status.tweet, status.version(now_ms)
    is_precise = instance == status.home or status.is_bridged
    value = _object(status, version, instance, is_precise=is_precise)
    if tweet.kind is TweetKind.RETWEET:
        about = _object(status, version, instance, is_precise=False)
        about["id"] = str(int(status.id(instance)) - (1 << 20))
        about["uri"] = f"https://{HOMES[2]}/users/author/statuses/{tweet.id}"
        value |= {"reblog": about, "tags": [], "content": "", "uri": f"{status.uri}/activity"}
    return value


def _object(status: Status, version: Version, instance: int, *, is_precise: bool) -> Json:
    tweet, account = status.tweet, _account(status, instance)
    about = tweet.about if tweet.kind is not TweetKind.RETWEET else None
    quoted = {"state": "accepted", "quoted_status": None} if tweet.kind is TweetKind.QUOTE else None
    tags = [
        {"name": tag, "url": f"https://{HOMES[instance]}/tags/{quote(tag)}"}
        for tag in sorted(folded(version.tags))
    ]
    links = " ".join(
        f'<a href="{tag["url"]}" class="mention hashtag" rel="tag">#<span>{tag["name"]}</span></a>'
        for tag in tags
    )
    return {
        "id": status.id(instance),
        "created_at": written(tweet.posted_ms, is_precise=is_precise),
        "in_reply_to_id": str(about.id) if about and tweet.kind is TweetKind.REPLY else None,
        "in_reply_to_account_id": None,
        "sensitive": False,
        "spoiler_text": "",
        "visibility": "public",
        "language": "en",
        "uri": status.uri,
        "url": status.uri.replace("/statuses/", "/"),
        "replies_count": 0,
        "reblogs_count": tweet.phrase % 7,
        "favourites_count": tweet.phrase % 11,
        "edited_at": written(version.from_ms, is_precise=is_precise) if version.from_ms else None,
        "content": f"<p>My vote: {links} &amp; nothing else</p>",
        "reblog": None,
        "quote": quoted,
        "account": account,
        "media_attachments": [],
        "mentions": [],
        "tags": tags,
        "emojis": [],
        "card": None,
        "poll": None,
    }


def _account(status: Status, instance: int) -> Json:
    number = status.tweet.account
    username = name(number)
    at = "" if instance == status.home else f"@{HOMES[status.home]}"
    return {
        "id": str((109_000_000_000_000_000 + number * 65_537) + instance),
        "username": username,
        "acct": username + at,
        "display_name": f"Voter {number}",
        "locked": False,
        "bot": number % 50 == 0,
        "created_at": written(1_500_000_000_000 + number * 86_400_000 // 9, is_precise=False),
        "note": "<p>One of many in this rehearsal.</p>",
        **({} if instance == OLD else {"uri": status.account_uri}),
        "url": status.profile,
        "followers_count": number % 997,
        "emojis": [],
        "fields": [],
    }


def written(at_ms: int, *, is_precise: bool) -> str:
    """Format a time: in whole seconds if it came from another server."""
    at = datetime.fromtimestamp((at_ms if is_precise else at_ms // 1000 * 1000) / 1000, UTC)
    return at.strftime("%Y-%m-%dT%H:%M:%S.") + f"{at_ms % 1000 if is_precise else 0:03}Z"
