"""Finds posts and accounts in a ledger by what a person may mean, by scanning the columns."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

import numpy as np

from twittervotes.core.contest import networks
from twittervotes.core.contest.columns import SEAL_BYTES, key_number, sealed
from twittervotes.core.contest.versions import current_version
from twittervotes.core.ledger.versions import is_among, rows_with, superseded

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator

    from twittervotes.core.contest.networks import Meant
    from twittervotes.core.contest.posts import Post
    from twittervotes.core.ledger.reader import Reader

Part = tuple[str, str]  # the beginning and the end of a text


def authors(reader: Reader, meant: Meant) -> list[tuple[str, str]]:
    """Return the accounts, (network, voter), that are meant, or that wrote the posts meant."""
    seals, keys = _seals(reader, meant.voters), _keys(reader, meant.keys)
    exact = (set(meant.keys), set(meant.voters))
    found = set()
    below = set()
    for _, _, page in reader.pages():
        here = is_among(np.frombuffer(page.keys, "<u8"), keys)
        here |= is_among(np.frombuffer(page.seals, "<u8")[::2], seals)
        has_part = _may_have(page.key_texts, meant.parts)
        has_below = page.voters_are_text and _may_have(page.voters, meant.below)
        if has_part or has_below:
            here[:] = True
        if not here.any():
            continue
        for post in page.only(here.tolist()).posts():
            account = (post.network, post.voter)
            names = [{post.key, f"{post.network}:{post.key}"}, {post.voter, ":".join(account)}]
            if any(map(set.intersection, names, exact)) or _fits(post.key, meant.parts):
                found.add(account)
            elif _fits(post.voter, meant.below):
                below.add(account)
    return sorted(found or below)


def posts_of(reader: Reader, network: str, voter: str) -> list[Post]:
    """Return the current versions of an account's posts, by time and key."""
    seal = np.frombuffer(sealed([f"{network}:{voter}"], reader.salt), "<u8")[:1]
    own = [
        post
        for _, _, page in reader.pages()
        if (here := np.frombuffer(page.seals, "<u8")[::2] == seal).any()
        for post in page.only(here.tolist()).posts()
        if (post.network, post.voter) == (network, voter)
    ]
    if reader.repeated():
        own = list(_current(reader, own))
    return sorted(
        (post for post in own if post.voter == voter), key=lambda post: (post.at_ms, post.key)
    )


def entry_of(reader: Reader, network: str, key: str) -> int:
    """Return the first entry that brought a post; 0 if there is none."""
    number = np.uint64(key_number(network, key))
    for n, _, page in reader.pages():
        here = np.frombuffer(page.keys, "<u8") == number
        if here.any() and any(
            post[:2] == (network, key) for post in page.only(here.tolist()).posts()
        ):
            return n
    return 0


def current_posts(reader: Reader) -> Iterator[Post]:
    """Yield the current version of every post, in the order of the ledger."""
    replaced = set(superseded(reader, reader.contest.rules.withdrawn).tolist())
    for _, first, page in reader.pages():
        for number, post in enumerate(page.posts(), first):
            if number not in replaced:
                yield post


def _current(reader: Reader, posts: Collection[Post]) -> Iterator[Post]:
    """Return the current version of each of these posts, which may be another account's."""
    names = {post[:2] for post in posts}
    keys = np.unique(np.array([key_number(*name) for name in names], np.uint64))
    numbers = np.sort(rows_with(reader, keys).numbers).tolist()
    versions: dict[tuple[str, str], list[Post]] = {}
    for _, post in reader.posts_at(numbers):
        if post[:2] in names:
            versions.setdefault(post[:2], []).append(post)
    return map(
        partial(current_version, withdrawn=reader.contest.rules.withdrawn), versions.values()
    )


def _keys(reader: Reader, texts: Collection[str]) -> np.typing.NDArray[np.uint64]:
    """Return the possible numbers of the keys that are meant."""
    found = {
        key_number(network, text.removeprefix(prefix))
        for network in _networks(reader)
        for text in texts
        for prefix in ("", f"{network}:")
    }
    return np.array(sorted(found), np.uint64)


def _seals(reader: Reader, voters: Collection[str]) -> np.typing.NDArray[np.uint64]:
    """Return the possible first halves of the seals of the accounts that are meant."""
    names = [*voters, *(f"{network}:{each}" for network in _networks(reader) for each in voters)]
    found = np.frombuffer(sealed(names, reader.salt), "<u8")
    return np.unique(found[:: SEAL_BYTES // 8])


def _networks(reader: Reader) -> set[str]:
    read = {origin.network for origin in reader.sources().values()}
    return read | {each.name for each in networks.installed()}


def _may_have(column: bytes, parts: Collection[Part]) -> bool:
    return any(head.encode() in column for head, _ in parts) if column else False


def _fits(text: str, parts: Collection[Part]) -> bool:
    return any(text.startswith(head) and text.endswith(tail) for head, tail in parts)
