"""Votes for the tests of the board: snapshots, their documents, and ledgers with their files."""

from __future__ import annotations

from pathlib import Path

from samples import CLOSES, OPENS, contest, page, post

from twittervotes.board import curtain, wire
from twittervotes.core.contest.acts import CLOCK, Act, ActKind
from twittervotes.core.contest.contest import Choice, Contest
from twittervotes.core.contest.posts import Tally, Verdict
from twittervotes.core.contest.snapshot import Snapshot, SourceState, SourceStatus, State
from twittervotes.core.ledger.writer import Entry, Ledger

OPENS_MS = 1_796_000_400_000
NAMES = ("Debian", "Ubuntu", "Arch")


def snapshot(*votes: int, state: State = State.OPEN, names: tuple[str, ...] = NAMES) -> Snapshot:
    """Return a snapshot of a vote with these votes."""
    contest = Contest(
        "Which distribution do you run?",
        tuple(Choice(name.lower(), label=name) for name in names),
        opens_ms=OPENS_MS,
        closes_ms=OPENS_MS + 600_000,
    )
    total = sum(votes)
    tally = Tally(
        votes,
        ((Verdict.COUNTED, total), (Verdict.REPEAT, total // 10)),
        networks=(("mastodon", votes),),
        minutes=tuple((OPENS_MS + minute * 60_000, votes) for minute in range(3)),
        by_hand=(0,) * len(votes),
    )
    sources = (SourceStatus("mastodon", SourceState.POLLING, "polling", votes=total, posts=total),)
    digest = f"{total:064x}"
    return Snapshot(contest, state, OPENS_MS + 449_000, tally, sources, digest, entries=total)


def document(*votes: int, state: State = State.OPEN, hidden: bool = False) -> wire.Document:
    return curtain.document(snapshot(*votes, state=state), hidden=hidden)


def write(ledger: Path, said: wire.Document) -> None:
    """Write `said` beside a ledger, as the counter does."""
    folder = ledger.with_name(f"{ledger.stem}-graphics")
    folder.mkdir(exist_ok=True)
    part = folder / "part"
    part.write_bytes(wire.encode(said))
    part.replace(folder / curtain.FILE)


def ledger(path: Path, *, settled: bool = True) -> Path:
    """Make the ledger of a vote in which debian has two votes and arch one."""
    posts = [post("1", "debian"), post("2", "debian"), post("3", "arch"), post("4", "cats")]
    with Ledger.create(path, contest(), OPENS) as made:
        made.act(Act(ActKind.OPENED, OPENS))
        about = {"network": "x", "complete": True, "queries": ["all"]}
        made.append([Entry("source", "twitter", about)], OPENS)
        made.append([page(posts, position={"cursor": "4", "read_ms": CLOSES + 1})], OPENS + 5000)
        if settled:
            made.act(Act(ActKind.CLOSED, CLOSES, CLOCK))
            made.append([Entry("swept", "twitter", {})], CLOSES + 60_000)
            made.act(Act(ActKind.SETTLED, CLOSES + 60_000, CLOCK))
    return path
