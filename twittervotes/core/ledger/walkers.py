"""The processes that walk the parts of a chain, if it is long enough to pay off."""

from __future__ import annotations

import multiprocessing
import os
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager
from typing import Final

from twittervotes.core.ledger.walk import Part, Place

ALONE: Final = 300_000  # posts; fewer are walked before another process would have started

Passed = Callable[[int], None]
Map = Callable[[Callable[[Part], tuple[Place, bool]], list[Part]], Iterable[tuple[Place, bool]]]


@contextmanager
def walkers(posts: int) -> Iterator[Map]:
    """Yield a `map` that uses as many processes as pay off."""
    if posts < ALONE:
        yield map
        return
    context = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(os.cpu_count(), mp_context=context) as pool:
        try:
            yield pool.map
        finally:
            pool.shutdown(cancel_futures=True)
