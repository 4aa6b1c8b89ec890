"""The export: a result, the votes or the whole pack, written to a file as a whole or not at all."""

from __future__ import annotations

from twittervotes.cli import command_options as order
from twittervotes.commands.progress import progress
from twittervotes.commands.say import say
from twittervotes.core.ledger.reader import Reader
from twittervotes.export import export


def run(ordered: order.ExportOptions) -> int:
    """Write the file; what it holds is said by its name."""
    with Reader(ordered.file) as reader, progress("Exporting", reader.posts) as passed:
        export(reader, ordered.to, with_accounts=ordered.with_accounts, passed=passed)
    say(f"Saved: {ordered.to}")
    return 0
