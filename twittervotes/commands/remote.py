"""The remote command: queries a board for its votes, the state of one, and its updates."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import msgspec

from twittervotes.board import wire
from twittervotes.client import Board
from twittervotes.commands.say import say, table
from twittervotes.core.errors import ConfigError
from twittervotes.presentation.numbers import counted

if TYPE_CHECKING:
    from twittervotes.cli import command_options


def run(options: command_options.RemoteOptions) -> int:
    """Print the board's answer."""
    with Board(options.url) as board:
        if options.what == "list":
            _list(board, as_json=options.json)
            return 0
        if options.slug is None:
            raise ConfigError(
                f"{options.what} needs a SLUG. List them with: twittervotes remote URL list"
            )
        match options.what:
            case "watch":
                _watch(board, options.slug, as_json=options.json)
            case "result":
                sys.stdout.write(board.file(options.slug, "result.json").decode(errors="replace"))
            case _:
                _show(board.contest(options.slug), as_json=options.json)
    return 0


def _list(board: Board, *, as_json: bool) -> None:
    found = list(board.contests())
    if as_json:
        sys.stdout.write(msgspec.json.encode(found).decode() + "\n")
    elif not found:
        say("This board has no votes.")
    else:
        heads = ("vote", "state", "votes", "title")
        rows = [
            (each.contest.slug, each.state.state, _number(each.state.total), each.contest.title)
            for each in found
        ]
        table([heads, *rows])


def _show(document: wire.Document, *, as_json: bool) -> None:
    if as_json:
        sys.stdout.write(wire.encode(document).decode() + "\n")
        return
    state = document.state
    say(
        document.contest.title,
        f"{state.state}, {_total(state)}" if not state.hidden else "hidden",
    )
    names = {choice.tag: choice.name for choice in document.contest.choices}
    rows = [
        (names[share.tag], _number(share.votes), _percent(share.percent)) for share in state.tally
    ]
    table(rows)
    if state.digest:
        say(f"digest {state.digest}, entry {state.entry or 0:,}")


def _watch(board: Board, slug: str, *, as_json: bool) -> None:
    for state in board.watch(slug):
        if as_json:
            sys.stdout.write(wire.encode(state).decode() + "\n")
        else:
            shares = ", ".join(f"#{each.tag} {_percent(each.percent)}" for each in state.tally)
            say(f"{state.state}  {_total(state)}  {shares}")
        sys.stdout.flush()
        if state.state in wire.SETTLED and not state.hidden:
            return


def _total(state: wire.StateDocument) -> str:
    return "hidden" if state.total is None else counted(state.total, "vote")


def _number(number: int | None) -> str:
    return "hidden" if number is None else f"{number:,}"


def _percent(share: float | None) -> str:
    return "hidden" if share is None else f"{share:.1f}%"
