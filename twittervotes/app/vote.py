"""Run a vote: choose its view, and count."""

from __future__ import annotations

import logging
import signal
import sys
import threading
from typing import TYPE_CHECKING, Protocol, TextIO

from twittervotes.app import registry
from twittervotes.app.intents import IntentRelay
from twittervotes.app.opening import VoteRequest, asks_first, ordered
from twittervotes.commands.say import PROGRAM, complain, written
from twittervotes.core import logs
from twittervotes.core.config.display import View
from twittervotes.core.contest.snapshot import Snapshot, SourceState, State
from twittervotes.core.counting import result
from twittervotes.core.errors import ConfigError, LedgerError, TwittervotesError

if TYPE_CHECKING:
    from twittervotes.app.runtime import Live
    from twittervotes.cli.vote_options import Options
    from twittervotes.core.config.loader import Config
    from twittervotes.desktop.window import Window

log = logging.getLogger(__name__)


class Shown(Protocol):
    """A view: `run` shows what `show` receives, until `stop`."""

    def show(self, snapshot: Snapshot) -> None:
        """Take the newest snapshot, from any thread."""

    def run(self) -> None:
        """Show the vote until `stop` is called."""

    def stop(self) -> None:
        """End `run`, from any thread."""


class Silent:
    """A view without a screen: `run` waits until somebody calls `stop`."""

    def __init__(self) -> None:
        self._ended = threading.Event()

    def show(self, snapshot: Snapshot) -> None:
        """Show nothing."""

    def run(self) -> None:
        """Wait for `stop`; signals can interrupt the wait."""
        while not self._ended.wait(0.5):
            pass

    def stop(self) -> None:
        """End `run`; from any thread, or a signal handler."""
        self._ended.set()


def run(options: Options) -> int:
    """Run a vote; return the exit code: 0 complete, 2 wrong usage or configuration, 3 a gap."""
    logs.setup()
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        return _run(options)
    except TwittervotesError as error:
        complain(str(error), PROGRAM)
        return 2
    except KeyboardInterrupt:
        sys.stderr.write("Cancelled before voting opened.\n")
        return 130


def _run(options: Options) -> int:
    """Show the vote, or first the form; in the window a mistake can still be fixed."""
    config, order, trouble = None, None, ""
    if options.file is not None and not options.file.exists():
        raise LedgerError(f"There is no ledger {options.file}.")
    is_mendable = options.view in (None, View.WINDOW) and (
        options.file is not None or asks_first(options, None)
    )
    try:
        config = registry.configured(options)
        view = options.view or config.view
        if view is not View.WINDOW or not asks_first(options, config):
            order = ordered(options, config)
    except TwittervotesError as error:
        if not is_mendable or (config and config.view is not View.WINDOW and not options.view):
            raise
        view, trouble = View.WINDOW, str(error)
    relay = IntentRelay()
    window = _window(relay, options, config) if view is View.WINDOW else None
    if window is not None:
        from twittervotes.app.desktop import DesktopApp

        return DesktopApp(window, relay, options).run(config, order, trouble)
    if order is None:
        raise ConfigError(trouble or "A vote needs at least one hashtag: --hashtags debian ubuntu")
    view = View.TEXT if view is View.WINDOW else view
    return _in_terminal(order, view, stay=options.stay)


def _in_terminal(order: VoteRequest, view: View, *, stay: bool) -> int:
    """Count until everything is read or the view ends; for `--view none`, print the result.

    With `stay`, wait with a provisional result until it is certified.
    """
    from twittervotes.app.runtime import (
        Live,  # imported here because a window is painted first
    )
    from twittervotes.text.screen import Screen

    live = Live(order)
    announce(live, sys.stderr if view is View.NONE else sys.stdout)
    shown: Shown = Silent() if view is View.NONE else Screen(live.intents)

    def show(snapshot: Snapshot) -> None:
        shown.show(snapshot)
        if _is_over(snapshot, stay=stay):
            shown.stop()

    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: shown.stop())
    try:
        live.begin(show)
        with written():
            shown.run()
    finally:
        last = live.end()
    if view is View.NONE:
        with written():
            sys.stdout.write(result.text(last))
            sys.stdout.flush()
    return 0 if result.is_whole(last) else 3


def announce(live: Live, to: TextIO) -> None:
    """Print where the audience votes, if the vote has its own page."""
    if live.page:
        with written():
            to.write(f"{live.page.words()}\n")
            to.flush()


def _window(relay: IntentRelay, options: Options, config: Config | None) -> Window | None:
    """Return the window, or None without a display or Tk."""
    try:
        import tkinter

        from twittervotes.desktop.window import Window
        from twittervotes.desktop.window_state import state_file
    except ImportError:
        log.warning("This Python has no Tk (tkinter); showing the vote as text.")
        return None
    theme = options.theme or (config.theme if config else None) or ""
    try:
        return Window(relay.intents(), theme=theme, memory=state_file())
    except tkinter.TclError:
        log.warning("No display found; showing the vote as text.")
        return None


def _is_over(snapshot: Snapshot, *, stay: bool = False) -> bool:
    """Return whether nothing more will come: everything is read, or nothing can be."""
    if snapshot.trouble:
        return True
    if snapshot.recount_words:
        return False
    if snapshot.state is State.CERTIFIED:
        return True
    if snapshot.state is State.PROVISIONAL:
        return not stay
    return all(source.doing is SourceState.STOPPED for source in snapshot.sources)
