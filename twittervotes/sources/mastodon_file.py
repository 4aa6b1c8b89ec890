"""Mastodon's answers out of files: lists of statuses, single statuses.

Knows nothing of files themselves; each value is given as it stands in one.
"""

from __future__ import annotations

from collections.abc import Callable

import msgspec

from twittervotes.core.contest import Contest
from twittervotes.core.door import Read
from twittervotes.sources.mastodon_status import UNREADABLE, read, spellings


class _Kept(msgspec.Struct):
    """What a status has, and no other network's post."""

    account: dict[str, msgspec.Raw]
    uri: msgspec.Raw
    visibility: msgspec.Raw


_decode_kept = msgspec.json.Decoder(_Kept).decode


def reads(contest: Contest) -> Callable[[bytes], Read | None]:
    """Return what reads the values of a file."""
    spelled = spellings(contest.tags)

    def posts_in(value: bytes) -> Read | None:
        try:
            _decode_kept(value)
        except UNREADABLE:
            return None
        try:
            seen = read(value, spelled)
        except UNREADABLE as error:
            return Read(bad=(f"a post of Mastodon: {error}"[:200],))
        return Read((seen.post,) if seen else ())

    return posts_in
