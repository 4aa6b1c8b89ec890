"""The command line of the vote.

Imports nothing slow, so that `--help` is fast. If the first word is a command, `cli.command_parser`
parses it instead. Knows nothing of the configuration: an omitted option is None or empty here, and
the configuration decides.
"""

from __future__ import annotations

import difflib
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from twittervotes.cli.command_parser import COMMANDS, command_list
from twittervotes.cli.parser import Parser, file, pair, told
from twittervotes.core.config.display import THEMES, View
from twittervotes.core.config.duration import interval, period, seconds
from twittervotes.core.contest.rules import RULES

if TYPE_CHECKING:
    import argparse
    from collections.abc import Sequence

REHEARSAL = "rehearsal"
REHEARSED = ("x", "twitch", "youtube")  # the networks that a rehearsal can simulate
EXAMPLES = """\
examples:
  twittervotes --hashtags debian ubuntu arch
      count until you close the vote
  twittervotes -ht debian ubuntu arch -t 3m --title "Which one do you run?"
      count for three minutes
  twittervotes -ht yes no --rehearse --view text
      practise on a simulated network
  twittervotes -ht yes no -t 1h --rule per_account=last several=each
      the last vote per account counts, and a post may name several choices
  twittervotes -ht yes no -t 90 --view none > result.json
      no display: print the result as JSON at the end
  twittervotes
      start with a form, which also lists your previous votes
  twittervotes vote.votes
      open a saved vote: continue counting, or see its result

Durations are written 90, 90s, 3m or 1h30m. Omit the '#' or quote the hashtag: a shell treats an
unquoted # as a comment. Anything not given here comes from the configuration.

exit codes: 0 complete result, 2 wrong usage or configuration, 3 a gap or a stopped source
"""


@dataclass(frozen=True, slots=True)
class Options:
    """What was given on the command line, or in the form.

    `looks` has the label and the colour of some hashtags, `pictures` their pictures; only the form
    sets them.
    """

    hashtags: tuple[str, ...] = ()
    title: str | None = None
    time_ms: int | None = None
    settle_ms: int | None = None
    sources: tuple[str, ...] = ()
    ledger: Path | None = None
    config: Path | None = None
    view: View | None = None
    rules: tuple[tuple[str, str], ...] = ()
    words: tuple[tuple[str, str], ...] = ()
    looks: tuple[tuple[str, str, str], ...] = ()
    pictures: tuple[tuple[str, Path], ...] = ()
    channels: tuple[str, ...] = ()
    host: str = ""  # where the ballot page listens; "" uses the configured address
    rehearse: tuple[str, ...] = ()  # the simulated networks; () uses the configured ones
    every_ms: int | None = None
    theme: str | None = None
    file: Path | None = None
    stay: bool = False


def parse(argv: Sequence[str] | None = None, program: str = "twittervotes") -> Options:
    """Parse `argv` (None: the arguments of this process).

    Wrong usage prints one sentence on stderr and exits with 2; --help and --version exit with 0.
    """
    parser = vote_parser(program)
    said = parser.parsed(argv, _strange, _is_file)
    if len(said.spare) + (said.ledger is not None) > 1:
        parser.error("only one vote at a time: give one file, without --ledger")
    rehearsal = [] if said.rehearse is None else [REHEARSAL]
    return Options(
        hashtags=tuple(said.hashtags),
        title=said.title,
        time_ms=said.time,
        settle_ms=said.settle,
        sources=tuple(dict.fromkeys([*said.source, *rehearsal])),
        ledger=said.ledger,
        config=said.config,
        view=said.view,
        rules=tuple(said.rule),
        words=tuple(said.words),
        channels=tuple(said.channel),
        host=said.host,
        rehearse=tuple(said.rehearse or ()),
        every_ms=said.every,
        theme=said.theme,
        stay=said.stay,
        file=_file(parser, said.spare[0]) if said.spare else None,
    )


def _file(parser: Parser, word: str) -> Path:
    try:
        return file(word)
    except ValueError as error:
        parser.error(f"{word[:40]!r} {error}")


def vote_parser(program: str) -> Parser:
    """Return the parser of a vote's command line."""
    parser = Parser(
        program,
        "Count the votes an audience casts by posting hashtags, live and exactly.",
        f"{command_list()}\n{EXAMPLES}",
    )
    vote = parser.add_argument_group("the vote")
    vote.add_argument(
        "-ht",
        "--hashtags",
        nargs="+",
        action="extend",
        default=[],
        metavar="TAG",
        help="the choices, in this order, with or without '#'; tag=alias counts both",
    )
    vote.add_argument("--title", metavar="TEXT", help="the question put to the audience")
    vote.add_argument(
        "-t",
        "--time",
        type=told(period),
        metavar="TIME",
        help="how long voting is open (default: until you close it)",
    )
    vote.add_argument(
        "--settle",
        type=told(seconds),
        metavar="TIME",
        help="how long to wait after closing for posts that networks index late (30s)",
    )
    vote.add_argument(
        "--rule",
        nargs="+",
        action="extend",
        default=[],
        type=told(pair),
        metavar="NAME=VALUE",
        help=f"what counts; NAME is one of {', '.join(rule.name for rule in RULES)}, opens, closes",
    )
    vote.add_argument(
        "--words",
        nargs="+",
        action="extend",
        default=[],
        type=told(pair),
        metavar="TAG=WORD,…",
        help="what chat messages vote with, such as debian=1,deb arch=2",
    )
    _add_counting(parser.add_argument_group("counting"))
    parser.add_about()
    return parser


def _add_counting(group: argparse._ArgumentGroup) -> None:
    group.add_argument(
        "--source",
        nargs="+",
        action="extend",
        default=[],
        metavar="NAME",
        help="the networks to count, e.g. mastodon bluesky; rehearsal to practise",
    )
    group.add_argument(
        "--rehearse",
        nargs="*",
        choices=REHEARSED,
        metavar="NETWORK",
        help=f"practise with simulated networks: {', '.join(REHEARSED)} (default: as configured)",
    )
    group.add_argument(
        "--channel",
        nargs="+",
        action="extend",
        default=[],
        metavar="NAME",
        help="the Twitch channels whose chats are counted",
    )
    group.add_argument(
        "--host",
        default="",
        metavar="ADDRESS",
        help="where the ballot page listens; 0.0.0.0 opens it to phones in your network",
    )
    group.add_argument(
        "--ledger",
        type=told(file),
        metavar="FILE",
        help="the file of the vote; an existing one is resumed (default: a new one)",
    )
    group.add_argument(
        "--config", type=told(file), metavar="FILE", help="the configuration (config.yaml)"
    )
    group.add_argument(
        "--view",
        type=told(_view),
        metavar="|".join(View),
        help="where to show the votes (window)",
    )
    group.add_argument(
        "--theme", type=told(_theme), metavar="|".join(THEMES), help="the window's colours"
    )
    group.add_argument(
        "--every",
        type=told(interval),
        metavar="TIME",
        help="the minimum time between two polls, e.g. 0.5s",
    )
    group.add_argument(
        "--stay",
        action="store_true",
        help="without a window: don't end before the result is certified",
    )


def _view(text: str) -> View:
    if text not in list(View):
        raise ValueError(f"must be one of {', '.join(View)}")
    return View(text)


def _theme(text: str) -> str:
    if text not in THEMES:
        raise ValueError(f"must be {' or '.join(THEMES)}")
    return text


def _is_file(word: str) -> bool:
    """Return whether a lone argument names a file, by characters that no hashtag has."""
    return any(sign in word for sign in "./\\~")


def _strange(word: str) -> str:
    if word in COMMANDS:
        return f"{word} must come first: twittervotes {word} …; see twittervotes {word} --help"
    alike = difflib.get_close_matches(word, COMMANDS, n=1)
    if alike:
        return f"{word[:40]!r} isn't a command; did you mean {alike[0]}?"
    return f"unexpected argument {word[:40]!r}; hashtags go after --hashtags"
