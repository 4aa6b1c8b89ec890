"""`make bundle`: build the desktop program with its own Python, and run a vote in it.

The bundle is a folder that runs on this system without Python, and an archive of that folder.
"""

from __future__ import annotations

import argparse
import os
import platform
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from importlib.metadata import packages_distributions
from pathlib import Path

from needs import needed
from packaging.utils import canonicalize_name
from trial_vote import BrokenBuildError, hold_a_vote

from twittervotes import __version__

ROOT = Path(__file__).resolve().parents[1]
NAME = "twittervotes"
PACKAGE = ROOT / NAME
DATA = {  # data files and their places; PyInstaller finds the templates and the schema itself
    ROOT / "config.yaml": NAME,
    ROOT / "logconfig.ini": NAME,
    PACKAGE / "standalone" / "verify.py": f"{NAME}/standalone",
}


def main(argv: Sequence[str] | None = None) -> int:
    """Return 0 if the bundle works, else 1."""
    parser = argparse.ArgumentParser(prog="make bundle", description="Build the desktop program.")
    parser.add_argument("--to", type=Path, default=ROOT / "dist" / "bundle", help="where to write")
    folder = parser.parse_args(argv).to.resolve()
    try:
        program = built(folder)
        votes = hold_a_vote([str(program)])
    except BrokenBuildError as error:
        sys.stderr.write(f"bundle: {error}\n")
        return 1
    kind = "zip" if os.name == "nt" else "gztar"
    system = f"{platform.system()}-{platform.machine()}".lower()
    archive = shutil.make_archive(
        str(folder / f"{NAME}-{__version__}-{system}"), kind, folder, NAME
    )
    sys.stdout.write(f"bundle: {program}; its trial vote counted {votes}; packed as {archive}\n")
    return 0


def built(folder: Path) -> Path:
    """Build the bundle into a folder, and return the program's path.

    Raises:
        BrokenBuildError: PyInstaller failed.
    """
    with tempfile.TemporaryDirectory() as scratch:
        command = [sys.executable, "-m", "PyInstaller", *options(folder, Path(scratch))]
        if subprocess.run(command, cwd=ROOT, check=False).returncode:  # noqa: S603 - our own words
            raise BrokenBuildError("PyInstaller failed, as told above")
    return folder / NAME / (f"{NAME}.exe" if os.name == "nt" else NAME)


def options(folder: Path, scratch: Path) -> list[str]:
    """Return PyInstaller's arguments."""
    places = {"--distpath": folder, "--workpath": scratch, "--specpath": scratch}
    return [
        *("--name", NAME, "--onedir", "--noconfirm", "--log-level", "WARN"),
        *(word for option, place in places.items() for word in (option, str(place))),
        *(f"--add-data={path}{os.pathsep}{where}" for path, where in DATA.items()),
        *("--collect-data", NAME),
        *("--collect-submodules", NAME),  # most are imported only when they are first needed
        *("--copy-metadata", NAME),  # it lists the sources
        *("--hidden-import", "PIL._tkinter_finder"),
        *(f"--exclude-module={module}" for module in unneeded()),
        *(("--hide-console", "hide-early") if os.name == "nt" else ()),
        str(ROOT / "tools" / "bundle_start.py"),
    ]


def unneeded() -> Iterator[str]:
    """Yield the modules that only the checks need; libraries import some of them if available."""
    wanted = {NAME, *needed(f"{NAME}[board,zstd]")}
    for module, names in packages_distributions().items():
        if wanted.isdisjoint(map(canonicalize_name, names)):
            yield module


if __name__ == "__main__":
    sys.exit(main())
