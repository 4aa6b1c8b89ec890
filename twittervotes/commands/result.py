"""The result as JSON: the document that a vote prints at its end, from the ledger."""

from __future__ import annotations

import sys

from twittervotes.cli import command_options as order
from twittervotes.commands.progress import progress
from twittervotes.core.counting.outcome import outcome
from twittervotes.core.counting.result import text
from twittervotes.core.ledger.reader import Reader


def run(ordered: order.ResultOptions) -> int:
    """Print the result."""
    with Reader(ordered.file) as reader:
        with progress("Counting", reader.posts) as passed:
            snapshot = outcome(reader, passed=passed)
        sys.stdout.write(text(snapshot))
    return 0
