"""Stored ledgers keep their digest, their tallies and their packs, whatever moves in the code.

`vectors/ledgers/` holds one ledger a source, written against the simulated networks, and some of
them again in format 2.
`expected.json` holds what it gave then. To freeze a new ledger, add its name and run this file.
"""

from __future__ import annotations

import csv
import gzip
import hashlib
import io
import json
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
FOLDER = ROOT / "tests" / "vectors" / "ledgers"
EXPECTED = FOLDER / "expected.json"
FORMAT_1 = ("bluesky", "mastodon", "x", "x_v1")
NAMES = (*FORMAT_1, "bluesky_format2", "mastodon_format2", "x_format2")
RULES = (
    (),
    ("per_account=all", "several=each", "reposts=count", "withdrawn=keep"),
    ("per_account=last", "quotes=ignore", "replies=ignore", "several=first"),
)


def run(*words: str) -> str:
    command = [sys.executable, "app.py", *words]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True).stdout


def counted(ledger: Path, rules: tuple[str, ...]) -> object:
    asked = ("--rule", *rules) if rules else ()
    document = json.loads(run("recount", str(ledger), "--json", *asked))
    found = document["recount"]
    return {
        "rules": list(rules),
        **{part: found[part] for part in ("tally", "verdicts", "sources")},
    }


def stored(name: str, folder: Path) -> Path:
    """Put a stored ledger into a folder."""
    ledger = folder / f"{name}.votes"
    ledger.write_bytes(gzip.decompress((FOLDER / f"{name}.votes.gz").read_bytes()))
    return ledger


def seen(ledger: Path) -> dict[str, object]:
    """Return what a ledger gives: digest, tallies, and what the pack says of its posts."""
    pack = ledger.with_name("pack.zip")
    digest = json.loads(run("result", str(ledger)))["digest"]
    run("export", str(ledger), "--to", str(pack))
    with zipfile.ZipFile(pack) as members:
        chain = members.read("chain.jsonl")
        votes = sorted(csv.reader(io.StringIO(members.read("votes.csv").decode("utf-8-sig"))))
        posts = members.read("posts.bin") if "posts.bin" in members.namelist() else b""
    return {
        "digest": digest,
        "tallies": [counted(ledger, rules) for rules in RULES],
        "chain": hashlib.sha256(chain + posts).hexdigest(),
        "votes": hashlib.sha256(json.dumps(votes).encode()).hexdigest(),
    }


@pytest.mark.parametrize("name", NAMES)
def test_a_stored_ledger_gives_what_it_always_gave(name: str, tmp_path: Path) -> None:
    assert seen(stored(name, tmp_path)) == json.loads(EXPECTED.read_text("utf-8"))[name]


@pytest.mark.parametrize("name", FORMAT_1)
def test_a_stored_ledger_gives_the_same_votes_after_an_upgrade(name: str, tmp_path: Path) -> None:
    new = tmp_path / "new.votes"
    run("upgrade", str(stored(name, tmp_path)), str(new))
    found, expected = seen(new), json.loads(EXPECTED.read_text("utf-8"))[name]
    assert found["tallies"] == expected["tallies"]
    assert found["votes"] == expected["votes"]
    assert "  CONFIRMED" in run("verify", str(new), "--digest", str(found["digest"]))


@pytest.mark.parametrize("name", NAMES)
def test_the_pack_of_a_stored_ledger_is_confirmed(name: str, tmp_path: Path) -> None:
    ledger, pack = stored(name, tmp_path), tmp_path / "pack.zip"
    run("export", str(ledger), "--to", str(pack))
    digest = json.loads(EXPECTED.read_text("utf-8"))[name]["digest"]
    verifier = ROOT / "twittervotes" / "standalone" / "verify.py"  # which runs that of format 1
    command = [sys.executable, str(verifier), str(pack), "--digest", digest]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout
    assert "CONFIRMED" in done.stdout


if __name__ == "__main__":
    import tempfile

    with tempfile.TemporaryDirectory() as folder:
        found = {name: seen(stored(name, Path(folder))) for name in NAMES}
    EXPECTED.write_text(json.dumps(found, indent=1) + "\n", "utf-8")
