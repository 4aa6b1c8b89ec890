"""A pause that is taken back leaves no trace in the count: live, recounted, in whatever order."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
import reference
from hypothesis import assume, given
from hypothesis import strategies as st
from strategies import contests, fails, law, pages, times

from twittervotes.core.contest import act_effects, act_kinds
from twittervotes.core.contest.acts import Act, ActKind, second_after
from twittervotes.core.contest.contest import Contest
from twittervotes.core.contest.posts import Post
from twittervotes.core.counting.live import LiveCount
from twittervotes.core.ledger.writer import Entry, Ledger

seen = st.lists(pages, max_size=3)


@law
@given(seen, seen, seen, seen, times, st.none() | times, contests)
def traceless(
    before: list[Entry],
    paused: list[Entry],
    resumed: list[Entry],
    after: list[Entry],
    pause_ms: int,
    resume_ms: int | None,
    laid_down: Contest,
) -> None:
    begin = second_after(pause_ms)
    assume(not laid_down.is_paused and begin not in [each for each, _ in laid_down.pauses])
    steps: list[Entry | Act] = [*before, Act(ActKind.PAUSED, pause_ms), *paused]
    if resume_ms is not None:
        steps += [Act(ActKind.RESUMED, resume_ms), *resumed]
    steps += [Act(ActKind.UNPAUSED, max(pause_ms, resume_ms or 0), pause_ms=begin), *after]
    posts: list[Post] = []
    with (
        TemporaryDirectory() as folder,
        Ledger.create(Path(folder, "v.db"), laid_down, 1) as ledger,
    ):
        live = LiveCount(ledger)
        for step in steps:
            if isinstance(step, Act):
                ledger.act(step)
                live.follow()
            else:
                posts += step.posts
                live.record(ledger.append([step], 1))
        while live.recounting is not None:
            live.go_on()
        assert ledger.contest == laid_down
        assert reference.numbers(live.tally()) == reference.count(posts, laid_down)


def test_an_undone_pause_excludes_no_vote() -> None:
    traceless()


def test_merely_ending_an_undone_pause_is_caught(monkeypatch: pytest.MonkeyPatch) -> None:
    spec = replace(act_kinds.ACTS[ActKind.UNPAUSED], apply=act_effects.resumed)
    monkeypatch.setattr(act_kinds, "ACTS", {**act_kinds.ACTS, ActKind.UNPAUSED: spec})
    fails(traceless)
