"""The font that ships with the program, registered only for this process: nothing is installed.

Inter, with figures of equal width; `twittervotes/fonts` has it with its licence. If a system
refuses it, the window uses a system font.
"""

from __future__ import annotations

import ctypes
import logging
import sys
from functools import lru_cache
from pathlib import Path

log = logging.getLogger(__name__)

FAMILY = "Inter Tabular"
FOLDER = Path(__file__).resolve().parents[2] / "fonts"
FILES = tuple(FOLDER / f"InterTabular-{style}.ttf" for style in ("Regular", "Bold"))
PRIVATE = 0x10  # of AddFontResourceEx: only for this process
OF_PROCESS = 1  # of CTFontManager: the same


@lru_cache(maxsize=1)
def load() -> bool:
    """Register the shipped font for this process; return whether that worked."""
    try:
        taken = [_registered(path) for path in FILES]
    except (OSError, AttributeError) as error:  # the library or the function is missing
        log.info("The shipped font can't be loaded: %s", error)
        return False
    return all(taken)


def _registered(path: Path) -> bool:
    if sys.platform == "win32":
        return bool(ctypes.windll.gdi32.AddFontResourceExW(str(path), PRIVATE, None))
    if sys.platform == "darwin":
        return _registered_on_mac(bytes(path))
    # The library that Tk has already loaded: its name finds the same copy.
    fontconfig = ctypes.CDLL("libfontconfig.so.1")
    fontconfig.FcConfigAppFontAddFile.argtypes = (ctypes.c_void_p, ctypes.c_char_p)
    return bool(fontconfig.FcConfigAppFontAddFile(None, bytes(path)))


def _registered_on_mac(path: bytes) -> bool:
    frameworks = "/System/Library/Frameworks"
    core = ctypes.CDLL(f"{frameworks}/CoreFoundation.framework/CoreFoundation")
    text = ctypes.CDLL(f"{frameworks}/CoreText.framework/CoreText")
    core.CFURLCreateFromFileSystemRepresentation.restype = ctypes.c_void_p
    core.CFURLCreateFromFileSystemRepresentation.argtypes = (
        ctypes.c_void_p,
        ctypes.c_char_p,
        ctypes.c_long,
        ctypes.c_bool,
    )
    core.CFRelease.argtypes = (ctypes.c_void_p,)
    text.CTFontManagerRegisterFontsForURL.restype = ctypes.c_bool
    text.CTFontManagerRegisterFontsForURL.argtypes = (
        ctypes.c_void_p,
        ctypes.c_uint32,
        ctypes.c_void_p,
    )
    url = core.CFURLCreateFromFileSystemRepresentation(None, path, len(path), False)
    if not url:
        return False
    try:
        return bool(text.CTFontManagerRegisterFontsForURL(url, OF_PROCESS, None))
    finally:
        core.CFRelease(url)
