"""The upgrade command: copies an earlier version's ledger, once verified, to the current format."""

from __future__ import annotations

from typing import TYPE_CHECKING

from twittervotes.commands.progress import progress
from twittervotes.commands.say import say
from twittervotes.core.errors import LedgerError
from twittervotes.core.ledger.reader import Reader
from twittervotes.core.ledger.upgrade import upgrade
from twittervotes.core.ledger.verify import verify
from twittervotes.presentation.numbers import counted

if TYPE_CHECKING:
    from twittervotes.cli import command_options


def run(options: command_options.UpgradeOptions) -> int:
    """Create a ledger of the current format from an older one."""
    with Reader(options.old) as reader:
        posts, digest = reader.posts, reader.digest
    with progress(f"Verifying {options.old.name}", posts) as passed:
        finding = verify(options.old, passed=passed).finding
    if finding is not None:
        raise LedgerError(f"{options.old} was altered: {finding.words} Nothing was upgraded.")
    with progress("Upgrading", posts) as passed:
        new = upgrade(options.old, options.new, passed)
    say(f"{options.new}: {counted(posts, 'post')}, digest {new}")
    say(f"It was made from {options.old}, digest {digest}, which is unchanged.")
    return 0
