"""Wording that only the report and the workbook need: how posts became votes, the period. Pure."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from twittervotes.core.counting.explain import moment
from twittervotes.core.counting.result import iso
from twittervotes.core.errors import LedgerError
from twittervotes.core.polling.status import unread
from twittervotes.presentation.numbers import listed
from twittervotes.presentation.phrases import contest_in_words, done, uncounted_reasons

if TYPE_CHECKING:
    from twittervotes.core.contest.acts import Act
    from twittervotes.core.contest.contest import Contest
    from twittervotes.core.contest.snapshot import Snapshot, SourceStatus

_CONTROLS = re.compile("[\x00-\x1f\x7f-\x9f\u2028\u2029\ufffe\uffff]+")
_TURNS = re.compile("[\u202a-\u202e\u2066-\u2069]")  # they could reverse the text that follows


@dataclass(frozen=True, slots=True)
class FunnelStep:
    """One step from the posts seen to those counted: how many, and how many are left."""

    words: str
    posts: int
    left: int


def way(snapshot: Snapshot) -> tuple[FunnelStep, ...]:
    """Return the steps from the posts seen to the posts counted, including these two."""
    tally = snapshot.tally
    numbers = dict(tally.verdicts)
    left = tally.posts
    steps = [FunnelStep("posts seen", left, left)]
    for verdict, words in uncounted_reasons(snapshot.contest.rules).items():
        posts = numbers.get(verdict, 0)
        left -= posts
        if posts:
            steps.append(FunnelStep(words, posts, left))
    return (*steps, FunnelStep("posts counted", left, left))


def rules(contest: Contest) -> str:
    """Return the rules as one sentence, including the choices' other names."""
    words = list(contest_in_words(contest))
    for choice in contest.choices:
        if choice.aliases:
            also = listed([f"#{tag}" for tag in choice.aliases])
            verb = "counts" if len(choice.aliases) == 1 else "count"
            words.append(f"{also} {verb} for {choice.name}")
    words += [
        f"the words {listed(each.words)} count for {each.name}"
        for each in contest.choices
        if len(each.words) > 1
    ]
    return "; ".join(words) + "."


def period(contest: Contest) -> tuple[str, ...]:
    """Return when the vote was held, in UTC, and in local time if that differs."""
    ends = (contest.opens_ms, contest.closes_ms)
    told = [tuple(map(moment, ends)), tuple(map(local, ends))]
    if contest.closes_ms is None:
        return tuple(f"from {opens}, with no end set" for opens, _ in dict.fromkeys(told))
    return tuple(f"{opens} to {closes}" for opens, closes in dict.fromkeys(told))


def local(at_ms: int | None) -> str:
    """Return a time in local time, with the offset from UTC."""
    if at_ms is None:
        return moment(at_ms)
    try:
        at = datetime.fromtimestamp(at_ms / 1000, UTC).astimezone()
    except (OverflowError, ValueError, OSError):
        return moment(at_ms)
    if not at.utcoffset():
        return moment(at_ms)
    zone = at.strftime("%z")
    return f"{at:%Y-%m-%d %H:%M:%S} UTC{zone[:3]}:{zone[3:5]}"


def when(at_ms: int) -> str:
    """Return a time in UTC without naming the zone; a heading names it."""
    return moment(at_ms).removesuffix(" UTC")


def act(act: Act, contest: Contest) -> str:
    """Return what was done and why, without when and by whom."""
    return done(act, contest, moment)


def complete(source: SourceStatus) -> str:
    """Say whether all posts of a source were seen; gaps are listed elsewhere, with their times."""
    number = len(source.gaps)
    told = source.completeness
    if number:
        told = "1 gap, see below" if number == 1 else f"{number} gaps, see below"
    return f"{told}; {unread(source.unread)}" if source.unread else told


def shown(text: str) -> str:
    """Return `text` for a page or a sheet: one line, isolated from the direction of other text."""
    return _TURNS.sub("", _CONTROLS.sub(" ", text))


def utc(at_ms: int | None) -> str:
    """Return a time as ISO 8601; a stranger's ledger may hold an impossible one."""
    try:
        return iso(at_ms) or ""
    except LedgerError:
        return f"{at_ms} ms"
