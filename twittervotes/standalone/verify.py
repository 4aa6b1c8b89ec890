"""Check the result of a hashtag vote: that nothing in its record was changed, and that it adds up.

    python verify.py pack.zip [--digest HEX]      the results as they were given out
    python verify.py vote.votes [--digest HEX]    the ledger itself, for who was given that

HEX is the digest that the organiser published when the vote ended. Without it you learn that the
record fits itself, but not that it is the record of that day.

This one file needs Python 3.8 or newer and nothing else. It shares no line with the program that
counted, and was written from docs/proof.md and docs/rules.md: what the two agree on, they agree on
for two reasons. It ends with 0 (confirmed), 1 (something differs: the first thing is told) or 2
(this cannot be read), changes nothing, and holds little in memory: posts go to a temporary file.

How it goes: (1) the digests are computed anew, from the ledger's rows or the pack's lines; (2) the
rules are applied to the posts; (3) the numbers are compared with those that were given out.
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
from typing import Iterable, Iterator, NamedTuple, TypeVar  # noqa: UP035 - Python 3.8

T = TypeVar("T")

LONGEST = 64 * 1024 * 1024  # bytes of one line; a page of posts is far below
BOMB = (100 * 1024 * 1024, 200)  # what is larger, and packed to less than one part in so many
GUARD = re.compile("(?:\\A|(?<=[,;|\t\r\n\"]))'")  # in votes.csv: before what may begin a formula
UNCLEAN = re.compile("[\0-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff]")  # no value of a post holds them


class Differs(Exception):  # noqa: N818 - it is no error of this program
    """Something is not as it was written, or does not add up: exit code 1."""


class CannotRead(Exception):  # noqa: N818
    """This is neither a ledger nor a pack, or a damaged one: exit code 2."""


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
    is_whole: bool = True  # False: the body names accounts, and was not given out as it is


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
    voter: str = ""  # as the network names the account; a pack does not tell


POST_TYPES = (int, int, str, str, str, str, int, str, str, int, int)
POST_MARKS = "(" + ", ".join("?" * len(Post._fields)) + ")"


def line(*values: object) -> bytes:
    """Return the bytes that stand for a row. What was no text in a damaged file stays none."""
    return ("\t".join(map(str, values)) + "\n").encode("utf-8", "surrogateescape")


def seal(salt: bytes, account: str) -> str:
    """Seal an account, given as "network:voter"."""
    data = account.encode("utf-8", "surrogateescape")
    return hashlib.blake2b(data, key=salt, digest_size=16).hexdigest()


class Chain:
    """Takes the entries in order, checks each, and keeps what the count needs."""

    def __init__(self, published: str | None) -> None:
        self.published = published
        self.published_at = 0  # the entry that has the published digest
        self.digest = bytes(32)
        self.entries = self.posts = 0
        self.salt = b""
        self.contest: object = None  # as it was laid down
        self.acts: list[object] = []  # what was done to it
        self.on_trust: list[int] = []  # entries that were not given out as they are
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
            # With a tab in a value, one row's line could stand for another row.
            if UNCLEAN.search(post.network + post.key + post.account + post.tags + post.kind):
                raise Differs(f"Post {seq} holds signs that no ledger holds.")
        if UNCLEAN.search(entry.kind + entry.source) or re.search(
            "[\t\n\ud800-\udfff]", entry.body
        ):
            raise Differs(f"Entry {n} holds signs that no ledger holds.")
        self.entries, self.posts, self.digest = n, self.posts + len(posts), entry.digest
        if entry.digest.hex() == self.published:
            self.published_at = n
        try:
            self.understand(entry, parsed(entry.body), len(posts))
        except (CannotRead, ValueError) as error:
            raise Differs(f"Entry {n} does not say what a ledger says there. {error}") from error
        self.store.executemany(f"INSERT INTO posts VALUES {POST_MARKS}", posts)  # noqa: S608 - our words

    def understand(self, entry: Entry, body: object, posts: int) -> None:
        n, kind = entry.n, entry.kind
        if (kind == "contest") != (n == 1) or (kind == "salt") != (n == 2):
            raise Differs(f"Entry {n} is of the kind {kind!r}, which does not belong there.")
        if kind == "contest":
            self.contest = get(body, "contest", dict)
        elif kind == "act":
            self.acts.append(body)
        elif kind == "salt" and entry.is_whole:
            self.salt = bytes.fromhex(get(body, "salt", str))
            if not self.salt:
                raise Differs(f"Entry {n} should hold the salt.")
        elif kind == "page" and not entry.is_whole:
            raise Differs(f"Entry {n} was not given out, though a page names no account.")
        if kind != "salt" and not entry.is_whole:
            self.on_trust.append(n)
        new = get(body, "new", int) if kind == "page" else 0
        if new != posts:
            raise Differs(f"Entry {n} says that it brought {new} posts, and has {posts}.")
        if kind == "page":
            self.again[n] = get(body, "again", int)

    def end(self) -> None:
        if self.entries < 2:
            raise CannotRead("It does not say what the vote is.")
        if 0 < self.published_at < self.entries:
            words = f"stands for entries 1 to {self.published_at}; there are {self.entries}"
            raise Differs(f"The published digest {words}: the others were added after it.")
        if self.published and not self.published_at:
            raise Differs(
                "All entries fit each other, but not the published digest:"
                " this record was cut short, written anew, or is another one."
            )


# --- The chain in a ledger: an SQLite file ---

LAYOUT = {
    "entries": "CREATE TABLE entries ( n INTEGER PRIMARY KEY, kind TEXT NOT NULL, source TEXT NOT"
    " NULL, at_ms INTEGER NOT NULL, body TEXT NOT NULL, digest BLOB NOT NULL ) STRICT",
    "posts": "CREATE TABLE posts ( seq INTEGER PRIMARY KEY, entry INTEGER NOT NULL, source TEXT NOT"
    " NULL, network TEXT NOT NULL, key TEXT NOT NULL, voter TEXT NOT NULL, at_ms INTEGER NOT NULL,"
    " tags TEXT NOT NULL, kind TEXT NOT NULL, revision INTEGER NOT NULL, born_ms INTEGER NOT NULL,"
    " mark INTEGER NOT NULL ) STRICT",
    "posts_by_key": "CREATE INDEX posts_by_key ON posts (key)",
}
TABLES = {"entries": "entries", "posts": "posts", "posts_by_key": "posts"}


def read_ledger(path: Path, chain: Chain) -> None:
    path = path.resolve()  # SQLite looks beside the file that a link leads to
    check_beside(path)
    # While a vote goes on, its newest rows are in a second file. Without that, SQLite is told that
    # nothing changes: then it makes no files of its own beside what may be evidence.
    mode = "mode=ro" if Path(f"{path}-wal").exists() else "mode=ro&immutable=1"
    with contextlib.closing(sqlite3.connect(f"{path.as_uri()}?{mode}", uri=True)) as db:
        db.text_factory = lambda data: data.decode("utf-8", "surrogateescape")
        db.execute("PRAGMA trusted_schema = OFF")
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
    missing = [(sql.split()[1].lower(), name, TABLES[name], sql) for name, sql in LAYOUT.items()]
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


def read_pack(pack: zipfile.ZipFile, chain: Chain) -> None:
    names = pack.namelist()
    for name in ("chain.jsonl", "result.json", "votes.csv"):
        if names.count(name) != 1:
            raise CannotRead(f"A pack has one {name}, and this has {names.count(name)}.")
    for member in pack.infolist():
        if re.search(r"[/\\:]|^\.+$", member.filename):
            raise CannotRead(f"It holds {member.filename[:80]!r}, a name with a path.")
        size, times = BOMB
        if member.file_size > max(size, times * member.compress_size):
            raise CannotRead(f"{member.filename} unpacks to more than can be believed.")
    for text in lines_of(pack, "chain.jsonl"):
        chain.add(*pack_entry(parsed(text)))


def pack_entry(row: dict[str, object]) -> tuple[Entry, list[Post]]:
    """Read a line. Where the body names accounts, it has the sum of the entry's line instead."""
    n, kind, source = get(row, "n", int), get(row, "kind", str), get(row, "source", str)
    at_ms, digest = get(row, "at_ms", int), bytes.fromhex(get(row, "digest", str))
    if "body" in row:
        body = get(row, "body", str)
        line_sum = hashlib.sha256(line(n, kind, source, at_ms, body)).digest()
    else:
        body = json.dumps(get(row, "public", dict, {}))
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


# --- 2. The count, by the rules of docs/rules.md -------------------------------------------------


class Contest:
    """The contest as it stands after all acts."""

    def __init__(self, laid_down: object, acts: list[object]) -> None:
        choices = get(laid_down, "choices", list)
        self.tags = [get(choice, "tag", str) for choice in choices]
        self.names = [[get(each, "tag", str), *get(each, "aliases", list, [])] for each in choices]
        self.opens_ms = get(laid_down, "opens_ms", int, 0)
        self.closes_ms = time(laid_down, "closes_ms")
        self.pauses = [[*pause] for pause in get(laid_down, "pauses", list, [])]
        self.seed = get(laid_down, "seed", str, "")
        self.by_hand: Counter[str] = Counter()  # votes that no network brought
        self.rule(get(laid_down, "rules", dict, {}))
        for adjustment in get(laid_down, "adjustments", list, []):
            self.by_hand[get(adjustment, "tag", str)] += get(adjustment, "votes", int)
        for act in acts:
            self.apply(act)

    def rule(self, rules: object) -> None:
        self.per_account = get(rules, "per_account", str, "first")
        self.several = get(rules, "several", str, "spoilt")
        usual = (("repost", "reposts", "ignore"), ("quote", "quotes", "count"))
        policies = (*usual, ("reply", "replies", "count"))
        self.ignored = {
            kind for kind, name, policy in policies if get(rules, name, str, policy) == "ignore"
        }
        self.required = get(rules, "required", list, [])
        self.age_ms = get(rules, "min_account_age_s", int, 0) * 1000
        self.grace_ms = get(rules, "grace_s", int, 0) * 1000
        self.exclude = [*get(rules, "exclude", list, [])]
        self.withdrawn = get(rules, "withdrawn", str, "drop")
        self.tie = get(rules, "tie", str, "declare")

    def apply(self, act: object) -> None:
        """Votes are let in from the second an act falls in, and kept out from the next one on."""
        does, at_ms = get(act, "does", str), get(act, "at_ms", int)
        is_paused = bool(self.pauses) and self.pauses[-1][1] is None
        until_ms = time(act, "until_ms") if does == "extended" else at_ms
        if does == "opened":
            self.opens_ms = min(self.opens_ms, at_ms - at_ms % 1000)
        elif does == "paused" and not is_paused:
            self.pauses.append([at_ms + -at_ms % 1000, None])
        elif does == "resumed" and is_paused:
            self.pauses[-1][1] = max(self.pauses[-1][0], at_ms - at_ms % 1000)
        elif does in ("closed", "extended") and until_ms is not None:
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
            self.by_hand[get(act, "tag", str)] += get(act, "votes", int)


class Count:
    """A verdict for every post, and the votes of every choice."""

    def __init__(self, chain: Chain, *, keep: bool) -> None:
        self.keep = keep  # the verdicts, to compare them
        self.contest = contest = Contest(chain.contest, chain.acts)
        self.store = chain.store
        self.folded: dict[str, tuple[dict[str, list[int]], set[str]]] = {}
        self.excluded = set(contest.exclude)  # seals already, where the salt was not given out
        if chain.salt:
            networks = [row[0] for row in self.store.execute("SELECT DISTINCT network FROM posts")]
            for name in contest.exclude:  # a voter, or network:voter
                self.excluded |= {seal(chain.salt, f"{each}:{name}") for each in networks}
                self.excluded.add(seal(chain.salt, name))
        self.store.execute(f"CREATE TABLE standing ({', '.join(Post._fields)})")
        self.store.execute(
            "CREATE TABLE verdicts (network, key, account, at_ms, choice, verdict, told,"
            " PRIMARY KEY (network, key)) WITHOUT ROWID"
        )
        self.keep_what_stands(chain.again)
        self.votes = [0] * len(contest.tags)
        self.latest = [(0, "")] * len(contest.tags)  # time and key of each choice's last vote
        self.verdicts: Counter[str] = Counter()
        sorted_posts = "SELECT * FROM standing ORDER BY network, account, at_ms, key"
        found = map(Post._make, self.store.execute(sorted_posts))
        for _, posts in groupby(found, key=lambda post: (post.network, post.account)):
            self.count([*posts])
        for number, tag in enumerate(contest.tags):
            self.votes[number] = max(0, self.votes[number] + contest.by_hand[tag])

    def keep_what_stands(self, again: Counter[int]) -> None:
        """Keep of each post the version that counts: the latest revision, then the most tags.

        A withdrawal without a revision comes last; by `withdrawn: keep` all are passed over.
        """
        found = map(
            Post._make, self.store.execute("SELECT * FROM posts ORDER BY network, key, seq")
        )
        for _, versions in groupby(found, key=lambda post: (post.network, post.key)):
            best, *others = seen = [*versions]
            if others:
                again.subtract(post.entry for post in others)
                if self.contest.withdrawn == "keep":
                    seen = [post for post in seen if post.kind != "withdrawn"] or seen
                best = max(seen, key=rank)
            if not best.voter and any(
                rank(post)[:5] == rank(best)[:5] and post.account != best.account for post in seen
            ):
                raise CannotRead(f"Two accounts claim post {best.seq}; sealed, they have no order.")
            self.store.execute(f"INSERT INTO standing VALUES {POST_MARKS}", best)  # noqa: S608 - our words
        for n, number in sorted(again.items()):
            if number:
                raise Differs(f"Entry {n} says wrongly how many of its posts were known before.")

    def count(self, posts: list[Post]) -> None:
        """Count the posts of one account, from its first to its last."""
        rule = self.contest.per_account
        used: set[int] = set()
        judged = [(post, *self.judge(post)) for post in posts]
        ballots = [post for post, verdict, _ in judged if verdict == "counted"]
        for post, verdict, named in judged:
            choices = named if verdict == "counted" else []
            if self.contest.several == "first":
                choices = choices[:1]
            if rule == "per_choice":
                choices = [choice for choice in choices if choice not in used]
            elif rule != "all" and choices and post is not ballots[-1 if rule == "last" else 0]:
                choices = []
            used.update(choices)
            for choice in choices:
                self.votes[choice] += 1
                self.latest[choice] = max(self.latest[choice], (post.at_ms, post.key))
            final = "repeat" if verdict == "counted" and not choices else verdict
            self.verdicts[final] += 1
            if self.keep:
                told = " ".join(self.contest.tags[choice] for choice in choices or named)
                values = (post.network, post.key, post.account, post.at_ms, told, final)
                self.store.execute("INSERT INTO verdicts VALUES (?, ?, ?, ?, ?, ?, 0)", values)

    def judge(self, post: Post) -> tuple[str, list[int]]:
        """Return what the rules say of a post by itself, and the choices that it names."""
        contest, at_ms = self.contest, post.at_ms
        owners, required = self.tags_on(post.network)
        tags = [fold(tag, post.network) for tag in post.tags.split(" ")]
        choices = [*dict.fromkeys(choice for tag in tags for choice in owners.get(tag, []))]
        ends_ms = None if contest.closes_ms is None else contest.closes_ms + contest.grace_ms
        for verdict, applies in (  # the first that applies is told
            ("excluded", post.account in self.excluded),
            ("withdrawn", post.kind == "withdrawn"),
            ("ignored", post.kind in contest.ignored),
            ("early", at_ms < contest.opens_ms),
            ("late", ends_ms is not None and at_ms >= ends_ms),
            ("paused", any(a <= at_ms and (b is None or at_ms < b) for a, b in contest.pauses)),
            ("no choice", not choices),
            ("incomplete", not required <= {*tags}),
            ("spoilt", len(choices) > 1 and contest.several == "spoilt"),
            ("young", post.born_ms != 0 and at_ms - post.born_ms < contest.age_ms),
        ):
            if applies:
                return verdict, choices
        return "counted", choices

    def tags_on(self, network: str) -> tuple[dict[str, list[int]], set[str]]:
        """Return which tags a network takes for which choice, and those a post must also carry."""
        if network not in self.folded:
            owners: dict[str, list[int]] = {}
            for number, names in enumerate(self.contest.names):
                for name in names:
                    owners.setdefault(fold(name, network), []).append(number)
            owners.pop("", None)  # nothing is left of such a tag on this network
            required = {fold(tag, network) for tag in self.contest.required}
            self.folded[network] = owners, required
        return self.folded[network]

    def leaders(self) -> list[int]:
        most = max(self.votes, default=0)
        return [number for number, votes in enumerate(self.votes) if votes == most and most]

    def winners(self) -> list[int]:
        """Return who has the most votes, or whom the rule for ties picks among them."""
        leaders, rule, seed = self.leaders(), self.contest.tie, self.contest.seed
        if len(leaders) > 1 and rule == "earliest":
            return [min(leaders, key=lambda number: self.latest[number])]
        if len(leaders) > 1 and rule == "draw" and seed:
            lots = [f"{seed}\n{fold(self.contest.tags[number], '')}".encode() for number in leaders]
            sums = [hashlib.sha256(lot).digest() for lot in lots]
            return [leaders[sums.index(min(sums))]]
        return leaders


def rank(post: Post) -> tuple[object, ...]:
    whole = (post.network, post.key, post.voter, post.at_ms, post.tags, post.kind)
    gone = post.kind == "withdrawn"
    last = gone and post.revision == 0
    tags = len({*post.tags.split(" ")} - {""})
    return (last, post.revision, gone, tags, -post.at_ms, *whole, post.born_ms)


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
SPANS = [span.partition("-") for span in MARKS.split()]
ALPHABETIC = [(int(first, 16), int(last or first, 16)) for first, _, last in SPANS]
LETTERS, PLAIN = "ÐðĐđĦħıĸĿŀŁłŉŊŋØøſŦŧ", "DdDdHhikLlLlnNnOosTt"  # where no accent comes off


@lru_cache(16384)
def fold(tag: str, network: str) -> str:
    """Return a tag as a network compares it; Mastodon also takes off accents and signs."""
    if network != "mastodon":
        tag = unicodedata.normalize("NFKC", tag).casefold()
        return unicodedata.normalize("NFKC", tag).lstrip("#")
    before = ""
    while tag != before:  # what a deletion brings together may be one letter
        before = tag
        signs = [sign.lower() for sign in unicodedata.normalize("NFKC", tag)]
        tag = "".join(filter(is_part_on_mastodon, "".join(map(without_accent, "".join(signs)))))
    return tag


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
        or (category in ("Mn", "Mc") and any(a <= code <= b for a, b in ALPHABETIC))
        or any(first <= code < first + 26 for first in (0x1F130, 0x1F150, 0x1F170))  # 🅐
    )


# --- 3. What was given out -----------------------------------------------------------------------


def compare_result(result: object, chain: Chain, count: Count) -> None:
    tags = count.contest.tags
    tally = [
        (get(row, "choice", str), get(row, "votes", int)) for row in get(result, "tally", list)
    ]
    verdicts = get(result, "verdicts", dict)
    for what, told, counted in (
        ("digest", get(result, "digest", str), chain.digest.hex()),
        ("tally", tally, [(tag, count.votes[number]) for number, tag in enumerate(tags)]),
        ("total", get(result, "total", int), sum(count.votes)),
        ("leader", get(result, "leader", list), [tags[number] for number in count.leaders()]),
        ("winner", get(result, "winner", list), [tags[number] for number in count.winners()]),
        ("verdicts", {name: told for name, told in verdicts.items() if told}, {**count.verdicts}),
    ):
        if told != counted:
            raise Differs(f"result.json: {what} is {brief(told)}, counted: {brief(counted)}.")


def compare_votes(rows: Iterable[dict[str, str]], chain: Chain, count: Count) -> None:
    """Compare every row of votes.csv with the verdict on its post."""
    here = "WHERE network = ? AND key = ?"
    for number, row in enumerate(rows, 1):
        network, key = cell(row, "network"), cell(row, "key")
        found = count.store.execute(
            f"SELECT at_ms, choice, verdict, account, told FROM verdicts {here}",  # noqa: S608 - our words
            (network, key),
        ).fetchone()
        if found is None or found[4]:
            which = "is not in the chain" if found is None else "was in a row before"
            raise Differs(f"votes.csv, row {number}: the post {brief(key)} {which}.")
        right = {
            "time": iso(found[0]),
            "choice": found[1],
            "verdict": found[2],
            "account": found[3],
        }
        told = {name: cell(row, name) for name in right}
        if "voter" in row:
            told["seal of the voter"] = seal(chain.salt, f"{network}:{cell(row, 'voter')}")
            right["seal of the voter"] = found[3]
        for name, value in right.items():
            if told[name] != value:
                words = f"{name} is {brief(told[name])}, counted: {brief(value)}"
                raise Differs(f"votes.csv, row {number}, post {brief(key)}: {words}.")
        count.store.execute(f"UPDATE verdicts SET told = 1 {here}", (network, key))  # noqa: S608 - our words
    (missing,) = count.store.execute("SELECT count(*) FROM verdicts WHERE NOT told").fetchone()
    if missing:
        raise Differs(f"votes.csv leaves out {missing} posts.")


def iso(at_ms: int) -> str:
    try:
        at = datetime(1970, 1, 1) + timedelta(milliseconds=at_ms)
    except OverflowError:
        return f"{at_ms} ms"
    return at.isoformat(timespec="milliseconds" if at_ms % 1000 else "seconds") + "Z"


def cell(row: dict[str, str], name: str) -> str:
    """Return a value of a row, without the "'" before what could begin a formula."""
    found = row.get(name)
    if found is None:
        raise CannotRead(f"votes.csv has no column {name!r}, or a row that is too short.")
    return GUARD.sub("", found)


# --- Reading what strangers wrote, and telling how it went ---------------------------------------


def parsed(text: str) -> dict[str, object]:
    found = json.loads(text, parse_int=whole_number)
    if not isinstance(found, dict):
        raise CannotRead("It holds JSON that is no object.")
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


def time(value: object, name: str) -> int | None:
    """Return a time that may not be set."""
    is_set = isinstance(value, dict) and value.get(name) is not None
    return get(value, name, int) if is_set else None


def brief(value: object) -> str:
    return str(value)[:300]


def check(path: Path, published: str | None) -> Iterator[str]:
    """Check a ledger or a pack; tell, line by line, what is confirmed."""
    with path.open("rb") as file:
        is_ledger = file.read(16) == b"SQLite format 3\0"
    chain = Chain(published)
    with contextlib.closing(chain.store), contextlib.ExitStack() as opened:
        if is_ledger:
            read_ledger(path, chain)
        else:
            pack = opened.enter_context(zipfile.ZipFile(path))
            read_pack(pack, chain)
        chain.end()
        yield f"{chain.entries:,} entries and {chain.posts:,} posts: every digest fits."
        count = Count(chain, keep=not is_ledger)
        if not is_ledger:
            compare_result(parsed("".join(lines_of(pack, "result.json", whole=True))), chain, count)
            compare_votes(csv.DictReader(lines_of(pack, "votes.csv"), strict=True), chain, count)
            yield "result.json and every row of votes.csv say what was counted anew:"
        for number, tag in enumerate(count.contest.tags):
            hands = count.contest.by_hand[tag]
            yield f"  #{brief(tag)}  {count.votes[number]:,}" + (
                f" ({hands:+,} by hand)" if hands else ""
            )
        if chain.on_trust:
            yield f"Not given out, as they name accounts: entries {brief(chain.on_trust)}."
            yield "What they do to the vote is taken on trust; who has the ledger can check it."
        yield f"Digest: {chain.digest.hex()}"
        yield "It is the published one." if published else "Compare it with the published one."
        yield "CONFIRMED"


def main(arguments: list[str]) -> int:
    parser = argparse.ArgumentParser(description="Check the result of a hashtag vote.")
    parser.add_argument("file", type=Path, help="pack.zip, or a ledger")
    parser.add_argument("--digest", default="", help="the published digest, 64 hex digits")
    asked = parser.parse_args(arguments)
    published = asked.digest.strip().lower()
    if asked.digest and not re.fullmatch("[0-9a-f]{64}", published):
        parser.error("a digest has 64 signs, each 0 to 9 or a to f")
    try:
        for words in check(asked.file, published):
            say(words)
        return 0
    except Differs as error:
        say(f"NOT CONFIRMED: {error}")
        return 1
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


def say(words: str) -> None:
    """Print a line; what strangers wrote must not steer the terminal."""
    encoding = sys.stdout.encoding or "ascii"
    plain = "".join(sign if sign.isprintable() else "?" for sign in words[:1000])
    sys.stdout.write(plain.encode(encoding, "replace").decode(encoding) + "\n")


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
