"""Holes in what a host hands out: found, told once, and not told where they were read before."""

from __future__ import annotations

import pytest

from twittervotes.core.model import Gap
from twittervotes.sources.bluesky_watch import HOLE_US, Watch

S = 1_000_000


def spans(gaps: tuple[Gap, ...]) -> list[tuple[int, int]]:
    return [(gap.from_ms // 1000, gap.to_ms // 1000) for gap in gaps]


def watched(*times_s: int, begin_s: int = 1000) -> Watch:
    watch = Watch()
    watch.begin(begin_s * S)
    for at_s in times_s:
        watch.note(at_s * S, post=True)
    return watch


def test_posts_without_a_hole_leave_nothing_to_tell() -> None:
    watch = watched(1001, 1020, 1018, 1045)
    assert watch.holes() == ()
    assert watch.missing(1000 * S, 1040 * S) == ()


def test_a_cursor_moved_ahead_silently_is_a_hole() -> None:
    watch = watched(1600, 1601)
    (gap,) = watch.holes()
    assert (gap.from_ms, gap.to_ms) == (1_000_000, 1_600_000)
    assert "older" in gap.reason
    assert watch.holes() == ()


@pytest.mark.covers("blind host")
def test_a_host_that_has_no_posts_is_blind_whatever_else_it_tells() -> None:
    watch = watched(1001)
    for at_s in range(1002, 1080):
        watch.note(at_s * S, post=False)
    watch.note(1080 * S, post=True)
    found = spans(watch.holes())
    assert (found[0][0], found[-1][1]) == (1001, 1080)
    assert [end for _, end in found[:-1]] == [begin for begin, _ in found[1:]]
    watch.note(1081 * S, post=True)
    assert watch.holes() == ()


def test_what_one_reading_lacks_another_may_have() -> None:
    watch = watched(1010, 1030, 1050)
    watch.begin(1000 * S)  # the sweep, by a host that has forgotten the beginning
    watch.note(1045 * S, post=True)
    watch.note(1055 * S, post=True)
    assert watch.missing(1000 * S, 1055 * S) == ()
    assert watch.holes() != ()


def test_what_nobody_read_is_missing() -> None:
    watch = watched(1010, 1030)
    watch.begin(1200 * S)
    watch.note(1210 * S, post=True)
    assert spans(watch.missing(1000 * S, 1500 * S)) == [(1030, 1200), (1210, 1500)]
    assert spans(watch.missing(900 * S, 1030 * S)) == [(900, 1000)]
    assert watch.missing(1030 * S - HOLE_US, 1030 * S) == ()
