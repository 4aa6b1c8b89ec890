"""What the form of a new vote shows, and what it may call."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

from twittervotes.cli.vote_options import Options
from twittervotes.core.contest.acts import State
from twittervotes.core.contest.contest import Rules


@dataclass(frozen=True, slots=True)
class Key:
    """A key that can be entered for a network: the name it is saved under, and its label."""

    name: str
    words: str
    is_secret: bool = True


@dataclass(frozen=True, slots=True)
class NetworkOption:
    """A network that can be counted: its name, a description, what it still needs.

    `needs` are plain sentences, `keys` what can be entered to meet them. `opens` labels a tick that
    opens the vote's page to phones in this network, if that is possible. One that `is_usual` is
    ticked by default when it is ready: it costs nothing and opens nothing.
    """

    name: str
    summary: str = ""
    needs: tuple[str, ...] = ()
    signs_in: bool = False
    keys: tuple[Key, ...] = ()
    is_usual: bool = False
    opens: str = ""


@dataclass(frozen=True, slots=True)
class Recent:
    """A contest saved in the data folder. `trouble` says why its file can't be opened."""

    path: Path
    title: str
    state: State | None = None
    began_ms: int = 0
    total: str = ""
    rehearsal: bool = False
    trouble: str = ""


@dataclass(frozen=True, slots=True)
class Proposal:
    """The form's initial values. `trouble` is a sentence about an error that is already known.

    With `picks_ready` no sources were chosen, so the networks that are ready are ticked.
    """

    options: Options
    rules: Rules
    sources: tuple[str, ...] = ()
    title: str = ""
    time_ms: int | None = None
    closes_ms: int | None = None
    trouble: str = ""
    picks_ready: bool = False


class NameKeeper(Protocol):
    """Remembers the operator's name."""

    name: str

    def keep(self, *, name: str) -> None:
        """Remember the given name."""


class NoName:
    """Remembers a name only until the program ends."""

    name = ""

    def keep(self, *, name: str) -> None:
        """Remember the given name."""
        self.name = name


@dataclass(frozen=True, slots=True)
class Starting:
    """Functions that the form may call.

    `begin` starts the vote of these options, or raises TwittervotesError with a sentence. `words`
    says what would be counted and what it costs, or raises. `networks` checks again what is ready.
    `recent` and `sign_in` call back from another thread: with the saved contests; with a line of
    what the sign-in says, and True once it is over. `sign_in` returns a function that ends it.
    `enter` saves the keys of a network, `delete` deletes a saved vote, and `show_folder` shows
    where they all are; all three raise. `name` keeps the operator's name.
    """

    begin: Callable[[Options], None]
    words: Callable[[Options], str]
    networks: Callable[[], tuple[NetworkOption, ...]]
    recent: Callable[[Callable[[tuple[Recent, ...]], None]], None]
    sign_in: Callable[[Callable[[str, bool], None]], Callable[[], None]]
    delete: Callable[[Recent], None] = lambda _: None
    show_folder: Callable[[], None] = lambda: None
    enter: Callable[[Mapping[str, str]], None] = lambda _: None
    name: NameKeeper = field(default_factory=NoName)
