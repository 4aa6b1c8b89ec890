"""The pack: whoever has it can recompute every digest, and learns nothing of who voted."""

from __future__ import annotations

import hashlib
import io
import json
import re
import signal
import sqlite3
import subprocess
import sys
import tracemalloc
import zipfile
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from held import CONTEST, Export, Held, audience, held, laid_down

from twittervotes.app.main import main
from twittervotes.core.contest.acts import ActKind
from twittervotes.core.contest.contest import Rules
from twittervotes.core.counting import result
from twittervotes.core.counting.outcome import outcome
from twittervotes.core.errors import LedgerError
from twittervotes.core.ledger.reader import Reader
from twittervotes.core.ledger.search import standing_posts
from twittervotes.core.ledger.writer import Entry
from twittervotes.export import export

NAMES = ["README.txt", "result.json", "report.html", "verify.py", "votes.csv", "chain.jsonl"]
SUMS = "SHA256SUMS"


def opened(pack: bytes) -> dict[str, bytes]:
    with zipfile.ZipFile(io.BytesIO(pack)) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def chain(pack: bytes) -> list[dict[str, Any]]:
    return [json.loads(line) for line in opened(pack)["chain.jsonl"].decode().splitlines()]


def sha(data: bytes) -> bytes:
    return hashlib.sha256(data).digest()


def walked(entries: list[dict[str, Any]]) -> str:
    """Recompute the chain by hashlib alone; returns the last digest."""
    digest, seq = bytes(32), 0
    for n, entry in enumerate(entries, 1):
        assert entry["n"] == n
        if "body" in entry:
            values = [entry[name] for name in ("n", "kind", "source", "at_ms", "body")]
            line_sum = sha(("\t".join(map(str, values)) + "\n").encode())
        else:
            line_sum = bytes.fromhex(entry["line_sha256"])
        lines = ""
        for first, *rest in entry["posts"]:
            seq += 1
            assert first == seq
            lines += "\t".join(map(str, [seq, n, *rest])) + "\n"
        digest = sha(digest + line_sum + sha(lines.encode()))
        assert digest.hex() == entry["digest"]
    return digest.hex()


NEWS = ("did:plc:strangera", "did:plc:strangerb")
BEGIN_US = 1_783_175_888_000_000  # July 2026


def named(us: int) -> str:
    """Return the key by which Bluesky names a post or a revision of this moment."""
    number, text = us << 10, ""
    for _ in range(13):
        number, digit = divmod(number, 32)
        text = "234567abcdefghijklmnopqrstuvwxyz"[digit] + text
    return text


def committed(did: str, at: int, operation: str, **fields: object) -> dict[str, object]:
    us = BEGIN_US + at * 1_000_000
    commit = {
        "rev": named(us),
        "operation": operation,
        "collection": "app.bsky.feed.post",
        "rkey": named(BEGIN_US),
        **fields,
    }
    return {"did": did, "time_us": us, "kind": "commit", "commit": commit}


def created(did: str, at: int, tag: str, operation: str = "create") -> dict[str, object]:
    record = {"createdAt": "2026-07-04T14:38:08Z", "tags": [tag]}
    return committed(did, at, operation, record=record)


def gone(did: str, at: int) -> dict[str, object]:
    us = BEGIN_US + at * 1_000_000
    account = {"active": False, "time": "2026-07-04T14:38:18Z"}
    return {"did": did, "time_us": us, "kind": "account", "account": account}


LINES = (
    gone,
    lambda did, at: committed(did, at, "delete"),
    lambda did, at: created(did, at, "cats", "update"),
)


@pytest.mark.parametrize("with_accounts", [False, True])
def test_every_digest_can_be_recomputed_from_the_pack(
    with_accounts: bool, full: Path, exported: Export
) -> None:
    entries = chain(exported(full, "pack.zip", with_accounts=with_accounts))
    with Reader(full) as reader:
        assert walked(entries) == reader.digest
        assert len(entries) == reader.entries
        assert sum(len(entry["posts"]) for entry in entries) == reader.posts == 900
        written = list(reader.chain())
    for entry, row in zip(entries, written, strict=True):
        assert (entry["kind"], entry["source"], entry["at_ms"]) == (row.kind, row.source, row.at_ms)
        assert entry.get("body", row.body) == row.body


@pytest.mark.parametrize("with_accounts", [False, True])
def test_the_stand_alone_verifier_in_the_pack_confirms_it(
    with_accounts: bool, full: Path, tmp_path: Path, exported: Export
) -> None:
    pack = exported(full, "pack.zip", with_accounts=with_accounts)
    (tmp_path / "verify.py").write_bytes(opened(pack)["verify.py"])
    command = [sys.executable, "-I", "verify.py", "pack.zip"]
    done = subprocess.run(command, check=False, cwd=tmp_path, capture_output=True)
    assert done.returncode == (0 if with_accounts else 3), done.stdout + done.stderr


def test_the_pack_has_all_that_is_promised_and_the_result_as_it_is_told(
    full: Path, exported: Export
) -> None:
    files = opened(exported(full, "pack.zip"))
    assert list(files) == [*NAMES, SUMS]
    sums = [f"{sha(files[name]).hex()}  {name}" for name in NAMES]
    assert files[SUMS].decode().splitlines() == sums
    assert files["votes.csv"] == exported(full, "votes.csv")
    assert files["report.html"] == exported(full, "report.html")
    assert files["result.json"] == exported(full, "result.json")
    assert "python verify.py pack.zip" in files["README.txt"].decode()
    assert all(name in files["README.txt"].decode() for name in (*NAMES[1:], SUMS))


def test_the_result_is_exactly_what_is_told_elsewhere(tmp_path: Path, exported: Export) -> None:
    path = held(tmp_path / "v.votes")
    with Reader(path) as reader:
        told = result.text(outcome(reader))
    assert exported(path, "result.json").decode() == told


@pytest.mark.parametrize(
    "name", ["pack.zip", "result.json", "report.html", "result.xlsx", "votes.csv"]
)
def test_no_account_is_named_anywhere(name: str, tmp_path: Path, exported: Export) -> None:
    posts = audience(200)
    once, now, later = sorted({post.voter for post in posts})[:3]
    rules = Rules(exclude=(once, "voter-x-unseen"))
    vote = Held(tmp_path / "v.votes", replace(CONTEST, rules=rules))
    vote.read(posts)
    vote.act(ActKind.RULED, rules=Rules(exclude=(f"x:{now}",)))
    vote.act(ActKind.EXCLUDED, voter=later, reason="bought votes")
    path = vote.end()
    made = exported(path, name)
    parts = {name: made} if made[:2] != b"PK" else opened(made)
    named = {part for part, data in parts.items() if re.search(b"voter-x-", data)}
    assert named == set()
    with Reader(path) as reader:
        salt = json.loads(next(e.body for e in reader.chain() if e.kind == "salt"))["salt"]
    assert not any(salt.encode() in data for data in parts.values())
    assert any(re.search(b"voter-x-", part) for part in opened_all(exported, path).values())


@pytest.fixture
def signals() -> Iterator[None]:
    """Keep this process's handling of SIGTERM, which the program changes."""
    handler = signal.getsignal(signal.SIGTERM)
    yield
    signal.signal(signal.SIGTERM, handler)


@pytest.mark.usefixtures("signals")
@pytest.mark.parametrize("name", ["pack.zip", "result.json", "report.html", "votes.csv"])
def test_no_account_is_named_that_files_only_told_news_of(
    name: str, tmp_path: Path, exported: Export
) -> None:
    """Imports keep news of strangers, whose posts never were in the vote, on the chance of it."""
    told = [line_of(did, revision) for did in NEWS for revision, line_of in enumerate(LINES, 5)]
    told += [created("did:plc:ofthevote", 1, "debian")]
    (tmp_path / "kept.jsonl").write_text("\n".join(map(json.dumps, told)))
    (tmp_path / "more.jsonl").write_text(json.dumps(created("did:plc:anothervote", 2, "arch")))
    tags = ("--hashtags", "debian", "arch")
    for file in ("kept", "more"):
        out = ("--ledger", str(tmp_path / f"{file}.votes"))
        assert main(["import", str(tmp_path / f"{file}.jsonl"), *out, *tags]) == 0
    ledgers = [str(tmp_path / f"{file}.votes") for file in ("kept", "more")]
    assert main(["merge", str(tmp_path / "merged.votes"), *ledgers]) == 0
    for path in (*ledgers, str(tmp_path / "merged.votes")):
        made = exported(Path(path), name)
        parts = {name: made} if made[:2] != b"PK" else opened(made)
        assert {part for part, data in parts.items() if b"did:plc:stranger" in data} == set()
        if "more" not in path:
            with Reader(Path(path)) as reader:
                kept = [reader.whole(row).get("aside") for row in reader.chain()]
            assert all(did in json.dumps(kept) for did in NEWS)


def test_an_account_cannot_be_found_by_trying_until_the_hash_of_its_entry_fits(
    tmp_path: Path, exported: Export
) -> None:
    found = set()
    for number in range(2):
        contest = replace(CONTEST, rules=Rules(exclude=("one",)))
        vote = Held(tmp_path / f"{number}.votes", contest)
        vote.act(ActKind.EXCLUDED, voter="two", reason="bought votes")
        vote.act(ActKind.RULED, rules=Rules(exclude=("three",)))
        entries = chain(exported(vote.end(), "pack.zip"))
        hidden = [entry for entry in entries if "line_sha256" in entry]
        assert [entry["kind"] for entry in hidden] == ["contest", "salt", "act", "act"]
        assert not any("nonce" in entry.get("public", {}) for entry in hidden)
        found.update(entry["line_sha256"] for entry in hidden)
    assert len(found) == 8, "what is hidden is the same in both, and its hash is not"


def opened_all(exported: Export, path: Path) -> dict[str, bytes]:
    return opened(exported(path, "pack.zip", with_accounts=True))


def test_entries_that_name_accounts_tell_the_rest_of_what_they_say(
    tmp_path: Path, exported: Export
) -> None:
    posts = audience(200)
    once, now, later = sorted({post.voter for post in posts})[:3]
    vote = Held(tmp_path / "v.votes", replace(CONTEST, rules=Rules(exclude=(once, "unseen"))))
    vote.read(posts)
    vote.act(ActKind.RULED, rules=Rules(exclude=(f"x:{now}",), grace_s=5))
    vote.act(ActKind.EXCLUDED, voter=later, reason="bought votes", by="Ada")
    path = vote.end()
    entries = chain(exported(path, "pack.zip"))
    with Reader(path) as reader:
        seals = {voter: reader.seal("x", voter) for voter in (once, now, later)}
        unseen = reader.seal("", "unseen")
        bodies = {entry.n: json.loads(entry.body) for entry in reader.chain()}
    hidden = [entry for entry in entries if "body" not in entry]
    assert [entry["kind"] for entry in hidden] == ["contest", "salt", "act", "act"]
    contest, salt, ruled, excluded = hidden
    assert contest["public"]["contest"]["rules"]["exclude"] == sorted([seals[once], unseen])
    assert contest["public"]["contest"]["choices"] == bodies[1]["contest"]["choices"]
    assert "public" not in salt
    assert ruled["public"]["rules"] == bodies[ruled["n"]]["rules"] | {"exclude": [seals[now]]}
    said = excluded["public"]
    assert (said["does"], said["by"], said["reason"]) == ("excluded", "Ada", "bought votes")
    assert said["exclude"] == [seals[later]]


def test_with_accounts_everything_is_given_and_each_seal_can_be_made(
    full: Path, exported: Export
) -> None:
    entries = chain(exported(full, "pack.zip", with_accounts=True))
    assert all("body" in entry for entry in entries)
    salt = bytes.fromhex(json.loads(entries[1]["body"])["salt"])
    with Reader(full) as reader:
        voters = {(post.network, post.key): post.voter for post in standing_posts(reader)}
    for entry in entries:
        for _, _, network, key, seal, *_ in entry["posts"]:
            data = f"{network}:{voters[network, key]}".encode()
            assert hashlib.blake2b(data, key=salt, digest_size=16).hexdigest() == seal


def test_the_same_ledger_gives_the_same_bytes(full: Path, exported: Export) -> None:
    assert exported(full, "pack.zip") == exported(full, "pack.zip")
    assert exported(full, "result.xlsx") == exported(full, "result.xlsx")


def test_files_in_the_pack_have_the_time_of_the_ledger(full: Path, exported: Export) -> None:
    with zipfile.ZipFile(io.BytesIO(exported(full, "pack.zip"))) as archive:
        found = {info.date_time for info in archive.infolist()}
        kinds = {(info.create_system, info.compress_type) for info in archive.infolist()}
    assert found == {(2027, 1, 15, 8, 9, 0)}
    assert kinds == {(3, zipfile.ZIP_DEFLATED)}


@pytest.mark.parametrize("at_ms", [0, 2**55])
def test_a_time_that_no_zip_can_hold_is_brought_near(
    at_ms: int, tmp_path: Path, exported: Export
) -> None:
    contest = replace(CONTEST, opens_ms=at_ms, closes_ms=None)
    path = laid_down(tmp_path / "v.votes", contest)
    if at_ms:
        with Reader(path) as reader, pytest.raises(LedgerError, match="is no time"):
            export(reader, tmp_path / "pack.zip")
        return
    with zipfile.ZipFile(io.BytesIO(exported(path, "pack.zip"))) as archive:
        assert {info.date_time[0] for info in archive.infolist()} == {1980}


@pytest.mark.parametrize(
    ("change", "entry"),
    [
        ("UPDATE posts SET tags = 'arch' WHERE seq = 150", "entry"),
        ("UPDATE entries SET body = replace(body, 'Debian', 'Dobian') WHERE n = 1", "entry 1 "),
        ("UPDATE entries SET digest = zeroblob(32) WHERE n = 5", "entry 5 "),
        ("UPDATE posts SET tags = 'a' || char(9) || 'b' WHERE seq = 1", "entry"),
        ("DELETE FROM posts WHERE seq = 3", "entry"),
        ("UPDATE posts SET entry = 10000 WHERE seq = 300", "damaged"),
    ],
)
def test_a_ledger_that_was_changed_is_not_given_out(
    change: str, entry: str, tmp_path: Path
) -> None:
    path = held(tmp_path / "v.votes")
    with closing(sqlite3.connect(path, isolation_level=None)) as db:
        db.execute(change)
    with Reader(path) as reader, pytest.raises(LedgerError, match=entry):
        export(reader, tmp_path / "pack.zip")
    assert not (tmp_path / "pack.zip").exists()


def test_a_page_of_many_posts_is_given_out_whole(tmp_path: Path, exported: Export) -> None:
    body = {"feed": "all", "bad": [], "position": 0}
    page = Entry("page", "twitter", body, tuple(audience(2500)))
    path = laid_down(tmp_path / "v.votes", CONTEST, page)
    with Reader(path) as reader:
        assert walked(chain(exported(path, "pack.zip"))) == reader.digest


def test_a_value_that_could_stand_for_two_is_not_given_out(tmp_path: Path) -> None:
    path = held(tmp_path / "v.votes", audience(5))
    with closing(sqlite3.connect(path, isolation_level=None)) as db:
        db.execute("UPDATE posts SET network = 'a' || char(9) || 'b' WHERE seq = 1")
        forge(db)
    with Reader(path) as reader, pytest.raises(LedgerError, match="is damaged: entry"):
        export(reader, tmp_path / "pack.zip")


def forge(db: sqlite3.Connection) -> None:
    """Make the digests of a changed ledger fit again, as a forger would."""
    digest = bytes(32)
    salt = json.loads(db.execute("SELECT body FROM entries WHERE n = 2").fetchone()[0])["salt"]
    for n, *values in db.execute("SELECT n, kind, source, at_ms, body FROM entries").fetchall():
        lines = b""
        for row in db.execute("SELECT * FROM posts WHERE entry = ? ORDER BY seq", (n,)):
            told = list(row[:-1])
            account = f"{row[3]}:{row[5]}".encode()
            told[5] = hashlib.blake2b(account, key=bytes.fromhex(salt), digest_size=16).hexdigest()
            lines += ("\t".join(map(str, told)) + "\n").encode()
        line = ("\t".join(map(str, [n, *values])) + "\n").encode()
        digest = sha(digest + sha(line) + sha(lines))
        db.execute("UPDATE entries SET digest = ? WHERE n = ?", (digest, n))


@pytest.mark.long
def test_a_large_ledger_is_exported_in_little_memory(tmp_path: Path) -> None:
    """Held in memory, its posts would be some 8 MB."""
    posts = audience(20_000)
    pages = [
        Entry("page", "twitter", {"feed": "all", "bad": [], "position": 0}, tuple(part))
        for part in (posts[i : i + 500] for i in range(0, len(posts), 500))
    ]
    path = laid_down(tmp_path / "v.votes", CONTEST, *pages)
    del posts, pages
    with Reader(path) as reader:
        tracemalloc.start()
        try:
            export(reader, tmp_path / "pack.zip")
            _, peak = tracemalloc.get_traced_memory()
        finally:
            tracemalloc.stop()
    assert (tmp_path / "pack.zip").stat().st_size > 800_000
    assert peak < 3_000_000


def test_the_pack_and_the_verifier_name_the_same_python(full: Path, exported: Export) -> None:
    files = opened(exported(full, "pack.zip"))
    named = [
        re.search(r"Python (3\.\d+) or newer", files[name].decode())
        for name in ("README.txt", "verify.py")
    ]
    assert [found and found[1] for found in named] == ["3.8", "3.8"]
