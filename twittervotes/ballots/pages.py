"""The pages of a ballot box, rendered for one viewer. They work without scripts and styles."""

from __future__ import annotations

import functools
import hashlib
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final

import jinja2

from twittervotes.ballots.receipts import BallotStatus
from twittervotes.board.numbers import Format, clock
from twittervotes.board.pages import iso, utc
from twittervotes.core.contest.contest import PerAccount

if TYPE_CHECKING:
    from twittervotes.ballots.notice import Phase, VoteNotice
    from twittervotes.sources.web.feed import BallotRow

HERE: Final = Path(__file__).parent
BADGES: Final = {"soon": "Soon", "open": "Live", "paused": "Paused", "closed": "Closed"}


@dataclass(frozen=True, slots=True)
class Viewer:
    """The viewer: their number format, and the address under which they see the page."""

    numbers: Format
    base: str
    name: str


@dataclass(frozen=True, slots=True)
class BallotDraft:
    """The initial values of a ballot's form."""

    retry: str
    form: str = ""
    code: str = ""  # a valid code
    typed: str = ""  # an invalid code as typed
    chosen: str = ""
    trouble: str = ""


def rule_in_words(notice: VoteNotice) -> str:
    """Say what happens to a second vote."""
    who = "code" if notice.level == "code" else "browser"
    return {
        PerAccount.FIRST.value: f"One vote per {who} · you can’t change it later",
        PerAccount.LAST.value: f"One vote per {who} · you can vote again, and the last vote counts",
        PerAccount.PER_CHOICE.value: f"One vote per {who} for each choice",
        PerAccount.ALL.value: "You can vote as often as you like; every vote counts",
    }[notice.per_account]


def ballot(notice: VoteNotice, viewer: Viewer, draft: BallotDraft, now_ms: int) -> str:
    """Return the page with the choices."""
    legend = "Choose one."
    if notice.per_account == PerAccount.PER_CHOICE.value:
        legend = "Choose one. You can then vote for another."
    return _render(
        "ballot.html",
        notice,
        viewer,
        legend=legend,
        rule=rule_in_words(notice),
        retry=draft.retry,
        form=draft.form,
        code=draft.code,
        typed=draft.typed,
        chosen=draft.chosen,
        trouble=draft.trouble,
        **_clock(notice.closes_ms, now_ms),
    )


def receipt(
    notice: VoteNotice,
    viewer: Viewer,
    number: str,
    row: BallotRow,
    status: BallotStatus,
    now_ms: int,
) -> str:
    """Return the page of a receipt."""
    several = notice.per_account != PerAccount.FIRST.value
    again = several and notice.phase(now_ms) == "open"
    return _render(
        "receipt.html",
        notice,
        viewer,
        receipt=number,
        at_ms=row.at_ms,
        seq=row.seq,
        status=status,
        again="/" if again and notice.level == "open" else "",
        again_words="Vote again",
        **_clock(notice.closes_ms, now_ms),
    )


def receipt_text(notice: VoteNotice, viewer: Viewer, number: str, row: BallotRow) -> str:
    """Return a receipt as text to save."""
    return _render("receipt.txt", notice, viewer, receipt=number, at_ms=row.at_ms, seq=row.seq)


def not_open(
    notice: VoteNotice,
    viewer: Viewer,
    phase: Phase,
    now_ms: int,
    own: tuple[str, BallotStatus] | None = None,
) -> str:
    """Return the page that says why no vote is taken now; `own` is the viewer's receipt."""
    headings = {
        "soon": "Voting hasn’t opened yet",
        "paused": "Voting is paused",
        "closed": "Voting has closed",
        "open": "",
    }
    closed = (
        "The result is provisional: all votes are read."
        if notice.reading.settled
        else "The last votes are being counted."
    )
    words = {"soon": "It opens in", "paused": "Please wait a moment.", "closed": closed, "open": ""}
    until_ms = notice.opens_ms if phase == "soon" else None
    number, status = own or ("", BallotStatus("", ""))
    return _render(
        "not_open.html",
        notice,
        viewer,
        phase=phase,
        badge=BADGES[phase],
        heading=headings[phase],
        words=words[phase],
        receipt=number,
        status=status,
        **_clock(until_ms, now_ms),
    )


def message(
    notice: VoteNotice, viewer: Viewer, heading: str, words: str, back: tuple[str, str]
) -> str:
    """Return a page with one message and a link back."""
    where, back_words = back
    return _render(
        "message.html",
        notice,
        viewer,
        heading=heading,
        words=words,
        back=where,
        back_words=back_words,
        **_clock(None, 0),
    )


def _clock(until_ms: int | None, now_ms: int) -> dict[str, object]:
    left = None if until_ms is None else max(0, until_ms - now_ms)
    return {
        "clock": "" if left is None else clock(left),
        "clock_ms": left or 0,
        "clock_words": "Time left",
    }


def _render(template: str, notice: VoteNotice, viewer: Viewer, **values: object) -> str:
    page = _environment().get_template(template)
    return page.render(notice=notice, viewer=viewer, **values)


@functools.cache
def _environment() -> jinja2.Environment:
    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(HERE / "templates"),
        autoescape=jinja2.select_autoescape(("html",)),
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
        undefined=jinja2.StrictUndefined,
    )
    environment.filters["iso"] = iso
    environment.filters["utc"] = utc
    environment.globals["asset"] = asset
    return environment


@functools.cache
def assets() -> dict[str, bytes]:
    """Return the files that pages load, by name."""
    return {path.name: path.read_bytes() for path in sorted((HERE / "static").iterdir())}


@functools.cache
def asset(name: str) -> str:
    """Return the URL of a file that pages load; it changes with the file."""
    return f"/static/{hashlib.sha256(assets()[name]).hexdigest()[:12]}/{name}"
