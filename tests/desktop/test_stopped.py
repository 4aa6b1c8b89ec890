"""What the window says and offers once counting itself has stopped."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hand import Hand, snapshot

from twittervotes.core.contest.posts import Verdict
from twittervotes.core.contest.snapshot import SourceState, SourceStatus, State
from twittervotes.desktop.actions.program import Program

FULL = (
    "The disk is full. Make room and try again. Everything recorded so far is kept in"
    " /home/ada/votes/Which-distribution-do-you-run.votes."
)


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


@pytest.mark.parametrize("size", ["720x480", "900x600"])
def test_the_message_takes_one_line_until_its_details_are_wanted(hand: Hand, size: str) -> None:
    hand.resize(size)
    hand.show(snapshot(3, 2, trouble=FULL))
    banner = hand.window.banner
    hand.until(lambda: banner.winfo_height() > 1)
    one_line = banner.winfo_height()
    assert one_line <= 50
    assert hand.text("trouble", banner) == "Counting has stopped."
    assert hand.text("detail", banner) == "The disk is full. Make room and try again."
    assert hand.text("link", banner) == "Details"
    left, top, right, bottom = banner.bbox("link")
    for event in ("<ButtonPress-1>", "<ButtonRelease-1>"):
        banner.event_generate(event, x=(left + right) // 2, y=(top + bottom) // 2)
    hand.until(lambda: banner.winfo_height() > one_line)
    assert hand.text("detail", banner) == FULL
    assert hand.text("link", banner) == "Less"
    hand.show(snapshot(3, 3, trouble=FULL))
    assert hand.text("detail", banner) == FULL, "a new snapshot folds nothing"


def test_a_short_reason_has_no_details(hand: Hand) -> None:
    hand.resize("900x600")
    hand.show(snapshot(3, 2, trouble="The disk is full."))
    assert hand.text("detail", hand.window.banner) == "The disk is full."
    assert hand.text("link", hand.window.banner) == ""


def test_no_part_speaks_of_sources_that_are_not_read(hand: Hand) -> None:
    hand.resize("1280x800")
    words, advice = "no answer, asks again in 8 s", "Sign in again."
    away = SourceStatus("bluesky", SourceState.TROUBLE, words, advice=advice)
    shown = snapshot(3, 2, sources=(away,))
    hand.show(shown)
    assert words.capitalize() in hand.texts()
    assert hand.text("outage") == "No data"
    column = hand.window.body._column
    assert column
    hand.show(replace(shown, trouble=FULL))
    assert "not read" in hand.texts()
    assert not {words, words.capitalize(), advice} & set(hand.texts())
    assert hand.window.body._moment
    assert hand.window.body._moment.outage is None
    assert column.on_air._strip.cget("text") == "Counting stopped"
    done = replace(away, doing=SourceState.DONE, words="done", completeness="exact", advice="")
    hand.show(replace(shown, sources=(done,), trouble=FULL))
    assert "complete" in hand.texts(), "what is read stays read"
    hand.show(shown)
    assert words.capitalize() in hand.texts()
