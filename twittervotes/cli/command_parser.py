"""The commands: their help, and the parsing of their command lines.

Imports nothing slow, so that every `--help` is fast. What a command does is in `commands`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, fields
from functools import partial
from typing import TYPE_CHECKING

from twittervotes.cli import command_arguments as arguments
from twittervotes.cli.command_options import (
    ActOptions,
    BoardOptions,
    BoxOptions,
    CodesOptions,
    CommandOptions,
    CompareOptions,
    CompletionOptions,
    DoctorOptions,
    EventsOptions,
    ExplainOptions,
    ExportOptions,
    ImportOptions,
    MergeOptions,
    RecountOptions,
    RemoteOptions,
    ResultOptions,
    SourcesOptions,
    TallyOptions,
    UpgradeOptions,
    VerifyOptions,
)
from twittervotes.cli.parser import (
    Parser,
)
from twittervotes.core.config.acts import put
from twittervotes.core.contest.act_kinds import ACTS
from twittervotes.core.contest.acts import Act, ActKind

if TYPE_CHECKING:
    from pathlib import Path

    from twittervotes.core.contest.act_spec import ActSpec


@dataclass(frozen=True, slots=True)
class Command:
    """A command: its options, its help in one line and in full, an example, its arguments.

    A command that does an act has its kind in `does`.
    """

    order: type[CommandOptions]
    line: str
    more: str
    example: str
    add: Callable[[Parser], None]
    does: ActKind | None = None


def parse(argv: Sequence[str]) -> CommandOptions:
    """Parse `argv`; its first word is one of COMMANDS.

    Wrong usage prints one sentence on stderr and exits with 2; --help and --version exit with 0.
    """
    name, *rest = argv
    command = COMMANDS[name]
    example = f"example:\n  twittervotes {name} {command.example}\n"
    parser = Parser(f"twittervotes {name}", f"{command.line}\n{command.more}".strip(), example)
    command.add(parser)
    parser.add_about()
    said = vars(parser.parsed(rest, _strange))
    if command.does is not None:
        return _performed(command.does, said["file"], said["by"], said)
    make: Callable[..., CommandOptions] = command.order
    values = (said[each.name] for each in fields(command.order))
    return make(*(tuple(value) if isinstance(value, list) else value for value in values))


def command_list() -> str:
    """Return the commands with one line each."""
    lines = [f"  {name:<11}{command.line}" for name, command in COMMANDS.items()]
    return "\n".join(["commands (for details: twittervotes help COMMAND):", *lines, ""])


def _strange(word: str) -> str:
    return f"unexpected argument {word[:40]!r}; put text with spaces in quotes"


def _performed(does: ActKind, file: Path, by: str, said: Mapping[str, object]) -> ActOptions:
    """Return the act given on a command line."""
    act = Act(does, by=by)
    for parameter in ACTS[does].parameters:
        act = put(act, parameter, str(said[parameter.name]))
    return ActOptions(file, act)


def _example(spec: ActSpec) -> str:
    positional = [each.example for each in spec.parameters if each.positional]
    options = [f'--{each.name} "{each.example}"' for each in spec.parameters if not each.positional]
    return " ".join(["contest.votes", *positional, *options, '--by "Ada Lovelace"'])


COMMANDS = {
    "result": Command(
        ResultOptions,
        "print the result as JSON",
        "The same document that --view none prints when a vote ends.",
        "contest.votes > result.json",
        arguments.add_file,
    ),
    "recount": Command(
        RecountOptions,
        "recount, optionally under other rules, and compare",
        "Without options, prints the result; with options, what they would change.",
        "contest.votes --rule per_account=last --without rehearsal --exclude x:4711",
        arguments.add_recount,
    ),
    "tally": Command(
        TallyOptions,
        "count by the same rules with an engine for many posts",
        "Prints the same result as recount; several ledgers are counted as if they were merged.\n"
        "Needs an extra: pip install 'twittervotes[duckdb]', or [spark] and Java 17.",
        "posts.parquet --engine duckdb --rule per_account=last",
        arguments.add_tally,
    ),
    "explain": Command(
        ExplainOptions,
        "explain why an account's posts did or didn't count",
        "Lists all posts of the account, or of the post's author.",
        "contest.votes https://x.com/debian/status/1234567890",
        arguments.add_explain,
    ),
    "verify": Command(
        VerifyOptions,
        "check that no row was changed, removed, added or moved",
        "Reads the chain with two independent programs. Exit code 1 if anything is wrong.",
        f"contest.votes --digest {'0123456789abcdef' * 4}",
        arguments.add_verify,
    ),
    "export": Command(
        ExportOptions,
        "write the result, the votes or the results pack to a file",
        "The file name of OUT selects the format.",
        "contest.votes --to pack.zip",
        arguments.add_export,
    ),
    "events": Command(
        EventsOptions,
        "send what a ledger holds as CloudEvents",
        "Accounts are sealed. A Kafka topic gets each event once: run it again to send the rest.\n"
        "Kafka needs the extra: pip install 'twittervotes[kafka]'.",
        "contest.votes --to kafka://localhost:9092/evening",
        arguments.add_events,
    ),
    "merge": Command(
        MergeOptions,
        "merge the ledgers of several machines that counted the same vote",
        "OUT holds what one machine would have recorded; the input ledgers don't change.",
        "together.votes one.votes two.votes",
        arguments.add_merge,
    ),
    "upgrade": Command(
        UpgradeOptions,
        "convert a ledger that an earlier version wrote to the current format",
        "NEW has the same entries and posts; OLD doesn't change. Reading needs no upgrade.",
        "old.votes new.votes",
        arguments.add_upgrade,
    ),
    **{
        spec.command: Command(
            ActOptions, spec.help, spec.more, _example(spec), partial(arguments.add_act, spec), does
        )
        for does, spec in ACTS.items()
        if spec.command
    },
    "import": Command(
        ImportOptions,
        "count posts collected elsewhere",
        "Reads API responses and posts of X, Mastodon, Bluesky and every installed network.\n"
        "Without opens and closes, the vote lasts from the first post to the last. Unreadable\n"
        "items are reported with file and line. Importing the same files again changes nothing.",
        "tweets.jsonl.gz toots.json --ledger old.votes --hashtags debian ubuntu arch",
        arguments.add_import,
    ),
    "sources": Command(
        SourcesOptions,
        "list available networks and what each needs",
        "",
        "--json",
        arguments.add_sources,
    ),
    "doctor": Command(
        DoctorOptions,
        "check that everything is ready and suggest fixes",
        "Sends one request to each network that is ready. Exit code 1 if something needs fixing.",
        "--config config.yaml",
        arguments.add_config,
    ),
    "board": Command(
        BoardOptions,
        "serve live results as web pages, for a hall, a stream or a web site",
        "Needs the extra: pip install 'twittervotes[board]', and [desk] for --desk. Without --desk "
        "it only reads a vote's ledger.",
        "contest.votes",
        arguments.add_board,
    ),
    "codes": Command(
        CodesOptions,
        "print one-time codes for the ballot page",
        "Makes a sheet to cut up, with a QR code on each ticket. Needs the extra [board].",
        "--number 300 --to codes.pdf",
        arguments.add_codes,
    ),
    "box": Command(
        BoxOptions,
        "run a further ballot box for a vote, on another port or machine",
        "Boxes with the same secret may stand behind a load balancer. Needs the extra [board].",
        "--follow https://box1.example.org box2.ballots --keys ballots.key",
        arguments.add_box,
    ),
    "remote": Command(
        RemoteOptions,
        "query a board: list its votes, show or watch one, fetch its result",
        "",
        "https://votes.example.org watch distro",
        arguments.add_remote,
    ),
    "compare": Command(
        CompareOptions,
        "compare the posts seen with the network's own counts",
        "A check, minute by minute. X offers such counts, for the price of a post or two.",
        "contest.votes",
        arguments.add_compare,
    ),
    "completion": Command(
        CompletionOptions,
        "print a script that completes commands and options in a shell",
        "Needs the extra: pip install 'twittervotes[completion]'. Save what it prints where your\n"
        "shell looks for it, e.g. ~/.local/share/bash-completion/completions/twittervotes.",
        "bash",
        arguments.add_completion,
    ),
}
