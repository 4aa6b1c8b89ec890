"""The feed of a ballot box: its content, and how a reader verifies that nothing is missing.

Ballots are numbered without gaps. Each has a link of a hash chain: the SHA-256 of the previous link
and of the ballot's key. A reader keeps the last link that it has read, and so notices a box that
was replaced, or that has lost or changed an acknowledged ballot.
https://www.rfc-editor.org/rfc/rfc6750 describes how the token is sent.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import Annotated, Final, NamedTuple

import msgspec
from msgspec import Meta

FIRST: Final = "0" * 64  # the link before the first ballot
PAGE: Final = 5000  # ballots per response

Name = Annotated[str, Meta(max_length=200)]
Number = Annotated[int, Meta(ge=0, lt=2**53)]
Link = Annotated[str, Meta(pattern="^[0-9a-f]{64}$")]
BoxId = Annotated[str, Meta(pattern="^[0-9a-f]{16}$")]


class BallotRow(NamedTuple):
    """One ballot: its number, its key in the ledger, the voter, the choice, the time, the level."""

    seq: Number
    key: Name
    voter: Name
    choice: Name
    at_ms: Number
    level: Name


class FeedEnd(msgspec.Struct, frozen=True):
    """The number of the last ballot, and its link, of a box that is closed."""

    last: Number
    digest: Link


class FeedAnswer(msgspec.Struct, frozen=True):
    """A page of the feed, up to the ballot with `link`; `more` says whether others follow."""

    box: BoxId
    rows: tuple[BallotRow, ...]
    link: Link
    more: bool
    now_ms: Number
    end: FeedEnd | None = None


@dataclass(frozen=True, slots=True)
class FeedPlace:
    """How far a box has been read: which box, up to which number, and the link there."""

    box: str = ""
    seq: int = 0
    link: str = FIRST

    @classmethod
    def of(cls, cursor: str) -> FeedPlace:
        """Parse a cursor; an invalid one is the beginning."""
        parts = cursor.split(" ")
        if len(parts) != 3 or not (parts[1].isascii() and parts[1].isdigit()):
            return cls()
        return cls(parts[0], int(parts[1]), parts[2])

    def __str__(self) -> str:
        return f"{self.box} {self.seq} {self.link}"

    def after(self, answer: FeedAnswer) -> tuple[FeedPlace, bool]:
        """Return the place after a response's rows, and whether they continue this one."""
        seq, link = self.seq, self.link
        is_whole = True
        for row in answer.rows:
            is_whole = is_whole and row.seq == seq + 1
            seq, link = row.seq, linked(link, row.key)
        end = answer.end
        if end is not None and not answer.more:
            is_whole = is_whole and (end.last, end.digest) == (seq, link)
        return FeedPlace(answer.box, seq, answer.link), is_whole and link == answer.link


def linked(link: str, key: str) -> str:
    """Return the link of a ballot that follows the one with `link`."""
    return hashlib.sha256(f"{link}\n{key}".encode()).hexdigest()
