"""The command line and the output of the benchmarks: Markdown tables."""

from __future__ import annotations

import argparse
import os
import platform
import shutil
import sqlite3
import sys
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from importlib.metadata import version
from pathlib import Path
from typing import TypeVar

import platformdirs

T = TypeVar("T")

FOLDER = "twittervotes-bench"  # in the chosen folder; removed as a whole


def parser(doc: str | None) -> argparse.ArgumentParser:
    """Return a parser of the options that all benchmarks share."""
    made = argparse.ArgumentParser(description=(doc or "").split("\n\n")[0])
    size = made.add_mutually_exclusive_group()
    size.add_argument("--quick", action="store_true", help="small sizes: seconds, not minutes")
    size.add_argument("--tiny", action="store_true", help="just to see that all of it works")
    made.add_argument("--data", type=Path, help="where posts and ledgers are made meanwhile")
    made.add_argument("--keep", action="store_true", help="leave them there at the end")
    return made


def sized(options: argparse.Namespace, full: T, quick: T, tiny: T) -> T:
    """Return the value for the requested size."""
    if options.tiny:
        return tiny
    return quick if options.quick else full


@contextmanager
def folder(options: argparse.Namespace) -> Iterator[Path]:
    """Yield an empty folder for posts and ledgers; remove it at the end unless it is kept."""
    above = options.data or platformdirs.user_cache_path("twittervotes", appauthor=False)
    made: Path = above / FOLDER
    if not options.keep and made.exists():  # left by a run that was killed
        shutil.rmtree(made)
    made.mkdir(parents=True, exist_ok=True)
    try:
        yield made
    finally:
        if not options.keep:
            shutil.rmtree(made)


@contextmanager
def scratch(options: argparse.Namespace) -> Iterator[Path]:
    """Yield a folder within it for files that no other benchmark needs."""
    with folder(options) as above, tempfile.TemporaryDirectory(dir=above) as made:
        yield Path(made)


def progress(words: str) -> None:
    """Print on stderr what is being done."""
    sys.stderr.write(f"{words} …\n")
    sys.stderr.flush()


def table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
    """Print a table: the first column left-aligned, the others right-aligned."""
    widths = [max(map(len, column)) for column in zip(head, *rows, strict=True)]
    line = [f"{'-' * (width - 1)}{':' if place else '-'}" for place, width in enumerate(widths)]
    for row in (head, line, *rows):
        cells = [
            cell.rjust(width) if place else cell.ljust(width)
            for place, (cell, width) in enumerate(zip(row, widths, strict=True))
        ]
        print(f"| {' | '.join(cells)} |")
    print(flush=True)


def aimed(name: str, reached: float, target: float, unit: str = "") -> tuple[str, str, str, str]:
    """Return a row that compares a result with a target that it should reach or exceed."""
    return name, f"{short(reached)}{unit}", f"{short(target)}{unit}", f"{reached / target:.2f}"


def bounded(name: str, reached: float, bound: float, unit: str = "") -> tuple[str, str, str, str]:
    """Return a row that compares a result with a bound that it should not exceed."""
    return name, f"{short(reached)}{unit}", f"≤ {short(bound)}{unit}", f"{reached / bound:.2f}"


AIMED = ("", "reached", "target", "reached / target")


def short(number: float) -> str:
    """Format a number with as many digits as are worth reading."""
    return f"{number:,.0f}" if abs(number) >= 100 else f"{number:.3g}"


def ended(*, exact: bool) -> int:
    """Print whether all counts are exact, and return the exit code."""
    print("Every count is exact." if exact else "A COUNT IS WRONG.", flush=True)
    return 0 if exact else 1


def machine() -> str:
    """Describe the machine, without names and paths."""
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    release = platform.release().partition("-")[0]  # the rest is the builder's own
    return (
        f"{_processor()}, {os.cpu_count()} cores, {memory:.0f} GiB; "
        f"{platform.system()} {release}; Python {platform.python_version()}, "
        f"SQLite {sqlite3.sqlite_version}, msgspec {version('msgspec')}"
    )


def _processor() -> str:
    try:
        for line in Path("/proc/cpuinfo").read_text().splitlines():
            if line.startswith("model name"):
                return line.partition(":")[2].strip()
    except OSError:
        pass
    return platform.processor() or platform.machine()
