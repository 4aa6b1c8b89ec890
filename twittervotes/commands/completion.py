"""The completion command: prints a script that completes command lines in a shell.

What can be completed is read from the parsers of the command line, so it can't fall behind.
"""

from __future__ import annotations

import importlib.util
import sys
from typing import TYPE_CHECKING

from twittervotes.cli.command_parser import COMMANDS
from twittervotes.cli.parser import Parser
from twittervotes.cli.vote_options import vote_parser
from twittervotes.commands.sources import REHEARSAL
from twittervotes.core.errors import ConfigError

if TYPE_CHECKING:
    import argparse
    from collections.abc import Mapping, Sequence

    from twittervotes.cli.command_options import CompletionOptions
    from twittervotes.sources.plugin import Registry

PROGRAM = "twittervotes"
FILES = ("FILE", "OUT")


class SubParser(Parser):
    """The parser of a command as a part of the program's."""

    def __init__(self, prog: str, **_: object) -> None:
        super().__init__(prog, "", "")


def run(options: CompletionOptions, registry: Registry) -> int:
    """Print the script."""
    if importlib.util.find_spec("shtab") is None:
        raise ConfigError(
            "Shell completion needs shtab. Install it: pip install 'twittervotes[completion]'"
        )
    import shtab

    parser = whole_parser((*registry.plugins, REHEARSAL), shtab.FILE)
    sys.stdout.write(shtab.complete(parser, options.shell).rstrip() + "\n")
    return 0


def whole_parser(sources: Sequence[str], files: Mapping[str, object]) -> Parser:
    """Return one parser for the vote and all commands.

    Args:
        sources: The networks that can be counted.
        files: How each shell completes file names, as shtab wants it.
    """
    parser = vote_parser(PROGRAM)
    commands = parser.add_subparsers(parser_class=SubParser)
    parsers: list[argparse.ArgumentParser] = [parser]
    for name, command in COMMANDS.items():
        made = commands.add_parser(name, help=command.line)
        command.add(made)
        made.add_about()
        parsers.append(made)
    for each in parsers:
        for action in each._actions:
            _offer(action, sources, files)
    return parser


def _offer(action: argparse.Action, sources: Sequence[str], files: Mapping[str, object]) -> None:
    """Set what an argument may be completed with."""
    metavar = action.metavar if isinstance(action.metavar, str) else ""
    if "--source" in action.option_strings:
        action.choices = sources
    elif "|" in metavar:
        action.choices = metavar.split("|")
    elif metavar in FILES:
        vars(action)["complete"] = files  # an attribute that shtab looks for
