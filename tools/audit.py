"""`make audit`: check the locked versions for known vulnerabilities, with pip-audit.

A vulnerability fails the check unless it is in ACCEPTED with a reason. If the service can't be
reached, or doesn't know our packages, one line says so and nothing fails: a mirror may serve
packages but no advisories. One package is tried first, because waiting for an unresponsive network
takes seconds.
"""

from __future__ import annotations

import json
import re
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
LOCKS = ("dev", "fuzz", "bench")
FIRST = "requests"
FIRST_S, ALL_S = 30, 240
ACCEPTED: dict[str, str] = {}  # the ID of an advisory, and why it doesn't matter here

Findings = dict[str, list[str]]


def main() -> int:
    """Return 1 if there is a vulnerability that isn't accepted, else 0."""
    pins = [pin for name in LOCKS for pin in pinned(name)]
    first = [pin for pin in pins if pin.startswith(f"{FIRST}==")]
    if asked(first, FIRST_S) is None:
        return say("audit: no advisories can be had here; the versions were not checked")
    told = asked(pins, ALL_S)
    if told is None:
        return say("audit: the advisories ended in the middle; the versions were not checked")
    found = {name: ids for name, ids in vulnerable(told).items() if ids}
    for name, ids in found.items():
        say(f"audit: {name}: {', '.join(ids)}; take a newer version: make lock ARGS=--upgrade")
    skipped = [each["name"] for each in told if "skip_reason" in each]
    unknown = f", but nothing is known of {', '.join(skipped)}" if skipped else ""
    say(f"audit: {len(told) - len(skipped)} versions checked, {len(found)} vulnerable{unknown}")
    return 1 if found else 0


def pinned(lock: str) -> list[str]:
    """Return the requirements in a lock: name==version, with the Python marker if there is one."""
    text = (ROOT / "requirements" / f"{lock}.lock").read_text(encoding="utf-8")
    return re.findall(r"^([a-z0-9.-]+==.*?) \\$", text, re.MULTILINE)


def vulnerable(told: Sequence[Any]) -> Findings:
    """Return the advisories of each package that aren't accepted under any of their names."""
    return {
        f"{each['name']} {each['version']}": [
            found["id"]
            for found in each["vulns"]
            if not {found["id"], *found.get("aliases", ())} & set(ACCEPTED)
        ]
        for each in told
        if each.get("vulns")
    }


def asked(pins: Sequence[str], within_s: float) -> list[Any] | None:
    """Return pip-audit's findings for these versions; None if it knows none of them."""
    command = [sys.executable, "-m", "pip_audit", "--no-deps", "--disable-pip", "--format", "json"]
    with tempfile.TemporaryDirectory() as folder:
        wanted = Path(folder, "wanted.txt")
        wanted.write_text("\n".join(pins), encoding="utf-8")
        try:
            done = subprocess.run(  # noqa: S603 - our own words
                [*command, "--progress-spinner", "off", "--timeout", "5", "-r", str(wanted)],
                capture_output=True,
                text=True,
                timeout=within_s,
                check=False,
            )
            told: list[Any] = json.loads(done.stdout)["dependencies"]
        except (subprocess.TimeoutExpired, ValueError):
            return None
    return told if any("vulns" in each for each in told) else None


def say(line: str) -> int:
    sys.stdout.write(f"{line}\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
