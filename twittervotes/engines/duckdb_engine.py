"""Counts a Parquet file of posts with DuckDB, in this process.

DuckDB spills to files in `folder` when memory runs out.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import duckdb

from twittervotes.core.errors import LedgerError
from twittervotes.engines import engine_tally
from twittervotes.engines.dialects import DUCKDB
from twittervotes.engines.rule_compiler import POSTS, compiled

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from pathlib import Path

    from twittervotes.core.contest.contest import Contest
    from twittervotes.core.contest.posts import Tally

# A stranger's file must not make DuckDB load code.
NO_EXTENSIONS = ("autoinstall_known_extensions", "autoload_known_extensions")


class _Tables:
    def __init__(self, db: duckdb.DuckDBPyConnection) -> None:
        self._db = db

    def make(self, name: str, query: str) -> None:
        self._db.execute(f"CREATE TEMP TABLE {name} AS {query}")

    def rows(self, query: str) -> Iterable[Sequence[object]]:
        return self._db.execute(query).fetchall()


def tally(
    path: Path, contest: Contest, folder: Path, *, without: Sequence[str] = (), is_named: bool
) -> Tally:
    """Count the posts in a Parquet file; the arguments are those of `rule_compiler.compiled`."""
    plan = compiled(contest, DUCKDB, without=without, is_named=is_named)
    config: dict[str, str | bool | int | float | list[str]] = {
        "temp_directory": str(folder),
        **dict.fromkeys(NO_EXTENSIONS, False),
    }
    try:
        with duckdb.connect(":memory:", config=config) as db:
            db.read_parquet(_literal(path)).create_view(POSTS)
            tables = _Tables(db)
            for name, query in plan.steps:
                tables.make(name, query)
            return engine_tally.tally(tables, plan, contest)
    except duckdb.Error as error:
        raise LedgerError(f"DuckDB could not count {path}: {error}") from error


def _literal(path: Path) -> str:
    """Return a glob pattern that matches this file only."""
    return re.sub(r"([*?\[])", r"[\1]", str(path))
