"""The result of a ledger: printed as JSON, as at the end of a vote, or written to a file."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

from twittervotes.commands.progress import progress
from twittervotes.commands.say import say
from twittervotes.core.counting.outcome import outcome
from twittervotes.core.counting.result import text
from twittervotes.core.ledger.reader import Reader

if TYPE_CHECKING:
    from twittervotes.cli import command_options


def run(options: command_options.ResultOptions) -> int:
    """Print the result."""
    with Reader(options.file) as reader:
        with progress("Counting", reader.posts) as passed:
            snapshot = outcome(reader, passed=passed)
        sys.stdout.write(text(snapshot))
    return 0


def export(options: command_options.ExportOptions) -> int:
    """Write a file atomically, in the format that its name implies."""
    from twittervotes.export import export  # here: `run` needs none of its libraries

    with Reader(options.file) as reader, progress("Exporting", reader.posts) as passed:
        export(reader, options.to, with_accounts=options.with_accounts, passed=passed)
    say(f"Saved: {options.to}")
    return 0
