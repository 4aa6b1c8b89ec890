"""What the window says in words: the state, the lead, the way from seen to counted.

Pure: a snapshot in, short phrases out.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from twittervotes.core.contest import Choice, PerAccount, Policy, Rules
from twittervotes.core.model import Verdict
from twittervotes.core.snapshot import Snapshot, SourceStatus, State
from twittervotes.desktop.numbers import grouped, lasting

STATES = {
    State.SCHEDULED: "SCHEDULED",
    State.OPEN: "LIVE",
    State.PAUSED: "PAUSED",
    State.CLOSING: "CLOSING",
    State.PROVISIONAL: "PROVISIONAL",
    State.CERTIFIED: "CERTIFIED",
}
UNDER_WAY = frozenset({State.SCHEDULED, State.OPEN, State.PAUSED, State.CLOSING})


@dataclass(frozen=True, slots=True)
class Line:
    """One line of the way from seen to counted."""

    words: str
    number: str
    strong: bool = False


def title_of(choice: Choice) -> tuple[str, str]:
    """Return what stands large, and what small beside it: the label and the hashtag."""
    return (choice.label, f"#{choice.tag}") if choice.label else (f"#{choice.tag}", "")


def time_left(snapshot: Snapshot, now_ms: int) -> tuple[str, str]:
    """Return the time to show large and the word beside it; only the word when none runs."""
    contest = snapshot.contest
    if snapshot.state is State.CLOSING:
        return "", "reading late posts…"
    if snapshot.state is State.PROVISIONAL:
        return "", "Provisional result"
    if snapshot.state is State.CERTIFIED:
        return "", "Certified result"
    if snapshot.state is State.SCHEDULED or now_ms < contest.opens_ms:
        return lasting(-(-(contest.opens_ms - now_ms) // 1000)), "to go"
    if contest.closes_ms is None:
        return lasting((now_ms - contest.opens_ms) // 1000), "open"
    return lasting(-(-(contest.closes_ms - now_ms) // 1000)), "left"


def lead(snapshot: Snapshot) -> str:
    """Say who leads, and whether what was not counted could change that."""
    tally, choices = snapshot.tally, snapshot.contest.choices
    leaders = tally.leaders
    if not leaders:
        return "No vote yet."
    names = [title_of(choices[i])[0] for i in leaders]
    votes = tally.votes[leaders[0]]
    if len(leaders) > 1:
        return f"{listed(names)} tie with {counted(votes, 'vote')}."
    if len(tally.votes) == 1:
        return f"{names[0]} has {counted(votes, 'vote')}."
    ahead = votes - sorted(tally.votes)[-2]
    said = f"{names[0]} leads by {grouped(ahead)}."
    if any(source.gaps for source in snapshot.sources):
        return f"{said} Votes may be missing in a gap."
    uncounted = sum(n for v, n in tally.verdicts if v not in (Verdict.COUNTED, Verdict.REPEAT))
    if not uncounted:
        return said
    verb = "cannot" if uncounted < ahead else "could"
    return f"{said} What is uncounted ({grouped(uncounted)}) {verb} change that."


def way(snapshot: Snapshot) -> tuple[Line, ...]:
    """Return the lines that lead from the posts seen down to the posts counted."""
    rules, tally = snapshot.contest.rules, snapshot.tally
    numbers = dict(tally.verdicts)
    lines = [Line("posts seen", grouped(tally.posts))]
    reasons = _reasons(rules)
    told = {Verdict.COUNTED}.union(*(verdicts for _, verdicts in reasons))
    others = ((verdict.value, (verdict,)) for verdict in Verdict if verdict not in told)
    for words, verdicts in (*reasons, *others):
        number = sum(numbers.get(verdict, 0) for verdict in verdicts)
        if number:
            lines.append(Line(words, f"− {grouped(number)}"))
    posts = numbers.get(Verdict.COUNTED, 0)
    lines.append(Line("counted", grouped(posts), strong=True))
    if tally.total != posts:
        lines.append(Line("votes in them", grouped(tally.total)))
    return tuple(lines)


def doing(source: SourceStatus) -> str:
    """Say what a source does, and how complete it is."""
    whole = source.completeness.replace(" ", "\u00a0")
    return f"{source.words} · {whole}" if whole else source.words


def ledger_line(snapshot: Snapshot) -> str:
    """Return the line that stands for the ledger: its digest, shortened, and its posts."""
    digest = snapshot.digest
    if not digest:
        return ""
    return f"ledger {digest[:4]}…{digest[-4:]} · {counted(snapshot.tally.posts, 'post')} · chained"


def counted(number: int, thing: str) -> str:
    """Write a number with its noun: 1 vote, 2 votes."""
    return f"{grouped(number)} {thing}{'' if number == 1 else 's'}"


def listed(names: Sequence[str], most: int = 4) -> str:
    """Join names as a sentence does; beyond `most`, say how many more there are."""
    if len(names) > most:
        return f"{', '.join(names[: most - 1])} and {len(names) - most + 1} more"
    return " and ".join(filter(None, (", ".join(names[:-1]), *names[-1:])))


def _reasons(rules: Rules) -> tuple[tuple[str, tuple[Verdict, ...]], ...]:
    kinds = {"reposts": rules.reposts, "quotes": rules.quotes, "replies": rules.replies}
    ignored = [kind for kind, policy in kinds.items() if policy is Policy.IGNORE]
    again = "account voted again" if rules.per_account is PerAccount.LAST else "account had voted"
    return (
        ("named several choices", (Verdict.SPOILT,)),
        (again, (Verdict.REPEAT,)),
        (listed(ignored) or "kinds that do not count", (Verdict.IGNORED,)),
        ("before or after the vote", (Verdict.EARLY, Verdict.LATE)),
        ("while paused", (Verdict.PAUSED,)),
        ("named no choice", (Verdict.NO_CHOICE,)),
        ("without a required hashtag", (Verdict.INCOMPLETE,)),
        ("account too young", (Verdict.YOUNG,)),
        ("excluded accounts", (Verdict.EXCLUDED,)),
    )
