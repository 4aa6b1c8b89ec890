"""Times that come twice or never in the night when the clocks change, and the offsets that help."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from twittervotes.cli.vote_options import Options
from twittervotes.core.config import local_time
from twittervotes.core.config.duration import moment
from twittervotes.core.config.loader import load
from twittervotes.core.config.rules import moments
from twittervotes.core.contest.contest import Rules
from twittervotes.core.errors import ConfigError, ContestError
from twittervotes.desktop.start_page.contract import Proposal
from twittervotes.desktop.start_page.draft import (
    Draft,
    end_in_words,
    ends,
    initial_draft,
    options_of,
)

BEFORE = datetime(2026, 10, 24, 23, 0)
SetZone = Callable[[str], None]
pytestmark = pytest.mark.skipif(not hasattr(time, "tzset"), reason="no zone can be set here")


@pytest.fixture(autouse=True)
def zone(monkeypatch: pytest.MonkeyPatch) -> Iterator[SetZone]:
    """Be in Berlin: clocks go back on 2026-10-25 at 03:00, ahead on 2026-03-29 at 02:00."""

    def set_zone(name: str) -> None:
        monkeypatch.setenv("TZ", name)
        time.tzset()

    set_zone("Europe/Berlin")
    yield set_zone
    monkeypatch.undo()
    time.tzset()


def ms(text: str) -> int:
    return int(datetime.fromisoformat(text).timestamp() * 1000)


def test_an_ordinary_time_is_taken_as_before() -> None:
    assert moment("2026-11-21 20:00") == ms("2026-11-21T19:00Z")
    assert moment("2026-07-21 20:00") == ms("2026-07-21T18:00Z")


FRACTIONS = (
    "2026-11-21 20:00:20.5",
    "2026-11-21T20:00:20.500Z",
    "2026-11-21T20:00:20,001+01:00",
    "20261121T200020.5Z",
    "2026-11-21 20:00:20.000001",
    "2026-11-21 20:00:20.00000001",  # of which Python reads six digits
    "2026-11-21 20:00:20+01:00:00.5",
)


@pytest.mark.parametrize("text", FRACTIONS)
def test_fractions_of_a_second_are_refused(text: str, tmp_path: Path) -> None:
    for name in ("opens", "closes"):
        with pytest.raises(ConfigError, match=f"--rule: {name} must be a whole second"):
            moments([(name, text)])
        file = tmp_path / "config.yaml"
        file.write_text(f'contest:\n  {name}: "{text}"\n')
        with pytest.raises(ConfigError, match="must be a whole second"):
            load(file, {})
    with pytest.raises(ContestError, match="Enter a whole second"):
        ends(Draft(lasts="until", until=text), BEFORE)


@pytest.mark.parametrize("text", ["2026-11-21 20:00:20.0+01:00", "2026-11-21T20:00:20,000+01:00"])
def test_a_zero_fraction_is_accepted(text: str) -> None:
    assert moment(text) == ms("2026-11-21T19:00:20Z")


@pytest.mark.parametrize("name", ["opens", "closes"])
def test_an_ambiguous_time_needs_an_offset(name: str) -> None:
    told = (
        f"--rule: {name} occurs twice, because the clocks go back then: write "
        "2026-10-25 02:30+02:00"
        " for the first time, or 2026-10-25 02:30+01:00 for the second."
    )
    with pytest.raises(ConfigError) as caught:
        moments([(name, "2026-10-25 02:30")])
    assert str(caught.value) == told


def test_a_nonexistent_time_needs_an_offset() -> None:
    with pytest.raises(ValueError, match="doesn't exist") as caught:
        moment("2026-03-29 02:30")
    assert "2026-03-29 01:30+01:00 or 2026-03-29 03:30+02:00" in str(caught.value)


@pytest.mark.parametrize(
    ("opens", "closes", "minutes"),
    [
        ("2026-10-25 02:30+02:00", "2026-10-25 03:10", 100),
        ("2026-10-25 02:30+01:00", "2026-10-25 03:10", 40),
        ("2026-10-25 01:59", "2026-10-25 03:00", 121),
        ("2026-10-25 00:30Z", "2026-10-25T01:30Z", 60),
        ("2026-03-29 01:59", "2026-03-29 03:00", 1),
    ],
)
def test_a_period_across_a_clock_change_has_its_real_length(
    opens: str, closes: str, minutes: int
) -> None:
    found = moments([("opens", opens), ("closes", closes)])
    assert found["closes"] - found["opens"] == minutes * 60_000


@pytest.mark.parametrize(
    ("name", "twice"),
    [("Australia/Lord_Howe", "2026-04-05 01:45"), ("America/New_York", "2026-11-01 01:30")],
)
def test_other_zones_change_at_other_times_and_by_other_lengths(
    zone: SetZone, name: str, twice: str
) -> None:
    zone(name)
    assert len(local_time.readings(datetime.fromisoformat(twice))) == 2


@given(st.integers(ms("2026-01-01T00:00Z"), ms("2027-12-31T00:00Z")))
def test_what_is_written_of_a_moment_is_read_as_that_moment(at_ms: int) -> None:
    assert moment(local_time.text_of(at_ms)) == at_ms // 1000 * 1000


@given(st.datetimes(datetime(2026, 1, 1), datetime(2027, 12, 31)))
def test_each_reading_of_a_time_shows_that_time(at: datetime) -> None:
    found = local_time.readings(at)
    assert len(found) <= 2
    assert all(each.astimezone().replace(tzinfo=None) == at for each in found)
    assert list(found) == sorted(found)


def until(text: str, now: datetime) -> datetime | None:
    return ends(Draft(lasts="until", until=text), now)[1]


def test_the_form_asks_which_ambiguous_time_is_meant() -> None:
    for text in ("02:30", "2026-10-25 02:30"):
        with pytest.raises(ContestError, match=r"^02:30 occurs twice.*02:30\+02:00.*02:30\+01:00"):
            until(text, BEFORE)
    at = until("2026-10-25 02:30+01:00", BEFORE)
    assert at is not None
    assert at.astimezone(UTC) == datetime(2026, 10, 25, 1, 30, tzinfo=UTC)


def test_the_form_takes_the_second_time_when_the_first_is_past() -> None:
    at = until("02:30", datetime(2026, 10, 25, 2, 45, fold=0))
    assert at is not None
    assert at.astimezone(UTC) == datetime(2026, 10, 25, 1, 30, tzinfo=UTC)
    at = until("02:30", datetime(2026, 10, 25, 2, 45, fold=1))
    assert at is not None
    assert at.date() == datetime(2026, 10, 26).date()


def test_the_form_says_that_a_time_does_not_come() -> None:
    with pytest.raises(ContestError, match=r"^02:30 doesn't exist.*01:30\+01:00.*03:30\+02:00"):
        until("02:30", datetime(2026, 3, 28, 23, 0))
    at = until("02:30", datetime(2026, 3, 29, 4, 0))
    assert at is not None
    assert at.date() == datetime(2026, 3, 30).date()


def test_the_form_shows_the_offset_across_a_clock_change() -> None:
    draft = Draft(lasts="until", until="03:10")
    words = "Voting closes tomorrow at 03:10:00 (UTC+01:00, because the clocks change before then)."
    assert end_in_words(draft, BEFORE) == words
    assert "UTC" not in end_in_words(draft, BEFORE - timedelta(days=1))


def test_an_ambiguous_end_passes_through_the_form_unchanged() -> None:
    closes_ms = ms("2026-10-25T01:30Z")
    proposal = Proposal(Options(), Rules(), (), "?", closes_ms=closes_ms)
    draft = initial_draft(proposal, BEFORE)
    assert draft.until == "2026-10-25 02:30+01:00"
    options = options_of(draft, Options(), BEFORE)
    assert moments(options.rules) == {"closes": closes_ms}
