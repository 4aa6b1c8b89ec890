"""The commands beside the vote: their help, and how their command lines are read.

Imports nothing heavy, so that every `--help` is there at once. What a command does is
in `commands`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, fields
from functools import partial
from pathlib import Path

from twittervotes.cli.command_options import (
    ActOptions,
    BoardOptions,
    BoxOptions,
    CodesOptions,
    CommandOptions,
    CompareOptions,
    DoctorOptions,
    ExplainOptions,
    ExportOptions,
    ImportOptions,
    MergeOptions,
    RecountOptions,
    RemoteOptions,
    ResultOptions,
    SourcesOptions,
    VerifyOptions,
)
from twittervotes.cli.parser import (
    Parser,
    count,
    digest,
    file,
    pair,
    port,
    told,
    words,
)
from twittervotes.core.config.acts import put
from twittervotes.core.contest.act_kinds import ACTS
from twittervotes.core.contest.act_spec import ActSpec, Parameter
from twittervotes.core.contest.acts import Act, ActKind


@dataclass(frozen=True, slots=True)
class Command:
    """A command: its order, what it does in one line and in full, an example, its arguments.

    A command that does an act has its kind in `does`.
    """

    order: type[CommandOptions]
    line: str
    more: str
    example: str
    add: Callable[[Parser], None]
    does: ActKind | None = None


def parse(argv: Sequence[str]) -> CommandOptions:
    """Return what `argv` orders; its first word is one of COMMANDS.

    Wrong use tells one sentence on stderr and exits with 2; --help and --version exit with 0.
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
    lines = [f"  {name:<9}{command.line}" for name, command in COMMANDS.items()]
    return "\n".join(["commands (for details: twittervotes help COMMAND):", *lines, ""])


def _strange(word: str) -> str:
    return f"unexpected argument {word[:40]!r}; put text with spaces in quotes"


def _file(parser: Parser) -> None:
    parser.add_argument("file", type=told(file), metavar="FILE", help="the ledger")


def _by(parser: Parser) -> None:
    parser.add_argument(
        "--by", required=True, type=told(words), metavar="NAME", help="who does this (recorded)"
    )


def _recount(parser: Parser) -> None:
    _file(parser)
    parser.add_list("--rule", told(pair), "NAME=VALUE", "rules to count by, as in a vote")
    parser.add_list("--without", told(str), "SOURCE", "ignore a source")
    parser.add_list("--exclude", told(str), "VOTER", "ignore an account")
    parser.add_argument("--json", action="store_true", help="print JSON")


def _verify(parser: Parser) -> None:
    _file(parser)
    parser.add_argument("--digest", type=told(digest), metavar="HEX", help="the published digest")


def _explain(parser: Parser) -> None:
    _file(parser)
    parser.add_argument(
        "wanted",
        type=told(words),
        metavar="POST-OR-ACCOUNT",
        help="a link to a post or account, its ID on the network, or a ballot's receipt",
    )


def _merge(parser: Parser) -> None:
    parser.add_argument("out", type=told(file), metavar="OUT", help="the new ledger")
    parser.add_argument("files", type=told(file), nargs="+", metavar="FILE", help="the ledgers")


def _export(parser: Parser) -> None:
    _file(parser)
    parser.add_argument(
        "--to",
        required=True,
        type=told(file),
        metavar="OUT",
        help="result.json, result.csv, votes.csv, result.xlsx, pack.zip or report.html, "
        "in any folder",
    )
    parser.add_argument(
        "--with-accounts", action="store_true", help="include account IDs, not only hashes"
    )


def _act(spec: ActSpec, parser: Parser) -> None:
    _file(parser)
    for parameter in spec.parameters:
        read = told(partial(_read, parameter))
        if parameter.positional:
            parser.add_argument(
                parameter.name, type=read, metavar=parameter.metavar, help=parameter.help
            )
        else:
            parser.add_argument(
                f"--{parameter.name}",
                required=True,
                type=read,
                metavar=parameter.metavar,
                help=parameter.help,
            )
    _by(parser)


def _read(parameter: Parameter, text: str) -> str:
    """Return the line that `text` is; raises ValueError unless the parameter can be read of it."""
    line = words(text)
    put(Act(ActKind.OPENED), parameter, line)
    return line


def _performed(does: ActKind, file: Path, by: str, said: Mapping[str, object]) -> ActOptions:
    """Return the act that was written on a command line."""
    act = Act(does, by=by)
    for parameter in ACTS[does].parameters:
        act = put(act, parameter, str(said[parameter.name]))
    return ActOptions(file, act)


def _example(spec: ActSpec) -> str:
    positional = [each.example for each in spec.parameters if each.positional]
    options = [f'--{each.name} "{each.example}"' for each in spec.parameters if not each.positional]
    return " ".join(["contest.votes", *positional, *options, '--by "Ada Lovelace"'])


def _config(parser: Parser) -> None:
    parser.add_argument(
        "--config", type=told(file), metavar="FILE", help="the configuration (config.yaml)"
    )


def _compare(parser: Parser) -> None:
    _file(parser)
    _config(parser)


def _import(parser: Parser) -> None:
    parser.add_argument(
        "files",
        type=told(file),
        nargs="+",
        metavar="FILE",
        help="JSON or JSON Lines; plain, .gz, .bz2, .xz, .zst or .zip",
    )
    parser.add_argument(
        "--ledger",
        required=True,
        type=told(file),
        metavar="OUT",
        help="the ledger to import into; an existing one is continued",
    )
    parser.add_list("--hashtags", str, "TAG", "the choices, for a new ledger")
    parser.add_argument("--title", metavar="TEXT", help="the question, for a new ledger")
    parser.add_list("--rule", told(pair), "NAME=VALUE", "rules, and the period: opens, closes")
    parser.add_list("--words", told(pair), "TAG=WORD,…", "what chat messages vote with")
    _config(parser)


def _listening(parser: Parser) -> None:
    parser.add_argument("--host", default="127.0.0.1", help="the address to listen on (127.0.0.1)")
    parser.add_argument("--port", type=told(port), default=8080, help="the port (8080)")
    parser.add_list("--behind", told(words), "ADDRESS", "the proxies in front, such as 10.0.0.0/8")


def _board(parser: Parser) -> None:
    _listening(parser)
    parser.add_argument(
        "file",
        type=told(file),
        nargs="?",
        metavar="FILE",
        help="one vote (all in your data folder)",
    )
    parser.add_argument("--rehearsal", action="store_true", help="with a simulated vote")
    parser.add_argument("--open", action="store_true", help="open the page in your browser")
    parser.add_argument("--mirror", metavar="URL", help="mirror another board")
    parser.add_list("--name", told(words), "HOST", "a host name under which the board is reached")
    parser.add_argument(
        "--max-viewers",
        type=told(count),
        default=5000,
        metavar="N",
        help="maximum live connections; other pages poll every two seconds (5000)",
    )
    parser.add_argument(
        "--lookups",
        action="store_true",
        help="let viewers ask whether a post was counted, once the result is provisional",
    )


def _codes(parser: Parser) -> None:
    parser.add_argument(
        "--to",
        required=True,
        type=told(file),
        metavar="OUT",
        help="the sheet: codes.html, codes.pdf or codes.csv, in any folder",
    )
    parser.add_argument("--number", type=told(count), default=100, help="how many codes (100)")
    parser.add_argument("--first", type=told(count), default=1, help="the first one's number (1)")
    parser.add_argument("--new", action="store_true", help="end the codes that were printed before")
    _config(parser)


def _box(parser: Parser) -> None:
    _listening(parser)
    parser.add_argument("file", type=told(file), metavar="FILE", help="the file of this box")
    follow = told(words)
    parser.add_argument("--follow", required=True, type=follow, metavar="URL", help="the first box")
    parser.add_argument("--keys", type=told(file), metavar="FILE", help="the secret they share")
    parser.add_argument("--name", type=told(words), help="the host name that voters type")


def _remote(parser: Parser) -> None:
    parser.add_argument("url", type=told(words), metavar="URL", help="the board's address")
    parser.add_argument(
        "what",
        choices=("list", "show", "watch", "result"),
        help="what to do; all but list need a SLUG",
    )
    parser.add_argument("slug", nargs="?", metavar="SLUG", help="the vote's name in its address")
    parser.add_argument("--json", action="store_true", help="print JSON")


def _sources(parser: Parser) -> None:
    parser.add_argument("--json", action="store_true", help="print JSON")
    _config(parser)


COMMANDS = {
    "result": Command(
        ResultOptions,
        "print the result as JSON",
        "The same document that --view none prints when a vote ends.",
        "contest.votes > result.json",
        _file,
    ),
    "recount": Command(
        RecountOptions,
        "recount, optionally under other rules, and compare",
        "Without options, prints the result; with options, what they would change.",
        "contest.votes --rule per_account=last --without rehearsal --exclude x:4711",
        _recount,
    ),
    "explain": Command(
        ExplainOptions,
        "explain why an account's posts did or didn't count",
        "Lists all posts of the account, or of the post's author.",
        "contest.votes https://x.com/debian/status/1234567890",
        _explain,
    ),
    "verify": Command(
        VerifyOptions,
        "check that no row was changed, removed, added or moved",
        "Reads the chain with two independent programs. Exit code 1 if anything is wrong.",
        f"contest.votes --digest {'0123456789abcdef' * 4}",
        _verify,
    ),
    "export": Command(
        ExportOptions,
        "write the result, the votes or the results pack to a file",
        "The file name of OUT selects the format.",
        "contest.votes --to pack.zip",
        _export,
    ),
    "merge": Command(
        MergeOptions,
        "merge the ledgers of several machines that counted the same vote",
        "OUT holds what one machine would have recorded; the input ledgers don't change.",
        "together.votes one.votes two.votes",
        _merge,
    ),
    **{
        spec.command: Command(
            ActOptions, spec.help, spec.more, _example(spec), partial(_act, spec), does
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
        _import,
    ),
    "sources": Command(
        SourcesOptions,
        "list available networks and what each needs",
        "",
        "--json",
        _sources,
    ),
    "doctor": Command(
        DoctorOptions,
        "check that everything is ready and suggest fixes",
        "Sends one request to each network that is ready. Exit code 1 if something needs fixing.",
        "--config config.yaml",
        _config,
    ),
    "board": Command(
        BoardOptions,
        "serve live results as web pages, for a hall, a stream or a web site",
        "Needs the extra: pip install 'twittervotes[board]'. It only reads a "
        "running vote's ledger.",
        "contest.votes",
        _board,
    ),
    "codes": Command(
        CodesOptions,
        "print one-time codes for the ballot page",
        "Makes a sheet to cut up, with a QR code on each ticket. Needs the extra [board].",
        "--number 300 --to codes.pdf",
        _codes,
    ),
    "box": Command(
        BoxOptions,
        "run a further ballot box for a vote, on another port or machine",
        "Boxes with the same secret may stand behind a load balancer. Needs the extra [board].",
        "--follow https://box1.example.org box2.ballots --keys ballots.key",
        _box,
    ),
    "remote": Command(
        RemoteOptions,
        "query a board: list its votes, show or watch one, fetch its result",
        "",
        "https://votes.example.org watch distro",
        _remote,
    ),
    "compare": Command(
        CompareOptions,
        "compare the posts seen with the network's own counts",
        "A check, minute by minute. X offers such counts, for the price of a post or two.",
        "contest.votes",
        _compare,
    ),
}
