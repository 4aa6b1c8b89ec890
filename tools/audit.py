"""`make audit`: ask whether a locked version has a known vulnerability, by pip-audit.

What is found fails, unless it stands in ACCEPTED with a reason. Where the service cannot be
reached, or does not know our packages, that is said in a line and fails nothing: a mirror may serve
packages and no advisories. One package is asked about first: a silent network costs seconds.
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
ACCEPTED: dict[str, str] = {}  # the id of an advisory, and why it does not matter here

Findings = dict[str, list[str]]


def main() -> int:
    """Return 1 where something is found that is not accepted, else 0."""
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
    """Return what a lock names: name==version, and for which Python where it says so."""
    text = (ROOT / "requirements" / f"{lock}.lock").read_text(encoding="utf-8")
    return re.findall(r"^([a-z0-9.-]+==.*?) \\$", text, re.MULTILINE)


def vulnerable(told: Sequence[Any]) -> Findings:
    """Return the advisories of each package that are not accepted by one of their names."""
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
    """Return what pip-audit tells of these versions; None where nothing is told of any."""
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
