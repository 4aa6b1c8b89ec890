"""Positions and colours on the display, at 1080 lines. Pure."""

from __future__ import annotations

import sys
from dataclasses import replace

from twittervotes.core.config.display import KEY, TRANSPARENT, DisplaySettings, Layout
from twittervotes.desktop.canvas.items import Area
from twittervotes.desktop.canvas.theme_colours import DARK, LIGHT, Palette
from twittervotes.desktop.vote.layout import Plan
from twittervotes.presentation.marks import contrast, mix, readable

WIDE, HIGH = 1920, 1080
MARGIN, ROWS_TOP, ROWS_END, FOOT = 96, 262, 934, 996
COLUMN, GUTTER = 432, 64  # how to vote, to the right of the rows
PITCH, INLINE, STACKED, LEAST_PITCH = 340, 160, 118, 58
TWO_ROWS = 300  # the least pitch of two rows
MOST_ROWS, OTHERS_HIGH = 10, 66
ONE_COLUMN, TWO_COLUMNS = 10, 20  # choices, while only their names are shown
LIGHT_STAGE = "#f3f5f8"  # a QR code lies on white
SEEN_THROUGH = "#010203"  # near the panel's colour, so that smooth edges have no fringe
FEW = 3  # up to so many choices have their bars below their names


def arranged(
    count: int,
    size: tuple[int, int],
    unit: float,
    *,
    top: int = ROWS_TOP,
    hidden: bool = False,
    column: bool = True,
) -> tuple[Area, Plan]:
    """Return where the rows of so many choices are on a screen, and their plan.

    Up to ten have a row; of more, only the best ten do, unless results are hidden. `column` says
    whether how to vote is shown beside them.
    """
    columns = (1 if count <= ONE_COLUMN else 2 if count <= TWO_COLUMNS else 3) if hidden else 1
    rows = max(1, -(-count // columns))
    first, end = round(top * unit), size[1] - round((HIGH - ROWS_END) * unit)
    fits = MOST_ROWS if top == ROWS_TOP else max(1, (end - first) // round(LEAST_PITCH * unit))
    if not hidden and rows > fits:
        end -= round(OTHERS_HIGH * unit)
        rows = max(1, min(fits, MOST_ROWS, (end - first) // round(LEAST_PITCH * unit)))
    left = round(MARGIN * unit)
    right = size[0] - left - (round((COLUMN + GUTTER) * unit) if column else 0)
    stacked = (
        not hidden and count <= (FEW if column else 6) and (end - first) // rows >= (STACKED * unit)
    )
    pitch = min(round((PITCH if stacked else INLINE) * unit), (end - first) // rows)
    plan = Plan(
        columns=columns,
        rows=rows,
        pitch=pitch,
        row=pitch,
        stacked=stacked,
        change=False,
        hashtag=True,
        votes=stacked and pitch < round(TWO_ROWS * unit),
        chart=0,
        for_audience=True,
        bar=0.31 if pitch >= round(TWO_ROWS * unit) else 0.285 if pitch > 150 * unit else 0.19,
    )
    start = first + (0 if stacked else max(0, (end - first - rows * pitch) // 2))
    return Area(left, start, right, start + rows * pitch), plan


def stage_colours(colours: Palette, settings: DisplaySettings) -> Palette:
    """Return the display's colours: no panels, and tracks that contrast with the background."""
    usual = colours.track if colours.theme == "dark" else LIGHT_STAGE
    usual = KEY if settings.layout is Layout.LOWER else usual
    ground = settings.background or usual
    if ground == TRANSPARENT:  # if the system doesn't support it, this colour is keyed out
        ground = SEEN_THROUGH if sys.platform == "win32" else KEY
    return on_ground(colours, ground, settings.ink, is_usual=not settings.background)


def on_ground(colours: Palette, ground: str, ink: str, *, is_usual: bool = False) -> Palette:
    """Return the colours for text and bars on `ground`, which the operator may have chosen."""
    if is_usual and not ink:
        track = colours.panel if colours.theme == "dark" else mix(ground, colours.ink, 0.08)
        return replace(colours, background=ground, panel=ground, track=track)
    usual = max((DARK, LIGHT), key=lambda one: contrast(one.ink, ground))
    ink = readable(ink or usual.ink, ground)
    return replace(
        usual,
        theme=usual.theme,
        background=ground,
        panel=ground,
        track=mix(ground, ink, 0.12),
        line=mix(ground, ink, 0.2),
        ink=ink,
        dim=readable(mix(ink, ground, 0.25), ground),
        faint=readable(mix(ink, ground, 0.35), ground),
        button=mix(ground, ink, 0.15),
    )
