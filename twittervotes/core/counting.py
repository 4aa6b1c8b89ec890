"""The rules applied to posts: a verdict for each, and the tally of all.

Pure: a tally depends on the posts and the contest, never on the order in which posts arrive, on
the time of day or on a file. A post that turns out to be different (edited, seen better) is
removed and added again, and the tally is what it would have been without the first version.

"First" and "last" of an account's posts are decided by the time of posting, and by the key where
two times are equal.
"""

from __future__ import annotations

from bisect import bisect_left, insort
from collections.abc import Callable, Iterable, Sequence
from functools import partial
from typing import TypeVar

from twittervotes.core.contest import Contest, PerAccount, Policy, Several, Withdrawn
from twittervotes.core.folding import OWN_WAY, fold
from twittervotes.core.model import Kind, Post, Tally, Verdict

K = TypeVar("K", str, int)

MINUTE_MS = 60_000
KNOWN_TAGS = 20_000  # distinct tag lists remembered; an audience uses few, a flood is forgotten


# A post that may be counted: its time, its key and its choices. Ballots sort by what decides
# "first" and "last". Plain tuples, because millions of them are held: the garbage collector
# leaves alone what can hold no cycle.
Ballot = tuple[int, str, tuple[int, ...]]
Opinion = tuple[Verdict, tuple[int, ...]]


class Choosing(dict[str, Opinion]):
    """What the tags of a post choose on one network, found out once for each list of tags."""

    def __init__(self, contest: Contest, network: str) -> None:
        super().__init__()
        self._network = network
        self._several = contest.rules.several
        self._required = frozenset(fold(tag, network) for tag in contest.rules.required)
        self._owners: dict[str, list[int]] = {}
        for number, choice in enumerate(contest.choices):
            for tag in (choice.tag, *choice.aliases):
                self._owners.setdefault(fold(tag, network), []).append(number)
        self._owners.pop("", None)  # nothing is left of the tag there: no post can carry it

    def __missing__(self, tags: str) -> Opinion:
        if len(self) >= KNOWN_TAGS:
            self.clear()
        found = self[tags] = self._choose([fold(tag, self._network) for tag in tags.split(" ")])
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


class Judge:
    """What the rules say of a post by itself, without looking at the account's other posts."""

    def __init__(self, contest: Contest) -> None:
        rules = contest.rules
        self._usual = Choosing(contest, "")
        self._own_way = {network: Choosing(contest, network) for network in OWN_WAY}
        self._exclude = frozenset(rules.exclude)
        self._ignored = frozenset(
            kind
            for kind, policy in (
                (Kind.REPOST, rules.reposts),
                (Kind.QUOTE, rules.quotes),
                (Kind.REPLY, rules.replies),
            )
            if policy is Policy.IGNORE
        )
        self._opens_ms = contest.opens_ms
        self._ends_ms = _ends_ms(contest)
        self._pauses = contest.pauses
        self._min_age_ms = rules.min_account_age_s * 1000

    def __call__(self, post: Post) -> Opinion:
        """Return COUNTED with the choices of an eligible post, or the reason why it is none."""
        at_ms = post.at_ms
        if self._exclude and not self._exclude.isdisjoint(
            (post.voter, f"{post.network}:{post.voter}")
        ):
            return Verdict.EXCLUDED, ()
        if post.kind == Kind.WITHDRAWN:
            return Verdict.WITHDRAWN, ()
        if post.kind in self._ignored:
            return Verdict.IGNORED, ()
        if at_ms < self._opens_ms:
            return Verdict.EARLY, ()
        if self._ends_ms is not None and at_ms >= self._ends_ms:
            return Verdict.LATE, ()
        for from_ms, to_ms in self._pauses:
            if from_ms <= at_ms and (to_ms is None or at_ms < to_ms):
                return Verdict.PAUSED, ()
        found = self._own_way.get(post.network, self._usual)[post.tags]
        if self._min_age_ms and post.born_ms and at_ms - post.born_ms < self._min_age_ms:
            return (Verdict.YOUNG, ()) if found[1] else found
        return found


def _ends_ms(contest: Contest) -> int | None:
    if contest.closes_ms is None:
        return None
    return contest.closes_ms + contest.rules.grace_s * 1000


class Count:
    """A running count: posts go in and come out, the tally is right at any moment."""

    def __init__(self, contest: Contest) -> None:
        self._judge = Judge(contest)
        self._width = len(contest.choices)
        self._by_hand = contest.by_hand
        self._votes = [0] * self._width
        self._verdicts = dict.fromkeys(Verdict, 0)
        self._networks: dict[str, list[int]] = {}
        self._minutes: dict[int, list[int]] = {}
        # network -> voter -> that account's ballots, sorted; and the same for each choice
        self._held: dict[str, dict[str, list[Ballot]]] = {}
        self._by_choice: dict[str, dict[str, dict[int, list[Ballot]]]] = {}
        self._settle = self._settler(contest.rules.per_account)
        self._tally: Tally | None = None

    def add(self, posts: Iterable[Post]) -> None:
        """Count posts, each of which is a post not yet in this count."""
        self._count(posts, 1)

    def remove(self, posts: Iterable[Post]) -> None:
        """Take posts out again, as if they had never been added."""
        self._count(posts, -1)

    def tally(self) -> Tally:
        """Return the votes of this moment."""
        if self._tally is None:
            self._tally = Tally(
                votes=together(self._votes, self._by_hand),
                verdicts=tuple(self._verdicts.items()),
                networks=_rows(self._networks),
                minutes=_rows(self._minutes),
                by_hand=self._by_hand,
            )
        return self._tally

    def _count(self, posts: Iterable[Post], sign: int) -> None:
        self._tally = None
        for post in posts:
            verdict, choices = self._judge(post)
            if verdict is Verdict.COUNTED:
                self._settle(post, (post.at_ms, post.key, choices), sign)
            else:
                self._verdicts[verdict] += sign

    def _settler(self, rule: PerAccount) -> Callable[[Post, Ballot, int], None]:
        match rule:
            case PerAccount.ALL:
                return self._settle_all
            case PerAccount.PER_CHOICE:
                return self._settle_per_choice
            case PerAccount.FIRST:
                return partial(self._settle_one, place=0)
            case PerAccount.LAST:
                return partial(self._settle_one, place=-1)

    def _settle_all(self, post: Post, ballot: Ballot, sign: int) -> None:
        self._verdicts[Verdict.COUNTED] += sign
        self._credit(post.network, ballot, sign)

    def _settle_one(self, post: Post, ballot: Ballot, sign: int, place: int) -> None:
        """Keep the account's ballots in order; the one at `place` counts."""
        network, voter = post.network, post.voter
        held = self._held.setdefault(network, {})
        ballots = held.get(voter)
        if ballots is None:
            held[voter] = [ballot]
            self._verdicts[Verdict.COUNTED] += 1
            self._credit(network, ballot, 1)
            return
        before = ballots[place]
        _put(held, voter, ballot, sign)
        if not ballots:
            self._verdicts[Verdict.COUNTED] -= 1
            self._credit(network, before, -1)
            return
        self._verdicts[Verdict.REPEAT] += sign
        after = ballots[place]
        if after != before:
            self._credit(network, before, -1)
            self._credit(network, after, 1)

    def _settle_per_choice(self, post: Post, ballot: Ballot, sign: int) -> None:
        """For each choice the account's first ballot counts; a post counts if any of its does."""
        account = self._by_choice.setdefault(post.network, {}).setdefault(post.voter, {})
        counted = _number_of_firsts(account)
        for choice in ballot[2]:
            before = account.get(choice, [])[:1]
            _put(account, choice, ballot, sign)
            after = account.get(choice, [])[:1]
            if after != before:
                for at_ms, key, _ in before:
                    self._credit(post.network, (at_ms, key, (choice,)), -1)
                for at_ms, key, _ in after:
                    self._credit(post.network, (at_ms, key, (choice,)), 1)
        more = _number_of_firsts(account) - counted
        self._verdicts[Verdict.COUNTED] += more
        self._verdicts[Verdict.REPEAT] += sign - more

    def _credit(self, network: str, ballot: Ballot, sign: int) -> None:
        at_ms, _, choices = ballot
        votes = self._votes
        per_network = self._networks.setdefault(network, [0] * self._width)
        minute = at_ms - at_ms % MINUTE_MS
        per_minute = self._minutes.setdefault(minute, [0] * self._width)
        for choice in choices:
            votes[choice] += sign
            per_network[choice] += sign
            per_minute[choice] += sign


def _number_of_firsts(account: dict[int, list[Ballot]]) -> int:
    return len({ballots[0] for ballots in account.values()})


def _put(held: dict[K, list[Ballot]], where: K, ballot: Ballot, sign: int) -> None:
    """Put `ballot` into its place among those held, or take it away."""
    ballots = held.setdefault(where, [])
    if sign > 0:
        insort(ballots, ballot)
        return
    del ballots[bisect_left(ballots, ballot)]
    if not ballots:
        del held[where]


def _rows(rows: dict[K, list[int]]) -> tuple[tuple[K, tuple[int, ...]], ...]:
    return tuple((key, tuple(rows[key])) for key in sorted(rows) if any(rows[key]))


def together(votes: Sequence[int], by_hand: Sequence[int]) -> tuple[int, ...]:
    """Return the votes of the posts with those added by hand; none falls below zero."""
    return tuple(max(0, posts + hands) for posts, hands in zip(votes, by_hand, strict=True))


def standing(versions: Iterable[Post], withdrawn: Withdrawn = Withdrawn.DROP) -> Post:
    """Return the version of a post that counts: the latest revision, whatever came first.

    Where a network tells one revision in two ways, a withdrawal stands, then the earlier time of
    posting. A withdrawal without a revision of its own comes after all; one that has a revision
    may be followed by a later version, as when an account returns. Where withdrawn posts are
    kept, the last version that is none stands.
    """
    if withdrawn is Withdrawn.KEEP:
        versions = tuple(versions)
        versions = [post for post in versions if post.kind != Kind.WITHDRAWN] or versions
    return max(versions, key=_rank)


def _rank(post: Post) -> tuple[bool, int, bool, int, Post]:
    gone = post.kind == Kind.WITHDRAWN
    return gone and post.revision == 0, post.revision, gone, -post.at_ms, post


def tally(posts: Iterable[Post], contest: Contest) -> Tally:
    """Count `posts`, each given once, from the beginning: the recount."""
    count = Count(contest)
    count.add(posts)
    return count.tally()
