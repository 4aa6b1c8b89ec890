"""How arguments of the command line are parsed, and how mistakes are reported.

Shared by the vote and by the commands on a ledger; imports nothing slow.
"""

from __future__ import annotations

import argparse
import difflib
import re
import unicodedata
from pathlib import Path
from typing import TYPE_CHECKING, NoReturn, TypeVar

from twittervotes import __version__
from twittervotes.core.terminal_text import harmless

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

T = TypeVar("T")

UNWRITTEN = ("Cc", "Cs", "Zl", "Zp")  # control characters, surrogates, line separators

_CLEARER = {
    "hashtags: expected at least one argument": "hashtags: needs at least one hashtag, e.g."
    " debian or '#debian' (a shell treats an unquoted # as a comment)",
    "expected at least one argument": "needs a value",
    "expected one argument": "needs a value",
    "the following arguments are required:": "missing argument",
    "-h/--help: ignored explicit argument": "long options start with two dashes; see --help",
}


class Parser(argparse.ArgumentParser):
    """An argparse parser that reports a mistake in one sentence, without the usage."""

    def __init__(self, program: str, description: str, epilog: str) -> None:
        super().__init__(
            prog=program,
            description=description,
            epilog=epilog,
            formatter_class=argparse.RawDescriptionHelpFormatter,
            allow_abbrev=False,
            add_help=False,
        )

    def error(self, message: str) -> NoReturn:
        """Print what is wrong in one sentence and exit with 2."""
        message = message.removeprefix("argument ")
        for said, clear in _CLEARER.items():
            message = message.replace(said, clear)
        if message.startswith("missing argument ") and "," in message:
            message = message.replace("argument", "arguments", 1)
        message = harmless(message, keep="\n")
        self.exit(2, f"{self.prog}: {message}{'' if message.endswith('?') else '.'}\n")

    def add_list(self, name: str, read: Callable[[str], object], value: str, words: str) -> None:
        """Add an option that takes several values and may be repeated."""
        self.add_argument(
            name, nargs="+", action="extend", default=[], type=read, metavar=value, help=words
        )

    def add_about(self) -> None:
        """Add --help and --version, at the end of the list."""
        about = self.add_argument_group("about")
        about.add_argument("-h", "--help", action="help", help="show this help and exit")
        about.add_argument(
            "-V",
            "--version",
            action="version",
            version=f"twittervotes {__version__}",
            help="show the version and exit",
        )

    def parsed(
        self,
        argv: Sequence[str] | None,
        strange: Callable[[str], str],
        spare: Callable[[str], bool] = lambda _: False,
    ) -> argparse.Namespace:
        """Parse `argv`; `strange` says what is wrong with an unexpected argument.

        Arguments that are `spare` may stand alone; they are collected in the list of that name.
        Wrong usage prints one sentence on stderr and exits with 2; --help and --version exit with
        0.
        """
        told, words = self.parse_known_args(argv)
        words = [word for word in words if word != "--"]
        told.spare = [word for word in words if not word.startswith("-") and spare(word)]
        for word in words:
            if word in told.spare:
                continue
            self.error(self._no_option(word) if word.startswith("-") else strange(word))
        return told

    def _no_option(self, word: str) -> str:
        name = word.partition("=")[0]
        alike = difflib.get_close_matches(name, re.findall("--[a-z-]+", self.format_help()), n=1)
        hint = f"did you mean {alike[0]}?" if alike else "see --help"
        return f"unknown option {name}; {hint}"


def told(read: Callable[[str], T]) -> Callable[[str], T]:
    """Make argparse print the message of a parsing function, which it drops for ValueError."""

    def reader(text: str) -> T:
        try:
            return read(text)
        except ValueError as error:
            raise argparse.ArgumentTypeError(f"{text[:40]!r} {error}") from None

    return reader


def pair(text: str) -> tuple[str, str]:
    """Parse NAME=VALUE."""
    name, equals, value = text.partition("=")
    if not equals or not name.strip():
        raise ValueError("must have the form NAME=VALUE, e.g. per_account=last")
    return name.strip(), value.strip()


def file(text: str) -> Path:
    """Parse a file name; one that begins with ~ is in the home folder."""
    if not text.strip():
        raise ValueError("must be a file name")
    try:
        return Path(text).expanduser()
    except RuntimeError:
        raise ValueError("names a home folder that doesn't exist") from None


def file_or_topic(text: str) -> Path | str:
    """Parse a file name, or the address of a Kafka topic, which stays a text."""
    return words(text) if text.startswith("kafka://") else file(text)


def words(text: str) -> str:
    """Parse a text that will be recorded."""
    if not text.strip() or any(unicodedata.category(sign) in UNWRITTEN for sign in text):
        raise ValueError("must be a single line of text")
    return text.strip()


def port(text: str) -> int:
    """Parse a TCP port; 0 takes a free one."""
    if not re.fullmatch("[0-9]{1,5}", text) or int(text) > 65_535:
        raise ValueError("must be a port from 0 to 65535")
    return int(text)


def count(text: str) -> int:
    """Parse a number of things."""
    if not re.fullmatch("[0-9]{1,7}", text):
        raise ValueError("must be a whole number")
    return int(text)


def digest(text: str) -> str:
    """Parse a digest of 64 hex digits."""
    if not re.fullmatch("[0-9a-f]{64}", text := text.strip().lower()):
        raise ValueError("must be a digest: 64 hexadecimal digits")
    return text
