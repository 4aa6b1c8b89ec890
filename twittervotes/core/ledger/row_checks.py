"""Checks rows beyond their digests.

Somebody who knows the program can compute all digests again. So these checks find values that no
ledger writes: numbers that contradict each other, or an account that doesn't match its seal.
"""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, Annotated, Final, TypeVar

import msgspec
import numpy as np

from twittervotes.core.contest.columns import SEAL_BYTES, PostColumns, key_number
from twittervotes.core.contest.posts import LONGEST_VALUE, TIMES_MS, is_clean
from twittervotes.core.errors import ContestError
from twittervotes.core.ledger import bodies, pages
from twittervotes.core.ledger.checksums import checksums

if TYPE_CHECKING:
    import sqlite3

    from twittervotes.core.ledger.raw_rows import RawEntry, RawPage

T = TypeVar("T")

HIDDEN: Final = {  # what is private beside a nonce, by the kind of the entry or what the act does
    "salt": "salt",
    "contest": "exclude",
    "ruled": "exclude",
    "excluded": "voter",
    "page": "aside",
}


class PageFacts(msgspec.Struct):
    """What an entry says about its posts: how many were seen, written, and known before."""

    seen: int
    new: int
    again: int


class _Rules(msgspec.Struct):
    exclude: list[object] = []


class _Public(msgspec.Struct):
    """What the public body of an entry says of excluded accounts."""

    exclude: list[object] = []
    rules: _Rules = msgspec.field(default_factory=_Rules)
    contest: _Public | None = None


class Private(msgspec.Struct, forbid_unknown_fields=True):
    """The private body of an entry; see `disclosure`."""

    nonce: str
    salt: Annotated[str, msgspec.Meta(pattern=r"\A([0-9a-f]{2}){1,64}\Z")] = ""
    voter: Annotated[str, msgspec.Meta(max_length=LONGEST_VALUE)] = ""
    exclude: list[str] = []
    aside: object = None


def entry_problem(entry: RawEntry) -> str:
    """Say what in an entry no ledger says, "" if nothing, whether or not its digest fits."""
    n, kind, source, at_ms, body, private, _ = entry
    values = kind + source + body + private
    if b"\t" in values or b"\n" in values:
        return "holds a tab or a newline"
    if (kind == b"contest") != (n == 1) or (kind == b"salt") != (n == 2):
        return "is not of the kind that belongs there"
    try:
        if not is_clean((kind.decode(), source.decode())) or at_ms not in TIMES_MS:
            return "has a source or a time that no ledger has"
        public = bodies.decoded(body)
        problem = _private_problem(kind.decode(), public, private)
        if not problem:
            bodies.check(kind.decode(), public)
        if kind == b"page" and not problem:
            facts = facts_in(entry)
            if not 0 <= facts.again <= facts.new <= facts.seen:
                return "says numbers of posts that contradict each other"
    except (ValueError, ContestError, msgspec.MsgspecError, RecursionError):
        return "does not say what a ledger says there"
    return problem


def _private_problem(kind: str, public: dict[str, object], private: bytes) -> str:
    """Say what is wrong with what an entry hides, or shows though it should hide it."""
    does = str(public.get("does")) if kind == "act" else kind
    said = (
        msgspec.convert(public, _Public) if does in ("contest", "ruled", "excluded") else _Public()
    )
    seals = said.exclude if does == "excluded" else (said.contest or said).rules.exclude
    if not private:
        return "names accounts and hides none" if seals or does == "salt" else ""
    if not seals and does not in ("salt", "page"):
        return "hides something, though it names no account"
    hidden = bodies.decoded(private)
    if {*hidden} != {"nonce", HIDDEN[does]}:
        return "hides something that does not belong there"
    msgspec.convert(hidden, Private)
    return ""


def facts_in(entry: RawEntry) -> PageFacts:
    """Return what an entry says about its posts; raise MsgspecError if it is invalid."""
    if entry.kind != b"page":
        return PageFacts(0, 0, 0)
    return msgspec.json.decode(entry.body, type=PageFacts)


def page_problem(page: RawPage) -> str:
    """Return what is wrong with the columns of a page as a whole; "" if nothing."""
    wrong = pages.problem(page.posts)
    return wrong or ("" if len(page.checksums) == 4 * page.posts.size else "a checksum is missing")


def post_problem(page: RawPage, salt: bytes) -> tuple[int, str] | None:
    """Return the place of the first changed post and what is wrong with it, if any.

    Call it only if `page_problem` found nothing.
    """
    posts = page.posts
    found = [
        _first(checksums(posts), page.checksums, 4, "its checksum does not match"),
        _first(_seals(posts, salt), posts.seals, SEAL_BYTES, "its account does not fit its seal"),
        _first(_keys(posts), posts.keys, 8, "its key does not fit the key's number"),
    ]
    return min((each for each in found if each), default=None)


def _first(right: bytes, told: bytes, width: int, words: str) -> tuple[int, str] | None:
    if right == told:
        return None
    places = range(0, len(right), width)
    wrong = (at for at in places if right[at : at + width] != told[at : at + width])
    return next(wrong) // width, words


def _seals(posts: PostColumns, salt: bytes) -> bytes:
    networks = _networks(posts)
    begun = {
        network: hashlib.blake2b(f"{network}:".encode(), key=salt, digest_size=SEAL_BYTES).copy
        for network in {*networks}
    }
    found = []
    for network, voter in zip(networks, posts.voter_list(), strict=True):
        hashing = begun[network]()
        hashing.update(voter.encode())
        found.append(hashing.digest())
    return b"".join(found)


def _keys(posts: PostColumns) -> bytes:
    if not posts.key_texts:
        return posts.keys
    numbers = map(key_number, _networks(posts), posts.key_list())
    return b"".join([number.to_bytes(8, "little") for number in numbers])


def _networks(posts: PostColumns) -> list[str]:
    """Return the network of each post."""
    own = [each.partition(b"\t")[0].decode() for each in posts.tag_sets.split(b"\n")[:-1]]
    return [own[place] for place in np.frombuffer(posts.tag_set_index, "<u2").tolist()]


def salt_of(db: sqlite3.Connection) -> bytes:
    """Return the salt of the accounts' seals; b"" if the ledger has none."""
    try:
        (private,) = db.execute("SELECT private FROM entries WHERE n = 2").fetchone()
        salt = bytes.fromhex(msgspec.json.decode(private, type=Private).salt)
    except (TypeError, ValueError, msgspec.MsgspecError, RecursionError):
        return b""
    return salt if len(salt) <= hashlib.blake2b.MAX_KEY_SIZE else b""
