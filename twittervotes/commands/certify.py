"""The end of a contest: its provisional result is certified, and the book is closed."""

from __future__ import annotations

from twittervotes.cli import command_options as order
from twittervotes.commands.act import act
from twittervotes.core.contest.acts import Act, Does


def run(ordered: order.Certify) -> int:
    """Certify the result."""
    return act(ordered.file, lambda _, now_ms: Act(Does.CERTIFIED, now_ms, ordered.by))
