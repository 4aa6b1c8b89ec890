"""A real window for each test, worked by hand; an error in a callback fails the test."""

from __future__ import annotations

from collections.abc import Iterator

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
            update=lambda: wanted.append("update"),
            pause=lambda: wanted.append("pause"),
            resume=lambda: wanted.append("resume"),
            close=lambda: wanted.append("close"),
        )
        options = {"scale": 1.0} | options
        hands.append(Hand(Window(intents, **options), wanted))  # type: ignore[arg-type]
        return hands[-1]

    yield opened
    for hand in hands:
        hand.window.stop()
        hand.window.run()


@pytest.fixture
def hand(make: MakeHand) -> Hand:
    return make()
