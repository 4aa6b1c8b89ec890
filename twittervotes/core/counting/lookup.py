"""Was it counted? What became of the posts of an account, or of one post, told from the ledger."""

from __future__ import annotations

from collections.abc import Iterator

from twittervotes.core.contest.acts import Does
from twittervotes.core.contest.posts import Post, Verdict
from twittervotes.core.contest.references import meant, question
from twittervotes.core.contest.snapshot import Finding
from twittervotes.core.counting.explain import moment, reason
from twittervotes.core.counting.recount import judged
from twittervotes.core.ledger.reader import Reader

MOST = 20  # findings; who wants more asks the command `explain`


def findings(reader: Reader, wanted: str) -> tuple[Finding, ...]:
    """Return what became of the posts that are meant by `wanted`, newest first."""
    keys = meant(wanted)
    found: list[Finding] = []
    for network, voter in reader.authors(keys):
        found += _of_account(reader, network, voter, keys.keys)
    if not found:
        return (
            Finding(
                "",
                f"Nothing of that account or post was seen. {question()}",
            ),
        )
    if len(found) > MOST:
        left = len(found) - MOST
        found[MOST:] = [Finding("", f"… and {left:,} more: twittervotes explain tells all.")]
    return tuple(found)


def _of_account(
    reader: Reader, network: str, voter: str, keys: tuple[str, ...]
) -> Iterator[Finding]:
    contest = reader.contest
    posts = [post for post in reader.accounts(voter=voter) if post.network == network]
    all_judged = list(judged(posts, contest))
    counted = next((each.post for each in all_judged if each.verdict is Verdict.COUNTED), None)
    account = f"{network}:{voter}"
    named = [each for each in all_judged if _is_named(each.post, keys)]
    why = " ".join(
        f"{act.by} left it out at {moment(act.at_ms)}: {act.reason}"
        for act in reader.acts
        if act.does is Does.EXCLUDED and act.voter in (voter, account)
    )
    for each in reversed(named or all_judged):
        words = f"{moment(each.post.at_ms)} on {network}: {reason(each, contest, counted)}"
        if each.verdict is Verdict.EXCLUDED and why:
            words = f"{words} {why}"
        if named:
            words = f"{words} Its account is {account}."
        yield Finding(each.verdict.value, words, account)


def _is_named(post: Post, keys: tuple[str, ...]) -> bool:
    """Tell whether this very post is meant, not only its account."""
    return post.key in keys or f"{post.network}:{post.key}" in keys
