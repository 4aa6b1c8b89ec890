"""The desktop program: the window, the form for a new vote, and the vote behind it.

The window is painted first; a thread opens the vote, which may take a while. Errors are reported
where they can be fixed: in the form, or where the program was started.
"""

from __future__ import annotations

import logging
import signal
import subprocess
import sys
import threading
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from twittervotes.app import registry
from twittervotes.app.board_process import BoardProcess
from twittervotes.app.intents import IDLE, IntentRelay
from twittervotes.app.opening import VoteRequest, ordered
from twittervotes.app.start_form import starting
from twittervotes.commands.say import PROGRAM, complain
from twittervotes.core.config.loader import Config, General
from twittervotes.core.config.rules import moments, ruled
from twittervotes.core.contest.contest import Rules
from twittervotes.core.contest.hashtag import fold
from twittervotes.core.counting import result
from twittervotes.core.errors import TwittervotesError
from twittervotes.core.file_name import data_folder
from twittervotes.desktop.actions.program import Program
from twittervotes.desktop.canvas import pictures
from twittervotes.desktop.start_page.contract import Proposal
from twittervotes.desktop.start_page.controller import Start
from twittervotes.presentation.phrases import FINAL

if TYPE_CHECKING:
    from twittervotes.app.runtime import Live
    from twittervotes.cli.vote_options import Options
    from twittervotes.desktop.widgets.board_sheet import ServedBoard
    from twittervotes.desktop.window import Window

log = logging.getLogger(__name__)

OPENED_WITHIN_S = 5.0  # how long to wait on exit for a vote that is being opened


class DesktopApp:
    """One window, and the vote that is counted behind it."""

    def __init__(self, window: Window, relay: IntentRelay, options: Options) -> None:
        self._window = window
        self._relay = relay
        self._options = options
        self._config: Config | None = None
        self._form: Start | None = None
        self._opening: threading.Thread | None = None
        self._live: Live | None = None
        self._request: VoteRequest | None = None  # for the vote in the window
        self._sorry = ""
        self._code = 0
        self._board = BoardProcess(window.soon, self._show_board, window.say)
        window.program = Program(
            self._new,
            self._open_file,
            str(data_folder()),
            lambda: self._board.open(self._shown),
            self._try_again,
        )

    def run(self, config: Config | None, order: VoteRequest | None, trouble: str) -> int:
        """Show the vote, or without one the form; return the exit code."""
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, lambda *_: self._window.stop())
        self._config = config
        if order is not None:
            self._open(order)
        else:
            self._ask(trouble)
        try:
            self._window.run()
        finally:
            code = self._end()
        return code

    def _new(self) -> None:
        """Show the form in place of a finished vote, or else in a new window."""
        if self._is_idle():
            if self._form is None or self._live is not None:
                self._let_go()
                self._ask("")
        else:
            _begin_beside()

    def _open_file(self, path: Path) -> None:
        """Open a saved vote in place of a finished one, or else in a new window."""
        if not self._is_idle():
            _begin_beside(str(path))
            return
        try:
            options = replace(self._options, file=path, hashtags=(), ledger=None)
            order = ordered(options, registry.configured(options))
        except TwittervotesError as error:
            self._window.say(str(error))
            return
        self._let_go()
        self._open(order)

    def _try_again(self) -> None:
        """Open the vote again whose counting has stopped; what is on air stays."""
        stopped, request = self._live, self._request
        is_opening = self._opening is not None and self._opening.is_alive()
        if stopped is None or request is None or is_opening or not stopped.last.trouble:
            return
        try:
            stopped.end()
        except TwittervotesError as error:  # it may have something left to write
            log.info("The stopped vote was closed unfinished: %s", error)
        self._relay.to = IDLE
        self._window.show(replace(stopped.last, trouble="Opening the vote again…"))
        options = replace(request.options, file=Path(stopped.last.ledger), hashtags=(), ledger=None)
        try:
            order = replace(ordered(options, request.config), names=request.names)
        except TwittervotesError as error:
            self._refused(str(error))
        else:
            self._start(order)

    def _is_idle(self) -> bool:
        """Return whether no vote is running that this would stop."""
        if self._opening and self._opening.is_alive():
            return False
        return self._live is None or self._live.last.state in FINAL

    def _let_go(self) -> None:
        """End a finished vote, so that another can take its place."""
        if self._live is None:
            return
        self._code = self._exit_code(self._live)
        self._live = None
        self._relay.to = IDLE
        self._form = None
        self._window.clear()

    def _ask(self, trouble: str) -> None:
        """Show the form, with an error above it."""
        if self._form is None:
            proposal = _proposal(self._options, self._config, trouble)
            calls = starting(self._options, self._begin, self._window.operator)
            self._form = Start(proposal, calls, self._window.soon)
        else:
            self._form.trouble = trouble
        self._window.open(self._form)

    def _begin(self, options: Options) -> None:
        """Start the vote that the form describes; raise TwittervotesError if it's invalid."""
        config = registry.configured(options)
        # The form takes precedence for everything it asks, even if a field is empty.
        contest = replace(config.contest, title="", closes_ms=None, time_ms=None)
        self._open(ordered(options, replace(config, contest=contest)))

    def _open(self, order: VoteRequest) -> None:
        config = order.config
        self._window.dress_display(
            config.display,
            config.path.parent,
            link=config.contest.link,
            proof=config.contest.proof,
        )
        self._window.shut()
        self._window.paint()
        self._start(order)

    def _start(self, order: VoteRequest) -> None:
        self._request = order
        self._opening = threading.Thread(target=self._opened, args=(order,), daemon=True)
        self._opening.start()

    def _opened(self, order: VoteRequest) -> None:
        """Open the vote and count it, in a separate thread."""
        try:
            from twittervotes.app.runtime import Live  # here: the window is painted first

            self._live = Live(order, self._window.showing)
        except TwittervotesError as error:
            self._window.soon(partial(self._refused, str(error)))
        except Exception as error:  # whatever it is, the user gets an answer
            log.exception("The vote could not be opened.")
            words = f"The vote could not be opened ({type(error).__name__}); see the log."
            self._window.soon(partial(self._refused, words))
        else:
            self._relay.to = self._live.intents
            # After a crash, nothing may go on air before the operator reveals it.
            if self._live.was_hidden and not self._window.showing.hidden:
                self._window.showing.hidden = True
            self._keep_pictures(order)
            self._live.begin(self._window.show)

    def _keep_pictures(self, order: VoteRequest) -> None:
        """Keep the pictures chosen in the form; without one, the vote goes on all the same."""
        if order.contest and order.ledger:
            by_tag = {fold(tag): path for tag, path in order.options.pictures}
            choices = order.contest.choices
            chosen = {it.tag: by_tag[fold(it.tag)] for it in choices if fold(it.tag) in by_tag}
            try:
                pictures.keep(order.ledger, choices, chosen)
            except TwittervotesError as error:
                self._window.soon(partial(self._window.say, str(error)))

    def _refused(self, words: str) -> None:
        """Say why the vote was not opened: in the form, or to whoever typed a command.

        A file argument alone may come from a double click, where nobody reads what is printed.
        """
        if self._live and self._live.last.trouble:  # it could not be opened again
            self._window.show(replace(self._live.last, trouble=words))
        elif self._form or self._options.file is not None:
            self._ask(words)
        else:
            self._sorry = words
            self._window.stop()

    def _show_board(self, served: ServedBoard) -> None:
        self._window.control.show_board(served)  # looked up late: a change of theme replaces it

    @property
    def _shown(self) -> str:
        """Return what a board shows: the vote in the window, or else all saved votes."""
        return self._live.last.ledger if self._live and self._live.last.ledger else ""

    def _end(self) -> int:
        self._board.end()
        if self._form:
            self._form.end()
        if self._opening:
            self._opening.join(OPENED_WITHIN_S)
        if self._live:
            return self._exit_code(self._live)
        if self._sorry:
            complain(self._sorry, PROGRAM)
            return 2
        return self._code

    @staticmethod
    def _exit_code(live: Live) -> int:
        """End a vote; return the exit code for its result."""
        return 0 if result.is_whole(live.end()) else 3


def _begin_beside(*words: str) -> None:
    """Start this program again, so that the current vote continues."""
    subprocess.Popen([sys.executable, "-m", "twittervotes", *words])  # noqa: S603 - our own program


def _proposal(options: Options, config: Config | None, trouble: str) -> Proposal:
    """Return the form's initial values: from the command line or the configuration."""
    if config is None:
        return Proposal(replace(options, file=None), Rules(), trouble=trouble)
    said = config.contest
    rules, period = said.rules, dict[str, int]()
    try:
        rules, period = ruled(said.rules, options.rules), moments(options.rules)
    except TwittervotesError as error:
        trouble = trouble or str(error)
    given = () if registry.REHEARSAL in options.sources else options.sources
    return Proposal(
        replace(options, file=None),
        rules,
        sources=given or config.sources,
        picks_ready=not given and config.sources == General().sources,
        title=options.title or said.title,
        time_ms=options.time_ms or said.time_ms,
        closes_ms=period.get("closes", said.closes_ms),
        trouble=trouble,
    )
