"""What an operator can do in the window: by button, menu and key, with forms and questions."""

from __future__ import annotations

import threading
import tkinter.ttk
from collections import Counter
from dataclasses import replace
from datetime import datetime
from enum import StrEnum
from pathlib import Path

import pytest
from hand import MINUTE_MS, OPENS_MS, Hand, MakeHand, snapshot

from twittervotes.core.contest.acts import Act, ActKind
from twittervotes.core.contest.contest import PerAccount, Rules, Tie
from twittervotes.core.contest.posts import Quota, Tally, Verdict
from twittervotes.core.contest.rules import RULES
from twittervotes.core.contest.snapshot import (
    Gap,
    LookupResult,
    Snapshot,
    SourceState,
    SourceStatus,
    State,
)
from twittervotes.desktop.actions.forms import EXPORTS
from twittervotes.desktop.widgets.form import FormSheet
from twittervotes.desktop.widgets.overlay import open_sheets
from twittervotes.presentation.marks import READABLE, contrast


def form(hand: Hand) -> FormSheet:
    hand.root.update()
    (sheet,) = open_sheets(hand.root)
    assert isinstance(sheet, FormSheet)
    return sheet


def fill(hand: Hand, **values: str) -> FormSheet:
    sheet = form(hand)
    for name, value in values.items():
        sheet.typed[name].set(value)
    hand.root.update()
    return sheet


def complaint(sheet: FormSheet, name: str) -> str:
    """Return the error below a field."""
    return str(sheet.complaints[name].cget("text"))


def ruled(shown: Snapshot, **rules: object) -> Snapshot:
    changed = replace(shown.contest, rules=replace(Rules(), **rules))  # type: ignore[arg-type]
    return replace(shown, contest=changed)


def test_plus_gives_the_vote_a_minute_more(hand: Hand) -> None:
    hand.show(snapshot(1, 2))
    hand.press("<plus>")
    assert hand.acts == [Act(ActKind.EXTENDED, until_ms=OPENS_MS + 11 * MINUTE_MS)]


def test_a_vote_without_an_end_cannot_be_extended(hand: Hand) -> None:
    shown = snapshot(1, 2)
    hand.show(replace(shown, contest=replace(shown.contest, closes_ms=None)))
    hand.press("<plus>")
    assert not hand.window.foot.extend_button.enabled
    assert hand.acts == []


def test_a_scheduled_vote_is_opened_early_after_a_question(hand: Hand) -> None:
    hand.show(snapshot(0, 0, state=State.SCHEDULED, now_ms=OPENS_MS - 60_000))
    hand.press("<space>")
    assert hand.acts == []
    hand.press("<Left>")
    hand.press("<Return>")
    assert hand.acts == [Act(ActKind.OPENED)]


def test_excluding_an_account_requires_a_reason(hand: Hand) -> None:
    hand.show(snapshot(1, 2))
    hand.window.control.actions.exclude.do()
    sheet = fill(hand, account="x:4711")
    assert not sheet.yes.enabled
    hand.press("<Return>")
    assert hand.acts == []
    fill(hand, reason="it is ours", by="Ada")
    sheet.yes.press()
    assert hand.acts == [Act(ActKind.EXCLUDED, by="Ada", voter="x:4711", reason="it is ours")]


def test_votes_by_hand_need_choice_number_reason_and_name(hand: Hand) -> None:
    hand.show(snapshot(1, 2, labels=("Debian", "Arch")))
    hand.window.control.actions.adjust.do()
    sheet = fill(hand, choice="Arch", votes="three", reason="hall", by="Ada")
    assert "whole number" in complaint(sheet, "votes")
    fill(hand, votes="-3")
    assert "has only" in str(sheet.words.cget("text"))
    fill(hand, votes="+3")
    assert str(sheet.words.cget("text")) == "Arch gains 3 votes (shown as added by hand)."
    hand.press("<Return>")
    assert hand.acts == [Act(ActKind.ADJUSTED, by="Ada", tag="tag1", votes=3, reason="hall")]


def test_the_rules_dialog_describes_the_picked_rules(hand: Hand) -> None:
    hand.show(snapshot(1, 2))
    hand.window.control.actions.rule.do()
    sheet = fill(hand, per_account="last only", required="#vote", grace="30s")
    words = str(sheet.words.cget("text"))
    assert "One vote per account: the last" in words
    assert "#vote" in words
    assert "30 seconds late" in words
    sheet.yes.press()
    rules = Rules(per_account=PerAccount.LAST, required=("vote",), grace_s=30)
    assert hand.acts == [Act(ActKind.RULED, rules=rules)]


def test_unchanged_rules_are_not_recorded(hand: Hand) -> None:
    hand.show(snapshot(1, 2))
    hand.window.control.actions.rule.do()
    assert not form(hand).yes.enabled
    fill(hand, tie="decided by draw").yes.press()
    assert hand.acts == [Act(ActKind.RULED, rules=Rules(tie=Tie.DRAW))]


def test_the_form_refuses_a_contradictory_rule(hand: Hand) -> None:
    hand.show(snapshot(1, 2))
    hand.window.control.actions.rule.do()
    sheet = fill(hand, required="tag1")
    assert "can't be both a choice and required" in str(sheet.words.cget("text"))
    assert not sheet.yes.enabled


def test_a_required_hashtag_can_be_taken_away_again(hand: Hand) -> None:
    hand.show(ruled(snapshot(1, 2), required=("vote",)))
    hand.window.control.actions.rule.do()
    fill(hand, required="").yes.press()
    assert hand.acts == [Act(ActKind.RULED, rules=Rules())]


def test_clearing_a_time_in_the_form_removes_it(hand: Hand) -> None:
    hand.show(ruled(snapshot(1, 2), grace_s=30))
    hand.window.control.actions.rule.do()
    fill(hand, grace="").yes.press()
    assert hand.acts == [Act(ActKind.RULED, rules=Rules())]


def test_every_value_of_a_rule_has_a_label_in_the_form() -> None:
    for rule in RULES:
        if isinstance(rule.usual, StrEnum):
            assert {value for value, _ in rule.spec.options} == set(type(rule.usual))


def test_a_tie_is_drawn_and_the_result_certified_at_the_end(hand: Hand) -> None:
    tied = ruled(snapshot(5, 5, state=State.PROVISIONAL), tie=Tie.DRAW)
    hand.show(tied)
    button = hand.window.foot.next_button
    assert button.label == "Draw the tie…"
    button.press()
    fill(hand, seed="4 8 15", by="Ada").yes.press()
    assert hand.acts == [Act(ActKind.DRAWN, by="Ada", seed="4 8 15")]
    hand.show(replace(tied, contest=replace(tied.contest, seed="4 8 15")))
    assert button.label == "Certify…"
    button.press()
    sheet = form(hand)
    assert sheet.yes.enabled, "the name is remembered"
    fill(hand, by="")
    assert not sheet.yes.enabled, "nobody has signed"
    fill(hand, by="Ada")
    hand.press("<Return>")
    assert hand.acts[1:] == [Act(ActKind.CERTIFIED, by="Ada")]


def test_escape_cancels_a_form(hand: Hand) -> None:
    hand.show(snapshot(1, 2))
    hand.window.control.actions.adjust.do()
    fill(hand, reason="hall", by="Ada")
    hand.press("<Escape>")
    assert open_sheets(hand.root) == []
    assert hand.acts == []


def test_keys_typed_into_a_form_do_nothing_else(hand: Hand) -> None:
    hand.show(snapshot(1, 2))
    hand.window.control.actions.certify.do()
    hand.window.control.actions.exclude.do()
    hand.focus(form(hand).entries[0])
    for key in ("<space>", "<o>", "<v>", "<h>", "<l>", "<plus>"):
        hand.press(key)
    assert hand.acts == hand.wanted == []
    assert not hand.window.showing.hidden


def words(hand: Hand) -> dict[str, bool]:
    menus = hand.window.control.menus.values()
    return {action.word: action.can for groups in menus for group in groups for action in group}


def test_the_menus_have_every_act(hand: Hand) -> None:
    hand.show(snapshot(1, 2))
    assert words(hand) == {
        "New vote": True,
        "Open…": True,
        "Export…": True,
        "Close window": True,
        "Quit": True,
        "Pause…": True,
        "+1 minute": True,
        "Update": True,
        "Close voting…": True,
        "Undo…": True,
        "Change rules…": True,
        "Exclude account…": True,
        "Readmit account…": False,
        "Add votes by hand…": True,
        **{action.word: action.can for action in hand.window.control.actions.others},
        "Draw the tie…": False,
        "Certify…": False,
        "Open board…": True,
        "Display": True,
        "Show voting": True,
        "Show results": True,
        "Hide": True,
        "Reveal the result": False,
        "Sort bars by votes": True,
        "Was it counted?": True,
        "Activity log": True,
        "Larger": True,
        "Smaller": True,
        "Usual size": True,
        "Light or dark": True,
        "Keys": True,
    }
    hand.show(snapshot(1, 2, state=State.CERTIFIED))
    can = words(hand)
    assert not any(can[word] for word in ("Pause…", "Change rules…", "Add votes by hand…"))
    assert can["New vote"]
    assert can["Open…"]


def test_f10_opens_the_menu(hand: Hand) -> None:
    hand.show(snapshot(1, 2))
    opened = threading.Event()
    picked: list[object] = []

    def use() -> None:
        menu = hand.window.control._menu
        picked.append(menu.index("active"))
        opened.set()
        menu.invoke(1)
        menu.unpost()

    hand.root.after(100, use)
    hand.press("<F10>")
    hand.until(opened.is_set)
    assert picked == [0]
    assert [act.does for act in hand.acts] == [ActKind.EXTENDED]


def test_a_refusal_is_shown_for_a_while(hand: Hand) -> None:
    hand.show(replace(snapshot(1, 2), refused="The rules of this vote do not draw."))
    assert hand.text("trouble", hand.window.banner) == "The rules of this vote do not draw."
    hand.press("<Escape>")
    assert hand.text("trouble", hand.window.banner) == ""
    hand.show(replace(snapshot(3, 2), refused="The rules of this vote do not draw."))
    assert hand.text("trouble", hand.window.banner) == ""
    hand.show(replace(snapshot(3, 2), refused="There is no tie to draw."))
    assert hand.text("trouble", hand.window.banner) == "There is no tie to draw."


def test_trouble_goes_before_what_is_refused(hand: Hand) -> None:
    hand.show(replace(snapshot(1, 2), refused="No.", trouble="The disk is full."))
    assert hand.text("trouble", hand.window.banner) == "Counting has stopped."
    assert hand.text("detail", hand.window.banner) == "The disk is full."


def test_the_log_of_acts_says_who_did_what_and_why(hand: Hand) -> None:
    acts = (
        Act(ActKind.OPENED, OPENS_MS),
        Act(ActKind.ADJUSTED, OPENS_MS + 1, "Ada", tag="tag1", votes=-2, reason="miscounted"),
    )
    hand.show(replace(snapshot(1, 2, labels=("Debian", "Arch")), acts=acts))
    hand.press("<l>")
    (sheet,) = open_sheets(hand.root)
    (text,) = [w for w in sheet.inner.winfo_children() if w.winfo_class() == "Text"]
    lines = text.get("1.0", "end").splitlines()  # type: ignore[attr-defined]
    assert lines[0].endswith("Ada removed 2 votes from Arch: miscounted")
    assert lines[1].endswith("The operator opened voting")
    hand.press("<Escape>")
    assert open_sheets(hand.root) == []


def test_an_export_is_named_after_the_vote(hand: Hand, tmp_path: Path) -> None:
    hand.window.operator.keep(export_folder=str(tmp_path))
    hand.show(snapshot(1, 2))
    hand.press("<Control-e>")
    sheet = fill(hand, what="Report to read (.html)")
    began = datetime.fromtimestamp(OPENS_MS / 1000).astimezone()
    name = f"Which-distribution-{began:%Y-%m-%d-%H%M}-report.html"
    assert str(sheet.words.cget("text")) == f"Saves {name}, without account names."
    sheet.yes.press()
    path, told = hand.exported[0]
    assert path == str(tmp_path / name)
    thread = threading.Thread(target=told, args=(f"Saved: {path}",))
    thread.start()
    thread.join()
    hand.until(lambda: hand.text("trouble", hand.window.banner) == f"Saved: {path}")


def test_exports_of_two_votes_never_have_one_name(hand: Hand, tmp_path: Path) -> None:
    hand.window.operator.keep(export_folder=str(tmp_path))
    shown = snapshot(1, 2)
    others = (
        replace(shown.contest, title="Another?"),
        replace(shown.contest, opens_ms=OPENS_MS + MINUTE_MS),
        replace(shown.contest, rehearsal=True),
    )
    for contest in (shown.contest, *others):
        hand.show(replace(shown, contest=contest))
        hand.press("<Control-e>")
        form(hand).yes.press()
    assert len({path for path, _ in hand.exported}) == 4
    assert all(Path(path).parent == tmp_path for path, _ in hand.exported)


def test_an_existing_file_is_replaced_only_after_a_question(hand: Hand, tmp_path: Path) -> None:
    hand.window.operator.keep(export_folder=str(tmp_path))
    hand.show(snapshot(1, 2))
    hand.press("<Control-e>")
    name = str(form(hand).words.cget("text")).split()[1].rstrip(",")
    (tmp_path / name).write_text("old")
    form(hand).yes.press()
    hand.root.update()
    assert hand.exported == []
    assert len(open_sheets(hand.root)) == 1
    hand.press("<Left>")
    hand.press("<Return>")
    assert [path for path, _ in hand.exported] == [str(tmp_path / name)]


def test_a_folder_for_an_export_can_be_browsed_for(hand: Hand, tmp_path: Path) -> None:
    (tmp_path / "exports").mkdir()
    hand.window.operator.keep(export_folder=str(tmp_path))
    hand.show(snapshot(1, 2))
    hand.press("<Control-e>")
    sheet = form(hand)
    dialog = f"{sheet}.__tk_choosedir"

    def pick() -> None:
        if not int(hand.root.tk.call("winfo", "exists", dialog)):
            return
        hand.root.after(50, pick)  # the first press goes into the folder, the next one takes it
        field = f"{dialog}.contents.f2.ent"
        hand.root.tk.call(field, "delete", "0", "end")
        hand.root.tk.call(field, "insert", "0", str(tmp_path / "exports"))
        hand.root.tk.call(f"{dialog}.contents.f2.ok", "invoke")

    hand.root.after(300, pick)
    sheet._browse(sheet.typed["folder"])
    assert sheet.typed["folder"].get() == str(tmp_path / "exports")


def test_missing_values_are_hints_until_visited(hand: Hand) -> None:
    hand.show(snapshot(1, 2))
    hand.window.control.actions.adjust.do()
    sheet = form(hand)
    missing = ("reason", "by")
    faint, danger = hand.window._look.colours.faint, hand.window._look.colours.danger
    assert [complaint(sheet, name) for name in missing] == [
        "Enter the reason (public).",
        "Enter your name.",
    ]
    assert {str(sheet.complaints[name].cget("foreground")) for name in missing} == {faint}
    hand.press("<Return>")
    assert {str(sheet.complaints[name].cget("foreground")) for name in missing} == {danger}
    assert hand.acts == []
    fill(hand, reason="hall", by="Ada")
    assert [complaint(sheet, name) for name in missing] == ["", ""]
    assert sheet.yes.enabled


def test_every_kind_of_export_can_be_picked() -> None:
    from twittervotes.export import KINDS

    assert set(EXPORTS) == set(KINDS)


def test_the_search_says_why_something_counted_or_not(hand: Hand) -> None:
    hand.show(snapshot(1, 2))
    hand.press("<Control-f>")
    search = hand.window.body._column.search  # type: ignore[union-attr]
    assert hand.root.focus_get() is search.entry.field
    search.entry.write("x:4711")
    hand.press("<Return>")
    (wanted, told) = hand.looked_up[0]
    assert wanted == "x:4711"
    found = (
        LookupResult("counted", "At noon: It counts for #debian."),
        LookupResult("repeat", "At one: An earlier vote of the account counts."),
    )
    thread = threading.Thread(target=told, args=(found,))
    thread.start()
    thread.join()
    hand.until(lambda: any(text.startswith("Counted · At noon") for text in hand.texts()))
    assert "Not counted · At one: An earlier vote of the account counts." in hand.texts()
    hand.press("<Escape>")
    hand.show(snapshot(2, 2))
    assert not any("At noon" in text for text in hand.texts())


def test_clicking_beside_the_search_leaves_it(hand: Hand) -> None:
    hand.show(snapshot(1, 2))
    hand.press("<Control-f>")
    search = hand.window.body._column.search  # type: ignore[union-attr]
    for inside in (search.entry, search.entry.field):
        inside.event_generate("<Button-1>", x=9, y=9)
        hand.press("<space>")
    assert (search.entry.text, hand.wanted) == ("  ", [])
    hand.canvas.event_generate("<Button-1>", x=9, y=9)
    hand.press("<F5>")
    assert (search.entry.text, hand.wanted) == ("  ", ["update"])


def test_the_found_account_is_proposed_for_exclusion(hand: Hand) -> None:
    hand.show(snapshot(1, 2))
    hand.press("<Control-f>")
    hand.window.body._column.search.entry.write("https://x.com/bot/status/9")  # type: ignore[union-attr]
    hand.press("<Return>")
    hand.looked_up[0][1]((LookupResult("counted", "It counts for #debian.", "x:4711"),))
    hand.until(lambda: hand.window.body.account)
    hand.window.control.actions.exclude.do()
    sheet = fill(hand, reason="a robot", by="Ada")
    assert sheet.typed["account"].get() == "x:4711"
    sheet.end()
    hand.press("<Escape>")
    hand.window.control.actions.exclude.do()
    assert form(hand).typed["account"].get() == "", "no longer looked for"


def test_pasting_replaces_the_selection(hand: Hand) -> None:
    hand.show(snapshot(1, 2))
    hand.press("<Control-f>")
    entry = hand.window.body._column.search.entry  # type: ignore[union-attr]
    hand.root.clipboard_clear()
    entry.write("the link before")
    hand.press("<Control-a>")
    hand.press("<<Paste>>")
    assert entry.text == "the link before", "nothing is there to be pasted"
    hand.root.clipboard_append("x:4711")
    hand.press("<<Paste>>")
    hand.press("<<Paste>>")
    assert entry.text == "x:4711x:4711"


def test_outdated_search_results_are_not_shown(hand: Hand) -> None:
    hand.show(snapshot(1, 2))
    search = hand.window.body._column.search  # type: ignore[union-attr]
    for wanted in ("first", "second"):
        search.entry.write(wanted)
        search._ask()
    hand.looked_up[1][1]((LookupResult("", "about the second"),))
    hand.looked_up[0][1]((LookupResult("", "about the first"),))
    hand.until(lambda: {"about the first", "about the second"} & set(hand.texts()))
    assert "about the first" not in hand.texts()


def test_a_source_shows_its_quota_and_last_answer(hand: Hand) -> None:
    now_ms = OPENS_MS + 90_000
    source = SourceStatus(
        "x", SourceState.POLLING, "polling", last_ms=now_ms - 3_000, quota=Quota(180, 30, 1)
    )
    hand.show(snapshot(1, 2, sources=(source,)))
    assert "30 of 180 requests left" in hand.texts()
    assert "exact · 3 s ago" in [text.replace("\u00a0", " ") for text in hand.texts()]
    plenty = replace(source, quota=Quota(180, 120, 1))
    hand.show(snapshot(1, 2, sources=(plenty,)))
    assert not [text for text in hand.texts() if "left" in text], "one line while all is well"


def test_a_source_that_waits_for_its_quota_is_grey_and_its_votes_are_at_least(hand: Hand) -> None:
    waits = SourceStatus(
        "x",
        SourceState.WAITING,
        "waits for its quota until 14:10:02",
        last_ms=OPENS_MS + 48_000,
        completeness="at least",
    )
    hand.show(snapshot(1, 2, sources=(waits,)))
    texts = hand.texts()
    assert {"Waits for its quota until 14:10:02", "42 s ago", "at least"} <= set(texts)
    column, colours = hand.window.body._column, hand.window._look.colours
    assert column
    dot = hand.canvas.itemcget(column.sources._dots[0], "image")
    assert dot == hand.window._look.images.dot(9, colours.faint), "amber means trouble"


def test_the_quotas_text_fits_the_room(hand: Hand) -> None:
    now_ms = OPENS_MS + 900_000
    quota = Quota(1_000_000, 150_000, 1)
    source = SourceStatus("x", SourceState.POLLING, "polling", last_ms=OPENS_MS, quota=quota)
    hand.resize("1280x800")
    hand.show(snapshot(1, 2, sources=(source,), now_ms=now_ms))
    assert "150,000 of 1,000,000 requests left" in hand.texts()
    quota = Quota(1_000_000_000_000, 150_000_000_000, 1)
    source = replace(source, quota=quota)
    hand.show(snapshot(1, 2, sources=(source,), now_ms=now_ms))
    assert "150,000,000,000 left" in hand.texts()


def test_a_source_that_is_done_shows_no_quota(hand: Hand) -> None:
    now_ms = OPENS_MS + 90_000
    source = SourceStatus("x", SourceState.DONE, "done", last_ms=now_ms, quota=Quota(180, 45, 1))
    hand.show(snapshot(1, 2, sources=(source,)))
    assert not [text for text in hand.texts() if "left" in text or "ago" in text]


@pytest.mark.parametrize("verdict", list(Verdict))
def test_every_verdict_has_its_words_on_the_way(hand: Hand, verdict: Verdict) -> None:
    from twittervotes.desktop.vote.phrases import way

    shown = replace(snapshot(1), tally=Tally((1,), ((Verdict.COUNTED, 1), (verdict, 4))))
    lines = [line.words for line in way(shown)]
    assert verdict is Verdict.COUNTED or verdict.value not in lines[1:2]


def test_what_was_added_by_hand_is_shown_apart(hand: Hand) -> None:
    tally = Tally((5, 16), ((Verdict.COUNTED, 9),), by_hand=(0, 12))
    hand.show(snapshot(5, 16, tally=tally))
    texts = hand.texts()
    assert "added by hand" in texts
    assert "+12" in texts
    assert "votes in these posts" not in texts


def test_an_empty_chart_says_why(hand: Hand) -> None:
    hand.show(snapshot(0, 0, state=State.SCHEDULED, now_ms=OPENS_MS - 60_000))
    assert "The chart starts when voting opens." in hand.texts()
    hand.show(snapshot(1, 2))
    assert "The chart starts when voting opens." not in hand.texts()


def test_gaps_pauses_and_acts_are_marked_in_the_chart(hand: Hand) -> None:
    shown = snapshot(3, 2, labels=("Debian", "Arch"), now_ms=OPENS_MS + 5 * MINUTE_MS)
    source = replace(shown.sources[0], gaps=(Gap(OPENS_MS, OPENS_MS + 30_000, "lost"),))
    contest = replace(shown.contest, pauses=((OPENS_MS + 2 * MINUTE_MS, OPENS_MS + 3 * MINUTE_MS),))
    acts = (
        Act(ActKind.ADJUSTED, OPENS_MS + 4 * MINUTE_MS, "Ada", tag="tag1", votes=3),
        Act(ActKind.EXCLUDED, OPENS_MS + 4 * MINUTE_MS + 2_000, "Ada", voter="x:1", reason="ours"),
    )
    hand.show(replace(shown, sources=(source,), contest=contest, acts=acts))
    texts = hand.texts()
    assert {"gap", "paused", "+3 Arch", "account excluded"} <= set(texts)
    canvas = hand.canvas
    picture = canvas.itemcget("lines", "image")
    width = int(canvas.tk.call("image", "width", picture))
    ground, *row = (canvas.tk.call(picture, "get", x, 10) for x in range(width))
    gap, paused = (wide for colour, wide in Counter(row).items() if colour != ground)
    assert paused == pytest.approx(2 * gap, abs=3)


def test_o_changes_the_order_of_the_bars(make: MakeHand) -> None:
    hand = make()
    shown = snapshot(1, 9, 5, labels=("Debian", "Ubuntu", "Arch"))
    hand.show(shown)

    def names() -> list[str]:
        tags = [f"choice{i}-name" for i in range(3)]
        heights = {hand.canvas.coords(tag)[1]: hand.text(tag) for tag in tags}
        return [heights[y] for y in sorted(heights)]

    for wanted in (["Ubuntu", "Arch", "Debian"], ["Arch", "Debian", "Ubuntu"]):
        hand.press("<o>")
        hand.until(lambda wanted=wanted: names() == wanted)  # type: ignore[misc]
    hand.press("<o>")
    hand.until(lambda: names() == ["Debian", "Ubuntu", "Arch"])


def test_an_overtaking_row_moves_up_smoothly(hand: Hand) -> None:
    hand.show(snapshot(9, 5))
    hand.press("<o>")
    top = hand.canvas.coords("choice0-name")[1]
    before = hand.canvas.coords("choice1-name")[1]
    hand.window.show(snapshot(9, 15))
    seen = set()

    def arrived() -> bool:
        seen.add(hand.canvas.coords("choice1-name")[1])
        return top in seen

    hand.until(arrived)
    assert any(top < y < before for y in seen)


@pytest.mark.parametrize("scale", [1.0, 1.5, 2.0])
def test_all_kinds_of_fields_have_the_same_height(make: MakeHand, scale: float) -> None:
    hand = make(scale=scale)
    hand.show(snapshot(1, 2))
    hand.window.control.actions.adjust.do()
    picked, written, *_ = form(hand).entries
    assert picked.winfo_reqheight() == pytest.approx(written.master.winfo_reqheight(), abs=1)


def test_the_arrow_of_a_list_grows_with_the_text(hand: Hand) -> None:
    hand.show(snapshot(1, 2))
    usual = chevron(hand)
    for _ in range(4):
        hand.press("<Control-plus>")
    assert chevron(hand) >= usual * 1.5
    hand.press("<Control-Key-0>")
    assert chevron(hand) == usual


def chevron(hand: Hand) -> int:
    """Return how many pixels wide the arrow of a field to pick in is."""
    hand.until(lambda: hand.window.control.actions.state)  # it is drawn again
    hand.window.control.actions.adjust.do()
    sheet = form(hand)
    box = sheet.entries[0]
    hand.until(lambda: box.winfo_width() > 1)
    assert isinstance(box, tkinter.ttk.Combobox)
    middle = box.winfo_height() // 2
    wide = sum("downarrow" in box.identify(x, middle) for x in range(box.winfo_width()))
    sheet.end()
    return wide


@pytest.mark.parametrize("theme", ["dark", "light"])
def test_a_list_in_a_form_works_by_keyboard(make: MakeHand, theme: str) -> None:
    hand = make(theme=theme)
    hand.show(snapshot(1, 2, labels=("Debian", "Arch")))
    hand.window.control.actions.adjust.do()
    sheet = form(hand)
    box = sheet.entries[0]
    hand.focus(box)
    hand.root.update()
    hand.press("<Down>")
    popdown = hand.root.tk.call("ttk::combobox::PopdownWindow", box)
    listbox = f"{popdown}.f.l"
    font, ground, ink = (
        str(hand.root.tk.call(listbox, "cget", option))
        for option in ("-font", "-selectbackground", "-selectforeground")
    )
    assert font == str(box.cget("font"))
    assert contrast(ink, ground) >= READABLE
    hand.until(lambda: hand.root.tk.getboolean(hand.root.tk.call("winfo", "ismapped", listbox)))
    for key in ("<Down>", "<Return>"):
        hand.root.tk.call("event", "generate", listbox, key)
        hand.root.update()
    assert sheet.typed["choice"].get() == "Arch"
    holders = hand.root.tk.splitlist(hand.root.tk.call("grab", "current"))
    assert list(map(str, holders)) == [str(sheet)], "the form still holds the mouse"
    hand.press("<Escape>")
    assert open_sheets(hand.root) == []


@pytest.mark.parametrize("size", ["720x480", "900x600"])
def test_every_form_fits_the_smallest_window(make: MakeHand, size: str) -> None:
    hand = make()
    hand.resize(size)
    hand.show(ruled(snapshot(5, 5, state=State.PROVISIONAL), tie=Tie.DRAW))
    actions = hand.window.control.actions
    for action in (actions.rule, actions.exclude, actions.adjust, actions.draw, actions.export):
        action.do()
        sheet = form(hand)
        assert sheet.winfo_y() >= 0, action.word
        assert sheet.winfo_y() + sheet.winfo_height() <= hand.root.winfo_height(), action.word
        assert sheet.winfo_x() >= 0, action.word
        sheet.end()


def test_the_log_fits_the_smallest_window(make: MakeHand) -> None:
    hand = make(scale=2.0)
    hand.resize("1440x960")
    hand.show(replace(snapshot(1, 2), acts=(Act(ActKind.OPENED, OPENS_MS),)))
    hand.press("<l>")
    (sheet,) = open_sheets(hand.root)
    hand.until(lambda: sheet.winfo_width() > 1)
    assert sheet.winfo_x() > 0
    assert sheet.winfo_x() + sheet.winfo_width() < 1440


@pytest.mark.parametrize("theme", ["dark", "light"])
def test_the_edge_of_a_sheet_is_visible(make: MakeHand, theme: str) -> None:
    hand = make(theme=theme, scale=2.0)
    hand.show(snapshot(1, 2))
    hand.window.control.actions.adjust.do()
    sheet = form(hand)
    edge, ground = str(sheet.cget("background")), str(sheet.inner.cget("background"))
    assert contrast(edge, ground) >= 3
    assert int(str(sheet.cget("padx"))) == 2
