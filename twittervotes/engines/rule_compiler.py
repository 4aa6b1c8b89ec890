"""Compiles the rules of a contest to SQL over a table of posts; docs/parquet.md describes it.

The steps follow docs/rules.md: find the current version of each post, judge each post by itself,
then choose which of an account's ballots count. No Python runs per row.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from twittervotes.core.contest import networks
from twittervotes.core.contest.contest import Contest, PerAccount, Policy, Several, Tie, Withdrawn
from twittervotes.core.contest.folding import fold
from twittervotes.core.contest.posts import FINE_MS, MINUTE_MS, STEP_MS, Kind, Verdict
from twittervotes.core.contest.rules import ignoring
from twittervotes.core.errors import ContestError

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from twittervotes.engines.dialects import Dialect

POSTS = "posts"  # the table that the first step reads
COUNTED = f"'{Verdict.COUNTED.value}'"


@dataclass(frozen=True, slots=True)
class QueryPlan:
    """The queries of a count: run `steps` in order to create tables, then the others.

    Args:
        steps: The name and query of each table; later ones read earlier ones.
        verdicts: Returns (verdict, posts).
        votes: Returns (choice, network, minute, step, votes); step is null after FINE_MS.
        latest: Returns (choice, time, key) of the latest counted post; "" if no rule needs it.
    """

    steps: tuple[tuple[str, str], ...]
    verdicts: str
    votes: str
    latest: str


def compiled(
    contest: Contest, dialect: Dialect, *, without: Sequence[str] = (), is_named: bool = False
) -> QueryPlan:
    """Compile the rules of `contest`.

    Args:
        without: Sources whose posts are left out.
        is_named: Whether posts have a column `voter` and excluded accounts are named, not sealed.

    Raises:
        ContestError: A rule has no SQL.
    """
    return _Compiler(contest, dialect, is_named=is_named).plan(without)


class _Compiler:
    def __init__(self, contest: Contest, dialect: Dialect, *, is_named: bool) -> None:
        if ignoring(contest.rules):
            names = " and ".join(ignoring(contest.rules))
            raise ContestError(
                f"An engine can't tell which {names} to ignore. Use `twittervotes recount`."
            )
        self._contest, self._rules = contest, contest.rules
        self._sql, self._is_named = dialect, is_named

    def plan(self, without: Sequence[str]) -> QueryPlan:
        """Return the queries of the whole count."""
        steps = [("current_posts", self._current(without)), ("judged", self._judged())]
        verdicts = "SELECT verdict, count(*) AS posts FROM {} GROUP BY verdict"
        if self._rules.per_account is PerAccount.PER_CHOICE:
            steps.append(("ballots", self._first_ballots_by_choice()))
            steps.append(("used", "SELECT DISTINCT network, key FROM ballots"))
            verdicts = self._verdicts_by_choice()
        else:
            steps.append(("ruled", self._ruled()))
            steps.append(("ballots", self._ballots("ruled")))
            verdicts = verdicts.format("ruled")
        is_wanted = self._rules.tie is Tie.EARLIEST
        return QueryPlan(tuple(steps), verdicts, self._votes(), self._latest() if is_wanted else "")

    def _current(self, without: Sequence[str]) -> str:
        """Select each post once, in its current version."""
        gone_last = f"kind = {self._text(Kind.WITHDRAWN)}, "
        order = gone_last if self._rules.withdrawn is Withdrawn.KEEP else ""
        voter = ", voter" if self._is_named else ""
        columns = f"network, key, account, posted, folded, choices, kind, born{voter}"
        which = f" WHERE source NOT IN {self._texts(without)}" if without else ""
        return (
            f"SELECT {columns} FROM (SELECT {columns}, row_number() OVER"  # noqa: S608 - our words
            f" (PARTITION BY network, key ORDER BY {order}version DESC, seq) AS place"
            f" FROM {POSTS}{which}) numbered WHERE place = 1"
        )

    def _judged(self) -> str:
        """Select the verdict on each post by itself; `core.contest.judge` is the reference."""
        cases = "".join(
            f" WHEN {condition} THEN {self._text(verdict)}" for condition, verdict in self._cases()
        )
        return (
            "SELECT network, key, account, at_ms, choices,"  # noqa: S608 - our words and literals
            f" CASE{cases} ELSE {COUNTED} END AS verdict"
            f" FROM (SELECT *, {self._sql.ms('posted')} AS at_ms FROM current_posts) timed"
        )

    def _cases(self) -> Iterable[tuple[str, Verdict]]:
        """Yield the conditions under which a post doesn't count; the first that applies decides."""
        rules, contest, size = self._rules, self._contest, self._sql.size("choices")
        if rules.exclude:
            yield self._excluded(), Verdict.EXCLUDED
        yield f"kind = {self._text(Kind.WITHDRAWN)}", Verdict.WITHDRAWN
        policies = {
            Kind.REPOST: rules.reposts,
            Kind.QUOTE: rules.quotes,
            Kind.REPLY: rules.replies,
        }
        ignored = [kind for kind, policy in policies.items() if policy is Policy.IGNORE]
        if ignored:
            yield f"kind IN {self._texts(ignored)}", Verdict.IGNORED
        yield f"at_ms < {contest.opens_ms}", Verdict.EARLY
        if contest.closes_ms is not None:
            yield f"at_ms >= {contest.closes_ms + rules.grace_s * 1000}", Verdict.LATE
        for begins_ms, ends_ms in contest.pauses:
            ends = "" if ends_ms is None else f" AND at_ms < {ends_ms}"
            yield f"at_ms >= {begins_ms}{ends}", Verdict.PAUSED
        yield f"{size} = 0", Verdict.NO_CHOICE
        if rules.required:
            yield f"NOT ({self._required()})", Verdict.INCOMPLETE
        if rules.several is Several.SPOILT:
            yield f"{size} > 1", Verdict.SPOILT
        if rules.min_account_age_s:
            age = f"at_ms - {self._sql.ms('born')}"
            least = rules.min_account_age_s * 1000
            yield f"{age} < {least}", Verdict.YOUNG  # null, so false, if the age is unknown

    def _excluded(self) -> str:
        names = self._texts(self._rules.exclude)
        if not self._is_named:
            return f"account IN {names}"
        return f"(voter IN {names} OR concat(network, ':', voter) IN {names})"

    def _required(self) -> str:
        """Return the condition that a post has all required tags, as its network compares them."""
        own = [each.name for each in networks.installed() if each.fold is not None]
        cases = "".join(f" WHEN {self._text(name)} THEN {self._carries(name)}" for name in own)
        usual = self._carries("")
        return f"CASE network{cases} ELSE {usual} END" if cases else usual

    def _carries(self, network: str) -> str:
        tags = (self._text(fold(tag, network)) for tag in self._rules.required)
        return " AND ".join(f"array_contains(folded, {tag})" for tag in tags)

    def _ruled(self) -> str:
        """Select each post with its verdict, for one ballot per account or any number."""
        columns = "network, key, at_ms, choices"
        if self._rules.per_account is PerAccount.ALL:
            return f"SELECT {columns}, verdict FROM judged"  # noqa: S608 - our words
        order = "DESC" if self._rules.per_account is PerAccount.LAST else "ASC"
        return (
            f"SELECT {columns}, CASE WHEN verdict = {COUNTED} AND row_number() OVER"  # noqa: S608 - our words
            f" (PARTITION BY account, verdict = {COUNTED}"
            f" ORDER BY at_ms {order}, key {order}) > 1"
            f" THEN {self._text(Verdict.REPEAT)} ELSE verdict END AS verdict FROM judged"
        )

    def _ballots(self, table: str, more: str = "") -> str:
        """Select a row for each choice that a counted post votes for."""
        chosen = "choices"
        if self._rules.several is Several.FIRST:
            chosen = self._sql.first(chosen)
        return (
            f"SELECT network, key, at_ms{more}, {self._sql.rows(chosen)} AS choice"  # noqa: S608 - our words
            f" FROM {table} WHERE verdict = {COUNTED}"
        )

    def _first_ballots_by_choice(self) -> str:
        """Select each account's first ballot for each choice."""
        return (
            "SELECT network, key, at_ms, choice FROM (SELECT *, row_number() OVER"  # noqa: S608 - our words
            " (PARTITION BY account, choice ORDER BY at_ms, key) AS place"
            f" FROM ({self._ballots('judged', ', account')}) chosen) numbered WHERE place = 1"
        )

    def _verdicts_by_choice(self) -> str:
        counted = f"SELECT count(*) FROM judged WHERE verdict = {COUNTED}"  # noqa: S608 - our words
        used = "SELECT count(*) FROM used"
        return (
            f"SELECT verdict, count(*) AS posts FROM judged WHERE verdict <> {COUNTED}"  # noqa: S608 - our words
            f" GROUP BY verdict UNION ALL SELECT {COUNTED}, ({used})"
            f" UNION ALL SELECT {self._text(Verdict.REPEAT)}, ({counted}) - ({used})"
        )

    def _votes(self) -> str:
        step = _floor("at_ms", STEP_MS)
        fine_until_ms = self._contest.opens_ms + FINE_MS
        return (
            "SELECT choice, network, minute, step, count(*) AS votes"  # noqa: S608 - our words
            f" FROM (SELECT choice, network, {_floor('at_ms', MINUTE_MS)} AS minute,"
            f" CASE WHEN {step} < {fine_until_ms} THEN {step} END AS step FROM ballots) timed"
            " GROUP BY choice, network, minute, step"
        )

    def _latest(self) -> str:
        return (
            "SELECT choice, newest.at_ms AS at_ms, newest.key AS key FROM (SELECT choice,"  # noqa: S608 - our words
            f" max({self._sql.pair('at_ms', 'key')}) AS newest FROM ballots GROUP BY choice) found"
        )

    def _text(self, text: str) -> str:
        return self._sql.text(str(text))

    def _texts(self, texts: Iterable[str]) -> str:
        return f"({', '.join(map(self._text, texts))})"


def _floor(column: str, size: int) -> str:
    """Round a time down to a multiple of `size`; SQL rounds towards zero, and times can be < 0."""
    return f"{column} - (({column} % {size}) + {size}) % {size}"
