from __future__ import annotations

from typing import Any

import msgspec
import pytest

from twittervotes.rehearsal.settings import Fault, Faults, RehearsalSettings


@pytest.mark.parametrize(
    "wrong",
    [
        {"audience": 0},
        {"rate": 0},
        {"rate": -1},
        {"late": 1.5},
        {"late_s": -1},
        {"lasts_s": -1},
        {"limit": 0},
        {"window_s": 0},
        {"port": 70_000},
        {"faults": {"calm": -0.1}},
        {"faults": {"calm": 0.6, "cut": 0.6}},
        {"faults": {"slow_s": -1}},
    ],
)
def test_settings_that_cannot_be_are_refused(wrong: dict[str, Any]) -> None:
    with pytest.raises(msgspec.ValidationError):
        msgspec.convert(wrong, RehearsalSettings)


def test_a_section_of_the_configuration_becomes_settings() -> None:
    section = {"rate": 5, "seed": 9, "faults": {"unavailable": 0.1}}
    settings = msgspec.convert(section, RehearsalSettings)
    assert settings == RehearsalSettings(rate=5.0, seed=9, faults=Faults(unavailable=0.1))


def test_every_fault_has_its_chance() -> None:
    assert [fault for fault, _ in Faults().chances] == list(Fault)
