"""The audience's posts at full size, as in X's v1.1 search: 2.8 kB each.

Making a page takes microseconds, so that it doesn't distort the measurement: all posts have the
same length, and only the digits that change between pages are rewritten, each in all posts of the
page at once.
"""

from __future__ import annotations

import json
from dataclasses import dataclass

from benchmarks import audience
from benchmarks.audience import AGAIN, KINDS, PAGE

SIZE = 2800  # bytes per post, including the separator
HEAD = 900  # of them before the account, which is at the same offset in all posts
DIGITS = 7  # of a page number, in IDs of posts and accounts
TEXTS = (
    "My vote goes to {} and nothing else!",
    "{} all the way 🎉🎉 no doubt about it",
    "投票します。{} よろしくお願いします 🙏",
    "Fish &amp; chips &amp; {} at home, at work, on the train; it was quick and quiet",
    "Über allem: {}, was sonst?",
)
FILLING = " Votes early, votes often enough, and reads the rules first." * 30
NONE = (
    "in_reply_to_status_id",
    "in_reply_to_status_id_str",
    "in_reply_to_user_id",
    "in_reply_to_user_id_str",
    "in_reply_to_screen_name",
    "geo",
    "coordinates",
    "place",
    "contributors",
)
FLAGS = (
    "protected",
    "geo_enabled",
    "verified",
    "contributors_enabled",
    "is_translator",
    "is_translation_enabled",
    "profile_background_tile",
    "profile_use_background_image",
    "has_extended_profile",
    "default_profile",
    "default_profile_image",
    "following",
    "follow_request_sent",
    "notifications",
)
COLOURED = ("background", "link", "sidebar_border", "sidebar_fill", "text")


@dataclass(frozen=True, slots=True)
class Spot:
    """The offset in every post of something that changes between pages."""

    at: int
    length: int


class Maker:
    """Makes one page after another in the same memory: use a page before making the next."""

    def __init__(self, source: int = 0, *, newest_first: bool, parted_by: bytes) -> None:
        self._newest_first = newest_first
        self._bodies = [
            bytearray(b"".join(_post(kind, place, source, parted_by) for place in self._order()))
            for kind in range(KINDS)
        ]
        self._ids, self._accounts, self._time = _spots(bytes(self._bodies[0][:SIZE]))
        self._told = [""] * KINDS  # the time in each body

    def page(self, page: int) -> bytearray:
        """Return the posts of a page, each SIZE bytes long including its separator."""
        body = self._bodies[page % KINDS]
        digits = b"%07d" % page
        new = b"%07d" % (audience.account_id(page, 0) // PAGE % audience.PAGES)
        old_page = audience.earlier(page)
        old = b"%07d" % (audience.account_id(old_page, 0) // PAGE % audience.PAGES)
        again = (PAGE - 1 - AGAIN.start if self._newest_first else AGAIN.start) % AGAIN.step
        for spot in self._ids:
            _write(body, spot, digits, 0, 1)
        for spot in self._accounts:
            _write(body, spot, new, 0, 1)
            _write(body, spot, old, again, AGAIN.step)
        told = audience.created_at(page)
        if told != self._told[page % KINDS]:
            self._told[page % KINDS] = told
            _write(body, self._time, told.encode(), 0, 1)
        return body

    def _order(self) -> range:
        return range(PAGE - 1, -1, -1) if self._newest_first else range(PAGE)


def _write(body: bytearray, spot: Spot, text: bytes, first: int, step: int) -> None:
    """Write `text` at a spot of every `step`th post, beginning with `first`."""
    number = len(range(first, PAGE, step))
    for place, byte in enumerate(text):
        body[first * SIZE + spot.at + place :: step * SIZE] = bytes((byte,)) * number


def _spots(post: bytes) -> tuple[tuple[Spot, Spot], tuple[Spot, Spot], Spot]:
    """Return the offsets of the post's IDs, its account's IDs, and its time."""
    user = post.index(b'"user":')
    number, text = b'"id":', b'"id_str":"'
    ids, accounts = (
        tuple(post.index(name, start) + len(name) for name in (number, text)) for start in (0, user)
    )
    in_post = len(str(audience.FIRST_ID)) - DIGITS - 7
    in_account = 1
    time = post.index(b'"created_at":"') + len(b'"created_at":"')
    return (
        (Spot(ids[0] + in_post, DIGITS), Spot(ids[1] + in_post, DIGITS)),
        (Spot(accounts[0] + in_account, DIGITS), Spot(accounts[1] + in_account, DIGITS)),
        Spot(time, len(audience.created_at(0))),
    )


def _post(kind: int, place: int, source: int, parted_by: bytes) -> bytes:
    """Return a post of the first page of its kind, exactly SIZE bytes long."""
    tags = audience.tags(kind, place).split(" ")
    typed = " ".join(f"#{tag}" for tag in tags)
    text = TEXTS[(kind + place) % len(TEXTS)].format(typed)
    start = text.index("#")
    head = _head(text, [(start, tag) for tag in tags], audience.post_id(0, place, source))
    room = HEAD - len(_json(head))
    head["full_text"] = text + FILLING[:room]
    home = audience.account(0, place)[1]
    user = _user(audience.account_id(0, home, source), kind, place)
    value = {
        **head,
        "user": user,
        "is_quote_status": False,
        "retweet_count": place % 7,
        "favorite_count": place % 11,
        "favorited": False,
        "retweeted": False,
        "possibly_sensitive": False,
        "lang": "en",
    }
    user["description"] = FILLING[: SIZE - len(_json(value)) - len(parted_by)]
    return _json(value) + parted_by


def _head(text: str, tags: list[tuple[int, str]], post: int) -> dict[str, object]:
    """Return what comes before the account."""
    return {
        "created_at": audience.created_at(0),
        "id": post,
        "id_str": str(post),
        "full_text": text,
        "truncated": False,
        "display_text_range": [0, 140],
        "entities": {
            "hashtags": [
                {"text": tag, "indices": [start, start + 1 + len(tag)]} for start, tag in tags
            ],
            "symbols": [],
            "user_mentions": [],
            "urls": [],
        },
        "metadata": {"iso_language_code": "en", "result_type": "recent"},
        "source": '<a href="https://mobile.twitter.com" rel="nofollow">Twitter Web App</a>',
        **dict.fromkeys(NONE),
    }


def _user(voter: int, kind: int, place: int) -> dict[str, object]:
    name = f"voter_{kind}{place:02d}"
    image = f"https://pbs.twimg.com/profile_images/1590{kind}{place:02d}/abcdefgh_normal.jpg"
    return {
        "id": voter,
        "id_str": str(voter),
        "name": "Ada 投票者 Lovelace 🗳",
        "screen_name": name,
        "location": "Zürich",
        "description": "",
        "url": f"https://t.co/{name}",
        "entities": {
            "url": {
                "urls": [
                    {
                        "url": f"https://t.co/{name}",
                        "expanded_url": f"https://{name}.example.org/",
                        "display_url": f"{name}.example.org",
                        "indices": [0, 23],
                    }
                ]
            },
            "description": {"urls": []},
        },
        "followers_count": 100 + place,
        "friends_count": 50 + kind,
        "listed_count": 3,
        "created_at": f"Mon Mar {1 + kind:02d} 10:{place % 60:02d}:00 +0000 2010",
        "favourites_count": 1234,
        "utc_offset": None,
        "time_zone": None,
        "statuses_count": 5678,
        "lang": None,
        "profile_image_url": image,
        "profile_image_url_https": image,
        "profile_banner_url": f"https://pbs.twimg.com/profile_banners/{kind}{place:02d}/1590",
        **dict.fromkeys(FLAGS, False),
        **{f"profile_{name}_color": "F5F8FA" for name in COLOURED},
        "translator_type": "none",
        "withheld_in_countries": [],
    }


def _json(value: object) -> bytes:
    return json.dumps(value, separators=(",", ":")).encode()
