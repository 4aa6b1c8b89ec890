"""The counter's side of requested acts: read, apply through the session, answer.

Everything happens on the ledger's thread, one request after the other, in the order of their names:

1. read the request; 2. commit the act, whose entry carries the request's name; 3. write the answer;
4. remove the request.

A program that is killed between two steps finds the request again. If the ledger has an entry with
its name, the act was applied, and only the answer is missing. So an act is never applied twice.
"""

from __future__ import annotations

import contextlib
import logging
from typing import TYPE_CHECKING, Final, Protocol

import msgspec

from twittervotes.core import atomic_file
from twittervotes.core.contest.act_kinds import ACTS
from twittervotes.core.contest.acts import ActKind
from twittervotes.core.errors import LedgerError
from twittervotes.core.ledger.writer import Entry, Ledger
from twittervotes.core.polling import requests
from twittervotes.core.polling.requests import CURTAIN, ActAnswer, ActRequest, UntrustedFileError

if TYPE_CHECKING:
    from pathlib import Path

    from twittervotes.core.contest.clock import Clock
    from twittervotes.core.polling.session import Session

log = logging.getLogger(__name__)

AT_ONCE: Final = 20  # requests between two rounds of the count
KEPT_MS: Final = 24 * 3_600_000  # how long an answer can be read
LATE: Final = "It wasn't applied in time. Try again if you still want it."

HIDDEN: Final = "It was refused, and the reason may show the hidden votes. Show the results first."


class Curtain(Protocol):
    """Hides results from the audience, or shows them."""

    hidden: bool


class CurtainEntry(msgspec.Struct, frozen=True):
    """A recorded change of the curtain: it affects no number."""

    hidden: bool
    by: str
    request: str
    at_ms: int


class Inbox:
    """The requests for one vote; used on the ledger's thread."""

    def __init__(self, ledger: Ledger, session: Session, curtain: Curtain, clock: Clock) -> None:
        """Apply requests through `session`. `was_hidden` is whether results were last hidden."""
        self._folder = requests.inbox_of(ledger.path)
        self._ledger = ledger
        self._session = session
        self._curtain = curtain
        self._today_ms = clock.today
        self._complaint = ""
        self._curtains: dict[str, int] = {}  # the requests that changed the curtain, and when
        self.was_hidden = False
        for body in ledger.curtains():
            try:
                said = msgspec.convert(body, CurtainEntry)
            except msgspec.MsgspecError as error:
                words = "it doesn't say what was shown"
                raise LedgerError(f"{ledger.path} is damaged: {words}.") from error
            self._curtains[said.request] = said.at_ms
            self.was_hidden = said.hidden

    def look(self) -> None:
        """Apply pending requests. Raises LedgerError."""
        try:
            requested = self._requested()
        except FileNotFoundError:
            return  # nobody has requested anything yet
        except (OSError, UntrustedFileError) as error:
            self._complain(f"Acts requested from outside can't be applied: {error}")
            return
        problem, left = "", AT_ONCE
        for name in requested:
            try:
                self._handle(name)
            except FileNotFoundError:
                continue  # somebody has removed it
            except OSError as error:  # the others still have their turn
                problem = problem or f"A requested act can't be answered: {error}"
                continue
            left -= 1
            if not left:
                break
        self._complain(problem)

    def _requested(self) -> list[str]:
        """Return the names of pending requests, the earliest first."""
        names = [path.name for path in self._folder.iterdir()]
        found = [match[1] for name in sorted(names) if (match := requests.REQUEST.fullmatch(name))]
        if found:
            requests.check(self._folder)
            self._remove_old(names)
        return found

    def _handle(self, name: str) -> None:
        """Apply or refuse one request, answer it, and remove it."""
        request, answered = self._folder / f"{name}.json", self._folder / f"{name}.done.json"
        if not answered.exists():
            said = msgspec.json.encode(self._answer(name, request))
            atomic_file.write(answered, said, private=True)
        request.unlink(missing_ok=True)

    def _answer(self, name: str, path: Path) -> ActAnswer:
        if (at_ms := self._applied_ms(name)) is not None:
            return ActAnswer(True, at_ms=at_ms)
        try:
            request = msgspec.json.decode(requests.content(path), type=ActRequest)
        except UntrustedFileError as error:
            return ActAnswer(False, str(error))
        except FileNotFoundError:
            raise
        except OSError as error:  # a link, for one
            return ActAnswer(False, f"The request can't be read: {error.strerror}.")
        except msgspec.MsgspecError as error:
            return ActAnswer(False, f"The request isn't valid: {error}.")
        if self._today_ms() > request.expires_ms:
            return ActAnswer(False, LATE)
        if request.kind in CURTAIN:
            self._draw(name, request.by, hidden=request.kind == "hide")
        elif words := self._session.attempt(request.act(name)):
            tells = ACTS[ActKind(request.kind)].check_votes is not None and self._curtain.hidden
            return ActAnswer(False, HIDDEN if tells else words)
        return ActAnswer(True, at_ms=self._applied_ms(name) or self._today_ms())

    def _applied_ms(self, name: str) -> int | None:
        """Return when a request was applied, None if the ledger has no entry of it."""
        of_acts = (act.at_ms for act in self._ledger.acts if act.request == name)
        return next(of_acts, self._curtains.get(name))

    def _draw(self, name: str, by: str, *, hidden: bool) -> None:
        """Hide or show results; record who did it, unless the ledger is certified."""
        at_ms = self._session.today_ms
        if not any(act.does is ActKind.CERTIFIED for act in self._ledger.acts):
            said = CurtainEntry(hidden, by, name, at_ms)
            self._ledger.append([Entry("curtain", "", msgspec.to_builtins(said))], at_ms)
        self._curtains[name] = at_ms
        self._curtain.hidden = hidden
        log.info("%s: results are %s", by, "hidden" if hidden else "shown")

    def _remove_old(self, names: list[str]) -> None:
        """Remove answers that nobody will read any more."""
        before_ms = self._today_ms() - KEPT_MS
        for match in filter(None, map(requests.ANSWER.fullmatch, names)):
            if requests.asked_ms(match[1]) < before_ms:
                with contextlib.suppress(OSError):
                    (self._folder / match[0]).unlink(missing_ok=True)

    def _complain(self, words: str) -> None:
        if words and words != self._complaint:
            log.warning("%s", words)
        self._complaint = words
