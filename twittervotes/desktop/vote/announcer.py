"""Keeps the window's messages, and removes a notice after a while."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from twittervotes.desktop.vote.messages import Messages

if TYPE_CHECKING:
    from twittervotes.desktop.vote.frame import Moment
    from twittervotes.desktop.vote.head import Head
    from twittervotes.desktop.widgets.banner import Banner, Message

NOTICE_S = 12.0


class Announcer:
    """The messages of one window; `join` gives it the banner that shows them."""

    def __init__(self) -> None:
        self._messages = Messages()
        self._moment: Moment | None = None
        self._noticed_at = 0.0
        self._refused = ""

    def join(self, head: Head, banner: Banner) -> None:
        """Show messages in `banner`, which covers the rules in `head`."""
        self._head, self._banner = head, banner

    def clear(self) -> None:
        """Forget everything."""
        self._messages, self._moment, self._refused = Messages(), None, ""

    def tell(self, trouble: str) -> None:
        """Show a sentence that stays."""
        self._messages.trouble = trouble
        self._show()

    def say(self, words: str) -> None:
        """Show a sentence for a while; "" removes it."""
        self._noticed_at = time.monotonic()
        self._messages.notice = words
        self._show()

    def refuse(self, words: str) -> None:
        """Say once why something was refused."""
        if words != self._refused:
            self._refused = words
            self.say(words)

    def follow(self, moment: Moment) -> None:
        """Show the messages for `moment`."""
        self._moment = moment
        self._show()

    def expire(self) -> None:
        """Remove a notice that was shown long enough."""
        if self._messages.notice and time.monotonic() - self._noticed_at > NOTICE_S:
            self.say("")

    def close(self, message: Message) -> None:
        """Remove a message that the operator has read."""
        self._messages.close(message)
        self._show()

    def _show(self) -> None:
        moment = self._moment
        snapshot, alarm = (moment.snapshot, moment.outage) if moment else (None, None)
        self._banner.tell(self._messages.current(snapshot, alarm), self._head.slot)
