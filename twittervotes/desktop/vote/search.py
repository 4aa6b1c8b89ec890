"""A box for an account or a post, and below it whether it was counted."""

from __future__ import annotations

from typing import TYPE_CHECKING

from twittervotes.core.contest.posts import Verdict
from twittervotes.core.contest.snapshot import LookupResult
from twittervotes.desktop.canvas.sizes import SMALL
from twittervotes.desktop.vote.panel import Panel
from twittervotes.desktop.vote.phrases import in_local_time, zone
from twittervotes.desktop.widgets.entry import TextEntry

if TYPE_CHECKING:
    import tkinter as tk
    from collections.abc import Callable

    from twittervotes.desktop.canvas.items import Area, Look
    from twittervotes.desktop.vote.frame import Moment

MOST, HEIGHT = 6, 36
EXAMPLE = "Was it counted? Post link or account"
LOOKING = (LookupResult("", "Looking…"),)


class SearchPanel(Panel):
    """The box and its answers; `look_up` starts a search, and `found` receives the result."""

    def __init__(self, canvas: tk.Canvas, look: Look, look_up: Callable[[str], None]) -> None:
        super().__init__(canvas, look)
        self._look_up = look_up
        self._wanted = ""
        self.place = 0  # the top of the box on the Canvas
        self.findings: tuple[LookupResult, ...] = ()
        self.entry = TextEntry(canvas, look, "", lambda _: None, example=EXAMPLE, height=HEIGHT)
        self._item = canvas.create_window(0, 0, anchor="nw", window=self.entry, state="hidden")
        self.entry.field.bind("<Return>", lambda _: self._ask())
        self.entry.field.bind("<KP_Enter>", lambda _: self._ask())
        self.entry.field.bind("<Escape>", self._leave)

    @property
    def account(self) -> str:
        """The account that was found, "" if there is none or several."""
        accounts = {finding.account for finding in self.findings} - {""}
        return accounts.pop() if len(accounts) == 1 else ""

    def found(self, wanted: str, findings: tuple[LookupResult, ...]) -> None:
        """Take the result, unless another search has been started."""
        if wanted == self._wanted:
            self.findings = findings

    def again(self) -> None:
        """Repeat the last search: an act may have changed the answer."""
        if self._wanted:
            self._look_up(self._wanted)

    def show(self, moment: Moment, left: int, top: int, width: int) -> int:
        """Draw the box, and a panel for what was found; return the bottom."""
        self.canvas.coords(self._item, left, top)
        self.place = top
        self.canvas.itemconfigure(self._item, width=width, state="normal")
        bottom = top + self.look.px(HEIGHT)
        if self.findings:
            return super().show(moment, left, bottom + self.look.px(6), width)
        self.clear()
        return bottom

    def write(self, moment: Moment, area: Area) -> int:
        """Write the panel into `area` and return its bottom."""
        look, colours = self.look, self.look.colours
        y = area.top
        font = look.sizes.font("text", SMALL)
        shown = self.findings[:MOST]
        for finding in shown:
            words, colour = in_local_time(finding.words), colours.dim
            if finding.verdict:
                counts = finding.verdict == Verdict.COUNTED
                words = f"{'Counted' if counts else 'Not counted'} · {words}"
                colour = colours.good if counts else colours.waiting
            y += self.text("nw").wrap(words, (area.left, y), font, colour, width=area.width)
            y += look.px(9)
        if len(self.findings) > len(shown):
            words = f"… and {len(self.findings) - len(shown)} more of this account"
            y += self.text("nw").wrap(words, (area.left, y), font, colours.dim, width=area.width)
            y += look.px(9)
        if any(finding.verdict for finding in shown):
            words = f"Times are local ({zone(moment.now_ms)})."
            y += self.text("nw").wrap(words, (area.left, y), font, colours.faint, width=area.width)
            y += look.px(9)
        return y - look.px(9)

    def _ask(self) -> None:
        self._wanted = self.entry.text.strip()
        self.findings = LOOKING if self._wanted else ()
        if self._wanted:
            self._look_up(self._wanted)

    def _leave(self, _event: tk.Event[tk.Misc]) -> str:
        self.entry.write("")
        self._wanted, self.findings = "", ()
        self.canvas.winfo_toplevel().focus_set()
        return "break"
