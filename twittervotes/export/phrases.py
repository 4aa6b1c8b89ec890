"""What the report and the workbook say in words: the way from seen to counted, the acts; pure."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime

from twittervotes.core.contest import chat
from twittervotes.core.contest.acts import Act, Does, State
from twittervotes.core.contest.contest import Contest, PerAccount, Policy, Rules, in_words
from twittervotes.core.contest.posts import Verdict
from twittervotes.core.contest.snapshot import Snapshot, SourceStatus
from twittervotes.core.contest.tie import listed
from twittervotes.core.counting.explain import moment
from twittervotes.core.polling.status import unread

STATES = {
    State.SCHEDULED: "Not yet open",
    State.OPEN: "Interim result, the vote is open",
    State.PAUSED: "Interim result, the vote is paused",
    State.CLOSING: "Interim result, late posts are being read",
    State.PROVISIONAL: "Provisional result",
    State.CERTIFIED: "Certified result",
}
DOES = {
    Does.OPENED: "opened the vote",
    Does.PAUSED: "paused the vote",
    Does.RESUMED: "resumed the vote",
    Does.CLOSED: "closed the vote",
    Does.SETTLED: "ended the count: all that could be read was read",
    Does.CERTIFIED: "certified the result",
}


@dataclass(frozen=True, slots=True)
class Step:
    """One step from the posts seen down to those counted: how many, and how many are left."""

    words: str
    posts: int
    left: int


def way(snapshot: Snapshot) -> tuple[Step, ...]:
    """Return the steps from the posts seen to the posts counted; the first and last are those."""
    tally = snapshot.tally
    numbers = dict(tally.verdicts)
    left = tally.posts
    steps = [Step("posts seen", left, left)]
    for verdict, words in _reasons(snapshot.contest.rules).items():
        posts = numbers.get(verdict, 0)
        left -= posts
        if posts:
            steps.append(Step(words, posts, left))
    return (*steps, Step("counted", left, left))


def rules(contest: Contest) -> str:
    """Return the rules as one sentence, the choices' other names included."""
    words = list(in_words(contest.rules))
    for choice in contest.choices:
        if choice.aliases:
            also = listed([f"#{tag}" for tag in choice.aliases])
            verb = "counts" if len(choice.aliases) == 1 else "count"
            words.append(f"{also} {verb} for {choice.name}")
    words += chat.in_words(contest)
    words += [
        f"the words {listed(each.words)} count for {each.name}"
        for each in contest.choices
        if len(each.words) > 1
    ]
    return "; ".join(words) + "."


def period(contest: Contest) -> tuple[str, ...]:
    """Return when the vote was held, in UTC, and where this is written, if that differs."""
    ends = (contest.opens_ms, contest.closes_ms)
    told = [tuple(map(moment, ends)), tuple(map(local, ends))]
    if contest.closes_ms is None:
        return tuple(f"from {opens}, with no end set" for opens, _ in dict.fromkeys(told))
    return tuple(f"{opens} to {closes}" for opens, closes in dict.fromkeys(told))


def local(at_ms: int | None) -> str:
    """Return a time as the clocks here tell it, with their distance from UTC."""
    if at_ms is None:
        return moment(at_ms)
    try:
        at = datetime.fromtimestamp(at_ms / 1000, UTC).astimezone()
    except (OverflowError, ValueError, OSError):
        return moment(at_ms)
    if not at.utcoffset():
        return moment(at_ms)
    zone = at.strftime("%z")
    return f"{at:%Y-%m-%d %H:%M:%S} UTC{zone[:3]}:{zone[3:5]}"


def when(at_ms: int) -> str:
    """Return a time in UTC, where a heading says that it is."""
    return moment(at_ms).removesuffix(" UTC")


def act(act: Act) -> str:
    """Say what was done, without when and by whom."""
    match act.does:
        case Does.EXTENDED:
            words = f"set the end of the vote to {moment(act.until_ms)}"
        case Does.RULED if act.rules is not None:
            words = f"set the rules: {'; '.join(in_words(act.rules))}"
        case Does.EXCLUDED:
            words = f"left out an account ({act.voter or 'none that posted'})"
        case Does.ADJUSTED:
            words = f"added by hand {signed(act.votes)} for #{act.tag}"
        case Does.DRAWN:
            words = f"drew with the seed “{act.seed}”"
        case does:
            words = DOES.get(does, does.value)
    return f"{words}. Reason: {act.reason}" if act.reason else words


def complete(source: SourceStatus) -> str:
    """Say whether all posts of a source were seen; gaps are told apart, with their times."""
    number = len(source.gaps)
    told = source.completeness
    if number:
        told = "1 gap, see below" if number == 1 else f"{number} gaps, see below"
    return f"{told}; {unread(source.unread)}" if source.unread else told


def grouped(number: int) -> str:
    """Write a whole number with its thousands apart: 12,480."""
    return f"{number:,}".replace("-", "−")


def signed(number: int) -> str:
    """Write what is added or taken away: +3, −2."""
    return f"{number:+,}".replace("-", "−")


def _reasons(rules: Rules) -> dict[Verdict, str]:
    """Return what stands for each verdict but the counted, in the order in which they are told."""
    kinds = {"reposts": rules.reposts, "quotes": rules.quotes, "replies": rules.replies}
    ignored = [kind for kind, policy in kinds.items() if policy is Policy.IGNORE]
    again = "account voted again" if rules.per_account is PerAccount.LAST else "account had voted"
    said = {
        Verdict.NO_CHOICE: "named no choice",
        Verdict.IGNORED: listed(ignored) if ignored else "of a kind that does not count",
        Verdict.WITHDRAWN: "deleted",
        Verdict.EARLY: "before the vote",
        Verdict.LATE: "after the vote",
        Verdict.PAUSED: "while paused",
        Verdict.SPOILT: "named several choices",
        Verdict.INCOMPLETE: "without a required hashtag",
        Verdict.YOUNG: "account too young",
        Verdict.EXCLUDED: "account left out",
        Verdict.REPEAT: again,
    }
    others = {verdict: verdict.value for verdict in Verdict if verdict not in said}
    del others[Verdict.COUNTED]
    return {**others, **said}
