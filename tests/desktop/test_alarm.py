"""The banner over the window: source trouble, its clock, and closing it; nothing moves for it."""

from __future__ import annotations

import re
import tkinter as tk
from dataclasses import replace
from pathlib import Path

import pytest
from hand import MINUTE_MS, OPENS_MS, Hand, MakeHand, snapshot

from twittervotes.core.config.display import DisplaySettings, Layout
from twittervotes.core.contest.posts import Tally, Verdict
from twittervotes.core.contest.snapshot import (
    LookupResult,
    Snapshot,
    SourceState,
    SourceStatus,
    State,
)
from twittervotes.presentation.outage import outage

NOW_MS = OPENS_MS + 5 * MINUTE_MS


def source(name: str, doing: SourceState, *, ago_s: int | None = 0) -> SourceStatus:
    last_ms = 0 if ago_s is None else NOW_MS - ago_s * 1000
    return SourceStatus(name, doing, "no answer", last_ms=last_ms, votes=3)


def troubled(*sources: SourceStatus, state: State = State.OPEN) -> Snapshot:
    return replace(snapshot(9, 3, now_ms=NOW_MS, state=state), sources=sources)


GOOD = source("bluesky", SourceState.POLLING)
AWAY = source("mastodon", SourceState.TROUBLE, ago_s=14)
OTHER = source("twitter", SourceState.TROUBLE, ago_s=75)


def badges(hand: Hand) -> list[str]:
    return [text.replace("\u200a", "") for text in hand.texts(hand.window.head.canvas)]


@pytest.mark.parametrize("size", ["720x480", "900x600", "1280x800", "1920x1080"])
def test_source_trouble_raises_an_alarm_at_every_size(hand: Hand, size: str) -> None:
    hand.resize(size)
    hand.show(troubled(GOOD, replace(AWAY, doing=SourceState.POLLING)))
    window = hand.window
    parts = (window.head.canvas, window.body.canvas, *window.foot.buttons)
    before = [(p.winfo_rootx(), p.winfo_rooty(), p.winfo_height()) for p in parts]
    hand.show(troubled(GOOD, AWAY))
    hand.root.update()
    told = hand.text("trouble", window.banner)
    assert re.fullmatch(r"No data from Mastodon for 0:1\d", told)
    assert hand.text("detail", window.banner).startswith("Retrying.")
    assert window.banner.winfo_ismapped()
    after = [(p.winfo_rootx(), p.winfo_rooty(), p.winfo_height()) for p in parts]
    assert before == after
    assert "votes, at least" in badges(hand)
    assert "LIVE" in badges(hand)


def test_a_silent_source_shows_in_preview_and_chart(hand: Hand) -> None:
    def strips() -> list[str]:
        found = (hand.root.nametowidget(hand.canvas.itemcget("preview", "window"))).winfo_children()
        return [str(it.cget("text")) for it in found if it.winfo_class() == "Label" and shown(it)]

    def shown(widget: tk.Misc) -> bool:
        return bool(widget.winfo_ismapped())

    hand.resize("1280x800")
    hand.show(troubled(GOOD, AWAY))
    hand.until(strips)
    assert strips() == ["No Mastodon data"]
    assert hand.text("outage") == "No Mastodon data"
    column = hand.window.body._column
    assert column
    hand.until(lambda: column.on_air.stage)
    hand.root.update()
    assert column.on_air.stage
    preview, strip = column.on_air.stage.canvas, column.on_air._strip
    x, y = strip.winfo_rootx() + 3, strip.winfo_rooty() + 3
    assert hand.root.winfo_containing(x, y) is strip, "it lies over the preview"
    assert "No Mastodon data" not in hand.texts(preview), "the audience sees nothing of it"
    hand.show(troubled(GOOD, source("mastodon", SourceState.TROUBLE, ago_s=14), OTHER))
    assert strips() == ["No data: 2 sources"]
    hand.show(troubled(GOOD, replace(AWAY, doing=SourceState.POLLING)))
    assert strips() == []
    assert hand.text("outage") == ""


def test_the_clock_of_an_alarm_continues_between_snapshots(hand: Hand) -> None:
    hand.show(troubled(GOOD, AWAY))
    hand.until(lambda: hand.window.banner.told == "No data from Mastodon for 0:15")


def test_the_badge_says_that_no_source_delivers_data(hand: Hand) -> None:
    hand.show(troubled(source("bluesky", SourceState.TROUBLE, ago_s=20), AWAY))
    assert re.fullmatch(r"No data from any source for 0:1\d", hand.window.banner.told)
    assert "NO DATA" in badges(hand)
    assert "LIVE" not in badges(hand)


@pytest.mark.parametrize("layout", list(Layout))
def test_the_audience_sees_only_a_lasting_total_outage(hand: Hand, layout: Layout) -> None:
    hand.window.dress_display(DisplaySettings(layout), Path())
    hand.show(troubled(GOOD, source("mastodon", SourceState.TROUBLE, ago_s=90)))
    hand.window.control.show_display.do()
    display = hand.window.control.display

    def says(word: str) -> bool:
        canvas = display.canvas
        return bool(canvas and canvas.find_withtag("state") and hand.text("state", canvas) == word)

    hand.until(lambda: says("LIVE"))
    hand.show(troubled(source("bluesky", SourceState.TROUBLE, ago_s=10), OTHER))
    assert says("LIVE"), "a short outage is nothing for an audience"
    hand.show(troubled(source("bluesky", SourceState.TROUBLE, ago_s=40), OTHER))
    hand.until(lambda: says("NO DATA"))
    assert display.canvas
    if layout is Layout.FULL:
        words = hand.text("state-words", display.canvas)
        assert words == "Figures are delayed and follow shortly"
    hand.show(troubled(GOOD, AWAY))
    hand.until(lambda: says("LIVE"))


def test_a_source_that_never_answered_shows_no_time(hand: Hand) -> None:
    never = source("twitter", SourceState.TROUBLE, ago_s=None)
    hand.show(troubled(GOOD, never))
    assert hand.window.banner.told == "No answer from X (v1.1) yet"
    assert "No answer yet" in hand.texts()
    assert len([text for text in hand.texts() if "ago" in text]) == 1, "only the other source's"


def test_a_closed_alarm_returns_only_for_another_outage(hand: Hand) -> None:
    hand.show(troubled(GOOD, AWAY))
    banner = hand.window.banner
    hand.root.update()
    x, y = map(round, banner.coords("close"))
    banner.event_generate("<Motion>", x=x, y=y)
    banner.event_generate("<ButtonPress-1>", x=x, y=y)
    banner.event_generate("<ButtonRelease-1>", x=x, y=y)
    hand.root.update()
    assert not banner.winfo_ismapped()
    hand.show(troubled(GOOD, replace(AWAY, last_ms=NOW_MS - 60_000)))
    assert banner.told == ""
    assert "votes, at least" in badges(hand), "only the banner is closed"
    hand.show(troubled(GOOD, replace(AWAY, doing=SourceState.POLLING)))
    hand.show(troubled(GOOD, AWAY))
    assert banner.told.startswith("No data from Mastodon")


def test_escape_closes_the_banner(hand: Hand) -> None:
    hand.show(troubled(GOOD, AWAY))
    hand.press("<Escape>")
    assert hand.window.banner.told == ""


def test_details_shows_the_sources_in_a_small_window(make: MakeHand) -> None:
    hand = make()
    hand.resize("900x600")
    hand.show(troubled(GOOD, AWAY))
    hand.window.body.scroll(40)
    hand.root.update()
    hand.window.banner._open()
    hand.root.update()
    column = hand.window.body._column
    assert column
    first = hand.canvas.canvasy(0)
    assert first <= column.sources.top
    assert column.sources.top + column.sources.height <= first + hand.canvas.winfo_height()


def test_one_failed_request_raises_no_alarm() -> None:
    brief = source("mastodon", SourceState.TROUBLE, ago_s=2)
    assert outage(troubled(GOOD, brief), NOW_MS) is None
    found = outage(troubled(GOOD, source("mastodon", SourceState.STOPPED, ago_s=2)), NOW_MS)
    assert found is not None
    assert found.names == ("mastodon",)


def test_after_the_vote_there_is_no_alarm() -> None:
    assert outage(troubled(GOOD, AWAY, state=State.PROVISIONAL), NOW_MS) is None
    assert outage(troubled(GOOD, AWAY, state=State.CLOSING), NOW_MS) is not None


def test_several_sources_are_named_with_their_times() -> None:
    found = outage(troubled(GOOD, AWAY, OTHER), NOW_MS)
    assert found is not None
    assert found.title == "No data from Mastodon (0:14) and X (v1.1) (1:15)"


def test_the_heads_rate_is_the_sum_of_the_rows(hand: Hand) -> None:
    this = NOW_MS - NOW_MS % MINUTE_MS
    votes, by_hand = (620, 30), (500, 0)
    tally = Tally(votes, ((Verdict.COUNTED, 150),), minutes=((this, (120, 30)),), by_hand=by_hand)
    hand.show(snapshot(0, 0, now_ms=NOW_MS + 30_000, tally=tally))
    hand.resize("1500x800")
    assert hand.text("choice0-change") == "+120 in the last minute"
    assert hand.text("choice1-change") == "+30 in the last minute"
    assert hand.text("rate", hand.window.head.canvas) == "150"


def test_votes_added_by_hand_are_marked_beside_every_total(hand: Hand) -> None:
    hand.resize("1500x800")
    tally = Tally((505, 4), ((Verdict.COUNTED, 9),), by_hand=(500, 0))
    hand.show(snapshot(0, 0, tally=tally))
    assert hand.text("choice0-votes") == "505 votes (+500 by hand)"
    assert hand.text("choice1-votes") == "4 votes"
    assert hand.text("total-word", hand.window.head.canvas) == "votes, 500 added by hand"
    hand.window.control.show_display.do()
    hand.until(lambda: hand.window.control.display.canvas)
    canvas = hand.window.control.display.canvas
    assert canvas is not None
    hand.until(lambda: canvas.find_withtag("on") and "500 added by hand" in hand.text("on", canvas))


def test_an_act_repeats_the_search(hand: Hand) -> None:
    from twittervotes.core.contest.acts import Act, ActKind

    hand.show(snapshot(1, 2))
    hand.press("<Control-f>")
    assert hand.window.body._column is not None
    search = hand.window.body._column.search
    search.entry.write("x:4711")
    hand.press("<Return>")
    _, told = hand.looked_up.pop()
    told((LookupResult("counted", "At noon: It counts.", "x:4711"),))
    hand.until(lambda: any(text.startswith("Counted") for text in hand.texts()))
    acts = (Act(ActKind.EXCLUDED, OPENS_MS, voter="x:4711", reason="ours"),)
    hand.show(replace(snapshot(1, 2), acts=acts, recounting=10))
    assert hand.looked_up == [], "the votes are being recounted"
    hand.show(replace(snapshot(0, 2), acts=acts))
    wanted, told = hand.looked_up.pop()
    assert wanted == "x:4711"
    told((LookupResult("excluded", "At noon: The account is excluded.", "x:4711"),))
    hand.until(lambda: any(text.startswith("Not counted") for text in hand.texts()))
    assert not any(text.startswith("Counted") for text in hand.texts())
