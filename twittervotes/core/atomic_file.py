"""Write files atomically: a file appears complete or not at all.

A new file is written under a random name in the same folder and then renamed, so that nobody reads
half of it. The random name is always created, never opened, so the program doesn't write through a
link or pipe that someone put into the folder. The writer holds a lock on its temporary file. A
temporary file without a lock belongs to a program that was killed, and the next writer removes it.
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
# Without O_NONBLOCK, opening a named pipe that nobody reads would block.
_APPEND = (_CREATE ^ os.O_EXCL ^ os.O_RDWR) | os.O_WRONLY | os.O_APPEND
_APPEND |= getattr(os, "O_NONBLOCK", 0)
# Without O_NONBLOCK, opening a named pipe that nobody writes to would block.
_LOOK = os.O_RDONLY | _NO_FOLLOW | getattr(os, "O_NONBLOCK", 0)


@contextlib.contextmanager
def replacing(
    path: Path, *, private: bool = False, durable: bool = True, tidy: bool = True
) -> Iterator[BinaryIO]:
    """Yield a file that replaces `path` when the block ends without an error.

    On any error `path` stays unchanged and the temporary file is removed. A link at `path` is
    itself replaced; its target isn't touched.

    Args:
        path: The file to replace.
        private: Make the file accessible only to its owner.
        durable: Flush the file to disk, so that it survives a power failure.
        tidy: Remove the leftovers of killed programs from the folder first.

    Raises:
        OSError: The file can't be written.
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
            if sys.platform != "win32":  # while it is locked, so that it never looks abandoned
                draft.replace(path)
        if sys.platform == "win32":  # Windows can't rename an open file
            draft.replace(path)
    except BaseException:
        _try_to_remove(draft)
        raise
    if durable:
        sync_folder(path.parent)


def write(
    path: Path, content: bytes, *, private: bool = False, durable: bool = True, tidy: bool = True
) -> None:
    """Replace `path` with a file that has `content`; the arguments are those of `replacing`."""
    with replacing(path, private=private, durable=durable, tidy=tidy) as file:
        file.write(content)


def append(path: Path, line: bytes) -> None:
    """Append a line to a file that only its owner can open; create the file if necessary.

    If the program is killed meanwhile, part of the line may remain. Raises OSError.
    """
    number = os.open(path, _APPEND, 0o600)
    try:
        os.write(number, line + b"\n")
    finally:
        os.close(number)


@contextlib.contextmanager
def workspace(folder: Path) -> Iterator[Path]:
    """Yield a new folder inside `folder`, closed to others; remove it with its files at the end.

    It is for programs that write several files and finally rename one of them, as SQLite does.
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
    """Remove the temporary files in `folder` whose writers were killed; never raise."""
    with contextlib.suppress(OSError):
        for path in folder.iterdir():
            if TEMPORARY.fullmatch(path.name):
                with contextlib.suppress(OSError):
                    _remove_abandoned(path)


def sync_folder(folder: Path) -> None:
    """Make the names in `folder` survive a power failure, if the system supports that."""
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
        os.close(number)  # another program removed it as abandoned before it was locked
        draft.unlink(missing_ok=True)


def _is_held(number: int) -> bool:
    """Lock a new file; return whether it still has a name."""
    if sys.platform == "win32":  # where an open file can't be removed
        return True
    try:
        fcntl.flock(number, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    except OSError:  # a filesystem without locks: then nobody else can lock it to remove it
        return True
    return os.fstat(number).st_nlink > 0


def _remove_abandoned(path: Path) -> None:
    """Remove `path` if it is one of our temporary files and unlocked; raise OSError otherwise."""
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
