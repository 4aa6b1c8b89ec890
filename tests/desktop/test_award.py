"""The winner's moment in the operator's window: a tag beside the name, and the others step back."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hand import Hand, snapshot

from twittervotes.core.contest.contest import Rules, Tie
from twittervotes.core.contest.snapshot import State
from twittervotes.desktop.vote.award import STEPPED_BACK, awards
from twittervotes.presentation.marks import mix


def tag_of(hand: Hand, choice: int) -> str:
    tag = f"choice{choice}-award"
    return hand.text(tag) if hand.canvas.find_withtag(tag) else ""


def colour_of(hand: Hand, tag: str) -> str:
    return str(hand.canvas.itemcget(tag, "fill"))  # type: ignore[no-untyped-call]


@pytest.mark.parametrize(
    ("state", "word"), [(State.PROVISIONAL, "Leading"), (State.CERTIFIED, "Winner")]
)
def test_a_result_differs_from_a_lead_at_first_sight(hand: Hand, state: State, word: str) -> None:
    hand.resize("1280x800")
    hand.show(snapshot(7, 3, 2))
    ink, panel = hand.window._look.colours.ink, hand.window._look.colours.panel
    names = [f"choice{i}-name" for i in range(3)]
    assert [tag_of(hand, i) for i in range(3)] == ["", "", ""]
    assert {colour_of(hand, name) for name in names} == {ink}
    hand.show(snapshot(7, 3, 2, state=state))
    assert [tag_of(hand, i) for i in range(3)] == [word, "", ""]
    dim = mix(panel, ink, STEPPED_BACK)
    assert [colour_of(hand, name) for name in names] == [ink, dim, dim]
    boxes = [hand.canvas.bbox(tag) for tag in (names[0], "choice0-award", "choice0-votes")]
    assert boxes == sorted(boxes), "side by side"
    hand.show(snapshot(7, 3, 2))
    assert tag_of(hand, 0) == ""
    assert {colour_of(hand, name) for name in names} == {ink}


def test_a_tie_is_a_tie(hand: Hand) -> None:
    hand.resize("1280x800")
    hand.show(snapshot(5, 2, 5, state=State.CERTIFIED))
    assert [tag_of(hand, i) for i in range(3)] == ["Tie", "", "Tie"]
    hand.show(snapshot(0, 0, 0, state=State.CERTIFIED))
    assert [tag_of(hand, i) for i in range(3)] == ["", "", ""], "nobody voted"


def test_a_draw_has_one_winner() -> None:
    tied = snapshot(5, 5, state=State.CERTIFIED)
    rules = replace(Rules(), tie=Tie.DRAW)
    drawn = replace(tied, contest=replace(tied.contest, rules=rules, seed="seed"))
    assert list(awards(drawn).values()) == ["Winner"]
    assert awards(replace(drawn, state=State.CLOSING)) == {}


@pytest.mark.parametrize("size", ["720x480", "1280x800"])
def test_small_rows_say_it_before_the_name(hand: Hand, size: str) -> None:
    hand.resize(size)
    hand.show(snapshot(*range(40, 0, -1), state=State.CERTIFIED))
    assert hand.text("choice0-name") == "Winner · tag0"
    assert hand.text("choice1-name") == "tag1"
