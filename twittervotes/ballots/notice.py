"""The state of a vote as the counting program reports it to a ballot box. Pure."""

from __future__ import annotations

from typing import Literal

import msgspec

from twittervotes.core.contest.acts import State
from twittervotes.core.contest.contest import Contest, PerAccount
from twittervotes.core.contest.snapshot import Snapshot, SourceState
from twittervotes.presentation.marks import letter
from twittervotes.presentation.phrases import rules_in_words
from twittervotes.sources.web.keys import Level

Phase = Literal["soon", "open", "paused", "closed"]


class BallotChoice(msgspec.Struct, frozen=True):
    """An option to vote for."""

    tag: str
    name: str
    letter: str


class CountProgress(msgspec.Struct, frozen=True):
    """The progress of the count: votes so far (None while hidden), and the finished sources."""

    votes: int | None = None
    done: int = 0
    sources: int = 0
    settled: bool = False


class VoteNotice(msgspec.Struct, frozen=True):
    """One vote: its question, its choices, its rules, and its state.

    `closes_ms` is None until it is known; `per_account` is a value of `PerAccount`.
    """

    slug: str
    title: str
    level: Level
    choices: tuple[BallotChoice, ...]
    opens_ms: int
    closes_ms: int | None = None
    paused: bool = False
    per_account: str = PerAccount.FIRST.value
    rules: tuple[str, ...] = ()
    rehearsal: bool = False
    reading: CountProgress = CountProgress()

    def phase(self, now_ms: int) -> Phase:
        """Return whether ballots are taken now."""
        if now_ms < self.opens_ms:
            return "soon"
        if self.closes_ms is not None and now_ms >= self.closes_ms:
            return "closed"
        return "paused" if self.paused else "open"

    @property
    def tags(self) -> frozenset[str]:
        """The hashtags of the choices."""
        return frozenset(choice.tag for choice in self.choices)


class BoxReport(msgspec.Struct, frozen=True):
    """A vote as a box reports it to other boxes and to its own pages."""

    phase: Phase = msgspec.field(name="standing")
    notice: VoteNotice


def of_contest(contest: Contest, slug: str, level: Level) -> VoteNotice:
    """Return the notice of a contest before anything is counted."""
    return VoteNotice(
        slug=slug,
        title=contest.title,
        level=level,
        choices=tuple(
            BallotChoice(each.tag, each.name, letter(index))
            for index, each in enumerate(contest.choices)
        ),
        opens_ms=contest.opens_ms,
        closes_ms=contest.closes_ms,
        per_account=contest.rules.per_account.value,
        rules=rules_in_words(contest.rules),
        rehearsal=contest.rehearsal,
    )


def of_snapshot(snapshot: Snapshot, slug: str, level: Level, *, hidden: bool) -> VoteNotice:
    """Return the notice of a vote; while results are `hidden`, without any votes."""
    done = sum(source.doing is SourceState.DONE for source in snapshot.sources)
    return msgspec.structs.replace(
        of_contest(snapshot.contest, slug, level),
        paused=snapshot.state is State.PAUSED,
        reading=CountProgress(
            votes=None if hidden else snapshot.tally.total,
            done=done,
            sources=len(snapshot.sources),
            settled=snapshot.state in (State.PROVISIONAL, State.CERTIFIED),
        ),
    )
