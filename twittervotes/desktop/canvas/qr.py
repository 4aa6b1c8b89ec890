"""A QR code as a picture: dark on white with its quiet zone, as cameras need it in any theme."""

from __future__ import annotations

from io import BytesIO

from PIL import Image, ImageDraw

QUIET = 4  # modules of white around the code
DARK, WHITE = "#0f1216", "#ffffff"
ROUND = 24  # the radius of a corner is this fraction of the side


def qr_code(address: str, side: int) -> Image.Image:
    """Return the code of `address` on a white square of `side` pixels with rounded corners.

    A module is a whole number of pixels if there is room, so that edges are sharp.
    """
    import segno  # imported here because most windows never draw a code

    made = segno.make(address, error="m", micro=False)
    modules = made.symbol_size(border=QUIET)[0]
    stored = BytesIO()
    made.save(stored, kind="png", border=0, scale=1, dark=DARK, light=WHITE)
    code = Image.open(stored).convert("RGB")
    pixel = side // int(modules)
    inner = pixel * code.width if pixel else side * code.width // int(modules)
    how = Image.Resampling.NEAREST if pixel else Image.Resampling.BOX
    square = Image.new("RGBA", (side, side), WHITE)
    start = (side - inner) // 2
    square.paste(code.resize((inner, inner), how), (start, start))
    mask = Image.new("L", (4 * side, 4 * side), 0)
    ImageDraw.Draw(mask).rounded_rectangle(
        (0, 0, 4 * side - 1, 4 * side - 1), radius=4 * side // ROUND, fill=255
    )
    square.putalpha(mask.reduce(4))
    return square
