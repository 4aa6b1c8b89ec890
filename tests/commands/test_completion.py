"""`twittervotes completion` prints scripts that shells can use."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from twittervotes.cli.command_arguments import SHELLS
from twittervotes.cli.command_parser import COMMANDS
from twittervotes.commands import completion

BASH = shutil.which("bash")
OPTIONS = {"--hashtags", "--title", "--rule", "--source", "--view", "--ledger", "--help"}


@pytest.fixture(scope="module")
def script(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("completion") / "twittervotes.bash"
    path.write_text(printed("bash"), "utf-8")
    return path


def printed(shell: str) -> str:
    line = [sys.executable, "-m", "twittervotes", "completion", shell]
    return subprocess.run(line, capture_output=True, text=True, check=True, timeout=60).stdout


def completed(script: Path, *words: str) -> set[str]:
    """Return what bash offers for the last of `words`."""
    assert BASH
    line = f"""
        cd {script.parent}; source {script}
        COMP_WORDS=({" ".join(f"'{word}'" for word in words)}); COMP_CWORD={len(words) - 1}
        _shtab_twittervotes twittervotes '{words[-1]}' '{words[-2]}' 2>/dev/null
        printf '%s\\n' "${{COMPREPLY[@]}}"
    """
    told = subprocess.run(
        [BASH, "--norc", "-c", line], capture_output=True, text=True, check=True, timeout=30
    )
    return set(told.stdout.split())


needs_bash = pytest.mark.skipif(BASH is None or os.name == "nt", reason="there is no bash")


@needs_bash
def test_bash_completes_commands_options_and_values(script: Path) -> None:
    assert completed(script, "twittervotes", "reco") == {"recount"}
    assert set(COMMANDS) <= completed(script, "twittervotes", "")
    assert completed(script, "twittervotes", "--") >= OPTIONS
    assert completed(script, "twittervotes", "recount", "--wi") == {"--without"}
    assert completed(script, "twittervotes", "--view", "t") == {"text"}
    assert "rehearsal" in completed(script, "twittervotes", "--source", "")
    assert completed(script, "twittervotes", "remote", "https://example.org", "w") == {"watch"}


@needs_bash
def test_bash_completes_files(script: Path) -> None:
    (script.parent / "contest.votes").touch()
    assert completed(script, "twittervotes", "verify", "con") == {"contest.votes"}


@pytest.mark.parametrize("shell", SHELLS)
def test_every_shell_knows_every_command(shell: str) -> None:
    said = printed(shell)
    assert all(name in said for name in COMMANDS)
    assert "--without" in said or "without" in said


def test_without_the_extra_it_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    from twittervotes.app import registry
    from twittervotes.cli.command_options import CompletionOptions
    from twittervotes.core.errors import ConfigError

    monkeypatch.setattr("importlib.util.find_spec", lambda _: None)
    with pytest.raises(ConfigError, match=r"pip install 'twittervotes\[completion\]'"):
        completion.run(CompletionOptions("bash"), registry.installed())
