"""The fixtures of the board's tests."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from pathlib import Path

import pytest
from serving import Start, serving


@pytest.fixture
def serve() -> Iterator[Start]:
    """Return a function that starts a board and returns its URL."""
    with contextlib.ExitStack() as running:

        def start(*words: str | Path) -> str:
            url, _ = running.enter_context(serving(*map(str, words)))
            return url

        yield start
