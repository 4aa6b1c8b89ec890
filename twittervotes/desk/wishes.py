"""What a person wants the counter to do: turned into a request, sent, and its answer awaited."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Annotated, Final, Literal

import msgspec

from twittervotes.core.contest.acts import ActKind
from twittervotes.core.polling import requests
from twittervotes.core.polling.requests import EXPIRES_MS, ActAnswer, ActRequest, Line, Time
from twittervotes.desk.people import DeskError

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from twittervotes.board import wire
    from twittervotes.board.hub import Hub

CONFIRMED: Final = frozenset({ActKind.CERTIFIED, ActKind.ADJUSTED, ActKind.DRAWN})
LOOK_S: Final = 0.05
MOST_WAITING: Final = 100  # requests of one contest that nobody has applied
Kind = requests.Kind | Literal["next"]


class Wish(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """An act that a person requests. `password` is needed to certify, adjust and draw."""

    kind: Kind
    reason: Line = ""
    until_ms: Time | None = None
    voter: Line = ""
    tag: Line = ""
    votes: Annotated[int, msgspec.Meta(ge=-(10**9), le=10**9)] = 0
    seed: Line = ""
    pause_ms: Time | None = None
    password: Line = ""


def step(state: wire.StateDocument) -> requests.Kind:
    """Return what is next for a contest. Raises DeskError if that is to wait.

    It is decided by the state that the person sees: if somebody else was faster, the counter
    refuses, and doesn't do the step after it.
    """
    if state.state in ("provisional", "certified") and state.hidden:
        return "show"
    if state.state == "scheduled":
        return "opened"
    if state.state in ("open", "paused"):
        return "closed"
    if state.state == "provisional":
        return "certified"
    if state.state == "closing":
        raise DeskError("The last posts are being counted. Wait until that is done.", 409)
    raise DeskError("The result is certified and can't be changed.", 409)


class Counters:
    """The counters of the contests that a board shows, reached through their inboxes."""

    def __init__(self, hub: Hub, ledger_of: Callable[[str], Path | None]) -> None:
        """Take the contests shown by `hub`; `ledger_of` returns a contest's ledger by its slug."""
        self._hub = hub
        self._ledger_of = ledger_of

    def documents(self) -> list[wire.Document]:
        """Return the documents of all contests."""
        return [channel.frame.document for channel in list(self._hub.channels.values())]

    def document(self, slug: str) -> wire.Document:
        """Return the document of a contest. Raises DeskError."""
        channel = self._hub.channels.get(slug)
        if channel is None:
            raise DeskError("There is no such vote here.", 404)
        return channel.frame.document

    def kind(self, slug: str, wish: Wish) -> requests.Kind:
        """Return the act that is wished, given what is next for the contest. Raises DeskError."""
        return step(self.document(slug).state) if wish.kind == "next" else wish.kind

    def ask(self, slug: str, wish: Wish, kind: requests.Kind, by: str) -> str:
        """Request an act under the name `by`; return the request's name. Raises DeskError."""
        expires_ms = time.time_ns() // 1_000_000 + EXPIRES_MS
        request = ActRequest(
            kind,
            by,
            expires_ms,
            until_ms=wish.until_ms,
            voter=wish.voter,
            tag=wish.tag,
            votes=wish.votes,
            seed=wish.seed,
            reason=wish.reason,
            pause_ms=wish.pause_ms,
        )
        ledger = self._ledger(slug)
        try:
            if requests.waiting(ledger) >= MOST_WAITING:
                raise DeskError("Nobody counts this vote: start the counter.", 503)
            return requests.put(ledger, request)
        except (OSError, requests.UntrustedFileError) as error:
            raise DeskError("The counter can't be reached: its inbox isn't ours.", 503) from error

    def answer(self, slug: str, request: str, wait_s: float = 0) -> ActAnswer | None:
        """Return the counter's answer, None if there is none within `wait_s`. Raises DeskError."""
        ledger, until = self._ledger(slug), time.monotonic() + wait_s
        try:
            while (found := requests.answer(ledger, request)) is None:
                if time.monotonic() >= until:
                    return None
                time.sleep(LOOK_S)
        except (OSError, requests.UntrustedFileError) as error:
            raise DeskError("The counter can't be reached: its inbox isn't ours.", 503) from error
        return found

    def catch_up(self, slug: str, answer: ActAnswer | None, wait_s: float) -> None:
        """Wait until the shown document of a contest is newer than an applied act."""
        until = time.monotonic() + wait_s
        while answer and answer.applied and time.monotonic() < until:
            if self.document(slug).state.at_ms >= answer.at_ms:
                return
            time.sleep(LOOK_S)

    def _ledger(self, slug: str) -> Path:
        ledger = self._ledger_of(slug)
        if ledger is None:
            raise DeskError("There is no such vote here.", 404)
        return ledger
