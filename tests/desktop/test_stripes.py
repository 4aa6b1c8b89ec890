"""A choice's stripes lean the same way wherever it is shown: display, board and report."""

from __future__ import annotations

import re
from importlib.resources import files

import pytest

from twittervotes.desktop.canvas import images
from twittervotes.presentation.marks import PATTERNS, Mark, mark

FIRST = {"stripes": "B", "falling": "F"}
STRIPED = [mark(PATTERNS.index(name), ("#000000",), ("#000000", 0.5)) for name in FIRST]


def on_display(shown: Mark) -> str:
    """Return how the stripes of a drawn bar lean, from one line of pixels to the next."""
    strip = images._strip(shown, 80, 40, 1.0)
    upper, lower = (
        [strip.getpixel((x, y)) == strip.getpixel((0, 0)) for x in range(80)] for y in (0, 1)
    )
    to_right = sum(a == b for a, b in zip(upper[:-1], lower[1:], strict=True))
    to_left = sum(a == b for a, b in zip(upper[1:], lower[:-1], strict=True))
    return "\\" if to_right > to_left else "/"


def on_board(shown: Mark) -> str:
    """Return how upright stripes lean once the board's pattern has turned them."""
    page = files("twittervotes").joinpath("board/templates/marks.html").read_text("utf-8")
    index = PATTERNS.index(shown.pattern)
    found = re.search(rf'<pattern id="p{index}"[^>]*rotate\((-?\d+)\)', page)
    assert found
    return "/" if int(found[1]) > 0 else "\\"


def in_report(shown: Mark) -> str:
    """Return how the lines of the report's pattern lean."""
    page = files("twittervotes").joinpath("templates/report.html").read_text("utf-8")
    found = re.search(rf'mark.pattern == "{shown.pattern}" %}}\s*<path d="([^"]*)"', page)
    assert found
    lines = re.findall(r"M(-?\d+) (-?\d+) (-?\d+) (-?\d+)", found[1])
    ways = {(int(y2) - int(y1)) * (int(x2) - int(x1)) > 0 for x1, y1, x2, y2 in lines}
    assert len(ways) == 1
    return "\\" if ways.pop() else "/"


@pytest.mark.parametrize("shown", STRIPED, ids=list(FIRST))
def test_stripes_lean_the_same_way_everywhere(shown: Mark) -> None:
    assert shown.letter == FIRST[shown.pattern]
    wanted = {"stripes": "/", "falling": "\\"}[shown.pattern]
    assert on_display(shown) == on_board(shown) == in_report(shown) == wanted
