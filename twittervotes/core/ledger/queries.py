"""Queries of a ledger's rows, for its writer and its readers alike.

A ledger may come from a stranger: invalid values raise LedgerError with a sentence.
"""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

import msgspec

from twittervotes.core.contest.act_kinds import after_all
from twittervotes.core.contest.acts import Act, ActKind
from twittervotes.core.contest.contest import Contest, check_size
from twittervotes.core.contest.posts import LONGEST_VALUE, TIMES_MS
from twittervotes.core.contest.rules import RULES, unwritten
from twittervotes.core.contest.snapshot import Record
from twittervotes.core.errors import ContestError, LedgerError
from twittervotes.core.ledger import file, format1_chain
from twittervotes.core.ledger.disclosure import Body, seals_in, whole

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Iterable, Iterator
    from pathlib import Path


LEAST_ROW = 16  # minimum size of a row on disk, in bytes
_FIELDS = frozenset(rule.field for rule in RULES)


def end(db: sqlite3.Connection) -> tuple[int, bytes]:
    """Return the number of the last entry, and the digest of the whole ledger."""
    row = db.execute("SELECT n, digest FROM entries ORDER BY n DESC LIMIT 1").fetchone()
    return (row[0], row[1]) if row else (0, format1_chain.START)


def posts(path: Path, db: sqlite3.Connection) -> int:
    """Return the number of the last post; callers allocate memory for that many.

    Raises LedgerError if the file is too small to hold so many rows.
    """
    number = 0
    last = ("posts", "max(seq)") if _is_format_1(db) else ("pages", "max(first + size - 1)")
    for table, highest in (("entries", "max(n)"), last):
        query = f"SELECT coalesce({highest}, 0) FROM {table}"  # noqa: S608 - our words
        (number,) = db.execute(query).fetchone()
        if number > most(db):
            words = f"a row of its {table} has the number {number}, but it holds far fewer"
            raise LedgerError(f"{path} is damaged: {words}.")
    return int(number)


def most(db: sqlite3.Connection) -> int:
    """Return the maximum number of rows in a file of this size."""
    (pages,), (size,) = (
        db.execute(f"PRAGMA {name}").fetchone() for name in ("page_count", "page_size")
    )
    return int(pages * size // LEAST_ROW)


def positions(db: sqlite3.Connection) -> dict[tuple[str, str], dict[str, object]]:
    """Return the body of the last page of each (source, feed)."""
    pages = bodies(
        db,
        "n IN (SELECT max(n) FROM entries"
        " WHERE kind = 'page' GROUP BY source, json_extract(body, '$.feed'))",
    )
    return {(source, str(body["feed"])): body for source, body in pages}


def records(db: sqlite3.Connection) -> dict[str, Record]:
    """Return the statistics of each source's requests."""
    names = ("requests", "failed", "posts", "read", "billed")
    sums = db.execute(
        "SELECT source, count(*), sum(kind = 'failed'),"
        " coalesce(sum(json_extract(body, '$.new')), 0),"
        " coalesce(sum(json_extract(body, '$.seen')), 0),"
        " coalesce(sum(json_extract(body, '$.billed')), 0)"
        " FROM entries WHERE kind IN ('page', 'failed') GROUP BY source"
    )
    found = {source: Record(**dict(zip(names, each, strict=True))) for source, *each in sums}
    bad = db.execute(
        "SELECT source, json_extract(body, '$.feed'), value FROM entries, json_each(body, '$.bad')"
        " WHERE kind = 'page' AND body NOT LIKE '%\"bad\":[]%'"
    )
    for source, feed, words in bad:
        found[source].bad.add((str(feed), str(words)))
    return found


def gaps(db: sqlite3.Connection) -> list[tuple[str, dict[str, object]]]:
    """Return the gaps that remain: a source that was swept has only those of its sweep.

    Of the gaps that a source left by stopping, only the latest remains, until it is healed.
    """
    return bodies(
        db,
        "kind = 'gap' AND (json_extract(body, '$.sweep')"
        " OR source NOT IN (SELECT source FROM entries WHERE kind = 'swept'))"
        " AND (NOT coalesce(json_extract(body, '$.stopped'), 0) OR n IN"
        "  (SELECT max(n) FROM entries WHERE kind = 'healed'"
        "   OR (kind = 'gap' AND json_extract(body, '$.stopped')) GROUP BY source))",
    )


def bodies(db: sqlite3.Connection, which: str) -> list[tuple[str, dict[str, object]]]:
    """Yield the source and the body of each entry that satisfies the SQL condition `which`."""
    decode = msgspec.json.Decoder(dict[str, object]).decode
    found = db.execute(f"SELECT source, body FROM entries WHERE {which} ORDER BY n")  # noqa: S608 - our words
    return [(source, decode(body)) for source, body in found]


def excluded(db: sqlite3.Connection) -> set[str]:
    """Return the seals of the accounts that the current contest excludes, in hex."""
    found = set[str]()
    for _, body in bodies(db, "kind IN ('contest', 'act')"):
        found = {*seals_in(body)} | (set() if "contest" in body or body.get("rules") else found)
    return found


def digest_at(db: sqlite3.Connection, n: int) -> bytes:
    """Return the digest of entry `n`; b"" if there is none."""
    row = db.execute("SELECT digest FROM entries WHERE n = ?", (n,)).fetchone()
    return bytes(row[0]) if row else b""


def laid_down(path: Path, db: sqlite3.Connection) -> Contest:
    """Return the contest as it was before any act."""
    with _says_what_the_vote_is(path):
        body = next(whole_bodies(db, "kind = 'contest'"))[1]
        _check_known(path, msgspec.convert(body, _WithContest).contest.rules)
        contest = msgspec.convert(body, _LaidDown).contest
    return _of_a_size(path, contest)


def contest_of(path: Path, db: sqlite3.Connection) -> tuple[Contest, tuple[Act, ...]]:
    """Return the current contest and its acts."""
    contest = laid_down(path, db)
    with _says_what_the_vote_is(path):
        acts = tuple(_act(path, body) for _, body in whole_bodies(db, "kind = 'act'"))
    for act in acts:
        if act.longest > LONGEST_VALUE:
            raise LedgerError(f"{path} is damaged: an act in it is too long.")
        if not all(at_ms in TIMES_MS for at_ms in act.times):
            raise LedgerError(f"{path} is damaged: an act in it has an impossible time.")
    return _of_a_size(path, after_all(contest, acts)), acts


def said(value: Contest | Act) -> dict[str, object]:
    """Return the contest or the act in an entry."""
    found: dict[str, object] = msgspec.to_builtins(value)
    rules = found["rules"]
    if isinstance(rules, dict) and value.rules is not None:
        left_out = unwritten(value.rules)
        found["rules"] = {name: each for name, each in rules.items() if name not in left_out}
    return found


def _act(path: Path, body: Body) -> Act:
    named = msgspec.convert(body, _Named)
    if named.does not in list(ActKind):
        raise _newer(path, f"the act {named.does[:40]!r}")
    _check_known(path, named.rules or {})
    return msgspec.convert(body, Act)


def _check_known(path: Path, rules: Iterable[str]) -> None:
    """Raise LedgerError for a rule of a later version, without which the count would be wrong."""
    for name in rules:
        if name not in _FIELDS:
            raise _newer(path, f"the rule {name[:40]!r}")


def _newer(path: Path, what: str) -> LedgerError:
    return LedgerError(
        f"{path} has {what}, which this version doesn't know. Open it with a newer twittervotes."
    )


def _of_a_size(path: Path, contest: Contest) -> Contest:
    """Return `contest` if it isn't too large to show; otherwise raise LedgerError."""
    try:
        check_size(contest)
    except ContestError as error:
        raise LedgerError(f"{path} cannot be opened. {error}") from error
    return contest


@contextmanager
def _says_what_the_vote_is(path: Path) -> Iterator[None]:
    try:
        yield
    except (StopIteration, TypeError, ValueError, msgspec.MsgspecError) as error:
        raise LedgerError(f"{path} is damaged: it does not say what the vote is.") from error


def salt_of(path: Path, db: sqlite3.Connection) -> bytes:
    """Return the salt of this ledger's seals."""
    try:
        body = next(whole_bodies(db, "kind = 'salt'"))[1]
        return bytes.fromhex(msgspec.convert(body["salt"], str))
    except (StopIteration, LookupError, ValueError, msgspec.MsgspecError) as error:
        raise LedgerError(f"{path} is damaged: its salt is missing.") from error


def whole_bodies(db: sqlite3.Connection, which: str) -> Iterator[tuple[str, Body]]:
    """Yield source and body of the entries that satisfy `which`, with their private parts."""
    decode = msgspec.json.Decoder(dict[str, object]).decode
    private = "''" if _is_format_1(db) else "private"
    query = f"SELECT source, body, {private} FROM entries WHERE {which} ORDER BY n"  # noqa: S608 - our words
    for source, body, hidden in db.execute(query):
        yield source, whole(decode(body), decode(hidden) if hidden else {})


def _is_format_1(db: sqlite3.Connection) -> bool:
    return file.version(db) == 1


class _LaidDown(msgspec.Struct):
    contest: Contest


class _Named(msgspec.Struct):
    """The names in an act that other versions of the program may have and this one may not."""

    does: str
    rules: dict[str, object] | None = None


class _WithRules(msgspec.Struct):
    rules: dict[str, object] = {}


class _WithContest(msgspec.Struct):
    contest: _WithRules
