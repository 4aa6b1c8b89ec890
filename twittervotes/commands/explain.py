"""Explains why an account's posts did or didn't count: the verdict of each, and a sentence."""

from __future__ import annotations

from typing import TYPE_CHECKING

from twittervotes.ballots import receipts
from twittervotes.commands.say import say
from twittervotes.core.contest.acts import ActKind
from twittervotes.core.contest.posts import Post, Verdict
from twittervotes.core.contest.references import meant, question
from twittervotes.core.counting.explain import moment, short_reason
from twittervotes.core.counting.recount import Judged, judged
from twittervotes.core.errors import LedgerError
from twittervotes.core.ledger.reader import Reader

if TYPE_CHECKING:
    from collections.abc import Iterator

    from twittervotes.cli import command_options as order


def run(ordered: order.ExplainOptions) -> int:
    """Explain every post of the account given, or of the author of the post given.

    Of a receipt of the ballot page only that ballot is explained, and never its choice.
    """
    with Reader(ordered.file) as reader:
        ballot = receipts.looked_up(reader, ordered.wanted)
        if ballot is not None:
            say(f"receipt {ballot.receipt}", f"{moment(ballot.at_ms)}  {ballot.status.words}")
            return 0
        authors = reader.authors(meant(ordered.wanted))
        if not authors:
            raise LedgerError(
                f"{ordered.file} has no post or account {ordered.wanted!r}. {question()}"
            )
        for number, (network, voter) in enumerate(authors):
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
    counted: Post | None = None  # of a repeat, the vote that counts is named
    for each in _judged(reader, network, voter):
        if each.verdict is Verdict.COUNTED and counted is None:
            counted = each.post
    for each in _judged(reader, network, voter):
        post = each.post
        tags = " ".join(f"#{tag}" for tag in post.tags.split())
        edited = f", edited {post.revision}×" if post.revision else ""
        say(
            "",
            f"{moment(post.at_ms)}  {post.kind} {post.key}{edited}",
            f"  {tags or 'no tags'}",
            f"  {each.verdict.value}: {short_reason(each, contest, counted)}",
        )


def _judged(reader: Reader, network: str, voter: str) -> Iterator[Judged]:
    posts = (post for post in reader.accounts(voter=voter) if post.network == network)
    return judged(posts, reader.contest)
