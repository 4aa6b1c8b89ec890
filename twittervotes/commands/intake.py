"""Writes what was read from files into a ledger, page by page: the vote's posts, and problems.

Each network in the files is a source called `archive:` and its name; a page is what one stretch of
a file brought. What the ledger already has is not written again. A vote that was only imported ends
here; one that was counted live stays as it is.
"""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import dataclass, field, replace
from hashlib import sha256
from itertools import repeat
from pathlib import Path
from typing import TYPE_CHECKING

from twittervotes.commands.gathered import Gathered
from twittervotes.core.contest.acts import Act, ActKind, second_before
from twittervotes.core.contest.columns import EMPTY
from twittervotes.core.contest.contest import Contest, checked
from twittervotes.core.contest.folding import fold
from twittervotes.core.contest.turkish import missed
from twittervotes.core.contest.words import tag_of
from twittervotes.core.ledger import aside
from twittervotes.core.ledger.aside import Aside
from twittervotes.core.ledger.implied import (
    ARCHIVE,
    IMPORT,
    ends_with_posts,
    is_archive,
    opens_with_posts,
)
from twittervotes.core.ledger.reader import Reader
from twittervotes.core.ledger.writer import Entry, Ledger

if TYPE_CHECKING:
    from twittervotes.core.contest.columns import PostColumns
    from twittervotes.core.contest.numbered import NumberedPosts
    from twittervotes.sources.archive.reader import Piece

AT_ONCE = 5000  # posts, news or problems per transaction
MOST_BAD = 100_000  # problems to record; further ones are only reported


@dataclass(slots=True)
class Sum:
    """What a file brought: all posts, those of the vote, and what could not be read."""

    read: int = 0
    kept: int = 0
    bad: int = 0


@dataclass(slots=True)
class Intake:
    """Takes pieces in the order in which they are read; always call `close` at the end.

    `ledger` is None until the first post of the vote goes into a new one at `out`. `opens_ms` and
    `closes_ms` are None if nobody set them. `missed` counts posts with a Turkish spelling that
    doesn't count, by network, spelling and the choice's hashtag.
    """

    out: Path
    contest: Contest
    now_ms: int
    ledger: Ledger | None = None
    opens_ms: int | None = None
    sums: dict[str, Sum] = field(default_factory=dict)
    new: int = 0
    _file: str = ""
    _line: int = 0
    _posts: dict[str, Gathered] = field(default_factory=dict)
    _aside: dict[str, Aside] = field(default_factory=dict)
    _written_aside: set[str] = field(default_factory=set)
    _bad: list[str] = field(default_factory=list)
    _home: str = ""  # the latest network; a problem most likely belongs to it
    _waiting: list[Entry] = field(default_factory=list)
    _written_bad: set[tuple[str, str]] = field(default_factory=set)
    _feeds: dict[str, list[str]] = field(default_factory=dict)
    missed: Counter[tuple[str, str, str]] = field(default_factory=Counter)
    _networks: dict[str, frozenset[str]] = field(default_factory=dict)
    _turkish: dict[str, dict[str, tuple[str, str]]] = field(default_factory=dict)
    _first_ms: int | None = None
    _last_ms: int = 0

    def __post_init__(self) -> None:
        if self.ledger is None:
            return
        with Reader(self.out) as reader:
            self._feeds = {name: list(each.queries) for name, each in reader.sources().items()}
            for row in reader.chain():
                if row.kind == "page" and is_archive(row.source):
                    body = reader.whole(row)
                    bad = body["bad"]
                    words = bad if isinstance(bad, list) else []
                    self._written_bad.update((str(body["feed"]), str(each)) for each in words)
                    if "aside" in body:
                        self._written_aside.add(_digest(body["aside"]))

    def close(self) -> None:
        """Close the ledger; harmless if called twice."""
        if self.ledger is not None:
            self.ledger.close()

    def take(self, piece: Piece) -> None:
        """Take what was read at one place of a file."""
        if len(piece.posts) > AT_ONCE:
            some = replace(piece, posts=piece.posts[:AT_ONCE], ids=piece.ids[:AT_ONCE])
            self.take(replace(some, bad=(), news=()))
            self.take(replace(piece, posts=piece.posts[AT_ONCE:], ids=piece.ids[AT_ONCE:]))
            return
        if piece.file != self._file:
            self._write()
            self._file, self._line = piece.file, 0
        total = self.sums.setdefault(piece.file, Sum())
        total.read += piece.size
        total.bad += len(piece.bad)
        self._line = max(self._line, piece.line)
        for post, id_there in zip(piece.posts, piece.ids or repeat(""), strict=False):
            is_kept = self._carries(post.network, post.tags)
            if id_there and (is_kept or post.revision > 0):
                self._kept_aside(post.network).names.append((post.key, id_there))
            if is_kept:
                total.kept += 1
                self._note_time(post.at_ms, post.at_ms)
                self._gathered(post.network).put(post)
                continue
            self._note_turkish(post.network, post.tags)
            if post.revision > 0:  # an edit of a post that may have had a tag before
                self._kept_aside(post.network).edits.append(post[1:])
        if piece.numbered:
            total.kept += self._take_numbered(piece.numbered)
        for news in piece.news:
            self._kept_aside(news.network).put(news)
        where = f"line {piece.line}: " if piece.line else ""
        room = max(0, MOST_BAD - len(self._written_bad) - len(self._bad))
        self._bad += [f"{where}{words}" for words in piece.bad[:room]]
        posts = [each.size for each in self._posts.values()]
        if sum(posts) + sum(map(len, self._aside.values())) + len(self._bad) >= AT_ONCE:
            self._write()

    def end(self) -> None:
        """Write the rest, and end the vote if it was only imported."""
        self._write()
        ledger = self.ledger
        if ledger is not None:
            aside.apply(ledger, self.now_ms)
        if ledger is None or not all(map(is_archive, ledger.sources())):
            return
        if self._first_ms is not None:
            self._stretch(
                ledger, second_before(self._first_ms), second_before(self._last_ms) + 1000
            )
        if not any(act.does is ActKind.SETTLED for act in ledger.acts):
            ledger.act(Act(ActKind.SETTLED, self.now_ms, IMPORT))

    def _stretch(self, ledger: Ledger, from_ms: int, to_ms: int) -> None:
        """Make the vote last from the first post to the last, unless a period was set."""
        acts = ledger.acts
        if opens_with_posts(acts) and from_ms < ledger.contest.opens_ms:
            ledger.act(Act(ActKind.OPENED, from_ms, IMPORT))
        if ledger.contest.closes_ms is None:
            ledger.act(Act(ActKind.CLOSED, to_ms, IMPORT))
        elif ends_with_posts(acts) and to_ms > ledger.contest.closes_ms:
            ledger.act(Act(ActKind.EXTENDED, self.now_ms, IMPORT, until_ms=to_ms))

    def _take_numbered(self, posts: NumberedPosts) -> int:
        """Keep the posts that have a tag or word of the vote; return their number."""
        different = {each: each.partition("\t")[2] for each in posts.tag_sets}
        carries = {each: self._carries(posts.network, tags) for each, tags in different.items()}
        if not all(carries.values()):
            keep = [carries[each] for each in posts.tag_sets]
            for tag_set, is_kept in zip(posts.tag_sets, keep, strict=True):
                if not is_kept:
                    self._note_turkish(posts.network, different[tag_set])
            posts = posts.only(keep)
        if posts.size:
            self._note_time(min(posts.times), max(posts.times))
            self._gathered(posts.network).put_all(posts)
        return posts.size

    def _carries(self, network: str, tags: str) -> bool:
        """Return whether a post has a tag or a word of the vote."""
        if network not in self._networks:
            checked(self.contest, [network])
            folded = [fold(tag, network) for tag in self.contest.tags]
            words = [fold(tag_of(word)) for word in self.contest.words]
            self._networks[network] = frozenset([*folded, *words])
        wanted = self._networks[network]
        return any(fold(tag, network) in wanted for tag in tags.split(" "))

    def _note_time(self, first_ms: int, last_ms: int) -> None:
        self._first_ms = min(first_ms, self._first_ms or first_ms)
        self._last_ms = max(last_ms, self._last_ms)

    def _note_turkish(self, network: str, tags: str) -> None:
        """Count a post that doesn't count because of Turkish spelling."""
        forms = self._turkish.get(network)
        if forms is None:
            forms = self._turkish[network] = missed(self.contest, network)
        if forms:
            found = (forms.get(fold(tag, network)) for tag in tags.split(" "))
            self.missed.update((network, *each) for each in list(filter(None, found))[:1])

    def _gathered(self, network: str) -> Gathered:
        return self._posts.setdefault(network, Gathered())

    def _kept_aside(self, network: str) -> Aside:
        return self._aside.setdefault(network, Aside(network))

    def _write(self) -> None:
        """Write what came from one file."""
        posts, kept, bad = self._posts, self._aside, self._bad
        self._posts, self._aside, self._bad = {}, {}, []
        self._home = max(posts, key=lambda network: posts[network].size, default=self._home)
        networks = dict.fromkeys((*posts, *kept, *((self._home,) if bad else ())))
        if self.ledger is None and (posts or kept):
            self.ledger = Ledger.create(self.out, self._laid_down(), self.now_ms)
        salt = self.ledger.salt if self.ledger else b""
        pages = [
            self._page(
                network,
                posts[network].columns(salt) if network in posts else EMPTY,
                kept.get(network),
                bad if network == self._home else [],
            )
            for network in networks
        ]
        pages = [page for page in pages if not self._is_known(page)]
        self._written_bad.update((self._file, words) for words in bad)
        self._written_aside.update(_digest(page.aside) for page in pages if page.aside)
        if self.ledger is None:
            self._waiting += pages
        elif pages:
            self._append(self.ledger, [*self._waiting, *pages])
            self._waiting = []

    def _append(self, ledger: Ledger, pages: list[Entry]) -> None:
        if not self._feeds and not ledger.acts and self.opens_ms is None:
            ledger.act(Act(ActKind.OPENED, self._first_ms or self.now_ms, IMPORT))
        entries: list[Entry] = []
        for page in pages:
            entries += self._introduced(page)
            entries.append(page)
        self.new += sum(ledger.append(entries, self.now_ms).new)

    def _laid_down(self) -> Contest:
        """Return the contest of a new ledger; it opens as set, or with the first post."""
        if self.opens_ms is not None:
            return self.contest
        latest_ms = 2**63 if self.contest.closes_ms is None else self.contest.closes_ms - 1000
        opens_ms = min(second_before(self._first_ms or self.now_ms), latest_ms)
        return replace(self.contest, opens_ms=opens_ms)

    def _page(self, network: str, posts: PostColumns, kept: Aside | None, bad: list[str]) -> Entry:
        position = {"file": self._file, "line": self._line}
        body: dict[str, object] = {"feed": self._file, "bad": bad, "position": position}
        source = f"{ARCHIVE}:{network}" if network else ARCHIVE
        said = kept.body() if kept else None
        return Entry("page", source, body, posts, aside=said)

    def _introduced(self, page: Entry) -> list[Entry]:
        """Return the entry that lists the files a source has read, if that is new."""
        feeds = self._feeds.setdefault(page.source, [])
        feed = str(page.body["feed"])
        if feed in feeds:
            return []
        feeds.append(feed)
        network = page.source.partition(":")[2]
        body = {"network": network, "complete": False, "queries": list(feeds)}
        return [Entry("source", page.source, body)]

    def _is_known(self, page: Entry) -> bool:
        told = page.body["bad"]
        words = told if isinstance(told, list) else []
        if not all((self._file, each) in self._written_bad for each in words):
            return False
        if page.aside and _digest(page.aside) not in self._written_aside:
            return False
        return self.ledger is not None and not any(self.ledger.new_to(page.source, page.posts))


def _digest(kept: object) -> str:
    """Return what identifies news, so that the same news is set aside only once."""
    return sha256(json.dumps(kept).encode()).hexdigest()
