"""The page before a vote with made-up networks and votes, for the pictures."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from twittervotes.cli.vote_options import Options
from twittervotes.core.contest.acts import State
from twittervotes.core.contest.contest import Contest as NewContest
from twittervotes.core.contest.contest import Rules, checked, chosen
from twittervotes.core.errors import LedgerBusyError
from twittervotes.desktop.start_page.contract import NetworkOption, Proposal, Recent, Starting
from twittervotes.desktop.start_page.controller import Start
from twittervotes.desktop.window import Window

HELD = (
    Recent(
        Path("1.votes"), "Which editor do you use?", State.OPEN, 1_795_180_000_000, "1,204 votes"
    ),
    Recent(
        Path("2.votes"), "Who won the debate?", State.CERTIFIED, 1_795_000_000_000, "48,113 posts"
    ),
    Recent(
        Path("3.votes"), "Tabs or spaces?", State.PROVISIONAL, 1_794_000_000_000, "86 votes", True
    ),
    Recent(Path("4.votes"), "old", trouble="old.votes is not a ledger. No changes were made."),
)
NEEDS = ("Sign in once, in your browser.",)


def words(options: Options) -> str:
    choices, _ = chosen(options.hashtags)
    checked(NewContest("", choices))
    return f"{len(choices)} choices · X: 1 request a round"


def refuse(_: Options) -> None:
    raise LedgerBusyError("Another program is counting into debian.votes. Close it first.")


def starting(networks: tuple[NetworkOption, ...]) -> Starting:
    def recent(told: Callable[[tuple[Recent, ...]], None]) -> None:
        told(HELD)

    return Starting(refuse, words, lambda: networks, recent, lambda _: lambda: None)


def opened(
    window: Window,
    hashtags: str = "debian ubuntu arch",
    *,
    ready: bool = True,
    rules: bool = False,
    error: bool = False,
    lasts: str = "for",
    title: str = "Which distribution do you run?",
) -> None:
    """Open the page as if somebody had filled it in."""
    networks = (
        NetworkOption("bluesky"),
        NetworkOption("mastodon"),
        NetworkOption("twitter", needs=() if ready else NEEDS, signs_in=True),
    )
    names = tuple(network.name for network in networks if network.name != "bluesky")
    proposal = Proposal(Options(), Rules(), sources=names, title=title, time_ms=180_000)
    start = Start(proposal, starting(networks), window.soon)
    start.draft.paste(hashtags)
    for i, choice in enumerate(start.draft.choices):
        start.draft.choices[i] = replace(choice, label=choice.name.capitalize())
    start.draft.lasts, start.draft.until = lasts, "20:00"
    start.draft.shows_rules = rules
    window.open(start)
    if error:
        window.root.update()
        start.start()
