"""What the doctor looks at on this computer: Python, the window and its fonts, the data folder."""

from __future__ import annotations

import os
import platform
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from twittervotes.cli.plan import data_folder
from twittervotes.core.config.loader import Config
from twittervotes.core.config.view import View

OK, MEND, NOTE = "ok", "mend", "note"
LEAST_PYTHON = (3, 11)
LEAST_FREE = 500_000_000  # bytes; a million posts take about as much
WITHIN_S = 10.0  # how long a window, or a list of fonts, may take
LOOK = "import tkinter; root = tkinter.Tk(); print(root.tk.call('info', 'patchlevel'))"
FONTS = {  # what to look for, and a package of Debian that brings it
    "emoji": (":charset=1f5f3", "fonts-noto-color-emoji"),
    "Japanese": (":lang=ja", "fonts-noto-cjk"),
}


@dataclass(frozen=True, slots=True)
class Found:
    """One thing that was looked at: its state, a sentence, what to do about it."""

    state: str
    words: str
    advice: str = ""

    def lines(self) -> list[str]:
        """Return it as the doctor tells it."""
        told = [f"{self.state:<5} {self.words}"]
        return [*told, f"{'':<5} → {self.advice}"] if self.advice else told


def python() -> Found:
    """Look at the Python that runs this."""
    version = platform.python_version()
    if sys.version_info < LEAST_PYTHON:
        return Found(MEND, f"Python {version} is too old.", "Install Python 3.11 or newer.")
    return Found(OK, f"Python {version}")


def window(config: Config | None) -> Iterator[Found]:
    """Look whether a window can be opened, where one is wanted, and what it can write."""
    wanted = config is None or config.view is View.WINDOW
    opened = _opened()
    if opened.state == OK:
        yield opened
        yield from _fonts()
    elif wanted:
        yield opened
    else:
        yield Found(NOTE, f"{opened.words} The vote is shown as text, as configured.")


def folder() -> Iterator[Found]:
    """Look whether a ledger can be kept, and how much room there is for it."""
    place = data_folder()
    there = next(each for each in (place, *place.parents) if each.exists())
    try:
        with tempfile.TemporaryFile(dir=there):
            pass
        yield Found(OK, f"Ledgers can be kept in {place}")
    except OSError as error:
        advice = "Make it writable for you, or say --ledger FILE at each vote."
        yield Found(MEND, f"No ledger can be kept in {place}: {error.strerror}.", advice)
        return
    yield _room(there)


def _room(place: Path) -> Found:
    free = shutil.disk_usage(place).free
    if free < LEAST_FREE:
        return Found(MEND, f"Only {free / 1e6:,.0f} MB are free there.", "Make room on the disk.")
    return Found(OK, f"{free / 1e9:,.1f} GB are free there")


def _opened() -> Found:
    """Open a window in a process of its own: a broken display may hang for ever."""
    try:
        done = _ran([sys.executable, "-c", LOOK])
    except subprocess.TimeoutExpired:
        return Found(
            MEND, "The display does not answer.", "Start in a desktop, or use --view text."
        )
    if done.returncode == 0:
        return Found(OK, f"Tk {done.stdout.strip()} opens a window")
    if "No module named" in done.stderr:
        advice = "Install it (Debian: python3-tk), or use --view text."
        return Found(MEND, "This Python has no Tk (tkinter).", advice)
    return Found(MEND, "There is no display.", "Start in a desktop, or use --view text.")


def _fonts() -> Iterator[Found]:
    """Look for letters beyond the Latin ones, where the system can be asked for fonts."""
    lister = shutil.which("fc-list")
    if lister is None:
        return
    for letters, (pattern, package) in FONTS.items():
        try:
            has_some = bool(_ran([lister, pattern, "family"]).stdout.strip())
        except subprocess.TimeoutExpired:
            continue
        if has_some:
            yield Found(OK, f"There is a font with {letters} letters")
        else:
            advice = f"For hashtags with such letters install one (Debian: {package})."
            yield Found(NOTE, f"There is no font with {letters} letters.", advice)


def _ran(command: list[str]) -> subprocess.CompletedProcess[str]:
    return subprocess.run(  # noqa: S603 - our own words
        command,
        capture_output=True,
        text=True,
        errors="replace",
        timeout=WITHIN_S,
        check=False,
        stdin=subprocess.DEVNULL,
        env={**os.environ, "LC_ALL": "C"},
    )
