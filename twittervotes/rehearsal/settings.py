"""The settings of a rehearsal: its audience, its quota and its faults.

This is also the type of the configuration's `rehearsal:` section. Knows nothing of files, networks
and clocks.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum

NETWORKS = ("x", "twitch", "youtube")  # what can be simulated
LARGEST_AUDIENCE = 1 << 22  # account IDs have room for this many


class Fault(StrEnum):
    """The ways in which a request can fail."""

    UNAVAILABLE = "503"
    INTERNAL = "500"
    TOO_MANY = "429"
    CALM = "420"
    CUT = "cut"
    NOT_JSON = "not-json"
    OTHER_SHAPE = "other-shape"
    BAD_POST = "bad-post"
    SLOW = "slow"
    RESET = "reset"


@dataclass(frozen=True, slots=True)
class Faults:
    """The probability of each fault per request, from 0 to 1; together at most 1."""

    unavailable: float = 0.0  # 503 with an HTML page
    internal: float = 0.0  # 500 with error 131
    too_many: float = 0.0  # 429 although the quota isn't used up; over after two seconds
    calm: float = 0.0  # 420 "Enhance your calm"
    cut: float = 0.0  # the body ends in the middle
    not_json: float = 0.0  # 200 with an HTML page
    other_shape: float = 0.0  # 200 with JSON that isn't a page of posts
    bad_post: float = 0.0  # one more post in the page, which is invalid
    slow: float = 0.0  # the right response, after `slow_s`
    reset: float = 0.0  # the connection breaks without a response
    slow_s: float = 5.0

    def __post_init__(self) -> None:
        chances = [chance for _, chance in self.chances]
        if min(chances) < 0 or sum(chances) > 1:
            raise ValueError("Faults are chances from 0 to 1, and together at most 1.")
        if self.slow_s < 0:
            raise ValueError("slow_s must not be negative.")

    @property
    def chances(self) -> tuple[tuple[Fault, float], ...]:
        """Each fault with its probability."""
        return (
            (Fault.UNAVAILABLE, self.unavailable),
            (Fault.INTERNAL, self.internal),
            (Fault.TOO_MANY, self.too_many),
            (Fault.CALM, self.calm),
            (Fault.CUT, self.cut),
            (Fault.NOT_JSON, self.not_json),
            (Fault.OTHER_SHAPE, self.other_shape),
            (Fault.BAD_POST, self.bad_post),
            (Fault.SLOW, self.slow),
            (Fault.RESET, self.reset),
        )


@dataclass(frozen=True, slots=True)
class RehearsalSettings:
    """One rehearsal; the same seed gives the same audience, only at another time."""

    networks: tuple[str, ...] = ("x",)  # what is simulated: x, twitch, youtube
    audience: int = 2000  # accounts that may post
    rate: float = 20.0  # posts per second, on average
    seed: int = 1  # another seed gives another course of the vote
    late: float = 0.05  # share of the posts that the network indexes late
    late_s: float = 8.0  # the maximum delay of such a post, in seconds
    before_s: float = 30.0  # seconds of posts that exist, and are indexed, from the beginning
    lasts_s: float | None = None  # seconds until the audience falls silent; None: never
    short: float = 0.05  # share of the pages with fewer posts than there are
    limit: int = 900  # requests per credential in each window
    window_s: float = 300.0  # length of that window
    clock_off_s: float = 0.0  # how far the network's clock is ahead of this machine's
    port: int = 0  # on 127.0.0.1; 0: any free port
    faults: Faults = field(default_factory=Faults)

    def __post_init__(self) -> None:
        if not self.networks or not set(self.networks) <= set(NETWORKS):
            raise ValueError(f"networks must be some of: {', '.join(NETWORKS)}.")
        if not 1 <= self.audience <= LARGEST_AUDIENCE:
            raise ValueError(f"audience must be from 1 to {LARGEST_AUDIENCE}.")
        if not 0 < self.rate <= 100_000:
            raise ValueError("rate must be above 0, and at most 100000 posts a second.")
        if not (0 <= self.late <= 1 and 0 <= self.short <= 1):
            raise ValueError("late and short are shares: from 0 to 1.")
        if self.late_s < 0 or self.before_s < 0 or (self.lasts_s or 0) < 0:
            raise ValueError("late_s, before_s and lasts_s must not be negative.")
        if self.limit < 1 or self.window_s <= 0:
            raise ValueError("limit must be at least 1, and window_s above 0.")
        if not 0 <= self.port <= 65535:
            raise ValueError("port must be from 0 to 65535.")


@dataclass(frozen=True, slots=True)
class Credentials:
    """The keys that this rehearsal accepts; created at its start, and worthless elsewhere."""

    consumer_key: str
    consumer_secret: str = field(repr=False)
    oauth_token: str
    oauth_token_secret: str = field(repr=False)
    bearer: str = field(repr=False)
    client_id: str = ""
    refresh_token: str = field(default="", repr=False)
