"""The result and the votes as CSV, mainly for programs: UTF-8, one header, one row per item.

All cells are quoted, and none can be taken for a formula (`core.csv_text`).
"""

from __future__ import annotations

import io
from functools import lru_cache
from typing import TYPE_CHECKING

from twittervotes.core.contest.folding import fold
from twittervotes.core.contest.percent import percentages
from twittervotes.core.contest.words import tag_of
from twittervotes.core.counting.explain import reason
from twittervotes.core.counting.row_verdicts import RowVerdicts
from twittervotes.core.csv_text import cell, write
from twittervotes.export.phrases import utc

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from twittervotes.core.contest.contest import Contest
    from twittervotes.core.contest.snapshot import Snapshot
    from twittervotes.core.counting.parallel import Passed
    from twittervotes.export.redaction import Given

RESULT = ("choice", "label", "votes", "percent", "by_hand", "state", "rehearsal")
VOTES = ("network", "key", "time", "choice", "verdict", "reason", "account")
AT_ONCE = 1000  # rows
REMEMBERED = 1000  # lists of tags, networks

Row = tuple[str | int | float, ...]


def result(snapshot: Snapshot) -> str:
    """Write the tally: one row per choice, in the operator's order."""
    contest, tally = snapshot.contest, snapshot.tally
    kind = (snapshot.state.value, "yes" if contest.rehearsal else "no")
    rows: list[Row] = [
        (cell(choice.tag), cell(choice.label), votes, share, by_hand, *kind)
        for choice, votes, share, by_hand in zip(
            contest.choices, tally.votes, percentages(tally.votes), contest.by_hand, strict=True
        )
    ]
    return "".join(_written(RESULT, rows))


def votes(given: Given, passed: Passed | None = None) -> Iterator[str]:
    """Yield every post with its verdict, in the order of the ledger, some rows at a time.

    `choice` is what a post counts for, or otherwise names: the rows with the verdict "counted" add
    up to the tally, apart from votes by hand.
    """
    head = (*VOTES, "voter") if given.with_accounts else VOTES
    return _written(head, _rows(given, passed))


def _rows(given: Given, passed: Passed | None) -> Iterator[Row]:
    reader, contest = given.reader, given.reader.contest
    named = _namer(contest)
    verdicts = RowVerdicts(reader, passed)
    for judged, seal, counted_ms in verdicts.rows():
        post = judged.post
        counted = " ".join([contest.choices[i].tag for i in judged.choices])
        row = (
            cell(post.network),
            cell(post.key),
            utc(post.at_ms),
            cell(counted or named(post.network, post.tags)),
            judged.verdict.value,
            cell(reason(judged, contest, counted_ms)),
            seal,
        )
        yield (*row, cell(post.voter)) if given.with_accounts else row


def _namer(contest: Contest) -> Callable[[str, str], str]:
    """Return a function that returns the choices that a post names, given its network and tags."""

    @lru_cache(REMEMBERED)
    def owners(network: str) -> dict[str, str]:
        words = {fold(tag_of(word)): each.tag for each in contest.choices for word in each.words}
        return words | {
            fold(tag, network): choice.tag
            for choice in contest.choices
            for tag in (choice.tag, *choice.aliases)
        }

    @lru_cache(REMEMBERED)
    def named(network: str, tags: str) -> str:
        owner = owners(network)
        folded = [fold(tag, network) for tag in tags.split(" ")]
        return " ".join(dict.fromkeys(owner[tag] for tag in folded if tag in owner))

    return named


def _written(head: Row, rows: Iterable[Row]) -> Iterator[str]:
    lines = io.StringIO()
    write(lines, [head])
    for number, row in enumerate(rows, 1):
        write(lines, [row])
        if number % AT_ONCE == 0:
            yield lines.getvalue()
            lines.seek(0)
            lines.truncate()
    yield lines.getvalue()
