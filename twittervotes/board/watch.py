"""Follow votes in files: those that the counter writes for a board, or else the ledger itself.

Four times a second it checks whether a `board.json` was replaced. If a vote has none, or one that
is older than its ledger, a copy of the ledger is read. What was hidden stays hidden until the
counter reveals it; a running vote without a `board.json` is hidden.
"""

from __future__ import annotations

import asyncio
import hashlib
import logging
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec

from twittervotes.board import catalogue, curtain, wire
from twittervotes.board.limits import slug_of
from twittervotes.cli.plan import GRAPHICS
from twittervotes.core.errors import TwittervotesError
from twittervotes.core.file_name import ENDING

if TYPE_CHECKING:
    from collections.abc import Iterable

    from twittervotes.board.hub import Hub
    from twittervotes.board.jobs import Jobs

log = logging.getLogger(__name__)

EVERY_S = 0.25
SCAN_EVERY_S = 2.0  # how often the folder is scanned and ledgers are checked
STALE_S = 10.0
LATER_S = 5.0  # a ledger may be newer than its board.json by this much
MOST_BYTES = 4_000_000  # of a board.json
MOST_VOTES = 10_000
AT_ONCE = 25  # ledgers that one process reads
Version = tuple[int, int, int]
GONE = (0, 0, 0)
NO_ENTRY = catalogue.CatalogueEntry()


@dataclass(slots=True)
class WatchedVote:
    """One vote that is followed, and the versions of its files that were seen."""

    ledger: Path
    slug: str
    file: Path
    version: Version = GONE  # of board.json
    passed_over: Version = GONE  # of a shared board.json of another vote
    read: tuple[Version, ...] = ()  # of the ledger, when it was last read
    written_s: float = 0.0
    hidden: bool = False
    document: wire.Document | None = field(default=None, repr=False)


class LedgerWatcher:
    """Follows one ledger, or all in a folder, and publishes them to `hub`."""

    def __init__(self, hub: Hub, jobs: Jobs, place: Path, files: Path | None = None) -> None:
        """Follow `place`; `files` is a folder into which all votes write, one after another."""
        self._hub = hub
        self._jobs = jobs
        self._place = place
        self._shared = files / curtain.FILE if files else None
        self._votes: dict[str, WatchedVote] = {}
        self._catalogue = (place if place.is_dir() else place.parent) / catalogue.FILE
        self._version = GONE  # of the catalogue's file
        self._entries: dict[str, catalogue.CatalogueEntry] = {}

    async def run(self) -> None:
        """Follow until cancelled."""
        await asyncio.gather(self._follow_files(), self._follow_ledgers())

    async def file(self, slug: str, kind: str) -> Path:
        """Return the file of KINDS of a vote. Raises TwittervotesError, KeyError."""
        vote = self._votes[slug]
        return await self._jobs.file(vote.ledger, kind, _ledger_version(vote.ledger))

    async def look_up(self, slug: str, wanted: str) -> bytes:
        """Return what became of a post, as a document. Raises TwittervotesError, KeyError."""
        vote = self._votes[slug]
        return await self._jobs.look_up(vote.ledger, wanted, _ledger_version(vote.ledger))

    def ledger(self, slug: str) -> Path | None:
        """Return the ledger of a vote, None if there is no such vote."""
        vote = self._votes.get(slug)
        return vote.ledger if vote else None

    async def _follow_files(self) -> None:
        while True:
            for vote in list(self._votes.values()):
                self._look(vote)
            await asyncio.sleep(EVERY_S)

    async def _follow_ledgers(self) -> None:
        while True:
            self._scan()
            for vote in list(self._votes.values()):
                self._look(vote)
            waiting = [vote for vote in self._votes.values() if self._wants_reading(vote)]
            waiting.sort(key=lambda vote: _ledger_version(vote.ledger), reverse=True)
            for start in range(0, len(waiting), AT_ONCE):
                await self._read(waiting[start : start + AT_ONCE])
            await asyncio.sleep(SCAN_EVERY_S)

    def _scan(self) -> None:
        """Find the votes; forget those whose file is gone."""
        found = {each.slug: each for each in votes_at(self._place)}
        for slug in self._votes.keys() - found.keys():
            del self._votes[slug]
            self._hub.remove(slug)
        for slug in found.keys() - self._votes.keys():
            self._votes[slug] = found[slug]
        if self._read_catalogue():
            for vote in self._votes.values():
                if vote.document:
                    self._show(vote, vote.document)

    def _read_catalogue(self) -> bool:
        """Read the categories of votes; return whether they may have changed."""
        version = _version(self._catalogue)
        if version == self._version:
            return False
        self._version = version
        try:
            if version[2] > MOST_BYTES:
                raise ValueError("it is too large")
            text = "" if version == GONE else self._catalogue.read_text("utf-8")
            self._entries = catalogue.entries(text)
        except (OSError, ValueError, RecursionError) as error:
            log.warning("%s can't be read: %s.", self._catalogue, error)
            return False
        return True

    def _look(self, vote: WatchedVote) -> None:
        """Publish what the counter wrote if it is new, and notice if it stopped writing."""
        is_new = self._load(vote)
        if vote.document and (is_new or _is_stale(vote) != vote.document.state.stale):
            self._show(vote, vote.document)

    def _load(self, vote: WatchedVote) -> bool:
        """Read what the counter wrote; return whether it is new."""
        file, version = vote.file, _version(vote.file)
        if version == GONE and self._shared and vote.document:
            file, version = self._shared, _version(self._shared)
        if version in (vote.version, vote.passed_over, GONE):
            return False
        try:
            data = file.read_bytes()
            if len(data) > MOST_BYTES:
                raise ValueError("it is too large")
            document = curtain.public(wire.decode(data, wire.Document))
        except (OSError, ValueError) as error:
            vote.version = version
            log.warning("%s can't be read: %s.", file, error)
            return False
        if file == self._shared and not _is_of(vote, document):
            vote.passed_over = version
            return False
        vote.version = version
        vote.document, vote.hidden = document, document.state.hidden
        vote.written_s = version[0] / 1e9
        return True

    def _show(self, vote: WatchedVote, document: wire.Document) -> None:
        entry = self._entries.get(vote.slug, NO_ENTRY)
        contest = msgspec.structs.replace(
            document.contest, category=entry.category, highlighted=entry.highlighted
        )
        document = vote.document = msgspec.structs.replace(document, contest=contest)
        if (stale := _is_stale(vote)) != document.state.stale:
            state = msgspec.structs.replace(document.state, stale=stale)
            vote.document = msgspec.structs.replace(document, state=state)
        self._hub.publish(vote.slug, vote.document)

    def _wants_reading(self, vote: WatchedVote) -> bool:
        now = _ledger_version(vote.ledger)
        newest_s = max(each[0] for each in now) / 1e9
        return now != vote.read and newest_s > vote.written_s + LATER_S

    async def _read(self, votes: list[WatchedVote]) -> None:
        """Publish what ledgers say, except those that crash the process that reads them."""
        for vote in votes:
            vote.read = _ledger_version(vote.ledger)
        before = {vote.slug: vote.version for vote in votes}
        found = await self._jobs.documents([vote.ledger for vote in votes])
        for vote in votes:
            said = found[vote.ledger]
            if isinstance(said, TwittervotesError) and len(votes) > 1:
                said = (await self._jobs.documents([vote.ledger]))[vote.ledger]
            try:
                if isinstance(said, TwittervotesError):
                    raise said
                document = curtain.public(wire.decode(said, wire.Document))
            except (ValueError, TwittervotesError) as error:
                log.warning("%s isn't shown: %s", vote.ledger.name, error)
                continue
            if vote.version != before[vote.slug] or vote.slug not in self._votes:
                continue  # the counter has written in the meantime, or the vote is gone
            # Without a message from the counter, nobody knows whether the result may be shown.
            is_settled = document.state.state in wire.SETTLED
            hidden = vote.hidden or (vote.version == GONE and not is_settled)
            self._show(vote, curtain.hide(document) if hidden else document)


def _is_of(vote: WatchedVote, document: wire.Document) -> bool:
    """Return whether `document` is of the vote whose ledger was read."""
    ours, theirs = (vote.document or document).contest, document.contest
    choices = [[choice.tag for choice in each.choices] for each in (ours, theirs)]
    same = (ours.title, ours.opens_ms) == (theirs.title, theirs.opens_ms)
    return same and choices[0] == choices[1]


def _is_stale(vote: WatchedVote) -> bool:
    """Return whether the counter should have reported, and hasn't."""
    document = vote.document
    is_over = document is None or document.state.state in wire.SETTLED
    return not is_over and time.time() - vote.written_s > STALE_S


def votes_at(place: Path) -> Iterable[WatchedVote]:
    """Return the votes at `place`: one ledger, or all in a folder."""
    if not place.is_dir():
        return [_vote(place, slug_of(place.stem))]
    try:
        paths = sorted(path for path in place.iterdir() if path.suffix == ENDING and path.is_file())
    except OSError:
        return []
    slugs = [slug_of(path.stem) for path in paths]
    votes: dict[str, WatchedVote] = {}
    for path, slug in zip(paths[:MOST_VOTES], slugs, strict=False):
        # The rights of people are by slug, so it must never pass from one vote to another.
        unique = slug if slugs.count(slug) == 1 else f"{slug}-{_short_hash(path.stem)}"
        votes[unique] = _vote(path, unique)
    return votes.values()


def _short_hash(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:8]


def _vote(ledger: Path, slug: str) -> WatchedVote:
    return WatchedVote(ledger, slug, ledger.with_name(ledger.stem + GRAPHICS) / curtain.FILE)


def _ledger_version(ledger: Path) -> tuple[Version, ...]:
    return _version(ledger), _version(ledger.with_name(ledger.name + "-wal"))


def _version(path: Path) -> Version:
    """Return a value that changes when a file is replaced or written; zeros if there is no file."""
    try:
        found = path.stat()
    except OSError:
        return GONE
    return found.st_mtime_ns, found.st_ino, found.st_size
