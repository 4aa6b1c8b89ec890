"""The page before a vote, in a real window: what it says as one types, and what it asks for."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from hand import Hand, MakeHand

from twittervotes.cli.plan import new_contest
from twittervotes.cli.vote_options import Options
from twittervotes.core.config import local_time
from twittervotes.core.config.loader import Config
from twittervotes.core.config.rules import ruled
from twittervotes.core.contest.acts import State
from twittervotes.core.contest.contest import Choice, Contest, PerAccount, Rules, checked, chosen
from twittervotes.core.errors import ConfigError, LedgerBusyError, TwittervotesError
from twittervotes.desktop.start_page.contract import Key, NetworkOption, Proposal, Recent, Starting
from twittervotes.desktop.start_page.controller import Start
from twittervotes.desktop.start_page.draft import (
    Draft,
    end_in_words,
    initial_draft,
    options_of,
    rules_of,
)
from twittervotes.desktop.start_page.page import StartPage
from twittervotes.desktop.widgets.form import FormSheet
from twittervotes.desktop.widgets.overlay import open_sheets
from twittervotes.network.address import EVERYWHERE

NOW = datetime(2026, 11, 21, 19, 30)
HELD = (
    Recent(Path("a.votes"), "Cats or dogs?", State.CERTIFIED, 1_795_000_000_000, "12 votes"),
    Recent(Path("b.votes"), "b", trouble="b.votes is not a ledger. No changes were made."),
)


@dataclass
class Asker:
    """Fills in the page as a person would, and keeps what it asks the program for."""

    hand: Hand
    begun: list[Options] = field(default_factory=list)
    refusal: TwittervotesError | None = None
    networks: tuple[NetworkOption, ...] = (NetworkOption("twitter", signs_in=True),)
    signing: list[Callable[[str, bool], None]] = field(default_factory=list)
    ended: list[str] = field(default_factory=list)
    held: tuple[Recent, ...] = HELD
    entered: list[dict[str, str]] = field(default_factory=list)
    start: Start = field(init=False)

    def open(self, **proposed: object) -> Asker:
        proposal = Proposal(Options(), Rules(), **({"sources": ("twitter",)} | proposed))  # type: ignore[arg-type]
        starting = Starting(
            self._begin,
            self._words,
            lambda: self.networks,
            lambda told: told(self.held),
            self._sign_in,
            self._delete,
            lambda: self.ended.append("folder"),
            self._enter,
            self.hand.window.operator,
        )
        self.start = Start(proposal, starting, self.hand.window.soon)
        self.hand.window.open(self.start)
        self.hand.root.update()
        return self

    @property
    def page(self) -> StartPage:
        assert self.start.page
        return self.start.page

    @property
    def banner(self) -> str:
        return self.page._banner.told

    def type(self, text: str) -> None:
        """Type into what has the focus, key by key."""
        for sign in text:
            name = {" ": "space", "#": "numbersign", "-": "minus", ":": "colon", "?": "question"}
            self.hand.press(f"<Key-{name.get(sign, sign)}>")

    def says(self, words: str) -> None:
        """Wait until the hashtags' line says so."""
        self.hand.until(lambda: words in self.page.hashtags.words.said)

    def _enter(self, keys: Mapping[str, str]) -> None:
        if self.refusal:
            raise self.refusal
        self.entered.append(dict(keys))
        self.networks = tuple(replace(each, needs=(), keys=()) for each in self.networks)

    def _delete(self, recent: Recent) -> None:
        if self.refusal:
            raise self.refusal
        self.held = tuple(each for each in self.held if each != recent)

    def _begin(self, options: Options) -> None:
        if self.refusal:
            raise self.refusal
        self.begun.append(options)

    def _words(self, options: Options) -> str:
        choices, twice = chosen(options.hashtags)
        checked(Contest("", choices, ruled(Rules(), options.rules)), ("mastodon",))
        return f"{len(choices)} choices, {len(twice)} twice"

    def _sign_in(self, told: Callable[[str, bool], None]) -> Callable[[], None]:
        self.signing.append(told)
        return lambda: self.ended.append("sign-in")


@pytest.fixture
def asker(make: MakeHand) -> Asker:
    return Asker(make())


def test_ctrl_enter_starts_the_vote_as_typed(asker: Asker) -> None:
    asker.open()
    asker.type("Cats or dogs?")
    for name in ("Cats", "Dogs"):
        asker.hand.press("<Return>")
        asker.type(name)
        for _ in range(2):
            asker.hand.press("<Return>")
    asker.says("2 choices")
    asker.hand.press("<Control-Return>")
    (options,) = asker.begun
    assert (options.title, options.hashtags) == ("Cats or dogs?", ("#cats", "#dogs"))
    assert [label for _, label, _ in options.looks] == ["Cats", "Dogs"]
    assert options.sources == ("twitter",)
    assert options.time_ms is None
    assert ruled(Rules(), options.rules) == Rules()


def test_enter_moves_to_the_next_field(asker: Asker) -> None:
    asker.open()
    asker.type("Cats or dogs?")
    asker.hand.press("<Return>")
    asker.type("Cats")
    for _ in range(9):
        asker.hand.press("<Return>")
    assert asker.begun == []
    assert asker.page.question.entry.text == "Cats or dogs?"
    assert asker.start.draft.hashtags == "#cats"
    asker.hand.focus(asker.page.start_button)
    asker.hand.press("<Return>")
    assert len(asker.begun) == 1


def test_invalid_hashtags_are_flagged_as_you_type(asker: Asker) -> None:
    asker.open(title="?")
    asker.hand.focus(asker.page.hashtags.table.lines[0].tag.field)
    asker.type("cats arch-linux")
    asker.says("1 choice needs a correction.")
    line = asker.page.hashtags.table.lines[1]
    assert line.complaint.startswith("#arch-linux isn't a valid hashtag because of '-'.")
    asker.hand.press("<Control-Return>")
    assert asker.begun == []
    assert [line.tag.text for line in asker.page.hashtags.table.lines] == ["cats", "arch-linux"]
    asker.page.hashtags.table.lines[1].tag.write("archlinux")
    asker.says("2 choices")


def test_hashtags_that_a_network_equates_are_reported(asker: Asker) -> None:
    asker.open(title="?")
    asker.page.hashtags.paste("cafe café")
    asker.says("it is the same hashtag as #cafe")
    asker.start.start()
    assert asker.begun == []


def test_without_a_hashtag_the_page_asks_for_one(asker: Asker) -> None:
    asker.open()
    asker.hand.press("<Control-Return>")
    asker.says("Enter at least one hashtag")
    assert asker.begun == []


def test_a_rehearsal_is_the_same_vote_on_the_simulated_network(asker: Asker) -> None:
    asker.open(title="?")
    asker.page.hashtags.paste("cats dogs")
    asker.hand.press("<Control-r>")
    assert [options.sources for options in asker.begun] == [("rehearsal",)]
    asker.page.rehearse_button.press()
    assert len(asker.begun) == 2


def test_the_form_after_a_rehearsal_has_the_networks_that_are_ready(asker: Asker) -> None:
    asker.networks = (NetworkOption("bluesky", is_usual=True), NetworkOption("mastodon"))
    page = asker.open(sources=("rehearsal",)).page
    page.hashtags.paste("cats dogs")
    asker.says("2 choices")
    assert [name for name, tick in page.sources.ticks.items() if tick.on] == ["bluesky"]
    assert "Rehearsal" not in page.foreseen
    assert not any("Rehearsal" in text for text in asker.hand.texts(page.preview.stage.canvas))
    asker.hand.press("<Control-Return>")
    assert [options.sources for options in asker.begun] == [("bluesky",)]


def test_without_a_ready_network_only_a_rehearsal_begins(asker: Asker) -> None:
    asker.networks = (NetworkOption("bluesky", needs=("Sign in.",), is_usual=True),)
    asker.open(sources=("rehearsal",)).page.hashtags.paste("cats dogs")
    asker.says("2 choices")
    asker.hand.press("<Control-Return>")
    assert asker.begun == []
    assert asker.page.sources.wrong.said == "Select at least one network, or rehearse."
    asker.hand.press("<Control-r>")
    assert [options.sources for options in asker.begun] == [("rehearsal",)]


def test_an_error_stays_above_the_form_until_a_change(
    asker: Asker,
) -> None:
    asker.open(title="?")
    asker.page.hashtags.paste("cats dogs")
    asker.refusal = LedgerBusyError("Another program is counting into it.")
    asker.start.start()
    assert asker.banner == "Another program is counting into it."
    assert asker.start.draft.hashtags == "#cats #dogs"
    asker.page.hashtags.paste("cats dogs birds")
    asker.says("3 choices")
    asker.refusal = None
    asker.start.start()
    assert asker.banner == ""
    assert len(asker.begun) == 1


def test_a_known_error_is_shown_from_the_start(asker: Asker) -> None:
    asker.open(trouble="config.yaml:3: There is no setting 'sorces'.")
    assert asker.banner == "config.yaml:3: There is no setting 'sorces'."


def test_only_ticked_sources_are_queried(asker: Asker) -> None:
    asker.networks = (NetworkOption("mastodon"), NetworkOption("twitter"))
    asker.open(title="?", sources=("twitter", "mastodon"))
    asker.page.hashtags.paste("cats dogs")
    ticks = asker.page.sources.ticks
    ticks["mastodon"].turn()
    asker.start.start()
    assert asker.begun[0].sources == ("twitter",)
    asker.hand.focus(ticks["twitter"])
    asker.hand.press("<space>")
    asker.start.start()
    assert asker.page.sources.wrong.said == "Select at least one network, or rehearse."
    assert asker.page.sources.wrong.winfo_manager()
    assert len(asker.begun) == 1


def test_the_ballot_page_is_opened_to_phones_by_a_tick(asker: Asker) -> None:
    asker.networks = (NetworkOption("web", opens="Open to phones in this network"),)
    asker.open(title="?", sources=("web",))
    asker.page.hashtags.paste("cats dogs")
    asker.start.start()
    tick = asker.page.sources.open_tick
    assert tick is not None
    tick.turn()
    asker.start.start()
    assert [options.host for options in asker.begun] == ["", EVERYWHERE[0]]


def test_other_networks_have_nothing_to_open(asker: Asker) -> None:
    asker.networks = (NetworkOption("mastodon"),)
    asker.open()
    assert asker.page.sources.open_tick is None


def test_a_source_says_what_it_needs_and_offers_the_sign_in(asker: Asker) -> None:
    asker.networks = (NetworkOption("twitter", needs=("Sign in once.",), signs_in=True),)
    asker.open()
    sources = asker.page.sources
    assert sources.said["twitter"].said == "Sign in once."
    assert sources.sign_in_button
    sources.sign_in_button.press()
    asker.signing[0]("Sign in at http://127.0.0.1:3000", False)
    asker.hand.until(lambda: "127.0.0.1" in sources.said["sign-in"].said)
    assert sources.sign_in_button.label == "Cancel"
    asker.networks = (NetworkOption("twitter", signs_in=True),)
    asker.signing[0]("Signed in as @ada; saved to .twitterauth, readable only by you.", True)
    asker.hand.until(lambda: "@ada" in sources.said["sign-in"].said)
    assert "twitter" not in sources.said, "it is ready"
    assert sources.sign_in_button is None


def test_a_sign_in_under_way_ends_with_the_page(asker: Asker) -> None:
    asker.networks = (NetworkOption("twitter", needs=("Sign in once.",), signs_in=True),)
    asker.open()
    asker.start.sign_in()
    asker.start.end()
    assert asker.ended == ["sign-in"]


def test_previous_votes_are_opened_by_key_or_click(asker: Asker) -> None:
    asker.open()
    asker.hand.until(lambda: len(asker.page.recent.rows) == 2)
    first, second = asker.page.recent.rows
    assert first.words.said.startswith("Certified · 12 votes · 2026-11-18")
    assert second.words.said == "b.votes is not a ledger. No changes were made."
    asker.hand.focus(first)
    asker.hand.press("<Return>")
    assert [options.file for options in asker.begun] == [Path("a.votes")]
    asker.refusal = ConfigError("b.votes is not a ledger.")
    second.words.event_generate("<ButtonRelease-1>")
    asker.hand.root.update()
    assert asker.banner == "b.votes is not a ledger."


def test_picked_rules_are_described(asker: Asker) -> None:
    asker.open(title="?")
    asker.page.hashtags.paste("cats dogs")
    rules = asker.page.rules
    rules.button.press()
    asker.hand.focus(rules.choosers["per_account"])
    asker.hand.press("<Right>")
    rules.entries["min_account_age"].write("30d")
    rules.entries["required"].write("#live, #tonight")
    asker.hand.until(lambda: "One vote per account: the last" in rules.words.said)
    assert (
        "Posts must also contain #live #tonight\nAccounts must be at least 30 days old"
        in rules.words.said
    )
    rules.entries["min_account_age"].write("soon")
    asker.hand.until(lambda: "Min account age must be" in rules.words.said)
    asker.start.start()
    assert asker.begun == []
    rules.entries["min_account_age"].write("")
    asker.start.start()
    made = ruled(Rules(), asker.begun[0].rules)
    assert made == Rules(PerAccount.LAST, required=("live", "tonight"))


def test_a_required_tag_cannot_be_a_choice(asker: Asker) -> None:
    asker.open(title="?")
    asker.page.hashtags.paste("cats dogs")
    asker.page.rules.button.press()
    asker.page.rules.entries["required"].write("#cats")
    asker.says("#cats can't be both a choice and required")


def test_the_period_is_picked_and_checked(asker: Asker) -> None:
    asker.open(title="?")
    asker.page.hashtags.paste("cats dogs")
    period = asker.page.period
    period.chooser.choose("for")
    period.entries["for"].write("1:30")
    asker.hand.until(lambda: "1m30s for minutes and seconds" in period.words.said)
    asker.start.start()
    assert asker.begun == []
    period.entries["for"].write("90s")
    asker.start.start()
    assert asker.begun[0].time_ms == 90_000
    period.chooser.choose("until")
    later = datetime.now() + timedelta(days=2)
    period.entries["until"].write(later.strftime("%Y-%m-%d %H:%M"))
    asker.start.start()
    closes = local_time.written(later.replace(second=0, microsecond=0).astimezone())
    assert dict(asker.begun[1].rules)["closes"] == closes
    assert asker.begun[1].time_ms is None


def test_what_is_typed_outlives_another_theme_and_size(asker: Asker) -> None:
    asker.open(title="?")
    asker.page.hashtags.paste("cats dogs")
    asker.page.rules.button.press()
    asker.page.rules.choosers["tie"].choose("draw")
    asker.page.period.chooser.choose("for")
    before = asker.page
    asker.hand.press("<Control-t>")
    asker.hand.press("<Control-plus>")
    assert asker.page is not before
    assert asker.start.draft.hashtags == "#cats #dogs"
    assert asker.page.rules.choosers["tie"].value == "draw"
    assert asker.page.period.chooser.value == "for"
    assert len(asker.hand.root.winfo_children()) == len({*asker.hand.root.winfo_children()})
    asker.hand.press("<Control-Return>")
    assert len(asker.begun) == 1, "keys are not bound twice"


def test_the_votes_keys_do_nothing_below_the_page(asker: Asker) -> None:
    asker.open(title="?")
    asker.hand.focus(asker.page.period.chooser)
    for key in ("<F11>", "<v>", "<o>", "<space>", "<F5>"):
        asker.hand.press(key)
    assert not asker.hand.window.control.display.is_open
    assert asker.hand.wanted == []


@pytest.mark.parametrize(
    ("scale", "size"),
    [
        (1.0, "720x480"),
        (1.0, "1280x800"),
        (1.0, "1920x1080"),
        (2.0, "1440x960"),
        (2.0, "1920x1080"),
    ],
)
def test_the_focused_widget_is_visible_at_every_size(
    make: MakeHand, scale: float, size: str
) -> None:
    asker = Asker(make(scale=scale))
    asker.hand.resize(size)
    asker.open(title="?")
    asker.page.rules.button.press()
    asker.hand.root.update()
    asker.page.question.entry.field.focus_force()  # where it is out of sight, another has it
    asker.hand.root.update()
    view = asker.page._view
    for _ in range(30):
        asker.hand.press("<Tab>")
        asker.hand.root.update()
        widget = asker.hand.focused()
        if str(widget).startswith(str(view)):
            top = widget.winfo_rooty() - view.winfo_rooty()
            assert -1 <= top <= view.winfo_height() - min(widget.winfo_height(), 20)


def test_the_buttons_are_below_the_form_in_a_wide_window(make: MakeHand) -> None:
    asker = Asker(make())
    asker.hand.resize("1920x1080")
    asker.open()
    question, button = asker.page.question, asker.page.start_button
    ring = 4  # round a button, where its focus is shown
    asker.hand.until(lambda: question.winfo_rootx() == button.winfo_rootx() + ring)


def test_a_time_of_day_is_the_next_one() -> None:
    draft = Draft(lasts="until", until="20:00")
    assert end_in_words(draft, NOW) == "Voting closes today at 20:00:00."
    draft.until = "19.15"
    assert end_in_words(draft, NOW) == "Voting closes tomorrow at 19:15:00."
    draft.until = "2026-12-24 18:00"
    assert end_in_words(draft, NOW) == "Voting closes on 2026-12-24 at 18:00:00."
    for wrong, why in (
        ("25:00", "Enter a time"),
        ("x", "Enter a"),
        ("2026-01-01", "already passed"),
    ):
        draft.until = wrong
        with pytest.raises(TwittervotesError, match=why):
            end_in_words(draft, NOW)


def test_configured_values_pass_through_the_form_unchanged() -> None:
    rules = Rules(
        PerAccount.ALL,
        required=("live",),
        min_account_age_s=86_400,
        grace_s=5,
        exclude=("x:1", "2"),
    )
    proposal = Proposal(Options(hashtags=("a", "b")), rules, ("twitter",), "T", 90_000)
    draft = initial_draft(proposal, NOW)
    assert (draft.title, draft.tags, draft.length) == ("T", ("#a", "#b"), "1m30s")
    assert rules_of(draft) == rules
    options = options_of(draft, Options(rules=(("closes", "x"), ("opens", "y"))), NOW)
    assert options.time_ms == 90_000
    assert dict(options.rules)["opens"] == "y"
    assert "closes" not in dict(options.rules)


def test_rehearsals_are_listed_separately_on_request(asker: Asker) -> None:
    asker.held = (*HELD, Recent(Path("r.votes"), "Trial", State.PROVISIONAL, 1, "9 votes", True))
    asker.open()
    part = asker.page.recent
    asker.hand.until(lambda: len(part.rows) == 2)
    assert part.rehearsals.said == "Show 1 rehearsal"
    part.rehearsals.press()
    assert [row.recent.title for row in part.rows] == ["Cats or dogs?", "b", "Trial"]
    assert part.rows[-1].words.said.startswith("Rehearsal · Provisional · 9 votes")
    part.rehearsals.press()
    assert len(part.rows) == 2


def test_a_kept_vote_is_deleted_after_a_question(asker: Asker) -> None:
    asker.open()
    part = asker.page.recent
    asker.hand.until(lambda: len(part.rows) == 2)
    asker.hand.focus(part.rows[0])
    asker.hand.press("<Delete>")
    assert len(part.rows) == 2
    asker.hand.press("<Escape>")
    asker.hand.focus(part.rows[0])
    asker.hand.press("<Delete>")
    asker.hand.press("<Left>")
    asker.hand.press("<Control-Return>")
    asker.hand.until(lambda: [row.recent.title for row in part.rows] == ["b"])
    assert asker.begun == []
    asker.refusal = LedgerBusyError("Another program is counting into b.votes.")
    part.rows[0].cross.event_generate("<ButtonRelease-1>", x=2, y=2)
    asker.hand.root.update()
    asker.hand.press("<Left>")
    asker.hand.press("<Return>")
    assert asker.banner == "Another program is counting into b.votes."
    assert len(part.rows) == 1


def test_the_folder_of_the_votes_is_shown(asker: Asker) -> None:
    asker.open()
    asker.page.recent.folder_link.press()
    assert asker.ended == ["folder"]


def test_all_errors_in_the_form_are_shown_at_once(asker: Asker) -> None:
    asker.open(title="?", sources=())
    asker.page.period.chooser.choose("for")
    asker.page.period.entries["for"].write("soon")
    asker.start.start()
    assert asker.page.hashtags.words.said == "Enter at least one hashtag."
    assert asker.page.period.words.said.startswith("Enter ")
    assert asker.page.sources.wrong.said == "Select at least one network, or rehearse."
    assert asker.begun == []


def test_details_of_choices_are_edited_in_the_form(asker: Asker) -> None:
    asker.open(title="?")
    part = asker.page.hashtags
    part.paste("#debian arch")
    asker.hand.root.update()
    table = part.table
    asker.hand.focus(table.lines[0].name.field)
    asker.type("Debian")
    table.lines[0].also.write("#debianlinux, deb")
    asker.hand.focus(table.lines[0].badge)
    asker.hand.press("<Return>")
    asker.hand.until(lambda: len(table.colours) == 8)
    table.colours[3].event_generate("<ButtonRelease-1>", x=5, y=5)
    asker.hand.until(lambda: not table.colours)
    asker.start.start()
    (options,) = asker.begun
    assert options.hashtags == ("#debian=#debianlinux", "#arch")
    assert options.words == (("debian", "deb"),)
    assert options.looks == (("debian", "Debian", "#d06fb0"),)
    choices = new_contest(options, Config(), 0, rehearsal=False).choices
    assert choices[0] == Choice(
        "debian", "Debian", "#d06fb0", aliases=("debianlinux",), words=("deb",)
    )
    assert choices[1] == Choice("arch")


def test_details_stay_with_their_hashtag(asker: Asker) -> None:
    asker.open(title="?")
    part = asker.page.hashtags
    part.paste("debian arch")
    part.table.lines[1].name.write("Arch")
    part.paste("fedora arch")
    assert [line.tag.text for line in part.table.lines] == ["#fedora", "#arch"]
    assert part.table.lines[1].name.text == "Arch"


def test_a_hashtag_is_derived_from_the_name(asker: Asker) -> None:
    asker.open(title="?")
    line = asker.page.hashtags.table.lines[0]
    asker.hand.focus(line.name.field)
    asker.type("Arch Linux")
    assert line.tag.text == "#archlinux"
    line.tag.write("#arch")
    line.name.write("Arch GNU/Linux")
    assert line.tag.text == "#arch"


def test_a_pasted_list_fills_one_line_per_hashtag(asker: Asker) -> None:
    asker.open(title="?")
    table = asker.page.hashtags.table
    asker.hand.focus(table.lines[0].tag.field)
    asker.type("#cats ")
    asker.hand.until(lambda: asker.hand.root.focus_get() is table.lines[1].tag.field)
    table.lines[1].tag.write("dogs, birds\nfish")
    asker.hand.until(lambda: len(table.lines) == 4)
    assert asker.start.draft.tags == ("#cats", "dogs", "birds", "fish")
    asker.page.hashtags.list_link.press()
    asker.hand.root.update()
    (sheet,) = open_sheets(asker.hand.root)
    assert isinstance(sheet, FormSheet)
    assert sheet.typed["list"].get() == "#cats dogs birds fish"
    sheet.typed["list"].set("cats; dogs")
    sheet.yes.press()
    asker.hand.until(lambda: len(table.lines) == 2)
    assert asker.start.draft.tags == ("#cats", "#dogs")


def test_choices_are_added_removed_and_moved(asker: Asker) -> None:
    asker.open(title="?")
    part, table = asker.page.hashtags, asker.page.hashtags.table
    part.paste("cats dogs")
    asker.hand.focus(part.add_link)
    asker.hand.press("<Return>")
    asker.type("Fish")
    assert asker.start.draft.tags == ("#cats", "#dogs", "#fish")
    asker.hand.press("<Alt-Up>")
    assert asker.start.draft.tags == ("#cats", "#fish", "#dogs")
    assert asker.hand.root.focus_get() is table.lines[1].name.field
    grip, y = table.lines[2].grip, table.lines[0].grip.winfo_rooty()
    grip.event_generate("<ButtonRelease-1>", x=2, y=y - grip.winfo_rooty() + 2)
    asker.hand.until(lambda: asker.start.draft.tags == ("#dogs", "#cats", "#fish"))
    table.lines[0].cross.press()
    table.lines[0].cross.press()
    assert asker.start.draft.tags == ("#fish",)
    assert len(table.lines) == 2


def test_a_choice_without_a_hashtag_is_reported_by_its_name(asker: Asker) -> None:
    asker.open(title="?")
    asker.page.hashtags.paste("cats")
    asker.page.hashtags.table.lines[1].name.write("???")
    asker.start.start()
    assert asker.page.hashtags.table.lines[1].complaint == "Enter a hashtag."
    assert asker.begun == []


def test_the_foot_and_the_preview_show_what_would_start(asker: Asker) -> None:
    asker.networks = (NetworkOption("mastodon"), NetworkOption("twitter"))
    asker.open(title="Cats or dogs?", sources=("mastodon", "twitter"), time_ms=600_000)
    assert asker.page.foreseen.startswith("A rehearsal ")
    asker.page.hashtags.paste("cats dogs")
    asker.hand.until(lambda: asker.page.foreseen == "2 choices on Mastodon and X, for 10 minutes.")
    seen = asker.hand.texts(asker.page.preview.stage.canvas)
    assert {"Cats or dogs?", "#cats", "#dogs", "10:00"} <= set(seen)
    asker.page.period.chooser.choose("open")
    end = "2 choices on Mastodon and X, until you close it."
    asker.hand.until(lambda: asker.page.foreseen == end)


def test_the_operators_name_is_kept(asker: Asker) -> None:
    asker.hand.window.operator.keep(name="Ada")
    asker.open(title="?")
    assert asker.page.name.text == "Ada"
    asker.page.name.write("Grace ")
    assert asker.hand.window.operator.name == "Grace"


def test_two_previous_votes_are_listed_until_all_are_requested(
    asker: Asker,
) -> None:
    asker.held = tuple(
        Recent(Path(f"{n}.votes"), f"Vote {n}", State.CERTIFIED, n, "1 vote") for n in range(5)
    )
    asker.open()
    part = asker.page.recent
    asker.hand.until(lambda: len(part.rows) == 2)
    assert part.all_link.said == "Show 3 more"
    part.all_link.press()
    assert len(part.rows) == 5
    assert not part.all_link.winfo_manager()


def test_ready_networks_are_ticked_by_default(asker: Asker) -> None:
    asker.networks = (
        NetworkOption("bluesky", is_usual=True),
        NetworkOption("mastodon", needs=("Name an instance.",), is_usual=True),
        NetworkOption("twitter", needs=("Needs the app key.",), is_usual=True),
        NetworkOption("x"),
    )
    asker.open(title="?", picks_ready=True)
    ticks = {name: tick.on for name, tick in asker.page.sources.ticks.items()}
    assert ticks == {"bluesky": True, "mastodon": False, "twitter": False, "x": False}
    asker.open(title="?", sources=("x",))
    assert [name for name, tick in asker.page.sources.ticks.items() if tick.on] == ["x"]


def test_keys_are_entered_in_the_form_and_never_shown(asker: Asker) -> None:
    keys = (
        Key("TWITTERVOTES_YOUTUBE_VIDEO", "address of the stream", is_secret=False),
        Key("TWITTERVOTES_YOUTUBE_KEY", "API key"),
    )
    asker.networks = (NetworkOption("youtube", needs=("Needs the API key.",), keys=keys),)
    asker.open(title="?", sources=())
    asker.page.sources.enter_buttons["youtube"].press()
    asker.hand.root.update()
    (sheet,) = open_sheets(asker.hand.root)
    assert isinstance(sheet, FormSheet)
    assert not sheet.yes.enabled
    sheet.typed[keys[0].name].set("https://youtu.be/abc")
    sheet.typed[keys[1].name].set("s3cret")
    assert [str(entry.cget("show")) for entry in sheet.entries] == ["", "•"]
    sheet.yes.press()
    assert asker.entered == [{keys[0].name: "https://youtu.be/abc", keys[1].name: "s3cret"}]
    assert asker.page.sources.ticks["youtube"].on
    assert asker.page.sources.enter_buttons == {}


def test_every_faulty_choice_says_so_below_its_fields(asker: Asker) -> None:
    asker.open(title="?")
    table = asker.page.hashtags.table
    asker.page.hashtags.paste("debian Debian arch-linux mint")
    table.lines[3].also.write("#debian, mint1, #a-b")
    asker.says("3 choices need a correction.")
    said = [line.complaint for line in table.lines]
    assert said[0] == ""
    assert said[1] == "debian already has #Debian."
    assert said[2].startswith("#arch-linux isn't a valid hashtag")
    assert said[3] == "debian already has #debian."
    assert [line.tag.is_wrong for line in table.lines] == [False, True, True, False]
    assert [line.also.is_wrong for line in table.lines] == [False, False, False, True]
    asker.start.start()
    assert asker.begun == []
    table.lines[0].badge.press()
    assert [line.complaint for line in table.lines] == said, "they stay above the colours"
    asker.hand.root.update()
    words, colours = table.lines[0].badge, table.colours[0]
    assert words.winfo_rooty() < colours.winfo_rooty() < table.lines[1].tag.winfo_rooty()
    table.lines[0].badge.press()
    for line, tag in zip(table.lines[1:], ("#ubuntu", "#arch", "#mint"), strict=True):
        line.tag.write(tag)
        line.also.write("")
    asker.says("4 choices")
    assert not any(line.complaint or line.tag.is_wrong for line in table.lines)


@pytest.mark.parametrize(
    ("size", "is_beside"), [("900x600", False), ("1280x800", True), ("720x480", False)]
)
def test_no_field_of_a_choice_is_cut(asker: Asker, size: str, is_beside: bool) -> None:
    asker.hand.resize(size)
    asker.open(title="?")
    table = asker.page.hashtags.table
    asker.page.hashtags.paste("#debian #ubuntu")
    table.lines[0].also.write("#debianlinux, deb, debianers")
    asker.hand.until(lambda: table.winfo_width() > 1)
    asker.hand.root.update()
    for line in table.lines:
        below = line.also.winfo_rooty() - line.tag.winfo_rooty()
        assert (below == 0) == is_beside
        for entry in (line.name, line.tag, line.also):
            assert entry.field.xview() == (0.0, 1.0), entry.text
