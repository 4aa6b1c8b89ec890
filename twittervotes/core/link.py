"""What a person means who names a post or an account: a link, a key, an address.

Pure. The links are those that browsers show; what each network calls a post and an account is
its key. An account's name that can be changed says nothing of its votes, and is not looked up.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

X = r"(?:https?://)?(?:www\.|mobile\.|m\.)?(?:twitter|x)\.com"
BLUESKY = r"(?:https?://)?bsky\.app/profile"
POST = "app.bsky.feed.post"


@dataclass(frozen=True, slots=True)
class Meant:
    """What to look for: keys of posts, voters, and beginnings with endings of keys.

    A key or a voter may have its network and a colon in front.
    """

    keys: tuple[str, ...] = ()
    voters: tuple[str, ...] = ()
    parts: tuple[tuple[str, str], ...] = ()


def meant(text: str) -> Meant:
    """Return what `text` may mean: at least itself, as a key and as a voter."""
    text = text.strip()
    plain = re.sub(r"[?#].*", "", text).rstrip("/") if "://" in text else text
    found = _x(plain) or _bluesky(plain) or _mastodon(plain) or Meant()
    itself = tuple(dict.fromkeys((text, plain)))
    return Meant((*itself, *found.keys), (*itself, *found.voters), found.parts)


def _x(link: str) -> Meant | None:
    """https://docs.x.com/x-api: a post is known by its number, an account by its own."""
    if post := re.fullmatch(rf"{X}/\w+(?:/web)?/status(?:es)?/(\d+)(?:/.*)?", link):
        return Meant(keys=(post[1],))
    if account := re.fullmatch(rf"{X}/i/user/(\d+)", link):
        return Meant(voters=(account[1],))
    return None


def _bluesky(link: str) -> Meant | None:
    """https://atproto.com/specs/at-uri-scheme: an account is known by its DID, not by its name."""
    if post := re.fullmatch(rf"{BLUESKY}/([^/]+)/post/([^/]+)", link):
        return _record(post[1], post[2])
    if post := re.fullmatch(rf"at://([^/]+)/{re.escape(POST)}/([^/]+)", link):
        return _record(post[1], post[2])
    if account := re.fullmatch(rf"(?:{BLUESKY}/|at://)(did:[^/]+)", link):
        return Meant(voters=(account[1],))
    return None


def _record(account: str, key: str) -> Meant:
    if account.startswith("did:"):
        return Meant(keys=(f"at://{account}/{POST}/{key}",))
    return Meant(parts=(("at://", f"/{POST}/{key}"),))


def _mastodon(link: str) -> Meant | None:
    """https://docs.joinmastodon.org/entities/Status/#uri: `uri` is the key, `url` what is shown.

    A post of another server is shown under a number of this one; then its account is meant.
    """
    if link.count("@") == 2 and (account := re.fullmatch(r"@([\w.-]+)@([\w.:-]+)", link)):
        return Meant(voters=_accounts(account[2], account[1]))
    shown = re.fullmatch(r"https?://([\w.:-]+)/@([\w.-]+)(?:@([\w.:-]+))?(?:/(\d+))?", link)
    if shown is None:
        return None
    here, name, there, number = shown.groups()
    if there or not number:
        return Meant(voters=_accounts(there or here, name))
    key = f"https://{here}/users/{name}/statuses/{number}"
    return Meant(keys=(key,), parts=((f"https://{here}/", f"/statuses/{number}"),))


def _accounts(host: str, name: str) -> tuple[str, ...]:
    return f"https://{host}/users/{name}", f"https://{host}/@{name}"
