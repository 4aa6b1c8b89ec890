"""The merge command: combines several machines' ledgers, after verifying each."""

from __future__ import annotations

from typing import TYPE_CHECKING

from twittervotes.commands.progress import progress
from twittervotes.commands.say import say
from twittervotes.core.errors import LedgerError
from twittervotes.core.ledger.merge import merge
from twittervotes.core.ledger.reader import Reader
from twittervotes.core.ledger.verify import verify
from twittervotes.presentation.numbers import counted

if TYPE_CHECKING:
    from twittervotes.cli import command_options


def run(options: command_options.MergeOptions) -> int:
    """Merge several ledgers into a new one."""
    posts = 0
    titles = {}
    for file in options.files:
        with Reader(file) as reader:
            titles[file] = reader.laid_down.title
            number = reader.posts
            posts += number
        with progress(f"Verifying {file.name}", number) as passed:
            finding = verify(file, passed=passed).finding
        if finding is not None:
            raise LedgerError(f"{file} was altered: {finding.words} Nothing was merged.")
    with progress("Merging", posts) as passed:
        merged = merge(options.out, options.files, passed)
    for file in merged.left_out:
        say(f"{file} is a duplicate of another file; it is merged once.")
    for file, title in titles.items():
        if title != merged.contest.title:
            say(f"{file} asks “{title}”; it is merged as the same vote.")
    say(f"{options.out}: {merged.contest.title}")
    say(f"{counted(merged.posts, 'post')} as the sources saw them, digest {merged.digest}")
    say("It isn't certified yet.")
    return 0
