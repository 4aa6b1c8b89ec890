"""Shows the progress of long work on stderr, if that is a terminal."""

from __future__ import annotations

import sys
from contextlib import contextmanager
from typing import TYPE_CHECKING

from twittervotes.core.terminal_text import harmless

if TYPE_CHECKING:
    from collections.abc import Iterator

    from twittervotes.core.counting.parallel import Passed

LONG = 100_000  # posts; fewer take about a second
LARGE = 20_000_000  # bytes of a file; the same


@contextmanager
def progress(title: str, posts: int) -> Iterator[Passed | None]:
    """Yield a callback for the number of `posts` read so far, or None if no progress is shown."""
    if posts < LONG or not sys.stderr.isatty():
        yield None
        return
    from rich.console import Console
    from rich.progress import Progress

    with Progress(console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task(_shown(title), total=None)  # indeterminate until the first report
        yield lambda passed: bar.update(task, total=posts, completed=passed)


@contextmanager
def progress_in_bytes(title: str, size: int) -> Iterator[Passed]:
    """Yield a callback for the number of further bytes read, out of `size`."""
    if size < LARGE or not sys.stderr.isatty():
        yield lambda _: None
        return
    from rich.console import Console
    from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn, TimeRemainingColumn

    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        DownloadColumn(),
        TimeRemainingColumn(),
    )
    with Progress(*columns, console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task(_shown(title), total=size)
        yield lambda more: bar.advance(task, more)


def _shown(title: str) -> str:
    """Return a title, which may contain a file name, as plain text."""
    from rich.markup import escape

    return escape(harmless(title))
