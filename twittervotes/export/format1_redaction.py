"""Replaces accounts by seals in the exports of ledgers of format 1.

In format 1, an entry that names accounts was hashed as a whole. Without accounts, the export has
the hash of the entry and what can be shown of it; nobody can prove that the two belong together.
"""

from __future__ import annotations

import json
from dataclasses import replace
from typing import TYPE_CHECKING

from twittervotes.core.contest.networks import Meant
from twittervotes.core.ledger.search import authors

if TYPE_CHECKING:
    from collections.abc import Iterable

    from twittervotes.core.contest.acts import Act
    from twittervotes.core.contest.contest import Contest, Rules
    from twittervotes.core.contest.snapshot import Snapshot
    from twittervotes.core.counting.result import Plain
    from twittervotes.core.ledger.reader import EntryRow, Reader

NAMING = ("contest", "act")  # the entries that may name accounts


class SealedNames:
    """The seals of the accounts that a ledger names as excluded."""

    def __init__(self, reader: Reader) -> None:
        self._reader = reader
        self._seals: dict[str, set[str]] = {}
        names = dict.fromkeys(_named(reader))
        for network, voter in authors(reader, Meant(voters=tuple(names))) if names else ():
            for name in (voter, f"{network}:{voter}"):
                self._seals.setdefault(name, set()).add(reader.seal(network, voter))

    def in_place(self, snapshot: Snapshot) -> Snapshot:
        """Return a result with seals in place of names."""
        acts = tuple(map(self._act, self._reader.acts))
        return replace(snapshot, contest=self.contest(snapshot.contest), acts=acts)

    def sealed(self, names: Iterable[str]) -> tuple[str, ...]:
        """Return the seals of excluded accounts, as far as they have posted.

        Any other name gets a seal of its own, so that the entry shows that it names an account.
        """
        return tuple(sorted({seal for name in names for seal in self._seals_of(name)}))

    def _seals_of(self, name: str) -> set[str]:
        network, _, voter = name.rpartition(":")
        return self._seals.get(name) or {self._reader.seal(network, voter)}

    def is_given(self, entry: EntryRow) -> bool:
        """Return whether an entry is exported unchanged."""
        if entry.kind in NAMING:
            return not _names_accounts(_plain(entry.body))
        return entry.kind != "salt"

    def public(self, entry: EntryRow) -> Plain:
        """Return what can be shown of a redacted entry; None for nothing."""
        if entry.kind not in NAMING:
            return None
        told = self._without_accounts(_plain(entry.body))
        if isinstance(told, dict):  # without its random bytes, accounts could be guessed
            told.pop("nonce", None)
        return told

    def _without_accounts(self, body: Plain) -> Plain:
        match body:
            case list():
                return [self._without_accounts(value) for value in body]
            case dict():
                told = {key: self._without_accounts(value) for key, value in body.items()}
                names = _names(body)
                if names:
                    told.pop("voter", None)
                    told["exclude"] = list(self.sealed(names))
                return told
        return body

    def contest(self, contest: Contest) -> Contest:
        """Return a contest with seals in place of names."""
        return replace(contest, rules=self._rules(contest.rules))

    def _rules(self, rules: Rules) -> Rules:
        return replace(rules, exclude=self.sealed(rules.exclude))

    def _act(self, act: Act) -> Act:
        return replace(
            act,
            voter=", ".join(self.sealed([act.voter])) if act.voter else "",
            rules=self._rules(act.rules) if act.rules else None,
        )


def _named(reader: Reader) -> Iterable[str]:
    """Return every account that the ledger has ever named as excluded."""
    yield from reader.laid_down.rules.exclude
    for act in reader.acts:
        yield from act.rules.exclude if act.rules else ()
        if act.voter:
            yield act.voter


def _plain(body: str) -> Plain:
    read: Plain = json.loads(body)
    return read


def _names_accounts(body: Plain) -> bool:
    match body:
        case dict():
            return bool(_names(body)) or any(map(_names_accounts, body.values()))
        case list():
            return any(map(_names_accounts, body))
    return False


def _names(body: dict[str, Plain]) -> list[str]:
    """Return the accounts that a part of a body excludes by itself."""
    names: list[str] = []
    match body.get("exclude"):
        case list() as listed:
            names += [name for name in listed if isinstance(name, str)]
    match body.get("voter"):
        case str() as voter if voter:
            names.append(voter)
    return names
