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


def read(path: Path) -> Image.Image | str:
    """Return the picture, or a sentence that says why it can't be shown."""
    name = path.name
    try:
        size = path.stat().st_size
        if not path.is_file():
            return f"The logo {name} isn't a file; the display goes without it."
        if size > MOST_BYTES:
            most = MOST_BYTES // 1024 // 1024
            return f"The logo {name} is larger than {most} MB; save a smaller one."
        with warnings.catch_warnings():
            warnings.simplefilter("error")  # raised for sizes that fill the memory
            with Image.open(path, formats=FORMATS) as picture:
                if max(picture.size) > MOST_SIDE:
                    wide, high = picture.size
                    return (
                        f"The logo {name} has {wide} x {high} pixels; "
                        f"it can have {MOST_SIDE} at most on each side."
                    )
                return picture.convert("RGBA")
    except FileNotFoundError:
        return f"There is no logo {path}; check `display: logo:` in the configuration."
    except Exception as error:  # decoders raise anything for a damaged or hostile file
        log.info("The logo can't be read: %r", error)
        return f"The logo {name} can't be read; save it as PNG, JPEG, GIF or WebP."


def fitted(picture: Image.Image, size: tuple[int, int]) -> Image.Image:
    """Return the picture scaled to fit into `size`, keeping its shape."""
    share = min(size[0] / picture.width, size[1] / picture.height)
    wide, high = (max(1, round(side * share)) for side in picture.size)
    return picture.resize((wide, high), Image.Resampling.LANCZOS)
