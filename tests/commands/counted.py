"""A contest that was counted and is over, in a ledger; and what a command says."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from samples import CLOSES, OPENS, contest, page, post

from twittervotes.core.contest.acts import CLOCK, Act, ActKind
from twittervotes.core.contest.posts import Post
from twittervotes.core.ledger.writer import Entry, Ledger

POSTS = (
    post("1", "debian", voter="ann"),
    post("2", "ubuntu", voter="ann", at_ms=OPENS + 3000),
    post("3", "ubunut", voter="bob"),
    post("4", "arch debian", voter="cem"),
    post("5", "arch", voter="dag", at_ms=CLOSES),
    post("6", "cats", voter="eve"),
    post("7", "debian", voter="fay", kind="repost"),
    post("8", "Debian", voter="gus"),
)
MIRRORED = (post("8", "Debian", voter="gus"), post("9", "arch", voter="hal"))


@dataclass(frozen=True, slots=True)
class Told:
    """What a command said, and its exit code."""

    code: int
    out: str
    err: str


Run = Callable[..., Told]


def made(path: Path, posts: tuple[Post, ...] = POSTS, **fields: object) -> Path:
    """Make the ledger of a contest that is over; `fields` are those of samples.contest."""
    with Ledger.create(path, contest(**fields), OPENS) as ledger:
        ledger.act(Act(ActKind.OPENED, OPENS))
        for name in ("twitter", "mirror"):
            about = {"network": "x", "complete": True, "queries": ["all"]}
            ledger.append([Entry("source", name, about)], OPENS)
        read = {"cursor": "9", "read_ms": CLOSES + 60_000}
        ledger.append([page(posts, position=read)], OPENS + 5000)
        ledger.append([page(MIRRORED, source="mirror", position=read)], OPENS + 6000)
        ledger.act(Act(ActKind.CLOSED, CLOSES, CLOCK))
        ledger.append([Entry("swept", name, {}) for name in ("twitter", "mirror")], CLOSES + 60_000)
        ledger.act(Act(ActKind.SETTLED, CLOSES + 60_000, CLOCK))
    return path
