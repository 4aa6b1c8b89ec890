"""`make dist`: build the source archive and the wheel, check both, and run a vote from the wheel.

The wheel is built from the source archive, so a file missing there is noticed. It is installed into
an empty environment. Its dependencies are copied from this environment: they are the locked
versions that were tested, and no network is needed.
"""

from __future__ import annotations

import argparse
import os
import re
import shutil
import subprocess
import sys
import tarfile
import tempfile
import venv
from collections.abc import Sequence
from importlib.metadata import distribution
from pathlib import Path

from needs import needed
from trial_vote import BrokenBuildError, hold_a_vote, ran

from twittervotes import __version__

ROOT = Path(__file__).resolve().parents[1]


def main(argv: Sequence[str] | None = None) -> int:
    """Return 0 if the packages are fit for a release, else 1."""
    parser = argparse.ArgumentParser(prog="make dist", description="Build and check a release.")
    parser.add_argument("--to", type=Path, default=ROOT / "dist", help="where to write (dist)")
    parser.add_argument("--tag", help="the tag to release, such as v1.2.0")
    options = parser.parse_args(argv)
    try:
        if options.tag:
            check_tag(options.tag)
        wheel = built(options.to.resolve())
        with tempfile.TemporaryDirectory() as folder:
            votes = hold_a_vote([str(installed(wheel, Path(folder) / "venv"))])
    except BrokenBuildError as error:
        sys.stderr.write(f"dist: {error}\n")
        return 1
    sys.stdout.write(f"dist: {wheel.name} is fit for a release: its trial vote counted {votes}\n")
    return 0


def check_tag(tag: str) -> None:
    """Check that a tag is this version's, and that the changelog has a section for it."""
    if tag != f"v{__version__}":
        raise BrokenBuildError(f"the tag is {tag}, but twittervotes/__init__.py says {__version__}")
    changes = (ROOT / "CHANGELOG.md").read_text("utf-8")
    if not re.search(rf"^## \[{re.escape(__version__)}\]", changes, re.MULTILINE):
        raise BrokenBuildError(f"CHANGELOG.md has no section for {__version__}: rename Unreleased")


def built(folder: Path) -> Path:
    """Build both packages into a folder and check them; return the wheel's path."""
    for old in folder.glob("twittervotes-*"):
        old.unlink()
    build("sdist", ROOT, folder)
    (archive,) = folder.glob("*.tar.gz")
    with tempfile.TemporaryDirectory() as scratch:
        with tarfile.open(archive) as packed:
            packed.extractall(scratch, filter="data")
        (source,) = Path(scratch).iterdir()
        build("wheel", source, folder)
    (wheel,) = folder.glob("*.whl")
    checked("twine", "check", "--strict", str(archive), str(wheel))
    checked("check_wheel_contents", "--no-config", str(wheel))
    return wheel


def build(target: str, source: Path, folder: Path) -> None:
    """Build one package; hatchling is locked too, so nothing is fetched."""
    checked("hatchling", "build", "--target", target, "--directory", str(folder), of=source)


def checked(module: str, *arguments: str, of: Path = ROOT) -> None:
    """Run a tool of this environment.

    Raises:
        BrokenBuildError: The tool found a problem.
    """
    command = [sys.executable, "-m", module, *arguments]
    if subprocess.run(command, cwd=of, check=False).returncode:  # noqa: S603 - our own words
        raise BrokenBuildError(f"{module} found what is told above")


def installed(wheel: Path, folder: Path) -> Path:
    """Install a wheel into an empty environment; return the program's path there."""
    venv.create(folder, with_pip=True, symlinks=os.name != "nt")
    scripts = folder / ("Scripts" if os.name == "nt" else "bin")
    python = str(scripts / "python")
    pip = (python, "-I", "-m", "pip", "--isolated", "--quiet", "--disable-pip-version-check")
    where = "import sysconfig; print(sysconfig.get_path('purelib'))"
    packages = Path(ran(folder, python, "-I", "-c", where).strip())
    for name in set(needed("twittervotes")):
        copy(name, packages)
    ran(folder, *pip, "install", "--no-index", "--no-deps", str(wheel))
    ran(folder, *pip, "check")
    return scripts / "twittervotes"


def copy(name: str, packages: Path) -> None:
    """Copy an installed distribution into another environment, without its scripts."""
    for file in distribution(name).files or ():
        if ".." in file.parts or file.suffix == ".pyc":
            continue
        (packages / file).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(str(file.locate()), packages / file)


if __name__ == "__main__":
    sys.exit(main())
