"""What a ledger's rows say, for its writer and its readers alike.

A ledger may come from a stranger: what does not make sense raises LedgerError with a sentence.
"""

from __future__ import annotations

import itertools
import json
from contextlib import contextmanager
from functools import cache
from operator import itemgetter
from typing import TYPE_CHECKING

import msgspec

from twittervotes.core.contest.act_kinds import after_all
from twittervotes.core.contest.acts import Act, ActKind
from twittervotes.core.contest.contest import Contest, Withdrawn, check_size
from twittervotes.core.contest.posts import LONGEST_VALUE, TIMES_MS, Kind, Post
from twittervotes.core.contest.rules import RULES, unwritten
from twittervotes.core.contest.snapshot import Record
from twittervotes.core.contest.versions import standing
from twittervotes.core.errors import ContestError, LedgerError
from twittervotes.core.ledger import chain, file
from twittervotes.core.ledger.disclosure import Body, whole

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Collection, Iterable, Iterator, Sequence
    from pathlib import Path

    from twittervotes.core.contest.affected import Affected

POST = "network, key, voter, at_ms, tags, kind, revision, born_ms"
COLUMNS = 12  # of a post
LEAST_ROW = 16  # bytes that a row takes on the disk; in truth more
_FIELDS = frozenset(rule.field for rule in RULES)
AT_ONCE = 50  # rows in one statement, which take three quarters of the time of one by one


def add_posts(db: sqlite3.Connection, rows: Sequence[tuple[int | str, ...]]) -> None:
    """Write rows of posts, each with all its columns."""
    for start in range(0, len(rows), AT_ONCE):
        some = rows[start : start + AT_ONCE]
        db.execute(_adding(len(some)), tuple(itertools.chain.from_iterable(some)))


@cache
def _adding(rows: int) -> str:
    marks = f"({', '.join('?' * COLUMNS)})"
    return f"INSERT INTO posts VALUES {', '.join([marks] * rows)}"  # noqa: S608 - our words


def end(db: sqlite3.Connection) -> tuple[int, bytes]:
    """Return the number of the last entry, and the digest that stands for all."""
    row = db.execute("SELECT n, digest FROM entries ORDER BY n DESC LIMIT 1").fetchone()
    return (row[0], row[1]) if row else (0, chain.START)


def posts(path: Path, db: sqlite3.Connection) -> int:
    """Return the number of the last post. What counts posts makes room for as many.

    Raises LedgerError where the file is too small to hold so many rows.
    """
    number = 0
    last = ("posts", "max(seq)") if _is_format_1(db) else ("pages", "max(first + size - 1)")
    for table, highest in (("entries", "max(n)"), last):
        query = f"SELECT coalesce({highest}, 0) FROM {table}"  # noqa: S608 - our words
        (number,) = db.execute(query).fetchone()
        if number > most(db):
            words = f"a row of its {table} has the number {number}, and it holds far fewer"
            raise LedgerError(f"{path} is damaged: {words}.")
    return int(number)


def most(db: sqlite3.Connection) -> int:
    """Return how many rows a file of this size can hold at most."""
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
    """Return what became of the requests of each source."""
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

    Of those that a source has left by stopping only the latest remains, until it is healed.
    """
    return bodies(
        db,
        "kind = 'gap' AND (json_extract(body, '$.sweep')"
        " OR source NOT IN (SELECT source FROM entries WHERE kind = 'swept'))"
        " AND (NOT coalesce(json_extract(body, '$.stopped'), 0) OR n IN"
        "  (SELECT max(n) FROM entries WHERE kind = 'healed'"
        "   OR (kind = 'gap' AND json_extract(body, '$.stopped')) GROUP BY source))",
    )


def ids_of(
    db: sqlite3.Connection, source: str, listed: Collection[tuple[str, str]] = ()
) -> dict[tuple[str, str], str]:
    """Return the name of each post that `source` saw, with its id there ("": no page told it).

    Of those that are `listed` only the ones with a withdrawn version are returned.
    """
    gone = db.execute("SELECT network, key FROM posts WHERE kind = ?", (Kind.WITHDRAWN.value,))
    withdrawn = set(gone) if listed else set()
    told: dict[int, list[object]] = {}
    pages = "SELECT n, json_extract(body, '$.ids') FROM entries WHERE kind = 'page' AND source = ?"
    for n, text in db.execute(pages, (source,)):
        if text is not None:
            told[n] = msgspec.json.decode(text, type=list[object])
    ids: dict[tuple[str, str], str] = {}
    entry, place = 0, 0
    for n, network, key in db.execute(
        "SELECT entry, network, key FROM posts WHERE source = ? ORDER BY seq", (source,)
    ):
        entry, place = n, place + 1 if n == entry else 0
        if (network, key) in listed and (network, key) not in withdrawn:
            continue
        here = told.get(n, ())
        found = here[place] if place < len(here) else ""
        ids[network, key] = (
            found if isinstance(found, str) and found else ids.get((network, key), "")
        )
    return ids


def all_ids(db: sqlite3.Connection) -> Iterator[tuple[tuple[str, str], str]]:
    """Return every id that pages tell of posts: the post's name and the id, once for each row."""
    told = {
        n: msgspec.json.decode(text, type=list[object])
        for n, text in db.execute(
            "SELECT n, json_extract(body, '$.ids') FROM entries"
            " WHERE kind = 'page' AND json_type(body, '$.ids') = 'array'"
        )
    }
    rows = db.execute("SELECT entry, network, key FROM posts ORDER BY seq") if told else ()
    for n, of_page in itertools.groupby(rows, key=itemgetter(0)):
        for (_, network, key), id_there in zip(of_page, told.get(n, ()), strict=False):
            if isinstance(id_there, str) and id_there:
                yield (network, key), id_there


def aside(db: sqlite3.Connection) -> Iterator[tuple[str, object]]:
    """Return the source of each page that keeps something aside, and what, encrypted."""
    pages = (
        "SELECT source, json_extract(body, '$.aside') FROM entries"
        " WHERE kind = 'page' AND json_type(body, '$.aside') IS NOT NULL ORDER BY n"
    )
    yield from db.execute(pages)


def of_voters(
    db: sqlite3.Connection, voters: Collection[tuple[str, str]]
) -> Iterator[tuple[Post, bool]]:
    """Return all versions of these accounts' posts, and whether news of the account made them."""
    pages = "SELECT n FROM entries WHERE kind = 'page' AND json_extract(body, '$.of_accounts')"
    made = {n for (n,) in db.execute(pages)}
    for entry, *values in db.execute(f"SELECT entry, {POST} FROM posts ORDER BY seq"):  # noqa: S608 - our words
        post = Post(*values)
        if (post.network, post.voter) in voters:
            yield post, entry in made


def bodies(db: sqlite3.Connection, which: str) -> list[tuple[str, dict[str, object]]]:
    """Return the source and the body of each entry for which the SQL condition `which` holds."""
    decode = msgspec.json.Decoder(dict[str, object]).decode
    found = db.execute(f"SELECT source, body FROM entries WHERE {which} ORDER BY n")  # noqa: S608 - our words
    return [(source, decode(body)) for source, body in found]


def standing_posts(db: sqlite3.Connection, withdrawn: Withdrawn) -> Iterator[tuple[int, Post]]:
    """Return every post of a ledger once, in the version that stands, with the number of its row.

    Few are held in memory.
    """
    several = set(
        db.execute(
            "SELECT network, key FROM posts WHERE entry IN"
            " (SELECT n FROM entries WHERE kind = 'page' AND json_extract(body, '$.again') > 0)"
        )
    )
    versions: dict[tuple[str, str], dict[Post, int]] = {}
    for seq, *values in db.execute(f"SELECT seq, {POST} FROM posts ORDER BY seq"):  # noqa: S608 - our words
        post = Post(*values)
        if several and post[:2] in several:
            versions.setdefault(post[:2], {}).setdefault(post, seq)
        else:
            yield seq, post
    for seen in versions.values():
        post = standing(seen, withdrawn)
        yield seen[post], post


def posts_at(db: sqlite3.Connection, numbers: Sequence[int]) -> Iterator[tuple[int, Post]]:
    """Return the posts in these rows, with the numbers of the rows."""
    found = db.execute(
        f"SELECT seq, {POST} FROM posts WHERE seq IN (SELECT value FROM json_each(?))",  # noqa: S608 - our words
        (json.dumps([*numbers]),),
    )
    return ((seq, Post(*values)) for seq, *values in found)


def affected(db: sqlite3.Connection, change: Affected, among: range) -> list[int]:
    """Return those of the rows `among` whose posts a change may affect."""
    times = " OR ".join(["at_ms >= ? AND at_ms < ?"] * len(change.times)) or "0"
    bounds = [(start, TIMES_MS.stop if end is None else end) for start, end in change.times]
    # A name may be an account's on any network, or have its network's name before it.
    voters = {name for voter in change.voters for name in (voter, voter.partition(":")[2])}
    found = db.execute(
        "SELECT seq FROM posts WHERE seq BETWEEN ? AND ?"  # noqa: S608 - no stranger's text in it
        f" AND ({times} OR voter IN (SELECT value FROM json_each(?))) ORDER BY seq",
        (among.start, among.stop - 1, *itertools.chain(*bounds), json.dumps(sorted(voters))),
    )
    return [seq for (seq,) in found]


def several(db: sqlite3.Connection, keys: Sequence[str]) -> set[str]:
    """Return those of these keys that stand in several rows."""
    found = db.execute(
        "SELECT key FROM posts WHERE key IN (SELECT value FROM json_each(?))"
        " GROUP BY key HAVING count(*) > 1",
        (json.dumps(keys),),
    )
    return {key for (key,) in found}


def posts_after(db: sqlite3.Connection, seq: int) -> Iterator[tuple[int, Post]]:
    """Return the posts in the rows after `seq`, with the numbers of the rows."""
    found = db.execute(f"SELECT seq, {POST} FROM posts WHERE seq > ? ORDER BY seq", (seq,))  # noqa: S608 - our words
    return ((seq, Post(*values)) for seq, *values in found)


def digest_at(db: sqlite3.Connection, n: int) -> bytes:
    """Return the digest of entry `n`, nothing where there is none."""
    row = db.execute("SELECT digest FROM entries WHERE n = ?", (n,)).fetchone()
    return bytes(row[0]) if row else b""


def has_versions(db: sqlite3.Connection, n: int) -> bool:
    """Tell whether a page after entry `n` has a post that was known before."""
    query = (
        "SELECT 1 FROM entries WHERE n > ? AND kind = 'page'"
        " AND json_extract(body, '$.again') > 0 LIMIT 1"
    )
    return db.execute(query, (n,)).fetchone() is not None


def laid_down(path: Path, db: sqlite3.Connection) -> Contest:
    """Return the contest as it was before any act."""
    with _says_what_the_vote_is(path):
        body = next(whole_bodies(db, "kind = 'contest'"))[1]
        _check_known(path, msgspec.convert(body, _WithContest).contest.rules)
        contest = msgspec.convert(body, _LaidDown).contest
    return _of_a_size(path, contest)


def contest_of(path: Path, db: sqlite3.Connection) -> tuple[Contest, tuple[Act, ...]]:
    """Return the contest as it stands and its acts."""
    contest = laid_down(path, db)
    with _says_what_the_vote_is(path):
        acts = tuple(_act(path, body) for _, body in whole_bodies(db, "kind = 'act'"))
    for act in acts:
        if act.longest > LONGEST_VALUE:
            raise LedgerError(
                f"{path} is damaged: an act in it is longer than any that is written."
            )
    return _of_a_size(path, after_all(contest, acts)), acts


def said(value: Contest | Act) -> dict[str, object]:
    """Return a contest or an act as an entry says it."""
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
    """Raise LedgerError for a rule of a later version: without it, the count would be wrong."""
    for name in rules:
        if name not in _FIELDS:
            raise _newer(path, f"the rule {name[:40]!r}")


def _newer(path: Path, what: str) -> LedgerError:
    return LedgerError(
        f"{path} has {what}, which this version doesn't know. Open it with a newer twittervotes."
    )


def _of_a_size(path: Path, contest: Contest) -> Contest:
    """Return `contest` if it can be shown, else raise LedgerError that says why."""
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
    """Return what the accounts of this ledger are sealed with."""
    try:
        body = next(whole_bodies(db, "kind = 'salt'"))[1]
        return bytes.fromhex(msgspec.convert(body["salt"], str))
    except (StopIteration, LookupError, ValueError, msgspec.MsgspecError) as error:
        raise LedgerError(f"{path} is damaged: its salt is missing.") from error


def whole_bodies(db: sqlite3.Connection, which: str) -> Iterator[tuple[str, Body]]:
    """Return source and body of the entries for which `which` holds, with what is private."""
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
    """The names in an act that another version may have and this one not."""

    does: str
    rules: dict[str, object] | None = None


class _WithRules(msgspec.Struct):
    rules: dict[str, object] = {}


class _WithContest(msgspec.Struct):
    contest: _WithRules
