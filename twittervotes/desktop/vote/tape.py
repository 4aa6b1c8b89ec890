"""What makes a rehearsal unmistakable on the display: other colours, tape, a watermark."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from twittervotes.desktop.canvas.theme_colours import DARK, Palette
from twittervotes.presentation.marks import Mark

if TYPE_CHECKING:
    import tkinter as tk

    from twittervotes.desktop.canvas.items import Area, Look

STAGE, DIM, WATERMARK, AMBER, INK = "#1c1608", "#d6c7a4", "#a3761f", "#f5a524", "#0f1216"
TRACK = "#2e2614"
HIGH, WIDE = 38, 24
WORDS = 4


def rehearsal_colours() -> Palette:
    """Return the colours of the stage, the same in both themes."""
    return replace(
        DARK,
        line="#4a3d20",
        background=STAGE,
        panel=STAGE,
        track=TRACK,
        dim=DIM,
        faint=DIM,
        watermark=WATERMARK,
    )


def draw(canvas: tk.Canvas, look: Look, size: tuple[int, int], place: Area | None) -> None:
    """Draw the tape around the stage, and the watermark in `place`, which nothing else uses."""
    width, height = size
    high, wide = look.px(HIGH), look.px(WIDE)
    tape = Mark("", AMBER, INK, INK, "stripes", ())
    long = look.images.kept_strip(tape, width, high, look.sizes.scale * 2)
    short = look.images.kept_strip(tape, wide, height, look.sizes.scale * 2)
    for x, y, anchor, picture in (
        (0, 0, "nw", short),
        (width, 0, "ne", short),
        (0, 0, "nw", long),
        (0, height, "sw", long),
    ):
        canvas.create_image(x, y, anchor=anchor, image=picture, tags=("tape",))
    font = look.sizes.font("bold", 24)
    half = look.sizes.width(font, "REHEARSAL") // 2 + look.px(28)
    for number in range(WORDS):
        x = round(width * (number + 0.5) / WORDS)
        for y in (high // 2, height - high // 2):
            top, bottom = y - high // 2, y + high - high // 2
            canvas.create_rectangle(
                x - half, top, x + half, bottom, width=0, fill=AMBER, tags=("tape",)
            )
            canvas.create_text(x, y, text="REHEARSAL", font=font, fill=INK, tags=("tape-word",))
    if place:
        edge = look.px(6)
        canvas.create_rectangle(
            place.left, place.top, place.right, place.bottom, width=edge, outline=WATERMARK
        )
        canvas.create_text(
            (place.left + place.right) // 2,
            (place.top + place.bottom) // 2,
            text="REHEARSAL",
            font=look.sizes.font("bold", place.width / look.sizes.scale / 6),
            fill=WATERMARK,
            angle=45,
            tags=("watermark",),
        )
