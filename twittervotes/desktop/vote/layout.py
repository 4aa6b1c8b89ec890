"""How bars and chart share the available room, for any number of choices.

Pure arithmetic in pixels of the screen; `px` converts a size at 96 dpi.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

NARROW = 860
TWO_COLUMNS = 25
MANY = 6
ROW, GAP = 90, 12
TALL, WIDE = 140, 760
CHART_SHARE = 0.415
LEAST_ROW, LEAST_STACKED, LEAST_BESIDE_CHART = 16, 52, 26
CHART, CHART_BELOW = 140, 220


@dataclass(frozen=True, slots=True)
class Plan:
    """The places of rows and chart, and what a row has room for.

    `pitch` is the distance between the tops of rows. A row that isn't `stacked` has its bar beside
    its name. `chart` is the chart's height; it may be below the visible part. `for_audience`: the
    rows are those of the display, and a full bar is the leader's; `bar` is then the share of a
    stacked row's height that its bar takes. With `places` each row begins with its place, as in 1,
    =2, =2, 4. `chips` and `bar_left` are how far hashtags and bars begin behind the names' start.
    """

    columns: int
    rows: int
    pitch: int
    row: int
    stacked: bool
    change: bool
    hashtag: bool
    votes: bool
    chart: int
    for_audience: bool = False
    places: bool = False
    chips: int = 0
    bar_left: int = 0
    bar: float = 0.285

    @property
    def bars(self) -> int:
        """The height of all rows."""
        return self.rows * self.pitch


def is_narrow(width: int, px: Callable[[float], int]) -> bool:
    """Return whether the right-hand column goes below the bars."""
    return width < px(NARROW)


def plan(count: int, size: tuple[int, int], px: Callable[[float], int], *, narrow: bool) -> Plan:
    """Divide `size`, the room for bars and chart, among `count` choices and the chart.

    Rows have their natural height, less if they must, and more if there is so much room that they
    are read from farther away.
    """
    width, height = size
    columns = 2 if count > TWO_COLUMNS else 1
    rows = max(1, -(-count // columns))
    beside = (height - px(CHART)) // rows
    if not narrow and beside >= px(LEAST_BESIDE_CHART):
        tallest = min(px(TALL), px(ROW) * width // px(WIDE)) + px(GAP)
        roomy = min(round(height * (1 - CHART_SHARE)) // rows, tallest)
        pitch = max(min(beside, px(ROW + GAP)), roomy)
        chart = height - rows * pitch
    else:
        pitch = min(max(height // rows, px(LEAST_ROW)), px(ROW + GAP))
        chart = px(CHART_BELOW)
    stacked = pitch >= px(LEAST_STACKED)
    gap = min(px(GAP), max(px(4), pitch // 9)) if stacked else 0
    return Plan(
        columns=columns,
        rows=rows,
        pitch=pitch,
        row=pitch - gap,
        stacked=stacked,
        change=count <= MANY,
        hashtag=stacked and pitch >= px(60),
        votes=pitch >= px(LEAST_BESIDE_CHART) and columns == 1,
        chart=chart,
    )
