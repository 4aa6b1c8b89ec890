"""The vote as small files, for programs that put graphics on air: OBS, vMix, CasparCG, SPX.

A view like any other. Each file is replaced as a whole, at most once a second and only when it
says something else, so that a reader never sees half of one. docs/graphics.md tells of their use.
"""

from __future__ import annotations

import io
import logging
import re
import threading
from pathlib import Path

from twittervotes.core import atomic_file, csv_text, result
from twittervotes.core.csv_text import cell
from twittervotes.core.percent import percentages
from twittervotes.core.snapshot import Snapshot
from twittervotes.text.countdown import countdown

log = logging.getLogger(__name__)

EVERY_S = 1.0
OURS = re.compile(r"choice-\d\d-[^/\\]*\.txt")


class Graphics:
    """Writes the newest snapshot into `folder`, which it makes; `run` wants a thread of its own."""

    def __init__(self, folder: Path, every_s: float = EVERY_S) -> None:
        self._folder = folder
        self._every_s = every_s
        self._newest: Snapshot | None = None
        self._written: dict[str, str] = {}
        self._ended = threading.Event()
        self._trouble = ""

    def show(self, snapshot: Snapshot) -> None:
        """Write `snapshot` soon, unless a newer one comes; from any thread."""
        self._newest = snapshot

    def run(self) -> None:
        """Write until stopped, and then what came last."""
        is_last = False
        while not is_last:
            is_last = self._ended.wait(self._every_s if self._written else self._every_s / 10)
            if self._newest is not None:
                self._write(self._newest)

    def stop(self) -> None:
        """Let `run` return; from any thread."""
        self._ended.set()

    def _write(self, snapshot: Snapshot) -> None:
        """Replace what has changed; where that fails, say so once and try again next time."""
        try:
            wanted = files(snapshot)
            self._folder.mkdir(parents=True, exist_ok=True)
            if not self._written:
                self._sweep(wanted)
            for name, text in wanted.items():
                if self._written.get(name) != text:
                    self._replace(name, text)
                    self._written[name] = text
            self._trouble = ""
        except OSError as error:
            if str(error) != self._trouble:
                self._trouble = str(error)
                log.warning("The files for graphics could not be written: %s", error)

    def _replace(self, name: str, text: str) -> None:
        content = text.encode("utf-8", errors="replace")
        atomic_file.write(self._folder / name, content, durable=False, tidy=False)

    def _sweep(self, wanted: dict[str, str]) -> None:
        """Remove the choices of another vote, so that nobody puts them on air."""
        atomic_file.remove_leftovers(self._folder)
        for path in self._folder.iterdir():
            if OURS.fullmatch(path.name) and path.name not in wanted:
                path.unlink(missing_ok=True)


def files(snapshot: Snapshot) -> dict[str, str]:
    """Return the text of each file by its name."""
    contest, votes = snapshot.contest, snapshot.tally.votes
    shares = percentages(votes)
    texts = {
        "result.json": result.text(snapshot),
        "result.csv": _table(snapshot, shares),
        "title.txt": contest.title,
        "total.txt": f"{snapshot.tally.total:,}",
        "time.txt": countdown(snapshot),
    }
    for number, (choice, share) in enumerate(zip(contest.choices, shares, strict=True), 1):
        texts[f"choice-{number:02}-{safe(choice.tag)}.txt"] = f"{share:.1f} %"
    return texts


def safe(tag: str) -> str:
    """Return a tag as a part of a file's name: no sign in it means anything to any system."""
    name = re.sub(r"\W", "_", tag)
    while len(name.encode()) > 100:
        name = name[:-1]
    return name


def _table(snapshot: Snapshot, shares: tuple[float, ...]) -> str:
    table = io.StringIO()
    choices, votes = snapshot.contest.choices, snapshot.tally.votes
    rows = [
        (cell(choice.tag), cell(choice.name), str(number), f"{share:.1f}")
        for choice, number, share in zip(choices, votes, shares, strict=True)
    ]
    csv_text.write(table, [("choice", "label", "votes", "percent"), *rows], end="\r\n")
    return table.getvalue()
