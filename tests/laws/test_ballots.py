"""The eight laws of ballots, for any course of events; docs/ballot.md states them.

Two boxes share a secret. Voters vote at either, several at once, and send ballots again; the disk
fails, boxes are killed and opened again, the clock goes back, the vote is paused and closed, and
the count reads in the middle of it all.
"""

from __future__ import annotations

import asyncio
import contextlib
import sqlite3
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

import msgspec
import pytest
from ballot_boxes import CONTEST, NOTICE, TAGS
from hypothesis import given, settings
from hypothesis import strategies as st

from twittervotes.ballots.box import BallotBox, Cast, Outcome, Recorded
from twittervotes.ballots.store import BallotStore
from twittervotes.core.contest.contest import PerAccount, Rules
from twittervotes.core.contest.posts import Ask, Page, Post
from twittervotes.core.counting.running import tally
from twittervotes.sources.web import source as module
from twittervotes.sources.web.feed import FeedAnswer, FeedPlace
from twittervotes.sources.web.keys import Keys
from twittervotes.sources.web.source import Web

KEYS = Keys(b"k" * 32)
OPENS, PAGE = 1_000, 3


@dataclass(frozen=True)
class Vote:
    """Somebody votes; `retry` is the number of the attempt."""

    box: int
    voter: int
    choice: int
    retry: int


@dataclass(frozen=True)
class Event:
    """Something else that happens to a box, or to both."""

    what: str
    box: int = 0
    ms: int = 0


votes = st.builds(Vote, st.integers(0, 1), st.integers(0, 5), st.integers(0, 2), st.integers(0, 1))
events = st.one_of(
    st.lists(votes, min_size=1, max_size=6),
    st.builds(
        Event,
        st.sampled_from(["kill", "fail", "read", "read", "pause", "resume"]),
        st.integers(0, 1),
    ),
    st.builds(Event, st.just("time"), st.just(0), st.integers(-20, 60)),
)
courses = st.lists(events, max_size=14)


@dataclass
class Hall:
    """Two boxes in a folder, the clock they read, and the count that reads them."""

    folder: Path
    rule: PerAccount
    now: int = OPENS
    boxes: list[BallotBox] = field(default_factory=list)
    stores: list[BallotStore] = field(default_factory=list)
    acknowledged: dict[str, Vote] = field(default_factory=dict)  # by receipt
    pauses: list[tuple[int, int | None]] = field(default_factory=list)
    posts: list[Post] = field(default_factory=list)
    newest: list[str] = field(default_factory=lambda: ["", ""])

    def __post_init__(self) -> None:
        self.notice = msgspec.structs.replace(NOTICE, opens_ms=OPENS, per_account=self.rule.value)
        for number in (0, 1):
            self.stores.append(BallotStore(self.folder / f"box{number}", KEYS.ledger_key))
            self.boxes.append(self._box(number))

    def _box(self, number: int) -> BallotBox:
        return BallotBox(self.stores[number], KEYS, self.notice, now_ms=lambda: self.now)

    async def do(self, event: Event | Sequence[Vote]) -> None:
        if not isinstance(event, Event):
            outcomes = await asyncio.gather(*map(self._cast, event))
            for vote, outcome in zip(event, outcomes, strict=True):
                self._check(vote, outcome)
            return
        match event.what:
            case "time":
                self.now = max(0, self.now + event.ms)
            case "kill":
                self._kill(event.box)
            case "fail":
                await self._fail(event.box)
            case "read":
                self.read(event.box)
            case "pause" | "resume":
                self._pause(is_paused=event.what == "pause")

    async def _cast(self, vote: Vote) -> Outcome:
        voter = KEYS.voter("code", KEYS.code(vote.voter + 1))
        retry = f"retry-{vote.voter}-{vote.retry}"
        return await self.boxes[vote.box].cast(Cast(voter, "code", TAGS[vote.choice], retry))

    def _check(self, vote: Vote, outcome: Outcome) -> None:
        if not isinstance(outcome, Recorded):
            return
        # Law 1: what is acknowledged is on the disk, as another program finds it there.
        with contextlib.closing(sqlite3.connect(self.folder / f"box{vote.box}")) as db:
            found = db.execute("SELECT seq FROM ballots WHERE key = ?", (outcome.row.key,))
            assert found.fetchone() == (outcome.row.seq,)
        # Law 2: the same attempt has the same receipt, at whichever box.
        same = replace(vote, box=0)
        assert self.acknowledged.setdefault(outcome.receipt, same) == same
        others = [r for r, each in self.acknowledged.items() if each == same]
        assert others == [outcome.receipt]

    def _kill(self, number: int) -> None:
        """Let a box die without a word: what it had not committed is gone."""
        self.boxes[number].stop()
        for each in (self.stores[number]._writing, self.stores[number]._reading):
            each.close()
        self.stores[number] = BallotStore(self.folder / f"box{number}", KEYS.ledger_key)
        self.boxes[number] = self._box(number)

    async def _fail(self, number: int) -> None:
        """Let the disk refuse a ballot: it is not acknowledged, and nothing is left of it."""
        store = self.stores[number]

        def full() -> None:
            raise sqlite3.OperationalError("database or disk is full")

        before = store.committed()
        store.commit = full  # type: ignore[method-assign]
        outcome = await self._cast(Vote(number, 5, 0, 9))
        del store.commit  # type: ignore[method-assign]
        assert not isinstance(outcome, Recorded) or not outcome.is_new
        assert store.committed() == before

    def _pause(self, *, is_paused: bool) -> None:
        if is_paused == self.notice.paused:
            return
        if is_paused:
            self.pauses.append((self.now, None))
        else:
            self.pauses[-1] = (self.pauses[-1][0], max(self.now, self.pauses[-1][0]))
        self.notice = msgspec.structs.replace(self.notice, paused=is_paused)
        for box in self.boxes:
            box.tell(self.notice)

    def read(self, number: int, *, sweep: bool = False, closes: int | None = None) -> None:
        """Read a box as the source does, to its end; nothing may be missing."""
        source = Web(f"web:{number}", "", "vote", "")
        cursor = "" if sweep else self.newest[number]
        asked = Ask(source.feeds(CONTEST)[0], cursor, sweep=sweep, opens_ms=OPENS, closes_ms=closes)
        while True:
            page = source.fetch(asked)
            assert isinstance(page, Page), page
            assert page.gaps == ()  # law 4
            self.posts += page.posts
            if not page.token:
                break
            asked = asked.after(page)
        self.newest[number] = page.newest

    def close(self) -> None:
        for box, store in zip(self.boxes, self.stores, strict=True):
            box.stop()
            store.close()


@pytest.fixture(autouse=True)
def _small_pages(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "PAGE", PAGE)


def through(hall: Hall, monkeypatch: pytest.MonkeyPatch) -> None:
    """Let the source ask the boxes of a hall without a network between them."""

    def asked(self: Web, ask: Ask, place: FeedPlace) -> FeedAnswer | None:
        box = hall.boxes[int(self.name[-1])]
        answer = box.feed(place, ask.closes_ms, PAGE)
        if answer is None:
            return None
        return msgspec.json.decode(msgspec.json.encode(answer), type=FeedAnswer)

    monkeypatch.setattr(Web, "_request", asked)


@pytest.mark.logs_errors
@pytest.mark.parametrize("rule", PerAccount)
@settings(deadline=None, max_examples=40)
@given(course=courses)
def test_every_acknowledged_ballot_counts_once(
    rule: PerAccount, course: list[Event | list[Vote]]
) -> None:
    module._read.clear()
    with (
        tempfile.TemporaryDirectory() as folder,
        pytest.MonkeyPatch.context() as patch,
        contextlib.closing(Hall(Path(folder), rule)) as hall,
    ):
        patch.setattr(module, "PAGE", PAGE)
        through(hall, patch)

        async def play() -> None:
            for event in course:
                await hall.do(event)

        asyncio.run(play())
        hall.now = max([hall.now, *(store.last_ms for store in hall.stores)]) + 1
        closes = hall.now
        read_live = list(hall.posts)
        hall.posts = []
        for number in (0, 1):
            hall.read(number, sweep=True, closes=closes)
        _check_laws(hall, read_live, closes)


def _check_laws(hall: Hall, read_live: list[Post], closes: int) -> None:
    swept = hall.posts
    assert set(read_live) <= set(swept)
    keys = {post.key for post in swept}
    assert keys == {KEYS.key(receipt) for receipt in hall.acknowledged}  # laws 1 and 2
    for store in hall.stores:
        rows = store.after(0, 10_000)
        assert [row.seq for row in rows] == list(range(1, len(rows) + 1))  # law 4
        times = [row.at_ms for row in rows]
        assert times == sorted(times)  # law 3
        assert all(OPENS <= at_ms < closes for at_ms in times)
        assert {row.level for row in rows} <= {"code"}  # law 5
        assert {row.voter.partition(":")[0] for row in rows} <= {"code"}
    assert _counted(hall, swept) == _expected(hall, swept)  # law 7


def _once(posts: list[Post]) -> list[Post]:
    """Keep one version of each ballot, the earlier, as the ledger does."""
    found: dict[str, Post] = {}
    for post in sorted(posts, key=lambda post: post.at_ms):
        found.setdefault(post.key, post)
    return list(found.values())


def _counted(hall: Hall, posts: list[Post]) -> tuple[int, ...]:
    contest = replace(CONTEST, rules=Rules(per_account=hall.rule), opens_ms=OPENS)
    return tally(sorted(_once(posts), key=lambda p: (p.voter, p.at_ms, p.key)), contest).votes


def _expected(hall: Hall, posts: list[Post]) -> tuple[int, ...]:
    """Count by the rule of the vote, as plainly as can be."""
    votes = dict.fromkeys(TAGS, 0)
    by_voter: dict[str, list[Post]] = {}
    for post in sorted(_once(posts), key=lambda post: (post.at_ms, post.key)):
        by_voter.setdefault(post.voter, []).append(post)
    for theirs in by_voter.values():
        said = [post.tags for post in theirs]
        counted = {
            PerAccount.FIRST: said[:1],
            PerAccount.LAST: said[-1:],
            PerAccount.PER_CHOICE: sorted(set(said)),
            PerAccount.ALL: said,
        }[hall.rule]
        for tag in counted:
            votes[tag] += 1
    return tuple(votes.values())


def test_a_receipt_reveals_no_secret_and_no_choice() -> None:
    """Law 6: receipts of two ballots that differ only in their choices reveal nothing."""
    signs = [
        KEYS.receipt(f"code:{n}", "r", tag).replace("-", "") for n in range(300) for tag in TAGS[:2]
    ]
    assert len(set(signs)) == 600
    ones = [int(sign, 36) % 2 for sign in (each[-1] for each in signs)]
    assert 200 < sum(ones) < 400
