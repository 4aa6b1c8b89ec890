"""Lines of Twitch's IRC: split from frames, and parsed.

https://dev.twitch.tv/docs/chat/irc/ and https://ircv3.net/specs/extensions/message-tags
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterator

LONGEST_LINE: Final = 64 * 1024  # bytes; Twitch's lines have at most 8 KiB of tags
ESCAPED: Final = re.compile(r"\\(.?)", re.DOTALL)
MEANT: Final = {":": ";", "s": " ", "r": "\r", "n": "\n"}


class IrcMessage(NamedTuple):
    """One line: its raw tags, its sender, the command and its parameters."""

    raw_tags: str
    prefix: str
    command: str
    params: tuple[str, ...]

    def tags(self) -> dict[str, str]:
        """Return the tags by name; a tag without a value is empty."""
        pairs = (tag.partition("=") for tag in self.raw_tags.split(";"))
        return {name: _unescaped(value) if "\\" in value else value for name, _, value in pairs}

    @property
    def text(self) -> str:
        """The last of at least two parameters: what was written in a channel."""
        return self.params[-1] if len(self.params) > 1 else ""


def parse(line: str) -> IrcMessage | None:
    """Parse a line without its CRLF; return None if it isn't valid."""
    raw_tags = prefix = ""
    if line.startswith("@"):
        raw_tags, _, line = line[1:].partition(" ")
        line = line.lstrip(" ")
    if line.startswith(":"):
        prefix, _, line = line[1:].partition(" ")
        line = line.lstrip(" ")
    front, colon, last = line.partition(" :")
    command, *params = front.split()[:16] or [""]
    if not command.isalnum():
        return None
    return IrcMessage(raw_tags, prefix, command, (*params, last) if colon else tuple(params))


@dataclass(slots=True)
class Splitter:
    """Splits a stream of frames into lines; a frame may end anywhere, even within a character."""

    _rest: bytes = b""
    _skips: bool = field(default=False)  # inside a line that is too long

    def lines(self, frame: bytes) -> Iterator[str]:
        """Yield the lines that `frame` completes."""
        *whole, self._rest = (self._rest + frame).split(b"\n")
        for line in whole:
            if self._skips:
                self._skips = False
            elif line := line.removesuffix(b"\r"):
                yield line.decode("utf-8", "replace")
        if len(self._rest) > LONGEST_LINE:
            self._rest, self._skips = b"", True


def _unescaped(value: str) -> str:
    return ESCAPED.sub(lambda found: MEANT.get(found[1], found[1]), value)
