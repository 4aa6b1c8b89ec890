"""All kinds of acts, each declared once; the window, the commands and the count read them here."""

from __future__ import annotations

from dataclasses import replace
from types import MappingProxyType
from typing import TYPE_CHECKING

from twittervotes.core.contest import act_effects as effects
from twittervotes.core.contest.act_spec import (
    ActSpec,
    NumberParameter,
    TextParameter,
    TimeParameter,
)
from twittervotes.core.contest.acts import Act, ActKind, State
from twittervotes.core.contest.rules import Rules, rules_in_words

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from twittervotes.core.contest.contest import Adjustment, Contest

UNDER_WAY = frozenset({State.OPEN, State.PAUSED})
NOT_CERTIFIED = frozenset(State) - {State.CERTIFIED}
TIMES_ONLY = frozenset(  # they don't change who is excluded or what was added by hand
    {
        ActKind.OPENED,
        ActKind.PAUSED,
        ActKind.RESUMED,
        ActKind.UNPAUSED,
        ActKind.CLOSED,
        ActKind.EXTENDED,
    }
)

REASON = TextParameter(
    name="reason",
    help="the reason (public)",
    label="Reason (public)",
    example="show of hands",
    put=lambda act, text: replace(act, reason=text),
)
ACCOUNT = TextParameter(
    name="account",
    help="its ID, e.g. x:4711",
    label="Account ID, e.g. x:4711",
    example="x:4711",
    put=lambda act, text: replace(act, voter=text),
)
CHOICE = TextParameter(
    name="choice",
    help="its hashtag or label",
    label="Choice",
    example="debian",
    metavar="CHOICE",
    positional=True,
    choices=lambda contest: tuple(choice.name for choice in contest.choices),
    put=lambda act, text: replace(act, tag=text),
)
VOTES = NumberParameter(
    name="votes",
    help="votes to add or remove, e.g. +3 or -2",
    label="Votes, e.g. +3 or -2",
    example="+3",
    metavar="±N",
    positional=True,
    value="+1",
    put=lambda act, number: replace(act, votes=number),
)
PAUSE = TimeParameter(
    name="began",
    help="when the pause began, e.g. 2026-11-21 20:03:05",
    label="Pause that began at",
    example="2026-11-21 20:03:05",
    metavar="TIME",
    choices=effects.pauses,
    put=lambda act, at_ms: replace(act, pause_ms=at_ms),
)
SEED = TextParameter(
    name="seed",
    help="the seed, announced in advance",
    label="Public seed, announced in advance, e.g. lottery numbers",
    example="lottery of 2026-11-21: 4 8 15 16 23 42",
    put=lambda act, text: replace(act, seed=text),
)


def _title(act: Act, contest: Contest) -> str:
    return next((each.title for each in contest.choices if each.tag == act.tag), f"#{act.tag}")


def _name(act: Act, contest: Contest) -> str:
    return next((each.name for each in contest.choices if each.tag == act.tag), act.tag)


def _adjusted(act: Act, contest: Contest) -> str:
    verb, of = ("removed", "from") if act.votes < 0 else ("added", "for")
    return f"{verb} {effects.votes_in_words(abs(act.votes))} {of} {_title(act, contest)}"


ACTS: Mapping[ActKind, ActSpec] = MappingProxyType(
    {
        ActKind.OPENED: ActSpec(
            states=frozenset({State.SCHEDULED}),
            apply=effects.opened,
            words=lambda *_: "opened voting",
        ),
        ActKind.PAUSED: ActSpec(
            states=frozenset({State.OPEN}), apply=effects.paused, words=lambda *_: "paused voting"
        ),
        ActKind.RESUMED: ActSpec(
            states=frozenset({State.PAUSED}),
            apply=effects.resumed,
            words=lambda *_: "resumed voting",
        ),
        ActKind.UNPAUSED: ActSpec(
            states=NOT_CERTIFIED - {State.SCHEDULED},
            apply=effects.unpaused,
            check=effects.check_pause,
            parameters=(PAUSE,),
            is_final=True,
            words=lambda act, _, when: (
                f"took back the pause that began at {when(act.pause_ms or 0)}"
            ),
            chart_label=lambda *_: "pause taken back",
            command="unpause",
            help="count the posts of a pause after all",
            more="For a pause by mistake. The pause and this stay in the activity log.",
            title="Take back a pause",
            yes="Count its posts",
            detail="For a pause by mistake. Both actions stay in the activity log.",
            follows=lambda *_: "Posts made during the pause will count. This can't be undone.",
        ),
        ActKind.CLOSED: ActSpec(
            states=UNDER_WAY,
            apply=effects.closed,
            is_final=True,
            words=lambda *_: "closed voting",
            chart_label=lambda *_: "closed",
        ),
        ActKind.EXTENDED: ActSpec(
            states=UNDER_WAY,
            apply=effects.extended,
            check=effects.check_end,
            words=lambda act, _, when: f"moved the end of voting to {when(act.until_ms or 0)}",
            chart_label=lambda *_: "extended",
        ),
        ActKind.RULED: ActSpec(
            states=NOT_CERTIFIED,
            apply=lambda contest, act: replace(contest, rules=act.rules or contest.rules),
            words=lambda act, *_: (
                f"changed the rules: {'; '.join(rules_in_words(act.rules or Rules()))}"
            ),
            chart_label=lambda *_: "rules",
        ),
        ActKind.EXCLUDED: ActSpec(
            states=NOT_CERTIFIED,
            apply=effects.excluded,
            check=effects.check_excluded,
            parameters=(ACCOUNT, REASON),
            tells_votes=True,
            words=lambda act, *_: (
                f"excluded {f'account {act.voter}' if act.voter else 'an account'}"
            ),
            chart_label=lambda *_: "account excluded",
            title="Exclude account",
            yes="Exclude",
            detail="You can readmit it as long as the result isn't certified.",
            follows=lambda *_: (
                "Its votes won't count. The ledger keeps the account, the reason and your name."
            ),
        ),
        ActKind.ADJUSTED: ActSpec(
            states=NOT_CERTIFIED,
            apply=effects.adjusted,
            check_votes=effects.check_adjustment,
            parameters=(CHOICE, VOTES, REASON),
            needs_name=True,
            tells_votes=True,
            words=lambda act, contest, _: _adjusted(act, contest),
            chart_label=lambda act, contest: (
                f"{f'{act.votes:+,}'.replace('-', '−')} {_title(act, contest)}"
            ),
            command="adjust",
            help="add votes by hand, e.g. from a show of hands or a jury",
            more="They are logged with a reason and a name, and shown separately.",
            title="Add votes by hand",
            yes="Add votes",
            detail="Logged and shown separately. To reverse it, enter the opposite number.",
            follows=lambda act, contest: (
                f"{_name(act, contest)} {'gains' if act.votes > 0 else 'loses'} "
                f"{effects.votes_in_words(abs(act.votes))} (shown as added by hand)."
            ),
        ),
        ActKind.DRAWN: ActSpec(
            states=frozenset({State.PROVISIONAL}),
            apply=lambda contest, act: replace(contest, seed=act.seed),
            check_votes=effects.check_draw,
            parameters=(SEED,),
            is_final=True,
            tells_votes=True,
            words=lambda act, *_: f"decided the tie by draw with the seed “{act.seed}”",
            chart_label=lambda *_: "drawn",
            command="draw",
            help="decide a tie with a public seed (rule tie=draw)",
            more="The seed is recorded so that anyone can repeat the draw.",
            title="Draw the tie",
            yes="Draw",
            follows=lambda *_: (
                "The seed is recorded, so anyone can repeat the draw. It can't be drawn again."
            ),
        ),
        ActKind.SETTLED: ActSpec(states=frozenset(), words=lambda *_: "finished reading posts"),
        ActKind.CERTIFIED: ActSpec(
            states=frozenset({State.PROVISIONAL}),
            check=effects.check_certified,
            check_votes=effects.check_certifiable,
            needs_name=True,
            is_final=True,
            words=lambda *_: "certified the result",
            command="certify",
            help="make the result final: certify a provisional result",
            more="The ledger can't be changed afterwards.",
            title="Certify the result",
            yes="Certify",
            follows=lambda *_: "The result can't be changed afterwards.",
        ),
    }
)


def after(contest: Contest, act: Act) -> Contest:
    """Return the contest after `act`."""
    return ACTS[act.does].apply(contest, act)


def after_all(contest: Contest, acts: Iterable[Act]) -> Contest:
    """Return the contest after `acts` in order; the work grows linearly with their number."""
    excluded, adjustments = list(contest.rules.exclude), list(contest.adjustments)
    known = set(excluded)
    for act in acts:
        if act.does is ActKind.EXCLUDED:
            if act.voter not in known:
                known.add(act.voter)
                excluded.append(act.voter)
        elif act.does is ActKind.ADJUSTED:
            adjustments.append(effects.adjustment(act))
        elif act.does in TIMES_ONLY:
            contest = after(contest, act)
        else:
            contest = after(_with(contest, excluded, adjustments), act)
            excluded, adjustments = list(contest.rules.exclude), list(contest.adjustments)
            known = set(excluded)
    return _with(contest, excluded, adjustments)


def _with(contest: Contest, excluded: Iterable[str], adjustments: Iterable[Adjustment]) -> Contest:
    rules = replace(contest.rules, exclude=tuple(excluded))
    return replace(contest, rules=rules, adjustments=tuple(adjustments))
