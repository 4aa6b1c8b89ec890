"""The pack: every digest can be recomputed from it, and it doesn't reveal who voted."""

from __future__ import annotations

import csv
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
from twittervotes.core.ledger.writer import Entry
from twittervotes.export import export

NAMES = ["README.txt", "result.json", "report.html", "verify.py", "votes.csv", "chain.jsonl"]
NAMES += ["posts.bin"]
SUMS = "SHA256SUMS"


def opened(pack: bytes) -> dict[str, bytes]:
    with zipfile.ZipFile(io.BytesIO(pack)) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def chain(pack: bytes) -> list[dict[str, Any]]:
    return [json.loads(line) for line in opened(pack)["chain.jsonl"].decode().splitlines()]


def sha(data: bytes) -> bytes:
    return hashlib.sha256(data).digest()


def walked(pack: bytes) -> str:
    """Recompute the chain by hashlib alone; returns the last digest."""
    digest, posts = bytes(32), opened(pack)["posts.bin"]
    for n, entry in enumerate(chain(pack), 1):
        assert entry["n"] == n
        values = [entry[name] for name in ("n", "kind", "source", "at_ms", "body")]
        line_sum = sha(("\t".join(map(str, values)) + "\n").encode())
        private_sum = bytes.fromhex(entry.get("private_sha256", "00" * 32))
        if "private" in entry:
            private_sum = sha(entry["private"].encode())
        summed = b"0 0 0 0 0 0 0 0 0\n"
        if entry["posts"]:
            head, rest = posts.split(b"\n", 1)
            size = sum(map(int, head.split()[1:]))
            summed, posts = head + b"\n" + rest[:size], rest[size:]
        digest = sha(digest + line_sum + private_sum + sha(summed))
        assert digest.hex() == entry["digest"]
    assert not posts
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
    pack = exported(full, "pack.zip", with_accounts=with_accounts)
    entries = chain(pack)
    with Reader(full) as reader:
        assert walked(pack) == reader.digest
        assert len(entries) == reader.entries
        assert sum(entry["posts"] for entry in entries) == reader.posts == 900
        written = list(reader.chain())
    for entry, row in zip(entries, written, strict=True):
        assert (entry["kind"], entry["source"], entry["at_ms"]) == (row.kind, row.source, row.at_ms)
        assert entry["body"] == row.body
        assert entry.get("private", row.private) == row.private


@pytest.mark.parametrize("with_accounts", [False, True])
def test_the_stand_alone_verifier_in_the_pack_confirms_it(
    with_accounts: bool, full: Path, tmp_path: Path, exported: Export
) -> None:
    pack = exported(full, "pack.zip", with_accounts=with_accounts)
    (tmp_path / "verify.py").write_bytes(opened(pack)["verify.py"])
    command = [sys.executable, "-I", "verify.py", "pack.zip"]
    done = subprocess.run(command, check=False, cwd=tmp_path, capture_output=True)
    assert done.returncode == 0, done.stdout + done.stderr


def test_the_pack_is_complete(full: Path, exported: Export) -> None:
    files = opened(exported(full, "pack.zip"))
    assert list(files) == [*NAMES, SUMS]
    sums = [f"{sha(files[name]).hex()}  {name}" for name in NAMES]
    assert files[SUMS].decode().splitlines() == sums
    assert files["votes.csv"] == exported(full, "votes.csv")
    assert files["report.html"] == exported(full, "report.html")
    assert files["result.json"] == exported(full, "result.json")
    assert "python verify.py pack.zip" in files["README.txt"].decode()
    assert all(name in files["README.txt"].decode() for name in (*NAMES[1:], SUMS))


def test_the_packs_result_equals_the_printed_one(tmp_path: Path, exported: Export) -> None:
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
        salt = reader.salt.hex()
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
def test_accounts_known_only_from_news_are_not_named(
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


def test_accounts_cannot_be_guessed_from_entry_hashes(tmp_path: Path, exported: Export) -> None:
    found = set()
    for number in range(2):
        contest = replace(CONTEST, rules=Rules(exclude=("one",)))
        vote = Held(tmp_path / f"{number}.votes", contest)
        vote.act(ActKind.EXCLUDED, voter="two", reason="bought votes")
        vote.act(ActKind.RULED, rules=Rules(exclude=("three",)))
        entries = chain(exported(vote.end(), "pack.zip"))
        hidden = [entry for entry in entries if "private_sha256" in entry]
        assert [entry["kind"] for entry in hidden] == ["contest", "salt", "act", "act"]
        assert not any("nonce" in entry["body"] for entry in hidden)
        found.update(entry["private_sha256"] for entry in hidden)
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
        unseen = reader.seal("x", "unseen")
        whole = {entry.n: reader.whole(entry) for entry in reader.chain()}
    hidden = [entry for entry in entries if "private_sha256" in entry]
    assert [entry["kind"] for entry in hidden] == ["contest", "salt", "act", "act"]
    contest, salt, ruled, excluded = (json.loads(entry["body"]) for entry in hidden)
    assert {seals[once], unseen} <= {*contest["contest"]["rules"]["exclude"]}
    assert contest["contest"]["choices"] == whole[1]["contest"]["choices"]
    assert salt == {}
    assert seals[now] in ruled["rules"]["exclude"]
    rules = whole[hidden[2]["n"]]["rules"]
    assert ruled["rules"] | {"exclude": []} == rules | {"exclude": []}
    assert (excluded["does"], excluded["by"]) == ("excluded", "Ada")
    assert excluded["reason"] == "bought votes"
    assert seals[later] in excluded["exclude"]


def test_with_accounts_everything_is_given_and_each_seal_can_be_made(
    full: Path, exported: Export
) -> None:
    pack = exported(full, "pack.zip", with_accounts=True)
    assert not any("private_sha256" in entry for entry in chain(pack))
    salt = bytes.fromhex(json.loads(chain(pack)[1]["private"])["salt"])
    rows = [*csv.DictReader(io.StringIO(opened(pack)["votes.csv"].decode()))]
    assert len(rows) == 900
    for row in rows:
        data = f"{row['network']}:{row['voter']}".encode()
        assert hashlib.blake2b(data, key=salt, digest_size=16).hexdigest() == row["account"]


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
        with Reader(path) as reader, pytest.raises(LedgerError, match="a valid time"):
            export(reader, tmp_path / "pack.zip")
        return
    with zipfile.ZipFile(io.BytesIO(exported(path, "pack.zip"))) as archive:
        assert {info.date_time[0] for info in archive.infolist()} == {1980}


@pytest.mark.parametrize(
    ("change", "entry"),
    [
        ("UPDATE pages SET seals = zeroblob(16 * size)", "entry"),
        ("UPDATE entries SET body = replace(body, 'Debian', 'Dobian') WHERE n = 1", "entry 1 "),
        ("UPDATE entries SET digest = zeroblob(32) WHERE n = 5", "entry 5 "),
        ("UPDATE entries SET private = replace(private, 'nonce', 'nonse') WHERE n = 2", "entry 2 "),
        ("DELETE FROM pages WHERE n = (SELECT max(n) FROM pages)", "entry"),
        ("UPDATE pages SET n = 10000 WHERE n = (SELECT max(n) FROM pages)", "damaged"),
    ],
)
def test_a_changed_ledger_is_not_exported(change: str, entry: str, tmp_path: Path) -> None:
    path = held(tmp_path / "v.votes")
    with closing(sqlite3.connect(path, isolation_level=None)) as db:
        db.execute(change)
    with Reader(path) as reader, pytest.raises(LedgerError, match=entry):
        export(reader, tmp_path / "pack.zip")
    assert not (tmp_path / "pack.zip").exists()


def test_a_long_page_is_exported_completely(tmp_path: Path, exported: Export) -> None:
    body = {"feed": "all", "bad": [], "position": 0}
    page = Entry("page", "twitter", body, tuple(audience(2500)))
    path = laid_down(tmp_path / "v.votes", CONTEST, page)
    with Reader(path) as reader:
        assert walked(exported(path, "pack.zip")) == reader.digest


@pytest.mark.long
def test_a_large_ledger_is_exported_in_little_memory(tmp_path: Path) -> None:
    """Held as objects, its posts would be some 8 MB; the verdicts are held as arrays."""
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
    assert peak < 6_000_000


def test_the_pack_and_the_verifier_name_the_same_python(full: Path, exported: Export) -> None:
    files = opened(exported(full, "pack.zip"))
    named = [
        re.search(r"Python (3\.\d+) or newer", files[name].decode())
        for name in ("README.txt", "verify.py")
    ]
    assert [found and found[1] for found in named] == ["3.8", "3.8"]
