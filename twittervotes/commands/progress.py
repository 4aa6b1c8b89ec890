"""Shows on stderr how far long work is: in a terminal only, and for many posts only."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager

from twittervotes.core.outcome import Passed

LONG = 100_000  # posts; fewer are read in about a second


@contextmanager
def progress(title: str, posts: int) -> Iterator[Passed | None]:
    """Give what is to be told how many of the `posts` have been read, None where none is shown."""
    if posts < LONG or not sys.stderr.isatty():
        yield None
        return
    from rich.console import Console
    from rich.progress import Progress

    with Progress(console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task(title, total=None)  # moves to and fro until something is told
        yield lambda passed: bar.update(task, total=posts, completed=passed)
