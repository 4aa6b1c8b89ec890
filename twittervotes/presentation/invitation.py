"""The invitation to vote: the address that voters use, and the text around it. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from twittervotes.core.contest.snapshot import Snapshot, State
from twittervotes.presentation.numbers import listed
from twittervotes.presentation.phrases import network_title

if TYPE_CHECKING:
    from collections.abc import Sequence

CHATS = frozenset({"twitch", "youtube"})
FEW = 8  # up to so many choices, hashtags are shown beside the bars


@dataclass(frozen=True, slots=True)
class Invitation:
    """What the audience reads beside the bars; `address` is also shown as a QR code."""

    title: str
    address: str = ""
    words: str = ""


def vote_address(link: str, ballot_page: str = "") -> str:
    """Return the address that voters use, "" if there is none.

    Every view takes it from here: the display's QR code, pages and overlays.

    Args:
        link: The configured `contest: link:`; it takes precedence.
        ballot_page: The address of the vote's own ballot page (`Snapshot.address`).
    """
    return link or ballot_page


def written_address(address: str) -> str:
    """Return an address as people read and type it: without the scheme and a trailing slash."""
    return address.removeprefix("https://").removeprefix("http://").rstrip("/")


def networks(snapshot: Snapshot, last: str = "and") -> str:
    """List the counted networks: Mastodon, Bluesky and X."""
    names = [source.name.partition(":")[0] for source in snapshot.sources]
    known = (
        "a simulated network" if name == "rehearsal" else network_title(name) for name in names
    )
    return listed(list(dict.fromkeys(known)), last)


def invitation(snapshot: Snapshot, address: str) -> Invitation | None:
    """Return how to vote now, or what to wait for; None once there is a result."""
    if snapshot.state in (State.PROVISIONAL, State.CERTIFIED):
        return None
    if snapshot.state is State.CLOSING:
        words = "Counting the last votes. The result follows shortly."
        return Invitation("Voting has closed", words=words)
    if snapshot.contest.rehearsal:
        words = "Hashtags aren't being read. A QR code appears when the vote is real."
        return Invitation("No voting yet", words=words if address else words.partition(" A ")[0])
    if snapshot.state is State.PAUSED:
        return Invitation("Voting is paused", words="Votes don't count right now.")
    how = _how(snapshot)
    if not address:
        return Invitation("How to vote", words=f"{how[:1].upper()}{how[1:]}." if how else "")
    return Invitation("Scan to vote", address, f"or {how}" if how else "")


def _how(snapshot: Snapshot) -> str:
    """Say what to post, and where."""
    kinds = [source.name.partition(":")[0] for source in snapshot.sources]
    chats = [kind for kind in dict.fromkeys(kinds) if kind in CHATS]
    others = [kind for kind in dict.fromkeys(kinds) if kind not in CHATS and kind != "web"]
    choices = snapshot.contest.choices
    ways = []
    if others:
        where = listed([network_title(kind) for kind in others], "or")
        if len(choices) <= FEW:
            ways.append(f"post one of the hashtags on {where}")
        else:
            ways.append(f"post a hashtag, for instance #{choices[0].tag}")
    if chats:
        words = [choice.words[0] for choice in choices if choice.words]
        what = f"type {words[0]}" if words else f"type {choices[0].tag}"
        where = listed([network_title(kind) for kind in chats], "or")
        ways.append(f"{what}, for instance, in the chat on {where}")
    return ", or ".join(ways)


def sum_in_words(percents: Sequence[float]) -> str:
    """Say what rounded shares add up to if that isn't 100%; otherwise return ""."""
    tenths = sum(round(10 * percent) for percent in percents)
    return f"rounded shares add up to {tenths / 10:.1f}%" if tenths not in (0, 1000) else ""
