"""The vote as small files, for programs that put graphics on air: OBS, vMix, CasparCG, SPX.

A view like any other. Each file is replaced atomically, at most once a second and only if its
content changed; one that can't be replaced is retried while the others continue. While results are
hidden on the display, the files contain none. docs/graphics.md describes their use.
"""

from __future__ import annotations

import io
import json
import logging
import re
import threading
import time
from typing import TYPE_CHECKING

from twittervotes.core import atomic_file, csv_text, file_name
from twittervotes.core.contest.percent import percentages
from twittervotes.core.counting import result
from twittervotes.core.csv_text import cell
from twittervotes.core.terminal_text import json_text
from twittervotes.presentation.phrases import countdown

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

    from twittervotes.core.contest.snapshot import Snapshot

log = logging.getLogger(__name__)

EVERY_S = 1.0
LAST_TRIES = 20  # at the end, for files that another program holds open
MOST_NAMED = 3
MOST_BYTES = 2**20  # of result.json; with hidden results it is far smaller
OURS = re.compile(r"choice-\d\d+-[^/\\]*\.txt")
# What is written of the result while it is hidden: nothing that shows how the choices stand.
UNHIDDEN = ("format", "contest", "state", "total", "sources", "digest", "at")


class Graphics:
    """Writes the newest snapshot into `folder`, which it creates; `run` needs its own thread.

    `more` returns further files of a snapshot by name, given whether results are hidden. `lagging`
    is a sentence while files can't be replaced or removed, otherwise "".
    """

    def __init__(
        self,
        folder: Path,
        every_s: float = EVERY_S,
        is_hidden: Callable[[], bool] = lambda: False,
        more: Callable[[Snapshot, bool], Mapping[str, str]] = lambda _, __: {},
    ) -> None:
        self.lagging = ""
        self._folder = folder
        self._every_s = every_s
        self._is_hidden = is_hidden
        self._more = more
        self._newest: Snapshot | None = None
        self._written: dict[str, str] = {}
        self._stale: set[str] | None = (
            None  # files of another vote; None before they were looked for
        )
        self._late: dict[str, str] = {}
        self._ended = threading.Event()

    def show(self, snapshot: Snapshot) -> None:
        """Write `snapshot` soon, unless a newer one arrives; may be called from any thread."""
        self._newest = snapshot

    def run(self) -> None:
        """Write until stopped, then write the last snapshot."""
        while not self._ended.wait(self._every_s if self._written else self._every_s / 10):
            self._write()
        self._write()
        for _ in range(LAST_TRIES):
            if not self._late:
                break
            time.sleep(self._every_s / 10)
            self._write()

    def stop(self) -> None:
        """End `run`; may be called from any thread."""
        self._ended.set()

    def _write(self) -> None:
        """Replace each file whose content changed, and note those that can't be replaced."""
        if self._newest is None:
            return
        late: dict[str, str] = {}
        hidden = self._is_hidden()
        newest = self._newest
        wanted = {**files(newest, hidden=hidden), **self._more(newest, hidden)}
        try:
            self._folder.mkdir(parents=True, exist_ok=True)
            if self._stale is None:
                self._stale = self._left_by_another_vote(wanted)
        except OSError as error:
            late[self._folder.name] = _reason(error)
        for name in sorted(self._stale or ()):
            try:
                (self._folder / name).unlink(missing_ok=True)
                self._stale = (self._stale or set()) - {name}
            except OSError as error:
                late[name] = _reason(error)
        for name, text in wanted.items():
            if self._written.get(name) == text:
                continue
            try:
                content = text.encode("utf-8", errors="replace")
                atomic_file.write(self._folder / name, content, durable=False, tidy=False)
                self._written[name] = text
            except OSError as error:
                late[name] = _reason(error)
        self._report(late, hidden=hidden)

    def _left_by_another_vote(self, wanted: dict[str, str]) -> set[str]:
        """Return another vote's files of choices that this vote lacks, so that none goes on air."""
        atomic_file.remove_leftovers(self._folder)
        names = {path.name for path in self._folder.iterdir()}
        return {name for name in names if OURS.fullmatch(name) and name not in wanted}

    def _report(self, late: dict[str, str], *, hidden: bool) -> None:
        """Report files that were late twice in a row: a reader may hold one for a moment."""
        both = {name: reason for name, reason in late.items() if name in self._late}
        self._late = late
        words = _in_words(self._folder, both, hidden=hidden) if both else ""
        if words and words != self.lagging:
            log.warning("%s", words)
        elif self.lagging and not words:
            log.info("All files for graphics are up to date again.")
        self.lagging = words


def was_hidden(folder: Path) -> bool:
    """Return whether results were hidden when a program last wrote its files into `folder`."""
    path = folder / "result.json"
    try:
        if not path.is_file():
            return False
        with path.open("rb") as file:
            said = json.loads(file.read(MOST_BYTES))
    except (OSError, ValueError, RecursionError):
        return False
    return isinstance(said, dict) and said.get("hidden") is True


def files(snapshot: Snapshot, *, hidden: bool = False) -> dict[str, str]:
    """Return the text of each file by name; while `hidden`, none shows how the choices stand."""
    contest, votes = snapshot.contest, snapshot.tally.votes
    shares = [f"{share:.1f}" for share in percentages(votes)]
    texts = {
        "result.json": _document(snapshot, hidden=hidden),
        "result.csv": _table(snapshot, shares, hidden=hidden),
        "title.txt": contest.title,
        "total.txt": f"{snapshot.tally.total:,}",
        "time.txt": countdown(snapshot),
    }
    for number, (choice, share) in enumerate(zip(contest.choices, shares, strict=True), 1):
        texts[f"choice-{number:02}-{file_name.of_tag(choice.tag)}.txt"] = (
            "" if hidden else f"{share} %"
        )
    return texts


def _document(snapshot: Snapshot, *, hidden: bool) -> str:
    if not hidden:
        return result.text(snapshot)
    whole = result.document(snapshot)
    document = {name: whole[name] for name in UNHIDDEN}
    choices = [
        {"choice": choice.tag, "votes": None, "percent": None}
        for choice in snapshot.contest.choices
    ]
    return json_text({**document, "tally": choices, "hidden": True})


def _table(snapshot: Snapshot, shares: list[str], *, hidden: bool) -> str:
    table = io.StringIO()
    choices, votes = snapshot.contest.choices, snapshot.tally.votes
    rows = [
        (cell(choice.tag), cell(choice.name), *(("", "") if hidden else (str(number), share)))
        for choice, number, share in zip(choices, votes, shares, strict=True)
    ]
    csv_text.write(table, [("choice", "label", "votes", "percent"), *rows], end="\r\n")
    return table.getvalue()


def _reason(error: OSError) -> str:
    return error.strerror or str(error)


def _in_words(folder: Path, late: dict[str, str], *, hidden: bool) -> str:
    names = sorted(late)
    more = f" and {len(names) - MOST_NAMED} more" if len(names) > MOST_NAMED else ""
    reasons = ", ".join(sorted(set(late.values())))
    leak = " They may still show results." * hidden
    return (
        f"Files for graphics are out of date: {', '.join(names[:MOST_NAMED])}{more} in {folder}"
        f" ({reasons}).{leak} Close the program that has them open, or check the"
        " folder; writing is retried every second."
    )
