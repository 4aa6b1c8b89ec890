"""The frozen state of a contest that views draw, and the ways to send intents back."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from enum import StrEnum

from twittervotes.core.contest.acts import Act
from twittervotes.core.contest.acts import State as State
from twittervotes.core.contest.clock import of_day
from twittervotes.core.contest.contest import Contest
from twittervotes.core.contest.posts import Gap as Gap
from twittervotes.core.contest.posts import Quota, Tally


class SourceState(StrEnum):
    """What a source is doing."""

    READY = "ready"
    POLLING = "polling"
    WAITING = "waiting"
    TROUBLE = "trouble"
    STOPPED = "stopped"
    DONE = "done"


@dataclass(slots=True)
class Record:
    """The statistics of a source's requests over all runs of the program.

    `posts` counts the distinct posts it has seen, `read` all that it received, including
    duplicates, `billed` those that the network charged for; `bad` has the feed and a message for
    each post that could not be read completely. `last_ms` is when it last delivered data, 0 if not
    in this run.
    """

    requests: int = 0
    failed: int = 0
    posts: int = 0
    bad: set[tuple[str, str]] = field(default_factory=set)
    read: int = 0
    billed: int = 0
    last_ms: int = 0


@dataclass(frozen=True, slots=True)
class SourceStatus:
    """One source, as an operator wants to see it.

    `words` says briefly what it is doing ("waits for its quota until 14:10:02"), `advice` what to
    do about a problem. `posts` counts the posts it has seen, `unread` those that could not be read
    completely. `completeness` is "exact", "at least" or "gap 14:03–14:05". `last_ms` is when it
    last delivered data, 0 if it hasn't yet.
    """

    name: str
    doing: SourceState
    words: str
    advice: str = ""
    last_ms: int = 0
    quota: Quota | None = None
    requests: int = 0
    failed: int = 0
    posts: int = 0
    unread: int = 0
    votes: int = 0
    completeness: str = "exact"
    gaps: tuple[Gap, ...] = ()


@dataclass(frozen=True, slots=True)
class Snapshot:
    """All that a view may show at one moment; every number in it is committed to the ledger.

    `digest` identifies the ledger up to now (64 hex digits), which has `entries` entries. `trouble`
    is a sentence if counting itself has stopped (because of a full disk, say), `refused` if the
    last intent was not allowed, `lagging` while files for graphics can't be written; `ledger` is
    the file's path. After an act that changes what counts, `recounting` is the progress of the
    recount in percent, and `tally` is the one from before the act; otherwise it is None. `address`
    is where the audience votes on the vote's own page, "" if there is none.
    """

    contest: Contest
    state: State
    now_ms: int
    tally: Tally
    sources: tuple[SourceStatus, ...]
    digest: str
    ledger: str = ""
    trouble: str = ""
    refused: str = ""
    lagging: str = ""
    acts: tuple[Act, ...] = ()
    entries: int = 0
    recounting: int | None = None
    address: str = ""

    @property
    def recount_words(self) -> str:
        """Say that the votes are being recounted; "" if they are not."""
        if self.recounting is None:
            return ""
        return f"Recounting… {self.recounting} %. The votes shown are from before the last change."


@dataclass(frozen=True, slots=True)
class LookupResult:
    """What became of one post, or (with "" as verdict) a sentence that says why nothing was found.

    `account` is its author, in the form that an exclusion takes: x:4711.
    """

    verdict: str
    words: str
    account: str = ""


@dataclass(frozen=True, slots=True)
class Intents:
    """What a view may ask for; each function returns at once and may be called from any thread.

    `act` takes any act and fills in its time; if it isn't allowed, `Snapshot.refused` says why.
    `look_up` (takes an account, a post or a link to one) and `export` (takes a path, whose suffix
    sets the format) call back when they are done, perhaps from another thread; they are None
    without a ledger to read.
    """

    update: Callable[[], None]
    pause: Callable[[], None]
    resume: Callable[[], None]
    close: Callable[[], None]
    act: Callable[[Act], None]
    look_up: Callable[[str, Callable[[tuple[LookupResult, ...]], None]], None] | None = None
    export: Callable[[str, Callable[[str], None]], None] | None = None


def with_bill(words: str, billed: int) -> str:
    """Return what a source is doing, with the number of billed posts if its network charges."""
    if not billed:
        return words
    told = f"{billed:,} post{'s' * (billed != 1)} billed"
    return f"{words} {told}." if words.endswith(".") else f"{words} · {told}"


def completeness(complete: bool, gaps: Sequence[Gap], bad: int) -> str:
    """Say how complete the posts are: "exact", "at least" or "gap 14:03–14:05".

    `complete` is whether the network promises every post, `bad` how many posts could not be read.
    """
    if gaps:
        from_ms, to_ms = min(gap.from_ms for gap in gaps), max(gap.to_ms for gap in gaps)
        return f"gap {of_day(from_ms)}–{of_day(to_ms)}"
    return "exact" if complete and not bad else "at least"
