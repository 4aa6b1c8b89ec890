"""Soak: rounds of votes with everything broken, until the time is over; prints what was survived.

python -m soak                    20 minutes (from the folder `tests`; make soak does it)
python -m soak --minutes 2        shorter
python -m soak --seed 7 --rounds 1    one round again, as it was
"""

from __future__ import annotations

import argparse
import signal
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path
from random import SystemRandom

from soak.rounds import Report, a_round

LONGEST_ROUND_S = 200


def main() -> int:
    signal.signal(signal.SIGTERM, signal.default_int_handler)  # what was mounted is taken away
    told = _told()
    seed = told.seed if told.seed is not None else SystemRandom().randrange(1_000_000)
    print(f"seed {seed}: python -m soak --seed {seed} begins with the same round", flush=True)
    ends = time.monotonic() + told.minutes * 60
    reports: list[Report] = []
    while not reports or (
        len(reports) < told.rounds and time.monotonic() + LONGEST_ROUND_S / 2 < ends
    ):
        with tempfile.TemporaryDirectory(prefix="soak-") as folder:
            report = a_round(
                seed + len(reports),
                Path(folder),
                kinds=told.kinds,
                patient=told.minutes > 5,
                tell=(lambda kind: print(f"    {kind}", flush=True)) if told.verbose else _silence,
            )
        reports.append(report)
        _print_round(report, told.verbose)
    _print_table(reports)
    return 1 if any(report.complaints for report in reports) else 0


def _told() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m soak", description=__doc__)
    add = parser.add_argument
    add("--minutes", type=float, default=20, help="begin no round that may end later (%(default)s)")
    add("--rounds", type=int, default=1000, help="at most so many")
    add("--kinds", type=int, help="break so many kinds of things in each round; all without it")
    add("--seed", type=int, help="of the first round; each following has one more")
    add("--verbose", action="store_true", help="tell each fault, and what the program said")
    return parser.parse_args()


def _silence(_: str) -> None:
    pass


def _print_round(report: Report, verbose: bool) -> None:
    verdict = report.verdict
    found = (
        f"{verdict.votes} votes, {verdict.posts} posts, lost {verdict.missing}, gaps {verdict.gaps}"
        if verdict
        else "no result"
    )
    kept = "kept" if not report.complaints else "BROKEN"
    print(f"round {report.seed}: {found}; {report.took_s:.0f} s; {kept}", flush=True)
    for complaint in report.complaints:
        print(f"    {complaint}", flush=True)
    if report.complaints or verbose:
        print(report.said, flush=True)


def _print_table(reports: list[Report]) -> None:
    broken: Counter[str] = sum((report.broken for report in reports), Counter())
    survived: Counter[str] = sum(
        (report.broken for report in reports if not report.complaints), Counter()
    )
    print(f"\n| {'fault':33} | times | survived |\n|{'-' * 35}|------:|---------:|")
    for kind in sorted(broken):
        print(f"| {kind:33} | {broken[kind]:5} | {survived[kind]:8} |")
    print(f"| {'total':33} | {broken.total():5} | {survived.total():8} |")
    verdicts = [report.verdict for report in reports if report.verdict]
    print(
        f"\nrounds {len(reports)}, votes {sum(each.votes for each in verdicts)},"
        f" posts {sum(each.posts for each in verdicts)},"
        f" posts lost {sum(each.missing for each in verdicts)},"
        f" gaps {sum(each.gaps for each in verdicts)}, each where something was withheld"
    )


if __name__ == "__main__":
    sys.exit(main())
