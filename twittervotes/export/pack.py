"""The results pack: everything needed to read a result, and to prove it without this program.

The same ledger gives the same bytes: all files have the time of the ledger's last entry.
"""

from __future__ import annotations

import hashlib
import zipfile
from datetime import UTC, datetime
from importlib.resources import files
from typing import TYPE_CHECKING, BinaryIO

from twittervotes.core.counting import result
from twittervotes.core.counting.parallel import Passed
from twittervotes.core.ledger.format1 import VERSION as FORMAT_1
from twittervotes.export import chain_members, format1_chain, report, table
from twittervotes.export.phrases import shown

if TYPE_CHECKING:
    from collections.abc import Iterable

    from twittervotes.core.counting.parallel import Passed
    from twittervotes.export.redaction import Given

SUMS = "SHA256SUMS"
PARTS = 3  # passes over the posts: for the result, the votes and the chain
EARLIEST, LATEST = datetime(1980, 1, 1, tzinfo=UTC), datetime(2107, 12, 31, tzinfo=UTC)
UNIX, PLAIN_FILE = 3, 0o100644 << 16


def write(given: Given, file: BinaryIO, passed: Passed | None = None) -> None:
    """Write the pack to `file`; posts are read as a stream."""
    posts, is_format_1 = given.reader.posts, given.reader.format == FORMAT_1
    snapshot = given.outcome(_part(0, posts, passed))
    with zipfile.ZipFile(file, "w") as archive:
        pack = _Pack(archive, given.reader.at_ms)
        pack.put("README.txt", [readme(shown(snapshot.contest.title), given)])
        pack.put("result.json", [result.text(snapshot)])
        pack.put("report.html", [report.page(snapshot, given)])
        pack.put("verify.py", [verifier(is_format_1=is_format_1)])
        pack.put("votes.csv", table.votes(given, _part(1, posts, passed)))
        if is_format_1:
            pack.put("chain.jsonl", format1_chain.lines(given, _part(2, posts, passed)))
        else:
            pack.put("chain.jsonl", chain_members.entries(given))
            pack.put("posts.bin", chain_members.posts(given, _part(2, posts, passed)))
        pack.put(SUMS, pack.sums())


def verifier(*, is_format_1: bool = False) -> str:
    """Return the stand-alone verifier for a ledger format."""
    name = "verify_format1.py" if is_format_1 else "verify.py"
    return files("twittervotes").joinpath("standalone", name).read_text("utf-8")


def readme(title: str, given: Given) -> str:
    """Return the README: what each file of the pack is."""
    is_format_1 = given.reader.format == FORMAT_1
    accounts = NAMED if given.with_accounts else SEALED + (HIDDEN if is_format_1 else PROVED)
    members, layout = (FORMAT_1_MEMBERS, FORMAT_1_LAYOUT) if is_format_1 else (MEMBERS, LAYOUT)
    return README.format(title=title, accounts=accounts, members=members, layout=layout)


class _Pack:
    def __init__(self, archive: zipfile.ZipFile, at_ms: int) -> None:
        self._archive = archive
        self._time = _zip_time(at_ms)
        self._sums: dict[str, str] = {}

    def put(self, name: str, texts: Iterable[str | bytes]) -> None:
        info = zipfile.ZipInfo(name, self._time)
        info.compress_type = zipfile.ZIP_DEFLATED
        info.create_system, info.external_attr = UNIX, PLAIN_FILE
        summing = hashlib.sha256()
        with self._archive.open(info, "w", force_zip64=True) as member:
            for text in texts:
                data = text if isinstance(text, bytes) else text.encode()
                summing.update(data)
                member.write(data)
        self._sums[name] = summing.hexdigest()

    def sums(self) -> list[str]:
        """Return the SHA-256 of every member so far, in the format of `sha256sum`."""
        return [f"{digest}  {name}\n" for name, digest in self._sums.items()]


def _zip_time(at_ms: int) -> tuple[int, int, int, int, int, int]:
    low, high = (int(each.timestamp()) for each in (EARLIEST, LATEST))
    at = datetime.fromtimestamp(min(max(at_ms // 1000, low), high), UTC)
    return at.year, at.month, at.day, at.hour, at.minute, at.second


def _part(number: int, posts: int, passed: Passed | None) -> Passed | None:
    """Return the progress callback of one part, which reports the progress of the whole."""
    if passed is None:
        return None
    return lambda read: passed((number * posts + read) // PARTS)


README = """\
{title}
A result, and all that is needed to prove it.

To check it, with Python 3.8 or newer and nothing else:

    python verify.py pack.zip --digest HEX

HEX is the digest that was published. Take verify.py out of the pack, or better from a place that
you trust. It counts the votes again, walks the chain, and compares every value of result.json and
votes.csv with what it finds. It ends with CONFIRMED and exit code 0, with 1 when something
differs, 2 when it cannot read the pack, and 3 when something could not be proved, which it names.

{members}
The chain does not prove report.html, verify.py and this file: only SHA256SUMS vouches for them,
and whoever changes them can write that again.

{accounts}

In votes.csv a text that a spreadsheet would take for a formula (it begins with = + - @ or the
like, or with an apostrophe) has one more apostrophe in front; take one off to get the text. The
keys of posts are long numbers on some networks: import that column as text. Times are UTC.

{layout}"""
FORMAT_1_MEMBERS = """\
result.json   the result, for programs
report.html   the result, for people: open it in a browser; it prints well
votes.csv     every post: its choice, whether it counted, and why
chain.jsonl   what was recorded, entry by entry, each with the digest that chains it
verify.py     checks all of this by itself
SHA256SUMS    the SHA-256 of each of these files, for `sha256sum -c` as well
"""
MEMBERS = FORMAT_1_MEMBERS.replace(
    "verify.py  ",
    "posts.bin     the posts of these entries, as the digests cover them\nverify.py  ",
)
FORMAT_1_LAYOUT = """\
chain.jsonl has one JSON object a line: n, kind, source, at_ms, body, digest, and posts with seq,
source, network, key, account, at_ms, tags, kind, revision, born_ms. SHA-256 is taken of bytes:

    digest(n) = SHA-256( digest(n-1) + SHA-256(line of entry n) + SHA-256(lines of its posts) )

digest(0) is 32 zero bytes. A line is values parted by tabs and ended by a newline: of an entry
n, kind, source, at_ms, body; of a post seq, n, and then source to born_ms in the order above.
Where line_sha256 stands instead of body, it is the SHA-256 of the line of the entry.
"""
LAYOUT = """\
chain.jsonl has one JSON object a line: n, kind, source, at_ms, body, the number of posts, digest,
and private_sha256 where a part of the entry is private. SHA-256 is taken of bytes:

    digest(n) = SHA-256( digest(n-1) + SHA-256(line of entry n) + private_sha256 + SHA-256(posts) )

digest(0) is 32 zero bytes, and so is private_sha256 where an entry has none. A line is n, kind,
source, at_ms and body, separated by tabs and ended by a newline. posts.bin has, one entry after
the other, the bytes that are hashed: a line with the number of posts and the lengths of eight
columns, then the columns. These are the tag sets; for each post its tag set and its key; the keys
that are texts; for each post its seal, its time, the birth of its account and its revision. For an
entry without posts the line "0 0 0 0 0 0 0 0 0" is hashed. docs/proof.md describes all of it.
"""
SEALED = """\
Accounts are not named: a seal stands for each, the same wherever the account appears. It is a
keyed hash whose key stays with whoever held the vote. A post's key does lead to the post, and
there to its author, as long as the network shows it."""
HIDDEN = """\
 Entries that name accounts (one is left out)
are shown in part only: that they say what is shown can be proved with the ledger alone, and
verify.py ends with 3 and names them."""
PROVED = """\
 Entries that exclude an account show its
seal. Each has a hash of the name beside it: all that is shown is proved."""
NAMED = """\
ACCOUNTS ARE NAMED in this pack, in votes.csv and in chain.jsonl. Give it only to those who may
know who voted for what."""
