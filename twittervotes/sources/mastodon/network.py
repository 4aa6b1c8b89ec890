"""Mastodon as a network: its titles, and links of posts and accounts on any of its servers."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import Final

from twittervotes.core.contest.networks import Meant, Network
from twittervotes.sources.mastodon.accounts import canonical
from twittervotes.sources.mastodon.folding import check, folded

MASTODON: Final = "mastodon"
# How fediverse servers write the addresses of accounts, by name.
FORMS: Final = (
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


def meant(link: str) -> Meant | None:
    """https://docs.joinmastodon.org/entities/Status/#uri: `uri` is the key, `url` what is shown.

    A post of another server is shown under this server's own number; then its account is meant.
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
    """Parse the address of a profile as various servers write it, or that of an account."""
    for form in FORMS:
        pattern = re.escape(form).replace(re.escape("{}"), r"([\w.-]+)")
        if found := re.fullmatch(rf"https?://([\w.:-]+)/{pattern}", link):
            account = _account(found[1], found[2])
            return replace(account, parts=((f"{link}/statuses/", ""),))  # identified by its posts
    return None


def _account(server: str, name: str) -> Meant:
    """Return all addresses that the account `name` may have at `server`.

    A server may use one domain in names and run on another one below it.
    """
    names, server = dict.fromkeys((name, name.lower())), server.lower()
    paths = [form.format(each) for each in names for form in FORMS]
    return Meant(
        voters=tuple(f"https://{server}/{path}{end}" for path in paths for end in ("", "/")),
        below=tuple(("https://", f".{server}/users/{each}") for each in names),
    )


NETWORK = Network(
    name=MASTODON,
    title="Mastodon",
    sources={"mastodon": "Mastodon", "mastodon-stream": "Mastodon-stream"},
    fold=folded,
    check=check,
    accent_blind="Mastodon",
    meant=meant,
    accounts="its profile link or @name@server on Mastodon",
    renamed=canonical,
)
