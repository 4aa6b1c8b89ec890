"""Reads one ledger for a board, from a copy and within limits: `python -m … WHAT LEDGER OUT`.

WHAT is `document`, for the board's document, or `file`, for the export that OUT is named after.
"""

from __future__ import annotations

import contextlib
import sys
import tempfile
from dataclasses import replace
from pathlib import Path

from twittervotes.board import curtain, wire
from twittervotes.core.atomic_file import write
from twittervotes.core.counting.outcome import outcome
from twittervotes.core.errors import TwittervotesError
from twittervotes.core.ledger import file
from twittervotes.core.ledger.reader import Reader

MEMORY, CPU_S, FILE_BYTES = 4 << 30, 300, 16 << 30


def main(words: list[str]) -> int:
    """Do what `words` say; return the exit code."""
    what, ledger, out = words[0], Path(words[1]), Path(words[2])
    _limit()
    try:
        with tempfile.TemporaryDirectory(dir=out.parent) as folder:
            copy = Path(folder) / ledger.name
            file.copy(ledger, copy)
            with Reader(copy) as reader:
                if what == "file":
                    from twittervotes.export import export

                    export(reader, out)
                else:
                    snapshot = replace(outcome(reader), acts=reader.acts)
                    document = curtain.document(snapshot, hidden=False)
                    write(out, wire.encode(document), private=True, durable=False)
    except TwittervotesError as error:
        sys.stderr.write(f"{str(error).replace(str(ledger.parent), '')}\n")
        return 2
    return 0


def _limit() -> None:
    """Bound memory, time and files, where the system can."""
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
