"""Splits entries into a public part and a private part that names accounts.

Each part is hashed separately, so an export can omit the private one and still prove what it shows.
In the public part seals replace accounts.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable, Collection, Iterable, Mapping
from typing import Final

from twittervotes.core.contest.columns import SEAL_BYTES, sealed

Body = Mapping[str, object]

NONCE_BYTES: Final = 16
PRIVATE: Final = ("salt", "aside", "voter")  # members of a body that are never public


def seals_of(names: Iterable[str], networks: Collection[str], salt: bytes) -> list[str]:
    """Return the seals, in hex and sorted, of accounts that an exclusion may mean.

    Args:
        names: Each is an account's ID, or "network:ID".
        networks: The networks on which an ID alone may be an account.
        salt: The ledger's salt.
    """
    names = list(names)
    return sorted({*accounts_on(names, networks, salt), *_seals(names, salt)})


def accounts_on(names: Iterable[str], networks: Collection[str], salt: bytes) -> list[str]:
    """Return the seals, in hex, of the accounts that have these IDs on these networks."""
    return _seals({f"{network}:{name}" for name in names for network in networks}, salt)


def _seals(accounts: Iterable[str], salt: bytes) -> list[str]:
    found = sealed(accounts, salt)
    return [found[at : at + SEAL_BYTES].hex() for at in range(0, len(found), SEAL_BYTES)]


def split(body: Body, seals: Callable[[Iterable[str]], list[str]]) -> tuple[Body, Body]:
    """Return the public and the private body of an entry; the private one may be empty.

    A random nonce in the private body prevents guessing accounts from its hash.
    """
    private = {name: body[name] for name in PRIVATE if body.get(name)}
    public = {name: value for name, value in body.items() if name not in private}
    if "voter" in private:
        public["exclude"] = seals([str(private["voter"])])
    names = _names(body)
    if names:
        private["exclude"] = names
        public = _with_names(public, seals(names))
    return public, {**private, "nonce": secrets.token_hex(NONCE_BYTES)} if private else {}


def whole(public: Body, private: Body) -> Body:
    """Rejoin the body that was split."""
    body = dict(public)
    if "voter" in private:
        body.pop("exclude", None)
    body.update((name, private[name]) for name in PRIVATE if name in private)
    return _with_names(body, private["exclude"]) if "exclude" in private else body


def seals_in(public: Body) -> list[str]:
    """Return the seals of the accounts that a public body excludes."""
    listed = public.get("exclude")
    own = [str(seal) for seal in listed] if isinstance(listed, list | tuple) else []
    return [*own, *_names(public)]


def _rules(body: Body) -> Mapping[str, object] | None:
    """Return the rules that an entry sets, if any."""
    contest = body.get("contest")
    rules = contest.get("rules") if isinstance(contest, dict) else body.get("rules")
    return rules if isinstance(rules, dict) else None


def _names(body: Body) -> list[str]:
    """Return the accounts that the rules of an entry exclude."""
    excluded = (_rules(body) or {}).get("exclude")
    return [str(name) for name in excluded] if isinstance(excluded, list | tuple) else []


def _with_names(body: Body, names: object) -> dict[str, object]:
    """Return the body with `names` as the accounts that its rules exclude."""
    rules = {**(_rules(body) or {}), "exclude": names}
    contest = body.get("contest")
    if isinstance(contest, dict):
        return {**body, "contest": {**contest, "rules": rules}}
    return {**body, "rules": rules}
