"""Menus and their keys, undo, and the questions before something is lost."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from hand import MINUTE_MS, OPENS_MS, Hand, snapshot

from twittervotes.core.contest.act_effects import pauses
from twittervotes.core.contest.act_kinds import after
from twittervotes.core.contest.acts import Act, ActKind
from twittervotes.core.contest.rules import PerAccount, Rules
from twittervotes.core.contest.snapshot import Snapshot, State
from twittervotes.desktop.actions.actions import Action
from twittervotes.desktop.actions.program import Program
from twittervotes.desktop.widgets.button import Button
from twittervotes.desktop.widgets.chooser import Chooser
from twittervotes.desktop.widgets.form import FormSheet
from twittervotes.desktop.widgets.overlay import open_sheets


def acted(shown: Snapshot, *acts: Act) -> Snapshot:
    """The vote after these acts."""
    contest = shown.contest
    for act in acts:
        contest = after(contest, act)
    return replace(shown, contest=contest, acts=(*shown.acts, *acts))


def question(hand: Hand) -> list[str]:
    """Return the text of the open question."""
    hand.root.update()
    (sheet,) = open_sheets(hand.root)
    return [str(w.cget("text")) for w in sheet.inner.winfo_children() if w.winfo_class() == "Label"]


def agree(hand: Hand) -> None:
    hand.root.update()
    hand.press("<Left>")
    hand.press("<Return>")


def test_space_asks_before_it_pauses(hand: Hand) -> None:
    hand.show(snapshot(1, 2))
    hand.press("<space>")
    assert hand.wanted == []
    assert question(hand)[0] == "Pause voting?"
    hand.press("<Return>")
    assert hand.wanted == [], "the answer that changes nothing is picked first"
    hand.press("<space>")
    agree(hand)
    assert hand.wanted == ["pause"]


def test_on_the_display_no_key_changes_the_vote(hand: Hand) -> None:
    hand.show(snapshot(1, 2))
    hand.press("<F11>")
    hand.until(lambda: hand.window.control.display.canvas)
    canvas = hand.window.control.display.canvas
    assert canvas is not None
    canvas.winfo_toplevel().focus_force()
    hand.root.update()
    for key in ("<space>", "<plus>", "<F5>", "<Control-z>"):
        canvas.winfo_toplevel().event_generate(key)
        hand.root.update()
    assert hand.wanted == hand.acts == []
    assert open_sheets(hand.root) == []


@pytest.mark.parametrize(("key", "asked"), [("<Control-n>", "new"), ("<Control-o>", "open")])
def test_another_vote_is_one_key_away(hand: Hand, key: str, asked: str, tmp_path: Path) -> None:
    file = tmp_path / "kept.votes"
    file.write_bytes(b"")
    done: list[str] = []
    hand.window.program = Program(
        new=lambda: done.append("new"),
        open=lambda path: done.append(f"open {path.name}"),
        folder=str(tmp_path),
    )
    hand.show(replace(snapshot(1, 2, state=State.CERTIFIED), ledger=str(tmp_path / "this.votes")))
    hand.root.after(200, lambda: pick(hand, file))
    hand.press(key)
    hand.until(lambda: done)
    assert done == ["new" if asked == "new" else "open kept.votes"]


def pick(hand: Hand, file: Path) -> None:
    """Type a name into the dialog of files, if it is open, and press Open."""
    dialog = ".__tk_filedialog"
    if int(hand.root.tk.call("winfo", "exists", dialog)):
        hand.root.tk.call(f"{dialog}.contents.f2.ent", "delete", "0", "end")
        hand.root.tk.call(f"{dialog}.contents.f2.ent", "insert", "0", str(file))
        hand.root.tk.call(f"{dialog}.contents.f2.ok", "invoke")


def test_after_certifying_the_main_button_begins_another_vote(hand: Hand) -> None:
    done: list[str] = []
    hand.window.program = Program(new=lambda: done.append("new"))
    hand.show(snapshot(1, 2, state=State.CERTIFIED))
    hand.window.foot.next_button.press()
    assert done == ["new"]


@pytest.mark.parametrize("key", ["<F1>", "<question>"])
def test_the_keys_are_shown(hand: Hand, key: str) -> None:
    hand.show(snapshot(1, 2))
    hand.press(key)
    (sheet,) = open_sheets(hand.root)
    (table,) = (w for w in sheet.inner.winfo_children() if len(w.winfo_children()) > 10)
    shown = [str(label.cget("text")) for label in table.winfo_children()]  # type: ignore[no-untyped-call]
    for words in ("Ctrl-Z", "Undo", "Space", "Pause", "F11", "Display", "Ctrl-N", "New vote"):
        assert words in shown
    hand.press("<Escape>")
    assert open_sheets(hand.root) == []


def test_the_menu_bar_follows_the_state_of_the_vote(hand: Hand) -> None:
    hand.show(snapshot(1, 2))
    bar = hand.window.control.bar
    assert list(bar.menus) == ["File", "Vote", "Display", "View", "Help"]
    menu = bar.menus["Vote"]
    hand.root.tk.call(str(menu.cget("postcommand")))
    assert str(menu.entrycget(0, "label")).strip() == "Pause…"
    hand.show(snapshot(1, 2, state=State.PAUSED))
    hand.root.tk.call(str(menu.cget("postcommand")))
    assert str(menu.entrycget(0, "label")).strip() == "Resume"


@pytest.mark.parametrize(
    ("state", "title"),
    [
        (State.SCHEDULED, "Quit before voting starts?"),
        (State.OPEN, "Quit while voting is open?"),
        (State.PAUSED, "Quit while voting is paused?"),
        (State.CLOSING, "Quit before the last votes are counted?"),
    ],
)
@pytest.mark.parametrize("key", ["<Control-q>", "<Control-w>"])
def test_the_question_before_quitting_fits_each_state(
    hand: Hand, state: State, title: str, key: str
) -> None:
    hand.show(snapshot(1, 2, state=state))
    hand.press(key)
    assert question(hand)[0] == title
    assert not any("close" in words.lower() for words in question(hand)[:1])


def test_after_the_vote_quitting_asks_nothing(hand: Hand) -> None:
    hand.show(snapshot(1, 2, state=State.PROVISIONAL))
    hand.focused().event_generate("<Control-q>")
    assert hand.window.is_closed


def test_an_exclusion_is_undone_by_another_act(hand: Hand) -> None:
    shown = snapshot(5, 2)
    hand.show(shown)
    excluded = acted(shown, Act(ActKind.EXCLUDED, OPENS_MS, voter="x:4711", reason="ours"))
    hand.show(excluded)
    hand.press("<Control-z>")
    assert question(hand)[0] == "Undo the last action? Excluded account x:4711: ours."
    agree(hand)
    assert hand.acts == [Act(ActKind.RULED, rules=Rules(), reason="readmitted x:4711")]


BEGAN_MS, RESUMED_MS = OPENS_MS + 30_000, OPENS_MS + 50_000
PAUSED, RESUMED = Act(ActKind.PAUSED, BEGAN_MS), Act(ActKind.RESUMED, RESUMED_MS)


def test_undoing_a_pause_counts_its_posts(hand: Hand) -> None:
    hand.show(replace(acted(snapshot(5, 2), PAUSED), state=State.PAUSED))
    hand.press("<Control-z>")
    title, *_ = question(hand)
    assert title == "Undo the pause?"
    agree(hand)
    assert hand.acts == [Act(ActKind.UNPAUSED, pause_ms=BEGAN_MS)]


@pytest.mark.parametrize("by", ["banner", "key"])
def test_the_posts_of_a_pause_can_be_counted_afterwards(hand: Hand, by: str) -> None:
    shown = acted(snapshot(5, 2), PAUSED, RESUMED)
    hand.show(shown)
    banner = hand.window.banner
    assert banner.told == "Voting resumed."
    assert hand.text("detail", banner) == "Posts made in those 20 seconds don't count."
    if by == "banner":
        left, top, right, bottom = banner.bbox("link")
        place = {"x": (left + right) // 2, "y": (top + bottom) // 2}
        for event in ("<Motion>", "<ButtonPress-1>", "<ButtonRelease-1>"):
            banner.event_generate(event, **place)
        hand.root.update()
    else:
        hand.press("<Control-z>")
    assert question(hand)[0] == "Count these 20 seconds after all?"
    agree(hand)
    back = Act(ActKind.UNPAUSED, pause_ms=BEGAN_MS)
    assert hand.acts == [back]
    hand.show(acted(shown, replace(back, at_ms=shown.now_ms)))
    assert banner.told == ""
    hand.press("<Control-z>")
    assert banner.told == "There is nothing left to undo."


def test_the_offer_to_count_a_pause_expires(hand: Hand) -> None:
    later = acted(snapshot(5, 2, now_ms=RESUMED_MS + 121_000), PAUSED, RESUMED)
    hand.show(later)
    assert hand.window.banner.told == ""
    exclusion = Act(ActKind.EXCLUDED, RESUMED_MS, voter="x:1", reason="ours")
    hand.show(acted(snapshot(5, 2), PAUSED, RESUMED, exclusion))
    assert hand.window.banner.told == ""


def test_any_pause_is_taken_back_by_the_menu(hand: Hand) -> None:
    def taking_back(hand: Hand) -> Action:
        (found,) = (it for it in hand.window.control.actions.others if "pause" in it.word)
        return found

    hand.show(snapshot(5, 2))
    assert not taking_back(hand).can
    again = (Act(ActKind.PAUSED, BEGAN_MS + 40_000), Act(ActKind.RESUMED, BEGAN_MS + 45_000))
    shown = acted(snapshot(5, 2, state=State.PROVISIONAL), PAUSED, RESUMED, *again)
    hand.show(shown)
    taking_back(hand).do()
    hand.root.update()
    (sheet,) = open_sheets(hand.root)
    assert isinstance(sheet, FormSheet)
    last, first = pauses(shown.contest)
    assert sheet.typed["began"].get() == last
    sheet.typed["began"].set(first)
    sheet.yes.press()
    assert hand.acts == [Act(ActKind.UNPAUSED, pause_ms=BEGAN_MS)]


def test_an_excluded_account_is_readmitted_with_a_reason(hand: Hand) -> None:
    shown = snapshot(5, 2)
    acts = [Act(ActKind.EXCLUDED, OPENS_MS, voter=f"x:{i}", reason="ours") for i in (1, 2)]
    hand.show(acted(shown, *acts))
    hand.window.control.actions.readmit.do()
    hand.root.update()
    (sheet,) = open_sheets(hand.root)
    assert isinstance(sheet, FormSheet)
    sheet.typed["voter"].set("x:1")
    assert not sheet.yes.enabled
    sheet.typed["reason"].set("a mistake")
    sheet.typed["by"].set("Ada")
    sheet.yes.press()
    rules = Rules(exclude=("x:2",))
    reason = "readmitted x:1: a mistake"
    assert hand.acts == [Act(ActKind.RULED, by="Ada", rules=rules, reason=reason)]


def test_rules_extensions_and_votes_by_hand_can_be_undone(hand: Hand) -> None:
    shown = snapshot(5, 2)
    closes_ms = shown.contest.closes_ms
    for act, opposite in (
        (
            Act(ActKind.RULED, OPENS_MS, rules=Rules(grace_s=9)),
            Act(ActKind.RULED, rules=Rules(), reason="undone"),
        ),
        (
            Act(ActKind.EXTENDED, OPENS_MS, until_ms=OPENS_MS + 20 * MINUTE_MS),
            Act(ActKind.EXTENDED, until_ms=closes_ms),
        ),
        (
            Act(ActKind.ADJUSTED, OPENS_MS, "Ada", tag="tag1", votes=-1, reason="hall"),
            Act(ActKind.ADJUSTED, tag="tag1", votes=1, reason="undone: hall"),
        ),
    ):
        hand.acts.clear()
        hand.show(shown)
        hand.show(acted(shown, act))
        hand.press("<Control-z>")
        agree(hand)
        assert hand.acts == [opposite]


def test_undo_says_what_cannot_be_undone(hand: Hand) -> None:
    hand.show(snapshot(5, 2))
    hand.press("<Control-z>")
    assert hand.window.banner.told == "There is nothing left to undo."
    drawn = Act(ActKind.DRAWN, OPENS_MS, seed="4 8")
    hand.show(acted(snapshot(5, 5, state=State.PROVISIONAL), drawn))
    hand.press("<Control-z>")
    assert hand.window.banner.told.startswith("The last action can't be undone: decided the tie")


def test_ctrl_f_keeps_the_bars_in_view(hand: Hand) -> None:
    hand.resize("1280x760")
    hand.show(snapshot(1, 2))
    hand.press("<Control-f>")
    hand.root.update()
    top = hand.canvas.canvasy(0)
    assert top < hand.canvas.coords("choice0-name")[1]
    search = hand.window.body._column.search  # type: ignore[union-attr]
    assert hand.root.focus_get() is search.entry.field


def test_a_very_long_question_takes_two_lines(hand: Hand) -> None:
    hand.resize("900x600")
    shown = snapshot(1, 2)
    title = (
        "Which of all the distributions that were ever made by anybody, anywhere, would you " * 2
    )
    hand.show(replace(shown, contest=replace(shown.contest, title=title.strip())))
    head = hand.window.head.canvas
    first, rest = hand.text("title", head), hand.text("title-rest", head)
    assert title.startswith(first)
    assert len(rest) > 40
    assert f"{first} {rest}".rstrip("…") in title or rest.endswith("…")


def test_the_operators_name_is_asked_for_once(hand: Hand) -> None:
    hand.show(snapshot(1, 2))
    hand.window.control.actions.adjust.do()
    hand.root.update()
    (sheet,) = open_sheets(hand.root)
    assert isinstance(sheet, FormSheet)
    sheet.typed["reason"].set("hall")
    sheet.typed["by"].set("Ada")
    sheet.yes.press()
    hand.window.control.actions.exclude.do()
    hand.root.update()
    (sheet,) = open_sheets(hand.root)
    assert isinstance(sheet, FormSheet)
    assert sheet.typed["by"].get() == "Ada"
    assert hand.window._seat.remembered.name == "Ada"


def test_the_rules_dialog_looks_like_the_form(hand: Hand) -> None:
    hand.resize("900x600")
    hand.show(snapshot(1, 2))
    hand.window.control.actions.rule.do()
    hand.root.update()
    (sheet,) = open_sheets(hand.root)
    assert isinstance(sheet, FormSheet)
    first = sheet.entries[0]
    assert isinstance(first, Chooser)
    hand.focus(first)
    hand.press("<Right>")
    assert sheet.typed["per_account"].get() == "last only"
    assert sheet.yes.winfo_rooty() + sheet.yes.winfo_height() < hand.root.winfo_rooty() + 600
    sheet.yes.press()
    assert hand.acts == [Act(ActKind.RULED, rules=Rules(per_account=PerAccount.LAST))]


def test_in_the_smallest_window_the_rules_still_fit(hand: Hand) -> None:
    hand.resize("720x480")
    hand.show(snapshot(1, 2))
    hand.window.control.actions.rule.do()
    hand.root.update()
    (sheet,) = open_sheets(hand.root)
    assert isinstance(sheet, FormSheet)
    assert sheet.yes.winfo_rooty() + sheet.yes.winfo_height() <= hand.root.winfo_rooty() + 480


def test_what_is_harmless_is_not_asked_in_red(hand: Hand) -> None:
    def kinds() -> dict[str, str]:
        (sheet,) = open_sheets(hand.root)
        widgets = sheet._widgets(sheet.inner)
        found = {widget.label: widget._kind for widget in widgets if isinstance(widget, Button)}
        hand.press("<Escape>")
        return dict(found)

    begin, end = OPENS_MS + 20_000, OPENS_MS + 40_000
    shown = snapshot(1, 2)
    acts = (Act(ActKind.PAUSED, begin), Act(ActKind.RESUMED, end))
    contest = replace(shown.contest, pauses=((begin, end),))
    hand.show(replace(shown, contest=contest, acts=acts))
    hand.window.control.actions.undo.do()
    hand.root.update()
    assert kinds() == {"Count them": "action", "Keep the pause": "plain"}
    hand.window.control.actions.close.do()
    hand.root.update()
    assert "danger" in kinds().values(), "a close can't be taken back"
