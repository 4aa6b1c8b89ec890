"""Says in a sentence why a post did or didn't count; pure.

Used by the command `explain`, by votes.csv and by the window's search. Times are in UTC, so that
sentences are the same everywhere. The verifier reproduces the sentences of votes.csv, so `reason`
never changes.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from functools import lru_cache
from typing import TYPE_CHECKING

from twittervotes.core.contest.contest import Contest, PerAccount, Rules, Several, span
from twittervotes.core.contest.folding import fold
from twittervotes.core.contest.judge import ChoosingBy
from twittervotes.core.contest.posts import Kind, Post, Verdict
from twittervotes.core.contest.rules import TagSet, ignoring
from twittervotes.core.contest.tie import listed

if TYPE_CHECKING:
    from collections.abc import Iterable

    from twittervotes.core.counting.verdicts import Judged

PLURAL = {Kind.REPOST: "reposts", Kind.QUOTE: "quotes", Kind.REPLY: "replies"}


def reason(judged: Judged, contest: Contest, counted_ms: int | None = None) -> str:
    """Return the reason for a post's verdict.

    For a repeat, `counted_ms` is when the account's vote that counts instead was posted, if known.
    """
    post, rules = judged.post, contest.rules
    match judged.verdict:
        case Verdict.COUNTED:
            return _counted(judged, contest)
        case Verdict.REPEAT:
            return _repeat(post, contest, counted_ms)
        case Verdict.EXCLUDED:
            return "The account is left out."
        case Verdict.WITHDRAWN:
            return "It was deleted, or its account is gone."
        case Verdict.IGNORED:
            return f"In this vote {_ignored(post, rules)} do not count."
        case Verdict.EARLY:
            return f"It was posted before the vote opened at {moment(contest.opens_ms)}."
        case Verdict.LATE:
            late = f" and {span(rules.grace_s)} of grace" if rules.grace_s else ""
            return f"It was posted after the vote closed at {moment(contest.closes_ms)}{late}."
        case Verdict.PAUSED:
            return f"It was posted while the vote was paused, {_pause(post, contest)}."
        case Verdict.NO_CHOICE:
            return "It names none of the choices."
        case Verdict.INCOMPLETE:
            return f"It does not carry {_tags(_missing(post, contest))}, which this vote requires."
        case Verdict.SPOILT:
            return f"It names several choices: {_tags(_named(post, contest))}."
        case Verdict.YOUNG:
            least = span(rules.min_account_age_s)
            return f"The account was made on {moment(post.born_ms)}; {least} of age are required."


def short_reason(judged: Judged, contest: Contest, counted_ms: int | None = None) -> str:
    """Return the reason for a view; for repeats it is shorter than `reason`."""
    rule = contest.rules.per_account
    if judged.verdict is not Verdict.REPEAT or counted_ms is None or rule is PerAccount.PER_CHOICE:
        return reason(judged, contest, counted_ms)
    which = "later" if rule is PerAccount.LAST else "earlier"
    at, ours = moment(counted_ms), moment(judged.post.at_ms)
    is_same_day = at[:10] == ours[:10]
    return f"This account's {which} vote ({at[11:19] if is_same_day else at}) counts."


def moment(at_ms: int | None) -> str:
    """Return a time as people read it, in UTC; a stranger's ledger may hold an impossible one."""
    if at_ms is None:
        return "an unknown time"
    try:
        return datetime.fromtimestamp(at_ms / 1000, UTC).strftime("%Y-%m-%d %H:%M:%S UTC")
    except (OverflowError, ValueError, OSError):
        return f"{at_ms} ms"


def _counted(judged: Judged, contest: Contest) -> str:
    words = f"It counts for {_tags(contest.choices[i].tag for i in judged.choices)}"
    named = _named(judged.post, contest)
    if len(named) == len(judged.choices):
        return f"{words}."
    if contest.rules.several is Several.FIRST:
        return f"{words}, the first choice it names."
    others = [tag for tag in named if tag not in {contest.choices[i].tag for i in judged.choices}]
    return f"{words}; the account has voted for {_tags(others)} before."


def _repeat(post: Post, contest: Contest, counted_ms: int | None) -> str:
    match contest.rules.per_account:
        case PerAccount.PER_CHOICE:
            return f"The account has voted for {_tags(_named(post, contest))} before."
        case PerAccount.LAST:
            words = "A later vote of the account counts"
        case _:
            words = "An earlier vote of the account counts"
    return f"{words}." if counted_ms is None else f"{words}: of {moment(counted_ms)}."


def _pause(post: Post, contest: Contest) -> str:
    for from_ms, to_ms in contest.pauses:
        if from_ms <= post.at_ms and (to_ms is None or post.at_ms < to_ms):
            until = f" to {moment(to_ms)}" if to_ms is not None else ""
            return f"from {moment(from_ms)}{until}"
    return "by the operator"


def _named(post: Post, contest: Contest) -> tuple[str, ...]:
    """Return the tags of the choices that a post names, in its order."""
    found = _choosing(contest)[post.network][post.tags][1]
    return tuple(contest.choices[i].tag for i in found)


def _ignored(post: Post, rules: Rules) -> str:
    """Return the name of the posts that a rule ignores, among them this one."""
    tag_set = TagSet(post.network, post.kind, post.tags)
    found = (name for name, ignores in ignoring(rules).items() if ignores(tag_set))
    return next(found, PLURAL.get(Kind(post.kind), "posts of its kind"))


def _missing(post: Post, contest: Contest) -> list[str]:
    carried = {fold(tag, post.network) for tag in post.tags.split(" ")}
    return [tag for tag in contest.rules.required if fold(tag, post.network) not in carried]


@lru_cache(maxsize=8)
def _choosing(contest: Contest) -> ChoosingBy:
    """Return a function that finds all choices named by tags, regardless of the rules."""
    rules = replace(contest.rules, several=Several.EACH, required=())
    return ChoosingBy(replace(contest, rules=rules))


def _tags(tags: Iterable[str]) -> str:
    return listed([f"#{tag}" for tag in tags])
