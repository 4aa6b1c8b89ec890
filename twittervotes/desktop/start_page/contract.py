"""What the form of a new vote shows, and what it may ask for: values, and ways to answer back."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from twittervotes.cli.vote_options import Options
from twittervotes.core.contest.acts import State
from twittervotes.core.contest.contest import Rules


@dataclass(frozen=True, slots=True)
class Key:
    """What can be entered for a network: the name it is kept under, and what people call it."""

    name: str
    words: str
    is_secret: bool = True


@dataclass(frozen=True, slots=True)
class NetworkOption:
    """A network that can be counted: its name, a line about it, what it still needs.

    `needs` are plain sentences, `keys` what can be entered to meet them. One that `is_usual` is
    ticked when it is ready, unless others were chosen: it costs nothing and opens nothing.
    """

    name: str
    summary: str = ""
    needs: tuple[str, ...] = ()
    signs_in: bool = False
    keys: tuple[Key, ...] = ()
    is_usual: bool = False


@dataclass(frozen=True, slots=True)
class Recent:
    """A contest kept in the data folder. `trouble` says why its file cannot be opened."""

    path: Path
    title: str
    state: State | None = None
    began_ms: int = 0
    total: str = ""
    rehearsal: bool = False
    trouble: str = ""


@dataclass(frozen=True, slots=True)
class Proposal:
    """What stands in the form at first. `trouble` is a sentence about what is wrong already.

    With `picks_ready` the sources were not chosen: the networks that are ready are.
    """

    options: Options
    rules: Rules
    sources: tuple[str, ...] = ()
    title: str = ""
    time_ms: int | None = None
    closes_ms: int | None = None
    trouble: str = ""
    picks_ready: bool = False


@dataclass(frozen=True, slots=True)
class Starting:
    """What the form may ask for.

    `begin` starts the vote of these options, or raises TwittervotesError with a sentence. `words`
    says of them what would be counted and what it costs, or raises. `networks` looks anew what is
    ready. `recent` and `sign_in` call back from another thread: with the contests that were kept;
    with a line of what the sign-in says, and True once it is over. `sign_in` returns how to end it.
    `enter` keeps the keys of a network; it raises too.
    `delete` deletes a vote that was kept, and `show_folder` shows where they all are; both raise.
    """

    begin: Callable[[Options], None]
    words: Callable[[Options], str]
    networks: Callable[[], tuple[NetworkOption, ...]]
    recent: Callable[[Callable[[tuple[Recent, ...]], None]], None]
    sign_in: Callable[[Callable[[str, bool], None]], Callable[[], None]]
    delete: Callable[[Recent], None] = lambda _: None
    show_folder: Callable[[], None] = lambda: None
    enter: Callable[[Mapping[str, str]], None] = lambda _: None
