"""The fuzzing targets: every parser of untrusted input, each with examples to start from.

A target takes any bytes. It may refuse them as the program does, with a value or one of our errors;
any other exception is a fault, and so is a result that the program can't continue with.
`test_fuzz.py` tries a few inputs on each in the tests, `make fuzz` millions.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

TESTS = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(TESTS), str(TESTS / "commands")]  # as pytest does

from examples import EXAMPLES  # noqa: E402 - below the paths they are found by
from fuzzed_files import FUZZED as FILES  # noqa: E402
from fuzzed_sources import FUZZED as SOURCES  # noqa: E402
from fuzzed_words import FUZZED as WORDS  # noqa: E402

WORDS_OF_FORMS = (
    *(b"null", b"true", b"{}", b"[]", b'""', b"0", b"-1", b"1e999", b"NaN", b"1.5"),
    *(b"9223372036854775808", b"-9223372036854775809", b"9" * 25, b"9" * 5000),
    *(b'"\\ud800"', b'"\\u0000"', b"\xff", b"\xed\xa0\x80", b"\0", b"\n", b"\r\n", b"\t"),
    *(b"[" * 3000, b'{"a":' * 3000, b"&a ", b"*a", b"!!python/name:os.system ", b": ", b"- "),
    *(b"0001-01-01T00:00:00Z", b"9999-12-31T23:59:59-23:59", b"\xe2\x80\xae", b"\x1b[2J"),
    *(b"Fri, 31 Dec 9999 23:59:59 -2359", b"%00", b"%", b"../", b"=cmd|' /C calc'!A0"),
)


@dataclass(frozen=True, slots=True)
class Target:
    """One parser: how to run it on any bytes, and valid inputs."""

    name: str
    run: Callable[[bytes], None]
    examples: tuple[bytes, ...]


TARGETS = tuple(
    Target(name, run, EXAMPLES[name]) for name, run in (SOURCES | FILES | WORDS).items()
)
