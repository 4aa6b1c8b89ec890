"""Archives: files of responses and posts that were collected elsewhere, read as if received now.

Each value is offered to every installed network that can read its own responses from files, so this
module knows no network. What can't be read is reported with file and line, and never stops the
reading. Of a file, only its name is kept, without the path.
"""

from __future__ import annotations

import json
import logging
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from twittervotes.core.contest.numbered import NumberedPosts
from twittervotes.core.contest.posts import LONGEST_VALUE, REVISIONS, Post, can_be_kept, is_clean
from twittervotes.sources.archive.files import Content, Passed, contents
from twittervotes.sources.archive.json_stream import Bad, Value, Values
from twittervotes.sources.archive.packed import DamagedError
from twittervotes.sources.plugin import Deleted, LinesReading, News, Read, Reading

if TYPE_CHECKING:
    from pathlib import Path

log = logging.getLogger(__name__)

LEAST: Final = 8 * 1024  # bytes to read the faster way after something unusual,
MOST: Final = 512 * 1024  # and at most
UNCLEAN: Final = "a post has control characters or is out of bounds"


@dataclass(frozen=True, slots=True)
class Piece:
    """What was read at one place of a file: posts, their IDs, news, and a description of errors.

    `line` is 0 if it is about the file as a whole. `numbered` are the posts of several lines, of
    which `line` is the last.
    """

    file: str
    line: int
    posts: tuple[Post, ...] = ()
    bad: tuple[str, ...] = ()
    ids: tuple[str, ...] = ()
    news: tuple[News, ...] = ()
    numbered: NumberedPosts | None = None

    @property
    def size(self) -> int:
        """How many posts there are."""
        return self.numbered.size if self.numbered else len(self.posts)


@dataclass(slots=True)
class Archive:
    """Reads files; `readings` are those of the installed networks, the same for a whole run.

    `quick` maps readings to the network's faster way, if it has one.
    """

    readings: Sequence[Reading]
    quick: Mapping[Reading, LinesReading] = field(default_factory=dict)
    _look: int = LEAST  # bytes to try the faster way next
    _likely: list[Reading] = field(init=False)  # the one that recognised the last value comes first

    def __post_init__(self) -> None:
        self._likely = list(self.readings)

    def pieces(self, path: Path, passed: Passed) -> Iterator[Piece]:
        """Yield everything in the file at `path`; call `passed` with the progress."""
        try:
            for content in contents(path, passed):
                yield from self._pieces(content)
        except DamagedError as error:
            yield Piece(_plain(path.name), 0, bad=(str(error),))

    def _pieces(self, content: Content) -> Iterator[Piece]:
        name, values, damage = _plain(content.name), Values(), ""
        try:
            for chunk in content.chunks:
                values.put(chunk)
                yield from self._taken(name, values)
        except DamagedError as error:
            damage = str(error)
        for found in values.ended():
            yield self._piece(name, found)
        if damage:
            yield Piece(name, 0, bad=(damage,))

    def _taken(self, name: str, values: Values) -> Iterator[Piece]:
        """Yield everything complete in the input: many lines at once, or value by value."""
        while True:
            while (piece := self._lines(name, values)) is not None:
                yield piece
            found = values.next()
            if found is None:
                return
            for each in found:
                yield self._piece(name, each)

    def _lines(self, name: str, values: Values) -> Piece | None:
        """Read lines the faster way, if the network that recognised the last value has one.

        It skips an unusual line, and then continues with a few lines at a time.
        """
        quick = self.quick.get(self._likely[0]) if self._likely else None
        first, lines = values.lines(self._look) if quick else (0, [])
        if not quick or not lines:
            return None
        posts = quick(lines)
        is_whole = posts.size == len(lines)
        self._look = min(2 * self._look, MOST) if is_whole else LEAST
        if not posts.size:
            return None
        values.pass_lines(lines[: posts.size])
        return Piece(name, first + posts.size - 1, numbered=posts)

    def _piece(self, name: str, found: Value | Bad) -> Piece:
        if isinstance(found, Bad):
            return Piece(name, found.line, bad=(found.words,))
        read = self._read(found.data)
        if read is None:
            return Piece(name, found.line, bad=(_unknown(found.data),))
        places = [place for place, post in enumerate(read.posts) if can_be_kept(post)]
        clean = tuple(read.posts[place] for place in places)
        ids = tuple(read.ids[place] for place in places) if read.ids else ()
        news = tuple(filter(_can_be_kept, read.news))
        is_whole = (len(clean), len(news)) == (len(read.posts), len(read.news))
        bad = read.bad if is_whole else (*read.bad, UNCLEAN)
        return Piece(name, found.line, clean, bad, ids, news)

    def _read(self, value: bytes) -> Read | None:
        """Return the reading of the first network that recognises `value`."""
        for place, reading in enumerate(self._likely):
            try:
                read = reading(value)
            except Exception:  # another package may raise anything; try the others
                log.debug("A value of an archive could not be read.", exc_info=True)
                continue
            if read is not None:
                if place:
                    self._likely.insert(0, self._likely.pop(place))
                return read
        return None


def _can_be_kept(news: News) -> bool:
    name = news.name if isinstance(news, Deleted) else news.voter
    return news.revision in REVISIONS and len(name) <= LONGEST_VALUE and is_clean((name,))


def _unknown(value: bytes) -> str:
    try:
        json.loads(value.decode("utf-8", "replace"))
    except (ValueError, RecursionError):
        return "it is truncated, or not JSON"
    return "it isn't a response or post of an installed network"


def _plain(name: str) -> str:
    """Return a name that the ledger can store."""
    return "".join(sign if sign.isprintable() else "\ufffd" for sign in name)[:200]
