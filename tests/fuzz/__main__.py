"""`make fuzz`: coverage-guided inputs for every parser, a bounded time for each, by atheris.

    make fuzz                                   all targets, 5 minutes together
    make fuzz ARGS="--seconds 3600"             longer
    make fuzz ARGS="--only pack words"          some of them
    make fuzz ARGS="--again build/fuzz/pack-crash-…"   one input that was a fault

Each target runs in a process of its own, with a home of its own. What is found goes on from one run
to the next in build/fuzz. A fault is any exception that is not ours, an input that takes longer
than TIMEOUT_S, or memory that still grows in the second half of the time.
"""

from __future__ import annotations

import argparse
import logging
import os
import re
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

sys.path.append(str(Path(__file__).resolve().parents[1]))

from examples import EXAMPLES

ROOT = Path(__file__).resolve().parents[2]
FOUND = ROOT / "build" / "fuzz"
USUAL_S = 300
TIMEOUT_S = 10
LONGEST = 8192  # bytes of an input
MOST_MB = 1500  # of a process
MOST_GROWTH_MB = 40  # in the second half of the time: more would be a leak


def main(argv: Sequence[str] | None = None) -> int:
    """Fuzz the requested targets; return 0, or 1 for a fault."""
    said = _parser().parse_args(argv)
    if said.child:
        return _fuzzed(said.child, said.seconds)
    if said.again:
        return _again(said.again)
    try:
        import atheris  # noqa: F401 - is it there?
    except ImportError:
        sys.stderr.write("There is no atheris for this Python; try: PYTHON=python3.11 make fuzz\n")
        return 2
    names = said.only or list(EXAMPLES)
    each_s = max(2, said.seconds // len(names))
    say(f"{'parser':<20}{'inputs':>12}{'a second':>10}{'MB, halfway':>13}{'at the end':>12}")
    faults = [name for name in names if not _tried(name, each_s)]
    say(f"faults: {', '.join(faults) or 'none'}")
    return 1 if faults else 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="make fuzz")
    parser.add_argument("--seconds", type=int, default=USUAL_S, help="for all targets together")
    parser.add_argument("--only", nargs="+", choices=list(EXAMPLES), metavar="NAME")
    parser.add_argument("--again", type=Path, metavar="FILE", help="an input that was a fault")
    parser.add_argument("--child", help=argparse.SUPPRESS)
    return parser


def _tried(name: str, seconds: int) -> bool:
    """Fuzz one target in its own process; print the outcome, return whether it passed."""
    FOUND.mkdir(parents=True, exist_ok=True)
    told = FOUND / f"{_plain(name)}.log"
    with tempfile.TemporaryDirectory() as home, told.open("wb") as out:
        command = [sys.executable, str(ROOT / "tests" / "fuzz"), "--child", name]
        process = subprocess.Popen(
            [*command, "--seconds", str(seconds)],
            cwd=home,
            env={**os.environ, "HOME": home, "XDG_STATE_HOME": home},
            stdout=out,
            stderr=subprocess.STDOUT,
        )
        sizes = _watched(process, seconds)
    words = told.read_text(errors="replace")
    number = int((re.findall(r"number_of_executed_units: (\d+)", words) or ["0"])[-1])
    half, end = (statistics.median(part or [0]) for part in _halves(sizes))
    say(f"{name:<20}{number:>12,}{number // seconds:>10,}{half:>13,.0f}{end:>12,.0f}")
    if process.returncode or end - half > MOST_GROWTH_MB:
        say(f"  ended with {process.returncode}; see {told.relative_to(ROOT)}")
        return False
    return True


def _watched(process: subprocess.Popen[bytes], seconds: int) -> list[float]:
    """Return samples of a process's memory in MB until it ends."""
    import psutil

    sizes: list[float] = []
    ends = time.monotonic() + seconds + 10 * TIMEOUT_S
    while process.poll() is None:
        if time.monotonic() > ends:
            process.kill()
        try:
            sizes.append(psutil.Process(process.pid).memory_info().rss / 1e6)
        except psutil.Error:
            break
        time.sleep(0.1)
    process.wait()
    return sizes


def _halves(sizes: list[float]) -> tuple[list[float], list[float]]:
    """Return a tenth from the middle, and the last tenth."""
    tenth = max(1, len(sizes) // 10)
    middle = len(sizes) // 2
    return sizes[middle : middle + tenth], sizes[-tenth - 2 : -2]


def _fuzzed(name: str, seconds: int) -> int:
    import atheris

    logging.disable()
    with atheris.instrument_imports(include=["twittervotes"]):
        from targets import TARGETS, WORDS_OF_FORMS
    target = next(each for each in TARGETS if each.name == name)
    kept = FOUND / _plain(name)
    kept.mkdir(exist_ok=True)
    for number, example in enumerate(target.examples):
        (kept / f"example-{number}").write_bytes(example)
    dictionary = Path("words")
    dictionary.write_text("".join(f'"{_escaped(word[:200])}"\n' for word in WORDS_OF_FORMS))
    limits = f"-max_total_time={seconds} -timeout={TIMEOUT_S} -rss_limit_mb={MOST_MB}"
    more = f"-max_len={LONGEST} -print_final_stats=1 -dict={dictionary} -verbosity=0"
    prefix = f"-artifact_prefix={FOUND / _plain(name)}-"
    atheris.Setup([sys.argv[0], *limits.split(), *more.split(), prefix, str(kept)], target.run)
    atheris.Fuzz()
    return 0


def _again(path: Path) -> int:
    from targets import TARGETS

    for target in TARGETS:
        if path.name.startswith(f"{_plain(target.name)}-"):
            target.run(path.read_bytes())
            say("No fault now.")
            return 0
    sys.stderr.write(f"{path} is not named as a fault is.\n")
    return 2


def say(line: str) -> None:
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


def _plain(name: str) -> str:
    return name.replace(" ", "-")


def _escaped(word: bytes) -> str:
    return "".join(f"\\x{byte:02x}" for byte in word)


if __name__ == "__main__":
    sys.exit(main())
