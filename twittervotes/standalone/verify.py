"""Check the result of a hashtag vote: nothing in its record was changed, and the numbers add up.

    python verify.py pack.zip --digest HEX        the results pack
    python verify.py vote.votes --digest HEX      the ledger itself, for those who may see it

HEX is the digest that the organiser published when the vote ended. Without it you learn only that
the file is consistent in itself: whoever rewrote all of it could have made it so.

This one file needs Python 3.8 or newer and nothing else. It shares no line with the program that
counted: it was written from docs/proof.md and docs/rules.md, so the two agree for two reasons. It
changes nothing and takes about 60 bytes of memory a post, and some more while it counts.

It goes in three steps: (1) prove the chain: compute every digest again; (2) count: apply the rules
to the posts; (3) compare every value of result.json and every row of votes.csv with that count.
"""

from __future__ import annotations

import argparse
import contextlib
import csv
import hashlib
import io
import json
import os
import re
import runpy
import sqlite3
import stat
import sys
import unicodedata
import zipfile
from array import array
from bisect import bisect_right
from collections import Counter
from datetime import datetime, timedelta
from functools import lru_cache, partial
from itertools import compress, groupby
from pathlib import Path
from typing import Callable, Dict, Iterable, Iterator, NamedTuple, TypeVar  # noqa: UP035 - Python 3.8

T = TypeVar("T")

CODES = """exit codes:
  0  everything fits
  1  something differs; the first difference is named
  2  the file cannot be read
  3  what could be checked fits, but something could not be: it is named"""

LONGEST = 16 * 1024 * 1024  # bytes of one line
LONGEST_COLUMN = 64 * 1024 * 1024  # bytes
LONGEST_VALUE = 10_000  # characters of one value of a post
MOST = (100, 16 * 1024 * 1024, 50)  # members; bytes unpacked; more only up to so many times packed
MOST_PARTS = 200_000  # lists and objects in one line
MOST_POSTS = 1 << 16  # of one entry
AT_ONCE = 20_000  # posts: the lists made of so many stay in the processor's cache
SHARE = 1_000_000  # posts that are held as single objects at a time
TEXT_KEY = 1 << 63
UNCLEAN = re.compile(
    "[\0-\x08\x0b-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff]"
)  # in no value of a post
TIMES_MS = (-62_104_060_800_000, 253_370_764_800_000)  # years 2 to 9998
COUNTED_ANEW = ("chain.jsonl", "posts.bin", "result.json", "votes.csv")
SUMS = "SHA256SUMS"


class Differs(Exception):  # noqa: N818 - no error of this program
    """Something was changed or does not add up: exit code 1."""


class Miscounted(Differs):
    """The count of the posts gave something else."""


class CannotRead(Exception):  # noqa: N818
    """This is neither a ledger nor a pack, or a damaged one: exit code 2."""


class OlderFormat(Exception):  # noqa: N818
    """It is of format 1: an earlier version of the program wrote it."""


class Newer(CannotRead):
    """What cannot be counted without a later version of this program."""


class CannotTell(Exception):  # noqa: N818
    """Another version of Python may read it differently: exit code 3."""


# --- 1. The chain ------------------------------------------------------------------------------
#
#     digest(n) = SHA-256(digest(n-1) + SHA-256(line of entry n) + private sum + SHA-256(its posts))
#
# The line has the values of the entry, separated by tabs and ended by a newline. The private sum is
# the SHA-256 of the part of the entry that names accounts, or 32 zero bytes where there is none. A
# pack without accounts shows that sum and not the part: all else that it shows is still proved. The
# posts are columns of bytes with a line of their lengths before. In place of accounts they have
# seals: BLAKE2b of "network:account", with the ledger's salt as key.


class Entry(NamedTuple):
    n: int
    kind: str
    source: str
    at_ms: int
    body: str  # JSON
    private: str | None  # JSON, "" if there is none; None if it is not shown
    private_sum: bytes
    digest: bytes


class Page(NamedTuple):
    """The posts of one entry: their columns, as docs/proof.md describes them."""

    head: bytes
    size: int
    tag_sets: bytes
    tag_set_index: bytes
    keys: bytes
    key_texts: bytes
    seals: bytes
    times: bytes
    births: bytes
    revisions: bytes
    voters: bytes | None  # in a ledger: each account, ended by a newline


def sha256(data: bytes) -> bytes:
    return hashlib.sha256(data).digest()


def page_of(head: bytes, columns: list[bytes], voters: bytes | None = None) -> Page:
    return Page._make([head, int(head.split()[0]), *columns, voters])


NO_POSTS = sha256(b"0 0 0 0 0 0 0 0 0\n")


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

    def __init__(self, published: str = "", until: str = "") -> None:
        self.published, self.until = published, until
        self.published_at = self.until_at = 0  # the entries that have these digests
        self.digest = bytes(32)
        self.entries = self.posts = self.at_ms = 0
        self.salt = b""
        self.contest: Contest | None = None
        self.sources: dict[str, Source] = {}
        self.introduced: list[str] = []
        self.again: Counter[int] = Counter()  # entry -> how many of its posts were known before

    def add(self, entry: Entry, page: Page | None) -> None:
        n, size = entry.n, page.size if page else 0
        if n != self.entries + 1:
            raise Differs(f"Entry {self.entries + 1} is missing: entry {n} is in its place.")
        values = (n, entry.kind, entry.source, entry.at_ms, entry.body)
        line = ("\t".join(map(str, values)) + "\n").encode("utf-8", "surrogateescape")
        posts = sha256(b"".join((page.head, *page[2:10]))) if page else NO_POSTS
        if sha256(self.digest + sha256(line) + entry.private_sum + posts) != entry.digest:
            which = (
                f", or one of its posts {self.posts + 1} to {self.posts + size}," if size else ""
            )
            raise Differs(f"Entry {n}{which} was changed or moved: its digest does not fit.")
        # What follows is found only where somebody computed all digests again.
        name, texts = entry.kind + entry.source, f"{entry.body}{entry.private}"
        if UNCLEAN.search(name) or re.search("[\t\n\ud800-\udfff]", name + texts):
            raise Differs(f"Entry {n} has characters that no ledger has.")
        if page:
            check_lengths(n, page)
        self.entries, self.posts, self.digest = n, self.posts + size, entry.digest
        if entry.digest.hex() == self.published:
            self.published_at = n
        if self.until_at:
            return
        if entry.digest.hex() == self.until:
            self.until_at = n
        try:
            hidden = None if entry.private is None else parsed(entry.private or "{}")
            self.understand(entry, parsed(entry.body), hidden, size)
        except Newer:
            raise
        except (CannotRead, ValueError) as error:
            raise Differs(f"Entry {n} does not say what a ledger says there. {error}") from error

    def understand(
        self, entry: Entry, body: dict[str, object], hidden: dict[str, object] | None, posts: int
    ) -> None:
        n, kind, self.at_ms = entry.n, entry.kind, entry.at_ms
        if (kind == "contest") != (n == 1) or (kind == "salt") != (n == 2):
            raise Differs(f"Entry {n} is of the kind {kind!r}, which does not belong there.")
        check_private(n, kind, body, hidden)
        source = self.sources.setdefault(entry.source, Source())
        if kind == "contest":
            self.contest = Contest(get(body, "contest", dict), hidden)
        elif kind == "act" and self.contest:
            self.contest.apply(body, hidden)
        elif kind == "salt" and hidden is not None:
            self.salt = bytes.fromhex(get(hidden, "salt", str))
            if not 0 < len(self.salt) <= 64:
                raise Differs(f"Entry {n} should contain the salt.")
        elif kind == "source":
            if source.complete is None:
                self.introduced.append(entry.source)
            source.complete = get(body, "complete", bool)
        elif kind == "gap":
            span = get(body, "from_ms", int), get(body, "to_ms", int)
            gap = (*span, get(body, "reason", str), bool(body.get("sweep")))
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
            raise Differs(f"Entry {n} says that it brought {new} posts, but has {posts}.")
        if kind == "page":
            feed = get(body, "feed", str, "")
            source.bad.update((feed, str(words)) for words in get(body, "bad", list, []))
            self.again[n] = get(body, "again", int)

    def end(self) -> Contest:
        if self.entries < 2 or self.contest is None:
            raise CannotRead("It does not say what the vote is.")
        if 0 < self.published_at < self.entries:
            words = f"stands for entries 1 to {self.published_at}; there are {self.entries}"
            raise Differs(f"The published digest {words}: the others were added after it.")
        if self.published and not self.published_at:
            raise Differs(
                "All entries fit each other, but not the published digest:"
                " this record was cut short, rewritten, or is another one."
            )
        if self.until and not self.until_at:
            raise Differs("result.json: no entry has its digest.")
        return self.contest


def check_private(
    n: int, kind: str, body: dict[str, object], hidden: dict[str, object] | None
) -> None:
    """Refuse a private part where no account is named, and names outside of one."""
    does = get(body, "does", str) if kind == "act" else kind
    seals: list[object] = []
    if does in ("contest", "ruled"):
        whole = get(body, "contest", dict) if does == "contest" else body
        seals = get(get(whole, "rules", dict, {}), "exclude", list, [])
    elif does == "excluded":
        seals = get(body, "exclude", list)
    has_private = hidden is None or bool(hidden)
    if does == "salt" and not has_private:
        raise Differs(f"Entry {n} should contain the salt.")
    if has_private and not seals and does not in ("salt", "page"):
        raise Differs(f"Entry {n} hides something, though it names no account.")
    if seals and not has_private:
        raise Differs(f"Entry {n} excludes accounts that it does not name.")
    if not all(isinstance(seal, str) and re.fullmatch("[0-9a-f]{32}", seal) for seal in seals):
        raise Differs(f"Entry {n} shows accounts without their seals.")
    if hidden and not {*hidden} <= {"salt", "aside", "voter", "exclude", "nonce"}:
        raise Differs(f"Entry {n} hides more than accounts.")


def check_lengths(n: int, page: Page) -> None:
    """Check that every column has a value for every post: all that follows relies on it."""
    size, keys = page.size, page.keys
    widths = ((page.tag_set_index, 2), (keys, 8), (page.seals, 16), (page.times, 8))
    texts = sum(byte >> 7 for byte in keys[7::8])
    places = array_of("H", page.tag_set_index) if len(page.tag_set_index) % 2 == 0 else [0]
    if (
        not 0 < size <= MOST_POSTS
        or any(len(column) != size * width for column, width in widths)
        or any(len(column) not in (0, 8 * size) for column in (page.births, page.revisions))
        or page.tag_sets[-1:] != b"\n"
        or max(places) >= page.tag_sets.count(b"\n")
        or not is_list(page.key_texts, texts)
        or (page.voters is not None and not is_list(page.voters, size))
    ):
        raise Differs(f"The posts of entry {n} have a column that is too long or too short.")


def is_list(column: bytes, texts: int) -> bool:
    """Tell whether a column has so many texts, each ended by a newline."""
    return column.count(b"\n") == texts and column[-1:] in (b"", b"\n")


def array_of(kind: str, column: bytes) -> array[int]:
    """Return the numbers of a column, which are little-endian."""
    numbers = array(kind, column)
    if sys.byteorder == "big":
        numbers.byteswap()
    return numbers


# --- The chain in a ledger: an SQLite file ---

LAYOUT = {
    "entries": "CREATE TABLE entries ( n INTEGER PRIMARY KEY, kind TEXT NOT NULL, source TEXT NOT"
    " NULL, at_ms INTEGER NOT NULL, body TEXT NOT NULL, private TEXT NOT NULL, digest BLOB NOT NULL"
    " ) STRICT",
    "pages": "CREATE TABLE pages ( n INTEGER PRIMARY KEY, first INTEGER NOT NULL, size INTEGER NOT"
    " NULL, tag_sets BLOB NOT NULL, tag_set_index BLOB NOT NULL, keys BLOB NOT NULL, key_texts BLOB"
    " NOT NULL, seals BLOB NOT NULL, times BLOB NOT NULL, births BLOB NOT NULL, revisions BLOB NOT"
    " NULL, voters BLOB NOT NULL, voters_are_text INTEGER NOT NULL, marks BLOB NOT NULL ) STRICT",
}
ENTRY_TYPES = (int, str, str, int, str, str, bytes)
PAGE_TYPES = (int, int, int, *[bytes] * 9, int, bytes)
OPTIONS = {"application_id": 0x54565645, "user_version": 2}


class Ledger:
    """The chain in an SQLite file."""

    def __init__(self, path: Path, opened: contextlib.ExitStack) -> None:
        path = path.resolve()  # SQLite looks beside the file that a link leads to
        check_beside(path)
        # While a vote goes on, its newest rows are in a second file. Without that, SQLite is told
        # that nothing changes: then it makes no files of its own beside what may be evidence.
        mode = "mode=ro" if Path(f"{path}-wal").exists() else "mode=ro&immutable=1"
        db = sqlite3.connect(f"{path.as_uri()}?{mode}", uri=True)
        self.db = opened.enter_context(contextlib.closing(db))
        db.text_factory = lambda data: data.decode("utf-8", "surrogateescape")
        db.execute("PRAGMA trusted_schema = OFF")
        if sys.version_info >= (3, 12):
            db.setconfig(sqlite3.SQLITE_DBCONFIG_DEFENSIVE, True)
            db.setconfig(sqlite3.SQLITE_DBCONFIG_ENABLE_TRIGGER, False)
            db.setconfig(sqlite3.SQLITE_DBCONFIG_ENABLE_VIEW, False)
        db.set_progress_handler(lambda: 0, 1_000_000)  # where Ctrl-C ends a query
        db.execute("BEGIN")  # one picture, whatever is written meanwhile
        if db.execute("PRAGMA user_version").fetchone()[0] < OPTIONS["user_version"]:
            raise OlderFormat
        missing = {**LAYOUT}
        for kind, name, sql in db.execute("SELECT type, name, sql FROM sqlite_master"):
            plain = " ".join(re.sub("--[^\n]*", "", sql or "").split())
            if kind != "table" or missing.pop(name, None) != plain:
                raise Differs(f"The {brief(kind)} {brief(name)!r} was changed or added.")
        if missing:
            raise Differs(f"The table {next(iter(missing))!r} is missing.")
        for name, right in OPTIONS.items():
            if db.execute(f"PRAGMA {name}").fetchone()[0] != right:
                raise Differs(f"The file does not say that it is a ledger: {name} was changed.")

    def walk(self) -> Iterator[tuple[Entry, Page | None]]:
        query = "SELECT * FROM entries LEFT JOIN pages ON pages.n = entries.n ORDER BY entries.n"
        first, pages = 1, 0
        for row in self.db.execute(query):
            values, found = row[:7], row[7:]
            if tuple(map(type, values)) != ENTRY_TYPES:
                raise Differs(f"Entry {row[0]} was changed: a value in it is of another type.")
            *public, private, digest = values
            data = private.encode("utf-8", "surrogateescape")
            hidden = sha256(data) if data else bytes(32)
            entry = Entry._make([*public, private, hidden, digest])
            if found[0] is None:
                yield entry, None
                continue
            if tuple(map(type, found)) != PAGE_TYPES or found[12] not in (0, 1):
                raise Differs(
                    f"The posts of entry {row[0]} were changed: a value is of another type."
                )
            if found[1] != first:
                raise Differs(
                    f"Post {first} is missing: entry {row[0]} begins with post {found[1]}."
                )
            columns, voters = [*found[3:11]], found[11]
            head = " ".join(map(str, (found[2], *map(len, columns)))).encode() + b"\n"
            if not found[12]:
                whole = voters if len(voters) % 8 == 0 else b""
                voters = b"".join(b"%d\n" % number for number in array_of("Q", whole))
            first, pages = first + found[2], pages + 1
            yield entry, page_of(head, columns, voters)
        if self.db.execute("SELECT count(*) FROM pages").fetchone() != (pages,):
            raise Differs("There are posts that belong to no entry.")
        (told,) = self.db.execute("PRAGMA integrity_check(1)").fetchone()
        if told != "ok":
            raise Differs(f"The file is damaged: {told}.")

    def voter(self, post: int) -> bytes:
        """Return the account of a post, as its network names it."""
        query = "SELECT first, voters, voters_are_text FROM pages WHERE first <= ? ORDER BY n DESC"
        first, voters, are_text = self.db.execute(query, (post,)).fetchone()
        if are_text:
            return bytes(voters.split(b"\n")[post - first])
        return b"%d" % array_of("Q", voters)[post - first]


def check_beside(path: Path) -> None:
    """Refuse files beside a ledger that SQLite would act on: no ledger has such files."""
    if os.path.lexists(f"{path}-journal"):
        raise CannotRead(f"{path}-journal lies beside it, and could do harm. Move it away first.")
    for notes in (f"{path}-wal", f"{path}-shm"):
        found = os.lstat(notes) if os.path.lexists(notes) else None
        if found and (not stat.S_ISREG(found.st_mode) or found.st_nlink > 1):
            raise CannotRead(f"{notes} is a link or not a regular file, and could do harm.")


# --- The chain in a pack: a ZIP file, with the entries as JSON and their posts as bytes ---


class Pack:
    """The chain in a pack, and the other members."""

    def __init__(self, path: Path, opened: contextlib.ExitStack) -> None:
        self.zip = opened.enter_context(zipfile.ZipFile(path))
        check_members(self.zip, path.stat().st_size)

    def walk(self) -> Iterator[tuple[Entry, Page | None]]:
        with self.open("posts.bin") as posts:
            for text in self.lines("chain.jsonl"):
                entry, size = pack_entry(parsed(text))
                yield entry, pack_page(entry.n, size, posts) if size else None
            if posts.read(1):
                raise Differs("posts.bin goes on after the posts of the last entry.")

    def open(self, name: str) -> io.BufferedReader:
        return io.BufferedReader(self.zip.open(name), 1 << 20)  # type: ignore[arg-type]

    def lines(self, name: str) -> Iterator[str]:
        """Read a member line by line: whatever it unpacks to, one line is all that is held."""
        with io.TextIOWrapper(self.open(name), "utf-8", newline="\n") as member:
            for text in iter(partial(member.readline, LONGEST), ""):
                if len(text) == LONGEST:
                    raise CannotRead(f"A line of {name} is too long.")
                yield text

    def whole(self, name: str) -> str:
        with self.open(name) as member:
            data = member.read(LONGEST)
        if len(data) == LONGEST:
            raise CannotRead(f"{name} is too long.")
        return data.decode("utf-8")

    def voter(self, post: int) -> bytes:
        raise CannotRead(f"Two accounts claim post {post}: without their names, neither is first.")


def check_members(pack: zipfile.ZipFile, packed: int) -> None:
    """Refuse a file that is no pack, or that could unpack to more than it is worth."""
    members = pack.infolist()
    number, size, times = MOST
    if len(members) > number or sum(m.file_size for m in members) > max(size, times * packed):
        raise CannotRead("It unpacks to more than can be believed.")
    names = Counter(member.filename.lower() for member in members)  # one file on some computers
    if names["chain.jsonl"] and not names["posts.bin"]:
        raise OlderFormat
    for member in members:
        name = member.orig_filename
        if re.search(r"[\0-\x1f/\\:]|^\.+$", name):
            raise CannotRead(f"It contains {name[:80]!r}, a name with a path.")
        if member.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
            raise CannotRead(f"{brief(name)} is compressed in a way that packs are not.")
    for name in (*COUNTED_ANEW, SUMS, *names):
        if names[name.lower()] != 1:
            raise CannotRead(f"A pack has one {brief(name)}, and this has {names[name.lower()]}.")


def pack_entry(row: dict[str, object]) -> tuple[Entry, int]:
    """Read a line of chain.jsonl: the entry, and how many posts it has in posts.bin."""
    n, kind, source = get(row, "n", int), get(row, "kind", str), get(row, "source", str)
    if {*row} - {"private", "private_sha256"} != {*FIELDS} or len(row) > len(FIELDS) + 1:
        raise Differs(f"Entry {n} in chain.jsonl has other values than a pack gives.")
    private: str | None = get(row, "private", str, "")
    private_sum = sha256(private.encode()) if private else bytes(32)
    if "private_sha256" in row:
        private, private_sum = None, bytes.fromhex(get(row, "private_sha256", str))
    at_ms, body, digest = get(row, "at_ms", int), get(row, "body", str), get(row, "digest", str)
    entry = Entry(n, kind, source, at_ms, body, private, private_sum, bytes.fromhex(digest))
    return entry, get(row, "posts", int)


FIELDS = ("n", "kind", "source", "at_ms", "body", "posts", "digest")


def pack_page(n: int, size: int, posts: io.BufferedReader) -> Page:
    """Read the posts of an entry, exactly as they are hashed: a line of lengths, then columns."""
    head = posts.readline(200)
    if not re.fullmatch(rb"(\d{1,9} ){8}\d{1,9}\n", head):
        raise Differs(f"The posts of entry {n} are missing, or do not begin with their lengths.")
    told, *lengths = map(int, head.split())
    if told != size or max(lengths) > LONGEST_COLUMN:
        raise Differs(f"Entry {n} has {size} posts in chain.jsonl, and {told} in posts.bin.")
    return page_of(head, [posts.read(length) for length in lengths])


def compare_files(pack: Pack) -> None:
    """Compare every member with the list of sums."""
    told: dict[str, str] = {}
    for text in pack.lines(SUMS):
        found = re.fullmatch("([0-9a-f]{64})  ([^\n]+)\n", text)
        if not found or found[2] in told:
            raise Differs(f"{SUMS} has a line that does not belong there: {brief(text)!r}.")
        told[found[2]] = found[1]
    names = [name for name in pack.zip.namelist() if name != SUMS]
    for name in sorted({*told, *names}):
        if name not in told or name not in names:
            here = "is not in the pack" if name in told else "was added to the pack"
            raise Differs(f"{brief(name)} {here}, according to {SUMS}.")
        with pack.open(name) as member:
            summing = hashlib.sha256()
            for data in iter(partial(member.read, 1 << 20), b""):
                summing.update(data)
        if summing.hexdigest() != told[name]:
            raise Differs(f"{brief(name)} was changed: its SHA-256 is not the one in {SUMS}.")


# --- 2. The count, by the rules of docs/rules.md -------------------------------------------------

RULES: dict[str, object] = {  # the values that a rule may have, the default first; or the default
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
UNCOUNTED = ("late", "paused", "spoilt", "incomplete", "young")
BY_TAGS = ("no choice", "incomplete", "spoilt", "young", "repeat", "counted")


class Contest:
    """The contest as it stands: as it was laid down, then changed by each act."""

    def __init__(self, laid_down: object, hidden: object) -> None:
        self.title = get(laid_down, "title", str)
        choices = get(laid_down, "choices", list)
        self.tags = [get(choice, "tag", str) for choice in choices]
        self.labels = [get(choice, "label", str, "") for choice in choices]
        self.aliases = [texts(choice, "aliases") for choice in choices]
        self.words = [texts(choice, "words") for choice in choices]
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
        self.rule(get(laid_down, "rules", dict, {}), hidden)

    def rule(self, rules: object, hidden: object) -> None:
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
                    raise CannotRead(f"The rule {name!r} has an unknown value.")
                usual = usual[0]  # noqa: PLW2901
            else:
                is_list = isinstance(usual, list)
                self.rules[name] = texts(rules, name) if is_list else get(rules, name, int, 0)
            if name in RULES or self.rules[name] != usual:
                self.told_rules[name] = self.rules[name]
        self.required = texts(rules, "required")
        self.seals = texts(rules, "exclude")  # of the excluded accounts
        self.names = texts(hidden, "exclude")  # the same accounts, where they are shown
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

    def apply(self, act: object, hidden: object) -> None:
        """Apply an act: votes are let in from the second it falls in, kept out from the next."""
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
        elif does == "unpaused":
            self.pauses = [each for each in self.pauses if each[0] != get(act, "pause_ms", int)]
        elif does in ("closed", "extended"):
            if until_ms is not None:
                end = max(until_ms + -until_ms % 1000, self.opens_ms + 1000)
                was = self.closes_ms
                self.closes_ms = min(end, was) if does == "closed" and was is not None else end
        elif does == "ruled":
            self.rule(get(act, "rules", dict), hidden)
        elif does == "excluded":
            self.seals += texts(act, "exclude")
            self.names += [get(hidden, "voter", str)] if hidden else []
        elif does == "drawn":
            self.seed = get(act, "seed", str)
        elif does == "adjusted":
            self.adjust(act)
        elif does not in ("settled", "certified"):
            raise Newer(f"It has the act {brief(does)}: use a newer verifier.")
        self.done.add(does)

    def is_paused(self) -> bool:
        return bool(self.pauses) and self.pauses[-1][1] is None

    def ends_ms(self) -> int | None:
        return None if self.closes_ms is None else self.closes_ms + self.grace_s * 1000

    def pause(self, at_ms: int) -> list[int | None] | None:
        """Return the first pause that a time falls in."""
        for pause in self.pauses:
            if pause[0] <= at_ms and (pause[1] is None or at_ms < pause[1]):
                return pause
        return None

    def state(self, now_ms: int) -> str:
        for act, state in (("certified", "certified"), ("settled", "provisional")):
            if act in self.done:
                return state
        if self.closes_ms is not None and now_ms >= self.closes_ms:
            return "closing"
        if now_ms < self.opens_ms:
            return "scheduled"
        return "paused" if self.is_paused() else "open"


class Opinion(NamedTuple):
    """What the rules say of posts with the same tags, in the same stretch of time."""

    network: str
    kind: str
    tags: str
    at_ms: int  # a time in that stretch
    verdict: str
    named: tuple[int, ...]  # the choices that the tags name
    choices: tuple[int, ...]  # those that a vote is counted for
    missing: tuple[str, ...]  # tags that a post must also carry
    doubt: str  # a character that another Python may read differently


class Count:
    """A verdict for every post, and the votes of every choice."""

    def __init__(self, chain: Chain, contest: Contest, source: Ledger | Pack) -> None:
        self.chain, self.contest, self.source = chain, contest, source
        # A value of each for every post, in the order of the chain.
        self.keys, self.codes = array("Q"), array("I")  # a code: which of the opinions
        self.times, self.births, self.revisions = array("q"), array("q"), array("q")
        self.seals = bytearray()
        self.texts: dict[int, str] = {}  # place of a post -> its key, if that is a text
        self.firsts: list[int] = []  # places of the first post of each page
        self.entries: list[int] = []  # and its entry
        self.opinions: list[Opinion] = []
        self.code_of: dict[object, int] = {}
        self.owners: dict[str, dict[str, list[int]]] = {}  # network -> folded tag -> choices
        self.out = {bytes.fromhex(each) for each in contest.seals}
        self.named = {seal(chain.salt, name) for name in contest.names}
        ends = [
            contest.opens_ms,
            contest.ends_ms(),
            *(end for each in contest.pauses for end in each),
        ]
        self.bounds = sorted({end for end in ends if end is not None})
        for entry, page in source.walk():
            if chain.until_at and entry.n > chain.until_at:
                break
            if page:
                self.add(entry.n, page)
        self.stands = bytearray(b"\1") * len(self.keys)
        self.keep_what_stands()
        self.earlier: dict[int, int] = {}  # place of a repeated vote -> that of the one that counts
        if contest.rules["per_account"] != "all":
            self.choose_ballots()
        self.votes, self.in_doubt = [0] * len(contest.tags), 0
        self.verdicts = Counter(dict.fromkeys(VERDICTS, 0))
        for code, number in Counter(compress(self.codes, self.stands)).items():
            opinion = self.opinions[code]
            self.verdicts[opinion.verdict] += number
            self.in_doubt += number if opinion.doubt and opinion.verdict in BY_TAGS else 0
            for choice in opinion.choices:
                self.votes[choice] += number
        for choice, tag in enumerate(contest.tags):
            self.votes[choice] = max(0, self.votes[choice] + contest.by_hand[tag])

    def add(self, n: int, page: Page) -> None:
        """Take in the posts of an entry."""
        start, age_ms = len(self.keys), self.contest.age_s * 1000
        sets, key_texts = lines_in(n, page.tag_sets), lines_in(n, page.key_texts)
        if any(each.count("\t") != 2 for each in sets) or "\t" in "".join(key_texts):
            raise Differs(f"The posts of entry {n} have tags or keys that cannot be read.")
        networks = [each.partition("\t")[0] for each in sets]
        index, keys = array_of("H", page.tag_set_index), array_of("Q", page.keys)
        times, births, revisions = (
            array_of("q", column or bytes(8 * page.size))
            for column in (page.times, page.births, page.revisions)
        )
        extremes = (min(times), min(births), max(times), max(births))
        if min(extremes) < TIMES_MS[0] or max(extremes) >= TIMES_MS[1] or min(revisions) < -1:
            raise Differs(f"The posts of entry {n} have times that no ledger has.")
        if key_texts:
            which = [place for place, key in enumerate(keys) if key >= TEXT_KEY]
            for place, text in zip(which, key_texts):
                if key_number(networks[index[place]], text) != keys[place]:
                    raise Differs(f"The key of post {start + place + 1} does not fit its hash.")
                self.texts[start + place] = text
        for network in {*networks} - {*self.owners}:
            self.named |= {seal(self.chain.salt, f"{network}:{a}") for a in self.contest.names}
            self.own(network)
        if page.voters is not None:
            voters = zip((networks[place] for place in index), lines_in(n, page.voters))
            check_seals(start, page.seals, voters, self.chain.salt)
        is_out, is_young = self.excluded(n, page.seals), [False] * page.size
        if age_ms and page.births:
            is_young = [born != 0 and at - born < age_ms for at, born in zip(times, births)]
        at = times[0]
        if any(is_out) or any(is_young) or len({*map(self.stretch, extremes[::2])}) > 1:
            values = zip(index, times, is_out, is_young)
            self.codes.extend(self.code(sets[i], at, out, young) for i, at, out, young in values)
        else:
            own = [self.code(each, at, False, False) for each in sets]
            self.codes.extend(map(own.__getitem__, index))
        self.firsts.append(start)
        self.entries.append(n)
        self.keys += keys
        self.seals += page.seals
        self.times += times
        self.births += births
        self.revisions += revisions

    def stretch(self, at_ms: int) -> int:
        """Return the number of the stretch that a time is in: inside one, all times are alike."""
        return bisect_right(self.bounds, at_ms)

    def excluded(self, n: int, seals: bytes) -> list[bool]:
        """Tell which posts are of excluded accounts; seals must fit the names, where there are."""
        size, wrong = len(seals) // 16, self.out ^ self.named if self.chain.salt else set()
        if not self.out and not wrong:
            return [False] * size
        each = [seals[at : at + 16] for at in range(0, 16 * size, 16)]
        if not wrong.isdisjoint(each):
            raise Differs(
                f"Entry {n} has posts of an account that is excluded by name or by seal only."
            )
        return [one in self.out for one in each]

    def own(self, network: str) -> None:
        """Note which choices a tag names on a network."""
        owners = self.owners.setdefault(network, {})
        for number, tag in enumerate(self.contest.tags):
            for name in (tag, *self.contest.aliases[number]):
                owners.setdefault(fold(name, network), []).append(number)
            for word in self.contest.words[number]:
                said = fold("word:" + word.replace(" ", "_"), "")
                owners.setdefault(said, []).append(number)
        owners[""] = []  # nothing is left of such a tag on this network
        if len(self.owners) > 100:
            raise CannotRead("It has more networks than any vote.")

    def code(self, tag_set: str, at_ms: int, is_out: bool, is_young: bool) -> int:
        """Return the code of what the rules say of such a post by itself."""
        known = (tag_set, self.stretch(at_ms), is_out, is_young)
        if known not in self.code_of:
            network, kind, tags = tag_set.split("\t")
            opinion = self.judge(network, kind, tags, at_ms, is_out, is_young)
            self.code_of[known] = self.code_as(opinion)
        return self.code_of[known]

    def code_as(self, opinion: Opinion) -> int:
        if opinion not in self.code_of:
            self.code_of[opinion] = len(self.opinions)
            self.opinions.append(opinion)
        return self.code_of[opinion]

    def ignored(self, network: str, kind: str, tags: str) -> str:  # noqa: ARG002 - for later rules
        """Return the name of the posts that a rule ignores, if such a post is among them."""
        return KINDS[kind] if kind in self.contest.ignored else ""

    def judge(
        self, network: str, kind: str, tags: str, at_ms: int, is_out: bool, is_young: bool
    ) -> Opinion:
        contest, ends_ms = self.contest, self.contest.ends_ms()
        carried = [fold(tag, network) for tag in tags.split(" ")]
        owners = self.owners[network]
        named = tuple(dict.fromkeys(choice for tag in carried for choice in owners.get(tag, ())))
        missing = tuple(tag for tag in contest.required if fold(tag, network) not in carried)
        found = (  # the first that applies is the verdict
            ("excluded", is_out),
            ("withdrawn", kind == "withdrawn"),
            ("ignored", bool(self.ignored(network, kind, tags))),
            ("early", at_ms < contest.opens_ms),
            ("late", ends_ms is not None and at_ms >= ends_ms),
            ("paused", contest.pause(at_ms) is not None),
            ("no choice", not named),
            ("incomplete", bool(missing)),
            ("spoilt", len(named) > 1 and contest.rules["several"] == "spoilt"),
            ("young", is_young),
        )
        verdict = next((verdict for verdict, applies in found if applies), "counted")
        choices = named[:1] if contest.rules["several"] == "first" else named
        doubt = next(filter(is_doubtful, tags), "")
        return Opinion(
            *(network, kind, tags, at_ms, verdict, named),
            *(choices if verdict == "counted" else (), missing, doubt),
        )

    def shares(self, column: bytes) -> Iterator[list[int]]:
        """Return the places of all posts, in parts: by a byte that each has in `column`."""
        parts = 1 + len(column) // SHARE
        for part in range(parts):
            chosen = bytes(byte % parts == part for byte in range(256))
            yield list(compress(range(len(column)), column.translate(chosen)))

    def name(self, place: int) -> str:
        """Return the key of a post."""
        text = self.texts.get(place)  # may be empty
        return str(self.keys[place]) if text is None else text

    def seal_of(self, place: int) -> bytes:
        return bytes(self.seals[16 * place : 16 * place + 16])

    def keep_what_stands(self) -> None:
        """Keep one version of each post, and check how many each page says were known before."""
        for places in self.shares(self.keys.tobytes()[2::8]):
            keys = [self.keys[place] for place in places]
            if len({*keys}) == len(keys):
                continue
            twice = {key for key, number in Counter(keys).items() if number > 1}
            versions: dict[tuple[str, str], list[int]] = {}
            for place, key in zip(places, keys):
                if key in twice:
                    network = self.opinions[self.codes[place]].network
                    versions.setdefault((network, self.name(place)), []).append(place)
            for seen in versions.values():
                for place in seen[1:]:
                    entry = self.entries[bisect_right(self.firsts, place) - 1]
                    self.chain.again[entry] -= 1
                    self.stands[place] = 0
                if len(seen) > 1:
                    self.stands[seen[0]] = 0
                    self.stands[self.best(seen)] = 1
        for n, number in sorted(self.chain.again.items()):
            if number and not (self.chain.until_at and n > self.chain.until_at):
                raise Differs(f"Entry {n} says wrongly how many of its posts were known before.")

    def best(self, versions: list[int]) -> int:
        """Return the version that counts: the latest revision, then the one with most tags.

        A withdrawal without a revision comes last; with `withdrawn: keep` all are passed over.
        """
        keep = self.contest.rules["withdrawn"] == "keep"

        def rank(place: int) -> tuple[object, ...]:
            opinion, revision = self.opinions[self.codes[place]], self.revisions[place]
            gone, tags = opinion.kind == "withdrawn", len({*opinion.tags.split(" ")} - {""})
            last = gone and revision == 0
            return (not (keep and gone), last, revision, gone, tags, -self.times[place])

        def rest(place: int) -> tuple[object, ...]:
            opinion, account = self.opinions[self.codes[place]], b""
            if several:
                account = self.source.voter(place + 1)
            return (account, opinion.tags, opinion.kind, self.births[place], -place)

        highest = max(map(rank, versions))
        versions = [place for place in versions if rank(place) == highest]
        several = len({*map(self.seal_of, versions)}) > 1
        return max(versions, key=rest)

    def choose_ballots(self) -> None:
        """Apply `per_account` to the accounts that have several ballots."""
        is_ballot = [bool(opinion.choices) for opinion in self.opinions]
        ballots = bytes(map(is_ballot.__getitem__, self.codes))
        for places in self.shares(bytes(self.seals[::16])):
            places = [at for at in places if ballots[at] and self.stands[at]]  # noqa: PLW2901
            seals = [*map(self.seal_of, places)]
            if len({*seals}) == len(seals):
                continue
            twice = {each for each, number in Counter(seals).items() if number > 1}
            accounts: dict[bytes, list[int]] = {}
            for place, each in zip(places, seals):
                if each in twice:
                    accounts.setdefault(each, []).append(place)
            for own in accounts.values():
                self.choose(sorted(own, key=lambda place: (self.times[place], self.name(place))))

    def choose(self, places: list[int]) -> None:
        """Choose among the ballots of one account, from its first to its last."""
        rule = str(self.contest.rules["per_account"])
        used: set[int] = set()
        only = {"first": places[0], "last": places[-1]}.get(rule)
        for place in places:
            opinion = self.opinions[self.codes[place]]
            choices = opinion.choices if place == only else ()
            if rule == "per_choice":
                choices = tuple(choice for choice in opinion.choices if choice not in used)
                used.update(choices)
            if choices != opinion.choices:
                verdict = "counted" if choices else "repeat"
                self.codes[place] = self.code_as(opinion._replace(verdict=verdict, choices=choices))
                self.earlier[place] = places[0]

    def rows(self) -> Iterator[list[str]]:
        """Return the rows of votes.csv that there should be, in no order, some at a time."""
        heads = [f'"{inside(opinion.network)}","' for opinion in self.opinions]
        tails = [self.tail(opinion) for opinion in self.opinions]
        tail_of = lru_cache(1 << 16)(self.tail)
        moments = lru_cache(1 << 16)(iso)
        for start in range(0, len(self.keys), AT_ONCE):
            part = slice(start, start + AT_ONCE)
            names: Iterable[object] = self.keys[part]
            if self.texts:
                names = [inside(self.name(place)) for place in range(len(self.keys))[part]]
            seals = self.seals[16 * part.start : 16 * part.stop].hex("\n", 16).split("\n")
            codes = self.codes[part]
            ends = [
                tails[code] or tail_of(*self.special(at)) for at, code in enumerate(codes, start)
            ]
            each = zip(codes, names, self.times[part], ends, seals)
            rows = [
                f'{heads[c]}{key}","{moments(at)}{end}{seal}"' for c, key, at, end, seal in each
            ]
            yield [*compress(rows, self.stands[part])]

    def tail(self, opinion: Opinion, moment: str = "") -> str:
        """Return the end of a row, before the seal; "" where each post has its own."""
        needs = opinion.verdict == "young" or (
            opinion.verdict == "repeat" and self.contest.rules["per_account"] == "first"
        )
        if needs and not moment:
            return ""
        said = " ".join(self.contest.tags[choice] for choice in opinion.choices or opinion.named)
        return f'","{inside(said)}","{opinion.verdict}","{inside(self.reason(opinion, moment))}","'

    def special(self, place: int) -> tuple[Opinion, str]:
        """Return what the end of a row that is a post's own is made of."""
        opinion, first = self.opinions[self.codes[place]], self.earlier.get(place, place)
        at_ms = self.births[place] if opinion.verdict == "young" else self.times[first]
        return opinion, moment(at_ms)

    def reason(self, opinion: Opinion, at: str) -> str:
        """Return the sentence that votes.csv gives for a verdict."""
        contest, verdict, choices, named = (
            self.contest,
            *opinion[4:5],
            opinion.choices,
            opinion.named,
        )
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
            later = contest.rules["per_account"] == "last"
            return (
                "A later vote of the account counts."
                if later
                else f"An earlier vote of the account counts: of {at}."
            )
        if verdict == "late":
            late = f" and {span(contest.grace_s)} of grace" if contest.grace_s else ""
            return f"It was posted after the vote closed at {moment(contest.closes_ms)}{late}."
        if verdict == "paused":
            begins, ends = contest.pause(opinion.at_ms) or (None, None)
            until = "" if ends is None else f" to {moment(ends)}"
            return f"It was posted while the vote was paused, from {moment(begins)}{until}."
        return {
            "excluded": "The account is left out.",
            "withdrawn": "It was deleted, or its account is gone.",
            "ignored": f"In this vote {self.ignored(*opinion[:3])} do not count.",
            "early": f"It was posted before the vote opened at {moment(contest.opens_ms)}.",
            "no choice": "It names none of the choices.",
            "incomplete": f"It does not carry {listed([f'#{tag}' for tag in opinion.missing])},"
            " which this vote requires.",
            "spoilt": f"It names several choices: {self.listed(named)}.",
            "young": f"The account was made on {at}; {span(contest.age_s)} of age are required.",
        }[verdict]

    def listed(self, choices: Iterable[int]) -> str:
        return listed([f"#{self.contest.tags[choice]}" for choice in choices])

    def doubt(self) -> str:
        doubted = [bool(each.doubt and each.verdict in BY_TAGS) for each in self.opinions]
        found = [at for at, code in enumerate(self.codes) if doubted[code] and self.stands[at]][:5]
        posts = [f"{at + 1} (U+{ord(self.opinions[self.codes[at]].doubt):04X})" for at in found]
        return (
            f"the verdicts on {plural(self.in_doubt, 'post')}, {', '.join(posts)}: the tags"
            " have characters newer than Unicode 12.1, and programs read those by what they know;"
            f" this Python knows Unicode {unicodedata.unidata_version}."
        )

    def leaders(self) -> list[int]:
        most = max(self.votes, default=0)
        return [number for number, votes in enumerate(self.votes) if votes == most and most]

    def latest(self, choice: int) -> tuple[int, str]:
        """Return the time and the key of the last vote that counts for a choice."""
        here = [choice in opinion.choices for opinion in self.opinions]
        places = (at for at, code in enumerate(self.codes) if here[code] and self.stands[at])
        return max(((self.times[at], self.name(at)) for at in places), default=(0, ""))

    def decision(self) -> tuple[list[int], str]:
        """Return who has the most votes, or whom the rule for ties picks among them, and why."""
        leaders, rule, seed = self.leaders(), self.contest.rules["tie"], self.contest.seed
        if not leaders:
            return [], "There is no vote yet."
        votes = plural(self.votes[leaders[0]], "vote")
        if len(leaders) == 1:
            return leaders, f"{self.title(leaders[0])} has the most votes: {votes}."
        tied = f"{listed([*map(self.title, leaders)])} tie with {votes}."
        if rule == "earliest":
            winner = min(leaders, key=self.latest)
            return [winner], f"{tied} {self.title(winner)} was there first."
        if rule == "draw" and not seed:
            return leaders, f"{tied} It is to be decided by drawing."
        if rule == "draw":
            lots = {number: fold(self.contest.tags[number], "") for number in leaders}
            winner = min(leaders, key=lambda number: sha256(f"{seed}\n{lots[number]}".encode()))
            return [winner], f"{tied} The draw with the seed “{seed}” fell on {self.title(winner)}."
        return leaders, tied

    def lead(self, has_gap: bool) -> str:
        """Say whether what was not counted could change who leads."""
        leaders, votes = self.leaders(), sorted(self.votes)
        if not leaders:
            return "No vote yet."
        if len(leaders) > 1:
            return f"{listed([*map(self.title, leaders)])} tie with {plural(votes[-1], 'vote')}."
        if len(votes) == 1:
            return f"{self.title(leaders[0])} has {plural(votes[-1], 'vote')}."
        ahead, words = votes[-1] - votes[-2], f"{self.title(leaders[0])} leads by"
        uncounted = sum(self.verdicts[each] for each in UNCOUNTED)
        if has_gap:
            return f"{words} {ahead:,}. Votes may be missing in a gap, and could change that."
        can = "cannot" if uncounted < ahead else "could"
        more = f" What is uncounted ({uncounted:,}) {can} change that." if uncounted else ""
        return f"{words} {ahead:,}.{more}"

    def title(self, choice: int) -> str:
        return self.contest.labels[choice] or f"#{self.contest.tags[choice]}"


def lines_in(n: int, column: bytes) -> list[str]:
    """Return the texts of a column, each ended by a newline; no text has such a sign in it."""
    text = column.decode("utf-8", "surrogateescape")  # what is no text is found to be unclean
    found = text.split("\n")[:-1]
    plain = text.replace("\n", "").replace("\t", "")
    if not plain.isprintable() and UNCLEAN.search(plain):
        raise Differs(f"The posts of entry {n} have characters that no ledger has.")
    if len(text) > LONGEST_VALUE and max(map(len, "\t".join(found).split("\t"))) > LONGEST_VALUE:
        raise Differs(f"The posts of entry {n} have a value that is longer than any in a ledger.")
    return found


def key_number(network: str, key: str) -> int:
    """Return the number that stands for a key: itself if it is a decimal below 2**63, or a hash."""
    if re.fullmatch("0|[1-9][0-9]{0,18}", key) and int(key) < TEXT_KEY:
        return int(key)
    hashed = hashlib.blake2b(f"{network}:{key}".encode(), digest_size=8).digest()
    return int.from_bytes(hashed, "little") | TEXT_KEY


def seal(salt: bytes, account: str) -> bytes:
    """Seal an account, given as "network:voter"."""
    return hashlib.blake2b(account.encode(), key=salt, digest_size=16).digest()


def check_seals(start: int, seals: bytes, accounts: Iterable[tuple[str, str]], salt: bytes) -> None:
    """Check that each seal in a ledger is that of the account beside it."""
    begun: dict[str, Callable[[], hashlib.blake2b]] = {}
    found = []
    for network, voter in accounts:
        if network not in begun:
            data = f"{network}:".encode()
            begun[network] = hashlib.blake2b(data, key=salt, digest_size=16).copy
        hashing = begun[network]()
        hashing.update(voter.encode())
        found.append(hashing.digest())
    if b"".join(found) != seals:
        each = zip(found, (seals[at : at + 16] for at in range(0, len(seals), 16)))
        wrong = next(place for place, (right, told) in enumerate(each) if right != told)
        raise Differs(f"Post {start + wrong + 1} was changed: its account does not fit its seal.")


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


def result(chain: Chain, contest: Contest, count: Count) -> dict[str, object]:
    """Return what result.json should say, value by value."""
    sources = [(name, chain.sources[name]) for name in chain.introduced]
    gaps = {
        name: [gap for gap in source.gaps if gap[3] or not source.is_swept]
        for name, source in sources
    }
    winners, decision = count.decision()
    extras = (("labels", contest.labels), ("aliases", contest.aliases), ("words", contest.words))
    said = {name: {t: x for t, x in zip(contest.tags, values) if x} for name, values in extras}
    excluded = [*dict.fromkeys(contest.names)] if chain.salt else sorted({*contest.seals})
    return {
        "format": "twittervotes-result/1",
        "contest": {
            "title": contest.title,
            "choices": contest.tags,
            "opens": iso(contest.opens_ms),
            "closes": None if contest.closes_ms is None else iso(contest.closes_ms),
            "rules": {**contest.told_rules, "exclude": excluded},
            "rehearsal": contest.is_rehearsal,
            "seed": contest.seed,
            **{name: told for name, told in said.items() if told or name != "words"},
        },
        "state": contest.state(chain.at_ms),
        "tally": [
            {"choice": tag, "votes": votes, "percent": share, "by_hand": contest.by_hand[tag]}
            for tag, votes, share in zip(contest.tags, count.votes, percentages(count.votes))
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
                "unread": len(source.bad),
            }
            for name, source in sources
        ],
        "digest": chain.until or chain.digest.hex(),
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
    elif type(told) is not type(right) or told != right:
        kind = Miscounted if re.match(r"\w*", place)[0] in COUNTED else Differs  # type: ignore[index]
        raise kind(f"result.json: {place[:-1]} is {brief(told)}, counted: {brief(right)}.")


GUARD = re.compile("(?:\\A|(?<=[,;|\t\r\n\"]))'")
FORMULA = re.compile("(?:\\A|(?<=[,;|\t\r\n\"]))(?=[-=+@\t\r\n'＝＋－＠])")
COLUMNS = ["network", "key", "time", "choice", "verdict", "reason", "account"]
COUNTED = {"tally", "total", "leader", "winner", "decision", "lead", "verdicts", *COLUMNS[3:6]}


def compare_votes(pack: Pack, count: Count) -> None:
    """Compare votes.csv with the rows that there should be: the same ones, in any order.

    Two lists have the same rows if the sums of their hashes agree. Nobody could prepare a list for
    that: the hashes depend on random bytes that are made now.
    """
    secret = os.urandom(16).hex()
    right = sum(hash(secret + row) for rows in count.rows() for row in rows)
    if right == sum(hash(secret + row) for row in vote_rows(pack, count.chain.salt)):
        return
    missing = {row for rows in count.rows() for row in rows}
    for number, row in enumerate(vote_rows(pack, count.chain.salt), 1):
        if row in missing:
            missing.remove(row)
            continue
        told = next(csv.reader([row]))
        which = f"votes.csv, row {number}, post {brief(told[1])}"
        start = ",".join(quoted(told[:2])) + ","
        for each in (each for each in missing if each.startswith(start)):
            for name, cell_here, value in zip(COLUMNS, told, next(csv.reader([each]))):
                if cell_here != value:
                    kind = Miscounted if name in COUNTED else Differs
                    raise kind(f"{which}: {name} is {brief(cell_here)}, counted: {brief(value)}.")
        raise Differs(f"{which}: it is not in the chain, or was in a row before.")
    raise Differs(f"votes.csv leaves out {plural(len(missing), 'post')}.")


def vote_rows(pack: Pack, salt: bytes) -> Iterator[str]:
    """Return the rows of votes.csv, without the accounts: these are checked against the seals."""
    lines = pack.lines("votes.csv")
    head = [*COLUMNS, "voter"] if salt else COLUMNS
    if next(lines, "") != ",".join(quoted(head)) + "\n":
        raise Differs(f"votes.csv, row 0: it does not have the columns {' '.join(head)}.")
    for number, line in enumerate(lines, 1):
        row, cells = line[:-1], [""] * len(COLUMNS)
        if salt or row.count('","') != len(COLUMNS) - 1:
            cells = next(csv.reader([row], strict=True))
            if len(cells) != len(head) or ",".join(quoted(cells)) != row:
                raise Differs(f"votes.csv, row {number}: it is not written as packs write it.")
            row = ",".join(quoted(cells[: len(COLUMNS)]))
        if salt:
            account = ":".join(GUARD.sub("", cells[place]) for place in (0, 7))
            if seal(salt, account).hex() != cells[6] or cell(GUARD.sub("", cells[7])) != cells[7]:
                raise Differs(
                    f"votes.csv, row {number}: voter is another account, not the sealed one."
                )
        if line[-1:] != "\n":
            raise Differs("votes.csv does not end with a whole row.")
        yield row


def quoted(cells: Iterable[str]) -> list[str]:
    return ['"' + each.replace('"', '""') + '"' for each in cells]


def cell(text: str) -> str:
    """Return a text as votes.csv has it: an apostrophe guards what could begin a formula."""
    return FORMULA.sub("'", text)


def inside(text: str) -> str:
    """Return a text as it stands between the quotes of a cell."""
    return cell(text).replace('"', '""')


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
    *most, last = names or [""]
    return f"{', '.join(most)} and {last}" if most else last


# --- Reading what strangers wrote, and saying how it went ----------------------------------------


def parsed(text: str) -> dict[str, object]:
    """Read a JSON object in which no name is there twice: of two, programs may choose either."""
    if text.count("[") + text.count("{") > MOST_PARTS:  # "[]," takes Python twenty times as much
        raise CannotRead("It has JSON of more parts than can be believed.")
    found = json.loads(
        text, parse_int=whole_number, parse_constant=whole_number, object_pairs_hook=once
    )
    if not isinstance(found, dict):
        raise CannotRead("It has JSON that is no object.")
    return found


def once(pairs: list[tuple[str, object]]) -> dict[str, object]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise CannotRead("It has JSON in which a name is there twice.")
    return found


def whole_number(digits: str) -> int:
    if len(digits) > 20:  # one of a million digits would keep Python busy for hours
        raise CannotRead("It has a number that is too long.")
    return int(digits)


def get(value: object, name: str, kind: type[T], usual: T | None = None) -> T:
    """Return a field of a JSON object, if it is of the right type."""
    found = value.get(name, usual) if isinstance(value, dict) else None
    if not isinstance(found, kind) or type(found) is not kind:
        raise CannotRead(f"The value of {name!r} is missing, or of the wrong type.")
    return found


def texts(value: object, name: str) -> list[str]:
    """Return a field of a JSON object that is a list of texts, none unless it is there."""
    found = get(value, name, list, []) if value else []
    if not all(isinstance(each, str) for each in found):
        raise CannotRead(f"The value of {name!r} has items that are no texts.")
    return [*found]


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
    with contextlib.ExitStack() as opened:
        source = source_of(path, opened)
        is_pack = isinstance(source, Pack)
        if is_pack and told:
            raise CannotRead("--result is for a ledger; a pack has a result.json of its own.")
        given = parsed(source.whole("result.json") if isinstance(source, Pack) else told or "{}")
        chain = Chain(published, get(given, "digest", str) if told else "")
        for entry, page in source.walk():
            chain.add(entry, page)
        contest = chain.end()
        yield f"{chain.entries:,} entries and {chain.posts:,} posts: every digest fits."
        count = Count(chain, contest, source)
        if count.in_doubt:
            unproved.append(count.doubt())
        try:
            expected = result(chain, contest, count)
            unknown = [*compare(given, expected)] if told or is_pack else []
            if isinstance(source, Pack):
                compare_votes(source, count)
        except Miscounted as error:
            if count.in_doubt:
                raise CannotTell(f"{error} {count.doubt()}") from error
            raise
        if unknown:
            unproved.append(f"result.json: what it says of {brief(', '.join(unknown))}.")
        if is_pack:
            yield "result.json and every row of votes.csv say what was counted again:"
        elif told:
            yield f"The result of entries 1 to {chain.until_at} is what was counted again:"
        for tag, votes in zip(contest.tags, count.votes):
            hands = f" ({contest.by_hand[tag]:+,} by hand)" if contest.by_hand[tag] else ""
            yield f"  #{brief(tag)}  {votes:,}{hands}"
        if isinstance(source, Pack):
            compare_files(source)
            names = brief(", ".join(sorted({*source.zip.namelist()} - {*COUNTED_ANEW, SUMS})))
            yield f"As {SUMS} says, but not checked otherwise: {names}. Whoever changes these"
            yield f"files can write {SUMS} again."
    yield f"Digest: {chain.digest.hex()}"


def source_of(path: Path, opened: contextlib.ExitStack) -> Ledger | Pack:
    with path.open("rb") as file:
        is_ledger = file.read(16) == b"SQLite format 3\0"
    return Ledger(path, opened) if is_ledger else Pack(path, opened)


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
        with contextlib.ExitStack() as opened:
            source_of(asked.file, opened)
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
            say("that, all of this could have been rewritten.")
        return 3 if unproved else 0
    except OlderFormat:
        return run_older(arguments)
    except Differs as error:
        say(f"NOT CONFIRMED: {error}")
        return 1
    except CannotTell as error:
        say(f"CANNOT TELL: {error}")
        return 3
    except CannotRead as error:
        say(f"CANNOT BE READ: {error}")
    except zipfile.BadZipFile:
        say("CANNOT BE READ: it is neither a ledger nor a pack, or a damaged one.")
    except IsADirectoryError:
        say("CANNOT BE READ: it is a folder. Give pack.zip as it came, not what was unpacked.")
    except OSError as error:
        say(f"CANNOT BE READ: {asked.file}: {error.strerror or error}.")
    except Exception as error:  # whatever a stranger's file may bring about
        say(f"CANNOT BE READ: {type(error).__name__}, {error}")
    return 2


def run_older(arguments: list[str]) -> int:
    """Let the verifier of format 1 check what earlier versions of the program wrote."""
    older = Path(__file__).with_name("verify_format1.py")
    if older.exists():
        return int(runpy.run_path(str(older))["main"](arguments))
    say(
        "CANNOT BE READ: an earlier version wrote it. A pack has a verify.py that can check it; for"
    )
    say("a ledger, take verify_format1.py from the project.")
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
