"""What the audience sees while the display changes from one state of the vote to the next."""

from __future__ import annotations

import tkinter as tk
from collections.abc import Iterator

import pytest
from hand import Hand, snapshot
from PIL import Image
from test_display import opened, share, until_revealed

from twittervotes.core.contest.percent import percentages
from twittervotes.core.contest.snapshot import Snapshot, State
from twittervotes.desktop.canvas.images import Images
from twittervotes.desktop.canvas.items import Look
from twittervotes.desktop.canvas.sizes import Sizes
from twittervotes.desktop.canvas.theme_colours import palette
from twittervotes.desktop.vote.frame import Air, Moment, Showing
from twittervotes.desktop.vote.lower_third import LowerThird
from twittervotes.desktop.vote.stage import Stage

FRAME_S = 0.05
VOTES = (30, 50, 20, 44)


class Screen:
    """A stage in a real window, at times of the test's own."""

    def __init__(self, hand: Hand, logo: Image.Image | None = None) -> None:
        top = tk.Toplevel(hand.root, width=960, height=540)
        look = Look(palette("dark"), Sizes(hand.root, 1.0), Images(hand.root))
        self.stage = Stage(top, look, logo)
        self.stage.lay(960, 540)
        self.canvas = self.stage.canvas
        self.now = 10.0
        self.top = top

    def show(self, shown: Snapshot, air: Air = Air.RESULTS) -> Iterator[float]:
        """Show this, and yield the seconds gone by at each frame until nothing moves."""
        votes = shown.tally.votes
        moment = Moment(shown, shown.now_ms, (0,) * len(votes), percentages(votes))
        began = self.now
        self.stage.show(moment, self.now, Showing(air=air))
        moving = True
        while moving:
            self.top.update()
            yield self.now - began
            self.now += FRAME_S
            moving = self.stage.move(self.now)
            assert self.now - began < 5, "it rests at last"
        self.top.update()
        yield self.now - began

    def settle(self, shown: Snapshot, air: Air = Air.RESULTS) -> None:
        for _ in self.show(shown, air):
            pass

    def text(self, tag: str) -> str:
        """Return a text, "" if there is none to be seen."""
        if not self.canvas.find_withtag(tag) or self.canvas.itemcget(tag, "state") == "hidden":
            return ""
        return str(self.canvas.itemcget(tag, "text"))

    def bar(self) -> float:
        """Return the length of the winner's bar, 0 if it isn't there yet."""
        left, end = (self.canvas.coords(f"winner-bar-{part}")[0] for part in ("strip", "cover"))
        return end - left

    def figures(self, choice: int) -> tuple[float, float, float] | None:
        """Return a row's votes, percentage and bar, None while it isn't to be seen."""
        percent = self.text(f"choice{choice}-percent")
        if not percent:
            return None
        votes = self.text(f"choice{choice}-votes").split(" vote")[0].split(" · ")[-1]
        return float(votes or 0), float(percent), round(share(self.canvas, choice), 2)


@pytest.fixture
def screen(hand: Hand) -> Iterator[Screen]:
    hand.show(snapshot(1, 1))
    made = Screen(hand)
    yield made
    made.top.destroy()


@pytest.mark.parametrize("votes", [VOTES, VOTES[:3], (7, 7, 2)], ids=["four", "three", "tie"])
def test_figures_never_drop_when_only_the_state_changes(
    screen: Screen, votes: tuple[int, ...]
) -> None:
    screen.settle(snapshot(*votes))
    places = range(len(votes))
    for state in (State.PAUSED, State.OPEN, State.CLOSING, State.PROVISIONAL, State.CERTIFIED):
        for _ in screen.show(snapshot(*votes, state=state)):
            for i in places:
                shown = screen.figures(i)
                if shown is None:
                    continue  # it is the winner, or not there yet
                assert shown[1] == percentages(votes)[i], state
                assert shown[2] == pytest.approx(votes[i] / max(votes), abs=0.02), state
                assert shown[0] in (0, votes[i]), state  # some layouts show no votes
        assert sum(screen.figures(i) is not None for i in places) >= len(votes) - 1


@pytest.mark.parametrize("air", [Air.VOTING, Air.NOTHING])
def test_new_rows_show_their_numbers_at_once(screen: Screen, air: Air) -> None:
    screen.settle(snapshot(*VOTES), air)
    for _ in screen.show(snapshot(*VOTES)):
        assert [screen.text(f"choice{i}-percent") for i in range(4)] == [
            f"{percent:.1f}" for percent in percentages(VOTES)
        ]
        assert screen.text("total") == "144"


def test_figures_continue_from_the_last_ones_shown(
    screen: Screen,
) -> None:
    screen.settle(snapshot(10, 30, 5))
    seen = []
    for _ in screen.show(snapshot(20, 30, 5, state=State.CLOSING)):
        shown = screen.figures(0)
        assert shown
        seen.append(shown[0])
    assert seen == sorted(seen)
    assert (seen[0], seen[-1]) == (10, 20)
    assert len({*seen}) > 3


@pytest.mark.parametrize("before", [Air.VOTING, Air.RESULTS])
def test_the_winner_is_revealed_before_the_others(screen: Screen, before: Air) -> None:
    screen.settle(snapshot(*VOTES, state=State.CLOSING), before)
    bar, name, others = [], [], []
    for at_s in screen.show(snapshot(*VOTES, state=State.PROVISIONAL)):
        if screen.bar() > 0:
            bar.append(at_s)
        if screen.text("winner") == "tag1":
            name.append(at_s)
        if screen.text("choice0-name"):
            others.append(at_s)
    assert bar[0] < others[0]
    assert name[0] < others[0]
    assert others[0] == pytest.approx(1.05, abs=0.06)
    assert others[-1] <= 1.3


def test_a_result_certified_on_air_is_not_revealed_again(screen: Screen) -> None:
    screen.settle(snapshot(*VOTES, state=State.PROVISIONAL))
    tags = ("winner", "winner-percent", "choice0-name", "choice3-percent")
    ink = [screen.canvas.itemcget(tag, "fill") for tag in tags]
    length, ground = screen.bar(), screen.canvas.itemcget("band", "fill")
    frames = 0
    for _ in screen.show(snapshot(*VOTES, state=State.CERTIFIED)):
        frames += 1
        assert [screen.canvas.itemcget(tag, "fill") for tag in tags] == ink
        assert all(screen.text(tag) for tag in tags)
        assert screen.bar() == length
        assert screen.text("state") == "FINAL RESULT"
        assert screen.canvas.itemcget("band", "fill") != ground
    assert frames <= 3, "nothing moves"


def test_certifying_doesnt_restart_the_reveal(screen: Screen) -> None:
    for at_s in screen.show(snapshot(*VOTES, state=State.PROVISIONAL)):
        if at_s > 0.6:
            break
    length = screen.bar()
    assert length > 0
    lengths = [screen.bar() for _ in screen.show(snapshot(*VOTES, state=State.CERTIFIED))]
    assert lengths == sorted(lengths)
    assert lengths[0] >= length
    assert screen.text("choice0-name")


@pytest.mark.parametrize("votes", [VOTES, (7, 7, 2)], ids=["winner", "tie"])
@pytest.mark.parametrize("rehearsal", [False, True])
def test_the_corners_of_the_badge_have_the_colour_of_the_band(
    screen: Screen, votes: tuple[int, ...], rehearsal: bool
) -> None:
    shown = snapshot(*votes, state=State.CERTIFIED, rehearsal=rehearsal)
    for _ in screen.show(shown):
        band = screen.canvas.itemcget("band", "fill")
        for item in screen.canvas.find_withtag("badge"):
            if screen.canvas.type(item) == "image":
                assert outermost(screen.canvas, item) == band


def outermost(canvas: tk.Canvas, item: int) -> str:
    """Return the colour at the outer end of a corner."""
    name, anchor = (str(canvas.itemcget(item, option)) for option in ("image", "anchor"))
    last = int(canvas.tk.call("image", "width", name)) - 1
    place = (last if "e" in anchor else 0, last if "s" in anchor else 0)
    red, green, blue = map(int, canvas.tk.splitlist(canvas.tk.call(name, "get", *place)))
    return f"#{red:02x}{green:02x}{blue:02x}"


def test_a_result_is_revealed_only_once(screen: Screen) -> None:
    shown = snapshot(*VOTES, state=State.CERTIFIED)
    screen.settle(shown)
    length = screen.bar()
    screen.settle(shown, Air.NOTHING)
    for _ in screen.show(shown):
        assert screen.text("winner") == "tag1"
        assert screen.bar() == length
        assert screen.text("choice0-name")


HEAD = ("badge", "state", "title", "total")


def fills(screen: Screen, *tags: str) -> list[str]:
    """Return the colours of texts and boxes."""
    return [str(screen.canvas.itemcget(tag, "fill")) for tag in tags]


@pytest.mark.parametrize("state", [State.OPEN, State.CERTIFIED])
def test_all_on_air_fades_out_and_in(screen: Screen, state: State) -> None:
    shown = snapshot(*VOTES, state=state)
    tags = [*HEAD, "choice0-name"] + ["winner", "band"] * (state is State.CERTIFIED)
    screen.settle(shown)
    whole, items = fills(screen, *tags), len(screen.canvas.find_all())
    ground = str(screen.canvas.cget("background"))
    out = [
        (at_s, fills(screen, *HEAD))
        for at_s in screen.show(shown, Air.NOTHING)
        if screen.canvas.find_withtag("title")
    ]
    assert out[0][1] == whole[:4]
    assert len({colours[0] for _, colours in out}) > 3
    assert 0.15 <= out[-1][0] <= 0.3
    assert not screen.canvas.find_withtag("title"), "and then nothing is there"
    back = []
    for at_s in screen.show(shown):
        back.append(fills(screen, *tags))
        for item in screen.canvas.find_withtag("winner-bar"):
            is_shown = screen.canvas.itemcget(item, "state") != "hidden"
            assert at_s > 0 or not is_shown, "not even the ends of the bar"
    assert set(back[0][:4]) == {ground}
    assert len({colours[0] for colours in back}) > 3
    assert back[-1] == whole
    assert len(screen.canvas.find_all()) == items


def test_a_fade_out_can_be_cut_short_or_taken_back(screen: Screen) -> None:
    shown = snapshot(*VOTES)
    screen.settle(shown)
    whole = fills(screen, *HEAD)
    moment = Moment(shown, shown.now_ms, (0,) * 4, percentages(VOTES))
    hiding = Showing(air=Air.NOTHING)
    screen.stage.show(moment, 50.0, hiding)
    screen.stage.move(50.1)
    assert fills(screen, *HEAD) != whole
    screen.stage.show(moment, 50.12, Showing())
    screen.stage.move(50.13)
    assert fills(screen, *HEAD) == whole
    screen.stage.show(moment, 60.0, hiding)
    hiding.is_cut = True
    screen.stage.show(moment, 60.05, hiding)
    assert not screen.canvas.find_withtag("title")


def test_one_press_of_h_leaves_nothing_on_air(hand: Hand) -> None:
    hand.show(snapshot(3, 1))
    canvas = opened(hand)
    canvas.winfo_toplevel().event_generate("<h>")
    hand.until(lambda: not canvas.find_withtag("title"))
    hand.until(lambda: not hand.window.is_moving)


def test_a_second_press_of_h_cuts(hand: Hand) -> None:
    hand.show(snapshot(3, 1))
    canvas = opened(hand)
    top = canvas.winfo_toplevel()
    top.event_generate("<h>")
    assert not hand.window.showing.is_cut
    top.event_generate("<h>")
    assert hand.window.showing.is_cut
    hand.until(lambda: not canvas.find_withtag("title"))
    top.event_generate("<s>")
    assert not hand.window.showing.is_cut
    hand.until(lambda: canvas.find_withtag("title"))


def test_another_winner_and_another_vote_are_revealed(screen: Screen) -> None:
    screen.settle(snapshot(3, 2, 1, state=State.PROVISIONAL))
    assert any(
        not screen.text("winner") for _ in screen.show(snapshot(3, 4, 1, state=State.CERTIFIED))
    )
    screen.settle(snapshot(3, 4, 1))
    assert any(
        not screen.text("winner") for _ in screen.show(snapshot(3, 4, 1, state=State.CERTIFIED))
    )


def test_the_logo_is_centred_while_nothing_is_on_air(hand: Hand) -> None:
    hand.show(snapshot(1, 1))
    screen = Screen(hand, Image.new("RGB", (400, 100), "#ff0000"))
    screen.settle(snapshot(3, 1))
    left, top, right, bottom = screen.canvas.bbox("logo")
    small = (right - left) * (bottom - top)
    screen.settle(snapshot(3, 1), Air.NOTHING)
    left, top, right, bottom = screen.canvas.bbox("logo")
    assert (left + right) // 2 == 480
    assert (top + bottom) // 2 == pytest.approx(270, abs=1)
    assert (right - left) * (bottom - top) > 3 * small
    shown = [i for i in screen.canvas.find_all() if screen.canvas.itemcget(i, "state") != "hidden"]
    assert {tag for i in shown for tag in screen.canvas.gettags(i)} == {"logo"}
    screen.top.destroy()


def test_figures_survive_a_change_of_places_in_a_lower_third(hand: Hand) -> None:
    hand.show(snapshot(1, 1))
    top = tk.Toplevel(hand.root, width=960, height=540)
    lower = LowerThird(top, Look(palette("dark"), Sizes(hand.root, 1.0), Images(hand.root)))
    lower.lay(960, 540)

    def shown(*votes: int, at_s: float) -> dict[str, float]:
        """Return each name's percentage, as soon as these votes are shown."""
        given = snapshot(*votes)
        lower.show(Moment(given, 0, (0,) * 5, percentages(votes)), at_s, Showing())
        text = lower.canvas.itemcget
        return {
            text(f"column{n}-name", "text"): float(text(f"column{n}-percent", "text"))
            for n in range(4)
        }

    assert shown(50, 30, 15, 4, 1, at_s=0.0) == {
        "tag0": 50,
        "tag1": 30,
        "tag2": 15,
        "2 others": 5,
    }
    for at_s in (1.0, 9.0):  # the order follows after a while
        after = shown(40, 45, 5, 9, 1, at_s=at_s)
        assert after["tag0"] >= 40
        assert after["tag1"] >= 30
        lower.move(at_s + 5)
    assert shown(40, 45, 5, 9, 1, at_s=20.0) == {"tag0": 40, "tag1": 45, "tag3": 9, "2 others": 6}
    top.destroy()


def test_another_theme_does_not_reveal_the_result_again(hand: Hand) -> None:
    hand.show(snapshot(*VOTES, state=State.CERTIFIED))
    before = opened(hand)
    until_revealed(hand, before)
    hand.focus(hand.root)
    hand.press("<Control-t>")
    display = hand.window.control.display
    hand.until(lambda: display.canvas is not before)
    hand.until(lambda: display.canvas and display.canvas.find_withtag("winner"))
    canvas = display.canvas
    assert canvas
    assert hand.text("winner", canvas) == "tag1"
    assert canvas.itemcget("winner", "fill") == canvas.itemcget("title", "fill")
    assert hand.text("choice0-name", canvas) == "tag0"


def test_what_is_put_on_air_fades_in(screen: Screen) -> None:
    screen.settle(snapshot(*VOTES), Air.VOTING)
    seen = []
    for at_s in screen.show(snapshot(*VOTES)):
        assert screen.text("choice0-name"), "it is never empty"
        seen.append((at_s, str(screen.canvas.itemcget("choice0-name", "fill"))))
    assert len({colour for _, colour in seen}) > 3
    whole = [at_s for at_s, colour in seen if colour == palette("dark").ink]
    assert 0.2 <= min(whole) <= 0.35
    for _ in screen.show(snapshot(*VOTES, digest="1" * 64)):
        assert str(screen.canvas.itemcget("choice0-name", "fill")) == palette("dark").ink
