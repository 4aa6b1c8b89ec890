"""The draw that decides a tie: its public seed is written down, and anyone can repeat it."""

from __future__ import annotations

from twittervotes.cli import command_options as order
from twittervotes.commands.act import act
from twittervotes.core.contest.acts import Act, Does


def run(ordered: order.Draw) -> int:
    """Decide the tie."""
    return act(
        ordered.file, lambda _, now_ms: Act(Does.DRAWN, now_ms, ordered.by, seed=ordered.seed)
    )
