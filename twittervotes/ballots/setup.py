"""What the counting program sends to a ballot box that it starts, and what the box answers."""

from __future__ import annotations

from typing import Final

import msgspec

from twittervotes.ballots.notice import VoteNotice

LEAST_FREE: Final = 1_000_000_000  # bytes: a full disk would stop the count too


class BoxSetup(msgspec.Struct, frozen=True):
    """A box's setup: where it listens, its file, and the file with the secret.

    `address` is the URL for voters, `names` are the hosts it serves besides this machine's,
    `behind` the proxies in front; receipts are looked up in `ledger`.
    """

    host: str
    port: int
    file: str
    key_file: str
    notice: VoteNotice
    address: str = ""
    names: tuple[str, ...] = ()
    behind: tuple[str, ...] = ()
    ledger: str = ""
    least_free: int = LEAST_FREE


class BoxReady(msgspec.Struct, frozen=True):
    """A box's first message: its port, or what is wrong."""

    port: int
    trouble: str = ""
