"""What a person means who names a post or an account: a link, a key, an address.

Pure. The links are those that browsers show; what each network calls a post and an account is
its key. An account's name that can be changed says nothing of its votes, and is not looked up.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace

from twittervotes.core.contest.fediverse import BRIDGE, RECORD

X = r"(?:https?://)?(?:www\.|mobile\.|m\.)?(?:twitter|x)\.com"
BLUESKY = r"(?:https?://)?bsky\.app/profile"
ASK = (
    "Give the link of a post; or the account: its number on X, its DID on Bluesky, its profile link"
    " or @name@server on Mastodon. Names on X and Bluesky can change, so they are not kept."
)
COPY = rf"https://{re.escape(BRIDGE)}/(?:r|ap|convert/ap)/"

# Where servers of the fediverse show their accounts, or keep them, by name.
FORMS = (
    "users/{}",
    "@{}",
    "{}",
    "profile/{}",
    "u/{}",
    "c/{}",
    "a/{}",
    "accounts/{}",
    "author/{}",
    "channel/{}",
    "ap/users/{}",
)


@dataclass(frozen=True, slots=True)
class Meant:
    """What to look for: keys of posts, voters, and beginnings with endings of keys.

    A key or a voter may have its network and a colon in front. `below` has beginnings with endings
    of voters, for when nothing else is found.
    """

    keys: tuple[str, ...] = ()
    voters: tuple[str, ...] = ()
    parts: tuple[tuple[str, str], ...] = ()
    below: tuple[tuple[str, str], ...] = ()


def meant(text: str) -> Meant:
    """Return what `text` may mean: at least itself, as a key and as a voter."""
    text = text.strip()
    plain = re.sub(r"[?#].*", "", text).rstrip("/") if "://" in text else text
    found = _x(plain) or _bluesky(plain) or _mastodon(plain) or Meant()
    itself = tuple(dict.fromkeys((text, plain)))
    return replace(found, keys=(*itself, *found.keys), voters=(*itself, *found.voters))


def _x(link: str) -> Meant | None:
    """https://docs.x.com/x-api: a post is known by its number, an account by its own."""
    if post := re.fullmatch(rf"{X}/\w+(?:/web)?/status(?:es)?/(\d+)(?:/.*)?", link):
        return Meant(keys=(post[1],))
    if account := re.fullmatch(rf"{X}/i/user/(\d+)", link):
        return Meant(voters=(account[1],))
    return None


def _bluesky(link: str) -> Meant | None:
    """https://atproto.com/specs/at-uri-scheme: an account is known by its DID, not by its name."""
    link = re.sub(COPY, "", link)
    if re.fullmatch(r"did:[^/]+", link):
        return Meant(voters=(link,))
    if post := re.fullmatch(rf"{BLUESKY}/([^/]+)/post/([^/]+)", link):
        return _record(post[1], post[2])
    if post := re.fullmatch(rf"at://([^/]+)/{re.escape(RECORD)}/([^/]+)", link):
        return _record(post[1], post[2])
    if account := re.fullmatch(rf"(?:{BLUESKY}/|at://)(did:[^/]+)", link):
        return Meant(voters=(account[1],))
    return None


def _record(account: str, key: str) -> Meant:
    if account.startswith("did:"):
        return Meant(keys=(f"at://{account}/{RECORD}/{key}",))
    return Meant(parts=(("at://", f"/{RECORD}/{key}"),))


def _mastodon(link: str) -> Meant | None:
    """https://docs.joinmastodon.org/entities/Status/#uri: `uri` is the key, `url` what is shown.

    A post of another server is shown under a number of this one; then its account is meant.
    """
    if handle := re.fullmatch(r"(?:acct:)?@?([\w.-]+)@([\w.:-]+)", link):
        return _account(handle[2], handle[1])
    shown = re.fullmatch(r"https?://([\w.:-]+)/@([\w.-]+)(?:@([\w.:-]+))?(?:/(\d+))?", link)
    if shown is None:
        return _profile(link)
    here, name, there, number = shown.groups()
    if there or not number:
        return _account(there or here, name)
    key = f"https://{here}/users/{name}/statuses/{number}"
    return Meant(keys=(key,), parts=((f"https://{here}/", f"/statuses/{number}"),))


def _profile(link: str) -> Meant | None:
    """Read the address of a profile as various servers write it, or that of an account."""
    for form in FORMS:
        pattern = re.escape(form).replace(re.escape("{}"), r"([\w.-]+)")
        if found := re.fullmatch(rf"https?://([\w.:-]+)/{pattern}", link):
            account = _account(found[1], found[2])
            return replace(account, parts=((f"{link}/statuses/", ""),))  # known by its posts
    return None


def _account(server: str, name: str) -> Meant:
    """Return all addresses that the account `name` may have at `server`.

    A server may be called by one domain and live at another below it.
    """
    names, server = dict.fromkeys((name, name.lower())), server.lower()
    paths = [form.format(each) for each in names for form in FORMS]
    return Meant(
        voters=tuple(f"https://{server}/{path}{end}" for path in paths for end in ("", "/")),
        below=tuple(("https://", f".{server}/users/{each}") for each in names),
    )
