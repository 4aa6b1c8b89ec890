"""Joins deeds, display mode, menu and keys: everything an operator can reach in the window."""

from __future__ import annotations

import tkinter as tk
from collections.abc import Callable
from functools import partial

from twittervotes.core.contest.snapshot import Intents
from twittervotes.desktop.actions.actions import Action, Deeds
from twittervotes.desktop.canvas.items import Look
from twittervotes.desktop.vote.body import Body
from twittervotes.desktop.vote.display import Display
from twittervotes.desktop.vote.foot import Foot
from twittervotes.desktop.vote.frame import Moment, Showing
from twittervotes.desktop.widgets import menu
from twittervotes.desktop.widgets.overlay import standing

Soon = Callable[[Callable[[], None]], None]


class Control:
    """What the operator has in hand; `soon` and `redraw` are the window's, `say` shows a sentence.

    `join` must follow, with the parts that are steered.
    """

    def __init__(
        self,
        root: tk.Tk,
        look: Look,
        intents: Intents,
        showing: Showing,
        *,
        soon: Soon,
        say: Callable[[str], None],
        redraw: Callable[[], None],
        display: Display,
    ) -> None:
        """Steer `display`, which goes on in this look where it is open."""
        self._root = root
        self._showing = showing
        self._redraw = redraw
        self.deeds = Deeds(root, look, intents, soon, say)
        self.display = display
        self.display.wear(look, self.listen)
        self._menu = menu.Menu(root, look)
        self.is_off = False  # while something covers the vote

    def join(self, body: Body, foot: Foot) -> None:
        """Steer these, and listen to the window's keys."""
        self._body = body
        self._foot = foot
        self.deeds.account = lambda: body.account
        foot.offer(lambda: self.show_display, lambda: self.acts)
        self.listen(self._root)
        self._root.bind("<Button-1>", self._clicked)

    def show(self, moment: Moment, now: float) -> None:
        """Know what may be done now, and show the audience what it is."""
        self.deeds.show(moment.snapshot)
        self.display.show(moment, now)

    def end(self) -> None:
        """Let go of all widgets."""
        self._menu.destroy()

    @property
    def acts(self) -> Action:
        return Action("Actions", self._open_menu, True, "F10", ("<F10>",))

    @property
    def show_display(self) -> Action:
        display = self.display
        word, do = ("End display", display.close) if display.is_open else ("Display", display.open)
        return Action(word, partial(self._then_redraw, do), True, "F11", ("<F11>",))

    @property
    def reveal(self) -> Action:
        word = "Reveal the result" if self._showing.hidden else "Hide the result on the display"
        return Action(word, self._turn_hidden, True, "R", ("<r>", "<R>"))

    @property
    def order(self) -> Action:
        return Action(
            f"Sort bars {self._showing.order.next}", self._reorder, True, "O", ("<o>", "<O>")
        )

    @property
    def search(self) -> Action:
        return Action("Was it counted?", self._body.search, True, "Ctrl-F", ("<Control-f>",))

    @property
    def groups(self) -> tuple[tuple[Action, ...], ...]:
        """All deeds, as they stand in the menu."""
        deeds = self.deeds
        return (
            (deeds.turn, deeds.extend, deeds.update, deeds.close),
            (deeds.rule, deeds.exclude, deeds.adjust, *deeds.others),
            (deeds.draw, deeds.certify, deeds.export, deeds.log),
            (self.show_display, self.reveal, self.order, self.search),
        )

    def listen(self, screen: tk.Tk | tk.Toplevel) -> None:
        """Bind the keys on one of the two screens."""
        is_main = screen is self._root
        for deed in self._keyed_deeds(is_main):
            for key in deed().keys:
                screen.bind(key, partial(self._pressed, deed))
        if not is_main:
            screen.bind("<Escape>", lambda _: self.show_display.do())

    def _keyed_deeds(self, is_main: bool) -> list[Callable[[], Action]]:
        """Return the deeds that have keys; only the window itself has room for sheets and menu."""
        deeds = self.deeds
        both: list[Callable[[], Action]] = [
            lambda: deeds.update,
            lambda: deeds.turn,
            lambda: deeds.extend,
            lambda: self.show_display,
            lambda: self.reveal,
            lambda: self.order,
        ]
        here: list[Callable[[], Action]] = [
            lambda: deeds.log,
            lambda: deeds.export,
            lambda: self.acts,
            lambda: self.search,
        ]
        return both + here if is_main else both

    def _pressed(self, deed: Callable[[], Action], event: tk.Event[tk.Misc]) -> str | None:
        """Do what a key is for, unless a sheet lies over the window or somebody is typing."""
        if self.is_off or standing(self._root) or is_typing(event):
            return None
        now = deed()
        if now.can:
            now.do()
        return "break"

    def _clicked(self, event: tk.Event[tk.Misc]) -> None:
        """Leave the search by a click beside it, so that Space pauses again."""
        field = self._root.focus_get()
        if self.is_off or standing(self._root) or not isinstance(field, tk.Entry):
            return
        if not str(event.widget).startswith(str(field.master)):
            self._root.focus_set()

    def _open_menu(self) -> None:
        button = self._foot.acts_button
        place = (button.winfo_rootx(), button.winfo_rooty())
        menu.pop_up(self._menu, self.groups, place)

    def _turn_hidden(self) -> None:
        self._showing.hidden = not self._showing.hidden
        self._then_redraw()

    def _reorder(self) -> None:
        self._showing.order = self._showing.order.next
        self._then_redraw()

    def _then_redraw(self, do: Callable[[], None] | None = None) -> None:
        if do:
            do()
        self._foot.refresh()
        self._redraw()


def is_typing(event: tk.Event[tk.Misc]) -> bool:
    """Tell whether a key writes a sign into a field."""
    return isinstance(event.widget, tk.Entry) and bool(event.char) and event.char.isprintable()
