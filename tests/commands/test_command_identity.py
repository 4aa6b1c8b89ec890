"""One person, one vote in the fediverse, and how an account is found: from files to the pack."""

from __future__ import annotations

import json
import subprocess
import sys
from itertools import permutations
from pathlib import Path
from typing import Any

import pytest
from counted import Run
from patience import PATIENCE_S

from twittervotes.core.contest.posts import Verdict
from twittervotes.core.counting.outcome import outcome
from twittervotes.core.ledger.reader import Reader
from twittervotes.standalone import verify

OPTIONS = ("--hashtags", "debian", "ubuntu")
DID = "did:plc:abc123"


def toot(number: int, tag: str, uri: str, url: str = "", name: str = "bert") -> dict[str, Any]:
    """Return a post of `name`; servers before Mastodon 4.3 send no `uri` of the account."""
    account = {"id": str(number), "username": name, "acct": f"{name}@m.example", "url": url or uri}
    return {
        "id": str(109_352_000_000_000_000 + number),
        "uri": f"https://m.example/users/{name}/statuses/{number}",
        "created_at": f"2026-07-05T10:{number:02}:00.000Z",
        "visibility": "public",
        "content": "x",
        "tags": [{"name": tag}],
        "account": {**account, "uri": uri} if uri else account,
    }


NEW = toot(1, "debian", "https://m.example/users/bert", "https://m.example/@bert")
OLD = toot(2, "ubuntu", "", "https://m.example/@bert")
SAME = {**NEW, "id": "7", "account": OLD["account"]}  # the new server's post, by the old one

BLUESKY = {
    "did": DID,
    "time_us": 1_783_175_888_172_335,
    "kind": "commit",
    "commit": {
        "rev": "3mptbypoove2w",
        "operation": "create",
        "collection": "app.bsky.feed.post",
        "rkey": "3kabc",
        "cid": "bafy",
        "record": {
            "$type": "app.bsky.feed.post",
            "createdAt": "2026-07-04T14:38:07Z",
            "text": "#debian",
            "facets": [
                {
                    "index": {"byteStart": 0, "byteEnd": 7},
                    "features": [{"$type": "app.bsky.richtext.facet#tag", "tag": "debian"}],
                }
            ],
        },
    },
}
COPY = {
    **toot(3, "debian", "", "https://bsky.brid.gy/r/https://bsky.app/profile/ann.bsky.social"),
    "uri": f"https://bsky.brid.gy/convert/ap/at://{DID}/app.bsky.feed.post/3kabc",
    "created_at": "2026-07-04T14:38:07.000Z",
}

# Posts by software whose accounts' `uri` holds no name.
ACCOUNTS = [
    toot(1, "debian", "https://m.example/ap/users/115576270601199442", "https://m.example/@bert"),
    toot(2, "debian", "https://mk.example/users/9abc", "https://mk.example/@carl", "carl"),
    toot(3, "debian", "https://fr.example/profile/dora", name="dora"),
    toot(4, "debian", "https://px.example/users/emil", "https://px.example/emil", "emil"),
    toot(
        5,
        "debian",
        "https://social.web.example/users/fay",
        "https://social.web.example/@fay",
        "fay",
    ),
]


def imported(run: Run, tmp_path: Path, *told: object) -> Path:
    out, files = tmp_path / "out.votes", []
    for number, each in enumerate(told):
        files.append(tmp_path / f"{number}.json")
        files[-1].write_text(json.dumps(each))
    out.unlink(missing_ok=True)
    assert run("import", *files, "--ledger", out, *OPTIONS).code == 0
    return out


@pytest.mark.parametrize("told", list(permutations(([NEW], [OLD], [SAME]))))
def test_a_person_has_one_vote_across_old_and_new_servers(
    run: Run, tmp_path: Path, told: tuple[object, ...]
) -> None:
    out = imported(run, tmp_path, *told)
    with Reader(out) as reader:
        tally, digest = outcome(reader).tally, reader.digest
    assert tally.votes == (1, 0)
    assert dict(tally.verdicts)[Verdict.REPEAT] == 1
    pack = tmp_path / "pack.zip"
    assert run("export", out, "--to", pack).code == 0
    checked = subprocess.run(
        [sys.executable, verify.__file__, str(pack), "--digest", digest],
        capture_output=True,
        text=True,
        timeout=PATIENCE_S,
        check=False,
    )
    assert checked.stdout.splitlines()[-1] == "CONFIRMED"


@pytest.mark.parametrize("told", list(permutations((BLUESKY, [COPY]))))
def test_a_bluesky_post_and_its_copy_are_one(
    run: Run, tmp_path: Path, told: tuple[object, ...]
) -> None:
    with Reader(imported(run, tmp_path, *told)) as reader:
        tally = outcome(reader).tally
    assert (tally.votes, tally.posts) == ((1, 0), 1)


@pytest.mark.parametrize(
    ("wanted", "number"),
    [
        ("@bert@m.example", 1),
        ("bert@m.example", 1),
        ("@Bert@M.Example", 1),
        ("https://m.example/@bert", 1),
        ("https://other.example/@bert@m.example", 1),
        ("https://m.example/users/bert", 1),
        ("@carl@mk.example", 2),
        ("https://mk.example/@carl", 2),
        ("@dora@fr.example", 3),
        ("https://fr.example/profile/dora", 3),
        ("@emil@px.example", 4),
        ("https://px.example/emil", 4),
        ("https://px.example/users/emil", 4),
        ("@fay@social.web.example", 5),
        ("@fay@web.example", 5),
    ],
)
def test_an_account_is_found_by_its_handle_and_its_profile(
    run: Run, tmp_path: Path, wanted: str, number: int
) -> None:
    told = run("explain", imported(run, tmp_path, ACCOUNTS), wanted)
    assert told.code == 0
    assert f"statuses/{number}\n" in told.out
    assert told.out.count("counted: It counts for #debian.") == 1


def test_an_account_on_a_subdomain_is_a_fallback(run: Run, tmp_path: Path) -> None:
    below = toot(1, "debian", "https://social.m.example/users/bert", name="other")
    out = imported(run, tmp_path, [below, NEW | {"uri": "https://m.example/users/bert/statuses/2"}])
    assert "social.m.example" not in run("explain", out, "@bert@m.example").out


def test_an_unknown_account_is_reported_with_what_to_type(run: Run, tmp_path: Path) -> None:
    told = run("explain", imported(run, tmp_path, ACCOUNTS), "@nobody@m.example")
    assert told.code == 2
    assert "its profile link or @name@server on Mastodon" in told.err
