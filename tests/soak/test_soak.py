"""The soak's short form: one vote in which everything is broken, and nothing is lost."""

from __future__ import annotations

from pathlib import Path

import pytest

from soak.faults import FAULTS
from soak.rounds import a_round

pytestmark = pytest.mark.long

SEED = 2


@pytest.mark.timeout(600)
def test_nothing_is_lost_when_everything_breaks(tmp_path: Path) -> None:
    report = a_round(SEED, tmp_path)
    assert report.complaints == [], report.said
    assert report.verdict is not None
    assert (report.verdict.missing, set(report.broken)) == (0, set(FAULTS))
    assert report.verdict.votes > 300
