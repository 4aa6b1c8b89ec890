"""A ledger that every export can be made of, and the export itself."""

from __future__ import annotations

from pathlib import Path

import pytest
from held import CONTEST, MASTODON, OPENS, Export, Held, X, audience

from twittervotes.core.contest.acts import ActKind
from twittervotes.core.ledger.reader import Reader
from twittervotes.export import export


@pytest.fixture
def exported(tmp_path: Path) -> Export:
    """Export a ledger, and return what was written."""

    def made(path: Path, name: str, **options: object) -> bytes:
        out = tmp_path / name
        with Reader(path) as reader:
            export(reader, out, **options)  # type: ignore[arg-type]
        return out.read_bytes()

    return made


@pytest.fixture(scope="module")
def full(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A vote in which everything happened: two networks, acts of all sorts, a gap."""
    vote = Held(tmp_path_factory.mktemp("full") / "full.votes", CONTEST, X, MASTODON)
    posts = audience(600)
    vote.read(posts)
    vote.read(audience(300, 2, "mastodon", 10**6), MASTODON)
    vote.clock.forward(60_000)
    vote.session.tick()
    vote.act(ActKind.PAUSED)
    vote.clock.forward(20_000)
    vote.act(ActKind.RESUMED)
    voter = next(post.voter for post in posts if post.tags == "arch")
    vote.act(ActKind.EXCLUDED, voter=voter, reason="bought votes", by="Ada Lovelace")
    vote.act(ActKind.ADJUSTED, tag="arch", votes=12, reason="show of hands", by="Ada Lovelace")
    vote.gap("mastodon", OPENS + 180_000, OPENS + 225_000, "It refused.")
    return vote.end()
