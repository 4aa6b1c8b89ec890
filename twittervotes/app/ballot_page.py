"""The ballot page of a vote: wires its settings, its box and the source that reads it."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Final

from twittervotes.core.errors import ConfigError
from twittervotes.sources.web.settings import WebSettings, hosts, reach, voters_address
from twittervotes.sources.web.source import PLUGIN, sources

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from twittervotes.core.contest.contest import Contest
    from twittervotes.core.contest.posts import Source
    from twittervotes.core.contest.snapshot import Snapshot

WEB: Final = PLUGIN.name


class BallotPage:
    """Takes votes for a contest until it is closed."""

    def __init__(
        self,
        settings: WebSettings,
        contest: Contest,
        ledger: Path,
        is_hidden: Callable[[], bool] = lambda: False,
    ) -> None:
        """Start the box; raise ConfigError if that fails."""
        for sentence in PLUGIN.needs(settings):
            raise ConfigError(sentence)
        from twittervotes.ballots import notice  # imported here because most votes have no page
        from twittervotes.ballots.process import BoxProcess
        from twittervotes.ballots.receipts import box_of
        from twittervotes.ballots.setup import BoxSetup
        from twittervotes.board.limits import slug_of

        self._slug, self._is_hidden = slug_of(ledger.stem), is_hidden
        self._of_snapshot = notice.of_snapshot
        self.box = BoxProcess(
            BoxSetup(
                host="127.0.0.1" if settings.host == "localhost" else settings.host,
                port=settings.port,
                file=str(box_of(ledger).absolute()),
                key_file=str(settings.key_file.absolute()),
                notice=notice.of_contest(contest, self._slug, settings.level),
                address=voters_address(settings) if settings.port else "",
                names=hosts(settings),
                behind=settings.behind,
                ledger=str(ledger.absolute()),
            )
        )
        self._settings = replace(settings, port=self.box.port)

    @property
    def address(self) -> str:
        """The URL that voters open."""
        return voters_address(self._settings)

    def words(self) -> str:
        """Say where to vote and who can, with a QR code for a terminal."""
        return f"Vote at {self.address}\n{reach(self._settings)}\n{qr(self.address)}"

    def sources(self, contest: Contest) -> tuple[Source, ...]:
        """Return the sources that read this box, and those for further boxes."""
        return sources(self._settings, contest, self._slug)

    def show(self, snapshot: Snapshot) -> None:
        """Pass the state of the vote to the page."""
        level, hidden = self._settings.level, self._is_hidden()
        self.box.tell(self._of_snapshot(snapshot, self._slug, level, hidden=hidden))

    def close(self) -> None:
        """Stop taking votes."""
        self.box.close()


def qr(address: str) -> str:
    """Return the QR code of a URL in block characters, dark on light."""
    import segno  # imported here because it belongs to the extra `board`

    rows = [bytes(row) for row in segno.make(address, micro=False).matrix_iter(border=4)]
    if len(rows) % 2:
        rows.append(bytes(len(rows[0])))
    signs = {(0, 0): "█", (0, 1): "▀", (1, 0): "▄", (1, 1): " "}  # a terminal's background is dark
    pairs = zip(rows[::2], rows[1::2], strict=True)
    return "\n".join(
        "".join(signs[upper, lower] for upper, lower in zip(*pair, strict=True)) for pair in pairs
    )
