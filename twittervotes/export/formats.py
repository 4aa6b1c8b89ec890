"""Exports a ledger; the file name decides the format."""

from __future__ import annotations

import contextlib
import importlib.util
import os
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO

from twittervotes.core import atomic_file
from twittervotes.core.counting import result
from twittervotes.core.counting.parallel import Passed
from twittervotes.core.errors import ConfigError, LedgerError
from twittervotes.export import pack, report, table
from twittervotes.export.redaction import Given

if TYPE_CHECKING:
    from twittervotes.core.ledger.reader import Reader

Write = Callable[[Given, BinaryIO, Passed | None], None]


def export(
    reader: Reader,
    out: Path,
    *,
    kind: str | None = None,
    with_accounts: bool = False,
    passed: Passed | None = None,
) -> None:
    """Write the format that the name of `out` (or `kind`) means, completely or not at all.

    The name is one of KINDS or DATA, or ends with a dash and one of them: vote-result.csv. A format
    in DATA can be large, and replaces no file. `passed` receives the progress: a number that grows
    up to the ledger's number of posts.

    Raises:
        ConfigError: The name has no known ending, or the file can't be written.
        LedgerError: The ledger can't be read.
    """
    name = out.name if kind is None else kind
    found = kind_of(name)
    write = KINDS.get(found) or DATA.get(found)
    if write is None:
        listed = ", ".join([*KINDS, *DATA])
        words = f"{name!r} has no known ending. Name it {listed}."
        raise ConfigError(words)
    if found in DATA and out.exists():
        raise ConfigError(f"{out} already exists. Remove it, or choose another name.")
    with _replacing(out) as file:
        if out.exists() and out.samefile(reader.path):
            raise ConfigError(f"{out} is the ledger itself. Choose another name.")
        try:
            write(Given(reader, with_accounts=with_accounts), file, passed)
        except (OverflowError, ValueError) as error:  # an impossible date, say
            words = f"{reader.path} holds an invalid value: {error}."
            raise LedgerError(words) from error


def kind_of(name: str) -> str:
    """Return which of KINDS or DATA a file's name means; "" for none."""
    name = name.lower()
    return next((kind for kind in (*KINDS, *DATA) if name == kind or name.endswith(f"-{kind}")), "")


@contextlib.contextmanager
def _replacing(out: Path) -> Iterator[BinaryIO]:
    """Yield a file that replaces `out`; raise ConfigError if it can't be written."""
    # The name of a link means the file that it leads to.
    out = Path(os.path.realpath(out))
    try:
        if out.exists() and not out.is_file():
            raise ConfigError(f"{out} is not a file. Choose another name.")
        if not out.parent.is_dir():
            raise ConfigError(f"There is no folder {out.parent}. Create it, or choose another.")
        with atomic_file.replacing(out) as file:
            yield file
    except OSError as error:
        words = error.strerror or str(error)
        raise ConfigError(f"{out} could not be written: {words}. It is unchanged.") from error


def _result_json(given: Given, file: BinaryIO, passed: Passed | None) -> None:
    file.write(result.text(given.outcome(passed)).encode())


def _result_csv(given: Given, file: BinaryIO, passed: Passed | None) -> None:
    file.write(table.result(given.outcome(passed)).encode())


def _votes_csv(given: Given, file: BinaryIO, passed: Passed | None) -> None:
    _stream(table.votes(given, passed), file)


def _result_xlsx(given: Given, file: BinaryIO, passed: Passed | None) -> None:
    from twittervotes.export import xlsx  # imported here because XlsxWriter loads slowly

    xlsx.write(given.outcome(passed), given, file)


def _report(given: Given, file: BinaryIO, passed: Passed | None) -> None:
    file.write(report.page(given.outcome(passed), given).encode())


def _pack(given: Given, file: BinaryIO, passed: Passed | None) -> None:
    pack.write(given, file, passed)


def _posts(given: Given, file: BinaryIO, passed: Passed | None) -> None:
    if importlib.util.find_spec("pyarrow") is None:
        raise ConfigError(
            "posts.parquet needs pyarrow. Install it: pip install 'twittervotes[parquet]'"
        )
    from twittervotes.export import parquet

    parquet.write(given, file, passed)


def _stream(texts: Iterable[str], file: BinaryIO) -> None:
    for text in texts:
        file.write(text.encode())


KINDS: dict[str, Write] = {
    "result.json": _result_json,
    "result.csv": _result_csv,
    "votes.csv": _votes_csv,
    "result.xlsx": _result_xlsx,
    "pack.zip": _pack,
    "report.html": _report,
}
DATA: dict[str, Write] = {"posts.parquet": _posts}  # for programs; not in the window
