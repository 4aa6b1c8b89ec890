"""Check the result of a hashtag vote: nothing in its record was changed, and the numbers add up.

    python verify.py pack.zip --digest HEX        the results pack
    python verify.py vote.votes --digest HEX      the ledger itself, for those who may see it

HEX is the digest that the organiser published when the vote ended. Without it you learn only that
the file is consistent in itself: whoever rewrote all of it could have made it so.

This one file needs Python 3.8 or newer and nothing else. It shares no line with the program that
counted: it was written from docs/proof.md and docs/rules.md, so the two agree for two reasons. It
changes nothing and takes about 60 bytes of memory a post, and some more while it counts.

It goes in five steps, and has a part for each: (1) read the entries and their posts, (2) prove the
chain: compute every digest again, (3) count: apply the rules to the posts, (4) compute what the
result should say, (5) compare it with every value of result.json and every row of votes.csv.
"""

from __future__ import annotations

import argparse
import contextlib
import csv
import hashlib
import io
import json
import math
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
from itertools import compress, groupby, islice
from pathlib import Path
from typing import Callable, Iterable, Iterator, NamedTuple, TypeVar  # noqa: UP035 - Python 3.8

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
TIMES_MS = (-62_104_060_800_000, 253_370_764_800_000)  # years 2 to 9998
UNCLEAN = re.compile(
    "[\0-\x08\x0b-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff]"
)  # in no value of a post
COUNTED_ANEW = ("chain.jsonl", "posts.bin", "result.json", "votes.csv")
SUMS = "SHA256SUMS"


class Finding(Exception):  # noqa: N818 - no error of this program
    """What ends the check before all of it is confirmed."""

    code, title = 2, "CANNOT BE READ"


class Differs(Finding):
    """Something was changed or does not add up."""

    code, title = 1, "NOT CONFIRMED"


class Miscounted(Differs):
    """The count of the posts gave something else."""


class CannotTell(Finding):
    """Another version of Python may read it differently."""

    code, title = 3, "CANNOT TELL"


class CannotRead(Finding):
    """This is neither a ledger nor a pack, or a damaged one."""


class Newer(CannotRead):
    """What cannot be counted without a later version of this program."""


class OlderFormat(CannotRead):
    """It is of format 1: an earlier version of the program wrote it."""


# --- 1. Reading: entries, each with its posts, from a ledger or from a pack ----------------------


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


class Ledger:
    """An SQLite file with two tables: one of entries, one of their posts."""

    TABLES = {  # noqa: RUF012 - nothing changes it
        "entries": "kind TEXT, source TEXT, at_ms INTEGER, body TEXT, private TEXT, digest BLOB",
        "pages": "first INTEGER, size INTEGER, tag_sets BLOB, tag_set_index BLOB, keys BLOB,"
        " key_texts BLOB, seals BLOB, times BLOB, births BLOB, revisions BLOB, voters BLOB,"
        " voters_are_text INTEGER, marks BLOB",
    }
    TYPES = {"INTEGER": int, "TEXT": str, "BLOB": bytes}  # noqa: RUF012
    OPTIONS = (("application_id", 0x54565645), ("user_version", 2))

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
        if db.execute("PRAGMA user_version").fetchone()[0] < 2:
            raise OlderFormat
        missing = {
            name: f"CREATE TABLE {name} ( n INTEGER PRIMARY KEY, {columns} NOT NULL ) STRICT"
            for name, columns in self.TABLES.items()
        }
        for kind, name, table, sql in db.execute(
            "SELECT type, name, tbl_name, sql FROM sqlite_master"
        ):
            plain = " ".join(re.sub("--[^\n]*", "", str(sql)).split())
            plain = plain.replace(" NOT NULL,", ",")
            if kind != "table" or table != name or missing.pop(name, None) != plain:
                raise Differs(f"The {brief(kind)} {brief(name)!r} was changed or added.")
        if missing:
            raise Differs(f"The table {next(iter(missing))!r} is missing.")
        for name, right in self.OPTIONS:
            if db.execute(f"PRAGMA {name}").fetchone()[0] != right:
                raise Differs(f"The file does not say that it is a ledger: {name} was changed.")

    def walk(self) -> Iterator[tuple[Entry, Page | None]]:
        query = "SELECT * FROM entries LEFT JOIN pages ON pages.n = entries.n ORDER BY entries.n"
        entry_types, page_types = (
            [int, *(self.TYPES[each] for each in re.findall("[A-Z]+", columns))]
            for columns in self.TABLES.values()
        )
        first, pages = 1, 0
        for row in self.db.execute(query):
            values, found = row[:7], row[7:]
            if [*map(type, values)] != entry_types:
                raise Differs(f"Entry {row[0]} was changed: a value in it is of another type.")
            *public, private, digest = values
            data = private.encode("utf-8", "surrogateescape")
            hidden = sha256(data) if data else bytes(32)
            entry = Entry._make([*public, private, hidden, digest])
            if found[0] is None:
                yield entry, None
                continue
            if [*map(type, found)] != page_types or found[12] not in (0, 1):
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

    def account(self, post: int) -> bytes:
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


class Pack:
    """A ZIP file with the entries as JSON, their posts as bytes, and the results."""

    FIELDS = {"n", "kind", "source", "at_ms", "body", "posts", "digest"}  # noqa: RUF012

    def __init__(self, path: Path, opened: contextlib.ExitStack) -> None:
        self.zip = opened.enter_context(zipfile.ZipFile(path))
        members = self.zip.infolist()
        number, size, times = MOST
        most = max(size, times * path.stat().st_size)
        if len(members) > number or sum(member.file_size for member in members) > most:
            raise CannotRead("It unpacks to more than can be believed.")
        names = Counter(member.filename.lower() for member in members)  # one file on some computers
        if names["chain.jsonl"] and not names["posts.bin"]:
            raise OlderFormat
        for member in members:
            if re.search(r"[\0-\x1f/\\:]|^\.+$", member.orig_filename):
                raise CannotRead(f"It contains {member.orig_filename[:80]!r}, a name with a path.")
            if member.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
                raise CannotRead(f"{brief(member.filename)} is compressed in a way packs are not.")
        for name in (*COUNTED_ANEW, SUMS, *names):
            if names[name.lower()] != 1:
                raise CannotRead(f"A pack has one {brief(name)}, this has {names[name.lower()]}.")

    def walk(self) -> Iterator[tuple[Entry, Page | None]]:
        with self.open("posts.bin") as posts:
            for text in self.lines("chain.jsonl"):
                row = parsed(text)
                n, size = get(row, "n", int), get(row, "posts", int)
                if {*row} - {"private", "private_sha256"} != self.FIELDS or len(row) > 8:
                    raise Differs(f"Entry {n} in chain.jsonl has other values than a pack gives.")
                private: str | None = get(row, "private", str, "")
                private_sum = sha256(private.encode()) if private else bytes(32)
                if "private_sha256" in row:
                    private, private_sum = None, hexadecimal(row, "private_sha256")
                kind, source = get(row, "kind", str), get(row, "source", str)
                entry = Entry(
                    *(n, kind, source, get(row, "at_ms", int), get(row, "body", str)),
                    *(private, private_sum, hexadecimal(row, "digest")),
                )
                yield entry, self.page(n, size, posts) if size else None
            if posts.read(1):
                raise Differs("posts.bin goes on after the posts of the last entry.")

    def page(self, n: int, size: int, posts: io.BufferedReader) -> Page:
        """Read the posts of an entry as they are hashed: a line of lengths, then the columns."""
        head = posts.readline(200)
        if not re.fullmatch(rb"(\d{1,9} ){8}\d{1,9}\n", head):
            raise Differs(
                f"The posts of entry {n} are missing, or do not begin with their lengths."
            )
        told, *lengths = map(int, head.split())
        if told != size or max(lengths) > LONGEST_COLUMN:
            raise Differs(f"Entry {n} has {size} posts in chain.jsonl, and {told} in posts.bin.")
        return page_of(head, [posts.read(length) for length in lengths])

    def open(self, name: str) -> io.BufferedReader:
        return io.BufferedReader(self.zip.open(name), 1 << 20)  # type: ignore[arg-type]

    def lines(self, name: str) -> Iterator[str]:
        """Read a member line by line: whatever it unpacks to, not much more than one is held."""
        with io.TextIOWrapper(self.open(name), "utf-8", newline="\n") as member:
            rest = ""
            for text in iter(partial(member.read, 1 << 20), ""):
                *lines, rest = (rest + text).split("\n")
                if len(rest) > LONGEST:
                    raise CannotRead(f"A line of {name} is too long.")
                yield from [f"{line}\n" for line in lines]
            if rest:
                yield rest

    def votes(self, salt: bytes) -> Iterator[str]:
        """Return the rows of votes.csv, without the accounts where these are named."""
        head, lines = [*COLUMNS, "voter"] if salt else COLUMNS, self.lines("votes.csv")
        if next(lines, "") != row_of(head):
            raise Differs(f"votes.csv, row 0: it does not have the columns {' '.join(head)}.")
        return self.sealed(lines, salt) if salt else lines

    def sealed(self, lines: Iterator[str], salt: bytes) -> Iterator[str]:
        """Check the account of each row by its seal, and leave it out."""
        for number, line in enumerate(lines, 1):
            cells = cells_in(line)
            if len(cells) != 8 or row_of(cells) != line:
                raise Differs(f"votes.csv, row {number}: it is not written as packs write it.")
            network, voter = (GUARD.sub("", cells[place]) for place in (0, 7))
            if seal(salt, f"{network}:{voter}").hex() != cells[6] or cell(voter) != cells[7]:
                raise Differs(f"votes.csv, row {number}: voter is not the account that is sealed.")
            yield row_of(cells[:7])

    def check_sums(self) -> None:
        """Compare every member with the list of sums."""
        told: dict[str, str] = {}
        for text in self.lines(SUMS):
            found = re.fullmatch("([0-9a-f]{64})  ([^\n]+)\n", text)
            if not found or found[2] in told:
                raise Differs(f"{SUMS} has a line that does not belong there: {brief(text)!r}.")
            told[found[2]] = found[1]
        names = [name for name in self.zip.namelist() if name != SUMS]
        for name in sorted({*told, *names}):
            if name not in told or name not in names:
                here = "is not in the pack" if name in told else "was added to the pack"
                raise Differs(f"{brief(name)} {here}, according to {SUMS}.")
            summing = hashlib.sha256()
            with self.open(name) as member:
                for data in iter(partial(member.read, 1 << 20), b""):
                    summing.update(data)
            if summing.hexdigest() != told[name]:
                raise Differs(f"{brief(name)} was changed: its SHA-256 is not the one in {SUMS}.")


def array_of(kind: str, column: bytes) -> array[int]:
    """Return the numbers of a column, which are little-endian."""
    numbers = array(kind, column)
    if sys.byteorder == "big":
        numbers.byteswap()
    return numbers


def parsed(text: str) -> dict[str, object]:
    """Read a JSON object in which no name is there twice: of two, programs may choose either."""
    if text.count("[") + text.count("{") > MOST_PARTS:  # "[]," takes Python twenty times as much
        raise CannotRead("It has JSON of more parts than can be believed.")
    try:
        found = json.loads(
            text, parse_int=whole, parse_float=finite, parse_constant=finite, object_pairs_hook=once
        )
        if "\\u" in text:  # may stand for half a pair of surrogates, which is no character
            json.dumps(found, ensure_ascii=False).encode()
    except (ValueError, RecursionError) as error:
        raise CannotRead("It has JSON that cannot be read.") from error
    if not isinstance(found, dict):
        raise CannotRead("It has JSON that is no object.")
    return found


def once(pairs: list[tuple[str, object]]) -> dict[str, object]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise CannotRead("It has JSON in which a name is there twice.")
    return found


def whole(digits: str) -> int:
    if len(digits) > 20:  # one of a million digits would keep Python busy for hours
        raise CannotRead("It has a number that is too long.")
    return int(digits)


def finite(digits: str) -> float:
    found = float(digits) if len(digits) <= 400 else math.inf
    if not math.isfinite(found):
        raise CannotRead("It has a number that is too large, or none.")
    return found


def get(value: object, name: str, kind: type[T], usual: T | None = None) -> T:
    """Return a field of a JSON object, if it is of the right type."""
    found = value.get(name, usual) if isinstance(value, dict) else None
    if not isinstance(found, kind) or type(found) is not kind:
        raise CannotRead(f"The value of {name!r} is missing, or of the wrong type.")
    return found


def texts(value: object, name: str) -> list[str]:
    """Return a field of a JSON object that is a list of texts, none unless it is there."""
    return [str(each) for each in get(value, name, list, [])]


def time(value: object, name: str) -> int | None:
    """Return a time that may not be set."""
    is_set = isinstance(value, dict) and value.get(name) is not None
    return get(value, name, int) if is_set else None


def hexadecimal(value: object, name: str) -> bytes:
    digits = get(value, name, str)
    if not re.fullmatch("[0-9a-f]{64}", digits):
        raise CannotRead(f"The value of {name!r} is no hash.")
    return bytes.fromhex(digits)


def brief(value: object) -> str:
    return str(value)[:300]


# --- 2. The chain: every digest again, and what an entry may say ---------------------------------
#
#     digest(n) = SHA-256(digest(n-1) + SHA-256(line of entry n) + private sum + SHA-256(its posts))
#
# The line has the values of the entry, separated by tabs and ended by a newline. The private sum is
# the SHA-256 of the part of the entry that names accounts, or 32 zero bytes where there is none. A
# pack without accounts shows that sum and not the part: all else that it shows is still proved. The
# posts are columns of bytes with a line of their lengths before. In place of accounts they have
# seals: BLAKE2b of "network:account", with the ledger's salt as key.

NO_POSTS = sha256(b"0 0 0 0 0 0 0 0 0\n")
NOTHING = object()

# The rules, each with its values, the usual one first, or with its usual value.
RULES: dict[str, object] = {
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
KNOWN_RULES = {**RULES, **NEWER_RULES}

# What entries may say, by their kind, and what is inside of it: names, each with the form of its
# value. "?": it may be missing, "-": it may be null, "*": it is a list.
FORMS = {
    "contest": "contest:vote",
    "source": "network:any complete:flag queries?:any*",
    "page": "seen:int new:int again:int feed?:any bad?:any* billed?:int ids?:any*"
    " of_accounts?:flag",
    "gap": "from_ms:time to_ms:time reason:any sweep?:flag stopped?:flag",
    "act": "does:any at_ms?:time by?:text reason?:text voter?:text tag?:text votes?:int seed?:text"
    " exclude?:seal* rules?:rules- until_ms?:time- pause_ms?:time-",
    "vote": "title:title choices:choice* rules?:rules opens_ms?:time closes_ms?:time- seed?:any"
    " pauses?:pause* adjustments?:adjustment* rehearsal?:flag chat?:chat",
    "choice": "tag:tag label?:label colour?:any aliases?:tag* words?:tag*",
    "adjustment": "tag:any votes:int reason:any by:any at_ms:time",
    "chat": "prefix?:any* bare?:flag match?:match shared?:shared replies?:policy",
}
PRIVATE = {  # the same of the private part of an entry, by its kind or by what it does
    "salt": "nonce:any salt:salt",
    "contest": "nonce:any exclude:any*",
    "ruled": "nonce:any exclude:any*",
    "excluded": "nonce:any voter:text",
    "page": "nonce:any aside:anything",
}
TEXTS = {"any": LONGEST, "text": LONGEST_VALUE, "title": 500, "label": 200, "tag": 100}  # lengths
PATTERNS = {"seal": "[0-9a-f]{32}", "salt": "([0-9a-f]{2}){1,64}"}
VALUES = {"match": ("whole", "anywhere"), "shared": ("own", "all"), "policy": ("count", "ignore")}
MOST_ITEMS = {"choices": 700, "aliases": 100, "words": 100, "required": 100}
BIG = 10**15


def check(value: object, form: str) -> None:
    """Check that a JSON object has a form."""
    if not isinstance(value, dict):
        raise CannotRead(f"Something of the form {form!r} is missing.")
    for name, may_miss, kind, may_be_null, is_list in re.findall(
        r"(\w+)(\??):(\w+)(-?)(\*?)", FORMS.get(form, form)
    ):
        found = value.get(name, NOTHING)
        if (found is NOTHING and may_miss) or (found is None and may_be_null):
            continue
        items = found if is_list else [found]
        if not isinstance(items, list) or len(items) > MOST_ITEMS.get(name, LONGEST):
            raise CannotRead(f"It should have a list of {name}.")
        for each in items:
            if kind in FORMS:
                check(each, kind)
            elif not fits(each, kind):
                raise CannotRead(f"The value of {name} is missing, or none that a ledger has.")


def fits(value: object, kind: str) -> bool:
    """Tell whether a JSON value is of a kind."""
    if isinstance(value, str):
        is_short = len(value) <= TEXTS.get(kind, -1) or kind == "anything"
        is_alike = kind in PATTERNS and re.fullmatch(PATTERNS[kind], value)
        return is_short or bool(is_alike) or value in VALUES.get(kind, ())
    if type(value) is int:
        least, most = TIMES_MS if kind == "time" else (-BIG, BIG)
        return kind in ("int", "time", "anything") and least <= value < most
    if kind == "rules":
        return isinstance(value, dict) and all(fits_rule(*rule) for rule in value.items())
    if kind == "pause":
        begins, ends = value if isinstance(value, list) and len(value) == 2 else (None, None)
        return fits(begins, "time") and (ends is None or fits(ends, "time"))
    return value is not NOTHING and kind == ("flag" if isinstance(value, bool) else "anything")


def fits_rule(name: str, value: object) -> bool:
    if name not in KNOWN_RULES:  # without it, the count would be wrong
        raise Newer(f"It has the rule {brief(name)}: use a newer verifier.")
    usual = KNOWN_RULES[name]
    if isinstance(usual, list):
        kind, most = "seal" if name == "exclude" else "tag", MOST_ITEMS.get(name, LONGEST)
        items = value if isinstance(value, list) else [None]
        is_short = len(items) <= most
        return is_short and all(isinstance(each, str) and fits(each, kind) for each in items)
    if isinstance(usual, tuple):
        return isinstance(value, str) and value in usual
    return type(value) is int and 0 <= value < BIG


class Source:
    """What the entries say of one source."""

    def __init__(self) -> None:
        self.complete: bool | None = None  # None: it was never introduced
        self.requests = self.failed = 0
        self.bad: set[tuple[str, str]] = set()  # feed and words of each post not read in full
        self.gaps: list[tuple[int, int, str, bool]] = []  # from, to, reason, found by the sweep
        self.stop: tuple[int, int, str, bool] | None = None  # the latest, while it is not healed
        self.is_swept = False

    def note(self, kind: str, body: dict[str, object]) -> None:
        """Take in what an entry says."""
        if kind == "source":
            self.complete = get(body, "complete", bool)
        elif kind == "gap":
            begins, ends = get(body, "from_ms", int), get(body, "to_ms", int)
            gap = (begins, ends, get(body, "reason", str), get(body, "sweep", bool, False))
            if get(body, "stopped", bool, False):
                self.gaps = [other for other in self.gaps if other is not self.stop]
                self.stop = gap
            self.gaps.append(gap)
        elif kind == "healed":
            self.gaps = [other for other in self.gaps if other is not self.stop]
        elif kind == "swept":
            self.is_swept = True
        elif kind == "page":
            feed = get(body, "feed", str, "")
            self.bad.update((feed, words) for words in texts(body, "bad"))
        self.requests += kind in ("page", "failed")
        self.failed += kind == "failed"


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
        name, bodies = entry.kind + entry.source, f"{entry.body}{entry.private}"
        if UNCLEAN.search(name) or re.search("[\t\n\ud800-\udfff]", name + bodies):
            raise Differs(f"Entry {n} has characters that no ledger has.")
        if page:
            check_columns(n, page)
        self.entries, self.posts, self.digest = n, self.posts + size, entry.digest
        if entry.digest.hex() == self.published:
            self.published_at = n
        if self.until_at:
            return
        if entry.digest.hex() == self.until:
            self.until_at = n
        try:
            self.understand(entry, size)
        except Newer:
            raise
        except CannotRead as error:
            raise Differs(f"Entry {n} does not say what a ledger says there. {error}") from error

    def understand(self, entry: Entry, posts: int) -> None:
        n, kind, self.at_ms = entry.n, entry.kind, entry.at_ms
        if (kind == "contest") != (n == 1) or (kind == "salt") != (n == 2):
            raise Differs(f"Entry {n} is of the kind {kind!r}, which does not belong there.")
        body = parsed(entry.body)
        does = get(body, "does", str) if kind == "act" else kind
        if not fits(entry.at_ms, "time"):
            raise CannotRead("It was written at a time that no ledger has.")
        hidden = check_private(entry, does, body)
        check(body, kind)
        if kind == "contest":
            self.contest = Contest(get(body, "contest", dict), hidden)
        elif kind == "act" and self.contest:
            self.contest.apply(body, hidden)
        elif kind == "salt" and entry.private:
            self.salt = bytes.fromhex(get(hidden, "salt", str))
        source = self.sources.setdefault(entry.source, Source())
        if kind == "source" and source.complete is None:
            self.introduced.append(entry.source)
        source.note(kind, body)
        seen, new, again = (get(body, name, int) if kind == "page" else 0 for name in COUNTS)
        if new != posts:
            raise Differs(f"Entry {n} says that it brought {plural(new, 'post')}, but has {posts}.")
        if not 0 <= again <= new <= seen:
            raise Differs(f"Entry {n} says numbers of posts that contradict each other.")
        if kind == "page":
            self.again[n] = again

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


COUNTS = ("seen", "new", "again")


def check_private(entry: Entry, does: str, body: dict[str, object]) -> dict[str, object]:
    """Return the private part; refuse one where no account is named, and names outside of one."""
    n, seals = entry.n, []
    if does in ("contest", "ruled"):
        rules = get(body.get("contest", body), "rules", dict, {} if does == "contest" else None)
        seals = get(rules, "exclude", list, [])
    elif does == "excluded":
        seals = get(body, "exclude", list)
    if entry.private == "" and does == "salt":
        raise Differs(f"Entry {n} should contain the salt.")
    if entry.private == "" and seals:
        raise Differs(f"Entry {n} excludes accounts that it does not name.")
    if entry.private != "" and not seals and does not in ("salt", "page"):
        raise Differs(f"Entry {n} hides something, though it names no account.")
    if not all(isinstance(each, str) and fits(each, "seal") for each in seals):
        raise Differs(f"Entry {n} shows accounts without their seals.")
    if not entry.private:
        return {}
    hidden = parsed(entry.private)
    if len(hidden) > 2:
        raise Differs(f"Entry {n} hides more than accounts.")
    check(hidden, PRIVATE[does])
    return hidden


def check_columns(n: int, page: Page) -> None:
    """Check that every column has a value for every post: all that follows relies on it."""
    size, keys = page.size, page.keys
    widths = ((page.tag_set_index, 2), (keys, 8), (page.seals, 16), (page.times, 8))
    key_texts = sum(byte >> 7 for byte in keys[7::8])
    places = array_of("H", page.tag_set_index) if len(page.tag_set_index) % 2 == 0 else [0]
    if (
        not 0 < size <= MOST_POSTS
        or any(len(column) != size * width for column, width in widths)
        or any(len(column) not in (0, 8 * size) for column in (page.births, page.revisions))
        or page.tag_sets[-1:] != b"\n"
        or max(places) >= page.tag_sets.count(b"\n")
        or not is_list(page.key_texts, key_texts)
        or (page.voters is not None and not is_list(page.voters, size))
    ):
        raise Differs(f"The posts of entry {n} have a column that is too long or too short.")


def is_list(column: bytes, items: int) -> bool:
    """Tell whether a column has so many texts, each ended by a newline."""
    return column.count(b"\n") == items and column[-1:] in (b"", b"\n")


# --- 3. The count, by the rules of docs/rules.md -------------------------------------------------

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
        self.told_rules: dict[str, object] = {}
        for name, usual in KNOWN_RULES.items():
            first = usual[0] if isinstance(usual, tuple) else usual
            self.rules[name] = get(rules, name, type(first), first)
            if name in RULES or self.rules[name] != first:
                self.told_rules[name] = self.rules[name]
        self.required = texts(rules, "required")
        self.seals = texts(rules, "exclude")  # of the excluded accounts
        self.names = texts(hidden or {}, "exclude")  # the same accounts, where they are shown
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
            self.pauses = [each for each in self.pauses if each[0] != time(act, "pause_ms")]
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
            self.seed = get(act, "seed", str, "")
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
        here = (p for p in self.pauses if p[0] <= at_ms and (p[1] is None or at_ms < p[1]))
        return next(here, None)

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
        self.key_texts: dict[int, str] = {}  # place of a post -> its key, if that is a text
        self.firsts: list[int] = []  # places of the first post of each page
        self.entries: list[int] = []  # and its entry
        self.opinions: list[Opinion] = []
        self.code_of: dict[object, int] = {}
        self.owners: dict[str, dict[str, list[int]]] = {}  # network -> folded tag -> choices
        self.out = {bytes.fromhex(each) for each in contest.seals}
        self.named = {seal(chain.salt, name) for name in contest.names}
        ends = (
            contest.opens_ms,
            contest.ends_ms(),
            *(end for each in contest.pauses for end in each),
        )
        self.bounds = sorted({end for end in ends if end is not None})
        self.stretch = partial(bisect_right, self.bounds)  # inside of one, all times are alike
        for entry, page in source.walk():
            if chain.until_at and entry.n > chain.until_at:
                break
            if page:
                self.add(entry.n, page)
        self.stands = bytearray(b"\1") * len(self.keys)
        self.claimed: list[int] = []  # places of posts of which a pack cannot tell whose they are
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
        hands = (contest.by_hand[tag] for tag in contest.tags)
        self.votes = [max(0, votes + by_hand) for votes, by_hand in zip(self.votes, hands)]

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
                self.key_texts[start + place] = text
        for network in {*networks} - {*self.owners}:
            self.named |= {seal(self.chain.salt, f"{network}:{a}") for a in self.contest.names}
            self.own(network)
        if page.voters is not None:
            voters = zip((networks[place] for place in index), lines_in(n, page.voters))
            check_seals(start, page.seals, voters, self.chain.salt)
        is_out, is_young = self.excluded(n, page.seals), [False] * page.size
        if age_ms and page.births:
            is_young = [born != 0 and at - born < age_ms for at, born in zip(times, births)]
        found = [*zip(index, map(self.stretch, times), is_out, is_young)]
        codes = {each: self.code(sets[each[0]], *each[1:]) for each in {*found}}
        self.codes.extend(map(codes.__getitem__, found))
        self.firsts.append(start)
        self.entries.append(n)
        self.keys += keys
        self.seals += page.seals
        self.times += times
        self.births += births
        self.revisions += revisions

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
            said = ["word:" + word.replace(" ", "_") for word in self.contest.words[number]]
            names = [fold(name, network) for name in (tag, *self.contest.aliases[number])]
            for name in (*names, *(fold(word, "") for word in said)):
                owners.setdefault(name, []).append(number)
        owners[""] = []  # nothing is left of such a tag on this network
        if len(self.owners) > 100:
            raise CannotRead("It has more networks than any vote.")

    def code(self, tag_set: str, stretch: int, is_out: bool, is_young: bool) -> int:
        """Return the code of what the rules say of such a post by itself."""
        known = (tag_set, stretch, is_out, is_young)
        if known not in self.code_of:
            at_ms = self.bounds[stretch - 1] if stretch else self.bounds[0] - 1
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
            ("counted", True),
        )
        verdict = next(verdict for verdict, applies in found if applies)
        choices = named[:1] if contest.rules["several"] == "first" else named
        counted = choices if verdict == "counted" else ()
        doubt = next(filter(is_doubtful, tags), "")
        return Opinion(network, kind, tags, at_ms, verdict, named, counted, missing, doubt)

    def shares(self, column: bytes) -> Iterator[list[int]]:
        """Return the places of all posts, in parts: by a byte that each has in `column`."""
        parts = 1 + len(column) // SHARE
        for part in range(parts):
            chosen = bytes(byte % parts == part for byte in range(256))
            yield list(compress(range(len(column)), column.translate(chosen)))

    def name(self, place: int) -> str:
        """Return the key of a post."""
        text = self.key_texts.get(place)  # may be empty
        return str(self.keys[place]) if text is None else text

    def post(self, place: int) -> tuple[str, str]:
        """Return the network and the key of a post."""
        return self.opinions[self.codes[place]].network, self.name(place)

    def seal_of(self, place: int) -> bytes:
        return bytes(self.seals[16 * place : 16 * place + 16])

    def keep_what_stands(self) -> None:
        """Keep one version of each post, and check how many each page says were known before."""
        claimed: list[list[int]] = []
        for places in self.shares(self.keys.tobytes()[2::8]):
            for seen in alike(places, self.keys.__getitem__, self.post):
                for place in seen:
                    self.stands[place] = 0
                for place in seen[1:]:
                    self.chain.again[self.entries[bisect_right(self.firsts, place) - 1]] -= 1
                ranks = [*map(self.rank, seen)]
                best = [place for place, rank in zip(seen, ranks) if rank == max(ranks)]
                if len({*map(self.seal_of, best)}) > 1:
                    claimed.append(best)
                else:
                    self.stands[max(best, key=self.rest)] = 1
        for best in claimed and self.of_their_accounts(claimed):
            self.stands[max(best, key=self.rest)] = 1
        for n, number in sorted(self.chain.again.items()):
            if number and not (self.chain.until_at and n > self.chain.until_at):
                raise Differs(f"Entry {n} says wrongly how many of its posts were known before.")

    def rank(self, place: int) -> tuple[object, ...]:
        """Return by what a version counts: the latest revision, then the one with most tags.

        A withdrawal without a revision comes last; with `withdrawn: keep` all are passed over.
        """
        opinion, revision = self.opinions[self.codes[place]], self.revisions[place]
        gone, tags = opinion.kind == "withdrawn", len({*opinion.tags.split(" ")} - {""})
        is_kept = not (gone and self.contest.rules["withdrawn"] == "keep")
        return (is_kept, gone and revision == 0, revision, gone, tags, -self.times[place])

    def rest(self, place: int) -> tuple[object, ...]:
        """Return by what one version of an account comes before another of the same rank."""
        opinion = self.opinions[self.codes[place]]
        return (opinion.tags, opinion.kind, self.births[place], -place)

    def of_their_accounts(self, claimed: list[list[int]]) -> Iterator[list[int]]:
        """Return of versions that differ in the account first those of the one that counts.

        A ledger has the accounts, and of these the largest counts. A pack has none: there the one
        counts that votes.csv names, and that is not proved.
        """
        if isinstance(self.source, Pack):
            self.claimed = [best[0] for best in claimed]
            wanted = {row_of(map(cell, self.post(place)))[:-1] for place in self.claimed}
            told: dict[str, str] = {}
            for row in self.source.votes(self.chain.salt):
                start = row_of(cells_in(row)[:2])[:-1]
                if start in wanted:
                    told[start] = cells_in(row)[6]
            for best in claimed:
                seal_there = told.get(row_of(map(cell, self.post(best[0])))[:-1])
                own = [place for place in best if self.seal_of(place).hex() == seal_there]
                if not own:
                    which = f"post {brief(self.name(best[0]))} is of an account that does not claim"
                    raise Differs(f"votes.csv: {which} it, or missing.")
                yield own
            return
        for best in claimed:
            accounts = [self.source.account(place + 1) for place in best]
            yield [place for place, account in zip(best, accounts) if account == max(accounts)]

    def choose_ballots(self) -> None:
        """Apply `per_account` to the accounts that have several ballots."""
        is_ballot = [bool(opinion.choices) for opinion in self.opinions]
        ballots = bytes(map(is_ballot.__getitem__, self.codes))
        for places in self.shares(bytes(self.seals[::16])):
            cast = [at for at in places if ballots[at] and self.stands[at]]
            for own in alike(cast, self.seal_of, self.seal_of):
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


def alike(
    places: list[int], first: Callable[[int], object], whole: Callable[[int], object]
) -> Iterable[list[int]]:
    """Return groups of places that are the same by `whole`; those are the same by `first`, too."""
    found = [*map(first, places)]
    if len({*found}) == len(found):
        return ()
    twice = {each for each, number in Counter(found).items() if number > 1}
    groups: dict[object, list[int]] = {}
    for place, each in zip(places, found):
        if each in twice:
            groups.setdefault(whole(place), []).append(place)
    return [group for group in groups.values() if len(group) > 1]


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
        before, tag = tag, "".join(map(sign_on_mastodon, nfkc(tag)))
    return tag


def nfkc(text: str) -> str:
    """Normalise. Python puts many marks behind a letter in order slowly: that is done before."""
    if len(text) >= LONGEST_CACHED:
        text = "".join(map(apart, text))
        if any(map(unicodedata.combining, text)):
            runs = groupby(text, key=lambda sign: unicodedata.combining(sign) > 0)
            text = "".join(
                "".join(sorted(run, key=unicodedata.combining) if are_marks else run)
                for are_marks, run in runs
            )
    return unicodedata.normalize("NFKC", text)


@lru_cache(16384)
def apart(sign: str) -> str:
    return unicodedata.normalize("NFKD", sign)


@lru_cache(16384)
def sign_on_mastodon(sign: str) -> str:
    return "".join(filter(is_part_on_mastodon, map(without_accent, sign.lower())))


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


# --- 4. What the result should say ---------------------------------------------------------------


def result(chain: Chain, contest: Contest, count: Count) -> dict[str, object]:
    """Return what result.json should say, value by value."""
    sources = [(name, chain.sources[name]) for name in chain.introduced]
    gaps = {
        name: [gap for gap in source.gaps if gap[3] or not source.is_swept]
        for name, source in sources
    }
    winners, decision = decided(contest, count)
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
        "lead": lead(contest, count, has_gap=any(gaps.values())),
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


def percentages(votes: list[int]) -> list[float]:
    """Return shares to a tenth, by largest remainder; equal votes have equal shares."""
    total = sum(votes)
    if not total:
        return [0.0] * len(votes)
    tenths = {number: number * 1000 // total for number in votes}
    left = 1000 - sum(tenths[number] for number in votes)
    for number in sorted(tenths, key=lambda number: (-(number * 1000 % total), -number)):
        same = votes.count(number)
        if same <= left or (left and 2 * (number * 1000 % total) >= total):
            tenths[number] += 1
        if same > left:
            break  # the next ones have smaller remainders: they stay cut
        left -= same
    return [tenths[number] / 10 for number in votes]


def decided(contest: Contest, count: Count) -> tuple[list[int], str]:
    """Return who has the most votes, or whom the rule for ties picks among them, and why."""
    leaders, rule, seed = count.leaders(), contest.rules["tie"], contest.seed
    if not leaders:
        return [], "There is no vote yet."
    votes = plural(count.votes[leaders[0]], "vote")
    if len(leaders) == 1:
        return leaders, f"{title(contest, leaders[0])} has the most votes: {votes}."
    tied = f"{titles(contest, leaders)} tie with {votes}."
    if rule == "earliest":
        winner = min(leaders, key=count.latest)
        return [winner], f"{tied} {title(contest, winner)} was there first."
    if rule == "draw" and not seed:
        return leaders, f"{tied} It is to be decided by drawing."
    if rule == "draw":
        lots = {number: fold(contest.tags[number], "") for number in leaders}
        winner = min(leaders, key=lambda number: sha256(f"{seed}\n{lots[number]}".encode()))
        words = f"The draw with the seed “{seed}” fell on {title(contest, winner)}."
        return [winner], f"{tied} {words}"
    return leaders, tied


def lead(contest: Contest, count: Count, *, has_gap: bool) -> str:
    """Say whether what was not counted could change who leads."""
    leaders, votes = count.leaders(), sorted(count.votes)
    if not leaders:
        return "No vote yet."
    if len(leaders) > 1:
        return f"{titles(contest, leaders)} tie with {plural(votes[-1], 'vote')}."
    if len(votes) == 1:
        return f"{title(contest, leaders[0])} has {plural(votes[-1], 'vote')}."
    ahead = votes[-1] - votes[-2]
    words = f"{title(contest, leaders[0])} leads by {ahead:,}."
    uncounted = sum(count.verdicts[each] for each in UNCOUNTED)
    if has_gap:
        return f"{words} Votes may be missing in a gap, and could change that."
    can = "cannot" if uncounted < ahead else "could"
    return f"{words} What is uncounted ({uncounted:,}) {can} change that." if uncounted else words


def completeness(source: Source, gaps: list[tuple[int, int, str, bool]]) -> str:
    if gaps:
        return f"gap {iso(min(gap[0] for gap in gaps))}–{iso(max(gap[1] for gap in gaps))}"
    return "exact" if source.complete and not source.bad else "at least"


REASONS = {  # the sentence of votes.csv for each verdict; for "repeat" by the rule `per_account`
    "counted": "It counts for {choices}{others}.",
    "excluded": "The account is left out.",
    "withdrawn": "It was deleted, or its account is gone.",
    "ignored": "In this vote {ignored} do not count.",
    "early": "It was posted before the vote opened at {opens}.",
    "late": "It was posted after the vote closed at {closes}{grace}.",
    "paused": "It was posted while the vote was paused, from {pause}.",
    "no choice": "It names none of the choices.",
    "incomplete": "It does not carry {missing}, which this vote requires.",
    "spoilt": "It names several choices: {named}.",
    "young": "The account was made on {at}; {age} of age are required.",
    "first": "An earlier vote of the account counts: of {at}.",
    "last": "A later vote of the account counts.",
    "per_choice": "The account has voted for {named} before.",
}


class Rows:
    """The rows of votes.csv that there should be."""

    def __init__(self, contest: Contest, count: Count) -> None:
        self.contest, self.count = contest, count

    def __iter__(self) -> Iterator[list[str]]:
        """Return the rows in the order of the chain, some at a time."""
        count, tail_of, moment_of = (
            self.count,
            lru_cache(1 << 16)(self.tail),
            lru_cache(1 << 16)(iso),
        )
        heads = [f'"{inside(opinion.network)}","' for opinion in count.opinions]
        tails = ["" if self.is_own(each) else self.tail(each, "") for each in count.opinions]
        for start in range(0, len(count.keys), AT_ONCE):
            part = slice(start, start + AT_ONCE)
            names: Iterable[object] = count.keys[part]
            if count.key_texts:
                names = [inside(count.name(place)) for place in range(len(count.keys))[part]]
            seals = count.seals[16 * part.start : 16 * part.stop].hex("\n", 16).split("\n")
            codes = count.codes[part]
            ends = [
                tails[code] or tail_of(count.opinions[code], self.own_moment(place))
                for place, code in enumerate(codes, start)
            ]
            each = zip(codes, names, count.times[part], ends, seals)
            rows = [
                f'{heads[c]}{key}","{moment_of(at)}{end}{seal}"\n' for c, key, at, end, seal in each
            ]
            yield [*compress(rows, count.stands[part])]

    def is_own(self, opinion: Opinion) -> bool:
        """Tell whether the reason of a verdict has a time that belongs to the post."""
        rule = self.contest.rules["per_account"]
        return opinion.verdict == "young" or (opinion.verdict == "repeat" and rule == "first")

    def own_moment(self, place: int) -> str:
        is_young = self.count.opinions[self.count.codes[place]].verdict == "young"
        first = self.count.earlier.get(place, place)
        return moment(self.count.births[place] if is_young else self.count.times[first])

    def tail(self, opinion: Opinion, at: str) -> str:
        """Return the end of a row, before the seal."""
        contest, named, choices = self.contest, opinion.named, opinion.choices
        said = " ".join(contest.tags[choice] for choice in choices or named)
        others, pause = "", contest.pause(opinion.at_ms) or (0, None)
        if len(choices) < len(named):
            before = [choice for choice in named if choice not in choices]
            others = f"; the account has voted for {tags(contest, before)} before"
            others = (
                ", the first choice it names" if contest.rules["several"] == "first" else others
            )
        is_repeat = opinion.verdict == "repeat"
        reason = REASONS[
            str(contest.rules["per_account"]) if is_repeat else opinion.verdict
        ].format(
            choices=tags(contest, choices),
            named=tags(contest, named),
            others=others,
            ignored=self.count.ignored(*opinion[:3]),
            opens=moment(contest.opens_ms),
            closes=moment(contest.closes_ms or 0),
            grace=f" and {span(contest.grace_s)} of grace" if contest.grace_s else "",
            pause=" to ".join(moment(each) for each in pause if each is not None),
            missing=listed([f"#{tag}" for tag in opinion.missing]),
            at=at,
            age=span(contest.age_s) if contest.age_s else "",
        )
        return f'","{inside(said)}","{opinion.verdict}","{inside(reason)}","'


def title(contest: Contest, choice: int) -> str:
    return contest.labels[choice] or f"#{contest.tags[choice]}"


def titles(contest: Contest, choices: Iterable[int]) -> str:
    return listed([title(contest, choice) for choice in choices])


def tags(contest: Contest, choices: Iterable[int]) -> str:
    return listed([f"#{contest.tags[choice]}" for choice in choices])


def listed(names: list[str]) -> str:
    """Write names as in a sentence: A, B and C."""
    *most, last = names or [""]
    return f"{', '.join(most)} and {last}" if most else last


def iso(at_ms: int) -> str:
    at = datetime(1970, 1, 1) + timedelta(milliseconds=at_ms)
    return at.isoformat(timespec="milliseconds" if at_ms % 1000 else "seconds") + "Z"


def moment(at_ms: int) -> str:
    told = iso(at_ms)
    return f"{told[:10]} {told[11:19]} UTC"


def span(seconds: int) -> str:
    spans = ((86400, "day"), (3600, "hour"), (60, "minute"), (1, "second"))
    size, unit = next((size, unit) for size, unit in spans if seconds % size == 0)
    return plural(seconds // size, unit).replace(",", "")


def plural(number: int, thing: str) -> str:
    return f"{number:,} {thing}{'s' * (number != 1)}"


GUARD = re.compile("(?:\\A|(?<=[,;|\t\r\n\"]))'")
FORMULA = re.compile("(?:\\A|(?<=[,;|\t\r\n\"]))(?=[-=+@\t\r\n'＝＋－＠])")
COLUMNS = ["network", "key", "time", "choice", "verdict", "reason", "account"]


def cell(text: str) -> str:
    """Return a text as votes.csv has it: an apostrophe guards what could begin a formula."""
    return FORMULA.sub("'", text)


def inside(text: str) -> str:
    """Return a text as it stands between the quotes of a cell."""
    return cell(text).replace('"', '""')


def row_of(cells: Iterable[str]) -> str:
    return ",".join('"' + each.replace('"', '""') + '"' for each in cells) + "\n"


def cells_in(row: str) -> list[str]:
    try:
        return next(csv.reader([row], strict=True), [])
    except csv.Error:
        return []


# --- 5. The comparison with what was given out ---------------------------------------------------

COUNTED = {"tally", "total", "leader", "winner", "decision", "lead", "verdicts", *COLUMNS[3:6]}


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
        kind = Miscounted if re.split(r"\W", place)[0] in COUNTED else Differs
        raise kind(f"result.json: {place[:-1]} is {brief(told)}, counted: {brief(right)}.")


def compare_votes(pack: Pack, count: Count) -> None:
    """Compare votes.csv, row by row, with the rows that there should be."""
    told, number = pack.votes(count.chain.salt), 0
    for rows in Rows(count.contest, count):
        here = [*islice(told, len(rows))]
        for row, right in zip(here, rows) if here != rows else ():
            number += 1
            cells, expected = cells_in(row), cells_in(right)
            if row != right and len(cells) == len(COLUMNS):
                name, is_so, should = next(
                    (each for each in zip(COLUMNS, cells, expected) if each[1] != each[2]),
                    ("row", row, right),
                )
                which = f"votes.csv, row {number}, post {brief(expected[1])}: {name} is"
                kind = Miscounted if name in COUNTED else Differs
                raise kind(f"{which} {brief(is_so)}, counted: {brief(should)}.")
            if row != right:
                raise Differs(f"votes.csv, row {number}: it is not written as packs write it.")
        if len(here) < len(rows):
            raise Differs("votes.csv leaves out posts: it ends too early.")
        number += len(rows) if here == rows else 0
    if next(told, None) is not None:
        raise Differs("votes.csv goes on after the last post.")


def verify(path: Path, published: str, told: str, unproved: list[str]) -> Iterator[str]:
    """Verify a ledger or a pack; say what is found, and add to `unproved` what remains open.

    `told` is the text of a result.json to compare a ledger with, if any.
    """
    with contextlib.ExitStack() as opened:
        source = source_of(path, opened)
        pack = source if isinstance(source, Pack) else None
        if pack and told:
            raise CannotRead("--result is for a ledger; a pack has a result.json of its own.")
        given = parsed("".join(pack.lines("result.json")) if pack else told or "{}")
        chain = Chain(published, get(given, "digest", str) if told else "")
        for entry, page in source.walk():
            chain.add(entry, page)
        contest = chain.end()
        entries = "1 entry" if chain.entries == 1 else f"{chain.entries:,} entries"
        yield f"{entries} and {plural(chain.posts, 'post')}: every digest fits."
        count = Count(chain, contest, source)
        if count.in_doubt:
            unproved.append(count.doubt())
        for place in count.claimed[:5]:
            which = f"{place + 1:,} ({brief(count.name(place))})"
            unproved.append(f"whose post {which} is: several accounts claim it.")
        if len(count.claimed) > 5:
            unproved.append(f"the same of {plural(len(count.claimed) - 5, 'more post')}.")
        try:
            unknown = [*compare(given, result(chain, contest, count))] if told or pack else []
            if pack:
                compare_votes(pack, count)
        except Miscounted as error:
            if count.in_doubt:
                raise CannotTell(f"{error} {count.doubt()}") from error
            raise
        if unknown:
            unproved.append(f"result.json: what it says of {brief(', '.join(unknown))}.")
        if pack:
            yield "result.json and every row of votes.csv say what was counted again:"
        elif told:
            yield f"The result of entries 1 to {chain.until_at} is what was counted again:"
        for tag, votes in zip(contest.tags, count.votes):
            hands = f" ({contest.by_hand[tag]:+,} by hand)" if contest.by_hand[tag] else ""
            yield f"  #{brief(tag)}  {votes:,}{hands}"
        if pack:
            pack.check_sums()
            names = brief(", ".join(sorted({*pack.zip.namelist()} - {*COUNTED_ANEW, SUMS})))
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
        for words in verify(asked.file, published, told, unproved):
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
    except Finding as finding:
        say(f"{finding.title}: {finding}")
        return finding.code
    except Exception as error:  # whatever a stranger's file may bring about
        say(f"CANNOT BE READ: {in_words(error, asked.file)}")
        return 2


def in_words(error: Exception, path: Path) -> str:
    """Say what went wrong without words of the language."""
    if isinstance(error, IsADirectoryError):
        return "it is a folder. Give pack.zip as it came, not what was unpacked."
    if isinstance(error, OSError):
        return f"{path}: {error.strerror or error}."
    if isinstance(error, UnicodeDecodeError):
        return "a text in it is not UTF-8."
    if isinstance(error, sqlite3.Error):
        return f"SQLite cannot read it: {error}."
    return "it is neither a ledger nor a pack, or a damaged one."


def run_older(arguments: list[str]) -> int:
    """Let the verifier of format 1 check what earlier versions of the program wrote."""
    older = Path(__file__).with_name("verify_format1.py")
    if older.exists():
        return int(runpy.run_path(str(older))["main"](arguments))
    say("CANNOT BE READ: an earlier version wrote it. A pack has a verify.py that can check it;")
    say("for a ledger, take verify_format1.py from the project.")
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
