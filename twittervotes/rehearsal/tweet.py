"""A post of the audience, as in X's v1.1 search API: text, entities, author, JSON.

Knows nothing of clocks, requests and counting. The object is described at
https://developer.x.com/en/docs/x-api/v1/data-dictionary/object-model/tweet
"""

from __future__ import annotations

import html
import json

from twittervotes.rehearsal.account import Json, created_at, mention, screen_name, user, voter
from twittervotes.rehearsal.audience import Tweet, TweetKind

CUT_AT = 140  # characters of a retweet, and of any text in compatibility mode
KEPT = 20_000  # cached encoded posts: about 60 MB
WORDS = (
    ("My vote goes to ", "!"),
    ("", " all the way 🎉🎉"),
    ("投票します。", " よろしくお願いします 🙏"),
    ("Fish & chips & ", " & nothing else <3"),
    ("👩‍💻 says ", ""),
    ("No doubt about it: (", ")"),
    (
        "I have had it at home, at work, on the train and on the roof; it was quick, it was quiet, "
        "and it never once asked me to restart. This is what I stand for: ",
        " — thank you, all of you 💚",
    ),
    ("Über allem: ", ", was sonst?"),
)
Span = tuple[int, int, str]


class Renderer:
    """Encodes posts, and caches recent ones."""

    def __init__(self) -> None:
        self._kept: dict[tuple[int, bool, bool], bytes] = {}

    def encoded(self, tweet: Tweet, *, extended: bool, popular: bool) -> bytes:
        """Return the JSON of one post; thread-safe."""
        key = tweet.id, extended, popular
        found = self._kept.get(key)
        if found is None:
            value = _object(tweet, extended=extended)
            value["metadata"] = {
                "result_type": "popular" if popular else "recent",
                "iso_language_code": "en",
            }
            found = json.dumps(value, separators=(",", ":")).encode()
            if len(self._kept) >= KEPT:
                self._kept.clear()
            self._kept[key] = found
        return found


def full_text(tweet: Tweet) -> tuple[str, list[Span]]:
    """Return the text of a post, HTML-escaped, and the positions of its hashtags."""
    if tweet.kind is TweetKind.RETWEET and tweet.about:
        prefix = f"RT @{screen_name(tweet.about.account, tweet.about.posted_ms)}: "
        repeated, found = full_text(tweet.about)
        away = len(prefix)
        return prefix + repeated, [(start + away, end + away, tag) for start, end, tag in found]
    before, after = (html.escape(part, quote=False) for part in WORDS[tweet.phrase % len(WORDS)])
    if tweet.kind is TweetKind.REPLY and tweet.about:
        before = f"@{screen_name(tweet.about.account, tweet.about.posted_ms)} {before}"
    text = before
    spans: list[Span] = []
    for number, tag in enumerate(tweet.tags):
        text += " " if number else ""
        spans.append((len(text), len(text) + 1 + len(tag), tag))
        text += f"#{tag}"
    text += after
    if tweet.kind is TweetKind.QUOTE:
        text += f" {_link(tweet)}"
    return text, spans


def _object(tweet: Tweet, *, extended: bool) -> Json:
    about = tweet.about
    mentions: list[Json] = []
    text, spans = full_text(tweet)
    kept = len(text)
    truncated = False
    if tweet.kind is TweetKind.RETWEET and about:
        mentions = [mention(about.account, about.posted_ms, 3)]
        if kept > CUT_AT:  # like X, cut a retweet without notice, and its list of hashtags too
            kept = CUT_AT - 1
            text = text[:kept] + "…"
    elif not extended and kept > CUT_AT:
        kept, truncated = CUT_AT - 25, True
        text = f"{text[:kept]}… {_link(tweet)}"
    if tweet.kind is TweetKind.REPLY and about:
        mentions = [mention(about.account, about.posted_ms, 0)]
    spans = [span for span in spans if span[1] <= kept]
    return {
        "created_at": created_at(tweet.posted_ms),
        "id": tweet.id,
        "id_str": str(tweet.id),
        **_words(text, extended=extended),
        "truncated": truncated,
        "entities": {
            "hashtags": [{"text": tag, "indices": [start, end]} for start, end, tag in spans],
            "symbols": [],
            "user_mentions": mentions,
            "urls": [_url(tweet, text)] if tweet.kind is TweetKind.QUOTE and not truncated else [],
        },
        "source": '<a href="https://mobile.twitter.com" rel="nofollow">Twitter Web App</a>',
        **_relations(tweet, extended=extended),
        "user": user(tweet.account, tweet.posted_ms),
        "geo": None,
        "coordinates": None,
        "place": None,
        "contributors": None,
        "retweet_count": tweet.id % 7,
        "favorite_count": tweet.id % 11,
        "favorited": False,
        "retweeted": False,
        "possibly_sensitive": False,
        "lang": "ja" if tweet.phrase % len(WORDS) == 2 else "en",
    }


def _words(text: str, *, extended: bool) -> Json:
    if extended:
        return {"full_text": text, "display_text_range": [0, len(text)]}
    return {"text": text}


def _relations(tweet: Tweet, *, extended: bool) -> Json:
    about = tweet.about
    answered = about if tweet.kind is TweetKind.REPLY else None
    value: Json = {
        "in_reply_to_status_id": answered.id if answered else None,
        "in_reply_to_status_id_str": str(answered.id) if answered else None,
        "in_reply_to_user_id": int(voter(answered.account)) if answered else None,
        "in_reply_to_user_id_str": voter(answered.account) if answered else None,
        "in_reply_to_screen_name": screen_name(answered.account, answered.posted_ms)
        if answered
        else None,
        "is_quote_status": tweet.kind is TweetKind.QUOTE,
    }
    if about and tweet.kind is TweetKind.RETWEET:
        value["retweeted_status"] = _object(about, extended=extended)
    if about and tweet.kind is TweetKind.QUOTE:
        value["quoted_status_id"] = about.id
        value["quoted_status_id_str"] = str(about.id)
        value["quoted_status"] = _object(about, extended=extended)
    return value


def _link(tweet: Tweet) -> str:
    return f"https://t.co/{tweet.id % 36**6:010x}"


def _url(tweet: Tweet, text: str) -> Json:
    link = _link(tweet)
    start = text.find(link)
    return {
        "url": link,
        "expanded_url": f"https://twitter.com/i/web/status/{tweet.id}",
        "display_url": "twitter.com/i/web/status/…",
        "indices": [start, start + len(link)],
    }
