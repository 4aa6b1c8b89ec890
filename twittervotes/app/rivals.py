"""Other votes that are being counted right now in the same chat by the same words.

A message would count in both. A vote that nobody is counting doesn't matter, because a chat can't
be read afterwards.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from twittervotes.core.contest import chat
from twittervotes.core.errors import ConfigError, LedgerBusyError, TwittervotesError
from twittervotes.core.file_name import ENDING
from twittervotes.core.ledger import file
from twittervotes.core.ledger.reader import Reader

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator
    from pathlib import Path

    from twittervotes.core.contest.contest import Contest


def check(contest: Contest, rooms: Collection[str], folder: Path) -> None:
    """Raise ConfigError if a vote in `folder` is being counted in one of these chats too."""
    words = set(chat.reader(contest).tags)
    if not words:
        return
    for path in _counted_now(folder):
        try:
            with Reader(path) as reader:
                shared = words.intersection(chat.reader(reader.contest).tags)
                room = next((name for name in reader.sources() if name in rooms), "")
                title = reader.contest.title
        except TwittervotesError:
            continue
        if room and shared:
            said = ", ".join(sorted(shared)[:3])
            raise ConfigError(
                f"“{title}” is being counted in {room} by the same words: {said}. Choose"
                " other words, such as the next numbers, or close that vote first."
            )


def _counted_now(folder: Path) -> Iterator[Path]:
    """Yield the ledgers that another program is writing to."""
    for path in sorted(folder.glob(f"*{ENDING}")) if folder.is_dir() else ():
        try:
            file.locked(path).release()
        except LedgerBusyError:
            yield path
        except TwittervotesError:
            continue
