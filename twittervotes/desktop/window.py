"""The operator's window: it draws the newest snapshot, and sends intents.

It knows nothing of networks, ledgers and Rx. Snapshots may come from any thread; only the thread
that created the window draws, and it never blocks.
"""

from __future__ import annotations

import logging
import time
import tkinter as tk
from dataclasses import replace
from functools import partial
from pathlib import Path
from queue import Empty, SimpleQueue
from typing import TYPE_CHECKING

import ttkbootstrap as ttk

from twittervotes.core.contest.percent import percentages
from twittervotes.desktop.actions.actions import Operator
from twittervotes.desktop.actions.leaving import leaving
from twittervotes.desktop.actions.program import Program, WindowPage
from twittervotes.desktop.canvas.images import Images
from twittervotes.desktop.canvas.items import Look
from twittervotes.desktop.canvas.logo import read as read_logo
from twittervotes.desktop.canvas.pictures import kept
from twittervotes.desktop.canvas.sizes import Sizes, screen_scale
from twittervotes.desktop.canvas.theme import dress
from twittervotes.desktop.canvas.theme_colours import palette
from twittervotes.desktop.controller import Control, Shell, is_typing
from twittervotes.desktop.vote.animation import last_minute
from twittervotes.desktop.vote.announcer import Announcer
from twittervotes.desktop.vote.body import Body
from twittervotes.desktop.vote.display import Display
from twittervotes.desktop.vote.foot import Foot
from twittervotes.desktop.vote.frame import Air, Moment, Showing
from twittervotes.desktop.vote.head import Head
from twittervotes.desktop.vote.messages import COUNT_THEM
from twittervotes.desktop.vote.phrases import UNDER_WAY
from twittervotes.desktop.widgets.banner import Banner, Message
from twittervotes.desktop.widgets.entry import as_written_today
from twittervotes.desktop.widgets.overlay import open_sheets
from twittervotes.desktop.widgets.question import ask
from twittervotes.desktop.window_state import Seat, zoomed
from twittervotes.presentation.outage import outage

if TYPE_CHECKING:
    from collections.abc import Callable
    from types import TracebackType

    from twittervotes.core.config.display import DisplaySettings
    from twittervotes.core.contest.snapshot import Intents, LookupResult, Snapshot

log = logging.getLogger(__name__)

FRAME_MS, IDLE_MS = 33, 100
LARGER = {
    "<Control-plus>": 1,
    "<Control-equal>": 1,
    "<Control-KP_Add>": 1,
    "<Control-minus>": -1,
    "<Control-KP_Subtract>": -1,
    "<Control-Key-0>": 0,
    "<Control-KP_0>": 0,
}


class Window:
    """The window of one contest. Create, run and release it in the main thread.

    Tcl aborts the program if another thread frees its interpreter, so whoever created the window
    must keep it until the program ends.
    """

    def __init__(
        self,
        intents: Intents,
        *,
        theme: str = "",
        scale: float | None = None,
        title: str = "twittervotes",
        memory: Path | None = None,
    ) -> None:
        """Create the window as remembered in the file `memory`; arguments take precedence.

        `scale` enlarges it beyond the screen's dpi. Raises tkinter.TclError without a display.
        """
        self._seat = Seat(memory)
        colours = palette(theme or self._seat.remembered.theme)
        self.root = ttk.App(title=title)
        self.root.report_callback_exception = self._failed
        as_written_today(self.root)
        self._intents = intents
        self._scale = scale or screen_scale(self.root)
        self._inbox: SimpleQueue[tuple[Snapshot, float] | Callable[[], None] | None] = SimpleQueue()
        self._latest: tuple[Snapshot, float] | None = None
        self._announcer = Announcer()
        self.tell, self.say = self._announcer.tell, self._announcer.say
        self._second = 0
        self.drawn: Snapshot | None = None
        self.is_moving = False
        self._told = self._question = ""
        self.showing = Showing()
        self.program = Program()
        known = self._seat.remembered
        self.operator = Operator(known.name, known.export_folder, self._seat.keep)
        self._display = Display(self.root, self.showing)
        self._page: WindowPage | None = None
        self._wear(colours.theme, self._seat.remembered.zoom)
        self._seat.take(self.root, self._look.px)
        self._ticking = self.root.after(1, self._tick)

    def show(self, snapshot: Snapshot) -> None:
        """Draw `snapshot` soon; callable from any thread, at any rate: only the newest is drawn."""
        self._inbox.put((snapshot, time.monotonic()))

    def soon(self, do: Callable[[], None]) -> None:
        """Run a function soon in the window's own thread; may be called from any thread."""
        self._inbox.put(do)

    def open(self, page: WindowPage) -> None:
        """Show `page` over everything else, until `shut`."""
        self.shut()
        self._page = page
        self.control.is_off = True
        page.put_on(self.root, self._look)

    def shut(self) -> None:
        """Remove the page, so that the vote is visible."""
        if self._page:
            self._page.put_off()
            self._page = None
            self.control.is_off = False

    def dress_display(
        self, settings: DisplaySettings, folder: Path, *, link: str = "", proof: str = ""
    ) -> None:
        """Set the display's look and addresses; a logo's path is relative to `folder`.

        A logo that can't be shown is reported in the window.
        """
        showing = self.showing
        showing.display, showing.link, showing.proof = settings, link, proof
        picture = read_logo(folder / settings.logo) if settings.logo else None
        if isinstance(picture, str):
            self.say(picture)
            picture = None
        showing.logo = picture
        self._display.wear(self._look, self.control.listen)

    def clear(self) -> None:
        """Show no vote, as before the first snapshot."""
        self._latest = self.drawn = None
        self._announcer.clear()
        self._question = ""
        self.showing.air = Air.RESULTS
        self._change(self._look.colours.theme, self._seat.remembered.zoom)

    def paint(self) -> None:
        """Paint the window now; call this before lengthy work."""
        if not self.is_closed:
            self.root.update()

    def run(self) -> None:
        """Show the window until it is closed."""
        if not self.is_closed:
            self.root.mainloop()

    def stop(self) -> None:
        """Close the window soon, without asking; from any thread or a signal handler."""
        self._inbox.put(None)

    @property
    def is_closed(self) -> bool:
        """Whether the window was closed."""
        return not self._ticking

    def close(self) -> None:
        """Close the window, after asking if the vote isn't over."""
        question = leaving(self._latest[0] if self._latest else None)
        if question:
            ask(self.root, self._look, question, self._end)
        else:
            self._end()

    def _wear(self, theme: str, zoom: float) -> None:
        """Recreate all widgets in this theme and zoom."""
        colours = palette(theme)
        self._seat.remembered = replace(self._seat.remembered, theme=theme, zoom=zoom)
        sizes = Sizes(self.root, self._size(zoom))
        dress(self.root, colours, sizes.scale)
        self.root.configure(background=colours.background)
        self._look = Look(colours, sizes, Images(self.root))
        self._pictured = ""
        self._stage = tk.Frame(self.root, background=colours.background)
        self._stage.pack(fill="both", expand=True)
        self._stage.columnconfigure(0, weight=1)
        self._stage.rowconfigure(1, weight=1)
        self.control = Control(
            self.root,
            self._look,
            self._intents,
            self.showing,
            display=self._display,
            shell=Shell(
                soon=self.soon,
                say=self.say,
                redraw=self._redraw,
                close=self.close,
                zoom=self._zoom,
                recolour=self._other_theme,
                program=lambda: self.program,
                operator=self.operator,
                folder=self._folder,
            ),
        )
        self.head = Head(self._stage, self._look, self.showing)
        self.body = Body(self._stage, self._look, self.showing, self._look_up)
        self.banner = Banner(self._stage, self._look, self._announcer.close, self._follow)
        self._announcer.join(self.head, self.banner)
        self.foot = Foot(self._stage, self._look, self.control.actions)
        self.head.canvas.grid(row=0, column=0, columnspan=2, sticky="ew")
        self.body.place(1)
        self.foot.grid(row=2, column=0, columnspan=2, sticky="ew")
        self.control.join(self.body, self.foot)
        self.control.is_off = self._page is not None
        self._bind()

    def _follow(self, message: Message) -> None:
        """Follow a message's link."""
        if message.link == COUNT_THEM:
            self.control.actions.undo.do()
        else:
            self.body.show_sources()

    def _change(self, theme: str, zoom: float) -> None:
        """Change the theme or the zoom."""
        before = self._stage
        self.control.end()
        self._wear(theme, zoom)
        before.destroy()
        self._second = 0
        self._seat.limit(self.root, self._look.px)
        if self._page:
            self._page.put_off()
            self._page.put_on(self.root, self._look)

    def _bind(self) -> None:
        self.root.protocol("WM_DELETE_WINDOW", self.close)
        self.root.bind("<Escape>", partial(self._keyed, self.banner.close))
        for key, steps in LARGER.items():
            self.root.bind(key, partial(self._keyed, partial(self._zoom, steps)))
        self.root.bind("<Control-t>", partial(self._keyed, self._other_theme))
        self.head.canvas.bind("<Configure>", lambda event: self.head.lay(event.width))
        self.body.listen(self.root)

    def _zoom(self, steps: int) -> None:
        """Zoom in by so many steps, out by a negative number; 0 resets it."""
        before = self._seat.remembered.zoom
        zoom = zoomed(before, steps) if steps else 1.0
        if zoom < before or self._size(zoom) > self._look.sizes.scale:
            self._change(self._look.colours.theme, zoom)

    def _size(self, zoom: float) -> float:
        """Return the scale, limited so that the window fits on the screen."""
        return min(self._scale * zoom, self._seat.largest(self.root))

    def _other_theme(self) -> None:
        theme = "dark" if self._look.colours.theme == "light" else "light"
        self._change(theme, self._seat.remembered.zoom)

    def _keyed(self, act: Callable[[], None], event: tk.Event[tk.Misc]) -> None:
        """Do a key's action, unless a question is open or somebody is typing."""
        if not open_sheets(self.root) and not is_typing(event):
            act()

    def _redraw(self) -> None:
        self._second = 0

    def _folder(self) -> str:
        """Return where votes are saved, as far as that is known here."""
        return str(Path(self._latest[0].ledger).parent) if self._latest else self.program.folder

    def _look_up(self, wanted: str) -> None:
        """Look up an account or a post; the result comes back through the inbox."""

        def found(findings: tuple[LookupResult, ...]) -> None:
            self.soon(lambda: self.body.found(wanted, findings))

        if self._intents.look_up:
            self._intents.look_up(wanted, found)

    def _tick(self) -> None:
        self.is_moving = False
        try:
            if self._take_newest():
                self.is_moving = self._draw()
        finally:
            if self._ticking:
                pause = FRAME_MS if self.is_moving else IDLE_MS
                self._ticking = self.root.after(pause, self._tick)

    def _take_newest(self) -> bool:
        """Take what has arrived; return whether the window continues."""
        newest = None
        while True:
            try:
                entry = self._inbox.get_nowait()
            except Empty:
                break
            if entry is None:
                self._end()
                return False
            if callable(entry):
                entry()
            else:
                newest = entry
        if newest:
            self._latest = newest
            self._second = 0
            self._announcer.refuse(newest[0].refused)
        self._announcer.expire()
        return True

    def _draw(self) -> bool:
        """Draw what has changed; return whether something is still moving."""
        if self._latest is None:
            return False
        snapshot, came = self._latest
        now = time.monotonic()
        now_ms = snapshot.now_ms + round((now - came) * 1000)
        if now_ms // 1000 != self._second:
            is_new = not self._second
            self._second = now_ms // 1000
            moment = self._moment(snapshot, now_ms)
            if snapshot.ledger != self._pictured:
                self._pictured = snapshot.ledger
                self._look.images.pictures = kept(snapshot.ledger, snapshot.contest.choices)
            self.head.show(moment, now)
            self._announcer.follow(moment)
            self.control.show(moment, now)
            if is_new:
                self._name(snapshot.contest.title)
                self.body.show(moment, now)
                self.foot.show(snapshot)
            else:
                self.body.show_changes(moment)
        self.drawn = snapshot
        moving = [part.move(now) for part in (self.head, self.body, self.control.display)]
        return any(moving)

    def _name(self, question: str) -> None:
        """Set a title by which task bars and capture programs can tell votes apart."""
        if question != self._question:
            self._question = question
            self.root.title(f"{question} · twittervotes")

    def _moment(self, snapshot: Snapshot, now_ms: int) -> Moment:
        changes = tuple(map(round, last_minute(snapshot.tally, now_ms)))
        if snapshot.state not in UNDER_WAY or snapshot.trouble:
            changes = (0,) * len(changes)
        return Moment(
            snapshot,
            now_ms,
            changes,
            percentages(snapshot.tally.votes),
            outage(snapshot, now_ms),
        )

    def _failed(
        self, kind: type[BaseException], error: BaseException, trace: TracebackType | None
    ) -> None:
        """Report an error in a callback: fully in the log, as a sentence in the window."""
        if issubclass(kind, KeyboardInterrupt):
            self._end()
            return
        if repr(error) != self._told:
            self._told = repr(error)
            log.error("The window failed to draw or to react.", exc_info=(kind, error, trace))
        self.tell("The window had an internal error. Counting continues; see the log.")

    def _end(self) -> None:
        if self._ticking:
            self.root.after_cancel(self._ticking)
            self._ticking = ""
            self._seat.leave(self.root)
            self.root.destroy()
