"""Votes by hand, a show of hands or a jury: an act in the ledger, never a silent edit."""

from __future__ import annotations

from twittervotes.cli import command_options as order
from twittervotes.commands.act import act
from twittervotes.core.contest.acts import Act, Does
from twittervotes.core.contest.contest import Contest
from twittervotes.core.contest.permissions import tag_of


def run(ordered: order.Adjust) -> int:
    """Add votes to a choice, or take some away."""

    def adjusted(contest: Contest, now_ms: int) -> Act:
        tag = tag_of(contest, ordered.choice)
        return Act(
            Does.ADJUSTED,
            now_ms,
            ordered.by,
            tag=tag,
            votes=ordered.votes,
            reason=ordered.reason,
        )

    return act(ordered.file, adjusted)
