"""The pictures of choices: chosen in the form, stored beside the ledger, shown on the display.

A stored picture is a square PNG that the program encoded, whatever the original file was. It
doesn't affect the vote, so the ledger doesn't hold it.
"""

from __future__ import annotations

import io
from pathlib import Path
from typing import TYPE_CHECKING

from PIL import Image, ImageDraw, ImageOps

from twittervotes.core import atomic_file
from twittervotes.core.errors import ConfigError
from twittervotes.desktop.canvas import logo

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from twittervotes.core.contest.contest import Choice

FOLDER = "-pictures"  # after the name of the ledger
SIDE = 512  # side of a stored picture, in pixels
FINER = 4


def read(path: Path) -> Image.Image | str:
    """Return the picture as a square, or a sentence that says why it can't be used."""
    found = logo.read(path, "picture")
    return found if isinstance(found, str) else square(found, SIDE)


def square(picture: Image.Image, side: int) -> Image.Image:
    """Return the middle of the picture as a square of this size."""
    return ImageOps.fit(picture, (side, side), Image.Resampling.LANCZOS)


def folder(ledger: Path) -> Path:
    """Return the folder with the pictures of a vote."""
    return ledger.with_name(ledger.stem + FOLDER)


def keep(ledger: Path, choices: Iterable[Choice], chosen: Mapping[str, Path]) -> None:
    """Store the chosen picture of each choice, by its tag; raise ConfigError if that fails."""
    for number, choice in enumerate(choices, 1):
        if choice.tag not in chosen:
            continue
        found = read(chosen[choice.tag])
        if isinstance(found, str):
            raise ConfigError(found)
        data = io.BytesIO()
        found.save(data, "PNG")
        place = folder(ledger)
        try:
            place.mkdir(parents=True, exist_ok=True)
            atomic_file.write(place / f"{number}.png", data.getvalue())
        except OSError as error:
            raise ConfigError(f"The picture can't be kept: {error.strerror or error}.") from error


def kept(ledger: str, choices: Iterable[Choice]) -> dict[str, Image.Image]:
    """Return the stored pictures of a ledger, by tag; unreadable ones are left out."""
    if not ledger or not (place := folder(Path(ledger))).is_dir():
        return {}
    found = {}
    for number, choice in enumerate(choices, 1):
        path = place / f"{number}.png"
        if path.is_file() and not isinstance(picture := read(path), str):
            found[choice.tag] = picture
    return found


def rounded(picture: Image.Image, side: int, radius: int, ground: str, level: float) -> Image.Image:
    """Return the picture as a badge with round corners on `ground`, with opacity `level`."""
    mask = Image.new("L", (side * FINER, side * FINER), 0)
    ends = (0, 0, side * FINER - 1, side * FINER - 1)
    ImageDraw.Draw(mask).rounded_rectangle(ends, radius=radius * FINER, fill=round(255 * level))
    badge = Image.new("RGB", (side, side), ground)
    small = square(picture, side)
    shown = Image.composite(small, Image.new("RGBA", small.size, ground), small.getchannel("A"))
    badge.paste(shown.convert("RGB"), mask=mask.reduce(FINER))
    return badge
