"""The contest's file: every post seen, every page, every failure and every act, chained.

SQLite, one writer at a time, rows are only added. What is written in one transaction is there
after a crash as a whole or not at all. The ledger knows neither networks nor views, and holds
neither a secret nor a post's text.
"""

from __future__ import annotations

import contextlib
import json
import secrets
import sqlite3
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from itertools import count, islice
from typing import TYPE_CHECKING

from twittervotes.core.contest.act_kinds import after
from twittervotes.core.contest.acts import Act, ActKind
from twittervotes.core.contest.posts import Placed, Post, Prepared
from twittervotes.core.contest.versions import standing
from twittervotes.core.errors import LedgerError
from twittervotes.core.ledger import chain, file, private, queries, schema
from twittervotes.core.ledger.dedup import Deduplicator, Name

if TYPE_CHECKING:
    from pathlib import Path

    from twittervotes.core.contest.affected import Affected
    from twittervotes.core.contest.contest import Contest
    from twittervotes.core.contest.snapshot import Record
    from twittervotes.core.file_lock import Lock

AT_ONCE = 10_000  # posts that are looked up, or handed over


@dataclass(frozen=True, slots=True)
class Entry:
    """One thing to write down: a page with its posts, a failure, a gap, an act.

    `ids` are those of `Page.ids`: none, or one a post. `aside` is what a page keeps for posts that
    the ledger does not hold yet (`core.ledger.aside`); as it names accounts, it is encrypted.
    """

    kind: str
    source: str
    body: Mapping[str, object]
    posts: tuple[Post, ...] = ()
    prepared: Prepared | None = None
    ids: tuple[str, ...] = ()
    aside: object = None


@dataclass(frozen=True, slots=True)
class Changes:
    """What a transaction changed: posts that now stand, posts that stand no more, rows an entry.

    A post may be among both, when a better version of it came in the same transaction: what is
    added comes before what is removed.
    """

    added: Placed
    removed: Placed
    new: tuple[int, ...]


class Ledger:
    """A ledger open for writing. Use `create` or `reopen`; close it, or use it in a `with`.

    `contest` is the contest as it stands, after all `acts`; accounts are sealed with `salt`.
    """

    contest: Contest
    acts: tuple[Act, ...]
    salt: bytes
    _seal: chain.Seal

    def __init__(self, path: Path, lock: Lock, db: sqlite3.Connection) -> None:
        self.path = path
        self._lock = lock
        self._db = db
        self._entries, self._digest = queries.end(db)
        self._posts = queries.posts(path, db)

    @classmethod
    def create(cls, path: Path, contest: Contest, now_ms: int) -> Ledger:
        """Make a new ledger for `contest`; a file that holds anything is never touched."""
        with file.told(path), contextlib.ExitStack() as undone:
            path.parent.mkdir(parents=True, exist_ok=True)
            lock = file.locked(path)
            undone.callback(lock.release)
            if not file.is_new(path):
                raise LedgerError(f"{path} already exists. No changes were made.")
            with contextlib.closing(file.laid_out(schema.schema())) as db:
                draft = cls(path, lock, db)
                salt = secrets.token_bytes(chain.SEAL_BYTES)
                draft._sealed_by(salt)
                draft.contest, draft.acts = contest, ()
                body = {"contest": queries.said(contest), **_guard(contest.rules.exclude)}
                laid_down = Entry("contest", "", body)
                draft.append([laid_down, Entry("salt", "", {"salt": salt.hex()})], now_ms)
                file.put(db, path)
            return cls._taken_up(path, lock, undone)

    @classmethod
    def reopen(cls, path: Path) -> Ledger:
        """Take up an existing ledger where it stopped.

        Raises LedgerError, with a sentence and the file left as it was, when it is not a ledger,
        of a newer version, damaged or in use.
        """
        file.check(path)
        with file.told(path), contextlib.ExitStack() as undone:
            lock = file.locked(path)
            undone.callback(lock.release)
            return cls._taken_up(path, lock, undone)

    @classmethod
    def _taken_up(cls, path: Path, lock: Lock, undone: contextlib.ExitStack) -> Ledger:
        """Return the ledger at `path`, open; what was taken for it is `undone` if that fails."""
        db = file.writer(path, partial(schema.check, path))
        undone.callback(db.close)
        ledger = cls(path, lock, db)
        ledger.contest, ledger.acts = queries.contest_of(path, db)
        ledger._sealed_by(queries.salt_of(path, db))
        undone.pop_all()
        return ledger

    def _sealed_by(self, salt: bytes) -> None:
        self.salt, self._seal = salt, chain.sealed_by(salt)

    def __enter__(self) -> Ledger:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Close the file; harmless if done twice."""
        with contextlib.suppress(sqlite3.Error):
            self._db.close()
        self._lock.release()

    @property
    def entries_written(self) -> int:
        """How many entries there are."""
        return self._entries

    @property
    def posts_written(self) -> int:
        """How many rows of posts there are: a version of a post has one for each of its sources."""
        return self._posts

    @property
    def digest(self) -> str:
        """The digest that stands for the whole ledger up to now, in 64 hex digits."""
        return self._digest.hex()

    def append(self, entries: Sequence[Entry], now_ms: int) -> Changes:
        """Write `entries` in one transaction, each post once, and tell what changed."""
        if any(act.does is ActKind.CERTIFIED for act in self.acts):
            raise LedgerError(f"{self.path} is certified: nothing more is written to it.")
        with file.told(self.path):
            before = self._entries, self._posts, self._digest
            self._db.execute("BEGIN IMMEDIATE")
            try:
                known = self._known(entries)
                new = tuple(self._write(entry, now_ms, known) for entry in entries)
                self._db.execute("COMMIT")
            except BaseException:
                self._entries, self._posts, self._digest = before
                with contextlib.suppress(sqlite3.Error):
                    self._db.execute("ROLLBACK")
                raise
        return Changes(*known.changes(self._seal), new)

    def act(self, act: Act) -> Contest:
        """Write an act down and return the contest as it stands after it."""
        body = {key: value for key, value in queries.said(act).items() if value is not None}
        named = act.voter or (act.rules and act.rules.exclude)
        self.append([Entry("act", "", {**body, **_guard(named)})], act.at_ms)
        self.acts = (*self.acts, act)
        self.contest = after(self.contest, act)
        return self.contest

    def posts(self) -> Iterator[Post]:
        """Return every post once, in the version that stands."""
        with file.told(self.path):
            for _, post in queries.standing_posts(self._db, self.contest.rules.withdrawn):
                yield post

    def standing(self) -> Iterator[Placed]:
        """Return the same posts as the count wants them, some at a time."""
        return self._placed(queries.standing_posts(self._db, self.contest.rules.withdrawn))

    def standing_in(self, numbers: Sequence[int]) -> Placed:
        """Return those of the same posts whose numbers, their rows', are among these."""
        with file.told(self.path):
            found = dict(queries.posts_at(self._db, numbers))
            several = queries.several(self._db, [post.key for post in found.values()])
            known = dict(self._known_by(several).standing())
        some = {
            number: post
            for number, post in found.items()
            if post.key not in several or number in known
        }
        posts = [*some.values()]
        return Placed(posts, [*some], bytearray(self._prepared(posts).initials))

    def affected(self, change: Affected, among: range) -> list[int]:
        """Return those of the rows `among` whose posts a change of the contest may affect."""
        with file.told(self.path):
            return queries.affected(self._db, change, among)

    def _placed(self, found: Iterator[tuple[int, Post]]) -> Iterator[Placed]:
        with file.told(self.path):
            while some := dict(islice(found, AT_ONCE)):
                posts = list(some.values())
                yield Placed(posts, list(some), bytearray(self._prepared(posts).initials))

    def since(self, entries: int, posts: int) -> Iterator[Placed] | None:
        """Return what came after so many `entries` with `posts`; None if earlier posts changed."""
        with file.told(self.path):
            if queries.has_versions(self._db, entries):
                return None
        return self._placed(queries.posts_after(self._db, posts))

    def digest_at(self, entries: int) -> str:
        """Return the digest, in hex, that stands for the first so many `entries`."""
        with file.told(self.path):
            return queries.digest_at(self._db, entries).hex()

    def shelf(self, numbers: Sequence[int]) -> dict[int, Post]:
        """Return the posts in these rows."""
        with file.told(self.path):
            return dict(queries.posts_at(self._db, numbers))

    def positions(self) -> dict[tuple[str, str], dict[str, object]]:
        """Return the body of the last page of each (source, feed): where to go on."""
        with file.told(self.path):
            return queries.positions(self._db)

    def records(self) -> dict[str, Record]:
        """Return what became of the requests of each source."""
        with file.told(self.path):
            return queries.records(self._db)

    def sources(self) -> dict[str, dict[str, object]]:
        """Return what was last written down about each source: its network, its queries."""
        with file.told(self.path):
            return dict(queries.bodies(self._db, "kind = 'source'"))

    def gaps(self) -> list[tuple[str, dict[str, object]]]:
        """Return the gaps that no sweep has healed, each with its source."""
        with file.told(self.path):
            return queries.gaps(self._db)

    def seen_by(self, source: str, listed: Collection[Name] = ()) -> Iterator[tuple[str, Post]]:
        """Return each post that `source` saw, in the version that stands, and its id there.

        The id is "" where no page told it. Withdrawn posts are told as such under either rule. Of
        those that are `listed` only the ones with a withdrawn version are returned.
        """
        with file.told(self.path):
            ids = queries.ids_of(self._db, source, listed)
            names = iter(ids)
            while some := list(islice(names, AT_ONCE)):
                versions = self.versions(set(some))
                for name in some:
                    yield ids[name], standing(versions[name])

    def aside(self) -> Iterator[tuple[str, object]]:
        """Return what pages keep aside for later posts (`core.ledger.aside`), with sources."""
        with file.told(self.path):
            for source, text in queries.aside(self._db):
                yield source, private.decrypted(text, self.salt)

    def names_by_id(self) -> dict[str, set[Name]]:
        """Return the posts that any source calls by each id."""
        with file.told(self.path):
            found: dict[str, set[Name]] = {}
            for name, id_there in queries.all_ids(self._db):
                found.setdefault(id_there, set()).add(name)
            return found

    def versions(self, names: Collection[Name]) -> dict[Name, list[Post]]:
        """Return all versions of those of these posts that there are."""
        found: dict[Name, list[Post]] = {}
        with file.told(self.path):
            for _, _, post in self._held({key for _, key in names}):
                if post[:2] in names:
                    found.setdefault(post[:2], []).append(post)
        return found

    def of_voters(self, voters: Collection[tuple[str, str]]) -> Iterator[tuple[Post, bool]]:
        """Return all versions of these accounts' posts, and whether news of the account made them.

        An account is given as its network and voter.
        """
        with file.told(self.path):
            yield from queries.of_voters(self._db, voters)

    def new_to(self, source: str, posts: Sequence[Post]) -> list[Post]:
        """Return those of `posts` that `source` has not seen in this very version, each once."""
        with file.told(self.path):
            known = self._known([Entry("page", source, {}, tuple(posts))])
        return [post for post in dict.fromkeys(posts) if source not in known.sources(post)]

    def _known(self, entries: Sequence[Entry]) -> Deduplicator:
        """Return what the ledger already holds of these posts: versions, and who saw them."""
        return self._known_by({post.key for entry in entries for post in entry.posts})

    def _known_by(self, keys: Iterable[str]) -> Deduplicator:
        """Return what the ledger holds of all posts with these keys."""
        known = Deduplicator(self.contest.rules.withdrawn)
        for seq, source, post in self._held(keys):
            known.note(post, source, seq)
        return known

    def _held(self, keys: Iterable[str]) -> Iterator[tuple[int, str, Post]]:
        """Return the rows of all posts with these keys: number, source and post."""
        ordered = sorted(keys)
        for start in range(0, len(ordered), AT_ONCE):
            held = self._db.execute(
                f"SELECT seq, source, {queries.POST} FROM posts"  # noqa: S608 - no stranger's text
                " WHERE key IN (SELECT value FROM json_each(?)) ORDER BY key, seq",
                (json.dumps(ordered[start : start + AT_ONCE]),),
            )
            for seq, source, *values in held:
                yield seq, source, Post(*values)

    def _prepared(self, posts: Sequence[Post]) -> Prepared:
        return chain.prepared(posts, self._seal)

    def _write(self, entry: Entry, now_ms: int, known: Deduplicator) -> int:
        """Write an entry and those of its posts that are new; return how many these are."""
        n, source, first = self._entries + 1, entry.source, self._posts + 1
        posts: Sequence[Post] = entry.posts
        prepared = entry.prepared or self._prepared(posts)
        places, again = known.add_page(posts, prepared.initials, source, first)
        tails: Sequence[bytes] = prepared.tails
        if len(places) < len(posts):
            posts = [posts[place] for place in places]
            tails = [tails[place] for place in places]
        lines = chain.lines(first, n, source, tails)
        new = [
            (seq, n, source, *post, mark)
            for seq, post, mark in zip(count(first), posts, map(chain.mark, lines), strict=False)
        ]
        body = entry.body
        if entry.kind == "page":
            body = {**body, "seen": len(entry.posts), "new": len(new), "again": again}
            if entry.ids and places:  # of the rows, in their order
                body["ids"] = [entry.ids[place] for place in places]
        if entry.aside is not None:
            body = {**body, "aside": private.encrypted(entry.aside, self.salt)}
        text = json.dumps(body, ensure_ascii=False, separators=(",", ":"))
        line = chain.entry_line(n, entry.kind, source, now_ms, text)
        self._digest = chain.digest(self._digest, line, lines)
        self._db.execute(
            "INSERT INTO entries VALUES (?, ?, ?, ?, ?, ?)",
            (n, entry.kind, source, now_ms, text, self._digest),
        )
        queries.add_posts(self._db, new)
        self._entries, self._posts = n, self._posts + len(new)
        return len(new)


def _guard(named: object) -> dict[str, object]:
    """Return what goes into an entry that names accounts, if it does.

    An export without accounts has the hash of such an entry. Without random bytes in it, anybody
    could try accounts until the hash fits.
    """
    return {"nonce": private.nonce().hex()} if named else {}
