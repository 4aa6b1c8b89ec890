"""The processes that walk the parts of a chain, where that is worth their start."""

from __future__ import annotations

import multiprocessing
import os
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager
from typing import Final

from twittervotes.core.ledger.walk import Part, Place

ALONE: Final = 300_000  # posts; fewer are walked before another process has started

Passed = Callable[[int], None]
Map = Callable[[Callable[[Part], tuple[Place, bool]], list[Part]], Iterable[tuple[Place, bool]]]


@contextmanager
def walkers(posts: int) -> Iterator[Map]:
    """Give a `map` that works in as many processes as are worth their start."""
    if posts < ALONE:
        yield map
        return
    context = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(os.cpu_count(), mp_context=context) as pool:
        try:
            yield pool.map
        finally:
            pool.shutdown(cancel_futures=True)
