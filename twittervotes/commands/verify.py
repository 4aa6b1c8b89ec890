"""The verify command: verifies a ledger twice, with this program and with the stand-alone verifier.

The stand-alone verifier, one file that shares no code with the program, is published with the
results; here it runs exactly as a stranger would run it.
"""

from __future__ import annotations

import subprocess
import sys
from importlib.resources import as_file, files
from typing import TYPE_CHECKING

from twittervotes.commands.progress import progress
from twittervotes.commands.say import say
from twittervotes.core.counting import result
from twittervotes.core.counting.outcome import outcome
from twittervotes.core.errors import LedgerError
from twittervotes.core.ledger.reader import Reader
from twittervotes.core.ledger.verify import verify
from twittervotes.presentation.numbers import counted

if TYPE_CHECKING:
    from pathlib import Path

    from twittervotes.cli import command_options

FOUND = 1  # the exit code if something was changed


def run(options: command_options.VerifyOptions) -> int:
    """Verify a ledger, and print what was found."""
    with progress("Verifying", _posts(options.file)) as passed:
        verified = verify(options.file, expected=options.digest, passed=passed)
    posts = counted(verified.posts, "post")
    say(f"{verified.entries:,} entries, {posts}, digest {verified.digest}")
    if verified.finding is not None:
        say(verified.finding.words)
    elif options.digest:
        say("No row was changed: the digest matches the published one.")
    else:
        say("The ledger is self-consistent. Compare its digest with the published one:")
        say("a ledger that was rewritten completely would be self-consistent too.")
    recounted = "" if verified.finding else _counted(options.file, verified.posts)
    say("", "Read and counted a second time, with the standard library only:")
    with progress("Verifying again", verified.posts):
        second = _second(options, recounted)
    say(*(f"  {line}" for line in f"{second.stdout}{second.stderr}".splitlines()))
    return second.returncode if verified.finding is None else FOUND


def _counted(file: Path, posts: int) -> str:
    """Return the result of this program's own count, for the other one to compare."""
    with progress("Counting", posts) as passed, Reader(file) as reader:
        return result.text(outcome(reader, passed=passed))


def _posts(file: Path) -> int:
    """Return the number of posts to read, as far as it can be told."""
    try:
        with Reader(file) as reader:
            posts: int = reader.posts
            return posts
    except LedgerError:
        return 0


def _second(
    options: command_options.VerifyOptions, recounted: str
) -> subprocess.CompletedProcess[str]:
    """Verify again with the published file; it compares its count with `recounted`."""
    wanted = ["--digest", options.digest] if options.digest else []
    compared = ["--result", "-"] if recounted else []
    with as_file(files("twittervotes.standalone").joinpath("verify.py")) as program:
        return subprocess.run(  # noqa: S603 - our own file, and a path that the operator gave
            [sys.executable, "-I", str(program), str(options.file.absolute()), *wanted, *compared],
            input=recounted,
            capture_output=True,
            text=True,
            encoding="utf-8",
            errors="replace",
            check=False,
        )
