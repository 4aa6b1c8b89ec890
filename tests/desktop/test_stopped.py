"""What the window says and offers once counting itself has stopped."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hand import Hand, snapshot

from twittervotes.core.contest.posts import Verdict
from twittervotes.core.contest.snapshot import SourceState, SourceStatus, State
from twittervotes.desktop.actions.program import Program

FULL = "There is no room for a.votes: the disk is full. Make room and try again."


def head(hand: Hand) -> list[str]:
    """Return the words of the head, without letter spacing."""
    return [words.replace("\u200a", "") for words in hand.texts(hand.window.head.canvas)]


@pytest.mark.parametrize("state", [State.OPEN, State.PAUSED, State.CLOSING, State.PROVISIONAL])
def test_a_stopped_count_offers_to_try_again(hand: Hand, state: State) -> None:
    tried: list[str] = []
    hand.window.program = Program(again=lambda: tried.append("again"))
    hand.show(snapshot(3, 2, state=state, trouble=FULL))
    assert "STOPPED" in head(hand)
    assert not {"LIVE", "PAUSED", "CLOSING"} & set(head(hand))
    button = hand.window.foot.next_button
    assert (button.label, button.enabled) == ("Try again", True)
    button.press()
    assert tried == ["again"]
    hand.show(snapshot(3, 2, state=state))
    assert "STOPPED" not in head(hand)
    assert button.label != "Try again"


def test_nothing_looks_as_if_votes_still_came_in(hand: Hand) -> None:
    sources = (SourceStatus("rehearsal", SourceState.POLLING, "polling", votes=5),)
    shown = snapshot(3, 2, sources=sources)
    assert dict(shown.tally.verdicts)[Verdict.COUNTED] == 5
    hand.show(shown)
    assert hand.text("choice0-change") == "+3 in the last minute"
    assert hand.text("rate-word", hand.window.head.canvas) == "per min"
    column = hand.window.body._column
    assert column
    (dot,) = column.sources._dots
    reading = hand.canvas.itemcget(dot, "image")
    hand.show(replace(shown, trouble=FULL))
    assert hand.text("choice0-change") == ""
    assert hand.text("rate-word", hand.window.head.canvas) == ""
    assert hand.text("total-word", hand.window.head.canvas) == "votes, at least"
    assert hand.canvas.itemcget(dot, "image") != reading


def test_stopped_is_amber_because_red_means_live(hand: Hand) -> None:
    hand.show(snapshot(3, 2, trouble=FULL))
    word, colour, ink = hand.window.head._state_look(hand.window.body._moment)  # type: ignore[arg-type]
    colours = hand.window._look.colours
    assert (word, colour, ink) == ("STOPPED", colours.waiting, colours.background)
