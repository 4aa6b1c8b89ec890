"""Display mode: what the audience sees, on which screen, and what is hidden until the reveal."""

from __future__ import annotations

import tkinter as tk
from dataclasses import replace
from tkinter.font import Font

import pytest
from hand import MINUTE_MS, OPENS_MS, Hand, snapshot
from hypothesis import given
from hypothesis import strategies as st

from twittervotes.core.contest.contest import Choice, Tie
from twittervotes.core.contest.snapshot import SourceState, SourceStatus, State
from twittervotes.desktop.canvas.images import Images
from twittervotes.desktop.canvas.items import Look
from twittervotes.desktop.canvas.sizes import Sizes
from twittervotes.desktop.canvas.theme_colours import mark, palette
from twittervotes.desktop.vote.frame import Moment
from twittervotes.desktop.vote.phrases import in_two
from twittervotes.desktop.vote.stage import arranged
from twittervotes.desktop.vote.stage_head import ClockText, clock
from twittervotes.desktop.vote.verdict import ResultBand
from twittervotes.desktop.window_state import Monitor, other_screen
from twittervotes.presentation.marks import contrast


def opened(hand: Hand) -> tk.Canvas:
    """Press F11, and return the Canvas of the display mode once it is drawn."""
    hand.press("<F11>")
    display = hand.window.control.display
    hand.until(lambda: display.canvas is not None and display.canvas.find_withtag("total"))
    assert hand.window.drawn
    hand.show(replace(hand.window.drawn))
    assert display.canvas is not None
    return display.canvas


def sized(hand: Hand, canvas: tk.Canvas, size: str) -> tk.Canvas:
    """Let the screen of the display mode be of this size."""
    canvas.winfo_toplevel().geometry(f"{size}+0+0")
    hand.until(lambda: f"{canvas.winfo_width()}x{canvas.winfo_height()}" == size)
    hand.until(lambda: canvas.find_withtag("total"))
    assert hand.window.drawn
    hand.show(replace(hand.window.drawn))
    return canvas


def test_f11_shows_only_what_the_audience_needs(hand: Hand) -> None:
    sources = (
        SourceStatus("mastodon", SourceState.POLLING, "polling"),
        SourceStatus("twitter", SourceState.POLLING, "polling"),
    )
    hand.show(snapshot(3, 1, labels=("Debian", "Arch"), sources=sources))
    canvas = opened(hand)
    shown = hand.text("time", canvas)
    assert "07:00" < shown <= "08:30", "the time goes on"
    assert set(hand.texts(canvas)) - {"A", "B", shown} == {
        "LIVE",
        "Voting is open",
        "Time left",
        "Longest bar: 75.0%",
        "Which distribution?",
        "Debian",
        "#tag0",
        "75.0",
        "Arch",
        "#tag1",
        "25.0",
        "4",
        "votes on Mastodon and X",
        "%",
        "How to vote",
        "Post one of the hashtags on Mastodon or X.",
    }


@pytest.mark.parametrize("key", ["<F11>", "<Escape>"])
def test_a_key_ends_it_from_the_display_itself(hand: Hand, key: str) -> None:
    hand.show(snapshot(3, 1))
    opened(hand).winfo_toplevel().event_generate(key)
    hand.root.update()
    assert not hand.window.control.display.is_open
    assert hand.window.foot.display_button.label == "Display"


def test_it_keeps_counting(hand: Hand) -> None:
    hand.show(snapshot(3, 1))
    canvas = opened(hand)
    hand.show(snapshot(3, 9, now_ms=OPENS_MS + 2 * MINUTE_MS))
    assert hand.text("choice1-percent", canvas) == "75.0"
    assert hand.text("total", canvas) == "12"
    shown = hand.text("time", canvas)
    assert "06:00" < shown <= "08:00"
    hand.until(lambda: hand.text("time", canvas) < shown)


def test_results_are_hidden_until_one_key_reveals_them(hand: Hand) -> None:
    hand.show(snapshot(3, 1))
    hand.press("<v>")
    hand.press("<o>")
    canvas = opened(hand)
    head = [text.replace("\u200a", "") for text in hand.texts(hand.window.head.canvas)]
    assert "RESULT HIDDEN" in head
    hand.show(snapshot(3, 9))
    assert hand.text("choice0-percent", canvas) == hand.text("choice1-percent", canvas) == ""
    assert [share(canvas, i) for i in range(2)] == [0, 0]
    assert height(canvas, 0) < height(canvas, 1), "an order by votes would tell who leads"
    assert hand.text("total", canvas) == "12"
    assert hand.text("choice1-percent") == "75.0", "the operator sees them"
    canvas.winfo_toplevel().event_generate("<s>")
    hand.until(lambda: hand.text("choice1-percent", canvas) == "75.0")
    hand.until(lambda: not hand.window.is_moving)
    assert share(canvas, 1) == 1, "a full bar is the leader's"
    assert share(canvas, 0) == pytest.approx(1 / 3, abs=0.01)
    assert height(canvas, 1) < height(canvas, 0)


def test_reopening_the_display_reveals_nothing(hand: Hand) -> None:
    hand.show(snapshot(3, 1))
    hand.press("<v>")
    opened(hand).winfo_toplevel().event_generate("<F11>")
    hand.root.update()
    assert hand.text("choice0-percent", opened(hand)) == ""


@pytest.mark.parametrize("key", ["<Control-t>", "<Control-plus>"])
def test_the_display_survives_a_change_of_theme_or_size(hand: Hand, key: str) -> None:
    hand.show(snapshot(3, 1))
    hand.press("<v>")
    screen = opened(hand).winfo_toplevel()
    hand.focus(hand.root)
    hand.press(key)
    display = hand.window.control.display
    hand.until(lambda: display.canvas is not None and display.canvas.find_withtag("total"))
    canvas = display.canvas
    assert canvas is not None
    assert canvas.winfo_toplevel() is screen
    hand.show(snapshot(9, 1))
    assert hand.text("total", canvas) == "10"
    assert hand.text("choice0-percent", canvas) == "", "still hidden"
    hand.focus(screen)
    hand.press("<s>")
    hand.show(snapshot(9, 1))
    assert hand.text("choice0-percent", canvas) == "90.0"
    hand.press("<Escape>")
    assert not display.is_open


@pytest.mark.parametrize(
    ("state", "badge", "words", "label"),
    [
        (State.SCHEDULED, "SOON", "Voting hasn't opened yet", "Opens in"),
        (State.PAUSED, "PAUSED", "Voting is paused", "Last seconds"),
        (State.CLOSING, "CLOSED", "Counting the last votes", "Closed at"),
        (State.PROVISIONAL, "PROVISIONAL RESULT", "", ""),
        (State.CERTIFIED, "FINAL RESULT", "", ""),
    ],
)
def test_the_audience_sees_the_state(
    hand: Hand, state: State, badge: str, words: str, label: str
) -> None:
    now_ms = OPENS_MS - 60_000 if state is State.SCHEDULED else OPENS_MS + 11 * MINUTE_MS
    hand.show(snapshot(3, 1, state=state, now_ms=now_ms))
    canvas = opened(hand)
    shown = [hand.text(tag, canvas) for tag in ("state", "state-words", "time-label")]
    assert shown == [badge, words, label]
    if state in (State.PROVISIONAL, State.CERTIFIED):
        assert not canvas.find_withtag("invite-title")
    else:
        titles = {State.SCHEDULED: "How to vote", State.PAUSED: "Voting is paused"}
        wanted = titles.get(state, "Voting has closed")
        assert hand.text("invite-title", canvas) == wanted


@pytest.mark.parametrize(
    ("closes_s", "wanted"),
    [
        (None, ClockText("Open for", "01:30")),
        (200, ClockText("Time left", "01:50")),
        (150, ClockText("Last minute", "01:00", is_last=True)),
        (101, ClockText("Last minute", "00:11", is_last=True)),
        (100, ClockText("Last seconds", "00:10", is_last=True, is_urgent=True)),
        (90, ClockText("Last seconds", "00:00", is_last=True, is_urgent=True)),
    ],
)
def test_the_clock_is_labelled_and_changes_towards_the_end(
    closes_s: int | None, wanted: ClockText
) -> None:
    shown = snapshot(3, 1)
    closes_ms = None if closes_s is None else OPENS_MS + closes_s * 1000
    shown = replace(shown, contest=replace(shown.contest, closes_ms=closes_ms))
    assert clock(shown, OPENS_MS + 90_000) == wanted


def test_a_rehearsal_cannot_be_missed_on_the_display(hand: Hand) -> None:
    hand.show(snapshot(3, 1, rehearsal=True))
    canvas = sized(hand, opened(hand), "1280x720")
    assert hand.text("state", canvas) == "REHEARSAL"
    assert len(canvas.find_withtag("tape-word")) == 8
    assert hand.text("invite-title", canvas) == "No voting yet", "no post would count"
    (mark,) = canvas.find_withtag("watermark")
    assert canvas.itemcget(mark, "text") == "REHEARSAL"
    assert contrast(canvas.itemcget(mark, "fill"), str(canvas.cget("background"))) >= 3
    box = canvas.bbox(mark)
    over = {
        item
        for item in canvas.find_overlapping(*box)
        if canvas.itemcget(item, "state") != "hidden" and canvas.gettags(item)
    }
    assert over == {mark}, "it covers nothing, and nothing covers it"
    hand.show(snapshot(3, 1, rehearsal=True, state=State.CERTIFIED))
    assert hand.text("state", canvas) == "REHEARSAL · FINAL RESULT"
    assert len(canvas.find_withtag("tape-word")) == 8


def test_a_winner_is_before_all_others(hand: Hand) -> None:
    hand.show(snapshot(3, 1, 6, labels=("Debian", "Ubuntu", "Arch"), state=State.PROVISIONAL))
    canvas = sized(hand, opened(hand), "1280x720")
    until_revealed(hand, canvas)
    assert hand.text("verdict", canvas) == "Leading"
    hand.show(snapshot(3, 1, 6, labels=("Debian", "Ubuntu", "Arch"), state=State.CERTIFIED))
    until_revealed(hand, canvas)
    shown = [
        hand.text(tag, canvas)
        for tag in ("state", "verdict", "winner", "winner-percent", "winner-votes", "ahead")
    ]
    assert shown == ["FINAL RESULT", "Winner", "Arch", "60.0", "6 of 10 votes", "3 votes ahead"]
    ground = canvas.itemcget("band", "fill")
    assert ground != canvas.cget("background"), "a final result stands on its colour"
    assert not canvas.find_withtag("choice2-name"), "it has no row beside"
    assert height(canvas, 0) < height(canvas, 1)
    ink = {tag: canvas.itemcget(tag, "fill") for tag in ("winner", "choice0-name")}
    dark = str(canvas.cget("background"))
    assert contrast(ink["winner"], ground) > contrast(ink["choice0-name"], dark) > 4.5


def test_the_winner_is_revealed_with_the_results(hand: Hand) -> None:
    hand.show(snapshot(3, 1, state=State.PROVISIONAL))
    hand.press("<v>")
    canvas = opened(hand)
    assert not canvas.find_withtag("winner")
    assert hand.text("state", canvas) == "CLOSED"
    canvas.winfo_toplevel().event_generate("<s>")
    hand.until(lambda: canvas.find_withtag("winner"))
    hand.until(lambda: hand.text("winner", canvas) == "tag0")


def test_the_reveal_takes_little_more_than_a_second(hand: Hand) -> None:
    shown = snapshot(3, 1, state=State.CERTIFIED)
    hand.show(shown)
    canvas = tk.Canvas(hand.root, width=1920, height=1080)
    colours = palette("dark")
    look = Look(colours, Sizes(hand.root, 1.0), Images(hand.root))
    verdict = ResultBand(canvas, look, mark(0, colours), 1920, final=True)
    verdict.show(Moment(shown, OPENS_MS, (0, 0), (75.0, 25.0)), 10.0, 96, 1824)
    bands, ends, inks = [], [], []
    times = [10.0 + i * 0.05 for i in range(30)]
    moving = []
    for now in times:
        moving.append(verdict.move(now))
        bands.append(canvas.itemcget("band", "fill"))
        ends.append(canvas.coords("winner-bar-cover")[0])
        inks.append(canvas.itemcget("winner", "fill"))
    assert bands[0] == colours.background != bands[-1]
    assert ends == sorted(ends), "the bar grows"
    assert len({*ends}) > 8
    assert ends[-1] == 1824
    assert inks[-1] == colours.ink
    assert moving[0]
    assert not moving[-1], "once, and then it rests"


@pytest.mark.parametrize("state", [State.PROVISIONAL, State.CERTIFIED])
def test_a_tie_is_a_tie(hand: Hand, state: State) -> None:
    hand.show(snapshot(4, 2, 4, 4, state=state))
    canvas = sized(hand, opened(hand), "1280x720")
    until_revealed(hand, canvas)
    shown = [hand.text(tag, canvas) for tag in ("verdict", "winner", "winner-votes")]
    assert shown == ["Tie", "Three choices share first place", "4 votes each"]
    assert [hand.text(f"choice{i}-place", canvas) for i in range(4)] == ["=1", "4", "=1", "=1"]
    percents = [hand.text(f"choice{i}-percent", canvas) for i in range(4)]
    assert percents == ["28.6", "14.3", "28.6", "28.6"]
    assert share(canvas, 0) == share(canvas, 2) == share(canvas, 3) == 1


def test_a_draw_has_a_winner(hand: Hand) -> None:
    shown = snapshot(4, 4, state=State.CERTIFIED)
    rules = replace(shown.contest.rules, tie=Tie.DRAW)
    contest = replace(shown.contest, rules=rules, seed="rain")
    hand.show(replace(shown, contest=contest))
    canvas = sized(hand, opened(hand), "1280x720")
    until_revealed(hand, canvas)
    assert hand.text("verdict", canvas) == "Won by draw, 4 votes each"
    assert hand.text("winner", canvas) in ("tag0", "tag1")
    assert hand.text("ahead", canvas) == ""


def test_the_best_ten_choices_are_shown_and_the_rest_combined(hand: Hand) -> None:
    votes = [*range(12, 42)]
    hand.show(snapshot(*votes))
    canvas = sized(hand, opened(hand), "1280x720")
    shown = [i for i in range(30) if hand.text(f"choice{i}-name", canvas)]
    assert shown == [*range(20, 30)]
    assert [hand.text(f"choice{i}-place", canvas) for i in (29, 20)] == ["1", "10"]
    assert hand.text("others", canvas) == "20 others together"
    assert hand.text("others-votes", canvas) == f"{sum(votes[:20])} votes"
    assert hand.text("places", canvas) == "Places 1–10 of 30"
    for tag, row in (("others", "badge"), ("others-votes", "bar-strip")):
        assert abs(canvas.bbox(tag)[0] - canvas.bbox(f"choice29-{row}")[0]) <= 2, tag
    assert abs(canvas.bbox("others-percent")[2] - canvas.bbox("choice29-percent")[2]) <= 4
    assert hand.text("others-unit", canvas) == "%"
    votes[0] = 99
    hand.show(snapshot(*votes))
    hand.until(lambda: hand.text("choice0-name", canvas) == "tag0")
    hand.until(lambda: not hand.window.is_moving)
    assert hand.text("choice20-name", canvas) == "", "it gave way"


def until_revealed(hand: Hand, canvas: tk.Canvas) -> None:
    hand.until(lambda: canvas.find_withtag("verdict") and hand.text("verdict", canvas))
    hand.until(lambda: not hand.window.is_moving)
    assert hand.window.drawn
    hand.show(replace(hand.window.drawn))


@pytest.mark.parametrize("size", ["1280x1024", "1280x720"])
@pytest.mark.parametrize("count", [2, 7, 26, 50])
def test_nothing_overlaps_and_nothing_leaves_the_screen(hand: Hand, count: int, size: str) -> None:
    labels = tuple(f"A choice with a long name {i}" for i in range(count))
    hand.show(snapshot(*range(count, 0, -1), labels=labels))
    canvas = sized(hand, opened(hand), size)
    width, high = canvas.winfo_width(), canvas.winfo_height()
    boxes = [
        canvas.bbox(item)
        for item in canvas.find_all()
        if canvas.type(item) == "text" and canvas.itemcget(item, "state") != "hidden"
    ]
    assert all(box[0] >= 0 and box[2] <= width and box[1] >= 0 and box[3] <= high for box in boxes)
    for i, one in enumerate(boxes):
        for other in boxes[i + 1 :]:
            apart = one[2] - 1 <= other[0] + 1 or other[2] - 1 <= one[0] + 1
            assert apart or one[3] - 2 <= other[1] + 2 or other[3] - 2 <= one[1] + 2


@pytest.mark.parametrize("size", ["1280x1024", "1280x720"])
@pytest.mark.parametrize("count", [7, 26, 50])
def test_what_to_post_stays_beside_the_longest_name(hand: Hand, count: int, size: str) -> None:
    labels = tuple(
        f"A choice with a name that is far too long for its row, however wide that row may be {i}"
        for i in range(count)
    )
    hand.show(snapshot(*range(count, 0, -1), labels=labels))
    if count > 10:
        hand.press("<v>")
    canvas = sized(hand, opened(hand), size)
    assert [hand.text(f"choice{i}-hashtag", canvas) for i in range(count)] == [
        f"#tag{i}" for i in range(count)
    ]
    assert hand.text("choice0-name", canvas).endswith("…")


@pytest.mark.parametrize("size", ["900x600", "1024x768", "1280x1024", "1280x720"])
@pytest.mark.parametrize("count", [2, 6, 7, 21])
def test_a_normal_name_is_complete_on_any_screen(hand: Hand, count: int, size: str) -> None:
    labels = tuple(f"Choice {i}" for i in range(count))
    hand.show(snapshot(*range(count, 0, -1), labels=labels))
    hand.press("<v>")
    canvas = sized(hand, opened(hand), size)
    assert tuple(hand.text(f"choice{i}-name", canvas) for i in range(count)) == labels
    assert hand.text("choice0-hashtag", canvas) == "#tag0"


@pytest.mark.parametrize("size", ["900x600", "1024x768", "1280x1024", "1920x1080"])
@pytest.mark.parametrize("count", [2, 3])
def test_rows_are_as_high_as_their_names_allow(hand: Hand, count: int, size: str) -> None:
    labels = ("Debian GNU/Linux", "Ubuntu", "Arch")[:count]
    hand.show(snapshot(*range(count, 0, -1), labels=labels))
    canvas = sized(hand, opened(hand), size)
    assert tuple(hand.text(f"choice{i}-name", canvas) for i in range(count)) == labels
    heights = {box[3] - box[1] for i in range(count) if (box := canvas.bbox(f"choice{i}-percent"))}
    assert len(heights) == 1, "all rows have one size"


def test_two_choices_fill_the_screen(hand: Hand) -> None:
    hand.show(snapshot(3, 2, labels=("Debian", "Ubuntu")))
    canvas = sized(hand, opened(hand), "1920x1080")
    name = str(canvas.itemcget("choice0-percent", "font"))
    assert -int(Font(root=hand.root, name=name, exists=True).cget("size")) >= 156
    box = canvas.bbox("choice0-bar-cover"), canvas.bbox("choice1-bar-strip")
    assert all(102 <= bottom - top <= 106 for _, top, _, bottom in box)


@pytest.mark.parametrize("size", ["1280x1024", "1280x720"])
def test_a_long_hashtag_replaces_the_name(hand: Hand, size: str) -> None:
    shown = snapshot(*range(50))
    long = Choice("thelongesthashtagthatthereisanywhere", label="A name of a few words")
    choices = (long, *shown.contest.choices[1:])
    hand.show(replace(shown, contest=replace(shown.contest, choices=choices)))
    hand.press("<v>")
    canvas = sized(hand, opened(hand), size)
    assert hand.text("choice0-name", canvas).startswith("#thelongest")
    assert hand.text("choice0-hashtag", canvas) == ""
    assert hand.text("choice1-hashtag", canvas) == "#tag1"


def test_hashtags_are_large_enough_for_an_audience(hand: Hand) -> None:
    hand.show(snapshot(*range(26), labels=tuple(f"Name {i}" for i in range(26))))
    hand.press("<v>")
    canvas = sized(hand, opened(hand), "1280x720")
    font = Font(root=hand.root, name=str(canvas.itemcget("choice0-hashtag", "font")), exists=True)
    assert -int(font.cget("size")) >= 720 // 60


@given(st.integers(1, 50), st.integers(640, 4000), st.integers(480, 2200), st.booleans())
def test_all_choices_or_the_best_ten_fit_on_the_display(
    count: int, width: int, height: int, hidden: bool
) -> None:
    unit = min(width / 1920, height / 1080)
    place, plan = arranged(count, (width, height), unit, hidden=hidden)
    assert plan.rows * plan.columns >= (count if hidden else min(count, 10))
    assert place.top + plan.bars <= height - 140 * unit
    assert place.top >= 250 * unit
    assert place.right <= width - (96 + 432 + 60) * unit, "the column of how to vote stays free"


def test_a_long_question_takes_two_lines(hand: Hand) -> None:
    title = "Which of all the distributions that were ever made would you take to an island?"
    shown = snapshot(3, 1)
    hand.show(replace(shown, contest=replace(shown.contest, title=title)))
    canvas = sized(hand, opened(hand), "1280x720")
    first, second = hand.text("title", canvas), hand.text("title-second", canvas)
    assert f"{first} {second}" == title
    assert second
    boxes = [canvas.bbox(tag) for tag in ("title", "title-second", "choice0-name")]
    assert boxes[0][3] <= boxes[1][1] + 2
    assert boxes[1][3] <= boxes[2][1]
    hand.show(replace(shown, contest=replace(shown.contest, title="W" * 300)))
    assert hand.text("title", canvas).endswith("…")
    assert hand.text("title-second", canvas) == ""


@given(st.text("ab ", max_size=60), st.integers(0, 60))
def test_two_lines_hold_all_words_of_a_question(text: str, room: int) -> None:
    first, second = in_two(text, lambda words: len(words) <= room)
    assert text in (first, f"{first} {second}")
    assert len(first) <= room or not second


PRIMARY = Monitor(0, 0, 1920, 1080)


@pytest.mark.parametrize(
    ("middle", "primary", "whole", "wanted"),
    [
        (900, PRIMARY, PRIMARY, PRIMARY),
        (900, PRIMARY, Monitor(0, 0, 3840, 1080), Monitor(1920, 0, 1920, 1080)),
        (2500, PRIMARY, Monitor(0, 0, 3840, 1080), PRIMARY),
        (900, PRIMARY, Monitor(-1280, 0, 3200, 1080), Monitor(-1280, 0, 1280, 1080)),
        (700, Monitor(0, 0, 3840, 1080), Monitor(0, 0, 3840, 1080), Monitor(1920, 0, 1920, 1080)),
        (2900, Monitor(0, 0, 3840, 1080), Monitor(0, 0, 3840, 1080), Monitor(0, 0, 1920, 1080)),
        (900, Monitor(0, 0, 2560, 1080), Monitor(0, 0, 2560, 1080), Monitor(0, 0, 2560, 1080)),
    ],
)
def test_the_display_is_on_the_other_screen(
    middle: int, primary: Monitor, whole: Monitor, wanted: Monitor
) -> None:
    assert other_screen(middle, primary, whole) == wanted


def share(canvas: tk.Canvas, choice: int) -> float:
    left = canvas.coords(f"choice{choice}-bar-strip")[0]
    end, _, right, _ = canvas.coords(f"choice{choice}-bar-cover")
    return (end - left) / (right - left)


def height(canvas: tk.Canvas, choice: int) -> float:
    return canvas.coords(f"choice{choice}-name")[1]


def test_up_to_8_names_fit_and_hashtags_and_bars_each_begin_in_one_column(hand: Hand) -> None:
    names = ("Debian", "Ελληνικά και λοιπά", "n" * 80, *(f"Choice {i}" for i in range(5)))
    hand.show(snapshot(*(90 - i for i in range(8)), labels=names))
    canvas = sized(hand, opened(hand), "1920x1080")
    said = [hand.text(f"choice{i}-name", canvas) for i in range(8)]
    assert [name.endswith("…") for name in said] == [False, False, True, *[False] * 5]
    for part in ("hashtag", "bar-strip"):
        lefts = [canvas.bbox(f"choice{i}-{part}")[0] for i in range(8)]
        assert max(lefts) - min(lefts) <= 4
    for i in range(8):
        name, tag = (canvas.bbox(f"choice{i}-{part}") for part in ("name", "hashtag"))
        assert name[2] < tag[0]
        assert tag[2] < canvas.bbox(f"choice{i}-bar-strip")[0]


def test_the_display_never_says_live_once_counting_has_stopped(hand: Hand) -> None:
    hand.show(snapshot(3, 1))
    canvas = sized(hand, opened(hand), "1280x720")
    assert hand.text("state", canvas) == "LIVE"
    hand.show(snapshot(3, 1, trouble="The disk is full."))
    assert hand.text("state", canvas) == "NO DATA"
    assert hand.text("choice0-percent", canvas) == "75.0", "the figures stay"
