"""The JSON values in a stream of bytes: concatenated, one per line, or in lists.

Lines of IRC, as in recordings of chats, are values too.

Needs little memory, however long the stream, its lines or its values are. A value that is truncated
or isn't JSON is skipped and reported, and parsing continues at the next line that may begin one.
Brackets and commas between values are skipped, so a list of responses and a list of posts are read
alike. Knows nothing of files and of the values' meaning.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final, NamedTuple

import msgspec

from twittervotes.sources.lenient import mended

if TYPE_CHECKING:
    from collections.abc import Iterator

LONGEST_VALUE: Final = 16 * 1024 * 1024  # bytes; all networks' responses are far shorter
DEEPEST: Final = 40  # nesting depth; unbounded, a line could be scanned without end
LONGEST_LINE: Final = 256 * 1024  # longer lines are scanned before their end has arrived
KEPT: Final = 1000  # skipped bytes that are kept: the searched pattern may begin there
PAIRS: Final = {ord("}"): ord("{"), ord("]"): ord("[")}

MAY_BE_CHAT: Final = b"@:P"
CHAT_LINE: Final = re.compile(rb"(?:@[^ \n]+ +)?:[^ \n]+ [A-Z0-9]{3,}(?![^ \r])|PING :")  # IRC
BETWEEN: Final = re.compile(rb"[\s,\[\]\x1e]*+(?:\xef\xbb\xbf)?+[\s,\[\]\x1e]*+")
# everything up to the next bracket, newline or unfinished string; strings are skipped whole
PLAIN: Final = re.compile(
    rb'[^"{}\[\]\n]*+(?:"[^"\\\n]*+(?:\\.[^"\\\n]*+)*+"[^"{}\[\]\n]*+)*+',
)
OPEN_STRING: Final = re.compile(rb'"[^"\\\n]*+(?:\\.[^"\\\n]*+)*+\\?+')


class Value(NamedTuple):
    """Probably a JSON object, and the line it begins in."""

    line: int
    data: bytes


class Bad(NamedTuple):
    """Something that isn't a JSON object, and the line it begins in."""

    line: int
    words: str


@dataclass(slots=True)
class Values:
    """Takes a stream in chunks and yields its values, each as soon as it is complete."""

    _data: bytes = b""
    _at: int = 0  # everything before it has been processed
    _line: int = 1  # the line number at that position
    _ended: bool = False
    _brackets: bytearray = field(default_factory=bytearray)  # open brackets of the current value
    _pos: int = 0  # how far the current value has been scanned
    _indent: int = 0  # of the current value, or of the previous one in its line
    _skip: re.Pattern[bytes] | None = None  # what to search for after a skipped value

    def taken(self, chunk: bytes) -> Iterator[Value | Bad]:
        """Take the next bytes, and yield the values that they complete."""
        self.put(chunk)
        while (found := self.next()) is not None:
            yield from found

    def put(self, chunk: bytes) -> None:
        """Take the next bytes."""
        self._data = self._data[self._at :] + chunk
        self._pos -= self._at
        self._at = 0

    def lines(self, most: int) -> tuple[int, list[bytes]]:
        """Return the next complete lines, and the number of the first.

        Together they have about `most` bytes, or more if a line is longer. There are none while a
        value is incomplete.
        """
        if self._skip or self._brackets:
            return self._line, []
        self._pass_between()
        end = self._data.rfind(b"\n", self._at, self._at + most)
        if end < 0:
            end = self._data.find(b"\n", self._at, self._at + LONGEST_VALUE)
        return self._line, self._data[self._at : end].split(b"\n") if end >= 0 else []

    def pass_lines(self, lines: list[bytes]) -> None:
        """Skip these of the next lines, whose values are known."""
        newlines = len(lines) - 1  # the last one remains
        self._at += sum(map(len, lines)) + newlines
        self._line += newlines

    def ended(self) -> Iterator[Value | Bad]:
        """Yield what remains at the end of the stream."""
        self._ended = True
        yield from self.taken(b"")

    def next(self) -> tuple[Value | Bad, ...] | None:
        """Return the next value; () if there was none, None if more bytes are needed."""
        if self._skip:
            return self._skipped(self._skip)
        if self._brackets:
            return self._looked_through()
        self._pass_between()
        if self._at == len(self._data):
            return None
        if self._data[self._at] in MAY_BE_CHAT:
            return self._chat_line()
        if self._data[self._at] != ord("{"):
            return self._junk()
        return self._whole_line() or self._begun()

    def _pass_between(self) -> None:
        """Skip what may be between two values."""
        between = BETWEEN.match(self._data, self._at)
        if between and between[0]:
            _, newline, lead = between[0].rpartition(b"\n")
            self._indent = len(lead) if newline else 0
            self._go_to(between.end())

    def _whole_line(self) -> tuple[Value, ...]:
        """Return the value that fills the rest of this line, () if none does."""
        end = self._data.find(b"\n", self._at)
        if end < 0:
            if not self._ended:
                return ()
            end = len(self._data)
        data = self._data[self._at : end].rstrip(b" \t\r,]\x1e")
        if len(data) > LONGEST_VALUE or not _is_json(data):
            return ()
        value = Value(self._line, data)
        self._go_to(end)
        return (value,)

    def _chat_line(self) -> tuple[Value | Bad, ...] | None:
        """Return the rest of this line unchanged if it is an IRC line; no JSON begins like one."""
        end = self._data.find(b"\n", self._at)
        if end < 0 and not self._ended:
            is_long = len(self._data) - self._at > LONGEST_LINE
            return self._junk() if is_long else None
        end = len(self._data) if end < 0 else end
        if not CHAT_LINE.match(self._data, self._at, end):
            return self._junk()
        value = Value(self._line, self._data[self._at : end].rstrip(b"\r"))
        self._go_to(end)
        return (value,)

    def _begun(self) -> tuple[Value | Bad, ...] | None:
        has_line = self._ended or self._data.find(b"\n", self._at) >= 0
        if not has_line and len(self._data) - self._at <= LONGEST_LINE:
            return None  # the rest of its line may still arrive
        self._brackets = bytearray(b"{")
        self._pos = self._at + 1
        return self._looked_through()

    def _looked_through(self) -> tuple[Value | Bad, ...] | None:
        """Continue scanning for the end of the current value."""
        data = self._data
        while True:
            plain = PLAIN.match(data, self._pos)
            self._pos = plain.end() if plain else self._pos
            if self._pos - self._at > LONGEST_VALUE:
                return self._given_up("it is longer than any API response")
            if self._pos >= len(data):
                return self._more()
            sign = data[self._pos]
            if sign == ord('"'):
                unfinished = OPEN_STRING.match(data, self._pos)
                if unfinished is None or unfinished.end() < len(data):
                    return self._given_up("it is truncated, or not JSON")
                if len(data) - self._at > LONGEST_VALUE:
                    return self._given_up("it is longer than any API response")
                return self._more()
            if sign == ord("\n"):
                if self._pos + 2 >= len(data) and not self._ended:
                    return None
                if self._is_cut_here():
                    return self._given_up("it is truncated, or not JSON")
            elif sign in PAIRS:
                if self._brackets.pop() != PAIRS[sign]:
                    return self._given_up("it isn't JSON")
                if not self._brackets:
                    value = Value(self._line, mended(data[self._at : self._pos + 1]))
                    self._go_to(self._pos + 1)
                    return (value,)
            else:
                self._brackets.append(sign)
                if len(self._brackets) > DEEPEST:
                    return self._given_up("it is nested too deeply")
            self._pos += 1

    def _more(self) -> tuple[Value | Bad, ...] | None:
        return self._given_up("it is truncated") if self._ended else None

    def _is_cut_here(self) -> bool:
        """Return whether a new value begins in the next line although this one hasn't ended."""
        if not self._data.startswith(b'{"', self._pos + 1):
            return False
        before = self._data[max(self._at, self._pos - 100) : self._pos].rstrip()[-1:]
        return self._brackets[-1] == ord("{") or before not in (b"[", b",")

    def _given_up(self, words: str) -> tuple[Bad]:
        """Skip the current value, and search for another in a line that isn't indented deeper."""
        self._brackets.clear()
        self._skip = re.compile(rb"\n(?=[ \t]{0,%d}[{\[])" % min(self._indent, KEPT - 2))
        return (Bad(self._line, words),)

    def _junk(self) -> tuple[Bad]:
        self._skip = re.compile(rb"(?=[{\n])")
        return (Bad(self._line, "it isn't a JSON object"),)

    def _skipped(self, wanted: re.Pattern[bytes]) -> tuple[Value | Bad, ...] | None:
        found = wanted.search(self._data, self._at)
        if found:
            self._skip = None
            self._go_to(found.end())
            return ()
        kept = 0 if self._ended else min(len(self._data) - self._at, KEPT)
        self._go_to(len(self._data) - kept)
        return None

    def _go_to(self, place: int) -> None:
        self._line += self._data.count(b"\n", self._at, place)
        self._at = place


def _is_json(data: bytes) -> bool:
    try:
        _decode(data)
    except (msgspec.MsgspecError, ValueError, RecursionError):
        return False
    return True


_decode = msgspec.json.Decoder(msgspec.Raw).decode
