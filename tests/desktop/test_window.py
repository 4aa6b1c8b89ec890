"""The real window under a real display: what it shows, and what it asks for."""

from __future__ import annotations

import logging
import subprocess
import sys
import threading
import tkinter as tk
from dataclasses import replace

import pytest
from hand import MINUTE_MS, OPENS_MS, Hand, MakeHand, snapshot

from twittervotes.core.contest.contest import LONGEST_LABEL, LONGEST_TITLE, MOST_CHOICES, checked
from twittervotes.core.contest.posts import STEP_MS, Tally, Verdict
from twittervotes.core.contest.snapshot import Snapshot, SourceState, SourceStatus, State
from twittervotes.desktop.widgets.button import Button


def test_the_longest_bar_is_the_leaders(hand: Hand) -> None:
    hand.show(snapshot(5766, 4231, 2483, labels=("Debian", "Ubuntu", "Arch")))
    assert [hand.text(f"choice{i}-percent") for i in range(3)] == ["46.2", "33.9", "19.9"]
    assert [hand.text(f"choice{i}-votes") for i in range(3)] == [
        "5,766 votes",
        "4,231 votes",
        "2,483 votes",
    ]
    assert [hand.text(f"choice{i}-name") for i in range(3)] == ["Debian", "Ubuntu", "Arch"]
    for i, share in enumerate((1, 4231 / 5766, 2483 / 5766)):
        assert hand.share(i) == pytest.approx(share, abs=0.002)
    assert hand.text("caption") == "Longest bar: 46.2%"
    assert hand.text("total", hand.window.head.canvas) == "12,480"


def test_bars_and_numbers_move_on_the_same_items(hand: Hand) -> None:
    hand.show(snapshot(3, 1))
    before = hand.canvas.find_all()
    hand.show(snapshot(3, 9))
    assert hand.canvas.find_all() == before
    assert hand.text("choice1-percent") == "75.0"
    assert hand.share(0) == pytest.approx(1 / 3, abs=0.002)
    assert hand.share(1) == 1


def test_numbers_pass_through_intermediate_values(hand: Hand) -> None:
    hand.show(snapshot(0, 1))
    seen = set()

    def has_arrived_at(votes: str) -> bool:
        seen.add(hand.text("choice0-votes"))
        return hand.text("choice0-votes") == votes

    for _ in range(50):  # a busy machine may draw no picture on the way
        hand.window.show(snapshot(1000, 1001))
        hand.until(lambda: has_arrived_at("1,000 votes"))
        hand.window.show(snapshot(0, 1))
        hand.until(lambda: has_arrived_at("0 votes"))
        if len(seen) > 4:
            break
    assert len(seen) > 4


def test_a_snapshot_from_another_thread_arrives(hand: Hand) -> None:
    sent = snapshot(7, 2)
    thread = threading.Thread(target=hand.window.show, args=(sent,))
    thread.start()
    thread.join()
    hand.until(lambda: hand.text("choice0-votes") == "7 votes" if hand.window.drawn else False)


def test_of_many_snapshots_only_the_newest_is_drawn(
    hand: Hand, monkeypatch: pytest.MonkeyPatch
) -> None:
    drawn: list[Snapshot] = []
    draw = hand.window.foot.show
    monkeypatch.setattr(hand.window.foot, "show", lambda each: (drawn.append(each), draw(each)))
    for votes in range(500):
        hand.window.show(snapshot(votes, 1))
    newest = snapshot(777, 1)
    hand.show(newest)
    assert hand.text("choice0-votes") == "777 votes"
    assert drawn == [newest]


def test_without_a_snapshot_the_window_opens_and_closes(hand: Hand) -> None:
    hand.root.update()
    assert hand.window.drawn is None
    assert hand.texts() == ["Opening voting…"]


def test_stop_from_another_thread_ends_the_loop(make: MakeHand) -> None:
    hand = make()
    hand.window.show(snapshot(1, 2))
    timer = threading.Timer(0.2, hand.window.stop)
    timer.start()
    hand.window.run()
    timer.join()
    with pytest.raises(tk.TclError):
        hand.root.winfo_exists()


@pytest.mark.parametrize(
    ("state", "key", "wanted"),
    [
        (State.OPEN, "<F5>", ["update"]),
        (State.OPEN, "<space>", []),
        (State.PAUSED, "<space>", ["resume"]),
        (State.CLOSING, "<space>", []),
        (State.PROVISIONAL, "<F5>", []),
    ],
)
def test_keys_send_what_the_state_allows(
    hand: Hand, state: State, key: str, wanted: list[str]
) -> None:
    hand.show(snapshot(1, 2, state=state))
    hand.press(key)
    assert hand.wanted == wanted


def test_buttons_follow_the_state_without_moving(hand: Hand) -> None:
    foot = hand.window.foot
    buttons = (foot.next_button, foot.pause_button, foot.update_button)
    hand.show(snapshot(1, 2))
    assert [button.label for button in buttons] == ["Close voting…", "Pause…", "Update"]
    assert all(button.enabled for button in buttons)
    places = [(button.winfo_rootx(), button.winfo_width()) for button in foot.buttons]
    expected = {
        State.PAUSED: ("Close voting…", "Resume", [True, True, True]),
        State.CLOSING: ("Counting the last votes", "Pause…", [False, False, True]),
        State.PROVISIONAL: ("Certify…", "Pause…", [True, False, False]),
        State.CERTIFIED: ("New vote", "Pause…", [True, False, False]),
        State.SCHEDULED: ("Start voting now…", "Pause…", [True, False, False]),
    }
    for state, (next_step, hold, enabled) in expected.items():
        hand.show(snapshot(1, 2, state=state))
        assert (buttons[0].label, buttons[1].label) == (next_step, hold)
        assert [button.enabled for button in buttons] == enabled
        hand.root.update()
        now = [(button.winfo_rootx(), button.winfo_width()) for button in foot.buttons]
        assert now == places, state


def test_reveal_comes_before_certify_for_a_hidden_result(hand: Hand) -> None:
    hand.window.showing.hidden = True
    hand.show(snapshot(1, 2, state=State.PROVISIONAL))
    button = hand.window.foot.next_button
    assert button.label == "Reveal the result"
    button.press()
    assert not hand.window.showing.hidden
    assert button.label == "Certify…"


def test_a_click_and_tab_with_return_press_a_button(hand: Hand) -> None:
    hand.resize("840x600")  # the field to search in would be before them
    hand.show(snapshot(1, 2))
    hand.resize("1280x800")
    button = hand.window.foot.update_button
    button.event_generate("<ButtonPress-1>", x=9, y=9)
    button.event_generate("<ButtonRelease-1>", x=9, y=9)
    hand.root.update()
    assert hand.wanted == ["update"]
    hand.resize("840x600")
    hand.focus(hand.root)
    hand.press("<Tab>")
    assert hand.focused() is hand.window.foot.next_button
    hand.press("<Tab>")
    assert hand.focused() is hand.window.foot.pause_button
    hand.press("<Return>")
    hand.press("<Left>")
    hand.press("<Return>")
    assert hand.wanted == ["update", "pause"]


def test_the_button_that_has_the_focus_is_seen(hand: Hand) -> None:
    hand.show(snapshot(1, 2))
    button = hand.window.foot.pause_button
    plate = button.find_all()[0]
    before = button.itemcget(plate, "image")
    button.focus_force()
    hand.until(lambda: button.itemcget(plate, "image") != before)
    hand.window.foot.next_button.focus_force()
    hand.until(lambda: button.itemcget(plate, "image") == before)


def test_space_on_a_button_presses_that_button_only(hand: Hand) -> None:
    hand.show(snapshot(1, 2))
    hand.focus(hand.window.foot.update_button)
    hand.window.foot.update_button.event_generate("<space>")
    hand.root.update()
    assert hand.wanted == ["update"]


def test_closing_the_vote_asks_first(hand: Hand) -> None:
    hand.show(snapshot(1, 2))
    hand.window.foot.next_button.press()
    hand.root.update()
    hand.press("<Escape>")
    assert hand.wanted == []
    hand.window.foot.next_button.press()
    hand.root.update()
    hand.press("<Left>")
    hand.press("<Return>")
    assert hand.wanted == ["close"]


def test_an_open_question_takes_all_input(hand: Hand) -> None:
    hand.show(snapshot(1, 2))
    hand.window.foot.next_button.press()
    hand.root.update()
    button = hand.window.foot.update_button
    button.event_generate("<ButtonPress-1>", x=9, y=9)
    button.event_generate("<ButtonRelease-1>", x=9, y=9)
    hand.press("<F5>")
    hand.press("<space>")
    assert hand.wanted == []
    hand.press("<F5>")
    assert hand.wanted == ["update"], "Space chose the answer that changes nothing"


@pytest.mark.parametrize("key", ["<Tab>", "<Shift-Tab>"])
def test_tab_stays_within_a_question(hand: Hand, key: str) -> None:
    hand.show(snapshot(1, 2))
    hand.window.foot.next_button.press()
    hand.root.update()
    stops = []
    for _ in range(4):
        hand.press(key)
        stop = hand.focused()
        assert isinstance(stop, Button)
        stops.append(stop.label)
    assert stops == ["Close voting", "Keep open"] * 2


def test_closing_the_window_asks_while_the_vote_is_open(hand: Hand) -> None:
    hand.show(snapshot(1, 2))
    hand.window.close()
    hand.root.update()
    assert hand.root.winfo_exists()
    hand.press("<Left>")
    hand.window.show(snapshot(2, 2))
    hand.focused().event_generate("<Return>")
    assert hand.window.is_closed


def test_closing_the_window_after_the_vote_asks_nothing(hand: Hand) -> None:
    hand.show(snapshot(1, 2, state=State.PROVISIONAL))
    hand.window.close()
    assert hand.window.is_closed


def test_a_tie_is_shown_as_a_tie(hand: Hand) -> None:
    hand.show(snapshot(120, 120, 7, labels=("Debian", "Ubuntu", "Arch")))
    assert "Debian and Ubuntu are tied with 120 votes." in hand.texts()


def test_a_rehearsal_cannot_be_missed(hand: Hand) -> None:
    hand.show(snapshot(1, 2, rehearsal=True))
    head = [text.replace("\u200a", "") for text in hand.texts(hand.window.head.canvas)]
    assert "REHEARSAL" in head


def test_a_real_vote_does_not_say_rehearsal(hand: Hand) -> None:
    hand.show(snapshot(1, 2))
    head = [text.replace("\u200a", "") for text in hand.texts(hand.window.head.canvas)]
    assert "LIVE" in head
    assert "REHEARSAL" not in head


def test_the_countdown_continues_between_snapshots(hand: Hand) -> None:
    hand.show(snapshot(1, 2, now_ms=OPENS_MS + 9 * MINUTE_MS))
    head = hand.window.head.canvas
    shown = hand.text("time", head)
    assert "00:00" < shown <= "01:00"
    hand.until(lambda: hand.text("time", head) < shown)


def test_a_long_title_shrinks_before_it_is_cut(hand: Hand) -> None:
    hand.resize("900x600")
    shown = snapshot(1, 2)
    head, high = hand.window.head.canvas, []
    for title in (
        "Short?",
        "A question that is so long that it has no room in the size that others have?",
    ):
        hand.show(replace(shown, contest=replace(shown.contest, title=title)))
        assert hand.text("title", head) == title
        _, top, _, bottom = head.bbox("title")
        high.append(bottom - top)
    assert high[1] < high[0]


def test_lagging_graphics_files_are_reported(hand: Hand) -> None:
    hand.show(replace(snapshot(1, 2), lagging="Files for graphics are out of date: result.csv."))
    assert "result.csv" in hand.text("trouble", hand.window.banner)
    hand.show(snapshot(1, 3))
    assert hand.text("trouble", hand.window.banner) == ""


def test_a_problem_is_reported(hand: Hand) -> None:
    hand.show(replace(snapshot(1, 2), trouble="The disk is full."))
    assert hand.text("trouble", hand.window.banner) == "Counting has stopped."
    assert hand.text("detail", hand.window.banner) == "The disk is full."
    hand.show(snapshot(1, 2))
    assert hand.text("trouble", hand.window.banner) == ""


def test_a_recount_is_shown_until_it_is_done(hand: Hand) -> None:
    for percent in (0, 40):
        hand.show(replace(snapshot(1, 2), recounting=percent))
        assert hand.text("trouble", hand.window.banner).startswith(f"Recounting… {percent} %.")
    hand.show(replace(snapshot(1, 2), recounting=50, trouble="The disk is full."))
    assert hand.text("trouble", hand.window.banner) == "Counting has stopped."
    hand.show(snapshot(1, 2))
    assert hand.text("trouble", hand.window.banner) == ""


@pytest.mark.parametrize("state", [State.SCHEDULED, State.OPEN, State.PAUSED])
def test_nothing_can_be_recorded_after_counting_stopped(hand: Hand, state: State) -> None:
    hand.show(snapshot(1, 2, state=state, trouble="The disk is full."))
    menus = hand.window.control.menus
    assert not any(action.can for group in menus["Vote"] for action in group)
    assert all(
        action.can == (action.word != "Reveal the result")
        for title in ("File", "Display", "View")
        for group in menus[title]
        for action in group
    )


def test_the_title_of_the_window_is_the_question(hand: Hand) -> None:
    assert hand.root.title() == "twittervotes"
    hand.show(snapshot(1, 2))
    assert hand.root.title() == "Which distribution? · twittervotes"


def test_a_source_shows_its_activity_and_advice(hand: Hand) -> None:
    source = SourceStatus(
        "twitter", SourceState.STOPPED, "stopped: access refused", advice="Sign in again.", votes=3
    )
    hand.show(snapshot(1, 2, sources=(source,)))
    shown = hand.texts()
    assert "X (v1.1)" in shown
    assert "Stopped: access refused" in shown
    assert "Sign in again." in shown


@pytest.mark.parametrize(
    ("advice", "shown"),
    [
        (
            "Check consumer_key and consumer_secret. Sign in again: python twitter_auth.py",
            "Check consumer_key and consumer_secret. Sign in again: press Ctrl-N, then “Sign in…” "
            "there. Then quit and open this vote again.",
        ),
        (
            "Sign in with another account: python twitter_auth.py",
            "Sign in with another account: press Ctrl-N, then “Sign in…” there. "
            "Then quit and open this vote again.",
        ),
        (
            "Sign in again: python twitter_auth.py --oauth2",  # the form doesn't do that
            "Sign in again: python twitter_auth.py --oauth2",
        ),
    ],
)
def test_the_window_explains_its_own_sign_in(hand: Hand, advice: str, shown: str) -> None:
    source = SourceStatus("twitter", SourceState.STOPPED, "stopped", advice=advice)
    hand.show(snapshot(1, 2, sources=(source,)))
    assert shown in " ".join(hand.texts()).replace("\n", " ")


def test_the_way_from_seen_to_counted_is_shown(hand: Hand) -> None:
    tally = Tally((5, 4), ((Verdict.COUNTED, 9), (Verdict.SPOILT, 2), (Verdict.REPEAT, 1)))
    hand.show(snapshot(5, 4, tally=tally))
    shown = hand.texts()
    for words, number in (
        ("posts seen", "12"),
        ("named several choices", "− 2"),
        ("repeat votes", "− 1"),
        ("posts counted", "9"),
    ):
        assert words in shown
        assert number in shown


@pytest.mark.logs_errors
def test_the_window_survives_an_error_in_a_callback(
    hand: Hand, caplog: pytest.LogCaptureFixture
) -> None:
    hand.show(snapshot(1, 2))
    hand.root.after(0, lambda: 1 / 0)
    hand.until(lambda: any(record.levelno >= logging.ERROR for record in caplog.records))
    hand.show(snapshot(5, 2))
    assert hand.text("choice0-votes") == "5 votes"
    assert "internal error" in hand.text("trouble", hand.window.banner)


def test_the_window_loads_no_network_and_no_database() -> None:
    code = (
        "import sys, twittervotes.desktop.window\n"
        "print(*(m for m in ('requests', 'oauthlib', 'reactivex', 'sqlite3', 'urllib3')"
        " if m in sys.modules))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == ""


def test_the_largest_possible_vote_is_drawn(hand: Hand) -> None:
    family = "👨‍👩‍👧‍👦"
    labels = [(family * 50)[: LONGEST_LABEL - 3] + str(i) for i in range(MOST_CHOICES)]
    shown = snapshot(*range(MOST_CHOICES), labels=tuple(labels))
    contest = replace(shown.contest, title=(family * 100)[:LONGEST_TITLE])
    checked(contest)
    hand.show(replace(shown, contest=contest))
    assert hand.window.drawn


def test_the_rows_rates_add_up_to_the_heads(hand: Hand) -> None:
    now_ms = OPENS_MS + 120_000
    steps = tuple((OPENS_MS + n * STEP_MS, (7 + n, 3)) for n in range(12))
    minutes = ((OPENS_MS, (57, 18)), (OPENS_MS + MINUTE_MS, (93, 18)))
    tally = Tally((150, 36), (), minutes=minutes, steps=steps)
    hand.show(snapshot(150, 36, now_ms=now_ms, tally=tally))
    head, first = hand.window.head.canvas, hand.text("rate", hand.window.head.canvas)
    assert int(first) <= 111
    hand.until(lambda: hand.text("rate", head) != first)
    hand.root.update()

    def rows() -> int:
        words = (hand.text(f"choice{i}-change") for i in range(2))
        return sum(int(each.split()[0]) for each in words)

    hand.until(lambda: rows() == int(hand.text("rate", head)))
