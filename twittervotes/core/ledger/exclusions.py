"""Checks that an exclusion says the same to those who see its names and to those who see seals."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from twittervotes.core.contest.columns import SEAL_BYTES, sealed
from twittervotes.core.ledger import queries, raw_rows
from twittervotes.core.ledger.diagnosis import Defect

if TYPE_CHECKING:
    import sqlite3
    from pathlib import Path


def wrong(path: Path, db: sqlite3.Connection) -> Defect | None:
    """Name the first entry with posts of an account that is excluded by name or by seal only.

    Only what the ledger has posts of can tell: a name may stand for accounts on any network.
    """
    contest, _ = queries.contest_of(path, db)
    by_seal, salt = (
        {bytes.fromhex(seal) for seal in queries.excluded(db)},
        queries.salt_of(path, db),
    )
    names = contest.rules.exclude
    by_name, networks = _cut(sealed(names, salt)), set[str]()
    if not by_seal and not names:
        return None
    for page in raw_rows.pages_of(db):
        if isinstance(page, int):
            continue
        new = page.posts.network_names() - networks
        networks |= new
        by_name |= _cut(sealed((f"{net}:{name}" for net in new for name in names), salt))
        doubtful = by_seal ^ by_name
        starts = np.frombuffer(b"".join(doubtful), "<u8")[::2]
        here = np.isin(np.frombuffer(page.posts.seals, "<u8")[::2], starts)
        for place in np.flatnonzero(here).tolist():
            if page.posts.seals[SEAL_BYTES * place : SEAL_BYTES * (place + 1)] in doubtful:
                words = f"Entry {page.n} has posts of an account excluded by name or by seal only."
                return Defect("entries", page.n, "changed", words)
    return None


def _cut(seals: bytes) -> set[bytes]:
    return {seals[at : at + SEAL_BYTES] for at in range(0, len(seals), SEAL_BYTES)}
