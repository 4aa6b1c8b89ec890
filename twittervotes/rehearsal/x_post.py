"""A post of the audience, as in X's v2 API, with the old or the new field names.

Empty fields are randomly missing, null or empty. The object is described at
https://docs.x.com/x-api/fundamentals/data-dictionary
"""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Literal

from twittervotes.rehearsal.account import Json, screen_name, voter
from twittervotes.rehearsal.audience import Tweet, TweetKind
from twittervotes.rehearsal.tweet import CUT_AT, Span, full_text

if TYPE_CHECKING:
    from collections.abc import Collection

Names = Literal["tweet", "post"]
LONG = 280  # characters of a post without a note
LONG_PHRASE = 6  # the longest text of `tweet.py`
AHEAD = "There is a long story behind this, and I am going to tell it from its beginning. " * 3
TYPES = {TweetKind.RETWEET: "retweeted", TweetKind.QUOTE: "quoted", TweetKind.REPLY: "replied_to"}


def post(tweet: Tweet, versions: tuple[int, ...], fields: Collection[str], names: Names) -> Json:
    """Return one post with the requested `fields`, and those that are always included."""
    text, spans, note = _words(tweet)
    value: Json = {
        "id": str(tweet.id),
        "text": text,
        f"edit_history_{names}_ids": [str(each) for each in versions],
    }
    asked: Json = {
        "created_at": created_at(tweet.posted_ms),
        "author_id": voter(tweet.account),
        "lang": "en",
    }
    if tweet.about is not None:
        reference = {"type": TYPES[tweet.kind], "id": str(tweet.about.id)}
        asked[f"referenced_{names}s"] = [reference]
    if note is not None:
        asked[f"note_{names}"] = note
    asked.update(_entities(tweet, spans))
    return {**value, **{name: told for name, told in asked.items() if name in fields}}


def created_at(at_ms: int) -> str:
    """Format a time as v2 does: whole seconds, with three decimals."""
    return time.strftime("%Y-%m-%dT%H:%M:%S.000Z", time.gmtime(at_ms // 1000))


def _words(tweet: Tweet) -> tuple[str, list[Span], Json | None]:
    text, spans = full_text(tweet)
    if tweet.kind is TweetKind.RETWEET:
        if len(text) > CUT_AT:  # like X, cut it without notice, and its list of hashtags too
            text = f"{text[: CUT_AT - 1]}…"
        return text, [span for span in spans if span[1] < len(text)], None
    if tweet.phrase % 8 == LONG_PHRASE:
        text = AHEAD + text
        spans = [(start + len(AHEAD), end + len(AHEAD), tag) for start, end, tag in spans]
    if len(text) <= LONG:
        return text, spans, None
    note: Json = {"text": text, "entities": {"hashtags": _hashtags(spans)}}
    return f"{text[: LONG - 1]}…", [span for span in spans if span[1] < LONG], note


def _entities(tweet: Tweet, spans: list[Span]) -> Json:
    entities: Json = {}
    if spans:
        entities["hashtags"] = _hashtags(spans)
    if tweet.about is not None and tweet.kind in (TweetKind.RETWEET, TweetKind.REPLY):
        name = screen_name(tweet.about.account, tweet.about.posted_ms)
        start = 3 if tweet.kind is TweetKind.RETWEET else 0
        entities["mentions"] = [
            {
                "start": start,
                "end": start + 1 + len(name),
                "username": name,
                "id": voter(tweet.about.account),
            }
        ]
    if not spans and tweet.id % 3 == 1:
        entities["hashtags"] = None
    if not spans and tweet.id % 3 == 2:
        entities["hashtags"] = []
    return {"entities": entities} if entities else {}


def _hashtags(spans: list[Span]) -> list[Json]:
    return [{"start": start, "end": end, "tag": tag} for start, end, tag in spans]
