"""Phrases of the window alone: the time left, how posts became votes, quotas, the ledger.

Pure: takes a snapshot, returns short phrases. Wording shared with other views is in `presentation`.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from twittervotes.core.config import local_time
from twittervotes.core.contest.clock import of_date, of_day
from twittervotes.core.contest.posts import Quota, Verdict
from twittervotes.core.contest.snapshot import Snapshot, SourceState, SourceStatus, State
from twittervotes.presentation.numbers import counted, grouped, lasting, signed
from twittervotes.presentation.phrases import done, uncounted_reasons

if TYPE_CHECKING:
    from collections.abc import Callable

    from twittervotes.core.contest.acts import Act
    from twittervotes.core.contest.contest import Choice, Contest

UTC_TIME = re.compile(r"([0-9]{4}-[0-9]{2}-[0-9]{2}) ([0-9]{2}:[0-9]{2}:[0-9]{2}) UTC")
SIGN_IN = re.compile(r"(Sign in[^:.]*): (?:run )?python twitter_auth\.py(?! --)[^.]*\.?")
SHORT_TIME = re.compile(r"\(([0-9]{2}:[0-9]{2}:[0-9]{2})\)")
UNDER_WAY = frozenset({State.SCHEDULED, State.OPEN, State.PAUSED, State.CLOSING})


@dataclass(frozen=True, slots=True)
class FunnelLine:
    """One line of how posts became votes."""

    words: str
    number: str
    strong: bool = False


def title_of(choice: Choice) -> tuple[str, str]:
    """Return the large text of a choice and the small one: its label and its hashtag."""
    return choice.title, f"#{choice.tag}" if choice.label else ""


def time_left(snapshot: Snapshot, now_ms: int) -> tuple[str, str]:
    """Return the time to show and the words beside it; only words if no time is running."""
    contest = snapshot.contest
    if snapshot.state is State.CLOSING:
        return "", "reading late posts…"
    if snapshot.state not in UNDER_WAY:
        at_ms = contest.closes_ms
        return "", f"closed {of_date(at_ms)} {zone(at_ms)}" if at_ms else "closed"
    if snapshot.state is State.SCHEDULED or now_ms < contest.opens_ms:
        return lasting(-(-(contest.opens_ms - now_ms) // 1000)), "until opening"
    if contest.closes_ms is None:
        return lasting((now_ms - contest.opens_ms) // 1000), "elapsed"
    return lasting(-(-(contest.closes_ms - now_ms) // 1000)), "left"


def zone(at_ms: int) -> str:
    """Return the local zone around `at_ms` as an offset: UTC+1."""
    return local_time.offset(datetime.fromtimestamp(at_ms / 1000).astimezone())


def in_local_time(words: str) -> str:
    """Convert an answer's UTC times to local ones; a time alone is on the answer's first day."""
    first = UTC_TIME.search(words)
    if first is None:
        return words
    words = SHORT_TIME.sub(lambda found: f"({_local(first[1], found[1])[11:]})", words)
    return UTC_TIME.sub(lambda found: _local(found[1], found[2]), words)


def _local(day: str, time: str) -> str:
    at = datetime.fromisoformat(f"{day}T{time}+00:00").astimezone()
    return f"{at:%Y-%m-%d %H:%M:%S}"


def in_two(text: str, fits: Callable[[str], bool]) -> tuple[str, str]:
    """Split `text` at a space: what fits, and the rest for a second line."""
    ends = [place for place, sign in enumerate(text) if sign == " " and fits(text[:place])]
    if not ends or fits(text):
        return text, ""
    return text[: ends[-1]], text[ends[-1] + 1 :]


def way(snapshot: Snapshot) -> tuple[FunnelLine, ...]:
    """Return the lines from the posts seen down to the votes counted."""
    rules, tally = snapshot.contest.rules, snapshot.tally
    numbers = dict(tally.verdicts)
    lines = [FunnelLine("posts seen", grouped(tally.posts))]
    for verdict, words in uncounted_reasons(rules).items():
        if number := numbers.get(verdict, 0):
            lines.append(FunnelLine(words, f"− {grouped(number)}"))
    posts = numbers.get(Verdict.COUNTED, 0)
    lines.append(FunnelLine("posts counted", grouped(posts), strong=True))
    by_hand = sum(tally.by_hand)
    if tally.total - by_hand != posts:
        lines.append(FunnelLine("votes in these posts", grouped(tally.total - by_hand)))
    if any(tally.by_hand):
        lines.append(FunnelLine("added by hand", signed(by_hand)))
        lines.append(FunnelLine("votes", grouped(tally.total), strong=True))
    return tuple(lines)


def advice(source: SourceStatus) -> str:
    """Return what to do about a source; the window has its own way to sign in.

    A source reads its token when a vote is opened.
    """
    return SIGN_IN.sub(
        r"\1: press Ctrl-N, then “Sign in…” there. Then quit and open this vote again.",
        source.advice,
    )


def doing(source: SourceStatus) -> str:
    """Say what a source does, and how complete it is."""
    is_asked = source.doing is not SourceState.READY
    whole = source.completeness.replace(" ", "\u00a0") if is_asked else ""
    return f"{source.words} · {whole}" if whole else source.words


def ago(then_ms: int, now_ms: int) -> str:
    """Say how long ago something was, or when, if that was a minute ago or more."""
    seconds = max(0, now_ms - then_ms) // 1000
    return f"{seconds} s ago" if seconds < 60 else f"at {of_day(then_ms)}"


def quota_words(quota: Quota) -> tuple[str, ...]:
    """Return texts for the remaining quota, longest first."""
    left, limit = grouped(quota.remaining), grouped(quota.limit)
    return f"{left} of {limit} requests left", f"{left} of {limit} left", f"{left} left"


def ledger_lines(snapshot: Snapshot) -> tuple[str, ...]:
    """Return texts that identify the ledger by its shortened digest, longest first."""
    digest = snapshot.digest
    if not digest:
        return ()
    short = f"{digest[:4]}…{digest[-4:]}"
    posts = counted(snapshot.tally.posts, "post")
    return f"Record {short} · {posts}", f"Record {short}", short


def act_in_words(act: Act, contest: Contest) -> str:
    """Say who did what, and why."""
    return f"{act.by[:1].upper()}{act.by[1:]} {done(act, contest, of_day)}"
