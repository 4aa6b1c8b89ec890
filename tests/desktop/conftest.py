"""A real window for each test, worked by hand; an error in a callback fails the test."""

from __future__ import annotations

import gc
from collections.abc import Iterator
from functools import partial

import pytest
from hand import Hand, MakeHand

from twittervotes.core.contest.snapshot import Intents
from twittervotes.desktop.window import Window


@pytest.fixture
def make() -> Iterator[MakeHand]:
    """Open windows; an error in a callback of one fails the test (as a logged ERROR does)."""
    hands: list[Hand] = []

    def opened(**options: object) -> Hand:
        hand = Hand()
        intents = Intents(
            update=partial(hand.wanted.append, "update"),
            pause=partial(hand.wanted.append, "pause"),
            resume=partial(hand.wanted.append, "resume"),
            close=partial(hand.wanted.append, "close"),
            act=hand.acts.append,
            look_up=lambda wanted, told: hand.looked_up.append((wanted, told)),
            export=lambda path, told: hand.exported.append((path, told)),
        )
        options = {"scale": 1.0} | options
        hand.window = Window(intents, **options)  # type: ignore[arg-type]
        hands.append(hand)
        return hand

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
