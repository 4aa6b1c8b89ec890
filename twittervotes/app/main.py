"""The program: a vote, or a command on a ledger.

    python app.py --hashtags debian ubuntu arch
    python app.py recount contest.votes

It parses the command line before importing what that needs, so that `--help` is fast.
"""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

from twittervotes.cli import command_parser, vote_options

if TYPE_CHECKING:
    from collections.abc import Sequence

    from twittervotes.sources.plugin import Registry


def main(argv: Sequence[str] | None = None) -> int:
    """Run what the command line says, and return the exit code."""
    words = _helped(sys.argv[1:] if argv is None else argv)
    if words and words[0] in command_parser.COMMANDS:
        order = command_parser.parse(words)
        from twittervotes.commands.run import run

        return run(order, _registry, f"twittervotes {words[0]}")
    options = vote_options.parse(words)
    from twittervotes.app import vote

    return vote.run(options)


def _helped(words: Sequence[str]) -> Sequence[str]:
    """Translate `help` and `help recount` to --help and recount --help."""
    if not words or words[0] != "help":
        return words
    return [*(word for word in words[1:2] if word in command_parser.COMMANDS), "--help"]


def _registry() -> Registry:
    """Return what is installed; imported here because most commands don't need it."""
    from twittervotes.app import registry

    return registry.installed()
