"""The page on the proof: a verifier written from it alone reaches the numbers of the other two."""

from __future__ import annotations

import csv
import io
import json
from collections import Counter
from dataclasses import replace
from pathlib import Path
from random import Random

import from_the_page
import pytest
from packs import CONFIRMED, everything, in_format_2, members, packed
from samples import OPENS, contest
from tampering import rich, told
from test_standalone import any_ledger

from twittervotes.core.contest.acts import Act, ActKind
from twittervotes.core.contest.posts import Post
from twittervotes.core.ledger.coverage import Cover
from twittervotes.core.ledger.reader import Reader
from twittervotes.core.ledger.writer import Entry, Ledger


def agreed(results: Path) -> from_the_page.Found:
    """Hold all three against each other: the program, the verifier, and the page."""
    found = from_the_page.read(results)
    files = members(results)
    result = json.loads(files["result.json"])
    names = ("choice", "votes", "by_hand", "percent")
    assert found.result == {
        "opens": result["contest"]["opens"],
        "closes": result["contest"]["closes"],
        "tally": [tuple(each[name] for name in names) for each in result["tally"]],
        "verdicts": {name: number for name, number in result["verdicts"].items() if number},
        **{name: result[name] for name in ("state", "total", "leader", "winner", "sources")},
        **{name: result[name] for name in ("digest", "at")},
    }
    rows = csv.DictReader(io.StringIO(files["votes.csv"].decode()))
    cells = {
        (row["network"], row["key"].lstrip("'")): (row["choice"], row["verdict"]) for row in rows
    }
    assert found.posts == cells
    code, words = told(results, result["digest"])
    assert code == CONFIRMED, words
    return found


@pytest.mark.parametrize("seed", range(100, 160))
def test_random_contests_give_the_same_result(seed: int, tmp_path: Path) -> None:
    random = Random(seed)
    ledger = any_ledger(random, tmp_path / "vote.votes")
    with Ledger.reopen(ledger) as more:
        for name in ("one", "two"):
            about = {"network": "x", "complete": random.random() < 0.5, "queries": ["all"]}
            more.append([Entry("source", name, about)], OPENS)
            for _ in range(random.randrange(5)):
                if random.random() < 0.3:
                    more.append([Entry("healed", name, {})], OPENS)
                    continue
                begins = OPENS + random.randrange(5000)
                span = {"from_ms": begins, "to_ms": begins + random.randrange(5000)}
                body = {**span, "reason": "away", "sweep": random.random() < 0.5}
                if random.random() < 0.5:
                    body["stopped"] = True
                more.append([Entry("gap", name, body)], OPENS)
            if random.random() < 0.5:
                more.append([Entry("swept", name, {})], OPENS)
        if random.random() < 0.5:
            more.act(Act(ActKind.SETTLED, OPENS + 20_000))
        cover = Cover(OPENS)
        with Reader(ledger) as reader:
            for row in reader.chain():
                cover.note(row.kind, row.source, json.loads(row.body))
            for name in ("one", "two"):  # a merge takes the same for gaps
                told_here = [gap for source, gap in reader.gaps() if source == name]
                assert Counter(cover.gaps(name)) == Counter(told_here)
    for with_accounts in (False, True):
        agreed(packed(in_format_2(ledger), tmp_path / "pack.zip", with_accounts=with_accounts))


def test_eventful_votes_give_the_same_result(tmp_path: Path) -> None:
    for ledger in (rich(tmp_path / "1"), everything(tmp_path / "2")):
        agreed(packed(in_format_2(ledger), tmp_path / "pack.zip"))


@pytest.mark.parametrize("ahead_ms", [0, 1, 999, 1000, 5500])
def test_an_act_can_open_a_vote_earlier_and_never_later(ahead_ms: int, tmp_path: Path) -> None:
    laid_down = replace(contest(), opens_ms=OPENS + 5000)
    with Ledger.create(tmp_path / "vote", laid_down, OPENS) as ledger:
        ledger.act(Act(ActKind.OPENED, OPENS + 5000 - ahead_ms))
        ledger.act(Act(ActKind.OPENED, OPENS + 6000))
        posts = [
            Post("x", str(number), str(number), OPENS + number * 500, "#debian")
            for number in range(12)
        ]
        ledger.append([Entry("page", "one", {"feed": "all"}, tuple(posts))], OPENS + 7000)
    found = agreed(packed(in_format_2(tmp_path / "vote"), tmp_path / "pack.zip"))
    opened = 5000 - -(-ahead_ms // 1000) * 1000
    assert found.result["total"] == sum(number * 500 >= opened for number in range(12))


@pytest.mark.parametrize(
    ("network", "tag", "counts"),
    [
        ("x", "#debian", True),
        ("x", "##DEBIAN", True),
        ("x", "＃debian", True),
        ("x", "debian#", False),
        ("mastodon", "#de-bian", True),
        ("mastodon", "dé̱bían", True),
        ("x", "débian", False),
    ],
)
def test_signs_before_a_tag_are_dropped(
    network: str, tag: str, counts: bool, tmp_path: Path
) -> None:
    with Ledger.create(tmp_path / "vote", contest(), OPENS) as ledger:
        post = Post(network, "1", "ann", OPENS, tag)
        ledger.append([Entry("page", "one", {"feed": "all"}, (post,))], OPENS + 7000)
    found = agreed(packed(in_format_2(tmp_path / "vote"), tmp_path / "pack.zip"))
    assert found.result["total"] == counts
