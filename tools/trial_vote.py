"""A short rehearsal in a built program, to check that the program works."""

from __future__ import annotations

import json
import os
import subprocess
import tempfile
from collections.abc import Sequence
from pathlib import Path

CHOICES = ("debian", "ubuntu", "arch")
WITHIN_S = 300  # a bound in case it hangs
VOTE = ("--source", "rehearsal", "--hashtags", *CHOICES, "--time", "3s", "--settle", "1s")
LEDGER = "trial.votes"
NOT_OURS = ("PYTHON", "TWITTERVOTES_", "XDG_")


class BrokenBuildError(Exception):
    """A built program doesn't work as it should."""


def hold_a_vote(program: Sequence[str]) -> int:
    """Run a rehearsal and verify its ledger; return how many votes were counted.

    Raises:
        BrokenBuildError: The vote, its result or the proof isn't as it should be.
    """
    with tempfile.TemporaryDirectory() as folder:
        home = Path(folder)
        said = ran(home, *program, *VOTE, "--view", "none", "--ledger", LEDGER)
        ran(home, *program, "verify", LEDGER)
    result = json.loads(said)
    tally = {each["choice"]: each["votes"] for each in result["tally"]}
    whole = [source["completeness"] for source in result["sources"]] == ["exact"]
    if tuple(tally) != CHOICES or not whole or sum(tally.values()) != result["total"]:
        raise BrokenBuildError(f"the trial vote gave another result than expected: {result}")
    if result["total"] == 0:
        raise BrokenBuildError("the trial vote counted nothing")
    return int(result["total"])


def ran(home: Path, *command: str) -> str:
    """Run a command with its own home folder, isolated from this Python; return its output.

    Raises:
        BrokenBuildError: It failed.
    """
    kept = {name: value for name, value in os.environ.items() if not name.startswith(NOT_OURS)}
    places = dict.fromkeys(("HOME", "USERPROFILE", "APPDATA", "LOCALAPPDATA"), str(home))
    done = subprocess.run(  # noqa: S603 - what was just built, and pip
        command,
        cwd=home,
        env={**kept, **places},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        encoding="utf-8",
        errors="replace",
        timeout=WITHIN_S,
        check=False,
    )
    if done.returncode:
        raise BrokenBuildError(
            f"{' '.join(command)} ended with {done.returncode}:\n{done.stdout}{done.stderr}"
        )
    return done.stdout
