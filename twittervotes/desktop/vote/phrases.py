"""What the window says in words: the state, the lead, the way from seen to counted.

Pure: a snapshot in, short phrases out.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from twittervotes.core.contest.acts import Act, Does
from twittervotes.core.contest.clock import of_date, of_day
from twittervotes.core.contest.contest import Choice, Contest, PerAccount, Policy, Rules, in_words
from twittervotes.core.contest.lead import lead as leading
from twittervotes.core.contest.posts import Quota, Verdict
from twittervotes.core.contest.snapshot import Doing, Snapshot, SourceStatus, State
from twittervotes.core.contest.tie import decision
from twittervotes.desktop.vote.animation import grouped, lasting

STATES = {
    State.SCHEDULED: "SCHEDULED",
    State.OPEN: "LIVE",
    State.PAUSED: "PAUSED",
    State.CLOSING: "CLOSING",
    State.PROVISIONAL: "PROVISIONAL",
    State.CERTIFIED: "CERTIFIED",
}
MOST_NAMES = 4
SOURCES = {"twitter": "X (v1.1)", "x": "X (v2)"}
NETWORKS = {"twitter": "X", "x": "X", "rehearsal": "a simulated network"}
UNDER_WAY = frozenset({State.SCHEDULED, State.OPEN, State.PAUSED, State.CLOSING})


@dataclass(frozen=True, slots=True)
class Line:
    """One line of the way from seen to counted."""

    words: str
    number: str
    strong: bool = False


def title_of(choice: Choice) -> tuple[str, str]:
    """Return what stands large, and what small beside it: the label and the hashtag."""
    return choice.title, f"#{choice.tag}" if choice.label else ""


def time_left(snapshot: Snapshot, now_ms: int) -> tuple[str, str]:
    """Return the time to show large and the word beside it; only the word when none runs."""
    contest = snapshot.contest
    if snapshot.state is State.CLOSING:
        return "", "reading late posts…"
    if snapshot.state not in UNDER_WAY:
        return "", f"closed {of_date(contest.closes_ms)}" if contest.closes_ms else "closed"
    if snapshot.state is State.SCHEDULED or now_ms < contest.opens_ms:
        return lasting(-(-(contest.opens_ms - now_ms) // 1000)), "to go"
    if contest.closes_ms is None:
        return lasting((now_ms - contest.opens_ms) // 1000), "open"
    return lasting(-(-(contest.closes_ms - now_ms) // 1000)), "left"


def audience_time(snapshot: Snapshot, now_ms: int) -> tuple[str, bool]:
    """Return the time an audience is shown, or a word in its place, and whether it is a time."""
    if snapshot.state is State.PAUSED:
        return "paused", False
    if snapshot.state not in UNDER_WAY:
        return f"{snapshot.state.value} result", False
    number, word = time_left(snapshot, now_ms)
    if snapshot.state is State.SCHEDULED:
        return f"opens in {number}", False
    return (number, True) if number else (word, False)


def source_title(name: str) -> str:
    """Return how a source is named in the window: Mastodon, X (v2), Bluesky bsky.example."""
    kind, _, place = name.partition(":")
    return " ".join(filter(None, (SOURCES.get(kind, kind[:1].upper() + kind[1:]), place)))


def networks(snapshot: Snapshot) -> str:
    """Name the networks that are counted: Mastodon, Bluesky and X."""
    names = [source.name.partition(":")[0] for source in snapshot.sources]
    known = (NETWORKS.get(name.lower(), name[:1].upper() + name[1:]) for name in names)
    return listed(list(dict.fromkeys(known)))


def invitation(snapshot: Snapshot, fits: Callable[[str], bool]) -> str:
    """Tell the audience what to post, as long as a post can count, in words that fit."""
    if snapshot.state not in (State.OPEN, State.SCHEDULED):
        return ""
    tags = [f"#{choice.tag}" for choice in snapshot.contest.choices]
    whole = f"post {listed(tags, 'or', most=len(tags))}"
    return next(filter(fits, (whole, "post one of the hashtags", "post a hashtag")), "")


def in_two(text: str, fits: Callable[[str], bool]) -> tuple[str, str]:
    """Return what fits of the words of `text`, and what is left for a second line."""
    ends = [place for place, sign in enumerate(text) if sign == " " and fits(text[:place])]
    if not ends or fits(text):
        return text, ""
    return text[: ends[-1]], text[ends[-1] + 1 :]


def lead(snapshot: Snapshot) -> str:
    """Say who leads, and whether what was not counted could change that; or how a tie stands.

    Once the book is closed no decision changes it any more; a gap is told nevertheless.
    """
    tally, contest = snapshot.tally, snapshot.contest
    leaders = tally.leaders
    if len(leaders) > MOST_NAMES:
        return f"{len(leaders)} choices tie with {counted(tally.votes[leaders[0]], 'vote')}."
    has_gap = any(source.gaps for source in snapshot.sources)
    is_closed = snapshot.state is State.CERTIFIED and not has_gap
    if len(leaders) > 1 or (leaders and is_closed):
        return decision(tally, contest).words
    return leading(tally, contest, has_gap=has_gap)


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
    by_hand = sum(tally.by_hand)
    if tally.total - by_hand != posts:
        lines.append(Line("votes in them", grouped(tally.total - by_hand)))
    if any(tally.by_hand):
        lines.append(Line("added by hand", signed(by_hand)))
        lines.append(Line("votes", grouped(tally.total), strong=True))
    return tuple(lines)


def doing(source: SourceStatus) -> str:
    """Say what a source does, and how complete it is."""
    is_asked = source.doing is not Doing.READY
    whole = source.completeness.replace(" ", "\u00a0") if is_asked else ""
    return f"{source.words} · {whole}" if whole else source.words


def ago(then_ms: int, now_ms: int) -> str:
    """Say how long ago something was; from a minute on, when."""
    seconds = max(0, now_ms - then_ms) // 1000
    return f"{seconds} s ago" if seconds < 60 else f"at {of_day(then_ms)}"


def quota_words(quota: Quota) -> tuple[str, ...]:
    """Return ways to say what is left of a quota: the longest first."""
    left, limit = grouped(quota.remaining), grouped(quota.limit)
    return f"{left} of {limit} requests left", f"{left} of {limit} left", f"{left} left"


def ledger_lines(snapshot: Snapshot) -> tuple[str, ...]:
    """Return lines that stand for the ledger, its digest shortened: the longest first."""
    digest = snapshot.digest
    if not digest:
        return ()
    short = f"{digest[:4]}…{digest[-4:]}"
    posts = counted(snapshot.tally.posts, "post")
    return f"ledger {short} · {posts} · chained", f"ledger {short} · chained", short


def counted(number: int, thing: str) -> str:
    """Write a number with its noun: 1 vote, 2 votes."""
    return f"{grouped(number)} {thing}{'' if number == 1 else 's'}"


def listed(names: Sequence[str], last: str = "and", most: int = MOST_NAMES) -> str:
    """Join names as a sentence does; beyond `most`, say how many more there are."""
    if len(names) > most:
        return f"{', '.join(names[: most - 1])} {last} {len(names) - most + 1} more"
    return f" {last} ".join(filter(None, (", ".join(names[:-1]), *names[-1:])))


def act_in_words(act: Act, contest: Contest) -> str:
    """Say what was done, by whom and why."""
    names = {choice.tag: choice.title for choice in contest.choices}
    who = act.by[:1].upper() + act.by[1:]
    done = {
        Does.OPENED: "opened the vote",
        Does.PAUSED: "paused the vote",
        Does.RESUMED: "resumed the vote",
        Does.CLOSED: "closed the vote",
        Does.EXTENDED: f"set the end of the vote to {of_day(act.until_ms or 0)}",
        Does.RULED: f"changed the rules: {' · '.join(in_words(act.rules or Rules()))}",
        Does.EXCLUDED: f"left out the account {act.voter}",
        Does.ADJUSTED: f"gave {names.get(act.tag, act.tag)} {signed(act.votes)} by hand",
        Does.DRAWN: f"drew the tie with the seed “{act.seed}”",
        Does.SETTLED: "ended the reading: the result is provisional",
        Does.CERTIFIED: "certified the result",
    }[act.does]
    return f"{who} {done}{f': {act.reason}' if act.reason else ''}"


def signed(number: int) -> str:
    """Write a number with its sign: +3, −2."""
    return f"{'+' * (number > 0)}{grouped(number)}"


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
        ("accounts left out", (Verdict.EXCLUDED,)),
        ("deleted, or account gone", (Verdict.WITHDRAWN,)),
    )
