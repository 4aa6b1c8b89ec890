"""Law: a requested act is applied once or visibly refused, whenever anyone is killed."""

from __future__ import annotations

import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from patience import PATIENCE_S

PROGRAM = Path(__file__).with_name("killed_requests.py")
MEMORY = Path("/dev/shm")  # noqa: S108 - a kill needs no disk, and a disk takes ten times as long

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="it forks and kills")


@pytest.fixture
def folder(tmp_path: Path) -> Iterator[str]:
    with tempfile.TemporaryDirectory(dir=MEMORY if MEMORY.is_dir() else tmp_path) as place:
        yield place


def kills(*words: str) -> int:
    command = (sys.executable, str(PROGRAM), *words)
    run = subprocess.run(
        command, capture_output=True, text=True, check=False, timeout=4 * PATIENCE_S
    )
    assert run.returncode == 0, run.stderr[-2000:]
    return int(run.stdout)


@pytest.mark.long
@pytest.mark.parametrize("part", range(4))
def test_an_act_applies_at_most_once_after_a_kill_at_any_line(part: int, folder: str) -> None:
    assert kills(folder, "every", str(part), "4") > 100


def test_an_act_applies_at_most_once_after_random_kills(folder: str) -> None:
    assert kills(folder, "random", "5", "40") > 20
