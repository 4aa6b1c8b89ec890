"""What a person wants the counter to do: turned into a request, sent, and its answer awaited."""

from __future__ import annotations

import asyncio
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
WAIT_S: Final = 2.0  # for an answer, and for the document after it
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

    def answer(self, slug: str, request: str) -> ActAnswer | None:
        """Return the counter's answer, None if there is none yet. Raises DeskError."""
        try:
            return requests.answer(self._ledger(slug), request)
        except (OSError, requests.UntrustedFileError) as error:
            raise DeskError("The counter can't be reached: its inbox isn't ours.", 503) from error

    async def settled(self, slug: str, request: str) -> ActAnswer | None:
        """Return the counter's answer when the board shows its effect. Raises DeskError.

        It returns None if there is no answer in time. No thread is kept while it waits, so that a
        counter that has stopped keeps nobody else waiting.
        """
        until = time.monotonic() + WAIT_S
        while (found := await asyncio.to_thread(self.answer, slug, request)) is None:
            if time.monotonic() >= until:
                return None
            await asyncio.sleep(LOOK_S)
        until = time.monotonic() + WAIT_S
        while found.applied and self.document(slug).state.at_ms < found.at_ms:
            if time.monotonic() >= until:
                break
            await asyncio.sleep(LOOK_S)
        return found

    def _ledger(self, slug: str) -> Path:
        ledger = self._ledger_of(slug)
        if ledger is None:
            raise DeskError("There is no such vote here.", 404)
        return ledger
