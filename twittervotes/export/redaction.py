"""A ledger as it is exported: with its accounts, or with a seal in place of each.

The posts of a ledger have seals in any case. Without accounts, an export also omits the private
part of each entry, including the salt, with which accounts could be guessed from seals.
"""

from __future__ import annotations

from dataclasses import replace
from functools import cached_property
from typing import TYPE_CHECKING

import msgspec

from twittervotes.core.contest.acts import Act
from twittervotes.core.counting.outcome import outcome
from twittervotes.core.ledger import disclosure, file
from twittervotes.core.ledger.format1 import VERSION as FORMAT_1
from twittervotes.export.format1_redaction import SealedNames

if TYPE_CHECKING:
    from twittervotes.core.contest.contest import Contest
    from twittervotes.core.contest.snapshot import Snapshot
    from twittervotes.core.counting.parallel import Passed
    from twittervotes.core.counting.result import Plain
    from twittervotes.core.ledger.reader import EntryRow, Reader


class Given:
    """A ledger for export, `with_accounts` or with seals."""

    def __init__(self, reader: Reader, *, with_accounts: bool = False) -> None:
        self.reader = reader
        self.with_accounts = with_accounts

    def contest(self) -> Contest:
        """Return the current contest; excluded accounts are named or sealed."""
        contest = self.reader.contest
        if self.with_accounts:
            return contest
        if self.reader.format == FORMAT_1:
            return self._names.contest(contest)
        exclude, _ = _sealed(self.reader)
        return replace(contest, rules=replace(contest.rules, exclude=exclude))

    def body(self, entry: EntryRow) -> Plain:
        """Return what is shown of an entry; None for nothing."""
        if self.reader.format == FORMAT_1 and not self._names.is_given(entry):
            return self._names.public(entry)
        with file.told(self.reader.path):
            body: Plain = msgspec.json.decode(entry.body)
        return body

    @cached_property
    def _names(self) -> SealedNames:
        return SealedNames(self.reader)

    def outcome(self, passed: Passed | None = None) -> Snapshot:
        """Recount the ledger; excluded accounts are named or sealed."""
        snapshot = outcome(self.reader, passed=passed)
        if self.with_accounts:
            return replace(snapshot, acts=self.reader.acts)
        if self.reader.format == FORMAT_1:
            return self._names.in_place(snapshot)
        exclude, acts = _sealed(self.reader)
        rules = replace(snapshot.contest.rules, exclude=exclude)
        return replace(snapshot, contest=replace(snapshot.contest, rules=rules), acts=acts)


def _sealed(reader: Reader) -> tuple[tuple[str, ...], tuple[Act, ...]]:
    """Return the seals of the accounts excluded at the end, and the acts with seals."""
    exclude: list[str] = []
    acts, sealed = iter(reader.acts), list[Act]()
    decode = msgspec.json.Decoder(dict[str, object]).decode
    for entry in reader.chain():
        if entry.kind not in ("contest", "act"):
            continue
        with file.told(reader.path):
            seals = disclosure.seals_in(decode(entry.body))
        if entry.kind == "contest":
            exclude = seals
            continue
        act = next(acts)
        exclude = seals if act.rules else [*exclude, *seals]
        rules = replace(act.rules, exclude=tuple(seals)) if act.rules else None
        sealed.append(replace(act, voter=", ".join(seals) if act.voter else "", rules=rules))
    return tuple(sorted({*exclude})), tuple(sealed)
