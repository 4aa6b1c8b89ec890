"""An earlier version's ledger: every command reads it, none writes it, and an upgrade keeps all."""

from __future__ import annotations

import json
import re
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest
from counted import MIRRORED, Run, Told, made
from format1 import rewritten
from format2 import Row, rows_of
from samples import CLOSES, post
from tampering import rich, tampered

from twittervotes.core.contest.columns import MOST_POSTS
from twittervotes.core.counting.outcome import outcome
from twittervotes.core.ledger.file import VERSION
from twittervotes.core.ledger.reader import Reader
from twittervotes.core.ledger.writer import Ledger

READING = (
    ("result",),
    ("recount",),
    ("recount", "--json"),
    ("recount", "--rule", "per_account=last", "several=each"),
)
WRITING = (
    "adjust FILE debian +1 --reason r --by Ada",
    "unpause FILE --began 2023-11-14T22:14:00Z --by Ada",
    "certify FILE --by Ada",
    "import POSTS --ledger FILE",
    "--view none --ledger FILE",
)


@pytest.fixture
def old(vote: Path) -> Path:
    """Return a provisional result in the format of an earlier version."""
    return rewritten(vote)


@pytest.fixture
def eventful(tmp_path: Path) -> Path:
    """Return such a ledger with pages, edits, gaps, exclusions and acts up to certification."""
    return rewritten(rich(tmp_path / "eventful.votes"))


def format_of(path: Path) -> int:
    with Reader(path) as reader:
        return reader.format


def without_digests(told: Told, path: Path) -> str:
    """Return an output without what differs between a ledger and its upgrade."""
    assert (told.code, told.err) == (0, "")
    return re.sub("[0-9a-f]{64}", "DIGEST", told.out.replace(str(path), "FILE"))


def upgraded(run: Run, old: Path) -> Path:
    new = old.with_name("new.votes")
    assert run("upgrade", old, new).code == 0
    return new


@pytest.mark.parametrize(("made", "account"), [("old", "ann"), ("eventful", "v1")])
def test_an_upgraded_ledger_gives_the_same_results(
    made: str, account: str, run: Run, request: pytest.FixtureRequest
) -> None:
    old: Path = request.getfixturevalue(made)
    before = old.read_bytes()
    new = upgraded(run, old)
    assert (format_of(old), format_of(new)) == (1, VERSION)
    assert old.read_bytes() == before
    assert {each.name for each in old.parent.iterdir()} == {old.name, new.name}
    for command, *arguments in (*READING, ("explain", account)):
        told = [without_digests(run(command, path, *arguments), path) for path in (old, new)]
        assert told[0] == told[1]
    votes = [path.with_name(path.stem) / "votes.csv" for path in (old, new)]
    for path, out in zip((old, new), votes, strict=True):
        out.parent.mkdir()
        assert run("export", path, "--to", out, "--with-accounts").code == 0
    rows = [sorted(path.read_text("utf-8-sig").splitlines()) for path in votes]
    assert rows[0] == rows[1]


def test_an_upgrade_names_its_origin(eventful: Path, run: Run) -> None:
    with Reader(eventful) as reader:
        digest, entries, posts = reader.digest, reader.entries, reader.posts
    new = eventful.with_name("new.votes")
    told = run("upgrade", eventful, new)
    with Reader(new) as reader:
        assert (reader.entries, reader.posts) == (entries, posts)
        first = json.loads(next(reader.chain()).body)
        assert first["upgraded"] == {"digest": digest, "entries": entries}
        assert told.out.splitlines() == [
            f"{new}: {posts} posts, digest {reader.digest}",
            f"It was made from {eventful}, digest {digest}, which is unchanged.",
        ]
        proof = run("verify", new, "--digest", reader.digest)
    assert proof.code == 0
    assert proof.out.splitlines()[-1] == "  CONFIRMED"


def test_an_upgrade_names_excluded_accounts_only_privately(eventful: Path, run: Run) -> None:
    with Reader(upgraded(run, eventful)) as reader:
        rows = list(reader.chain())
        assert reader.contest.rules.exclude == ("v2", "net:v9")
    assert [row.n for row in rows if "v9" in row.private]
    assert not [row.n for row in rows if '"v2"' in row.body or "v9" in row.body]


def test_a_vote_continues_in_its_upgraded_ledger(old: Path, run: Run) -> None:
    new = upgraded(run, old)
    assert run("adjust", new, "arch", "+5", "--reason", "hands", "--by", "Ada").code == 0
    with Ledger.reopen(new) as ledger, Reader(new) as reader:
        assert outcome(reader).tally.votes == (2, 1, 6)
        assert ledger.posts_written == 10
    assert run("verify", new).code == 0


@pytest.mark.parametrize("line", WRITING)
def test_no_command_writes_to_a_ledger_of_an_earlier_version(
    line: str, old: Path, tmp_path: Path, run: Run
) -> None:
    posts, before = tmp_path / "posts.jsonl", old.read_bytes()
    posts.write_text("{}")
    told = run(*line.replace("FILE", str(old)).replace("POSTS", str(posts)).split())
    words = "was written by an earlier version. Upgrade it first: twittervotes upgrade"
    assert told == Told(2, "", f"{old} {words} {old} NEW\n")
    assert old.read_bytes() == before


def test_ledgers_of_both_formats_are_merged(old: Path, run: Run) -> None:
    new, merged = upgraded(run, old), old.with_name("merged.votes")
    assert run("merge", merged, old, new).code == 0
    with Reader(merged) as reader:
        assert (reader.format, outcome(reader).tally.votes) == (VERSION, (2, 1, 1))
    assert run("verify", merged).code == 0


@pytest.fixture(scope="module")
def large(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return an old ledger with an entry of more posts than an entry can have now."""
    path = made(tmp_path_factory.mktemp("large") / "vote.votes", ())
    posts = tuple(post(f"10{number}", voter=str(number // 2)) for number in range(MOST_POSTS + 1))
    ids = [f"id {each.key}" for each in posts]
    told = {"seen": len(posts), "new": len(posts), "again": 0, "ids": ids, "bad": ["a bad one"]}
    rows = rows_of(path)
    body = {"feed": "all", "position": {"cursor": "7"}, **told}
    return rewritten(path, [*rows, Row("page", "twitter", CLOSES, body, posts)])


def test_an_entry_with_too_many_posts_is_not_upgraded_but_merged(large: Path, run: Run) -> None:
    new = large.with_name("new.votes")
    told = run("upgrade", large, new)
    assert (told.code, told.out) == (2, "")
    assert "more than 65,536 posts" in told.err
    assert f"twittervotes merge NEW {large}" in told.err
    assert not new.exists()
    assert run("merge", new, large).code == 0
    with Reader(new) as reader, Reader(large) as old:
        assert outcome(reader).tally == outcome(old).tally
        assert reader.posts == old.posts == MOST_POSTS + 1 + len(MIRRORED)
        assert [outcome(each).sources[0].unread for each in (reader, old)] == [1, 1]
    with Ledger.reopen(new) as ledger:
        assert all(id_there == f"id {each.key}" for id_there, each in ledger.seen_by("twitter"))
        assert ledger.positions()["twitter", "all"]["position"] == {"cursor": "7"}
    assert run("verify", new).code == 0


def change(db: sqlite3.Connection) -> None:
    assert db.execute("UPDATE posts SET tags = 'arch' WHERE key = '3'").rowcount == 1


def test_a_ledger_that_was_changed_is_not_upgraded(old: Path, tmp_path: Path, run: Run) -> None:
    changed = tampered(old, tmp_path / "changed.votes", change)
    told = run("upgrade", changed, tmp_path / "new.votes")
    assert (told.code, told.out) == (2, "")
    assert told.err.startswith(f"{changed} was altered: Post 3 ")
    assert not (tmp_path / "new.votes").exists()


def test_a_current_ledger_needs_no_upgrade(vote: Path, tmp_path: Path, run: Run) -> None:
    new = tmp_path / "new.votes"
    words = f"{vote} already has the current format. No changes were made.\n"
    assert run("upgrade", vote, new) == Told(2, "", words)
    assert not new.exists()


def test_an_upgrade_never_writes_over_a_file(old: Path, tmp_path: Path, run: Run) -> None:
    new = tmp_path / "new.votes"
    new.write_text("mine")
    words = f"{new} already exists. No changes were made; choose another name.\n"
    assert run("upgrade", old, new) == Told(2, "", words)
    assert run("upgrade", old, old).code == 2
    assert new.read_text() == "mine"


def test_a_changed_first_entry_gives_another_digest(old: Path, run: Run) -> None:
    new = upgraded(run, old)
    with closing(sqlite3.connect(new)) as db, db:
        query = "UPDATE entries SET body = json_remove(body, '$.upgraded') WHERE n = 1"
        assert db.execute(query).rowcount == 1
    assert "Entry 1 " in run("verify", new).out
