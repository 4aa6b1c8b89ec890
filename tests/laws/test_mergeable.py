"""Law 3: ledgers of one contest merge into the ledger that one machine would have made."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from samples import CLOSES, OPENS
from strategies import contests, fails, law, rounds

from twittervotes.core.contest.acts import Act, ActKind
from twittervotes.core.contest.contest import Contest, PerAccount, Rules
from twittervotes.core.contest.posts import Gap, Post, Tally
from twittervotes.core.counting.outcome import outcome
from twittervotes.core.ledger import merge as merging
from twittervotes.core.ledger.coverage import Cover, gaps
from twittervotes.core.ledger.merge import Passed, Written, merge
from twittervotes.core.ledger.reader import Reader
from twittervotes.core.ledger.search import current_posts
from twittervotes.core.ledger.writer import Entry, Ledger

acts = st.lists(
    st.sampled_from(
        (
            Act(ActKind.PAUSED, OPENS + 1000),
            Act(ActKind.RESUMED, OPENS + 3000),
            Act(ActKind.PAUSED, OPENS + 5000),
            Act(ActKind.EXCLUDED, OPENS + 6000, voter="bob", reason="r"),
            Act(ActKind.RULED, OPENS + 7000, rules=Rules(per_account=PerAccount.ALL)),
            Act(ActKind.ADJUSTED, OPENS + 7500, "Ada", tag="arch", votes=2, reason="jury"),
            Act(ActKind.CLOSED, CLOSES - 2000),
        )
    ),
    max_size=3,
    unique_by=lambda act: act.at_ms,
)
shares = st.lists(
    st.sets(st.integers(0, 3), min_size=1, max_size=3), min_size=20, max_size=20
)  # which machines have each page, or act


def written(path: Path, laid_down: Contest, pages: Sequence[Entry], done: Sequence[Act]) -> Path:
    with Ledger.create(path, laid_down, 1) as ledger:
        for n, each in enumerate(pages):
            ledger.append([each], n)
        for act in sorted(done, key=lambda act: act.at_ms):
            ledger.act(act)
    return path


def told(path: Path) -> tuple[list[Post], set[tuple[str, Post]], Contest, Tally]:
    """Return the content of a ledger: its posts, its rows, its contest, its tally."""
    with Reader(path) as reader:
        rows = {
            (row.source, post)
            for row, pages in reader.written()
            for page in pages
            for post in page.posts()
        }
        assert len(rows) == reader.posts
        return sorted(current_posts(reader)), rows, reader.contest, outcome(reader).tally


@settings(law, max_examples=25)
@given(rounds, contests, acts, shares, st.permutations(range(4)), st.integers(1, 3))
def mergeable(
    seen: list[Entry],
    laid_down: Contest,
    done: list[Act],
    has: list[set[int]],
    order: list[int],
    first: int,
) -> None:
    with TemporaryDirectory() as folder:
        whole = written(Path(folder, "whole"), laid_down, seen, done)
        machines = [
            written(
                Path(folder, f"machine {n}"),
                laid_down,
                [entry for entry, owners in zip(seen, has, strict=False) if n in owners],
                [act for act, owners in zip(done, has[10:], strict=False) if n in owners],
            )
            for n in order
        ]
        at_once, some, nested = (Path(folder, name) for name in ("at once", "some", "nested"))
        merge(at_once, machines)
        assert told(at_once) == told(whole)
        merge(some, machines[:first])
        merge(nested, [*machines[first:], some, machines[0]])
        assert told(nested) == told(whole)


def test_merged_ledgers_equal_the_ledger_of_one_machine() -> None:
    mergeable()


def test_taking_each_post_from_one_ledger_is_caught(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    copy = merging._copy

    def without_versions(ledger: Ledger, together: Iterable[Written], passed: Passed | None) -> int:
        known: set[tuple[str, str]] = set()

        def new(written: Written) -> Written:
            posts = tuple(p for p in written.posts if (p.network, p.key) not in known)
            known.update((p.network, p.key) for p in posts)
            return replace(written, posts=posts)

        return copy(ledger, map(new, together), passed)

    monkeypatch.setattr(merging, "_copy", without_versions)
    fails(mergeable)


def test_taking_acts_from_one_ledger_is_caught(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(merging, "_acts", lambda readers, _: list(readers[0].acts))
    fails(mergeable)


times = st.integers(0, 12)
spans = st.lists(st.tuples(times, times).map(sorted), max_size=3)
covers = st.lists(st.tuples(st.integers(0, 5), times, spans), min_size=2, max_size=4)


def cover(opens_ms: int, read_ms: int, lost: Sequence[Sequence[int]]) -> Cover:
    made = Cover(opens_ms)
    made.note("page", "twitter", {"feed": "all", "position": {"read_ms": read_ms}})
    for from_ms, to_ms in lost:
        made.note("gap", "twitter", {"from_ms": from_ms, "to_ms": to_ms, "reason": "r"})
    return made


def instants(found: Sequence[tuple[str, Gap]]) -> set[int]:
    return {at for _, gap in found for at in range(gap.from_ms, gap.to_ms)}


@law
@given(covers, st.sampled_from((None, 9)))
def covered(machines: list[tuple[int, int, list[list[int]]]], ends_ms: int | None) -> None:
    opens_ms = min(opens for opens, _, _ in machines)
    furthest = max(read for _, read, _ in machines) if ends_ms is None else ends_ms
    unread = set(range(20))
    recorded = set(range(opens_ms, furthest))
    for opens, read, lost in machines:
        mine = {at for from_ms, to_ms in lost for at in range(from_ms, to_ms)}
        unread &= mine | set(range(opens)) | set(range(read, 20))
        recorded |= mine
    made = [cover(*machine) for machine in machines]
    found = gaps(made, opens_ms, ends_ms)
    assert instants(found) == unread & recorded
    instant = {from_ms for _, _, lost in machines for from_ms, to_ms in lost if from_ms == to_ms}
    assert all(gap.from_ms < gap.to_ms or gap.from_ms in instant for _, gap in found)
    some = machines[:-1]
    opens, read = min(each[0] for each in some), max(each[1] for each in some)
    between = gaps(made[:-1], opens, ends_ms)
    again = cover(opens, read, [(gap.from_ms, gap.to_ms) for _, gap in between])
    assert instants(gaps([again, made[-1]], opens_ms, ends_ms)) == instants(found)


def test_a_merged_gap_is_what_no_ledger_has_read() -> None:
    covered()


def test_adding_up_gaps_is_caught(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(
        "test_mergeable.gaps",
        lambda covers, *_: [("t", gap) for each in covers for gap in each.gaps("twitter")],
    )
    fails(covered)
