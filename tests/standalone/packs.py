"""Packs of results for the tests of the verifier: made, and changed as a forger would."""

from __future__ import annotations

import hashlib
import json
import zipfile
from pathlib import Path
from typing import Any

from format2 import converted
from samples import CLOSES, OPENS, page

from twittervotes.core.contest.acts import Act, ActKind
from twittervotes.core.contest.contest import Adjustment, Choice, Contest, Rules, Tie
from twittervotes.core.contest.posts import Post
from twittervotes.core.ledger.reader import Reader
from twittervotes.core.ledger.writer import Entry, Ledger
from twittervotes.export import pack
from twittervotes.export.redaction import Given

SUMS = "SHA256SUMS"
DERIVED = ("chain.jsonl", "posts.bin", "result.json", "votes.csv")
CONFIRMED, DIFFERS, UNREADABLE, UNPROVED = 0, 1, 2, 3


def in_format_2(ledger: Path) -> Path:
    """Convert a ledger to format 2; the original stays beside it."""
    return converted(ledger, ledger.with_name(f"{ledger.name}.2"))


def packed(ledger: Path, out: Path, *, with_accounts: bool = False) -> Path:
    """Make the pack of a ledger of format 2."""
    with Reader(ledger) as reader, out.open("wb") as file:
        pack.write(Given(reader, with_accounts=with_accounts), file)
    return out


def members(original: Path) -> dict[str, bytes]:
    with zipfile.ZipFile(original) as file:
        return {name: file.read(name) for name in file.namelist()}


def zipped(copy: Path, files: dict[str, bytes], *, redone: bool = False) -> Path:
    """Write a pack of these files; with `redone`, rewrite the list of sums too."""
    if redone:
        names = [name for name in files if name != SUMS]
        sums = [f"{hashlib.sha256(files[name]).hexdigest()}  {name}\n" for name in names]
        files = {**files, SUMS: "".join(sums).encode()}
    with zipfile.ZipFile(copy, "w", zipfile.ZIP_STORED) as file:
        for name, data in files.items():
            file.writestr(name, data)
    return copy


def lines(original: Path) -> list[dict[str, Any]]:
    return [json.loads(text) for text in members(original)["chain.jsonl"].splitlines()]


def joined(entries: list[dict[str, Any]]) -> bytes:
    return "".join(json.dumps(entry, ensure_ascii=False) + "\n" for entry in entries).encode()


def everything(path: Path, *, exclude: bool = True) -> Path:
    """Make a ledger whose result has a value wherever a result can have one."""
    choices = (
        Choice("debian", "Debian", "#d70a53", ("debían", "deb")),
        Choice("ubuntu", "Ubuntu"),
        Choice("arch", "Arch Linux", words=("3", "arch linux")),
    )
    hands = Adjustment("ubuntu", 1, "a jury", "Ada", OPENS)
    rules = Rules(required=("vote",), grace_s=2, min_account_age_s=100, tie=Tie.DRAW)
    contest = Contest(
        "Which?", choices, rules, OPENS, CLOSES, ((OPENS + 7000, OPENS + 8000),), (hands,),
        rehearsal=True,
    )  # fmt: skip
    told = (
        ("1", "ann", 0, "debian vote"), ("2", "bob", 1, "arch vote"), ("6", "eve", 4, "arch"),
        ("3", "ann", 2, "arch vote"), ("5", "dag", -1, "arch vote"),
        ("4", "cem", 3, "arch debian vote"),
        ("7", "fay", 11.5, "arch vote"), ("8", "gus", 12, "arch vote"), ("=10", "ida", 5, "cats"),
        ("9", "hal", 7, "arch vote"), ("11", "jon", 5, "deb vote"),
        ("15", "ned", 5, "word:3 vote"), ("16", "oda", 5, "word:arch_linux vote"),
    )  # fmt: skip
    posts = [
        Post("x", key, voter, OPENS + int(after * 1000), tags) for key, voter, after, tags in told
    ]
    more = (
        Post("x", "12", "kim", OPENS, "arch vote", "repost"),
        Post("x", "13", "lou", OPENS, "arch vote", "withdrawn", 1),
        Post("x", "14", "mia", OPENS, "arch vote", born_ms=OPENS - 5000),
    )
    with Ledger.create(path, contest, OPENS) as ledger:
        for name, complete in (("twitter", False), ("mirror", True)):
            about = {"network": "x", "complete": complete, "queries": ["all"]}
            ledger.append([Entry("source", name, about)], OPENS)
        ledger.append([page(posts), page(more, "mirror")], OPENS + 5000)
        failed = {"feed": "all", "remedy": "retry", "message": "Away."}
        ledger.append([Entry("failed", "twitter", failed)], OPENS + 6000)
        gap = {"from_ms": OPENS, "to_ms": OPENS + 1500, "reason": "It was away.", "sweep": True}
        ledger.append([Entry("gap", "mirror", gap)], OPENS + 6000)
        ledger.append([Entry("gap", "twitter", {**gap, "sweep": False})], OPENS + 6000)
        ledger.append([Entry("swept", "twitter", {})], OPENS + 6000)
        if exclude:
            ledger.act(Act(ActKind.EXCLUDED, OPENS + 6000, voter="x:jon", reason="a machine"))
        ledger.act(Act(ActKind.ADJUSTED, CLOSES, "Ada", tag="ubuntu", votes=1, reason="hands"))
        ledger.act(Act(ActKind.SETTLED, CLOSES + 60_000))
        ledger.act(Act(ActKind.DRAWN, CLOSES + 60_000, seed="snow"))
    return path
