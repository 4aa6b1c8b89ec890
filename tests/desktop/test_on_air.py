"""What is on air: separate acts, the preview in the window, and the lower third."""

from __future__ import annotations

import tkinter as tk
from pathlib import Path

import pytest
from hand import Hand, MakeHand, snapshot
from test_display import opened, sized

from twittervotes.core.config.display import KEY, DisplaySettings, Layout
from twittervotes.core.contest.clock import of_day
from twittervotes.core.contest.snapshot import State
from twittervotes.desktop.vote.frame import Air
from twittervotes.presentation.marks import contrast

LINK = "https://votes.example.org/c/distro"
NAMES = ("Debian", "Ubuntu", "Arch")


def clicked(hand: Hand, button: str) -> None:
    left, top, right, bottom = hand.canvas.bbox(f"air-{button}")
    hand.canvas.event_generate("<Motion>", x=(left + right) // 2, y=(top + bottom) // 2)
    hand.canvas.event_generate("<Button-1>", x=(left + right) // 2, y=(top + bottom) // 2)
    hand.root.update()


@pytest.mark.parametrize("by", ["key", "button"])
def test_each_act_does_what_it_says_however_often(hand: Hand, by: str) -> None:
    hand.show(snapshot(3, 1))
    keys = {"voting": "<v>", "results": "<s>", "hide": "<h>", "reveal": "<r>"}

    def put(act: str) -> Air:
        if by == "key":
            hand.press(keys[act])
        else:
            clicked(hand, act)
        return hand.window.showing.air

    assert hand.window.showing.air is Air.RESULTS
    for act, wanted in (
        ("voting", Air.VOTING),
        ("voting", Air.VOTING),
        ("reveal", Air.VOTING),  # there is nothing to reveal before the close
        ("hide", Air.NOTHING),
        ("hide", Air.NOTHING),
        ("results", Air.RESULTS),
        ("results", Air.RESULTS),
        ("voting", Air.VOTING),
    ):
        assert put(act) is wanted
    hand.show(snapshot(3, 1, state=State.PROVISIONAL))
    assert put("reveal") is Air.RESULTS


def test_hidden_shows_the_audience_nothing(hand: Hand) -> None:
    hand.show(snapshot(3, 1))
    canvas = sized(hand, opened(hand), "1280x720")
    canvas.winfo_toplevel().event_generate("<h>")
    hand.until(lambda: not hand.texts(canvas))
    hand.show(snapshot(9, 1))
    assert hand.texts(canvas) == []
    canvas.winfo_toplevel().event_generate("<s>")
    hand.until(lambda: "90.0" in hand.texts(canvas))


def preview(hand: Hand) -> tk.Canvas:
    column = hand.window.body._column
    assert column
    hand.until(lambda: column.on_air.stage is not None)
    assert column.on_air.stage
    return column.on_air.stage.canvas


def test_the_preview_is_what_the_audience_sees(hand: Hand) -> None:
    hand.show(snapshot(3, 1, labels=NAMES[:2]))
    canvas = preview(hand)
    assert (canvas.master.winfo_reqwidth(), canvas.master.winfo_reqheight()) == (136, 76)
    hand.until(lambda: "75.0" in hand.texts(canvas))
    hand.press("<v>")
    hand.until(lambda: "75.0" not in hand.texts(canvas))
    assert hand.text("choice0-name", canvas) == "Debian"
    hand.press("<h>")
    hand.until(lambda: hand.texts(canvas) == [])


def fills(hand: Hand) -> dict[str, str]:
    """Return the colour of each button."""
    names = ("voting", "results", "hide", "reveal")
    first = {name: hand.canvas.find_withtag(f"air-{name}")[0] for name in names}
    return {name: str(hand.canvas.itemcget(item, "fill")) for name, item in first.items()}


def test_off_air_no_button_is_lit(hand: Hand) -> None:
    hand.show(snapshot(3, 1))
    plain = hand.window._look.colours.button
    for key, what in (("<s>", "results"), ("<v>", "voting"), ("<h>", "nothing")):
        hand.press(key)
        hand.until(lambda what=what: f"F11 opens the display and shows {what}." in hand.texts())  # type: ignore[misc]
        assert "OFF AIR" in hand.texts()
        found = fills(hand)
        assert {found[name] for name in ("voting", "results", "hide")} == {plain}
        words = [hand.text(f"air-{name}-word") for name in found]
        assert words == ["Show voting", "Show results", "Hide", "Reveal"]
    assert [hand.text(f"air-{name}-key") for name in fills(hand)] == ["V", "S", "H", "R"]


def test_red_means_that_it_is_on_the_display(hand: Hand) -> None:
    shown = snapshot(3, 1)
    hand.show(shown)
    colours = hand.window._look.colours
    column = hand.window.body._column
    assert column
    ring = column.on_air._ring
    opened(hand)
    since = f"since {of_day(shown.now_ms)[:5]}"
    for key, name, word, what in (
        ("<s>", "results", "Results on air", "Results on the display"),
        ("<v>", "voting", "Voting on air", "Voting on the display"),
    ):
        hand.press(key)
        hand.until(lambda name=name: fills(hand)[name] == colours.live)  # type: ignore[misc]
        assert list(fills(hand).values()).count(colours.live) == 1
        assert hand.text(f"air-{name}-word") == word
        assert {f"ON AIR {since}", what} <= set(hand.texts())
        assert hand.canvas.itemcget(ring, "fill") == colours.live
    hand.press("<h>")
    hand.until(lambda: hand.text("air-hide-word") == "Hidden")
    assert f"HIDDEN {since}" in hand.texts()
    assert colours.live not in fills(hand).values()
    assert hand.canvas.itemcget(ring, "fill") != colours.live


@pytest.mark.parametrize(
    ("scale", "size"), [(1.0, "1280x800"), (1.0, "900x600"), (1.5, ""), (2.0, "")]
)
def test_the_words_of_the_buttons_fit(make: MakeHand, scale: float, size: str) -> None:
    hand = make(scale=scale)
    hand.show(snapshot(3, 1))
    if size:
        hand.resize(size)
    opened(hand)
    for key, name, word in (
        ("<s>", "results", "Results on air"),
        ("<v>", "voting", "Voting on air"),
    ):
        hand.press(key)
        hand.until(lambda name=name, word=word: hand.text(f"air-{name}-word") == word)  # type: ignore[misc]
    for name in fills(hand):
        _, _, end, _ = hand.canvas.bbox(f"air-{name}-word")
        left, *_ = hand.canvas.bbox(f"air-{name}-key")
        assert end <= left


def lower(hand: Hand, **settings: str) -> None:
    hand.window.dress_display(
        DisplaySettings(Layout.LOWER, **settings), Path(), link=LINK, proof=f"{LINK}/proof"
    )


@pytest.mark.parametrize("size", ["1920x1080", "1280x720", "1280x1024"])
def test_a_lower_third_is_a_panel_on_the_key_colour(hand: Hand, size: str) -> None:
    lower(hand)
    hand.show(snapshot(3, 2, 1, labels=NAMES))
    hand.press("<F11>")
    canvas = sized(hand, displayed(hand), size)
    assert canvas.cget("background") == KEY
    assert hand.text("title", canvas) == "Which distribution?"
    assert [hand.text(f"column{n}-name", canvas) for n in range(3)] == [*NAMES]
    assert [hand.text(f"column{n}-percent", canvas) for n in range(3)] == ["50.0", "33.3", "16.7"]
    wanted = "Vote: #tag0 #tag1 #tag2 or votes.example.org/c/distro"
    assert hand.text("post", canvas) == wanted
    width, height = canvas.winfo_width(), canvas.winfo_height()
    unit = min(width / 1920, height / 1080)
    boxes = [canvas.bbox(item) for item in canvas.find_all() if canvas.bbox(item)]
    assert min(box[1] for box in boxes) >= height - (54 + 264) * unit
    assert max(box[3] for box in boxes) <= height - 52 * unit
    assert min(box[0] for box in boxes) >= 94 * unit
    assert max(box[2] for box in boxes) <= width - 94 * unit


def displayed(hand: Hand) -> tk.Canvas:
    display = hand.window.control.display
    hand.until(lambda: display.canvas is not None and display.canvas.find_withtag("total"))
    assert display.canvas
    return display.canvas


def test_a_lower_third_shows_the_best_three_and_the_rest(hand: Hand) -> None:
    lower(hand)
    labels = ("Arch", "Alma", "openSUSE Leap", "Slackware Linux", "Linux Mint")
    hand.show(snapshot(1, 2, 3, 4, 5, labels=labels))
    hand.press("<F11>")
    canvas = sized(hand, displayed(hand), "1920x1080")
    names = [hand.text(f"column{n}-name", canvas) for n in range(4)]
    assert names == ["Linux Mint", "Slackware Linux", "openSUSE Leap", "2 others"]
    assert hand.text("column3-percent", canvas) == "20.0"
    for n in range(3):
        name, percent, bar = (
            canvas.bbox(f"column{n}-{part}") for part in ("name", "percent", "bar-strip")
        )
        assert name[3] - 4 <= bar[1]
        assert bar[2] <= percent[0]


def test_a_lower_third_follows_what_is_on_air(hand: Hand) -> None:
    lower(hand)
    hand.show(snapshot(3, 1, labels=NAMES[:2]))
    hand.press("<F11>")
    canvas = sized(hand, displayed(hand), "1920x1080")
    screen = canvas.winfo_toplevel()
    screen.event_generate("<v>")
    hand.until(lambda: hand.text("column0-hashtag", canvas) == "#tag0")
    assert hand.text("column0-percent", canvas) == ""
    name, chip = (canvas.bbox(f"column0-{part}") for part in ("name", "hashtag"))
    assert name[3] <= chip[1], "it is where the bar was"
    assert chip[3] <= canvas.bbox("post")[1]
    assert canvas.itemcget("column0-hashtag", "fill") == canvas.itemcget("title", "fill")
    assert hand.text("post", canvas) == "Vote: votes.example.org/c/distro", "named once"
    hand.show(snapshot(3, 1, labels=NAMES[:2], state=State.CLOSING))
    assert hand.text("column0-hashtag", canvas) == "", "no post would count"
    screen.event_generate("<h>")
    hand.until(lambda: not canvas.find_all())
    screen.event_generate("<s>")
    hand.until(lambda: canvas.find_withtag("column0-percent"))
    hand.until(lambda: hand.text("column0-percent", canvas) == "75.0")
    assert hand.text("column0-hashtag", canvas) == ""
    hand.show(snapshot(3, 1, labels=NAMES[:2], state=State.CERTIFIED))
    assert hand.text("title", canvas) == "Winner: Debian"
    assert hand.text("post", canvas) == "Check it: votes.example.org/c/distro/proof"
    hand.show(snapshot(3, 3, labels=NAMES[:2], state=State.CERTIFIED))
    assert hand.text("title", canvas) == "Tie"


def test_a_rehearsal_is_marked_in_a_lower_third_too(hand: Hand) -> None:
    lower(hand)
    hand.show(snapshot(3, 1, rehearsal=True))
    hand.press("<F11>")
    canvas = sized(hand, displayed(hand), "1280x720")
    assert hand.text("state", canvas) == "REHEARSAL"
    assert canvas.find_withtag("tape")


@pytest.mark.parametrize("layout", Layout)
@pytest.mark.parametrize("ground", ["#123a5c", "#ffd400", "#808080", "#ffffff", "#000000"])
def test_text_is_readable_on_any_configured_colour(hand: Hand, layout: Layout, ground: str) -> None:
    settings = DisplaySettings(layout, background=ground, panel=ground, ink="#777777")
    hand.window.dress_display(settings, Path(), link=LINK)
    hand.show(snapshot(3, 1, labels=NAMES[:2]))
    hand.press("<F11>")
    canvas = sized(hand, displayed(hand), "1280x720")
    for tag in ("title", "total", "time", "time-label"):
        assert contrast(str(canvas.itemcget(tag, "fill")), ground) >= 4.5, tag


@pytest.mark.parametrize(("size", "is_large"), [("1280x800", False), ("1600x1000", True)])
def test_the_preview_is_as_wide_as_its_panel_if_there_is_room(
    hand: Hand, size: str, is_large: bool
) -> None:
    hand.resize(size)
    hand.show(snapshot(3, 2))
    column = hand.window.body._column
    assert column
    panel = column.on_air
    hand.until(lambda: panel.stage)
    hand.root.update()
    frame = hand.root.nametowidget(hand.canvas.itemcget("preview", "window"))
    assert (frame.winfo_width() > 280) == is_large
    assert panel.stage
    assert panel.stage.canvas.winfo_width() == frame.winfo_width()
    _, top, _, _ = hand.canvas.bbox("air-voting")
    _, _, _, bottom = hand.canvas.bbox("preview")
    assert bottom < top, "the buttons are below it"
    hand.resize("1600x1000" if not is_large else "1280x800")
    hand.until(lambda: (frame.winfo_width() > 280) != is_large)
    hand.until(lambda: panel.stage and panel.stage.canvas.winfo_width() == frame.winfo_width())
