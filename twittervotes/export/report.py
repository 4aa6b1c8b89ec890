"""The report: one page to read on a screen or on paper; it loads nothing.

Everything that a stranger may have typed is escaped, kept on one line and isolated from the
direction of other text. The page has no scripts, and its policy lets nothing run or load.
"""

from __future__ import annotations

import base64
import hashlib
from dataclasses import dataclass
from functools import lru_cache
from importlib.resources import files
from typing import TYPE_CHECKING

import jinja2

from twittervotes.core.contest.percent import percentages
from twittervotes.core.contest.tie import decision
from twittervotes.core.counting.explain import moment
from twittervotes.export import chart, phrases
from twittervotes.export.chart import PAPER, TRACK, mark
from twittervotes.export.phrases import shown
from twittervotes.presentation.marks import Mark
from twittervotes.presentation.numbers import grouped, signed
from twittervotes.presentation.phrases import FINAL, RESULTS, lead, result_in_words

if TYPE_CHECKING:
    from twittervotes.core.contest.snapshot import Snapshot
    from twittervotes.export.redaction import Given

POLICY = "default-src 'none'; base-uri 'none'; form-action 'none';"
LONG_TITLE = 80  # characters; longer texts are set smaller
DIGITS = 4  # digits of the digest per group


@dataclass(frozen=True, slots=True)
class ReportBar:
    """A choice as shown: its name, the text beside it, its share of the votes."""

    name: str
    tag: str
    mark: Mark
    votes: int
    percent: float
    by_hand: int
    wins: bool
    networks: tuple[int, ...]


def page(snapshot: Snapshot, given: Given) -> str:
    """Return the report as HTML."""
    tally, contest = snapshot.tally, snapshot.contest
    style = _style()
    style_sum = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()
    return (
        _templates()
        .get_template("report.html")
        .render(
            style=style,
            policy=f"{POLICY} style-src 'sha256-{style_sum}'",
            contest=contest,
            is_long=len(contest.title) > LONG_TITLE,
            state=RESULTS[snapshot.state],
            period=phrases.period(contest),
            rules=phrases.rules(given.reader.contest),
            decision=result_in_words(tally, contest, is_final=snapshot.state in FINAL),
            lead=lead(snapshot),
            bars=_bars(snapshot),
            wins="winner" if snapshot.state in FINAL else "leads",
            networks=[network for network, _ in tally.networks],
            chart=chart.chart(snapshot),
            way=phrases.way(snapshot),
            posts=tally.posts,
            total=tally.total,
            sources=snapshot.sources,
            acts=snapshot.acts,
            digest=[
                snapshot.digest[i : i + DIGITS] for i in range(0, len(snapshot.digest), DIGITS)
            ],
            written=moment(snapshot.now_ms),
            entries=given.reader.entries,
            words=phrases,
            paper=PAPER,
            track=TRACK,
        )
    )


def _bars(snapshot: Snapshot) -> list[ReportBar]:
    contest, tally = snapshot.contest, snapshot.tally
    winners = decision(tally, contest).winners
    shares = percentages(tally.votes)
    return [
        ReportBar(
            name=choice.label or f"#{choice.tag}",
            tag=f"#{choice.tag}" if choice.label else "",
            mark=mark(i, choice.colour),
            votes=tally.votes[i],
            percent=shares[i],
            by_hand=contest.by_hand[i],
            wins=i in winners,
            networks=tuple(votes[i] for _, votes in tally.networks),
        )
        for i, choice in enumerate(contest.choices)
    ]


@lru_cache(maxsize=1)
def _templates() -> jinja2.Environment:
    made = jinja2.Environment(
        loader=jinja2.PackageLoader("twittervotes"),
        autoescape=True,
        trim_blocks=True,
        lstrip_blocks=True,
        undefined=jinja2.StrictUndefined,
        finalize=_fit,
    )
    made.filters.update(grouped=grouped, signed=signed, when=phrases.when)
    return made


def _fit(value: object) -> object:
    """Escape a text for the page; markup is our own and stays as it is."""
    return shown(value) if type(value) is str else value


def _style() -> str:
    style = files("twittervotes").joinpath("templates", "report.css")
    return style.read_text("utf-8").strip()
