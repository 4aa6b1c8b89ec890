"""The address of a fediverse account: one per account, whichever form a server sends.

Servers send an account's `uri` (since Mastodon 4.3), the `url` of its profile (always), and the
`uri` of each post. Accounts are identified by the profile, because old and new servers both send
it. See https://docs.joinmastodon.org/entities/Account/

What Bridgy Fed copies from Bluesky belongs to the account on Bluesky. See https://fed.brid.gy/docs
"""

from __future__ import annotations

import re
from urllib.parse import unquote

BRIDGE = "bsky.brid.gy"
RECORD = "app.bsky.feed.post"

_ORIGIN = r"https?://[^/?#\\\s]+"
_HOST = re.compile(r"https?://([^/?#\\\s]+)", re.IGNORECASE)
_PROFILE = re.compile(rf"({_ORIGIN})/@([^/?#@\s]+)/?", re.IGNORECASE)
_FRONT_PAGE = re.compile(rf"({_ORIGIN})/?", re.IGNORECASE)
_DID = re.compile("did:[a-z]+:[A-Za-z0-9._:%-]+")
_COPY = re.compile(
    rf"https://{re.escape(BRIDGE)}/convert/ap/"
    rf"(at://({_DID.pattern})/{re.escape(RECORD)}/[A-Za-z0-9._~:-]+)"
)
_POST = re.compile(rf"({_ORIGIN}/(?:ap/)?users/[^/?#\s]+)/statuses/.+", re.IGNORECASE)


def account(uri: str, url: str, username: str, post_uri: str) -> str:
    """Return the address of the account that wrote a post.

    A server vouches only for its own accounts: a `url` on another host than the account's `uri`, or
    than the post's if the account has none, could be anybody's. Raises ValueError if nothing
    identifies the account.

    Args:
        uri: The account's `uri`, "" if the server doesn't send it.
        url: The address of its profile, "" if it has none.
        username: Its name without the server.
        post_uri: The `uri` of the post.
    """
    home = host(uri or post_uri)
    if home and host(url) == home:
        return canonical(url, username)
    if uri:
        return canonical(uri)
    if not url or not home:
        raise ValueError("it does not say whose post it is")
    post = _POST.fullmatch(post_uri)
    return canonical(post[1]) if post else f"https://{home}/#{url}"


def canonical(address: str, username: str = "") -> str:
    """Return `https://SERVER/users/NAME` for `https://SERVER/@NAME`, other addresses unchanged.

    Several accounts may give their server's front page as their profile; `username` distinguishes
    them.
    """
    if profile := _PROFILE.fullmatch(address):
        return f"{profile[1].lower()}/users/{profile[2]}"
    if username and (front := _FRONT_PAGE.fullmatch(address)):
        return f"{front[1].lower()}/users/{username}"
    return address


def bridged(post_uri: str, uri: str, url: str) -> tuple[str, str] | None:
    """Return the key and the account on Bluesky of a bridged post, None for others.

    The arguments are those of `account`.
    """
    copy = _COPY.fullmatch(unquote(post_uri))
    if copy is None:
        return None
    key, did = copy.groups()
    if uri:
        is_same = unquote(uri) == f"https://{BRIDGE}/ap/{did}"
    else:  # the profile has the account's DID, or its handle, which can change
        named = _DID.search(unquote(url))
        is_same = host(url) == BRIDGE and (named is None or named[0] == did)
    return (key, did) if is_same else None


def host(address: str) -> str:
    """Return the host of a web address, with its port if it has one; "" for anything else."""
    found = _HOST.match(address)
    return found[1].lower() if found else ""
