"""Holes in what a host delivers: found, reported once, and not if they were read before."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from twittervotes.core.contest.posts import Gap
from twittervotes.sources.bluesky.coverage import HOLE_US, ReadCoverage

S = 1_000_000


def spans(gaps: tuple[Gap, ...]) -> list[tuple[int, int]]:
    return [(gap.from_ms // 1000, gap.to_ms // 1000) for gap in gaps]


def watched(*times_s: int, begin_s: int = 1000) -> ReadCoverage:
    watch = ReadCoverage()
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
def test_a_host_without_posts_is_blind() -> None:
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


def test_a_hole_is_found_across_disconnections() -> None:
    watch = watched(1001)
    for at_s in range(1010, 1080, 10):
        watch.note(at_s * S, post=False)
        watch.begin(watch.cursor_us)  # each time the host is asked from the last post on
    watch.note(1080 * S, post=True)
    watch.note(1090 * S, post=True)
    told = spans(watch.holes())
    assert (min(told)[0], max(told)[1]) == (1001, 1080)
    assert spans(watch.missing(1000 * S, 1090 * S)) == [(1001, 1080)]


def test_account_events_prove_no_coverage() -> None:
    watch = watched(1001)
    for at_s in range(1010, 1100, 10):
        watch.begin(at_s * S)  # the cursor that an older version left
        watch.note((at_s + 9) * S, post=False)
    assert spans(watch.missing(1000 * S, 1090 * S)) == [(1001, 1090)]


class Host:
    """A host that hands out a post a second, but in an outage, and an account's news as often."""

    def __init__(self, lasts_s: int, outage: tuple[int, int]) -> None:
        self.times = [(at_s, False) for at_s in range(lasts_s)]
        self.times += [(at_s, True) for at_s in range(lasts_s) if not outage[0] < at_s < outage[1]]
        self.times.sort()


LASTS_S = 240


@given(
    from_s=st.integers(1, 150),
    lasts_s=st.integers(HOLE_US // S + 2, 80),
    cuts=st.lists(st.integers(1, 60), max_size=30),
    kills=st.sets(st.integers(0, 30)),
)
def test_an_outage_is_reported_live_and_after_the_sweep(
    from_s: int, lasts_s: int, cuts: list[int], kills: set[int]
) -> None:
    """`cuts` is what each connection brings; before those in `kills` the process is new."""
    outage = from_s, from_s + lasts_s
    host = Host(LASTS_S, outage)
    for is_sweep in (False, True):
        watch, cursor_us, told = ReadCoverage(), 0, set[tuple[int, int]]()
        for number, frames in enumerate([*cuts, 3 * LASTS_S]):
            if number in kills:
                watch = ReadCoverage()
                cursor_us = 0 if is_sweep else cursor_us  # a sweep starts over
            watch.begin(cursor_us)
            left = [each for each in host.times if each[0] * S >= cursor_us - 5 * S][:frames]
            for at_s, post in left:
                watch.note(at_s * S, post=post)
            cursor_us = watch.cursor_us
            told |= set(spans(watch.holes()))
        if is_sweep:
            assert spans(watch.missing(0, (LASTS_S - 1) * S)) == [outage]
        else:
            assert (min(told)[0], max(told)[1]) == outage
