"""X as a network: its titles and links. Both its v1.1 and its v2 search read it."""

from __future__ import annotations

import re
from typing import Final

from twittervotes.core.contest.networks import Meant, Network

X: Final = "x"
HOST: Final = r"(?:https?://)?(?:www\.|mobile\.|m\.)?(?:twitter|x)\.com"


def meant(link: str) -> Meant | None:
    """https://docs.x.com/x-api: posts and accounts are identified by their numbers."""
    if post := re.fullmatch(rf"{HOST}/\w+(?:/web)?/status(?:es)?/(\d+)(?:/.*)?", link):
        return Meant(keys=(post[1],))
    if account := re.fullmatch(rf"{HOST}/i/user/(\d+)", link):
        return Meant(voters=(account[1],))
    return None


NETWORK = Network(
    name=X,
    title="X",
    sources={"twitter": "X (v1.1)", "x": "X (v2)"},
    accent_blind="X's search",
    turkish_apart=True,
    meant=meant,
    accounts="its number on X",
)
