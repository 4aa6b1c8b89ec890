"""Reads ledgers for a board, from copies and within limits.

    python -m … file OUT LEDGER           the export that OUT is named after
    python -m … documents OUT LEDGER…     the board's documents: OUT/0.json, OUT/1.json and so on
    python -m … lookup OUT COPY LEDGER    what became of the post that stdin names, in a copy

What can't be read gives OUT/0.error with a sentence instead.
"""

from __future__ import annotations

import contextlib
import sys
import tempfile
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from twittervotes.ballots.receipts import ballot_key
from twittervotes.board import curtain, wire
from twittervotes.board.jobs import COPY
from twittervotes.core.atomic_file import write
from twittervotes.core.contest.posts import Verdict
from twittervotes.core.counting.lookup import statuses
from twittervotes.core.counting.outcome import outcome
from twittervotes.core.errors import TwittervotesError
from twittervotes.core.ledger import file
from twittervotes.core.ledger.reader import Reader
from twittervotes.presentation.phrases import network_title, uncounted_reasons

if TYPE_CHECKING:
    from collections.abc import Iterator

MOST_ASKED = 2_000  # bytes; of a link
MEMORY, CPU_S, FILE_BYTES = 4 << 30, 300, 16 << 30


def main(words: list[str]) -> int:
    """Run one job; return the exit code."""
    what, out, ledgers = words[0], Path(words[1]), [Path(word) for word in words[2:]]
    _limit()
    if what == "documents":
        for number, ledger in enumerate(ledgers):
            try:
                document = wire.encode(_document(ledger, out))
                write(out / f"{number}.json", document, private=True, durable=False)
            except TwittervotesError as error:
                write(out / f"{number}.error", str(error).encode(), private=True, durable=False)
        return 0
    try:
        if what == "lookup":
            _look_up(out, ledgers[0], ledgers[1])
        elif out.name == COPY:
            file.copy(ledgers[0], out)
        else:
            _export(ledgers[0], out)
    except TwittervotesError as error:
        sys.stderr.write(f"{error}\n")
        return 2
    return 0


def _document(ledger: Path, folder: Path) -> wire.Document:
    with _copied(ledger, folder) as reader:
        return curtain.document(replace(outcome(reader), acts=reader.acts), hidden=False)


def _export(ledger: Path, out: Path) -> None:
    from twittervotes.export import export  # imported here because most jobs don't need it

    with _copied(ledger, out.parent) as reader:
        export(reader, out)


def _look_up(out: Path, copy: Path, ledger: Path) -> None:
    wanted = sys.stdin.buffer.read(MOST_ASKED).decode(errors="replace")
    with Reader(copy) as reader:
        found = statuses(reader, wanted, ballot=ballot_key(ledger, wanted))
        reasons = uncounted_reasons(reader.contest.rules)
    items = (
        wire.PostStatus(
            network_title(each.network),
            each.at_ms,
            each.entry,
            each.verdict is Verdict.COUNTED,
            f"Not counted: {reasons[each.verdict]}" if each.verdict in reasons else "Counted",
        )
        for each in found
    )
    document = wire.encode(wire.PostStatuses(tuple(items)))
    write(out, document, private=True, durable=False)


@contextlib.contextmanager
def _copied(ledger: Path, folder: Path) -> Iterator[Reader]:
    """Yield a reader of a copy of a ledger, made in a folder inside `folder`."""
    with tempfile.TemporaryDirectory(dir=folder) as place:
        copy = Path(place) / ledger.name
        file.copy(ledger, copy)
        with Reader(copy) as reader:
            yield reader


def _limit() -> None:
    """Limit memory, time and files, if the system supports it."""
    if sys.platform == "win32":
        return
    import resource

    for what, most in (
        (resource.RLIMIT_AS, MEMORY),
        (resource.RLIMIT_CPU, CPU_S),
        (resource.RLIMIT_FSIZE, FILE_BYTES),
        (resource.RLIMIT_CORE, 0),
    ):
        with contextlib.suppress(ValueError, OSError):
            resource.setrlimit(what, (most, most))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
