"""The commands beside the vote: what may be written on their command lines, and what was.

Imports nothing heavy, so that every `--help` is there at once. What a command does is in the room
`commands`, in a module of its name.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, fields
from pathlib import Path

from twittervotes.cli.parser import (
    Parser,
    count,
    digest,
    file,
    pair,
    port,
    told,
    whole_number,
    words,
)


@dataclass(frozen=True, slots=True)
class Recount:
    file: Path
    rule: tuple[tuple[str, str], ...] = ()
    without: tuple[str, ...] = ()
    exclude: tuple[str, ...] = ()
    json: bool = False


@dataclass(frozen=True, slots=True)
class Verify:
    file: Path
    digest: str | None = None


@dataclass(frozen=True, slots=True)
class Explain:
    file: Path
    wanted: str


@dataclass(frozen=True, slots=True)
class Merge:
    out: Path
    files: tuple[Path, ...]


@dataclass(frozen=True, slots=True)
class Export:
    file: Path
    to: Path
    with_accounts: bool = False


@dataclass(frozen=True, slots=True)
class Adjust:
    file: Path
    choice: str
    votes: int
    reason: str
    by: str


@dataclass(frozen=True, slots=True)
class Certify:
    file: Path
    by: str


@dataclass(frozen=True, slots=True)
class Draw:
    file: Path
    seed: str
    by: str


@dataclass(frozen=True, slots=True)
class Result:
    file: Path


@dataclass(frozen=True, slots=True)
class Import:
    files: tuple[Path, ...]
    ledger: Path
    hashtags: tuple[str, ...] = ()
    title: str | None = None
    rule: tuple[tuple[str, str], ...] = ()
    words: tuple[tuple[str, str], ...] = ()
    config: Path | None = None


@dataclass(frozen=True, slots=True)
class Sources:
    json: bool = False
    config: Path | None = None


@dataclass(frozen=True, slots=True)
class Doctor:
    config: Path | None = None


@dataclass(frozen=True, slots=True)
class Compare:
    file: Path
    config: Path | None = None


@dataclass(frozen=True, slots=True)
class Board:
    file: Path | None = None
    rehearsal: bool = False
    open: bool = False
    mirror: str | None = None
    host: str = "127.0.0.1"
    port: int = 8080
    name: tuple[str, ...] = ()
    behind: tuple[str, ...] = ()
    max_viewers: int = 5000


@dataclass(frozen=True, slots=True)
class Remote:
    url: str
    what: str
    slug: str | None = None
    json: bool = False


Order = (
    Recount
    | Verify
    | Explain
    | Merge
    | Export
    | Adjust
    | Certify
    | Draw
    | Result
    | Import
    | Sources
    | Doctor
    | Compare
    | Board
    | Remote
)


@dataclass(frozen=True, slots=True)
class Command:
    """A command: its order, what it does in one line and in full, an example, its arguments."""

    order: type[Order]
    line: str
    more: str
    example: str
    add: Callable[[Parser], None]


def parse(argv: Sequence[str]) -> Order:
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
    make: Callable[..., Order] = command.order
    values = (said[each.name] for each in fields(command.order))
    return make(*(tuple(value) if isinstance(value, list) else value for value in values))


def command_list() -> str:
    """Return the commands with one line each."""
    lines = [f"  {name:<9}{command.line}" for name, command in COMMANDS.items()]
    return "\n".join(["commands (twittervotes COMMAND --help tells more):", *lines, ""])


def _strange(word: str) -> str:
    return f"{word[:40]!r} is one word too many; put a text of several words in quotes"


def _file(parser: Parser) -> None:
    parser.add_argument("file", type=told(file), metavar="FILE", help="the ledger")


def _by(parser: Parser) -> None:
    parser.add_argument(
        "--by", required=True, type=told(words), metavar="NAME", help="who does it; is recorded"
    )


def _recount(parser: Parser) -> None:
    _file(parser)
    parser.add_list("--rule", told(pair), "NAME=VALUE", "other rules, as in a vote")
    parser.add_list("--without", told(str), "SOURCE", "as if it was never asked")
    parser.add_list("--exclude", told(str), "VOTER", "as if it had not voted")
    parser.add_argument("--json", action="store_true", help="as JSON, for programs")


def _verify(parser: Parser) -> None:
    _file(parser)
    parser.add_argument(
        "--digest", type=told(digest), metavar="HEX", help="the digest that was made public"
    )


def _explain(parser: Parser) -> None:
    _file(parser)
    parser.add_argument(
        "wanted",
        type=told(words),
        metavar="POST-OR-ACCOUNT",
        help="a link to a post or an account, or its number or name as the network tells it",
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
        "--with-accounts", action="store_true", help="name the accounts, not only a hash of each"
    )


def _adjust(parser: Parser) -> None:
    _file(parser)
    parser.add_argument("choice", metavar="CHOICE", help="its hashtag or its label")
    parser.add_argument(
        "votes", type=told(whole_number), metavar="±N", help="votes to add, or to take away"
    )
    parser.add_argument(
        "--reason", required=True, type=told(words), metavar="TEXT", help="why; is shown"
    )
    _by(parser)


def _certify(parser: Parser) -> None:
    _file(parser)
    _by(parser)


def _draw(parser: Parser) -> None:
    _file(parser)
    parser.add_argument(
        "--seed", required=True, type=told(words), metavar="TEXT", help="told in public before"
    )
    _by(parser)


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
        help="JSON or a line of it each, plain or packed (gz, bz2, xz, zst, zip)",
    )
    parser.add_argument(
        "--ledger",
        required=True,
        type=told(file),
        metavar="OUT",
        help="the ledger they go into; one that exists is gone on with",
    )
    parser.add_list("--hashtags", str, "TAG", "what can be voted for, in a new ledger")
    parser.add_argument("--title", metavar="TEXT", help="the question, in a new ledger")
    parser.add_list("--rule", told(pair), "NAME=VALUE", "what counts, and when: opens, closes")
    parser.add_list("--words", told(pair), "TAG=WORD,…", "what chat messages vote with")
    _config(parser)


def _board(parser: Parser) -> None:
    parser.add_argument(
        "file",
        type=told(file),
        nargs="?",
        metavar="FILE",
        help="one vote (all in your data folder)",
    )
    parser.add_argument("--rehearsal", action="store_true", help="with a simulated vote")
    parser.add_argument("--open", action="store_true", help="open the page in your browser")
    parser.add_argument("--mirror", metavar="URL", help="serve what another board serves")
    parser.add_argument("--host", default="127.0.0.1", help="the address to listen on (127.0.0.1)")
    parser.add_argument("--port", type=told(port), default=8080, help="the port (8080)")
    parser.add_list("--name", told(words), "HOST", "a host name under which the board is reached")
    parser.add_list("--behind", told(words), "ADDRESS", "the proxies in front, such as 10.0.0.0/8")
    parser.add_argument(
        "--max-viewers",
        type=told(count),
        default=5000,
        metavar="N",
        help="live connections at a time; further pages ask every two seconds (5000)",
    )


def _remote(parser: Parser) -> None:
    parser.add_argument("url", type=told(words), metavar="URL", help="the board's address")
    parser.add_argument(
        "what",
        choices=("list", "show", "watch", "result"),
        help="what to do; all but list need SLUG",
    )
    parser.add_argument("slug", nargs="?", metavar="SLUG", help="the vote, as its address names it")
    parser.add_argument("--json", action="store_true", help="as JSON, for programs")


def _sources(parser: Parser) -> None:
    parser.add_argument("--json", action="store_true", help="as JSON, for programs")
    _config(parser)


COMMANDS = {
    "result": Command(
        Result,
        "print the result as JSON",
        "The same document that a vote with --view none prints at its end.",
        "contest.votes > result.json",
        _file,
    ),
    "recount": Command(
        Recount,
        "count again, also under other rules, and compare",
        "Without options the result of the ledger's own rules; else what they change against it.",
        "contest.votes --rule per_account=last --without rehearsal --exclude x:4711",
        _recount,
    ),
    "explain": Command(
        Explain,
        "say why the posts of an account did or did not count",
        "All posts of the account, or of the account of the post.",
        "contest.votes https://x.com/debian/status/1234567890",
        _explain,
    ),
    "verify": Command(
        Verify,
        "prove that nothing was changed, dropped, added or moved",
        "Reads the chain twice, in two independent ways; exit code 1 when something is found.",
        f"contest.votes --digest {'0123456789abcdef' * 4}",
        _verify,
    ),
    "export": Command(
        Export,
        "write the result, the votes or the whole pack to a file",
        "The name of OUT says what is written.",
        "contest.votes --to pack.zip",
        _export,
    ),
    "merge": Command(
        Merge,
        "join the ledgers of several machines that counted one contest",
        "OUT is what one machine would have recorded; the ledgers are left as they are.",
        "together.votes one.votes two.votes",
        _merge,
    ),
    "adjust": Command(
        Adjust,
        "add votes by hand: a show of hands, a jury",
        "They are logged with reason and name, and shown apart.",
        'contest.votes debian +3 --reason "show of hands" --by "Ada Lovelace"',
        _adjust,
    ),
    "draw": Command(
        Draw,
        "decide a tie by a public seed, where the rule is tie=draw",
        "The seed is recorded, so that anyone can repeat the draw.",
        'contest.votes --seed "lottery of 2026-11-21: 4 8 15 16 23 42" --by "Ada Lovelace"',
        _draw,
    ),
    "certify": Command(
        Certify,
        "close the book: the provisional result becomes the certified one",
        "After that nothing is written to the ledger any more.",
        'contest.votes --by "Ada Lovelace"',
        _certify,
    ),
    "import": Command(
        Import,
        "count posts that were collected elsewhere",
        "Answers and posts of X, Mastodon and Bluesky, and of every network that is installed.\n"
        "Without opens and closes the vote is from the first post to the last. What cannot be\n"
        "read is told with its file and line, and left out. The same files again change nothing.",
        "tweets.jsonl.gz toots.json --ledger old.votes --hashtags debian ubuntu arch",
        _import,
    ),
    "sources": Command(
        Sources,
        "list the networks that can be counted, and what each needs",
        "",
        "--json",
        _sources,
    ),
    "doctor": Command(
        Doctor,
        "look whether all is ready for a vote, and say what to mend",
        "Asks each network that is ready once. Exit code 1 when something is to be mended.",
        "--config config.yaml",
        _config,
    ),
    "board": Command(
        Board,
        "serve live results as web pages, for a hall, a stream or a web site",
        "Needs the extra: pip install 'twittervotes[board]'. Beside a running vote it only reads.",
        "contest.votes",
        _board,
    ),
    "remote": Command(
        Remote,
        "ask a board: list its votes, show one, watch it, fetch its result",
        "",
        "https://votes.example.org watch distro",
        _remote,
    ),
    "compare": Command(
        Compare,
        "set what a network counts itself beside the posts that were seen",
        "Minute by minute, as a check: X tells such numbers, at the price of a post or two.",
        "contest.votes",
        _compare,
    ),
}
