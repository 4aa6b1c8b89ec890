"""The curtain: the only maker of public documents.

Everything that a board publishes, on a page, in its API, in a stream or in a file, comes from a
document made here. While the operator hides the result, such a document contains nothing that
depends on how people voted: two votes that differ only in their hidden votes give the same
document. Pure.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from twittervotes.board import wire
from twittervotes.core.contest.act_kinds import ACTS
from twittervotes.core.contest.percent import percentages
from twittervotes.core.contest.posts import MINUTE_MS, Tally, Verdict
from twittervotes.core.counting.explain import moment
from twittervotes.presentation.marks import letter
from twittervotes.presentation.phrases import (
    FINAL,
    done,
    network_title,
    result_in_words,
    rules_in_words,
    uncounted_reasons,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

    from twittervotes.core.contest.acts import Act
    from twittervotes.core.contest.contest import Contest
    from twittervotes.core.contest.snapshot import Snapshot, SourceStatus

FILE = "board.json"
MOST_STEPS = 240  # in the course of a vote; a longer vote has longer steps
MOST_ACTS = 200
DAY = 1440
STEPS = (1, 2, 5, 10, 15, 30, 60, 120, 180, 360, 720, DAY)  # minutes

TELLING = frozenset(does.value for does, spec in ACTS.items() if spec.tells_votes)


def files(snapshot: Snapshot, hidden: bool) -> dict[str, str]:
    """Return the files that the counter writes for a board, by name."""
    return {FILE: wire.encode(document(snapshot, hidden=hidden)).decode()}


def document(snapshot: Snapshot, *, hidden: bool) -> wire.Document:
    """Return what the public may know of a vote."""
    made = wire.Document(
        contest=_contest(snapshot),
        state=_state(snapshot),
        minutes=_minutes(snapshot),
        acts=tuple(_act(act, snapshot.contest) for act in snapshot.acts[-MOST_ACTS:]),
        allowed=tuple(
            sorted(does.value for does, spec in ACTS.items() if snapshot.state in spec.states)
        ),
    )
    return hide(made) if hidden else made


def hide(document: wire.Document) -> wire.Document:
    """Return `document` without anything that depends on how people voted."""
    state = wire.StateDocument(
        state=document.state.state,
        hidden=True,
        at_ms=document.state.at_ms,
        opens_ms=document.state.opens_ms,
        closes_ms=document.state.closes_ms,
        tally=tuple(wire.ChoiceVotes(choice.tag) for choice in document.contest.choices),
        stale=document.state.stale,
    )
    return wire.Document(
        contest=document.contest,
        state=state,
        acts=tuple(act for act in document.acts if act.kind not in TELLING),
        allowed=document.allowed,
    )


def public(document: wire.Document) -> wire.Document:
    """Check a document from a file or another board, and return it as it may be shown.

    Raises ValueError if its parts contradict each other.
    """
    tags = [choice.tag for choice in document.contest.choices]
    if [share.tag for share in document.state.tally] != tags:
        raise ValueError("its tally is of other choices")
    if any(len(row) != len(tags) for row in document.minutes.rows):
        raise ValueError("its course is of other choices")
    return hide(document) if document.state.hidden else document


def _contest(snapshot: Snapshot) -> wire.ContestDocument:
    contest = snapshot.contest
    choices = (
        wire.ChoiceDocument(letter(index), choice.name, choice.tag, choice.aliases, choice.colour)
        for index, choice in enumerate(contest.choices)
    )
    return wire.ContestDocument(
        title=contest.title,
        choices=tuple(choices),
        opens_ms=contest.opens_ms,
        closes_ms=contest.closes_ms,
        rules=rules_in_words(contest.rules),
        networks=tuple(_title(source) for source in snapshot.sources),
        rehearsal=contest.rehearsal,
    )


def _state(snapshot: Snapshot) -> wire.StateDocument:
    contest, tally = snapshot.contest, snapshot.tally
    shares = zip(
        contest.choices, tally.votes, percentages(tally.votes), contest.by_hand, strict=True
    )
    rows = (
        wire.ChoiceVotes(each.tag, votes, percent, hands) for each, votes, percent, hands in shares
    )
    return wire.StateDocument(
        state=snapshot.state.value,
        hidden=False,
        at_ms=snapshot.now_ms,
        opens_ms=contest.opens_ms,
        closes_ms=contest.closes_ms,
        tally=tuple(rows),
        total=tally.total,
        leaders=tuple(contest.choices[i].tag for i in tally.leaders),
        words=result_in_words(tally, contest, is_final=snapshot.state in FINAL),
        networks=tuple(
            wire.NetworkVotes(_title(source), source.completeness, source.votes)
            for source in snapshot.sources
        ),
        steps=tuple(_steps(tally, contest)),
        digest=snapshot.digest,
        entry=snapshot.entries,
    )


def _title(source: SourceStatus) -> str:
    return network_title(source.name)


def _steps(tally: Tally, contest: Contest) -> Iterator[wire.CountingStep]:
    """Yield how posts became votes: those seen, those that didn't count, those counted."""
    numbers = dict(tally.verdicts)
    yield wire.CountingStep("Posts seen", tally.posts)
    for verdict, words in uncounted_reasons(contest.rules).items():
        if number := numbers.get(verdict, 0):
            yield wire.CountingStep(_capital(words), number)
    yield wire.CountingStep("Counted", numbers.get(Verdict.COUNTED, 0))


def _minutes(snapshot: Snapshot) -> wire.Minutes:
    """Return the course of the vote in at most MOST_STEPS steps."""
    minutes, contest = snapshot.tally.minutes, snapshot.contest
    if not minutes:
        return wire.Minutes()
    first, last = minutes[0][0], minutes[-1][0]
    wanted = ((last - first) // MINUTE_MS + 1) / MOST_STEPS
    longer = DAY * (int(wanted) // DAY + 1)
    step = next((step for step in STEPS if step >= wanted), longer)
    size = step * MINUTE_MS
    start = first - first % size
    rows = [[0] * len(contest.choices) for _ in range((last - start) // size + 1)]
    for at_ms, votes in minutes:
        row = rows[(at_ms - start) // size]
        for index, more in enumerate(votes):
            row[index] += more
    pauses = (wire.Interruption(begun, ended, "Paused") for begun, ended in contest.pauses)
    gaps = (
        wire.Interruption(gap.from_ms, gap.to_ms, f"Gap: {_title(source)}")
        for source in snapshot.sources
        for gap in source.gaps
    )
    return wire.Minutes(start, size, tuple(map(tuple, rows)), (*pauses, *gaps)[:MOST_STEPS])


def _act(act: Act, contest: Contest) -> wire.ActDocument:
    words = _capital(done(act, contest, moment, with_account=False))
    return wire.ActDocument(act.does.value, act.at_ms, act.by, words)


def _capital(words: str) -> str:
    return words[:1].upper() + words[1:]
