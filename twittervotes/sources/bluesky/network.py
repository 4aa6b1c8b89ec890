"""Bluesky as a network: its titles, and links of posts and accounts."""

from __future__ import annotations

import re
from typing import Final

from twittervotes.core.contest.networks import Meant, Network

BLUESKY: Final = "bluesky"
RECORD: Final = "app.bsky.feed.post"
PROFILE: Final = r"(?:https?://)?bsky\.app/profile"
COPY: Final = r"https://bsky\.brid\.gy/(?:r|ap|convert/ap)/"  # Bridgy Fed's prefixes of copies


def meant(link: str) -> Meant | None:
    """https://atproto.com/specs/at-uri-scheme: an account is known by its DID, not by its name."""
    link = re.sub(COPY, "", link)
    if re.fullmatch(r"did:[^/]+", link):
        return Meant(voters=(link,))
    if post := re.fullmatch(rf"{PROFILE}/([^/]+)/post/([^/]+)", link):
        return _record(post[1], post[2])
    if post := re.fullmatch(rf"at://([^/]+)/{re.escape(RECORD)}/([^/]+)", link):
        return _record(post[1], post[2])
    if account := re.fullmatch(rf"(?:{PROFILE}/|at://)(did:[^/]+)", link):
        return Meant(voters=(account[1],))
    return None


def _record(account: str, key: str) -> Meant:
    if account.startswith("did:"):
        return Meant(keys=(f"at://{account}/{RECORD}/{key}",))
    return Meant(parts=(("at://", f"/{RECORD}/{key}"),))


NETWORK = Network(
    name=BLUESKY,
    title="Bluesky",
    sources={"bluesky": "Bluesky", "bluesky-search": "Bluesky-search"},
    turkish_apart=True,
    meant=meant,
    accounts="its DID on Bluesky",
)
