"""Several boxes behind a balancer, read by several collectors: each code counts once."""

from __future__ import annotations

import contextlib
from pathlib import Path
from random import Random

import reference
from ballot_boxes import CONTEST, TAGS, RunningBox, running

from twittervotes.core.contest.posts import Ask, Page, Post
from twittervotes.core.counting.outcome import outcome
from twittervotes.core.ledger.merge import merge
from twittervotes.core.ledger.reader import Reader
from twittervotes.core.ledger.writer import Entry, Ledger
from twittervotes.engines import duckdb_engine, inputs

BOXES, CODES = 3, 40


def everything(box: RunningBox) -> list[Post]:
    """Read a box as a collector does."""
    source = box.source()
    asked, found = Ask(source.feeds(CONTEST)[0]), list[Post]()
    while True:
        page = source.fetch(asked)
        assert isinstance(page, Page)
        assert not page.gaps
        found += page.posts
        if not page.token:
            return found
        asked = asked.after(page)


def collected(path: Path, boxes: dict[str, list[Post]]) -> Path:
    """Write what a collector has read of some boxes into a ledger."""
    with Ledger.create(path, CONTEST, 1) as ledger:
        for name, posts in boxes.items():
            about = {"network": "web", "complete": True, "queries": [name]}
            ledger.append([Entry("source", name, about)], 1)
            ledger.append([Entry("page", name, {"feed": name, "position": 0}, tuple(posts))], 1)
    return path


def test_a_code_at_any_number_of_boxes_counts_once(tmp_path: Path) -> None:
    random, voted = Random(5), set[int]()
    with contextlib.ExitStack() as opened:
        boxes = [opened.enter_context(running(tmp_path, name=f"box-{n}")) for n in range(BOXES)]
        for attempt in range(4 * CODES):
            code, tag = random.randrange(1, CODES + 1), random.choice(TAGS)
            retry = f"attempt-{attempt:016}"
            answers = [
                box.cast(tag, code, retry)  # the balancer may send it to several
                for box in random.sample(boxes, random.choice((1, 1, 2, 3)))
            ]
            receipts = {each.said["receipt"] for each in answers if each.status == 201}
            assert len(receipts) <= 1, "the same ballot has one receipt"
            voted |= {code} if receipts else set()
        read = {f"box-{n}": everything(box) for n, box in enumerate(boxes)}
    posts = [post for found in read.values() for post in found]
    assert len(posts) > len({post.key for post in posts}) > len(voted)
    # One collector reads two boxes, another one the third and the second again.
    one = collected(tmp_path / "one.votes", {name: read[name] for name in ("box-0", "box-1")})
    two = collected(tmp_path / "two.votes", {name: read[name] for name in ("box-1", "box-2")})
    merge(tmp_path / "both.votes", [one, two])
    with Reader(tmp_path / "both.votes") as reader:
        tally = outcome(reader).tally
    assert tally.total == len(voted) == len({post.voter for post in posts})
    file = inputs.of_ledgers([one, two], tmp_path / "posts.parquet")
    engine = duckdb_engine.tally(file.path, file.facts.contest, tmp_path, is_named=True)
    with Reader(tmp_path / "both.votes") as reader:
        assert reference.numbers(tally) == reference.count(posts, reader.contest)
    assert engine == tally
