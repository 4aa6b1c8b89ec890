"""YouTube's live chat as a network: its title, and links of accounts."""

from __future__ import annotations

import re
from typing import Final

from twittervotes.core.contest.networks import Meant, Network

CHANNEL: Final = r"(?:https?://)?(?:www\.|m\.)?youtube\.com/channel/(UC[\w-]{22})/?"


def meant(link: str) -> Meant | None:
    """A channel's ID stays when its handle changes, so only links with the ID are read."""
    account = re.fullmatch(CHANNEL, link)
    return Meant(voters=(account[1],)) if account else None


NETWORK = Network(
    name="youtube", title="YouTube", meant=meant, accounts="its channel ID on YouTube"
)
