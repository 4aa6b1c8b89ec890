"""What a newcomer's first `make` depends on: the locks, what is built, tools/setup.sh."""

from __future__ import annotations

import ast
import os
import re
import shutil
import subprocess
import sys
import tarfile
import tomllib
import zipfile
from importlib.metadata import packages_distributions
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name
from patience import PATIENCE_S

ROOT = Path(__file__).resolve().parent.parent
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))


def lock(name: str) -> str:
    return (ROOT / "requirements" / f"{name}.lock").read_text(encoding="utf-8")


def pins(name: str) -> dict[str, str]:
    """Read `{package: version}` from a lock."""
    return dict(re.findall(r"^([a-z0-9-]+)==([^ ]+)", lock(name), re.MULTILINE))


def wanted(group: str) -> list[Requirement]:
    """Read the requirements in pyproject.toml: the program's and a group's."""
    groups = PROJECT["dependency-groups"]
    texts = list(PROJECT["project"]["dependencies"])
    for item in groups[group]:
        texts += [item] if isinstance(item, str) else groups[item["include-group"]]
    return [Requirement(text) for text in texts]


@pytest.mark.parametrize(("name", "group"), [("run", "build"), ("dev", "dev")])
def test_a_lock_meets_what_pyproject_asks_for(name: str, group: str) -> None:
    locked = pins(name)
    unmet = [
        str(want)
        for want in wanted(group)
        if not want.specifier.contains(locked.get(want.name.lower(), "0"))
        or want.name.lower() not in locked
    ]
    assert unmet == [], "run `make lock`"


def test_what_the_program_needs_is_what_it_imports() -> None:
    of_module = packages_distributions()
    imported = set()
    for path in (ROOT / "twittervotes").rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            match node:
                case ast.Import(names=names):
                    modules = [alias.name for alias in names]
                case ast.ImportFrom(module=str(module), level=0):
                    modules = [module]
                case _:
                    continue
            for top in {name.partition(".")[0] for name in modules} - sys.stdlib_module_names:
                imported |= {canonicalize_name(name) for name in of_module.get(top, [top])}
    extras = PROJECT["project"]["optional-dependencies"].values()
    needed = {
        canonicalize_name(Requirement(text).name)
        for texts in (PROJECT["project"]["dependencies"], *extras)
        for text in texts
    }
    by_uvicorn = {"httptools", "uvloop"}  # which takes them where they are installed
    elsewhere = {"twittervotes", "compression"}  # compression is part of Python 3.14
    assert imported - elsewhere == needed - by_uvicorn


def test_what_is_checked_is_what_runs() -> None:
    assert pins("run").items() <= pins("dev").items()


@pytest.mark.parametrize("name", ["run", "dev"])
def test_every_locked_version_has_its_hash_and_no_lock_names_a_host(name: str) -> None:
    entries = re.split(r"\n(?=\S)", lock(name).strip())
    versions = re.findall("^[a-z0-9-]+==", lock(name), re.MULTILINE)  # a Python may have its own
    assert len(entries) == len(versions) > 20
    assert all("--hash=sha256:" in entry for entry in entries)
    assert "://" not in lock(name)


def test_the_wheel_has_the_whole_package(tmp_path: Path) -> None:
    build(tmp_path, "wheel")
    (wheel,) = tmp_path.glob("*.whl")
    with zipfile.ZipFile(wheel) as archive:
        packed = set(archive.namelist())
    here = (path for path in (ROOT / "twittervotes").rglob("*") if path.is_file())
    ours = {path.relative_to(ROOT).as_posix() for path in here if path.suffix != ".pyc"}
    assert any(name.endswith(".html") for name in ours)
    assert ours <= packed


def test_the_source_archive_has_no_keys(tmp_path: Path) -> None:
    checkout = tmp_path / "checkout"
    names = ["pyproject.toml", "README.md", "LICENSE", "app.py", "twittervotes"]
    checkout.mkdir()
    for name in names:
        copy = shutil.copytree if (ROOT / name).is_dir() else shutil.copy
        copy(ROOT / name, checkout / name)
    (checkout / "my-keys.yaml").write_text("consumer_secret: a\n")
    (checkout / ".twitterauth").write_text("oauth_token: a\n")
    build(tmp_path, "sdist", checkout)
    (archive,) = tmp_path.glob("*.tar.gz")
    with tarfile.open(archive) as packed:
        top = {name.split("/")[1] for name in packed.getnames()}
    assert {*names, "PKG-INFO"} <= top
    assert not top & {"my-keys.yaml", ".twitterauth"}


def build(folder: Path, target: str, checkout: Path = ROOT) -> None:
    command = [sys.executable, "-m", "hatchling", "build", "--target", target]
    subprocess.run([*command, "--directory", folder], cwd=checkout, check=True)


@pytest.fixture
def bare(tmp_path: Path) -> Path:
    """Create a checkout on a machine with only bash and coreutils."""
    for name in ("tools/setup.sh", "requirements/run.lock", "requirements/dev.lock"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        shutil.copy(ROOT / name, tmp_path / name)
    shutil.copy(ROOT / "pyproject.toml", tmp_path)
    commands = tmp_path / "bin"
    commands.mkdir()
    for name in ("bash", "cat", "cksum", "dirname", "env", "grep", "head", "rm", "sed", "tr"):
        (commands / name).symlink_to(shutil.which(name) or name)
    add_command(tmp_path, "uname", "echo Linux")
    return tmp_path


def setup(checkout: Path, kind: str = "test") -> subprocess.CompletedProcess[str]:
    command = [checkout / "bin" / "bash", checkout / "tools" / "setup.sh", kind]
    path = {"PATH": str(checkout / "bin")}
    return subprocess.run(
        command, env=path, capture_output=True, text=True, timeout=PATIENCE_S, check=False
    )


def add_command(checkout: Path, name: str, script: str) -> None:
    path = checkout / "bin" / name
    with path.open("x") as file:  # only a new file: a link would lead to the system's own command
        file.write(f"#!{checkout}/bin/bash\n{script}\n")
    path.chmod(0o755)


posix = pytest.mark.skipif(os.name != "posix", reason="make serves Unix; Windows has its own lines")


@posix
@pytest.mark.parametrize(
    ("manager", "advice"),
    [
        ("dnf", "sudo dnf install python3 python3-tkinter .* xorg-x11-server-Xvfb chromium "),
        ("pacman", "sudo pacman -S python tk .* xorg-server-xvfb "),
        ("brew", r"brew install python@3\.13 python-tk@3\.13 "),
        ("none", "install Python 3.11 or newer with tkinter and venv, .* Xvfb, .*chromedriver$"),
    ],
)
def test_one_sentence_names_what_the_system_lacks(bare: Path, manager: str, advice: str) -> None:
    add_command(bare, manager, "exit 1")
    run = setup(bare)
    assert run.returncode == 1
    assert run.stderr.count("\n") == 1
    assert re.search(f"then start again: {advice}", run.stderr), run.stderr


@posix
def test_running_needs_no_xvfb_or_browser(bare: Path) -> None:
    run = setup(bare, "run")
    assert run.returncode == 1
    assert "tkinter" in run.stderr
    assert "Xvfb" not in run.stderr
    assert "Chromium" not in run.stderr


@posix
def test_without_root_the_apt_command_is_printed(bare: Path) -> None:
    add_command(bare, "id", "echo 1000")
    add_command(bare, "sudo", "exit 1")
    add_command(bare, "apt-get", "echo called >>calls")
    run = setup(bare)
    assert run.returncode == 1
    assert run.stderr.count("\n") == 1
    assert "sudo apt-get install python3 python3-tk python3-venv " in run.stderr
    assert not (bare / "calls").exists()


@posix
def test_apt_runs_without_questions(bare: Path) -> None:
    add_command(bare, "id", "echo 0")
    record = 'echo "$DEBIAN_FRONTEND $*" >>calls; [[ "$*" == *xvfb* || -e updated ]]'
    add_command(bare, "apt-get", f'{record} || [[ "$*" == *update ]] && : >updated')
    setup(bare)
    calls = (bare / "calls").read_text().splitlines()
    assert all(call.startswith("noninteractive -qq ") for call in calls)
    assert sum(call.endswith(" update") for call in calls) == 1
    assert all(
        "install -y --no-install-recommends" in call for call in calls if "update" not in call
    )


@posix
def test_a_python_without_tkinter_is_passed_over(bare: Path) -> None:
    add_command(bare, "python3", "exit 1")
    add_command(bare, "python3.11", 'case "$*" in -c*) exit 0;; *) echo "chosen $*"; exit 3;; esac')
    for name in ("Xvfb", "chromedriver"):
        add_command(bare, name, "exit 0")
    add_command(bare, "fc-list", "echo a font")
    run = setup(bare)
    assert run.returncode == 3
    assert "making .venv with chosen -V\n" in run.stderr
    assert not (bare / ".venv" / "ready").exists()


@pytest.fixture
def ready_but_for_packages(bare: Path) -> Path:
    """Create a checkout that lacks only .venv; its Python records the calls of pip."""
    for name in ("Xvfb", "chromedriver"):
        add_command(bare, name, "exit 0")
    add_command(bare, "fc-list", "echo a font")
    for name in ("cp", "mkdir"):
        (bare / "bin" / name).symlink_to(shutil.which(name) or name)
    makes = f'mkdir -p .venv/bin && cp "{bare}/bin/python3" .venv/bin/python'
    script = f'case "$*" in *venv*.venv) {makes};; -V) echo Python;; -m*) echo "$*" >>calls;; esac'
    add_command(bare, "python3", script)
    return bare


LOCKED = "--no-deps --require-hashes -r requirements/dev.lock"
EDITABLE = "--no-deps --no-build-isolation --editable ."
PIP = "-m pip install --quiet --quiet --no-input --disable-pip-version-check"
UV = "uv pip install --quiet --python .venv/bin/python"


def calls(checkout: Path) -> list[str]:
    return (checkout / "calls").read_text().splitlines()


@posix
def test_uv_installs_the_locked_versions_if_present(ready_but_for_packages: Path) -> None:
    add_command(ready_but_for_packages, "uv", 'echo "uv $*" >>calls')
    run = setup(ready_but_for_packages)
    assert run.returncode == 0, run.stderr
    assert calls(ready_but_for_packages) == [f"{UV} {LOCKED}", f"{UV} {EDITABLE}"]
    setup(ready_but_for_packages)
    assert len(calls(ready_but_for_packages)) == 2, "a checkout that is ready was prepared again"


@posix
@pytest.mark.parametrize("has_uv", [False, True])
def test_pip_installs_them_if_uv_is_missing_or_fails(
    ready_but_for_packages: Path, has_uv: bool
) -> None:
    if has_uv:
        add_command(ready_but_for_packages, "uv", "exit 1")
    run = setup(ready_but_for_packages)
    assert run.returncode == 0, run.stderr
    assert calls(ready_but_for_packages) == [f"{PIP} {LOCKED}", f"{PIP} {EDITABLE}"]
    assert ("uv could not install" in run.stderr) == has_uv


def test_the_lock_is_complete() -> None:
    command = [sys.executable, "-m", "pip", "--isolated", "--no-input", "check"]
    run = subprocess.run(command, capture_output=True, text=True, check=False)
    # Of this one only the script of axe-core is used: pyproject.toml leaves the rest out.
    lacking = [line for line in run.stdout.splitlines() if "requires playwright" not in line]
    assert lacking in ([], ["No broken requirements found."])


def test_pip_errors_are_shown(tmp_path: Path) -> None:
    script = (ROOT / "tools" / "setup.sh").read_text("utf-8")
    found = re.search(r"-m pip (install .*) \"\$@\"", script)
    assert found
    nowhere = [f"--index-url={tmp_path.as_uri()}/a", f"--extra-index-url={tmp_path.as_uri()}/b"]
    run = subprocess.run(
        [sys.executable, "-m", "pip", "--isolated", *found[1].split(), *nowhere, "pytest==0"],
        capture_output=True,
        text=True,
        check=False,
    )
    assert run.returncode == 1
    assert "ERROR: No matching distribution found for pytest==0" in run.stderr
    assert "WARNING" not in run.stderr
