"""Measures that all rows of the display share, so that their names fit: heights and columns."""

from __future__ import annotations

from typing import TYPE_CHECKING

from twittervotes.desktop.vote.row import UNIT
from twittervotes.desktop.vote.stage_row import (
    CHIP_PAD,
    INLINE,
    PLACE,
    SMALLER,
    inline_sizes,
    place_width,
    shares_of,
)

if TYPE_CHECKING:
    from collections.abc import Sequence

    from twittervotes.core.contest.contest import Choice
    from twittervotes.desktop.canvas.items import Look
    from twittervotes.desktop.vote.layout import Plan

SHRINKING = (1.0, 0.94, 0.88, 0.82, 0.76, 0.7, 0.64)
LEAST, LEAST_BARE, MOST = 0.44, 0.32, 0.6  # where bars begin, relative to the rows' width
APART = 24


def inline_columns(
    look: Look, choices: Sequence[Choice], plan: Plan, width: int
) -> tuple[int, int]:
    """Return where hashtags and bars begin behind the names' start, in rows with a bar beside.

    Bars begin later if that lets names fit; a name that is too long even then is shortened.
    """
    name_size, chip_size = inline_sizes(look, plan.row)
    measure, apart = look.sizes.width, look.px(APART)
    font = look.sizes.font("bold", chip_size)
    tags = [f"#{choice.tag}" for choice in choices if choice.label] if plan.hashtag else []
    pad = 2 * look.px(chip_size * CHIP_PAD)
    chip = max((measure(font, tag) + pad for tag in tags), default=0)
    before = round(min(plan.row * INLINE["badge"], look.px(100)) * 1.3)
    gap = look.px(max(12, name_size * 0.34))
    beside = before + apart + (chip + gap if chip else 0)
    least = round(width * (LEAST if chip else LEAST_BARE)) - beside
    most = round(width * MOST) - beside
    large, small = (look.sizes.font("bold", name_size * share) for share in (1, SMALLER[-1]))
    wide = [measure(large, choice.title) for choice in choices]
    wide = [
        each if each <= most else measure(small, choice.title)
        for each, choice in zip(wide, choices, strict=True)
    ]
    names = max(least, *(each for each in wide if each <= most), 0)
    chips = names + gap if chip else 0
    return chips, (chips + chip if chip else names) + apart


def inline_lefts(look: Look, plan: Plan) -> tuple[int, int]:
    """Return how far badges and bars begin behind the left end of rows with a bar beside."""
    name, _ = inline_sizes(look, plan.row)
    badges = place_width(look, name * PLACE) if plan.places else 0
    badge = round(min(plan.row * INLINE["badge"], look.px(100)))
    return badges, badges + badge + round(badge * 0.3) + plan.bar_left


def row_height(look: Look, choices: Sequence[Choice], plan: Plan, width: int) -> int:
    """Return the height of stacked rows in which all names and hashtags fit completely."""
    for share in SHRINKING:
        high = round(plan.row * share)
        if all(_needed(look, choice, plan, high) <= width for choice in choices):
            return high
    return round(plan.row * SHRINKING[-1])


def _needed(look: Look, choice: Choice, plan: Plan, high: int) -> int:
    """Return the width of a stacked row with everything except its votes."""
    share = shares_of(look, plan)
    width, font, unit = look.sizes.width, look.sizes.font, look.sizes.scale
    place = width(font("text", high * 0.2 / unit), "=30") * plan.places
    chip_size = high * share.chip / unit
    chip = width(font("bold", chip_size), f"#{choice.tag}") + look.px(chip_size)
    percent = width(font("bold", high * share.percent / unit), "88.8")
    percent += width(font("text", high * share.percent * UNIT / unit), "%")
    name = width(font("bold", high * share.name / unit), choice.title)
    has_chip = plan.hashtag and bool(choice.label)
    return (
        round(high * share.badge * 1.31 + high * share.name * 0.4)
        + place
        + name
        + chip * has_chip
        + (percent + look.px(72))
    )
