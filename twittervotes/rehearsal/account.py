"""The accounts of the audience, as in X's v1.1 search API.

Knows nothing of posts. The object is described at
https://developer.x.com/en/docs/x-api/v1/data-dictionary/object-model/user
"""

from __future__ import annotations

import html
import time

from twittervotes.rehearsal.audience import snowflake

DAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
NAMES = ("Ada 🌸", "山田 太郎", "Zoë & Co", "O'Neill <3", "Ωmega", "Søren", "Plain Jane", "😀😀")
Json = dict[str, object]


def created_at(at_ms: int) -> str:
    """Format a time as v1.1 does, in English whatever the locale."""
    t = time.gmtime(at_ms // 1000)
    return (
        f"{DAYS[t.tm_wday]} {MONTHS[t.tm_mon - 1]} {t.tm_mday:02} "
        f"{t.tm_hour:02}:{t.tm_min:02}:{t.tm_sec:02} +0000 {t.tm_year}"
    )


def voter(account: int) -> str:
    """Return the ID of an account: old ones have short IDs, later ones snowflakes."""
    if account % 3 == 0:
        return str(12_000_000 + account * 17)
    return str(snowflake(_born_ms(account), account))


def screen_name(account: int, at_ms: int) -> str:
    """Return the name that an account has at that time."""
    # accounts are renamed during a vote, so counting by name gives a wrong result
    renamed = (at_ms // 60_000 + account) % 9 == 0
    return f"voter_{account:x}" + "_new" * renamed


def mention(account: int, at_ms: int, start: int) -> Json:
    """Return the entity of an `@name` that begins at `start`."""
    name, number = screen_name(account, at_ms), voter(account)
    return {
        "screen_name": name,
        "name": _name(account),
        "id": int(number),
        "id_str": number,
        "indices": [start, start + 1 + len(name)],
    }


def user(account: int, at_ms: int) -> Json:
    """Return the author object of a post of `account` at that time."""
    number = voter(account)
    link = f"https://t.co/{account:010x}"
    picture = f"https://pbs.twimg.com/profile_images/{number}/avatar_normal.jpg"
    return {
        "id": int(number),
        "id_str": number,
        "name": _name(account),
        "screen_name": screen_name(account, at_ms),
        "location": "Somewhere, 東京",
        "description": "One of many in this rehearsal. " * 5,
        "url": link,
        "entities": {
            "url": {
                "urls": [
                    {
                        "url": link,
                        "expanded_url": f"https://voters.example/{number}",
                        "display_url": f"voters.example/{number}",
                        "indices": [0, len(link)],
                    }
                ]
            },
            "description": {"urls": []},
        },
        "protected": False,
        "followers_count": account % 997,
        "friends_count": account % 499,
        "listed_count": account % 13,
        "created_at": created_at(_born_ms(account)),
        "favourites_count": account % 2003,
        "utc_offset": None,
        "time_zone": None,
        "geo_enabled": False,
        "verified": account % 101 == 0,
        "statuses_count": 10 + account % 4001,
        "lang": None,
        "contributors_enabled": False,
        "is_translator": False,
        "is_translation_enabled": False,
        "profile_background_color": "C0DEED",
        "profile_background_image_url_https": "https://abs.twimg.com/images/themes/theme1/bg.png",
        "profile_background_image_url": "http://abs.twimg.com/images/themes/theme1/bg.png",
        "profile_background_tile": False,
        "profile_image_url": picture.replace("https", "http"),
        "profile_image_url_https": picture,
        "profile_banner_url": f"https://pbs.twimg.com/profile_banners/{number}/1400000000",
        "profile_link_color": "1DA1F2",
        "profile_sidebar_border_color": "C0DEED",
        "profile_sidebar_fill_color": "DDEEF6",
        "profile_text_color": "333333",
        "profile_use_background_image": True,
        "has_extended_profile": True,
        "default_profile": True,
        "default_profile_image": False,
        "following": None,
        "follow_request_sent": None,
        "notifications": None,
        "translator_type": "none",
        "withheld_in_countries": [],
    }


def _name(account: int) -> str:
    return html.escape(NAMES[account % len(NAMES)], quote=False)


def _born_ms(account: int) -> int:
    return 1_400_000_000_000 + account * 2_654_435_761 % 300_000_000_000
