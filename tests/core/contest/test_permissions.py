"""Which act is allowed when, and the message if it isn't."""

from __future__ import annotations

from dataclasses import replace

import pytest
from samples import CLOSES, OPENS, contest

from twittervotes.core.config.duration import moment
from twittervotes.core.contest.act_effects import pauses
from twittervotes.core.contest.acts import Act, ActKind, State
from twittervotes.core.contest.contest import Contest, Rules, Tie
from twittervotes.core.contest.permissions import check, tag_of
from twittervotes.core.contest.posts import Tally
from twittervotes.core.errors import ContestError

NOW = OPENS + 5000
AHEAD = Tally((3, 2, 1), ())
TIED = Tally((3, 3, 1), ())
ACTS = {
    ActKind.OPENED: Act(ActKind.OPENED, NOW),
    ActKind.PAUSED: Act(ActKind.PAUSED, NOW),
    ActKind.RESUMED: Act(ActKind.RESUMED, NOW),
    ActKind.UNPAUSED: Act(ActKind.UNPAUSED, NOW, pause_ms=OPENS + 2000),
    ActKind.CLOSED: Act(ActKind.CLOSED, NOW),
    ActKind.EXTENDED: Act(ActKind.EXTENDED, NOW, until_ms=CLOSES + 60_000),
    ActKind.RULED: Act(ActKind.RULED, NOW, rules=Rules()),
    ActKind.EXCLUDED: Act(ActKind.EXCLUDED, NOW, voter="bob", reason="a bot"),
    ActKind.ADJUSTED: Act(ActKind.ADJUSTED, NOW, "Ada", tag="arch", votes=2, reason="hands"),
    ActKind.DRAWN: Act(ActKind.DRAWN, NOW, "Ada", seed="6 17"),
    ActKind.CERTIFIED: Act(ActKind.CERTIFIED, NOW, "Ada"),
}
S = State
ALLOWED = {
    ActKind.OPENED: {S.SCHEDULED},
    ActKind.PAUSED: {S.OPEN},
    ActKind.RESUMED: {S.PAUSED},
    ActKind.UNPAUSED: {S.OPEN, S.PAUSED, S.CLOSING, S.PROVISIONAL},
    ActKind.CLOSED: {S.OPEN, S.PAUSED},
    ActKind.EXTENDED: {S.OPEN, S.PAUSED},
    ActKind.RULED: set(State) - {S.CERTIFIED},
    ActKind.EXCLUDED: set(State) - {S.CERTIFIED},
    ActKind.ADJUSTED: set(State) - {S.CERTIFIED},
    ActKind.DRAWN: {S.PROVISIONAL},
    ActKind.CERTIFIED: {S.PROVISIONAL},
}


def contest_for(does: ActKind) -> tuple[Contest, Tally]:
    if does is ActKind.UNPAUSED:
        return contest(pauses=((OPENS + 2000, OPENS + 3000),)), AHEAD
    return (contest(tie=Tie.DRAW), TIED) if does is ActKind.DRAWN else (contest(), AHEAD)


def test_every_act_is_tried_in_every_state() -> None:
    assert set(ACTS) == set(ALLOWED) == set(ActKind) - {ActKind.SETTLED}


@pytest.mark.parametrize("state", State)
@pytest.mark.parametrize("does", ACTS)
def test_each_act_has_its_states(does: ActKind, state: State) -> None:
    held, tally = contest_for(does)
    if state in ALLOWED[does]:
        check(ACTS[does], held, state, tally)
    else:
        with pytest.raises(ContestError):
            check(ACTS[does], held, state, tally)


def test_after_certifying_nothing_can_be_changed() -> None:
    for does, act in ACTS.items():
        held, tally = contest_for(does)
        with pytest.raises(ContestError, match="is certified and can't be changed"):
            check(act, held, State.CERTIFIED, tally)


def test_what_the_clock_alone_does_nobody_can_ask_for() -> None:
    with pytest.raises(ContestError):
        check(Act(ActKind.SETTLED, NOW), contest(), State.CLOSING, AHEAD)


@pytest.mark.parametrize(
    ("act", "words"),
    [
        (replace(ACTS[ActKind.EXTENDED], until_ms=NOW), "must be in the future"),
        (replace(ACTS[ActKind.EXTENDED], until_ms=None), "must be in the future"),
        (replace(ACTS[ActKind.EXCLUDED], reason=""), "Enter a reason"),
        (replace(ACTS[ActKind.ADJUSTED], reason=""), "a reason and your name"),
        (replace(ACTS[ActKind.ADJUSTED], by=""), "a reason and your name"),
        (replace(ACTS[ActKind.ADJUSTED], votes=0), r"\+3 or -2"),
        (replace(ACTS[ActKind.ADJUSTED], votes=-2), "arch has only 1 vote to remove"),
        (replace(ACTS[ActKind.ADJUSTED], tag="hurd"), "no choice 'hurd'"),
        (ACTS[ActKind.UNPAUSED], "There is no pause to take back"),
        (replace(ACTS[ActKind.RULED], rules=Rules(required=("arch",))), "required"),
    ],
)
def test_an_act_that_makes_no_sense_is_refused_with_a_sentence(act: Act, words: str) -> None:
    with pytest.raises(ContestError, match=words):
        check(act, contest(), State.OPEN, AHEAD)


def test_a_pause_is_named_by_when_it_began() -> None:
    held = contest(pauses=((OPENS, OPENS + 1000), (OPENS + 5000, None)))
    named = pauses(held)
    assert [moment(each) for each in named] == [OPENS + 5000, OPENS]
    with pytest.raises(ContestError, match=f"No pause began then. They began at: {named[0]}, "):
        check(ACTS[ActKind.UNPAUSED], held, State.OPEN, AHEAD)


@pytest.mark.parametrize("does", ACTS)
def test_during_a_recount_only_acts_that_depend_on_the_votes_are_refused(does: ActKind) -> None:
    held, _ = contest_for(does)
    (state, *_) = ALLOWED[does]
    if does in (ActKind.ADJUSTED, ActKind.DRAWN, ActKind.CERTIFIED):
        with pytest.raises(ContestError, match="being recounted"):
            check(ACTS[does], held, state, None)
    else:
        check(ACTS[does], held, state, None)


def test_votes_by_hand_may_go_down_to_zero() -> None:
    check(replace(ACTS[ActKind.ADJUSTED], votes=-1), contest(), State.OPEN, AHEAD)


@pytest.mark.parametrize(
    ("held", "tally", "seed", "words"),
    [
        (contest(), TIED, "6", "don't allow a draw"),
        (contest(tie=Tie.DRAW), AHEAD, "6", "no tie"),
        (contest(tie=Tie.DRAW), TIED, " ", "public seed"),
        (contest(tie=Tie.DRAW, seed="5"), TIED, "6", "already drawn"),
    ],
)
def test_a_draw_needs_the_rule_a_tie_and_one_seed(
    held: Contest, tally: Tally, seed: str, words: str
) -> None:
    with pytest.raises(ContestError, match=words):
        check(Act(ActKind.DRAWN, NOW, seed=seed), held, State.PROVISIONAL, tally)


def test_a_tie_that_is_to_be_drawn_is_not_certified_before() -> None:
    held = contest(tie=Tie.DRAW)
    with pytest.raises(ContestError, match="Draw the tie before"):
        check(ACTS[ActKind.CERTIFIED], held, State.PROVISIONAL, TIED)
    check(ACTS[ActKind.CERTIFIED], replace(held, seed="6"), State.PROVISIONAL, TIED)
    check(ACTS[ActKind.CERTIFIED], held, State.PROVISIONAL, AHEAD)


@pytest.mark.parametrize("text", ["arch", "#ARCH", "Arch Linux", "ＡＲＣＨ"])
def test_a_choice_is_named_by_tag_or_label(text: str) -> None:
    assert tag_of(contest(), text) == "arch"


def test_a_choice_is_named_by_its_alias_and_an_unknown_one_is_reported() -> None:
    assert tag_of(contest(), "ubunut") == "ubuntu"
    with pytest.raises(ContestError, match="The choices are: debian, ubuntu, arch"):
        tag_of(contest(), "hurd")
