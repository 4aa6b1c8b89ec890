"""The command line of the vote: what may be written, and what was.

Imports nothing heavy, so that `--help` is there at once. Without a word of a command in front it
is the vote. Knows nothing of the configuration: an option that is not written is None or empty
here, and the configuration decides.
"""

from __future__ import annotations

import argparse
import difflib
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import NoReturn, TypeVar

from twittervotes import __version__
from twittervotes.core.duration import interval, period, seconds
from twittervotes.core.view import View

T = TypeVar("T")

EXAMPLES = """\
examples:
  twittervotes --hashtags debian ubuntu arch
      count until you close the vote
  twittervotes -ht debian ubuntu arch -t 3m --title "Which one do you run?"
      count for three minutes
  twittervotes -ht yes no --source rehearsal --view text
      practise on a simulated network
  twittervotes -ht yes no -t 1h --rule per_account=last several=each
      the last vote of an account counts, and a post may name several
  twittervotes -ht yes no -t 90 --view none > result.json
      no screen: the result as JSON at the end

A time is written 90, 90s, 3m, 1h30m. Leave the '#' out, or put the hashtag in quotes: a shell takes
an unquoted '#' for a comment. What is not said here is taken from the configuration.
"""


@dataclass(frozen=True, slots=True)
class Options:
    """What was written on the command line."""

    hashtags: tuple[str, ...] = ()
    title: str | None = None
    time_ms: int | None = None
    settle_ms: int | None = None
    sources: tuple[str, ...] = ()
    ledger: Path | None = None
    config: Path | None = None
    view: View | None = None
    rules: tuple[tuple[str, str], ...] = ()
    every_ms: int | None = None


def parse(argv: Sequence[str] | None = None, program: str = "twittervotes") -> Options:
    """Return what `argv` says (None: what this program was started with).

    Wrong use tells one sentence on stderr and exits with 2; --help and --version exit with 0.
    """
    parser = _parser(program)
    told, strange = parser.parse_known_args(argv)
    strange = [word for word in strange if word != "--"]
    if strange:
        parser.error(_strange(strange[0], parser))
    return Options(
        hashtags=tuple(told.hashtags),
        title=told.title,
        time_ms=told.time,
        settle_ms=told.settle,
        sources=tuple(dict.fromkeys(told.source)),
        ledger=told.ledger,
        config=told.config,
        view=told.view,
        rules=tuple(told.rule),
        every_ms=told.every,
    )


_CLEARER = {
    "hashtags: expected at least one argument": "hashtags: needs at least one hashtag, such as"
    " debian or '#debian': a shell takes an unquoted '#' for a comment",
    "expected at least one argument": "needs a value behind it",
    "expected one argument": "needs one value behind it",
    "-h/--help: ignored explicit argument": "a long option has two dashes; see --help and not -h",
}


class _Parser(argparse.ArgumentParser):
    """argparse that tells a mistake in one sentence, without the usage around it."""

    def error(self, message: str) -> NoReturn:
        message = message.removeprefix("argument ")
        for said, clear in _CLEARER.items():
            message = message.replace(said, clear)
        self.exit(2, f"{self.prog}: {message}{'' if message.endswith('?') else '.'}\n")


def _parser(program: str) -> _Parser:
    parser = _Parser(
        prog=program,
        description="Count the votes an audience casts by posting hashtags, live and exactly.",
        epilog=EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        allow_abbrev=False,
        add_help=False,
    )
    vote = parser.add_argument_group("the vote")
    vote.add_argument(
        "-ht",
        "--hashtags",
        nargs="+",
        action="extend",
        default=[],
        metavar="TAG",
        help="what can be voted for, in the order to show it, with or without '#'",
    )
    vote.add_argument("--title", metavar="TEXT", help="the question put to the audience")
    vote.add_argument(
        "-t",
        "--time",
        type=_told(period),
        metavar="TIME",
        help="how long the vote is open; without it until you close it",
    )
    vote.add_argument(
        "--settle",
        type=_told(seconds),
        metavar="TIME",
        help="how long after closing posts are still read that the networks index late (30s)",
    )
    vote.add_argument(
        "--rule",
        nargs="+",
        action="extend",
        default=[],
        type=_told(_pair),
        metavar="NAME=VALUE",
        help="what counts; the names: per_account, several, reposts, quotes, replies, required, "
        "min_account_age, grace, exclude, withdrawn, tie, opens, closes",
    )
    _add_counting(parser.add_argument_group("the counting"))
    about = parser.add_argument_group("about the program")
    about.add_argument("-h", "--help", action="help", help="show this, and exit")
    about.add_argument(
        "--version",
        action="version",
        version=f"twittervotes {__version__}",
        help="show the version, and exit",
    )
    return parser


def _add_counting(group: argparse._ArgumentGroup) -> None:
    group.add_argument(
        "--source",
        nargs="+",
        action="extend",
        default=[],
        metavar="NAME",
        help="the networks to count: twitter, or rehearsal to practise",
    )
    group.add_argument(
        "--ledger",
        type=_told(_file),
        metavar="FILE",
        help="the contest's file; one that exists is taken up where it stopped (a new one)",
    )
    group.add_argument(
        "--config", type=_told(_file), metavar="FILE", help="the configuration (config.yaml)"
    )
    group.add_argument(
        "--view",
        type=_told(_view),
        metavar="|".join(View),
        help="where the votes are shown (window)",
    )
    group.add_argument(
        "--every",
        type=_told(interval),
        metavar="TIME",
        help="the least time between two polls, such as 0.5s",
    )


def _told(read: Callable[[str], T]) -> Callable[[str], T]:
    """Make argparse tell the reader's own words; of a ValueError it drops them."""

    def reader(text: str) -> T:
        try:
            return read(text)
        except ValueError as error:
            raise argparse.ArgumentTypeError(f"{text[:40]!r} {error}") from None

    return reader


def _pair(text: str) -> tuple[str, str]:
    name, equals, value = text.partition("=")
    if not equals or not name.strip():
        raise ValueError("must be written NAME=VALUE, such as per_account=last")
    return name.strip(), value.strip()


def _view(text: str) -> View:
    if text not in list(View):
        raise ValueError(f"must be one of {', '.join(View)}")
    return View(text)


def _file(text: str) -> Path:
    if not text.strip():
        raise ValueError("must be the name of a file")
    try:
        return Path(text).expanduser()
    except RuntimeError:
        raise ValueError("names a home folder that is not there") from None


def _strange(word: str, parser: argparse.ArgumentParser) -> str:
    known = re.findall("--[a-z]+", parser.format_help())
    if not word.startswith("-"):
        return f"{word[:40]!r} belongs to no option; hashtags stand behind --hashtags"
    name = word.partition("=")[0]
    alike = difflib.get_close_matches(name, known, n=1)
    hint = f"did you mean {alike[0]}?" if alike else "see --help"
    return f"there is no option {name}; {hint}"
