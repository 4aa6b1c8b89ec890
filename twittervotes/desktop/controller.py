"""Joins actions, display mode, menus and keys: everything an operator can do in the window."""

from __future__ import annotations

import tkinter as tk
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from tkinter import filedialog
from typing import TYPE_CHECKING

from twittervotes.core.contest.snapshot import Intents, State
from twittervotes.core.file_name import ENDING
from twittervotes.desktop.actions.actions import Action, Actions, Operator
from twittervotes.desktop.actions.program import Program
from twittervotes.desktop.vote.frame import Air, Moment, Showing
from twittervotes.desktop.widgets import menu
from twittervotes.desktop.widgets.board_sheet import ServedBoard, show_board
from twittervotes.desktop.widgets.keys import show_keys
from twittervotes.desktop.widgets.overlay import open_sheets
from twittervotes.presentation.phrases import FINAL

if TYPE_CHECKING:
    from twittervotes.desktop.canvas.items import Look
    from twittervotes.desktop.vote.body import Body
    from twittervotes.desktop.vote.display import Display
    from twittervotes.desktop.vote.foot import Foot

MENU_LEFT = 62
Soon = Callable[[Callable[[], None]], None]


@dataclass(frozen=True, slots=True)
class Shell:
    """Functions of the window around the vote.

    `soon` runs a function in the window's thread, `say` shows a sentence, `folder` is where votes
    are saved.
    """

    soon: Soon
    say: Callable[[str], None]
    redraw: Callable[[], None]
    close: Callable[[], None]
    zoom: Callable[[int], None]
    recolour: Callable[[], None]
    program: Callable[[], Program]
    operator: Operator
    folder: Callable[[], str]


class Control:
    """The operator's controls; `join` must be called next, with the parts that they control."""

    def __init__(
        self,
        root: tk.Tk,
        look: Look,
        intents: Intents,
        showing: Showing,
        *,
        display: Display,
        shell: Shell,
    ) -> None:
        """Control `display`, which continues in this look if it is open."""
        self._root = root
        self._look = look
        self._showing = showing
        self._shell = shell
        self.actions = Actions(root, look, intents, shell.soon, shell.say, shell.operator)
        self.display = display
        self.display.wear(look, self.listen)
        self._menu = menu.Menu(root, look)
        self.is_off = False  # while something covers the vote

    def join(self, body: Body, foot: Foot) -> None:
        """Control these parts, and bind the window's keys."""
        self._body = body
        body.put = self.put
        self._foot = foot
        self.actions.account = lambda: body.account
        foot.offer(lambda: self.next_step, lambda: self.show_display)
        titles = ("File", "Vote", "Display", "View", "Help")
        self.bar = menu.MenuBar(
            self._root, self._look, {title: partial(self._offered, title) for title in titles}
        )
        self.listen(self._root)
        self._root.bind("<Button-1>", self._clicked)

    def show(self, moment: Moment, now: float) -> None:
        """Update the possible actions, and show the audience what it may see."""
        self.actions.show(moment.snapshot)
        self.display.show(moment, now)

    def show_board(self, served: ServedBoard) -> None:
        """Show the address where the live result is served."""
        show_board(self._root, self._look, served)

    def end(self) -> None:
        """Release all widgets."""
        self._menu.destroy()
        self.bar.destroy()

    @property
    def acts(self) -> Action:
        """The action to open the menu of actions."""
        return Action("Vote menu", self._open_menu, True, "F10", ("<F10>",))

    @property
    def next_step(self) -> Action:
        """Return the most important next action: start, close, reveal, certify, a new vote.

        Once counting has stopped, that is to try again.
        """
        if self.actions.has_stopped:
            return Action("Try again", self._shell.program().again)
        state = self.actions.state
        if state in FINAL and self._showing.hidden:
            return replace(self.reveal, key="")
        if state is State.CERTIFIED:
            return replace(self.new, key="")
        return self.actions.next

    @property
    def new(self) -> Action:
        """The action to prepare another vote."""
        key, keys = self._shortcut("n")
        return Action("New vote", self._shell.program().new, True, key, keys, anywhere=True)

    @property
    def open(self) -> Action:
        """The action to open a vote from its file."""
        key, keys = self._shortcut("o")
        return Action("Open…", self._open, True, key, keys, anywhere=True)

    @property
    def board(self) -> Action:
        """The action to serve the live result as web pages."""
        key, keys = self._shortcut("b")
        return Action("Open board…", self._shell.program().board, True, key, keys, anywhere=True)

    @property
    def close_window(self) -> Action:
        """The action to close the window."""
        key, keys = self._shortcut("w")
        return Action("Close window", self._shell.close, True, key, keys, anywhere=True)

    @property
    def quit(self) -> Action:
        """The action to quit the program."""
        key, keys = self._shortcut("q")
        return Action("Quit", self._shell.close, True, key, keys, anywhere=True)

    @property
    def keys(self) -> Action:
        """The action to list the keys."""
        return Action(
            "Keys", self._show_keys, True, "F1 or ?", ("<F1>", "<question>"), anywhere=True
        )

    @property
    def show_display(self) -> Action:
        """The action to open or end the audience's display."""
        display = self.display
        word, do = ("End display", display.close) if display.is_open else ("Display", display.open)
        return Action(word, partial(self._then_redraw, do), True, "F11", ("<F11>",))

    @property
    def show_voting(self) -> Action:
        """The action to show the choices without results."""
        do = partial(self._put_on_air, Air.VOTING)
        return Action("Show voting", do, True, "V", ("<v>", "<V>"))

    @property
    def show_results(self) -> Action:
        """The action to show the results."""
        do = partial(self._put_on_air, Air.RESULTS)
        return Action("Show results", do, True, "S", ("<s>", "<S>"))

    @property
    def hide(self) -> Action:
        """The action to show the audience only the logo."""
        return Action("Hide", partial(self._put_on_air, Air.NOTHING), True, "H", ("<h>", "<H>"))

    @property
    def reveal(self) -> Action:
        """The action to reveal the result, once voting is over."""
        can = self._showing.hidden and self.actions.state in FINAL
        do = partial(self._put_on_air, Air.RESULTS)
        return Action("Reveal the result", do, can, "R", ("<r>", "<R>"))

    @property
    def order(self) -> Action:
        """The action to sort the bars in the next way."""
        return Action(
            f"Sort bars {self._showing.order.next}", self._reorder, True, "O", ("<o>", "<O>")
        )

    @property
    def search(self) -> Action:
        """The action to go to the search for a post or an account."""
        return Action("Was it counted?", self._body.search, True, "Ctrl-F", ("<Control-f>",))

    @property
    def menus(self) -> dict[str, tuple[tuple[Action, ...], ...]]:
        """Return all actions by menu."""
        actions, shell = self.actions, self._shell
        sizes = (
            Action("Larger", partial(shell.zoom, 1), True, "Ctrl +"),
            Action("Smaller", partial(shell.zoom, -1), True, "Ctrl −"),
            Action("Usual size", partial(shell.zoom, 0), True, "Ctrl-0"),
        )
        colours = Action("Light or dark", shell.recolour, True, "Ctrl-T")
        return {
            "File": (
                (self.new, self.open),
                (actions.export, self.board),
                (self.close_window, self.quit),
            ),
            "Vote": (
                (actions.turn, actions.extend, actions.close, actions.update),
                (actions.undo,),
                (actions.rule, actions.exclude, actions.readmit, actions.adjust, *actions.others),
                (actions.draw, actions.certify),
            ),
            "Display": (
                (self.show_display,),
                (self.show_voting, self.show_results, self.hide, self.reveal),
                (self.order,),
            ),
            "View": ((self.search, actions.log), sizes, (colours,)),
            "Help": ((self.keys,),),
        }

    def _offered(self, title: str) -> tuple[tuple[Action, ...], ...]:
        """Return the content of one menu; while a page covers the vote, only what works there."""
        groups = self.menus[title]
        if not self.is_off or title == "View":
            return groups
        return tuple(
            tuple(replace(action, can=action.can and action.anywhere) for action in group)
            for group in groups
        )

    def listen(self, screen: tk.Tk | tk.Toplevel) -> None:
        """Bind the keys on one of the two screens."""
        is_main = screen is self._root
        for action in self._keyed_actions(is_main):
            for key in action().keys:
                screen.bind(key, partial(self._pressed, action))
        if not is_main:
            screen.bind("<Escape>", lambda _: self.show_display.do())

    def _keyed_actions(self, is_main: bool) -> list[Callable[[], Action]]:
        """Return the actions that have keys; on the display none that changes the vote."""
        actions = self.actions
        both: list[Callable[[], Action]] = [
            lambda: self.show_display,
            lambda: self.show_voting,
            lambda: self.show_results,
            lambda: self.hide,
            lambda: self.reveal,
            lambda: self.order,
        ]
        here: list[Callable[[], Action]] = [
            lambda: actions.update,
            lambda: actions.turn,
            lambda: actions.extend,
            lambda: actions.undo,
            lambda: actions.log,
            lambda: actions.export,
            lambda: self.acts,
            lambda: self.search,
            lambda: self.new,
            lambda: self.open,
            lambda: self.board,
            lambda: self.close_window,
            lambda: self.quit,
            lambda: self.keys,
        ]
        return both + here if is_main else both

    def _pressed(self, action: Callable[[], Action], event: tk.Event[tk.Misc]) -> str | None:
        """Do a key's action, unless a sheet covers the window or somebody is typing."""
        if open_sheets(self._root) or is_typing(event):
            return None
        now = action()
        if self.is_off and not now.anywhere:
            return None
        if now.can:
            now.do()
        return "break"

    def _clicked(self, event: tk.Event[tk.Misc]) -> None:
        """Leave the search on a click beside it, so that Space pauses again."""
        field = self._root.focus_get()
        if self.is_off or open_sheets(self._root) or not isinstance(field, tk.Entry):
            return
        if not str(event.widget).startswith(str(field.master)):
            self._root.focus_set()

    def _open_menu(self) -> None:
        place = (self._root.winfo_rootx() + self._look.px(MENU_LEFT), self._root.winfo_rooty())
        menu.pop_up(self._menu, self._offered("Vote"), place)

    def _open(self) -> None:
        """Pick a vote's file, and open it."""
        chosen = filedialog.askopenfilename(
            parent=self._root,
            title="Open a vote",
            initialdir=self._shell.folder(),
            filetypes=[("Votes", f"*{ENDING}"), ("All files", "*")],
        )
        if chosen:
            self._shell.program().open(Path(chosen))

    def _show_keys(self) -> None:
        actions = [action for groups in self.menus.values() for group in groups for action in group]
        found = {
            action.key: action.word.rstrip("…") for action in (*actions, self.acts) if action.key
        }
        show_keys(self._root, self._look, tuple(found.items()))

    def _shortcut(self, letter: str) -> tuple[str, tuple[str, ...]]:
        """Return a letter with this system's modifier key, for display and for Tk."""
        if self._root.tk.call("tk", "windowingsystem") == "aqua":
            return f"⌘{letter.upper()}", (f"<Command-{letter}>",)
        return f"Ctrl-{letter.upper()}", (f"<Control-{letter}>",)

    def put(self, button: str) -> None:
        """Do what a button of the panel "On air" says."""
        actions = {
            "voting": self.show_voting,
            "results": self.show_results,
            "hide": self.hide,
            "reveal": self.reveal,
        }
        if actions[button].can and not open_sheets(self._root):
            actions[button].do()

    def _put_on_air(self, air: Air) -> None:
        self._showing.is_cut = air is self._showing.air  # its key was pressed twice
        self._showing.air = air
        self._then_redraw()

    def _reorder(self) -> None:
        self._showing.order = self._showing.order.next
        self._then_redraw()

    def _then_redraw(self, do: Callable[[], None] | None = None) -> None:
        if do:
            do()
        self._foot.refresh()
        self._shell.redraw()


def is_typing(event: tk.Event[tk.Misc]) -> bool:
    """Return whether a key types a character into a field."""
    return isinstance(event.widget, tk.Entry) and bool(event.char) and event.char.isprintable()
