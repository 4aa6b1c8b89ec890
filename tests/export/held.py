"""Ledgers of votes that were held: made through a session, act by act, with a clock by hand."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import closing
from pathlib import Path
from random import Random

from doubles import FakeSource, StillClock

from twittervotes.core.contest.acts import Act, ActKind
from twittervotes.core.contest.contest import Choice, Contest
from twittervotes.core.contest.posts import Post
from twittervotes.core.ledger.writer import Entry, Ledger
from twittervotes.core.polling.session import Session

Export = Callable[..., bytes]  # the fixture `exported`
OPENS = 1_800_000_000_000
CLOSES = OPENS + 8 * 60_000
CHOICES = (
    Choice("debian", "Debian"),
    Choice("ubuntu", "Ubuntu", aliases=("ubunut",)),
    Choice("arch", "Arch"),
)
CONTEST = Contest("Which distribution do you run?", CHOICES, opens_ms=OPENS, closes_ms=CLOSES)
X = FakeSource("twitter", "x", complete=False)
MASTODON = FakeSource("mastodon", "mastodon")


def audience(number: int, seed: int = 1, network: str = "x", first: int = 0) -> list[Post]:
    """Return posts such as an audience writes: votes, repeats, spoilt ones, late ones."""
    random = Random(seed)
    votes = ("debian", "Debian", "ubuntu", "ubunut", "arch", "ARCH", "debian arch", "cats")
    weights = (40, 10, 22, 3, 14, 4, 4, 3)
    kinds, often = ("post", "reply", "quote", "repost"), (88, 4, 4, 4)
    return [
        Post(
            network,
            str(1_900_000_000_000_000_000 + first + n),
            f"voter-{network}-{random.randrange(number)}",
            OPENS - 5000 + random.randrange((CLOSES - OPENS) // 1000 + 15) * 1000,
            random.choices(votes, weights)[0],
            random.choices(kinds, often)[0],
            0,
            OPENS - 86_400_000 * random.randrange(1, 3000),
        )
        for n in range(number)
    ]


class Held:
    """A vote being held: what was done stays done; nothing is faked but the answers and clock."""

    def __init__(self, path: Path, contest: Contest = CONTEST, *sources: FakeSource) -> None:
        self.path = path
        self.sources = sources or (X,)
        self.clock = StillClock(contest.opens_ms)
        self.ledger = Ledger.create(path, contest, contest.opens_ms)
        self.session = Session(
            self.ledger, self.sources, self.clock.clock(), every_ms=1000, settle_ms=1000
        )
        self.session.begin()

    def read(self, posts: Sequence[Post], source: FakeSource | None = None) -> None:
        """Let a source bring posts, in pages of a hundred."""
        source = source or self.sources[0]
        for start in range(0, len(posts) or 1, 100):
            page = source.page(self.session.ask(source), *posts[start : start + 100], newest="1")
            self.session.record([page])

    def act(self, does: ActKind, **fields: object) -> None:
        shown = self.session.operate(Act(does, **fields))  # type: ignore[arg-type]
        assert not shown.refused, shown.refused

    def gap(self, source: str, from_ms: int, to_ms: int, reason: str = "It was away.") -> None:
        body = {"from_ms": from_ms, "to_ms": to_ms, "reason": reason, "sweep": True}
        self.ledger.append([Entry("gap", source, body)], self.clock.today_ms)

    def end(self) -> Path:
        self.settle()
        return self.close()

    def settle(self) -> None:
        """Let the vote end, and all be read."""
        self.clock.forward(self.ledger.contest.closes_ms - self.clock.today_ms)  # type: ignore[operator]
        self.session.tick()
        self.clock.forward(60_000)
        for source in self.sources:
            self.session.tick()
            while self.session.due(source):
                self.session.record([source.page(self.session.ask(source), newest="1")])
        self.session.tick()

    def close(self) -> Path:
        self.ledger.close()
        return self.path


def held(path: Path, posts: Sequence[Post] = (), contest: Contest = CONTEST, *acts: Act) -> Path:
    """Return the ledger of a vote with these posts, held to its end."""
    vote = Held(path, contest)
    vote.read(posts or audience(300))
    for act in acts:
        assert not vote.session.operate(act).refused
    return vote.end()


def laid_down(path: Path, contest: Contest, *entries: Entry) -> Path:
    """Return a ledger with these entries, however odd; no session was asked."""
    with closing(Ledger.create(path, contest, contest.opens_ms)) as ledger:
        ledger.append(entries, contest.opens_ms + 1000)
    return path
