"""Logging is set up once per process; each case runs in its own, because logging is global."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

LINE = r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d,\d{3} "


def logged(body: str, *, folder: Path) -> list[str]:
    """Return what a program writes to stderr; it must write nothing to stdout."""
    code = (
        "import logging\nfrom pathlib import Path\n"
        f"from twittervotes.core.logs import setup\n{body}\n"
    )
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", code],
        cwd=folder,
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout == ""
    return done.stderr.splitlines()


def test_what_the_program_decides_is_seen_and_libraries_only_warn(tmp_path: Path) -> None:
    lines = logged(
        "before = logging.getLogger('urllib3')\n"
        "setup()\n"
        "logging.getLogger('twittervotes.core.config.loader').info('dropped %s', 'é🎉')\n"
        "logging.getLogger('twittervotes.core.config.loader').debug('quiet')\n"
        "before.info('quiet')\n"
        "before.warning('retrying')",
        folder=tmp_path,
    )
    assert [re.sub(f"^{LINE}", "", line) for line in lines] == [
        "INFO twittervotes.core.config.loader: dropped é🎉",
        "WARNING urllib3: retrying",
    ]
    assert all(re.match(LINE, line) for line in lines)


def test_setting_up_again_changes_nothing(tmp_path: Path) -> None:
    lines = logged(
        "setup(); setup(); setup(Path('none.ini'))\n"
        "logging.getLogger('twittervotes').warning('once')",
        folder=tmp_path,
    )
    assert len(lines) == 1


def test_the_users_own_file_is_used(tmp_path: Path, home: Path) -> None:
    own = (Path(__file__).parents[2] / "logconfig.ini").read_text()
    (tmp_path / "mine.ini").write_text(own.replace("INFO", "ERROR"))
    lines = logged(
        "setup(Path('mine.ini'))\nlogging.getLogger('twittervotes').warning('quiet')",
        folder=tmp_path,
    )
    assert lines == []


@pytest.mark.skipif(sys.platform != "linux", reason="the folder is XDG's")
def test_the_users_log_configuration_takes_precedence(
    tmp_path: Path, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    own = home / "settings" / "twittervotes" / "logconfig.ini"
    own.parent.mkdir(parents=True)
    monkeypatch.setenv("XDG_CONFIG_HOME", str(home / "settings"))
    shipped = (Path(__file__).parents[2] / "logconfig.ini").read_text()
    (tmp_path / "logconfig.ini").write_text(shipped.replace("%(message)s", "not this"))
    own.write_text(shipped.replace("%(message)s", "mine %(message)s"))
    lines = logged("setup()\nlogging.getLogger('twittervotes').info('x')", folder=tmp_path)
    assert lines[0].endswith("INFO twittervotes: mine x")


@pytest.mark.parametrize(
    "content",
    [
        None,
        "",
        "no ini at all",
        "[loggers]\nkeys = root\n[handlers]\nkeys = a\n[formatters]\nkeys =\n[logger_root]\n"
        "level = WARNING\nhandlers = a\n[handler_a]\nclass = NoSuchHandler\nargs = ()\n",
    ],
)
def test_a_file_that_cannot_be_used_is_reported_and_logging_continues(
    content: str | None, tmp_path: Path
) -> None:
    if content is not None:
        (tmp_path / "broken.ini").write_text(content)
    lines = logged(
        "setup(Path('broken.ini'))\n"
        "logging.getLogger('twittervotes').info('heard')\n"
        "logging.getLogger('urllib3').info('quiet')",
        folder=tmp_path,
    )
    first, second = (re.sub(f"^{LINE}", "", line) for line in lines)
    assert re.fullmatch(
        r"WARNING twittervotes\.core\.logs: broken\.ini cannot be used \(.+\);"
        r" logging goes to stderr as usual\.",
        first,
    )
    assert second == "INFO twittervotes: heard"
