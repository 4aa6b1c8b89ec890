"""Run all benchmarks one after another, and write their figures into docs/performance.md.

    python -m benchmarks [--quick] [NAME ...] [--posts N]

More options go to the benchmarks that are named. Each runs in its own process; its output is
Markdown and goes between two comments with its name. The text around them is written by hand. The
results of small sizes are not written, because they say less.
"""

from __future__ import annotations

import subprocess
import sys
import time
from pathlib import Path

from benchmarks import telling

NAMES = (
    "live",
    "archive",
    "growth",
    "recount",
    "tally",
    "reopen",
    "window",
    "quota",
    "bluesky_pretest",
    "ballots",
    "board",
    "scale",
    "spark",
)
BY_NAME = ("spark",)  # run only when they are named: they need what is too large for everybody
DOCUMENT = Path(__file__).resolve().parent.parent / "docs" / "performance.md"


def ran(name: str, words: list[str]) -> tuple[str, int]:
    """Run a benchmark and show its output; return the output and the exit code."""
    lines = []
    command = [sys.executable, "-m", f"benchmarks.{name}", *words]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:  # noqa: S603 - our own words
        for line in process.stdout or ():
            sys.stdout.write(line)
            sys.stdout.flush()
            lines.append(line)
    return "".join(lines), process.returncode


def written(document: str, name: str, figures: str) -> str:
    """Return a document with new figures between the comments of `name`."""
    begins, ends = f"<!-- {name}: figures -->\n", f"<!-- {name}: end -->"
    before, found, rest = document.partition(begins)
    _, found_end, after = rest.partition(ends)
    if not found or not found_end:
        raise SystemExit(f"{DOCUMENT.name} has no place for the figures of {name}.")
    return f"{before}{begins}\n{figures.strip()}\n\n{ends}{after}"


def main() -> int:
    parser = telling.parser(__doc__)
    parser.add_argument("names", nargs="*", metavar="NAME", help=f"some of: {', '.join(NAMES)}")
    parser.add_argument("--into", type=Path, help="a document to write the figures into")
    options, more = parser.parse_known_args()
    if more and not options.names:
        parser.error(f"say which benchmark {more[0]} is for")
    for name in set(options.names).difference(NAMES):
        parser.error(f"there is no benchmark {name}; there are {', '.join(NAMES)}")
    into = options.into or (None if options.quick or options.tiny else DOCUMENT)
    began, failed = time.monotonic(), []
    with telling.folder(options) as folder:
        words = ["--data", str(folder), "--keep"]
        words += [f"--{size}" for size in ("quick", "tiny") if getattr(options, size)]
        words += more
        for name in options.names or [each for each in NAMES if each not in BY_NAME]:
            print(f"## {name}\n", flush=True)
            figures, code = ran(name, words)
            print(flush=True)
            if code:
                failed.append(name)
            elif into:
                told = f"Measured on {telling.machine()}.\n\n{figures}"
                into.write_text(written(into.read_text("utf-8"), name, told), "utf-8")
    print(f"{(time.monotonic() - began) / 60:.1f} minutes.")
    print(f"These went wrong: {', '.join(failed)}." if failed else "All went right.")
    return 1 if failed else 0


if __name__ == "__main__":
    raise SystemExit(main())
