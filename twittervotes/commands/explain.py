"""The explain command: says why an account's posts did or didn't count."""

from __future__ import annotations

from typing import TYPE_CHECKING

from twittervotes.ballots import receipts
from twittervotes.cli import command_options
from twittervotes.commands.say import say
from twittervotes.core.contest.acts import ActKind
from twittervotes.core.contest.posts import Verdict
from twittervotes.core.contest.references import meant, question
from twittervotes.core.counting.explain import moment, short_reason
from twittervotes.core.counting.verdicts import judged
from twittervotes.core.errors import LedgerError
from twittervotes.core.ledger.reader import Reader
from twittervotes.core.ledger.search import authors, posts_of

if TYPE_CHECKING:
    from twittervotes.cli import command_options


def run(options: command_options.ExplainOptions) -> int:
    """Explain every post of the given account, or of the given post's author.

    For a receipt of the ballot page, only that ballot is explained, and never its choice.
    """
    with Reader(options.file) as reader:
        ballot = receipts.looked_up(reader, options.wanted)
        if ballot is not None:
            say(f"receipt {ballot.receipt}", f"{moment(ballot.at_ms)}  {ballot.status.words}")
            return 0
        accounts = authors(reader, meant(options.wanted))
        if not accounts:
            raise LedgerError(
                f"{options.file} has no post or account {options.wanted!r}. {question()}"
            )
        for number, (network, voter) in enumerate(accounts):
            if number:
                say("")
            _explain(reader, network, voter)
    return 0


def _explain(reader: Reader, network: str, voter: str) -> None:
    contest = reader.contest
    say(f"account {voter} on {network}")
    for act in reader.acts:
        if act.does is ActKind.EXCLUDED and act.voter in (voter, f"{network}:{voter}"):
            say(f"excluded at {moment(act.at_ms)} by {act.by}: {act.reason}")
    counted_ms: int | None = None  # for a repeat, the vote that counts instead
    found = list(judged(posts_of(reader, network, voter), contest))
    for each in found:
        if each.verdict is Verdict.COUNTED and counted_ms is None:
            counted_ms = each.post.at_ms
    for each in found:
        post = each.post
        tags = " ".join(f"#{tag}" for tag in post.tags.split())
        edited = f", edited {post.revision}×" if post.revision else ""
        say(
            "",
            f"{moment(post.at_ms)}  {post.kind} {post.key}{edited}",
            f"  {tags or 'no tags'}",
            f"  {each.verdict.value}: {short_reason(each, contest, counted_ms)}",
        )
