"""Acts requested from outside the counting program: files in a folder beside the ledger.

A desk puts `ULID.json` into `FILE-inbox`; the counter applies it and puts `ULID.done.json` there.
The folder belongs to the user who counts and is closed to everyone else, and so is each file in it.
"""

from __future__ import annotations

import itertools
import os
import re
import secrets
import stat
import time
from typing import TYPE_CHECKING, Annotated, Final, Literal

import msgspec

from twittervotes.core import atomic_file
from twittervotes.core.contest.acts import Act, ActKind
from twittervotes.core.errors import TwittervotesError

if TYPE_CHECKING:
    from pathlib import Path

INBOX: Final = "-inbox"
REQUEST: Final = re.compile(r"([0-7][0-9A-HJKMNP-TV-Z]{25})\.json")
ANSWER: Final = re.compile(r"([0-7][0-9A-HJKMNP-TV-Z]{25})\.done\.json")
MOST_BYTES: Final = 64 * 1024
EXPIRES_MS: Final = 30_000  # a request that wasn't applied by then is outdated
_ALPHABET: Final = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
# O_NOFOLLOW: a link could lead to any file. Without O_NONBLOCK, opening a pipe could block.
_LOOK: Final = os.O_RDONLY | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0)

Line = Annotated[str, msgspec.Meta(max_length=1000)]
Time = Annotated[int, msgspec.Meta(ge=0, le=253_402_300_799_000)]
Kind = Literal[
    "opened",
    "paused",
    "resumed",
    "unpaused",
    "closed",
    "extended",
    "excluded",
    "adjusted",
    "drawn",
    "certified",
    "show",
    "hide",
]
CURTAIN: Final = frozenset({"show", "hide"})  # not acts: they change what is shown, no number


class ActRequest(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """An act that somebody requests; the fields are those of `Act`.

    `by` is the person's name, and `expires_ms` the time after which the counter refuses it.
    """

    kind: Kind
    by: Annotated[str, msgspec.Meta(min_length=1, max_length=200)]
    expires_ms: Time
    until_ms: Time | None = None
    voter: Line = ""
    tag: Line = ""
    votes: Annotated[int, msgspec.Meta(ge=-(10**9), le=10**9)] = 0
    seed: Line = ""
    reason: Line = ""
    pause_ms: Time | None = None

    def act(self, request: str) -> Act:
        """Return the act that is requested by the file named `request`."""
        return Act(
            ActKind(self.kind),
            by=self.by,
            until_ms=self.until_ms,
            voter=self.voter,
            tag=self.tag,
            votes=self.votes,
            seed=self.seed,
            reason=self.reason,
            pause_ms=self.pause_ms,
            request=request,
        )


class ActAnswer(msgspec.Struct, frozen=True):
    """The outcome of a request; `words` says why it was refused."""

    applied: bool
    words: str = ""
    at_ms: int = 0


class UntrustedFileError(TwittervotesError):
    """A folder or a file that others may have written. Its message says which."""


_numbers = itertools.count(secrets.randbelow(2**79))


def new_id(at_ms: int | None = None) -> str:
    """Return a ULID: those that one process makes within a millisecond are in order too."""
    at_ms = time.time_ns() // 1_000_000 if at_ms is None else at_ms
    number = (at_ms << 80) | (next(_numbers) % 2**80)
    return "".join(_ALPHABET[number >> shift & 31] for shift in range(125, -1, -5))


def asked_ms(request: str) -> int:
    """Return when a ULID was made."""
    number = 0
    for sign in request[:10]:
        number = number << 5 | _ALPHABET.index(sign)
    return number


def inbox_of(ledger: Path) -> Path:
    """Return the folder for requests to the counter of `ledger`."""
    return ledger.with_name(ledger.name + INBOX)


def put(ledger: Path, request: ActRequest) -> str:
    """Request an act, and return the name of the request. Raises OSError, UntrustedFileError."""
    folder, name = inbox_of(ledger), new_id()
    folder.mkdir(mode=0o700, exist_ok=True)
    check(folder)
    atomic_file.write(folder / f"{name}.json", msgspec.json.encode(request), private=True)
    return name


def waiting(ledger: Path) -> int:
    """Return how many requests nobody has applied. Raises OSError."""
    try:
        return sum(bool(REQUEST.fullmatch(path.name)) for path in inbox_of(ledger).iterdir())
    except FileNotFoundError:
        return 0


def answer(ledger: Path, request: str) -> ActAnswer | None:
    """Return what became of a request, None if it isn't answered.

    Raises OSError, UntrustedFileError.
    """
    folder = inbox_of(ledger)
    if not REQUEST.fullmatch(f"{request}.json"):
        return None  # a path to some other file, perhaps
    try:
        check(folder)
        return msgspec.json.decode(content(folder / f"{request}.done.json"), type=ActAnswer)
    except FileNotFoundError:
        return None
    except msgspec.MsgspecError as error:
        raise UntrustedFileError(f"The answer to {request} isn't valid.") from error


def check(folder: Path) -> None:
    """Raise UntrustedFileError unless `folder` is our own and closed to others."""
    facts = folder.lstat()
    if not stat.S_ISDIR(facts.st_mode):
        raise UntrustedFileError(f"{folder} is not a folder.")
    _check_owner(folder, facts)


def content(path: Path) -> bytes:
    """Return the content of a file that only we can have written.

    Raises OSError, UntrustedFileError.
    """
    number = os.open(path, _LOOK)
    try:
        facts = os.fstat(number)
        if not stat.S_ISREG(facts.st_mode):
            raise UntrustedFileError(f"{path} is not a file.")
        _check_owner(path, facts)
        data = os.read(number, MOST_BYTES + 1)
    finally:
        os.close(number)
    if len(data) > MOST_BYTES:
        raise UntrustedFileError(f"{path} is too long for a request.")
    return data


def _check_owner(path: Path, facts: os.stat_result) -> None:
    if os.name == "posix":
        if facts.st_uid != os.geteuid():
            raise UntrustedFileError(f"{path} belongs to another user.")
        if stat.S_IMODE(facts.st_mode) & 0o077:
            raise UntrustedFileError(f"{path} is open to other users. Run: chmod go= {path}")
