"""The operator's logo: a picture from an untrusted file, checked before it is decoded."""

from __future__ import annotations

import logging
import warnings
from typing import TYPE_CHECKING

from PIL import Image

if TYPE_CHECKING:
    from pathlib import Path

log = logging.getLogger(__name__)

FORMATS = ("PNG", "JPEG", "GIF", "WEBP")
MOST_BYTES = 4 * 1024 * 1024
MOST_SIDE = 4096  # pixels


def read(path: Path, what: str = "logo") -> Image.Image | str:
    """Return the picture, or a sentence that says why this logo (or `what`) can't be shown."""
    name = path.name
    try:
        size = path.stat().st_size
        if not path.is_file():
            return f"The {what} {name} isn't a file."
        if size > MOST_BYTES:
            most = MOST_BYTES // 1024 // 1024
            return f"The {what} {name} is larger than {most} MB; save a smaller one."
        with warnings.catch_warnings():
            warnings.simplefilter("error")  # raised for sizes that fill the memory
            with Image.open(path, formats=FORMATS) as picture:
                if max(picture.size) > MOST_SIDE:
                    wide, high = picture.size
                    return (
                        f"The {what} {name} has {wide} x {high} pixels; "
                        f"it can have {MOST_SIDE} at most on each side."
                    )
                return picture.convert("RGBA")
    except FileNotFoundError:
        advice = (
            "check `display: logo:` in the configuration" if what == "logo" else "choose another"
        )
        return f"There is no {what} {path}; {advice}."
    except Exception as error:  # decoders raise anything for a damaged or hostile file
        log.info("The %s can't be read: %r", what, error)
        return f"The {what} {name} can't be read; save it as PNG, JPEG, GIF or WebP."


def fitted(picture: Image.Image, size: tuple[int, int]) -> Image.Image:
    """Return the picture scaled to fit into `size`, keeping its shape."""
    share = min(size[0] / picture.width, size[1] / picture.height)
    wide, high = (max(1, round(side * share)) for side in picture.size)
    return picture.resize((wide, high), Image.Resampling.LANCZOS)
