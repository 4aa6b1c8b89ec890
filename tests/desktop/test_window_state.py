"""What the window remembers: its place, theme and zoom; and what a damaged memory does: nothing."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from hand import Hand, MakeHand, snapshot
from hypothesis import given
from hypothesis import strategies as st

from twittervotes.desktop.widgets.overlay import open_sheets
from twittervotes.desktop.window_state import (
    ZOOMS,
    Remembered,
    WindowGeometry,
    is_placed,
    keep,
    on_screen,
    read_place,
    recalled,
    state_file,
    zoomed,
)

SCREEN = WindowGeometry(0, 0, 1280, 1024)


def closed(hand: Hand) -> None:
    hand.window.stop()
    hand.window.run()


def test_size_and_place_are_as_they_were_left(make: MakeHand, tmp_path: Path) -> None:
    memory = tmp_path / "state" / "window.json"
    first = make(memory=memory)
    first.root.geometry("740x500+40+30")
    first.until(lambda: first.root.geometry() == "740x500+40+30")
    closed(first)
    second = make(memory=memory)
    second.until(lambda: second.root.geometry() == "740x500+40+30")
    assert list(memory.parent.iterdir()) == [memory], "nothing half written is left"


def test_theme_and_zoom_changed_by_keys_are_remembered(make: MakeHand, tmp_path: Path) -> None:
    memory = tmp_path / "window.json"
    first = make(memory=memory)
    first.show(snapshot(3, 1))
    high = int(first.window.head.canvas.cget("height"))
    first.press("<Control-t>")
    for _ in range(3):
        first.press("<Control-plus>")
    assert int(first.window.head.canvas.cget("height")) > high * 1.2
    first.until(lambda: "3 votes" in first.texts())
    closed(first)
    assert (recalled(memory).theme, recalled(memory).zoom) == ("light", 1.5)
    second = make(memory=memory)
    assert second.root.cget("background") == "#eef1f5"
    second.press("<Control-Key-0>")
    second.press("<Control-minus>")
    closed(second)
    assert recalled(memory).zoom == 0.9


@pytest.mark.parametrize("scale", [1.0, 4.0])
def test_the_zoom_is_limited_by_the_screen(make: MakeHand, scale: float) -> None:
    hand = make(scale=scale)
    for _ in range(12):
        hand.press("<Control-plus>")
    screen = hand.root.winfo_screenwidth(), hand.root.winfo_screenheight()
    hand.resize("{}x{}".format(*screen))
    hand.show(snapshot(3, 1))
    assert hand.canvas.bbox("choice1-percent")[2] < screen[0]
    hand.window.control.actions.rule.do()
    (sheet,) = open_sheets(hand.root)
    hand.until(lambda: sheet.winfo_width() > 1)
    assert sheet.winfo_x() >= 0
    assert sheet.winfo_y() + sheet.winfo_height() <= screen[1]


def test_zooming_out_works_at_the_maximum_zoom(make: MakeHand) -> None:
    hand = make()
    for _ in range(12):
        hand.press("<Control-plus>")
    high = int(hand.window.head.canvas.cget("height"))
    hand.press("<Control-minus>")
    assert int(hand.window.head.canvas.cget("height")) < high


def test_what_is_given_goes_before_what_is_remembered(make: MakeHand, tmp_path: Path) -> None:
    memory = tmp_path / "window.json"
    keep(memory, Remembered(theme="light"))
    assert make(memory=memory, theme="dark").root.cget("background") == "#14171c"


def test_an_off_screen_window_is_moved_onto_the_screen(make: MakeHand, tmp_path: Path) -> None:
    memory = tmp_path / "window.json"
    keep(memory, Remembered(place=WindowGeometry(-5000, 9000, 800, 600)))
    hand = make(memory=memory)
    hand.root.update()
    found = read_place(hand.root.geometry())
    assert found
    assert found.left == 0
    assert found.top == hand.root.winfo_screenheight() - 600


def test_a_maximized_window_remembers_its_normal_place(tmp_path: Path) -> None:
    keep(
        tmp_path / "w.json", Remembered("dark", 1.0, WindowGeometry(1, 2, 900, 700), maximized=True)
    )
    assert recalled(tmp_path / "w.json") == Remembered(
        "dark", 1.0, WindowGeometry(1, 2, 900, 700), maximized=True
    )


def test_an_unwritable_state_file_is_not_an_error(make: MakeHand, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    closed(make(memory=tmp_path / "file" / "window.json"))
    assert (tmp_path / "file").read_text() == ""
    assert recalled(tmp_path / "file" / "window.json") == Remembered()


def test_the_state_file_is_in_the_users_state_folder(home: Path) -> None:
    assert home in state_file().parents


@pytest.mark.parametrize(
    "text",
    [
        "",
        "[]",
        "null",
        "{",
        "[" * 5000,
        '{"theme": 3, "zoom": "large", "place": [1, 2, 3, 4], "maximized": "yes"}',
        '{"theme": "pink", "zoom": NaN, "place": {"left": 1}}',
        '{"zoom": 1e300, "place": {"left": true, "top": 0, "width": 800, "height": 600}}',
        '{"place": {"left": 0, "top": 0, "width": 1e9, "height": -5}}',
        '{"place": {"left": 0, "top": 0, "width": 999999999999, "height": 600}}',
        '{"place": {"left": 0, "top": 0, "width": 0, "height": 600}}',
        "\x00\xff",
    ],
)
def test_a_damaged_memory_gives_the_usual_window(text: str, tmp_path: Path) -> None:
    memory = tmp_path / "window.json"
    memory.write_text(text)
    assert recalled(memory) == Remembered()


@given(st.recursive(st.none() | st.booleans() | st.integers() | st.floats() | st.text(), st.lists))
def test_whatever_json_a_memory_holds_it_never_raises(
    tmp_path_factory: object, value: object
) -> None:
    memory = Path(tmp_path_factory.mktemp("memory")) / "m.json"  # type: ignore[attr-defined]
    memory.write_text(json.dumps({"theme": value, "zoom": value, "place": {"left": value}}))
    recalled(memory)


@given(
    st.integers(-9999, 9999),
    st.integers(-9999, 9999),
    st.integers(1, 9999),
    st.integers(1, 9999),
    st.integers(-3000, 0),
)
def test_a_corrected_place_is_completely_on_the_screen(
    left: int, top: int, width: int, height: int, origin: int
) -> None:
    screen = WindowGeometry(origin, 0, 1920, 1080)
    place = on_screen(WindowGeometry(left, top, width, height), screen)
    assert screen.left <= place.left
    assert place.left + place.width <= screen.left + screen.width
    assert screen.top <= place.top
    assert place.top + place.height <= screen.top + screen.height
    assert on_screen(place, screen) == place


def test_a_place_off_to_the_left_is_read_too() -> None:
    assert read_place("800x600+-40+30") == WindowGeometry(-40, 30, 800, 600)
    assert read_place("nonsense") is None


@pytest.mark.parametrize(
    ("place", "content", "placed"),
    [
        ("1280x800+0+0", (160, 107), False),  # as Openbox puts it: Tk isn't told
        ("1280x800+0+0", (1, 20), True),
        ("1280x800+0+0", (0, 0), True),  # without a window manager
        ("900x600+200+150", (201, 170), True),
        ("900x600+-1920+0", (-1912, 31), True),
    ],
)
def test_the_reported_place_of_an_unmoved_window_is_ignored(
    place: str, content: tuple[int, int], placed: bool
) -> None:
    found = read_place(place)
    assert found
    assert is_placed(found, *content) is placed


def test_the_window_manager_places_an_unmoved_window(
    make: MakeHand, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    memory = tmp_path / "window.json"
    hand = make(memory=memory)
    hand.resize("900x620")
    monkeypatch.setattr(hand.root, "winfo_rooty", lambda: 187)
    closed(hand)
    assert not recalled(memory).is_placed
    place = WindowGeometry(300, 200, 900, 620)
    keep(memory, Remembered(place=place, is_placed=False))
    again = make(memory=memory)
    again.until(lambda: again.root.geometry().startswith("900x620"))
    assert not again.root.geometry().endswith("+300+200")


def test_zooming_ends_at_both_ends() -> None:
    assert zoomed(ZOOMS[-1], 1) == ZOOMS[-1]
    assert zoomed(ZOOMS[0], -1) == ZOOMS[0]
    assert zoomed(1.0, 1) == 1.1
    assert zoomed(1.03, -1) == 0.9
