"""Undoing several actions, one after the other, in a real window."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hand import Hand, snapshot
from test_menus import agree, question

from twittervotes.core.contest.act_kinds import after
from twittervotes.core.contest.acts import CLOCK, Act, ActKind
from twittervotes.core.contest.contest import Tie
from twittervotes.core.contest.snapshot import Snapshot
from twittervotes.desktop.actions.undo import undo_words

PLUS = Act(ActKind.ADJUSTED, tag="tag1", votes=12, reason="show of hands")
MINUS = Act(ActKind.ADJUSTED, tag="tag0", votes=-2, reason="miscounted")
EXCLUDED = Act(ActKind.EXCLUDED, voter="x:4711", reason="ours")


def done(shown: Snapshot, act: Act) -> Snapshot:
    """The vote after this act, a second later."""
    now_ms = shown.now_ms + 1000
    act = replace(act, at_ms=now_ms)
    acts = (*shown.acts, act)
    return replace(shown, contest=after(shown.contest, act), acts=acts, now_ms=now_ms)


def undone(hand: Hand, shown: Snapshot) -> tuple[str, Snapshot]:
    """Undo something; return what the window asked, and the vote after that."""
    hand.press("<Control-z>")
    title = question(hand)[0]
    agree(hand)
    shown = done(shown, hand.acts[-1])
    hand.show(shown)
    return title, shown


def test_undoing_twice_undoes_the_action_before_the_last(hand: Hand) -> None:
    shown = snapshot(30, 20)
    rules = replace(shown.contest.rules, tie=Tie.DRAW)
    ruled = Act(ActKind.RULED, rules=rules)
    extended = Act(ActKind.EXTENDED, until_ms=(shown.contest.closes_ms or 0) + 60_000)
    hand.show(shown)
    for act in (MINUS, ruled, extended, PLUS, EXCLUDED, replace(PLUS, by=CLOCK)):
        shown = done(shown, act)
        hand.show(shown)
    words = []
    for _ in range(5):
        words.append(hand.window.control.actions.undo.word)
        title, shown = undone(hand, shown)
        assert title.startswith("Undo ")
    assert words == [
        "Undo exclusion of x:4711…",
        "Undo +12 #tag1…",
        "Undo extension…",
        "Undo change of rules…",
        "Undo −2 #tag0…",
    ]
    assert shown.contest.rules == snapshot(1, 1).contest.rules
    assert shown.contest.closes_ms == snapshot(1, 1).contest.closes_ms
    assert [act.votes for act in hand.acts if act.does is ActKind.ADJUSTED] == [-12, 2]
    assert hand.window.control.actions.undo.word == "Undo…"
    hand.press("<Control-z>")
    assert hand.text("trouble", hand.window.banner) == "There is nothing left to undo."


@pytest.mark.parametrize("resumed", [True, False])
def test_a_pause_taken_back_is_skipped(resumed: bool) -> None:
    paused, back = Act(ActKind.PAUSED, at_ms=5), Act(ActKind.UNPAUSED, at_ms=9, pause_ms=5)
    acts = (PLUS, paused, *(Act(ActKind.RESUMED, at_ms=7),) * resumed)
    assert undo_words(acts) == "Undo pause…"
    assert undo_words((*acts, back)) == "Undo +12 #tag1…"


def test_a_manual_reversal_is_an_ordinary_action() -> None:
    opposite = replace(PLUS, votes=-12, reason="hands were counted twice")
    assert "12 #tag1" in undo_words((MINUS, PLUS, opposite))
    assert undo_words((MINUS, PLUS, opposite)) != undo_words((MINUS, PLUS))
