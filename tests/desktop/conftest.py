"""A real window for each test, worked by hand; an error in a callback fails the test."""

from __future__ import annotations

import gc
from collections.abc import Iterator
from dataclasses import fields
from functools import partial
from typing import Any

import pytest
from hand import Hand, MakeHand

from twittervotes.core.snapshot import Intents
from twittervotes.desktop.window import Window


@pytest.fixture
def make() -> Iterator[MakeHand]:
    """Open windows; an error in a callback of one fails the test (as a logged ERROR does)."""
    hands: list[Hand] = []

    def opened(**options: object) -> Hand:
        wanted: list[str] = []
        intents = Intents(
            **{field.name: partial(_keep, wanted, field.name) for field in fields(Intents)}
        )
        options = {"scale": 1.0} | options
        hands.append(Hand(Window(intents, **options), wanted))  # type: ignore[arg-type]
        return hands[-1]

    yield opened
    for hand in hands:
        hand.window.stop()
        hand.window.run()
    # An interpreter of Tcl must be freed by the thread that made it, or the program aborts.
    hands.clear()
    gc.collect()


@pytest.fixture
def hand(make: MakeHand) -> Hand:
    return make()


def _keep(wanted: list[str], name: str, *what: Any) -> None:
    wanted.append(what[0].does.value if what else name)
