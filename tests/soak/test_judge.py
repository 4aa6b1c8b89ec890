"""The soak's judge: it must complain of each thing that a program could do wrong."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest

from soak.judge import Outage, Verdict, judge
from twittervotes.core.contest.contest import Choice, Contest
from twittervotes.core.contest.posts import Post
from twittervotes.core.counting.result import iso
from twittervotes.core.ledger.writer import Entry, Ledger
from twittervotes.rehearsal.truth import TruePost, Truth

OPENS_MS = 1_700_000_000_000
CLOSES_MS = OPENS_MS + 60_000
TAGS = ("debian", "arch")
HOST = "bluesky:127.0.0.1:1"
GAP = Outage(HOST, OPENS_MS + 20_000, OPENS_MS + 40_000)


def true(number: int, tag: str = "debian", second: int = 5) -> TruePost:
    at_ms = OPENS_MS + second * 1000
    return TruePost(
        str(number), f"k{number}", f"v{number}", f"v{number}", at_ms, at_ms, "tweet", (tag,)
    )


@dataclass(frozen=True)
class Told:
    """The networks' side: what was truly posted on one of them, each by a separate account."""

    true: tuple[TruePost, ...]

    def posts(self) -> dict[str, list[TruePost]]:
        return {"bluesky": list(self.true)}

    def truth(self, opens_ms: int, closes_ms: int) -> dict[str, Truth]:
        votes = [(tag, sum(tag in post.tags for post in self.true)) for tag in TAGS]
        return {"bluesky": Truth(tuple(votes), len(self.true), closes_ms)}


@dataclass(frozen=True)
class Case:
    """What is true, what the ledger holds of it, what was counted and told."""

    true: tuple[TruePost, ...] = (true(1), true(2, "arch"), true(3, second=30))
    held: tuple[int, ...] = (1, 2, 3)
    votes: tuple[int, int] = (2, 1)
    gaps: tuple[Outage, ...] = ()
    outages: tuple[Outage, ...] = ()
    state: str = "provisional"

    def judged(self, folder: Path) -> Verdict:
        path = folder / "vote.votes"
        contest = Contest("?", tuple(map(Choice, TAGS)), opens_ms=OPENS_MS, closes_ms=CLOSES_MS)
        posts = tuple(
            Post("bluesky", post.key, post.voter, post.at_ms, " ".join(post.tags))
            for post in self.true
            if int(post.id) in self.held
        )
        with Ledger.create(path, contest, OPENS_MS) as ledger:
            ledger.append([Entry("page", HOST, {}, posts)], OPENS_MS)
        result: dict[str, Any] = {
            "contest": {"opens": iso(OPENS_MS), "closes": iso(CLOSES_MS), "choices": list(TAGS)},
            "tally": [
                {"choice": tag, "votes": votes} for tag, votes in zip(TAGS, self.votes, strict=True)
            ],
            "state": self.state,
            "sources": [
                {
                    "name": gap.source,
                    "gaps": [{"from": iso(gap.from_ms), "to": iso(gap.to_ms)}],
                }
                for gap in self.gaps
            ],
        }
        return judge(result, path, Told(self.true), self.outages, ("bluesky",))  # type: ignore[arg-type]


def test_a_true_result_passes(tmp_path: Path) -> None:
    assert Case().judged(tmp_path) == Verdict((), 3, 3, 0, 0)


def test_posts_missing_in_a_reported_gap_pass(tmp_path: Path) -> None:
    case = Case(held=(1, 2), votes=(1, 1), gaps=(GAP,), outages=(GAP,))
    assert case.judged(tmp_path) == Verdict((), 3, 3, 1, 1)


@pytest.mark.parametrize(
    ("case", "words"),
    [
        (Case(held=(1, 2), votes=(1, 1)), "k3 is missing"),
        (Case(held=(2, 3), votes=(1, 1), gaps=(GAP,), outages=(GAP,)), "k1 is missing"),
        (Case(votes=(3, 1)), "no gap is reported"),
        (Case(votes=(3, 1), gaps=(GAP,), outages=(GAP,)), "no post is missing"),
        (Case(gaps=(GAP,)), "nothing was withheld"),
        (Case(outages=(GAP,)), "is not reported"),
        (
            Case(gaps=(replace(GAP, from_ms=OPENS_MS),), outages=(GAP,)),
            "nothing was withheld",
        ),
        (Case(gaps=(replace(GAP, source="x"),), outages=(GAP,)), "is not reported"),
        (Case(state="open"), "not read to its end"),
    ],
)
def test_each_kind_of_error_is_reported(tmp_path: Path, case: Case, words: str) -> None:
    complaints = case.judged(tmp_path).complaints
    assert any(words in each for each in complaints), complaints
