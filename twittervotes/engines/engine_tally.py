"""Builds a tally from the results of a plan's queries."""

from __future__ import annotations

from collections import Counter, defaultdict
from typing import TYPE_CHECKING, Protocol, TypeVar

from twittervotes.core.contest.posts import Tally, Verdict, with_hands
from twittervotes.core.errors import LedgerError

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from twittervotes.core.contest.contest import Contest
    from twittervotes.engines.rule_compiler import QueryPlan

K = TypeVar("K", str, int)


class EngineRows(Protocol):
    """An engine that holds the tables of a plan."""

    def rows(self, query: str) -> Iterable[Sequence[object]]:
        """Run a query and return its rows."""


def tally(engine: EngineRows, plan: QueryPlan, contest: Contest) -> Tally:
    """Return the tally of the plan's votes.

    Raises:
        LedgerError: The engine returned values that no posts can have.
    """
    try:
        return _tally(engine, plan, contest)
    except (KeyError, TypeError, ValueError) as error:
        raise LedgerError(f"The posts hold an invalid value: {error}.") from error


def _tally(engine: EngineRows, plan: QueryPlan, contest: Contest) -> Tally:
    number = {choice.tag: n for n, choice in enumerate(contest.choices)}
    if len(number) < len(contest.choices):
        raise ValueError("two choices have the same hashtag")
    posts: Counter[str] = Counter()
    for verdict, found in engine.rows(plan.verdicts):
        posts[str(verdict)] += _int(found)
    votes = _row(contest)
    networks = defaultdict[str, list[int]](lambda: _row(contest))
    minutes = defaultdict[int, list[int]](lambda: _row(contest))
    steps = defaultdict[int, list[int]](lambda: _row(contest))
    for choice, network, minute, step, more in engine.rows(plan.votes):
        place, found = number[str(choice)], _int(more)
        votes[place] += found
        networks[str(network)][place] += found
        minutes[_int(minute)][place] += found
        if step is not None:
            steps[_int(step)][place] += found
    latest = [(0, "")] * len(votes)
    for choice, at_ms, key in engine.rows(plan.latest) if plan.latest else ():
        place = number[str(choice)]
        latest[place] = max(latest[place], (_int(at_ms), str(key)))
    return Tally(
        votes=with_hands(votes, contest.by_hand),
        verdicts=tuple((verdict, posts[verdict.value]) for verdict in Verdict),
        networks=_sorted(networks),
        minutes=_sorted(minutes),
        steps=_sorted(steps),
        by_hand=contest.by_hand,
        latest=tuple(latest),
    )


def _row(contest: Contest) -> list[int]:
    return [0] * len(contest.choices)


def _sorted(rows: Mapping[K, list[int]]) -> tuple[tuple[K, tuple[int, ...]], ...]:
    return tuple((key, tuple(rows[key])) for key in sorted(rows))


def _int(value: object) -> int:
    if not isinstance(value, int):
        raise TypeError(f"{value!r} isn't a whole number")
    return value
