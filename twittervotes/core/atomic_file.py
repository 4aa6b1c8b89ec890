"""Write a file so that it appears whole or not at all.

A new file is written under a random name in the same folder and then renamed, so that nobody reads
half of it. The random name is created and never opened, so that no link or pipe which somebody put
into the folder is written through. Its writer holds a lock on it: a temporary file whose lock is
free belongs to a program that was killed, and the next one removes it.
"""

from __future__ import annotations

import contextlib
import os
import re
import secrets
import stat
import sys
from typing import TYPE_CHECKING, BinaryIO

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

if sys.platform != "win32":
    import fcntl

TEMPORARY = re.compile(r"\.twittervotes-[0-9a-f]{16}\.part")
_NO_FOLLOW = getattr(os, "O_NOFOLLOW", 0)
_CREATE = os.O_RDWR | os.O_CREAT | os.O_EXCL | _NO_FOLLOW | getattr(os, "O_BINARY", 0)
# A pipe without a reader is refused instead of waited for.
_APPEND = (_CREATE ^ os.O_EXCL ^ os.O_RDWR) | os.O_WRONLY | os.O_APPEND
_APPEND |= getattr(os, "O_NONBLOCK", 0)
# Without O_NONBLOCK, opening a named pipe would wait for a writer.
_LOOK = os.O_RDONLY | _NO_FOLLOW | getattr(os, "O_NONBLOCK", 0)


@contextlib.contextmanager
def replacing(
    path: Path, *, private: bool = False, durable: bool = True, tidy: bool = True
) -> Iterator[BinaryIO]:
    """Give a file to write to, which replaces `path` when the block ends without an error.

    Whatever goes wrong, `path` stays as it was and the temporary file is removed. A link at `path`
    is itself replaced, and what it points to is left alone.

    Args:
        private: Let nobody but the owner open the file.
        durable: Wait until the file is on the disk, so that it survives a power cut.
        tidy: Remove the leftovers of killed programs from the folder first.

    Raises OSError where the file can't be written.
    """
    if tidy:
        remove_leftovers(path.parent)
    number, draft = _created(path.parent, 0o600 if private else 0o666)
    try:
        with os.fdopen(number, "wb") as file:
            yield file
            file.flush()
            if durable:
                os.fsync(number)
            if sys.platform != "win32":  # while it is locked, so that nobody takes it for abandoned
                draft.replace(path)
        if sys.platform == "win32":  # which renames no open file
            draft.replace(path)
    except BaseException:
        _try_to_remove(draft)
        raise
    if durable:
        sync_folder(path.parent)


def write(
    path: Path, content: bytes, *, private: bool = False, durable: bool = True, tidy: bool = True
) -> None:
    """Replace `path` by a file that holds `content`; the arguments are those of `replacing`."""
    with replacing(path, private=private, durable=durable, tidy=tidy) as file:
        file.write(content)


def append(path: Path, line: bytes) -> None:
    """Add a line to a file that only its owner can open, made where there is none.

    A program that is killed meanwhile can leave part of the line. Raises OSError.
    """
    number = os.open(path, _APPEND, 0o600)
    try:
        os.write(number, line + b"\n")
    finally:
        os.close(number)


@contextlib.contextmanager
def workspace(folder: Path) -> Iterator[Path]:
    """Give a new folder inside `folder`, closed to others; it is removed with all its files.

    It is for programs that write several files and rename one of them in the end, as SQLite does.
    """
    remove_leftovers(folder)
    place = folder / _name()
    place.mkdir(mode=0o700)
    with contextlib.ExitStack() as held:
        held.callback(_try_to_remove, place)
        if sys.platform != "win32":
            number = os.open(place, _LOOK)
            held.callback(os.close, number)
            with contextlib.suppress(OSError):
                fcntl.flock(number, fcntl.LOCK_EX | fcntl.LOCK_NB)
        yield place


def remove_leftovers(folder: Path) -> None:
    """Remove the temporary files in `folder` whose writers were killed; nothing is raised."""
    with contextlib.suppress(OSError):
        for path in folder.iterdir():
            if TEMPORARY.fullmatch(path.name):
                with contextlib.suppress(OSError):
                    _remove_abandoned(path)


def sync_folder(folder: Path) -> None:
    """Let the names in `folder` survive a power cut, where the system can do that."""
    with contextlib.suppress(OSError):
        number = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(number)
        finally:
            os.close(number)


def _name() -> str:
    return f".twittervotes-{secrets.token_hex(8)}.part"


def _created(folder: Path, mode: int) -> tuple[int, Path]:
    """Return a new file, open and locked."""
    while True:
        draft = folder / _name()
        number = os.open(draft, _CREATE, mode)
        if _is_held(number):
            return number, draft
        os.close(number)  # removed as abandoned before it was locked
        draft.unlink(missing_ok=True)


def _is_held(number: int) -> bool:
    """Lock a new file; tell whether it still has a name."""
    if sys.platform == "win32":  # where an open file can't be removed
        return True
    try:
        fcntl.flock(number, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    except OSError:  # a disk without locks: then nobody can lock it to remove it, either
        return True
    return os.fstat(number).st_nlink > 0


def _remove_abandoned(path: Path) -> None:
    """Remove `path` if it is ours and nobody has it locked; raises OSError where it isn't."""
    if sys.platform == "win32":
        _remove(path)
        return
    number = os.open(path, _LOOK)
    try:
        facts = os.fstat(number)
        is_file = stat.S_ISREG(facts.st_mode) or stat.S_ISDIR(facts.st_mode)
        if is_file and facts.st_uid == os.geteuid():
            fcntl.flock(number, fcntl.LOCK_EX | fcntl.LOCK_NB)
            _remove(path)
    finally:
        os.close(number)


def _try_to_remove(path: Path) -> None:
    with contextlib.suppress(OSError):
        _remove(path)


def _remove(path: Path) -> None:
    """Remove a temporary file, or a workspace with the files in it."""
    if path.is_dir() and not path.is_symlink():
        for each in path.iterdir():
            each.unlink(missing_ok=True)
        path.rmdir()
    else:
        path.unlink(missing_ok=True)
