"""The values that are passed around: posts, pages, failures, tallies.

Frozen, picklable, and independent of clocks, files and networks. Times are integer milliseconds
since 1970-01-01 UTC, with `_ms` in the name; IDs are strings.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from enum import StrEnum
from typing import TYPE_CHECKING, NamedTuple, Protocol, runtime_checkable

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from twittervotes.core.contest.columns import PostColumns  # noqa: TC004 - it needs a Post
    from twittervotes.core.contest.contest import Contest
    from twittervotes.core.contest.numbered import NumberedPosts  # noqa: TC004 - it needs a Post


STEP_MS = 10_000  # of the finest count over time
FINE_MS = 2 * 3_600_000  # for so long; of a longer vote, a chart shows minutes or more
MINUTE_MS = 60_000
LONGEST_VALUE = 10_000  # characters; far more than any network puts into a key or a post's tags
TIMES_MS = range(-62_104_060_800_000, 253_370_764_800_000)  # years 2 to 9998: dates in any zone
CUT = -1  # the revision of a reading that lacks hashtags: every whole reading comes after it
REVISIONS = range(CUT, 2**63)  # up to the largest integer that the ledger holds


class Kind(StrEnum):
    """The kinds of posts; the rules decide which may vote."""

    POST = "post"
    REPOST = "repost"
    QUOTE = "quote"
    REPLY = "reply"
    WITHDRAWN = "withdrawn"  # deleted, or its account is gone: the last version of a post


class Verdict(StrEnum):
    """What the rules say of one post: counted, or the one reason why not."""

    COUNTED = "counted"
    EXCLUDED = "excluded"
    IGNORED = "ignored"
    EARLY = "early"
    LATE = "late"
    PAUSED = "paused"
    NO_CHOICE = "no choice"
    INCOMPLETE = "incomplete"
    SPOILT = "spoilt"
    YOUNG = "young"
    REPEAT = "repeat"
    WITHDRAWN = "withdrawn"


class Post(NamedTuple):
    """One message of one account, as a source saw it.

    `tags` are the hashtags as typed, without '#', separated by single spaces. `can_be_kept` defines
    the valid values. `revision` grows with each edit of the same key, and is CUT if the network
    truncated the text and thus the tags; `born_ms` is when the account was created, 0 if the
    network doesn't say.
    """

    network: str
    key: str
    voter: str
    at_ms: int
    tags: str
    kind: str = "post"
    revision: int = 0
    born_ms: int = 0


class Feed(NamedTuple):
    """One query of a source; a source whose choices don't fit into one query has several."""

    name: str
    query: str


class Sought(NamedTuple):
    """A post to look up: its name at the source, and its current version."""

    name: str
    post: Post


@dataclass(frozen=True, slots=True)
class Ask:
    """One request: where its round starts, and where it continues.

    `since` is the cursor of the last complete round ("" in the first), `token` says where this
    round continues ("" on its first page). A sweep reads the whole period again and has no `since`.
    The period is from `opens_ms` to `closes_ms` (None if unknown); `today_ms` is the time of day,
    which a worker's own clock may not know. `spent` is how many posts the network has billed so
    far, if it bills them. `stride` is how many pages of the round may be read in one go. `read_ms`
    is up to when the feed has been read in complete rounds, 0 if never: if the network doesn't go
    back that far, there is a gap. `left_at` is the cursor after the latest page, in a sweep too: a
    network without history continues from there. `sweep_number` numbers the sweeps, because one can
    be discarded. With `sought`, these posts are looked up instead of a page (see `LooksUp`).
    """

    feed: Feed
    since: str = ""
    token: str = ""
    sweep: bool = False
    opens_ms: int = 0
    closes_ms: int | None = None
    today_ms: int = field(default=0, compare=False)
    spent: int = 0
    stride: int = 1
    read_ms: int = field(default=0, compare=False)
    left_at: str = field(default="", compare=False)
    sweep_number: int = field(default=0, compare=False)
    sought: tuple[Sought, ...] = ()

    def after(self, page: Page) -> Ask:
        """Return the request for the page after `page`."""
        left_at, spent = page.newest or self.left_at, self.spent + page.billed
        return replace(self, token=page.token, left_at=left_at, spent=spent)


@dataclass(frozen=True, slots=True)
class Quota:
    """The requests left in a window that ends in `reset_in_ms`, by the server's clock."""

    limit: int
    remaining: int
    reset_in_ms: int


@dataclass(frozen=True, slots=True)
class Gap:
    """A period for which a source may have missed posts."""

    from_ms: int
    to_ms: int
    reason: str


class Deleted(NamedTuple):
    """A post's deletion; the post may be in the files before it, in later ones, or nowhere.

    `name` is its key or, with `by_id`, its ID in `Page.ids`. Later revisions of the post count
    again, but none after a deletion without a revision.
    """

    network: str
    name: str
    revision: int = 0
    by_id: bool = False


class Presence(NamedTuple):
    """News that an account is there, or is gone with its posts, from `revision` of these on."""

    network: str
    voter: str
    revision: int
    active: bool


News = Deleted | Presence


@dataclass(frozen=True, slots=True)
class Page:
    """One response of a source.

    `newest` is the cursor that this round will leave ("" on pages that don't say); `token` says
    where the round continues ("" at its end). `reached` is true once this page has come down to
    `Ask.since`: what follows by `token` is overlap, read only if the quota allows. `bad` describes
    each unreadable post, in a few words and without its text; `gaps` are periods that the network
    no longer provides. `ahead_ms` is how far the network's clock is ahead of ours, if it reported
    the time. `billed` is how many posts the network has billed since the previous page, whatever
    became of them here. `ids` has one ID per post if the source names posts other than by their
    keys; the ledger stores them. `news` reports deleted posts and closed accounts, whether or not
    they have voted. With `gaps_stay` the network has no history, so no final sweep heals the gaps.
    A worker replaces `posts` by `columns`, and gets `numbered` from a source that has only numbers
    (see `FetchesNumbers`).
    """

    source: str
    ask: Ask
    posts: tuple[Post, ...]
    newest: str = ""
    token: str = ""
    reached: bool = False
    quota: Quota | None = None
    bad: tuple[str, ...] = ()
    gaps: tuple[Gap, ...] = ()
    ahead_ms: int | None = None
    billed: int = 0
    ids: tuple[str, ...] = ()
    columns: PostColumns | None = None
    numbered: NumberedPosts | None = None
    news: tuple[News, ...] = ()
    gaps_stay: bool = False

    @property
    def size(self) -> int:
        """How many posts it has, as values or as columns."""
        return self.columns.size if self.columns else len(self.posts)

    def with_posts(self) -> Page:
        """Return the page with `posts` in place of `numbered`."""
        if not self.numbered:
            return self
        return replace(self, posts=tuple(self.numbered.posts()), numbered=None)

    def names(self) -> Iterator[tuple[str, str]]:
        """Return the network and the key of each post."""
        return self.columns.names() if self.columns else iter([post[:2] for post in self.posts])


class Remedy(StrEnum):
    """What the schedule does after a failure."""

    RETRY = "retry"  # back off, then repeat the request
    WAIT = "wait"  # the quota is used up: wait until it resets
    RESTART = "restart"  # start the round over; if refused then, without the cursor and with a gap
    FINISH = "finish"  # the network says that this round has no more pages: it is complete
    STOP = "stop"  # only the operator can fix it


@dataclass(frozen=True, slots=True)
class Failed:
    """A request that returned no page: what happened, and what to do, each in a sentence.

    `retry_in_ms` is how long the network asks us to wait, if it says so.
    """

    source: str
    ask: Ask
    remedy: Remedy
    message: str
    advice: str = ""
    retry_in_ms: int | None = None
    quota: Quota | None = None


Answer = Page | Failed


class Source(Protocol):
    """An adapter to one network: its queries, and how to send one request.

    A source is a picklable value. `feeds` runs in the counting process; `fetch` runs in a worker
    process, makes one HTTP request (at most one more, to correct its clock) and never raises.
    """

    @property
    def name(self) -> str:
        """Its name on the command line and in the ledger, such as "twitter"."""

    @property
    def network(self) -> str:
        """The network whose posts it delivers, such as "x"."""

    @property
    def complete(self) -> bool:
        """Whether the network promises to deliver every post."""

    def feeds(self, contest: Contest) -> tuple[Feed, ...]:
        """The queries that together find every post that may vote."""

    def fetch(self, ask: Ask) -> Page | Failed:
        """Send one request."""


@runtime_checkable
class FetchesNumbers(Source, Protocol):
    """A source whose posts mostly have numbers for keys and accounts.

    A worker turns these into columns without creating a `Post` for each.
    """

    def fetch_numbers(self, ask: Ask) -> Page | Failed:
        """Send one request like `fetch`; the page may have `numbered` instead of `posts`."""


@runtime_checkable
class LooksUp(Source, Protocol):
    """A source that also looks up single posts.

    After its final sweep it gets the posts that it has seen before but that the sweep did not list:
    they were edited, deleted or hidden. `fetch` receives them as `Ask.sought`, and returns a page
    of those that changed: in their current version, or as `versions.withdrawn` if they are gone.
    """

    @property
    def at_once(self) -> int:
        """How many posts one request looks up."""

    def name_of(self, post: Post, id: str) -> str:  # noqa: A002 - that is what it is
        """Return the name by which `post` is looked up, "" if it can't be.

        `id` is its ID in `Page.ids`, "" if it has none.
        """

    def speaks_for(self, post: Post) -> bool:
        """Return whether the source knows at first hand whether `post` still exists."""


@dataclass(frozen=True, slots=True)
class Tally:
    """The votes at one moment.

    `votes` has one number per choice, in the operator's order, including votes added by hand, which
    `by_hand` has separately. `verdicts` has every verdict, and they add up to `posts`; `networks`
    and `minutes` split the posts' votes by network and by the minute of posting (its first
    millisecond), in order; `steps` do so in steps of STEP_MS, for the first FINE_MS after opening.
    `latest` has the time and key of each choice's latest counted post, if the whole ledger was
    recounted.
    """

    votes: tuple[int, ...]
    verdicts: tuple[tuple[Verdict, int], ...]
    networks: tuple[tuple[str, tuple[int, ...]], ...] = ()
    minutes: tuple[tuple[int, tuple[int, ...]], ...] = ()
    by_hand: tuple[int, ...] = ()
    latest: tuple[tuple[int, str], ...] = field(default=(), compare=False)
    steps: tuple[tuple[int, tuple[int, ...]], ...] = ()

    @property
    def total(self) -> int:
        """The votes of all choices."""
        return sum(self.votes)

    @property
    def posts(self) -> int:
        """The posts that were judged."""
        return sum(number for _, number in self.verdicts)

    @property
    def leaders(self) -> tuple[int, ...]:
        """The choices with the most votes: several on a tie, none before the first vote."""
        most = max(self.votes, default=0)
        return tuple(i for i, votes in enumerate(self.votes) if votes == most) if most else ()

    def adjusted(self, by_hand: tuple[int, ...]) -> Tally:
        """Return the same votes of posts with these added by hand."""
        rows = [votes for _, votes in self.networks] or [(0,) * len(self.votes)]
        posts = [sum(column) for column in zip(*rows, strict=True)]
        return replace(self, votes=with_hands(posts, by_hand), by_hand=by_hand)


def with_hands(votes: Sequence[int], by_hand: Sequence[int]) -> tuple[int, ...]:
    """Return the votes of the posts with those added by hand; none falls below zero."""
    return tuple(max(0, posts + hands) for posts, hands in zip(votes, by_hand, strict=True))


def can_be_kept(post: Post) -> bool:
    """Return whether the ledger can store `post`; sources must drop those it can't."""
    network, key, voter, at_ms, tags, kind, revision, born_ms = post
    texts = (network, key, voter, tags, kind)
    return (
        at_ms in TIMES_MS
        and born_ms in TIMES_MS
        and revision in REVISIONS
        and max(map(len, texts)) <= LONGEST_VALUE
        and is_clean(texts)
    )


def can_all_be_kept(posts: Sequence[Post]) -> bool:
    """Return whether `can_be_kept` certainly holds for all; False if one needs a closer look."""
    if not posts:
        return True
    networks, keys, voters, times, tags, kinds, revisions, borns = zip(*posts, strict=True)
    texts = (*networks, *keys, *voters, *tags, *kinds)
    return (
        all(end in TIMES_MS for end in (min(times), max(times), min(borns), max(borns)))
        and min(revisions) in REVISIONS
        and max(revisions) in REVISIONS
        and max(map(len, texts)) <= LONGEST_VALUE
        and "".join(texts).isprintable()  # no sign that is not clean is printable
    )


def is_clean(values: Iterable[str]) -> bool:
    """Return whether no value has a control character or half a surrogate pair.

    The ledger's digest separates values by tab and newline, and hashes UTF-8.
    """
    return not any(map(_UNCLEAN.search, values))


_UNCLEAN = re.compile("[\x00-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff]")
