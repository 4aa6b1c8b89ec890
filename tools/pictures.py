"""Draw the real window with made-up snapshots, and save the pictures: `make pictures`.

Needs a display of 2560x1600 (the Makefile provides one); no real vote is shown. Each scene has a
name; without names on the command line, those for the documentation are drawn into docs/pictures.
"""

from __future__ import annotations

import argparse
import os
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, fields, replace
from pathlib import Path
from random import Random

from PIL import Image, ImageGrab
from start_scene import opened

from twittervotes.core.config.display import DisplaySettings, Layout
from twittervotes.core.contest.act_kinds import after
from twittervotes.core.contest.acts import Act, ActKind
from twittervotes.core.contest.contest import Choice, Contest, Tie
from twittervotes.core.contest.percent import percentages
from twittervotes.core.contest.posts import Quota, Tally, Verdict
from twittervotes.core.contest.snapshot import (
    Gap,
    Intents,
    LookupResult,
    Snapshot,
    SourceState,
    SourceStatus,
    State,
)
from twittervotes.desktop.vote.animation import last_minute
from twittervotes.desktop.vote.frame import Moment
from twittervotes.desktop.widgets.overlay import open_sheets
from twittervotes.desktop.window import Window
from twittervotes.presentation.trend import TrendKind

FOLDER = Path(__file__).resolve().parent.parent / "docs" / "pictures"
KEPT = (
    "start",
    "start-light",
    "start-refused",
    "window",
    "window-light",
    "small",
    "menu",
    "rule",
    "search",
    "alarm",
    "trouble",
    "certify",
    "choices-50",
    "display",
    "display-light",
    "display-hidden",
    "display-2",
    "display-2-light",
    "display-8",
    "display-8-light",
    "display-30",
    "display-30-light",
    "display-closing",
    "display-winner",
    "display-winner-light",
    "display-tie",
    "display-tie-light",
    "display-rehearsal",
    "display-overtaking",
    "display-reveal",
    "lower-third",
    "live",
)
OVERTAKING, REVEAL = "display-overtaking", "display-reveal"  # strips of frames
LIVE = "live"  # an animation
FRAME_S, CLOSES_S, LASTS_S, SKIPPED = 0.125, 9.0, 14.0, 6
LINK = "https://votes.example.org/c/distro"
LOWER = DisplaySettings(Layout.LOWER)
OPENS_MS = 1_795_183_200_000
MINUTE_MS = 60_000
DISTROS = (
    "Debian", "Ubuntu", "Arch", "Fedora", "Mint", "openSUSE", "NixOS", "Gentoo", "Alpine",
    "Slackware", "Manjaro", "Void", "Rocky", "Alma", "Zorin", "Pop", "Kali", "Tails", "Qubes",
    "Solus", "Mageia", "PCLinuxOS", "antiX", "MX", "Guix", "Devuan", "Trisquel", "Puppy",
    "Endeavour", "Garuda",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Scene:
    """What to draw: a snapshot, an earlier one, and how."""

    snapshot: Snapshot
    before: Snapshot
    theme: str = "dark"
    size: str = "1280x800"
    scale: float = 1.0
    act: Callable[[Window], None] | None = None
    link: str = LINK
    display: DisplaySettings = field(default_factory=DisplaySettings)


def distributions(*, rehearsal: bool = False) -> Snapshot:
    """The contest of the sketch, nine minutes after opening."""
    names = ("Debian", "Ubuntu", "Arch")
    now_ms = OPENS_MS + 8 * MINUTE_MS + 31_000
    contest = Contest(
        title="Which distribution do you run?",
        choices=tuple(Choice(name.lower(), label=name) for name in names),
        opens_ms=OPENS_MS,
        closes_ms=OPENS_MS + 11 * MINUTE_MS + 2_000,
        rehearsal=rehearsal,
    )
    rows = (
        (250, 180, 90), (480, 300, 180), (590, 370, 220), (690, 480, 280), (830, 530, 295),
        (880, 610, 360), (900, 590, 372), (950, 660, 400), (196, 511, 286),
    )  # fmt: skip
    return Snapshot(
        contest=contest,
        state=State.OPEN,
        now_ms=now_ms,
        tally=tallied(rows),
        sources=(
            SourceStatus(
                "mastodon",
                SourceState.POLLING,
                "polling",
                last_ms=now_ms - 1_400,
                quota=Quota(300, 221, 180_000),
                posts=7_300,
                votes=6_120,
            ),
            SourceStatus(
                "bluesky",
                SourceState.POLLING,
                "listening",
                last_ms=now_ms - 300,
                posts=5_100,
                votes=4_302,
            ),
            SourceStatus(
                "twitter",
                SourceState.WAITING,
                "waits for its quota until 14:10:02",
                last_ms=now_ms - 42_000,
                quota=Quota(180, 4, 91_000),
                posts=2_502,
                votes=2_058,
                completeness="at least",
            ),
        ),
        digest="9f3a" + "0" * 56 + "c41e",
        ledger="/home/ada/votes/Which-distribution-do-you-run.votes",
    )


def tallied(rows: tuple[tuple[int, ...], ...]) -> Tally:
    """A tally whose minutes are `rows`."""
    votes = tuple(map(sum, zip(*rows, strict=True)))
    return Tally(
        votes=votes,
        verdicts=(
            (Verdict.COUNTED, sum(votes)),
            (Verdict.SPOILT, sum(votes) // 20),
            (Verdict.REPEAT, sum(votes) // 9),
            (Verdict.IGNORED, sum(votes) // 31),
            (Verdict.EARLY, sum(votes) // 400),
        ),
        minutes=tuple((OPENS_MS + i * MINUTE_MS, row) for i, row in enumerate(rows)),
        steps=tuple(stepped(rows)),
    )


def stepped(rows: tuple[tuple[int, ...], ...]) -> Iterator[tuple[int, tuple[int, ...]]]:
    """The votes of minutes in steps of ten seconds, rather even; the last two minutes are."""
    chance = Random(7)  # noqa: S311 - seeded, nothing secret
    for minute, row in enumerate(rows):
        last = 4 if minute + 1 == len(rows) else 6  # the last minute is half over
        uneven = 0.2 if minute + 2 < len(rows) else 0.0
        left = list(row)
        for step in range(last):
            share = [
                round(number / (last - step) * chance.uniform(1 - uneven, 1 + uneven))
                for number in left
            ]
            votes = tuple(left if step == last - 1 else map(min, share, left))
            left = [a - b for a, b in zip(left, votes, strict=True)]
            yield OPENS_MS + minute * MINUTE_MS + step * 10_000, votes


def many(number: int) -> Snapshot:
    """A contest of so many choices, among them names that are hard to draw."""
    special = {
        1: "Ubuntu 🐧 with a name that is far too long to stand in one row beside its numbers",
        2: "日本語のタグ",
        3: "ראשון לציון",
        4: "العربية",
        5: "🎉🎈",
        6: "Ελληνικά και λοιπά",
    }
    names = [special.get(i, f"Choice {i + 1}") for i in range(number)]
    start = distributions()
    contest = replace(
        start.contest,
        title="Which of these many do you like best?",
        choices=tuple(Choice(f"choice_{i + 1}", label=name) for i, name in enumerate(names)),
    )
    rows = tuple(
        tuple((minute * 7 + i * 13) % 90 + 300 // (i + 1) + 20 for i in range(number))
        for minute in range(9)
    )
    return replace(start, contest=contest, tally=tallied(rows))


def distros(number: int) -> Snapshot:
    """A contest of so many distributions, which share out the votes of the sketch."""
    start = distributions()
    contest = replace(
        start.contest,
        choices=tuple(
            Choice("".join(filter(str.isalnum, name)).lower(), label=name)
            for name in DISTROS[:number]
        ),
    )
    weights = [1 / (2 + i) + (0.3 if number == 2 else 0.0) for i in range(number)]
    totals = (520, 960, 1180, 1450, 1655, 1850, 1862, 2010, 993)
    rows = tuple(
        tuple(round(total * weight / sum(weights)) for weight in weights) for total in totals
    )
    return replace(start, contest=contest, tally=tallied(rows))


def earlier(snapshot: Snapshot) -> Snapshot:
    """The snapshot a minute before, for the change in the last minute."""
    tally = snapshot.tally
    gained = last_minute(tally, snapshot.now_ms)
    votes = tuple(number - round(more) for number, more in zip(tally.votes, gained, strict=True))
    return replace(
        snapshot,
        now_ms=snapshot.now_ms - MINUTE_MS,
        tally=replace(tally, votes=votes),
    )


def tied() -> Snapshot:
    start = distributions()
    return replace(start, now_ms=OPENS_MS + 95_000, tally=tallied(((40, 50, 30), (80, 70, 66))))


def provisional() -> Snapshot:
    start = distributions()
    sources = tuple(
        replace(
            source, doing=SourceState.DONE, words="done, period read again", completeness="exact"
        )
        for source in start.sources
    )
    return replace(
        start,
        contest=replace(start.contest, closes_ms=start.now_ms),
        state=State.PROVISIONAL,
        sources=sources,
        now_ms=start.now_ms + 45_000,
    )


def certified() -> Snapshot:
    start = provisional()
    act = Act(ActKind.CERTIFIED, start.now_ms, "Ada Lovelace")
    return replace(start, state=State.CERTIFIED, acts=(act,))


def undecided() -> Snapshot:
    """A tie that a draw decides."""
    start = replace(tied(), state=State.PROVISIONAL)
    rules = replace(start.contest.rules, tie=Tie.DRAW)
    contest = replace(start.contest, closes_ms=start.now_ms, rules=rules)
    return replace(start, contest=contest, sources=provisional().sources)


def long_words() -> Snapshot:
    """A question and rules that need more than one line."""
    start = many(3)
    rules = replace(start.contest.rules, required=("eurovision", "live"), grace_s=30)
    title = "Which of all the distributions that were ever made would you take to an island?"
    return replace(start, contest=replace(start.contest, title=title, rules=rules))


def troubled() -> Snapshot:
    start = distributions()
    gap = Gap(OPENS_MS + 4 * MINUTE_MS, OPENS_MS + 5 * MINUTE_MS, "the network lost its cursor")
    sources = (
        start.sources[0],
        replace(
            start.sources[1],
            doing=SourceState.TROUBLE,
            words="no answer, asks again in 8 s",
            completeness="gap 14:04–14:05",
            gaps=(gap,),
        ),
        replace(
            start.sources[2],
            doing=SourceState.STOPPED,
            words="stopped: access refused (401)",
            advice="Sign in again: python twitter_auth.py",
        ),
    )
    trouble = (
        "The disk is full. Make room and try again. Everything recorded so far is kept in"
        " /home/ada/votes/Which-distribution-do-you-run.votes."
    )
    return replace(start, sources=sources, trouble=trouble)


def silent(number: int = 1) -> Snapshot:
    """The contest of the sketch while so many sources deliver no data."""
    start = distributions()
    words, last_ms = "no answer, asks again in 2 s", start.now_ms - 34_000
    away = [
        replace(source, doing=SourceState.TROUBLE, words=words, last_ms=last_ms)
        for source in start.sources[:number]
    ]
    return replace(start, sources=(*away, *start.sources[number:]))


def resumed() -> Snapshot:
    """The contest of the sketch just after a pause of twenty seconds."""
    start = distributions()
    from_ms, to_ms = start.now_ms - 31_000, start.now_ms - 11_000
    acts = (Act(ActKind.PAUSED, from_ms), Act(ActKind.RESUMED, to_ms))
    contest = replace(start.contest, pauses=((from_ms, to_ms),))
    return replace(start, contest=contest, acts=acts)


def acted() -> Snapshot:
    """A vote with many acts."""
    start = distributions()
    acts = (
        Act(ActKind.OPENED, OPENS_MS),
        Act(ActKind.PAUSED, OPENS_MS + 2 * MINUTE_MS + 10_000),
        Act(ActKind.RESUMED, OPENS_MS + 3 * MINUTE_MS),
        Act(
            ActKind.ADJUSTED,
            OPENS_MS + 5 * MINUTE_MS + 20_000,
            "Ada Lovelace",
            tag="arch",
            votes=12,
            reason="show of hands in the hall",
        ),
        Act(
            ActKind.EXCLUDED,
            OPENS_MS + 6 * MINUTE_MS,
            "Ada Lovelace",
            voter="x:4711",
            reason="it is ours",
        ),
        Act(
            ActKind.EXTENDED,
            OPENS_MS + 8 * MINUTE_MS,
            until_ms=start.contest.closes_ms,
        ),
    )
    contest = start.contest
    for act in acts:
        contest = after(contest, act)
    by_hand = contest.by_hand
    votes = tuple(a + b for a, b in zip(start.tally.votes, by_hand, strict=True))
    tally = replace(start.tally, votes=votes, by_hand=by_hand)
    return replace(start, contest=contest, acts=acts, tally=tally)


def seconds_left(seconds: int) -> Snapshot:
    start = distributions()
    return replace(start, now_ms=(start.contest.closes_ms or 0) - seconds * 1000)


def endless() -> Snapshot:
    start = distributions()
    return replace(start, contest=replace(start.contest, closes_ms=None))


def certified_display() -> Snapshot:
    return replace(distributions(), state=State.CERTIFIED)


def tied_display() -> Snapshot:
    start = certified_display()
    return replace(start, tally=replace(start.tally, votes=(4160, 4160, 4160)))


def scheduled() -> Snapshot:
    start = distributions()
    tally = Tally((0, 0, 0), ())
    sources = tuple(
        replace(source, doing=SourceState.READY, words="ready", last_ms=0, quota=None, votes=0)
        for source in start.sources
    )
    now_ms = OPENS_MS - 4 * MINUTE_MS - 12_000
    return replace(start, state=State.SCHEDULED, now_ms=now_ms, tally=tally, sources=sources)


def searched(window: Window) -> None:
    """Type into the search box, and find something."""
    search = window.body._column.search
    search.entry.field.focus_force()
    search.entry.write("https://x.com/debian/status/1990")
    search._ask()
    found = (
        LookupResult(
            "repeat",
            "2026-11-20 20:04:31 UTC on x: An earlier vote of the account counts:"
            " of 2026-11-20 20:01:02 UTC.",
        ),
    )
    window.body.found(search._wanted, found)


def shown(window: Window) -> None:
    window.control.show_display.do()


def on_air(window: Window) -> None:
    """Open the display beyond this screen, as on a second one."""
    window.control.show_display.do()
    if canvas := window.control.display.canvas:
        canvas.winfo_toplevel().geometry("1920x1080+2560+1600")
    window.root.update()
    window.root.focus_force()


def hidden(window: Window) -> None:
    window.control.show_voting.do()
    window.control.show_display.do()


def pressed(number: int) -> Callable[[Window], None]:
    """Return a function that presses Tab to another button so often."""

    def press(window: Window) -> None:
        for _ in range(number):
            (window.root.focus_get() or window.root).event_generate("<Tab>")
            window.root.update()

    return press


def by_votes(window: Window) -> None:
    window.control.order.do()


def refused(window: Window) -> None:
    window.say("debian has 4 votes; more cannot be taken away.")


def menu_open(window: Window) -> None:
    window.root.after(50, window.control.acts.do)


def typed(window: Window, **values: str) -> None:
    (sheet,) = open_sheets(window.root)
    for name, value in values.items():
        sheet.typed[name].set(value)


def adjusting(window: Window) -> None:
    window.control.actions.adjust.do()
    typed(window, choice="Arch", votes="+12", reason="show of hands in the hall", by="Ada Lovelace")


def scenes() -> dict[str, Scene]:
    """All scenes by the name of their picture."""

    def scene(snapshot: Snapshot, **how: object) -> Scene:
        made = Scene(snapshot, earlier(snapshot))
        return replace(made, **how)  # type: ignore[arg-type]

    live = distributions(rehearsal=True)
    read = provisional().sources[:2]
    closing = replace(provisional(), state=State.CLOSING, sources=(*read, *live.sources[2:]))
    asking = replace(
        Scene(live, earlier(live)), act=lambda window: window.control.actions.close.do()
    )

    def on_display(snapshot: Snapshot, **how: object) -> Scene:
        made = replace(Scene(snapshot, earlier(snapshot)), size="1920x1080", act=shown)
        return replace(made, **how)  # type: ignore[arg-type]

    def before(*, theme: str = "dark", size: str = "1280x800", **how: object) -> Scene:
        made = replace(Scene(live, live), theme=theme, size=size)
        return replace(made, act=lambda w: opened(w, **how))  # type: ignore[arg-type]

    acting = acted()

    def charted(kind: TrendKind) -> Scene:
        def act(window: Window) -> None:
            window.body.show_trend(kind)
            chart = window.body.canvas.find_withtag("lines")
            left, top, right, bottom = window.body.canvas.bbox(chart)
            window.body.canvas.event_generate(
                "<Motion>", x=(left + 2 * right) // 3, y=(top + bottom) // 2
            )

        return replace(Scene(acting, acting), act=act)

    return {
        "start": before(),
        "start-light": before(theme="light"),
        "start-rules": before(rules=True, lasts="until"),
        "start-rules-light": before(rules=True, theme="light", size="1280x1000"),
        "start-error": before(hashtags="debian Debian #ubuntu arch-linux", ready=False),
        "start-refused": before(error=True, ready=False),
        "start-refused-light": before(error=True, ready=False, theme="light"),
        "start-small": before(size="900x600"),
        "start-empty": before(hashtags="", title=""),
        "start-laptop": replace(before(size="1920x1080"), scale=2.0),
        "start-large": before(size="1920x1080"),
        "start-sharp": replace(before(size="2560x1600", rules=True), scale=2.0),
        "acts": scene(acting),
        "scheduled": replace(Scene(scheduled(), scheduled())),
        "search": replace(Scene(acting, earlier(acting)), act=searched),
        "refused": replace(Scene(acting, earlier(acting)), act=refused),
        "menu": replace(Scene(acting, earlier(acting)), act=menu_open),
        "close-light": replace(
            Scene(live, earlier(live), theme="light"),
            act=lambda w: w.control.actions.close.do(),
        ),
        "adjust-light": replace(
            Scene(acting, earlier(acting), theme="light", size="900x600"), act=adjusting
        ),
        "log-light": replace(
            Scene(acting, earlier(acting), theme="light"), act=lambda w: w.control.actions.log.do()
        ),
        "menu-light": replace(Scene(acting, earlier(acting), theme="light"), act=menu_open),
        "search-light": replace(Scene(acting, earlier(acting), theme="light"), act=searched),
        "log": replace(Scene(acting, earlier(acting)), act=lambda w: w.control.actions.log.do()),
        "rule": replace(Scene(acting, earlier(acting)), act=lambda w: w.control.actions.rule.do()),
        "rule-laptop": replace(
            Scene(acting, earlier(acting), size="1920x1080", scale=2.0),
            act=lambda w: w.control.actions.rule.do(),
        ),
        "menu-laptop": replace(
            Scene(acting, earlier(acting), size="1920x1080", scale=2.0), act=menu_open
        ),
        "rule-light": replace(
            Scene(acting, earlier(acting), theme="light", size="900x600"),
            act=lambda w: w.control.actions.rule.do(),
        ),
        "adjust": replace(Scene(acting, earlier(acting)), act=adjusting),
        "exclude": replace(
            Scene(acting, earlier(acting)), act=lambda w: w.control.actions.exclude.do()
        ),
        "certify": replace(
            Scene(provisional(), earlier(provisional())),
            act=lambda w: w.control.actions.certify.do(),
        ),
        "export": replace(
            Scene(acting, earlier(acting)), act=lambda w: w.control.actions.export.do()
        ),
        "draw": replace(
            Scene(undecided(), earlier(undecided())), act=lambda w: w.control.actions.draw.do()
        ),
        "focus": replace(Scene(live, earlier(live)), act=pressed(2)),
        "by-votes": replace(Scene(many(7), many(7)), act=by_votes),
        "display": on_display(distributions()),
        "display-rehearsal": on_display(live),
        "display-light": on_display(distributions(), theme="light"),
        "display-hidden": on_display(distributions(), act=hidden),
        "display-paused": on_display(replace(distributions(), state=State.PAUSED)),
        "display-result": on_display(provisional()),
        "display-2": on_display(distros(2)),
        "display-8": on_display(distros(8)),
        "display-8-light": on_display(distros(8), theme="light"),
        "display-30": on_display(distros(30)),
        "display-2-light": on_display(distros(2), theme="light"),
        "display-30-light": on_display(distros(30), theme="light"),
        "display-8-names": on_display(many(8)),
        "display-30-names": on_display(many(30)),
        "display-30-hidden": on_display(many(30), act=hidden),
        "display-closing": on_display(closing),
        "display-no-data": on_display(silent(3)),
        "display-last": on_display(seconds_left(9)),
        "display-open": on_display(endless()),
        "display-winner": on_display(certified_display()),
        "display-winner-light": on_display(certified_display(), theme="light"),
        "display-winner-8": on_display(replace(distros(8), state=State.CERTIFIED)),
        "display-tie": on_display(tied_display()),
        "display-tie-light": on_display(tied_display(), theme="light"),
        "display-rehearsal-result": on_display(replace(live, state=State.CERTIFIED)),
        "lower-third": on_display(distributions(), display=LOWER),
        "lower-third-8": on_display(many(8), display=LOWER),
        "lower-third-voting": on_display(distributions(), display=LOWER, act=hidden),
        "lower-third-winner": on_display(certified_display(), display=LOWER),
        "lower-third-rehearsal": on_display(live, display=LOWER),
        "display-own-colours": on_display(
            distributions(), display=DisplaySettings(background="#123a5c", ink="#ffe9c7")
        ),
        "display-no-link": on_display(distributions(), link=""),
        "display-no-link-8": on_display(many(8), link=""),
        "display-small": on_display(distributions(), size="1024x768"),
        "hidden": replace(Scene(live, earlier(live)), act=lambda w: w.control.show_voting.do()),
        "window": scene(live, act=on_air),
        "window-light": scene(live, act=on_air, theme="light"),
        "live": scene(distributions(), act=on_air),
        "chart-total": charted(TrendKind.TOTAL),
        "chart-share": charted(TrendKind.SHARE),
        "chart-values": charted(TrendKind.RATE),
        "small": scene(live, act=on_air, size="900x600"),
        "small-below": replace(
            Scene(live, earlier(live), size="900x600"), act=lambda window: window.body.scroll(40)
        ),
        "large": scene(live, size="1920x1080"),
        "sharp": scene(live, size="2560x1600", scale=2.0),
        "laptop": scene(live, size="1920x1080", scale=2.0),
        "laptop-light": scene(live, size="1920x1080", scale=2.0, theme="light"),
        "least": scene(live, size="720x480"),
        "long": scene(long_words()),
        "long-small": scene(long_words(), size="900x600"),
        "certified": scene(certified()),
        "certified-light": scene(certified(), theme="light"),
        "tie": scene(tied()),
        "paused": scene(replace(distributions(), state=State.PAUSED)),
        "closing": scene(closing),
        "provisional": scene(provisional()),
        "alarm": scene(silent(), act=on_air),
        "alarm-all": scene(silent(3)),
        "alarm-light": scene(silent(), theme="light"),
        "alarm-small": scene(silent(), size="900x600"),
        "resumed": scene(resumed()),
        "resumed-light": scene(resumed(), theme="light"),
        "take-back": scene(resumed(), act=lambda window: window.control.actions.others[0].do()),
        "undo-pause": scene(resumed(), act=lambda window: window.control.actions.undo.do()),
        "trouble": scene(troubled()),
        "trouble-light": scene(troubled(), theme="light"),
        "trouble-small": scene(troubled(), size="900x600"),
        "asking": asking,
        "choices-2": scene(many(2)),
        "choices-7": scene(many(7)),
        "choices-8-light": scene(many(8), theme="light"),
        "choices-7-small": scene(many(7), size="900x600"),
        "choices-12": scene(many(12)),
        "choices-26": scene(many(26)),
        "choices-50": scene(many(50)),
        "choices-50-small": scene(many(50), size="900x600"),
        "choices-50-laptop": scene(many(50), size="1920x1080", scale=2.0),
        "choices-50-light": scene(many(50), theme="light", size="1920x1080"),
    }


def nothing(*_: object) -> None:
    """Do nothing: buttons have no effect in a picture."""


def drawn(scene: Scene) -> Image.Image:
    """Show the scene in its own window, and return a picture of it."""
    window = Window(
        Intents(**{each.name: nothing for each in fields(Intents)}),
        theme=scene.theme,
        scale=scene.scale or None,
    )
    window.dress_display(scene.display, FOLDER, link=scene.link, proof=f"{LINK}/proof")
    root = window.root
    try:
        root.geometry(f"{scene.size}+0+0")
        root.focus_force()
        window.show(scene.before)
        waited(root.update, 0.7)
        # The clock of the window goes on until the picture is taken.
        waits = 2.0 if scene.act else 1.3
        waits += 1.8 if scene.act in (shown, hidden) else 0.0
        late_ms = 1000 * int(waits)
        window.show(replace(scene.snapshot, now_ms=scene.snapshot.now_ms - late_ms))
        waited(root.update, 0.7)
        if scene.act:
            scene.act(window)
            waited(root.update, 0.7)
        seen = window.control.display.canvas or root
        seen = root if scene.act is on_air else seen
        if seen is not root:
            width, height = map(int, scene.size.split("x"))
            seen.winfo_toplevel().geometry(f"{width}x{height}+0+0")
            waited(root.update, 1.8)
        above = root.winfo_rooty() if seen is root else 0  # the menu bar
        waited(root.update, 0.6)  # the preview catches up once a second
        box = (
            seen.winfo_rootx(),
            seen.winfo_rooty() - above,
            seen.winfo_rootx() + seen.winfo_width(),
            seen.winfo_rooty() + seen.winfo_height(),
        )
        return ImageGrab.grab(bbox=box)
    finally:
        window.stop()
        window.run()


def overtaking(theme: str = "dark") -> Image.Image:
    """Return an overtaking on the display in eight frames, each with its time."""
    window = Window(Intents(**{each.name: nothing for each in fields(Intents)}), theme=theme)
    root = window.root
    try:
        start = distributions()
        close = replace(start.tally, votes=(4970, 4900, 2610))
        window.show(replace(start, tally=close))
        waited(root.update, 0.7)
        window.control.order.do()
        window.control.show_display.do()
        waited(root.update, 0.7)
        if seen := window.control.display.canvas:
            seen.winfo_toplevel().geometry("1920x1080+0+0")
        waited(root.update, 0.7)
        window.show(replace(start, tally=replace(start.tally, votes=(4970, 5100, 2610))))
        waited(root.update, 1.0)
        began = time.monotonic() + 5.0
        return strip(window, began, (0, 120, 240, 360, 480, 600, 720, 900))
    finally:
        window.stop()
        window.run()


def reveal(theme: str = "dark") -> Image.Image:
    """Return the reveal of a final result on the display in eight frames."""
    window = Window(Intents(**{each.name: nothing for each in fields(Intents)}), theme=theme)
    root = window.root
    try:
        final = certified_display()
        window.control.show_voting.do()
        window.show(replace(final, state=State.PROVISIONAL))
        waited(root.update, 0.7)
        window.control.show_display.do()
        waited(root.update, 0.7)
        if seen := window.control.display.canvas:
            seen.winfo_toplevel().geometry("1920x1080+0+0")
        waited(root.update, 0.7)
        window.showing.hidden = False
        began = time.monotonic() + 5.0
        votes = final.tally.votes
        moment = Moment(final, final.now_ms, (0,) * len(votes), percentages(votes))
        window.control.display.show(moment, began)
        return strip(window, began, (0, 150, 300, 500, 700, 850, 1000, 1250))
    finally:
        window.stop()
        window.run()


def strip(window: Window, began: float, times_ms: tuple[int, ...]) -> Image.Image:
    """Return the display at eight times after `began`, side by side in two rows."""
    frames = []
    for at_ms in times_ms:
        window.control.display.move(began + at_ms / 1000)
        window.root.update_idletasks()
        waited(lambda: None, 0.05)
        frames.append(ImageGrab.grab(bbox=(0, 0, 1920, 1080)).resize((480, 270)))
    made = Image.new("RGB", (4 * 480, 2 * 270))
    for number, frame in enumerate(frames):
        made.paste(frame, (number % 4 * 480, number // 4 * 270))
    return made


def live() -> list[Image.Image]:
    """Return a vote on the display, from its last seconds to the winner, as frames of FRAME_S."""
    window = Window(Intents(**{each.name: nothing for each in fields(Intents)}))
    root = window.root
    try:
        start = distributions()
        window.dress_display(DisplaySettings(), FOLDER, link=LINK, proof=f"{LINK}/proof")
        window.show(start)
        waited(root.update, 0.7)
        window.control.order.do()
        window.control.show_display.do()
        waited(root.update, 0.7)
        display = window.control.display
        if seen := display.canvas:
            seen.winfo_toplevel().geometry("1920x1080+0+0")
        waited(root.update, 1.5)
        frames, began = [], time.monotonic() + 60
        closes_ms = start.contest.closes_ms or 0
        for number in range(round(LASTS_S / FRAME_S)):
            at_s = number * FRAME_S
            now_ms = closes_ms - round(1000 * (CLOSES_S - at_s))
            grown = min(at_s, CLOSES_S)
            votes = (4700 + round(24 * grown), 4560 + round(62 * grown), 2320 + round(17 * grown))
            state = (
                State.OPEN
                if at_s < CLOSES_S
                else State.CLOSING
                if at_s < CLOSES_S + 1.5
                else State.CERTIFIED
            )
            sources = tuple(
                replace(source, doing=SourceState.DONE if at_s > CLOSES_S + 0.8 else source.doing)
                for source in start.sources
            )
            tally = replace(start.tally, votes=votes)
            snapshot = replace(start, tally=tally, state=state, now_ms=now_ms, sources=sources)
            moment = Moment(snapshot, now_ms, (0, 0, 0), percentages(votes))
            if number % 4 == 0:  # as often as a real vote is redrawn
                display.show(moment, began + at_s)
            display.move(began + at_s)
            root.update_idletasks()
            waited(lambda: None, 0.05)
            if number < SKIPPED:  # numbers are still changing from what was shown before
                continue
            frames.append(ImageGrab.grab(bbox=(0, 0, 1920, 1080)).resize((720, 405)))
        return frames
    finally:
        window.stop()
        window.run()


def waited(turn: Callable[[], None], seconds: float) -> None:
    """Run the window for so long."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        turn()
        time.sleep(0.01)


def main() -> None:
    known = scenes()
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("names", nargs="*", help=f"all, or any of: {', '.join(known)}")
    parser.add_argument("--into", type=Path, default=FOLDER)
    asked = parser.parse_args()
    os.environ["TZ"] = "UTC"
    time.tzset()
    asked.into.mkdir(parents=True, exist_ok=True)
    names = [*known, OVERTAKING, REVEAL, LIVE] if asked.names == ["all"] else asked.names or KEPT
    for name in names:
        if name == LIVE:
            first, *rest = live()
            first.save(
                asked.into / f"{LIVE}.webp",
                save_all=True,
                append_images=rest,
                duration=round(1000 * FRAME_S),
                loop=0,
                quality=50,
                method=6,
            )
            continue
        # 256 colours suffice for flat areas and smooth letters, and halve the file.
        strips = {OVERTAKING: overtaking, REVEAL: reveal}
        taken = strips[name]() if name in strips else drawn(known[name])
        picture = taken.convert("RGB").quantize(256, dither=Image.Dither.NONE)
        picture.save(asked.into / f"{name}.png", optimize=True)


if __name__ == "__main__":
    main()
