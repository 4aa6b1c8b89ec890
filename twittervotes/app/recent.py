"""The contests saved in a folder, newest first: what each is, and its state."""

from __future__ import annotations

from typing import TYPE_CHECKING

from twittervotes.core.contest import acts
from twittervotes.core.contest.acts import ActKind
from twittervotes.core.counting.outcome import outcome
from twittervotes.core.errors import TwittervotesError
from twittervotes.core.file_name import ENDING
from twittervotes.core.ledger.reader import Reader
from twittervotes.desktop.start_page.contract import Recent

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

MOST = 12
COUNTED_AT_ONCE = 20_000  # for contests with more posts, show the number of posts instead of votes


def recent(folder: Path) -> Iterator[Recent]:
    """Yield the contests whose files are in `folder`, the most recently written first."""
    for path in _newest(folder):
        try:
            with Reader(path) as reader:
                yield _recent(reader)
        except TwittervotesError as error:
            yield Recent(path, path.stem, trouble=str(error))


def _newest(folder: Path) -> list[Path]:
    try:
        files = [path for path in folder.iterdir() if path.suffix == ENDING and path.is_file()]
        files.sort(key=lambda path: path.stat().st_mtime, reverse=True)
    except OSError:  # the folder doesn't exist yet, or a file has just been removed
        return []
    return files[:MOST]


def _recent(reader: Reader) -> Recent:
    began = next((act.at_ms for act in reader.acts if act.does is ActKind.OPENED), 0)
    total = f"{reader.posts:,} post{'s' * (reader.posts != 1)}"
    if reader.posts <= COUNTED_AT_ONCE:
        votes = outcome(reader).tally.total
        total = f"{votes:,} vote{'s' * (votes != 1)}"
    return Recent(
        path=reader.path,
        title=reader.contest.title,
        state=acts.state(reader.contest, reader.acts, reader.at_ms),
        began_ms=began or reader.contest.opens_ms,
        total=total,
        rehearsal=reader.contest.rehearsal,
    )
