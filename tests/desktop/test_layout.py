"""How bars and chart share the room, in numbers and as drawn."""

from __future__ import annotations

import pytest
from hand import Hand, MakeHand, snapshot
from hypothesis import given
from hypothesis import strategies as st

from twittervotes.core.contest.snapshot import State
from twittervotes.desktop.vote.layout import plan

NAMES = {
    0: "Ubuntu 🐧 with a name that is far too long to stand in one row beside its numbers " * 2,
    1: "日本語のとても長い名前のハッシュタグ" * 5,
    2: "ראשון לציון",
    3: "العربية",
    4: "W" * 100,
}


@given(st.integers(1, 50), st.integers(600, 2400), st.integers(400, 1400), st.booleans())
def test_the_chart_gets_the_room_that_rows_leave(
    count: int, width: int, height: int, narrow: bool
) -> None:
    shares = plan(count, (width, height), round, narrow=narrow)
    assert shares.rows * shares.columns >= count
    assert shares.columns == (2 if count > 25 else 1)
    assert 16 <= shares.pitch <= 180
    assert shares.row <= shares.pitch
    assert shares.chart >= 140
    assert shares.bars <= max(height, shares.rows * 16)


@given(st.integers(1, 49), st.integers(600, 2400), st.integers(400, 1400))
def test_more_choices_never_have_higher_rows(count: int, width: int, height: int) -> None:
    few, more = (
        plan(number, (width, height), round, narrow=False) for number in (count, count + 1)
    )
    # Where rows would be lower than a line of text the chart makes room for them, once.
    gives_way = more.bars + more.chart > height >= few.bars + few.chart
    assert more.pitch <= few.pitch or more.columns > few.columns or gives_way


def test_rows_hide_secondary_details_in_order() -> None:
    kept = [
        (shares.change, shares.hashtag, shares.votes)
        for shares in (plan(n, (900, 620), round, narrow=False) for n in (3, 7, 12, 50))
    ]
    assert kept == [
        (True, True, True),
        (False, True, True),
        (False, False, True),
        (False, False, False),
    ]


@pytest.mark.parametrize("size", ["900x600", "1920x1080"])
@pytest.mark.parametrize("count", [2, 7, 26, 50])
def test_no_text_overlaps_anything(make: MakeHand, count: int, size: str) -> None:
    hand = make()
    hand.resize(size)
    labels = tuple(NAMES.get(i, f"Choice {i}") for i in range(count))
    hand.show(snapshot(*(900 - 13 * i for i in range(count)), labels=labels))
    _check_rows(hand, count)


@pytest.mark.parametrize("count", [2, 7, 50])
def test_everything_is_twice_as_large_at_192_dpi(make: MakeHand, count: int) -> None:
    hand = make(scale=2.0)
    hand.resize("1920x1080")
    labels = tuple(NAMES.get(i, f"Choice {i}") for i in range(count))
    hand.show(snapshot(*(900 - 13 * i for i in range(count)), labels=labels))
    _check_rows(hand, count)
    assert int(hand.window.head.canvas.cget("height")) > 200


def test_the_scale_follows_the_dpi_of_the_screen(make: MakeHand) -> None:
    from twittervotes.desktop.canvas.sizes import screen_scale

    hand = make()
    hand.root.tk.call("tk", "scaling", 192 / 72)
    assert screen_scale(hand.root) == 2.0
    hand.root.tk.call("tk", "scaling", 96 / 72)
    assert screen_scale(hand.root) == 1.0


def test_a_long_name_replaces_hashtag_and_votes(
    hand: Hand,
) -> None:
    hand.show(snapshot(3, 2, labels=("n" * 300, "Short")))
    assert hand.text("choice0-name").endswith("…")
    assert hand.text("choice0-hashtag") == hand.text("choice0-votes") == ""
    assert hand.text("choice0-percent") == "60.0"
    assert hand.text("choice1-hashtag") == "#tag1"


def test_a_long_name_shrinks_before_it_is_cut(hand: Hand) -> None:
    name = "A name that is a little too long for its row"
    hand.show(snapshot(3, 2, labels=(name, "Short")))
    assert hand.text("choice0-name") == name
    assert hand.text("choice0-hashtag") == "#tag0"
    assert hand.text("choice0-votes") == "3 votes"
    long, short = (hand.canvas.bbox(f"choice{i}-name") for i in range(2))
    assert long[3] - long[1] < short[3] - short[1]
    _check_rows(hand, 2)


def test_below_860_pixels_the_column_goes_under_the_bars(hand: Hand) -> None:
    hand.show(snapshot(3, 2))
    hand.resize("1280x800")
    wide = _place_of(hand, "Sources")
    hand.resize("900x600")
    assert _place_of(hand, "Sources")[0] > hand.canvas.bbox("choice1-bar")[2] - 60
    hand.resize("840x600")
    narrow = _place_of(hand, "Sources")
    bars = hand.canvas.bbox("choice1-bar")
    assert wide[0] > bars[2] - 60
    assert narrow[0] < 100
    assert narrow[1] > bars[3]
    region = str(hand.canvas.cget("scrollregion")).split()
    assert int(region[3]) > hand.canvas.winfo_height()


@pytest.mark.parametrize("count", [2, 7, 12, 50])
@pytest.mark.parametrize("size", ["720x480", "900x600", "1280x800", "1920x1080"])
def test_the_leader_is_named_below_the_bars(hand: Hand, size: str, count: int) -> None:
    hand.resize(size)
    hand.show(snapshot(*(900 - 13 * i for i in range(count))))
    words = hand.text("lead")
    assert words.startswith("tag0 leads by 13. 3 posts were not")
    assert words.endswith((".", "…"))
    _, top, right, bottom = hand.canvas.bbox("lead")
    last = max(hand.canvas.bbox(f"choice{i}-bar-strip")[3] for i in range(count))
    assert top >= last - 2
    chart = hand.canvas.bbox("chart-heading")
    assert bottom < chart[1]
    if hand.text("caption"):
        assert right < hand.canvas.bbox("caption")[0]


@pytest.mark.parametrize("count", [3, 12, 50])
def test_all_bars_have_the_same_room(hand: Hand, count: int) -> None:
    hand.show(snapshot(*(900 - i // 3 for i in range(count))))
    tracks = [hand.canvas.coords(f"choice{i}-bar-strip")[0] for i in range(count)]
    ends = [hand.canvas.coords(f"choice{i}-bar-cover")[2] for i in range(count)]
    rooms = {(round(left), round(end - left)) for left, end in zip(tracks, ends, strict=True)}
    columns = 2 if count == 50 else 1
    assert len(rooms) == columns
    assert len({wide for _, wide in rooms}) == 1


def test_the_winner_is_named_in_bold(hand: Hand) -> None:
    hand.show(snapshot(9, 3, state=State.CERTIFIED))
    assert hand.text("lead") == "tag0 wins with 9 votes."
    look = hand.window._look
    assert hand.canvas.itemcget("lead", "font") == str(look.sizes.font("bold", 15))


def test_keys_scroll_what_does_not_fit(hand: Hand) -> None:
    hand.show(snapshot(3, 2))
    hand.resize("900x600")
    hand.press("<Next>")
    assert hand.canvas.canvasy(0) > 0
    hand.resize("1280x800")
    assert hand.canvas.canvasy(0) == 0


def test_the_scrollbar_grows_with_all_else(hand: Hand) -> None:
    usual = _scrollbar(hand)
    for _ in range(5):
        hand.press("<Control-plus>")
    assert _scrollbar(hand) == pytest.approx(2 * usual, abs=1)


def _scrollbar(hand: Hand) -> int:
    """Return how wide the scrollbar is."""
    parts = hand.canvas.master.winfo_children()
    (bar,) = [part for part in parts if part.winfo_class() == "TScrollbar"]
    return bar.winfo_reqwidth()


def test_resizing_makes_no_new_items(hand: Hand) -> None:
    hand.show(snapshot(3, 2, 9))
    before = hand.canvas.find_all()
    for size in ("900x600", "1500x900", "1280x800"):
        hand.resize(size)
    assert sorted(hand.canvas.find_all()) == sorted(before)


def _place_of(hand: Hand, heading: str) -> tuple[int, int, int, int]:
    for item in hand.canvas.find_all():
        if (
            hand.canvas.type(item) == "text"
            and str(hand.canvas.itemcget(item, "text")).replace("\u200a", "") == heading
        ):
            return hand.canvas.bbox(item)
    raise AssertionError(f"no {heading}")


def _check_rows(hand: Hand, count: int) -> None:
    canvas = hand.canvas
    right = canvas.winfo_width()
    bottom = int(str(canvas.cget("scrollregion")).split()[3])
    bars = [canvas.bbox(f"choice{i}-bar-strip") for i in range(count)]
    for i in range(count):
        shown = [
            canvas.bbox(item)
            for item in canvas.find_withtag(f"choice{i}")
            if canvas.itemcget(item, "state") != "hidden"
        ]
        assert len(shown) >= 3, "letter, name and percent"
        for box in shown:
            assert box[0] >= 0
            assert box[1] >= -1
            assert box[2] <= right
            assert box[3] <= bottom
            assert not any(_overlap(box, bar) for bar in bars)
        for one in shown:
            assert not any(_overlap(one, other) for other in shown if other is not one)


def _overlap(one: tuple[int, ...], other: tuple[int, ...]) -> bool:
    # A box of a text is a pixel larger than the text on each side.
    return (
        one[0] + 1 < other[2] - 1
        and other[0] + 1 < one[2] - 1
        and one[1] + 1 < other[3] - 1
        and other[1] + 1 < one[3] - 1
    )


@pytest.mark.parametrize("size", ["900x600", "1100x700", "1280x800"])
@pytest.mark.parametrize("rehearsal", [False, True])
def test_no_state_and_no_number_moves_what_is_below_the_head(
    make: MakeHand, size: str, rehearsal: bool
) -> None:
    hand = make()
    hand.resize(size)
    heights = set[str]()
    for state in State:
        for votes in ((1, 2), (4_000, 90_000)):
            hand.show(snapshot(*votes, state=state, rehearsal=rehearsal))
            heights.add(hand.window.head.canvas.cget("height"))
    hand.press("h")
    heights.add(hand.window.head.canvas.cget("height"))
    assert len(heights) == 1


@pytest.mark.parametrize("count", [3, 30])
def test_one_panel_holds_all_columns_and_the_line_below(hand: Hand, count: int) -> None:
    hand.resize("1280x800")
    hand.show(snapshot(*range(count, 0, -1)))
    bars = hand.window.body._bars
    assert bars
    left, top, right, bottom = hand.canvas.coords(bars._panel.item)
    for tag in ("lead", "choice0", f"choice{count - 1}"):
        box = hand.canvas.bbox(tag)
        assert left <= box[0] <= box[2] <= right
        assert top <= box[1] <= box[3] <= bottom
