"""The doctor: checks whether a vote could start here and now, and suggests fixes.

Every line starts with "ok", "fix" (and what to do) or "note" (not a problem). It never shows a
secret: what it says about keys and tokens comes from the sources.
"""

from __future__ import annotations

import os
import platform
import shutil
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from typing import TYPE_CHECKING

from twittervotes.commands.probe import Probed, probe
from twittervotes.commands.say import say
from twittervotes.commands.sources import REHEARSAL, SourceListing, listed
from twittervotes.core.config.display import View
from twittervotes.core.config.loader import Config, load
from twittervotes.core.contest.clock import Clock, apart
from twittervotes.core.contest.contest import Choice, Contest, chosen
from twittervotes.core.contest.turkish import hints
from twittervotes.core.errors import TwittervotesError
from twittervotes.core.file_name import data_folder

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from twittervotes.cli import command_options
    from twittervotes.core.contest.posts import Source
    from twittervotes.sources.plugin import Check, Registry

OK, FIX, NOTE = "ok", "fix", "note"
LEAST_PYTHON = (3, 11)
LEAST_FREE = 500_000_000  # bytes; a million posts take about this much
WITHIN_S = 10.0  # for opening a window, or listing fonts
LOOK = "import tkinter; root = tkinter.Tk(); print(root.tk.call('info', 'patchlevel'))"
FONTS = {  # each script's fontconfig pattern, and the Debian package with a font for it
    "emoji": (":charset=1f5f3", "fonts-noto-color-emoji"),
    "Japanese": (":lang=ja", "fonts-noto-cjk"),
}


@dataclass(frozen=True, slots=True)
class CheckResult:
    """The result of one check: its state, a sentence, and what to do about it."""

    state: str
    words: str
    advice: str = ""

    def lines(self) -> list[str]:
        """Return the lines that the doctor prints."""
        told = [f"{self.state:<5} {self.words}"]
        return [*told, f"{'':<5} → {self.advice}"] if self.advice else told


def python() -> CheckResult:
    """Check the Python version."""
    version = platform.python_version()
    if sys.version_info < LEAST_PYTHON:
        return CheckResult(FIX, f"Python {version} is too old.", "Install Python 3.11 or newer.")
    return CheckResult(OK, f"Python {version}")


def window(config: Config | None) -> Iterator[CheckResult]:
    """Check whether a window can be opened, if one is wanted, and which scripts it can show."""
    wanted = config is None or config.view is View.WINDOW
    opened = _opened()
    if opened.state == OK:
        yield opened
        yield from _fonts()
    elif wanted:
        yield opened
    else:
        yield CheckResult(NOTE, f"{opened.words} Votes are shown as text, as configured.")


def folder() -> Iterator[CheckResult]:
    """Check whether a ledger can be stored, and how much space there is."""
    place = data_folder()
    there = next(each for each in (place, *place.parents) if each.exists())
    try:
        with tempfile.TemporaryFile(dir=there):
            pass
        yield CheckResult(OK, f"Ledgers can be saved in {place}")
    except OSError as error:
        advice = "Make it writable, or use --ledger FILE for each vote."
        yield CheckResult(FIX, f"Ledgers can't be saved in {place}: {error.strerror}.", advice)
        return
    yield _room(there)


def _room(place: Path) -> CheckResult:
    free = shutil.disk_usage(place).free
    if free < LEAST_FREE:
        return CheckResult(FIX, f"Only {free / 1e6:,.0f} MB free there.", "Free some disk space.")
    return CheckResult(OK, f"{free / 1e9:,.1f} GB free there")


def _opened() -> CheckResult:
    """Open a window in a separate process, because a broken display may hang."""
    try:
        done = _ran([sys.executable, "-c", LOOK])
    except subprocess.TimeoutExpired:
        return CheckResult(
            FIX, "The display doesn't respond.", "Start it from a desktop, or use --view text."
        )
    if done.returncode == 0:
        return CheckResult(OK, f"Tk {done.stdout.strip()} can open a window")
    if "No module named" in done.stderr:
        advice = "Install it (Debian: python3-tk), or use --view text."
        return CheckResult(FIX, "This Python has no Tk (tkinter).", advice)
    return CheckResult(FIX, "No display found.", "Start it from a desktop, or use --view text.")


def _fonts() -> Iterator[CheckResult]:
    """Check for fonts of non-Latin scripts, if the system can list its fonts."""
    lister = shutil.which("fc-list")
    if lister is None:
        return
    for letters, (pattern, package) in FONTS.items():
        try:
            has_some = bool(_ran([lister, pattern, "family"]).stdout.strip())
        except subprocess.TimeoutExpired:
            continue
        if has_some:
            yield CheckResult(OK, f"Found a font with {letters} letters")
        else:
            advice = f"For hashtags with such letters, install one (Debian: {package})."
            yield CheckResult(NOTE, f"No font with {letters} letters found.", advice)


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


SICK = 1  # the exit code if something needs fixing
NOBODY = "twittervotesdoctor"  # a hashtag without posts, so no network bills any
PERIOD_MS = 60_000


def run(options: command_options.DoctorOptions, registry: Registry) -> int:
    """Check everything, and print each result as soon as it is known."""
    sick = False
    for found in _all(options, registry):
        say(*found.lines())
        sick = sick or found.state == FIX
    say("", "Problems found." if sick else "Everything is ready.")
    return SICK if sick else 0


def _all(options: command_options.DoctorOptions, registry: Registry) -> Iterator[CheckResult]:
    yield python()
    config = None
    try:
        config = load(options.config, registry.sections)
    except TwittervotesError as error:
        for line in str(error).splitlines():
            yield CheckResult(FIX, line, "Fix that line of the configuration.")
    else:
        yield CheckResult(OK, f"The configuration is valid: {config.path}")
        yield from _spellings(config)
    yield from window(config)
    yield from folder()
    if config is not None:
        yield from _networks(registry, config)


def _spellings(config: Config) -> Iterator[CheckResult]:
    """Check for hashtags that people will spell in ways that don't count."""
    settings = config.contest
    choices = settings.choices or chosen(settings.hashtags)[0]
    for hint in hints(Contest(settings.title or "", choices), config.sources):
        aliases = ", ".join(hint.forms)
        advice = f"Under choices: - {{tag: {hint.tag}, aliases: [{aliases}]}} counts both."
        yield CheckResult(NOTE, f"{hint.words}.", advice)


def _networks(registry: Registry, config: Config) -> Iterator[CheckResult]:
    now_ms = Clock().today()
    contest = Contest(
        "", (Choice(NOBODY),), opens_ms=now_ms - PERIOD_MS, closes_ms=now_ms + PERIOD_MS
    )
    ready: list[tuple[SourceListing, Source]] = []
    for each in listed(registry, config):
        if each.name == REHEARSAL:
            if each.chosen:
                yield CheckResult(OK, "rehearsal: selected, always ready")
        elif each.needs:
            yield _missing(each)
        else:
            plugin = registry.plugins[each.name]
            try:
                settings = config.section(plugin.settings)
                made = plugin.sources(settings, contest) if plugin.checks is None else ()
                if plugin.price is not None and each.chosen:
                    yield CheckResult(NOTE, f"{each.name}: {plugin.price(settings)}.")
                ready += [(each, source) for source in made]
                if plugin.checks is not None and each.chosen:
                    yield from (_checked(each.name, found) for found in plugin.checks(settings))
            except Exception as error:  # another package may raise anything
                yield CheckResult(FIX, f"{each.name}: can't be set up.", _message(error))
    for name in config.sources:
        if name not in (*registry.plugins, REHEARSAL):
            advice = "Install it or choose another (see: twittervotes sources)."
            yield CheckResult(FIX, f"{name}: selected but not installed.", advice)
    probed = probe([source for _, source in ready], contest)
    for (each, _), answer in zip(ready, probed, strict=True):
        yield _as_check(answer, chosen=each.chosen)
    yield _clock([each.ahead_ms for each in probed if each.ahead_ms is not None])


def _checked(name: str, found: Check) -> CheckResult:
    return CheckResult(OK if found.is_good else FIX, f"{name}: {found.words}", found.advice)


def _missing(each: SourceListing) -> CheckResult:
    """Return one problem per network, however many things it still needs."""
    advice = " ".join(each.needs)
    if each.chosen:
        return CheckResult(FIX, f"{each.name}: selected but not ready.", advice)
    return CheckResult(NOTE, f"{each.name}: not ready, and not selected.", advice)


def _as_check(probed: Probed, *, chosen: bool) -> CheckResult:
    if probed.trouble:
        state = FIX if chosen else NOTE
        return CheckResult(state, f"{probed.name}: {probed.trouble}", probed.advice)
    return CheckResult(OK, f"{probed.name}: answers.")


def _clock(ahead_ms: list[int]) -> CheckResult:
    """Compare this computer's clock with the servers' clocks; their median is taken as right."""
    if not ahead_ms:
        return CheckResult(
            NOTE, "No server reported the time, so this computer's clock wasn't checked."
        )
    apart_ms = sorted(ahead_ms)[len(ahead_ms) // 2]
    words = apart(apart_ms, "the servers'.")
    if not words:
        return CheckResult(OK, "This computer's clock is correct.")
    return CheckResult(
        FIX,
        words,
        "Turn on automatic time; voting opens and closes by this clock.",
    )


def _message(error: Exception) -> str:
    if isinstance(error, TwittervotesError):
        return str(error)
    return f"Report this to its authors: {type(error).__name__}."
