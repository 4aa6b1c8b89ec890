"""What a view is given to draw: one frozen picture of a contest, and the ways to answer back."""

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
    """What a source is about."""

    READY = "ready"
    POLLING = "polling"
    WAITING = "waiting"
    TROUBLE = "trouble"
    STOPPED = "stopped"
    DONE = "done"


@dataclass(slots=True)
class Record:
    """What became of a source's requests, over all runs of the program.

    `posts` are the different posts it has seen, `read` all that it was given, repeats included,
    `billed` those that the network has charged for; `bad` has the feed and the words for each post
    that could not be read in full. `last_ms` is when it last gave data, 0 if it hasn't in this run.
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

    `words` says in a few words what it does ("waits for its quota until 14:10:02"), `advice` what
    to do about a trouble. `posts` are the posts it has seen, `unread` is how many could not be read
    in full. `completeness` is "exact", "at least" or "gap 14:03–14:05". `last_ms` is when it
    last gave data, 0 if it hasn't yet.
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

    `digest` stands for the ledger up to now (64 hex digits), which has `entries` entries.
    `trouble` is a sentence when counting itself has stopped (a full disk, say), `refused` one when
    what was last asked for is not allowed, `lagging` one while files for graphics can't be written;
    `ledger` is the file's path. After an act that changes what counts, `recounting` is how much was
    counted again, in percent, and `tally` is that from before the act; else it is None. `address`
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
        """Say that the votes are being recounted; "" when they are not."""
        if self.recounting is None:
            return ""
        return f"Recounting… {self.recounting} %. The votes shown are from before the last change."


@dataclass(frozen=True, slots=True)
class LookupResult:
    """What became of one post, or ("" as verdict) why nothing was found, in a sentence.

    `account` is whose post it is, as an account is left out: x:4711.
    """

    verdict: str
    words: str
    account: str = ""


@dataclass(frozen=True, slots=True)
class Intents:
    """What a view may ask for; each returns at once, from any thread.

    `act` takes any act, and fills in its time. What is not allowed is told in `Snapshot.refused`.
    `look_up` (an account or a post, or a link of one) and `export` (the path of a file, whose name
    says what it holds) call back when they are done, perhaps from another thread; they are None
    where there is no ledger to read.
    """

    update: Callable[[], None]
    pause: Callable[[], None]
    resume: Callable[[], None]
    close: Callable[[], None]
    act: Callable[[Act], None]
    look_up: Callable[[str, Callable[[tuple[LookupResult, ...]], None]], None] | None = None
    export: Callable[[str, Callable[[str], None]], None] | None = None


def with_bill(words: str, billed: int) -> str:
    """Return what a source does with what was charged for it, where its network charges."""
    if not billed:
        return words
    told = f"{billed:,} posts billed"
    return f"{words} {told}." if words.endswith(".") else f"{words} · {told}"


def completeness(complete: bool, gaps: Sequence[Gap], bad: int) -> str:
    """Say how complete posts are, "exact", "at least" or "gap 14:03–14:05".

    `complete` is whether the network promises every post, `bad` how many could not be read.
    """
    if gaps:
        from_ms, to_ms = min(gap.from_ms for gap in gaps), max(gap.to_ms for gap in gaps)
        return f"gap {of_day(from_ms)}–{of_day(to_ms)}"
    return "exact" if complete and not bad else "at least"
