"""The page before a vote: the question, what counts, when it ends; and previous votes.

The page covers the window until a vote starts. While hidden it keeps what was typed, so that it
returns unchanged if the vote can't be opened.
"""

from __future__ import annotations

import tkinter as tk
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING

from twittervotes.core.config import local_time
from twittervotes.core.errors import TwittervotesError
from twittervotes.desktop.start_page.draft import REHEARSAL, initial_draft, options_of, summary
from twittervotes.desktop.start_page.page import PageCommands, StartPage
from twittervotes.desktop.widgets.button import Button
from twittervotes.desktop.widgets.form import Field, Form, fill_in
from twittervotes.desktop.widgets.overlay import open_sheets
from twittervotes.desktop.widgets.question import Question, ask
from twittervotes.presentation.phrases import network_title, source_title

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from datetime import datetime

    from twittervotes.desktop.canvas.items import Look
    from twittervotes.desktop.start_page.contract import NetworkOption, Proposal, Recent, Starting

WORDS_AFTER_MS = 150
WAITING = "Signing in: continue in your browser."


class Start:
    """The page, shown or hidden. `trouble` is a sentence to show at the top."""

    def __init__(
        self, proposal: Proposal, starting: Starting, soon: Callable[[Callable[[], None]], None]
    ) -> None:
        """Create the page; `soon` runs a function in the window's own thread."""
        self._base = proposal.options
        self._picks_ready = proposal.picks_ready or proposal.sources == (REHEARSAL,)
        self._starting = starting
        self._soon = soon
        self.trouble = proposal.trouble
        self.draft = initial_draft(proposal, local_time.now())
        self.page: StartPage | None = None
        self._networks: tuple[NetworkOption, ...] = ()
        self._recent: tuple[Recent, ...] = ()
        self._signing = ""
        self._end_signing: Callable[[], None] | None = None
        self._checking = ""
        self._listens = self._comes_back = False

    def put_on(self, root: tk.Tk, look: Look) -> None:
        """Cover the window."""
        asked = PageCommands(
            changed=self._changed,
            start=self.start,
            rehearse=self.rehearse,
            sign_in=self.sign_in,
            enter=self._ask_for_keys,
            open=self._open_recent,
            delete=self._ask_to_delete,
            show_folder=self._show_folder,
            name=self._starting.name,
        )
        self._root, self._look = root, look
        self._listen(root)
        self._networks = self._starting.networks()
        if self._picks_ready:
            self._picks_ready = False
            self._pick_ready()
        self.page = StartPage(root, look, self.draft, asked)
        self._show_networks()
        self.page.recent.show(self._recent)
        self.page.tell(self.trouble)
        self._check()
        if not self._comes_back:
            self.page.come_to_first()
        self._comes_back = True
        self._list_recent()

    def put_off(self) -> None:
        """Uncover the window."""
        if self.page:
            if self._checking:
                self.page.after_cancel(self._checking)
                self._checking = ""
            self.page.destroy()
            self.page = None

    def end(self) -> None:
        """Stop the sign-in if it is running."""
        if self._end_signing:
            self._end_signing()

    def start(self) -> None:
        """Start the vote, or show what is wrong with it beside the field."""
        self._begin(self.draft.sources)

    def rehearse(self) -> None:
        """Start the same vote on a simulated network."""
        self._begin((REHEARSAL,))

    def sign_in(self) -> None:
        """Start the sign-in, or stop it."""
        if self._end_signing:
            self._end_signing()
            return
        self._signing = WAITING
        self._end_signing = self._starting.sign_in(
            lambda line, over: self._soon(partial(self._signed, line, over))
        )
        self._show_networks()

    def _pick_ready(self) -> None:
        """Tick the networks that are ready; if there are none, those that were ticked before."""
        ready = [each.name for each in self._networks if each.is_usual and not each.needs]
        self.draft.sources = tuple(ready) or self.draft.sources

    def _ask_for_keys(self, network: NetworkOption) -> None:
        """Ask for a network's missing keys."""
        fields = tuple(
            Field(
                key.name,
                f"{key.words[:1].upper()}{key.words[1:]}",
                check=partial(_missing, key.words),
                is_secret=key.is_secret,
            )
            for key in network.keys
        )
        title = f"Set up {source_title(network.name)}"
        detail = "Kept on this computer, in a file that only you can read."
        form = Form(title, detail, fields, "Save", lambda _: "", self._enter)
        fill_in(self._root, self._look, form)

    def _enter(self, keys: Mapping[str, str]) -> None:
        try:
            self._starting.enter(keys)
        except TwittervotesError as error:
            self._show_trouble(str(error))
            return
        before = {each.name for each in self._networks if each.needs}
        self._networks = self._starting.networks()
        ready = [each.name for each in self._networks if each.name in before and not each.needs]
        self.draft.sources = (*self.draft.sources, *ready)
        self._show_networks()
        self._changed()

    def _listen(self, root: tk.Tk) -> None:
        """Bind the keys of the page, once: it may be hidden and shown again."""
        if self._listens:
            return
        self._listens = True
        for key in ("<Return>", "<KP_Enter>"):
            root.bind_all(key, self._go_on, add="+")
        for key in ("<Control-Return>", "<Control-KP_Enter>"):
            root.bind_all(key, lambda _: self.start() if self.page else None, add="+")
        root.bind_all("<Control-r>", lambda _: self.rehearse() if self.page else None, add="+")
        for tab in ("<<NextWindow>>", "<<PrevWindow>>"):
            root.bind_all(tab, lambda _: root.after_idle(self._see_focus, root), add="+")
        turns = {"<Prior>": -10, "<Next>": 10, "<Button-4>": -3, "<Button-5>": 3}
        for key, steps in turns.items():
            root.bind_all(key, partial(self._scrolled, steps), add="+")
        root.bind_all(
            "<MouseWheel>", lambda event: self._scrolled(-3 if event.delta > 0 else 3), add="+"
        )

    def _go_on(self, event: tk.Event[tk.Misc]) -> None:
        """Go from a field to the next one: a real vote must not open by a slip."""
        if not self.page or not isinstance(event.widget, tk.Entry) or open_sheets(self._root):
            return
        following = event.widget.tk_focusNext()
        while following and not isinstance(following, tk.Entry | Button):
            following = following.tk_focusNext()
        if following:
            following.focus_set()

    def _see_focus(self, root: tk.Tk) -> None:
        widget = root.focus_get()
        if self.page and widget:
            self.page.see(widget)

    def _scrolled(self, steps: int, _event: tk.Event[tk.Misc] | None = None) -> None:
        if self.page:
            self.page.scroll(steps)

    def _begin(self, sources: tuple[str, ...]) -> None:
        page = self.page
        if page is None:
            return
        self.trouble = ""
        # Report all errors at once, each beside its field.
        fine = self._check()
        if not self.draft.tags:
            page.hashtags.complain("Enter at least one hashtag.")
        page.sources.complain("" if sources else "Select at least one network, or rehearse.")
        if not (fine and self.draft.tags and sources) or open_sheets(self._root):
            return
        try:
            options = options_of(self.draft, self._base, local_time.now())
            self._starting.begin(replace(options, sources=sources))
        except TwittervotesError as error:
            self._show_trouble(str(error).removeprefix("--words: "))

    def _open_recent(self, recent: Recent) -> None:
        self.trouble = ""
        try:
            self._starting.begin(replace(self._base, file=recent.path))
        except TwittervotesError as error:
            self._show_trouble(str(error))

    def _ask_to_delete(self, recent: Recent) -> None:
        question = Question(
            f"Delete “{recent.title}”?",
            f"{recent.path.name} is deleted from this computer for good, with its proof. "
            "Packs that you exported stay.",
            "Delete",
            "Keep it",
        )
        ask(self._root, self._look, question, lambda: self._delete(recent))

    def _delete(self, recent: Recent) -> None:
        try:
            self._starting.delete(recent)
        except TwittervotesError as error:
            self._show_trouble(str(error))
            return
        self._found(tuple(each for each in self._recent if each != recent))
        self._list_recent()

    def _show_folder(self) -> None:
        try:
            self._starting.show_folder()
        except TwittervotesError as error:
            self._show_trouble(str(error))

    def _list_recent(self) -> None:
        self._starting.recent(lambda found: self._soon(partial(self._found, found)))

    def _show_trouble(self, trouble: str) -> None:
        self.trouble = trouble
        if self.page:
            self.page.tell(trouble)

    def _changed(self) -> None:
        """Validate what was typed once the typing pauses."""
        page = self.page
        if page is None:
            return
        if self._checking:
            page.after_cancel(self._checking)
        self._checking = page.after(WORDS_AFTER_MS, self._check)

    def _check(self) -> bool:
        """Show beside each field what it means or what is wrong; return whether all are valid."""
        self._checking = ""
        if self.page is None:
            return False
        self._show_trouble("" if self.page.is_touched else self.trouble)
        now = local_time.now()
        fine = [self.page.period.check(now), self.page.rules.check()]
        fine.append(self.page.hashtags.check(partial(self._words, now)) and all(fine))
        titles = [network_title(name) for name in self.draft.sources]
        is_fine = all(fine)
        self.page.foresee(summary(self.draft, now, titles) if is_fine else "")
        self.page.preview.show(self.draft, now)
        return is_fine

    def _words(self, now: datetime) -> str:
        """Say what would be counted; of the other fields only valid ones are used."""
        draft = replace(self.draft, lasts="open")
        try:
            options = options_of(draft, self._base, now)
        except TwittervotesError:
            options = replace(self._base, hashtags=draft.tags, sources=draft.sources)
        return self._starting.words(options)

    def _found(self, recent: tuple[Recent, ...]) -> None:
        self._recent = recent
        if self.page:
            self.page.recent.show(recent)

    def _signed(self, line: str, over: bool) -> None:
        self._signing = line or self._signing
        if over:
            self._end_signing = None
            self._networks = self._starting.networks()
        self._show_networks()
        if over:
            self._changed()

    def _show_networks(self) -> None:
        if self.page:
            is_on = self._end_signing is not None
            self.page.sources.show(self._networks, self._signing, is_signing=is_on)


def _missing(words: str, text: str) -> str:
    """Return the complaint about a key that was left empty."""
    return "" if text else f"Enter the {words}."
