"""What the rules say of a single post: that it may be counted, and for what, or why not.

Knows nothing of the account's other posts; the count decides which of several counts.
"""

from __future__ import annotations

from bisect import bisect_right
from itertools import chain
from typing import TYPE_CHECKING

from twittervotes.core.contest import networks
from twittervotes.core.contest.contest import Contest, Policy, Several
from twittervotes.core.contest.folding import fold
from twittervotes.core.contest.posts import Kind, Post, Verdict
from twittervotes.core.contest.rules import TagSet, ignoring
from twittervotes.core.contest.words import tag_of

if TYPE_CHECKING:
    from collections.abc import Iterable

KNOWN_TAGS = 20_000  # distinct tag lists in the cache; an audience uses few
KNOWN_NETWORKS = 1000  # networks in the cache; a file may have any number of names
KNOWN_LONGEST = 500  # characters of a cached tag list

EVER = 2**63  # later than any post

Opinion = tuple[Verdict, tuple[int, ...]]


class Choosing(dict[str, Opinion]):
    """Maps lists of tags to choices on one network, with a cache."""

    def __init__(self, contest: Contest, network: str) -> None:
        super().__init__()
        self._network = network
        self._several = contest.rules.several
        self._required = frozenset(fold(tag, network) for tag in contest.rules.required)
        self._owners: dict[str, list[int]] = {}
        for number, choice in enumerate(contest.choices):
            for tag in (choice.tag, *choice.aliases):
                self._owners.setdefault(fold(tag, network), []).append(number)
            for word in choice.words:
                self._owners.setdefault(fold(tag_of(word)), []).append(number)
        self._owners.pop("", None)  # nothing is left of the tag there: no post can have it

    def __missing__(self, tags: str) -> Opinion:
        found = self._choose([fold(tag, self._network) for tag in tags.split(" ")])
        if len(tags) <= KNOWN_LONGEST:
            if len(self) >= KNOWN_TAGS:
                self.clear()
            self[tags] = found
        return found

    def _choose(self, tags: list[str]) -> Opinion:
        named = (number for tag in tags for number in self._owners.get(tag, ()))
        choices = tuple(dict.fromkeys(named))
        if not choices:
            return Verdict.NO_CHOICE, ()
        if not self._required.issubset(tags):
            return Verdict.INCOMPLETE, ()
        if len(choices) > 1 and self._several is Several.SPOILT:
            return Verdict.SPOILT, ()
        if self._several is Several.FIRST:
            choices = choices[:1]
        return Verdict.COUNTED, choices


class ChoosingBy(dict[str, Choosing]):
    """Maps tags to choices by network; networks that fold alike share a cache."""

    def __init__(self, contest: Contest) -> None:
        super().__init__()
        self._contest = contest
        self._usual = Choosing(contest, "")

    def __missing__(self, network: str) -> Choosing:
        own = networks.of(network).fold is not None
        found = Choosing(self._contest, network) if own else self._usual
        if len(self) < KNOWN_NETWORKS:
            self[network] = found
        return found


class Judge:
    """Judges a post by itself, without the account's other posts."""

    def __init__(self, contest: Contest) -> None:
        rules = contest.rules
        self._choosing = ChoosingBy(contest)
        self._exclude = frozenset(rules.exclude)
        policies = {
            Kind.REPOST: rules.reposts,
            Kind.QUOTE: rules.quotes,
            Kind.REPLY: rules.replies,
            Kind.WITHDRAWN: Policy.IGNORE,
        }
        self._no_votes = {
            kind.value for kind, policy in policies.items() if policy is Policy.IGNORE
        }
        self._ignoring = tuple(ignoring(rules).values())
        self._opens_ms = contest.opens_ms
        self._ends_ms = _ends_ms(contest)
        self._pauses = contest.pauses
        self._paused_from, self._paused_to = _joined(contest.pauses)
        self._min_age_ms = rules.min_account_age_s * 1000

    def __call__(self, post: Post) -> Opinion:
        """Return COUNTED with the choices of an eligible post, or the reason why it isn't."""
        network, _, voter, at_ms, tags, kind, _, born_ms = post
        if self._exclude and not self._exclude.isdisjoint((voter, f"{network}:{voter}")):
            return Verdict.EXCLUDED, ()
        unfit = self.of_kind(network, kind, tags) or self.untimely(at_ms)
        if unfit is not None:
            return unfit, ()
        found = self.of_tags(network, tags)
        if self._min_age_ms and born_ms and at_ms - born_ms < self._min_age_ms:
            return (Verdict.YOUNG, ()) if found[1] else found
        return found

    def of_kind(self, network: str, kind: str, tags: str) -> Verdict | None:
        """Return why no post of this network, kind and tags counts; None if it may."""
        if kind in self._no_votes:
            return Verdict.WITHDRAWN if kind == Kind.WITHDRAWN else Verdict.IGNORED
        if self._ignoring:
            tag_set = TagSet(network, kind, tags)
            if any(ignores(tag_set) for ignores in self._ignoring):
                return Verdict.IGNORED
        return None

    def of_tags(self, network: str, tags: str) -> Opinion:
        """Return the choices of a post's tags on `network`, by the tags alone."""
        return self._choosing[network][tags]

    def untimely(self, at_ms: int) -> Verdict | None:
        """Return why no post from `at_ms` may be counted; None if it may."""
        if at_ms < self._opens_ms:
            return Verdict.EARLY
        if self._ends_ms is not None and at_ms >= self._ends_ms:
            return Verdict.LATE
        if not self._paused_from:
            return None
        place = bisect_right(self._paused_from, at_ms)
        return Verdict.PAUSED if place and at_ms < self._paused_to[place - 1] else None

    def turns(self) -> tuple[int, ...]:
        """Return the times at which the result of `untimely` may change, in any order."""
        ends = (self._opens_ms, self._ends_ms, *chain.from_iterable(self._pauses))
        return tuple(end for end in ends if end is not None)


def _joined(pauses: Iterable[tuple[int, int | None]]) -> tuple[list[int], list[int]]:
    """Return when pauses begin and end, in order, with overlapping ones merged."""
    begins: list[int] = []
    ends: list[int] = []
    for from_ms, to_ms in sorted((a, EVER if b is None else b) for a, b in pauses):
        if begins and from_ms <= ends[-1]:
            ends[-1] = max(ends[-1], to_ms)
        else:
            begins.append(from_ms)
            ends.append(to_ms)
    return begins, ends


def _ends_ms(contest: Contest) -> int | None:
    if contest.closes_ms is None:
        return None
    return contest.closes_ms + contest.rules.grace_s * 1000
