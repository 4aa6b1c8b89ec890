"""The arguments of each command."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from twittervotes.cli.parser import (
    Parser,
    count,
    digest,
    file,
    file_or_topic,
    pair,
    port,
    told,
    words,
)
from twittervotes.core.config.acts import put
from twittervotes.core.contest.acts import Act, ActKind

if TYPE_CHECKING:
    from twittervotes.core.contest.act_spec import ActSpec, Parameter

SHELLS = ("bash", "zsh", "fish")


def add_file(parser: Parser) -> None:
    """Add the ledger."""
    parser.add_argument("file", type=told(file), metavar="FILE", help="the ledger")


def add_by(parser: Parser) -> None:
    """Add the author of an act."""
    parser.add_argument(
        "--by", required=True, type=told(words), metavar="NAME", help="who does this (recorded)"
    )


def add_recount(parser: Parser) -> None:
    """Add the arguments of `recount`."""
    add_file(parser)
    _add_rules(parser)


def add_tally(parser: Parser) -> None:
    """Add the arguments of `tally`."""
    parser.add_argument(
        "files",
        type=told(file_or_topic),
        nargs="+",
        metavar="FILE",
        help="ledgers of the same vote; or a pack.zip, a posts.parquet or kafka://HOST:PORT/PREFIX",
    )
    parser.add_argument(
        "--engine", choices=("duckdb", "spark"), default="duckdb", help="what counts (duckdb)"
    )
    parser.add_argument(
        "--master",
        type=told(words),
        default="local[*]",
        metavar="URL",
        help="where Spark counts, such as spark://host:7077 (this machine)",
    )
    parser.add_argument(
        "--follow",
        type=told(file),
        metavar="RESULT",
        help="FILE is a folder of exports: write the result to RESULT as they come (Spark)",
    )
    _add_kafka(parser)
    _add_rules(parser)


def add_events(parser: Parser) -> None:
    """Add the arguments of `events`."""
    add_file(parser)
    parser.add_argument(
        "--to",
        required=True,
        type=told(words),
        metavar="PLACE",
        help="- for JSON Lines on stdout, or kafka://HOST:PORT/PREFIX",
    )
    parser.add_argument(
        "--from",
        dest="first",
        type=told(count),
        default=1,
        metavar="N",
        help="the first entry to send (1)",
    )
    _add_kafka(parser)


def _add_kafka(parser: Parser) -> None:
    parser.add_argument(
        "--kafka-config",
        type=told(file),
        metavar="FILE",
        help="a file with librdkafka's options for TLS and passwords, a line NAME=VALUE each",
    )


def _add_rules(parser: Parser) -> None:
    parser.add_list("--rule", told(pair), "NAME=VALUE", "rules to count by, as in a vote")
    parser.add_list("--without", told(str), "SOURCE", "ignore a source")
    parser.add_list("--exclude", told(str), "VOTER", "ignore an account")
    parser.add_argument("--json", action="store_true", help="print JSON")


def add_verify(parser: Parser) -> None:
    """Add the arguments of `verify`."""
    add_file(parser)
    parser.add_argument("--digest", type=told(digest), metavar="HEX", help="the published digest")


def add_explain(parser: Parser) -> None:
    """Add the arguments of `explain`."""
    add_file(parser)
    parser.add_argument(
        "wanted",
        type=told(words),
        metavar="POST-OR-ACCOUNT",
        help="a link to a post or account, its ID on the network, or a ballot's receipt",
    )


def add_merge(parser: Parser) -> None:
    """Add the arguments of `merge`."""
    parser.add_argument("out", type=told(file), metavar="OUT", help="the new ledger")
    parser.add_argument("files", type=told(file), nargs="+", metavar="FILE", help="the ledgers")


def add_upgrade(parser: Parser) -> None:
    """Add the arguments of `upgrade`."""
    parser.add_argument("old", type=told(file), metavar="OLD", help="a ledger of format 1")
    parser.add_argument("new", type=told(file), metavar="NEW", help="the new ledger")


def add_export(parser: Parser) -> None:
    """Add the arguments of `export`."""
    add_file(parser)
    parser.add_argument(
        "--to",
        required=True,
        type=told(file),
        metavar="OUT",
        help="result.json, result.csv, votes.csv, result.xlsx, pack.zip, report.html or "
        "posts.parquet, in any folder",
    )
    parser.add_argument(
        "--with-accounts", action="store_true", help="include account IDs, not only hashes"
    )


def add_act(spec: ActSpec, parser: Parser) -> None:
    """Add the arguments of an act's command."""
    add_file(parser)
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
    add_by(parser)


def _read(parameter: Parameter, text: str) -> str:
    """Return `text` as one line; raise ValueError if the parameter can't be parsed from it."""
    line = words(text)
    put(Act(ActKind.OPENED), parameter, line)
    return line


def add_config(parser: Parser) -> None:
    """Add the configuration file."""
    parser.add_argument(
        "--config", type=told(file), metavar="FILE", help="the configuration (config.yaml)"
    )


def add_compare(parser: Parser) -> None:
    """Add the arguments of `compare`."""
    add_file(parser)
    add_config(parser)


def add_import(parser: Parser) -> None:
    """Add the arguments of `import`."""
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
    add_config(parser)


def add_listening(parser: Parser) -> None:
    """Add the address to listen on."""
    parser.add_argument("--host", default="127.0.0.1", help="the address to listen on (127.0.0.1)")
    parser.add_argument("--port", type=told(port), default=8080, help="the port (8080)")
    parser.add_list("--behind", told(words), "ADDRESS", "the proxies in front, such as 10.0.0.0/8")


def add_board(parser: Parser) -> None:
    """Add the arguments of `board`."""
    add_listening(parser)
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
    words_of_files = "where votes write their files, if `files:` in the configuration is a folder"
    parser.add_argument("--files", type=told(file), metavar="FOLDER", help=words_of_files)
    parser.add_argument(
        "--lookups",
        action="store_true",
        help="let viewers ask whether a post was counted, once the result is provisional",
    )
    parser.add_argument(
        "--desk", action="store_true", help="let operators sign in, and act from other machines"
    )
    words_of_people = "the desk's accounts (a file in your state folder)"
    parser.add_argument("--people", type=told(file), metavar="FILE", help=words_of_people)


def add_codes(parser: Parser) -> None:
    """Add the arguments of `codes`."""
    parser.add_argument(
        "--to",
        required=True,
        type=told(file),
        metavar="OUT",
        help="the sheet: codes.html, codes.pdf or codes.csv, in any folder",
    )
    parser.add_argument("--number", type=told(count), default=100, help="how many codes (100)")
    parser.add_argument("--first", type=told(count), default=1, help="the first one's number (1)")
    parser.add_argument("--new", action="store_true", help="invalidate all codes printed before")
    add_config(parser)


def add_box(parser: Parser) -> None:
    """Add the arguments of `box`."""
    add_listening(parser)
    parser.add_argument("file", type=told(file), metavar="FILE", help="the file of this box")
    follow = told(words)
    parser.add_argument("--follow", required=True, type=follow, metavar="URL", help="the first box")
    parser.add_argument("--keys", type=told(file), metavar="FILE", help="the secret they share")
    parser.add_argument("--name", type=told(words), help="the host name that voters type")


def add_remote(parser: Parser) -> None:
    """Add the arguments of `remote`."""
    parser.add_argument("url", type=told(words), metavar="URL", help="the board's address")
    parser.add_argument(
        "what",
        choices=("list", "show", "watch", "result"),
        help="what to do; all but list need a SLUG",
    )
    parser.add_argument("slug", nargs="?", metavar="SLUG", help="the vote's name in its address")
    parser.add_argument("--json", action="store_true", help="print JSON")


def add_sources(parser: Parser) -> None:
    """Add the arguments of `sources`."""
    parser.add_argument("--json", action="store_true", help="print JSON")
    add_config(parser)


def add_completion(parser: Parser) -> None:
    """Add the arguments of `completion`."""
    parser.add_argument("shell", choices=SHELLS, help="the shell that reads the script")
