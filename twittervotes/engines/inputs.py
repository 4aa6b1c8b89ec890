"""The Parquet file of posts that an engine counts; made from ledgers, a pack or events."""

from __future__ import annotations

from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import pyarrow as pa
from pyarrow import parquet

from twittervotes.core import atomic_file
from twittervotes.core.errors import LedgerError
from twittervotes.core.ledger import rebuilt
from twittervotes.core.ledger.reader import Reader
from twittervotes.export import vote_facts
from twittervotes.export.parquet import COLUMNS, METADATA, VOTER, write_rows
from twittervotes.export.post_rows import PostRows
from twittervotes.export.redaction import Given
from twittervotes.export.vote_facts import VoteFacts

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from twittervotes.core.counting.parallel import Passed
    from twittervotes.core.ledger.rebuilt import GivenEntry

MAGIC = b"PAR1"


@dataclass(frozen=True, slots=True)
class PostsFile:
    """A Parquet file of posts, the facts about their vote, and whether accounts are named."""

    path: Path
    facts: VoteFacts
    is_named: bool


def is_parquet(path: Path) -> bool:
    """Return whether `path` is a Parquet file, judged by its first bytes."""
    if not path.is_file():
        return False
    with path.open("rb") as file:
        return file.read(len(MAGIC)) == MAGIC


def read(path: Path) -> PostsFile:
    """Read a Parquet file's schema and facts.

    Raises:
        LedgerError: The file isn't a posts.parquet written by this program.
    """
    try:
        schema = parquet.read_schema(path)
    except (OSError, pa.ArrowException) as error:
        raise LedgerError(f"{path} can't be read as Parquet: {error}") from error
    said = (schema.metadata or {}).get(METADATA)
    columns = [(each.name, each.type) for each in schema]
    if said is None or columns not in ([*COLUMNS], [*COLUMNS, VOTER]):
        raise LedgerError(f"{path} isn't a posts.parquet written by `twittervotes export`.")
    return PostsFile(path, vote_facts.decoded(said, str(path)), is_named=VOTER in columns)


def of_ledgers(ledgers: Sequence[Path], path: Path, passed: Passed | None = None) -> PostsFile:
    """Write the posts of ledgers to a private Parquet file that names accounts.

    Several ledgers must belong to one contest; the file holds what their merge would hold.
    """
    with ExitStack() as opened:
        readers = [opened.enter_context(Reader(ledger)) for ledger in ledgers]
        if len(readers) == 1:
            facts = vote_facts.of_ledger(readers[0], readers[0].contest)
        else:
            facts = vote_facts.of_ledgers(readers)
        with atomic_file.replacing(path, private=True, durable=False) as file:
            write_rows(PostRows(readers), facts, file, with_accounts=True, passed=passed)
    return PostsFile(path, facts, is_named=True)


def of_given(given: Iterable[GivenEntry], folder: Path) -> PostsFile:
    """Write the posts of exported entries to a Parquet file in `folder`.

    Accounts are known by their seals alone. Raises LedgerError.
    """
    ledger, path = folder / "rebuilt.votes", folder / "posts.parquet"
    rebuilt.write(ledger, given)
    with Reader(ledger) as reader:
        facts = vote_facts.of_ledger(reader, Given(reader).contest())
        with atomic_file.replacing(path, private=True, durable=False) as file:
            write_rows(PostRows([reader], are_sealed=True), facts, file, with_accounts=False)
    return PostsFile(path, facts, is_named=False)
