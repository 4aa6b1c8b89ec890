"""Check the result of a hashtag vote: that nothing in its record was changed, and that it adds up.

    python verify.py pack.zip --digest HEX        the results pack
    python verify.py vote.votes --digest HEX      the ledger itself, for those who may see it

HEX is the digest that the organiser published when the vote ended. Without it you learn that the
file is consistent in itself; whoever wrote all of it anew could have made it so.

This one file needs Python 3.8 or newer and nothing else. It shares no line with the program that
counted, and was written from docs/proof.md and docs/rules.md: what the two agree on, they agree on
for two reasons. It changes nothing, and holds little in memory: posts go to a temporary file.

How it goes: (1) compute the digests anew, from the ledger's rows or the pack's lines; (2) apply the
rules to the posts; (3) compare every value of result.json and votes.csv with what (1) and (2) gave.
"""

from __future__ import annotations

import argparse
import contextlib
import csv
import hashlib
import json
import os
import re
import sqlite3
import stat
import sys
import unicodedata
import zipfile
import zlib
from collections import Counter
from datetime import datetime, timedelta
from functools import lru_cache
from itertools import groupby
from pathlib import Path
from typing import Callable, Dict, Iterable, Iterator, NamedTuple, TypeVar  # noqa: UP035 - Python 3.8

T = TypeVar("T")

CODES = """exit codes:
  0  everything fits
  1  something differs; the first difference is named
  2  the file cannot be read
  3  what could be checked fits, but something could not be: it is named"""

LONGEST = 16 * 1024 * 1024  # bytes of one line; a page of posts is far below
LONGEST_VALUE = 10_000  # characters of one value of a post
MOST = (100, 16 * 1024 * 1024, 50)  # members; bytes unpacked; more only up to so many times packed
MOST_PARTS = 200_000  # lists and objects in one line
UNCLEAN = re.compile("[\0-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff]")  # no value of a post holds them
COUNTED_ANEW = ("chain.jsonl", "result.json", "votes.csv")
SUMS = "SHA256SUMS"


class Differs(Exception):  # noqa: N818 - it is no error of this program
    """Something is not as it was written, or does not add up: exit code 1."""


class Miscounted(Differs):
    """The count of the posts gave something else."""


class CannotRead(Exception):  # noqa: N818
    """This is neither a ledger nor a pack, or a damaged one: exit code 2."""


class Newer(CannotRead):
    """What cannot be counted without a later version of this program."""


class CannotTell(Exception):  # noqa: N818
    """Another Python may read it otherwise: exit code 3."""


# --- 1. The chain ------------------------------------------------------------------------------
#
#     digest(n) = SHA-256(digest(n-1) + SHA-256(line of entry n) + SHA-256(lines of its posts))
#
# A line is the values of a row, parted by tabs and ended by a newline. In the line of a post the
# account is sealed: BLAKE2b, keyed with the ledger's salt, stands for it. So the lines can be given
# out and still fit the digest, one account is still known as one, and nobody learns who voted.


class Entry(NamedTuple):
    n: int
    kind: str
    source: str
    at_ms: int
    body: str  # JSON
    line_sum: bytes
    digest: bytes
    is_whole: bool = True  # False: the body names accounts, and only a part of it is shown


class Post(NamedTuple):
    seq: int
    entry: int
    source: str
    network: str
    key: str
    account: str  # sealed
    at_ms: int
    tags: str
    kind: str
    revision: int
    born_ms: int
    voter: str = ""  # as the network names the account; a pack does not say


POST_TYPES = (int, int, str, str, str, str, int, str, str, int, int)
POST_MARKS = "(" + ", ".join("?" * len(Post._fields)) + ")"


def line(*values: object) -> bytes:
    """Return the bytes that stand for a row. What was no text in a damaged file stays none."""
    return ("\t".join(map(str, values)) + "\n").encode("utf-8", "surrogateescape")


def seal(salt: bytes, account: str) -> str:
    """Seal an account, given as "network:voter"."""
    data = account.encode("utf-8", "surrogateescape")
    return hashlib.blake2b(data, key=salt, digest_size=16).hexdigest()


class Source:
    """What the entries say of one source."""

    def __init__(self) -> None:
        self.complete: bool | None = None  # None: it was never introduced
        self.requests = self.failed = 0
        self.bad: set[tuple[str, str]] = set()  # feed and words of each post not read in full
        self.gaps: list[tuple[int, int, str, bool]] = []  # from, to, reason, found by the sweep
        self.stop: tuple[int, int, str, bool] | None = None  # the latest, while it is not healed
        self.is_swept = False


class Chain:
    """Takes the entries in order, checks each, and keeps what the count needs."""

    def __init__(self, published: str = "", until: str = "", is_old: bool = False) -> None:
        self.published, self.until, self.is_old = published, until, is_old
        self.published_at = self.until_at = 0  # the entries that have these digests
        self.digest = bytes(32)
        self.entries = self.posts = self.at_ms = 0
        self.salt = b""
        self.contest: Contest | None = None
        self.sources: dict[str, Source] = {}
        self.introduced: list[str] = []
        self.on_trust: list[str] = []  # entries of which only a part is shown
        self.again: Counter[int] = Counter()  # entry -> how many of its posts were known before
        self.store = sqlite3.connect("")  # a temporary file
        self.store.execute(f"CREATE TABLE posts ({', '.join(Post._fields)})")

    def add(self, entry: Entry, posts: list[Post]) -> None:
        n = entry.n
        if n != self.entries + 1:
            raise Differs(f"Entry {self.entries + 1} is missing: entry {n} stands there.")
        lines = b"".join(line(*post[:11]) for post in posts)
        sums = entry.line_sum + hashlib.sha256(lines).digest()
        if hashlib.sha256(self.digest + sums).digest() != entry.digest:
            which = f", or one of its posts {posts[0].seq} to {posts[-1].seq}," if posts else ""
            raise Differs(f"Entry {n}{which} was changed or moved: its digest does not fit.")
        # What follows is found only where somebody computed all digests anew.
        for seq, post in enumerate(posts, self.posts + 1):
            if (post.seq, post.entry, post.source) != (seq, n, entry.source):
                raise Differs(f"Post {seq} is missing or was moved: post {post.seq} stands there.")
            values = (post.network, post.key, post.account, post.voter, post.tags, post.kind)
            # With a tab in a value, one row's line could stand for another row.
            if UNCLEAN.search("".join(values)) or max(map(len, values)) > LONGEST_VALUE:
                raise Differs(f"Post {seq} holds characters, or so many, that no ledger holds.")
        if UNCLEAN.search(entry.kind + entry.source) or re.search(
            "[\t\n\ud800-\udfff]", entry.body
        ):
            raise Differs(f"Entry {n} holds characters that no ledger holds.")
        self.entries, self.posts, self.digest = n, self.posts + len(posts), entry.digest
        if entry.digest.hex() == self.published:
            self.published_at = n
        if self.until_at:
            return
        if entry.digest.hex() == self.until:
            self.until_at = n
        try:
            self.understand(entry, parsed(entry.body), len(posts))
        except Newer:
            raise
        except (CannotRead, ValueError) as error:
            raise Differs(f"Entry {n} does not say what a ledger says there. {error}") from error
        self.store.executemany(f"INSERT INTO posts VALUES {POST_MARKS}", posts)  # noqa: S608 - our words

    def understand(self, entry: Entry, body: object, posts: int) -> None:
        n, kind, self.at_ms = entry.n, entry.kind, entry.at_ms
        if (kind == "contest") != (n == 1) or (kind == "salt") != (n == 2):
            raise Differs(f"Entry {n} is of the kind {kind!r}, which does not belong there.")
        source = self.sources.setdefault(entry.source, Source())
        if not entry.is_whole:
            self.check_shown(n, kind, body)
        if kind == "contest":
            self.contest = Contest(get(body, "contest", dict))
        elif kind == "act" and self.contest:
            self.contest.apply(body)
        elif kind == "salt" and entry.is_whole:
            self.salt = bytes.fromhex(get(body, "salt", str))
            if not self.salt or self.on_trust:
                raise Differs(f"Entry {n} should hold the salt, and hide it if entry 1 is hidden.")
        elif kind == "source":
            if source.complete is None:
                self.introduced.append(entry.source)
            source.complete = get(body, "complete", bool)
        elif kind == "gap":
            span = get(body, "from_ms", int), get(body, "to_ms", int)
            found_last = bool(isinstance(body, dict) and body.get("sweep"))
            gap = (*span, get(body, "reason", str), found_last)
            if get(body, "stopped", bool, False):
                source.gaps = [other for other in source.gaps if other is not source.stop]
                source.stop = gap
            source.gaps.append(gap)
        elif kind == "healed":
            source.gaps = [other for other in source.gaps if other is not source.stop]
        elif kind == "swept":
            source.is_swept = True
        source.requests += kind in ("page", "failed")
        source.failed += kind == "failed"
        new = get(body, "new", int) if kind == "page" else 0
        if new != posts:
            raise Differs(f"Entry {n} says that it brought {new} posts, and has {posts}.")
        if kind == "page":
            feed = get(body, "feed", str, "")
            source.bad.update((feed, str(words)) for words in get(body, "bad", list, []))
            self.again[n] = get(body, "again", int)

    def check_shown(self, n: int, kind: str, body: object) -> None:
        """Refuse a hidden body where nothing needs hiding: only accounts are kept back."""
        does = get(body, "does", str) if kind == "act" else kind
        names: list[object] = []
        if does == "excluded":
            names = get(body, "exclude", list)
        elif does in ("ruled", "contest"):
            whole = get(body, "contest", dict) if kind == "contest" else body
            names = get(get(whole, "rules", dict), "exclude", list)
        elif does != "salt":
            raise Differs(f"Entry {n} hides what it says, though such an entry names no account.")
        if does != "salt" and (self.salt or not (names or self.is_old)):
            raise Differs(f"Entry {n} hides what it says, though it leaves out no account.")
        if not all(isinstance(name, str) and re.fullmatch("[0-9a-f]{32}", name) for name in names):
            raise Differs(f"Entry {n} shows accounts without their seals.")
        if does != "salt":
            self.on_trust.append(f"{n} ({does})")

    def end(self) -> Contest:
        if self.entries < 2 or self.contest is None:
            raise CannotRead("It does not say what the vote is.")
        if 0 < self.published_at < self.entries:
            words = f"stands for entries 1 to {self.published_at}; there are {self.entries}"
            raise Differs(f"The published digest {words}: the others were added after it.")
        if self.published and not self.published_at:
            raise Differs(
                "All entries fit each other, but not the published digest:"
                " this record was cut short, written anew, or is another one."
            )
        if self.until and not self.until_at:
            raise Differs("result.json: no entry has its digest.")
        return self.contest


# --- The chain in a ledger: an SQLite file ---

LAYOUT = [
    (
        *("table", "entries", "entries"),
        "CREATE TABLE entries ( n INTEGER PRIMARY KEY, kind TEXT NOT NULL, source TEXT NOT NULL,"
        " at_ms INTEGER NOT NULL, body TEXT NOT NULL, digest BLOB NOT NULL ) STRICT",
    ),
    (
        *("table", "posts", "posts"),
        "CREATE TABLE posts ( seq INTEGER PRIMARY KEY, entry INTEGER NOT NULL, source TEXT NOT"
        " NULL, network TEXT NOT NULL, key TEXT NOT NULL, voter TEXT NOT NULL, at_ms INTEGER"
        " NOT NULL, tags TEXT NOT NULL, kind TEXT NOT NULL, revision INTEGER NOT NULL,"
        " born_ms INTEGER NOT NULL, mark INTEGER NOT NULL ) STRICT",
    ),
    ("index", "posts_by_key", "posts", "CREATE INDEX posts_by_key ON posts (key)"),
]


def read_ledger(path: Path, chain: Chain) -> None:
    path = path.resolve()  # SQLite looks beside the file that a link leads to
    check_beside(path)
    # While a vote goes on, its newest rows are in a second file. Without that, SQLite is told that
    # nothing changes: then it makes no files of its own beside what may be evidence.
    mode = "mode=ro" if Path(f"{path}-wal").exists() else "mode=ro&immutable=1"
    with contextlib.closing(sqlite3.connect(f"{path.as_uri()}?{mode}", uri=True)) as db:
        db.text_factory = lambda data: data.decode("utf-8", "surrogateescape")
        db.execute("PRAGMA trusted_schema = OFF")
        if sys.version_info >= (3, 12):
            db.setconfig(sqlite3.SQLITE_DBCONFIG_DEFENSIVE, True)
            db.setconfig(sqlite3.SQLITE_DBCONFIG_ENABLE_TRIGGER, False)
            db.setconfig(sqlite3.SQLITE_DBCONFIG_ENABLE_VIEW, False)
        db.set_progress_handler(lambda: 0, 1_000_000)  # where Ctrl-C ends a query
        db.execute("BEGIN")  # one picture, whatever is written meanwhile
        check_layout(db)
        posts = ledger_posts(db, chain)
        ahead = None
        for row in db.execute("SELECT * FROM entries ORDER BY n"):
            n, kind, source, at_ms, body, digest = row
            if tuple(map(type, row)) != (int, str, str, int, str, bytes):
                raise Differs(f"Entry {n} was changed: a value in it is of another kind.")
            brought = []
            if n > 2:  # the first two are the contest and the salt, which seals the posts
                ahead = ahead or next(posts, None)
                while ahead and ahead.entry == n:
                    brought.append(ahead)
                    ahead = next(posts, None)
            line_sum = hashlib.sha256(line(n, kind, source, at_ms, body)).digest()
            chain.add(Entry(n, kind, source, at_ms, body, line_sum, digest), brought)
        ahead = ahead or next(posts, None)
        if ahead:
            raise Differs(f"Post {ahead.seq} does not belong to entry {ahead.entry}.")
        (told,) = db.execute("PRAGMA integrity_check(1)").fetchone()
        if told != "ok":
            raise Differs(f"The index by which posts are found was changed: {told}.")


def check_beside(path: Path) -> None:
    """Refuse files beside a ledger that SQLite would act on: no ledger has such files."""
    if os.path.lexists(f"{path}-journal"):
        raise CannotRead(f"{path}-journal lies beside it, and could do harm. Move it away first.")
    for notes in (f"{path}-wal", f"{path}-shm"):
        found = os.lstat(notes) if os.path.lexists(notes) else None
        if found and (not stat.S_ISREG(found.st_mode) or found.st_nlink > 1):
            raise CannotRead(f"{notes} is a link or not a regular file, and could do harm.")


def check_layout(db: sqlite3.Connection) -> None:
    """Compare every row of the schema: two of them may bear one name."""
    missing = [*LAYOUT]
    for kind, name, table, sql in db.execute("SELECT type, name, tbl_name, sql FROM sqlite_master"):
        found = (kind, name, table, " ".join(re.sub("--[^\n]*", "", sql or "").split()))
        if found not in missing:
            raise Differs(f"The {brief(kind)} {brief(name)!r} was changed or added.")
        missing.remove(found)
    if missing:
        raise Differs(f"The {missing[0][0]} {missing[0][1]!r} is missing.")
    for name, right in (("application_id", 0x54565645), ("user_version", 1)):
        if db.execute(f"PRAGMA {name}").fetchone()[0] != right:
            raise Differs(f"The file does not say that it is a ledger: {name} was changed.")


def ledger_posts(db: sqlite3.Connection, chain: Chain) -> Iterator[Post]:
    """Read the posts. The mark at the end of a row, the CRC-32 of its line, names a changed one."""
    for seq, row in enumerate(db.execute("SELECT * FROM posts ORDER BY seq"), 1):
        *values, mark = row
        if tuple(map(type, row)) != (*POST_TYPES, int):
            raise Differs(f"Post {row[0]} was changed: a value in it is of another kind.")
        voter = values[5]
        values[5] = seal(chain.salt, f"{values[3]}:{voter}")
        if zlib.crc32(line(*values)) != mark:
            raise Differs(f"Post {row[0]} was changed or moved: its mark does not fit.")
        if row[0] != seq:
            raise Differs(f"Post {seq} is missing: post {row[0]} stands there.")
        yield Post._make([*values, voter])


# --- The chain in a pack: a ZIP file with one JSON object a line ---


def check_members(pack: zipfile.ZipFile, packed: int) -> None:
    """Refuse a pack that is none, or that could unpack to more than it is worth."""
    members = pack.infolist()
    number, size, times = MOST
    if len(members) > number or sum(m.file_size for m in members) > max(size, times * packed):
        raise CannotRead("It unpacks to more than can be believed.")
    names = Counter(member.filename.lower() for member in members)  # one file on some computers
    for name in (*COUNTED_ANEW, *names):
        if names[name.lower()] != 1:
            raise CannotRead(f"A pack has one {brief(name)}, and this has {names[name.lower()]}.")
    for member in members:
        name = member.orig_filename
        if re.search(r"[\0-\x1f/\\:]|^\.+$", name):
            raise CannotRead(f"It holds {name[:80]!r}, a name with a path.")
        if member.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
            raise CannotRead(f"{brief(name)} is packed in a way that packs are not.")


def pack_entry(row: dict[str, object]) -> tuple[Entry, list[Post]]:
    """Read a line. Where the body names accounts, it has the sum of the entry's line instead."""
    n, kind, source = get(row, "n", int), get(row, "kind", str), get(row, "source", str)
    at_ms, digest = get(row, "at_ms", int), bytes.fromhex(get(row, "digest", str))
    said = (
        {"body"} if "body" in row else {"line_sha256"} | (set() if kind == "salt" else {"public"})
    )
    if {*row} != {"n", "kind", "source", "at_ms", "digest", "posts", *said}:
        raise Differs(f"Entry {n} in chain.jsonl has other values than a pack gives.")
    if "body" in row:
        body = get(row, "body", str)
        line_sum = hashlib.sha256(line(n, kind, source, at_ms, body)).digest()
    else:
        body = json.dumps(get(row, "public", dict, {}), ensure_ascii=False)
        line_sum = bytes.fromhex(get(row, "line_sha256", str))
    posts = []
    for values in get(row, "posts", list):
        values = [*values[:1], n, *values[1:]] if isinstance(values, list) else []  # noqa: PLW2901
        if tuple(map(type, values)) != POST_TYPES:
            raise CannotRead(f"A post of entry {n} has not the values it should have.")
        posts.append(Post(*values))
    return Entry(n, kind, source, at_ms, body, line_sum, digest, "body" in row), posts


def lines_of(pack: zipfile.ZipFile, name: str, whole: bool = False) -> Iterator[str]:
    """Read a member line by line: whatever it unpacks to, one line is all that is held."""
    with pack.open(name) as member:
        read = member.read if whole else member.readline
        while True:
            data = read(LONGEST)
            if len(data) == LONGEST:
                raise CannotRead(f"A line of {name} is too long.")
            if not data:
                return
            yield data.decode("utf-8")


def compare_files(pack: zipfile.ZipFile) -> None:
    """Compare every member with the list of sums."""
    told: dict[str, str] = {}
    for text in lines_of(pack, SUMS):
        found = re.fullmatch("([0-9a-f]{64})  ([^\n]+)\n", text)
        if not found or found[2] in told:
            raise Differs(f"{SUMS} holds a line that is none of its own: {brief(text)!r}.")
        told[found[2]] = found[1]
    names = [name for name in pack.namelist() if name != SUMS]
    for name in sorted({*told, *names}):
        if name not in told or name not in names:
            here = "is not in the pack" if name in told else "was added to the pack"
            raise Differs(f"{brief(name)} {here}: {SUMS} says so.")
        with pack.open(name) as member:
            summing = hashlib.sha256()
            for data in iter(lambda: member.read(1 << 20), b""):
                summing.update(data)
        if summing.hexdigest() != told[name]:
            raise Differs(f"{brief(name)} was changed: its SHA-256 is not the one in {SUMS}.")


# --- 2. The count, by the rules of docs/rules.md -------------------------------------------------

RULES: dict[str, object] = {  # the values that a rule may have, the usual one first; or that one
    "per_account": ("first", "last", "all", "per_choice"),
    "several": ("spoilt", "each", "first"),
    "reposts": ("ignore", "count"),
    "quotes": ("count", "ignore"),
    "replies": ("count", "ignore"),
    "required": [],
    "min_account_age_s": 0,
    "grace_s": 0,
    "exclude": [],
    "withdrawn": ("drop", "keep"),
    "tie": ("declare", "earliest", "draw"),
}
NEWER_RULES: dict[str, object] = {
    # the same of rules that came later; a ledger names them only where they have an effect
}
KINDS = {"repost": "reposts", "quote": "quotes", "reply": "replies"}
VERDICTS = (
    *("counted", "excluded", "ignored", "early", "late", "paused", "no choice"),
    *("incomplete", "spoilt", "young", "repeat", "withdrawn"),
)


class Contest:
    """The contest as it stands: as it was laid down, then changed by each act."""

    def __init__(self, laid_down: object) -> None:
        self.title = get(laid_down, "title", str)
        self.choices = get(laid_down, "choices", list)
        self.tags = [get(choice, "tag", str) for choice in self.choices]
        self.labels = [get(choice, "label", str, "") for choice in self.choices]
        self.aliases = [texts(choice, "aliases") for choice in self.choices]
        self.words = [texts(choice, "words") for choice in self.choices]
        self.opens_ms = get(laid_down, "opens_ms", int, 0)
        self.closes_ms = time(laid_down, "closes_ms")
        self.pauses = [[*pause] for pause in get(laid_down, "pauses", list, [])]
        self.seed = get(laid_down, "seed", str, "")
        self.is_rehearsal = get(laid_down, "rehearsal", bool, False)
        self.done: set[str] = set()  # what acts did
        self.by_hand: Counter[str] = Counter()  # votes that no network brought
        self.adjustments: list[dict[str, object]] = []
        for adjustment in get(laid_down, "adjustments", list, []):
            self.adjust(adjustment)
        self.rule(get(laid_down, "rules", dict, {}))

    def rule(self, rules: object) -> None:
        self.rules: dict[str, object] = {}
        known = {**RULES, **NEWER_RULES}
        for name in rules if isinstance(rules, dict) else ():
            if name not in known:
                raise Newer(f"It has the rule {brief(name)}: use a newer verifier.")
        self.told_rules: dict[str, object] = {}
        for name, usual in known.items():
            if isinstance(usual, tuple):
                self.rules[name] = get(rules, name, str, usual[0])
                if self.rules[name] not in usual:
                    raise CannotRead(f"The rule {name!r} has a value that it does not know.")
                usual = usual[0]  # noqa: PLW2901
            else:
                is_list = isinstance(usual, list)
                self.rules[name] = texts(rules, name) if is_list else get(rules, name, int, 0)
            if name in RULES or self.rules[name] != usual:
                self.told_rules[name] = self.rules[name]
        self.required = texts(rules, "required")
        self.exclude = [*texts(rules, "exclude")]
        self.age_s = get(rules, "min_account_age_s", int, 0)
        self.grace_s = get(rules, "grace_s", int, 0)
        self.ignored = {kind for kind, name in KINDS.items() if self.rules[name] == "ignore"}

    def adjust(self, said: object) -> None:
        tag, votes = get(said, "tag", str, ""), get(said, "votes", int, 0)
        reason, by = get(said, "reason", str, ""), get(said, "by", str, "the operator")
        at = iso(get(said, "at_ms", int, 0))
        told = {"choice": tag, "votes": votes, "reason": reason, "by": by, "at": at}
        self.adjustments.append(told)
        self.by_hand[tag] += votes

    def apply(self, act: object) -> None:
        """Votes are let in from the second an act falls in, and kept out from the next one on."""
        does, at_ms = get(act, "does", str), get(act, "at_ms", int, 0)
        until_ms = time(act, "until_ms") if does == "extended" else at_ms
        if does == "opened":
            if at_ms < self.opens_ms:
                self.opens_ms = at_ms - at_ms % 1000
        elif does == "paused":
            if not self.is_paused():
                self.pauses.append([at_ms + -at_ms % 1000, None])
        elif does == "resumed":
            if self.is_paused():
                self.pauses[-1][1] = max(self.pauses[-1][0], at_ms - at_ms % 1000)
        elif does in ("closed", "extended"):
            if until_ms is not None:
                end = max(until_ms + -until_ms % 1000, self.opens_ms + 1000)
                was = self.closes_ms
                self.closes_ms = min(end, was) if does == "closed" and was is not None else end
        elif does == "ruled":
            self.rule(get(act, "rules", dict))
        elif does == "excluded":
            self.exclude += get(act, "exclude", list, [get(act, "voter", str, "")])
        elif does == "drawn":
            self.seed = get(act, "seed", str)
        elif does == "adjusted":
            self.adjust(act)
        elif does not in ("settled", "certified"):
            raise Newer(f"It has the act {brief(does)}: use a newer verifier.")
        self.done.add(does)

    def is_paused(self) -> bool:
        return bool(self.pauses) and self.pauses[-1][1] is None

    def state(self, now_ms: int) -> str:
        for act, state in (("certified", "certified"), ("settled", "provisional")):
            if act in self.done:
                return state
        if self.closes_ms is not None and now_ms >= self.closes_ms:
            return "closing"
        if now_ms < self.opens_ms:
            return "scheduled"
        return "paused" if self.is_paused() else "open"


class Tags(NamedTuple):
    """What the tags of a post say."""

    named: list[int]  # the choices
    missing: list[str]  # the tags that a post must also carry, and this one does not
    doubt: str  # a character in them that another Python may read otherwise


class Count:
    """A verdict for every post, and the votes of every choice."""

    def __init__(self, chain: Chain, contest: Contest, *, keep: bool) -> None:
        self.keep = keep  # the verdicts, to compare them
        self.contest, self.store = contest, chain.store
        self.owners: dict[str, dict[str, list[int]]] = {}  # network -> folded tag -> choices
        self.read: dict[tuple[str, str], Tags] = {}
        self.doubts: list[str] = []  # posts whose tags another Python may read otherwise
        self.in_doubt = 0
        self.excluded = set(contest.exclude)  # seals already, where the salt was not given out
        networks = [row[0] for row in self.store.execute("SELECT DISTINCT network FROM posts")]
        if len(networks) > 100 or len(contest.pauses) > 1000:
            raise CannotRead("It holds more networks or pauses than any vote.")
        for name in contest.exclude if chain.salt else ():  # a voter, or network:voter
            names = [name, *(f"{network}:{name}" for network in networks)]
            self.excluded.update(seal(chain.salt, each) for each in names)
        self.store.execute(f"CREATE TABLE standing ({', '.join(Post._fields)})")
        self.store.execute(
            "CREATE TABLE verdicts (network, key, time, choice, verdict, reason, account, told,"
            " PRIMARY KEY (network, key)) WITHOUT ROWID"
        )
        self.keep_what_stands(chain.again)
        self.votes = [0] * len(contest.tags)
        self.latest = [(0, "")] * len(contest.tags)  # time and key of each choice's last vote
        self.verdicts = Counter(dict.fromkeys(VERDICTS, 0))
        sorted_posts = "SELECT * FROM standing ORDER BY network, account, at_ms, key"
        found = map(Post._make, self.store.execute(sorted_posts))
        for _, posts in groupby(found, key=lambda post: (post.network, post.account)):
            self.count(posts)
        for number, tag in enumerate(contest.tags):
            self.votes[number] = max(0, self.votes[number] + contest.by_hand[tag])

    def keep_what_stands(self, again: Counter[int]) -> None:
        """Keep of each post the version that counts: the latest revision, then the most tags.

        A withdrawal without a revision comes last; by `withdrawn: keep` all are passed over.
        """
        keep = self.contest.rules["withdrawn"] == "keep"
        found = map(
            Post._make, self.store.execute("SELECT * FROM posts ORDER BY network, key, seq")
        )
        for _, versions in groupby(found, key=lambda post: (post.network, post.key)):
            best, other = next(versions), False  # other: another account has as good a claim
            for post in versions:  # noqa: B031 - those that are left
                again[post.entry] -= 1
                ours, theirs = rank(best, keep), rank(post, keep)
                if ours[:6] == theirs[:6]:
                    other = other or best.account != post.account
                else:
                    other = other and ours > theirs
                best = post if theirs > ours else best
            if other and not best.voter:
                raise CannotRead(f"Two accounts claim post {best.seq}; sealed, they have no order.")
            self.store.execute(f"INSERT INTO standing VALUES {POST_MARKS}", best)  # noqa: S608 - our words
        for n, number in sorted(again.items()):
            if number:
                raise Differs(f"Entry {n} says wrongly how many of its posts were known before.")

    def count(self, posts: Iterable[Post]) -> None:
        """Count the posts of one account, from its first to its last."""
        rule, several = self.contest.rules["per_account"], self.contest.rules["several"]
        used: set[int] = set()
        first: Post | None = None  # the first that counts
        held: tuple[Post, list[int], list[int]] | None = None  # the last so far that may count
        for post in posts:
            verdict, named = self.judge(post)
            choices = named[:1] if several == "first" else named
            if verdict != "counted" or (rule == "first" and used):
                choices = []
            elif rule == "per_choice":
                choices = [choice for choice in choices if choice not in used]
            elif rule == "last":
                if held:
                    self.enter(held[0], "repeat", [], held[1], None)
                held = post, named, choices
                continue
            used.update(choices)
            final = "repeat" if verdict == "counted" and not choices else verdict
            self.enter(post, final, choices, named, first)
            first = first or (post if choices else None)
        if held:
            self.enter(held[0], "counted", held[2], held[1], None)

    def enter(
        self, post: Post, verdict: str, choices: list[int], named: list[int], first: Post | None
    ) -> None:
        """Take down what became of a post."""
        for choice in choices:
            self.votes[choice] += 1
            self.latest[choice] = max(self.latest[choice], (post.at_ms, post.key))
        self.verdicts[verdict] += 1
        if self.keep:
            told = " ".join(self.contest.tags[choice] for choice in choices or named)
            why = self.reason(post, verdict, choices, named, first)
            values = (post.network, post.key, iso(post.at_ms), told, verdict, why, post.account)
            self.store.execute("INSERT INTO verdicts VALUES (?, ?, ?, ?, ?, ?, ?, 0)", values)

    def judge(self, post: Post) -> tuple[str, list[int]]:
        """Return what the rules say of a post by itself, and the choices that it names."""
        contest, at_ms = self.contest, post.at_ms
        named, missing, doubt = self.tags_of(post)
        ends_ms = None if contest.closes_ms is None else contest.closes_ms + contest.grace_s * 1000
        found = (  # the first that applies is told
            ("excluded", post.account in self.excluded),
            ("withdrawn", post.kind == "withdrawn"),
            ("ignored", bool(self.ignored(post))),
            ("early", at_ms < contest.opens_ms),
            ("late", ends_ms is not None and at_ms >= ends_ms),
            ("paused", self.pause(at_ms) is not None),
            ("no choice", not named),
            ("incomplete", bool(missing)),
            ("spoilt", len(named) > 1 and contest.rules["several"] == "spoilt"),
            ("young", post.born_ms != 0 and at_ms - post.born_ms < contest.age_s * 1000),
        )
        verdict = next((verdict for verdict, applies in found if applies), "counted")
        if doubt and verdict in ("no choice", "incomplete", "spoilt", "young", "counted"):
            self.in_doubt += 1
            self.doubts = [*self.doubts, f"{post.seq} (U+{ord(doubt):04X})"][:5]
        return verdict, named

    def ignored(self, post: Post) -> str:
        """Return the name of the posts that a rule ignores, if this one is among them."""
        return KINDS[post.kind] if post.kind in self.contest.ignored else ""

    def doubt(self) -> str:
        return (
            f"the verdicts on {plural(self.in_doubt, 'post')}, {', '.join(self.doubts)}: the tags"
            " hold characters newer than Unicode 12.1, and programs read those by what they know;"
            f" this Python knows Unicode {unicodedata.unidata_version}."
        )

    def pause(self, at_ms: int) -> list[int | None] | None:
        """Return the first pause that a time falls in."""
        for pause in self.contest.pauses:
            if pause[0] <= at_ms and (pause[1] is None or at_ms < pause[1]):
                return pause
        return None

    def tags_of(self, post: Post) -> Tags:
        """Read the tags of a post; what the same tags said before is remembered."""
        network, tags = post.network, post.tags
        if (network, tags) in self.read:
            return self.read[network, tags]
        owners = self.owners.setdefault(network, {})
        if not owners:
            for number, tag in enumerate(self.contest.tags):
                for name in (tag, *self.contest.aliases[number]):
                    owners.setdefault(fold(name, network), []).append(number)
                for word in self.contest.words[number]:
                    word = fold("word:" + word.replace(" ", "_"), "")  # noqa: PLW2901
                    owners.setdefault(word, []).append(number)
            owners[""] = []  # nothing is left of such a tag on this network
        carried = [fold(tag, network) for tag in tags.split(" ")]
        named = [*dict.fromkeys(choice for tag in carried for choice in owners.get(tag, []))]
        missing = [tag for tag in self.contest.required if fold(tag, network) not in {*carried}]
        found = Tags(named, missing, next(filter(is_doubtful, tags), ""))
        if len(tags) < LONGEST_CACHED:
            if len(self.read) > 20_000:
                self.read.clear()
            self.read[network, tags] = found
        return found

    def reason(
        self, post: Post, verdict: str, choices: list[int], named: list[int], first: Post | None
    ) -> str:
        """Return the sentence that votes.csv gives for a verdict."""
        contest = self.contest
        if verdict == "counted":
            words = f"It counts for {self.listed(choices)}"
            if len(named) == len(choices):
                return f"{words}."
            if contest.rules["several"] == "first":
                return f"{words}, the first choice it names."
            others = [choice for choice in named if choice not in choices]
            return f"{words}; the account has voted for {self.listed(others)} before."
        if verdict == "repeat":
            if contest.rules["per_account"] == "per_choice":
                return f"The account has voted for {self.listed(named)} before."
            which = "A later" if contest.rules["per_account"] == "last" else "An earlier"
            when = f": of {moment(first.at_ms)}" if first else ""
            return f"{which} vote of the account counts{when}."
        if verdict == "late":
            late = f" and {span(contest.grace_s)} of grace" if contest.grace_s else ""
            return f"It was posted after the vote closed at {moment(contest.closes_ms)}{late}."
        if verdict == "paused":
            begins, ends = self.pause(post.at_ms) or (None, None)
            until = "" if ends is None else f" to {moment(ends)}"
            return f"It was posted while the vote was paused, from {moment(begins)}{until}."
        if verdict == "incomplete":
            missing = listed([f"#{tag}" for tag in self.tags_of(post).missing])
            return f"It does not carry {missing}, which this vote requires."
        if verdict == "young":
            born, least = moment(post.born_ms), span(contest.age_s)
            return f"The account was made on {born}; {least} of age are required."
        return {
            "excluded": "The account is left out.",
            "withdrawn": "It was deleted, or its account is gone.",
            "ignored": f"In this vote {self.ignored(post)} do not count.",
            "early": f"It was posted before the vote opened at {moment(contest.opens_ms)}.",
            "no choice": "It names none of the choices.",
            "spoilt": f"It names several choices: {self.listed(named) if named else ''}.",
        }[verdict]

    def listed(self, choices: list[int]) -> str:
        return listed([f"#{self.contest.tags[choice]}" for choice in choices])

    def leaders(self) -> list[int]:
        most = max(self.votes, default=0)
        return [number for number, votes in enumerate(self.votes) if votes == most and most]

    def decision(self) -> tuple[list[int], str]:
        """Return who has the most votes, or whom the rule for ties picks among them, and why."""
        leaders, rule, seed = self.leaders(), self.contest.rules["tie"], self.contest.seed
        if not leaders:
            return [], "There is no vote yet."
        votes = plural(self.votes[leaders[0]], "vote")
        if len(leaders) == 1:
            return leaders, f"{self.name(leaders[0])} has the most votes: {votes}."
        tied = f"{listed([self.name(leader) for leader in leaders])} tie with {votes}."
        if rule == "earliest":
            winner = min(leaders, key=lambda number: self.latest[number])
            return [winner], f"{tied} {self.name(winner)} was there first."
        if rule == "draw" and not seed:
            return leaders, f"{tied} It is to be decided by drawing."
        if rule == "draw":
            lots = [f"{seed}\n{fold(self.contest.tags[number], '')}".encode() for number in leaders]
            sums = [hashlib.sha256(lot).digest() for lot in lots]
            winner = leaders[sums.index(min(sums))]
            return [winner], f"{tied} The draw with the seed “{seed}” fell on {self.name(winner)}."
        return leaders, tied

    def lead(self, has_gap: bool) -> str:
        """Say whether what was not counted could change who leads."""
        leaders, votes = self.leaders(), sorted(self.votes)
        if not leaders:
            return "No vote yet."
        if len(leaders) > 1:
            names = listed([self.name(leader) for leader in leaders])
            return f"{names} tie with {plural(votes[-1], 'vote')}."
        if len(votes) == 1:
            return f"{self.name(leaders[0])} has {plural(votes[-1], 'vote')}."
        ahead = votes[-1] - votes[-2]
        words = f"{self.name(leaders[0])} leads by {ahead:,}."
        uncounted = sum(
            self.verdicts[each] for each in ("late", "paused", "spoilt", "incomplete", "young")
        )
        if has_gap:
            return f"{words} Votes may be missing in a gap, and could change that."
        can = "cannot" if uncounted < ahead else "could"
        return (
            f"{words} What is uncounted ({uncounted:,}) {can} change that." if uncounted else words
        )

    def name(self, choice: int) -> str:
        return self.contest.labels[choice] or f"#{self.contest.tags[choice]}"


def rank(post: Post, keep: bool) -> tuple[object, ...]:
    """Return by what versions of a post are ordered; the greatest stands."""
    whole = (post.network, post.key, post.voter, post.at_ms, post.tags, post.kind, post.revision)
    gone = post.kind == "withdrawn"
    last = gone and post.revision == 0
    tags = len({*post.tags.split(" ")} - {""})
    return (not (keep and gone), last, post.revision, gone, tags, -post.at_ms, *whole, post.born_ms)


def percentages(votes: list[int]) -> list[float]:
    """Return shares to a tenth, by largest remainder; equal votes have equal shares."""
    total = sum(votes)
    if not total:
        return [0.0] * len(votes)
    tenths = {number: number * 1000 // total for number in votes}
    left = 1000 - sum(tenths[number] for number in votes)
    for number in sorted(tenths, key=lambda number: (-(number * 1000 % total), -number)):
        alike = votes.count(number)
        if alike <= left or (left and 2 * (number * 1000 % total) >= total):
            tenths[number] += 1
        if alike > left:
            break  # the next ones have smaller remainders: they stay cut
        left -= alike
    return [tenths[number] / 10 for number in votes]


def older_percentages(votes: list[int]) -> list[float]:
    """Return shares as earlier versions told them: of equal votes the first could have 0.1 more."""
    total = sum(votes) or 1
    tenths = [number * 1000 // total for number in votes]
    order = sorted(range(len(votes)), key=lambda i: (-(votes[i] * 1000 % total), -votes[i], i))
    for i in order[: 1000 - sum(tenths)] if any(votes) else ():
        tenths[i] += 1
    return [number / 10 for number in tenths]


def shares_of(given: object, votes: list[int]) -> list[float]:
    """Return the right shares; those of earlier versions where a result tells exactly these."""
    tally = given.get("tally") if isinstance(given, dict) else None
    rows = tally if isinstance(tally, list) else []
    older = older_percentages(votes)
    told = [row.get("percent") for row in rows if isinstance(row, dict)]
    return older if told == older else percentages(votes)


# --- When two hashtags are one -------------------------------------------------------------------

# The combining marks that Unicode calls alphabetic, such as vowel signs: Mastodon keeps them in a
# tag, and Python does not tell them from others (DerivedCoreProperties.txt, spans of marks).
MARKS = """
345 363-36F 5B0-657 659-6DC 6E1-6E8 6ED-73F 7A6-7B0 816-817 81B-82C 8D4-8DF 8E3-8E9 8F0-93B
93E-94C 94E-94F 955-983 9BE-9CC 9D7-9E3 A01-A03 A3E-A4C A51-A83 ABE-ACC AE2-AFC B01-B03
B3E-B4C B56-BCC BD7-C04 C3E-C4C C55-C83 CBE-CCC CD5-D03 D3E-D4C D57-D83 DCF-E3A E4D EB1-EB9
EBB-EBC ECD F71-F83 F8D-FBC 102B-1036 1038 103B-109D 1712-1713 1732-1733 1752-1773 17B6-17C8
1885-1938 1A17-1A5E 1A61-1A74 1ABF-1AC0 1ACC-1B04 1B35-1B43 1B80-1BA9 1BAC-1BAD 1BE7-1BF1
1C24-1C36 1DD3-1DF4 2DE0-2DFF A674-A67B A69E-A69F A802 A80B-A827 A880-A8C3 A8C5 A8FF-A92A
A947-A952 A980-A983 A9B4-A9BF A9E5-AABE AAEB-AAF5 ABE3-ABEA FB1E 10376-10A0F 10D24-10EAC
11000-11045 11073-11074 11080-110B8 110C2-11132 11145-11146 11180-111BF 111CE-11234
11237-112E8 11300-11303 1133E-1134C 11357-11363 11435-11441 11443-11445 114B0-114C1
115AF-115BE 115DC-1163E 11640-116B5 1171D-1172A 1182C-11838 11930-1193C 11940-11942
119D1-119DF 119E4-11A0A 11A35-11A3E 11A51-11A97 11C2F-11C3E 11C92-11D41 11D43 11D47-11D96
11EF3-11EF6 16F4F-16F92 16FF0-16FF1 1BC9E 1E000-1E02A 1E947
"""
# Python 3.8 knows Unicode 12.1. These came later and are plain letters and digits: whether a
# program knows them or not, nothing but themselves becomes of them, and Mastodon keeps them.
NEW_LETTERS = """
870-887 8BE-8C9 4DB6-4DBF 9FF0-9FFF 10597-105A1 105A3-105B1 10E80-10EA9 10F70-10F81 10FB0-10FC4
11918-1192F 11950-11959 11AB0-11ABF 11F00-11F10 11F12-11F3A 11F50-11F59 12F90-12FF0 16A70-16ABE
16AC0-16AC9 18AF3-18CD5 1DF0B-1DF1D 1E290-1E2AD 1E4D0-1E4EB 1E4F0-1E4F9 1E7F0-1E7FE 2EBF0-2EE5D
30000-3134A 31350-33479
"""
# These came later, too, and it depends on the program what becomes of them. So it does of all
# that this Python does not know.
IN_DOUBT = """
558 58B-58C 5C8-5C9 889-89F 8B5 8CA-8D2 B53-B55 C3C C5C-C5D CDC-CDD CF3 D04 D81 ECE 170D 1715-171F
180F 1ABF-1AF0 1B4C 1C89-1C8A 1DFA 208F 209D-209F 2C2F 2C5F 31BB-31BF A7C0-A7C1 A7C7-A7F6 A82C
AB68-AB6D 10570-10595 105B3-105F3 10780-107BF 10940-10959 10D40-10D85 10EAB-10EFF 10F82-10F85
11070-11075 110C2 11147 111CE-111CF 1123F-11241 11380-113E2 11460-11461 116D0-116E3 11740-11746
11900-11916 11930-11943 11B0A-11BF9 11DB0-11DF1 11F3E-11F42 11F5A-11FB0 1246F 12475-1247F
12550-12686 1342F 13440-143FA 16100-16139 16D40-16D79 16EA0-16ED3 16FE4-16FF6 187F8-187FF
18CD6-1AFFE 1B11F-1B132 1B155 1B168 1CCD6-1CF46 1D127-1D128 1D250-1D281 1D6A6 1DF00-1DF0A
1DF1E-1DFFF 1E030-1E08F 1E2AE 1E4EC-1E4EF 1E5D0-1E7EE 1FBF0-1FBF9 2A6D7-2A6DF 2B735-2B73F 2B81E
2CEA2-2CEAD 3D000-3FC3F
"""
LETTERS, PLAIN = "ÐðĐđĦħıĸĿŀŁłŉŊŋØøſŦŧ", "DdDdHhikLlLlnNnOosTt"  # where no accent comes off
LONGEST_CACHED = 100


def is_in(code: int, spans: str) -> bool:
    """Tell whether a table above has a code point."""
    return any(first <= code <= last for first, last in spans_of(spans))


@lru_cache
def spans_of(spans: str) -> list[tuple[int, int]]:
    pairs = [span.partition("-") for span in spans.split()]
    return [(int(first, 16), int(last or first, 16)) for first, _, last in pairs]


@lru_cache(16384)
def is_doubtful(sign: str) -> bool:
    if sign.isascii() or is_in(ord(sign), NEW_LETTERS):
        return False
    return unicodedata.category(sign) == "Cn" or is_in(ord(sign), IN_DOUBT)


def fold(tag: str, network: str) -> str:
    """Return a tag as a network compares it; Mastodon also takes off accents and signs."""
    compared = on_mastodon if network == "mastodon" else without_case
    return compared(tag) if len(tag) < LONGEST_CACHED else compared.__wrapped__(tag)


@lru_cache(16384)
def without_case(tag: str) -> str:
    return nfkc(nfkc(tag).casefold()).lstrip("#")


@lru_cache(16384)
def on_mastodon(tag: str) -> str:
    before = ""
    while tag != before:  # what a deletion brings together may be one letter
        before, tag = tag, nfkc(tag).translate(ON_MASTODON)
    return tag


def nfkc(text: str) -> str:
    """Normalise. Python puts many marks behind a letter in order slowly: that is done before."""
    if len(text) >= LONGEST_CACHED:
        text = text.translate(APART)
        if any(map(unicodedata.combining, text)):
            runs = groupby(text, key=lambda sign: unicodedata.combining(sign) > 0)
            text = "".join(
                "".join(sorted(run, key=unicodedata.combining) if are_marks else run)
                for are_marks, run in runs
            )
    return unicodedata.normalize("NFKC", text)


class Table(Dict[int, str]):  # noqa: UP006 - Python 3.8
    """What becomes of each character, found out when it is first met."""

    def __init__(self, become: Callable[[str], str]) -> None:
        super().__init__()
        self.become = become

    def __missing__(self, code: int) -> str:
        found = self[code] = self.become(chr(code))
        return found


APART = Table(lambda sign: unicodedata.normalize("NFKD", sign))
ON_MASTODON = Table(
    lambda sign: "".join(filter(is_part_on_mastodon, map(without_accent, sign.lower())))
)


def without_accent(letter: str) -> str:
    """Take off the accent of a Latin letter, as far as Mastodon does."""
    if not ("\xc0" <= letter <= "\u017e" or letter in "ſȘșȚț"):
        return letter
    parts = unicodedata.normalize("NFD", letter)
    return parts[0] if parts != letter else letter.translate(str.maketrans(LETTERS, PLAIN))


def is_part_on_mastodon(sign: str) -> bool:
    """Tell whether Mastodon keeps a sign of a hashtag: letters, digits, and a few more."""
    code, category = ord(sign), unicodedata.category(sign)
    return (
        category[0] == "L"
        or category in ("Nd", "Nl")
        or sign in "_·・\u200c"
        or 0xE47 <= code <= 0xE4E
        or (category in ("Mn", "Mc") and is_in(code, MARKS))
        or any(first <= code < first + 26 for first in (0x1F130, 0x1F150, 0x1F170))  # 🅐
        or is_in(code, NEW_LETTERS)
    )


# --- 3. What was given out -----------------------------------------------------------------------


def result(chain: Chain, contest: Contest, count: Count, shares: list[float]) -> dict[str, object]:
    """Return what result.json should say, value by value."""
    sources = [(name, chain.sources[name]) for name in chain.introduced]
    gaps = {
        name: [gap for gap in source.gaps if gap[3] or not source.is_swept]
        for name, source in sources
    }
    winners, decision = count.decision()
    names = dict.fromkeys(contest.exclude)
    named = zip(contest.tags, contest.labels, contest.aliases, contest.words)
    labels, aliases, words = {}, {}, {}
    for tag, label, others, said in named:
        words.update({tag: said} if said else {})
        labels.update({tag: label} if label else {})
        aliases.update({tag: others} if others else {})
    return {
        "format": "twittervotes-result/1",
        "contest": {
            "title": contest.title,
            "choices": contest.tags,
            "opens": iso(contest.opens_ms),
            "closes": None if contest.closes_ms is None else iso(contest.closes_ms),
            "rules": {**contest.told_rules, "exclude": [*names] if chain.salt else sorted(names)},
            "rehearsal": contest.is_rehearsal,
            "labels": labels,
            "aliases": aliases,
            "seed": contest.seed,
            **({"words": words} if words else {}),
        },
        "state": contest.state(chain.at_ms),
        "tally": [
            {"choice": tag, "votes": votes, "percent": share, "by_hand": contest.by_hand[tag]}
            for tag, votes, share in zip(contest.tags, count.votes, shares)
        ],
        "total": sum(count.votes),
        "leader": [contest.tags[number] for number in count.leaders()],
        "winner": [contest.tags[number] for number in winners],
        "decision": decision,
        "lead": count.lead(any(gaps.values())),
        "adjustments": contest.adjustments,
        "verdicts": {**count.verdicts},
        "sources": [
            {
                "name": name,
                "completeness": completeness(source, gaps[name]),
                "gaps": [
                    {"from": iso(begins), "to": iso(ends), "reason": reason}
                    for begins, ends, reason, _ in gaps[name]
                ],
                "requests": source.requests,
                "failed": source.failed,
                **({} if chain.is_old else {"unread": len(source.bad)}),
            }
            for name, source in sources
        ],
        "digest": (chain.until or chain.digest.hex()),
        "at": iso(chain.at_ms),
    }


def completeness(source: Source, gaps: list[tuple[int, int, str, bool]]) -> str:
    if gaps:
        return f"gap {iso(min(gap[0] for gap in gaps))}–{iso(max(gap[1] for gap in gaps))}"
    return "exact" if source.complete and not source.bad else "at least"


def compare(told: object, right: object, place: str = "") -> Iterator[str]:
    """Compare JSON values to the last leaf; return the places that nothing is known of."""
    if isinstance(told, dict) and isinstance(right, dict):
        for name in right:
            if name not in told:
                raise Differs(f"result.json does not say {place}{name}.")
            yield from compare(told[name], right[name], f"{place}{name}.")
        yield from (f"{place}{brief(name)}" for name in told if name not in right)
    elif isinstance(told, list) and isinstance(right, list) and len(told) == len(right):
        for number, (each, other) in enumerate(zip(told, right)):
            yield from compare(each, other, f"{place[:-1]}[{number}].")
    elif re.fullmatch(r"gap [\d:]{8}–[\d:]{8}", str(told)) and str(right).startswith("gap "):
        yield place[:-1]  # older packs: the time of day, and nobody knows in which zone
    elif type(told) is not type(right) or told != right:
        kind = Miscounted if re.match(r"\w+", place)[0] in COUNTED else Differs  # type: ignore[index]
        raise kind(f"result.json: {place[:-1]} is {brief(told)}, counted: {brief(right)}.")


GUARD = re.compile("(?:\\A|(?<=[,;|\t\r\n\"]))'")
FORMULA = re.compile("(?:\\A|(?<=[,;|\t\r\n\"]))(?=[-=+@\t\r\n'＝＋－＠])")
COLUMNS = ["network", "key", "time", "choice", "verdict", "reason", "account"]
COUNTED = {"tally", "total", "leader", "winner", "decision", "lead", "verdicts", *COLUMNS[3:6]}


def compare_votes(lines: Iterable[str], chain: Chain, count: Count) -> None:
    """Compare every cell of votes.csv with the verdict on its post."""
    here = "WHERE network = ? AND key = ?"
    columns = [*COLUMNS, "voter"] if chain.salt else COLUMNS
    for number, text in enumerate(lines):
        cells = next(csv.reader([text], strict=True))
        if len(cells) != len(columns) or (number == 0 and cells != columns):
            raise Differs(f"votes.csv, row {number}: it has not the columns {' '.join(columns)}.")
        if number == 0:
            continue
        key = [GUARD.sub("", each) for each in cells[:2]]
        found = count.store.execute(f"SELECT * FROM verdicts {here}", key).fetchone()  # noqa: S608 - our words
        if found is None or found[7]:
            which = "is not in the chain" if found is None else "was in a row before"
            raise Differs(f"votes.csv, row {number}: the post {brief(key[1])} {which}.")
        right = [cell(value) for value in found[:7]]
        if chain.salt:
            voter = GUARD.sub("", cells[7])
            is_right = seal(chain.salt, f"{key[0]}:{voter}") == found[6]
            right.append(cell(voter) if is_right else "another account")
        for name, told, value in zip(columns, cells, right):
            if told != value:
                words = f"{name} is {brief(told)}, counted: {brief(value)}"
                kind = Miscounted if name in COUNTED else Differs
                raise kind(f"votes.csv, row {number}, post {brief(key[1])}: {words}.")
        count.store.execute(f"UPDATE verdicts SET told = 1 {here}", key)  # noqa: S608 - our words
    (missing,) = count.store.execute("SELECT count(*) FROM verdicts WHERE NOT told").fetchone()
    if missing:
        raise Differs(f"votes.csv leaves out {missing} posts.")


def cell(text: str) -> str:
    """Return a text as votes.csv has it: an apostrophe guards what could begin a formula."""
    return FORMULA.sub("'", text)


def iso(at_ms: int) -> str:
    try:
        at = datetime(1970, 1, 1) + timedelta(milliseconds=at_ms)
    except OverflowError:
        return f"{at_ms} ms"
    return at.isoformat(timespec="milliseconds" if at_ms % 1000 else "seconds") + "Z"


def moment(at_ms: int | None) -> str:
    if at_ms is None:
        return "an unknown time"
    told = iso(at_ms)
    return told if "T" not in told else f"{told[:10]} {told[11:19]} UTC"


def span(seconds: int) -> str:
    spans = ((86400, "day"), (3600, "hour"), (60, "minute"), (1, "second"))
    size, unit = next((size, unit) for size, unit in spans if seconds % size == 0)
    return plural(seconds // size, unit).replace(",", "")


def plural(number: int, thing: str) -> str:
    return f"{number:,} {thing}{'s' * (number != 1)}"


def listed(names: list[str]) -> str:
    """Write names as in a sentence: A, B and C."""
    *most, last = names
    return f"{', '.join(most)} and {last}" if most else last


# --- Reading what strangers wrote, and telling how it went ---------------------------------------


def parsed(text: str) -> dict[str, object]:
    """Read a JSON object in which no name stands twice: of two, programs may choose either."""
    if text.count("[") + text.count("{") > MOST_PARTS:  # "[]," takes Python twenty times as much
        raise CannotRead("It holds JSON of more parts than can be believed.")
    found = json.loads(
        text, parse_int=whole_number, parse_constant=whole_number, object_pairs_hook=once
    )
    if not isinstance(found, dict):
        raise CannotRead("It holds JSON that is no object.")
    return found


def once(pairs: list[tuple[str, object]]) -> dict[str, object]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise CannotRead("It holds JSON in which a name stands twice.")
    return found


def whole_number(digits: str) -> int:
    if len(digits) > 20:  # one of a million digits would keep Python busy for hours
        raise CannotRead("It holds a number that is too long.")
    return int(digits)


def get(value: object, name: str, kind: type[T], usual: T | None = None) -> T:
    """Return a field of a JSON object, if it is of the right kind."""
    found = value.get(name, usual) if isinstance(value, dict) else None
    if not isinstance(found, kind) or type(found) is not kind:
        raise CannotRead(f"The value of {name!r} is missing, or of the wrong kind.")
    return found


def texts(value: object, name: str) -> list[str]:
    """Return a field of a JSON object that is a list of texts, none unless it is there."""
    found = get(value, name, list, [])
    if not all(isinstance(each, str) for each in found):
        raise CannotRead(f"The value of {name!r} holds what is no text.")
    return found


def time(value: object, name: str) -> int | None:
    """Return a time that may not be set."""
    is_set = isinstance(value, dict) and value.get(name) is not None
    return get(value, name, int) if is_set else None


def brief(value: object) -> str:
    return str(value)[:300]


def check(path: Path, published: str, told: str, unproved: list[str]) -> Iterator[str]:
    """Check a ledger or a pack; say what is found, and add to `unproved` what remains open.

    `told` is the text of a result.json to compare a ledger with, if any.
    """
    with path.open("rb") as file:
        is_ledger = file.read(16) == b"SQLite format 3\0"
    given = parsed(told) if told else {}
    with contextlib.ExitStack() as opened:
        if is_ledger:
            chain = Chain(published, get(given, "digest", str) if told else "")
            opened.callback(chain.store.close)
            read_ledger(path, chain)
        elif told:
            raise CannotRead("--result is for a ledger; a pack has a result.json of its own.")
        else:
            pack = opened.enter_context(zipfile.ZipFile(path))
            check_members(pack, path.stat().st_size)
            chain = Chain(published, is_old=SUMS not in pack.namelist())
            opened.callback(chain.store.close)
            for text in lines_of(pack, "chain.jsonl"):
                chain.add(*pack_entry(parsed(text)))
            given = parsed("".join(lines_of(pack, "result.json", whole=True)))
        contest = chain.end()
        yield f"{chain.entries:,} entries and {chain.posts:,} posts: every digest fits."
        count = Count(chain, contest, keep=not is_ledger)
        if count.in_doubt:
            unproved.append(count.doubt())
        try:
            shares = shares_of(given, count.votes)
            expected = result(chain, contest, count, shares)
            unknown = [*compare(given, expected)] if told or not is_ledger else []
            if not is_ledger:
                compare_votes(lines_of(pack, "votes.csv"), chain, count)
        except Miscounted as error:
            if count.in_doubt:
                raise CannotTell(f"{error} {count.doubt()}") from error
            raise
        if unknown:
            unproved.append(f"result.json: what it says of {brief(', '.join(unknown))}.")
        if not is_ledger:
            yield "result.json and every row of votes.csv say what was counted anew:"
        elif told:
            yield f"The result of entries 1 to {chain.until_at} is what was counted anew:"
        if shares != percentages(count.votes):
            yield "  (Its percentages are an earlier version's: equal votes may differ by 0.1.)"
        for number, tag in enumerate(contest.tags):
            hands = contest.by_hand[tag]
            yield f"  #{brief(tag)}  {count.votes[number]:,}" + (
                f" ({hands:+,} by hand)" if hands else ""
            )
        if chain.on_trust:
            unproved.append(
                f"what is shown of entries {brief(', '.join(chain.on_trust))}: they name accounts,"
                " so only a part of each is in the pack. Whoever has the ledger can check it."
            )
        if not is_ledger:
            others = sorted({*pack.namelist()} - {*COUNTED_ANEW, SUMS})
            names = brief(", ".join(others))
            if chain.is_old:
                unproved.append(f"{names}: the pack is an older one, without {SUMS}.")
            else:
                compare_files(pack)
                yield f"As {SUMS} says, but not checked otherwise: {names}. Whoever changes these"
                yield f"files can write {SUMS} anew."
    yield f"Digest: {chain.digest.hex()}"


def main(arguments: list[str]) -> int:
    parser = argparse.ArgumentParser(
        description="Check the result of a hashtag vote.",
        epilog=CODES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("file", type=Path, help="pack.zip, or a ledger")
    parser.add_argument("--digest", default="", help="the published digest, 64 hex digits")
    parser.add_argument(
        "--result",
        metavar="FILE",
        help="compare a ledger with this result.json (-: standard input)",
    )
    asked = parser.parse_args(arguments)
    published = asked.digest.strip().lower()
    if asked.digest and not re.fullmatch("[0-9a-f]{64}", published):
        parser.error("a digest has 64 characters, each 0 to 9 or a to f")
    unproved: list[str] = []
    try:
        told = read_result(asked.result) if asked.result else ""
        for words in check(asked.file, published, told, unproved):
            say(words)
        for words in unproved:
            say(f"NOT PROVED: {words}")
        but = ", but for what is not proved" if unproved else ""
        if published:
            say("It is the published one.")
            say(f"CONFIRMED{but}")
        else:
            say(f"CONSISTENT IN ITSELF{but}. Compare the digest with the published one: without")
            say("that, all of this could have been written anew.")
        return 3 if unproved else 0
    except Differs as error:
        say(f"NOT CONFIRMED: {error}")
        return 1
    except CannotTell as error:
        say(f"CANNOT TELL: {error}")
        return 3
    except CannotRead as error:
        say(f"CANNOT BE READ: {error}")
    except IsADirectoryError:
        say("CANNOT BE READ: it is a folder. Give pack.zip as it came, not what was unpacked.")
    except OSError as error:
        say(f"CANNOT BE READ: {asked.file}: {error.strerror or error}.")
    except sqlite3.Error as error:
        say(f"CANNOT BE READ: SQLite cannot read it: {error}.")
    except Exception:
        say("CANNOT BE READ: it is neither a ledger nor a pack, or a damaged one.")
    return 2


def read_result(name: str) -> str:
    with open(0 if name == "-" else name, "rb", closefd=name != "-") as file:
        data = file.read(LONGEST)
    if len(data) == LONGEST:
        raise CannotRead(f"{name} is too long.")
    return data.decode("utf-8")


def say(words: str) -> None:
    """Print a line; what strangers wrote must not steer the terminal."""
    encoding = sys.stdout.encoding or "ascii"
    plain = "".join(sign if sign.isprintable() else "?" for sign in words[:1000])
    sys.stdout.write(plain.encode(encoding, "replace").decode(encoding) + "\n")


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
