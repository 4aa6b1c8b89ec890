"""The fixtures of the desk's tests; what they share with the board's is in tests/board."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

sys.path.append(str(Path(__file__).parents[1] / "board"))

from desks import Desk, votes


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Desk]:
    folder = tmp_path_factory.mktemp("votes")
    votes(folder)
    desk = Desk(folder)
    try:
        desk.knows("show", "other")
        yield desk
    finally:
        desk.close()
