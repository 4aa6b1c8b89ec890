"""The rows of posts as Parquet, for DuckDB, Polars, pandas and Spark; docs/parquet.md describes it.

Rows are written in groups while the ledger is read, so the memory that a file takes doesn't grow
with it, but for what `PostRows.versions` says.
"""

from __future__ import annotations

from dataclasses import replace
from functools import lru_cache
from typing import TYPE_CHECKING, BinaryIO, NamedTuple

import pyarrow as pa
from pyarrow import parquet

from twittervotes.core.contest.contest import Several
from twittervotes.core.contest.folding import fold
from twittervotes.core.contest.judge import ChoosingBy
from twittervotes.export import vote_facts
from twittervotes.export.post_rows import PostRows

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from twittervotes.core.contest.contest import Contest
    from twittervotes.core.contest.posts import Post
    from twittervotes.core.counting.parallel import Passed
    from twittervotes.export.post_rows import RowPage
    from twittervotes.export.redaction import Given
    from twittervotes.export.vote_facts import VoteFacts

ROWS = 100_000  # rows per group
REMEMBERED = 20_000  # tag lists in the cache; an audience uses few
METADATA = b"twittervotes"

_TIME = pa.timestamp("ms", "UTC")
_TEXTS = pa.list_(pa.string())
COLUMNS = (
    ("seq", pa.int64()),
    ("entry", pa.int64()),
    ("source", pa.string()),
    ("network", pa.string()),
    ("key", pa.string()),
    ("account", pa.string()),
    ("posted", _TIME),
    ("tags", _TEXTS),
    ("folded", _TEXTS),
    ("choices", _TEXTS),
    ("kind", pa.string()),
    ("revision", pa.int64()),
    ("version", pa.int32()),
    ("born", _TIME),
)
VOTER = ("voter", pa.string())

Value = str | int | list[str] | None


class _Tags(NamedTuple):
    """The tags of a post: as typed, as its network compares them, and the choices they name."""

    typed: list[str]
    folded: list[str]
    choices: list[str]


def write(given: Given, file: BinaryIO, passed: Passed | None = None) -> None:
    """Write the rows of a ledger's posts to `file`, with accounts sealed or, on request, named."""
    reader = given.reader
    facts = vote_facts.of_ledger(reader, given.contest())
    rows = PostRows([reader])
    write_rows(rows, facts, file, with_accounts=given.with_accounts, passed=passed)


def write_rows(
    rows: PostRows,
    facts: VoteFacts,
    file: BinaryIO,
    *,
    with_accounts: bool,
    passed: Passed | None = None,
) -> None:
    """Write rows of posts to `file`, with the facts about their vote."""
    columns = (*COLUMNS, VOTER) if with_accounts else COLUMNS
    schema = pa.schema(columns, {METADATA: vote_facts.encoded(facts)})
    made = _maker(rows, facts.contest)
    with parquet.ParquetWriter(file, schema, compression="zstd") as writer:
        written = 0
        for group in _groups(rows.pages()):
            values = [made(seq, *row) for seq, row in enumerate(group, written + 1)]
            arrays = [
                pa.array(column, kind)
                for column, (_, kind) in zip(zip(*values, strict=True), columns, strict=False)
            ]
            writer.write_batch(pa.record_batch(arrays, schema=schema))
            written += len(group)
            if passed:
                passed(written)


def _groups(pages: Iterator[RowPage]) -> Iterator[list[tuple[int, str, Post]]]:
    """Yield rows in groups of ROWS, the last one smaller: each row's entry, source and post."""
    group: list[tuple[int, str, Post]] = []
    for page in pages:
        for post in page.posts:
            group.append((page.entry, page.source, post))
            if len(group) == ROWS:
                yield group
                group = []
    if group:
        yield group


def _maker(rows: PostRows, contest: Contest) -> Callable[[int, int, str, Post], tuple[Value, ...]]:
    """Return a function that returns the values of a row, the voter last."""
    versions, seal, of = rows.versions(), rows.seal, _reading(contest)

    def made(seq: int, entry: int, source: str, post: Post) -> tuple[Value, ...]:
        network, key, voter, at_ms, tags, kind, revision, born_ms = post
        version = versions.get((network, key), {}).get(post, 1)
        head = (seq, entry, source, network, key, seal(network, voter), at_ms)
        return (*head, *of(network, tags), kind, revision, version, born_ms or None, voter)

    return made


def _reading(contest: Contest) -> Callable[[str, str], _Tags]:
    """Return a function that parses the tags of posts by network, whatever the rules."""
    rules = replace(contest.rules, several=Several.EACH, required=())
    choosing = ChoosingBy(replace(contest, rules=rules))

    @lru_cache(REMEMBERED)
    def read(network: str, tags: str) -> _Tags:
        typed = tags.split(" ")
        named = choosing[network][tags][1]
        return _Tags(
            typed if tags else [],
            [fold(tag, network) for tag in typed],
            [contest.choices[number].tag for number in named],
        )

    return read
