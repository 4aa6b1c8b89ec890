"""The documents of the board's API, version 1, which boards and clients exchange.

Pure, and imports nothing of ours: a client needs only this module. Times are integer milliseconds
since 1970-01-01 UTC. A value that is None is hidden until the operator reveals the result. Readers
ignore unknown fields, so that fields may be added.
"""

from __future__ import annotations

from typing import Literal, TypeVar

import msgspec

T = TypeVar("T")

StateName = Literal["scheduled", "open", "paused", "closing", "provisional", "certified"]
LIVE: frozenset[StateName] = frozenset({"open", "paused", "closing"})
SETTLED: frozenset[StateName] = frozenset({"provisional", "certified"})


class ChoiceDocument(msgspec.Struct, frozen=True):
    """An option to vote for. Its letter never changes; its place may."""

    letter: str
    name: str
    tag: str
    aliases: tuple[str, ...] = ()
    colour: str = ""


class ContestDocument(msgspec.Struct, frozen=True):
    """One question put to the audience, and its rules in words."""

    title: str
    choices: tuple[ChoiceDocument, ...]
    opens_ms: int
    closes_ms: int | None = None
    rules: tuple[str, ...] = ()
    networks: tuple[str, ...] = ()
    rehearsal: bool = False
    slug: str = ""
    category: str = ""
    highlighted: bool = False


class ChoiceVotes(msgspec.Struct, frozen=True):
    """The votes of one choice; `by_hand` of them were added by the operator."""

    tag: str
    votes: int | None = None
    percent: float | None = None
    by_hand: int | None = None


class NetworkVotes(msgspec.Struct, frozen=True):
    """The votes of one network, and whether all its posts were seen."""

    name: str
    completeness: str
    votes: int | None = None


class CountingStep(msgspec.Struct, frozen=True):
    """Posts that didn't count, for one reason; first and last, the posts seen and those counted."""

    words: str
    posts: int


class StateDocument(msgspec.Struct, frozen=True):
    """The standing at one moment.

    `digest` identifies the record of the vote up to `entry`. `leaders` are the hashtags with the
    most votes, and `words` says the same in a sentence. While `hidden`, everything that depends on
    the votes is None or empty. `stale` is true if the counter hasn't reported for a while.
    """

    state: StateName
    hidden: bool
    at_ms: int
    opens_ms: int
    closes_ms: int | None
    tally: tuple[ChoiceVotes, ...]
    total: int | None = None
    leaders: tuple[str, ...] = ()
    words: str = ""
    networks: tuple[NetworkVotes, ...] = ()
    steps: tuple[CountingStep, ...] = ()
    digest: str | None = None
    entry: int | None = None
    stale: bool = False


class Interruption(msgspec.Struct, frozen=True):
    """A period in which the vote was paused or a network has a gap."""

    from_ms: int
    to_ms: int | None
    words: str


class Minutes(msgspec.Struct, frozen=True):
    """The course of a vote: the votes of each choice in each step of `step_ms` since `start_ms`."""

    start_ms: int = 0
    step_ms: int = 60_000
    rows: tuple[tuple[int, ...], ...] = ()
    bands: tuple[Interruption, ...] = ()


class ActDocument(msgspec.Struct, frozen=True):
    """What the operator or the clock did, in words."""

    kind: str
    at_ms: int
    by: str
    words: str


class Document(msgspec.Struct, frozen=True):
    """Everything that a board publishes about one contest; `allowed` names the possible acts."""

    contest: ContestDocument
    state: StateDocument
    minutes: Minutes = Minutes()
    acts: tuple[ActDocument, ...] = ()
    allowed: tuple[str, ...] = ()


class Summary(msgspec.Struct, frozen=True):
    """A contest in the catalogue."""

    contest: ContestDocument
    state: StateDocument


class CataloguePage(msgspec.Struct, frozen=True):
    """A page of the catalogue; `next` is the `after` of the next page, "" on the last.

    `counts` has the number of contests that each state would leave, `categories` that of each
    category.
    """

    items: tuple[Summary, ...]
    next: str = ""
    counts: dict[str, int] = {}
    categories: dict[str, int] = {}


class Published(msgspec.Struct, frozen=True):
    """A published standing: its digest, and what it says at `/state/{digest}`."""

    digest: str
    entry: int | None
    at_ms: int
    total: int | None


class Standings(msgspec.Struct, frozen=True):
    """A page of published standings, newest first; `next` as in `CataloguePage`."""

    items: tuple[Published, ...]
    next: str = ""


class PostStatus(msgspec.Struct, frozen=True):
    """What became of one post: the entry that recorded it, and whether it counts or why not."""

    network: str
    at_ms: int
    entry: int
    is_counted: bool
    words: str


class PostStatuses(msgspec.Struct, frozen=True):
    """What became of the posts that were looked up; never their choices."""

    items: tuple[PostStatus, ...] = ()


class ProblemDetails(msgspec.Struct, frozen=True):
    """Why a request failed, as defined by RFC 9457."""

    title: str
    status: int
    detail: str = ""
    type: str = "about:blank"


_encoder = msgspec.json.Encoder()


def encode(value: msgspec.Struct) -> bytes:
    """Return a document as JSON."""
    return _encoder.encode(value)


def decode(data: bytes | str, kind: type[T]) -> T:
    """Decode `data` as a document. Raises msgspec.MsgspecError (a ValueError)."""
    return msgspec.json.decode(data, type=kind)
