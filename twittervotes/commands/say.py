"""Print plain text for pipes and terminals: lines, and tables in columns.

A ledger may come from a stranger, and so may the titles and tags in it, so everything is made
harmless for terminals first.
"""

from __future__ import annotations

import os
import sys
from contextlib import contextmanager
from typing import TYPE_CHECKING

from rich.cells import cell_len

from twittervotes.core.errors import OutputError
from twittervotes.core.terminal_text import harmless

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

NEW_LINE = "\n"
PROGRAM = "twittervotes"


@contextmanager
def written() -> Iterator[None]:
    """Guard writes to stdout: a closed pipe is not an error; raise OutputError for others."""
    try:
        yield
    except BrokenPipeError:
        _let_go_of_stdout()
    except OSError as error:
        _let_go_of_stdout()
        what = error.strerror or error
        raise OutputError(f"Can't write the result: {what}.") from error


def _let_go_of_stdout() -> None:
    """Keep the interpreter from reporting on exit that stdout can't be written."""
    if sys.__stdout__ is not None and sys.stdout is sys.__stdout__:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.__stdout__.fileno())


def say(*lines: str) -> None:
    """Print lines to stdout."""
    for line in lines:
        sys.stdout.write(f"{harmless(line).rstrip()}\n")


def complain(sentences: str, program: str = "") -> None:
    """Print to stderr what went wrong: one sentence, or several on lines of their own.

    Each line begins with the name of the `program`, like the messages of a shell's own commands.
    """
    before = f"{program}: " if program else ""
    lines = harmless(sentences, keep=NEW_LINE).splitlines()
    sys.stderr.write("".join(f"{before}{line}\n" for line in lines))


def table(rows: Sequence[Sequence[str]]) -> None:
    """Print rows in columns, the first left-aligned and numbers right-aligned."""
    rows = [[harmless(cell) for cell in row] for row in rows]
    widths = [max(map(cell_len, column)) for column in zip(*rows, strict=True)]
    for row in rows:
        first, *others = (
            (" " * (width - cell_len(cell)), cell) for cell, width in zip(row, widths, strict=True)
        )
        cells = [first[1] + first[0], *(space + cell for space, cell in others)]
        say("  ".join(cells))


def signed(number: int) -> str:
    """Format a difference with its sign."""
    return f"{number:+,}".replace("-", "\u2212") if number else "0"
